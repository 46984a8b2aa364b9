"""The rate of a head that the model was pretrained with, and keeps."""

from service.contract.words import Grade
from service.core.rules.example_requests import FULL, RESNET, job
from service.core.rules.rule import Finding, Topic
from service.core.schedule.case import ScheduleCase
from service.core.schedule.peak_rates import Peak

KEPT_HEAD: Topic[tuple[ScheduleCase, Peak], Finding[Peak]] = Topic("kept-head")


@KEPT_HEAD.rule(
    "rate-of-kept-head",
    "A head that was pretrained with the model trains at the rate of the backbone: nothing in it is new.",
    grade=Grade.B,
    sources=("transformers",),
    fires=(
        job(5000, task="summarization", source={"model": "google/flan-t5-base"}, fixed=FULL).decides(
            "9.3e-05: head 9.3e-05, as the backbone"
        ),
        job(5000, task="text-generation", source={"family": "decoder-lm", "params": 10**9}, fixed=FULL).decides(
            "1.7e-05: head 1.7e-05, as the backbone"
        ),
    ),
    silent=(job(source=RESNET),),
)
def like_backbone(asked: tuple[ScheduleCase, Peak]) -> Finding[Peak] | None:
    case, peak = asked
    if not case.keeps_head or not peak.backbone:
        return None
    return Finding(Peak(peak.backbone, peak.backbone), f"head {peak.backbone:g}, as the backbone")
