"""The list of sessions: what is being analysed, what there is, and what can be done with each."""

from __future__ import annotations

import streamlit as st

from dashboard import cards, running_jobs, session_dialogs
from dashboard.page import PAGES, catalogue
from dashboard.session_list import NOBODY, ORDERS, Filter, before, chosen, page_of, tags_of, values
from dashboard.text import plain
from scoring import cut_short
from scoring.catalogue import Entry

ADD, REVIEW, COMPARE, RECORD = (PAGES / f"{name}.py" for name in ("add", "review", "compare", "record"))
PER_PAGE = 12
EVERYBODY, EVERYTHING = "Everybody", "Every scenario"
# What is chosen stands in the address under these names: it survives reloading and the browser's Back.
NOTHING_CHOSEN = {
    "search": "", "person": EVERYBODY, "scenario": EVERYTHING, "tags": [], "from": None, "to": None,
}  # fmt: skip
BOUND = {"bind": "query-params"}
EMPTY = """
## Nothing here yet

Record a practice conversation, or add a recording of one, and it appears here with its timeline, scores and
feedback. To look around first, run `attune demo` in a terminal. Nothing leaves this machine.
"""


def main() -> None:
    shelf = catalogue()
    st.title("Sessions", anchor=False)
    session_dialogs.say_what_happened()
    running_jobs.show(shelf)
    if left := cut_short.how_many(shelf.folder, shelf.user):
        said = "A recording was" if left == 1 else f"{left} recordings were"
        st.page_link(RECORD, label=f"{said} cut short: finish or discard", icon=":material/history:")
    entries = shelf.entries()
    if entries:
        library(entries)
        session_dialogs.show(entries)
    else:
        with st.container(key="empty"):
            st.markdown(EMPTY)
            with st.container(horizontal=True, key="first"):
                if st.button("Add a recording", type="primary", icon=":material/add:", key="add-first"):
                    st.switch_page(ADD)
                if st.button("Record one", icon=":material/videocam:", key="record-first"):
                    st.switch_page(RECORD)


def library(entries: list[Entry]) -> None:
    wanted, order = filters(entries)
    found = chosen(entries, wanted, order)
    how_many(wanted, len(found), len(entries))
    if not found:
        return
    shown, page, pages = page_of(found, _page(), PER_PAGE)
    with st.container(key="cards"):
        for entry in shown:
            card(entry, entries)
    if pages > 1:
        turn(page, pages)


def filters(entries: list[Entry]) -> tuple[Filter, str]:
    """Search and order in one line; the rest folded away, so that it fits a phone."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="filters"):
        again = {"on_change": first_page, **BOUND}
        words = st.text_input("Search", key="search", icon=":material/search:", max_chars=200, **again)
        order = st.selectbox("Order", list(ORDERS), key="order", filter_mode=None, **again)
        with st.popover("Filters", icon=":material/tune:", key="folded"):
            people = [*values(entries, "person"), *([NOBODY] if any(not e.person for e in entries) else [])]
            person = st.selectbox("Person", [EVERYBODY, *people], key="person", **again)
            scenarios = [EVERYTHING, *values(entries, "scenario")]
            scenario = st.selectbox("Scenario", scenarios, key="scenario", **again)
            tags = st.multiselect("Tags (all of them)", tags_of(entries), key="tags", placeholder="", **again)
            first = st.date_input("From", value=None, key="from", format="YYYY-MM-DD", **again)
            last = st.date_input("To", value=None, key="to", format="YYYY-MM-DD", **again)
    wanted = Filter(
        words, "" if person == EVERYBODY else person, "" if scenario == EVERYTHING else scenario,
        tuple(tags), first, last,
    )  # fmt: skip
    return wanted, order


def how_many(wanted: Filter, found: int, there: int) -> None:
    """How many sessions are shown and why not all, with a way back to all of them."""
    if wanted == Filter():
        st.caption(cards.counted(there, "session"))
        return
    with st.container(horizontal=True, vertical_alignment="center", key="found"):
        said = f"{found} of {cards.counted(there, 'session')}" if found else "No session matches"
        st.markdown(plain(f"{said}: {wanted.said}"))
        st.button("Clear filters", on_click=clear, key="clear")
    if not found:
        st.caption("Try fewer words, a wider range of dates, or clear the filters.")


def clear() -> None:
    st.session_state.update(NOTHING_CHOSEN)
    first_page()


def first_page() -> None:
    go_to(0)


def _page() -> int:
    """The page in the address, or the one that was left for another page of ours; counted from 0."""
    text = st.query_params.get("page", "")
    given = text.isascii() and text.isdecimal() and len(text) < 9
    return int(text) - 1 if given else st.session_state.get("page", 0)


def turn(page: int, pages: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="pages"):
        st.button("Previous", disabled=page == 0, on_click=go_to, args=(page - 1,), key="previous")
        st.caption(f"Page {page + 1} of {pages}")
        st.button("Next", disabled=page == pages - 1, on_click=go_to, args=(page + 1,), key="next")


def go_to(page: int) -> None:
    st.session_state.page = page
    if page:
        st.query_params["page"] = str(page + 1)
    else:
        st.query_params.pop("page", None)


def card(entry: Entry, entries: list[Entry]) -> None:
    """Its title's link covers the whole card but the button."""
    with st.container(border=True, key=f"card-{entry.id}"):
        st.html(cards.picture(entry))
        if entry.problem:
            st.markdown(f"**{plain(entry.title)}**")
        else:
            st.page_link(REVIEW, label=plain(entry.title), query_params={"session": entry.id})
        st.html(cards.facts(entry))
        menu(entry, entries)


def menu(entry: Entry, entries: list[Entry]) -> None:
    """What else can be done; what is in it is made once it is open."""
    key = f"more-{entry.id}"
    # of which one is heard only: a dozen buttons with one name can't be told apart
    label = f"More *of {plain(entry.title)}*"
    with st.popover(label, type="tertiary", on_change="rerun", key=key) as opened:
        if not opened.open:
            return
        with st.container(gap=None, key=f"actions-{entry.id}"):
            if not entry.problem:
                links(entry, entries)
                asking("Change title, person, tags", "edit", entry.id, key)
            asking("Delete", "delete", entry.id, key)


def links(entry: Entry, entries: list[Entry]) -> None:
    earlier = before(entry, entries)
    pair = {"a": earlier.id, "b": entry.id} if earlier else {"b": entry.id}
    st.page_link(REVIEW, label="Review", query_params={"session": entry.id})
    st.page_link(COMPARE, label="Compare", query_params=pair)
    st.html(cards.reports(entry))


def asking(label: str, what: str, id: str, menu: str) -> None:
    """A button that closes its menu and opens a dialog."""

    def ask() -> None:
        st.session_state[menu] = False
        session_dialogs.ask(what, id)

    st.button(label, key=f"{what}-{id}", type="tertiary", on_click=ask)


main()
