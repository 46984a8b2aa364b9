"""How long a text and how small an image a listed model takes, by the shapes of its first layers."""

import re

from service.contract.words import Family
from service.core.architecture.parameter_list import Listing
from service.knowledge.index import Knowledge
from service.knowledge.rows import Lineage

SEPARATORS = re.compile(r"[./]")

TEXTS = (Family.TEXT_ENCODER, Family.ENCODER_DECODER, Family.DECODER_LM, Family.SPEECH_SEQ2SEQ)
"""Families that number the tokens of a text."""

TABLE = 2
"""Dimensions of a table of positions."""

CONVOLUTION = 4
"""Dimensions of the layer that cuts a picture into patches."""

RESERVED = 2
"""Rows of a table that RoBERTa's and BART's kin keep for padding."""

ROUND = 64
"""What the lengths that models are made for are multiples of."""


def longest_text(listing: Listing, family: Family | None, know: Knowledge) -> int | None:
    """Tokens at which the shortest table of positions ends; None where positions are computed, or of no text."""
    if family not in TEXTS:
        return None
    words = know.lineage[Lineage.POSITION_EMBEDDING]
    rows = [one.shape[0] for one in listing.tensors if len(one.shape) == TABLE and _module(one.name) in words]
    return min(map(_usable, rows), default=None)


def patch_px(listing: Listing, family: Family | None, know: Knowledge) -> int:
    """Pixels a side of the patches that a vision transformer cuts an image into; 0 where its names do not tell."""
    if family is not Family.VISION_TRANSFORMER:
        return 0
    words = know.lineage[Lineage.PATCH_EMBEDDING]
    cuts = (one for one in listing.tensors if len(one.shape) == CONVOLUTION and any(word in one.name for word in words))
    return next((one.shape[-1] for one in cuts), 0)


def _module(name: str) -> str:
    """The last module that a parameter stands in."""
    return SEPARATORS.split(name)[-2] if SEPARATORS.search(name) else ""


def _usable(rows: int) -> int:
    """The rows of a table that stand for tokens: 514 are 512."""
    return rows - RESERVED if rows % ROUND == RESERVED else rows
