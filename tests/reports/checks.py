"""What a report may expect of an answer. Each check is one line of its TOML; `get` points into the answer."""

import re
from collections.abc import Iterator
from typing import Any

LIKELIHOODS = ["unlikely", "possible", "likely", "observed"]
UNTOLD = {"resolved", "id", "rule", "sources", "topic", "ruleset"}
"""Parts of an answer that repeat the request, or are names."""


def holds(check: dict[str, Any], status: int, answer: Any) -> bool:
    """Whether one check holds."""
    match check:
        case {"any_of": ways}:
            return any(all(holds(one, status, answer) for one in checks) for checks in ways)
        case {"status": wanted}:
            return status == wanted
        case _:
            return status == 200 and told(check, answer)


def told(check: dict[str, Any], answer: Any) -> bool:
    """Whether a plan says what the check asks for."""
    codes: set[str] = {notice["code"] for notice in answer["notices"]}
    match check:
        case {"notice": wanted}:
            return not codes.isdisjoint(wanted)
        case {"notice_like": pattern}:
            return any(re.search(pattern, code) for code in codes)
        case {"risk": id, "at_least": least}:
            likelihood = next(one["likelihood"] for one in answer["risks"] if one["id"] == id)
            return LIKELIHOODS.index(likelihood) >= LIKELIHOODS.index(least)
        case {"any_text": wanted}:
            text = "\n".join(words(answer)).lower()
            return any(word.lower() in text for word in wanted)
        case {"batch_of": dialect}:
            return batch_of(answer, dialect) == at(answer, "/lr_schedule/batch_scaling/batch_size")
        case {"max_of": pointer, "le": most}:
            return max(at(answer, pointer)) <= most
        case {"get": pointer, **bounds}:
            return all(keeps(at(answer, pointer), name, bound) for name, bound in bounds.items())
        case _:
            raise AssertionError(f"no such check: {check}")


def keeps(value: Any, name: str, bound: Any) -> bool:
    """Whether a value keeps to a bound; `null` keeps to none."""
    if value is None:
        return False
    match name:
        case "in":
            return value in bound
        case "le":
            return value <= bound
        case "between":
            return bound[0] <= value <= bound[1]
        case "like":
            return re.search(bound, value) is not None
        case "unlike":
            return re.search(bound, value) is None
        case _:
            raise AssertionError(f"no such bound: {name}")


def at(answer: Any, pointer: str) -> Any:
    """What a JSON pointer names (RFC 6901); `null` where a part on the way is."""
    for part in pointer.split("/")[1:]:
        if answer is None:
            return None
        answer = answer[int(part) if isinstance(answer, list) else part.replace("~1", "/").replace("~0", "~")]
    return answer


def words(value: Any) -> Iterator[str]:
    """All that an answer says of its own."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():  # pyright: ignore[reportUnknownVariableType]
            if key not in UNTOLD:
                yield from words(inner)
    elif isinstance(value, list):
        for inner in value:  # pyright: ignore[reportUnknownVariableType]
            yield from words(inner)


def batch_of(answer: Any, dialect: str) -> int:
    """Examples that an export sees in one optimizer step, over all devices."""
    export = next(one for one in answer["exports"] if one["dialect"] == dialect)
    arguments = export["arguments"]["training_arguments"]
    devices = answer["resolved"]["/compute/count"]["value"]
    return arguments["per_device_train_batch_size"] * arguments["gradient_accumulation_steps"] * devices
