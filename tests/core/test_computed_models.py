"""Models that nobody has judged: they answer where they are named, and are nowhere else."""

import re

import pytest

from service.contract.words import BlockKind, Modality, Task
from service.core.catalogue.models import CatalogueFilter, model_list, model_view
from service.core.catalogue.near_names import SHOWN, near_model, near_names
from service.core.rules.refusal import Refusal
from service.knowledge.blocks import pattern_of
from service.knowledge.catalogue.formulas import BrokenFormula, value
from service.knowledge.loader import load
from tests.ask import frozen, recommended, scheduled

KNOW = load()
CURATED = {row.id for row in KNOW.tables.models}
COMPUTED = [model for model in KNOW.models if model not in CURATED]
SOME = COMPUTED[::37]
DATA = {"examples": 500}

TOTALS = {
    "meta-llama/Llama-3.2-3B-Instruct": 3_212_749_824,
    "Qwen/Qwen3-1.7B": 1_720_574_976,
    "google/gemma-3-270m": 268_098_176,
    "bert-base-cased": 108_310_272,
    "openai/whisper-medium": 763_857_920,
    "facebook/wav2vec2-large-xlsr-53": 315_438_720,
    "google/vit-base-patch16-224": 85_798_656,
    "openai/gpt-oss-20b": 20_914_757_184,
    "google/siglip-base-patch16-224": 203_155_970,
    "timm/resnet50.a2_in1k": 23_508_032,
    "torchvision/vit_b_16": 85_798_656,
}
"""Published totals without a new head: of KerasHub 0.32, mteb 2.26 and the evidence that came before this catalogue."""


@pytest.mark.parametrize(("name", "total"), TOTALS.items())
def test_parameters_are_as_many_as_published(name: str, total: int) -> None:
    row = KNOW.spellings[name.lower()]
    assert row.params == sum(block.params or 0 for block in KNOW.blocks[row.id]) == total


def test_there_are_as_many_as_promised() -> None:
    checkpoints = len(KNOW.catalogue.checkpoints)
    assert checkpoints >= 300
    assert len(KNOW.catalogue.tags) >= 1700
    assert len(KNOW.models) == len(set(KNOW.models))


@pytest.mark.parametrize("model", SOME)
def test_a_named_model_is_answered_by_every_question(model: str) -> None:
    row = KNOW.models[model]
    assert [block.name for block in frozen(model=model, dataset=DATA).blocks] == [
        block.name for block in KNOW.blocks[model]
    ]
    assert scheduled(model=model, strategy="full-fine-tuning", examples=500).groups
    for task in row.tasks:
        answer = recommended(source={"model": model}, target={"task": task}, dataset=DATA)
        assert answer.verdict.model == model


@pytest.mark.parametrize("task", Task)
def test_only_judged_models_are_ranked(task: Task) -> None:
    answer = recommended(target={"task": task}, dataset=DATA)
    assert {option.model for option in answer.models} <= CURATED


def test_a_mirror_leads_to_its_model() -> None:
    assert KNOW.spellings["unsloth/llama-3.2-1b-instruct"].id == "meta-llama/Llama-3.2-1B-Instruct"
    assert KNOW.spellings["unsloth/qwen2.5-7b-instruct-bnb-4bit"].id == "Qwen/Qwen2.5-7B-Instruct"
    assert KNOW.spellings["unsloth/granite-4.0-h-small"].id == "ibm-granite/granite-4.0-h-small"
    assert "somebody/granite-4.0-h-small" not in KNOW.spellings


@pytest.mark.parametrize(
    ("copy", "whole"),
    [
        ("Qwen/Qwen3-8B-AWQ", "Qwen/Qwen3-8B"),
        ("TheBloke/Mistral-7B-Instruct-v0.2-AWQ", "mistralai/Mistral-7B-Instruct-v0.2"),
        ("hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4", "meta-llama/Llama-3.1-8B-Instruct"),
        ("mlx-community/Qwen3-4B-Instruct-2507-4bit", "Qwen/Qwen3-4B-Instruct-2507"),
        ("unsloth/gemma-3-4b-it-unsloth-bnb-4bit", "google/gemma-3-4b-it"),
    ],
)
def test_a_copy_in_other_bits_is_planned_as_its_whole_and_says_so(copy: str, whole: str) -> None:
    answer = recommended(source={"model": copy}, target={"task": "text-generation"}, dataset=DATA)
    assert answer.verdict.model == whole
    assert "copy-in-fewer-bits" in {notice.code for notice in answer.notices}


@pytest.mark.parametrize("name", ["unsloth/Qwen3-4B-GGUF", "unsloth/unheard-of", "somebody/unheard-of-4bit", "-4bit"])
def test_what_no_trainer_loads_or_nobody_knows_is_no_copy(name: str) -> None:
    assert name.lower() not in KNOW.spellings


VERSION = re.compile(r"\d+\.\d+")


def test_an_alias_states_no_version_that_its_model_has_not() -> None:
    aliases = ((name, model) for name, model in KNOW.models.names() if "/" in name and name != model)
    stated = {
        (name, model): set(VERSION.findall(name)) - set(VERSION.findall(f"{model} {KNOW.models[model].checkpoint}"))
        for name, model in aliases
        if not name.startswith("timm/")
    }
    assert {pair: more for pair, more in stated.items() if more} == {}


@pytest.mark.parametrize(
    "name",
    [
        "facebook/sam2-hiera-tiny",
        "LiquidAI/LFM2.5-350M",
        "florence-community/Florence-2-base-ft",
        "Qwen/Qwen2-VL-2B",
        "Qwen/Qwen3-8B-Base",
        "dmis-lab/biobert-v1.1",
    ],
)
def test_another_checkpoint_of_the_same_build_is_answered_as_itself(name: str) -> None:
    assert KNOW.spellings[name.lower()].id == name


def test_weights_with_other_parameter_names_are_no_alias() -> None:
    """microsoft's own Florence-2 is remote code; the port of transformers names its parameters anew."""
    assert "microsoft/florence-2-base" not in KNOW.spellings


def test_a_port_has_parameter_names_of_its_own() -> None:
    hub, timm = KNOW.blocks["facebook/dinov2-base"], KNOW.blocks["vit_base_patch14_dinov2"]
    count = sum(block.kind is BlockKind.BLOCK for block in hub)
    assert count == sum(block.kind is BlockKind.BLOCK for block in timm) == 12
    assert {block.pattern for block in hub}.isdisjoint({block.pattern for block in timm})


@pytest.mark.parametrize("name", ["state-spaces/mamba-130m-hf", "tiiuae/Falcon-H1-7B-Base", "tiiuae/falcon-mamba-7b"])
def test_mamba_takes_no_adapter_where_peft_refuses_one(name: str) -> None:
    """`_check_lora_target_modules_mamba` of PEFT 0.18 raises for these two."""
    targets = set(KNOW.models[name].lora_targets)
    assert "in_proj" in targets
    assert targets.isdisjoint({"out_proj", "conv1d"})


def test_a_model_tuned_from_another_has_its_build_and_names_it() -> None:
    tuned, parent = (KNOW.models[f"meta-llama/Llama-3.1-8B{end}"] for end in ("-Instruct", ""))
    assert KNOW.blocks[tuned.id] == KNOW.blocks[parent.id]
    assert (tuned.parent, tuned.params, tuned.licence) == (parent.id, parent.params, parent.licence)


@pytest.mark.parametrize("model", SOME)
def test_a_view_says_that_nobody_judged_it(model: str) -> None:
    view = model_view(KNOW.models[model], KNOW)
    assert not view.ranked
    assert {cell.score for cell in view.scores} <= {None}
    assert view.sources


def test_the_default_list_holds_judged_models_alone_and_pages_join_up() -> None:
    assert {model.id for model in model_list(CatalogueFilter(), KNOW).models} == CURATED
    found: list[str] = []
    after = None
    while True:
        page = model_list(CatalogueFilter(unranked=True, after=after), KNOW)
        assert len(page.models) <= 200
        found += [model.id for model in page.models]
        after = page.after
        if after is None:
            break
    assert found == list(KNOW.models)
    assert page.total == len(found)


def test_a_page_after_an_unknown_model_is_refused() -> None:
    with pytest.raises(Refusal):
        model_list(CatalogueFilter(after="nobody"), KNOW)


def test_a_list_can_be_filtered_by_a_part_of_a_name() -> None:
    page = model_list(CatalogueFilter(name="Qwen3-4B", unranked=True), KNOW)
    assert {"Qwen/Qwen3-4B", "Qwen/Qwen3-4B-Instruct-2507"} <= {model.id for model in page.models}
    assert all("qwen3-4b" in " ".join((model.id, model.checkpoint, *model.aliases)).lower() for model in page.models)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("meta-llama/Llama-3.1-8B-Instrct", "meta-llama/Llama-3.1-8B-Instruct"),
        ("qwen2.5-7b-instuct", "Qwen/Qwen2.5-7B-Instruct"),
        ("wisper-small", "openai/whisper-small"),
        ("facebook/dinov2-bse", None),
        ("resnet-5o", "resnet50"),
        ("Qwen/Qwen3-8B-Instruct", "Qwen/Qwen3-8B"),
        ("llama3", "meta-llama/Llama-3.1-8B"),
        ("llama-3.2", "meta-llama/Llama-3.2-1B"),
        ("bert", "bert-base-uncased"),
        ("resnet", "resnet50"),
        ("vit", "vit_base_patch16_224"),
        ("swin", "swin_base_patch4_window7_224"),
        ("dinov2", "vit_base_patch14_dinov2"),
        ("dinov3", "vit_base_patch16_dinov3"),
        ("faster-rcnn", "fasterrcnn_resnet50_fpn_v2"),
        ("bge", "BAAI/bge-m3"),
        ("whisper", "openai/whisper-large-v3"),
        ("deepseek-r1", "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B"),
        ("command-r", "CohereLabs/c4ai-command-r-v01"),
        ("opus-mt-xx-yy", None),
    ],
)
def test_near_names_are_of_one_family_and_modality(name: str, nearest: str | None) -> None:
    near = near_names(KNOW, name)
    assert 0 < len(near) <= SHOWN
    assert nearest is None or near[0] == nearest
    rows = [KNOW.models[model] for model in near]
    assert len({row.family for row in rows}) == len({row.modalities for row in rows}) == 1


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (
            "gpt-4 gpt-4o openai/gpt-4.1-mini GPT-3.5-turbo chatgpt claude-3-5-sonnet gemini-2.5-pro o3-mini",
            "published",
        ),
        ("xgboost lightgbm random_forest stable-diffusion-xl-base-1.0 black-forest-labs/FLUX.1-dev", "kind"),
    ],
)
def test_what_no_checkpoint_can_stand_for_has_no_near_name_and_a_reason(names: str, why: str) -> None:
    for name in names.split():
        fault = near_model("/source/model", "Unknown.", name, KNOW)
        assert (fault.allowed, fault.nearest) == ([], None), name
        assert why in fault.message, name


@pytest.mark.parametrize("name", ["gpt2", "gpt-neo", "gpt-oss", "opt", "palmyra", "fluxformer", "svmbert"])
def test_a_name_that_only_begins_like_such_a_one_has_no_such_reason(name: str) -> None:
    assert near_model("/source/model", "Unknown.", name, KNOW).message == "Unknown."


def test_near_names_read_what_the_request_needs() -> None:
    near = near_names(KNOW, "bert-base", [Modality.AUDIO])
    assert all(Modality.AUDIO in KNOW.models[model].modalities for model in near)
    assert near_names(KNOW, "zzz-unheard-of") == near_names(KNOW, "1234") == []


@pytest.mark.parametrize(
    ("formula", "expected"),
    [("2 * width + 1", 9), ("tied * width", 4), ("inner.depth // 2", 3), ("(width - 1) % 2", 1)],
)
def test_a_formula_is_arithmetic(formula: str, expected: int) -> None:
    assert value(formula, {"width": 4, "tied": True, "inner": {"depth": 6}}) == expected


@pytest.mark.parametrize("formula", ["width", "open('x')", "1 if 2 else 3", "a.b.c", "1 +", "'text'", "inner"])
def test_a_formula_is_nothing_else(formula: str) -> None:
    with pytest.raises(BrokenFormula):
        value(formula, {"inner": {"depth": 6}})


def test_a_name_tells_its_pattern() -> None:
    assert pattern_of("layer1.{i}") == r"^layer1\.{i}\."
    assert pattern_of("conv1 and bn1") == r"^(?:conv1\.|bn1\.)"
