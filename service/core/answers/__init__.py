"""The answers, one question a module."""
