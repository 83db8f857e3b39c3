// The review: video, timeline, feedback and scores of one session, loaded by address.

import * as cards from "./cards.js";
import { clock, last, make } from "./format.js";
import { Second } from "./second.js";
import { Timeline } from "./timeline.js";

const open = new WeakMap(); // root -> Review; Streamlit mounts again whenever it runs the page

/** Shows the session at `data.url` in the component's root. Returns what takes it down again. */
export function mount({ parentElement, data }) {
  const root = parentElement.querySelector(".review");
  const before = open.get(root);
  if (before?.url === data.url) {
    before.timeline?.redraw(); // the theme may have changed
  } else {
    open.set(root, new Review(root, data.url));
  }
  return () => setTimeout(() => root.isConnected || open.get(root)?.close());
}

/** Stands in for a video where there is none: a clock that can be started, stopped and set. */
class SilentClock extends EventTarget {
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

class Review {
  constructor(root, url) {
    this.root = root;
    this.url = url;
    this.slot = (name) => root.querySelector(`[data-slot=${name}]`);
    this.ending = new AbortController();
    this.load().catch((problem) => this.fail(problem.message));
  }

  async load() {
    const answer = await fetch(`${this.url}/review`);
    const review = await answer.json();
    if (!answer.ok) throw new Error(review.error);
    this.review = review;
    this.head();
    this.clock = this.screen();
    if (review.video && review.cameras.length > 1) {
      const screen = this.root.querySelector(".screen");
      this.second = new Second(screen, this.clock, review.cameras, this.ending.signal);
    }
    this.timeline = new Timeline(this.root.querySelector(".timeline"), review, (time) => this.seek(time));
    const play = (start, end) => this.playSpan(start, end);
    cards.feedback(this.slot("feedback"), review.feedback, play);
    cards.scores(this.slot("scores"), review.scores);
    const count = cards.moments(this.slot("moments"), review.lanes, play);
    this.slot("moment-count").textContent = `(${count})`;
    this.controls();
    this.reveal();
    await Promise.all(Object.entries(review.signals).map(([person, signals]) => this.signals(person, signals)));
  }

  async signals(person, { url, columns }) {
    const answer = await fetch(url);
    if (!answer.ok) return; // events, scores and feedback stand without the curves
    const numbers = new Float32Array(await answer.arrayBuffer());
    const rows = numbers.length / columns.length;
    const named = Object.fromEntries(columns.map((name, i) => [name, numbers.subarray(i * rows, (i + 1) * rows)]));
    if (person === this.review.frames_of) this.times = named.time_s;
    this.timeline.setSignals(person, named);
  }

  fail(sentence) {
    const state = this.root.querySelector(".state");
    state.textContent = sentence;
    state.classList.add("problem");
    state.setAttribute("role", "alert");
    this.root.removeAttribute("aria-busy");
  }

  head() {
    const { title, meta, measured, report, notices, foot, score_note: note, duration_s: duration } = this.review;
    this.slot("title").textContent = title;
    this.slot("meta").textContent = meta.join(" · ");
    this.slot("measured").textContent = measured.join(" ");
    this.slot("feedback-heading").textContent = this.review.feedback_heading;
    this.slot("report").href = report;
    this.slot("notices").append(...notices.map((text) => make("li", { text })));
    this.slot("notices").hidden = !notices.length;
    this.slot("score-note").textContent = note;
    this.slot("foot").append(...foot.map((text) => make("p", { text })));
    this.slot("duration").textContent = clock(duration);
  }

  screen() {
    const video = this.root.querySelector("video");
    if (this.review.video) {
      video.src = this.review.video;
      video.addEventListener("error", () => this.root.querySelector(".screen").classList.add("broken"));
      return video;
    }
    video.remove();
    this.root.querySelector(".empty-screen").hidden = false;
    this.root.querySelector(".screen").classList.add("empty");
    for (const name of ["sound", "fullscreen"]) this.slot(name).remove();
    return new SilentClock(this.review.duration_s);
  }

  reveal() {
    this.root.querySelector(".state").remove();
    for (const part of this.root.querySelectorAll(":scope > [hidden]:not(.notices)")) part.hidden = false;
    this.root.removeAttribute("aria-busy");
    this.timeline.draw();
    const [, start, end] = location.hash.match(/^#t=([\d.]+)(?:,([\d.]+))?$/) ?? [];
    if (start) this.seek(Number(start));
    if (end) this.timeline.mark(Number(start), Number(end));
    this.tick();
  }

  controls() {
    const { signal } = this.ending;
    const on = (node, name, action) => node?.addEventListener(name, action, { signal });
    const play = this.slot("play");
    on(play, "click", () => this.toggle());
    for (const video of this.root.querySelectorAll("video")) on(video, "click", () => this.toggle());
    for (const name of ["play", "pause", "ended"]) {
      on(this.clock, name, () => {
        play.classList.toggle("playing", !this.clock.paused);
        play.setAttribute("aria-label", this.clock.paused ? "Play" : "Pause");
        this.tick();
      });
    }
    on(this.clock, "seeked", () => this.tick());
    on(this.slot("speed"), "change", ({ target }) => (this.clock.playbackRate = Number(target.value)));
    on(this.slot("sound"), "click", ({ currentTarget: button }) => {
      this.clock.muted = !this.clock.muted;
      button.textContent = this.clock.muted ? "Sound off" : "Sound on";
      button.setAttribute("aria-pressed", String(this.clock.muted));
    });
    on(this.slot("fullscreen"), "click", () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else this.root.querySelector(".stage").requestFullscreen();
    });
    on(document, "keydown", (event) => this.key(event));
  }

  key(event) {
    const at = event.composedPath()[0];
    const inside = event.composedPath().includes(this.root);
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!(inside || at === document.body) || at.closest?.("input, textarea, select")) return;
    const step = event.shiftKey ? 1 : 0;
    const actions = {
      " ": () => this.toggle(),
      ArrowRight: () => (step ? this.seek(this.clock.currentTime + step) : this.step(1)),
      ArrowLeft: () => (step ? this.seek(this.clock.currentTime - step) : this.step(-1)),
      Home: () => this.seek(0),
      End: () => this.seek(this.review.duration_s),
    };
    const act = actions[event.key];
    if (!act || (event.key === " " && at.closest?.("button, a, summary"))) return;
    if (["Home", "End"].includes(event.key) && !at.closest?.(".timeline")) return;
    event.preventDefault();
    act();
  }

  toggle() {
    this.until = undefined;
    if (this.clock.paused) this.clock.play().catch(() => {});
    else this.clock.pause();
  }

  seek(time) {
    this.until = undefined;
    this.clock.currentTime = Math.min(Math.max(time, 0), this.review.duration_s);
    this.show(this.clock.currentTime);
  }

  /** One frame on or back, by the frames' own times; their middle, so that no rounding shows a neighbour. */
  step(direction) {
    this.clock.pause();
    const frame = 1 / this.review.fps;
    if (!this.times?.length) return this.seek(this.clock.currentTime + direction * frame);
    const now = last(this.times, this.clock.currentTime + 1e-4);
    const to = Math.min(Math.max(now + direction, 0), this.times.length - 1);
    const next = this.times[to + 1] ?? this.times[to] + frame;
    this.seek((this.times[to] + next) / 2);
  }

  playSpan(start, end) {
    this.seek(start);
    this.timeline.mark(start, end);
    this.until = end;
    this.root.querySelector(".stage").scrollIntoView({ block: "nearest", behavior: "smooth" });
    this.clock.play().catch(() => {});
  }

  show(time) {
    this.timeline.show(time);
    this.slot("now").textContent = clock(time, true);
  }

  /** Follows the shown frame; one loop at a time, resting while nothing moves. */
  tick() {
    if (this.ticking) return;
    this.ticking = true;
    const turn = (_, frame) => {
      this.ticking = false;
      if (this.ending.signal.aborted) return;
      const time = frame?.mediaTime ?? this.clock.currentTime;
      this.second?.follow();
      this.show(Math.min(time, this.review.duration_s));
      if (this.until !== undefined && this.clock.currentTime >= this.until) {
        this.until = undefined;
        this.clock.pause();
      }
      if (this.clock instanceof SilentClock && time >= this.review.duration_s && !this.clock.paused) this.clock.pause();
      if (!this.clock.paused) this.tick();
    };
    if (!this.clock.paused && this.clock.requestVideoFrameCallback) this.clock.requestVideoFrameCallback(turn);
    else requestAnimationFrame(turn);
  }

  close() {
    this.ending.abort();
    this.timeline?.close();
    this.clock?.pause();
    this.second?.video.pause();
  }
}
