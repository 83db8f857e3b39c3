"""The dashboard's page: the library's sessions beside, the chosen one's review in the middle."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import quote

# Streamlit runs this file as a script and puts only its own folder on the path.
ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

import streamlit as st  # noqa: E402

from dashboard import shelf  # noqa: E402
from dashboard.text import plain  # noqa: E402
from scoring.timeline import clock  # noqa: E402

PLAYER = Path(__file__).with_name("player")
MANY = 8  # from here on a search helps
EMPTY = """
### Nothing here yet

Analyse a recording and it will appear here:

    attune analyze VIDEO

or try Attune with its own sample: `attune demo`. Nothing leaves this machine.
"""
# The modules come from our own route: plain files that import each other, cached by the browser.
LOADER = """
export default function (component) {
  const ready = import(new URL("/player/player.js", location.origin)).then(({ mount }) => mount(component));
  return () => ready.then((unmount) => unmount());
}
"""
STYLE = """<style>
[data-testid="stHeader"] { background: transparent; }
[data-testid="stMainBlockContainer"] { padding: 3.4rem clamp(1rem, 3vw, 3rem) 3rem; max-width: 1500px; }
[data-testid="stSidebarUserContent"] { padding-top: 0; }
[data-testid="stSidebar"] [role="radiogroup"] { gap: .15rem; width: 100%; }
[data-testid="stSidebar"] [role="radiogroup"] > label {
  width: 100%; padding: .5rem .7rem; margin: 0; border-radius: 8px; align-items: flex-start;
}
[data-testid="stSidebar"] [role="radiogroup"] > label:has(input:checked) {
  background: light-dark(#ffffff, #27313a); box-shadow: inset 3px 0 light-dark(#0072b2, #56b4e9);
}
[data-testid="stSidebar"] [role="radiogroup"] > label > div > div > div:not([data-testid]) { display: none; }
[data-testid="stSidebar"] [role="radiogroup"] > label > div > div { margin-left: 0; padding-left: 0; }
[data-testid="stSidebar"] [role="radiogroup"] > label:has(:focus-visible) {
  outline: 2.5px solid light-dark(#0063a0, #6cc0f0);
}
[data-testid="stSidebar"] [role="radiogroup"] p { overflow-wrap: anywhere; }
</style>"""


def main() -> None:
    st.set_page_config(page_title="Attune", page_icon=str(PLAYER / "icon.svg"), layout="wide")
    st.html(STYLE)
    library = Path(os.environ["ATTUNE_LIBRARY"])
    entries = shelf.entries(library)
    with st.sidebar:
        st.title("Attune", anchor=False)
        entry = choose(entries) if entries else None
    if not entries:
        st.markdown(EMPTY)
    elif entry is None:
        st.info("No session matches this search. Try a shorter word.")
    elif entry.problem:
        st.subheader(plain(entry.title), anchor=False)
        st.warning(f"This session can't be opened: {plain(entry.problem)}")
    else:
        show(entry)


def choose(entries: list[shelf.Entry]) -> shelf.Entry | None:
    """The list in the sidebar; the choice is kept in the address, so that it can be kept as a bookmark."""
    shown = entries
    if len(entries) >= MANY:
        wanted = st.text_input("Search", placeholder="Search sessions", label_visibility="collapsed")
        shown = [entry for entry in entries if wanted.strip().casefold() in entry.title.casefold()]
    if not shown:
        return None
    by_id = {entry.id: entry for entry in shown}
    asked = st.query_params.get("session")
    if "session" not in st.session_state and asked in by_id:
        st.session_state.session = asked
    if st.session_state.get("session") not in by_id:
        st.session_state.pop("session", None)
    id = st.radio(
        "Sessions",
        list(by_id),
        key="session",
        format_func=lambda id: plain(by_id[id].title),
        captions=[caption(entry) for entry in shown],
        label_visibility="collapsed",
    )
    if asked != id:
        st.query_params["session"] = id
    return by_id[id]


def caption(entry: shelf.Entry) -> str:
    if entry.problem:
        return "⚠ can't be opened"
    parts = []
    if entry.created:
        parts.append(f"{entry.created.day} {entry.created:%b %Y, %H:%M}")
    if entry.duration_s is not None:
        parts.append(clock(entry.duration_s))
    return plain(" · ".join(parts))


def show(entry: shelf.Entry) -> None:
    parts = {name: (PLAYER / f"player.{name}").read_text("utf-8") for name in ("html", "css")}
    review = st.components.v2.component("review", **parts, js=LOADER)
    review(data={"url": f"/api/session/{quote(entry.id, safe='')}/review"}, key=f"review-{entry.id}")


main()
