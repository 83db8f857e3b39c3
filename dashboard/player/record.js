// The page that records: the camera's picture, consent and what is practised, then the take, then its session.

import { BrowserCamera } from "./browser_camera.js";
import { CutShort } from "./cut_short.js";
import { Finishing } from "./finishing.js";
import { clock, make } from "./format.js";
import { LiveMeters, write } from "./live_meters.js";
import { MachineCamera } from "./machine_camera.js";
import { ask, bytes, Refused } from "./transfer.js";

const COUNT = 3;
const LOOK_MS = 250;
const WAITING_BYTES = 3e6; // more than this is worth a word
const SILENT = "The server doesn't answer. Try again in a moment.";
const FIELDS = ["scenario", "person", "title", "profile", "camera"];
const pages = new WeakMap(); // root -> Page; Streamlit mounts again whenever it runs the page

/** Shows the page; `data` holds the names that the library knows, and prompts. Returns what takes it down. */
export function mount({ parentElement, data }) {
  const root = parentElement.querySelector(".record");
  if (!pages.has(root)) pages.set(root, new Page(root, data));
  return () => setTimeout(() => root.isConnected || pages.get(root)?.close());
}

class Page {
  constructor(root, { known, prompts }) {
    Object.assign(this, { root, prompts, finishing: [] });
    this.field = (name) => root.querySelector(`[data-field=${name}]`);
    this.slot = (name) => root.querySelector(`[data-slot=${name}]`);
    this.ending = new AbortController();
    this.meters = new LiveMeters(root);
    const tell = (what) => this.told(what);
    this.cameras = {
      browser: new BrowserCamera(this.slot("preview"), tell),
      machine: new MachineCamera(this.slot("picture"), tell),
    };
    const scenarios = [...new Set([...Object.keys(prompts), ...known.scenarios])];
    for (const [id, names] of Object.entries({ "rec-people": known.people, "rec-scenarios": scenarios })) {
      root.querySelector(`#${id}`).append(...names.map((value) => make("option", { value })));
    }
    const today = new Date();
    this.field("at").value = new Date(today - today.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
    this.short = new CutShort(this.slot("short"), this.slot("jobs"));
    this.listen();
    this.become("setup");
    this.arrange();
    root.removeAttribute("aria-busy");
    this.welcome();
  }

  /** The page is left: a take under way ends, and what was recorded stays to be finished. */
  async close() {
    this.ending.abort();
    this.short.stop();
    for (const one of this.finishing) one.stop();
    const { camera } = this;
    if (this.taking()) await camera.halt();
    else await this.cameras.machine.close();
    this.cameras.browser.close();
  }

  get source() {
    return this.root.querySelector("[name=source]:checked").value;
  }

  get camera() {
    return this.cameras[this.used ?? this.source];
  }

  taking() {
    return ["recording", "paused"].includes(this.state);
  }

  /** Shows the parts that go with a state: setup, counting, recording, paused, finishing. */
  become(state) {
    this.state = this.root.dataset.state = state;
    for (const node of this.root.querySelectorAll("[data-in]")) node.hidden = !node.dataset.in.split(" ").includes(state);
    this.slot("asking").hidden = true;
    for (const node of this.root.querySelectorAll("fieldset")) node.disabled = state === "counting";
    const pause = this.root.querySelector("[data-do=pause]");
    write(pause, state === "paused" ? "Go on" : "Pause");
  }

  listen() {
    const { root } = this;
    const { signal } = this.ending;
    const acts = {
      open: () => this.open(), cancel: () => this.cancel(), pause: () => this.pause(), stop: () => this.stop(),
      retake: () => this.askRetake(), discard: () => this.retake(), keep: () => this.keep(), jot: () => this.jot(),
    };
    root.addEventListener("click", ({ target }) => acts[target.closest("[data-do]")?.dataset.do]?.());
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.state === "setup") this.start();
    });
    root.addEventListener("input", ({ target }) => {
      const name = target.dataset.field;
      if (name) this.wrong(name, "");
      if (name === "scenario") this.prompt();
      if (name === "jot") this.jotted ??= this.camera.elapsed(); // the moment that it is about
    });
    root.addEventListener("change", ({ target }) => {
      if (target.name === "source") this.arrange(true);
      if (["device", "microphone", "camera", "sound"].includes(target.dataset.field) && this.on) this.open();
    });
    document.addEventListener("keydown", (event) => this.key(event), { signal });
    window.addEventListener("beforeunload", (event) => this.taking() && event.preventDefault(), { signal });
  }

  key(event) {
    const [target] = event.composedPath();
    if (!this.taking() || event.ctrlKey || event.altKey || event.metaKey || target.matches?.("input, textarea, select")) return;
    const act = { p: () => this.pause(), s: () => this.stop(), n: () => this.field("jot").focus() }[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** Where the browser may use the camera already, it is turned on at once. */
  async welcome() {
    const allowed = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
    if (allowed?.state === "granted" && this.source === "browser" && !this.on) await this.open();
  }

  /** Shows what goes with the chosen source. */
  arrange(changed = false) {
    for (const node of this.root.querySelectorAll("[data-part]")) node.hidden = node.dataset.part !== this.source;
    if (!changed) return;
    this.off("The camera is off. Nothing is stored before you start.");
    if (this.source === "machine") this.list();
  }

  async list() {
    const { cameras } = await ask("GET", "/api/record/cameras").catch(() => ({ cameras: [] }));
    this.root.querySelector("#rec-cameras").replaceChildren(...cameras.map((value) => make("option", { value })));
  }

  async open() {
    this.wrong("form", "");
    this.wrong("camera", "");
    write(this.slot("why"), "The camera is being turned on …");
    this.slot("off").hidden = false;
    this.root.querySelector("[data-do=open]").hidden = true;
    const { source, camera } = this;
    const choice = {
      device: this.field("device").value, microphone: this.field("microphone").value,
      camera: this.field("camera").value.trim(), sound: this.field("sound").checked,
    };
    try {
      await camera.open(choice);
      if (source !== this.source || this.ending.signal.aborted) return void camera.close();
      this.on = true;
      this.slot("off").hidden = true;
      this.slot("preview").hidden = source !== "browser";
      this.slot("picture").hidden = source !== "machine";
      this.slot("level").hidden = source === "browser" ? !camera.hasSound : !choice.sound;
      this.ready(true);
      if (source === "browser") await this.choices(camera);
      else this.follow();
    } catch (problem) {
      if (source !== this.source) return;
      this.off(problem instanceof TypeError ? SILENT : problem.message);
    }
  }

  ready(on) {
    this.root.querySelector("button[type=submit]").disabled = !on;
  }

  /** Turns every camera off and says why. */
  off(why) {
    this.on = false;
    for (const one of Object.values(this.cameras)) one.close();
    for (const name of ["preview", "picture", "level"]) this.slot(name).hidden = true;
    this.slot("off").hidden = false;
    const button = this.root.querySelector("[data-do=open]");
    button.hidden = false;
    write(this.slot("why"), why);
    write(this.slot("advice"), "");
    this.ready(false);
  }

  async choices(camera) {
    const { cameras, microphones } = await camera.devices();
    const fill = (name, found, more) => {
      const field = this.field(name);
      const { value } = field;
      const options = [{ id: "", name: "The usual one" }, ...found, ...more];
      field.replaceChildren(...options.map((one) => make("option", { value: one.id, text: one.name })));
      if (options.some((one) => one.id === value)) field.value = value;
    };
    fill("device", cameras, []);
    fill("microphone", microphones, [{ id: "none", name: "None" }]);
  }

  /** What a camera tells: how loud it is, how sending goes, what is wrong. */
  told({ level, sending, problem }) {
    if (level !== undefined) this.level(level);
    if (problem) this.taking() ? this.wrong("form", problem) : this.off(problem);
    if (!sending) return;
    const much = sending.away || sending.waiting > WAITING_BYTES;
    const waits = `${bytes(sending.waiting)} wait here until it does; keep this window open.`;
    write(this.slot("sending"), !much ? "" : sending.away ? `The server doesn't answer. ${waits}` : `The server is behind. ${waits}`);
    if (sending.problem) this.failed(sending.problem);
  }

  level(level) {
    this.slot("level").querySelector("i").style.transform = `scaleX(${level.toFixed(3)})`;
    const now = performance.now();
    if (now - (this.leveled ?? 0) < 500) return;
    this.leveled = now;
    this.slot("level").querySelector("[role=meter]").setAttribute("aria-valuenow", Math.round(100 * level));
  }

  prompt() {
    const scenario = this.field("scenario").value.trim();
    const text = this.prompts[scenario] ?? "";
    write(this.slot("scenario-text"), text);
    this.slot("prompt").hidden = !scenario;
    write(this.slot("prompt-title"), scenario);
    write(this.slot("prompt-text"), text);
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

  refused(problem) {
    const sentence = problem instanceof Refused ? problem.message : SILENT;
    const [word] = sentence.split(/[^a-z_]/, 1);
    const name = FIELDS.includes(word) ? word : "form";
    this.wrong(name, sentence);
    if (name !== "form") this.field(name).focus();
  }

  complete() {
    const needed = { by: "Say who agrees to being recorded.", at: "Say on which day they agreed.", purpose: "Say what the recording may be used for." };
    const missing = Object.keys(needed).filter((name) => !this.field(name).value.trim());
    for (const name of Object.keys(needed)) this.wrong(name, missing.includes(name) ? needed[name] : "");
    if (missing.length) this.field(missing[0]).focus();
    return !missing.length;
  }

  fields() {
    const text = (name) => this.field(name).value.trim();
    return {
      ...Object.fromEntries(["scenario", "person", "title", "profile"].map((name) => [name, text(name)])),
      consent: { by: text("by"), at: text("at"), purpose: text("purpose") },
    };
  }

  /** Tells the server who agreed to what; only then counts down and records. */
  async start() {
    this.wrong("form", "");
    if (!this.on || !this.complete()) return;
    this.used = this.source;
    const { camera } = this;
    this.become("counting");
    const counting = (this.counting = {});
    try {
      const id = await camera.begin(this.fields());
      this.id = id;
      if (this.counting !== counting) return void camera.discard();
      this.remember("", this.field("note").value.trim(), 0, "try");
      for (let left = COUNT; left > 0; left--) {
        write(this.slot("count"), String(left));
        await new Promise((wake) => setTimeout(wake, 1000));
        if (this.counting !== counting) return;
      }
      await camera.start();
      this.meters.show(null);
      this.become("recording");
      this.tick();
      this.follow();
      this.root.querySelector("[data-do=pause]").focus();
    } catch (problem) {
      if (this.counting !== counting) return;
      this.become("setup");
      this.refused(problem);
      this.over();
    } finally {
      write(this.slot("count"), "");
    }
  }

  async cancel() {
    this.counting = undefined;
    this.become("setup");
    await this.again();
  }

  /** The big timer, and the end of what may be recorded. */
  tick() {
    if (!this.taking()) return;
    const time = this.camera.elapsed();
    write(this.slot("time"), clock(time));
    if (time >= this.camera.longest) this.stop();
    setTimeout(() => this.tick(), 100);
  }

  /** Shows what the server says of the recording, or of the camera that is looked through, again and again. */
  async follow() {
    const { camera } = this;
    const { id } = camera;
    while (id && camera.id === id && this.state !== "finishing" && !this.ending.signal.aborted) {
      const state = await ask("GET", `/api/record/${id}`).catch(() => null);
      if (camera.id !== id || this.state === "finishing") return;
      if (state) this.heard(state, camera);
      if (state?.state === "failed") return;
      await new Promise((wake) => setTimeout(wake, LOOK_MS));
    }
  }

  heard(state, camera) {
    camera.heard?.(state);
    if (this.taking()) this.meters.show(state.live);
    write(this.slot("advice"), this.taking() ? (state.trouble ?? "") : (state.advice ?? ""));
    if (state.level !== undefined && state.level !== null) this.level(state.level);
    if (state.state === "failed") this.taking() ? this.failed(state.reason) : this.off(state.reason);
    if (state.over && this.taking()) this.stop(); // a video that stands in for a camera has an end
  }

  async pause() {
    if (!this.taking() || this.switching) return;
    this.switching = true;
    const going = this.state === "recording";
    try {
      await (going ? this.camera.pause() : this.camera.resume());
      if (this.taking()) this.become(going ? "paused" : "recording");
    } catch (problem) {
      this.refused(problem);
    } finally {
      this.switching = false;
    }
  }

  askRetake() {
    this.slot("asking").hidden = false;
    this.root.querySelector("[data-do=keep]").focus();
  }

  keep() {
    this.slot("asking").hidden = true;
    this.root.querySelector("[data-do=pause]").focus();
  }

  /** Discards the take; everything else stays as it was filled in. */
  async retake() {
    this.become("setup");
    await this.again();
  }

  async again() {
    const { camera } = this;
    this.clearNote();
    await camera.discard();
    this.over();
    if (this.source === "machine") await this.open();
  }

  async stop() {
    if (!this.taking()) return;
    await this.jot();
    const { camera, id } = this;
    this.become("finishing");
    write(this.slot("advice"), "");
    try {
      await camera.stop();
      this.finish(id);
    } catch (problem) {
      this.refused(problem);
      this.short.look();
    }
    this.over();
    this.become("setup");
    if (this.source === "machine") this.off("The camera is off. Turn it on for another take.");
  }

  /** Recording can't go on; what has arrived is kept. */
  async failed(why) {
    if (!this.taking()) return;
    const { camera } = this;
    this.become("finishing");
    await camera.halt();
    this.over();
    this.become("setup");
    this.wrong("form", `${why} What has arrived is kept.`);
    if (this.source === "machine") this.off(why);
    this.short.look();
  }

  over() {
    this.used = this.id = undefined;
    write(this.slot("sending"), "");
    this.clearNote();
  }

  /** Shows what becomes of the take above the form, which is ready for another one. */
  finish(id) {
    const one = new Finishing(id, this.field("title").value.trim());
    this.finishing.push(one);
    this.slot("jobs").prepend(one.node);
    this.field("title").value = this.field("note").value = "";
    one.node.focus();
    one.node.scrollIntoView({ block: "center" });
    one.ended.then(() => this.short.look());
  }

  clearNote() {
    this.field("jot").value = "";
    this.jotted = undefined;
    write(this.slot("jotted"), "");
    this.wrong("jot", "");
  }

  /** Keeps the note that was written, at the moment at which its writing began. */
  async jot() {
    const text = this.field("jot").value.trim();
    if (!text || !this.id) return;
    const at = this.jotted ?? this.camera.elapsed();
    if (!(await this.remember("jot", text, at, this.field("kind").value))) return;
    this.clearNote();
    write(this.slot("jotted"), `Kept at ${clock(at)}.`);
  }

  async remember(field, text, at, kind) {
    if (!text) return true;
    const id = crypto.randomUUID().replaceAll("-", "");
    try {
      await ask("POST", `/api/record/${this.id}/notes`, { id, text, time_s: at, kind });
      return true;
    } catch (problem) {
      this.wrong(field || "form", problem instanceof Refused ? problem.message : "The note was not kept: the server doesn't answer. Try again.");
      return false;
    }
  }
}
