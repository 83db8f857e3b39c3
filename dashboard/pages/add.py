"""Add a recording: upload it or name its place, say whom it shows and who agreed, and have it analysed."""

import streamlit as st

from dashboard.page import catalogue, component
from dashboard.session_list import values

shelf = catalogue()
st.title("Add a recording", anchor=False)
known = {"people": shelf.people(), "scenarios": values(shelf.entries(), "scenario")}
component("upload", {"known": known}, key="upload", styles=("form",))
