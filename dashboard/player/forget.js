// What this browser keeps of a session that was deleted goes, too.

import { Drafts } from "./drafts.js";

export function mount({ data }) {
  new Drafts(data.url).clear();
  return () => {};
}
