# pyright: basic, reportMissingImports=false
"""The sentence-transformers export of a plan, run by its Trainer and by SetFit on encoders with random weights."""

import re
from pathlib import Path
from typing import Any

import pytest

import tests.real.operators  # noqa: F401

# isort: split
import sentence_transformers
import torch
import transformers
from datasets import Dataset
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import CosineSimilarityLoss
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from setfit import SetFitModel
from setfit import Trainer as SetFitTrainer
from setfit.modeling import SetFitHead
from tokenizers import Tokenizer, models, pre_tokenizers

from service.contract.words import BlockKind, Task, Trainer
from service.core.schedule.curve.curves import curve as factor_of
from service.dialects.plan import Plan
from tests.dialects.hub_plans import planned, told

pytestmark = pytest.mark.filterwarnings("ignore")
MODEL = "sentence-transformers/all-MiniLM-L6-v2"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "c", "d"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: Any) -> Path:
    """A small encoder with the catalogue model's names, and its tokenizer."""
    folder = tmp_path_factory.mktemp("encoder")
    words = Tokenizer(models.WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token=WORDS[1]))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    marks = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    transformers.PreTrainedTokenizerFast(tokenizer_object=words, **marks).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=8, hidden_size=16, num_hidden_layers=6, num_attention_heads=2, intermediate_size=32
    )
    transformers.BertModel(config).save_pretrained(folder)
    return folder


def embedder(folder: Path) -> SentenceTransformer:
    body = Transformer(str(folder))
    return SentenceTransformer(modules=[body, Pooling(16)], device="cpu")


class Stop(transformers.TrainerCallback):
    """Ends a run after two steps: the first may have a rate of 0."""

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        control.should_training_stop = state.global_step >= 2


def block_of(plan: Plan, name: str) -> Any:
    """The plan's block of a parameter of the encoder within a SentenceTransformer."""
    inner = re.sub(r"^(\w+\.)*?0\.(auto_)?model\.", "", name)
    return next(block for block in plan.freeze.blocks if re.match(block.pattern or "", inner))


class Watched(sentence_transformers.SentenceTransformerTrainer):
    """Notes each run's groups, curve and movement."""

    plan: Plan
    runs: list[dict[str, Any]]

    def __init__(self, *positional: Any, **named: Any) -> None:
        super().__init__(*positional, **named, callbacks=[Stop()])

    def create_scheduler(self, *positional: Any, **named: Any) -> Any:
        scheduler = super().create_scheduler(*positional, **named)
        names = {id(p): name for name, p in self.model.named_parameters()}
        self.held = {
            names[id(p)]: group["initial_lr"] for group in self.optimizer.param_groups for p in group["params"]
        }
        self.factors = scheduler.lr_lambdas
        return scheduler

    def train(self, *positional: Any, **named: Any) -> Any:
        before = {name: p.detach().clone() for name, p in self.model.named_parameters()}
        done = super().train(*positional, **named)
        moved = {name for name, p in self.model.named_parameters() if not torch.equal(p, before[name])}
        self.runs.append({"held": self.held, "moved": moved, "factors": self.factors})
        return done


def run(plan: Plan, model: SentenceTransformer, monkeypatch: Any, tmp_path: Any) -> list[dict[str, Any]]:
    export = told(Trainer.SENTENCE_TRANSFORMERS, plan)
    for phase in [*export.arguments["earlier_phases"], export.arguments]:
        phase["training_arguments"] |= {"disable_tqdm": True}
    monkeypatch.chdir(tmp_path)
    kind = type("Watch", (Watched,), {"plan": plan, "runs": []})
    text = export.text.replace("import SentenceTransformerTrainer as Trainer", "import losses")
    data = Dataset.from_dict({"one": ["a b", "c d"] * 64, "two": ["b", "d a"] * 64, "score": [0.1, 0.9] * 64})
    scope = {"arguments": export.arguments, "model": model, "train_dataset": data, "Trainer": kind}
    exec(text, {**scope, "loss": CosineSimilarityLoss(model)})  # noqa: S102
    return kind.runs


@pytest.mark.parametrize("strategy", ["partial-fine-tuning", "full-fine-tuning"])
def test_rates_by_name(strategy: str, encoder: Path, monkeypatch: Any, tmp_path: Any) -> None:
    """Patterns find their blocks within the loss, and only trained parameters are in the optimizer, at their rates."""
    plan = planned(model=MODEL, strategy=strategy, dataset={"examples": 5000})
    runs = run(plan, embedder(encoder), monkeypatch, tmp_path)
    phases = [
        phase
        for phase in plan.phases
        if any(plan.freeze.blocks[index].kind is not BlockKind.HEAD for index in phase.train_blocks)
    ]
    assert len(runs) == len(phases)
    for phase, found in zip(phases, runs, strict=True):
        assert found["held"]
        for name, rate in found["held"].items():
            assert rate == plan.rate(phase, block_of(plan, name)) > 0
        trained = {name for name in found["held"] if ".pooler." not in name}
        assert found["moved"] == trained, "mean pooling does not use BERT's own pooler"
        factor = factor_of(phase.curve)
        for told_factor in found["factors"][:1]:
            assert max(abs(told_factor(s) - factor(s)) for s in range(phase.curve.total_steps)) < 1e-9


def test_adapter(encoder: Path, monkeypatch: Any, tmp_path: Any) -> None:
    plan = planned(model=MODEL, strategy="parameter-efficient", dataset={"examples": 5000})
    (found,) = run(plan, embedder(encoder), monkeypatch, tmp_path)
    assert found["held"]
    assert all("lora_" in name and rate == plan.phases[0].backbone_rate for name, rate in found["held"].items())
    assert found["moved"] <= set(found["held"])
    assert len({name.partition(".lora_")[0] for name in found["moved"]}) == 12, "query and value of six layers"


@pytest.mark.parametrize("strategy", ["feature-extraction", "partial-fine-tuning"])
def test_setfit(strategy: str, encoder: Path, monkeypatch: Any, tmp_path: Any) -> None:
    plan = planned(
        model=MODEL, strategy=strategy, task=Task.TEXT_CLASSIFICATION, dataset={"examples": 64, "classes": 2}
    )
    export = told(Trainer.SENTENCE_TRANSFORMERS, plan)
    assert not export.exact
    export.arguments["setfit"] |= {"max_steps": 2, "report_to": "none", "num_epochs": [1, 2]}
    body = embedder(encoder)
    model = SetFitModel(model_body=body, model_head=SetFitHead(in_features=16, out_features=2, device="cpu"))
    before = {name: p.detach().clone() for name, p in body.named_parameters()}
    monkeypatch.chdir(tmp_path)
    rates: list[Any] = []
    real = SetFitModel._prepare_optimizer

    def noted(self: Any, *positional: Any, **named: Any) -> Any:
        optimizer = real(self, *positional, **named)
        rates.append([group["lr"] for group in optimizer.param_groups])
        return optimizer

    monkeypatch.setattr(SetFitModel, "_prepare_optimizer", noted)
    data = Dataset.from_dict({"text": ["a b", "c d"] * 8, "label": [0, 1] * 8})
    scope: dict[str, Any] = {"arguments": export.arguments, "model": model, "train_dataset": data}
    exec(export.text, scope)  # noqa: S102
    assert isinstance(scope["trainer"], SetFitTrainer)
    moved = {name for name, p in body.named_parameters() if not torch.equal(p, before[name])}
    last = plan.phases[-1]
    trained = {name for name in before if plan.rate(last, block_of(plan, name)) > 0}
    assert moved == {name for name in trained if ".pooler." not in name}
    highest = max((plan.rate(last, block_of(plan, name)) for name in trained), default=last.head_rate)
    assert rates == [[highest, last.head_rate]]
