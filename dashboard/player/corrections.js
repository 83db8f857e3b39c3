// Corrections: what the machine got wrong and what it missed, kept beside its events, and how far both agree.

import { newId } from "./drafts.js";
import { bring, by, chip, clock, make } from "./format.js";
import { button, keepLooking } from "./note_parts.js";
import { ask, Refused } from "./transfer.js";

const HINT = "Choose an event on the timeline to mark it as wrong, or add one that is missing.";
const HONEST = "Events that nobody marked count as right: these figures hold as far as somebody looked. Corrections change no score.";

export class Corrections {
  /**
   * @param {HTMLElement} slot
   * @param {object} api what the review page offers (review.js)
   */
  constructor(slot, api) {
    Object.assign(this, { slot, api, corrections: [], agreement: [], kinds: [], ids: new Map() });
    this.chosen = make("p", { cls: "hint" });
    this.wrong = button("× Mark as wrong", () => this.#mark(), "", { "aria-label": "Mark as wrong: the chosen event" });
    this.add = button("+ Add a missing event", () => this.#open(), "", { "aria-expanded": "false", disabled: "" }); // until it is known of what
    this.state = make("p", { cls: "note-state", role: "status" });
    this.count = make("summary");
    this.list = make("ol", { cls: "correction-list" });
    this.figures = make("ul", { cls: "agreement" });
    this.all = make("details", { cls: "all" }, [this.count, this.list]);
    this.all.hidden = true;
    this.#form();
    slot.append(make("div", { cls: "choose" }, [this.wrong, this.add, this.chosen]), this.form, this.state, this.figures, this.all);
    api.onSelect(() => this.#choose());
    this.#choose();
    this.#look();
    keepLooking(() => this.#look(), api.signal);
  }

  #form() {
    const field = (label, node) => make("label", {}, [make("span", { text: label }), node]);
    this.kind = make("select");
    [this.from, this.to] = [0, 1].map(() => make("input", { type: "text", size: "8", autocomplete: "off", placeholder: "0:00.0" }));
    this.text = make("input", { type: "text", maxlength: "500", autocomplete: "off" });
    this.form = make("form", { cls: "missing", "aria-label": "A missing event" }, [
      field("What", this.kind),
      field("From", this.from),
      field("To", this.to),
      button("Take the marked span", () => this.#take(true), "small"),
      field("Remark (optional)", this.text),
      make("p", { cls: "send" }, [make("button", { type: "submit", cls: "main", text: "Add" }), button("Cancel", () => this.#close())]),
    ]);
    this.form.hidden = true;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#addMissing();
    });
    this.form.addEventListener("keydown", (event) => event.key === "Escape" && this.#close());
  }

  #open() {
    if (!this.form.hidden) return this.#close();
    this.form.hidden = false;
    this.add.setAttribute("aria-expanded", "true");
    this.api.pause();
    if (!this.#take(false)) this.from.value = clock(this.api.time(), true);
    this.kind.focus({ preventScroll: true });
    bring(this.form, "center");
  }

  #close() {
    for (const input of [this.from, this.to, this.text]) input.value = "";
    this.form.hidden = true;
    this.add.setAttribute("aria-expanded", "false");
    this.#say("");
    this.add.focus();
  }

  #say(text, how = "") {
    this.state.textContent = text;
    this.state.className = `note-state ${how}`;
  }

  /** Fills in the marked span; whether there is one. */
  #take(asked) {
    const span = this.api.span();
    if (span) [this.from.value, this.to.value] = span.map((time) => clock(time).replace(/\d\d$/, (time % 60).toFixed(2).padStart(5, "0")));
    else if (asked) this.#say("No span is marked: drag with Shift on the timeline, or press I and O.", "problem");
    return Boolean(span);
  }

  #choose() {
    const event = this.api.selectedEvent();
    const said = event && this.corrections.find((one) => one.verdict === "wrong" && this.#same(one, event));
    this.wrong.disabled = !event || Boolean(said);
    const text = event ? `${this.#label(event)}, ${clock(event.start, true)}–${clock(event.end, true)}` : HINT;
    this.chosen.replaceChildren(said ? `${text}: marked as wrong${by(said.author)}. ` : text);
    if (said) this.chosen.append(button("Take back", () => this.#withdraw(said), "link"));
  }

  #same(one, event) {
    return one.person === event.person && one.kind === event.kind && Math.abs(one.start_s - event.start) < 1e-6 && Math.abs(one.end_s - event.end) < 1e-6;
  }

  #label({ person, kind }) {
    const known = this.kinds.find((one) => one.person === person && one.kind === kind);
    return known ? words(known) : kind;
  }

  #mark() {
    const event = this.api.selectedEvent();
    if (event) this.#send({ verdict: "wrong", person: event.person, kind: event.kind, start_s: event.start, end_s: event.end, text: "" }, "Marked as wrong.");
  }

  async #addMissing() {
    const { duration_s: duration } = this.api.review;
    const [start, until] = [this.from, this.to].map(({ value }) => secondsOf(value));
    const end = until <= duration + 0.01 ? Math.min(until, duration) : NaN; // the field has hundredths
    const ok = end > start;
    for (const input of [this.from, this.to]) input.setAttribute("aria-invalid", String(!ok));
    if (!ok) {
      this.#say(`Say from when to when, as 0:12.5, the end after the start and not after ${clock(duration, true)}.`, "problem");
      return this.from.focus();
    }
    const { person, kind } = this.kinds[Number(this.kind.value)];
    const sent = await this.#send({ verdict: "missing", person, kind, start_s: start, end_s: end, text: this.text.value }, "Added.");
    if (!sent) return;
    this.#close();
    this.#say("Added.");
  }

  /** Stores a correction; the same one sent again has the same id, so that it is stored once. */
  async #send(correction, done) {
    const key = JSON.stringify(correction);
    if (!this.ids.has(key)) this.ids.set(key, newId());
    const stored = await this.#change(() => ask("POST", `${this.api.url}/corrections`, { id: this.ids.get(key), ...correction }), done);
    if (stored) this.ids.delete(key);
    return stored;
  }

  #withdraw({ id }) {
    return this.#change(() => ask("DELETE", `${this.api.url}/corrections/${id}`), "Taken back.");
  }

  async #change(question, done) {
    try {
      await question();
    } catch (problem) {
      this.#say(`Nothing was stored: ${problem instanceof Refused ? problem.message : "the server doesn't answer. Try again in a moment."}`, "problem");
      return false;
    }
    await this.#look();
    this.#say(done);
    return true;
  }

  async #look() {
    try {
      const answer = await ask("GET", `${this.api.url}/corrections`);
      const now = JSON.stringify(answer);
      if (now === this.shown) return;
      this.shown = now;
      Object.assign(this, answer);
      this.#draw();
    } catch (problem) {
      if (problem instanceof Refused) this.#say(`The corrections can't be shown: ${problem.message}`, "problem");
      else if (!this.shown) this.#say("The server doesn't answer: corrections appear when it does.", "problem");
    }
  }

  #draw() {
    this.add.disabled = false;
    if (!this.kind.options.length) this.kind.append(...this.kinds.map((one, i) => make("option", { value: String(i), text: words(one) })));
    this.all.hidden = !this.corrections.length;
    this.count.textContent = `Corrections (${this.corrections.length})`;
    this.list.replaceChildren(...this.corrections.map((one) => this.#row(one)));
    const figures = this.agreement.map((one) => make("li", {}, [make("b", { text: words(one) }), ` ${one.words}`, make("span", { cls: "hint", text: more(one) })]));
    if (figures.length) figures.push(make("li", { cls: "hint", text: HONEST }));
    this.figures.replaceChildren(...figures);
    const counted = this.corrections.filter((one) => one.found === (one.verdict === "wrong"));
    this.api.setCorrections(counted.map((one) => ({ verdict: one.verdict, person: one.person, kind: one.kind, start: one.start_s, end: one.end_s })));
    this.#choose();
  }

  #row(one) {
    const [sign, word] = one.verdict === "wrong" ? ["×", "Wrong"] : ["+", "Missing"];
    const now = one.verdict === "wrong" ? "no longer there" : "found by now";
    const stale = one.found !== (one.verdict === "wrong");
    return make("li", {}, [
      make("span", { cls: "what" }, [make("span", { text: sign, "aria-hidden": "true" }), ` ${word}: ${words(one)}`]),
      chip(one.start_s, one.end_s, (start, end) => this.api.playSpan(start, end)),
      ...(stale ? [make("span", { cls: "stale", text: now })] : []),
      ...(one.text ? [make("span", { cls: "note-text", text: one.text })] : []),
      make("span", { cls: "who" }, [`${by(one.author)} `.trimStart(), button("Take back", () => this.#withdraw(one), "link")]),
    ]);
  }
}

/** A kind of event and whose it is. */
function words({ kind_label: kind, person_label: person }) {
  return `${kind} · ${person.toLowerCase()}`;
}

function more({ precision, recall }) {
  const two = (share) => share.toFixed(2).replace(/^0/, "");
  const parts = [precision === null ? "" : `precision ${two(precision)}`, recall === null ? "" : `recall ${two(recall)}`];
  return ` (${parts.filter(Boolean).join(", ")})`;
}

/** Seconds of a time as people type it: 12.5, 0:12.5, 1:02:03; NaN where it is none. */
function secondsOf(text) {
  const parts = text.trim().replace(",", ".").split(":");
  if (parts.length > 3 || !parts.every((part) => /^\d+(\.\d+)?$/.test(part.trim()))) return NaN;
  return parts.reduce((sum, part) => 60 * sum + Number(part), 0);
}
