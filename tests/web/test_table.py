"""`/lr-schedule` as a table, and how its media type is chosen."""

import csv
import io

import httpx
import pytest

from tests.ask import merged

BODY = {"model": "distilbert-base-uncased", "total_steps": 100, "points": 5}


def ask(client: httpx.Client, accept: str, **more: object) -> httpx.Response:
    return client.post("/lr-schedule", json=merged({**BODY, **more}), headers={"accept": accept})


def test_csv_has_a_row_for_each_step_and_a_column_for_each_group(client: httpx.Client) -> None:
    plan = ask(client, "application/json").json()["lr_schedule"]
    answer = ask(client, "text/csv")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["cache-control"] == "no-store"
    header, *rows = csv.reader(io.StringIO(answer.text))
    assert header == ["step", "factor", *(group["name"] for group in plan["groups"])]
    assert [[float(value) for value in row] for row in rows] == [
        [point["step"], point["factor"], *point["groups"]] for point in plan["points"]
    ]


def test_csv_of_nothing_trained_is_a_header(client: httpx.Client) -> None:
    assert ask(client, "text/csv", strategy="zero-shot").text.strip() == "step,factor"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/json"),
        ("text/*", "text/csv"),
        ("text/csv, */*;q=0.1", "text/csv"),
        ("application/json, text/csv", "application/json"),
        ("text/csv;q=0, */*", "application/json"),
    ],
)
def test_media_type_is_what_the_caller_admits(client: httpx.Client, accept: str, media_type: str) -> None:
    assert ask(client, accept).headers["content-type"].startswith(media_type)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "text/csv; charset=utf-8; header=present"),
        ("text/*", "text/csv; charset=utf-8; header=present"),
        ("text/csv", "text/csv; charset=utf-8; header=present"),
        ("text/plain", "text/plain; charset=utf-8"),
        ("text/csv, text/plain, application/problem+json", "text/plain; charset=utf-8"),
    ],
)
def test_a_table_goes_by_two_names(client: httpx.Client, accept: str, media_type: str) -> None:
    answer = client.post("/lr-schedule.csv", json=merged(BODY), headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.text == ask(client, "text/csv").text


def test_other_media_types_and_other_routes_are_not_acceptable(client: httpx.Client) -> None:
    assert ask(client, "image/png").status_code == 406
    body = {"target": {"task": "summarization"}, "dataset": {"examples": 10}}
    assert client.post("/recommend", json=body, headers={"accept": "text/csv"}).status_code == 406


def test_steps_behind_the_end_and_runs_too_long_are_refused(client: httpx.Client) -> None:
    body = {"family": "cnn", "examples": 100, "epochs": 1, "batch_size": 10, "steps": [0, 11]}
    assert client.post("/lr-schedule", json=merged(body)).json()["errors"][0]["pointer"] == "/schedule/steps"
    body = {"family": "cnn", "examples": 10**9, "epochs": 100, "batch_size": 1}
    assert client.post("/lr-schedule", json=merged(body)).json()["errors"][0]["pointer"] == "/fixed/epochs"


def test_too_many_values_are_refused_with_the_most_there_may_be(client: httpx.Client) -> None:
    answer = ask(client, "application/json", model="meta-llama/Llama-3.1-8B", total_steps=20_000, points=10_000)
    assert answer.status_code == 422
    fault = answer.json()["errors"][0]
    assert fault["pointer"] == "/schedule/points"
    assert fault["message"] == "With 35 groups an answer may hold 2857 points at most."


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"shape": "linear", "options": {"cycles": 3}}, "/schedule/options/cycles"),
        ({"options": {"end_ratio": 0.1}}, "/schedule/shape"),
        ({"shape": "tri-stage", "options": {"end_ratio": 0}}, "/schedule/options/end_ratio"),
        ({"warmup_kind": "none", "warmup_steps": 5}, "/schedule/warmup_steps"),
        (
            {"shape": "tri-stage", "warmup_kind": "none", "options": {"start_ratio": 0.5}},
            "/schedule/options/start_ratio",
        ),
        (
            {"shape": "linear", "warmup_kind": "constant", "options": {"start_ratio": 0}},
            "/schedule/options/start_ratio",
        ),
        ({"steps": [5]}, "/schedule/points"),
        ({"batch_size": 8, "per_device_batch_size": 8}, "/fixed/per_device_batch_size"),
        ({"accumulation": 2}, "/fixed/per_device_batch_size"),
        ({"adapter": {"rank": 8}}, "/schedule/adapter"),
        ({"known_rate": {"rate": 1e-5}, "peak_rate": 1e-5}, "/schedule/known_rate"),
        ({"known_rate": {"rate": 1e-5, "model": "bert-bose"}}, "/schedule/known_rate/model"),
    ],
)
def test_contradictory_wishes_are_pointed_at(client: httpx.Client, more: dict[str, object], pointer: str) -> None:
    answer = ask(client, "application/json", **more)
    assert answer.status_code == 422
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]


def test_a_client_that_names_the_type_of_problems_gets_answers(client: httpx.Client) -> None:
    answer = client.post("/lr-schedule.csv", json=merged(BODY), headers={"accept": "application/problem+json"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text == ask(client, "text/csv").text
