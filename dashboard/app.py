"""The dashboard's frame: the links above every page, and which page an address shows."""

from __future__ import annotations

import sys
from pathlib import Path

# Streamlit runs this file as a script and puts only its own folder on the path.
ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

import streamlit as st  # noqa: E402

from attune import AttuneError  # noqa: E402
from dashboard.page import COLOURS, PAGES, PLAYER  # noqa: E402
from dashboard.text import plain  # noqa: E402

STYLE = "\n".join(sheet.read_text("utf-8") for sheet in (COLOURS, PLAYER / "frame.css"))
# Shown while the browser has no connection: Streamlit itself would only grey out what can't be used.
AWAY = "The server doesn't answer. This page goes on once it does; if it was ended, start it again."


def main() -> None:
    sessions = st.Page(PAGES / "sessions.py", title="Sessions", default=True)
    linked = [
        sessions,
        st.Page(PAGES / "record.py", title="Record", url_path="record"),
        st.Page(PAGES / "add.py", title="Add a recording", url_path="add"),
        st.Page(PAGES / "compare.py", title="Compare", url_path="compare"),
        st.Page(PAGES / "progress.py", title="Progress", url_path="progress"),
    ]
    review = st.Page(PAGES / "review.py", title="Review", url_path="review")
    # Streamlit's own menu would fold into a side bar on narrow screens; a line of links fits everywhere.
    page = st.navigation([*linked, review], position="hidden")
    title = f"{page.title} · Attune"
    st.set_page_config(page_title=title, page_icon=str(PLAYER / "icon.svg"), layout="wide")
    st.html(f"<style>{STYLE}</style>")
    with st.container(horizontal=True, key="links"):
        st.html(f'<p class="brand">Attune</p><p class="away" role="alert">{AWAY}</p>', width="content")
        for one in linked:
            st.page_link(one)
    if page is sessions and (id := st.query_params.pop("session", "")) and "opened" not in st.session_state:
        # an address from before there were pages; later it is what Back leaves of the review's address
        st.session_state.opened = True
        st.switch_page(review, query_params={"session": id})
    st.session_state.opened = True
    try:
        page.run()
    except AttuneError as problem:  # the library itself can't be read
        st.error(plain(str(problem)))


main()
