"""The catalogue: what the views say is what the tables hold, and every model can be recommended."""

from itertools import product

import pytest

from service.contract.words import BlockKind, Task
from service.core.answers.tasks_and_domains import domain_list, task_list
from service.core.catalogue.models import CatalogueFilter, model_list, model_view
from service.core.rules.refusal import Refusal
from service.knowledge.loader import load
from tests.ask import frozen, recommended

KNOW = load()
MODELS = sorted(row.id for row in KNOW.tables.models)
ALL = CatalogueFilter()


def test_there_are_enough_models_tasks_and_domains() -> None:
    assert len(KNOW.models) >= 75
    assert len(KNOW.tasks) >= 16
    assert len(KNOW.domains) >= 52


@pytest.mark.parametrize("model", MODELS)
def test_some_recommendation_shows_the_model(model: str) -> None:
    """Without being asked for: on data like its own, at a size limit of its own, among the models shown."""
    row = KNOW.models[model]
    home = KNOW.corpora[row.corpus].home
    limits = {"max_params": row.params, "commercial_use": row.commercial_use != "no"}
    for task in (task for task in Task if (model, task) in KNOW.cells):
        readable = KNOW.domains[home].modality in KNOW.tasks[task].modalities
        target = {"task": task, "domain": home} if readable else {"task": task}
        for examples, policy in product((300, 50_000), ("evidence", "guides")):
            dataset, cluster = {"examples": examples}, {"count": 64, "memory_gib": 80}
            rest = {"constraints": limits, "compute": cluster, "policy": policy}
            answer = recommended(target=target, dataset=dataset, **rest)
            if model in [option.model for option in answer.models]:
                return
    pytest.fail("no recommendation shows it")


@pytest.mark.parametrize("model", MODELS)
def test_a_view_adds_up_and_names_its_sources(model: str) -> None:
    row, view = KNOW.models[model], model_view(KNOW.models[model], KNOW)
    backbone = sum(block.params or 0 for block in view.blocks)
    assert backbone == view.params == row.params
    assert [block.kind for block in view.blocks].count(BlockKind.HEAD) == 1
    assert {cell.task for cell in view.scores} == set(view.tasks)
    able = {cell.task for cell in view.scores if cell.score or not cell.judged}
    assert able == {task for task in Task if KNOW.serves(row, task)}
    assert all((model, cell.task) in KNOW.cells for cell in view.scores if cell.score)
    carried = [fact for source in view.sources for fact in source.carries]
    assert {"parameters and blocks", "pretraining data and objective", "licence"} <= set(carried)
    assert ("operations of a forward pass" in carried) == (view.forward is not None)
    assert row.restriction in (view.licence_warning or "")
    assert (view.licence_warning is not None) == bool(row.restriction or row.licence_source == "judgement")
    assert view.data_warning == (KNOW.corpora[row.corpus].terms or None)


def test_a_filter_keeps_what_it_says() -> None:
    wanted = CatalogueFilter(tasks=frozenset({Task.TRANSLATION}), commercial_use=False, max_params=10**9)
    assert [model.id for model in model_list(wanted, KNOW).models] == ["facebook/nllb-200-distilled-600M"]
    assert len(model_list(ALL, KNOW).models) == len(KNOW.tables.models)


def test_an_unknown_licence_is_refused() -> None:
    with pytest.raises(Refusal):
        model_list(CatalogueFilter(licence="WTFPL"), KNOW)


def test_domains_hold_every_corpus_of_their_modality() -> None:
    listed = domain_list(KNOW)
    assert {corpus.id for corpus in listed.corpora} == set(KNOW.corpora)
    for domain in listed.domains:
        wanted = {row.id for row in KNOW.tables.corpora if domain.modality in row.modalities}
        assert {pair.corpus for pair in domain.similarities} == wanted
        alike = [pair.similarity for pair in domain.similarities]
        assert alike == sorted(alike, reverse=True)


def test_anchors_of_the_scale_hold() -> None:
    """0 to 10: the same distribution, ImageNet and pets, ImageNet and satellite, photographs and X-ray, other bands."""
    alike = {(str(domain), str(corpus)): row.similarity for (domain, corpus), row in KNOW.similarities.items()}
    assert alike["encyclopedic-text", "books-and-wikipedia"] == 10
    assert alike["pets-and-animals", "imagenet"] == alike["news", "books-and-wikipedia"] == 8
    assert alike["satellite-rgb", "imagenet"] == alike["legal-text", "books-and-wikipedia"] == 5
    assert alike["radiology", "imagenet"] == alike["source-code", "books-and-wikipedia"] == 3
    assert alike["satellite-multispectral", "imagenet"] == alike["non-english-text", "books-and-wikipedia"] == 1


@pytest.mark.parametrize("corpus", sorted(KNOW.corpora))
def test_a_corpus_is_most_like_its_home(corpus: str) -> None:
    row = next(row for row in KNOW.tables.corpora if row.id == corpus)
    modality = KNOW.domains[row.home].modality
    pairs = [pair for pair in KNOW.tables.similarities if pair.corpus is row.id]
    same = [pair.similarity for pair in pairs if KNOW.domains[pair.domain].modality is modality]
    assert KNOW.similarities[row.home, row.id].similarity >= max(same) - 0.5


def test_tasks_say_what_an_example_is() -> None:
    assert all(task.label_unit and task.examples_mean for task in task_list(KNOW).tasks)


@pytest.mark.parametrize(
    ("model", "towers"),
    [
        ("openai/clip-vit-base-patch32", {"text_model", "vision_model"}),
        ("facebook/detr-resnet-50", {"model.backbone", "model.encoder", "model.decoder"}),
        ("openai/whisper-small", {"encoder", "decoder"}),
        ("resnet50", set[str]()),
    ],
)
def test_blocks_of_the_catalogue_name_the_tower_that_they_are_in(model: str, towers: set[str]) -> None:
    blocks = frozen(model=model, dataset={"examples": 500, "classes": 3}).blocks
    assert {block.tower for block in blocks} - {None} == towers


@pytest.mark.parametrize(
    ("model", "part"),
    [("facebook/detr-resnet-50", "bbox_predictor"), ("openai/clip-vit-base-patch32", "visual_projection")],
)
def test_what_leads_from_a_tower_to_a_head_is_a_neck(model: str, part: str) -> None:
    blocks = frozen(model=model, dataset={"examples": 500, "classes": 3}).blocks
    assert next(block.kind for block in blocks if block.name == part) is BlockKind.NECK
