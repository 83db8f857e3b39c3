"""Seeing: pixels to landmarks to named signals. Never imports models, scoring or dashboard."""

import attune  # noqa: F401 (before anything imports onnxruntime: it keeps it from reporting)
