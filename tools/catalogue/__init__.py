"""Reads libraries of models, and writes what they say of themselves as rows of the knowledge: `make catalogue`."""
