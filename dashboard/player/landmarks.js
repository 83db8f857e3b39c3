// The stored landmarks of one person, fetched in blocks of time as they are needed.

import { last } from "./format.js";

const SAME_FRAME_S = 0.02; // a video's times are off by no more than its clock's ticks
const KEPT = 8; // blocks in memory
const AHEAD_S = 5;
const AGAIN_MS = 3000;
const ARRAYS = { f8: Float64Array, f4: Float32Array, f2: Uint16Array };

/** A block as the server packs it (see dashboard/overlay.py): column name -> array; `f2` stay bits. */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const padded = (bytes) => Math.ceil(bytes / 8) * 8;
  let at = padded(8 + length);
  const columns = { rows: header.rows };
  for (const { name, type, width } of header.columns) {
    columns[name] = new ARRAYS[type](buffer, at, header.rows * width);
    at += padded(columns[name].byteLength);
  }
  return columns;
}

/** The number that 16 bits stand for. */
export function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -24 * fraction;
}

export class Landmarks {
  /**
   * @param {string} url of the person's blocks
   * @param {number} seconds a block's length
   * @param {number} duration
   * @param {() => void} arrived called when a block has come
   */
  constructor(url, seconds, duration, arrived) {
    Object.assign(this, { url, seconds, arrived });
    this.lastBlock = Math.floor(duration / seconds);
    this.blocks = new Map(); // number -> columns, or null where there is nothing; the latest used come last
    this.coming = new Map(); // number -> AbortController
  }

  /** What was measured in the frame shown at a time (seconds of the session); undefined where nothing is known. */
  at(time) {
    const before = this.#number(time - SAME_FRAME_S);
    const after = this.#number(time + SAME_FRAME_S);
    let best;
    for (let number = before; number <= after; number++) {
      const block = this.#use(number);
      if (!block?.rows) continue;
      for (let row = last(block.time_s, time), end = row + 1; row <= end; row++) {
        const apart = Math.abs(block.time_s[row] - time); // NaN beside the ends
        if (apart <= SAME_FRAME_S && !(best?.apart <= apart)) best = { apart, block, row };
      }
    }
    this.expect(time + AHEAD_S, false);
    return best && read(best.block, best.row);
  }

  /** When the frame begins that is due at a time; -Infinity where nothing is known. */
  frame(time) {
    const block = this.blocks.get(this.#number(time));
    return block?.time_s[last(block.time_s, time)] ?? -Infinity;
  }

  /** Fetches what a time needs; `only`: what was on its way for other times is not waited for. */
  expect(time, only = true) {
    const number = this.#number(time);
    if (only) {
      for (const [other, { abort }] of this.coming) if (Math.abs(other - number) > 1) abort();
    }
    this.#fetch(number);
  }

  #number(time) {
    return Math.min(Math.max(Math.floor(time / this.seconds), 0), this.lastBlock);
  }

  #use(number) {
    const block = this.blocks.get(number);
    if (block === undefined) return void this.#fetch(number);
    this.blocks.delete(number);
    this.blocks.set(number, block);
    return block;
  }

  async #fetch(number) {
    if (this.blocks.has(number) || this.coming.has(number)) return;
    const aborter = new AbortController();
    this.coming.set(number, { abort: () => aborter.abort() });
    try {
      const answer = await fetch(`${this.url}?block=${number}`, { signal: aborter.signal });
      this.#keep(number, answer.ok ? unpack(await answer.arrayBuffer()) : null);
    } catch (problem) {
      if (problem.name !== "AbortError") this.#later(number);
    }
    this.coming.delete(number);
    this.arrived();
  }

  /** The server is away: asked again, but not again and again. */
  #later(number) {
    this.#keep(number, null);
    setTimeout(() => {
      if (this.blocks.get(number) === null) this.blocks.delete(number);
      this.arrived();
    }, AGAIN_MS);
  }

  #keep(number, block) {
    this.blocks.set(number, block);
    for (const oldest of this.blocks.keys()) {
      if (this.blocks.size <= KEPT) break;
      this.blocks.delete(oldest);
    }
  }
}

/** One row: face and body points in source pixels' origin and shares, and the line of sight in degrees. */
function read(block, row) {
  const part = (name, width) => block[name].subarray(row * width, (row + 1) * width);
  const halves = (name) => Float32Array.from(part(name, block[name].length / block.rows), half);
  const [x, y, height] = part("origin_px", 3);
  const [yaw, pitch] = part("gaze_deg", 2);
  return { time: block.time_s[row], x, y, height, face: halves("face"), pose: halves("pose"), yaw, pitch };
}
