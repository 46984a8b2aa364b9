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

    def note(self, part: Struct, pointer: str = "") -> None:
        """Notes every scalar that the caller gave in a part of the request; of lists and objects their length."""
        names, defaults = part.__struct_fields__, part.__struct_defaults__
        usual = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
        for name in names:
            value = getattr(part, name)
            if value is UNSET:
                continue
            if isinstance(value, Struct):
                if value != usual.get(name):
                    self.note(value, f"{pointer}/{name}")
            elif isinstance(value, list | dict):
                self.given(f"{pointer}/{name}", len(value))  # pyright: ignore[reportUnknownArgumentType]
            elif name not in usual or value != usual[name]:
                self.given(f"{pointer}/{name}", value)

    def origin(self, pointer: str) -> InputOrigin | None:
        """Where an input comes from; None where it has no part in the answer."""
        found = self.resolved.get(pointer)
        return found.origin if found else None


def known(value: T | UnsetType) -> T | None:
    """What the caller gave, or None."""
    return None if value is UNSET else value


def resolved_pointer(pointer: str) -> str:
    """The JSON pointer, within the answer, of the resolved value of an input."""
    return "/resolved" + member(pointer) + "/value"


def member(name: str) -> str:
    """The end of a JSON pointer that leads to a member (RFC 6901). What UTF-8 cannot hold becomes a question mark."""
    return "/" + name.encode("utf-8", "replace").decode().replace("~", "~0").replace("/", "~1")
