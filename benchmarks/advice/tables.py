"""The published outcomes that the advice is judged by, as rows."""

import csv
import tomllib
from pathlib import Path

from msgspec import Struct, convert

from service.contract.words import Corpus, Distinction, Domain, Family, Objective, Optimizer, Strategy, Task

FOLDER = Path(__file__).parent


class StrategyCell(Struct, frozen=True):
    """One model on one dataset: the scores of the ways to use it, in points. None: not measured."""

    study: str
    source: str
    dataset: str
    domain: Domain
    examples: int
    examples_assumed: bool
    model: str
    family: Family
    objective: Objective
    params: int
    plain: bool
    distinction: Distinction
    robust_to_shift: bool
    classes: int | None = None
    full: float | None = None
    probe: float | None = None
    adapters: float | None = None
    probe_then_full: float | None = None


class Sweep(Struct, frozen=True):
    """One sweep of the rate: points lost to its best, by rate.

    `group` holds sweeps that one rate could serve; `subset` says how much of the dataset was trained on. `maker`: who
    made the model. The loss is in points, or in percent of the test loss.
    """

    source: str
    group: str
    dataset: str
    method: str
    family: Family
    strategy: Strategy
    optimizer: Optimizer
    params: int
    batch_size: int
    lost: dict[float, float]
    subset: str = ""
    examples: int | None = None
    rank: int | None = None
    maker: str = ""
    objective: Objective | None = None
    unit_features: bool = False


class Settled(Struct, frozen=True):
    """A rate that a search ended at, or that authors settled on, under AdamW."""

    source: str
    group: str
    model: str
    family: Family
    strategy: Strategy
    objective: Objective
    params: int
    batch_size: int
    rate: float
    dataset: str = ""


class Standing(Struct, frozen=True):
    """By how many points one model is behind the best of its group on one dataset."""

    group: str
    source: str
    task: Task
    frozen: bool
    dataset: str
    model: str
    behind: float
    domain: Domain | None = None
    examples: int = 0


class Judged(Struct, frozen=True):
    """What may be known of a model before its results: `top1_percent` on ImageNet, by a probe where `top1_frozen`.

    `recalled`: the figure was not read again in its source.
    """

    group: str
    model: str
    params_millions: float
    corpus: Corpus
    objective: Objective
    family: Family
    year: int
    where: str
    recalled: bool
    top1_percent: float | None = None
    top1_frozen: bool = False
    top1_tuned_percent: float | None = None


def strategies() -> list[StrategyCell]:
    """The cells of every study that compared ways to use a model."""
    return [convert(row, StrategyCell, strict=False) for row in rows("strategies.csv")]


def sweeps() -> list[Sweep]:
    """Every sweep; columns named by a number are rates."""
    return [_sweep(row) for name in ("learning_rates.csv", "image_text_rates.csv") for row in rows(name)]


def settled() -> list[Settled]:
    """Every rate that was settled on."""
    return [convert(row, Settled, strict=False) for row in rows("settled_rates.csv")]


def language_sweeps() -> list[Sweep]:
    """Sweeps of LoRA on language models, in percent of the test loss. Alpha is 32 at every rank."""
    same = {
        "source": "tinker-cookbook",
        "group": "LoRA on language models",
        "family": Family.DECODER_LM,
        "strategy": Strategy.PARAMETER_EFFICIENT,
        "optimizer": Optimizer.ADAMW,
        "batch_size": "128",
    }
    return [
        _sweep({**row, **same, "dataset": row["model"], "method": f"rank {row['rank']}"})
        for row in rows("language_model_rates.csv")
    ]


def standings() -> list[Standing]:
    """Every model on every dataset of every group."""
    return [convert(row, Standing, strict=False) for row in rows("rankings.csv")]


def judged_models() -> list[Judged]:
    """The models of the groups."""
    with (FOLDER / "judged_models.toml").open("rb") as file:
        return convert(tomllib.load(file)["row"], list[Judged])


def _sweep(row: dict[str, str]) -> Sweep:
    lost = {float(name): float(value) for name, value in row.items() if name[0].isdigit()}
    rest = {name: value for name, value in row.items() if not name[0].isdigit()}
    return convert({**rest, "lost": lost}, Sweep, strict=False)


def rows(name: str) -> list[dict[str, str]]:
    """The rows without comments; empty fields are left out."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    return [{key: value for key, value in row.items() if value} for row in csv.DictReader(lines)]
