"""One session: its recording, timeline, scores, feedback and notes."""

import streamlit as st

from attune import AttuneError
from dashboard.page import catalogue, component
from dashboard.text import address, plain

id = st.query_params.get("session", "")
try:
    session = catalogue().open(id)
except LookupError:
    st.info("There is no such session in this library. Choose one from the list of sessions.")
except AttuneError as problem:
    st.warning(f"This session can't be opened: {plain(str(problem))}")
else:
    component("review", {"url": address(id)}, key=f"review-{id}", styles=("notes",))
