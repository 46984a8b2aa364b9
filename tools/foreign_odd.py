# pyright: basic, reportMissingImports=false
# ruff: noqa: PLC0415
"""Foreign models that take more than one call to build."""

from typing import Any

import torch
from torch import nn


def hub(name: str, **settings: Any) -> nn.Module:
    """A model of transformers, small by these settings."""
    import transformers

    model = getattr(transformers, name)
    return model(model.config_class(**settings))


def rwkv() -> nn.Module:
    """The RWKV of transformers."""
    from transformers import RwkvConfig, RwkvForCausalLM

    return RwkvForCausalLM(RwkvConfig(vocab_size=32, context_length=16, hidden_size=16, num_hidden_layers=3))


def toolbelt_unet() -> nn.Module:
    """pytorch-toolbelt's U-Net with its own encoder."""
    from pytorch_toolbelt.modules.decoders import UNetDecoder
    from pytorch_toolbelt.modules.encoders import UnetEncoder

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder = UnetEncoder(in_channels=3, out_channels=8, growth_factor=2)
            spec = self.encoder.get_output_spec() if hasattr(self.encoder, "get_output_spec") else None
            self.decoder = UNetDecoder(spec, [8, 16, 32]) if spec else UNetDecoder(self.encoder.channels, [8, 16, 32])
            self.head = nn.Conv2d(8, 3, 1)

        def forward(self, image: torch.Tensor) -> torch.Tensor:
            return self.head(self.decoder(self.encoder(image))[0])

    return Model()


def deepfm() -> nn.Module:
    """deepctr-torch's DeepFM on two words and a number."""
    from deepctr_torch.inputs import DenseFeat, SparseFeat
    from deepctr_torch.models import DeepFM

    columns = [SparseFeat("a", 3, 4), SparseFeat("b", 3, 4), DenseFeat("c", 1)]
    return DeepFM(columns, columns, dnn_hidden_units=(16, 8))
