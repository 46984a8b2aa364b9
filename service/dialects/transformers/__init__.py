"""transformers and PEFT."""
