"""Transfer Advisor: a transfer-learning job in, a plan that a trainer can run unchanged out."""

__version__ = "0.2.0"
