"""Reads a request's body: no longer than allowed, no slower than allowed, JSON and nothing else."""

import asyncio
import json
import math
import re
from functools import cache
from typing import Any, NoReturn, TypeVar

import msgspec
from litestar import Request

from service.contract.problem import ProblemFault
from service.core.rules.refusal import fault
from service.settings import Settings
from service.web.problems import BAD_REQUEST, BODY_TIMEOUT, BODY_TOO_LARGE, INVALID_BODY, MALFORMED_BODY, NotAnswered
from service.web.request.headers import demand_json, header
from service.web.request.schema_faults import Members, fit_object
from service.web.server.room import Room

ESCAPED_COLON = rb"\u003a"

STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"')  # possessive: a long string must not be remembered byte by byte

CHANGING = (float, dict, list)
"""What may have to be written otherwise, or may hold it."""

LARGEST_EXACT = 2.0**53
"""From here on a float may stand for several integers."""

UNFIT = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

LONGEST_NUMBER = 400
"""Digits of an integer that are read. None of ours has more than 17, and longer ones take quadratic time."""

T = TypeVar("T", bound=msgspec.Struct)

_encode = msgspec.json.Encoder().encode


class BodyReader:
    """Reads bodies under the limits of the settings."""

    def __init__(self, settings: Settings, room: Room) -> None:
        self.room = room
        self.most_bytes = settings.max_body_bytes
        self.most_seconds = settings.body_timeout_seconds

    async def read(self, request: Request[Any, Any, Any]) -> bytes:
        """The body, which takes up room until it is given back. Raises NotAnswered where its type or the transfer
        forbid it.
        """
        demand_json(request.scope)
        try:
            async with asyncio.timeout(self.most_seconds):
                return await self._receive(request)
        except TimeoutError:
            raise NotAnswered(BODY_TIMEOUT, close=True) from None

    async def _receive(self, request: Request[Any, Any, Any]) -> bytes:
        length = header(request.scope, b"content-length")
        if length is not None and length.isdecimal() and len(length) < LONGEST_NUMBER and int(length) > self.most_bytes:
            raise self._too_large()
        parts: list[bytes] = []
        received, more = 0, True
        try:
            while more:
                message = await request.receive()
                part, more = self._part(message)
                self._count(part, received)
                received += len(part)
                parts.append(part)
        except BaseException:
            self.room.give_back(received)
            raise
        return b"".join(parts)

    def _part(self, message: Any) -> tuple[bytes, bool]:
        """The next bytes, and whether there are more. Raises NotAnswered where the connection was closed."""
        if message["type"] != "http.request":
            raise NotAnswered(BAD_REQUEST, close=True)
        return message.get("body", b""), message.get("more_body", False)

    def _count(self, part: bytes, received: int) -> None:
        """Takes up room. Raises NotAnswered where the body grows too long, or no room is left."""
        if received + len(part) > self.most_bytes:
            raise self._too_large()
        self.room.take(len(part))

    def _too_large(self) -> NotAnswered:
        return NotAnswered(BODY_TOO_LARGE, f"The body may be {self.most_bytes} bytes long at most.", close=True)


def decode(body: bytes, wanted: type[T]) -> T:
    """The body as `wanted`. Raises NotAnswered with every fault.

    A body is nearly always right, so it is first decoded in one go. msgspec takes the last of two equal keys without
    a word; but then the body holds more colons than its decoded form, if none of them is written as an escape.
    """
    try:
        decoded = _decoder(wanted).decode(body)
        if body.count(b":") == _encode(decoded).count(b":") and ESCAPED_COLON not in body.lower():
            return decoded
    except UNFIT:
        pass
    try:
        return _decode_respelled(body, wanted)
    except UNFIT:
        return _decode_with_care(body, wanted)


def _decode_respelled(body: bytes, wanted: type[T]) -> T:
    """The body of a client that writes integers as 2.0, a colon as an escape, or a default in full.

    Raises one of UNFIT where anything is wrong, a key that is given twice included: outside of strings each member has
    one colon, and one that replaced another is not among those that were decoded.
    """
    tree, members = _with_integers(msgspec.json.decode(body))
    if STRING.sub(b"", body).count(b":") != members:
        raise msgspec.ValidationError
    return msgspec.convert(tree, wanted)


def _with_integers(value: Any) -> tuple[Any, int]:
    """The value with every whole number as an integer, and how many members its objects have."""
    if isinstance(value, float):
        return (int(value) if value.is_integer() and abs(value) < LARGEST_EXACT else value), 0
    members = 0
    if isinstance(value, dict):
        members = len(value)  # pyright: ignore[reportUnknownArgumentType] -- JSON
        for name, part in value.items():  # pyright: ignore[reportUnknownVariableType] -- JSON
            if isinstance(part, CHANGING):
                value[name], below = _with_integers(part)
                members += below
    elif isinstance(value, list):
        for index, part in enumerate(value):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] -- JSON
            if isinstance(part, CHANGING):
                value[index], below = _with_integers(part)
                members += below
    return value, members  # pyright: ignore[reportUnknownVariableType] -- JSON


@cache
def _decoder(wanted: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(wanted)


def _decode_with_care(body: bytes, wanted: type[T]) -> T:
    faults: list[ProblemFault] = []
    fitting = fit_object(_parse(body), wanted, "", faults)
    if faults:
        raise NotAnswered(INVALID_BODY, faults=faults)
    return msgspec.convert(fitting, wanted)


def _parse(body: bytes) -> object:
    """The body as Members, lists and scalars."""
    if not body:
        raise _malformed("The body is empty.")
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=Members, parse_int=_integer, parse_constant=_no_constant
        )
    except UnicodeDecodeError as error:
        detail = f"The body is not UTF-8: byte {error.start} does not belong there."
    except json.JSONDecodeError as error:
        detail = f"The body is not JSON from character {error.pos} on."
    except RecursionError:
        detail = "The body nests too deeply."
    raise _malformed(detail)


def _malformed(detail: str) -> NotAnswered:
    """The problem of a body that is no JSON; its one fault points at the body as a whole."""
    return NotAnswered(MALFORMED_BODY, detail, faults=[fault("", detail)])


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= LONGEST_NUMBER else math.inf


def _no_constant(word: str) -> NoReturn:
    """Python's reader knows NaN and Infinity; JSON does not."""
    raise _malformed("The body holds NaN or Infinity, which JSON does not know.")
