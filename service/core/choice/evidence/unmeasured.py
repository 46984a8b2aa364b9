"""Where no comparison reaches."""

from service.core.choice.comparisons import UNMEASURED, Comparison, Setting
from service.core.rules.example_requests import RESNET, job


@UNMEASURED.rule(
    "evidence-none",
    "Where no published comparison of strategies reaches, the guides' order stands.",
    seeds=("R-031",),
    fires=(job(100), job(100, task="image-feature-extraction")),
    silent=(job(5000, source=RESNET), job(100, policy="guides")),
)
def none(setting: Setting) -> Comparison:
    return Comparison(None, f"no comparison for {setting.task.id} with {setting.examples} examples: the guides' order")
