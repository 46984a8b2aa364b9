"""What a run takes of a machine: stored activations by family and by architecture."""

from typing import Annotated

from msgspec import Meta

from service.contract.words import Family
from service.knowledge.rows.claim import Claim, Row, Text

Bytes = Annotated[float, Meta(ge=0)]


class FootprintRow(Claim, frozen=True, kw_only=True):
    """What the blocks of a family keep of one example for the backward pass, where nobody has counted it.

    What a transformer's block keeps of each of `tokens` tokens, or of the patches of an image of `image_px` pixels a
    side, follows from its layers. A family with `bytes_of_params` keeps so much of an image for each parameter, in 32
    bits. Both sizes are assumed where none is given. `source_tokens`: what the encoder reads, where that is fixed.
    `spread`: the true figure is within so many times more or less. `checkpoints`: trainers can compute its blocks anew
    in the backward pass instead of keeping what they store.
    """

    family: Family
    tokens: Annotated[int, Meta(ge=0)]
    image_px: Annotated[int, Meta(ge=0)]
    bytes_of_params: Bytes
    source_tokens: Annotated[int, Meta(ge=0)] = 0
    spread: Annotated[float, Meta(ge=1)]
    checkpoints: bool
    claim: Text


class ActivationRow(Row, frozen=True, kw_only=True, gc=False):
    """What an architecture of a library keeps for the backward pass of one image: generated, never edited.

    `stored` are bytes in 32 bits at `px` pixels a side, `operations` millions of them in the forward pass: a number for
    each block, stem to head, where `5*3` stands for `5 5 5`. `again` are the bytes that a block and those above it keep
    of tensors that blocks below keep as well. `channel_params` are the weights of the first layer for one value of
    a pixel, 0 where more layers than one read the image. `alone_bytes` are those of a head that trains alone; None: as
    the whole run tells. Of one that reads pages and writes, only the reading blocks were counted; `source_tokens` are
    those that its decoder is given.
    """

    id: str
    px: int
    channel_params: int = 0
    stored: str
    again: str = ""
    alone_bytes: int | None = None
    source_tokens: int = 0
    operations: str
