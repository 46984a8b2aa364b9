"""The rules engine: pure functions of a request and the knowledge. No web, clock, environment, log or network."""
