"""The closed vocabularies of the wire, by what they are about. What each word means in numbers is a row of a table."""

# pyright: reportUnusedImport=false

from enum import StrEnum

from service.contract.words.data import (
    ComputeKind,
    DatasetBand,
    Distinction,
    Framework,
    LabelsPerExample,
    Metric,
    Policy,
    SimilarityLevel,
    SizeWord,
    TargetShift,
)
from service.contract.words.plan import (
    BlockKind,
    BlockState,
    Degree,
    Grade,
    InputOrigin,
    LayoutCertainty,
    Likelihood,
    Protection,
    Severity,
)
from service.contract.words.subject import Corpus, Domain, Family, Modality, NormKind, Objective, Task
from service.contract.words.training import (
    STEPS_AS,
    STRATEGY_OF,
    Attention,
    CurveShape,
    DecayKind,
    Loss,
    MemoryPart,
    Method,
    Optimizer,
    Precision,
    Sharding,
    Strategy,
    Trainer,
    WarmupKind,
)

FIXED: tuple[type[StrEnum], ...] = (
    Strategy,
    BlockState,
    Distinction,
    Grade,
    InputOrigin,
    Severity,
    Degree,
    Likelihood,
)
"""Vocabularies that are complete: a new word is a break. All others may grow, and answers hold them as strings."""
