// Small words and nodes shared by the player's modules. Text only ever enters the page as text.

/** Seconds as m:ss, or h:mm:ss; with tenths when asked. */
export function clock(seconds, tenths = false) {
  const units = Math.floor(Math.max(0, seconds) * 10 + 1e-6);
  const whole = Math.floor(units / 10);
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const text = hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  return tenths ? `${text}.${units % 10}` : text;
}

/** An element with a class, text and attributes; children are nodes or strings. */
export function make(tag, { cls, text, ...attributes } = {}, children = []) {
  const node = document.createElement(tag);
  if (cls) node.className = cls;
  if (text !== undefined) node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Writes a text where it is another one. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** " by" somebody, where they have a name: whoever uses the dashboard without logging in is "local". */
export function by(author) {
  return author === "local" ? "" : ` by ${author}`;
}

/** Position of the last value <= x in a rising array, -1 before the first. */
export function last(array, x) {
  let low = 0;
  let high = array.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (array[middle] <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Position of the first value >= x in a rising array, its length after the last. */
export function first(array, x) {
  let low = 0;
  let high = array.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (array[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A time as a link that plays from there; `play` gets the span's start and end. */
export function chip(start, end, play) {
  const from = clock(start);
  const to = clock(end);
  const label = from === to ? from : `${from}–${to}`;
  const link = make("a", { cls: "chip", text: label, href: `#t=${start.toFixed(2)}`, "aria-label": `Play ${label}` });
  link.addEventListener("click", (event) => {
    event.preventDefault();
    play(start, end);
  });
  return link;
}

/** Scrolls until an element is in sight; at once for those who asked for less motion. */
export function bring(node, block = "nearest") {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  node.scrollIntoView({ block, behavior: still ? "auto" : "smooth" });
}
