"""Which claims of the guides about strategies published comparisons keep, and which they overrule."""

from typing import Any

import pytest

from service.contract.words import Strategy
from tests.seeds.ask import BERT, CLIP, GENERATION, LLAMA, RESNET, TEXT, VIT, codes, recommend

HEAD, PARTIAL, FULL = Strategy.FEATURE_EXTRACTION, Strategy.PARTIAL, Strategy.FULL
SCRATCH, ADAPTER, ZERO_SHOT = Strategy.FROM_SCRATCH, Strategy.PARAMETER_EFFICIENT, Strategy.ZERO_SHOT
DINO = "vit_base_patch14_dinov2"
BIG: dict[str, Any] = {"compute": {"kind": "datacenter-gpu"}}

KEPT: list[tuple[str, int, dict[str, Any], Strategy]] = [
    ("R-034 many different examples train the whole network", 20_000, {"model": RESNET, "similarity": 3}, FULL),
    ("R-039 tens of thousands train the whole network", 300_000, {"model": DINO, "similarity": 8}, FULL),
    ("R-032 hundreds of similar examples train the head", 500, {"model": DINO, "similarity": 8}, HEAD),
    ("C-06 tiny and unlike data keep the backbone", 100, {"model": RESNET, "similarity": 2}, HEAD),
    ("C-03 few per class use the model as it is", 30, {"model": CLIP, "classes": 10}, ZERO_SHOT),
    ("C-03 thin classes train the head", 900, {"model": RESNET, "classes": 100, "similarity": 8}, HEAD),
    ("C-05 similar millions start pretrained", 5_000_000, {"model": RESNET, "similarity": 8}, FULL),
    ("R-023 very many, very different: from scratch", 5_000_000, {"model": RESNET, "similarity": 1}, SCRATCH),
    ("C-04 adapters on language models", 5000, {"task": GENERATION, "model": LLAMA, **BIG}, ADAPTER),
    ("R-027 a large model with few pairs is prompted", 50, {"task": GENERATION, "model": LLAMA, **BIG}, ZERO_SHOT),
    ("R-028 embeddings serve as they come", 500, {"task": "sentence-similarity"}, ZERO_SHOT),
    ("R-036 without a GPU features are extracted", 5000, {"model": RESNET, "compute": {"kind": "cpu"}}, HEAD),
    (
        "R-044 what must stay is not changed",
        50_000,
        {"model": VIT, "constraints": {"keep_source_ability": True}},
        ADAPTER,
    ),
]

OVERRULED: list[tuple[str, int, dict[str, Any], Strategy, Strategy]] = [
    ("R-032 a head for hundreds of examples: CNN", 500, {"model": RESNET, "similarity": 8}, HEAD, FULL),
    ("R-032 a head for hundreds: supervised ViT", 500, {"model": VIT, "similarity": 8}, HEAD, ADAPTER),
    ("R-033 upper layers for thousands: CNN", 5000, {"model": RESNET, "similarity": 5}, PARTIAL, FULL),
    ("R-033 upper layers for thousands: DINOv2", 5000, {"model": DINO, "similarity": 5}, PARTIAL, HEAD),
    ("C-03 below ten per class untrained: CLIP", 900, {"model": CLIP, "classes": 100}, ZERO_SHOT, HEAD),
    ("R-041 upper layers up to 50,000", 30_000, {"model": RESNET, "similarity": 8}, PARTIAL, FULL),
    ("R-033 upper layers of thousands of texts", 5000, {"task": TEXT, "model": BERT, "similarity": 5}, PARTIAL, FULL),
    ("R-032 a head for few texts", 256, {"task": TEXT, "model": BERT, "classes": 8, "similarity": 8}, HEAD, FULL),
]


@pytest.mark.parametrize(("claim", "examples", "body", "strategy"), KEPT, ids=[row[0] for row in KEPT])
def test_kept(claim: str, examples: int, body: dict[str, Any], strategy: Strategy) -> None:
    for policy in ("guides", "evidence"):
        answer = recommend(examples, **body, policy=policy)
        assert answer.verdict.strategy is strategy, f"{claim}: {policy}"
        assert not {"guides-differ", "evidence-differs"} & set(codes(answer))


@pytest.mark.parametrize(
    ("claim", "examples", "body", "told", "measured"), OVERRULED, ids=[row[0] for row in OVERRULED]
)
def test_overruled_and_said(
    claim: str, examples: int, body: dict[str, Any], told: Strategy, measured: Strategy
) -> None:
    guides = recommend(examples, **body, policy="guides")
    evidence = recommend(examples, **body, policy="evidence")
    assert (guides.verdict.strategy, evidence.verdict.strategy) == (told, measured), claim
    assert "evidence-differs" in codes(guides)
    assert "guides-differ" in codes(evidence)
    assert f"They advise {told}:" in next(one.message for one in evidence.notices if one.code == "guides-differ")
