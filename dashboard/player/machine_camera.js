// A camera of the machine that runs the dashboard: the server's process records, this shows what it sees.

import { ask } from "./transfer.js";

const READY_MS = 15000; // until the first picture has to be there

export class MachineCamera {
  /** `canvas` shows the picture; `tell` is called with {level}, {advice}, {problem}. */
  constructor(canvas, tell) {
    Object.assign(this, { canvas, tell, time: 0 });
  }

  /** Looks through the camera. Throws an Error with a sentence where it can't be. */
  async open({ camera, sound }) {
    await this.close();
    const opening = (this.opening = {});
    const { id } = await ask("POST", "/api/record/look", { camera, sound });
    if (this.opening !== opening) return void ask("DELETE", `/api/record/${id}`).catch(() => {});
    this.id = id;
    this.ending = new AbortController();
    await this.#first(id);
    this.#show(id);
  }

  /** Waits for the first picture, or for the reason why there is none. */
  async #first(id) {
    const until = performance.now() + READY_MS;
    while (this.id === id) {
      const state = await ask("GET", `/api/record/${id}`);
      if (state.state === "failed") throw new Error(state.reason);
      if (await this.#picture(id, 0)) return;
      if (performance.now() > until) throw new Error("The camera sends no picture: unplug it, plug it in again, and try once more.");
    }
  }

  /** Draws the newest picture once it is later than number `after`; its number, 0 where there was none. */
  async #picture(id, after) {
    const answer = await fetch(`/api/record/${id}/picture?after=${after}`);
    if (answer.status !== 200) {
      if (answer.status >= 400) await new Promise((wake) => setTimeout(wake, 500));
      return 0;
    }
    const picture = await createImageBitmap(await answer.blob());
    const { canvas } = this;
    if (this.id === id) {
      if (canvas.width !== picture.width || canvas.height !== picture.height) Object.assign(canvas, { width: picture.width, height: picture.height });
      canvas.getContext("2d").drawImage(picture, 0, 0);
    }
    picture.close();
    return Number(answer.headers.get("x-picture"));
  }

  async #show(id) {
    let number = 0;
    while (this.id === id && !this.halted) {
      try {
        number = (await this.#picture(id, number)) || number;
      } catch {
        await new Promise((wake) => setTimeout(wake, 1000)); // the server is away
      }
    }
  }

  /** Tells the server that a recording begins; its id. */
  async begin(fields) {
    const { longest_s: longest } = await ask("POST", "/api/record", { ...fields, looking: this.id });
    this.longest = longest;
    return this.id;
  }

  async start() {
    this.time = 0;
    this.halted = false;
    await ask("POST", `/api/record/${this.id}/resume`, {});
  }

  elapsed() {
    return this.time;
  }

  /** What the server said of the recording. */
  heard(state) {
    this.time = state.elapsed_s ?? this.time;
  }

  pause() {
    return ask("POST", `/api/record/${this.id}/pause`, {});
  }

  resume() {
    return ask("POST", `/api/record/${this.id}/resume`, {});
  }

  async stop() {
    this.halted = true;
    return ask("POST", `/api/record/${this.id}/end`, {});
  }

  async halt() {
    this.halted = true;
  }

  /** Forgets the recording; the camera is off then. */
  discard() {
    return this.close();
  }

  /** Turns the camera off; a recording that ended is left to become a session. */
  async close() {
    this.opening = undefined;
    const { id, halted } = this;
    this.ending?.abort();
    this.id = undefined;
    this.halted = false;
    if (id && !halted) await ask("DELETE", `/api/record/${id}`).catch(() => {});
  }
}
