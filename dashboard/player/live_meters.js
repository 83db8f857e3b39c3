// What is measured of a recording under way, in words.

import { clock, write } from "./format.js";

const LOOK = "Look at where your client's eyes are.";
const UNSEEN = "can't be seen";
const LATE_S = 3;

export class LiveMeters {
  constructor(root) {
    this.slot = (name) => root.querySelector(`[data-slot=${name}]`);
    this.wanted = root.querySelector("[data-field=cue]");
  }

  /** Shows what the server says of it; null: nothing is known yet. */
  show(live) {
    const contact = live?.eye_contact;
    this.#put("contact", live && (contact == null ? UNSEEN : contact ? "yes" : "no"));
    this.#put("share", live && (live.share == null ? UNSEEN : `${Math.round(100 * live.share)} %`));
    this.#put("posture", live && (live.posture ?? UNSEEN));
    this.#put("nods", live && String(live.nods));
    const late = live && live.behind_s > LATE_S ? `The measures are ${clock(live.behind_s)} behind; the recording loses nothing.` : "";
    write(this.slot("behind"), live ? late : "The measures begin in a moment.");
    this.cue = this.wanted.checked ? live?.cue : null;
    this.say(false);
  }

  /** Shows the cue, or while the client's place is being shown where to look. */
  say(showing) {
    const words = showing ? LOOK : this.cue;
    this.slot("cue").hidden = !words;
    write(this.slot("cue"), words ?? "");
  }

  #put(name, text) {
    const node = this.slot(name);
    write(node, text || "–");
    node.classList.toggle("unseen", text === UNSEEN);
  }
}
