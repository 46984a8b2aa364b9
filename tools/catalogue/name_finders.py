# pyright: basic, reportMissingImports=false
"""GLiNER's models that find names in texts, where that package is installed: DeBERTa-v3 with layers for spans."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import torch

from service.contract.words import Family, Modality, Task
from service.knowledge.index import Knowledge
from service.knowledge.rows import BuildRow
from tools.catalogue.built_blocks import build_row

INSTALLED = find_spec("gliner") is not None

ENCODERS: dict[str, dict[str, int]] = {
    "small": {"num_hidden_layers": 6},
    "medium": {},
    "large": {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096},
}
"""How the encoders differ from DeBERTa-v3's base size."""

DEBERTA = {
    "model_type": "deberta-v2",
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "vocab_size": 128004,
    "relative_attention": True,
    "position_buckets": 256,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "pos_att_type": ["p2c", "c2p"],
    "position_biased_input": False,
    "type_vocab_size": 0,
}
"""DeBERTa-v3 with the three words that GLiNER adds."""

SPANS = ("span_rep_layer", "prompt_rep_layer")
"""What tells a span of words, and a kind of name; both are pretrained and serve any kinds."""


def builds(know: Knowledge) -> Iterator[BuildRow]:
    """The three sizes; nothing where the package is not installed."""
    for size, settings in ENCODERS.items() if INSTALLED else ():
        yield build_row(
            f"gliner/{size}",
            _model({**DEBERTA, **settings}),
            SPANS,
            (Task.TOKEN_CLASSIFICATION,),
            "lm",
            know,
            Family.TEXT_ENCODER,
            (Modality.TEXT,),
        )


def _model(encoder: dict[str, Any]) -> torch.nn.Module:
    from gliner.config import UniEncoderSpanConfig  # noqa: PLC0415 -- it may not be installed
    from gliner.modeling.base import UniEncoderSpanModel  # noqa: PLC0415

    config = UniEncoderSpanConfig(hidden_size=768, span_mode="markerV0", max_width=12, encoder_config=encoder)
    with torch.device("meta"):
        return UniEncoderSpanModel(config, from_pretrained=False)
