"""Which model a job starts from: what speaks for each, and their order."""
