// What becomes of a recording after its end, until there is a session.

import { JobCard } from "./job_card.js";
import { ask } from "./transfer.js";

const LOOK_MS = 300;
const OVER = ["done", "failed", "gone"];

export class Finishing {
  /** `node` shows the recording with this id. */
  constructor(id, title) {
    Object.assign(this, { id, name: title ? `“${title}”` : "The recording" });
    this.card = new JobCard();
    this.node = this.card.node;
    this.#show({});
    this.ended = this.#look();
  }

  stop() {
    this.stopped = true;
  }

  async #look() {
    while (!this.stopped) {
      const state = await ask("GET", `/api/record/${this.id}`).catch((problem) => (problem.status === 404 ? { state: "gone" } : null));
      if (this.stopped) return;
      if (!state) this.card.say("The server doesn't answer. What was recorded is kept.");
      else if (this.#show(state)) return;
      await new Promise((wake) => setTimeout(wake, LOOK_MS));
    }
  }

  /** Whether that was the end of it. */
  #show({ state, progress, session, reason }) {
    const over = OVER.includes(state);
    const [title, words] = {
      done: [`${this.name} has been analysed`, "Its timeline, scores and feedback are ready."],
      failed: [`${this.name} could not be analysed`, `${reason ?? ""} What was recorded is kept and is offered above.`],
      gone: ["It is no longer under way", "Look for it among the sessions, or among the recordings that were cut short."],
    }[state] ?? [`${this.name} is being finished`, "What is left of it is being measured. It goes on when you leave this page."];
    this.card.show({ title, words, progress, over, bad: over && state !== "done", session });
    return over;
  }
}
