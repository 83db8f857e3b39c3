// The timeline: lanes on one canvas, and over it the playhead, spans, names and what the pointer is at.

import { happening } from "./cards.js";
import { Events } from "./events.js";
import { clock, make } from "./format.js";
import { CURVE, LABEL, PITCH, Painter, SPACE, TOP } from "./painter.js";
import { Pointing } from "./pointing.js";
import { View } from "./view.js";

const NEAR_PX = 3; // so far beside a narrow event still points at it

export class Timeline {
  /**
   * @param {HTMLElement} element the slider that holds canvas, labels and playhead
   * @param {object} review the session's review: lanes, duration_s
   * @param {object} actions seek(time), play(event), mark(start, end): what the user asks for
   */
  constructor(element, review, actions) {
    this.element = element;
    this.duration = Math.max(review.duration_s, 1e-3);
    this.lanes = review.lanes.map((lane) => ({ ...lane, drawn: [], hidden: false }));
    this.events = new Events(this.lanes);
    this.view = new View(this.duration);
    this.painter = new Painter(element.querySelector("canvas"), this.view);
    this.slot = (name) => element.querySelector(`[data-slot=${name}]`);
    this.spans = new Map(); // slot -> [start, end]
    this.placed = new Set(); // what else moves with the view: functions of the painter
    this.corrections = [];
    this.time = 0;
    this.#name();
    this.#listen(actions);
  }

  /** Gives the lanes of a person their probability curves: column name -> Float32Array. */
  setSignals(person, columns) {
    for (const lane of this.lanes) {
      if (lane.signals !== person) continue;
      lane.drawn = lane.kinds
        .filter(({ kind, line }) => lane.curves.includes(kind) && columns[line])
        .map(({ colour, line, row }) => ({ colour, dashed: row > 0, times: columns.time_s, values: columns[line] }));
    }
    this.draw();
  }

  /** Moves the playhead; `follow`: the view goes along. */
  show(time, follow = false) {
    this.time = time;
    if (follow && this.view.reveal(time)) this.redraw();
    this.#playhead();
    const words = [];
    for (const lane of this.lanes) {
      const now = happening(lane, time);
      if (lane.nowNode.textContent !== now) lane.nowNode.textContent = now;
      if (now) words.push(`${lane.label}: ${now}`);
    }
    this.element.setAttribute("aria-valuenow", time.toFixed(2));
    this.element.setAttribute("aria-valuetext", [`${clock(time, true)}`, ...words].join("; "));
  }

  /** Shows a span across all lanes, in the slot `span` (a moment) or `marked` (the user's); none without times. */
  mark(slot, start, end) {
    if (start === undefined) this.spans.delete(slot);
    else this.spans.set(slot, [start, end]);
    this.slot(slot).hidden = start === undefined;
    this.#place();
  }

  /** Draws corrections: [{verdict, person, kind, start, end}]. */
  setCorrections(corrections) {
    this.corrections = corrections.flatMap((correction) => {
      const lane = this.lanes.find((one) => one.person === correction.person && this.#kind(one, correction.kind));
      return lane && !lane.empty ? [{ ...correction, lane, kind: this.#kind(lane, correction.kind) }] : [];
    });
    this.redraw();
  }

  /** Nearer (below 1) or further, around the playhead where it is in view. */
  zoom(factor) {
    const share = this.view.share(this.time);
    this.changed(this.view.zoom(factor, share >= 0 && share <= 1 ? this.time : this.view.time(0.5)));
  }

  pan(seconds) {
    this.changed(this.view.pan(seconds));
  }

  whole() {
    this.view.reset();
    this.redraw();
  }

  changed(really) {
    if (really) this.redraw();
  }

  /** Draws soon, once for all that changed until then. */
  redraw() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = undefined;
      this.draw();
    });
  }

  /** Draws everything; called on data, size, view and theme. */
  draw() {
    this.width = this.element.clientWidth;
    if (!this.width) return;
    if (this.arranged !== `${this.width} ${devicePixelRatio}`) this.#arrange();
    this.painter.paint(this.lanes.filter(({ hidden }) => !hidden), this.events.selected, this.corrections);
    this.#place();
  }

  /** Sets every lane's place; a note may need further lines where the page is narrow. */
  #arrange() {
    let top = TOP;
    for (const lane of this.lanes) {
      lane.node.hidden = lane.hidden;
      if (lane.hidden) continue;
      lane.top = top;
      lane.node.style.top = `${top}px`;
      lane.rows = top + Math.max(LABEL, lane.note ? lane.node.offsetHeight : 0);
      lane.curve = lane.rows + lane.kinds.length * PITCH + 1;
      lane.bottom = lane.empty ? lane.rows : lane.curve + (lane.curves.length ? CURVE : 0);
      top = lane.bottom + SPACE;
    }
    this.height = top;
    this.element.style.height = `${top}px`;
    this.arranged = `${this.width} ${devicePixelRatio}`;
    this.painter.size(this.width, this.height);
    this.#dress();
  }

  #dress() {
    const colour = (name) => getComputedStyle(this.element.querySelector(`.swatch.${name}`)).color;
    const ink = Object.fromEntries(["ink", "muted", "hair", "lane"].map((name) => [name, colour(name)]));
    this.painter.dress(ink, getComputedStyle(this.element).fontFamily);
  }

  /** Lanes were hidden or shown, or the theme changed: everything has its place and colour anew. */
  rearrange() {
    this.arranged = undefined;
    this.redraw();
  }

  #playhead() {
    if (!this.width) return;
    const head = this.slot("playhead");
    const share = this.view.share(this.time);
    head.hidden = share < 0 || share > 1;
    head.style.transform = `translateX(${share * this.width}px)`;
    this.slot("overview").lastElementChild.style.left = `${(100 * Math.min(this.time, this.duration)) / this.duration}%`;
  }

  /** Puts what moves with the view where it belongs. */
  #place() {
    if (!this.width) return;
    this.#playhead();
    for (const [slot, [start, end]] of this.spans) {
      const left = Math.max(this.painter.x(start), 0);
      const right = Math.min(this.painter.x(end), this.width);
      this.slot(slot).style.left = `${left}px`;
      this.slot(slot).style.width = `${right < left ? 0 : Math.max(right - left, 2)}px`;
    }
    const overview = this.slot("overview");
    overview.classList.toggle("needed", this.view.zoomed);
    overview.firstElementChild.style.left = `${(100 * this.view.start) / this.duration}%`;
    overview.firstElementChild.style.width = `${(100 * this.view.span) / this.duration}%`;
    for (const place of this.placed) place(this.painter);
  }

  #name() {
    for (const lane of this.lanes) {
      lane.nowNode = make("span", { cls: "now" });
      const beside = lane.note ? make("span", { text: lane.note }) : lane.nowNode;
      lane.node = make("div", { cls: lane.note ? "label noted" : "label" }, [make("b", { text: lane.label }), beside]);
      this.slot("labels").append(lane.node);
    }
    this.element.setAttribute("aria-valuemax", this.duration.toFixed(2));
  }

  #listen(actions) {
    this.pointing = new Pointing(this.element, this, actions);
    this.events.listeners.add(() => this.redraw());
    this.resized = new ResizeObserver(() => this.redraw());
    this.resized.observe(this.element);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.dressed = () => this.rearrange();
    this.scheme.addEventListener("change", this.dressed);
  }

  close() {
    this.resized.disconnect();
    this.scheme.removeEventListener("change", this.dressed);
  }

  /** The event at a point of the timeline. */
  eventAt(x, y) {
    const lane = this.#laneAt(y);
    const row = lane && Math.floor((y - lane.rows) / PITCH);
    let best;
    for (const event of this.events.all) {
      if (event.lane !== lane || event.kind.row !== row) continue;
      const placed = this.painter.place(event.block);
      if (!placed) continue;
      const off = Math.max(placed[0] - x, x - placed[0] - placed[1], 0);
      if (off <= NEAR_PX && !(best?.off <= off)) best = { off, event };
    }
    return best?.event;
  }

  /** Says beside the pointer what is there. */
  tip(x, y, time) {
    const tip = this.slot("tip");
    const lane = this.#laneAt(y);
    const gap = lane?.gaps.find(({ start, end }) => start <= time && time < end);
    const what = this.eventAt(x, y)?.block.text ?? (gap && `Not measurable: ${gap.reason}`);
    tip.textContent = what ? `${clock(time, true)}  ${what}` : clock(time, true);
    tip.hidden = false;
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.min(Math.max(x, half), this.width - half)}px`;
    tip.style.top = `${(lane?.top ?? TOP) - 4}px`;
  }

  hideTip() {
    this.slot("tip").hidden = true;
  }

  #laneAt(y) {
    return this.lanes.find(({ hidden, top, bottom }) => !hidden && y >= top && y <= bottom);
  }

  #kind(lane, name) {
    return lane.kinds.find(({ kind }) => kind === name);
  }
}
