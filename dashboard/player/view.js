// The part of the recording that the timeline shows, and how it is zoomed and panned. Times in seconds.

const LEAST_S = 1; // no closer than this

export class View {
  constructor(duration) {
    this.duration = duration;
    this.reset();
  }

  reset() {
    this.start = 0;
    this.end = this.duration;
  }

  get span() {
    return this.end - this.start;
  }

  get zoomed() {
    return this.span < this.duration * (1 - 1e-9);
  }

  /** Where a time lies between the left border (0) and the right one (1); beyond them outside of the view. */
  share(time) {
    return (time - this.start) / this.span;
  }

  time(share) {
    return this.start + share * this.span;
  }

  /** Makes the span `factor` times as long; what is at `time` stays where it is. Whether anything changed. */
  zoom(factor, time) {
    const span = Math.min(Math.max(this.span * factor, Math.min(LEAST_S, this.duration)), this.duration);
    return this.#set(time - this.share(time) * span, span);
  }

  /** Moves by so many seconds, no further than the recording goes. Whether anything changed. */
  pan(seconds) {
    return this.#set(this.start + seconds, this.span);
  }

  /** Brings a time into view, turning a page where it is outside. Whether anything changed. */
  reveal(time) {
    const share = this.share(time);
    if (share >= 0 && share <= 1) return false;
    return this.#set(time - 0.1 * this.span, this.span);
  }

  centre(time) {
    return this.#set(time - this.span / 2, this.span);
  }

  #set(start, span) {
    const before = [this.start, this.end];
    this.start = Math.min(Math.max(start, 0), this.duration - span);
    this.end = this.start + span;
    return this.start !== before[0] || this.end !== before[1];
  }
}
