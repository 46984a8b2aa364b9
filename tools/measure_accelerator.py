# pyright: basic, reportMissingImports=false
"""Measures peak memory and seconds a step on an accelerator, with random weights, and prints a table as CSV.

`python -m tools.measure_accelerator > card.csv` takes some minutes on one card. Peak memory does not depend on whether
weights are pretrained. Each line: card, model, strategy, precision, whether blocks are computed anew, size, batch, peak
allocated and reserved in GiB, seconds a step (the median of ten after five that are not counted); the last columns are
empty where memory ran out.
"""

import csv
import gc
import sys
import time
from collections.abc import Iterator
from itertools import product
from statistics import median

import tests.real.operators  # noqa: F401

# isort: split

import timm
import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, BertConfig, LlamaConfig

GIB = 2**30
IMAGES = ("resnet50", "mobilenetv3_large_100", "convnext_tiny", "vit_base_patch16_224", "swin_tiny_patch4_window7_224")
TEXTS = {
    "bert-base": BertConfig(),
    "bert-large": BertConfig(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096),
    "llama-1b": LlamaConfig(
        vocab_size=128256,
        hidden_size=2048,
        num_hidden_layers=16,
        num_attention_heads=32,
        num_key_value_heads=8,
        intermediate_size=8192,
    ),
}
COLUMNS = (
    *("card", "model", "strategy", "precision", "checkpointing", "size", "batch"),
    *("allocated_gib", "reserved_gib", "step_s"),
)


def main() -> None:
    """The table, a line a run, as they end."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    card = torch.cuda.get_device_name()
    for told, model, inputs, wide in runs():
        writer.writerow([card, *told, *measured(model, inputs, wide)])
        sys.stdout.flush()
        del model


def runs() -> Iterator[tuple[tuple[object, ...], nn.Module, dict[str, torch.Tensor], bool]]:
    """Every configuration: five networks on images and three on texts; whole, the lower half frozen, head, adapters."""
    for name, strategy, wide, batch in product(IMAGES, ("full", "half", "head"), (True, False), (8, 64)):
        with torch.device("cuda"):
            model, images = opened(timm.create_model(name, num_classes=10), strategy), torch.randn(batch, 3, 224, 224)
        yield (name, strategy, word(wide), "no", 224, batch), model, {"x": images}, wide
    for (name, config), strategy, anew, (tokens, batch) in product(
        TEXTS.items(), ("full", "half", "lora"), ("no", "yes"), ((128, 8), (512, 8), (512, 64), (1024, 2))
    ):
        if tokens > config.max_position_embeddings or (strategy == "half" and anew == "yes"):
            continue
        kind = AutoModelForCausalLM if "llama" in name else AutoModelForSequenceClassification
        with torch.device("cuda"):
            model = opened(kind.from_config(config), strategy)
            ids = torch.randint(config.vocab_size, (batch, tokens))
            labels = ids if "llama" in name else torch.zeros(batch, dtype=torch.long)
        if anew == "yes":
            model.gradient_checkpointing_enable({"use_reentrant": False})
        yield (name, strategy, word(False), anew, tokens, batch), model, {"input_ids": ids, "labels": labels}, False


def word(wide: bool) -> str:
    """The precision as the service names it."""
    return "fp32" if wide else "bf16-mixed"


def opened(model: nn.Module, strategy: str) -> nn.Module:
    """The model with what trains opened: all, the upper half of its tensors, the last layer, or adapters beside it."""
    if strategy == "lora":
        return get_peft_model(model.bfloat16(), LoraConfig(r=16, target_modules="all-linear"))
    held = list(model.parameters())
    first = {"full": 0, "half": len(held) // 2, "head": len(held) - 2}[strategy]
    for place, parameter in enumerate(held):
        parameter.requires_grad_(place >= first)
    return model


def measured(model: nn.Module, inputs: dict[str, torch.Tensor], wide: bool) -> tuple[str, str, str]:
    """Peaks in GiB and seconds a step; nothing where memory ran out."""
    model.train()
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    optimizer = torch.optim.AdamW([one for one in model.parameters() if one.requires_grad])
    took: list[float] = []
    try:
        for _ in range(15):
            torch.cuda.synchronize()
            start = time.perf_counter()
            with torch.autocast("cuda", torch.bfloat16, enabled=not wide):
                out = model(*inputs.values()) if "x" in inputs else model(**inputs).loss
            out.float().sum().backward()
            optimizer.step()
            optimizer.zero_grad()
            torch.cuda.synchronize()
            took.append(time.perf_counter() - start)
    except torch.cuda.OutOfMemoryError:
        return "", "", ""
    peaks = (torch.cuda.max_memory_allocated() / GIB, torch.cuda.max_memory_reserved() / GIB)
    return f"{peaks[0]:.4f}", f"{peaks[1]:.4f}", f"{median(took[5:]):.4f}"


if __name__ == "__main__":
    main()
