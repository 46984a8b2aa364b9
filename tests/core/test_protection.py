"""Hard freezing against soft, embeddings, norms and phases, for models that are listed by name."""

from itertools import pairwise
from typing import Any

import pytest

from service.contract.freeze import FreezePlan, FreezePlanAnswer
from service.contract.words import BlockKind, BlockState, Protection
from tests.ask import ask, frozen

SHAPES: list[tuple[str, list[int]]] = [
    ("embeddings.word_embeddings.weight", [50, 8]),
    *(
        (f"encoder.layer.{i}.{part}", shape)
        for i in range(12)
        for part, shape in (
            ("attention.self.query.weight", [8, 8]),
            ("attention.self.value.weight", [8, 8]),
            ("output.dense.weight", [8, 32]),
            ("output.LayerNorm.weight", [8]),
            ("output.LayerNorm.bias", [8]),
        )
    ),
    ("classifier.weight", [2, 8]),
]
BODY: dict[str, Any] = {"parameters": [{"name": name, "shape": shape} for name, shape in SHAPES]}
LAYER = 8 * 8 * 2 + 8 * 32 + 16


def planned(examples: int, **rest: Any) -> FreezePlan:
    return frozen(**BODY, dataset={"examples": examples}, **rest)


def answered(examples: int, **rest: Any) -> FreezePlanAnswer:
    answer = ask("/freeze-plan", {**BODY, "dataset": {"examples": examples}, **rest})
    assert isinstance(answer, FreezePlanAnswer)
    return answer


def states(plan: FreezePlan) -> set[BlockState]:
    return {block.state for block in plan.blocks if block.kind is not BlockKind.HEAD}


@pytest.mark.parametrize(
    ("examples", "rest", "kind"),
    [
        (500, {"strategy": "feature-extraction"}, Protection.HARD),
        (500, {"strategy": "parameter-efficient"}, Protection.HARD),
        (500, {"strategy": "zero-shot"}, Protection.HARD),
        (50_000, {"strategy": "full-fine-tuning"}, Protection.SOFT),
        (5000, {"strategy": "partial-fine-tuning"}, Protection.BOTH),
        (5000, {}, Protection.BOTH),
        (5_000_000, {"similarity": 1}, Protection.SOFT),
        (50_000, {"strategy": "from-scratch"}, Protection.NONE),
    ],
)
def test_kind_of_protection(examples: int, rest: dict[str, Any], kind: Protection) -> None:
    protection = planned(examples, **rest).protection
    assert protection.kind is kind
    assert (protection.layer_decay is not None) == (kind in (Protection.SOFT, Protection.BOTH))
    assert protection.reason


@pytest.mark.parametrize("examples", [100, 500, 5000, 50_000, 500_000, 5_000_000])
@pytest.mark.parametrize("similarity", [1.0, 5.0, 9.0])
def test_protection_says_what_the_states_do(examples: int, similarity: float) -> None:
    plan = planned(examples, similarity=similarity)
    has_frozen, has_low = BlockState.FROZEN in states(plan), BlockState.LOW_RATE in states(plan)
    expected = {
        (True, True): Protection.BOTH,
        (True, False): Protection.HARD,
        (False, True): Protection.SOFT,
        (False, False): Protection.NONE,
    }[has_frozen, has_low]
    assert plan.protection.kind is expected


@pytest.mark.parametrize(
    "rest",
    [
        {"strategy": "full-fine-tuning"},
        {"strategy": "partial-fine-tuning"},
        {"strategy": "full-fine-tuning", "similarity": 9},
        {"strategy": "full-fine-tuning", "similarity": 1},
    ],
)
def test_decay_of_the_plan_is_that_of_its_schedule(rest: dict[str, Any]) -> None:
    """Neighbouring low-rate blocks stand in the ratio that the plan names."""
    answer = answered(20_000, **rest)
    schedule, decay = answer.lr_schedule, answer.freeze_plan.protection.layer_decay
    assert schedule is not None
    assert decay == schedule.layer_decay
    assert 0 < (decay or 0) <= 1
    low = [group.peak_rate for group in schedule.groups if group.state is BlockState.LOW_RATE]
    for below, above in pairwise(low):
        assert below / above == pytest.approx(decay, rel=1e-3)


def test_similar_data_move_early_blocks_less() -> None:
    """The decay is published for a backbone of twelve: 0.7 for similar, 0.9 for unlike data."""
    decays = [
        planned(50_000, strategy="full-fine-tuning", similarity=value).protection.layer_decay for value in (9, 5, 1)
    ]
    assert decays == sorted(decays, key=lambda decay: decay or 0)
    assert decays[0] == pytest.approx(0.7, abs=0.1)


def test_the_ratio_from_end_to_end_does_not_hang_on_depth() -> None:
    """Twice as many layers take the root of the decay."""
    decays = [
        frozen(
            depth=depth,
            family="vision-transformer",
            dataset={"examples": 50_000},
            strategy="full-fine-tuning",
            similarity=5,
        ).protection
        for depth in (12, 24, 48)
    ]
    assert [decay.layer_decay for decay in decays] == [
        pytest.approx(0.8, rel=1e-3),
        pytest.approx(0.8**0.5, rel=1e-3),
        pytest.approx(0.8**0.25, rel=1e-3),
    ]


def test_embeddings_share_the_state_of_the_stem() -> None:
    assert planned(500).embeddings.state is BlockState.FROZEN
    full = planned(50_000, strategy="full-fine-tuning")
    assert full.embeddings.state is full.blocks[0].state is BlockState.LOW_RATE
    assert planned(50_000, strategy="from-scratch").embeddings.state is BlockState.FULL_RATE


@pytest.mark.parametrize("examples", [100, 500, 5000, 50_000])
def test_phases_open_from_the_head_down(examples: int) -> None:
    plan = planned(examples, strategy="partial-fine-tuning")
    opened = [phase.train_blocks for phase in plan.phases]
    head = len(plan.blocks) - 1
    assert opened[0] == [head]
    for earlier, later in pairwise(opened):
        assert set(earlier) < set(later), "each phase opens something"
        assert later == list(range(later[0], head + 1)), "from the top down, without a gap"
    sizes = [phase.trainable for phase in plan.phases]
    assert sizes[0] == 16
    assert sizes[-1] == plan.counts.trainable == 16 + LAYER * (len(opened[-1]) - 1)
    assert sum(phase.epoch_share for phase in plan.phases) == pytest.approx(1)
    assert all(phase.stop and phase.patience > 0 for phase in plan.phases)


def test_few_labels_open_blocks_in_three_steps() -> None:
    assert [phase.name for phase in planned(500, strategy="partial-fine-tuning").phases][:1] == ["head"]
    assert len(planned(500, strategy="partial-fine-tuning").phases) == 3
    head, half, whole = (len(phase.train_blocks) for phase in planned(100, strategy="partial-fine-tuning").phases)
    assert head + (whole - head + 1) // 2 == half, "the upper half of the opened blocks"
    assert len(planned(5000, strategy="partial-fine-tuning").phases) == 2
    assert len(planned(500, strategy="feature-extraction").phases) == 1
    assert planned(500, strategy="zero-shot").phases == []


def test_every_phase_of_the_answer_has_its_rates() -> None:
    answer = answered(5000, strategy="partial-fine-tuning")
    assert [phase.train_blocks for phase in answer.phases] == [
        phase.train_blocks for phase in answer.freeze_plan.phases
    ]
    first, last = answer.phases[0], answer.phases[-1]
    assert first.backbone_rate == 0
    assert first.head_rate >= last.head_rate >= last.backbone_rate > 0


@pytest.mark.parametrize(
    ("shift", "opened"),
    [("input-level", "first"), ("feature-level", "middle"), ("output-level", "last")],
)
def test_surgical_choice_by_kind_of_shift(shift: str, opened: str) -> None:
    """Lee et al. 2022: corrupted inputs are met in the first blocks, new features in the middle, new labels last."""
    plan = planned(500, strategy="partial-fine-tuning", shift=shift)
    backbone = [block for block in plan.blocks if block.kind is not BlockKind.HEAD]
    open_places = [place for place, block in enumerate(backbone) if block.state is not BlockState.FROZEN]
    if opened == "last" and not open_places:
        return  # the head alone is the last layer
    assert open_places
    assert open_places == list(range(open_places[0], open_places[-1] + 1)), "one run of blocks"
    assert len(open_places) <= len(backbone) / 2
    middle = (open_places[0] + open_places[-1]) / 2 / (len(backbone) - 1)
    assert {"first": middle < 0.34, "middle": 0.25 < middle < 0.75, "last": middle > 0.66}[opened]
    assert plan.phases[-1].trainable == plan.counts.trainable


def test_a_shift_in_the_inputs_needs_no_new_head() -> None:
    """With the labels unchanged the head may stay; whatever it does, it is counted as the plan says."""
    plan = planned(500, strategy="partial-fine-tuning", shift="input-level")
    by_state = {state: sum(block.params or 0 for block in plan.blocks if block.state is state) for state in BlockState}
    assert plan.counts.frozen == by_state[BlockState.FROZEN]


def test_memory_freezes_more_and_never_less() -> None:
    big = [{"name": f"layers.{i}.{part}.weight", "shape": [8192, 8192]} for i in range(24) for part in ("fc1", "fc2")]
    counts: list[int] = []
    for gib in (1000, 40, 20, 12):
        plan = frozen(
            parameters=big,
            dataset={"examples": 50_000},
            strategy="partial-fine-tuning",
            compute={"memory_gib": gib},
        )
        assert plan.counts.frozen is not None
        counts.append(plan.counts.frozen)
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_small_batches_with_batch_norm_keep_statistics_fixed() -> None:
    shapes = [
        {"name": f"layers.{i}.{part}", "shape": shape}
        for i in range(6)
        for part, shape in (
            ("conv1.weight", [8, 8, 3, 3]),
            ("bn1.weight", [8]),
            ("bn1.bias", [8]),
            ("conv2.weight", [8, 8, 3, 3]),
        )
    ]
    plan = frozen(parameters=shapes, dataset={"examples": 50_000}, batch_size=2, strategy="full-fine-tuning")
    assert plan.norm.frozen_statistics
    assert "batch" in plan.norm.reason.lower()
    assert "Batch-norm layers" in plan.self_check_code


def test_where_no_family_is_known_all_blocks_that_train_take_one_rate() -> None:
    body: dict[str, Any] = {"source": {"depth": 12}, "dataset": {"examples": 50_000}}
    answer = ask("/freeze-plan", {**body, "fixed": {"strategy": "full-fine-tuning"}})
    assert isinstance(answer, FreezePlanAnswer)
    assert answer.freeze_plan.protection.layer_decay == 1.0
