# pyright: basic, reportMissingImports=false
"""Records names and shapes of models that the catalogue holds, so that a test can compare plans by id and by list.

`python -m tools.catalogued_models` in the environment of `make test-real` writes
`tests/architectures/catalogued.json.xz`: a checkpoint of every architecture, every curated model that timm builds, and
the models below. Nothing is downloaded.
"""

import json
import logging
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tests.real.operators  # noqa: F401

# isort: split

import timm
import torch
import transformers
from torch import nn

from service.knowledge.catalogue.counting import complete
from service.knowledge.loader import load
from tests.real.architectures import unfilled

FILE = Path(__file__).parent.parent / "tests" / "architectures" / "catalogued.json.xz"

TEXT = "ForSequenceClassification"
WRITES = "ForConditionalGeneration"
BASE = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
DEBERTA = {
    "vocab_size": 128100,
    "type_vocab_size": 0,
    "max_relative_positions": -1,
    "position_buckets": 256,
    "relative_attention": True,
    "position_biased_input": False,
    "share_att_key": True,
    "pos_att_type": ["p2c", "c2p"],
    "norm_rel_ebd": "layer_norm",
}
TOWERS = {
    **{f"{side}_layers": 6 for side in ("encoder", "decoder")},
    **{f"{side}_ffn_dim": 3072 for side in ("encoder", "decoder")},
    **{f"{side}_attention_heads": 12 for side in ("encoder", "decoder")},
}

WRITTEN: dict[str, tuple[str, str, dict[str, Any]]] = {
    "bert-base-uncased": (f"Bert{TEXT}", "BertConfig", {}),
    "distilbert-base-uncased": (f"DistilBert{TEXT}", "DistilBertConfig", {}),
    "roberta-base": (
        f"Roberta{TEXT}",
        "RobertaConfig",
        {"vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1},
    ),
    "microsoft/deberta-v3-base": (f"DebertaV2{TEXT}", "DebertaV2Config", {**BASE, **DEBERTA}),
    "microsoft/deberta-v3-small": (f"DebertaV2{TEXT}", "DebertaV2Config", {**BASE, **DEBERTA, "num_hidden_layers": 6}),
    "google/electra-base-discriminator": (f"Electra{TEXT}", "ElectraConfig", {**BASE, "embedding_size": 768}),
    "t5-small": (f"T5{WRITES}", "T5Config", {}),
    "google/flan-t5-base": (
        f"T5{WRITES}",
        "T5Config",
        {
            "d_model": 768,
            "d_ff": 2048,
            "num_layers": 12,
            "num_heads": 12,
            "feed_forward_proj": "gated-gelu",
            "tie_word_embeddings": False,
        },
    ),
    "facebook/bart-base": (f"Bart{WRITES}", "BartConfig", {**TOWERS, "d_model": 768}),
    "gpt2": ("GPT2LMHeadModel", "GPT2Config", {}),
    "facebook/wav2vec2-base": (f"Wav2Vec2{TEXT}", "Wav2Vec2Config", {}),
    "microsoft/wavlm-base-plus": (f"WavLM{TEXT}", "WavLMConfig", {}),
    "openai/whisper-tiny": (f"Whisper{WRITES}", "WhisperConfig", {}),
    "MIT/ast-finetuned-audioset-10-10-0.4593": ("ASTForAudioClassification", "ASTConfig", {}),
    "owkin/phikon": ("ViTForImageClassification", "ViTConfig", {}),
}
"""Curated models of transformers by class, configuration and the settings that differ from its defaults."""


def models() -> Iterator[tuple[str, nn.Module]]:
    """The models by their ids, without numbers."""
    tables = load().tables
    for name, (model, config, settings) in WRITTEN.items():
        yield name, getattr(transformers, model)(getattr(transformers, config)(**settings))
    rows, known = {row.id: row for row in tables.architectures}, set[str]()
    for checkpoint in tables.checkpoints:
        row = rows.get(checkpoint.architecture or "")
        if row is not None and row.id not in known:
            known.add(row.id)
            model, config = (getattr(transformers, name) for name in row.builds)
            yield checkpoint.id, model(config(**{**row.words, **complete(row, checkpoint.config)}))
    for curated in tables.models:
        if curated.build:
            yield curated.id, timm.create_model(curated.build, num_classes=1000)


def main() -> None:
    """Writes the file."""
    logging.disable(logging.CRITICAL)
    with torch.device("meta"), unfilled():
        found = {name: [[at, list(p.shape)] for at, p in model.named_parameters()] for name, model in models()}
    lines = ",\n".join(f"{json.dumps(name)}:{json.dumps(one, separators=(',', ':'))}" for name, one in found.items())
    FILE.write_bytes(lzma.compress(f"{{\n{lines}\n}}\n".encode(), preset=9))
    print(f"{len(found)} models")  # noqa: T201


if __name__ == "__main__":
    main()
