"""Generators need tools of their own: `make test-clients` sets CLIENTS to them; elsewhere these are not collected."""

import os

collect_ignore_glob = [] if "CLIENTS" in os.environ else ["test_*.py"]
