"""The cells of recorded exactness that a job can ask for, and a small job for each.

A cell is what `service.dialects.runs` reads of a plan. The jobs are drawn from the contract's own words, so that a new
method, shape or precision is drawn too. They fix the numbers that a trainer is told as far as they can: where advice
changes, most of what was run stays what is told.
"""

from collections.abc import Container
from functools import cache
from hashlib import sha256
from itertools import product
from typing import Any, NamedTuple

import msgspec

from service.contract.words import CurveShape, Method, Precision, Trainer
from service.core.engine import freeze_plan
from service.core.rules.refusal import Refusal
from service.dialects.exports import plan_of
from service.dialects.plan import Plan
from service.dialects.runs import RunCell, cell_of
from service.dialects.trainers import said
from service.knowledge.loader import load
from tests.ask import job

Body = dict[str, Any]

KINDS = (("image-classification", "vision-transformer"), ("text-generation", "decoder-lm"))
"""Tasks with families: with a new head, and with the model's own."""

OF_SENTENCES = (("sentence-similarity", "text-encoder"),)

SIZES = ({"examples": 6000, "classes": 3}, {"examples": 24, "classes": 3})
"""Many examples and few: few are trained in more phases."""

STEPS = 6
"""Optimizer steps of a run of one pass."""

LENGTHS: tuple[Body, ...] = ({"epochs": 1}, {})
"""What is fixed of the length: a run of several phases has it from the rules, and then a step is a pass."""

WARMUPS = (2, 0)
"""Steps of the warm-up; a trainer that has no such curve with one is run without."""

BLOCKS = 4
DEVICES = 2


def parameters(joint: str, dense: tuple[str, str], norm: tuple[str, str]) -> list[dict[str, Any]]:
    """The small model that a trainer is given: what joins its names, and how a layer's two parameters are called."""
    sizes = {"embeddings": (6, 8), "head": (8, 3)}
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    for module in modules():
        if module.endswith("norm"):
            shapes[module] = dict.fromkeys(norm, (8,))
        else:
            inputs, outputs = sizes.get(module, (8, 8))
            whole = (outputs, inputs) if dense[0] == "weight" else (inputs, outputs)
            shapes[module] = {dense[0]: whole, dense[1]: (outputs,)}
    return [
        {"name": f"{module}.{name}".replace(".", joint), "shape": list(shape)}
        for module, held in shapes.items()
        for name, shape in held.items()
    ]


def modules() -> list[str]:
    """The layers of the small model, from stem to head."""
    blocks = [f"layers.{index}.{part}" for index in range(BLOCKS) for part in ("query", "value", "norm")]
    return ["embeddings", *blocks, "head"]


TORCH = {"parameters": parameters(".", ("weight", "bias"), ("weight", "bias"))}
TREE = {"parameters": parameters("/", ("kernel", "bias"), ("gamma", "beta"))}
GIVEN: dict[Method, Body] = {Method.ADAPTERS: {"adapter": {"rank": 2}}, Method.LINEAR_PROBE: {}}
"""What else a schedule is told of a method, where it is not how rates fall from block to block."""

SOURCES: dict[Trainer, Body] = {
    Trainer.KERAS: TREE,
    Trainer.OPTAX: TREE,
    Trainer.SENTENCE_TRANSFORMERS: {"model": "sentence-transformers/all-MiniLM-L6-v2"},
}
"""What a trainer is given where it is not PyTorch's small model."""


class Drawn(NamedTuple):
    """A job, the plan that answers it, and the cell that the plan falls into."""

    cell: RunCell
    body: Body
    plan: Plan


@cache
def plans(trainer: Trainer) -> tuple[Drawn, ...]:
    """A plan of every method in every number of phases that it comes in, with every other word of a cell."""
    source = SOURCES.get(trainer, TORCH)
    if trainer is not (first := next(each for each in Trainer if SOURCES.get(each, TORCH) is source)):
        return plans(first)
    grid = list(product(CurveShape, Precision, (1, DEVICES), WARMUPS))
    kinds: dict[tuple[Method, int], tuple[Any, ...]] = {}
    of = OF_SENTENCES if trainer is Trainer.SENTENCE_TRANSFORMERS else KINDS
    for kind in product(Method, of, SIZES, LENGTHS):
        if found := planned(job_for(source, kind, grid[0])):
            kinds.setdefault((cell_of(found).method, len(found.phases)), kind)
    bodies = [job_for(source, *both) for both in product(kinds.values(), grid)]
    return tuple(Drawn(cell_of(plan), body, plan) for body in bodies if (plan := planned(body)))


def job_for(source: Body, kind: tuple[Any, ...], words: tuple[Any, ...]) -> Body:
    """A job in which a method, for a task with a family and so many examples, is met with the other words of a cell."""
    method, (task, family), dataset, length = kind
    shape, precision, devices, warmup = words
    return {
        "target": {"task": task},
        "dataset": dataset,
        "source": source if "model" in source else {**source, "family": family},
        "similarity": 7,
        "compute": {"count": devices},
        "fixed": {
            "method": method,
            **length,
            "per_device_batch_size": dataset["examples"] // (STEPS if length else 1) // devices,
            "accumulation": 1,
            "precision": precision,
            "optimizer": "adamw",
            "peak_rate": 0.01,
        },
        "schedule": {"shape": shape, "warmup_steps": warmup, **GIVEN.get(method, {"layer_decay": 0.8})},
    }


@cache
def drawn(trainer: Trainer) -> dict[RunCell, Drawn]:
    """For each cell in which the trainer's export claims to be exact, a plan that falls into it."""
    found: dict[RunCell, Drawn] = {}
    for each in plans(trainer):
        if each.cell not in found and said(trainer, each.plan).exact:
            found[each.cell] = each
    return found


def planned(body: Body) -> Plan | None:
    """The plan as exporters take it; None where the job is refused, or nothing is trained."""
    try:
        answer = freeze_plan(job(body), load(), explain=False)
    except Refusal:
        return None
    return plan_of(answer, answer.lr_schedule, job(body), load()) if answer.lr_schedule else None


def digest(trainer: Trainer, cells: Container[RunCell]) -> str:
    """A hash of all that the trainer is told in these cells: another one is not what was run."""
    whole = sha256()
    for cell, each in drawn(trainer).items():
        if cell in cells:
            export = said(trainer, each.plan)
            whole.update(msgspec.json.encode([cell, export.arguments, export.text]))
    return whole.hexdigest()[:16]
