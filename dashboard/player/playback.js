// What moves the recording: play, pause, seek, step, back and forth, and the time of the shown frame.

import { last } from "./format.js";

const ROUNDING_S = 1e-3; // the frames' times come as 32-bit numbers
const BACK = [1, 2, 4, 8]; // speeds of going back

export class Playback {
  /**
   * @param {HTMLVideoElement|import("./clock.js").SilentClock} clock
   * @param {object} review duration_s, fps
   * @param {object} on time(seconds): a frame is shown or asked for; state(): playing, paused or speed changed
   * @param {AbortSignal} signal ends everything
   */
  constructor(clock, review, on, signal) {
    Object.assign(this, { clock, on, signal, duration: review.duration_s, fps: review.fps, time: 0 });
    for (const name of ["play", "pause", "ended", "ratechange"]) clock.addEventListener(name, () => this.#changed(), { signal });
    clock.addEventListener("seeked", () => this.#seeked(), { signal });
    clock.addEventListener("timeupdate", () => this.#checkEnd(), { signal }); // also where no frame is drawn
    if (clock.requestVideoFrameCallback) this.#follow();
  }

  get moving() {
    return !this.clock.paused || this.backwards !== undefined;
  }

  /** Says of each shown frame which one it is, also of those that a seek shows while paused. */
  #follow() {
    this.clock.requestVideoFrameCallback((_, { mediaTime }) => {
      if (this.signal.aborted) return;
      this.#shown(mediaTime);
      this.#follow();
    });
  }

  #shown(time) {
    // frames from before a seek that is under way are of no interest
    if (this.wanted === undefined || Math.abs(time - this.wanted) < 1.5 / this.fps) {
      this.time = Math.min(time, this.duration);
      this.on.time(this.time);
    }
    this.#checkEnd();
  }

  #checkEnd() {
    if (this.until === undefined || this.wanted !== undefined || this.clock.currentTime < this.until) return;
    this.until = undefined;
    this.clock.pause();
  }

  #changed() {
    this.on.state();
    this.#tick();
  }

  #seeked() {
    const { wanted } = this;
    this.wanted = undefined;
    if (wanted !== undefined && Math.abs(wanted - this.clock.currentTime) > ROUNDING_S) this.#set(wanted);
    else this.#tick();
  }

  /** Where nothing tells of frames, the clock is read whenever the page is drawn. */
  #tick() {
    if (this.clock.requestVideoFrameCallback || this.ticking) return;
    this.ticking = true;
    requestAnimationFrame(() => {
      this.ticking = false;
      if (this.signal.aborted) return;
      const time = this.clock.currentTime;
      this.#shown(time);
      if (time >= this.duration && !this.clock.paused) this.clock.pause();
      if (!this.clock.paused) this.#tick();
    });
  }

  /** Shows the frame of a time: its middle, so that no rounding shows a neighbour. */
  seek(time) {
    this.until = undefined;
    this.backwards = undefined;
    this.#jump(time);
    this.on.state();
  }

  /** Frames' own times (s), which come after the page: a frame that was sought before is sought again, by them. */
  know(times) {
    this.times = times;
    const now = this.wanted ?? this.clock.currentTime;
    if (now > 0 && !this.moving) this.seek(now);
  }

  /** The own time of the frame that is shown at a time. */
  frameAt(time) {
    return this.times?.length ? this.times[Math.max(last(this.times, time + ROUNDING_S), 0)] : time;
  }

  #jump(time) {
    const to = this.#middle(Math.min(Math.max(time, 0), this.duration));
    this.time = this.frameAt(to); // as shown in a moment
    this.on.time(to, true);
    this.wanted = to;
    if (!this.clock.seeking) this.#set(to); // else it is next: frames in between are shown
  }

  #set(time) {
    this.wanted = time;
    this.clock.currentTime = time;
  }

  #middle(time) {
    return this.times?.length ? this.#frame(last(this.times, time + ROUNDING_S)) : time;
  }

  #frame(number) {
    const at = Math.min(Math.max(number, 0), this.times.length - 1);
    const next = this.times[at + 1] ?? this.times[at] + 1 / this.fps;
    return Math.min((this.times[at] + next) / 2, Math.max(this.duration, this.times[at]));
  }

  /** One frame on or back, by the frames' own times. */
  step(direction) {
    this.stop();
    const now = this.wanted ?? this.clock.currentTime;
    if (!this.times?.length) return this.seek(now + direction / this.fps);
    this.seek(this.#frame(last(this.times, now + 1e-4) + direction));
  }

  toggle() {
    if (this.moving) this.stop();
    else this.play();
  }

  play() {
    this.until = undefined;
    this.backwards = undefined;
    this.clock.play().catch(() => {}); // the browser refuses, or a pause was quicker
  }

  stop() {
    this.until = undefined;
    this.backwards = undefined;
    this.clock.pause();
    this.on.state();
  }

  /** Plays a span and stops at its end. */
  playSpan(start, end) {
    this.seek(start);
    this.clock.play().catch(() => {});
    this.until = end;
  }

  /** Goes back, faster each time it is asked to. */
  back() {
    const faster = this.backwards === undefined ? BACK[0] : BACK[Math.min(BACK.indexOf(this.backwards) + 1, BACK.length - 1)];
    this.stop();
    this.backwards = faster;
    this.on.state();
    const from = this.wanted ?? this.clock.currentTime;
    const since = performance.now();
    const turn = () => {
      if (this.backwards !== faster || this.rewinding !== turn || this.signal.aborted) return;
      const time = from - ((performance.now() - since) / 1000) * faster;
      if (!this.clock.seeking) this.#jump(time);
      if (time <= 0) this.stop();
      else requestAnimationFrame(turn);
    };
    this.rewinding = turn;
    requestAnimationFrame(turn);
  }
}
