// One of two recordings side by side: its video, the strip of what was seen, its clock.

import { clock, last, make } from "./format.js";

const ROUNDING_S = 1e-3; // the frames' times come as 32-bit numbers
const TOLERANCE_S = 0.08; // more than this beside the common clock is corrected ...
const NEAR_S = 0.02; // ... until it is this near
const JUMP_S = 0.5; // more than this at once, less by playing a little faster or slower
const NUDGE = 0.25;
const HELD_S = 0.1; // the last picture stands a little longer
const LABEL_PX = 16;
const ROW_PX = 7;
const GAP_PX = 2;

export class Side {
  /**
   * @param {string} letter A or B
   * @param {object} review what the session's address /review answers
   * @param {string} name title and date
   * @param {AbortSignal} signal ends the listening
   */
  constructor(letter, review, name, signal) {
    Object.assign(this, { letter, review, signal, start: 0, duration: review.duration_s });
    this.camera = review.cameras.find(({ staff }) => staff) ?? review.cameras[0];
    this.lanes = review.lanes.filter(({ person, empty, blocks }) => !empty && (person === "staff" || (person === "dyad" && blocks.length)));
    this.root = make("figure", { cls: "side", "aria-label": `Recording ${letter}` });
    const caption = make("figcaption", { cls: "name" }, [make("span", { cls: "letter", text: letter }), make("span", { text: name })]);
    this.root.append(caption, this.#screen(), this.#strip(), this.#line());
  }

  #screen() {
    const screen = make("div", { cls: "screen" });
    this.cover = make("p", { cls: "cover" });
    this.cover.hidden = true;
    if (!this.camera?.video) {
      screen.classList.add("empty");
      screen.append(make("p", { cls: "empty-screen", text: `${this.letter} was kept without its video. Its clock and moments go on.` }));
      return screen;
    }
    this.video = make("video", { playsinline: "", preload: "auto", tabindex: "-1", disablepictureinpicture: "" });
    this.video.setAttribute("aria-label", `Recording ${this.letter}`);
    this.video.src = this.camera.video;
    this.video.addEventListener("error", () => this.#hide(`The video of ${this.letter} can't be played here.`), { signal: this.signal });
    screen.append(this.video, this.cover);
    return screen;
  }

  #strip() {
    this.strip = make("div", { cls: "strip", role: "slider", tabindex: "0", "aria-valuemin": "0" }, [make("canvas", { "aria-hidden": "true" })]);
    this.strip.setAttribute("aria-label", `Time in ${this.letter}`);
    this.strip.setAttribute("aria-valuemax", this.duration.toFixed(1));
    let top = 0;
    for (const lane of this.lanes) {
      lane.top = top;
      const label = make("div", { cls: "label" }, [make("b", { text: lane.name })]);
      label.style.top = `${top}px`;
      this.strip.append(label);
      top += LABEL_PX + lane.kinds.length * (ROW_PX + GAP_PX) + 3;
    }
    this.flag = make("div", { cls: "flag", title: "Start" });
    this.head = make("div", { cls: "playhead" });
    this.strip.append(this.flag, this.head);
    this.strip.style.height = `${Math.max(top, 24)}px`;
    return this.strip;
  }

  #line() {
    this.now = make("b", { text: "0:00.0" });
    const time = make("span", { cls: "time" }, [this.now, ` / ${clock(this.duration)}`]);
    this.alone = make("button", { type: "button", "aria-pressed": "false", text: `Move ${this.letter} alone` });
    this.input = make("input", { type: "number", min: "0", step: "0.1", max: this.duration.toFixed(1), value: "0" });
    const label = make("label", {}, [`${this.letter} starts at `, this.input, " s"]);
    return make("div", { cls: "line" }, [time, this.alone, label]);
  }

  /** The frames' own times, so that steps go from picture to picture. */
  async frames() {
    const person = this.review.signals.staff ? "staff" : this.review.frames_of;
    const { url, columns } = this.review.signals[person] ?? {};
    const answer = url && (await fetch(url, { signal: this.signal }));
    if (!answer?.ok) return;
    const numbers = new Float32Array(await answer.arrayBuffer());
    const rows = numbers.length / columns.length;
    const at = columns.indexOf("time_s") * rows;
    this.times = numbers.subarray(at, at + rows);
  }

  /** The time of the picture after (1) or before (-1) the one shown at a time; NaN where there is none. */
  beside(time, direction) {
    if (!this.times?.length) return time + direction / this.review.fps;
    return this.times[last(this.times, time + ROUNDING_S) + direction] ?? NaN;
  }

  /** Shows a moment of the session: as a picture, or playing at a rate. */
  follow(time, running, rate) {
    this.#tell(time);
    if (!this.video || this.video.error) return;
    if (time < 0) this.#hide(`${this.letter} begins in ${(-time).toFixed(1)} s.`);
    else if (time > this.duration + HELD_S) this.#hide(`${this.letter} has ended.`);
    else this.#show(time, running, rate);
  }

  #tell(time) {
    const inside = Math.min(Math.max(time, 0), this.duration);
    this.now.textContent = clock(inside, true);
    this.head.style.left = `calc(${(100 * inside) / this.duration}% - 1px)`;
    this.flag.style.left = `${(100 * Math.min(this.start, this.duration)) / this.duration}%`;
    this.strip.setAttribute("aria-valuenow", inside.toFixed(1));
    this.strip.setAttribute("aria-valuetext", `${clock(inside, true)} of ${clock(this.duration)}`);
    if (this.input.getRootNode().activeElement !== this.input) this.input.value = String(Number(this.start.toFixed(2)));
  }

  #show(time, running, rate) {
    const { video } = this;
    const wanted = time - this.camera.offset_s;
    if (wanted < 0 || wanted > (video.duration || Infinity) + HELD_S) return this.#hide(`No picture of ${this.letter} at this time.`);
    this.cover.hidden = true;
    if (!running) {
      video.pause();
      const still = Math.min(this.#middle(time) - this.camera.offset_s, video.duration || Infinity);
      if (Math.abs(video.currentTime - still) > ROUNDING_S && !video.seeking) video.currentTime = still;
      return;
    }
    if (video.paused) video.play().catch(() => {}); // a pause was quicker
    const apart = video.currentTime - wanted;
    if (Math.abs(apart) > JUMP_S && !video.seeking) video.currentTime = wanted;
    this.nudging = Math.abs(apart) > (this.nudging ? NEAR_S : TOLERANCE_S);
    const speed = rate * (this.nudging ? 1 - Math.sign(apart) * NUDGE : 1);
    if (video.playbackRate !== speed) video.playbackRate = speed;
  }

  /** The middle of the picture that is shown at a time: no rounding shows its neighbour. */
  #middle(time) {
    if (!this.times?.length) return time;
    const at = Math.max(last(this.times, time + ROUNDING_S), 0);
    const next = this.times[at + 1] ?? this.times[at] + 1 / this.review.fps;
    return (this.times[at] + next) / 2;
  }

  #hide(sentence) {
    this.cover.textContent = sentence;
    this.cover.hidden = false;
    this.video.pause();
  }

  /** Whether its picture can go on: there is none to wait for, or it is there. */
  get ready() {
    return !this.video || this.video.error || !this.cover.hidden || (this.video.readyState > 2 && !this.video.seeking);
  }

  /** Draws what was seen, in the place's own size and colours. */
  draw() {
    const canvas = this.strip.querySelector("canvas");
    const scale = devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.strip;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    const style = getComputedStyle(this.strip);
    const [ground, ink] = ["--lane", "--muted"].map((name) => resolved(this.strip, style.getPropertyValue(name)));
    for (const lane of this.lanes) this.#lane(pen, lane, width, ground, ink);
  }

  #lane(pen, lane, width, ground, ink) {
    const x = (time) => (width * time) / this.duration;
    const top = lane.top + LABEL_PX;
    const height = lane.kinds.length * (ROW_PX + GAP_PX) - GAP_PX;
    pen.fillStyle = ground;
    pen.fillRect(0, top, width, height);
    pen.strokeStyle = ink;
    for (const { start, end } of lane.gaps) hatch(pen, x(start), top, x(end) - x(start), height);
    const kinds = Object.fromEntries(lane.kinds.map((kind) => [kind.kind, kind]));
    for (const { kind, start, end } of lane.blocks) {
      pen.fillStyle = kinds[kind].colour;
      pen.fillRect(x(start), top + kinds[kind].row * (ROW_PX + GAP_PX), Math.max(x(end) - x(start), 1.5), ROW_PX);
    }
  }

  /** The time of the picture under a pointer. */
  timeAt({ clientX }) {
    const { left, width } = this.strip.getBoundingClientRect();
    const time = (this.duration * Math.min(Math.max(clientX - left, 0), width)) / width;
    return this.times?.length ? this.times[Math.max(last(this.times, time), 0)] : time;
  }
}

/** A custom property's colour as the canvas understands it: light-dark() is only resolved on an element. */
function resolved(element, colour) {
  const probe = make("i");
  probe.style.color = colour;
  element.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function hatch(pen, left, top, width, height) {
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  pen.beginPath();
  for (let x = left - height; x < left + width; x += 5) {
    pen.moveTo(x, top + height);
    pen.lineTo(x + height, top);
  }
  pen.stroke();
  pen.restore();
}
