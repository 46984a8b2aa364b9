"""The request headers that decide about an answer. Nothing of them is kept."""

import re

from litestar.types import Scope

from service.web.problems import (
    NOT_ACCEPTABLE,
    PRECONDITION_FAILED,
    PROBLEM_JSON,
    UNSUPPORTED_MEDIA_TYPE,
    NotAnswered,
)

WEIGHT = re.compile(r"q=([01](?:\.\d*)?)")
"""The weight of a part of a header (RFC 9110, 12.4.2)."""

HOST = re.compile(rb"[0-9A-Za-z!$&'()*+,;=._~:@%\[\]-]*")


def header(scope: Scope, name: bytes) -> str | None:
    """All values of one header, joined as HTTP says, or None."""
    values = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return ", ".join(values) if values else None


def names_a_host(scope: Scope) -> bool:
    """Whether the Host header, where there is one, may be a host and port (RFC 9112, 3.2)."""
    return all(HOST.fullmatch(value) for key, value in scope["headers"] if key == b"host")


def demand_json(scope: Scope) -> None:
    """Raises NotAnswered for a body that does not say that it is JSON in UTF-8."""
    coding = header(scope, b"content-encoding")
    if coding is not None and coding.strip().lower() != "identity":
        raise NotAnswered(UNSUPPORTED_MEDIA_TYPE, "Send the body without a content coding.")
    given = header(scope, b"content-type")
    if given == "application/json":
        return
    media_type, *parameters = [part.strip().lower() for part in (given or "").split(";")]
    charsets = [part.removeprefix("charset=").strip('"') for part in parameters if part.startswith("charset=")]
    if media_type != "application/json" or any(charset != "utf-8" for charset in charsets):
        raise NotAnswered(UNSUPPORTED_MEDIA_TYPE)


def demand_tag(scope: Scope, tag: str) -> None:
    """Raises NotAnswered when If-Match names other entity tags than that of the answer.

    A gateway that packs answers weakens their tags, so that a weak one is taken, too.
    """
    given = header(scope, b"if-match")
    if given is not None and not matches(given, tag):
        raise NotAnswered(PRECONDITION_FAILED, f"The entity tag is {tag}.", headers=((b"etag", tag.encode()),))


def choose(scope: Scope, offered: tuple[str, ...], usual: str | None = None) -> str:
    """The first of the offered media types that the Accept header admits. Raises NotAnswered where it admits none.

    A type that the header names counts before one that only a wildcard admits; to wildcards `usual` comes first. Some
    generated clients name one type of an operation, which may be that of its problems: they read the others, too.
    """
    usual = usual or offered[0]
    given = header(scope, b"accept") or "*/*"
    if given == "*/*":
        return usual
    named = [offer for offer in offered if offer in given.lower() and accepts(given, offer)]
    admitted = [offer for offer in (usual, *offered) if accepts(given, offer)]
    if not admitted and PROBLEM_JSON in given.lower() and accepts(given, PROBLEM_JSON):
        return usual
    if not admitted:
        raise NotAnswered(NOT_ACCEPTABLE, f"This path answers with {' or '.join(offered)} only.")
    return max(named or admitted, key=lambda offer: _wish(given, offer))


def accepts(header_value: str, media_type: str) -> bool:
    """Whether an Accept header admits a media type. The most specific range decides (RFC 9110, 12.5.1)."""
    return _wish(header_value, media_type) > 0


def _wish(header_value: str, media_type: str) -> float:
    """How much an Accept header wishes for a media type, from 0 to 1."""
    plain = media_type.partition(";")[0]
    return _first_named(header_value, (plain, plain.partition("/")[0] + "/*", "*/*"))


def accepts_gzip(scope: Scope) -> bool:
    """Whether the client reads an answer that is packed with gzip (RFC 9110, 12.5.3)."""
    given = header(scope, b"accept-encoding")
    return given is not None and _first_named(given, ("gzip", "x-gzip", "*")) > 0


def _first_named(header_value: str, candidates: tuple[str, ...]) -> float:
    """The weight that a header gives the first of the candidates that it names; 0 where it names none."""
    ranges: dict[str, float] = {}
    for entry in header_value.lower().split(","):
        name, *parameters = [part.strip() for part in entry.split(";")]
        ranges[name] = min((float(told[1]) for part in parameters if (told := WEIGHT.fullmatch(part))), default=1.0)
    return next((ranges[candidate] for candidate in candidates if candidate in ranges), 0.0)


def matches(named: str | None, etag: str) -> bool:
    """Whether If-None-Match or If-Match names this entity tag (RFC 9110, 13.1.2: weak comparison)."""
    if named is None:
        return False
    tags = {tag.strip().removeprefix("W/") for tag in named.split(",")}
    return etag in tags or "*" in tags
