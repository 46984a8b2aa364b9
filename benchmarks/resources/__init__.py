"""Measured memory of training, against what the service says of the same runs."""
