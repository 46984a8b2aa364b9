"""The names that the pattern of a catalogue's block stands for."""

import re

DIGIT = re.compile(r"\[(?:(\d)-(\d)|\d+)\]")


def spelled(pattern: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    r"""The modules and the single parameters that an anchored pattern stands for.

    `^(?:cls_token$|blocks\.0\.)` gives ("blocks.0",) and ("cls_token",); an optional part gives both names, and `{i}`
    stays as it is. Raises ValueError where the pattern holds more than groups, alternatives, digits in brackets and
    escaped characters.
    """
    found, rest = _choices(pattern.removeprefix("^"))
    if rest or not all(name.endswith((".", "$")) for name in found):
        raise ValueError(pattern)
    modules = tuple(name[:-1] for name in found if name.endswith("."))
    return modules, tuple(name[:-1] for name in found if name.endswith("$"))


def _choices(text: str) -> tuple[list[str], str]:
    """The strings of alternatives up to a closing bracket, and the text from that bracket on."""
    found: list[str] = []
    while True:
        branch, text = _sequence(text)
        found += branch
        if not text.startswith("|"):
            return found, text
        text = text[1:]


def _sequence(text: str) -> tuple[list[str], str]:
    """The strings of one alternative, and the text from its end on."""
    strings = [""]
    while text and text[0] not in "|)":
        if text.startswith("(?:"):
            parts, text = _choices(text[3:])
            if not text.startswith(")"):
                raise ValueError(text)
            text = text[1:]
            if text.startswith("?"):
                parts, text = ["", *parts], text[1:]
        elif text[0] == "\\" and len(text) > 1 and not text[1].isalnum():
            parts, text = [text[1]], text[2:]
        elif text.startswith("{i}"):
            parts, text = ["{i}"], text[3:]
        elif digits := DIGIT.match(text):
            first, last = digits[1], digits[2]
            inside = range(int(first), int(last) + 1) if first else digits[0][1:-1]
            parts, text = [str(digit) for digit in inside], text[digits.end() :]
        elif text[0].isalnum() or text[0] in "_$-":
            parts, text = [text[0]], text[1:]
        else:
            raise ValueError(text)
        strings = [left + right for left in strings for right in parts]
    return strings, text
