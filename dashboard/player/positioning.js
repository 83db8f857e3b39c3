// Help with sitting down before this browser's camera: the server looks at a small picture now and then.
// Nobody has agreed to anything yet: it keeps none of them.

const EVERY_MS = 1500;
const SIDE = 640; // pixels of the longer one: enough for a face that is too small
const QUALITY = 0.8;

export class Positioning {
  /**
   * @param {HTMLVideoElement} video shows what the camera sees
   * @param {() => boolean} wanted whether somebody may sit down before it right now
   * @param {(sentences: string) => void} tell is called with what to change, and with nothing once help ends
   * @param {AbortSignal} signal ends it
   */
  constructor(video, wanted, tell, signal) {
    Object.assign(this, { video, wanted, tell, canvas: document.createElement("canvas") });
    this.#help(signal);
  }

  /** Nothing is said any more until help is wanted again. */
  stop() {
    if (!this.asking) return;
    this.asking.abort();
    this.asking = undefined;
    this.tell("");
  }

  /** One picture after the other, never two at once. */
  async #help(signal) {
    while (!signal.aborted) {
      if (this.wanted() && document.visibilityState === "visible") await this.#look();
      await new Promise((wake) => setTimeout(wake, EVERY_MS));
    }
  }

  async #look() {
    const { signal } = (this.asking = new AbortController());
    const body = await this.#picture();
    if (!body || signal.aborted) return;
    try {
      const answer = await fetch("/api/record/position", { method: "POST", body, signal });
      const { advice } = answer.ok ? await answer.json() : {};
      if (!signal.aborted && this.wanted()) this.tell(advice ?? "");
    } catch {
      if (!signal.aborted) this.tell(""); // the server is away: the page says so where it matters
    }
  }

  /** What the camera sees, as it sees it: only the page shows a mirror image. */
  async #picture() {
    const { video, canvas } = this;
    const { videoWidth: width, videoHeight: height } = video;
    if (!width || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null;
    const share = Math.min(1, SIDE / Math.max(width, height));
    Object.assign(canvas, { width: Math.round(width * share), height: Math.round(height * share) });
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  }
}
