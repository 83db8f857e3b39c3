// How far an analysis is, until it ends, and the way to its session.

import { make, write } from "./format.js";

export class JobCard {
  /** `node` shows an analysis; `links` stand beside the way to its session. */
  constructor(links = []) {
    this.title = make("h2");
    this.state = make("p");
    this.heard = make("p", { cls: "hushed", "aria-live": "polite" });
    this.bar = make("progress", { max: "1", "aria-label": "Progress of the analysis" });
    this.review = make("a", { cls: "main", text: "Open the review", target: "_self" });
    this.review.hidden = true;
    const after = make("p", { cls: "after" }, [this.review, ...links]);
    this.node = make("section", { cls: "job", tabindex: "-1", "aria-label": "Analysis" }, [this.title, this.state, this.heard, this.bar, after]);
  }

  /** Shows how it is; `progress`: 0 to 1, null where nobody knows; `session`: its id once there is one. */
  show({ title, words, heard, progress, over, bad, session }) {
    write(this.title, title);
    this.say(words, heard);
    this.node.classList.toggle("bad", Boolean(bad));
    this.bar.hidden = over;
    if (progress == null) this.bar.removeAttribute("value");
    else this.bar.value = progress;
    this.review.hidden = !session;
    if (session) this.review.href = `/review?session=${encodeURIComponent(session)}`;
  }

  /** Says something of it; `heard` where somebody who listens should be told less often. */
  say(words, heard = words) {
    write(this.state, words);
    write(this.heard, heard);
  }
}
