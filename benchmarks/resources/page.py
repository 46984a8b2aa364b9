"""The page on the accuracy of the estimates."""

from pathlib import Path

from benchmarks.resources.report import Row, language_models, vision
from service.knowledge.index import Knowledge

PAGE = Path(__file__).parents[2] / "docs" / "resource-accuracy.md"

HEAD = """# How far the memory estimates are from what was measured

Made by `make resources`; a test keeps it true. *Bias* is the median of the estimate over the measured figure,
less one; *error* its median without sign; *held* the share of runs between low and high; *width* the median of
high over low. The bars: error at most 0.15, 90 % of the runs within 0.35, held 90 %, width at most 2.

## Training images on one A100

1,838 runs of GPUMemNet, of which those whose architecture was counted are judged: full tuning of timm's models,
32 bits, SGD, batch 8 to 128, as the driver shows it. The source has no licence, so only residuals by family are
kept here; `EVIDENCE=folder make resources` makes them anew. {left_out}

"""

MIDDLE = """
## LoRA on language models, one card

PEFT's comparison (highest reserved memory; 4 examples of up to 768 tokens), litgpt's (highest allocated) and
torchtune's figures (compiled, scores computed in chunks: ours assume neither), as in
`benchmarks/resources/language_models.csv`. Runs differ from ours in what the source does not say: mostly
whether norms are computed in 32 bits.

"""

TAIL = """
## What is not judged

Detectors, segmenters, speech, series and tables: their ranges are of the family, wide, and unproven. Several
devices: sharded states are divided by their number, nothing more. Full tuning of language models: published
figures are of weights in 16 bits, ours of mixed precision with weights in 32. Time is not estimated.
"""


def write(know: Knowledge) -> str:
    """The whole page."""
    seen = vision(know)
    whole = next(row for row in seen if row.group == "all")
    told = f"With the factor of the activations fitted on all other families, the error is {whole.left_out:g}."
    return HEAD.format(left_out=told) + _table(seen) + MIDDLE + _table(language_models(know)) + TAIL


def _table(rows: list[Row]) -> str:
    lines = ["| group | runs | bias | error | within 0.15 | within 0.35 | held | width |", "| --- |" + " ---: |" * 7]
    lines += [
        f"| {row.group} | {row.runs} | {row.bias:+.3f} | {row.error:.3f} | {row.within_15:.3f} | {row.within_35:.3f} | "
        f"{row.held:.3f} | {row.width:.2f} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"
