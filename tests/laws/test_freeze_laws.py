"""The laws of a freeze plan, for any list of parameters that Hypothesis can think of."""

import re
from collections.abc import Iterator
from math import prod
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.contract.freeze import FreezePlan, FreezePlanAnswer
from service.contract.words import BlockKind, BlockState
from service.core.rules.refusal import Refusal
from tests.ask import ask, frozen

settings.register_profile("laws", deadline=None, derandomize=True, max_examples=150, database=None)
settings.load_profile("laws")

Shapes = list[tuple[str, list[int]]]

examples = st.integers(1, 20_000_000)
similarity = st.floats(0, 10, allow_nan=False)
widths = st.integers(1, 9)


@st.composite
def modules(draw: st.DrawFn, prefix: str) -> Shapes:
    """The layers of one block."""
    kinds = {
        "attention": [("attn.qkv", 2), ("attn.proj", 2), ("norm", 1), ("mlp.fc1", 2), ("mlp.fc2", 2)],
        "convolution": [("conv1", 4), ("bn1", 1), ("conv2", 4), ("bn2", 1)],
        "linear": [("weight_only", 2)],
        "sublayers": [("layer.0.SelfAttention.q", 2), ("layer.0.norm", 1), ("layer.1.Dense.wi", 2)],
        "experts": [("mlp.experts.gate_up_proj", 3), ("mlp.gate", 2), ("norm", 1)],
    }
    parts = kinds[draw(st.sampled_from(sorted(kinds)))]
    width = draw(widths)
    return [
        (f"{prefix}.{name}.{last}", [width] * (rank if last == "weight" else 1))
        for name, rank in parts
        for last in ("weight", "bias")
    ]


@st.composite
def stacks(draw: st.DrawFn, prefix: str) -> Shapes:
    """A flat stack, or one of stages."""
    name = draw(st.sampled_from(["blocks", "layers", "layer", "h", "stages", "features", "x"]))
    body: Shapes = []
    for index in range(draw(st.integers(1, 5))):
        member = f"{prefix}{name}{draw(st.sampled_from(['.', '']))}{index}"
        if draw(st.booleans()):
            body += draw(modules(member))
            continue
        for inner in range(draw(st.integers(1, 3))):
            body += draw(modules(f"{member}.{draw(st.sampled_from(['', 'blocks.']))}{inner}"))
    return body


@st.composite
def models(draw: st.DrawFn) -> Shapes:
    """Nested stages, flat stacks and towers between a stem and a head, both of which may be missing."""
    towers = draw(st.sampled_from([[""], ["encoder.", "decoder."], ["vision_model.", "text_model."], ["model."]]))
    body: Shapes = draw(st.sampled_from([[], [("embeddings.weight", [7, 3])], [("cls_token", [1, 1, 4])]]))
    for tower in towers:
        body = body + draw(stacks(tower))
        if draw(st.booleans()):
            body = [*body, (f"{tower}norm.weight", [4])]
    for extra in draw(st.lists(st.sampled_from(["pooler.dense", "extra", "odd_one", "fc1", "fc2", "lm_head", "0"]))):
        body = [*body, (f"{extra}.weight", [draw(widths), draw(widths)]), (f"{extra}.bias", [3])]
    body = body + draw(st.sampled_from([[], [("head.weight", [5, 4]), ("head.bias", [5])]]))
    return list({name: (name, shape) for name, shape in body}.values())


@st.composite
def wild(draw: st.DrawFn) -> Shapes:
    """Names of a few parts from a small alphabet, so that they often share prefixes and end in one another."""
    separator = draw(st.sampled_from([".", "/", "_"]))
    part = st.sampled_from(["a", "0", "1", "2", "10", "b1", "b2", "b_1", "norm", "head", "weight", "", "a b", "(a|b)*"])
    name = st.lists(part, min_size=1, max_size=5).map(separator.join).filter(bool)
    names = draw(st.lists(name, min_size=1, max_size=30, unique=True))
    return [(name, draw(st.lists(st.integers(0, 5), max_size=4))) for name in names]


def listed(shapes: Shapes) -> list[dict[str, Any]]:
    return [{"name": name, "shape": shape} for name, shape in shapes]


def header(shapes: Shapes) -> dict[str, Any]:
    return {name: {"dtype": "F32", "shape": shape} for name, shape in shapes}


def plan_of(shapes: Shapes, **rest: Any) -> FreezePlan:
    """The plan of a model; models whose order cannot be told are left out."""
    try:
        return frozen(parameters=listed(shapes), **{"dataset": {"examples": 5000}, **rest})
    except Refusal:
        assume(False)
        raise


def owners(plan: FreezePlan, names: list[str]) -> Iterator[tuple[str, list[int]]]:
    patterns = [re.compile(block.pattern or "(?!)") for block in plan.blocks]
    for name in names:
        yield name, [index for index, pattern in enumerate(patterns) if pattern.search(name)]


def assert_covered(plan: FreezePlan, shapes: Shapes) -> None:
    """Every parameter is in one block, and every block says what it holds."""
    held: dict[int, list[int]] = {block.index: [] for block in plan.blocks}
    sizes = dict(shapes)
    for name, found in owners(plan, list(sizes)):
        assert len(found) == 1, (name, found, [block.pattern for block in plan.blocks])
        held[found[0]].append(prod(sizes[name]))
    for block in plan.blocks:
        assert block.pattern is not None
        assert block.pattern.startswith("^")
        assert block.tensors == len(held[block.index]) > 0
        assert block.params == sum(held[block.index])
        for name in sizes:
            named = name in block.parameters or name.startswith(tuple(f"{module}." for module in block.modules))
            if "/" not in "".join(sizes):
                assert named == bool(re.search(block.pattern, name))


def assert_counted(plan: FreezePlan) -> None:
    counts = plan.counts
    by_state = {state: sum(block.params or 0 for block in plan.blocks if block.state is state) for state in BlockState}
    assert counts.frozen == by_state[BlockState.FROZEN]
    assert counts.trainable == by_state[BlockState.LOW_RATE] + by_state[BlockState.FULL_RATE]
    assert counts.total == (counts.backbone or 0) + (counts.head or 0) == (counts.trainable or 0) + (counts.frozen or 0)
    opened = [block.index for block in plan.blocks if block.state is not BlockState.FROZEN]
    for phase in plan.phases:
        assert set(phase.train_blocks) <= set(opened)
        assert phase.trainable == sum(plan.blocks[index].params or 0 for index in phase.train_blocks)
    if plan.phases:
        assert plan.phases[-1].train_blocks == opened
        assert plan.phases[-1].trainable == counts.trainable
    assert [block.index for block in plan.blocks] == list(range(len(plan.blocks)))


def frozen_blocks(plan: FreezePlan) -> int:
    return sum(block.state is BlockState.FROZEN for block in plan.blocks if block.kind is not BlockKind.HEAD)


@given(models(), examples, similarity)
def test_every_parameter_is_in_one_block_and_counts_add_up(shapes: Shapes, count: int, alike: float) -> None:
    plan = plan_of(shapes, dataset={"examples": count}, similarity=alike)
    assert_covered(plan, shapes)
    assert_counted(plan)
    assert plan.counts.total == sum(prod(shape) for _, shape in shapes)


@given(wild())
@settings(max_examples=600)
def test_every_parameter_of_wild_names_is_in_one_block(shapes: Shapes) -> None:
    plan = plan_of(shapes)
    assert_covered(plan, shapes)
    assert_counted(plan)


@given(wild())
@settings(max_examples=300)
def test_no_list_of_names_breaks_the_service(shapes: Shapes) -> None:
    """It is planned or refused; nothing else is raised."""
    for form in ({"parameters": listed(shapes)}, {"safetensors": header(shapes)}):
        try:
            frozen(dataset={"examples": 50}, **form)
        except Refusal as refused:
            assert refused.faults  # noqa: PT017 -- either answer will do


@given(models(), examples, st.integers(1, 20_000_000))
def test_more_examples_never_freeze_more(shapes: Shapes, count: int, more: int) -> None:
    fewer = plan_of(shapes, dataset={"examples": count})
    assert frozen_blocks(plan_of(shapes, dataset={"examples": count + more})) <= frozen_blocks(fewer)


@given(models(), similarity, similarity, examples)
def test_more_similarity_never_freezes_less(shapes: Shapes, one: float, other: float, count: int) -> None:
    low, high = (plan_of(shapes, dataset={"examples": count}, similarity=value) for value in sorted((one, other)))
    assert frozen_blocks(low) <= frozen_blocks(high)


@given(models(), st.data())
def test_tied_parameters_count_once(shapes: Shapes, data: st.DataObject) -> None:
    """Each name of a group is still in one block, and the total falls by the size of all but one of them."""
    by_shape: dict[tuple[int, ...], list[str]] = {}
    for name, shape in shapes:
        by_shape.setdefault(tuple(shape), []).append(name)
    alike = [names for names in by_shape.values() if len(names) > 1]
    assume(alike)
    names = data.draw(st.sampled_from(alike))
    group = data.draw(st.lists(st.sampled_from(names), min_size=2, unique=True))
    alone = plan_of(shapes)
    tied = plan_of(shapes, tied=[group])
    size = prod(dict(shapes)[group[0]])
    assert alone.counts.total is not None
    assert tied.counts.total == alone.counts.total - size * (len(group) - 1)
    for name, found in owners(tied, [name for name, _ in shapes]):
        assert len(found) == 1, name


@given(models(), similarity, st.sampled_from([None, "feature-extraction", "partial-fine-tuning", "full-fine-tuning"]))
def test_a_tied_head_has_the_state_of_what_it_is_tied_to(shapes: Shapes, alike: float, strategy: str | None) -> None:
    """One tensor cannot be frozen under one name and trained under another."""
    assume("head" not in shapes[-1][0])
    shapes = [*shapes, ("lm_head.weight", shapes[0][1])]
    assume(len(dict(shapes)) == len(shapes))
    rest: dict[str, Any] = {"strategy": strategy} if strategy else {}
    plan = plan_of(shapes, tied=[[shapes[0][0], "lm_head.weight"]], similarity=alike, **rest)
    (_, (counted,)), (_, (head,)) = owners(plan, [shapes[0][0], "lm_head.weight"])
    if plan.blocks[head].params == 0:
        assert plan.blocks[head].state is plan.blocks[counted].state
    assert all(phase.trainable for phase in plan.phases), "a phase that trains nothing is none"


@given(models(), examples)
def test_plan_hash_tells_plans_apart(shapes: Shapes, count: int) -> None:
    plan = plan_of(shapes, dataset={"examples": count})
    assert plan_of(shapes, dataset={"examples": count}).plan_hash == plan.plan_hash
    name, shape = shapes[-1]
    larger = plan_of([*shapes[:-1], (name, [2, *shape])], dataset={"examples": count})
    assert larger.plan_hash != plan.plan_hash
    scratch = plan_of(shapes, dataset={"examples": count}, strategy="from-scratch")
    if [block.state for block in scratch.blocks] != [block.state for block in plan.blocks]:
        assert scratch.plan_hash != plan.plan_hash


@given(models(), st.randoms(use_true_random=False))
def test_a_header_means_the_same_in_any_order(shapes: Shapes, random: Any) -> None:
    """JSON objects have no order, and files are written sorted."""
    shuffled = list(shapes)
    random.shuffle(shuffled)
    answers: list[Any] = []
    for order in (shapes, sorted(shapes), shuffled):
        try:
            answers.append(ask("/freeze-plan", {"safetensors": header(order), "dataset": {"examples": 500}}))
        except Refusal as refused:
            answers.append(refused.faults)
    assert len({msgspec.json.encode(answer) for answer in answers}) == 1


@given(models())
def test_a_sorted_list_has_no_order(shapes: Shapes) -> None:
    """A list that somebody sorted says no more than a header does: a bias before its weight shows it."""
    names = {name for name, _ in shapes}
    assume(len(shapes) > 2 and any(f"{name.removesuffix('weight')}bias" in names - {name} for name in names))
    body = {"dataset": {"examples": 500}}
    plans: list[Any] = []
    for form in ({"parameters": listed(sorted(shapes))}, {"safetensors": header(shapes)}):
        try:
            plans.append(frozen(**body, **form).blocks)
        except Refusal as refused:
            plans.append([fault.message for fault in refused.faults])
    assert plans[0] == plans[1]


@given(models(), st.sampled_from(["cnn", "vision-transformer", "text-encoder", "decoder-lm"]), examples)
def test_frozen_blocks_have_rate_0_and_rates_rise(shapes: Shapes, family: str, count: int) -> None:
    try:
        answer = ask("/freeze-plan", {"parameters": listed(shapes), "family": family, "dataset": {"examples": count}})
    except Refusal:
        assume(False)
        raise
    assert isinstance(answer, FreezePlanAnswer)
    assert answer.lr_schedule is not None
    groups = answer.lr_schedule.groups
    assert all((group.peak_rate == 0) == (group.state is BlockState.FROZEN) for group in groups)
    rates = [group.peak_rate for group in groups]
    assert rates == sorted(rates)
    patterns = {group.pattern for group in groups}
    assert {block.pattern for block in answer.freeze_plan.blocks if block.params} <= patterns


@given(models(), st.sampled_from(["zero-shot", "feature-extraction", "partial-fine-tuning", "full-fine-tuning"]))
def test_strategies_open_what_they_say(shapes: Shapes, strategy: str) -> None:
    plan = plan_of(shapes, strategy=strategy)
    backbone = [block.state for block in plan.blocks if block.kind is not BlockKind.HEAD]
    if strategy in ("zero-shot", "feature-extraction"):
        assert set(backbone) <= {BlockState.FROZEN}
    if strategy == "zero-shot":
        assert plan.counts.trainable == 0
    if strategy == "full-fine-tuning" and plan.counts.head is not None:
        assert plan.counts.frozen == 0
    if strategy == "partial-fine-tuning" and len(backbone) > 1:
        assert BlockState.FROZEN in backbone
        assert set(backbone) != {BlockState.FROZEN}


@pytest.mark.parametrize("separator", [".", "/"])
def test_a_name_that_begins_another_one_has_a_block_of_its_own(separator: str) -> None:
    """`block.1` is not `block.10`, and a parameter may be called like a module."""
    names = [f"blocks{separator}{i}{separator}{part}{separator}weight" for i in range(12) for part in ("fc", "fc_2")]
    shapes: Shapes = [(name, [3, 3]) for name in [*names, f"blocks{separator}1", f"blocks{separator}10"]]
    assert_covered(plan_of(shapes), shapes)
