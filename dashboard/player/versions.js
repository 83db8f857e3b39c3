// What a note once was: every version of it, the deletion too.

import { by, clock, make } from "./format.js";
import { button, dialog, SIGNS, when } from "./note_parts.js";
import { ask } from "./transfer.js";

/**
 * Shows the versions of a note in a dialog.
 * @param {import("./notes.js").Notes} board
 */
export async function showVersions(board, note) {
  const url = `${board.api.url}/notes/${note.id}/history`;
  const answer = await board.change(() => ask("GET", url), "The versions can't be shown");
  if (!answer) return;
  const rows = answer.versions.map((version) =>
    make("li", {}, [
      make("p", { cls: "who", text: `${did(version)} ${when(version.changed)}${by(version.author)}` }),
      ...(version.deleted || note.parent ? [] : [make("p", { cls: "hint", text: about(board, version) })]),
      ...(version.deleted ? [] : [make("p", { cls: "note-text", text: version.text })]),
    ]),
  );
  const close = button("Close", () => shown.close(), "", { autofocus: "" });
  const heading = `Versions of this ${note.parent ? "reply" : "note"}`;
  const shown = dialog(board.slot, heading, [make("ol", { cls: "versions" }, rows), make("p", { cls: "send" }, [close])]);
}

function did({ version, deleted }) {
  if (deleted) return "deleted";
  return version === 1 ? "written" : "changed";
}

/** Kind, time and rating: a change of one of these alone is seen, too. */
function about(board, version) {
  const [start, end] = [version.start_s, version.end_s].map((time) => clock(time, true));
  const time = start === end ? start : `${start}–${end}`;
  return [`${SIGNS[version.kind] ?? "•"} ${board.kindOf(version)}`, time, board.ratingOf(version)].filter(Boolean).join(" · ");
}
