"""One job, many views: what `/recommend` answers, the other questions answer too, byte for byte in what they share."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.contract.freeze import FreezePlanAnswer
from service.contract.schedule import LrScheduleAnswer
from service.contract.words import Trainer
from service.core.rules.example_requests import TINY_BERT, TINY_CONVNET
from service.core.rules.refusal import Refusal
from service.dialects import exports
from service.knowledge.loader import load
from tests.ask import job
from tests.laws.jobs import MODELS, jobs, shapes

SHARED_BY_FREEZE_PLAN = (
    "ruleset",
    "resolved",
    "setup",
    "freeze_plan",
    "lr_schedule",
    "phases",
    "summary",
    "exports",
)
SHARED_BY_LR_SCHEDULE = ("ruleset", "resolved", "summary", "setup", "lr_schedule")

SOURCES = st.one_of(
    st.fixed_dictionaries({"model": st.sampled_from(MODELS)}),
    st.fixed_dictionaries({"depth": st.integers(1, 60)}),
    st.fixed_dictionaries(
        {"family": st.sampled_from(["cnn", "vision-transformer", "text-encoder", "decoder-lm"])},
        optional={
            "params": st.integers(1_000_000, 10**11),
            "objective": st.sampled_from(["supervised", "masked-language-modelling", "contrastive-image-text"]),
            "corpus": st.sampled_from(["imagenet", "web-text"]),
            "depth": st.integers(1, 60),
        },
    ),
    st.just({"parameters": TINY_BERT}),
    st.just({"parameters": TINY_CONVNET}),
)
FIXED = st.fixed_dictionaries(
    {},
    optional={
        "optimizer": st.sampled_from(["adamw", "sgd"]),
        "batch_size": st.integers(1, 512),
        "epochs": st.integers(1, 9),
        "peak_rate": st.floats(1e-6, 1e-2),
        "precision": st.sampled_from(["fp32", "bf16-mixed", "fp16-mixed"]),
        "strategy": st.sampled_from(["full-fine-tuning", "partial-fine-tuning", "feature-extraction", "zero-shot"]),
    },
)
MACHINES = st.sampled_from([{}, {"kind": "cpu"}, {"device": "t4", "count": 4}, {"memory_gib": 3}])


@st.composite
def whole_jobs(draw: st.DrawFn) -> dict[str, Any]:
    """A job with parts that only some of the questions speak of."""
    body = draw(jobs())
    if draw(st.booleans()):
        body["source"] = draw(SOURCES)
    if draw(st.booleans()):
        body["fixed"] = draw(FIXED)
    if draw(st.booleans()):
        body["compute"] = draw(MACHINES)
    if draw(st.booleans()):
        body["schedule"] = draw(shapes()) | {"points": draw(st.integers(2, 30))}
    if draw(st.booleans()):
        shift = st.sampled_from(["input-level", "feature-level", "output-level"])
        body["freezing"] = draw(st.fixed_dictionaries({}, optional={"shift": shift}))
    body["dialects"] = draw(st.lists(st.sampled_from(sorted(Trainer)), max_size=3, unique=True))
    return body


def told(answer: object) -> dict[str, Any]:
    """The answer's parts as they go over the wire."""
    return {
        name: bytes(part)
        for name, part in msgspec.json.decode(msgspec.json.encode(answer), type=dict[str, msgspec.Raw]).items()
    }


def agree(view: Any, whole: Any, shared: tuple[str, ...], parts: tuple[str, ...]) -> None:
    """The view is the whole's own part: same bytes, and of notices and trace all that speak of it."""
    here, there = told(view), told(whole)
    assert {name: here[name] for name in shared} == {name: there[name] for name in shared}
    own = [notice for notice in view.notices if notice.code != "trainer-takes-plans-only"]
    spoken = [notice for notice in whole.notices if notice.pointer.split("/")[1] not in there or notice in own]
    assert own == [notice for notice in spoken if notice in own]
    assert all(notice in own for notice in whole.notices if notice.pointer.split("/")[1] not in there)
    entries = [entry for entry in whole.trace if entry.pointer.split("/")[1] in parts]
    assert [entry for entry in view.trace if entry.pointer.split("/")[1] in parts] == entries


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(whole_jobs())
def test_what_recommend_answers_the_views_answer_alike(body: dict[str, Any]) -> None:
    request, know = job(body), load()
    try:
        whole = exports.recommend(request, know, True)
    except Refusal:
        return
    frozen = exports.freeze_plan(request, know, True)
    agree(
        frozen, whole, SHARED_BY_FREEZE_PLAN, ("resolved", "setup", "freeze_plan", "lr_schedule", "phases", "exports")
    )
    scheduled = exports.lr_schedule(request, know, True)
    agree(scheduled, whole, SHARED_BY_LR_SCHEDULE, ("resolved", "setup", "lr_schedule"))


@pytest.mark.parametrize(
    "body",
    [
        {"source": {"model": "roberta-base"}, "dataset": {"examples": 500, "classes": 2}},
        {"source": {"model": "resnet50"}, "dataset": {"examples": 300}, "similarity": 8},
        {"source": {"depth": 24, "family": "vision-transformer"}, "dataset": {"examples": 50_000}},
        {"source": {"parameters": TINY_BERT}, "dataset": {"examples": 5000}, "dialects": ["pytorch"]},
    ],
)
def test_without_a_target_both_views_take_the_calculators_strategy(body: dict[str, Any]) -> None:
    request, know = job(body), load()
    frozen, scheduled = exports.freeze_plan(request, know, True), exports.lr_schedule(request, know, True)
    assert told(frozen)["lr_schedule"] == told(scheduled)["lr_schedule"]
    assert told(frozen)["resolved"] == told(scheduled)["resolved"]
    codes = {notice.code for notice in frozen.notices} & {notice.code for notice in scheduled.notices}
    assert "no-strategy-decided" in codes


def test_five_hundred_reviews_for_roberta_get_one_frozen_share() -> None:
    """By 0.1 the two routes froze 0 % and 77 % of the blocks for this job."""
    body = {
        "source": {"model": "roberta-base"},
        "target": {"task": "text-classification", "domain": "reviews"},
        "dataset": {"examples": 500, "classes": 2},
    }
    request, know = job(body), load()
    shares = {exports.recommend(request, know, False).freeze_plan.shares.blocks_frozen}
    shares.add(exports.freeze_plan(request, know, False).freeze_plan.shares.blocks_frozen)
    assert len(shares) == 1


def test_a_view_holds_no_part_that_is_not_its_own() -> None:
    assert set(FreezePlanAnswer.__struct_fields__) - set(SHARED_BY_FREEZE_PLAN) == {"notices", "trace"}
    assert set(LrScheduleAnswer.__struct_fields__) - set(SHARED_BY_LR_SCHEDULE) == {"notices", "trace"}
