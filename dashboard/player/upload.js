// The form for a new recording: it sends the file while the rest is filled in, then asks for the analysis.

import { checked, values } from "./asked.js";
import { Following } from "./following.js";
import { Form } from "./form.js";
import { clock, make, write } from "./format.js";
import { ask, bytes, Transfer } from "./transfer.js";

const RECORDINGS = ["upload", "client_upload"];
const FILES = [...RECORDINGS, "speech_upload"];
const forms = new WeakMap(); // root -> UploadForm; Streamlit mounts again whenever it runs the page

/** Shows the form; `data.known` holds the names that the library knows. Returns what takes it down again. */
export function mount({ parentElement, data }) {
  const root = parentElement.querySelector(".add");
  if (!forms.has(root)) forms.set(root, new UploadForm(root, data.known));
  return () => setTimeout(() => root.isConnected || forms.get(root)?.close());
}

class UploadForm extends Form {
  constructor(root, known) {
    super(root, { "add-people": known.people, "add-scenarios": known.scenarios });
    this.transfers = {};
    this.followed = [];
    this.titled = ""; // the title that was taken from the file's name
    this.ending = new AbortController();
    for (const name of FILES) this.going(name).append(...progress(name, this.going(name).dataset.what));
    this.listen();
    this.dropping();
    for (const name of FILES) this.choose(name, this.field(name).files[0]); // chosen before this script came
    this.arrange();
    root.removeAttribute("aria-busy");
  }

  /**
   * The page is left: sending ends, and what has arrived stays for another time. What was asked for already goes
   * on, as long as the window is open.
   */
  close() {
    this.ending.abort();
    for (const one of this.followed) one.stop();
    if (!this.busy) for (const name of FILES) this.transfers[name]?.stop();
  }

  listen() {
    const { root } = this;
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    root.addEventListener("change", ({ target }) => {
      const name = target.dataset.field;
      if (FILES.includes(name)) this.choose(name, target.files[0]);
      this.arrange();
    });
    root.addEventListener("input", ({ target }) => {
      const name = target.dataset.field;
      if (name) this.wrong(name === "to" ? "from" : name, "");
      if (name === "path") this.entitle(target.value.trim().split(/[/\\]/).pop());
    });
    for (const name of FILES) {
      root.querySelector(`[data-pause=${name}]`).addEventListener("click", ({ currentTarget: button }) => {
        const transfer = this.transfers[name];
        transfer.pause(!transfer.paused);
        button.textContent = transfer.paused ? "Go on" : "Pause";
      });
    }
  }

  /** A file may be dropped anywhere; beside another field than the recording's it is that one's. */
  dropping() {
    const { root } = this;
    const { signal } = this.ending;
    for (const kind of ["dragover", "drop"]) {
      // dropped beside the form, the browser would open it in place of the page
      window.addEventListener(kind, (event) => event.preventDefault(), { signal });
    }
    root.addEventListener("dragover", () => root.classList.toggle("over", !this.byPath()));
    root.addEventListener("dragleave", ({ relatedTarget }) => root.contains(relatedTarget) || root.classList.remove("over"));
    root.addEventListener("drop", ({ target, dataTransfer }) => {
      root.classList.remove("over");
      if (this.byPath() || !dataTransfer.files.length) return;
      const name = target.closest("[data-drops]")?.dataset.drops ?? "upload";
      this.field(name).files = dataTransfer.files;
      this.choose(name, dataTransfer.files[0]);
      this.arrange();
    });
  }

  /** Shows the parts that go with what was chosen. */
  arrange() {
    const shown = {
      upload: !this.byPath(),
      path: this.byPath(),
      "one-picture": !this.two(),
      "two-people": !this.two() && this.field("people").value !== "1",
      calibrated: this.field("target").value === "calibrated",
      table: this.field("speech").value === "table",
    };
    for (const [part, there] of Object.entries(shown)) {
      for (const node of this.root.querySelectorAll(`[data-part=${part}]`)) node.hidden = !there;
    }
    const target = this.field("target");
    if (target.selectedOptions[0].hidden) target.value = "lens";
  }

  byPath() {
    return this.root.querySelector("[name=where]:checked").value === "path";
  }

  /** Whether there is a second camera's recording. */
  two() {
    return Boolean(this.byPath() ? this.field("client_path").value.trim() : this.transfers.client_upload);
  }

  /** Takes the title from a file's name, unless somebody gave one. */
  entitle(name) {
    const title = this.field("title");
    if (title.value !== this.titled) return;
    title.value = this.titled = name.replace(/(?<=.)\.[^.]*$/, "").slice(0, 200);
  }

  choose(name, file) {
    this.transfers[name]?.cancel();
    delete this.transfers[name];
    this.wrong(name, "");
    const other = this.transfers[RECORDINGS.find((one) => one !== name)]?.file;
    if (file && other && RECORDINGS.includes(name) && ["name", "size", "lastModified"].every((key) => file[key] === other[key])) {
      this.wrong(name, "This is the same file as the other recording. Choose the second camera's.");
      file = null;
    }
    this.going(name).hidden = !file;
    this.root.querySelector(`[data-pause=${name}]`).textContent = "Pause";
    if (!file) return;
    if (name === "upload") this.entitle(file.name);
    this.transfers[name] = new Transfer(file, (state) => this.told(name, state));
  }

  told(name, { state, sent, size, speed, from, problem }) {
    const going = this.going(name);
    const share = size ? sent / size : 0;
    going.querySelector("progress").value = share;
    going.querySelector("button").hidden = state === "done" || state === "failed";
    going.hidden = state === "failed";
    if (state === "failed") return this.wrong(name, problem);
    const so = `${bytes(sent)} of ${bytes(size)}`;
    const pace = speed ? `, ${bytes(speed)} a second, ${clock((size - sent) / speed)} left` : "";
    const words = {
      going: `${so}${pace}${from ? `. It went on at ${bytes(from)}.` : ""}`,
      paused: `Paused at ${so}.`,
      waiting: `The server doesn't answer. ${so} have arrived; it goes on by itself.`,
      done: `All ${bytes(size)} have arrived.`,
    };
    this.state(name, words[state]);
    // Somebody who listens wants tenths, not every piece.
    const said = state === "going" ? `${10 * Math.floor(10 * share)} % uploaded` : words[state];
    write(this.root.querySelector(`[data-said=${name}]`), said);
  }

  going(name) {
    return this.root.querySelector(`[data-going=${name}]`);
  }

  /** Whether a file goes with what was chosen. */
  wanted(name) {
    const chosen = name !== "speech_upload" || this.field("speech").value === "table";
    return chosen && !this.byPath() && this.transfers[name];
  }

  state(name, text) {
    write(this.root.querySelector(`[data-state=${name}]`), text);
  }

  /** Says what is missing or can't be, beside its field; whether nothing is. */
  complete() {
    return this.complain(checked(this));
  }

  async submit() {
    if (this.busy || !this.complete()) return;
    this.busy = true;
    const button = this.root.querySelector("button.main");
    button.disabled = true;
    try {
      const ids = {};
      for (const name of FILES) {
        if (!this.wanted(name)) continue;
        this.state("form", "The analysis begins as soon as the recording has arrived. Keep this window open until then.");
        ids[name] = await this.transfers[name].done;
      }
      this.state("form", "");
      const { job } = await ask("POST", "/api/recordings", values(this, ids));
      if (!this.ending.signal.aborted) this.follow(job);
    } catch (problem) {
      this.refused(problem);
    } finally {
      this.busy = false;
      button.disabled = false;
      this.state("form", "");
    }
  }

  /** Shows the analysis above the form, which is ready for another recording. */
  follow(id) {
    const one = new Following(id);
    this.followed.push(one);
    this.root.querySelector("[data-slot=jobs]").prepend(one.node);
    this.empty();
    one.node.focus();
    one.node.scrollIntoView({ block: "center" });
  }

  /** Empties what belongs to one recording; who it shows, who agreed and for what often stays. */
  empty() {
    for (const name of [...FILES, "path", "client_path", "speech_path", "speech", "offset_s", "title"]) this.field(name).value = "";
    for (const name of FILES) {
      delete this.transfers[name];
      this.going(name).hidden = true;
    }
    this.titled = "";
    this.arrange();
  }
}

/** How far a file has come, and a way to pause it. */
function progress(name, what) {
  return [
    make("progress", { max: "1", value: "0", "aria-label": `Upload of ${what}` }),
    make("button", { type: "button", text: "Pause", "data-pause": name }),
    make("p", { cls: "state", "data-state": name }),
    make("p", { cls: "hushed", "aria-live": "polite", "data-said": name }),
  ];
}
