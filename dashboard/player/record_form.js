// What is filled in before a recording: whom it shows, what is practised, who agreed.

import { make } from "./format.js";
import { write } from "./live_meters.js";
import { ask, Refused } from "./transfer.js";

const SILENT = "The server doesn't answer. Try again in a moment.";
/** Seconds in which somebody may show where the client's eyes are. */
export const CALIBRATION_S = 3;
const FIELDS = ["scenario", "person", "title", "profile", "camera"];
const NEEDED = {
  by: "Say who agrees to being recorded.",
  at: "Say on which day they agreed.",
  purpose: "Say what the recording may be used for.",
};

export class RecordForm {
  /** `known` holds the names that the library knows, `prompts` a text for each scenario that has one. */
  constructor(root, { known, prompts }) {
    Object.assign(this, { root, prompts });
    this.field = (name) => root.querySelector(`[data-field=${name}]`);
    this.slot = (name) => root.querySelector(`[data-slot=${name}]`);
    const scenarios = [...new Set([...Object.keys(prompts), ...known.scenarios])];
    for (const [id, names] of Object.entries({ "rec-people": known.people, "rec-scenarios": scenarios })) {
      root.querySelector(`#${id}`).append(...names.map((value) => make("option", { value })));
    }
    const today = new Date();
    this.field("at").value = new Date(today - today.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
  }

  text(name) {
    return this.field(name).value.trim();
  }

  /** Which camera records: browser or machine. */
  get source() {
    return this.root.querySelector("[name=source]:checked").value;
  }

  /** Which camera and microphone were chosen. */
  get choice() {
    return {
      device: this.text("device"), microphone: this.text("microphone"), camera: this.text("camera"),
      sound: this.field("sound").checked,
    };
  }

  /** What `POST /api/record` wants. */
  get values() {
    return {
      ...Object.fromEntries(["scenario", "person", "title", "profile"].map((name) => [name, this.text(name)])),
      target: this.field("calibrate").checked ? `calibrated:0-${CALIBRATION_S}` : "lens",
      consent: { by: this.text("by"), at: this.text("at"), purpose: this.text("purpose") },
    };
  }

  /** Says what is missing, beside its field; whether nothing is. */
  complete() {
    const missing = Object.keys(NEEDED).filter((name) => !this.text(name));
    for (const name of Object.keys(NEEDED)) this.wrong(name, missing.includes(name) ? NEEDED[name] : "");
    if (missing.length) this.field(missing[0]).focus();
    return !missing.length;
  }

  /** Says what is wrong beside a field; nothing without a sentence. */
  wrong(name, sentence) {
    const node = this.root.querySelector(`[data-wrong=${name}]`);
    if (!node) return;
    write(node, sentence);
    const field = this.field(name);
    if (sentence) field?.setAttribute("aria-invalid", "true");
    else field?.removeAttribute("aria-invalid");
  }

  /** Shows what the server refused beside the field that it is about: a sentence begins with its name. */
  refused(problem) {
    const sentence = problem instanceof Refused ? problem.message : SILENT;
    const [word] = sentence.split(/[^a-z_]/, 1);
    const name = FIELDS.includes(word) ? word : "form";
    this.wrong(name, sentence);
    if (name !== "form") this.field(name).focus();
  }

  /** Shows the scenario, and what it asks for where there is a prompt. */
  prompt() {
    const scenario = this.text("scenario");
    const text = this.prompts[scenario] ?? "";
    write(this.slot("scenario-text"), text);
    this.slot("prompt").hidden = !scenario;
    write(this.slot("prompt-title"), scenario);
    write(this.slot("prompt-text"), text);
  }

  /** Offers the cameras and microphones of this browser. */
  offer({ cameras, microphones }) {
    const fill = (name, found) => {
      const field = this.field(name);
      const { value } = field;
      field.replaceChildren(...found.map((one) => make("option", { value: one.id, text: one.name })));
      if (found.some((one) => one.id === value)) field.value = value;
    };
    const usual = { id: "", name: "The usual one" };
    fill("device", [usual, ...cameras]);
    fill("microphone", [usual, ...microphones, { id: "none", name: "None" }]);
  }

  /** Shows what goes with the chosen camera. */
  arrange() {
    for (const node of this.root.querySelectorAll("[data-part]")) node.hidden = node.dataset.part !== this.source;
    if (this.source === "machine") this.#list();
  }

  async #list() {
    const { cameras } = await ask("GET", "/api/record/cameras").catch(() => ({ cameras: [] }));
    this.root.querySelector("#rec-cameras").replaceChildren(...cameras.map((value) => make("option", { value })));
  }
}
