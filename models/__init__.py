"""Deciding: arrays to probabilities. Never imports vision, scoring or dashboard."""

import attune  # noqa: F401 (before anything imports onnxruntime: it keeps it from reporting)
