"""What a text says is what the JSON says: every number is parsed back out of it."""

import json
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given, settings

from service.texts.page import Fact, Section, Text, markdown, plain
from service.texts.rendering import written
from tests.ask import ask
from tests.laws.jobs import jobs

NUMBER = re.compile(r"(?<![\w.,/\\-])-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?(?![\w/]|\.\d|-\w)")
PETS = {
    "target": {"task": "image-classification", "domain": "pets-and-animals"},
    "dataset": {"examples": 3680, "classes": 37},
    "source": {"model": "resnet50"},
}
KINDS = ("text/plain", "text/markdown")
READ = [
    "/matrix",
    "/matrix?task=summarization",
    "/models/resnet50",
    "/models/microsoft/deberta-v3-base",
    "/rules/size-by-total",
    "/guide/batch-norm",
]


def numbers(text: str) -> set[float]:
    """Every number that stands alone in a text, commas between thousands or not."""
    return {float(found.replace(",", "")) for found in NUMBER.findall(text)}


def told(value: Any) -> Iterator[float]:
    """Every number of a JSON document, those within its sentences and names included."""
    if isinstance(value, dict):
        for name, part in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from numbers(str(name))  # pyright: ignore[reportUnknownArgumentType]
            yield from told(part)
    elif isinstance(value, list):
        for part in value:  # pyright: ignore[reportUnknownVariableType]
            yield from told(part)
    elif isinstance(value, str):
        yield from numbers(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def fact(text: str, label: str) -> str:
    """What a plain text says under one label, wrapped lines joined."""
    found = re.search(rf"^{label} +(.*(?:\n +.*)*)", text, re.MULTILINE)
    assert found, label
    return " ".join(found[1].split())


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(jobs())
@pytest.mark.parametrize("route", ["/recommend", "/freeze-plan", "/lr-schedule", "/resources"])
def test_every_number_of_a_text_is_in_the_json(route: str, body: dict[str, Any]) -> None:
    answer = ask(route, body, explain=False)
    known = set(told(json.loads(msgspec.json.encode(answer))))
    for kind in KINDS:
        said = numbers(written(answer, kind).decode())
        assert said
        assert said <= known


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(jobs())
def test_each_line_says_its_own_part(body: dict[str, Any]) -> None:
    answer = ask("/recommend", body, explain=False)
    text, page = (written(answer, kind).decode() for kind in KINDS)
    page, parts = page.replace("\\", ""), json.loads(msgspec.json.encode(answer))
    summary, schedule, memory = parts["summary"], parts["lr_schedule"], parts["resources"]
    title, _, reason = " ".join(parts["verdict"]["summary"].split()).partition(": ")
    assert " ".join(text.split("\n\n")[0].split()) == title
    assert page.count(reason) == 1
    assert fact(text, "Strategy").startswith(parts["verdict"]["strategy"])
    held = re.search(r"([\d.,]+) GiB \(([\d.,]+) to ([\d.,]+)\) of ([\d.,]+) GiB", fact(text, "Memory"))
    assert held
    sizes = [float(size.replace(",", "")) for size in held.groups()]
    assert sizes == [memory[name] for name in ("peak_gib", "peak_low_gib", "peak_high_gib", "usable_memory_gib")]
    if not schedule:
        return
    length = re.match(r"([\d,]+) steps?, ([\d.,]+) epochs?(?:: (.*))?$", fact(text, "Length"))
    assert length
    assert [float(part.replace(",", "")) for part in length.groups()[:2]] == [summary["steps"], summary["epochs"]]
    runs = [f"{phase['name']} {phase['steps']:,}" for phase in parts["phases"] if summary["phases"] > 1]
    assert (length[3] or "") == ", then ".join(runs)
    rates = re.search(r"head ([\d.e-]+)", fact(text, "Rates"))
    assert (float(rates[1]) if rates else 0.0) == schedule["rates"]["head"]
    warmup = re.search(r"; ([\d,]+) steps? of warm-up, then (.*)$", fact(text, "Rates"))
    assert warmup
    assert (int(warmup[1].replace(",", "")), warmup[2]) == (schedule["warmup_steps"], schedule["shape"])
    assert int(re.split(":? ", fact(text, "Batch"))[0].replace(",", "")) == schedule["batch_scaling"]["batch_size"]
    spans = re.findall(r"(\d+)(?: to (\d+))? \(", fact(text, "Blocks"))
    shown = {(int(first), int(last or first)) for first, last in spans}
    assert {(span["first"], span["last"]) for span in summary["blocks"]} <= shown


@pytest.mark.parametrize(
    ("model", "devices", "strategy", "label", "said"),
    [
        (
            "Qwen/Qwen2.5-7B",
            8,
            "full-fine-tuning",
            "Batch",
            "on 8 devices, .*sharded \\(FSDP or ZeRO-3\\), bf16-mixed$",
        ),
        ("Qwen/Qwen2.5-32B", 8, "full-fine-tuning", "Batch", "sharded .*, gradient checkpointing, bf16-mixed$"),
        (
            "Qwen/Qwen2.5-7B",
            1,
            "parameter-efficient",
            "Trained",
            "LoRA of rank 16, alpha 32, on q_proj, .*, down_proj$",
        ),
        ("Qwen/Qwen2.5-32B", 1, "parameter-efficient", "Trained", ", frozen weights in 4 bits$"),
    ],
)
def test_a_large_model_is_told_with_how_it_is_held(
    client: httpx.Client, model: str, devices: int, strategy: str, label: str, said: str
) -> None:
    body = {
        "target": {"task": "text-generation"},
        "dataset": {"examples": 5000, "sequence_length": 2048},
        "source": {"model": model},
        "compute": {"device": "H100", "count": devices},
        "fixed": {"strategy": strategy},
    }
    answer = client.post("/recommend", json=body)
    text = client.post("/recommend", json=body, headers={"accept": "text/plain"}).text
    assert re.search(said, fact(text, label)), (text, answer.json()["setup"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", READ)
def test_what_is_read_has_the_numbers_of_its_json(client: httpx.Client, path: str, kind: str) -> None:
    text = client.get(path, headers={"accept": kind})
    assert (text.status_code, text.headers["content-type"]) == (200, f"{kind}; charset=utf-8")
    assert text.headers["vary"] == "accept"
    assert numbers(text.text) <= set(told(client.get(path).json()))
    assert len(text.text) > 100


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("route", ["/recommend", "/freeze-plan", "/lr-schedule", "/resources"])
def test_every_question_is_answered_in_words(client: httpx.Client, route: str, kind: str) -> None:
    text = client.post(route, json=PETS, headers={"accept": kind})
    assert (text.status_code, text.headers["content-type"]) == (200, f"{kind}; charset=utf-8")
    assert text.content == written(ask(route, PETS, explain=False), kind)


def test_a_page_in_words_has_a_tag_of_its_own(client: httpx.Client) -> None:
    for path in READ[::2]:
        tags = {client.get(path, headers={"accept": kind}).headers["etag"] for kind in ("application/json", *KINDS)}
        assert len(tags) == 3
        for tag in tags:
            same = [client.get(path, headers={"accept": kind, "if-none-match": tag}).status_code for kind in KINDS]
            assert same.count(304) <= 1


@settings(max_examples=60, derandomize=True, database=None, deadline=None)
@given(jobs())
def test_a_recommendation_is_told_in_a_dozen_lines(body: dict[str, Any]) -> None:
    """One for each matter, title and warnings aside; what is long goes on in a second line, and rarely a third."""
    answer = ask("/recommend", body, explain=False)
    text, page = (written(answer, kind).decode() for kind in KINDS)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 100
    assert len([line for line in lines if re.match(r"[A-Z][a-z ]+ {2}", line)]) <= 15
    assert len(lines) <= 28
    for notice in answer.notices:
        assert notice.code in page


def test_names_of_a_model_are_shown_and_not_obeyed() -> None:
    text = Text("a\n# b", (Section(facts=(Fact("Blocks", "\x1b[31mstem <script>_x_ vit_base"),)),))
    assert plain(text) == "a # b\n\nBlocks  \\u001b[31mstem <script>_x_ vit_base\n"
    assert markdown(text) == "# a # b\n\n- **Blocks:** \\\\u001b\\[31mstem \\<script>\\_x\\_ vit_base\n"


def test_neighbouring_blocks_of_one_size_are_told_in_one_line(client: httpx.Client) -> None:
    path = "/models/meta-llama/Llama-3.1-8B"
    blocks = client.get(path).json()["blocks"]
    sizes = [size for size, _ in groupby(block["params"] for block in blocks)]
    text = client.get(path, headers={"accept": "text/plain"}).text
    told = text.partition("BLOCKS\n")[2].partition("\n\n")[0].splitlines()
    assert [numbers(line.rpartition("  ")[2]) for line in told] == [{size} for size in sizes]
    assert len(told) < len(blocks)
