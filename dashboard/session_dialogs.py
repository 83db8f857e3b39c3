"""What asks before it changes something of a session, over the list of sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from attune import AttuneError
from dashboard import cards
from dashboard.page import catalogue, component
from dashboard.session_list import tags_of, values
from dashboard.text import address, moment, plain
from scoring.catalogue import LONGEST, Entry

GONE = "This session is no longer in the library."
_ASKED, _OPENED, _HAPPENED, _FORGOTTEN = "asked", "opened_with", "happened", "forgotten"


def ask(what: str, id: str) -> None:
    """Have a dialog about a session shown until it is answered: "edit" or "delete"."""
    _close()
    st.session_state[_ASKED] = (what, id)


def show(entries: Sequence[Entry]) -> None:
    """The dialog that was asked for, also when the list runs again because an analysis has ended."""
    what, id = st.session_state.get(_ASKED, ("", ""))
    entry = next((one for one in entries if one.id == id), None)
    if entry is not None:
        edit(entry, entries) if what == "edit" else delete(entry, entries)
    elif what:
        _close()


def say_what_happened() -> None:
    """What was done last, in passing; the browser forgets what it kept of a deleted session."""
    if said := st.session_state.pop(_HAPPENED, ""):
        st.toast(plain(said))
    if id := st.session_state.pop(_FORGOTTEN, ""):
        component("forget", {"url": address(id)}, key=f"forget-{id}")


def _close() -> None:
    for name in (_ASKED, _OPENED):
        st.session_state.pop(name, None)


def _done(said: str = "") -> None:
    _close()
    st.session_state[_HAPPENED] = said
    st.rerun()


@st.dialog("Change this session", on_dismiss=_close)
def edit(entry: Entry, entries: Sequence[Entry]) -> None:
    """Another title, person, scenario, tags."""
    shelf = catalogue()
    people = sorted({*shelf.people(), *([entry.person] if entry.person else [])}, key=str.casefold)
    now = entry, people, values(entries, "scenario"), tags_of(entries)
    # as it was when it opened: a field that gets another start or other choices loses what was chosen
    entry, people, scenarios, known = st.session_state.setdefault(_OPENED, now)
    mine = [tag for tag in known if tag.casefold() in {one.casefold() for one in entry.tags}]
    title = st.text_input("Title", entry.title, max_chars=LONGEST)
    person = _one_of("Person", people, entry.person)
    scenario = _one_of("Scenario", scenarios, entry.scenario)
    tags = st.multiselect("Tags", known, mine, accept_new_options=True, placeholder="")
    st.caption("Choose what is known already, or type something new.")
    if not st.button("Save", type="primary"):
        return
    try:
        if title != entry.title:
            shelf.rename(entry.id, title)
        shelf.describe(
            entry.id, person=_changed(person or "", entry.person), tags=_changed(tags, mine),
            scenario=_changed(scenario or "", entry.scenario),
        )  # fmt: skip
    except AttuneError as problem:
        st.warning(plain(str(problem)))
    except LookupError:
        st.warning(GONE)
    else:
        _done(f"“{title}” was changed.")


def _changed(new: Any, old: Any) -> Any:
    """What is to be stored: None leaves it as it is, which somebody else may have changed meanwhile."""
    return None if new == old else new


def _one_of(label: str, known: Sequence[str], now: str) -> str | None:
    """One of the known names, a new one, or none."""
    return st.selectbox(
        label, known, index=known.index(now) if now in known else None, accept_new_options=True,
        placeholder="",
    )  # fmt: skip


@st.dialog("Delete this session?", on_dismiss=_close)
def delete(entry: Entry, entries: Sequence[Entry]) -> None:
    """Says what goes with it, and deletes it only then."""
    notes = f"{cards.counted(entry.notes, 'note')}, " if entry.notes else ""
    video = "the copy of its video, " if entry.pictured else ""
    when = f" · {plain(moment(entry.created))}" if entry.created else ""  # another one may be called the same
    st.markdown(f"**{plain(entry.title)}**{when}")
    st.markdown(
        f"These go with it, for good: {video}its measurements, events, scores and feedback, {notes}"
        "corrections and tags. Reports that were saved elsewhere stay."
    )
    if entry.person and all(one.id == entry.id or one.person != entry.person for one in entries):
        st.markdown(f"No other session shows {plain(entry.person)}: the name and personal goals go, too.")
    with st.container(horizontal=True):
        if st.button("Keep it"):
            _done()
        if not st.button("Delete for good", type="primary"):
            return
    try:
        catalogue().forget(entry.id)
    except LookupError:
        st.warning(GONE)
    except AttuneError as problem:
        st.warning(plain(str(problem)))
    else:
        st.session_state[_FORGOTTEN] = entry.id
        _done(f"“{entry.title}” was deleted.")
