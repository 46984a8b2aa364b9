"""The settings: one table of name, type, default and help, read once from the environment."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

PREFIX = "TRANSFER_ADVISOR_"


class Settings(Struct, frozen=True, kw_only=True):
    """Each field is the variable of the same name in capitals, after the prefix `TRANSFER_ADVISOR_`."""

    host: Annotated[str, Meta(min_length=1, description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8000
    max_body_bytes: Annotated[int, Meta(ge=1, le=2**30, description="Longest request body that is read.")] = 4194304
    body_timeout_seconds: Annotated[
        float, Meta(gt=0, le=3600, description="Longest wait for a whole request body.")
    ] = 10.0
    keep_alive_seconds: Annotated[int, Meta(ge=1, le=3600, description="Longest idle time of a connection.")] = 75
    max_connections: Annotated[int, Meta(ge=1, le=100_000, description="Connections that are open at once.")] = 500
    max_head_bytes: Annotated[
        int, Meta(ge=1024, le=2**20, description="Longest head of a request: its first line and headers.")
    ] = 16384
    head_timeout_seconds: Annotated[
        float, Meta(gt=0, le=3600, description="Longest wait for a whole head, from the connection or its first byte.")
    ] = 10.0
    write_timeout_seconds: Annotated[
        float, Meta(gt=0, le=3600, description="Longest wait for a client to read on.")
    ] = 20.0
    max_held_bytes: Annotated[
        int,
        Meta(ge=2**20, le=2**34, description="Bodies and long answers held at once, all requests together."),
    ] = 33554432
    max_waiting: Annotated[
        int, Meta(ge=0, le=1000, description="Large requests that wait while another one is answered.")
    ] = 8
    answer_timeout_seconds: Annotated[
        float, Meta(gt=0, le=600, description="Longest time that the answer to a large request may take.")
    ] = 10.0
    max_answer_memory_bytes: Annotated[
        int, Meta(ge=2**23, le=2**36, description="Memory that the answer to a large request may take.")
    ] = 268435456
    gzip_from_bytes: Annotated[
        int, Meta(ge=0, le=2**30, description="Answers at least this long are packed with gzip; 0 packs none.")
    ] = 0
    cors_origins: Annotated[
        str,
        Meta(
            max_length=4096,
            pattern=r"^(none|\*|https?://[^\s/]+( https?://[^\s/]+)*)$",
            description="Origins whose pages may ask, parted by blanks; `*` for all, `none` for none.",
        ),
    ] = "none"
    drain_seconds: Annotated[
        float,
        Meta(ge=0, le=600, description="After SIGTERM: how long to answer on while /health/ready says draining."),
    ] = 8.0
    shutdown_seconds: Annotated[
        int, Meta(ge=1, le=600, description="After draining: longest wait for open requests.")
    ] = 20


class BadSetting(Exception):
    """A variable that is unknown, or holds a value that cannot be used. The message is a sentence."""


def read(environment: Mapping[str, str]) -> Settings:
    """The settings that the environment gives, defaults elsewhere.

    Raises BadSetting for an unknown `TRANSFER_ADVISOR_` name and for a value of the wrong type or range.
    """
    fields = {PREFIX + field.name.upper(): field for field in msgspec.structs.fields(Settings)}
    given: dict[str, object] = {}
    for name in sorted(name for name in environment if name.startswith(PREFIX)):
        if name not in fields:
            near = get_close_matches(name, fields, n=1)
            raise BadSetting(f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else "."))
        given[fields[name].name] = _convert(name, environment[name], fields[name].type)
    return Settings(**given)  # pyright: ignore[reportArgumentType] -- each value was converted to its field's type


def _convert(name: str, value: str, wanted: object) -> object:
    """The value as its type. An integer is digits only, though 1e3 would be one elsewhere."""
    try:
        converted = msgspec.convert(value, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise BadSetting(f"{name} cannot be used: {error}.") from None
    if isinstance(converted, int) and value != str(converted):
        raise BadSetting(f"{name} cannot be used: Expected digits only.")
    return converted


def describe() -> str:
    """The table as text, a line for each setting."""
    schema = msgspec.json.schema(Settings)["$defs"]["Settings"]["properties"]
    return "\n".join(
        f"{PREFIX}{name.upper()} ({facts['type']}, default {facts['default']}): {facts['description']}"
        for name, facts in schema.items()
    )
