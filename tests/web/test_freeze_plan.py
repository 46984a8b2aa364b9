"""`POST /freeze-plan` under bad input: an answer or a problem with the right pointer, and no word in the log."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ask import merged
from tests.conftest import Process

JSON = {"content-type": "application/json"}
DATA = {"dataset": {"examples": 500}}
CANARY = "zanarykoala"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """A service with the settings that it ships with."""
    with Process(tmp_path_factory.mktemp("freeze")) as process:
        process.port()
        yield process


@pytest.fixture(scope="module")
def asked(service: Process) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://127.0.0.1:{service.port()}", trust_env=False, timeout=20) as client:
        yield client


def post(client: httpx.Client, body: dict[str, Any] | bytes) -> httpx.Response:
    """The answer, which must be no fault of the service."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = client.post("/freeze-plan", content=content, headers=JSON)
    assert answer.status_code in (200, 400, 413, 422), answer.text[:500]
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json"
    return answer


def job(**fields: Any) -> dict[str, Any]:
    """A job whose fields stand in their parts."""
    return merged({**DATA, **fields})


def model(*names: str, shape: tuple[int, ...] = (2, 2), **rest: Any) -> dict[str, Any]:
    return job(parameters=[{"name": name, "shape": shape} for name in names], **rest)


def header(**entries: Any) -> dict[str, Any]:
    return job(safetensors=entries)


def index(weight_map: dict[str, str], shapes: dict[str, Any]) -> dict[str, Any]:
    return job(source={"safetensors_index": {"weight_map": weight_map, "shapes": shapes}})


F32 = {"dtype": "F32", "shape": [2, 2]}
TIED = {"a.weight": [2, 2], "b.weight": [2, 2], "c.weight": [2]}


def tied(*groups: list[str]) -> dict[str, Any]:
    parameters = [{"name": name, "shape": shape} for name, shape in TIED.items()]
    return job(parameters=parameters, tied=list(groups))


WRONG: list[tuple[dict[str, Any], set[str]]] = [
    (DATA, {"/source/model"}),
    (model(), {"/source/model"}),
    (model(""), {"/source/parameters/0/name"}),
    (model("a" * 513), {"/source/parameters/0/name"}),
    (model("a.weight", "b.weight", "a.weight"), {"/source/parameters/2/name"}),
    (model("a\nb.weight"), {"/source/parameters/0/name"}),
    (model("a\x00b.weight"), {"/source/parameters/0/name"}),
    (model("a\u202eb.weight"), {"/source/parameters/0/name"}),
    (model("a.weight", "b\ud800.weight"), {"/source/parameters/1/name"}),
    (model("l.qweight"), {"/source/parameters/0/name"}),
    (model("a.weight", shape=(-1,)), {"/source/parameters/0/shape/0"}),
    (model("a.weight", shape=(2, 2**40 + 1)), {"/source/parameters/0/shape/1"}),
    (model("a.weight", shape=(1,) * 17), {"/source/parameters/0/shape"}),
    (model("a.weight", "b.weight", shape=(2**27, 2**26)), {"/source/parameters"}),
    (job(parameters=[["a.weight", [2]]]), {"/source/parameters/0"}),
    (job(parameters=[{"name": "a", "shape": [True]}]), {"/source/parameters/0/shape/0"}),
    (job(parameters=[{"name": "a", "shape": [1.5]}]), {"/source/parameters/0/shape/0"}),
    (job(parameters=[{"name": "a", "shape": None}]), {"/source/parameters/0/shape"}),
    (job(parameters=[{"name": "a", "shape": [], "dtype": "F32"}]), {"/source/parameters/0/dtype"}),
    (model("bn.weight", "bn.running_mean"), {"/source/parameters/1/name"}),
    (model("a.weight", depth=3), {"/source/depth"}),
    (model("a.weight", model="resnet50"), {"/source/parameters"}),
    (job(safetensors={"a": F32}, parameters=[{"name": "a.weight", "shape": [2, 2]}]), {"/source/safetensors"}),
    (job(depth=3, dialects=["esperanto"]), {"/dialects/0"}),
    (tied(["a.weight", "zzz"]), {"/freezing/tied/0/1"}),
    (tied(["a.weight", "c.weight"]), {"/freezing/tied/0/1"}),
    (tied(["a.weight"]), {"/freezing/tied/0"}),
    (tied([]), {"/freezing/tied/0"}),
    (tied(["a.weight", "a.weight"]), {"/freezing/tied/0/1"}),
    (tied(["a.weight", "b.weight"], ["b.weight", "a.weight"]), {"/freezing/tied/1/0", "/freezing/tied/1/1"}),
    (job(model="resnet50", tied=[["a", "b"]]), {"/freezing/tied"}),
    (header(), {"/source/model"}),
    (header(__metadata__={"format": "pt"}), {"/source/safetensors"}),
    (
        header(a={"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}, b={"shape": [2]}),
        {"/source/safetensors/b/dtype"},
    ),
    (header(a={"dtype": "F32"}), {"/source/safetensors/a/shape"}),
    (header(a={"dtype": [1], "shape": [2]}), {"/source/safetensors/a/dtype"}),
    (header(a={"dtype": "F32", "shape": "2"}), {"/source/safetensors/a/shape"}),
    (header(a={"dtype": "F32", "shape": [1] * 17}), {"/source/safetensors/a/shape"}),
    (header(**{"a/b~c": {"dtype": "F32"}}), {"/source/safetensors/a~1b~0c/shape"}),
    (header(**{"a\nb": F32}), {"/source/safetensors/a\nb"}),
    (header(**{"bn.running_mean": {"dtype": "F32", "shape": [2]}}), {"/source/safetensors"}),
    (header(ids={"dtype": "I64", "shape": [2]}), {"/source/safetensors"}),
    (index({}, {}), {"/source/safetensors_index/weight_map"}),
    (job(source={"safetensors_index": {"weight_map": {"a": "f"}}}), {"/source/safetensors_index/shapes"}),
    (index({"a": "f", "b": "f"}, {"a": [2]}), {"/source/safetensors_index/shapes/b"}),
    (index({"a": "f"}, {"a": [2], "b": [2]}), {"/source/safetensors_index/shapes/b"}),
    (index({"a": "f"}, {"a": [-2]}), {"/source/safetensors_index/shapes/a/0"}),
    (index({"bn.running_var": "f"}, {"bn.running_var": [2]}), {"/source/safetensors_index"}),
]


@pytest.mark.parametrize(("body", "pointers"), WRONG)
def test_what_is_wrong_is_pointed_at(asked: httpx.Client, body: dict[str, Any], pointers: set[str]) -> None:
    answer = post(asked, body)
    assert answer.status_code in (400, 422)
    assert {fault["pointer"] for fault in answer.json()["errors"]} == pointers


@pytest.mark.parametrize("more", [{}, {"family": "cnn"}], ids=["alone", "of a family"])
def test_a_plan_by_depth_is_answered_without_exports(asked: httpx.Client, more: dict[str, str]) -> None:
    """Exports name parameters, which a depth does not give: the plan says so, and holds none."""
    answer = post(asked, job(depth=3, dialects=["pytorch"], **more))
    assert answer.status_code == 200
    assert answer.json()["exports"] == []
    assert [notice["code"] for notice in answer.json()["notices"] if notice["pointer"] == "/dialects"] == [
        "exports-need-names"
    ]


@pytest.mark.parametrize("form", ["safetensors", "safetensors_index"])
def test_a_total_that_no_reader_counts_is_pointed_at_in_its_form(asked: httpx.Client, form: str) -> None:
    shapes = {f"layers.{i}.weight": [2**40, 2**40] for i in range(3)}
    entries = {name: {"dtype": "F32", "shape": shape} for name, shape in shapes.items()}
    body = {"safetensors": header(**entries), "safetensors_index": index(dict.fromkeys(shapes, "f"), shapes)}[form]
    answer = post(asked, body)
    assert answer.status_code in (400, 422)
    assert all(fault["pointer"].startswith(f"/source/{form}") for fault in answer.json()["errors"])


def test_a_header_may_write_integers_as_json_does(asked: httpx.Client) -> None:
    """`2.0` is an integer in JSON Schema, here as everywhere."""
    whole = post(asked, header(**{"layers.0.weight": F32, "layers.1.weight": {"dtype": "F32", "shape": [2.0, 2]}}))
    assert whole.status_code == 200, whole.text


def test_one_field_twice_is_seen_whatever_the_names_hold(asked: httpx.Client) -> None:
    """Colons in names must not hide a field that is given twice."""
    for other in (b"c", b"c:d", b"c\\u003ad"):
        body = (
            b'{"dataset":{"examples":5},"source":{"parameters":[{"name":"a","name":"b","shape":[1]},{"name":"'
            + other
            + b'","shape":[1]}]}}'
        )
        answer = post(asked, body)
        assert answer.status_code == 400
        assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/source/parameters/0/name"]
    entry = b'"dtype":"F32","shape":[1]'
    twice = b'{"a\\u003a":{' + entry + b'},"b":{"dtype":"F32",' + entry + b"}}"
    assert post(asked, b'{"dataset":{"examples":5},"source":{"safetensors":' + twice + b"}}").status_code == 400


WILD = {
    "dots": [".", "..", "a..b", ".a", "a.", "." * 100],
    "nothing but dots": ["." * 500],
    "regular expressions": [
        "a(b)*+?[x]{2}|^$\\.weight",
        "a.weight",
        "axweight",
        ".*",
        "a|b",
        "[a-z]",
        "\\d+",
        "$",
        "^",
    ],
    "spaces and signs": ["a b.c", "a#b", "a-b&~", "%s", "{0}", "'", '"', "\\", "//", "~0~1"],
    "words": ["层.0.w", "层.1.w", "é.weight", "e\u0301.weight", "\U0001f600.0.weight"],
    "numbers": ["layer.\u0661.a.weight", "layer.\u0662.a.weight", "layer.\u00b2", "9" * 500, "0", "00", "-1", "1e5"],
    "paths": ["a/b.c", "a.b/c", "a_1/b", "a1_b/c", "a1/b/d", "a1_b", "a1/b"],
    "prefixes": ["b", "a", "a.b", "a.b.c", "a.b.c.d", "ab", "a.bc"],
    "parts": [".".join("a" * 250) + f".{i}.weight" for i in range(10)],
    "numbers within numbers": [".".join(["0"] * k + ["1", part, "weight"]) for k in range(1, 240) for part in "ab"],
    "head": ["head.weight"],
    "only norms": [f"norm{i}.weight" for i in range(5)],
    "one": ["x"],
}


@pytest.mark.parametrize("names", WILD.values(), ids=WILD)
@pytest.mark.parametrize("shape", [(2, 2), (), (0, 3)])
def test_any_names_are_planned_or_refused(asked: httpx.Client, names: list[str], shape: tuple[int, ...]) -> None:
    for body in (
        model(*names, shape=shape),
        header(**{name: {"dtype": "F32", "shape": shape} for name in names}),
        model(*names, shape=shape, family="cnn", strategy="feature-extraction"),
    ):
        answer = post(asked, body)
        if answer.status_code != 200:
            assert answer.json()["errors"]
            continue
        plan = answer.json()["freeze_plan"]
        assert sum(block["tensors"] for block in plan["blocks"]) == len(names)


def letters(number: int) -> str:
    return "".join(chr(97 + number // 26**k % 26) for k in range(4))


LARGE = {
    "siblings": [f"layers.{i}.weight" for i in range(20_000)],
    "siblings of two": [f"layers.{i}.{part}.weight" for i in range(10_000) for part in "ab"],
    "siblings of a word": [f"layer{i}" for i in range(20_000)],
    "words": [f"{letters(i)}.{j}.w" for i in range(10_000) for j in (0, 1)],
    "towers": [f"t{i}.encoder.layers.{j}.{w}.weight" for i in range(3333) for j in (0, 1) for w in "abc"],
    "long prefix": [f"{'.'.join('a' * 60)}.{i}.{part}.weight" for i in range(9500) for part in "ab"],
    "same words": [f"blocks.{i}.blocks.{i}.blocks.{i}.weight" for i in range(10_000)],
    "words of one number": [f"{letters(i)}{j}.a.weight" for i in range(10_000) for j in (0, 1)],
    "stages": [f"stages.{i}.blocks.{j}.{k}.weight" for i in range(100) for j in range(100) for k in "ab"],
    "experts": [f"layers.{i}.experts.{j}.{k}.weight" for i in range(60) for j in range(110) for k in "abc"],
}


@pytest.mark.parametrize("names", LARGE.values(), ids=LARGE)
def test_the_largest_lists_are_planned_or_refused(asked: httpx.Client, names: list[str]) -> None:
    assert len(names) <= 20_000
    answer = post(asked, model(*names))
    assert answer.status_code in (200, 422)


BAD_BODIES = {
    "one tensor too many": json.dumps(model(*(f"layers.{i}.weight" for i in range(20_001)))).encode(),
    "a million tensors": b'{"dataset":{"examples":5},"source":{"parameters":['
    + b",".join(b'{"name":"a%d","shape":[1]}' % i for i in range(1_000_000))
    + b"]}}",
    "many small tensors": b'{"dataset":{"examples":5},"source":{"parameters":['
    + b",".join(b'{"name":"a%d","shape":[]}' % i for i in range(140_000))
    + b"]}}",
    "a long shape": b'{"dataset":{"examples":5},"source":{"parameters":[{"name":"a","shape":['
    + b"1," * 2_000_000
    + b"1]}]}}",
    "numbers for tensors": b'{"dataset":{"examples":5},"source":{"parameters":[' + b"0," * 2_000_000 + b"0]}}",
    "empty tensors": b'{"dataset":{"examples":5},"source":{"parameters":[' + b"{}," * 1_300_000 + b"{}]}}",
    "a long name": b'{"dataset":{"examples":5},"source":{"parameters":[{"name":"'
    + b"a" * 4_000_000
    + b'","shape":[]}]}}',
    "a long header": b'{"dataset":{"examples":5},"source":{"safetensors":{'
    + b",".join(b'"a%d":{}' % i for i in range(300_000))
    + b"}}}",
    "a long entry": b'{"dataset":{"examples":5},"source":{"safetensors":{"a":{'
    + b",".join(b'"a%d":[]' % i for i in range(300_000))
    + b"}}}}",
    "deep lists": b'{"dataset":{"examples":5},"source":{"parameters":' + b"[" * 2_000_000,
    "deep lists that end": b'{"dataset":{"examples":5},"source":{"parameters":' + b"[" * 900 + b"]" * 900 + b"}}",
    "deep objects": b'{"dataset":{"examples":5},"source":{"safetensors":' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}}",
    "long numbers": b'{"dataset":{"examples":5},"source":{"parameters":[{"name":"a","shape":['
    + b"9" * 3_000_000
    + b"]}]}}",
    "the same name": json.dumps(model(*["a"] * 20_000)).encode(),
    "control characters": json.dumps(model(*(f"a\n{i}" for i in range(20_000)))).encode(),
    "one long tied group": json.dumps(model("a", "b", tied=[["a", "b"] * 100_000])).encode(),
    "empty entries": json.dumps(header(**{f"a{i}": {} for i in range(20_000)})).encode(),
    "no shapes": json.dumps(index({f"a{i}": "f" for i in range(20_000)}, {})).encode(),
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_bad_bodies_are_refused_shortly(asked: httpx.Client, body: bytes) -> None:
    answer = post(asked, body)
    assert answer.status_code in (400, 413, 422)
    assert len(answer.content) < 1_000_000, "a refusal does not grow without bound"


def test_names_are_in_no_log(tmp_path: Path) -> None:
    """Not in an answer's record, not in a refusal's, not in that of a fault of the service."""
    with Process(tmp_path) as process:
        with httpx.Client(base_url=f"http://127.0.0.1:{process.port()}", trust_env=False, timeout=20) as client:
            name = f"{CANARY}.0.weight"
            entry = {"dtype": "F32", "shape": [2, 2]}
            for body in (
                model(name, f"{CANARY}.1.weight"),
                model(name, name),
                model(f"{CANARY}\n"),
                model(name, tied=[[name, CANARY]]),
                model(*(CANARY + "." * k for k in (1, 100, 400))),
                model("head.weight", family="cnn"),
                header(**{name: entry, f"a{CANARY}": entry, f"b{CANARY}": entry}),
                header(**{name: {"dtype": CANARY, "shape": CANARY}}),
                index({name: CANARY}, {CANARY: [2]}),
                index({name: CANARY}, {name: [2]}),
                {**model(name), CANARY: CANARY},
            ):
                client.post("/freeze-plan", content=json.dumps(body), headers=JSON)
        assert process.stop() == 0
        assert CANARY not in process.printed()


def test_a_message_repeats_no_name(asked: httpx.Client) -> None:
    """Pointers name what the caller sent, as JSON pointers must; sentences do not."""
    entry = {"dtype": "F32", "shape": [64, 64]}
    body = header(**{f"{word}{CANARY}.weight": entry for word in ("one", "two", "three")})
    answer = post(asked, body)
    assert answer.status_code == 422
    assert all(CANARY not in fault["message"] for fault in answer.json()["errors"])


def test_buffers_are_left_out_of_counts_and_counted_apart(asked: httpx.Client) -> None:
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    for i in range(3):
        entries[f"layers.{i}.conv.weight"] = {"dtype": "F32", "shape": [8, 8, 3, 3], "data_offsets": [0, 1]}
        entries[f"layers.{i}.conv2.weight"] = {"dtype": "BF16", "shape": [8, 8, 3, 3]}
        entries[f"layers.{i}.norm.weight"] = {"dtype": "F32", "shape": [8]}
        entries[f"layers.{i}.norm.running_mean"] = {"dtype": "F32", "shape": [8]}
        entries[f"layers.{i}.norm.running_var"] = {"dtype": "F32", "shape": [8]}
        entries[f"layers.{i}.norm.num_batches_tracked"] = {"dtype": "I64", "shape": []}
    plan = post(asked, header(**entries)).json()["freeze_plan"]
    assert plan["counts"]["total"] == 3 * (2 * 8 * 8 * 9 + 8)
    assert plan["buffers"]["tensors"] == 9
    assert plan["norm"]["kind"] == "batch-norm"
    assert plan["norm"]["frozen_statistics"] is True


@pytest.mark.parametrize("headed", [False, True])
def test_the_three_forms_of_a_model_agree(asked: httpx.Client, headed: bool) -> None:
    names = [f"layers.{i}.{part}.weight" for i in range(12) for part in ("a", "b")]
    shapes = {one: [4, 4] for one in [*names, *(["head.weight"] * headed)]}
    bodies = (
        job(parameters=[{"name": one, "shape": shape} for one, shape in shapes.items()]),
        header(**{one: {"dtype": "F32", "shape": shape} for one, shape in sorted(shapes.items())}),
        index(dict.fromkeys(shapes, "model-00001-of-00002.safetensors"), shapes),
    )
    plans = [post(asked, body).json()["freeze_plan"] for body in bodies]
    assert plans[0]["blocks"] == plans[1]["blocks"] == plans[2]["blocks"]
    assert len({plan["plan_hash"] for plan in plans}) == 1
