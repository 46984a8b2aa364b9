"""The OpenAPI document: what it says, and how it is said so that every generator reads it."""
