"""The curve of a schedule: its options resolved, its warm-up, its factors in closed form."""
