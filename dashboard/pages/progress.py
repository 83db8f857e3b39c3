"""To be written."""

import streamlit as st

st.title("progress", anchor=False)
