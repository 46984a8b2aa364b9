"""What crosses the wire: msgspec Structs and enums, nothing else."""
