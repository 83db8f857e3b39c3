// Markers of notes above the lanes: buttons that stand where the notes belong.

import { make } from "./format.js";
import { SIGNS } from "./note_parts.js";

const SIGN_PX = 20; // room that a marker's sign needs

export class Markers {
  /**
   * @param {HTMLElement} row above the timeline, as wide
   * @param {import("./timeline.js").Timeline} timeline
   */
  constructor(row, timeline) {
    this.row = row;
    this.timeline = timeline;
    this.listeners = new Set();
    this.shown = [];
    timeline.placed.add((painter) => this.#place(painter));
  }

  /** Shows these and no others: [{id, start, end, label, kind}]. */
  set(markers) {
    this.row.replaceChildren();
    const sorted = [...markers].sort((a, b) => a.start - b.start); // the order of the keyboard
    this.shown = sorted.map((marker) => ({ ...marker, node: this.#button(marker) }));
    this.row.hidden = !markers.length;
    this.timeline.redraw();
  }

  #button({ id, label, kind }) {
    const node = make("button", { cls: `marker ${kind in SIGNS ? kind : ""}`, type: "button", title: label, "aria-label": label });
    node.append(make("span", { text: SIGNS[kind] ?? "•", "aria-hidden": "true" }));
    node.addEventListener("click", () => {
      for (const listener of this.listeners) listener(id);
    });
    this.row.append(node);
    return node;
  }

  #place(painter) {
    let free = 0; // where several belong to one moment, they stand side by side
    for (const { node, start, end } of this.shown) {
      const outside = painter.x(Math.max(end, start)) < 0 || painter.x(start) > painter.width;
      node.hidden = outside;
      if (outside) continue;
      const left = Math.min(Math.max(painter.x(start), free), painter.width - SIGN_PX);
      node.style.left = `${left}px`;
      node.style.width = `${Math.max(Math.min(painter.x(end), painter.width) - left, SIGN_PX)}px`;
      free = left + SIGN_PX + 1;
    }
  }
}
