// What is filled in before a recording: whom it shows, what is practised, who agreed.

import { Form } from "./form.js";
import { make, write } from "./format.js";
import { ask } from "./transfer.js";

/** Seconds in which somebody may show where the client's eyes are. */
export const CALIBRATION_S = 3;

export class RecordForm extends Form {
  /** `known` holds the names that the library knows, `prompts` a text for each scenario that has one. */
  constructor(root, { known, prompts }) {
    const scenarios = [...new Set([...Object.keys(prompts), ...known.scenarios])];
    super(root, { "rec-people": known.people, "rec-scenarios": scenarios });
    this.prompts = prompts;
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
      consent: this.consent,
    };
  }

  /** Says what is missing, beside its field; whether nothing is. */
  complete() {
    return this.complain(this.missing());
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
