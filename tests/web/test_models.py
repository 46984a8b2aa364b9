"""GET /models and GET /models/{id}, /tasks and /domains."""

from typing import Any

import httpx
import pytest
from litestar.testing import TestClient

from service.app import create_app
from service.settings import Settings

SPELLINGS = [
    "openai/clip-vit-base-patch32",
    "openai%2Fclip-vit-base-patch32",
    "clip-vit-base-patch32",
    "OpenAI/CLIP-ViT-base-patch32",
]


def listed(client: httpx.Client, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"/models?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["models"]


def test_every_listed_model_can_be_read_by_every_spelling(client: httpx.Client) -> None:
    for model in listed(client):
        for name in (model["id"], model["checkpoint"], *model["aliases"], model["id"].lower()):
            answer = client.get(f"/models/{name}")
            assert answer.status_code == 200, name
            assert answer.json()["id"] == model["id"], name


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_spelling_leads_to_the_same_page(client: httpx.Client, spelling: str) -> None:
    answer = client.get(f"/models/{spelling}")
    assert answer.status_code == 200
    assert answer.json()["id"] == SPELLINGS[0]
    tag = answer.headers["etag"]
    assert client.get(f"/models/{spelling}", headers={"if-none-match": tag}).status_code == 304
    head = client.head(f"/models/{spelling}")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", tag)
    assert client.get(f"/models/{spelling}", headers={"accept": "text/csv"}).status_code == 406


def test_no_spelling_of_a_caller_is_remembered() -> None:
    """The framework keeps every path that it finds a route for."""
    app = create_app(Settings())
    with TestClient(app) as client:
        assert client.get("/models/resnet50").status_code == 200
        kept = app.asgi_router.handle_routing.cache_info().currsize
        for spelling, status in (("RESNET50", 200), ("ResNet50", 200), ("my-secret-model", 404)):
            assert client.get(f"/models/{spelling}").status_code == status
        assert app.asgi_router.handle_routing.cache_info().currsize == kept


def test_only_models_may_be_written_in_another_case(client: httpx.Client) -> None:
    assert client.get("/RULES").status_code == 404
    assert client.post("/models/OpenAI/CLIP-ViT-base-patch32").status_code == 404


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("resnet5o", "resnet50"),
        ("llama3", "meta-llama/Llama-3.1-8B"),
        ("openai/clip-vit-base-patch33", "openai/clip-vit-base-patch32"),
        ("nobody/bert-base-uncasd", "bert-base-uncased"),
        ("a/b/c/gemma-2-3b", "google/gemma-2-2b"),
    ],
)
def test_an_unknown_model_gets_404_and_the_nearest(client: httpx.Client, name: str, nearest: str) -> None:
    answer = client.get(f"/models/{name}")
    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/not-found"
    (fault,) = answer.json()["errors"]
    assert fault["nearest"] == nearest


def test_filters_hold_together(client: httpx.Client) -> None:
    query = "task=image-segmentation&family=segmenter&family=vision-transformer&commercial_use=true&max_params=90000000"
    some = listed(client, query)
    assert some
    for model in some:
        assert "image-segmentation" in model["tasks"]
        assert model["family"] in ("segmenter", "vision-transformer")
        assert model["commercial_use"] is True
        assert model["params"] <= 90_000_000


@pytest.mark.parametrize(
    ("query", "status", "pointer"),
    [
        ("family=resnet", 400, "family"),
        ("model=resnet50", 400, "model"),
        ("max_params=0", 400, "max_params"),
        ("licence=WTFPL", 422, "licence"),
        ("task=translation&modality=image", 422, "task"),
    ],
)
def test_a_wrong_filter_is_refused(client: httpx.Client, query: str, status: int, pointer: str) -> None:
    answer = client.get(f"/models?{query}")
    assert answer.status_code == status
    assert [fault["parameter"] for fault in answer.json()["errors"]] == [pointer]


def test_a_model_is_told_with_facts_blocks_scores_and_sources(client: httpx.Client) -> None:
    model = client.get("/models/vit_base_patch16_dinov3").json()
    assert (model["params"], model["objective"]) == (85_641_216, "self-distillation")
    assert model["forward"] == {"gflops": 47.15, "of": "one image of 256 x 256 px"}
    assert "DINOv3" in model["licence_warning"]
    assert "owners' rights" in model["data_warning"]
    assert "natural-images" in model["domains"]
    assert sum(block["params"] or 0 for block in model["blocks"]) == model["params"]
    assert {score["task"] for score in model["scores"]} == set(model["tasks"])
    assert {"licence"} <= {fact for source in model["sources"] for fact in source["carries"]}


def test_tasks_and_domains_are_told(client: httpx.Client) -> None:
    tasks = {task["id"]: task for task in client.get("/tasks").json()["tasks"]}
    assert tasks["token-classification"]["examples_mean"] == "labelled sentences, not tokens"
    assert tasks["token-classification"]["label_unit"] == "tokens"
    assert tasks["automatic-speech-recognition"]["label_unit"] == "hours of speech"
    domains = {domain["id"]: domain for domain in client.get("/domains").json()["domains"]}
    nearest = domains["satellite-rgb"]["similarities"][0]
    assert (nearest["corpus"], nearest["similarity"]) == ("satellite-images", 9.0)


@pytest.mark.parametrize(
    ("model", "task", "recalled"),
    [
        ("mistralai/Mistral-7B-v0.3", "text-generation", True),
        ("openai/clip-vit-base-patch32", "zero-shot-image-classification", False),
    ],
)
def test_a_licence_that_nobody_read_is_told_by_the_model_and_beside_a_plan_for_commercial_use(
    client: httpx.Client, model: str, task: str, recalled: bool
) -> None:
    job = {"target": {"task": task}, "dataset": {"examples": 3000}, "source": {"model": model}}
    notices = client.post("/recommend", json={**job, "constraints": {"commercial_use": True}}).json()["notices"]
    (message,) = (notice["message"] for notice in notices if notice["code"] == "licence-unclear")
    told = client.get(f"/models/{model}").json()["licence_warning"] or ""
    assert [("recalled, not read" in text) for text in (message, told)] == [recalled, recalled]
