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
    const { width } = painter;
    for (const { node, start, end } of this.shown) node.hidden = painter.x(Math.max(end, start)) < 0 || painter.x(start) > width;
    const inside = this.shown.filter(({ node }) => !node.hidden);
    // Where several belong to one moment, they stand side by side; at the end, leftward; a crowd overlaps.
    const apart = Math.min(SIGN_PX + 1, (width - SIGN_PX) / Math.max(inside.length - 1, 1));
    const lefts = [];
    for (const { start } of inside) lefts.push(Math.max(painter.x(start), lefts.length ? lefts.at(-1) + apart : 0));
    let most = width - SIGN_PX;
    for (let at = lefts.length - 1; at >= 0; at--) {
      lefts[at] = Math.min(lefts[at], most);
      most = lefts[at] - apart;
    }
    inside.forEach(({ node, start, end }, at) => {
      node.style.left = `${lefts[at]}px`;
      node.style.width = `${Math.max(Math.min(painter.x(end), width) - Math.max(painter.x(start), lefts[at]), SIGN_PX)}px`;
    });
  }
}
