"""Valid requests, drawn from the contract: every field of a job, its usual values and its extremes.

A draw goes over the fields of `Job` as the contract types them, so that a new field is drawn from the day it is there.
Most draws contradict themselves; `answered` then does what a caller does: it leaves out the fields that the refusal
points at, or takes a word that the refusal allows, and asks again.
"""

import math
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, cast

import msgspec
from msgspec import inspect

from service.contract.job import Job
from tests.laws.consistency.asked import Asked, Facts

ROUTES = ("/recommend", "/recommend", "/freeze-plan", "/lr-schedule")
TRIES = 12
"""How often a contradiction is mended before the draw is given up."""

Fault = tuple[str, list[str]]
"""A pointer into the request, and the words that are allowed there."""

Ask = Callable[[str, Any], dict[str, Any] | list[Fault]]


class Draw:
    """One draw: its chance, and the facts that names are taken from."""

    def __init__(self, seed: int, facts: Facts) -> None:
        self.chance = Random(seed)  # noqa: S311
        self.facts = facts
        self.density = self.chance.choice((0.1, 0.25, 0.25, 0.5))

    def request(self) -> tuple[str, dict[str, Any]]:
        """A route and a body, which may contradict itself."""
        route = self.chance.choice(ROUTES)
        body = self.part(Job)
        if route == "/recommend" or self.chance.random() < 0.6:
            body["target"] = self.target() | body.get("target", {})
            body.setdefault("dataset", {}).pop("size", None)
            body["dataset"]["examples"] = self.number(1, 10**10)
        return route, body

    def target(self) -> dict[str, Any]:
        """A task, and mostly a domain that it can have."""
        task = self.chance.choice(sorted(self.facts.domains_of))
        domains = self.facts.domains_of[task]
        return {"task": task} | ({"domain": self.chance.choice(domains)} if self.chance.random() < 0.7 else {})

    def part(self, kind: type) -> dict[str, Any]:
        """Some fields of a part of the request, and all that it requires."""
        info = inspect.type_info(kind)
        assert isinstance(info, inspect.StructType)
        drawn: dict[str, Any] = {}
        for field in info.fields:
            whole = isinstance(field.type, inspect.StructType)
            if field.required or self.chance.random() < (0.6 if whole else self.density):
                drawn[field.encode_name] = self.value(field.encode_name, field.type)
        return drawn

    def value(self, name: str, kind: inspect.Type) -> Any:
        """A value of a field."""
        if name in BY_NAME:
            return BY_NAME[name](self)
        match kind:
            case inspect.Metadata():
                return self.value(name, kind.type)
            case inspect.UnionType():
                able = [one for one in kind.types if type(one) is not inspect.NoneType]
                return self.value(name, self.chance.choice(able))
            case inspect.StructType():
                return self.part(kind.cls)
            case inspect.EnumType():
                return self.chance.choice(list(kind.cls)).value
            case inspect.BoolType():
                return self.chance.random() < 0.5
            case inspect.IntType():
                return self.number(*ends(kind))
            case inspect.FloatType():
                return self.amount(*ends(kind))
            case inspect.ListType():
                least, most = kind.min_length or 1, min(kind.max_length or 5, 5)
                drawn = [self.value("", kind.item_type) for _ in range(self.chance.randint(least, most))]
                once = list(dict.fromkeys(drawn))
                return once if len(once) >= least else drawn
            case _:
                raise AssertionError(f"no draw for {name}: {kind}")

    def number(self, low: int, high: int) -> int:
        """A whole number, as often of few digits as of many, and now and then an end."""
        if self.chance.random() < 0.06:
            return self.chance.choice((low, high))
        exponent = self.chance.uniform(0, math.log(high - low + 1))
        return min(high, low - 1 + round(math.exp(exponent)) if low else round(math.exp(exponent)) - 1)

    def amount(self, low: float, high: float) -> float:
        """A number, as often small as large, and now and then an end."""
        if self.chance.random() < 0.06:
            return self.chance.choice((low, high))
        if low < 0 or self.chance.random() < 0.3:
            return self.chance.uniform(max(low, -100), min(high, 100))
        return min(high, max(low, math.exp(self.chance.uniform(math.log(max(low, 1e-7)), math.log(high)))))


def ends(kind: inspect.IntType | inspect.FloatType) -> tuple[Any, Any]:
    """The least and the greatest value that the contract allows; for an open end, one close to it."""
    low = kind.ge if kind.ge is not None else (kind.gt or 0) + (1 if isinstance(kind, inspect.IntType) else 1e-6)
    high = kind.le if kind.le is not None else kind.lt
    assert high is not None
    return low, high


def layers(draw: Draw) -> list[dict[str, Any]]:
    """A small model by its parameters."""
    width, stem, head = draw.chance.choice((2, 8, 64)), draw.chance.choice(("embeddings", "conv1")), "classifier"
    stack = draw.chance.choice(("encoder.layer", "blocks", "layers"))
    parts = [f"{stack}.{index}.{part}" for index in range(draw.number(1, 40)) for part in ("attn.qkv", "mlp.fc1")]
    return [{"name": f"{part}.weight", "shape": [width, width]} for part in [stem, *parts, head]]


def header(draw: Draw) -> dict[str, Any]:
    return {one["name"]: {"dtype": "F32", "shape": one["shape"], "data_offsets": [0, 4]} for one in layers(draw)}


def index(draw: Draw) -> dict[str, Any]:
    drawn = layers(draw)
    return {
        "weight_map": {one["name"]: "model-1.safetensors" for one in drawn},
        "shapes": {one["name"]: one["shape"] for one in drawn},
    }


BY_NAME: dict[str, Callable[[Draw], Any]] = {
    "model": lambda draw: draw.chance.choice(sorted(draw.facts.models)),
    "device": lambda draw: draw.chance.choice(("t4", "a100-80gb", "NVIDIA GeForce RTX 3090", "rtx 4090", "h100")),
    "parameters": layers,
    "safetensors": header,
    "safetensors_index": index,
    "tied": lambda draw: [[draw.chance.choice(("embeddings.weight", "conv1.weight")), "classifier.weight"]],
    "head": lambda draw: [draw.chance.choice(("classifier", "classifier.weight", "*.fc1", "decode_head"))],
    "prefix": lambda draw: draw.chance.choice(("model", "net", "backbone")),
    "points": lambda draw: draw.number(2, 60),
    "steps": lambda draw: sorted({draw.number(0, 10_000_000) for _ in range(draw.chance.randint(1, 9))}),
    "depth": lambda draw: draw.number(1, 60) if draw.chance.random() < 0.95 else 2000,
}
"""Fields whose type does not say what makes sense, or whose extremes make long answers."""


def answered(seed: int, facts: Facts, ask: Ask) -> Asked | None:
    """The answer to a drawn request; nothing where it could not be mended."""
    draw = Draw(seed, facts)
    route, body = draw.request()
    for _ in range(TRIES):
        try:
            told = ask(route, body)
        except Exception as crash:
            crash.add_note(f"{route} {body}")
            raise
        if isinstance(told, dict):
            return Asked(route, body, told, facts)
        for pointer, allowed in told:
            mend(body, pointer, allowed, draw)
    return None


def mend(body: dict[str, Any], pointer: str, allowed: list[str], draw: Draw) -> None:
    """Takes an allowed word where the pointer leads, or leaves the field out; a field that is missing is drawn."""
    *way, last = pointer.split("/")[1:]
    if last in NEEDED or last.isdigit():
        *way, last = way
    place: dict[str, Any] = body
    for part in way:
        deeper: Any = place.setdefault(part, {})
        if type(deeper) is not dict:
            del place[part]
            return
        place = cast("dict[str, Any]", deeper)
    if allowed and isinstance(place.get(last), str):
        place[last] = draw.chance.choice(allowed)
    elif last in place:
        del place[last]
    elif last in MISSING:
        place[last] = MISSING[last](draw)


MISSING: dict[str, Callable[[Draw], Any]] = {
    "examples": lambda draw: draw.number(1, 10**7),
    "model": BY_NAME["model"],
    "family": lambda draw: draw.chance.choice(("cnn", "text-encoder", "decoder-lm")),
    "shape": lambda draw: draw.chance.choice(("cosine", "linear")),
    "per_device_batch_size": lambda draw: draw.number(1, 64),
}
"""Fields that a refusal asks for."""

NEEDED = ("rate", "rank")
"""Fields without which the part that they stand in is none: it is left out whole."""


def smaller(asked: Asked, ask: Ask, still: Callable[[Asked], bool]) -> Asked:
    """The same finding with fewer fields: those are left out without which it stands."""
    shrunk = True
    while shrunk:
        shrunk = False
        for way in list(fields_of(asked.body)):
            body = without(asked.body, way)
            try:
                told = ask(asked.route, body)
            except msgspec.ValidationError:  # a field that its part requires
                continue
            if isinstance(told, dict):
                fewer = Asked(asked.route, body, told, asked.facts)
                if still(fewer):
                    asked, shrunk = fewer, True
                    break
    return asked


def fields_of(part: dict[str, Any], way: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every field of a request, parts before what they hold."""
    for name, value in part.items():
        yield (*way, name)
        if isinstance(value, dict):
            yield from fields_of(cast("dict[str, Any]", value), (*way, name))


def without(body: Any, way: tuple[str, ...]) -> Any:
    """A copy of the request that lacks one field."""
    copy = msgspec.json.decode(msgspec.json.encode(body))
    place = copy
    for part in way[:-1]:
        place = place[part]
    del place[way[-1]]
    return copy
