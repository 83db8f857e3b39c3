// Small parts of which notes and corrections are made.

import { make } from "./format.js";

export const SIGNS = { keep: "✓", try: "→", question: "?" };
export const LOOK_MS = 5000; // how often the page looks for what others wrote

let groups = 0;

export function button(text, act, cls = "", attributes = {}) {
  const node = make("button", { type: "button", cls, text, ...attributes });
  node.addEventListener("click", () => act(node));
  return node;
}

let pressed = false;
document.addEventListener("pointerdown", () => (pressed = true), { capture: true });
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => (pressed = false), { capture: true });

/** Acts once nothing is pressed any more: what moves under a finger misses its click. */
export function afterPress(act) {
  if (pressed) document.addEventListener("pointerup", () => setTimeout(act), { once: true });
  else setTimeout(act);
}

/** A group of radio buttons: its `node`, and the chosen `value`. Choices are [value, label, sign]. */
export function radios(label, choices) {
  const name = `choice-${groups++}`;
  const inputs = choices.map(([value]) => make("input", { type: "radio", name, value }));
  const labels = choices.map(([, word, sign], i) =>
    make("label", {}, [inputs[i], ...(sign ? [make("span", { text: sign, "aria-hidden": "true" })] : []), make("span", { text: word })]),
  );
  const node = make("fieldset", { cls: "radios" }, [make("legend", { text: label }), ...labels]);
  return {
    node,
    get value() {
      return inputs.find(({ checked }) => checked)?.value ?? "";
    },
    set value(value) {
      for (const input of inputs) input.checked = input.value === value;
    },
  };
}

/** A dialog in `slot` with a heading and parts; gone once it is closed. Its `close()` and what it answers. */
export function dialog(slot, heading, parts) {
  const node = make("dialog", { "aria-label": heading }, [make("h2", { text: heading }), ...parts]);
  slot.append(node);
  node.addEventListener("close", () => node.remove());
  node.addEventListener("keydown", (event) => event.stopPropagation()); // the page's keys rest meanwhile
  node.showModal();
  return node;
}

/** Asks before something is taken away; whether the answer was yes. */
export function confirmed(slot, question, text, yes, no) {
  return new Promise((answer) => {
    const choices = make("p", { cls: "send" }, [
      button(no, () => asked.close("no"), "", { autofocus: "" }),
      button(yes, () => asked.close("yes"), "main"),
    ]);
    const asked = dialog(slot, question, [make("p", { cls: "note-text short", text }), choices]);
    asked.addEventListener("close", () => answer(asked.returnValue === "yes"));
  });
}

/** A stored time as people write it. */
export function when(time) {
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** Makes the children of a list these nodes, moving only what is out of place: the focus stays where it is. */
export function arrange(list, nodes) {
  for (const child of [...list.children]) if (!nodes.includes(child)) child.remove();
  nodes.forEach((node, i) => list.children[i] !== node && list.insertBefore(node, list.children[i] ?? null));
}

/** Calls `look` every few seconds while the page is seen, until the signal ends it. */
export function keepLooking(look, signal) {
  const seen = () => document.visibilityState === "visible" && look();
  const timer = setInterval(seen, LOOK_MS);
  document.addEventListener("visibilitychange", seen, { signal });
  signal.addEventListener("abort", () => clearInterval(timer));
}
