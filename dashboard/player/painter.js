// Draws the timeline's canvas: what lies in the view, at most one thing per pixel.

import { clock, first, last } from "./format.js";

export const LABEL = 22; // height of a lane's name
export const ROW = 16; // height of a row of blocks
export const PITCH = ROW + 2;
export const CURVE = 26; // height of the probability under them
export const SPACE = 10; // between lanes
export const OVERVIEW = 12;
export const AXIS = 20;
export const TOP = OVERVIEW + AXIS;
const LEAST_PX = 3; // of a block, however short the event
const GAP_S = 0.5; // a curve isn't drawn across a longer hole
const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

export class Painter {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import("./view.js").View} view
   */
  constructor(canvas, view) {
    this.canvas = canvas;
    this.view = view;
    this.words = new Map(); // widths of words
  }

  /** Takes the theme's colours and letters. */
  dress(ink, font) {
    this.ink = ink;
    this.font = font;
    this.words.clear();
  }

  size(width, height) {
    this.scale = window.devicePixelRatio || 1;
    Object.assign(this, { width, height });
    this.canvas.width = Math.round(width * this.scale);
    this.canvas.height = Math.round(height * this.scale);
    this.hatching = undefined;
  }

  x(time) {
    return this.view.share(time) * this.width;
  }

  paint(lanes, selected, corrections) {
    const pen = this.canvas.getContext("2d");
    pen.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    this.#axis(pen);
    for (const lane of lanes) if (!lane.empty) this.#lane(pen, lane);
    if (selected && !selected.lane.hidden) this.#outline(pen, selected);
    for (const correction of corrections) this.#correction(pen, correction);
  }

  /** Left and width of a span on the canvas; nothing outside of the view. */
  place({ start, end }) {
    const left = Math.max(this.x(start), -4);
    const width = Math.max(Math.min(this.x(end), this.width + 4) - left - 1, LEAST_PX);
    return left < this.width && left + width > 0 ? [left, width] : undefined;
  }

  #axis(pen) {
    const wanted = this.view.span / Math.max(2, this.width / 90);
    const step = STEPS.find((s) => s >= wanted) ?? 14400;
    pen.font = `11px ${this.font}`;
    pen.textBaseline = "middle";
    pen.fillStyle = this.ink.muted;
    pen.strokeStyle = this.ink.hair;
    pen.lineWidth = 1;
    pen.beginPath();
    for (let n = Math.ceil(this.view.start / step - 1e-6); n * step <= this.view.end + 1e-6; n++) {
      const x = Math.round(this.x(n * step)) + 0.5;
      pen.moveTo(x, TOP - 5);
      pen.lineTo(x, this.height);
      const text = clock(n * step, step < 1);
      const half = pen.measureText(text).width / 2;
      pen.fillText(text, Math.min(Math.max(x - half, 0), this.width - 2 * half), OVERVIEW + 7);
    }
    pen.stroke();
  }

  #lane(pen, lane) {
    pen.fillStyle = this.ink.lane;
    pen.beginPath();
    pen.roundRect(0, lane.rows - 2, this.width, lane.bottom - lane.rows + 2, 4);
    pen.fill();
    this.#hatch(pen, lane);
    for (const kind of lane.kinds) this.#blocks(pen, lane, kind);
    for (const curve of lane.drawn) this.#curve(pen, lane, curve);
  }

  #blocks(pen, lane, { kind, colour, ink, row, short }) {
    const top = lane.rows + row * PITCH;
    const worded = [];
    const wide = this.#word(pen, short) + 10;
    pen.fillStyle = colour;
    let until = -Infinity; // where many are shorter than a pixel, one stands for all
    for (const block of lane.blocks) {
      if (block.kind !== kind) continue;
      const placed = this.place(block);
      if (!placed) continue;
      const [left, width] = placed;
      if (left + width <= until) continue;
      until = left + width;
      this.#block(pen, left, top, width);
      if (wide <= width - Math.max(0, -left)) worded.push(left);
    }
    pen.fillStyle = ink;
    pen.textBaseline = "middle";
    for (const left of worded) pen.fillText(short, Math.max(left, 0) + 5, top + ROW / 2 + 0.5);
  }

  #block(pen, left, top, width) {
    if (width < 6) return pen.fillRect(left, top, width, ROW);
    pen.beginPath();
    pen.roundRect(left, top, width, ROW, 3);
    pen.fill();
  }

  #word(pen, text) {
    pen.font = `600 10.5px ${this.font}`;
    if (!this.words.has(text)) this.words.set(text, pen.measureText(text).width);
    return this.words.get(text);
  }

  #hatch(pen, lane) {
    pen.fillStyle = this.hatching ??= this.#pattern(pen);
    for (const gap of lane.gaps) {
      const placed = this.place(gap);
      if (placed) pen.fillRect(placed[0], lane.rows - 2, placed[1] + 1, lane.bottom - lane.rows + 2);
    }
  }

  /** Slanted lines that start at the canvas's corner, so that neighbouring spans continue each other. */
  #pattern(pen) {
    const side = Math.round(7 * this.scale);
    const tile = Object.assign(document.createElement("canvas"), { width: side, height: side });
    const line = tile.getContext("2d");
    line.strokeStyle = this.ink.muted;
    line.globalAlpha = 0.6;
    line.lineWidth = this.scale;
    line.beginPath();
    for (const shift of [-side, 0, side]) {
      line.moveTo(shift, side);
      line.lineTo(shift + side, 0);
    }
    line.stroke();
    const pattern = pen.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(1 / this.scale));
    return pattern;
  }

  #curve(pen, lane, curve) {
    const { times } = curve;
    const from = Math.max(0, last(times, this.view.start));
    const to = Math.min(times.length, last(times, this.view.end) + 2);
    const y = (value) => lane.curve + CURVE - 2 - value * (CURVE - 4);
    if (to - from > 2 * this.width) this.#columns(pen, curve, from, to, y);
    else this.#line(pen, curve, from, to, y);
  }

  #line(pen, { colour, dashed, times, values }, from, to, y) {
    pen.strokeStyle = colour;
    pen.lineWidth = 1.5;
    pen.lineJoin = "round";
    pen.setLineDash(dashed ? [4, 3] : []);
    pen.beginPath();
    let before = -Infinity;
    for (let i = from; i < to; i++) {
      if (Number.isNaN(values[i])) continue;
      const near = i > from && !Number.isNaN(values[i - 1]) && times[i] - before < GAP_S;
      if (near) pen.lineTo(this.x(times[i]), y(values[i]));
      else pen.moveTo(this.x(times[i]), y(values[i]));
      before = times[i];
    }
    pen.stroke();
    pen.setLineDash([]);
  }

  /** From the lowest to the highest value of each pixel: as fine as the screen, however long. */
  #columns(pen, { colour, dashed, times, values }, from, to, y) {
    pen.fillStyle = colour;
    let before; // what the last pixel reached, to be joined
    for (let pixel = 0, i = from; pixel < this.width && i < to; pixel++) {
      const end = Math.min(first(times, this.view.time((pixel + 1) / this.width)), to);
      let low = Infinity;
      let high = -Infinity;
      for (; i < end; i++) {
        const value = values[i];
        if (value < low) low = value; // false for NaN
        if (value > high) high = value;
      }
      if (low > high) {
        before = undefined;
        continue;
      }
      const reach = before ? [Math.min(low, before[1]), Math.max(high, before[0])] : [low, high];
      before = [low, high];
      if (dashed && pixel % 7 > 3) continue;
      // one by one: a path of a thousand rectangles takes several times as long to fill
      pen.fillRect(pixel, y(reach[1]) - 0.75, 1, y(reach[0]) - y(reach[1]) + 1.5);
    }
  }

  #outline(pen, { lane, block, kind }) {
    const placed = this.place(block);
    if (!placed) return;
    pen.strokeStyle = this.ink.ink;
    pen.lineWidth = 2;
    pen.strokeRect(placed[0] - 1, lane.rows + kind.row * PITCH - 1, placed[1] + 2, ROW + 2);
  }

  /** What people said of the machine's events: wrong ones struck through, missing ones outlined. */
  #correction(pen, { lane, kind, start, end, verdict }) {
    const placed = lane.hidden ? undefined : this.place({ start, end });
    if (!placed) return;
    const [left, width] = placed;
    const top = lane.rows + kind.row * PITCH;
    if (verdict === "missing") {
      pen.setLineDash([4, 2]);
      pen.lineWidth = 2;
      pen.strokeStyle = this.ink.ink;
      pen.strokeRect(left + 1, top + 1, Math.max(width - 2, 2), ROW - 2);
      pen.setLineDash([]);
      return;
    }
    for (const [colour, thick] of [[this.ink.lane, 5], [this.ink.ink, 2]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = thick;
      pen.beginPath();
      pen.moveTo(left - 2, top + ROW / 2);
      pen.lineTo(left + width + 2, top + ROW / 2);
      pen.stroke();
    }
  }
}
