// The page that records: the camera's picture, consent and what is practised, then the take, then its session.

import { BrowserCamera } from "./browser_camera.js";
import { CutShort } from "./cut_short.js";
import { Finishing } from "./finishing.js";
import { clock, write } from "./format.js";
import { Jotting } from "./jotting.js";
import { LiveMeters } from "./live_meters.js";
import { MachineCamera } from "./machine_camera.js";
import { Positioning } from "./positioning.js";
import { CALIBRATION_S, RecordForm } from "./record_form.js";
import { ask, bytes, Refused, SILENT } from "./transfer.js";

const COUNT = 3;
const LOOK_MS = 250;
const WAITING_BYTES = 3e6; // more than this is worth a word
const LOST = "The server has let go of the camera, as it heard nothing from this page.";
const AWAY = "The server doesn't answer. What it has recorded is kept, and is offered here once it does.";
const pages = new WeakMap(); // root -> Page; Streamlit mounts again whenever it runs the page

/** Shows the page; `data` holds the names that the library knows, and prompts. Returns what takes it down. */
export function mount({ parentElement, data }) {
  const root = parentElement.querySelector(".record");
  if (!pages.has(root)) pages.set(root, new Page(root, data));
  return () => setTimeout(() => root.isConnected || pages.get(root)?.close());
}

class Page {
  constructor(root, data) {
    Object.assign(this, { root, finishing: [], form: new RecordForm(root, data) });
    this.field = (name) => this.form.field(name);
    this.slot = (name) => this.form.slot(name);
    this.ending = new AbortController();
    this.meters = new LiveMeters(root);
    const tell = (what) => this.told(what);
    this.cameras = {
      browser: new BrowserCamera(this.slot("preview"), tell),
      machine: new MachineCamera(this.slot("picture"), tell),
    };
    this.notes = new Jotting(this.form, () => ({ id: this.id, time: this.camera.elapsed() }));
    const sitting = () => this.state === "setup" && this.on && this.form.source === "browser";
    const advise = (sentences) => write(this.slot("advice"), sentences);
    this.position = new Positioning(this.slot("preview"), sitting, advise, this.ending.signal);
    this.short = new CutShort(this.slot("short"), this.slot("jobs"));
    this.listen();
    this.become("setup");
    this.form.arrange();
    root.removeAttribute("aria-busy");
    this.welcome();
  }

  /** The page is left: a take under way ends and becomes a session. */
  async close() {
    this.ending.abort();
    this.short.stop();
    for (const one of this.finishing) one.stop();
    const { camera } = this;
    const taking = this.taking();
    if (taking) await camera.halt();
    else await this.cameras.machine.close();
    this.cameras.browser.close();
    if (!taking) return;
    this.become("finishing");
    await this.notes.keep();
    await camera.stop().catch(() => {}); // what has arrived is offered on this page another time
  }

  get camera() {
    return this.cameras[this.used ?? this.form.source];
  }

  taking() {
    return ["recording", "paused"].includes(this.state);
  }

  /** Shows the parts that go with a state: setup, counting, recording, paused, finishing. */
  become(state) {
    this.state = this.root.dataset.state = state;
    for (const node of this.root.querySelectorAll("[data-in]")) node.hidden = !node.dataset.in.split(" ").includes(state);
    if (!this.taking()) this.slot("asking").hidden = true;
    if (state === "counting") this.position.stop();
    for (const node of this.root.querySelectorAll("fieldset")) node.disabled = state === "counting";
    if (this.taking()) this.awake();
    else this.asleep();
    const pause = this.root.querySelector("[data-do=pause]");
    write(pause, state === "paused" ? "Go on" : "Pause");
  }

  /** The screen stays on while it records; the browser lets go of that whenever the page is hidden. */
  async awake() {
    if (this.lock && !this.lock.released) return;
    this.lock = await navigator.wakeLock?.request("screen").catch(() => null);
  }

  asleep() {
    this.lock?.release().catch(() => {});
    this.lock = null;
  }

  listen() {
    const { root } = this;
    const { signal } = this.ending;
    const acts = {
      open: () => this.open(), cancel: () => this.cancel(), pause: () => this.pause(), stop: () => this.stop(),
      retake: () => this.askRetake(), discard: () => this.retake(), keep: () => this.keep(), jot: () => this.notes.keep(),
    };
    root.addEventListener("click", ({ target }) => acts[target.closest("[data-do]")?.dataset.do]?.());
    root.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.state === "setup") this.start();
    });
    root.addEventListener("input", ({ target }) => {
      const name = target.dataset.field;
      if (name) this.form.wrong(name, "");
      if (name === "scenario") this.form.prompt();
      if (name === "jot") this.notes.begun();
    });
    root.addEventListener("change", ({ target }) => {
      if (target.name === "source") {
        this.form.arrange();
        this.off("The camera is off. Nothing is stored before you start.");
      }
      if (["device", "microphone", "camera", "sound"].includes(target.dataset.field) && this.on) this.open();
    });
    document.addEventListener("keydown", (event) => this.key(event), { signal });
    document.addEventListener("visibilitychange", () => this.taking() && !document.hidden && this.awake(), { signal });
    const keep = (event) => (this.taking() || this.state === "finishing") && event.preventDefault(); // some is here only
    window.addEventListener("beforeunload", keep, { signal });
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
    if (allowed?.state === "granted" && this.form.source === "browser" && !this.on) await this.open();
  }

  async open() {
    this.form.wrong("form", "");
    this.form.wrong("camera", "");
    write(this.slot("why"), "The camera is being turned on …");
    this.slot("off").hidden = false;
    this.root.querySelector("[data-do=open]").hidden = true;
    const { camera } = this;
    const { source, choice } = this.form;
    try {
      await camera.open(choice);
      if (source !== this.form.source || this.ending.signal.aborted) return void camera.close();
      this.on = true;
      this.slot("off").hidden = true;
      this.slot("preview").hidden = source !== "browser";
      this.slot("picture").hidden = source !== "machine";
      this.slot("level").hidden = !camera.hasSound;
      this.ready(true);
      if (source === "browser") this.form.offer(await camera.devices());
      else this.follow();
    } catch (problem) {
      if (source !== this.form.source) return;
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
    this.position.stop();
    write(this.slot("advice"), "");
    this.ready(false);
  }

  /** What a camera tells: how loud it is, how sending goes, what is wrong. */
  told({ level, sending, problem }) {
    if (level !== undefined) this.level(level);
    if (problem && this.state === "counting") this.cancel();
    if (problem) this.taking() ? this.stop(problem) : this.off(problem); // a stream that ended never goes on
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

  /** Tells the server who agreed to what; only then counts down and records. */
  async start() {
    this.form.wrong("form", "");
    if (!this.on || !this.form.complete()) return;
    this.used = this.form.source;
    const { camera } = this;
    this.become("counting");
    const counting = (this.counting = {});
    try {
      const id = await camera.begin(this.form.values);
      this.id = id;
      if (this.counting !== counting) return void camera.discard();
      this.notes.remember(this.form.text("note"), 0, "try", "form");
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
      this.form.refused(problem);
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
    this.meters.say(this.field("calibrate").checked && time < CALIBRATION_S);
    if (time >= this.camera.longest) this.stop();
    setTimeout(() => this.tick(), 100);
  }

  /** Shows what the server says of the recording, or of the camera that is looked through, again and again. */
  async follow() {
    const { camera } = this;
    const { id } = camera;
    if (this.followed === id) return;
    this.followed = id;
    while (id && camera.id === id && this.state !== "finishing" && !this.ending.signal.aborted) {
      const asked = ask("GET", `/api/record/${id}`, undefined, camera.ending.signal);
      const state = await asked.catch(({ status }) => (status === 404 ? { state: "failed", reason: LOST } : null));
      if (camera.id !== id || this.state === "finishing") return;
      if (state) this.heard(state, camera);
      else if (camera === this.cameras.machine && this.taking()) write(this.slot("advice"), AWAY); // nothing is recorded
      if (state?.state === "failed") return;
      await new Promise((wake) => setTimeout(wake, LOOK_MS));
    }
  }

  heard(state, camera) {
    camera.heard?.(state);
    if (this.taking()) this.meters.show(state.live);
    write(this.slot("advice"), this.taking() ? (state.trouble ?? "") : (state.advice ?? ""));
    if (state.sound !== undefined) this.slot("level").hidden = !state.sound;
    if (state.level != null) this.level(state.level);
    if (state.state === "failed") this.taking() ? this.failed(state.reason) : this.off(state.reason);
    if (state.over && this.taking()) this.stop(state.ended); // a video that stands in for a camera has an end
  }

  async pause() {
    if (!this.taking() || this.switching) return;
    this.switching = true;
    const going = this.state === "recording";
    try {
      await (going ? this.camera.pause() : this.camera.resume());
      if (this.taking()) this.become(going ? "paused" : "recording");
    } catch (problem) {
      this.form.refused(problem);
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
    this.notes.clear();
    await camera.discard();
    this.over();
    if (this.form.source === "machine") await this.open();
  }

  /** Ends the take; `why`: what ended it, where nobody did. */
  async stop(why) {
    if (!this.taking()) return;
    const noted = await this.notes.keep();
    const { camera, id } = this;
    this.become("finishing");
    write(this.slot("advice"), "");
    try {
      if (!noted) await camera.arrived?.().then(() => this.notes.keep()); // the server is back then
      await camera.stop();
      this.finish(id);
    } catch (problem) {
      this.form.wrong("form", problem instanceof Refused ? problem.message : AWAY);
      this.short.look();
    }
    this.over();
    this.become("setup");
    if (why) this.form.wrong("form", why.replace(/\.?$/, "."));
    if (why || this.form.source === "machine") this.off("The camera is off. Turn it on for another take.");
  }

  /** Recording can't go on; what has arrived becomes a session, or is offered to be finished. */
  async failed(why) {
    if (!this.taking()) return;
    const { camera, id } = this;
    this.become("finishing");
    await camera.halt();
    await this.notes.keep();
    const ended = camera.keep && (await camera.keep().then(() => true, () => false));
    if (ended) this.finish(id);
    this.over();
    this.become("setup");
    this.form.wrong("form", `${why.replace(/\.?$/, ".")} What has arrived is kept.`);
    if (this.form.source === "machine") this.off(why);
    this.short.look();
  }

  over() {
    this.used = this.id = undefined;
    write(this.slot("sending"), "");
    this.notes.clear();
  }

  /** Shows what becomes of the take above the form, which is ready for another one. */
  finish(id) {
    const one = new Finishing(id, this.form.text("title"));
    this.finishing.push(one);
    this.slot("jobs").prepend(one.node);
    this.field("title").value = this.field("note").value = "";
    one.node.focus();
    one.node.scrollIntoView({ block: "center" });
    one.ended.then(() => this.short.look());
  }
}
