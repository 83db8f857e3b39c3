// The camera and microphone of this browser: what they show, how loud it is, and their recording.

import { Sending } from "./sending.js";
import { ask, insist } from "./transfer.js";

// H.264 needs no second encoding; Matroska comes piece by piece where MP4 lags a second behind.
const TYPES = [
  "video/webm;codecs=h264,opus", "video/x-matroska;codecs=avc1,opus", "video/mp4;codecs=avc1.42E01F,mp4a.40.2",
  "video/mp4;codecs=avc1.42E01F", "video/webm;codecs=vp8,opus", "video/webm", "video/mp4",
];
const PIECE_MS = 1000;
const BITS_PER_S = 4_000_000;
const WHY = {
  NotAllowedError: "The browser may not use the camera: allow it beside the address above, then try again.",
  NotFoundError: "No camera was found: plug one in, then try again.",
  OverconstrainedError: "That camera is no longer there: choose another one.",
  NotReadableError: "The camera is used by another program: close that one, then try again.",
  AbortError: "The camera did not start: unplug it, plug it in again, and try once more.",
};
const NO_MICROPHONE =
  "The microphone can't be used: allow it, close other programs that use it, or choose another one or None, then try again.";

export class BrowserCamera {
  /** `video` shows the picture; `tell` is called with {level}, {sending}, {problem}. */
  constructor(video, tell) {
    Object.assign(this, { video, tell, spent: 0, levels: null });
  }

  /** Turns the camera on. Throws an Error with a sentence where it can't be. */
  async open({ device, microphone }) {
    this.close();
    if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) {
      throw new Error("This browser can't record: use a current Chrome, Edge, Firefox or Safari on this machine.");
    }
    const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 }, ...exactly(device) };
    const audio = microphone === "none" ? false : { ...exactly(microphone) };
    const opening = (this.opening = {});
    const stream = await this.#opened(video, audio);
    if (this.opening !== opening) return stop(stream); // closed meanwhile, or another one was chosen
    this.stream = stream;
    this.video.srcObject = stream;
    stream.getVideoTracks()[0].addEventListener("ended", () => this.tell({ problem: "The camera was unplugged: plug it in again." }));
    if (stream.getAudioTracks().length) this.#listen();
  }

  async #opened(video, audio) {
    try {
      return await navigator.mediaDevices.getUserMedia({ video, audio });
    } catch (problem) {
      if (audio && problem.name === "NotFoundError") {
        // no microphone, or no camera: without sound it shows which
        return this.#opened(video, false);
      }
      if (audio && (await this.#alone(video))) throw new Error(NO_MICROPHONE);
      throw new Error(WHY[problem.name] ?? "The camera can't be used: check that it works in another program.");
    }
  }

  /** Whether the camera can be used without a microphone; only where nobody is asked for that again. */
  async #alone(video) {
    const allowed = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
    if (allowed?.state !== "granted") return false;
    return navigator.mediaDevices.getUserMedia({ video }).then((stream) => (stop(stream), true), () => false);
  }

  /** What there is to choose from: {cameras, microphones}, each {id, name}. Known once one is on. */
  async devices() {
    const all = await navigator.mediaDevices.enumerateDevices();
    const of = (kind) => all.filter((one) => one.kind === kind && one.deviceId && one.deviceId !== "default" && one.deviceId !== "communications")
      .map((one, n) => ({ id: one.deviceId, name: one.label || `Number ${n + 1}` }));
    return { cameras: of("videoinput"), microphones: of("audioinput") };
  }

  get hasSound() {
    return Boolean(this.stream?.getAudioTracks().length);
  }

  /** Tells the server that a recording begins; its id. */
  async begin(fields) {
    const sound = this.hasSound;
    this.type = TYPES.find((type) => MediaRecorder.isTypeSupported(sound ? type : type.replace(/,(opus|mp4a.*)$/, "")));
    const { id, longest_s: longest } = await ask("POST", "/api/record", { ...fields, type: this.type ?? "" });
    this.longest = longest;
    this.ending = new AbortController();
    return (this.id = id);
  }

  /** Records from now on. */
  async start() {
    const mimeType = this.hasSound ? this.type : this.type.replace(/,(opus|mp4a.*)$/, "");
    const options = { mimeType, videoBitsPerSecond: BITS_PER_S, videoKeyFrameIntervalDuration: 1000 };
    const recorder = (this.recorder = new MediaRecorder(this.stream, options));
    this.sending = new Sending(this.id, (state) => this.tell({ sending: state }), this.ending.signal);
    this.spent = 0;
    recorder.addEventListener("dataavailable", ({ data }) => this.sending.add(data));
    this.stopped = new Promise((done) => recorder.addEventListener("stop", done, { once: true }));
    const begun = new Promise((done) => recorder.addEventListener("start", done, { once: true }));
    recorder.start(PIECE_MS);
    await begun;
    this.since = performance.now();
  }

  /** Seconds recorded so far, without the pauses. */
  elapsed() {
    return (this.spent + (this.since === undefined ? 0 : performance.now() - this.since)) / 1000;
  }

  async pause() {
    if (this.recorder?.state !== "recording") return;
    this.recorder.pause();
    this.spent += performance.now() - this.since;
    this.since = undefined;
    this.recorder.requestData();
    // only tells where no movement leads across: nothing waits for it
    insist("POST", `/api/record/${this.id}/pause`, { at_s: this.elapsed() }).catch(() => {});
  }

  async resume() {
    if (this.recorder?.state !== "paused") return;
    this.recorder.resume();
    this.since = performance.now();
  }

  /** Ends the recording here, and waits until the server has all of it; how many bytes that is. */
  async arrived() {
    await this.halt();
    return this.sending.all();
  }

  /** Ends the recording; once the server has all of it and goes on by itself. */
  async stop() {
    const size = await this.arrived();
    return insist("POST", `/api/record/${this.id}/end`, { size });
  }

  /** Ends the recording with what has arrived. */
  keep() {
    return ask("POST", `/api/record/${this.id}/end`, { size: this.sending.sent });
  }

  /** Ends the recording here; what was recorded goes on being sent. */
  async halt() {
    if (!this.recorder) return;
    if (this.recorder.state !== "inactive") this.recorder.stop();
    if (this.since !== undefined) this.spent += performance.now() - this.since;
    this.since = undefined;
    await this.stopped;
    this.recorder = undefined;
  }

  /** Forgets the recording. */
  async discard() {
    this.ending?.abort(); // before it is forgotten there: nothing is sent or asked that would come too late
    await this.halt();
    this.sending = undefined;
    const { id } = this;
    this.id = undefined;
    if (id) insist("DELETE", `/api/record/${id}`).catch(() => {}); // also when the server is away right now
  }

  /** Turns the camera off. */
  close() {
    this.opening = undefined;
    cancelAnimationFrame(this.turn);
    this.sound?.close();
    this.sound = undefined;
    if (this.stream) stop(this.stream);
    this.stream = undefined;
    this.video.srcObject = null;
  }

  /** Tells the level of the sound, 0 to 1 from silence to as loud as can be recorded. */
  #listen() {
    const sound = (this.sound = new AudioContext());
    const analyser = sound.createAnalyser();
    analyser.fftSize = 1024;
    sound.createMediaStreamSource(this.stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const look = () => {
      if (sound.state === "suspended") sound.resume().catch(() => {});
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
      this.tell({ level: Math.min(1, Math.max(0, 1 + Math.log10(power + 1e-9) / 6)) }); // -60 dB is silence
      this.turn = requestAnimationFrame(look);
    };
    look();
  }
}

function exactly(id) {
  return id ? { deviceId: { exact: id } } : {};
}

function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}
