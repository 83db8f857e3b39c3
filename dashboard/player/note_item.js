// One note in the list, with its replies, and the forms that open at it.

import { by, chip, make } from "./format.js";
import { NoteForm } from "./note_form.js";
import { arrange, button, confirmed, SIGNS, when } from "./note_parts.js";
import { ask } from "./transfer.js";
import { showVersions } from "./versions.js";

const MOMENT_S = 3; // what is played of a note that has no span

export class NoteItem {
  /** @param {import("./notes.js").Notes} board */
  constructor(board) {
    this.board = board;
    this.said = make("div", { cls: "said" });
    this.replies = make("ol", { cls: "replies" });
    this.answers = new Map(); // id -> NoteItem
    this.node = make("li", { cls: "note", tabindex: "-1" }, [this.said, this.replies]);
  }

  /** Whether somebody is writing here: then it stays, whatever becomes of the note. */
  get busy() {
    return Boolean(this.form) || [...this.answers.values()].some(({ busy }) => busy);
  }

  /** Shows the note as it is now, or that it is gone. */
  update(note, replies = []) {
    const now = JSON.stringify(note);
    if (now !== this.shown) {
      this.shown = now;
      this.note = note;
      this.node.className = `note ${note.parent ? "reply" : note.kind}`;
      this.node.dataset.note = note.id;
      this.said.replaceChildren(...(note.deleted ? this.#gone() : this.#inside()));
    }
    arrange(this.replies, this.board.items(this.answers, replies, () => []));
  }

  #gone() {
    const { note, board } = this;
    const words = note.parent ? "This reply was deleted. " : "This note was deleted. ";
    return [make("p", { cls: "who" }, [words, button("Show its versions", () => showVersions(board, note), "link")])];
  }

  #inside() {
    const { note, board } = this;
    const rating = board.ratingOf(note);
    return [
      ...(note.parent ? [] : [this.#head()]),
      make("p", { cls: "note-text", text: note.text }),
      ...(rating ? [make("p", { cls: "rating", text: rating })] : []),
      make("p", { cls: "who" }, [
        `${when(note.created)}${by(note.author)}`,
        ...(note.version > 1 ? [button("changed", () => showVersions(board, note), "link", { "aria-label": "changed: show its versions" })] : []),
      ]),
      make("p", { cls: "actions" }, [
        ...(note.parent ? [] : [button("Reply", () => this.reply(), "link")]),
        button("Edit", () => this.edit(), "link"),
        button("Delete", () => this.#delete(), "link"),
      ]),
    ];
  }

  #head() {
    const { note, board } = this;
    const { duration_s: duration } = board.api.review;
    const play = (start, end) => board.api.playSpan(start, end > start ? end : Math.min(start + MOMENT_S, duration));
    return make("p", { cls: "note-head" }, [
      make("span", { cls: "kind" }, [make("span", { text: SIGNS[note.kind], "aria-hidden": "true" }), ` ${board.kindOf(note)}`]),
      chip(note.start_s, note.end_s, play),
    ]);
  }

  edit(draft) {
    this.#open({ note: this.note, draft });
  }

  reply(draft) {
    this.#open({ parent: this.note, draft });
  }

  #open(options) {
    if (this.form) return this.form.text.focus();
    const close = () => {
      this.form.node.remove();
      this.form = null;
      this.said.hidden = false;
    };
    this.form = new NoteForm(this.board, {
      ...options,
      saved: (note) => {
        const here = this.form.node.matches(":focus-within");
        close();
        this.board.saved(note, here);
      },
      closed: () => {
        close();
        this.board.look();
        this.node.focus({ preventScroll: true });
      },
    });
    this.said.hidden = Boolean(options.note);
    if (options.note) this.said.after(this.form.node);
    else this.node.append(this.form.node);
    if (!options.draft) this.form.text.focus();
  }

  async #delete() {
    const { note, board } = this;
    const word = note.parent ? "reply" : "note";
    if (await confirmed(board.slot, `Delete this ${word}?`, note.text, "Delete", "Keep it")) {
      await board.change(() => ask("DELETE", `${board.api.url}/notes/${note.id}`), `The ${word} was not deleted`);
      board.heading.focus({ preventScroll: true });
    }
  }
}
