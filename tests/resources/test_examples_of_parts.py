"""An example may be of several parts: a clip of planes of patches, a preference of two texts."""

import pytest

from tests.ask import recommended

LLAMA = {
    "dataset": {"examples": 5000, "sequence_length": 1024},
    "source": {"model": "meta-llama/Llama-3.2-1B"},
    "fixed": {"strategy": "parameter-efficient", "per_device_batch_size": 4},
    "compute": {"memory_gib": 80},
}


def expected(task: str, part: str) -> float:
    terms = recommended(target={"task": task}, **LLAMA).resources.terms
    return next(term.expected_gib for term in terms if term.part == part)


@pytest.mark.parametrize("part", ["activations", "logits"])
def test_a_preference_keeps_two_texts(part: str) -> None:
    """TRL joins chosen and rejected texts into one batch of twice the size."""
    assert expected("preference-tuning", part) == pytest.approx(2 * expected("text-generation", part), rel=0.01)


def test_a_clip_keeps_what_its_planes_do() -> None:
    """VideoMAE reads 16 frames of 224 pixels, two to a plane, in patches of 16: 8 x 14 x 14 = 1,568 tokens."""
    clip = recommended(
        target={"task": "video-classification", "domain": "human-actions"},
        dataset={"examples": 9537, "classes": 101},
        source={"model": "MCG-NJU/videomae-base"},
        compute={"device": "RTX 3060"},
        fixed={"strategy": "full-fine-tuning"},
    )
    assert clip.setup.per_device_batch is not None
    assert clip.setup.per_device_batch < 16, "hooks on the real module count some six times a ViT-B's activations"
