"""Keeps every input as it was understood, with its origin."""

from typing import TypeVar

from msgspec import UNSET, UnsetType

from service.contract.base import Scalar
from service.contract.explain import Resolved
from service.contract.words import Origin

T = TypeVar("T")


class Inputs:
    """The resolved inputs of one request, by JSON pointer into the request."""

    def __init__(self) -> None:
        self.resolved: dict[str, Resolved] = {}

    def given(self, pointer: str, value: Scalar) -> None:
        """Notes an input that the caller gave."""
        self.resolved[pointer] = Resolved(value, Origin.GIVEN, "given in the request")

    def derived(self, pointer: str, value: Scalar, because: str) -> None:
        """Notes an input that follows from others."""
        self.resolved[pointer] = Resolved(value, Origin.DERIVED, because)

    def assumed(self, pointer: str, value: Scalar, because: str) -> None:
        """Notes an input that was neither given nor could be derived."""
        self.resolved[pointer] = Resolved(value, Origin.ASSUMED, because)


def known(value: T | UnsetType) -> T | None:
    """What the caller gave, or None."""
    return None if value is UNSET else value


def resolved_pointer(pointer: str) -> str:
    """The JSON pointer, within the answer, of the resolved value of an input."""
    return "/resolved/" + pointer.replace("~", "~0").replace("/", "~1") + "/value"
