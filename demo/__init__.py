"""A demonstration that trains: real weights and real mail, the service's plans beside three textbook settings."""
