"""Which strategy, and which model."""
