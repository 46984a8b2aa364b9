"""Keeps every input as it was understood, with its origin."""

from typing import TypeVar

from msgspec import UNSET, Struct, UnsetType

from service.contract.base import Scalar
from service.contract.explain import ResolvedInput
from service.contract.words import InputOrigin

T = TypeVar("T")


class Inputs:
    """The resolved inputs of one request, by JSON pointer into the request."""

    def __init__(self) -> None:
        self.resolved: dict[str, ResolvedInput] = {}

    def given(self, pointer: str, value: Scalar) -> None:
        """Notes an input that the caller gave."""
        self.resolved[pointer] = ResolvedInput(value, InputOrigin.GIVEN, "given in the request")

    def derived(self, pointer: str, value: Scalar, because: str) -> None:
        """Notes an input that follows from others."""
        self.resolved[pointer] = ResolvedInput(value, InputOrigin.DERIVED, because)

    def assumed(self, pointer: str, value: Scalar, because: str) -> None:
        """Notes an input that was neither given nor could be derived."""
        self.resolved[pointer] = ResolvedInput(value, InputOrigin.ASSUMED, because)


def known(value: T | UnsetType) -> T | None:
    """What the caller gave, or None."""
    return None if value is UNSET else value


def resolved_pointer(pointer: str) -> str:
    """The JSON pointer, within the answer, of the resolved value of an input."""
    return "/resolved/" + pointer.replace("~", "~0").replace("/", "~1") + "/value"


def note_given(pointer: str, part: Struct, inputs: Inputs, skip: tuple[str, ...] = ()) -> None:
    """Notes every field of a request part that the caller set."""
    for name in part.__struct_fields__:
        value = getattr(part, name)
        if value is not UNSET and value is not False and value != "any" and name not in skip:
            inputs.given(f"{pointer}/{name}", value)
