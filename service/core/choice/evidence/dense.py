"""Boxes and masks."""

from service.contract.words import Family, Grade
from service.core.choice.comparisons import DENSE, Comparison, Setting, found
from service.core.rules.example_requests import job


@DENSE.rule(
    "evidence-detectors-whole",
    "Detectors are tuned whole from a few hundred pictures on: no number of frozen layers was reported to gain.",
    grade=Grade.C,
    sources=("yolo-frozen", "detr-2020"),
    fires=(job(500, task="object-detection", classes=10),),
    silent=(job(100, task="object-detection", classes=10), job(500)),
)
def detectors_whole(setting: Setting) -> Comparison | None:
    least = setting.know.constants["detector-least-examples"]
    if setting.family is not Family.DETECTOR or setting.examples < least.value:
        return None
    return found(setting, "tune-detectors-whole", f"{setting.examples} examples >= {least.value:g}", least)
