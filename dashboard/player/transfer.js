// One file's way to the server, piece by piece: it goes on where it was cut off, whatever cut it off.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

/** An answer that trying again won't change. */
export class Refused extends Error {}

/** What to say where nobody answers. */
export const SILENT = "The server doesn't answer. Try again in a moment.";

/** What to say of a request that failed. */
export function why(problem) {
  return problem instanceof Refused ? problem.message : SILENT;
}

/**
 * JSON from the server; `Refused` with its sentence where it says no, a TypeError where nobody answers.
 * @param {AbortSignal} [signal] once it is given, nobody wants to know any more
 */
export async function ask(method, address, value, signal) {
  const options = { method, signal };
  if (value !== undefined) {
    options.headers = { "content-type": "application/json" };
    options.body = JSON.stringify(value);
  }
  const answer = await fetch(address, options);
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  if (answer.status >= 500) throw new TypeError("the server has a problem");
  const refused = new Refused(body.error ?? "The server did not accept it.");
  throw Object.assign(refused, { status: answer.status, body });
}

/** As `ask`, again and again until the server answers. */
export async function insist(method, address, value) {
  for (let wait = 300; ; wait = Math.min(2 * wait, 4000)) {
    try {
      return await ask(method, address, value);
    } catch (problem) {
      if (problem instanceof Refused) throw problem;
      await new Promise((wake) => setTimeout(wake, wait));
    }
  }
}

export class Transfer {
  /**
   * @param {File} file
   * @param {(state: object) => void} tell called with {sent, size, speed, from, state, problem}; state: going,
   *   paused, waiting (the server doesn't answer), done, failed; from: what had arrived at an earlier time
   */
  constructor(file, tell) {
    Object.assign(this, { file, tell, sent: 0, paused: false, stopped: false, id: null });
    this.done = this.#run();
    this.done.catch(() => {});
  }

  pause(paused) {
    this.paused = paused;
    if (paused) this.request?.abort();
    else this.wake?.();
    this.began = { at: performance.now(), from: this.sent };
    this.#say(paused ? "paused" : "going");
  }

  /** Ends it; what has arrived stays, and the same file goes on from there another time. */
  stop() {
    this.stopped = true;
    this.request?.abort();
    this.wake?.();
  }

  /** Ends it and has the server forget what arrived. */
  async cancel() {
    this.stop();
    if (this.id) await ask("DELETE", `/api/uploads/${this.id}`).catch(() => {});
  }

  /** Id of the upload once all of it has arrived. */
  async #run() {
    let wait = FIRST_WAIT_MS;
    while (!this.stopped) {
      try {
        if (this.paused) await new Promise((wake) => (this.wake = wake));
        else if (await this.#step()) return this.id;
        wait = FIRST_WAIT_MS;
      } catch (problem) {
        if (this.stopped || this.paused) continue;
        if (problem instanceof Refused && problem.status === 404) this.id = null; // it was removed: begin anew
        else if (problem instanceof Refused) {
          this.#say("failed", problem.message);
          throw problem;
        }
        if (!(await this.#readable())) {
          this.#say("failed", `“${this.file.name}” can't be read any more: choose it again.`);
          throw new Refused("The recording can't be read any more: choose it again.");
        }
        this.#say("waiting");
        await new Promise((wake) => setTimeout((this.wake = wake), wait));
        wait = Math.min(2 * wait, LONGEST_WAIT_MS);
        if (this.id) this.sent = (await ask("GET", `/api/uploads/${this.id}`).catch(() => this)).received ?? this.sent;
      }
    }
    throw new Refused("The upload was stopped: choose the recording again.");
  }

  /** Whether the file is still what was chosen: a browser refuses one that was changed or is gone. */
  async #readable() {
    return this.file.slice(this.sent, this.sent + 1).arrayBuffer().then(() => true, () => false);
  }

  /** Begins, or sends one piece; whether all has arrived. */
  async #step() {
    const { name, size, lastModified } = this.file;
    if (!this.id) {
      const begun = await ask("POST", "/api/uploads", { name, size, modified: lastModified });
      Object.assign(this, { id: begun.id, sent: begun.received, chunk: begun.chunk_bytes });
      this.from = this.sent;
      this.began = { at: performance.now(), from: this.sent };
    }
    if (this.sent < size) await this.#piece();
    const whole = this.sent >= size;
    this.#say(whole ? "done" : "going");
    return whole;
  }

  async #piece() {
    const piece = this.file.slice(this.sent, this.sent + this.chunk);
    this.request = new AbortController();
    const address = `/api/uploads/${this.id}?offset=${this.sent}`;
    const answer = await fetch(address, { method: "PUT", body: piece, signal: this.request.signal });
    const body = await answer.json().catch(() => ({}));
    if (answer.ok || answer.status === 409) this.sent = body.received ?? this.sent;
    else if (answer.status >= 500) throw new TypeError("the server has a problem");
    else throw Object.assign(new Refused(body.error ?? "The server did not accept the file."), { status: answer.status });
  }

  #say(state, problem = "") {
    const { sent, file, began, from } = this;
    const seconds = began ? (performance.now() - began.at) / 1000 : 0;
    const speed = seconds > 0.5 ? (sent - began.from) / seconds : null;
    this.tell({ state, sent, size: file.size, speed, from, problem });
  }
}

/** Bytes for people to read. */
export function bytes(count) {
  if (count < 1e6) return `${Math.max(1, Math.round(count / 1e3))} kB`;
  return count < 1e9 ? `${(count / 1e6).toFixed(1)} MB` : `${(count / 1e9).toFixed(2)} GB`;
}
