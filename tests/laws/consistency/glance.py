"""The summary says what the parts of the plan say."""

from collections.abc import Iterator
from typing import Any

from tests.laws.consistency.asked import Asked, clause, only


def summary_of(asked: Asked) -> Any:
    """The run at a glance."""
    return asked.answer["summary"]


def another_batch(asked: Asked) -> None:
    only(asked.schedule)
    summary_of(asked)["batch_size"] += 1


@clause(another_batch)
def the_batch_is_the_schedules(asked: Asked) -> Iterator[str]:
    told = summary_of(asked)
    batch = asked.schedule["batch_scaling"]["batch_size"] if asked.schedule else None
    if told["batch_size"] != batch:
        yield f"batch {told['batch_size']} of {batch}"
    if told["micro_batch"] != asked.answer["setup"]["per_device_batch"]:
        yield f"micro-batch {told['micro_batch']}"


def another_rank(asked: Asked) -> None:
    only(asked.plan)
    summary_of(asked)["lora_rank"] = 1000


@clause(another_rank)
def the_rank_is_the_adapters(asked: Asked) -> Iterator[str]:
    adapter = asked.plan["adapter"] if asked.plan else None
    if asked.plan and summary_of(asked)["lora_rank"] != (adapter["rank"] if adapter else None):
        yield f"rank {summary_of(asked)['lora_rank']}"


def a_count_is_added(asked: Asked) -> None:
    summary_of(asked)["trainable"] += 1


@clause(a_count_is_added)
def what_trains_is_the_last_phases(asked: Asked) -> Iterator[str]:
    if not asked.plan:
        return
    phases = asked.plan["phases"]
    trainable = phases[-1]["trainable"] if phases else asked.plan["counts"]["trainable"]
    if summary_of(asked)["trainable"] != trainable:
        yield f"{summary_of(asked)['trainable']} of {trainable} train"


def a_span_is_shorter(asked: Asked) -> None:
    only(asked.plan)
    summary_of(asked)["blocks"][-1]["first"] += 1


@clause(a_span_is_shorter)
def spans_are_the_blocks(asked: Asked) -> Iterator[str]:
    """Taken apart, the spans give back every block's state, in order."""
    if not asked.plan:
        return
    spans, blocks = summary_of(asked)["blocks"], asked.plan["blocks"]
    told = [(index, span["state"]) for span in spans for index in range(span["first"], span["last"] + 1)]
    if told != [(block["index"], block["state"]) for block in blocks]:
        yield f"spans {[(span['state'], span['first'], span['last']) for span in spans]}"
    for span in spans:
        names = (blocks[span["first"]]["name"], blocks[span["last"]]["name"])
        if names != (span["first_name"], span["last_name"]):
            yield f"{span['first_name']} to {span['last_name']} are {names}"
