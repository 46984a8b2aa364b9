"""Clients that generators make of the document, compiled and run against a live service: `make test-clients`."""
