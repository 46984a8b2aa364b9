"""What is given does something, or a notice points at it: drawn jobs lose one field after the other.

Facts that are weighed may tip nothing in one job, and a given value may be the one that is taken anyway.
"""

import os
from collections.abc import Iterator
from typing import Any

import msgspec

from tests.laws.consistency.asking import ask, facts
from tests.laws.consistency.drawing import answered, fields_of, without

MANY = int(os.environ.get("DRAWN_REQUESTS", "500")) // 4
REPEATS = ("resolved", "trace", "ruleset", "notices")
"""Parts of an answer that tell what was understood, and why."""
ECHOES = ("layer_decay", "curve", "drop_last")
"""Members of a schedule that repeat what was wished, where a plan has blocks."""
USUAL = {
    "texts_per_example": 1,
    "labels_per_example": "one",
    "unlabelled": 0,
    "accumulation": 1,
    "warmup_kind": "linear",
}
"""What is taken where nothing is said."""
USUAL_BITS = 8
WEIGHED = (
    "/similarity",
    "/target/",
    "/constraints/",
    "/measurements/",
    "/source/",
    "/dataset/classes",
    "/dataset/unlabelled",
    "/dataset/texts_per_example",
    "/dataset/labels_per_example",
    "/dataset/rarest_class",
    "/dataset/class_counts",
    "/dataset/bit_depth",
    "/dataset/channels",
)
"""Facts of the job, which are weighed where a plan is made."""
ALWAYS_WEIGHED = (
    "/schedule/known_rate/",
    "/freezing/norm",
    "/source/params",
    "/source/family",
    "/source/head",
    "/source/objective",
    "/policy",
    "/similarity",
    "/compute/",
    "/target/",
    "/schedule/unit_features",
    "/schedule/points",
    "/dataset/sequence_length",
    "/dataset/image_size",
)
"""Facts of the model and the machine, which may be those that are known anyway, or fit as well."""


WRITTEN = ("/source/prefix", "/dialects")
"""What only the exports say."""
SHAPED = ("/schedule/options/", "/schedule/shape")
"""What is said to do other than its name says."""


def plain(answer: dict[str, Any], pointer: str) -> dict[str, Any]:
    """The answer without what repeats the request."""
    told = {name: part for name, part in answer.items() if name not in REPEATS}
    if pointer not in WRITTEN:
        told.pop("exports", None)
    if told.get("lr_schedule"):
        told["lr_schedule"] = {name: part for name, part in told["lr_schedule"].items() if name not in ECHOES}
    return told


def idle(route: str, body: dict[str, Any]) -> Iterator[str]:
    """Given fields without which the answer is the same, and of which no notice speaks."""
    answer = ask(route, body)
    assert isinstance(answer, dict)
    spoken = {notice["pointer"] for notice in answer["notices"]}
    if route == "/lr-schedule":  # the factor is the answer where nothing tells the blocks
        spoken.add("/schedule/layer_decay")
    untrue = {
        notice["pointer"]
        for notice in answer["notices"]
        if notice["code"] == "option-without-effect" and not notice["pointer"].startswith(SHAPED)
    }
    decides = route != "/lr-schedule"
    for way in fields_of(body):
        name = way[len(way) - 1]
        pointer = "/" + "/".join(way)
        if len(way) > 2 and way[1].startswith("safetensors"):
            continue
        weighed = pointer.startswith(ALWAYS_WEIGHED) or (decides and pointer.startswith(WEIGHED))
        if weighed and pointer not in WRITTEN:
            continue
        try:
            fewer = ask(route, without(body, way))
        except msgspec.ValidationError:  # a field that its part requires
            continue
        if not isinstance(fewer, dict):
            continue
        if plain(fewer, pointer) != plain(answer, pointer):
            if pointer in untrue:
                yield f"{pointer} is said to do nothing: {route} {body}"
            continue
        given, taken = (one["resolved"].get(pointer) for one in (answer, fewer))
        value = given and given["value"]
        usual = USUAL.get(name) == value or (name == "bit_depth" and value <= USUAL_BITS)
        same = (
            given is None
            or usual
            or of_the_curve(fewer, name) == value
            or (taken is not None and taken["value"] == given["value"])
        )
        if not same and pointer not in spoken and not confirmed(value, answer):
            yield f"{pointer}: {route} {body}"


def of_the_curve(answer: dict[str, Any], name: str) -> Any:
    """What a curve has under this name, where anything is trained."""
    return answer["lr_schedule"]["curve"].get(name) if answer.get("lr_schedule") else None


def confirmed(value: Any, answer: dict[str, Any]) -> bool:
    """Whether what was given is what is decided anyway."""
    parts = (answer.get("verdict"), answer.get("freeze_plan"), answer.get("lr_schedule"), answer.get("setup"))
    return any(value in (part.get("strategy"), part.get("method")) for part in parts if part)


def test_what_is_given_does_something_or_is_said() -> None:
    known = facts()
    found: dict[str, str] = {}
    for seed in range(MANY):
        asked = answered(seed, known, ask)
        if asked is None:
            continue
        route = "/recommend" if "target" in asked.body and asked.resolved("/dataset/examples") else asked.route
        if isinstance(ask(route, asked.body), dict):
            for word in idle(route, asked.body):
                found.setdefault(word.partition(":")[0], word)
    assert not found, "\n".join(found.values())
