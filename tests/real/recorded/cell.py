"""What may come of a cell, beside that it was run."""


class NotHere(Exception):
    """This machine cannot run the cell, which therefore stays unrecorded."""
