"""Words and places that callers use for ours."""
