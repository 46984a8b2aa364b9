"""The two kinds of message, and the constrained scalars that they are made of."""

from typing import Annotated, Self

import msgspec
from msgspec import UNSET, Meta, Struct

LARGEST_COUNT = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly."""


class Request(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a request. A field that is left out is derived or assumed, and the answer says so."""


def take_empty_as_left_out(part: Request, *names: str) -> None:
    """Generated clients send the lists and objects that their caller never set: they are not given."""
    for name in names:
        value = getattr(part, name)
        if value is not UNSET and not value:
            msgspec.structs.force_setattr(part, name, UNSET)


class Response(Struct, frozen=True, gc=False):
    """A part of an answer. Every field is always present; `null` means that the value is not known."""

    @classmethod
    def from_row(cls, row: object, **others: object) -> Self:
        """A view of a row: the fields of these names as the row has them, and `others` beside or instead of them.

        Raises AttributeError for a field that neither has, ValidationError for one of another type.
        """
        names = cls.__struct_fields__
        return msgspec.convert({name: others[name] if name in others else getattr(row, name) for name in names}, cls)


Count = Annotated[int, Meta(ge=0, le=LARGEST_COUNT)]
Positive = Annotated[int, Meta(ge=1, le=LARGEST_COUNT)]
MOST_EXAMPLES = 10**10
"""Examples of the largest dataset."""
Examples = Annotated[int, Meta(ge=1, le=MOST_EXAMPLES, description="Labelled training examples.")]
Score = Annotated[float, Meta(ge=-1e12, le=1e12)]
Similarity = Annotated[
    float,
    Meta(
        ge=0,
        le=10,
        description="Likeness of the pretraining data to the target data: 10 same distribution, 8 ImageNet to pets, "
        "5 ImageNet to satellite, 3 photographs to X-ray, 0 another modality.",
    ),
]
Rate = Annotated[float, Meta(gt=0, le=100, description="A learning rate.")]
Name = Annotated[
    str,
    Meta(min_length=1, max_length=120, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$(?!\n)"),
]
"""An identifier of a model or a device, in the hub's or timm's spelling."""

DeviceName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=120,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/()-]*$(?!\n)",
        description="A device by its usual name, or as its driver prints it: a100-80gb, NVIDIA GeForce RTX 3090.",
    ),
]

Scalar = str | float | int | bool | None
