"""What stands beside a plan: notices, risks, the ladder, settings against overfitting."""
