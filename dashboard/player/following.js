// What becomes of a job, until it ends.

import { clock, make } from "./format.js";
import { JobCard } from "./job_card.js";
import { ask } from "./transfer.js";

const LOOK_MS = 700;
const ACTIVE = ["queued", "running"];
const ENDS = { done: "has been analysed", failed: "could not be analysed", cancelled: "was cancelled" };

export class Following {
  /** `node` shows the job of this id. */
  constructor(id) {
    this.id = id;
    this.card = new JobCard([make("a", { text: "Go to the sessions", href: "/", target: "_self" })]);
    this.node = this.card.node;
    this.card.show({ title: "It is being analysed", words: "", over: false });
    this.#look();
  }

  stop() {
    this.stopped = true;
  }

  async #look() {
    while (!this.stopped) {
      const answer = await ask("GET", "/api/jobs").catch(() => null);
      if (this.stopped) return;
      const job = answer?.jobs.find((one) => one.id === this.id);
      if (job) this.#show(job);
      else this.card.say(answer ? "It is no longer on the list of analyses." : "The server doesn't answer. It goes on by itself.");
      if (answer && !ACTIVE.includes(job?.state)) return;
      await new Promise((wake) => setTimeout(wake, LOOK_MS));
    }
  }

  #show({ title, state, progress, left_s: left, reason, session }) {
    const percent = Math.round(100 * (progress ?? 0));
    const rest = left == null ? "" : `, about ${clock(left)} left`;
    const words = {
      queued: "It waits for its turn. It goes on when you leave this page.",
      running: `${progress == null ? "It has begun" : `${percent} %${rest}`}. It goes on when you leave this page.`,
      done: "Its timeline, scores and feedback are ready.",
      failed: reason,
      cancelled: "Nothing was kept of it.",
    }[state];
    this.card.show({
      title: `“${title}” ${ENDS[state] ?? "is being analysed"}`,
      words,
      // Somebody who listens wants tenths, not every percent.
      heard: state === "running" ? `${10 * Math.floor(percent / 10)} % analysed` : words,
      progress,
      over: !ACTIVE.includes(state),
      bad: state === "failed",
      session,
    });
  }
}
