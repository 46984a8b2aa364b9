"""Parts of an answer that once contradicted each other, each with the smallest request that showed it."""

from typing import Any

import pytest

from service.contract.freeze import FreezePlanAnswer
from service.contract.schedule import LrScheduleAnswer
from service.core.rules.refusal import Refusal
from tests.ask import ask, frozen, recommended, scheduled

TAGS: dict[str, Any] = {"target": {"task": "token-classification"}}


def pointers(answer: Any, code: str) -> list[str]:
    return [notice.pointer for notice in answer.notices if notice.code == code]


def test_a_run_fixed_in_steps_tells_its_passes() -> None:
    """3,200 examples in batches of 32 are 100 steps: 250 steps are 2.5 passes, not 1."""
    answer = ask(
        "/freeze-plan",
        {
            "source": {"model": "bert-base-uncased"},
            "dataset": {"examples": 3200},
            "fixed": {"total_steps": 250, "batch_size": 32, "strategy": "full-fine-tuning"},
        },
    )
    assert isinstance(answer, FreezePlanAnswer)
    assert (answer.phases[-1].epochs, answer.phases[-1].steps) == (2.5, 250)
    assert answer.summary.epochs == sum(phase.epochs for phase in answer.phases)


def test_a_given_decay_is_that_of_plan_and_schedule() -> None:
    body: dict[str, Any] = {
        "source": {"model": "google/flan-t5-large"},
        "dataset": {"examples": 10_000_000},
        "schedule": {"layer_decay": 0.7},
    }
    assert frozen(**body).protection.layer_decay == scheduled(**body).layer_decay == 0.7


@pytest.mark.parametrize("fixed", [{"method": "from-scratch"}, {"strategy": "from-scratch"}])
def test_a_notice_of_a_fixed_choice_points_at_what_was_fixed(fixed: dict[str, Any]) -> None:
    answer = recommended(**TAGS, dataset={"examples": 100}, fixed=fixed)
    assert pointers(answer, "fixed-strategy-second-best") == [f"/fixed/{name}" for name in fixed]


@pytest.mark.parametrize(
    ("source", "pointer"),
    [({"model": "bert-base-uncased"}, "/source/model"), ({"objective": "masked-language-modelling"}, "/source")],
)
def test_a_closer_checkpoint_is_advised_at_what_was_given(source: dict[str, Any], pointer: str) -> None:
    answer = recommended(**TAGS, dataset={"examples": 5000}, source=source, similarity=2)
    assert pointers(answer, "use-closer-checkpoint") == [pointer]


@pytest.mark.parametrize(
    ("options", "pointer"), [({}, "/schedule/shape"), ({"cycles": 40}, "/schedule/options/cycles")]
)
def test_a_shape_without_room_is_told_at_what_was_given(options: dict[str, int], pointer: str) -> None:
    body = {"shape": "cosine-with-restarts", "warmup_steps": 49, "options": options}
    answer = ask("/lr-schedule", {"family": "cnn", "total_steps": 50, "schedule": body})
    assert pointers(answer, "option-without-effect") == [pointer]


def test_no_sweep_goes_on_beyond_a_rate_that_destroys_features() -> None:
    schedule = scheduled(family="decoder-lm", examples=141_313, batch_size=10_000_000)
    assert max(schedule.sweep) == schedule.rates.backbone_top


def test_a_sweep_under_sgd_ends_where_the_notice_begins() -> None:
    """A fixed rate that destroys is said to, and the sweep is of the published range: 3e-2 at most at batch 512."""
    answer = ask(
        "/lr-schedule",
        {"model": "vit_base_patch16_224", "total_steps": 84, "batch_size": 1, "peak_rate": 0.1, "optimizer": "sgd"},
    )
    assert isinstance(answer, LrScheduleAnswer)
    assert answer.lr_schedule is not None
    assert pointers(answer, "rate-destroys-features") == ["/fixed/peak_rate"]
    assert max(answer.lr_schedule.sweep) <= 10 * 3e-2 / 512


def test_a_feasible_strategy_has_a_score() -> None:
    answer = recommended(**TAGS, dataset={"examples": 13}, constraints={"keep_source_ability": True})
    assert all((option.score > 0) == option.feasible for option in answer.strategies)


def test_constraints_that_leave_no_model_do_not_reach_a_described_one() -> None:
    """Its neighbours beyond an edge have no ranked model either: this was a fault of the service."""
    answer = recommended(
        target={"task": "summarization"},
        dataset={"examples": 101_302},
        source={"corpus": "scientific-articles"},
        constraints={"max_params": 11_376},
    )
    assert answer.verdict.model is None
    assert any(edge.near for edge in answer.boundaries)


@pytest.mark.parametrize("memory", [8, 12, 80])
@pytest.mark.parametrize(
    ("task", "unable", "able"),
    [
        ("summarization", "facebook/bart-large", "Qwen/Qwen2.5-7B"),
        ("image-classification", "eva02_base_patch14_448", "vit_base_patch16_siglip_224"),
    ],
)
def test_a_fixed_strategy_starts_from_a_model_that_can_carry_it_out(
    memory: int, task: str, unable: str, able: str
) -> None:
    """BART writes nothing unless tuned, and EVA knows no words for classes, on whatever machine."""
    body: dict[str, Any] = {
        "target": {"task": task},
        "dataset": {"examples": 8000},
        "compute": {"memory_gib": memory},
    }
    assert recommended(**body, fixed={"strategy": "zero-shot"}).verdict.model == able
    with pytest.raises(Refusal):
        recommended(**body, fixed={"strategy": "zero-shot"}, source={"model": unable})
