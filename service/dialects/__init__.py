"""Plans and schedules in the words of each trainer. No trainer is imported."""
