"""What the guide says, claim by claim, with the guides' slips corrected: C-18 to C-23 and all that is only told."""

import ast
import re

import pytest

from service.core import engine
from service.knowledge.loader import load
from tests.seeds.ask import missing, page, pages

TOLD = [
    ("R-005", "service", ["no accounts", "no tracking", "no data leave"]),
    ("R-006", "why-transfer-works", ["edges", "textures", "parts", "wheel", "eye", "leaf"]),
    ("R-007", "why-transfer-works", ["colours", "simple shapes", "whole objects"]),
    ("R-008", "hierarchy-in-language", ["word parts", "syntax", "lower ones", "upper ones"]),
    ("R-009", "transferability-and-depth", ["Yosinski", "2014", "freeze more when domains are similar"]),
    ("R-010", "hierarchy-in-language", ["knowledge about the world", "reasoning", "fewer labels"]),
    ("R-011", "why-transfer-works", ["ImageNet", "almost any task"]),
    ("R-012", "what-transfer-learning-is", ["thousands of labelled images", "millions", "hours"]),
    ("R-013", "what-transfer-assumes", ["distribution", "overlap"]),
    ("R-014", "why-transfer-works", ["random weights", "memorise the noise"]),
    ("R-015", "when-transfer-fits", ["10 000"]),
    ("R-018", "questionable-fit", ["very different domain", "may still help"]),
    ("R-019", "questionable-fit", ["million labels", "low similarity"]),
    ("R-021", "question-across-modalities", ["same modality"]),
    ("R-022", "question-better-than-scratch", ["nearly always", "massive", "unlike"]),
    ("R-023", "from-scratch", ["very large and very different", "bar is very high"]),
    ("R-025", "from-scratch", ["no checkpoint can take the input", "new first layer on a pretrained backbone"]),
    ("R-026", "when-transfer-fits", ["default", "reuse before"]),
    ("R-027", "do-not-fine-tune", ["seven billion parameters", "prompt"]),
    ("R-028", "do-not-fine-tune", ["search, clustering", "duplicates", "retrieval"]),
    ("R-029", "feature-extraction", ["a dense layer or two", "hundreds to a few thousand labels"]),
    ("R-030", "choosing-a-strategy", ["most versatile"]),
    ("R-036", "feature-extraction", ["logistic regression", "support vector machine", "without a GPU", "baseline"]),
    ("R-037", "how-much-data", ["hundred to a thousand labelled examples can already work"]),
    ("R-039", "choosing-a-strategy", ["validation", "levelled off", "tens of thousands"]),
    ("R-040", "how-much-data", ["200 to 2000 per class"]),
    ("R-041", "how-much-data", ["5000 to 50 000"]),
    ("R-042", "how-much-data", ["1000 to 100 000 pairs", "quality"]),
    ("R-045", "linear-probe", ["before spending GPU hours"]),
    ("R-046", "feature-extraction", ["512 to 2048"]),
    ("R-050", "similarity-scale", ["X-rays", "low but still a useful start"]),
    ("R-054", "gradual-unfreezing", ["Howard and Ruder", "2018", "head first"]),
    ("R-055", "gradual-unfreezing", ["everything at once", "simpler"]),
    ("R-056", "how-many-layers-to-freeze", ["more similarity: freeze more", "more data: freeze less", "middle"]),
    ("R-057", "how-many-layers-to-freeze", ["80 to 90 %", "high similarity"]),
    ("R-058", "how-many-layers-to-freeze", ["50 to 70 %"]),
    ("R-059", "how-many-layers-to-freeze", ["0 to 30 %"]),
    ("R-060", "how-many-layers-to-freeze", ["top 30 to 50 %", "smaller rates early"]),
    ("R-064", "why-low-rates", ["10 to 100 times", "0.001 and 0.01"]),
    ("R-065", "learning-rate-ranges", ["2e-5 to 5e-5"]),
    ("R-066", "learning-rate-ranges", ["1e-5 to 3e-5"]),
    ("R-067", "learning-rate-ranges", ["1e-4 to 3e-4"]),
    ("R-068", "layer-wise-decay", ["two to ten times"]),
    ("R-069", "warm-up", ["5 to 10 %"]),
    ("R-071", "learning-rate-ranges", ["scratch 1e-3 to 1e-2"]),
    ("R-072", "learning-rate-ranges", ["fine-tuning 1e-4 to 1e-3"]),
    ("R-073", "learning-rate-ranges", ["last layer alone 1e-3 to 1e-2"]),
    ("R-074", "layer-wise-decay", ["1e-5 early", "1e-4 in the middle", "1e-3 late"]),
    ("R-075", "learning-rate-ranges", ["1e-4", "raise it when progress stalls", "lower it when it is unstable"]),
    ("R-076", "layer-wise-decay", ["between phases", "division by ten"]),
    ("R-078", "regularisation", ["weight decay", "dropout on the new head", "labels are few"]),
    ("R-079", "mixed-precision", ["fp16", "bf16", "larger batch"]),
    ("R-082", "two-phase-training", ["5 to 20 epochs", "AdamW"]),
    ("R-083", "two-phase-training", ["divide the rate by ten", "validation loss levels off"]),
    ("R-085", "recipe-common-loop", ["held-out data shaped like deployment"]),
    ("R-086", "recipe-text-classification", ["[CLS]", "3 to 5 epochs"]),
    ("R-086", "recipe-token-classification", ["every token"]),
    ("R-087", "recipe-continued-pretraining", ["contracts", "clinical notes", "instruction tuning"]),
    ("R-089", "early-stopping", ["stop", "degrades", "never on training loss"]),
    ("R-090", "recipe-image-classification", ["two dense layers", "softmax over 47", "yield"]),
    ("R-091", "parameter-efficient", ["pretrained weights stay frozen", "small trainable modules"]),
    ("R-092", "parameter-efficient", ["less than 1 %"]),
    ("R-093", "progressive-networks", ["column", "old tasks"]),
    ("R-094", "meta-learning", ["initialisation", "few examples"]),
    ("R-098", "multi-task-training", ["diagnosis", "anatomical segmentation"]),
    ("R-102", "calibration", ["accuracy can hold", "threshold"]),
    ("R-103", "domain-shift", ["studio", "warehouse", "restaurant reviews", "clinical", "German"]),
    ("R-104", "model-size-and-compute", ["a few target labels", "beat a larger backbone"]),
    ("R-105", "negative-transfer", ["worse than the same task learnt from scratch"]),
    ("R-106", "how-common-it-is", ["rare by source", "common by settings"]),
    ("R-114", "choosing-a-vision-model", ["ResNet", "baseline"]),
    ("R-119", "choosing-a-text-model", ["BERT, RoBERTa", "classification and extraction"]),
    ("R-123", "choosing-a-text-model", ["110 million", "340 million", "consumer GPU"]),
    ("R-124", "choosing-a-detection-model", ["COCO", "YOLO", "DETR"]),
    ("R-126", "embeddings-as-a-product", ["OpenAI", "Cohere", "BGE", "cosine"]),
    ("R-135", "facts-imagenet", ["1.2 million", "1000 classes"]),
    ("R-136", "facts-bert", ["3.3 billion words"]),
    ("R-138", "facts-imagenet", ["1.2", "photographs", "1000 classes"]),
]
SETTLED = [
    ("C-01", "how-much-data", ["six classes", "edge", "neighbours", "distance"]),
    ("C-02", "blocks-not-percentages", ["43 of 53", "81 %", "36 %", "14.96", "67 to 83 %"]),
    ("C-03", "do-not-fine-tune", ["below some ten examples per class", "zero-shot"]),
    ("C-04", "recipe-instruction-tuning", ["LoRA", "reason"]),
    ("C-05", "from-scratch", ["buy time rather than accuracy", "control run"]),
    ("C-06", "how-many-layers-to-freeze", ["tiny data with low similarity", "short answers drop the similarity"]),
    (
        "C-07",
        "diagnosis",
        ["probe beats full tuning", "rate by 3 to 10", "another source", "early layers"],
    ),
    ("C-08", "two-phase-training", ["head first for a few epochs", "decay by depth"]),
    ("C-09", "learning-rate-ranges", ["optimizer", "architecture", "batch", "1e-3 with AdamW on a transformer"]),
    ("C-10", "layer-wise-decay", ["0.9 makes 3.5", "0.8 makes 15", "0.75 makes 32", "0.65 makes 176"]),
    ("C-11", "how-common-it-is", ["always run a probe and a simple model", "10 000 examples or more"]),
    ("C-12", "why-transfer-works", ["mainly speed", "small sizes"]),
    ("C-13", "similarity-scale", ["corpus of the model", "previous task"]),
    ("C-14", "gradual-unfreezing", ["random head", "train the head first or warm up"]),
    ("C-15", "warm-up", ["6 %", "at least 10", "never more than one epoch", "500", "10 000 steps", "head alone"]),
    ("C-16", "epochs-and-steps", ["count optimizer steps", "500 to 1000", "3 to 5"]),
    ("C-17", "batch-size", ["b over a for SGD", "square root", "16 or more"]),
    ("C-17", "mixed-precision", ["does not shrink the optimizer's state"]),
    ("C-18", "frozen-layers-have-no-rate", ["always 0", "no memory is saved", "batch statistics still move"]),
    ("C-19", "similarity-scale", ["0 to 10", "7 counts as high", "5 counts as medium", "0: another modality"]),
    ("C-21", "domain-adversarial", ["the domain must not be readable", "last"]),
    ("C-22", "model-families-and-dates", ["2019 and 2021", "keep the roles", "date the scores"]),
    ("C-22", "choosing-a-vision-model", ["hunger for data concerns pretraining", "EfficientNetV2 beat DINOv2"]),
    ("C-23", "facts-gpt-3", ["gigabytes", "300 billion tokens"]),
    ("C-23", "facts-bert", ["four days", "not weeks"]),
    ("C-23", "facts-imagenet", ["does not take months", "days"]),
]


CLAIMS = [pytest.param(claim, name, words, id=f"{claim}-{name}") for claim, name, words in TOLD + SETTLED]


@pytest.mark.parametrize(("claim", "id", "words"), CLAIMS)
def test_the_guide_says(claim: str, id: str, words: list[str]) -> None:
    assert missing(page(id), words) == [], f"{claim} on page {id}"


def test_r135_r136_r137_c23_no_page_repeats_the_slips() -> None:
    for name, text in pages().items():
        assert "months of GPU" not in text, name
        assert not re.search(r"weeks (of|on) (training on )?TPU", text), name
        assert "570 billion" not in text or name == "facts-gpt-3", name


def test_r137_c23_the_570_are_gigabytes_of_text() -> None:
    assert re.search(r"570 \D{0,60}gigabytes", page("facts-gpt-3"))


def code_lines() -> list[str]:
    """The lines of the page on freezing code that are Python, and not prose."""
    view = engine.topic_view("freezing-code", load())
    assert view is not None
    found: list[str] = []
    for paragraph in view.text:
        for line in paragraph.splitlines():
            try:
                ast.parse(line)
            except SyntaxError:
                continue
            found.append(line)
    return found


def test_c20_the_page_explains_why_the_printed_code_trains_nothing() -> None:
    text = page("freezing-code")
    words = ["requires_grad on a module", "flag lives on parameters", "head stays frozen", "backward pass fails"]
    assert missing(text, [*words, "the opposite of what was wanted", "deprecated", "batch statistics"]) == []


def test_c20_the_right_form_freezes_then_opens_and_proves_it() -> None:
    code = code_lines()
    frozen = code.index("model.requires_grad_(False)")
    head = next(index for index, line in enumerate(code) if line.startswith("model.fc = "))
    opened = code.index("model.layer4.requires_grad_(True)")
    groups = next(index for index, line in enumerate(code) if "'params'" in line)
    optimizer = next(index for index, line in enumerate(code) if "torch.optim" in line)
    assert frozen < head < groups
    assert frozen < opened < groups < optimizer
    assert any(line.startswith("assert") and "trainable == held" in line for line in code)
    assert "model.fc.requires_grad_(True)" in page("freezing-code")


def test_c20_the_optimizer_holds_exactly_what_trains() -> None:
    groups = next(line for line in code_lines() if "'params'" in line)
    assert set(re.findall(r"model\.(\w+)\.parameters\(\)", groups)) == {"layer4", "fc"}


def test_c20_the_wrong_form_is_not_shown_as_code() -> None:
    code = "\n".join(code_lines())
    assert "fc.requires_grad = True" not in code
    assert "pretrained=True" not in code
    assert ".eval()" in code, "frozen batch statistics stay fixed"
