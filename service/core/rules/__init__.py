"""What a rule is, and what every rule is asked with."""
