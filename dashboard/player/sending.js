// A recording's way to the server while it is recorded: pieces in order, each kept until the server has it.

import { Refused } from "./transfer.js";

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 4000;
const MOST_BYTES = 4 * 2 ** 20; // at once, after the server was away

export class Sending {
  /**
   * @param {string} id of the recording
   * @param {(state: {waiting: number, away: boolean, problem?: string}) => void} tell waiting: bytes that the
   *   server doesn't have yet; problem: why nothing more can be sent
   * @param {AbortSignal} signal what waits is forgotten
   */
  constructor(id, tell, signal) {
    Object.assign(this, { address: `/api/record/${id}`, tell, signal, pieces: [], sent: 0, total: 0 });
    signal.addEventListener("abort", () => this.wake?.());
  }

  /** Sends a piece after all others. */
  add(piece) {
    if (!piece.size || this.failed) return;
    this.pieces.push(piece);
    this.total += piece.size;
    this.running ??= this.#run().finally(() => (this.running = undefined));
  }

  /** Once the server has everything; throws where it can't. */
  async all() {
    while (this.running) await this.running;
    if (this.failed) throw this.failed;
    return this.total;
  }

  async #run() {
    let wait = FIRST_WAIT_MS;
    while (this.pieces.length && !this.signal.aborted) {
      try {
        await this.#step();
        wait = FIRST_WAIT_MS;
        this.#say(false);
      } catch (problem) {
        if (this.signal.aborted) return;
        if (problem instanceof Refused) {
          this.failed = problem;
          this.tell({ waiting: this.total - this.sent, away: false, problem: problem.message });
          return;
        }
        this.#say(true);
        await new Promise((wake) => setTimeout((this.wake = wake), wait));
        wait = Math.min(2 * wait, LONGEST_WAIT_MS);
      }
    }
  }

  async #step() {
    const block = new Blob(this.#first());
    const answer = await fetch(`${this.address}?offset=${this.sent}`, { method: "PUT", body: block, signal: this.signal });
    const body = await answer.json().catch(() => ({}));
    if (answer.ok || answer.status === 409) return this.#has(body.received);
    if (answer.status >= 500 && answer.status !== 507) throw new TypeError("the server has a problem");
    throw new Refused(body.error ?? "The server did not accept the recording.");
  }

  #first() {
    const found = [];
    let size = 0;
    for (const piece of this.pieces) {
      if (found.length && size + piece.size > MOST_BYTES) break;
      found.push(piece);
      size += piece.size;
    }
    return found;
  }

  /** The server has so many bytes: they needn't be kept any more. */
  #has(received) {
    if (!(received >= this.sent && received <= this.total)) {
      throw new Refused("The server has lost a piece of the recording; what it has is kept there.");
    }
    let more = received - this.sent;
    this.sent = received;
    while (more > 0) {
      const [piece] = this.pieces;
      if (piece.size <= more) this.pieces.shift();
      else this.pieces[0] = piece.slice(more);
      more -= Math.min(more, piece.size);
    }
  }

  #say(away) {
    this.tell({ waiting: this.total - this.sent, away });
  }
}
