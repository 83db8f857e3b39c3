// What was typed but isn't stored yet, kept in this browser: no closed page and no stopped server loses it.

/** A name for something new, made here so that sending it twice stores it once. */
export const newId = () => crypto.randomUUID().replaceAll("-", "");

export class Drafts {
  /**
   * @param {string} url address of the session whose notes they are
   * @param {AbortSignal} signal ends the page that writes them
   */
  constructor(url, signal) {
    this.prefix = `attune-note ${url} `;
    this.signal = signal;
    this.mine = new Set();
  }

  /** All drafts of the session, the newest first. */
  all() {
    try {
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
      return keys.map((key) => JSON.parse(localStorage.getItem(key))).sort((a, b) => b.at - a.at);
    } catch {
      return []; // storage is refused or holds something else: the page works without it
    }
  }

  /** Those that nobody is writing in another window; from now on they are this one's. */
  async left() {
    const { held = [] } = (await navigator.locks?.query()) ?? {};
    const taken = new Set(held.map(({ name }) => name));
    const free = this.all().filter(({ id }) => this.mine.has(id) || !taken.has(this.prefix + id));
    for (const { id } of free) this.#hold(id);
    return free;
  }

  /** Until this page ends, no other one takes the draft up: two would write one note. */
  #hold(id) {
    if (this.mine.has(id)) return;
    this.mine.add(id);
    const ended = () => new Promise((end) => this.signal.addEventListener("abort", end));
    navigator.locks?.request(this.prefix + id, { ifAvailable: true }, ended);
  }

  keep(draft) {
    if (this.gone) return;
    this.#hold(draft.id);
    this.#try(() => localStorage.setItem(this.prefix + draft.id, JSON.stringify({ ...draft, at: Date.now() })));
  }

  drop(id) {
    this.#try(() => localStorage.removeItem(this.prefix + id));
  }

  /** The session was deleted: what is written here is on the page only, and nothing of it stays behind. */
  forget() {
    this.gone = true;
    for (const id of this.mine) this.drop(id);
  }

  clear() {
    for (const { id } of this.all()) this.drop(id);
  }

  #try(act) {
    try {
      act();
    } catch {
      // it is kept on the page only, then
    }
  }
}
