"""A demonstration that trains: real weights and real mail, the service's plan beside three textbook settings."""
