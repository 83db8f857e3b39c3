// How far an analysis is, until it ends.

import { clock, make } from "./format.js";
import { ask } from "./transfer.js";

const LOOK_MS = 700;
const ACTIVE = ["queued", "running"];
const ENDS = { done: "has been analysed", failed: "could not be analysed", cancelled: "was cancelled" };

export class Following {
  /** `node` shows the job of this id. */
  constructor(id) {
    this.id = id;
    this.title = make("h2", { text: "It is being analysed" });
    this.state = make("p");
    this.heard = make("p", { cls: "hushed", "aria-live": "polite" });
    this.bar = make("progress", { max: "1", "aria-label": "Progress of the analysis" });
    this.review = make("a", { cls: "main", text: "Open the review", target: "_self" });
    this.review.hidden = true;
    const sessions = make("a", { text: "Go to the sessions", href: "/", target: "_self" });
    const links = make("p", { cls: "after" }, [this.review, sessions]);
    this.node = make("section", { cls: "job", tabindex: "-1", "aria-label": "Analysis" }, [this.title, this.state, this.heard, this.bar, links]);
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
      else this.#say(answer ? "It is no longer on the list of analyses." : "The server doesn't answer. It goes on by itself.");
      if (answer && !ACTIVE.includes(job?.state)) return;
      await new Promise((wake) => setTimeout(wake, LOOK_MS));
    }
  }

  #show(job) {
    const active = ACTIVE.includes(job.state);
    const percent = Math.round(100 * (job.progress ?? 0));
    const left = job.left_s == null ? "" : `, about ${clock(job.left_s)} left`;
    const words = {
      queued: "It waits for its turn. It goes on when you leave this page.",
      running: `${job.progress == null ? "It has begun" : `${percent} %${left}`}. It goes on when you leave this page.`,
      done: "Its timeline, scores and feedback are ready.",
      failed: job.reason,
      cancelled: "Nothing was kept of it.",
    };
    // Somebody who listens wants tenths, not every percent.
    this.#say(words[job.state], job.state === "running" ? `${10 * Math.floor(percent / 10)} % analysed` : words[job.state]);
    write(this.title, `“${job.title}” ${ENDS[job.state] ?? "is being analysed"}`);
    this.node.classList.toggle("bad", job.state === "failed");
    this.bar.hidden = !active;
    if (job.progress == null) this.bar.removeAttribute("value");
    else this.bar.value = job.progress;
    this.review.hidden = !job.session;
    if (job.session) this.review.href = `/review?session=${encodeURIComponent(job.session)}`;
  }

  #say(words, heard = words) {
    write(this.state, words);
    write(this.heard, heard);
  }
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
