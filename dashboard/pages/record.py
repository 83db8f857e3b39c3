"""Record a practice session with this browser's camera, or with one of the machine that runs Attune."""

import streamlit as st

from dashboard.page import catalogue, component
from dashboard.prompts import PROMPTS
from dashboard.session_list import values

shelf = catalogue()
st.title("Record", anchor=False)
known = {"people": shelf.people(), "scenarios": values(shelf.entries(), "scenario")}
component("record", {"known": known, "prompts": PROMPTS}, key="record", styles=("form",))
