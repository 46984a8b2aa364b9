"""Writes the page: `make resources`."""

import sys

from benchmarks.resources.page import PAGE, write
from service.knowledge.loader import load

PAGE.write_text(write(load()), encoding="utf-8")
sys.stdout.write(PAGE.read_text(encoding="utf-8"))
