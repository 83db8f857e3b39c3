// Notes to oneself: kept with the take, each at the moment at which its writing began.

import { newId } from "./drafts.js";
import { clock, write } from "./format.js";
import { ask, Refused } from "./transfer.js";

const UNKEPT = "The note was not kept: the server doesn't answer. Try again.";

export class Jotting {
  /** `form` has the fields; `take()` gives the {id, time} of the take that is recorded. */
  constructor(form, take) {
    Object.assign(this, { form, take });
  }

  /** Somebody writes: what they write is about this moment, if they didn't begin before. */
  begun() {
    this.at ??= this.take().time;
  }

  clear() {
    this.form.field("jot").value = "";
    this.at = undefined;
    write(this.form.slot("jotted"), "");
    this.form.wrong("jot", "");
  }

  /** Keeps what is written; whether none is left to keep. */
  async keep() {
    const text = this.form.text("jot");
    const { id, time } = this.take();
    if (!text || !id) return true;
    const at = this.at ?? time;
    if (!(await this.remember(text, at, this.form.field("kind").value, "jot"))) return false;
    this.clear();
    write(this.form.slot("jotted"), `Kept at ${clock(at)}.`);
    return true;
  }

  /** Has the server keep a note; whether it did, which is said at `field` where not. */
  async remember(text, at, kind, field) {
    if (!text) return true;
    const id = newId();
    try {
      await ask("POST", `/api/record/${this.take().id}/notes`, { id, text, time_s: at, kind });
      return true;
    } catch (problem) {
      this.form.wrong(field, problem instanceof Refused ? problem.message : UNKEPT);
      return false;
    }
  }
}
