"""Lengths, rates, decay, curves and groups."""
