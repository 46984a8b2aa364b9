"""How likely each risk is: what threatens the transfer, the run, and the release."""
