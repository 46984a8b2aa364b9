"""What the shapes of a listed model tell of its memory: its vocabulary, its images, its channels."""

from typing import Any

import pytest

from service.contract.recommend import Recommendation
from service.core.rules.refusal import Refusal
from tests.ask import recommended

WIDTH, INNER, WORDS = 896, 4864, 151_936
QWEN = [
    {"name": "model.embed_tokens.weight", "shape": [WORDS, WIDTH]},
    *(
        {"name": f"model.layers.{i}.{part}", "shape": shape}
        for i in range(24)
        for part, shape in (
            ("self_attn.q_proj.weight", [WIDTH, WIDTH]),
            ("self_attn.k_proj.weight", [128, WIDTH]),
            ("self_attn.v_proj.weight", [128, WIDTH]),
            ("self_attn.o_proj.weight", [WIDTH, WIDTH]),
            ("mlp.gate_proj.weight", [INNER, WIDTH]),
            ("mlp.up_proj.weight", [INNER, WIDTH]),
            ("mlp.down_proj.weight", [WIDTH, INNER]),
            ("input_layernorm.weight", [WIDTH]),
            ("post_attention_layernorm.weight", [WIDTH]),
        )
    ),
    {"name": "model.norm.weight", "shape": [WIDTH]},
]
"""Qwen2.5-0.5B without its biases: its output is the word embedding, which `named_parameters()` lists once."""


def patches(positions: int, patch: int, channels: int = 3) -> list[dict[str, Any]]:
    return [
        {"name": "pos_embed", "shape": [1, positions, 64]},
        {"name": "patch_embed.proj.weight", "shape": [64, channels, patch, patch]},
        *(
            {"name": f"blocks.{i}.{part}", "shape": shape}
            for i in range(4)
            for part, shape in (
                ("norm1.weight", [64]),
                ("norm1.bias", [64]),
                ("attn.qkv.weight", [192, 64]),
                ("attn.proj.weight", [64, 64]),
                ("norm2.weight", [64]),
                ("norm2.bias", [64]),
                ("mlp.fc1.weight", [256, 64]),
                ("mlp.fc2.weight", [64, 256]),
            )
        ),
        {"name": "head.weight", "shape": [5, 64]},
    ]


def pictures(model: list[dict[str, Any]], **data: Any) -> Recommendation:
    return recommended(
        target={"task": "image-classification"},
        source={"parameters": model},
        dataset={"examples": 4000, "classes": 5, **data},
        fixed={"strategy": "full-fine-tuning"},
    )


def term(answer: Recommendation, part: str) -> float:
    return next(term.expected_gib for term in answer.resources.terms if term.part == part)


@pytest.mark.parametrize("tied", [{}, {"tied": [["model.embed_tokens.weight", "lm_head.weight"]]}])
def test_a_tied_output_scores_every_word(tied: dict[str, Any]) -> None:
    answer = recommended(
        target={"task": "text-generation"},
        source={"parameters": QWEN},
        dataset={"examples": 5000, "sequence_length": 1024},
        compute={"memory_gib": 24, "count": 1},
        **({"freezing": tied} if tied else {}),
    )
    scores = 4 * WORDS * 1024 * (answer.setup.per_device_batch or 0) / 2**30
    assert term(answer, "logits") >= scores


def test_a_described_language_model_has_scores() -> None:
    answer = recommended(
        target={"task": "text-generation"},
        source={"family": "decoder-lm", "params": 8_030_261_248, "depth": 32},
        dataset={"examples": 5000, "sequence_length": 1024},
    )
    assert term(answer, "logits") > 0


def test_only_an_output_may_be_named_that_is_not_listed() -> None:
    with pytest.raises(Refusal):
        recommended(
            target={"task": "text-generation"},
            source={"parameters": QWEN},
            dataset={"examples": 5000},
            freezing={"tied": [["model.embed_tokens.weight", "model.embed_token.weight"]]},
        )


@pytest.mark.parametrize(
    ("positions", "patch", "px"), [(1370, 14, 518), (197, 16, 224), (198, 16, 224), (729, 14, 378)]
)
def test_the_table_of_positions_tells_the_image(positions: int, patch: int, px: int) -> None:
    """DINOv2, ViT, distilled DeiT, SigLIP."""
    answer = pictures(patches(positions, patch))
    assert answer.resources.image_size == px
    assert "example-size-assumed" not in {notice.code for notice in answer.notices}


def test_an_assumed_image_is_said() -> None:
    bare = [one for one in patches(197, 16) if one["name"] != "pos_embed"]
    codes = {notice.code for notice in pictures(bare).notices}
    assert "example-size-assumed" in codes
    assert "example-size-assumed" not in {notice.code for notice in pictures(bare, image_size=96).notices}


def test_a_rebuilt_stem_is_counted_with_its_new_channels() -> None:
    """A patch of 16 x 16 pixels has 256 weights for each channel and each of 64 outputs."""
    usual, wider = pictures(patches(197, 16)), pictures(patches(197, 16), channels=7)
    assert usual.freeze_plan.counts.total is not None
    assert wider.freeze_plan.counts.total == usual.freeze_plan.counts.total + 4 * 256 * 64


def test_a_model_listed_with_its_channels_stays_as_it_is() -> None:
    model = patches(197, 16, channels=7)
    assert (
        pictures(model, channels=7).freeze_plan.counts.total
        == sum(one["shape"][0] * (one["shape"][1] if len(one["shape"]) == 2 else 1) for one in model[2:])
        + 197 * 64
        + 64 * 7 * 256
    )


@pytest.mark.parametrize("count", [1, 3, 8])
def test_micro_batch_accumulation_and_devices_make_the_batch(count: int) -> None:
    for examples in (200, 5000, 14_000_000):
        answer = recommended(
            target={"task": "image-classification"},
            dataset={"examples": examples, "classes": 10},
            source={"model": "resnet50"},
            compute={"device": "a100", "count": count},
        )
        setup = answer.setup
        assert setup.per_device_batch
        assert setup.accumulation
        assert setup.devices
        assert setup.per_device_batch * setup.accumulation * setup.devices == answer.summary.batch_size
        assert "small-batch-norm" not in {notice.code for notice in answer.notices}


def test_a_step_larger_than_the_data_is_refused() -> None:
    with pytest.raises(Refusal):
        recommended(
            target={"task": "image-classification"},
            dataset={"examples": 100, "classes": 4},
            source={"model": "resnet50"},
            fixed={"strategy": "full-fine-tuning", "per_device_batch_size": 64, "accumulation": 4},
        )


@pytest.mark.parametrize("gib", [4, 6, 8, 16])
def test_texts_that_are_held_against_each_other_stay_together(gib: float) -> None:
    """One at a time has no other to be held against: the loss of sentence-transformers is then 0."""
    job = {"target": {"task": "sentence-similarity", "domain": "news"}, "dataset": {"examples": 5000}}
    answer = recommended(**job, compute={"memory_gib": gib})
    assert (answer.setup.per_device_batch or 0) > 1
    told = any(notice.code == "negatives-in-parts" for notice in answer.notices)
    assert told is ((answer.setup.accumulation or 1) > 1)


@pytest.mark.parametrize("task", ["sentence-similarity", "zero-shot-image-classification"])
@pytest.mark.parametrize("count", [1, 2, 8, 32])
@pytest.mark.parametrize("examples", [300, 5000, 50_000, 5_000_000])
def test_each_device_has_the_batch_that_one_alone_has(task: str, count: int, examples: int) -> None:
    """Devices do not see each other's examples: `gather_across_devices` of sentence-transformers is False."""
    job = {"target": {"task": task}, "dataset": {"examples": examples}, "fixed": {"strategy": "full-fine-tuning"}}
    alone = recommended(**job, compute={"device": "A100"}).setup
    answer = recommended(**job, compute={"device": "A100", "count": count})
    assert answer.setup.per_device_batch == alone.per_device_batch
    assert answer.summary.batch_size == (alone.per_device_batch or 0) * (answer.setup.devices or 0)
    assert examples < 5_000_000 or answer.setup.devices == count
    assert not {"negatives-in-parts", "no-negatives"} & {notice.code for notice in answer.notices}


@pytest.mark.parametrize("task", ["sentence-similarity", "zero-shot-image-classification"])
@pytest.mark.parametrize(
    ("fixed", "told"),
    [
        ({"batch_size": 32}, {"negatives-in-parts"}),
        ({"batch_size": 256}, set[str]()),
        ({"per_device_batch_size": 32}, set[str]()),
        ({"per_device_batch_size": 8}, {"negatives-in-parts"}),
        ({"per_device_batch_size": 32, "accumulation": 2}, {"negatives-in-parts"}),
        ({"per_device_batch_size": 1}, {"no-negatives"}),
        ({"per_device_batch_size": 1, "accumulation": 4}, {"no-negatives"}),
        ({"batch_size": 1}, {"no-negatives"}),
    ],
)
def test_a_given_batch_is_kept_and_what_its_parts_cost_is_said(
    task: str, fixed: dict[str, int], told: set[str]
) -> None:
    job = {"target": {"task": task}, "dataset": {"examples": 50_000}, "compute": {"device": "A100", "count": 8}}
    answer = recommended(**job, fixed={**fixed, "strategy": "full-fine-tuning"})
    per_device = fixed.get("per_device_batch_size", 0) * fixed.get("accumulation", 1) * 8
    assert answer.summary.batch_size == fixed.get("batch_size", per_device)
    assert {"negatives-in-parts", "no-negatives"} & {notice.code for notice in answer.notices} == told


@pytest.mark.parametrize(
    ("model", "px", "tokens"),
    [
        ("MCG-NJU/videomae-base", 224, 8 * 14 * 14),
        ("google/vivit-b-16x2-kinetics400", 224, 16 * 14 * 14),
        ("facebook/vjepa2-vitl-fpc64-256", 256, 32 * 16 * 16),
    ],
)
def test_a_clip_has_the_patches_of_its_frames(model: str, px: int, tokens: int) -> None:
    """Two frames to a plane of patches: 16 of VideoMAE, 32 of ViViT, 64 of V-JEPA 2, whose pictures have 256 px."""
    body: dict[str, Any] = {"target": {"task": "video-classification"}, "dataset": {"examples": 4000, "classes": 5}}
    told = recommended(
        **body,
        source={"model": model},
        compute={"memory_gib": 80},
        fixed={"per_device_batch_size": 1, "strategy": "full-fine-tuning"},
    )
    assert told.resources.image_size == px
    kept = next(term.expected_gib for term in told.resources.terms if term.part == "activations") * 2**30
    width, blocks = (1024, 24) if "vitl" in model else (768, 12)
    assert kept == pytest.approx(34 * tokens * width * blocks, rel=0.25)  # Korthikanti 2022: 34 bytes, without scores


@pytest.mark.parametrize(
    ("model", "task"),
    [
        ("microsoft/deberta-v3-base", "text-classification"),
        ("sentence-transformers/all-mpnet-base-v2", "text-classification"),
        ("google/gemma-2-9b", "text-generation"),
        ("openai/gpt-oss-20b", "text-generation"),
        ("microsoft/wavlm-large", "audio-classification"),
    ],
)
def test_a_model_that_has_no_fused_attention_is_sized_with_its_scores(model: str, task: str) -> None:
    """transformers' classes of these have `_supports_sdpa = False`; a caller's own kernel is the caller's to name."""
    body = {"target": {"task": task}, "dataset": {"examples": 5000}, "source": {"model": model}}
    usual, fused = (
        recommended(**body, compute={"memory_gib": 500}, fixed={"checkpointing": False, **fixed})
        for fixed in ({}, {"attention": "fused"})
    )
    assert usual.setup.attention == "eager"
    assert term(usual, "activations") / (usual.setup.per_device_batch or 1) > term(fused, "activations") / (
        fused.setup.per_device_batch or 1
    )


@pytest.mark.parametrize("model", ["google/gemma-2b", "google/gemma-3-1b-it", "roberta-base", "EleutherAI/pythia-1b"])
def test_others_attend_in_fused_kernels(model: str) -> None:
    told = recommended(target={"task": "text-classification"}, dataset={"examples": 5000}, source={"model": model})
    assert told.setup.attention == "fused"


def test_a_page_is_kept_as_large_as_it_is_read() -> None:
    """Donut reads 2560 x 1920 pixels: saved tensors of one page in bf16, queries and values training, are 11.9 GiB."""
    body = {"target": {"task": "image-to-text"}, "source": {"model": "naver-clova-ix/donut-base"}}
    fixed = {"strategy": "parameter-efficient", "per_device_batch_size": 1, "accumulation": 8}
    whole, half = (
        recommended(**body, dataset={"examples": 800, **size}, compute={"memory_gib": 80}, fixed=fixed)
        for size in ({}, {"image_size": 1280})
    )
    assert whole.resources.image_size == 2560
    kept = next(one for one in whole.resources.terms if one.part == "activations")
    assert kept.low_gib < 11.9 < kept.high_gib
    assert kept.expected_gib == pytest.approx(11.9, rel=0.15)
    assert term(half, "activations") == pytest.approx(kept.expected_gib / 4, rel=0.1)


def test_a_model_of_masks_sees_the_pictures_of_its_processor() -> None:
    body = {"target": {"task": "mask-generation"}, "dataset": {"examples": 500}}
    assert recommended(**body, source={"model": "facebook/sam-vit-base"}).resources.image_size == 1024
