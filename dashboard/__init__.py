"""Showing: Streamlit pages over stored sessions."""
