// Two recordings on one control: both play, stop, step and seek together, each from its own start.
//
// `shared` is the common time: 0 where both are at their start. A recording shows its start plus `shared`.

import { clock } from "./format.js";
import { listen } from "./keys.js";
import { Side } from "./twin_side.js";

const open = new WeakMap(); // root -> Twin; Streamlit mounts again whenever it runs the page
const LETTERS = ["A", "B"];

/** Shows `data.sides`, two of {url, name}. Returns what takes it down again. */
export function mount({ parentElement, data }) {
  const root = parentElement.querySelector(".twin");
  if (open.has(root)) open.get(root).draw(); // the theme may have changed
  else open.set(root, new Twin(root, data.sides));
  return () => setTimeout(() => root.isConnected || open.get(root)?.close());
}

class Twin {
  constructor(root, sides) {
    Object.assign(this, { root, shared: 0, rate: 1, playing: false, alone: null, sides: [] });
    this.slot = (name) => root.querySelector(`[data-slot=${name}]`);
    this.ending = new AbortController();
    this.signal = this.ending.signal;
    this.load(sides).catch((problem) => this.fail(problem.message));
  }

  async load(sides) {
    const reviews = await Promise.all(sides.map(({ url }, i) => review(url, LETTERS[i])));
    this.sides = reviews.map((one, i) => new Side(LETTERS[i], one, sides[i].name, this.signal));
    this.slot("sides").append(...this.sides.map(({ root }) => root));
    this.sides.forEach((side) => this.listen(side));
    this.controls();
    this.root.querySelector(".state").remove();
    this.slot("sides").parentElement.hidden = false;
    this.root.removeAttribute("aria-busy");
    const resized = new ResizeObserver(() => this.draw());
    resized.observe(this.root);
    this.signal.addEventListener("abort", () => resized.disconnect());
    this.hear(0);
    this.show();
    await Promise.allSettled(this.sides.map((side) => side.frames()));
    this.show();
    this.slot("sides").removeAttribute("aria-busy");
  }

  fail(sentence) {
    const state = this.root.querySelector(".state");
    if (!state) throw new Error(sentence); // both are shown: a defect, not a session that can't be
    state.textContent = sentence;
    state.classList.add("problem");
    state.setAttribute("role", "alert");
    this.root.removeAttribute("aria-busy");
  }

  listen(side) {
    const { signal } = this;
    side.video?.addEventListener("click", () => this.toggle(), { signal });
    for (const name of ["loadedmetadata", "seeked"]) side.video?.addEventListener(name, () => this.playing || this.show(), { signal });
    side.alone.addEventListener("click", () => this.only(side), { signal });
    side.input.addEventListener("change", () => this.begin(side, Number(side.input.value)), { signal });
    const point = (event) => this.seek(side, side.timeAt(event));
    side.strip.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      side.strip.setPointerCapture(event.pointerId);
      point(event);
    }, { signal });
    side.strip.addEventListener("pointermove", (event) => event.buttons & 1 && side.strip.hasPointerCapture(event.pointerId) && point(event), { signal });
  }

  controls() {
    const { signal } = this;
    const click = (name, action) => this.slot(name).addEventListener("click", action, { signal });
    click("play", () => this.toggle());
    click("begin", () => this.move(0));
    click("back", () => this.step(-1));
    click("on", () => this.step(1));
    this.slot("speed").addEventListener("change", ({ target }) => (this.rate = Number(target.value)), { signal });
    this.slot("sound").addEventListener("change", ({ target }) => this.hear(target.value === "" ? -1 : Number(target.value)), { signal });
    const keys = [
      [[" "], "", "", () => this.toggle()],
      [["k"], "", "", () => this.stop()],
      [["ArrowLeft"], "", "", ({ shiftKey }) => this.step(-1, shiftKey)],
      [["ArrowRight"], "", "", ({ shiftKey }) => this.step(1, shiftKey)],
      [["Home"], "", "", () => this.move(0)],
      [["a"], "", "", () => this.only(this.sides[0])],
      [["b"], "", "", () => this.only(this.sides[1])],
      [["Escape"], "", "", () => this.alone && this.only(this.alone)],
    ];
    listen(this.root, keys, signal);
  }

  /** What a recording's time is now. */
  timeOf(side) {
    return side.start + this.shared;
  }

  get ends() {
    return [Math.min(...this.sides.map(({ start }) => -start)), Math.max(...this.sides.map(({ start, duration }) => duration - start))];
  }

  /** Goes to a common time, with both. */
  move(shared) {
    const [from, to] = this.ends;
    this.shared = Math.min(Math.max(shared, from), to);
    this.show();
  }

  /** Shows a moment of one recording: the other comes along, or stays where it is. */
  seek(side, time) {
    if (this.alone !== side) return this.move(time - side.start);
    side.start = Math.min(Math.max(time, 0), side.duration) - this.shared;
    const before = Math.min(0, side.start); // nothing starts before its first picture: both starts move on
    for (const one of this.sides) one.start -= before;
    this.shared += before;
    this.show();
  }

  /** Says where a recording starts; anything that isn't a time in it leaves it as it was. */
  begin(side, start) {
    if (Number.isFinite(start)) side.start = Math.min(Math.max(start, 0), side.duration);
    this.move(this.shared);
  }

  /** To the next picture of either recording, or by a second. */
  step(direction, second = false) {
    this.stop();
    const moved = this.alone ? [this.alone] : this.sides;
    const by = moved.map((side) => {
      const time = this.timeOf(side);
      return (second ? time + direction : side.beside(time, direction)) - time;
    });
    const possible = by.filter((length) => length * direction > 0);
    if (!possible.length) return;
    const length = direction * Math.min(...possible.map(Math.abs));
    this.seek(moved[0], this.timeOf(moved[0]) + length);
  }

  /** From now on one recording moves without the other, or again both. */
  only(side) {
    this.stop();
    this.alone = this.alone === side ? null : side;
    for (const one of this.sides) {
      one.alone.setAttribute("aria-pressed", String(one === this.alone));
      one.root.classList.toggle("alone", one === this.alone);
    }
    const [other] = this.sides.filter((one) => one !== side);
    const text = this.alone ? `Only ${side.letter} moves now, ${other.letter} stays: find the moment that belongs beside it.` : "Both move together.";
    this.slot("said").textContent = text;
  }

  hear(number) {
    this.sides.forEach(({ video }, i) => video && (video.muted = i !== number));
  }

  toggle() {
    if (this.playing) this.stop();
    else this.play();
  }

  play() {
    if (this.alone) this.only(this.alone);
    if (this.shared >= this.ends[1]) this.shared = 0;
    this.playing = true;
    this.since = undefined;
    this.state();
    requestAnimationFrame((now) => this.tick(now));
  }

  stop() {
    this.playing = false;
    this.state();
    this.show();
  }

  /** The common clock goes on while every picture that belongs to it is there. */
  tick(now) {
    if (!this.playing || this.signal.aborted) return;
    const passed = this.since === undefined ? 0 : (now - this.since) / 1000;
    this.since = now;
    if (this.sides.every(({ ready }) => ready)) this.shared += passed * this.rate;
    if (this.shared >= this.ends[1]) {
      this.shared = this.ends[1];
      return this.stop();
    }
    this.show();
    requestAnimationFrame((next) => this.tick(next));
  }

  show() {
    for (const side of this.sides) side.follow(this.timeOf(side), this.playing, this.rate);
    this.slot("now").textContent = clock(Math.abs(this.shared), true);
    this.slot("from").textContent = this.shared < 0 ? "before the start" : "from the start";
  }

  state() {
    this.slot("play").classList.toggle("playing", this.playing);
    this.slot("play").setAttribute("aria-label", this.playing ? "Pause both" : "Play both");
  }

  draw() {
    for (const side of this.sides) side.draw();
  }

  close() {
    this.ending.abort();
    this.playing = false;
    for (const { video } of this.sides) video?.pause();
  }
}

async function review(url, letter) {
  const answer = await fetch(`${url}/review`);
  const found = await answer.json();
  if (!answer.ok) throw new Error(`${letter}: ${found.error}`);
  return found;
}
