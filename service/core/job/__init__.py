"""The request understood."""
