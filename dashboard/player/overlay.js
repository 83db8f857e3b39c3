// What was measured, drawn over the pictures: for each shown frame the landmarks of that very frame.

import { Landmarks } from "./landmarks.js";
import { face, gaze, labels, labelsBelow, skeleton } from "./figures.js";
import { recall, remember } from "./settings.js";

export const LAYERS = { face: "Face", skeleton: "Skeleton", gaze: "Gaze", labels: "Labels" };

const DRAWN_MS = 24; // until what is drawn now is on the screen: between one and two refreshes (measured)
const AHEAD_S = 0.1; // nothing is foreseen further than this: the video may be stuck
const ROUNDING_S = 1e-3;

export class Overlay {
  /**
   * @param {object[]} screens for each camera: {figure, video, camera}
   * @param {object} review overlay, lanes, duration_s, cameras
   * @param {AbortSignal} signal ends the drawing
   */
  constructor(screens, review, signal) {
    const { overlay } = review;
    this.shown = { ...Object.fromEntries(Object.keys(LAYERS).map((name) => [name, true])), ...recall("layers", {}) };
    this.panes = screens.map(({ figure, video, camera }) => {
      const people = overlay.people
        .filter((one) => one.camera === camera.number)
        .map((one) => ({ ...one, lanes: review.lanes.filter(({ person }) => person === one.person) }))
        .sort((a, b) => a.across - b.across);
      const both = camera.number === 1 ? review.lanes.filter(({ person }) => person === "dyad") : [];
      return new Pane(figure, video, { overlay, people, both, offset: camera.offset_s, duration: review.duration_s }, this.shown, signal);
    });
  }

  /** Switches a layer on or off; says what it is now. */
  toggle(name) {
    this.shown[name] = !this.shown[name];
    remember("layers", this.shown);
    this.draw();
    return this.shown[name];
  }

  /** A seek to a time (seconds of the session) was asked for: what it needs is fetched meanwhile. */
  expect(time) {
    for (const pane of this.panes) for (const { landmarks } of pane.people) landmarks.expect(time);
  }

  draw() {
    for (const pane of this.panes) pane.draw();
  }
}

/** The canvas over one camera's video. */
class Pane {
  constructor(figure, video, { overlay, people, both, offset, duration }, shown, signal) {
    Object.assign(this, { figure, video, overlay, both, offset, shown });
    this.canvas = figure.querySelector(".overlay");
    this.pen = this.canvas.getContext("2d");
    this.people = people.map((one) => ({
      ...one,
      landmarks: new Landmarks(one.url, overlay.block_s, duration, () => this.draw()),
    }));
    const resized = new ResizeObserver(() => this.draw());
    for (const node of [figure, video]) resized.observe(node);
    signal.addEventListener("abort", () => resized.disconnect());
    this.#follow(signal);
  }

  #follow(signal) {
    const { video } = this;
    const shown = (time) => {
      this.time = time + this.offset; // of the frame that is shown, on the session's clock
      this.draw();
    };
    if (!video.requestVideoFrameCallback) {
      for (const name of ["seeked", "timeupdate", "loadeddata"]) {
        video.addEventListener(name, () => shown(video.currentTime), { signal });
      }
      return;
    }
    const turn = (_, { mediaTime, expectedDisplayTime }) => {
      if (signal.aborted) return;
      video.requestVideoFrameCallback(turn);
      this.known = { time: mediaTime, due: expectedDisplayTime };
      shown(mediaTime);
      this.#foresee();
    };
    video.requestVideoFrameCallback(turn);
    // what was foreseen doesn't come: back to what is on the screen
    for (const name of ["pause", "seeking", "waiting"]) {
      video.addEventListener(name, () => this.known && shown(this.known.time), { signal });
    }
  }

  /**
   * While it plays, a frame is told of when it is on the screen already, and what is drawn then comes a
   * refresh late. So the next frame's turn is foreseen from the time at which the last one was due.
   */
  #foresee() {
    if (this.foreseeing || this.video.paused) return;
    this.foreseeing = requestAnimationFrame((now) => {
      this.foreseeing = undefined;
      const { video, known } = this;
      if (video.paused || video.seeking) return;
      const passed = ((now + DRAWN_MS - known.due) / 1000) * video.playbackRate;
      const time = known.time + this.offset + Math.min(Math.max(passed, 0), AHEAD_S);
      const next = Math.max(...this.people.map(({ landmarks }) => landmarks.frame(time)));
      if (next > this.time + ROUNDING_S) {
        this.time = next;
        this.draw();
      }
      this.#foresee();
    });
  }

  draw() {
    const picture = this.#picture();
    const { pen } = this;
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (this.time === undefined || !picture.width) return;
    pen.setTransform(this.scale, 0, 0, this.scale, this.scale * picture.left, this.scale * picture.top);
    for (const person of this.people) {
      const found = person.landmarks.at(this.time);
      if (found) this.#person(picture, person, found);
    }
    if (this.shown.labels) this.#labels(picture);
    pen.setTransform(1, 0, 0, 1, 0, 0);
  }

  #person(picture, { size }, found) {
    const { pen, overlay, shown } = this;
    const across = picture.width / size[0];
    const down = picture.height / size[1];
    const thick = Math.max(1, picture.width / 900);
    pen.save();
    pen.beginPath();
    pen.rect(0, 0, picture.width, picture.height); // where a landmark lies beyond the picture, nothing was seen
    pen.clip();
    if (shown.skeleton) skeleton(pen, found.pose, picture, overlay, thick);
    if (shown.face) {
      const place = (i) => [
        (found.x + found.face[2 * i] * found.height) * across,
        (found.y + found.face[2 * i + 1] * found.height) * down,
      ];
      face(pen, place, found, overlay, thick);
    }
    pen.restore();
    if (shown.gaze) gaze(pen, [found.x * across, found.y * down], found, 2 * found.height * down, thick);
  }

  #labels(picture) {
    const { pen, overlay, figure } = this;
    const caption = figure.querySelector("figcaption");
    const top = caption ? Math.max(0, caption.offsetTop + caption.offsetHeight - picture.top) : 0;
    const words = (lanes) => lanes.flatMap((lane) => statesOf(lane, this.time, overlay.words));
    this.people.forEach((person, n) => {
      const said = [...(caption ? [] : [{ text: person.label }]), ...words(person.lanes)];
      labels(pen, said, picture, { top, right: n > 0, share: 1 / this.people.length });
    });
    labelsBelow(pen, words(this.both), picture);
  }

  /** Where the picture lies in the canvas (CSS pixels), which covers the video: as its object-fit has it. */
  #picture() {
    const { canvas, video } = this;
    const box = { width: video.clientWidth, height: video.clientHeight };
    this.scale = window.devicePixelRatio || 1;
    const size = [Math.round(box.width * this.scale), Math.round(box.height * this.scale)];
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    Object.assign(canvas.style, {
      left: `${video.offsetLeft}px`, top: `${video.offsetTop}px`, width: `${box.width}px`, height: `${box.height}px`,
    });
    const fit = Math.min(box.width / video.videoWidth, box.height / video.videoHeight) || 0;
    const [width, height] = [video.videoWidth * fit, video.videoHeight * fit];
    return { width, height, left: (box.width - width) / 2, top: (box.height - height) / 2 };
  }
}

/** What goes on in a lane at a time: words with their colours. */
function statesOf(lane, time, words) {
  if (lane.empty || lane.note) return [];
  const now = ({ start, end }) => start <= time && time < end;
  const gap = lane.gaps.find(now);
  if (gap) return [{ text: `${lane.name}: not measurable` }];
  return lane.blocks.filter(now).map(({ kind }) => {
    const { short, colour } = lane.kinds.find((one) => one.kind === kind);
    return { text: words[kind] ?? short, colour };
  });
}
