"""To be written."""

import streamlit as st

st.title("compare", anchor=False)
