// The timeline: one canvas for all lanes, a playhead over it, and what happens when one points at it.

import { happening } from "./cards.js";
import { clock, last, make } from "./format.js";

const LABEL = 22; // height of a lane's name
const ROW = 16; // height of a row of blocks
const CURVE = 26; // height of the probability under them
const SPACE = 10; // between lanes
const AXIS = 22;
const GAP_S = 0.5; // a curve isn't drawn across a longer hole

export class Timeline {
  /**
   * @param {HTMLElement} element the slider that holds canvas, labels and playhead
   * @param {object} review the session's review: lanes, duration_s
   * @param {(time: number) => void} seek called while the user clicks or drags
   */
  constructor(element, review, seek) {
    this.element = element;
    this.duration = Math.max(review.duration_s, 1e-3);
    this.lanes = review.lanes.map((lane) => ({ ...lane, drawn: [] }));
    this.seek = seek;
    this.time = 0;
    this.canvas = element.querySelector("canvas");
    this.slot = (name) => element.querySelector(`[data-slot=${name}]`);
    this.#name();
    this.#listen();
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

  /** Moves the playhead. */
  show(time) {
    this.time = time;
    this.slot("playhead").style.transform = `translateX(${this.#x(time)}px)`;
    const words = [];
    for (const lane of this.lanes) {
      const now = happening(lane, time);
      if (lane.nowNode.textContent !== now) lane.nowNode.textContent = now;
      if (now) words.push(`${lane.label}: ${now}`);
    }
    this.element.setAttribute("aria-valuenow", time.toFixed(2));
    this.element.setAttribute("aria-valuetext", [`${clock(time, true)}`, ...words].join("; "));
  }

  /** Marks a span across all lanes; none without times. */
  mark(start, end) {
    const span = this.slot("span");
    span.hidden = start === undefined;
    if (span.hidden) return;
    span.style.left = `${(100 * start) / this.duration}%`;
    span.style.width = `${(100 * Math.max(end - start, this.duration / 500)) / this.duration}%`;
  }

  #x(time) {
    return (Math.min(Math.max(time, 0), this.duration) / this.duration) * this.width;
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

  /** Sets every lane's place; a note may need further lines where the page is narrow. */
  #layOut() {
    let top = 12; // the playhead's knob stands above the first name
    for (const lane of this.lanes) {
      lane.top = top;
      lane.node.style.top = `${top}px`;
      lane.rows = top + Math.max(LABEL, lane.note ? lane.node.offsetHeight : 0);
      lane.curve = lane.rows + lane.kinds.length * (ROW + 2) + 1;
      lane.bottom = lane.empty ? lane.rows : lane.curve + (lane.curves.length ? CURVE : 0);
      top = lane.bottom + SPACE;
    }
    this.height = top + AXIS;
    this.element.style.height = `${this.height}px`;
  }

  #listen() {
    const time = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * this.duration;
    };
    this.element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.element.setPointerCapture(event.pointerId);
      this.dragging = true;
      this.mark();
      this.seek(time(event));
    });
    this.element.addEventListener("pointermove", (event) => {
      if (this.dragging) this.seek(time(event));
      this.#point(event, time(event));
    });
    for (const end of ["pointerup", "pointercancel"]) {
      this.element.addEventListener(end, () => (this.dragging = false));
    }
    this.element.addEventListener("pointerleave", () => (this.slot("tip").hidden = true));
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.element);
    this.scheme = matchMedia("(prefers-color-scheme: dark)");
    this.redraw = () => requestAnimationFrame(() => this.draw());
    this.scheme.addEventListener("change", this.redraw);
  }

  close() {
    this.resized.disconnect();
    this.scheme.removeEventListener("change", this.redraw);
  }

  #point(event, time) {
    const tip = this.slot("tip");
    const y = event.clientY - this.canvas.getBoundingClientRect().top;
    const lane = this.lanes.find(({ top, bottom }) => y >= top && y <= bottom);
    const inside = ({ start, end }) => start <= time && time < end;
    const block = lane?.blocks.find((b) => inside(b) && this.#rowAt(lane, y) === this.#kind(lane, b).row);
    const gap = lane?.gaps.find(inside);
    const what = block?.text ?? (gap && `Not measurable: ${gap.reason}`);
    tip.textContent = what ? `${clock(time, true)}  ${what}` : clock(time, true);
    tip.hidden = false;
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.min(Math.max(this.#x(time), half), this.width - half)}px`;
    tip.style.top = `${(lane?.top ?? 0) - 8}px`;
  }

  #rowAt(lane, y) {
    return Math.floor((y - lane.rows) / (ROW + 2));
  }

  #kind(lane, block) {
    return lane.kinds.find(({ kind }) => kind === block.kind);
  }

  /** Draws everything but the playhead; called on data, size and theme. */
  draw() {
    this.width = this.element.clientWidth;
    if (!this.width) return;
    this.#layOut();
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.width * scale);
    this.canvas.height = Math.round(this.height * scale);
    const pen = this.canvas.getContext("2d");
    pen.scale(scale, scale);
    const colour = (name) => getComputedStyle(this.element.querySelector(`.swatch.${name}`)).color;
    this.ink = Object.fromEntries(["ink", "muted", "hair", "lane"].map((name) => [name, colour(name)]));
    this.font = getComputedStyle(this.element).fontFamily;
    this.#axis(pen);
    for (const lane of this.lanes) if (!lane.empty) this.#lane(pen, lane);
    this.show(this.time);
  }

  #axis(pen) {
    const wanted = this.duration / Math.max(2, this.width / 90);
    const steps = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
    const step = steps.find((s) => s >= wanted) ?? 3600;
    const bottom = this.height - AXIS;
    pen.font = `11px ${this.font}`;
    pen.textBaseline = "middle";
    for (let time = 0; time <= this.duration + 1e-6; time += step) {
      const x = Math.round(this.#x(time)) + 0.5;
      pen.strokeStyle = this.ink.hair;
      pen.beginPath();
      pen.moveTo(x, 0);
      pen.lineTo(x, bottom + 4);
      pen.stroke();
      const text = clock(time, step < 1);
      const half = pen.measureText(text).width / 2;
      pen.fillStyle = this.ink.muted;
      pen.fillText(text, Math.min(Math.max(x - half, 0), this.width - 2 * half), bottom + 13);
    }
  }

  #lane(pen, lane) {
    pen.fillStyle = this.ink.lane;
    pen.beginPath();
    pen.roundRect(0, lane.rows - 2, this.width, lane.bottom - lane.rows + 2, 4);
    pen.fill();
    for (const gap of lane.gaps) this.#hatch(pen, lane, gap);
    for (const block of lane.blocks) this.#block(pen, lane, block);
    for (const curve of lane.drawn) this.#curve(pen, lane, curve);
  }

  #block(pen, lane, block) {
    const { colour, ink, row, short } = this.#kind(lane, block);
    const left = this.#x(block.start);
    const width = Math.max(this.#x(block.end) - left - 1, 3);
    const top = lane.rows + row * (ROW + 2);
    pen.fillStyle = colour;
    pen.beginPath();
    pen.roundRect(left, top, width, ROW, Math.min(3, width / 2));
    pen.fill();
    pen.font = `600 10.5px ${this.font}`;
    if (pen.measureText(short).width + 10 > width) return;
    pen.fillStyle = ink;
    pen.textBaseline = "middle";
    pen.fillText(short, left + 5, top + ROW / 2 + 0.5);
  }

  #hatch(pen, lane, gap) {
    const left = this.#x(gap.start);
    const width = Math.max(this.#x(gap.end) - left, 2);
    const top = lane.rows - 2;
    const height = lane.bottom - top;
    pen.save();
    pen.beginPath();
    pen.rect(left, top, width, height);
    pen.clip();
    pen.strokeStyle = this.ink.muted;
    pen.globalAlpha = 0.55;
    pen.beginPath();
    // lines start at multiples of the distance from 0, so that neighbouring spans continue each other
    for (let x = Math.floor((left - height) / 7) * 7; x < left + width; x += 7) {
      pen.moveTo(x, top + height);
      pen.lineTo(x + height, top);
    }
    pen.stroke();
    pen.restore();
  }

  /** One line through the lowest and highest value of each pixel: as fine as the screen, however long. */
  #curve(pen, lane, { colour, dashed, times, values }) {
    const y = (value) => lane.curve + CURVE - 2 - value * (CURVE - 4);
    pen.strokeStyle = colour;
    pen.lineWidth = 1.5;
    pen.lineJoin = "round";
    pen.setLineDash(dashed ? [4, 3] : []);
    pen.beginPath();
    let drawing = false;
    let before = -Infinity;
    const end = last(times, this.duration) + 1;
    for (let i = 0; i < end; ) {
      const pixel = Math.floor(this.#x(times[i]));
      let low = Infinity;
      let high = -Infinity;
      const start = times[i];
      let broken = false;
      for (; i < end && Math.floor(this.#x(times[i])) === pixel; i++) {
        if (Number.isNaN(values[i])) broken = true;
        else {
          low = Math.min(low, values[i]);
          high = Math.max(high, values[i]);
          before = times[i];
        }
      }
      if (low > high) {
        drawing = false;
        continue;
      }
      const x = pixel + 0.5;
      if (drawing && start - before < GAP_S) pen.lineTo(x, y(low));
      else pen.moveTo(x, y(low));
      pen.lineTo(x, y(high) - (low === high ? 0.01 : 0));
      drawing = !broken;
    }
    pen.stroke();
    pen.setLineDash([]);
  }
}
