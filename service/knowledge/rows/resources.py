"""What a run takes of a machine: stored activations by family and by architecture."""

from typing import Annotated

from msgspec import Meta

from service.contract.words import Family
from service.knowledge.rows.claim import Claim, Row, Text

Bytes = Annotated[float, Meta(ge=0)]


class FootprintRow(Claim, frozen=True, kw_only=True):
    """What the blocks of a family keep of one example for the backward pass, where nobody has counted it.

    A transformer's block keeps, of each of `tokens` tokens, `bytes_of_width` times its width (norms, and what is added
    up) and `bytes_of_outputs` times its parameters over its width (what its linear layers read and write); the two are
    of mixed precision, those that end in `_fp32` of 32 bits. Where `tokens` is 0 the family sees images of `image_px`
    pixels a side, and keeps `bytes_of_params` times its parameters, in 32 bits. Both sizes are assumed where none is
    given.
    `spread`: the true figure is within so many times more or less. `checkpoints`: trainers can compute its blocks anew
    in the backward pass instead of keeping what they store.
    """

    family: Family
    tokens: Annotated[int, Meta(ge=0)]
    image_px: Annotated[int, Meta(ge=0)]
    bytes_of_width: Bytes
    bytes_of_outputs: Bytes
    bytes_of_width_fp32: Bytes
    bytes_of_outputs_fp32: Bytes
    bytes_of_params: Bytes
    spread: Annotated[float, Meta(ge=1)]
    checkpoints: bool
    claim: Text


class ActivationRow(Row, frozen=True, kw_only=True, gc=False):
    """What an architecture of a library keeps for the backward pass of one image: generated, never edited.

    `stored` are bytes in 32 bits at `px` pixels a side, `operations` millions of them in the forward pass: a number for
    each block, stem to head, where `5*3` stands for `5 5 5`.
    """

    id: str
    px: int
    stored: str
    operations: str
