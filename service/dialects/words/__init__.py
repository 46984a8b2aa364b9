"""What every trainer's export is written with."""
