"""Claims as data: one flat TOML row per claim, with an id and its sources."""
