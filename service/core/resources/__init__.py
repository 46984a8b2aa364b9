"""What a plan takes of a machine."""
