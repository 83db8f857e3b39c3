// The second camera: its video follows the first one's clock.

import { clock as written, make } from "./format.js";

const TOLERANCE_S = 0.08; // more than this apart is corrected ...
const NEAR_S = 0.02; // ... until they are this close
const JUMP_S = 1; // more than this is corrected at once, less by playing a little faster or slower
const NUDGE = 0.25;
const HELD_S = 0.1; // a last picture stands a little longer: recordings of one length don't end to the millisecond

export class Second {
  /**
   * @param {HTMLElement} screen holds the first camera's figure
   * @param {object} first the first camera's {figure, video}: the clock to follow
   * @param {object[]} cameras the review's cameras: label, number, staff, video, offset_s, aspect
   * @param {AbortSignal} signal ends the listening
   */
  constructor(screen, first, cameras, signal) {
    this.first = first.video;
    this.camera = cameras[1];
    this.video = make("video", { playsinline: "", preload: "auto", tabindex: "-1", disablepictureinpicture: "" });
    this.video.setAttribute("aria-label", "The second camera's recording");
    this.video.muted = true; // the sound is the first camera's
    this.cover = make("p", { cls: "cover" });
    this.figure = make("figure", { cls: "camera" }, [this.video, make("canvas", { cls: "overlay", "aria-hidden": "true" }), this.cover]);
    this.#place(screen, [first.figure, this.figure], cameras);
    const follow = () => this.follow();
    for (const name of ["play", "playing", "pause", "waiting", "seeking", "seeked", "ratechange", "timeupdate", "ended"]) {
      this.first.addEventListener(name, follow, { signal });
    }
    for (const name of ["loadedmetadata", "seeked"]) this.video.addEventListener(name, follow, { signal });
    this.video.addEventListener("error", () => this.#hide("The second video can't be played here."), { signal });
    if (this.camera.video) this.video.src = this.camera.video;
    else this.#hide(`Camera ${this.camera.number}'s recording was not kept.`);
  }

  /** The camera as the overlay draws on it. */
  get screen() {
    return { figure: this.figure, video: this.video, camera: this.camera };
  }

  /** Puts both videos side by side at equal height, the staff member's first. */
  #place(screen, figures, cameras) {
    figures.forEach((figure, i) => {
      figure.append(make("figcaption", { text: cameras[i].label }));
      figure.style.flex = `${cameras[i].aspect} 1 0`;
      figure.style.setProperty("--aspect", cameras[i].aspect);
    });
    screen.classList.add("two");
    screen.prepend(...(cameras[1].staff && !cameras[0].staff ? figures.reverse() : figures));
  }

  /** Sets the second video to the first one's moment, and lets it play or rest with it. */
  follow() {
    const { first, video, camera } = this;
    if (!camera.video || video.error) return;
    const wanted = first.currentTime - camera.offset_s;
    const end = video.duration || Infinity;
    if (wanted < 0) this.#hide(`Camera ${camera.number} begins at ${written(camera.offset_s, true)}.`);
    else if (wanted >= end + HELD_S) this.#hide(`Camera ${camera.number}'s recording has ended.`);
    else this.#show(Math.min(wanted, end));
  }

  #show(wanted) {
    const { first, video } = this;
    this.cover.hidden = true;
    const apart = video.currentTime - wanted;
    const running = !first.paused && !first.ended && !first.seeking && first.readyState > 2;
    if (!running) {
      video.pause();
      if (Math.abs(apart) > 1e-3 && !video.seeking) video.currentTime = wanted;
      return;
    }
    if (video.paused) video.play().catch(() => {});
    if (Math.abs(apart) > JUMP_S && !video.seeking) video.currentTime = wanted;
    this.nudging = Math.abs(apart) > (this.nudging ? NEAR_S : TOLERANCE_S);
    const rate = first.playbackRate * (this.nudging ? 1 - Math.sign(apart) * NUDGE : 1);
    if (video.playbackRate !== rate) video.playbackRate = rate;
  }

  #hide(sentence) {
    this.cover.textContent = sentence;
    this.cover.hidden = false;
    this.video.pause();
  }
}
