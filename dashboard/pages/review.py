"""One session: its recording, timeline, scores, feedback and notes."""

from urllib.parse import quote

import streamlit as st

from attune import AttuneError
from dashboard.page import catalogue, component
from dashboard.text import plain

id = st.query_params.get("session", "")
try:
    session = catalogue().open(id)
except LookupError:
    st.info("There is no such session in this library. Choose one from the list of sessions.")
except AttuneError as problem:
    st.warning(f"This session can't be opened: {plain(str(problem))}")
else:
    url = f"/api/session/{quote(id, safe='')}"
    component("review", {"url": url}, key=f"review-{id}")
