"""The page on the accuracy of the estimates."""

from pathlib import Path

from benchmarks.resources.report import Row, dense, language_models, vision
from benchmarks.resources.throughput import Row as Timed
from benchmarks.resources.throughput import throughput
from service.knowledge.index import Knowledge

PAGE = Path(__file__).parents[2] / "docs" / "resource-accuracy.md"

HEAD = """# How far the estimates of memory and time are from what was measured

Made by `make resources`; a test keeps it true. *Bias* is the median of the estimate over the measured figure,
less one; *error* its median without sign; *held* the share of runs between low and high; *width* the median of
high over low. The bars: error at most 0.15, 90 % of the runs within 0.35, held 90 %, width at most 2.

## Training images on one A100

1,838 runs of GPUMemNet, of which those whose architecture was counted are judged: full tuning of timm's models,
32 bits, SGD, batch 8 to 128, as the driver shows it. The source has no licence, so only residuals by family are
kept here; `EVIDENCE=folder make resources` makes them anew. {left_out}

"""

DENSE = """
## Training detectors and segmenters on a V100

The runs of mmdetection 2.11, mmsegmentation 0.11 and detectron2's zoo (Apache-2.0; `benchmarks/resources/dense.csv`)
whose architecture torchvision or transformers has, so that it was counted: highest allocated memory, SGD, two or four
images of a card. None of them was used to write the terms. Detectors freeze their stem and first stage. The zoos build
some of them otherwise: a deeper stem in mmsegmentation, DETR with batch norm that keeps its input and attention that
is written out; and an auxiliary head scores every pixel a second time, which ours does not reckon.

"""

MIDDLE = """
## LoRA on language models, one card

PEFT's comparison (highest reserved memory; 4 examples of up to 768 tokens), litgpt's (highest allocated) and
torchtune's figures (compiled, scores computed in chunks: ours assume neither), as in
`benchmarks/resources/language_models.csv`. Runs differ from ours in what the source does not say: mostly
whether norms are computed in 32 bits.

"""

TIME = """
## Time of a training step

Published and own runs, one estimate each: what a step computes and moves, by the device's data sheet. *Bias* is the
median of the estimate over the measured seconds, *error* the median factor between them, *held* the share of runs
between low and high; *left out* is the share within 1.5 with operations and moved bytes fitted on all other groups of
models (the factor of networks with slow kernels was read off those very networks). The bar: 80 % within 1.5. timm's
results (one RTX 3090, mixed precision; networks whose operations were counted), LLM Foundry (MPT on A100 and H100, 8 to
512 devices), coastline (Granite; whether blocks were computed anew is not told), PEFT (L40S; tokens of a step from its
own figures), Qwen's README (A100, DeepSpeed), torchtune (compiled, packed), and 79 runs on one H200, most of them too
small to fill it.

"""

TAIL = """
## Bytes of real modules

`make test-real` holds the terms against modules with random weights in 32 bits on a CPU. Activations of BERT,
ELECTRA, Llama, Qwen3, GPT-2, T5, BART, ViT, Phi, Phi-3, OPT and Whisper, fully tuned, upper half, and with adapters,
are within 2 % (GPT-NeoX and OLMo 2 3 %, Starcoder 2 6 %); parameters, gradients and optimizer state of BERT, ViT,
Llama and Whisper likewise; checkpointed, BERT, ViT, Llama and Phi-3, fully and partly tuned. A head alone keeps what
is told, within 2 %: on maps (Mask R-CNN, RetinaNet, DETR, YOLOS, RT-DETR, SegFormer, DeepLabV3), tokens (BERT,
ELECTRA, ViT) and sound (Wav2Vec2). What shapes do not tell, seen once, fully tuned: GPT-Neo, Nemotron and Falcon (-7
%), StableLM (-5 %) and GLM (-4 %: where places turn a part of a head, queries lie by heads), CodeGen (+4 %),
Persimmon (+11 %). Checkpointed adapters are told 4 % too high (Llama, Phi-3). U-Nets are not judged.

## What is not judged

Speech, series, tables, and detectors and segmenters whose architecture was not counted: their ranges are of the family,
wide, and unproven. Memory on several
devices: sharded states are divided by their number, with two blocks gathered beside them, nothing more. Their time is
judged (*all with sharded states*) and lacks no term; but transformers' Trainer takes longer than LLM Foundry, on one
device as on many (*coastline*), and published runs of 2023 (Alpaca in 3 hours, Vicuna-13B in a day, on 8 A100) took
three to five times our estimate: why is not known. Full tuning of language models: published figures are of weights in
16 bits, ours of mixed precision with weights in 32. Time: CPUs, Apple's and AMD's devices, several machines, reading
of data.
"""


def write(know: Knowledge) -> str:
    """The whole page."""
    seen = vision(know)
    whole = next(row for row in seen if row.group == "all")
    told = f"With the factor of the activations fitted on all other families, the error is {whole.left_out:g}."
    return (
        HEAD.format(left_out=told)
        + _table(seen)
        + DENSE
        + _table(dense(know))
        + MIDDLE
        + _table(language_models(know))
        + TIME
        + _times(throughput(know))
        + TAIL
    )


def _times(rows: list[Timed]) -> str:
    lines = ["| source | runs | bias | error | within 1.5 | held | left out |", "| --- |" + " ---: |" * 6]
    lines += [
        f"| {row.group} | {row.runs} | {row.bias:.2f} | {row.error:.2f} | {row.near:.3f} | {row.held:.3f} | "
        f"{row.left_out:.3f} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


def _table(rows: list[Row]) -> str:
    lines = ["| group | runs | bias | error | within 0.15 | within 0.35 | held | width |", "| --- |" + " ---: |" * 7]
    lines += [
        f"| {row.group} | {row.runs} | {row.bias:+.3f} | {row.error:.3f} | {row.within_15:.3f} | {row.within_35:.3f} | "
        f"{row.held:.3f} | {row.width:.2f} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"
