"""The laws of the engine, each for any request that Hypothesis can think of."""

import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.contract.freeze import FreezePlan
from service.contract.recommend import BoundarySide, Recommendation
from service.contract.words import BlockKind, BlockState, Distinction, Policy
from service.core.rules.refusal import Refusal
from tests.ask import ask, frozen, recommended, scheduled
from tests.laws.jobs import KNOW, freezings, jobs, schedules, similarity

settings.register_profile("laws", deadline=None, derandomize=True, max_examples=150, database=None)
settings.load_profile("laws")

ROOT = Path(__file__).parents[2]
ORDER = {BlockState.FROZEN: 0, BlockState.LOW_RATE: 1, BlockState.FULL_RATE: 2}


def numbers(value: Any, pointer: str = "") -> Iterator[tuple[str, float]]:
    """Every number of an answer with its pointer."""
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield pointer, value
    elif isinstance(value, dict):
        for key, inner in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from numbers(inner, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")  # pyright: ignore[reportUnknownArgumentType]
    elif isinstance(value, list):
        for index, inner in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            yield from numbers(inner, f"{pointer}/{index}")


def resolve(value: Any, pointer: str) -> Any:
    """What a JSON pointer names; raises KeyError or IndexError where it names nothing."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        value = value[int(key) if type(value) is list else key]  # pyright: ignore[reportUnknownVariableType]
    return value  # pyright: ignore[reportUnknownVariableType]


def frozen_blocks(plan: FreezePlan) -> int:
    return sum(block.state is BlockState.FROZEN for block in plan.blocks if block.kind is not BlockKind.HEAD)


@given(jobs())
def test_deterministic_same_request_same_bytes(body: dict[str, Any]) -> None:
    assert msgspec.json.encode(ask("/recommend", body)) == msgspec.json.encode(ask("/recommend", body))


def test_deterministic_across_processes_and_hash_seeds() -> None:
    script = (
        "import hashlib, msgspec; from tests.ask import ask; "
        "bodies = [{'target': {'task': task}, 'dataset': {'examples': n}} "
        "for task in ('image-classification', 'text-generation') for n in (50, 5000, 5_000_000)]; "
        "print(hashlib.sha256(b''.join(msgspec.json.encode(ask('/recommend', b)) for b in bodies)).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(seen) == 1


@given(freezings(), st.integers(1, 20_000_000))
def test_monotone_more_examples_never_freeze_more(body: dict[str, Any], more: int) -> None:
    larger = {**body, "dataset": {**body["dataset"], "examples": body["dataset"]["examples"] + more}}
    assert frozen_blocks(frozen(**larger)) <= frozen_blocks(frozen(**body))


@given(freezings(), similarity, similarity)
def test_monotone_more_similarity_never_freezes_less(body: dict[str, Any], one: float, other: float) -> None:
    low, high = sorted((one, other))
    less, more = frozen(**{**body, "similarity": low}), frozen(**{**body, "similarity": high})
    assert frozen_blocks(less) <= frozen_blocks(more)


@given(jobs(), st.floats(1, 1000), st.floats(1, 1000))
def test_monotone_more_memory_never_removes_a_feasible_strategy(body: dict[str, Any], one: float, other: float) -> None:
    assume("model" in body.get("source", {}))
    small, large = sorted((one, other))
    feasible = [
        {
            option.strategy
            for option in recommended(
                **{**body, "compute": {"kind": "datacenter-gpu", "memory_gib": memory}}
            ).strategies
            if option.feasible
        }
        for memory in (small, large)
    ]
    assert feasible[0] <= feasible[1]


@given(schedules())
def test_monotone_rates_rise_from_stem_to_head_and_frozen_is_zero(body: dict[str, Any]) -> None:
    schedule = scheduled(**body)
    rates = [group.peak_rate for group in schedule.groups]
    assert rates == sorted(rates)
    assert all((group.peak_rate == 0) == (group.state is BlockState.FROZEN) for group in schedule.groups)
    assert schedule.rates.frozen == 0


@given(freezings())
def test_complete_every_block_once_and_counts_add_up(body: dict[str, Any]) -> None:
    plan = frozen(**body)
    assert [block.index for block in plan.blocks] == list(range(len(plan.blocks)))
    backbone = [block for block in plan.blocks if block.kind is not BlockKind.HEAD]
    ranks = [ORDER[block.state] for block in backbone]
    assert ranks == sorted(ranks), "frozen blocks lie below low-rate ones, and those below full-rate ones"
    assert plan.shares.blocks_frozen == pytest.approx(ranks.count(0) / len(ranks), abs=1e-4)
    if "model" in body:
        model = KNOW.models[body["model"]]
        heads = [block.params or 0 for block in KNOW.blocks[model.id] if block.kind is BlockKind.HEAD]
        pretrained_head = sum(heads) if model.head_kind == "lm" else 0
        assert plan.counts.backbone is not None
        assert plan.counts.backbone + pretrained_head == model.params
        frozen_params = sum(block.params or 0 for block in plan.blocks if block.state is BlockState.FROZEN)
        assert plan.counts.frozen == frozen_params
        if plan.counts.head is not None and plan.counts.trainable is not None and plan.counts.trainable > 0:
            assert plan.counts.trainable + frozen_params == plan.counts.backbone + plan.counts.head


@given(freezings())
def test_complete_phases_end_with_every_open_block(body: dict[str, Any]) -> None:
    plan = frozen(**body)
    opened = [block.index for block in plan.blocks if block.state is not BlockState.FROZEN]
    if not plan.phases:
        assert not opened
        return
    assert plan.phases[-1].train_blocks == opened
    assert sum(phase.epoch_share for phase in plan.phases) == pytest.approx(1, abs=1e-3)
    for earlier, later in zip(plan.phases, plan.phases[1:], strict=False):
        assert set(earlier.train_blocks) <= set(later.train_blocks)


def told(side: BoundarySide) -> tuple[object, ...]:
    """What is done on one side of an edge."""
    return side.strategy, side.method, side.model


def verdict(answer: Recommendation) -> tuple[object, ...]:
    """What is done for a job."""
    return answer.verdict.strategy, answer.verdict.method, answer.verdict.model


@given(st.sampled_from([200, 1000, 10_000, 100_000, 1_000_000]), similarity)
def test_continuous_both_sides_of_an_edge_are_shown_and_true(edge: int, alike: float) -> None:
    job: dict[str, Any] = {
        "target": {"task": "image-classification"},
        "source": {"model": "vit_base_patch16_224"},
        "similarity": alike,
    }
    below = recommended(**job, dataset={"examples": edge - 1})
    above = recommended(**job, dataset={"examples": edge})
    for answer in (below, above):
        shown = next(one for one in answer.boundaries if one.input == "/dataset/examples" and one.edge == edge)
        assert shown.near
        assert told(shown.below) == verdict(below)
        assert told(shown.above) == verdict(above)


STARTS = [
    "resnet50",
    "vit_base_patch16_224",
    "vit_base_patch14_dinov2",
    "openai/clip-vit-base-patch32",
    "vit_base_patch16_224.mae",
]


@given(
    st.sampled_from(STARTS),
    st.sampled_from(sorted(Policy)),
    st.sampled_from(sorted(Distinction)),
    st.integers(2, 300),
    st.sampled_from([4, 10, 20, 200, 1000, 5000, 10_000, 100_000, 1_000_000]),
    similarity,
)
def test_continuous_near_an_edge_the_other_advice_is_shown(
    model: str, policy: str, distinction: str, classes: int, edge: int, alike: float
) -> None:
    """Wherever one example more changes the first strategy, both neighbours show it; `edge` below 100 is per class."""
    count = edge * classes if edge < 100 else edge
    assume(count > classes)
    job: dict[str, Any] = {
        "target": {"task": "image-classification", "distinction": distinction},
        "source": {"model": model},
        "similarity": alike,
        "policy": policy,
    }
    below = recommended(**job, dataset={"examples": count - 1, "classes": classes})
    above = recommended(**job, dataset={"examples": count, "classes": classes})
    shown = [[one for one in answer.boundaries if one.edge == count and one.near] for answer in (below, above)]
    if verdict(below) != verdict(above):
        assert all(len(one) == 1 for one in shown)
    for one in [*shown[0], *shown[1]]:
        assert (told(one.below), told(one.above)) == (verdict(below), verdict(above))


TRAINED = {
    "zero-shot": 0,
    "feature-extraction": 0,
    "parameter-efficient": 0,
    "partial-fine-tuning": 1,
    "full-fine-tuning": 2,
    "from-scratch": 3,
}


@given(
    st.sampled_from(STARTS),
    st.sampled_from(sorted(Policy)),
    st.sampled_from(sorted(Distinction)),
    st.integers(1, 900_000),
    st.integers(1, 900_000),
    similarity,
    st.one_of(st.none(), st.integers(2, 300)),
)
def test_monotone_more_examples_never_advise_a_more_frozen_backbone(
    model: str, policy: str, distinction: str, one: int, other: int, alike: float, classes: int | None
) -> None:
    few, many = sorted((one, other))
    assume(classes is None or few >= classes)
    asked = [
        recommended(
            target={"task": "image-classification", "distinction": distinction},
            dataset={"examples": count} | ({"classes": classes} if classes else {}),
            source={"model": model},
            similarity=alike,
            policy=policy,
            compute={"kind": "datacenter-gpu"},
        ).verdict.strategy
        for count in (few, many)
    ]
    assert TRAINED[asked[0]] <= TRAINED[asked[1]]


@given(jobs())
def test_sourced_every_number_has_a_rule_and_a_source(body: dict[str, Any]) -> None:
    answer = msgspec.to_builtins(ask("/recommend", body))
    trace = answer.pop("trace")
    covered = {entry["pointer"] for entry in trace}
    decided = {
        key: value
        for key, value in answer.items()
        if key not in ("resolved", "ruleset", "adaptation", "strategies", "models")
    }
    ordinals = ("index", "rank", "order")
    for pointer, number in numbers(decided):
        parts = pointer.split("/")
        prefixes = {"/".join(parts[:length]) for length in range(2, len(parts) + 1)}
        assert parts[-1] in ordinals or prefixes & covered, f"{pointer} = {number} is explained by no rule"
    for index, _ in enumerate(answer["strategies"]):
        assert f"/strategies/{index}/score" in covered
    for index, _ in enumerate(answer["models"]):
        assert f"/models/{index}" in covered
    for entry in trace:
        resolve(answer, entry["pointer"])
        assert entry["sources"]
        assert set(entry["sources"]) <= set(KNOW.sources)


@given(st.one_of(st.tuples(st.just("/recommend"), jobs()), st.tuples(st.just("/lr-schedule"), schedules())))
def test_honest_every_number_is_finite(question: tuple[str, dict[str, Any]]) -> None:
    for pointer, number in numbers(msgspec.to_builtins(ask(*question))):
        assert math.isfinite(number), pointer


@given(jobs())
def test_explain_false_changes_nothing_but_the_trace(body: dict[str, Any]) -> None:
    explained, plain = (msgspec.to_builtins(ask("/recommend", body, explain=explain)) for explain in (True, False))
    assert explained.pop("trace")
    assert plain.pop("trace") == []
    assert plain == explained


def answered(**body: Any) -> tuple[Recommendation | None, list[str]]:
    """A recommendation, or where the faults are for which there is none."""
    try:
        return recommended(**body), []
    except Refusal as refused:
        return None, [fault.pointer for fault in refused.faults]


@given(jobs(), st.sampled_from(["zero-shot", "feature-extraction", "partial-fine-tuning", "full-fine-tuning"]))
def test_refuses_or_honours_a_fixed_strategy(body: dict[str, Any], strategy: str) -> None:
    free = recommended(**body)
    place = next(index for index, option in enumerate(free.strategies) if option.strategy == strategy)
    bars = {entry.rule for entry in free.trace if entry.pointer == f"/strategies/{place}/feasible"}
    fixed = {**body, "fixed": {"strategy": strategy}}
    barred = bars - {"memory-exceeded"}
    answer, pointers = answered(**fixed)
    if answer is None:
        assert barred
        assert pointers == ["/fixed/strategy"]
        return
    if barred:  # another model carries it out, where the caller names none
        assert "source" not in body
        assert answer.verdict.model != free.verdict.model
    assert answer.verdict.strategy == strategy
    assert answer.freeze_plan.strategy == strategy
    if answer.strategies[0].strategy != strategy:
        assert "fixed-strategy-second-best" in {notice.code for notice in answer.notices}


@given(schedules())
def test_curve_is_never_negative_and_never_above_the_peak(body: dict[str, Any]) -> None:
    schedule = scheduled(**body)
    assert all(0 <= point.factor <= 1 for point in schedule.points)
    assert len(schedule.points) <= body["points"]
    assert (schedule.points[0].step, schedule.points[-1].step) == (0, schedule.total_steps)


@given(schedules())
def test_warm_up_ends_at_its_step_exactly_and_segments_meet(body: dict[str, Any]) -> None:
    schedule = scheduled(**body)
    starts = [segment.start for segment in schedule.segments]
    ends = [segment.end for segment in schedule.segments]
    assert starts == [0, *ends[:-1]]
    assert ends[-1] == schedule.total_steps
    assert schedule.milestones == [0, *ends]
    if schedule.warmup_steps:
        assert schedule.segments[0].kind == "warm-up"
        assert ends[0] == schedule.warmup_steps
        if schedule.curve.warmup_kind != "constant":
            assert schedule.segments[0].factor_end == 1.0


@given(schedules())
def test_groups_keep_their_ratios_and_frozen_stays_zero(body: dict[str, Any]) -> None:
    schedule = scheduled(**body)
    for point in schedule.points:
        for group, rate in zip(schedule.groups, point.groups, strict=True):
            assert rate == point.factor * group.peak_rate
        assert point.frozen == 0


@given(schedules(), st.integers(2, 50))
def test_area_is_the_same_however_the_points_are_sampled(body: dict[str, Any], points: int) -> None:
    schedule = scheduled(**body)
    assert scheduled(**{**body, "points": points}).area == schedule.area
    assert 0 <= schedule.area <= schedule.total_steps * (1 + 1e-12)


@given(schedules())
def test_closed_form_gives_the_points(body: dict[str, Any]) -> None:
    """Each segment's formula, read as an expression in s, is the factor at every sampled step within the segment."""
    schedule = scheduled(**body)
    names = {"cos": math.cos, "pi": math.pi, "sqrt": math.sqrt, "max": max}
    for segment in schedule.segments:
        for point in schedule.points:
            if segment.start <= point.step < segment.end:
                value = eval(segment.formula, {"__builtins__": {}}, {**names, "s": point.step})  # noqa: S307
                assert value == pytest.approx(point.factor, rel=1e-9, abs=1e-12), segment


@given(jobs())
def test_recommendation_carries_the_answers_of_the_other_questions(body: dict[str, Any]) -> None:
    answer = recommended(**body)
    if answer.lr_schedule is None:
        assert answer.phases == []
        return
    last = answer.phases[-1]
    assert last.steps == answer.lr_schedule.total_steps
    assert last.warmup_steps == answer.lr_schedule.warmup_steps
    assert last.segments == answer.lr_schedule.segments
    assert [phase.segments[-1].end for phase in answer.phases] == [phase.steps for phase in answer.phases]
    assert (last.backbone_rate, last.head_rate) == (
        answer.lr_schedule.rates.backbone_top,
        answer.lr_schedule.rates.head,
    )
    tied = [block for block in answer.freeze_plan.blocks if block.kind is BlockKind.HEAD and block.params == 0]
    assert [group.name for group in answer.lr_schedule.groups if group.name != "adapters"] == [
        block.name for block in answer.freeze_plan.blocks if block not in tied
    ]
    states = {block.name: block.state for block in answer.freeze_plan.blocks}
    assert all(group.state is states.get(group.name, BlockState.FULL_RATE) for group in answer.lr_schedule.groups)
