"""Where no comparison reaches."""

from service.core.choice.comparisons import UNMEASURED, Comparison, Setting
from service.core.rules.example_requests import RESNET, job


@UNMEASURED.rule(
    "evidence-none",
    "Where no published comparison of strategies reaches, the guides' order stands.",
    seeds=("R-031",),
    fires=(
        job(100).decides(
            "feature-extraction: no comparison for image-classification with 100 examples: the guides' order"
        ),
        job(100, task="image-feature-extraction").decides(
            "zero-shot: no comparison for image-feature-extraction with 100 examples: the guides' order"
        ),
    ),
    silent=(job(5000, source=RESNET), job(100, policy="guides")),
)
def none(setting: Setting) -> Comparison:
    return Comparison(None, f"no comparison for {setting.task.id} with {setting.examples} examples: the guides' order")
