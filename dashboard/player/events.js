// What was seen, in order of time: finding the next one, and which one is chosen.

import { clock } from "./format.js";

const SAME_S = 1e-3;

export class Events {
  /** @param {object[]} lanes the timeline's lanes, in order; hidden ones are passed over */
  constructor(lanes) {
    this.all = lanes.flatMap((lane, place) =>
      lane.blocks.map((block) => ({ lane, place, block, kind: lane.kinds.find(({ kind }) => kind === block.kind) })),
    );
    this.all.sort((a, b) => a.block.start - b.block.start || a.place - b.place || a.kind.row - b.kind.row);
    this.listeners = new Set();
    this.selected = null;
  }

  /**
   * The event after (1) or before (-1) the chosen one; where none is chosen there, from a frame's time on or before it.
   * @param {(time: number) => number} frameAt the own time of the frame that is shown at a time
   */
  beside(time, direction, frameAt) {
    const shown = this.all.filter(({ lane }) => !lane.hidden);
    const here = this.selected && this.#at(time, frameAt) ? shown.indexOf(this.selected) : -1;
    if (here >= 0) return shown[here + direction];
    if (direction > 0) return shown.find(({ block }) => block.start > time - SAME_S);
    return shown.findLast(({ block }) => block.start < time - SAME_S);
  }

  /** Whether the time is still that of the chosen event, which may begin between two frames. */
  #at(time, frameAt) {
    const { start, end } = this.selected.block;
    return time >= frameAt(start) - 0.1 && time <= end + 0.1;
  }

  select(event) {
    if (event === this.selected) return;
    this.selected = event;
    for (const listener of this.listeners) listener(this.plain());
  }

  /** The chosen event as others see it. */
  plain() {
    if (!this.selected) return null;
    const { lane, block } = this.selected;
    return { person: lane.person, kind: block.kind, start: block.start, end: block.end };
  }

  /** The chosen event in words. */
  text() {
    if (!this.selected) return "";
    const { lane, block } = this.selected;
    return `${lane.label}: ${block.text}, at ${clock(block.start, true)}`;
  }
}
