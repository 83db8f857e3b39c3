// The keyboard, and the help that lists it: one table for both.

import { make } from "./format.js";

const TYPING = "input, textarea, select, [contenteditable]";
const PRESSABLE = "button, a, summary"; // space is theirs

/** The keys of the review: [keys as the browser names them, keys as written, what they do, action]. */
export function keysOf(review) {
  const { playback, timeline } = review;
  return [
    [[" "], "Space", "Play or pause", () => playback.toggle()],
    [["j"], "J", "Go back, again: faster", () => playback.back()],
    [["k"], "K", "Pause", () => playback.stop()],
    [["l"], "L", "Play, again: faster", () => review.faster()],
    [["ArrowLeft"], "←", "One frame back; with ⇧ one second", ({ shiftKey }) => review.move(-1, shiftKey)],
    [["ArrowRight"], "→", "One frame on; with ⇧ one second", ({ shiftKey }) => review.move(1, shiftKey)],
    [["e"], "E", "Next event; with ⇧ the one before", ({ shiftKey }) => review.beside(shiftKey ? -1 : 1)],
    [["Enter"], "Enter", "On the timeline: play the chosen event", () => review.playChosen(), ".timeline"],
    [["i"], "I", "A span begins here", () => review.bound("start")],
    [["o"], "O", "A span ends here", () => review.bound("end")],
    [["Escape"], "Esc", "Choose nothing", () => review.clear()],
    [["+", "="], "+", "Zoom in", () => timeline.zoom(1 / 1.6)],
    [["-", "_"], "−", "Zoom out", () => timeline.zoom(1.6)],
    [["0"], "0", "The whole recording", () => timeline.whole()],
    [["Home"], "Home", "On the timeline: to the start", () => playback.seek(0), ".timeline"],
    [["End"], "End", "On the timeline: to the end", () => playback.seek(playback.duration), ".timeline"],
    [["f"], "F", "Full screen, on and off", () => review.fullscreen()],
    [["?"], "?", "This help", () => review.help()],
  ];
}

const MOUSE = [
  ["Click", "Go to that time; on an event: play it"],
  ["Drag", "Move through the recording"],
  ["Wheel", "Zoom where the pointer is; with ⇧ move along"],
  ["Drag the ruler", "Move along, when zoomed"],
  ["⇧ and drag", "Mark a span"],
];

/** Listens on the document for what concerns the component at `root`. */
export function listen(root, keys, signal) {
  const heard = (event) => {
    const at = event.composedPath()[0];
    // a click on words or beside them gives the keys to whatever is around the component
    const here = event.composedPath().includes(root) || at.contains(root.getRootNode().host);
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!here || at.closest?.(TYPING) || root.querySelector("dialog[open]")) return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const found = keys.find(([names]) => names.includes(name));
    if (!found || (name === " " && at.closest?.(PRESSABLE))) return;
    if (found[4] && !at.closest?.(found[4])) return;
    event.preventDefault();
    found[3](event);
  };
  document.addEventListener("keydown", heard, { signal });
}

/** Writes the keys into the help. */
export function explain(list, keys) {
  const line = (what, does) => [make("dt", {}, [make("kbd", { text: what })]), make("dd", { text: does })];
  const written = keys.map(([, what, does]) => [what, does]);
  list.append(...[...written, ["N", "A new note"], ...MOUSE].flatMap(([what, does]) => line(what, does)));
}
