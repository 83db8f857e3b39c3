// Recordings that were cut short: finish them, or throw them away. That is for the person to say.

import { Following } from "./following.js";
import { clock, make } from "./format.js";
import { ask, bytes, why } from "./transfer.js";

const LOOK_MS = 8000;

export class CutShort {
  /** `node` shows the list, `jobs` what comes of those that are finished. */
  constructor(node, jobs) {
    Object.assign(this, { node, jobs, followed: [] });
    this.look();
    this.looking = setInterval(() => document.hidden || this.look(), LOOK_MS);
  }

  stop() {
    clearInterval(this.looking);
    for (const one of this.followed) one.stop();
  }

  async look() {
    const found = (await ask("GET", "/api/record/cut-short").catch(() => null))?.cut_short;
    const keys = found?.map((one) => one.key).join();
    if (!found || keys === this.keys) return; // a button that somebody is at stays where it is
    this.keys = keys;
    this.node.hidden = !found.length;
    const said = make("h2", { text: found.length === 1 ? "A recording was cut short" : `${found.length} recordings were cut short` });
    const hint = make("p", { cls: "hint", text: "What had arrived by then is kept. Finish it, and it becomes a session." });
    this.wrong = make("p", { cls: "wrong", role: "alert" });
    this.node.replaceChildren(said, hint, make("ul", {}, found.map((one) => this.#item(one))), this.wrong);
  }

  #item(one) {
    const length = one.seconds == null ? bytes(one.size) : clock(one.seconds);
    const when = one.started ? new Date(one.started).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : "";
    const name = one.title || "Without a title";
    const text = [name, one.person, when, length].filter(Boolean).join(" · ");
    const button = (label, cls, act) => {
      const node = make("button", { type: "button", cls, text: label, "aria-label": `${label}: ${name}` });
      node.addEventListener("click", () => this.#do(act));
      return node;
    };
    const address = `/api/record/cut-short/${one.key}`;
    const item = make("li", {}, [make("span", { text })]);
    const sure = button("Yes, discard it", "", () => ask("DELETE", address));
    const discard = button("Discard", "", () => {
      discard.replaceWith(sure);
      sure.focus();
      return "asked";
    });
    item.append(button("Finish", "main", async () => this.#follow((await ask("POST", address, {})).job)), discard);
    return item;
  }

  async #do(act) {
    try {
      if ((await act()) !== "asked") await this.look();
    } catch (problem) {
      this.wrong.textContent = why(problem);
    }
  }

  #follow(job) {
    const one = new Following(job);
    this.followed.push(one);
    this.jobs.prepend(one.node);
    one.node.focus();
  }
}
