// What the user chose to see, remembered in this browser.

const KEY = "attune.review";

function all() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {}; // storage is refused or holds something else: the defaults do
  }
}

/** A remembered value, or the given one. */
export function recall(name, otherwise) {
  return all()[name] ?? otherwise;
}

export function remember(name, value) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...all(), [name]: value }));
  } catch {
    // it holds for this page only, then
  }
}
