"""`?fields=`: parts of an answer, each as it stands in the whole."""

import json
import sys
from types import FrameType
from typing import Any

import httpx
import jsonschema_rs
import pytest

from service.contract.recommend import Recommendation
from service.knowledge.loader import load
from service.web.questions import Asked, answer
from service.web.request.fields import read_fields
from service.web.responses import JSON
from tests.conftest import ROOT

PETS = {
    "target": {"task": "image-classification", "domain": "pets-and-animals"},
    "dataset": {"examples": 900, "classes": 37},
    "dialects": ["timm"],
}
ROUTES = ["/recommend", "/freeze-plan", "/lr-schedule"]


def ask(client: httpx.Client, fields: str, route: str = "/recommend", body: Any = PETS, **query: str) -> httpx.Response:
    return client.post(route, params={"fields": fields, **query}, json=body)


def test_the_parts_are_those_of_the_whole(client: httpx.Client) -> None:
    whole = client.post("/recommend", json=PETS).json()
    told = ask(client, "freeze_plan.counts,verdict,models.model,lr_schedule.rates.head,freeze_plan.blocks.state").json()
    assert told == {
        "verdict": whole["verdict"],
        "models": [{"model": one["model"]} for one in whole["models"]],
        "freeze_plan": {
            "blocks": [{"state": block["state"]} for block in whole["freeze_plan"]["blocks"]],
            "counts": whole["freeze_plan"]["counts"],
        },
        "lr_schedule": {"rates": {"head": whole["lr_schedule"]["rates"]["head"]}},
    }


@pytest.mark.parametrize("name", Recommendation.__struct_fields__)
def test_each_part_alone_is_as_in_the_whole(client: httpx.Client, name: str) -> None:
    whole = client.post("/recommend", json=PETS).json()
    assert ask(client, name).json() == {name: whole[name]}


def test_two_parts_are_as_in_the_whole(client: httpx.Client) -> None:
    whole = client.post("/recommend", json=PETS).json()
    for pair in (("notices", "verdict"), ("trace", "exports"), ("boundaries", "risks"), ("precedents", "models")):
        assert ask(client, ",".join(pair)).json() == {name: whole[name] for name in pair}


def test_order_and_repetition_change_nothing(client: httpx.Client) -> None:
    asked = ["verdict,freeze_plan", "freeze_plan,verdict", "freeze_plan.counts,freeze_plan,verdict.model,verdict"]
    assert len({ask(client, fields).content for fields in asked}) == 1


@pytest.mark.parametrize("route", [*ROUTES, "/resources"])
def test_the_parts_fit_the_schema_that_the_document_names(client: httpx.Client, route: str) -> None:
    answer = client.get("/openapi.json").json()["paths"][route]["post"]["responses"]["200"]
    file, _, pointer = answer["x-parts"].partition("#")
    schema = {**client.get(f"/{file}").json(), "$ref": f"#{pointer}"}
    for fields in ("setup.devices,resolved", "summary.steps,summary.blocks.first", "ruleset.hash,notices.code,trace"):
        told = ask(client, fields, route).json()
        jsonschema_rs.validate(schema, told)
        assert all(not jsonschema_rs.is_valid(schema, {**told, name: 1}) for name in told)
    jsonschema_rs.validate(schema, client.post(route, json=PETS).json())


@pytest.mark.parametrize("more", [{"dialects": ["timm", "timm"]}, {"constraints": {"framework": "keras"}}])
def test_what_is_refused_is_refused_whatever_part_is_asked_for(client: httpx.Client, more: dict[str, Any]) -> None:
    for route in [*ROUTES, "/resources"]:
        whole = client.post(route, json=PETS | more)
        assert whole.status_code == 422
        assert ask(client, "setup", route, PETS | more).content == whole.content


def at_work(fields: str) -> set[str]:
    """The modules of the service that do something for these parts."""
    asked = Asked("/recommend", True, JSON, json.dumps(PETS).encode(), read_fields(fields, Recommendation, JSON))
    know, modules = load(), set[str]()

    def note(frame: FrameType, event: str, what: object) -> None:
        modules.add(frame.f_globals["__name__"].removeprefix("service."))

    sys.setprofile(note)
    try:
        assert answer(asked, know).status == 200
    finally:
        sys.setprofile(None)
    return modules


@pytest.mark.parametrize(
    ("fields", "module"),
    [
        ("boundaries", "core.answers.boundaries"),
        ("risks", "core.advisories.risks.risk"),
        ("adaptation", "core.advisories.adaptation_ladder"),
        ("notices", "core.advisories.notices.notice"),
        ("exports", "dialects.timm.plan"),
        ("lr_schedule.exports", "dialects.timm.schedule"),
    ],
)
def test_what_is_not_asked_for_is_not_worked_out(fields: str, module: str) -> None:
    assert module in at_work(fields)
    assert module not in at_work("verdict,lr_schedule.rates,freeze_plan.counts")


def test_typed_operations_do_not_know_it() -> None:
    document = json.loads((ROOT / "openapi" / "openapi.json").read_text())
    parameters = [one for path in document["paths"].values() for one in path.get("post", {}).get("parameters", [])]
    named = {one.get("name") for one in parameters}
    assert "explain" in named
    assert "fields" not in named


@pytest.mark.parametrize(
    ("fields", "whole", "nearest"),
    [
        ("verdikt", "the answer", "verdict"),
        ("verdict.modell", "verdict", "model"),
        ("verdict,freeze_plan.count", "freeze_plan", "counts"),
        ("", "the answer", None),
    ],
)
def test_what_is_no_part_is_refused_with_the_nearest(
    client: httpx.Client, fields: str, whole: str, nearest: str | None
) -> None:
    answer = ask(client, fields)
    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert (fault["parameter"], fault["nearest"]) == ("fields", nearest)
    assert fault["message"] == f"There is no such part of {whole}."
    assert answer.json()["type"] == "/problems/invalid-query"


@pytest.mark.parametrize(
    "fields", ["verdict.model.length", "resolved./target/task", ",".join(["verdict"] * 101), "a" * 4001]
)
def test_what_leads_nowhere_is_refused(client: httpx.Client, fields: str) -> None:
    assert ask(client, fields).status_code == 400


def test_a_text_has_no_fields(client: httpx.Client) -> None:
    answer = client.post("/recommend?fields=verdict", json=PETS, headers={"accept": "text/plain"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "fields"


def test_a_large_request_has_fields_too(client: httpx.Client) -> None:
    body = {"source": {"family": "cnn"}, "fixed": {"total_steps": 5000}, "schedule": {"points": 3000}}
    told = ask(client, "lr_schedule.points.step", "/lr-schedule", body).json()
    assert len(told["lr_schedule"]["points"]) == 3000
    assert set(told["lr_schedule"]["points"][0]) == {"step"}
