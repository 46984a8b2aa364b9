"""What published comparisons say, one kind of task a module."""
