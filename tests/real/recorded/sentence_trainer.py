# pyright: basic, reportMissingImports=false
"""The sentence-transformers export, its text as it stands, run by its Trainer on a small encoder."""

import re
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from tests.real.recorded.watch import DTYPES

# isort: split
import sentence_transformers
import torch
import transformers
from datasets import Dataset
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import CosineSimilarityLoss
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import distributed

from service.contract.freeze import PlanExport
from service.core.schedule.curve.curves import curve
from service.dialects.plan import Plan
from tests.real.recorded.cell import NotHere
from tests.real.recorded.hub_trainer import HERE

UNFELT = "key.bias"
"""Adds the same to every score that softmax compares: its gradient is 0 but for rounding."""

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "c", "d"]


@cache
def encoder() -> Path:
    """A small encoder with the catalogue model's names, and its tokenizer."""
    folder = Path(mkdtemp(dir=Path.cwd()))
    words = Tokenizer(models.WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token=WORDS[1]))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    marks = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    transformers.PreTrainedTokenizerFast(tokenizer_object=words, **marks).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=8, hidden_size=16, num_hidden_layers=6, num_attention_heads=2, intermediate_size=32
    )
    transformers.BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def run(plan: Plan, export: PlanExport) -> None:
    """The plan's one phase to its end. Raises NotHere for several devices: its processes end when losses are joined."""
    if distributed.is_initialized():
        raise NotHere
    (phase,), arguments = plan.phases, export.arguments
    arguments["training_arguments"] |= {name: value for name, value in HERE.items() if name != "label_names"}
    torch.manual_seed(0)
    model = SentenceTransformer(
        modules=[Transformer(str(encoder()), model_args={"add_pooling_layer": False}), Pooling(16)], device="cpu"
    )
    factor, seen = curve(phase.curve), {"steps": 0, "computed": set()}

    class Watched(sentence_transformers.SentenceTransformerTrainer):
        """The Trainer, with somebody looking on before every step."""

        def training_step(self, *positional: Any, **named: Any) -> Any:
            names = {id(p): name for name, p in self.model.named_parameters()}
            trains = {name for name, p in self.model.named_parameters() if p.requires_grad}
            held = {names[id(p)]: group["lr"] for group in self.optimizer.param_groups for p in group["params"]}
            assert trains == set(held) == {name for name in names.values() if rate_of(plan, name)}
            for name, rate in held.items():
                peak = rate_of(plan, name)
                assert abs(rate - peak * factor(seen["steps"])) <= 1e-9 * peak, (name, rate)
            seen["steps"] += 1
            return super().training_step(*positional, **named)

        def log(self, *_: Any) -> None:
            """Says nothing."""

    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    hook = next(each for name, each in model.named_modules() if name.endswith("intermediate.dense"))
    hook.register_forward_hook(lambda _, __, out: seen["computed"].add(out.dtype))
    data = Dataset.from_dict({"one": ["a b", "c d"] * 8, "two": ["b", "d a"] * 8, "score": [0.1, 0.9] * 8})
    scope = {"arguments": arguments, "model": model, "train_dataset": data, "Trainer": Watched}
    text = export.text.replace("import SentenceTransformerTrainer as Trainer", "import losses")
    exec(text, {**scope, "loss": CosineSimilarityLoss(model)})  # noqa: S102
    assert seen["steps"] == phase.steps
    after = dict(model.named_parameters())
    wanted = {name for name in after if rate_of(plan, name)}
    moved = {name for name in after if name not in before or not torch.equal(after[name], before[name])}
    assert wanted - moved <= {name for name in wanted if name.endswith(UNFELT)}
    assert all(torch.equal(after[name], before[name]) for name in set(before) & set(after) - wanted)
    if seen["computed"] != {DTYPES[plan.setup.precision]}:
        raise NotHere(f"computed in {seen['computed']}")


def rate_of(plan: Plan, name: str) -> float:
    """The plan's peak rate of a parameter within a SentenceTransformer, or a loss that holds it; 0: frozen."""
    if plan.adapter:
        return plan.phases[-1].backbone_rate if "lora_" in name else 0.0
    inner = re.sub(r"^(\w+\.)*?0\.(auto_)?model\.", "", name)
    block = next(block for block in plan.freeze.blocks if re.match(block.pattern or "", inner))
    return plan.rate(plan.phases[-1], block)
