"""What a schema cannot say of the tables, one function a law."""
