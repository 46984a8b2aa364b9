# pyright: basic, reportMissingImports=false
"""Ultralytics' detectors, where that package is installed. They are lists of modules, of which the last is the head."""

from collections.abc import Iterator
from importlib.util import find_spec

from torch import nn

from service.contract.words import BlockKind, Family, Task
from service.knowledge.blocks import Block
from service.knowledge.rows import BuildRow
from tools.catalogue.built_blocks import lines_of, norm_of

INSTALLED = find_spec("ultralytics") is not None

NAMES = (
    *("yolov8n", "yolov8m", "yolov8l", "yolov8x", "yolo11n", "yolo11m", "yolo11l", "yolo11x"),
    *("yolo26n", "yolo26s", "yolo26m", "yolo26l", "yolo26x"),
    *("yolov5n", "yolov5s", "yolov5m", "yolov9t", "yolov9s", "yolov9c", "yolov10n", "yolov10s", "yolov10m"),
    *("yolo12n", "yolo12s", "yolo12m"),
    *("yolov8n-seg", "yolov8s-seg", "yolov8m-seg", "yolo11n-seg", "yolo11s-seg", "yolo11m-seg", "yolo26n-seg"),
    *("yolov8n-pose", "yolov8s-pose", "yolo11n-pose", "yolo11s-pose", "yolo26n-pose"),
)
"""The models that are not curated."""

TASKS = {"": Task.OBJECT_DETECTION, "seg": Task.INSTANCE_SEGMENTATION, "pose": Task.KEYPOINT_DETECTION}
"""What a model does, by the end of its name."""


def builds(left_out: dict[str, str]) -> Iterator[BuildRow]:
    """The models, built from their configurations; nothing where the package is not installed."""
    for name in NAMES if INSTALLED else ():
        try:
            yield _build(name)
        except Exception as error:
            left_out[name] = f"{type(error).__name__}: {error}"[:200]


def _build(name: str) -> BuildRow:
    from ultralytics.nn import tasks  # noqa: PLC0415 -- it may not be installed

    kind = name.partition("-")[2]
    made = {"seg": tasks.SegmentationModel, "pose": tasks.PoseModel}.get(kind, tasks.DetectionModel)
    model = made(f"{name}.yaml", ch=3, nc=None if kind == "pose" else 80, verbose=False)
    *body, head = [(at, part) for at, part in enumerate(model.model) if any(True for _ in part.parameters())]
    blocks = [
        Block(f"model.{at}", BlockKind.BLOCK if at else BlockKind.STEM, rf"^(?:model\.)?model\.{at}\.", _count(part))
        for at, part in body
    ]
    last = f"model.{head[0]}"
    blocks.append(Block(last, BlockKind.HEAD, rf"^(?:model\.)?model\.{head[0]}\.", 0))
    return BuildRow(
        id=f"ultralytics/{name}",
        family=Family.DETECTOR,
        tasks=(TASKS[kind],),
        norm=norm_of(model),
        head_kind="task",
        params=sum(block.params or 0 for block in blocks),
        width=max(one.in_channels for one in head[1].modules() if isinstance(one, nn.Conv2d)),
        head_modules=(last,),
        cell_px=int(max(model.stride)),
        blocks="\n".join(lines_of(blocks)),
    )


def _count(part: nn.Module) -> int:
    return sum(parameter.numel() for parameter in part.parameters())
