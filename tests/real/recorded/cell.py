"""Which cells are run, and what may come of one beside that it was run."""

import os

from service.contract.words import Trainer
from service.dialects.runs import RunCell
from tests.dialects.cells import Drawn, drawn

FAST = os.environ.get("REAL_FAST") == "1"
EVERY = 29
"""Of so many cells a fast run takes one: a prime, so that it meets every word of every axis."""


def spread(trainer: Trainer) -> dict[RunCell, Drawn]:
    """The cells that are run with their jobs: all, or with REAL_FAST=1 a spread part."""
    cells = drawn(trainer)
    return dict(list(cells.items())[:: EVERY if FAST else 1])


class NotHere(Exception):
    """This machine cannot run the cell, which therefore stays unrecorded."""
