"""Judging: signals to events to scores to feedback; `cli` and `analyze` put the parts together."""
