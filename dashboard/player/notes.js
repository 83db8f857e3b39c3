// Notes on a session: the form for a new one, those that are there, and their markers on the timeline.

import { Drafts } from "./drafts.js";
import { bring, make } from "./format.js";
import { NoteForm } from "./note_form.js";
import { NoteItem } from "./note_item.js";
import { arrange, button, keepLooking, LOOK_MS, when } from "./note_parts.js";
import { ask, Refused } from "./transfer.js";
import { showVersions } from "./versions.js";

const AWAY = "the server doesn't answer";
const EMPTY = "No notes yet. Press N or write above: the video pauses, and the note stays at its moment.";

export class Notes {
  /**
   * @param {HTMLElement} slot
   * @param {object} api what the review page offers (review.js)
   */
  constructor(slot, api) {
    const { rubric, note_kinds: kinds } = api.review;
    Object.assign(this, { slot, api, kinds, rubric, notes: [], waiting: [], threads: new Map(), drafts: new Drafts(api.url, api.signal) });
    this.count = make("span", { cls: "count" });
    this.list = make("ol", { cls: "note-list" });
    this.empty = make("p", { cls: "hint", text: EMPTY });
    this.gone = make("details", { cls: "all" });
    this.problem = make("p", { cls: "note-state", role: "status", text: "Loading the notes …" });
    this.heading = make("h2", { tabindex: "-1" }, ["Notes ", this.count]);
    this.form = new NoteForm(this, { saved: (note) => this.#added(note) }); // at once: who presses N types on
    slot.append(this.heading, this.problem, this.form.node);
    document.addEventListener("keydown", (event) => this.#key(event), { signal: api.signal });
    this.#start();
  }

  async #start() {
    while (!(await this.#load())) {
      await new Promise((wait) => setTimeout(wait, LOOK_MS));
      if (this.api.signal.aborted) return;
    }
    const left = (await this.drafts.left()).filter(({ id }) => id !== this.form.draft.id);
    this.waiting = left.filter((draft) => !this.#belongs(draft));
    this.form.next();
    this.slot.append(this.list, this.empty, this.gone);
    this.#draw();
    for (const draft of left) this.#reopen(draft);
    this.api.onMarker((id) => this.#visit(id));
    keepLooking(() => this.look(), this.api.signal);
  }

  /** Whether a draft is a reply to, or a change of, a note that is there. */
  #belongs({ id, parent, version }) {
    return this.notes.some((note) => note.id === (version ? id : parent));
  }

  #reopen(draft) {
    if (!this.#belongs(draft)) return;
    const thread = this.threads.get(draft.parent ?? draft.id);
    if (!draft.version) thread?.reply(draft);
    else if (draft.parent) thread?.answers.get(draft.id)?.edit(draft);
    else thread?.edit(draft);
  }

  #key(event) {
    const at = event.composedPath()[0];
    if (event.key.toLowerCase() !== "n" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (at.closest?.("input, textarea, select, [contenteditable], dialog")) return;
    event.preventDefault();
    this.form.begin();
    this.form.text.focus();
    this.form.node.scrollIntoView({ block: "nearest" });
  }

  /** Fetches the notes; whether that went well. */
  async #load() {
    const what = this.list.isConnected ? "What others write can't be shown" : "The notes can't be shown";
    const answer = await this.#asked(() => this.#fetch(), what);
    Object.assign(this, answer);
    return Boolean(answer);
  }

  async #fetch() {
    try {
      const answer = await ask("GET", `${this.api.url}/notes`);
      this.drafts.gone = false;
      return answer;
    } catch (problem) {
      if (problem.status === 404) this.drafts.forget();
      throw problem;
    }
  }

  /** Asks the server; what goes wrong is said, and there is no answer then. */
  async #asked(question, otherwise) {
    try {
      const answer = await question();
      this.problem.textContent = "";
      return answer;
    } catch (problem) {
      this.problem.className = "note-state problem";
      this.problem.textContent = `${otherwise}: ${problem instanceof Refused ? problem.message : `${AWAY}.`}`;
      return null;
    }
  }

  /** Shows what others have written meanwhile. */
  async look() {
    if (await this.#load()) this.#draw();
  }

  /** Has the server change something, and shows what came of it. Gives its answer, null where it failed. */
  async change(question, otherwise) {
    const answer = await this.#asked(question, otherwise);
    if (answer) await this.look();
    return answer;
  }

  /** Shows a note that was stored; `follow`: the focus was in its form, which is gone, and goes to the note. */
  async saved(note, follow = false) {
    await this.look();
    const node = this.#node(note.id);
    node?.scrollIntoView({ block: "nearest" });
    const elsewhere = this.slot.getRootNode().activeElement;
    if (follow && !elsewhere) node?.focus({ preventScroll: true });
  }

  /** A new note was stored; the span that was marked for it is spent: the next one has its own moment. */
  #added(note) {
    const [start, end] = this.api.span() ?? [];
    if (start === note.start_s && end === note.end_s) this.api.unmark();
    return this.saved(note);
  }

  #draw() {
    const top = this.notes.filter(({ parent }) => !parent);
    arrange(this.list, this.items(this.threads, top, (note) => this.notes.filter(({ parent }) => parent === note.id)));
    const there = top.filter(({ deleted }) => !deleted);
    this.empty.hidden = Boolean(top.length);
    this.#drawGone();
    this.count.textContent = there.length ? `(${there.length})` : "";
    const markers = there.map((note) => ({ id: note.id, start: note.start_s, end: note.end_s, kind: note.kind, label: `${this.kindOf(note)}: ${note.text.slice(0, 120)}` }));
    const now = JSON.stringify(markers);
    if (now !== this.marked) this.api.setMarkers(markers);
    this.marked = now;
  }

  /** What was deleted, a line each: its versions can still be read. */
  #drawGone() {
    const now = JSON.stringify(this.deleted);
    if (now === this.goneNow) return;
    this.goneNow = now;
    const line = (note) =>
      make("li", { cls: "who" }, [
        `${note.parent ? "Reply" : "Note"} deleted ${when(note.changed)}`,
        button("Show its versions", () => showVersions(this, note), "link"),
      ]);
    this.gone.hidden = !this.deleted.length;
    this.gone.replaceChildren(
      make("summary", { text: `Deleted (${this.deleted.length})` }),
      make("ol", { cls: "deleted" }, this.deleted.map(line)),
    );
  }

  /** The nodes of these notes in their order; those that are there already are kept, with what is typed in them. */
  items(known, notes, repliesOf) {
    const order = notes.map(({ id }) => id);
    for (const [id, item] of known) {
      if (order.includes(id)) continue;
      if (item.busy) {
        order.push(id);
        item.update({ ...item.note, deleted: true });
      } else known.delete(id);
    }
    for (const note of notes) {
      if (!known.has(note.id)) known.set(note.id, new NoteItem(this));
      known.get(note.id).update(note, repliesOf(note));
    }
    return order.map((id) => known.get(id).node);
  }

  kindOf(note) {
    return this.kinds.find(({ id }) => id === note.kind)?.label ?? note.kind;
  }

  /** The item of the rubric that a note speaks of, with its rating; null for none. */
  ratingOf({ rubric, rating }) {
    const about = this.rubric.find(({ id }) => id === rubric)?.label ?? rubric;
    return rating ? `${about}: ${rating} of 5` : about;
  }

  #node(id) {
    return this.list.querySelector(`[data-note="${id}"]`);
  }

  /** Shows a note and its frame: its marker was chosen. */
  #visit(id) {
    const note = this.notes.find((one) => one.id === id);
    if (!note) return;
    this.api.pause();
    this.api.seek(note.start_s);
    const node = this.#node(id);
    bring(node);
    node.focus({ preventScroll: true });
  }
}
