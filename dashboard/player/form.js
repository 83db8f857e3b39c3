// What the forms for a recording share: their fields, who agreed, and what is wrong with one of them.

import { make, write } from "./format.js";
import { why } from "./transfer.js";

/** What nobody may leave out: who is recorded has agreed. */
const NEEDED = {
  by: "Say who agreed to being recorded.",
  at: "Say on which day they agreed.",
  purpose: "Say what the recording may be used for.",
};

export class Form {
  /** `names` holds, by the id of a list, what it proposes. */
  constructor(root, names) {
    this.root = root;
    for (const [id, values] of Object.entries(names)) {
      root.querySelector(`#${id}`).append(...values.map((value) => make("option", { value })));
    }
    const today = new Date();
    this.field("at").value = new Date(today - today.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
  }

  field(name) {
    return this.root.querySelector(`[data-field="${name}"]`);
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  text(name) {
    return this.field(name).value.trim();
  }

  get consent() {
    return { by: this.text("by"), at: this.text("at"), purpose: this.text("purpose") };
  }

  /** The fields without which nothing can be recorded or analysed that are empty, each with a sentence. */
  missing() {
    return Object.fromEntries(Object.entries(NEEDED).filter(([name]) => !this.text(name)));
  }

  /** Says what is wrong beside a field; nothing without a sentence. */
  wrong(name, sentence) {
    const node = this.#place(name);
    if (!node) return;
    write(node, sentence);
    const field = this.field(name);
    if (sentence) field?.setAttribute("aria-invalid", "true");
    else field?.removeAttribute("aria-invalid");
  }

  /** Says what is wrong beside these fields and nothing beside all others, and leads to the first; whether none is. */
  complain(found) {
    for (const { dataset } of this.root.querySelectorAll("[data-wrong]")) this.wrong(dataset.wrong, found[dataset.wrong] ?? "");
    const [first] = Object.keys(found);
    if (first) this.goTo(first);
    return !first;
  }

  /** Says why the server refused, beside the field that it is about: a sentence begins with its name. */
  refused(problem) {
    const sentence = why(problem);
    const [word] = sentence.split(/[^a-z_]/, 1);
    const name = this.field(word) && this.#place(word) ? word : "form";
    this.wrong(name, sentence);
    if (name !== "form") this.goTo(name);
  }

  /** Leads to a field, also to one that is folded away. */
  goTo(name) {
    const field = this.field(name);
    const folded = field.closest("details");
    if (folded) folded.open = true;
    field.focus();
  }

  #place(name) {
    return this.root.querySelector(`[data-wrong="${name}"]`);
  }
}
