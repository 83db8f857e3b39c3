// The form for a note, a reply or a change of one: keeps what is typed, and sends it until it is stored.

import { newId } from "./drafts.js";
import { clock, make } from "./format.js";
import { afterPress, button, confirmed, radios, SIGNS } from "./note_parts.js";
import { ask, Refused } from "./transfer.js";

const RETRY_MS = [1000, 2000, 4000];
const SETTLED_MS = 150; // until the frame that was being shown when the video paused has been told
const AWAY = "Not saved yet: the server doesn't answer. Your text is kept in this browser and sent again until it is stored.";

export class NoteForm {
  /**
   * @param {import("./notes.js").Notes} board whose form it is
   * @param {object} options draft (what was typed before), note (to change), parent (to reply to),
   *   saved(note), closed()
   */
  constructor(board, { draft, note, parent, saved, closed }) {
    Object.assign(this, { board, api: board.api, note, parent, saved, closed });
    this.#build();
    this.fill(draft ?? this.#fresh());
    this.#listen();
  }

  #fresh() {
    const from = this.note ?? { id: newId(), kind: this.parent?.kind ?? "keep", rubric: null, rating: null, text: "" };
    const { id, kind, rubric, rating, text, version } = from;
    const of = this.note ?? this.parent;
    return { id, parent: (this.note ?? {}).parent ?? this.parent?.id ?? null, kind, rubric, rating, text, version, span: of ? [of.start_s, of.end_s] : null };
  }

  get reply() {
    return Boolean(this.parent ?? this.note?.parent);
  }

  #build() {
    const { kinds, rubric } = this.board;
    const word = this.reply ? "Reply" : "Note";
    this.text = make("textarea", { rows: "2", maxlength: "5000", "aria-label": this.note ? `Text of the ${word.toLowerCase()}` : word, placeholder: this.reply ? "Reply" : "Write a note: the video pauses (N)" });
    this.when = make("b", { cls: "when" });
    this.take = button("Take the time shown now", () => this.#place(), "small");
    this.kinds = radios("Kind of note", kinds.map(({ id, label }) => [id, label, SIGNS[id]]));
    const items = [make("option", { value: "", text: "No particular behaviour" }), ...rubric.map(({ id, label }) => make("option", { value: id, text: label }))];
    this.item = make("select", { "aria-label": "Behaviour to rate" }, items);
    this.lookFor = make("p", { cls: "hint" });
    this.ratings = radios("Rating, from 1 (not yet) to 5 (fully)", [["", "none"], ...[1, 2, 3, 4, 5].map((n) => [String(n), String(n)])]);
    this.state = make("p", { cls: "note-state", role: "status" });
    this.save = make("button", { type: "submit", cls: "main", text: this.note ? "Save the change" : this.reply ? "Reply" : "Save" });
    this.cancel = button(this.closed ? "Cancel" : "Discard", () => this.discard());
    this.theirs = make("div", { cls: "theirs" });
    const rest = this.reply ? [] : [
      make("p", { cls: "at" }, ["At ", this.when, this.take]),
      this.kinds.node,
      make("div", { cls: "rate" }, [this.item, this.lookFor, this.ratings.node]),
    ];
    const keys = make("span", { cls: "hint", text: "Ctrl+Enter saves" });
    const more = make("div", { cls: "more" }, [...rest, make("p", { cls: "send" }, [this.save, this.cancel, keys])]);
    // focusable, so that a click on a label inside doesn't take the focus out of the form
    this.node = make("form", { cls: "note-form", tabindex: "-1", "aria-label": this.note ? `Change the ${word.toLowerCase()}` : `New ${word.toLowerCase()}` }, [this.text, this.state, this.theirs, more]);
  }

  /** Shows a draft; one whose sending was cut off is sent. */
  fill(draft) {
    this.draft = draft;
    this.text.value = draft.text;
    this.kinds.value = draft.kind;
    const known = [...this.item.options].some(({ value }) => value === draft.rubric);
    if (draft.rubric && !known) this.item.append(make("option", { value: draft.rubric, text: draft.rubric }));
    this.item.value = draft.rubric ?? "";
    this.ratings.value = String(draft.rating ?? "");
    this.theirs.replaceChildren();
    this.#show();
    if (draft.pending) this.submit();
  }

  #listen() {
    this.text.addEventListener("pointerdown", () => this.begin());
    this.text.addEventListener("input", () => {
      this.api.pause();
      this.begin();
    });
    this.node.addEventListener("input", () => this.#changed());
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.submit();
      else if (event.key === "Escape" && this.closed) this.discard();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.node.addEventListener("focusin", () => this.#show());
    this.node.addEventListener("focusout", () => afterPress(() => this.#rest()));
    this.api.signal.addEventListener("abort", () => {
      this.draft.pending = false; // the page goes; whoever opens it next finds the draft and sends it
      this.wake?.();
    });
  }

  /** Folds up when nothing was written; the next note begins where the video is then. */
  #rest() {
    if (this.draft.text || this.note || this.reply || this.node.matches(":focus-within")) return;
    this.draft.span = null;
    this.next();
    this.#show();
  }

  /** Takes up what was typed before and waits, where nothing is being written here. */
  next() {
    if (!this.draft.text && !this.draft.span && this.board.waiting.length) this.fill(this.board.waiting.shift());
  }

  /** Typing begins: the video rests, and the note belongs to the frame that is shown, or to the marked span. */
  begin() {
    if (this.draft.span) return;
    this.api.pause();
    this.#place();
    const { draft } = this;
    const [start, end] = draft.span;
    if (start !== end) return;
    const settle = () => draft === this.draft && !draft.pending && draft.span?.[0] === start && this.#place();
    setTimeout(settle, SETTLED_MS);
  }

  #place() {
    const time = Math.min(this.api.time(), this.api.review.duration_s);
    this.draft.span = this.api.span() ?? [time, time];
    this.#changed();
  }

  #changed() {
    const { draft } = this;
    draft.text = this.text.value;
    draft.kind = this.kinds.value;
    draft.rubric = this.item.value || null;
    draft.rating = draft.rubric ? Number(this.ratings.value) || null : null;
    if (draft.text.trim()) this.board.drafts.keep(draft);
    else this.board.drafts.drop(draft.id);
    this.#show();
  }

  #show() {
    const { text, span } = this.draft;
    const [start, end] = span ?? [];
    this.when.textContent = !span ? "the frame shown when you type" : start === end ? clock(start, true) : `${clock(start, true)}–${clock(end, true)}`;
    const chosen = this.board.rubric.find(({ id }) => id === this.item.value);
    this.ratings.node.hidden = !this.item.value;
    this.lookFor.textContent = chosen?.look_for ?? "";
    this.lookFor.hidden = !chosen;
    this.cancel.hidden = !this.closed && !text;
    this.node.classList.toggle("idle", !this.closed && !text && !this.node.matches(":focus-within"));
  }

  #say(text, how = "") {
    this.state.textContent = text;
    this.state.className = `note-state ${how}`;
  }

  get #values() {
    const { kind, rubric, rating, text, span } = this.draft;
    return { kind, rubric, rating, text, start_s: span[0], end_s: span[1] };
  }

  /** Sends what is written, again and again while nobody answers. */
  async submit() {
    if (this.sending) return this.wake?.();
    if (!this.text.value.trim()) {
      this.#say("Write something first.", "problem");
      return this.text.focus();
    }
    if (!this.draft.span) this.#place();
    this.draft.pending = this.sending = true;
    this.board.drafts.keep(this.draft);
    this.#say("Saving …");
    try {
      for (let tries = 0; this.draft.pending; tries++) await this.#try(tries);
    } finally {
      this.sending = false;
    }
  }

  async #try(tries) {
    try {
      await this.#send();
    } catch (problem) {
      if (!(problem instanceof TypeError)) throw problem; // a defect, not a server that is away
      this.#say(AWAY, "problem");
      const wait = RETRY_MS[Math.min(tries, RETRY_MS.length - 1)];
      await new Promise((wake) => setTimeout((this.wake = wake), wait));
    }
  }

  async #send() {
    const { draft } = this;
    const values = this.#values;
    try {
      const stored = draft.version
        ? await ask("PUT", `${this.api.url}/notes/${draft.id}`, { ...values, version: draft.version })
        : await ask("POST", `${this.api.url}/notes`, { ...values, id: draft.id, parent: draft.parent });
      draft.version = stored.version;
      if (JSON.stringify(values) === JSON.stringify(this.#values)) this.#stored(stored);
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      if (problem.status === 409) return this.#conflict(problem);
      draft.pending = false;
      this.board.drafts.keep(draft);
      this.#say(`Not saved: ${problem.message}`, "problem");
    }
  }

  #stored(note) {
    this.draft.pending = false;
    this.board.drafts.drop(this.draft.id);
    if (!this.closed) this.fill(this.board.waiting.shift() ?? this.#fresh());
    this.#say("Saved.");
    this.saved(note);
  }

  /** Somebody else changed or deleted it meanwhile: what is written here stays, and its writer decides. */
  #conflict({ message, body: { note } }) {
    const { draft } = this;
    if (!draft.version && note.version === 1 && !note.deleted) {
      draft.version = 1; // it is ours: it was stored, its answer got lost, and more was typed since
      return;
    }
    draft.pending = false;
    if (note.deleted) {
      this.board.drafts.drop(draft.id);
      Object.assign(draft, { id: newId(), version: undefined });
      this.#say(`${message} What you wrote is kept: saving makes a new note of it.`, "problem");
    } else {
      draft.version = note.version; // what is saved next takes its place, before everybody's eyes
      this.#say(`${message} Both texts are here: choose which one stays.`, "problem");
      this.theirs.replaceChildren(
        make("p", { cls: "hint", text: "As it is now:" }),
        make("p", { cls: "note-text", text: note.text }),
        make("p", { cls: "send" }, [
          button("Put mine in its place", () => this.submit(), "small"),
          button("Keep theirs", () => this.discard(), "small"),
        ]),
      );
    }
    this.board.drafts.keep(draft);
  }

  /** Leaves it; asks first where something was written. */
  async discard() {
    const written = this.text.value.trim() && this.text.value !== (this.note?.text ?? "");
    if (written && !(await confirmed(this.board.slot, "Discard what you wrote?", this.text.value, "Discard", "Keep writing"))) {
      return this.text.focus();
    }
    this.draft.pending = false;
    this.wake?.();
    this.board.drafts.drop(this.draft.id);
    if (this.closed) return this.closed();
    this.fill(this.board.waiting.shift() ?? this.#fresh());
    this.#say("");
  }
}
