"""Judges the advice by published outcomes: `make advice`."""
