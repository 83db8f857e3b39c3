// What becomes of a recording after its end: how far it is measured, and the way to its session.

import { make, write } from "./format.js";
import { ask } from "./transfer.js";

const LOOK_MS = 300;

export class Finishing {
  /** `node` shows the recording with this id. */
  constructor(id, title) {
    Object.assign(this, { id, name: title ? `“${title}”` : "The recording" });
    this.title = make("h2", { text: `${this.name} is being finished` });
    this.state = make("p", { text: "What is left of it is being measured. It goes on when you leave this page." });
    this.heard = make("p", { cls: "hushed", "aria-live": "polite" });
    this.bar = make("progress", { max: "1", "aria-label": "Progress of the analysis" });
    this.review = make("a", { cls: "main", text: "Open the review", target: "_self" });
    this.review.hidden = true;
    this.node = make("section", { cls: "job", tabindex: "-1", "aria-label": "Analysis" }, [this.title, this.state, this.heard, this.bar, make("p", { cls: "after" }, [this.review])]);
    this.ended = this.#look();
  }

  stop() {
    this.stopped = true;
  }

  async #look() {
    while (!this.stopped) {
      const state = await ask("GET", `/api/record/${this.id}`).catch((problem) => (problem.status === 404 ? { state: "gone" } : null));
      if (this.stopped) return;
      if (!state) this.#say("The server doesn't answer. What was recorded is kept.");
      else if (this.#show(state)) return;
      await new Promise((wake) => setTimeout(wake, LOOK_MS));
    }
  }

  /** Whether that was the end of it. */
  #show({ state, progress, session, reason }) {
    const over = ["done", "failed", "gone"].includes(state);
    if (progress == null) this.bar.removeAttribute("value");
    else this.bar.value = progress;
    this.bar.hidden = over;
    if (!over) return false;
    const words = {
      done: [`${this.name} has been analysed`, "Its timeline, scores and feedback are ready."],
      failed: [`${this.name} could not be analysed`, `${reason ?? ""} What was recorded is kept and is offered above.`],
      gone: ["It is no longer under way", "Look for it among the sessions, or among the recordings that were cut short."],
    }[state];
    write(this.title, words[0]);
    this.#say(words[1]);
    this.node.classList.toggle("bad", state !== "done");
    this.review.hidden = !session;
    if (session) this.review.href = `/review?session=${encodeURIComponent(session)}`;
    return true;
  }

  #say(words) {
    write(this.state, words);
    write(this.heard, words);
  }
}
