"""From the names and shapes of parameters to blocks."""
