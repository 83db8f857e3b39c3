// Which lanes are shown: a menu of checkboxes, remembered.

import { make } from "./format.js";
import { recall, remember } from "./settings.js";

const keyOf = ({ cue, person }) => `${cue} ${person}`;

/** Fills the menu and hides the lanes that were hidden before. */
export function laneMenu(menu, timeline, signal) {
  const hidden = new Set(recall("hidden", []));
  for (const lane of timeline.lanes) {
    lane.hidden = hidden.has(keyOf(lane));
    const box = make("input", { type: "checkbox" });
    box.checked = !lane.hidden;
    box.addEventListener("change", () => {
      lane.hidden = !box.checked;
      hidden[lane.hidden ? "add" : "delete"](keyOf(lane));
      remember("hidden", [...hidden]);
      timeline.rearrange();
    });
    menu.querySelector("[data-slot=lane-list]").append(make("label", {}, [box, ` ${lane.label}`]));
  }
  const close = (event) => {
    if (event.type === "keydown" ? event.key === "Escape" && menu.open : !event.composedPath().includes(menu)) {
      menu.open = false;
      if (event.type === "keydown") {
        event.preventDefault();
        menu.querySelector("summary").focus();
      }
    }
  };
  document.addEventListener("pointerdown", close, { signal });
  menu.addEventListener("keydown", close);
}
