// Mouse, wheel and fingers on the timeline: seek, play an event, mark a span, zoom and pan.

import { OVERVIEW, TOP } from "./painter.js";

const STILL_PX = 4; // a click moves less than this
const PER_PIXEL = 0.002; // of the wheel: a notch is a fifth

export class Pointing {
  /**
   * @param {HTMLElement} element the timeline
   * @param {import("./timeline.js").Timeline} timeline
   * @param {object} actions seek(time), play(event), mark(start, end)
   */
  constructor(element, timeline, actions) {
    Object.assign(this, { element, timeline, actions, fingers: new Map() });
    element.addEventListener("pointerdown", (event) => this.#down(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#up(event));
    element.addEventListener("pointercancel", (event) => this.#drop(event));
    element.addEventListener("pointerleave", () => timeline.hideTip());
    element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #at(event) {
    const box = this.element.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    const time = this.timeline.view.time(Math.min(Math.max(share, 0), 1));
    return { x: event.clientX, y: event.clientY - box.top, share, time, width: box.width };
  }

  #down(event) {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, event.clientX);
    if (this.fingers.size > 1) {
      this.doing = undefined;
      this.pinched = this.#grip();
      return;
    }
    const at = this.#at(event);
    const { view } = this.timeline;
    const hit = event.shiftKey ? undefined : this.timeline.eventAt(at.x - this.element.getBoundingClientRect().left, at.y);
    const above = view.zoomed && at.y < TOP;
    const what = event.shiftKey ? "mark" : above ? (at.y < OVERVIEW ? "overview" : "pan") : hit ? "event" : "seek";
    this.doing = { what, hit, from: at, at, still: true };
    if (what === "seek") this.actions.seek(at.time);
    if (what === "overview") this.#overview(at);
  }

  #move(event) {
    const at = this.#at(event);
    if (this.fingers.size > 1) return this.#pinch(event);
    this.timeline.tip(at.x - this.element.getBoundingClientRect().left, at.y, at.time);
    if (!this.doing || !this.fingers.has(event.pointerId)) return;
    const { doing } = this;
    if (Math.abs(at.x - doing.from.x) > STILL_PX) doing.still = false;
    if (doing.still) return;
    if (doing.what === "event") doing.what = "seek"; // a drag that began on an event
    if (doing.what === "seek") this.actions.seek(at.time);
    if (doing.what === "mark") this.actions.mark(doing.from.time, at.time);
    if (doing.what === "overview") this.#overview(at);
    if (doing.what === "pan") {
      this.timeline.pan(((doing.at.x - at.x) / at.width) * this.timeline.view.span);
      doing.at = at;
    }
  }

  #up(event) {
    const { doing } = this;
    this.#drop(event);
    if (!doing?.still) return;
    if (doing.what === "event") this.actions.play(doing.hit);
    if (doing.what === "pan") this.actions.seek(doing.from.time);
    if (doing.what === "mark") this.actions.mark();
  }

  #drop(event) {
    this.fingers.delete(event.pointerId);
    this.doing = undefined;
    this.pinched = undefined;
  }

  #overview(at) {
    const { view } = this.timeline;
    this.timeline.changed(view.centre(at.share * view.duration));
  }

  #pinch(event) {
    if (!this.fingers.has(event.pointerId)) return;
    this.fingers.set(event.pointerId, event.clientX);
    const { pinched: before, timeline } = this;
    const now = this.#grip();
    this.pinched = now;
    if (!before) return; // a third finger was lifted
    const { width, time } = this.#at({ clientX: now.middle, clientY: 0 });
    timeline.changed(timeline.view.zoom(before.apart / now.apart, time));
    timeline.pan(((before.middle - now.middle) / width) * timeline.view.span);
  }

  /** How far apart the first two fingers are, and what is between them, in pixels. */
  #grip() {
    const [a, b] = [...this.fingers.values()];
    return { apart: Math.max(Math.abs(a - b), 10), middle: (a + b) / 2 };
  }

  /** Wheel: nearer or further, where the pointer is; sideways or with shift: along. */
  #wheel(event) {
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const { timeline } = this;
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    const at = this.#at(event);
    const amount = (sideways ? event.deltaX || event.deltaY : event.deltaY) * lines;
    // with all of it in view there is nowhere to go: the page scrolls
    if (!timeline.view.zoomed && (sideways || amount > 0)) return;
    event.preventDefault();
    if (sideways) timeline.pan((amount / at.width) * timeline.view.span);
    else timeline.changed(timeline.view.zoom(Math.exp(amount * PER_PIXEL), at.time));
  }
}
