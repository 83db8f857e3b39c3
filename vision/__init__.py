"""Seeing: pixels to landmarks to named signals. Never imports models, scoring or dashboard."""
