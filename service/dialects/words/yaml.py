"""JSON values as YAML that every reader takes alike, also those of YAML 1.1."""

import json
from typing import Any, cast

WORDS = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
"""Texts that YAML 1.1 reads as something else, in any case of letters."""


def written(fields: dict[str, Any]) -> str:
    """Fields, one a line, without those that are None; lists one item a line.

    Numbers keep their type: YAML 1.1 reads 1e-05 as text, and 1.0e-05 as a number. Texts are quoted as in JSON.
    """
    lines: list[str] = []
    for name, value in fields.items():
        if isinstance(value, list) and value:
            lines += [f"{name}:", *(f"  - {_flow(item)}" for item in cast("list[Any]", value))]
        elif value is not None:
            lines.append(f"{name}: {_flow(value)}")
    return "\n".join(lines)


def _flow(value: Any) -> str:
    if isinstance(value, float):
        mantissa, mark, exponent = repr(value).partition("e")
        return f"{mantissa}.0e{exponent}" if mark and "." not in mantissa else repr(value)
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return "{" + ", ".join(f"{name}: {_flow(item)}" for name, item in fields.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in cast("list[Any]", value)) + "]"
    if isinstance(value, str) and value.isidentifier() and value.lower() not in WORDS:
        return value
    return json.dumps(value)
