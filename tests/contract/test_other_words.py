"""A word or a field that callers use for ours is answered with the right one."""

import tomllib
from typing import Any

import httpx
import pytest

from service.contract.other_words.fields import FIELDS, WITHOUT_PLACE
from service.contract.other_words.meaning import SYNONYMS
from tests.conftest import ROOT

JOB = {"target": {"task": "text-classification"}, "dataset": {"examples": 500, "classes": 2}}


def placed(pointer: str, value: object) -> dict[str, Any]:
    """The job with a value at a pointer of at most two names."""
    *parts, last = pointer[1:].split("/")
    inside: dict[str, Any] = {last: value}
    return {**JOB, **({parts[0]: {**JOB.get(parts[0], {}), **inside}} if parts else inside)}


def nearest(client: httpx.Client, pointer: str, value: object) -> str | None:
    """What the one fault of such a job, at that pointer, calls the nearest."""
    answer = client.post("/recommend", json=placed(pointer, value))
    assert answer.status_code == 400, answer.text
    (fault,) = answer.json()["errors"]
    assert fault["pointer"] == pointer
    assert fault["nearest"] is None or fault["nearest"] in fault["allowed"] or fault["nearest"] in fault["message"]
    return fault["nearest"]


@pytest.mark.parametrize(
    ("pointer", "word", "right"),
    [
        ("/target/task", "ner", "token-classification"),
        ("/target/task", "NER", "token-classification"),
        ("/target/task", "asr", "automatic-speech-recognition"),
        ("/target/task", "Sentiment Analysis", "text-classification"),
        ("/target/task", "causal_lm", "text-generation"),
        ("/target/task", "sentiment", "text-classification"),
        ("/target/task", "embedding", "sentence-similarity"),
        ("/target/task", "fill-mask", "text-generation"),
        ("/target/task", "mlm", "text-generation"),
        ("/schedule/shape", "inverse_sqrt", "inverse-square-root"),
        ("/schedule/shape", "constant_with_warmup", "constant"),
        ("/source/objective", "causal_lm", "causal-language-modelling"),
        ("/source/family", "causal_lm", "decoder-lm"),
        ("/source/family", "bert", "text-encoder"),
        ("/target/domain", "tweets", "social-media"),
        ("/fixed/strategy", "lora", "parameter-efficient"),
        ("/fixed/strategy", "QLoRA", "parameter-efficient"),
        ("/fixed/strategy", "full", "full-fine-tuning"),
        ("/fixed/strategy", "linear-probe", "feature-extraction"),
        ("/fixed/strategy", "lp-ft", "full-fine-tuning"),
        ("/fixed/strategy", "kNN", "feature-extraction"),
        ("/fixed/strategy", "SetFit", "full-fine-tuning"),
        ("/fixed/strategy", "IA3", "parameter-efficient"),
        ("/fixed/strategy", "rag", "zero-shot"),
        ("/target/task", "RAG", "text-generation"),
        ("/fixed/optimizer", "lion", "adamw"),
        ("/fixed/optimizer", "LAMB", "adamw"),
        ("/fixed/optimizer", "RMSprop", "adam"),
        ("/compute/kind", "mps", "consumer-gpu"),
        ("/compute/kind", "TPU", "datacenter-gpu"),
        ("/fixed/method", "lora", "adapters"),
        ("/fixed/method", "lp-ft", "probe-then-fine-tune"),
        ("/fixed/optimizer", "adamw_torch", "adamw"),
        ("/compute/kind", "gpu", "consumer-gpu"),
        ("/schedule/shape", "cosine-annealing", "cosine"),
        ("/freezing/norm", "bn", "batch-norm"),
        # Spelled nearly right: the nearest of the same kind.
        ("/target/task", "text-clasification", "text-classification"),
        # Like nothing there: a word of another kind is no help.
        ("/target/task", "gpu", None),
        ("/compute/kind", "lora", None),
        # Tasks that nothing here speaks of, however they are spelled.
        ("/target/task", "image-generation", None),
        ("/target/task", "depth_estimation", None),
        ("/target/task", "graph-classification", None),
        ("/target/task", "image-colorization", None),
        # Of a kind that nobody listed: a shared ending alone makes no near word.
        ("/target/task", "recipe-generation", None),
        ("/target/task", "mesh-segmentation", None),
        ("/target/task", "lane-detection", None),
    ],
)
def test_a_word_leads_to_ours(client: httpx.Client, pointer: str, word: str, right: str | None) -> None:
    assert nearest(client, pointer, word) == right


@pytest.mark.parametrize(
    ("task", "word", "right"),
    [
        ("image-classification", "medical", "radiology"),
        ("text-classification", "medical", "clinical-text"),
        ("tabular-classification", "medical", "medical-tables"),
        ("image-classification", "xray", "radiology"),
        ("image-segmentation", "MRI", "ct-and-mri"),
        ("image-classification", "skin", "dermoscopy"),
        ("text-classification", "tweets", "social-media"),
        ("automatic-speech-recognition", "english", "english-speech"),
        ("automatic-speech-recognition", "german", "multilingual-speech"),
        ("text-classification", "german", "non-english-text"),
        ("token-classification", "Japanese", "non-english-text"),
        ("image-classification", "aerial", "aerial-images"),
        ("image-classification", "e-commerce", "retail-products"),
        ("text-classification", "e-commerce", "reviews"),
        ("tabular-classification", "e-commerce", "business-tables"),
        # Nearly spelled right, yet of data that the task does not read.
        ("audio-classification", "ESC50", "environmental-sound"),
        ("tabular-classification", "churn", "business-tables"),
        ("text-classification", "radiolgy", None),
        ("image-classification", "radiolgy", "radiology"),
    ],
)
def test_a_domain_leads_to_one_of_the_task(client: httpx.Client, task: str, word: str, right: str | None) -> None:
    job = {**JOB, "target": {"task": task, "domain": word}}
    (fault,) = client.post("/recommend", json=job).json()["errors"]
    assert (fault["pointer"], fault["nearest"]) == ("/target/domain", right)


@pytest.mark.parametrize(
    ("word", "right"), [("cuda", "consumer-gpu"), ("mps", "m1"), ("TPU", "tpu-v5e"), ("rtx 3099", "rtx-3090")]
)
def test_a_word_for_a_device_leads_to_one(client: httpx.Client, word: str, right: str) -> None:
    answer = client.post("/recommend", json={**JOB, "compute": {"device": word}})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["nearest"] == right


def test_a_domain_of_another_modality_leads_to_one_of_the_task(client: httpx.Client) -> None:
    """Whisper on Swahili: the speech of a language with little data is multilingual speech."""
    target = {"task": "automatic-speech-recognition", "domain": "low-resource-languages"}
    answer = client.post("/recommend", json={"target": target, "dataset": {"examples": 500}})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["nearest"] == "multilingual-speech"


def test_the_task_of_an_unknown_domain_may_be_anything(client: httpx.Client) -> None:
    """A number of more digits than Python reads, a half character, a part that is given twice: still a 400."""
    for body in (
        '{"target": {"task": "ner", "domain": "xray"}, "similarity": ' + "9" * 5000 + "}",
        '{"target": {"task": "image-classification", "domain": "\\ud800"}}',
        '{"target": {"task": "image-classification", "domain": "xray"}, "target": 1}',
    ):
        answer = client.post("/recommend", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400, answer.text


def test_a_trainer_built_on_another_leads_to_it(client: httpx.Client) -> None:
    (fault,) = client.post("/recommend", json={**JOB, "dialects": ["SetFit"]}).json()["errors"]
    assert (fault["pointer"], fault["nearest"]) == ("/dialects/0", "sentence-transformers")


@pytest.mark.parametrize(("word", "method"), [("linear-probe", "linear-probe"), ("QLoRA", "adapters"), ("full", None)])
def test_a_method_sent_as_a_strategy_is_told_where_it_goes(client: httpx.Client, word: str, method: str | None) -> None:
    (fault,) = client.post("/recommend", json=placed("/fixed/strategy", word)).json()["errors"]
    assert (f"`method` takes {method}." in fault["message"]) is (method is not None)
    assert method is None or client.post("/recommend", json=placed("/fixed/method", method)).status_code in (200, 422)


@pytest.mark.parametrize(
    ("pointer", "right"),
    [
        ("/model", "/source/model"),
        ("/fixed/model", "/source/model"),
        ("/checkpoint", "/source/model"),
        ("/examples", "/dataset/examples"),
        ("/samples", "/dataset/examples"),
        ("/dataset/num_labels", "/dataset/classes"),
        ("/lr", "/fixed/peak_rate"),
        ("/fixed/learning_rate", "/fixed/peak_rate"),
        ("/schedule/epochs", "/fixed/epochs"),
        ("/num_train_epochs", "/fixed/epochs"),
        ("/fixed/max_steps", "/fixed/total_steps"),
        ("/gpu", "/compute/device"),
        ("/compute/gpus", "/compute/count"),
        ("/vram", "/compute/memory_gib"),
        ("/lr_scheduler_type", "/schedule/shape"),
        ("/freezing/warmup", "/schedule/warmup_steps"),
        ("/lora", "/schedule/adapter"),
        ("/tied", "/freezing/tied"),
        ("/framework", "/constraints/framework"),
        ("/trainers", "/dialects"),
        ("/dataset/dialects", "/dialects"),
        ("/lora_rank", "/schedule/adapter/rank"),
        ("/fixed/lora_rank", "/schedule/adapter/rank"),
        ("/fixed/lora-alpha", "/schedule/adapter/alpha"),
        ("/compute/gpu_memory", "/compute/memory_gib"),
        ("/seq_len", "/dataset/sequence_length"),
        ("/fixed/max_seq_length", "/dataset/sequence_length"),
        ("/schedule/warmup_ratio", "/schedule/warmup_steps"),
        ("/warmup_proportion", "/schedule/warmup_steps"),
        ("/schedule/type", "/schedule/shape"),
        ("/compute/type", "/compute/kind"),
        ("/per_device_train_batch_size", "/fixed/per_device_batch_size"),
        ("/schedule/gradient_accumulation_steps", "/fixed/accumulation"),
        ("/fixed/Accumulate_Grad_Batches", "/fixed/accumulation"),
        ("/dataset/img_size", "/dataset/image_size"),
        ("/schedule/min_lr", "/schedule/options/end_ratio"),
        ("/type", None),
        ("/fixed/weight_decay", None),
        ("/load_in_4bit", None),
        ("/zzz", None),
    ],
)
def test_a_field_leads_to_its_place(client: httpx.Client, pointer: str, right: str | None) -> None:
    assert nearest(client, pointer, 1) == right


@pytest.mark.parametrize(
    ("pointer", "told"),
    [
        ("/fixed/warmup_ratio", "It takes steps."),
        ("/schedule/eta_min", "It takes a share of the peak rate."),
        ("/fixed/weight_decay", "No field fixes this"),
    ],
)
def test_a_field_of_another_unit_or_of_none_here_is_told_so(client: httpx.Client, pointer: str, told: str) -> None:
    assert told in client.post("/recommend", json=placed(pointer, 1)).json()["errors"][0]["message"]


def test_no_name_stands_for_two_fields() -> None:
    names = [name for names in FIELDS.values() for name in names.split()]
    assert len(names) == len({*names} - {*WITHOUT_PLACE.split()})


def test_a_query_knows_the_same_words(client: httpx.Client) -> None:
    (fault,) = client.get("/matrix", params={"task": "ner"}).json()["errors"]
    assert fault["nearest"] == "token-classification"


def test_every_synonym_and_place_stands_in_the_contract() -> None:
    document = (ROOT / "openapi" / "openapi.json").read_text()
    devices = tomllib.loads((ROOT / "service" / "knowledge" / "tables" / "devices.toml").read_text())["row"]
    ours = {row["id"] for row in devices}
    told = [*FIELDS, *(word for words in SYNONYMS.values() for word in words)]
    assert [word for word in told if f'"{word}"' not in document and word not in ours] == []
