"""The query of GET /matrix."""

from typing import Any

import httpx
import pytest


def ask(client: httpx.Client, query: str) -> dict[str, Any]:
    answer = client.get(f"/matrix?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_matrix_has_a_cell_for_each_pair(client: httpx.Client) -> None:
    whole = ask(client, "")
    pairs = [(model["id"], task) for model in whole["models"] for task in whole["tasks"]]
    assert [(cell["model"], cell["task"]) for cell in whole["cells"]] == pairs


def test_a_cell_says_what_it_rests_on(client: httpx.Client) -> None:
    cells = ask(client, "")["cells"]
    served = [cell for cell in cells if cell["score"] is not None]
    for cell in served:
        assert cell["grade"] == ("D" if cell["judged"] else "A")
        assert (cell["results"] > 0) == bool(cell["benchmarks"])
        assert cell["agreement"] is None or -1 <= cell["agreement"] <= 1
        assert cell["judged"] or cell["results"]
    assert {cell["score"] for cell in served if not cell["judged"]} <= {1, 2, 3, 4, 5}
    assert sum(not cell["judged"] for cell in served) >= 60
    cannot = [cell for cell in cells if cell["score"] is None and cell["judged"]]
    assert all((cell["results"], cell["benchmarks"], cell["agreement"]) == (0, [], None) for cell in cannot)


def test_an_opinion_is_no_evidence_but_for_the_guides_own_matrix(client: httpx.Client) -> None:
    """The calculator rated ten models at eight tasks."""
    cells = ask(client, "")["cells"]
    judged = [cell for cell in cells if cell["judged"] and cell["score"] is not None]
    assert len({cell["model"] for cell in judged}) <= 10
    assert len({cell["task"] for cell in judged}) <= 8
    unknown = [cell for cell in cells if cell["score"] is None and not cell["judged"]]
    assert unknown
    assert all(cell["reason"].startswith("no evidence: ") and cell["grade"] == "D" for cell in unknown)


def test_a_computed_and_a_judged_cell(client: httpx.Client) -> None:
    (computed,) = ask(client, "task=image-classification&model=resnet18")["cells"]
    assert not computed["judged"]
    assert computed["benchmarks"] == ["imagenet-1k", "medmnist-plus", "robust-transfer"]
    assert computed["results"] == 49
    assert computed["agreement"] is not None
    assert computed["reason"].startswith(
        "49 results on imagenet-1k, medmnist-plus and robust-transfer put it at place "
    )
    (judged,) = ask(client, "task=object-detection&model=resnet50")["cells"]
    assert (judged["judged"], judged["grade"]) == (True, "D")
    assert judged["score"] is not None
    (unknown,) = ask(client, "task=object-detection&model=facebook/detr-resnet-50")["cells"]
    assert (unknown["score"], unknown["judged"], unknown["benchmarks"]) == (None, False, ["coco-detection"])


def test_values_of_one_parameter_are_alternatives(client: httpx.Client) -> None:
    both = ask(client, "task=summarization&task=translation&model=resnet50&model=bert-base-uncased")
    assert sorted(both["tasks"]) == ["summarization", "translation"]
    assert sorted(model["id"] for model in both["models"]) == ["bert-base-uncased", "resnet50"]


def test_filters_hold_together(client: httpx.Client) -> None:
    some = ask(client, "modality=image&commercial_use=true&max_params=30000000&licence=apache-2.0")
    assert some["models"]
    for model in some["models"]:
        assert "image" in model["modalities"]
        assert model["commercial_use"] is True
        assert model["params"] <= 30_000_000
        assert model["licence"].lower() == "apache-2.0"


def test_max_params_is_an_integer_however_it_is_written(client: httpx.Client) -> None:
    assert ask(client, "max_params=3e7")["models"] == ask(client, "max_params=30000000")["models"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("task=summarisation", "task"),
        ("task=", "task"),
        ("task=summarization,translation", "task"),
        ("modality=images", "modality"),
        ("model=%0a", "model"),
        ("licence=", "licence"),
        ("commercial_use=yes", "commercial_use"),
        ("commercial_use=true&commercial_use=false", "commercial_use"),
        ("max_params=0", "max_params"),
        ("max_params=many", "max_params"),
        ("max_params=1e999", "max_params"),
        ("max_params=" + "9" * 5000, "max_params"),
        ("max_params=" + "[" * 5000, "max_params"),
        ("max_params=NaN", "max_params"),
        ("max_params={}", "max_params"),
        ("page=2", "page"),
    ],
)
def test_what_the_table_does_not_hold_is_refused(client: httpx.Client, query: str, pointer: str) -> None:
    answer = client.get(f"/matrix?{query}")
    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/invalid-query"
    assert [fault["parameter"] for fault in answer.json()["errors"]] == [pointer]


def test_every_fault_of_a_query_is_told(client: httpx.Client) -> None:
    errors = client.get("/matrix?task=summarisation&foo=1&max_params=0").json()["errors"]
    assert [fault["parameter"] for fault in errors] == ["task", "foo", "max_params"]
    assert errors[0]["nearest"] == "summarization"


def test_an_unknown_model_is_refused(client: httpx.Client) -> None:
    answer = client.get("/matrix?model=resnet51")
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault["parameter"] == "model"
    assert fault["nearest"].startswith("resnet")
