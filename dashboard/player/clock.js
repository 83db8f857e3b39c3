// Stands in for a video where there is none: a clock that can be started, stopped and set.

export class SilentClock extends EventTarget {
  constructor(duration) {
    super();
    Object.assign(this, { duration, paused: true, time: 0, since: 0, rate: 1 });
  }
  get currentTime() {
    if (this.paused) return this.time;
    return Math.min(this.time + ((performance.now() - this.since) / 1000) * this.rate, this.duration);
  }
  set currentTime(time) {
    this.time = Math.min(Math.max(time, 0), this.duration);
    this.since = performance.now();
    this.dispatchEvent(new Event("seeked"));
  }
  get playbackRate() {
    return this.rate;
  }
  set playbackRate(rate) {
    this.currentTime = this.currentTime;
    this.rate = rate;
  }
  async play() {
    if (this.currentTime >= this.duration) this.time = 0;
    this.since = performance.now();
    this.paused = false;
    this.dispatchEvent(new Event("play"));
  }
  pause() {
    this.time = this.currentTime;
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
  }
}
