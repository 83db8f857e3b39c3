// What was typed but isn't stored yet, kept in this browser: no closed page and no stopped server loses it.

/** A name for something new, made here so that sending it twice stores it once. */
export const newId = () => crypto.randomUUID().replaceAll("-", "");

export class Drafts {
  /** @param {string} url address of the session whose notes they are */
  constructor(url) {
    this.prefix = `attune-note ${url} `;
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

  keep(draft) {
    this.#try(() => localStorage.setItem(this.prefix + draft.id, JSON.stringify({ ...draft, at: Date.now() })));
  }

  drop(id) {
    this.#try(() => localStorage.removeItem(this.prefix + id));
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
