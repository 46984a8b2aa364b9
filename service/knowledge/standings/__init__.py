"""The arithmetic of published results."""
