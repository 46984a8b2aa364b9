# pyright: basic
"""Writes `builds.json`, `recipes.json` and `tags.json` from the libraries that are installed: `make catalogue`."""

import sys
from pathlib import Path

import tests.real.operators  # noqa: F401

# isort: split

import msgspec

import service.knowledge
from service.contract.words import Corpus, Objective
from service.knowledge.build import compile_tables, read_tables
from service.knowledge.index import Knowledge
from service.knowledge.rows import BuildRow, RecipeRow, TagRow
from tools.catalogue import (
    hub_decoders,
    hub_languages,
    hub_ports,
    hub_readers,
    hub_senses,
    hub_sizes,
    name_finders,
    satellite_models,
    timm_tags,
    torchvision_weights,
    written_models,
    yolo_models,
)
from tools.catalogue.recipes import recipe_of

PORTS = (
    hub_ports.PORTS | hub_languages.PORTS | hub_sizes.PORTS | hub_decoders.PORTS | hub_senses.PORTS | hub_readers.PORTS
)

TABLES = Path(service.knowledge.__file__).parent / "tables"

TORCHVISION = (
    RecipeRow(
        id="torchvision-in1k",
        corpus=Corpus.IMAGENET,
        objective=Objective.SUPERVISED,
        pretraining="ImageNet-1k with labels.",
    ),
    RecipeRow(
        id="torchvision-swag",
        corpus=Corpus.IMAGENET,
        objective=Objective.SUPERVISED,
        pretraining="Started from public photographs with hashtags, then ImageNet-1k with labels.",
    ),
    RecipeRow(
        id="torchvision-coco",
        corpus=Corpus.COCO,
        objective=Objective.SUPERVISED,
        pretraining="COCO with labels, on a backbone from ImageNet-1k.",
    ),
    RecipeRow(
        id="torchvision-kinetics",
        corpus=Corpus.ACTION_VIDEOS,
        objective=Objective.SUPERVISED,
        pretraining="Kinetics-400: 240,000 clips with labels.",
    ),
)


def main() -> None:
    """Writes the three tables, and says on standard error what was left out."""
    tables = read_tables()
    know = Knowledge(compile_tables(msgspec.structs.replace(tables, cells=())), "")
    left_out: dict[str, str] = {}
    tags = [*timm_tags.tags(), *torchvision_weights.tags()]
    timm_names = sorted({tag.build for tag in tags if not tag.build.startswith("torchvision/")})
    builds = [
        *timm_tags.builds(timm_names, know, left_out),
        *torchvision_weights.builds(know, left_out),
        *hub_ports.builds(PORTS, know, left_out),
        *written_models.builds(know, left_out),
        *satellite_models.builds(know),
        *yolo_models.builds(left_out),
        *name_finders.builds(know),
    ]
    for installed, library in ((yolo_models.INSTALLED, "ultralytics/"), (name_finders.INSTALLED, "gliner/")):
        if not installed:  # they are in no environment of this repository: what was read of them before stays
            builds += [row for row in tables.builds if row.id.startswith(library)]
    tags = [tag for tag in tags if tag.build not in left_out]
    words = sorted({tag.recipe for tag in tags if not tag.recipe.startswith("torchvision")})
    recipes = [*filter(None, map(recipe_of, words)), *TORCHVISION]
    _write("builds.json", sorted(builds, key=lambda row: row.id))
    _write("recipes.json", recipes)
    _write("tags.json", sorted(tags, key=lambda row: row.id))
    for name, why in left_out.items():
        sys.stderr.write(f"left out {name}: {why}\n")
    sys.stderr.write(f"{len(tags)} checkpoints of {len(builds)} architectures\n")


def _write(name: str, rows: list[BuildRow] | list[RecipeRow] | list[TagRow]) -> None:
    """One row a line, so that a change reads as a change of lines."""
    lines = b",\n".join(msgspec.json.encode(row) for row in rows)
    (TABLES / name).write_bytes(b"[\n" + lines + b"\n]\n")


main()
