"""Model rows that are computed: from a checkpoint's few fields, and from the tags that libraries name."""

from typing import Any

import msgspec
from msgspec import Struct

from service.contract.words import Corpus, Grade, Modality, Objective
from service.knowledge.catalogue.counting import count
from service.knowledge.catalogue.formulas import Numbers
from service.knowledge.rows import ArchitectureRow, BuildRow, CheckpointRow, ModelRow, RecipeRow, TagRow

NOTE = "Known by its build; nobody has judged it here, and it is not ranked."
JUDGED_NOTE = "Known by its build, and judged for the tasks that it is ranked for."
INPUTS = {
    Modality.IMAGE: "images",
    Modality.VIDEO: "clips",
    Modality.TEXT: "texts",
    Modality.AUDIO: "sound",
    Modality.TIME_SERIES: "series",
}

OPEN_LICENCES = frozenset({"apache-2.0", "mit", "bsd-3-clause", "cc-by-4.0"})
CLOSED_LICENCES = {
    "cc-by-nc-4.0": "For non-commercial use only.",
    "fair-noncommercial-research-license": "For non-commercial research only.",
    "apple-amlr": "For research only.",
    "seer-license": "For research only.",
}
"""Licences of weights, as libraries name them, that allow commercial use and that forbid it."""

BUILT = (
    *("family", "modalities", "params", "width", "further_widths", "input", "channels", "cell_px", "position_table"),
    *("norm", "head_kind", "frameworks", "lora_targets", "lora_width", "beyond_linear", "head_modules"),
)
"""What a model has from its build."""


def first_row(row: CheckpointRow, architecture: ArchitectureRow, config: Numbers) -> ModelRow:
    """The model of a checkpoint that states its configuration."""
    return _row(row, **_same(architecture) | _same(count(architecture, config)), tasks=row.tasks or architecture.tasks)


def built_row(row: CheckpointRow, build: BuildRow) -> ModelRow:
    """The model of a checkpoint whose architecture was built and read."""
    read = row.input or " and ".join(INPUTS[modality] for modality in build.modalities)
    return _row(row, **_same(build), input=read, frameworks=("pytorch",), tasks=row.tasks or build.tasks)


def _same(build: Struct) -> dict[str, Any]:
    return {name: getattr(build, name) for name in build.__struct_fields__ if name in BUILT}


def _row(row: CheckpointRow, **build: Any) -> ModelRow:
    """A model of this build, with what its checkpoint says."""
    return ModelRow(
        id=row.id,
        checkpoint=row.id,
        aliases=row.aliases,
        title=row.title or row.id.rpartition("/")[2],
        corpus=row.corpus or Corpus.WEB_TEXT,
        objective=row.objective or Objective.SUPERVISED,
        licence=row.licence,
        commercial_use=row.commercial_use,
        restriction=row.restriction or "",
        year=row.year,
        pretraining=row.pretraining,
        params_source=row.config_source or "counted",
        pretraining_source=row.pretraining_source or "judgement",
        licence_source=row.licence_source or "judgement",
        fp16_source=row.fp16_source,
        note=NOTE,
        parent=row.parent,
        grade=Grade.B,
        sources=tuple(dict.fromkeys((row.config_source or "counted", *_sources(row), "counted"))),
        **build,
    )


def like_row(row: CheckpointRow, other: ModelRow, tasks: tuple[Any, ...]) -> ModelRow:
    """The model of a checkpoint that is built as another one, with what it says of itself."""
    said: dict[str, Any] = {
        "corpus": row.corpus,
        "objective": row.objective,
        "year": row.year,
        "licence": row.licence or None,
        "commercial_use": row.commercial_use or None,
        "restriction": row.restriction,
        "pretraining": row.pretraining or None,
        "pretraining_source": row.pretraining_source,
        "licence_source": row.licence_source,
        "fp16_source": row.fp16_source,
    }
    said = {name: fact for name, fact in said.items() if fact is not None}
    changed = msgspec.structs.replace(other, **said)
    carriers = (changed.params_source, changed.pretraining_source, changed.licence_source)
    return msgspec.structs.replace(
        changed,
        id=row.id,
        checkpoint=row.id,
        aliases=row.aliases,
        title=row.title or row.id.rpartition("/")[2],
        note=NOTE,
        tasks=row.tasks or other.tasks or tasks,
        parent=row.parent,
        sources=tuple(dict.fromkeys((*carriers, *_sources(row), *(s for s in (other.forward_source,) if s)))),
        seeds=(),
        dissent=(),
    )


def tag_row(row: TagRow, build: BuildRow, recipe: RecipeRow) -> ModelRow:
    """The model of a library's tag."""
    library = "torchvision" if row.build.startswith("torchvision/") else "timm"
    licence = row.licence.lower()
    commercial = "yes" if licence in OPEN_LICENCES else "no" if licence in CLOSED_LICENCES else "unclear"
    unclear = "Read the terms of this licence before commercial use." if licence else "The library names no licence."
    return ModelRow(
        id=row.id,
        checkpoint=row.id,
        aliases=row.aliases,
        title=row.id,
        input=f"{row.image_px} px images" if row.image_px else " and ".join(INPUTS[one] for one in build.modalities),
        corpus=recipe.corpus,
        objective=recipe.objective,
        licence=row.licence or "unknown",
        commercial_use=commercial,
        restriction="" if commercial == "yes" else CLOSED_LICENCES.get(licence, unclear),
        frameworks=("pytorch",),
        year=None,
        pretraining=recipe.pretraining,
        params_source="counted",
        pretraining_source=library,
        licence_source=library,
        note=NOTE,
        tasks=build.tasks,
        grade=Grade.B,
        sources=(library, "counted"),
        **_same(build),
    )


def _sources(row: CheckpointRow) -> tuple[str, ...]:
    """Where the facts of a checkpoint come from, each source once."""
    said = (row.config_source, row.pretraining_source, row.licence_source, row.total_source, row.fp16_source)
    return tuple(dict.fromkeys(source for source in said if source is not None))
