"""Writes beside the example of a rule what the rule decides in it, where nothing is written yet.

Run by hand, with the ids of rules whose examples are to be written anew. What it writes is a claim: read it, and ask
whether it is right, before you commit it. With `--check` it writes nothing, and fails at the first example or
counterexample that does not hold.
"""

import ast
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec

import service.core
from service.contract.explain import Answer
from service.contract.job import Job
from service.core.engine import freeze_plan, lr_schedule, recommend
from service.core.rulebook import RULES
from service.core.rules.refusal import Refusal
from service.core.rules.rule import Example, Rule
from service.knowledge.loader import load

QUESTIONS = {"/recommend": recommend, "/freeze-plan": freeze_plan, "/lr-schedule": lr_schedule}
LONGEST_PART = 96
"""Characters of a string on one line."""


def decided(rule: Rule[Any, Any], example: Example) -> str:
    """What a rule decides in its example: the value that its trace points at and the formula, or where it refuses.

    Raises StopIteration where it decides nothing.
    """
    try:
        answer = asked(example)
    except Refusal as refusal:
        if rule.id not in refusal.rules:
            raise StopIteration from refusal
        return ", ".join(fault.pointer for fault in refusal.faults)
    entry = next(entry for entry in answer.trace if entry.rule == rule.id)
    return f"{' '.join(named(msgspec.to_builtins(answer), entry.pointer))}: {entry.formula}"


def broken(first: str = "") -> Iterator[str]:
    """The rules that decide otherwise in an example than it says, or speak in a counterexample: a module's first."""
    for rule in sorted(RULES.values(), key=lambda rule: rule.apply.__module__ != first):
        for example in rule.fires:
            if decided(rule, example) != example.decided:
                yield rule.id
        for example in rule.silent:
            try:
                at_work = {entry.rule for entry in asked(example).trace}
            except Refusal as refusal:
                at_work = set(refusal.rules)
            if rule.id in at_work:
                yield rule.id


def asked(example: Example) -> Answer:
    """The answer to an example. Raises Refusal."""
    return _answer(example.route, msgspec.json.encode(example.body))


@cache
def _answer(route: str, body: bytes) -> Answer:
    return QUESTIONS[route](msgspec.json.decode(body, type=Job), load(), True)


def named(part: Any, pointer: str) -> list[str]:
    """What a JSON pointer (RFC 6901) leads to, as a word or number, behind the name of the list's member around it."""
    words: list[str] = []
    for name in pointer.split("/")[1:]:
        if isinstance(part, list):
            part = cast("list[Any]", part)[int(name)]
            words.append(str(first_leaf(part)))
        else:
            part = cast("dict[str, Any]", part)[name.replace("~1", "/").replace("~0", "~")]
    leaf = str(first_leaf(part))
    return words if leaf in words else [*words, leaf]


def first_leaf(part: Any) -> object:
    """A word or number itself; of an object or list the first that it holds, None where it holds none."""
    while isinstance(part, dict | list):
        held = list(cast("dict[str, Any]", part).values()) if isinstance(part, dict) else cast("list[Any]", part)
        part = held[0] if held else None
    return part


def written(source: str, renewed: set[str]) -> str:
    """A module with the examples of its rules completed."""
    lines = source.encode().splitlines(keepends=True)
    for first, last, text in sorted(insertions(source, renewed), reverse=True):
        head, tail = lines[first[0] - 1][: first[1]], lines[last[0] - 1][last[1] :]
        lines[first[0] - 1 : last[0]] = [head + text.encode() + tail]
    return b"".join(lines).decode()


def insertions(source: str, renewed: set[str]) -> Iterator[tuple[tuple[int, int], tuple[int, int], str]]:
    """What has to stand between which places of a module: line from 1, and byte."""
    for node in ast.walk(ast.parse(source)):
        fires = next((k.value for k in node.keywords if k.arg == "fires"), None) if isinstance(node, ast.Call) else None
        if not isinstance(node, ast.Call) or not isinstance(fires, ast.Tuple):
            continue
        rule = RULES[ast.literal_eval(node.args[0])]
        for place, example in zip(fires.elts, rule.fires, strict=True):
            if example.decided is not None and rule.id not in renewed:
                continue
            start = place
            if example.decided is not None and isinstance(place, ast.Call) and isinstance(place.func, ast.Attribute):
                start = place.func.value
            told = ", ".join(json.dumps(part, ensure_ascii=False) for part in parts(decided(rule, example)))
            yield _end(start), _end(place), f".decides({told})"


def parts(text: str) -> Iterator[str]:
    """A text in parts that fit a line."""
    while len(text) > LONGEST_PART:
        cut = text.rfind(" ", 0, LONGEST_PART) + 1 or LONGEST_PART
        yield text[:cut]
        text = text[cut:]
    yield text


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or 0, node.end_col_offset or 0


def main(renewed: set[str]) -> None:
    """Completes every module of rules."""
    for path in sorted(Path(service.core.__path__[0]).rglob("*.py")):
        source = path.read_text()
        new = written(source, renewed)
        if new != source:
            path.write_text(new)


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(next(broken(), None))
    unknown = sorted({*sys.argv[1:]} - {*RULES})
    if unknown:
        sys.exit(f"No rule has this id: {', '.join(unknown)}")
    main(set(sys.argv[1:]))
