"""Deciding: arrays to probabilities. Never imports vision, scoring or dashboard."""
