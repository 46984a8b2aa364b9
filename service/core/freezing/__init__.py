"""Which blocks to freeze, and the plan around them."""
