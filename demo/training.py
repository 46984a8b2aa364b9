"""Trains a sentence encoder with a new head by one setting, and scores it on mail that it has not seen."""

# pyright: basic, reportMissingImports=false

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch.optim.lr_scheduler import LambdaLR
from transformers import AutoModel, AutoTokenizer

from demo.mail import Examples

torch.set_num_threads(1)
"""The other core trains another run: threads of one would wait for each other."""

Phases = Iterable[tuple[Any, Any, int]]
"""Each an optimizer, a scheduler and steps; a phase opens when it is reached."""

Setting = Callable[["Classifier"], Phases]
Data = dict[str, torch.Tensor]

BATCH = 32
LONGEST = 16
"""Tokens of a subject that are read."""


class Classifier(torch.nn.Module):
    """The pretrained encoder, its tokens' mean as it was pretrained with, and a new head."""

    def __init__(self, folder: Path, classes: int) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(folder, add_pooling_layer=False)
        self.dropout = torch.nn.Dropout(0.1)
        self.head = torch.nn.Linear(self.encoder.config.hidden_size, classes)

    def features(self, texts: Data) -> torch.Tensor:
        """What the head reads: one row a text."""
        mask = texts["attention_mask"].unsqueeze(-1)
        states = self.encoder(input_ids=texts["input_ids"], attention_mask=texts["attention_mask"]).last_hidden_state
        return (states * mask).sum(1) / mask.sum(1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """One logit a class."""
        return self.head(self.dropout(features))


def fresh(folder: Path, seed: int) -> Classifier:
    """The pretrained encoder with a head drawn by this seed."""
    torch.manual_seed(seed)
    return Classifier(folder, 2)


def tokens(folder: Path, examples: Examples) -> Data:
    """The subjects as the encoder reads them, with their labels."""
    read = AutoTokenizer.from_pretrained(folder)
    texts = [text for text, _ in examples]
    told = read(texts, truncation=True, max_length=LONGEST, padding="max_length", return_tensors="pt")
    return {**told, "labels": torch.tensor([label for _, label in examples])}


def train(model: Classifier, phases: Phases, data: Data, seed: int) -> None:
    """All phases of a setting. Features of an encoder that is frozen whole are computed once, in evaluation mode."""
    order = torch.Generator().manual_seed(seed)
    for optimizer, scheduler, steps in phases:
        model.train()
        rests = not any(one.requires_grad for one in model.encoder.parameters())
        features = frozen_features(model, data) if rests else None
        for _, rows in zip(range(steps), batches(len(data["labels"]), order), strict=False):
            batch = {name: column[rows] for name, column in data.items()}
            read = model.features(batch) if features is None else features[rows]
            torch.nn.functional.cross_entropy(model(read), batch["labels"]).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()


def batches(examples: int, order: torch.Generator) -> Iterable[torch.Tensor]:
    """Rows of one batch after another, each pass over the examples in an order of its own, without end."""
    while True:
        yield from torch.randperm(examples, generator=order).split(BATCH)


@torch.no_grad()
def frozen_features(model: Classifier, data: Data) -> torch.Tensor:
    """What the head reads of every example, without dropout."""
    model.encoder.eval()
    parts = {name: column.split(100) for name, column in data.items()}
    rows = [dict(zip(parts, part, strict=True)) for part in zip(*parts.values(), strict=True)]
    return torch.cat([model.features(part) for part in rows])


def accuracy(model: Classifier, data: Data) -> float:
    """The share of right answers."""
    model.eval()
    right = model(frozen_features(model, data)).argmax(-1) == data["labels"]
    return float(right.float().mean())


def textbook(rate: float, epochs: int, examples: int, head_only: bool, rise: float, model: Classifier) -> Phases:
    """AdamW at one rate for everything that trains: up over `rise`, a share of all steps, then down linearly."""
    model.encoder.requires_grad_(not head_only)
    steps = epochs * -(-examples // BATCH)
    top = max(1, round(rise * steps))
    trained = [one for one in model.parameters() if one.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.01)
    yield optimizer, LambdaLR(optimizer, lambda step: min(step / top, (steps - step) / (steps - top))), steps


def scored(setting: Setting, folder: Path, few: Examples, many: Examples, seed: int) -> tuple[float, float]:
    """The accuracy of one run of a setting on `many`, learned from `few`, and its seconds of processor time."""
    began = time.process_time()
    model = fresh(folder, seed)
    train(model, setting(model), tokens(folder, few), seed)
    return accuracy(model, tokens(folder, many)), time.process_time() - began
