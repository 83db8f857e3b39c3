// The review: video, overlay, timeline, feedback and scores of one session, loaded by address.

import * as cards from "./cards.js";
import { SilentClock } from "./clock.js";
import { Corrections } from "./corrections.js";
import { bring, clock, make } from "./format.js";
import { explain, keysOf, listen } from "./keys.js";
import { laneMenu } from "./lanes.js";
import { Markers } from "./markers.js";
import { Notes } from "./notes.js";
import { LAYERS, Overlay } from "./overlay.js";
import { Playback } from "./playback.js";
import { Second } from "./second.js";
import { Timeline } from "./timeline.js";

const MANY = 400; // moments; more are listed only when asked for
const open = new WeakMap(); // root -> Review; Streamlit mounts again whenever it runs the page

/** Shows the session at `data.url` in the component's root. Returns what takes it down again. */
export function mount({ parentElement, data }) {
  const root = parentElement.querySelector(".review");
  const before = open.get(root);
  if (before?.url === data.url) {
    before.timeline?.rearrange(); // the theme may have changed
  } else {
    open.set(root, new Review(root, data.url));
  }
  return () => setTimeout(() => root.isConnected || open.get(root)?.close());
}

class Review {
  constructor(root, url) {
    this.root = root;
    this.url = url;
    this.slot = (name) => root.querySelector(`[data-slot=${name}]`);
    this.ending = new AbortController();
    this.signal = this.ending.signal;
    this.load().catch((problem) => this.fail(problem.message));
  }

  async load() {
    const answer = await fetch(`${this.url}/review`);
    const review = await answer.json();
    if (!answer.ok) throw new Error(review.error);
    this.review = review;
    this.head();
    this.screen();
    this.lines();
    this.texts();
    this.controls();
    this.reveal();
    this.people();
    const curves = Promise.all(Object.entries(review.signals).map((one) => this.curves(...one)));
    await curves.finally(() => this.root.querySelector(".timeline").removeAttribute("aria-busy"));
  }

  async curves(person, { url, columns }) {
    const answer = await fetch(url);
    if (!answer.ok) return; // events, scores and feedback stand without the curves
    const numbers = new Float32Array(await answer.arrayBuffer());
    const rows = numbers.length / columns.length;
    const named = Object.fromEntries(columns.map((name, i) => [name, numbers.subarray(i * rows, (i + 1) * rows)]));
    if (person === this.review.frames_of) this.playback.know(named.time_s);
    this.timeline.setSignals(person, named);
  }

  fail(sentence) {
    const state = this.root.querySelector(".state");
    if (!state) throw new Error(sentence); // the session is shown: a defect, not a session that can't be
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
    this.slot("report-pdf").href = `${report}.pdf`;
    this.slot("notices").append(...notices.map((text) => make("li", { text })));
    this.slot("notices").hidden = !notices.length;
    this.slot("score-note").textContent = note;
    this.slot("foot").append(...foot.map((text) => make("p", { text })));
    this.slot("duration").textContent = clock(duration);
  }

  /** The videos, or a clock in their place, and what is drawn over them. */
  screen() {
    const { review, signal } = this;
    const screen = this.root.querySelector(".screen");
    const figure = screen.querySelector(".camera");
    const video = figure.querySelector("video");
    if (review.video) {
      figure.style.setProperty("--aspect", review.cameras[0].aspect);
      video.src = review.video;
      video.addEventListener("error", () => screen.classList.add("broken"), { signal });
    } else {
      figure.remove();
      this.root.querySelector(".empty-screen").hidden = false;
      screen.classList.add("empty");
      for (const name of ["sound", "fullscreen"]) this.slot(name).remove();
    }
    const on = { time: (time, asked) => this.show(time, asked), state: () => this.state() };
    this.playback = new Playback(review.video ? video : new SilentClock(review.duration_s), review, on, signal);
    const screens = review.video ? [{ figure, video, camera: review.cameras[0] }] : [];
    if (review.video && review.cameras.length > 1) {
      this.second = new Second(screen, screens[0], review.cameras, signal);
      screens.push(this.second.screen);
    }
    if (review.overlay) this.overlay = new Overlay(screens, review, signal);
    this.layers();
  }

  layers() {
    for (const [name, text] of Object.entries(LAYERS)) {
      const button = make("button", { type: "button", text, "data-layer": name });
      button.setAttribute("aria-pressed", String(this.overlay?.shown[name] ?? false));
      button.disabled = !this.overlay;
      button.addEventListener("click", () => button.setAttribute("aria-pressed", String(this.overlay.toggle(name))));
      this.slot("layers").append(button);
    }
    this.slot("layers-note").textContent = this.review.no_overlay;
    this.slot("layers-note").hidden = Boolean(this.overlay);
  }

  lines() {
    this.timeline = new Timeline(this.root.querySelector(".timeline"), this.review, {
      seek: (time) => {
        this.timeline.mark("span");
        this.playback.seek(time);
      },
      play: (event) => this.playEvent(event),
      mark: (start, end) => this.mark(start, end),
    });
    this.markers = new Markers(this.slot("markers"), this.timeline);
    this.timeline.events.listeners.add(() => this.say(this.timeline.events.text()));
    laneMenu(this.slot("lane-menu"), this.timeline, this.signal);
  }

  texts() {
    const play = (start, end) => this.playSpan(start, end);
    cards.feedback(this.slot("feedback"), this.review, play);
    this.slot("glance").hidden = !cards.glance(this.slot("glance"), this.review.scores);
    cards.scores(this.slot("scores"), this.review.scores);
    const all = cards.momentsOf(this.review.lanes);
    this.slot("moment-count").textContent = `(${all.length})`;
    const fill = () => cards.moments(this.slot("moments"), all, play);
    if (all.length <= MANY) fill();
    else this.root.querySelector(".moments").addEventListener("toggle", fill, { once: true });
  }

  reveal() {
    this.root.querySelector(".state").remove();
    for (const part of this.root.querySelectorAll(":scope > [hidden]:not(.notices)")) part.hidden = false;
    this.root.removeAttribute("aria-busy");
    this.timeline.draw();
    this.show(0);
    this.followAddress();
    window.addEventListener("hashchange", () => this.followAddress(), { signal: this.signal });
  }

  /** Goes to the moment that the address names, and plays it where that has an end and the browser lets it. */
  followAddress() {
    const [start, end] = (location.hash.match(/^#t=([\d.]+)(?:,([\d.]+))?$/) ?? []).slice(1).map(Number);
    if (end) {
      this.timeline.mark("span", start, end);
      this.playback.playSpan(start, end);
    } else if (start !== undefined) {
      this.playback.seek(start);
    }
  }

  controls() {
    const { playback, timeline, signal } = this;
    const click = (name, action) => this.slot(name)?.addEventListener("click", action);
    click("play", () => playback.toggle());
    click("frame-back", () => playback.step(-1));
    click("frame-on", () => playback.step(1));
    click("event-back", () => this.beside(-1));
    click("event-on", () => this.beside(1));
    click("closer", () => timeline.zoom(1 / 1.6));
    click("further", () => timeline.zoom(1.6));
    click("whole", () => timeline.whole());
    click("fullscreen", () => this.fullscreen());
    click("help", () => this.help());
    click("sound", ({ currentTarget: button }) => {
      playback.clock.muted = !playback.clock.muted;
      button.setAttribute("aria-pressed", String(playback.clock.muted));
    });
    for (const video of this.root.querySelectorAll("video")) video.addEventListener("click", () => playback.toggle());
    this.slot("speed").addEventListener("change", ({ target }) => {
      this.usual = undefined;
      this.speed(target.value);
    });
    const keys = keysOf(this);
    explain(this.slot("help-list"), keys);
    listen(this.root, keys, signal);
  }

  /** Playing, paused, going back: shown on the button, and as text where it isn't the ordinary. */
  state() {
    const { playback } = this;
    const play = this.slot("play");
    play.classList.toggle("playing", playback.moving);
    play.setAttribute("aria-label", playback.moving ? "Pause" : "Play");
    this.slot("pace").textContent = playback.backwards ? `◀ ${playback.backwards}×` : "";
    if (!playback.clock.paused || this.usual === undefined) return;
    this.speed(this.usual);
    this.usual = undefined;
  }

  speed(value) {
    this.slot("speed").value = value;
    this.playback.clock.playbackRate = Number(value);
  }

  /** A frame is shown, or `asked` for. */
  show(time, asked = false) {
    if (asked) this.overlay?.expect(time);
    this.second?.follow();
    this.timeline?.show(time, !this.timeline.pointing.doing);
    this.slot("now").textContent = clock(time, true);
  }

  move(direction, second) {
    const { playback } = this;
    if (second) playback.seek((playback.wanted ?? playback.clock.currentTime) + direction);
    else playback.step(direction);
  }

  /** Plays; when it plays already, at the next higher speed, until it pauses. */
  faster() {
    const { playback } = this;
    if (playback.clock.paused) return playback.play();
    const { options, selectedIndex, value } = this.slot("speed");
    this.usual ??= value;
    this.speed(options[Math.min(selectedIndex + 1, options.length - 1)].value);
  }

  /** Chooses the next event (1) or the one before (-1) and shows its first frame. */
  beside(direction) {
    const { events } = this.timeline;
    const event = events.beside(this.playback.time, direction, (at) => this.playback.frameAt(at));
    if (!event) return this.say(direction > 0 ? "There is no later event." : "There is no earlier event.");
    this.playback.stop();
    this.choose(event);
    this.playback.seek(event.block.start);
  }

  choose(event) {
    this.timeline.events.select(event);
    this.timeline.mark("span", event?.block.start, event?.block.end);
  }

  playEvent(event) {
    this.choose(event);
    this.playback.playSpan(event.block.start, event.block.end);
  }

  playChosen() {
    const { selected } = this.timeline.events;
    if (selected) this.playEvent(selected);
  }

  playSpan(start, end) {
    this.timeline.mark("span", start, end);
    this.playback.playSpan(start, end);
    bring(this.root.querySelector(".stage"));
  }

  /** Marks a span, in whichever order its ends come; none without times. */
  mark(start, end) {
    this.marked = start === undefined ? undefined : [Math.min(start, end), Math.max(start, end)];
    this.timeline.mark("marked", ...(this.marked ?? []));
  }

  /** The span begins or ends at the shown frame; an end that doesn't fit is left out. */
  bound(which) {
    const { time, duration } = this.playback;
    const [start, end] = this.marked ?? [0, duration];
    if (which === "start") this.mark(time, end > time ? end : duration);
    else this.mark(start < time ? start : 0, time);
    this.say(`Marked: ${this.marked.map((at) => clock(at, true)).join(" to ")}`);
  }

  clear() {
    this.choose(null);
    this.mark();
    this.say("");
  }

  say(text) {
    this.slot("chosen").textContent = text;
  }

  fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.root.querySelector(".stage").requestFullscreen();
  }

  help() {
    this.slot("help-dialog").showModal();
  }

  /** What notes and corrections may use of the page. */
  get api() {
    const { playback, timeline, markers } = this;
    return {
      url: this.url,
      review: this.review,
      signal: this.signal,
      time: () => playback.time,
      pause: () => playback.stop(),
      seek: (time) => playback.seek(time),
      playSpan: (start, end) => this.playSpan(start, end),
      selectedEvent: () => timeline.events.plain(),
      onSelect: (listener) => timeline.events.listeners.add(listener),
      setMarkers: (all) => markers.set(all),
      onMarker: (listener) => markers.listeners.add(listener),
      setCorrections: (all) => timeline.setCorrections(all),
      span: () => this.marked ?? null,
      unmark: () => {
        this.mark();
        this.say(timeline.events.text());
      },
    };
  }

  /** What people add, beside and under the timeline. */
  people() {
    new Notes(this.slot("notes"), this.api);
    new Corrections(this.slot("corrections"), this.api);
  }

  close() {
    this.ending.abort();
    this.timeline?.close();
    this.playback?.stop();
    this.second?.video.pause();
  }
}
