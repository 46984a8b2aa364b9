"""Settings against overfitting, forgetting and luck."""

from service.contract.recommend import Regulariser
from service.contract.words import Grade
from service.core.advisories.outcome import Outcome
from service.core.rules.example_requests import job
from service.core.rules.rule import Finding, Topic
from service.core.rules.trace import Trace

REGULARISERS: Topic[Outcome, Finding[Regulariser]] = Topic("regularisation")
UNTRAINED = job(40, classes=10, source={"model": "openai/clip-vit-base-patch32"})


@REGULARISERS.rule(
    "weight-decay",
    "Weight decay curbs overfitting; it is the schedule's own, on weights only.",
    grade=Grade.C,
    sources=("seed-explainer", "timm"),
    seeds=("R-078",),
    fires=(job(),),
    silent=(UNTRAINED,),
)
def weight_decay(outcome: Outcome) -> Finding[Regulariser] | None:
    if outcome.schedule is None:
        return None
    value = outcome.schedule.groups[-1].weight_decay
    reason = "on the weights of trained blocks; 0 on norms and biases"
    return Finding(Regulariser("weight-decay", value, reason), f"as in the schedule: {value:g}")


@REGULARISERS.rule(
    "head-dropout",
    "Dropout before a new head, more of it with few labels.",
    grade=Grade.D,
    sources=("seed-explainer", "transformers"),
    seeds=("R-078",),
    fires=(job(500),),
    silent=(job(task="summarization"), UNTRAINED),
)
def head_dropout(outcome: Outcome) -> Finding[Regulariser] | None:
    if outcome.schedule is None or not outcome.case.gets_new_head:
        return None
    data = outcome.case.job.data
    row = outcome.know.constants["head-dropout-few" if data.few else "head-dropout"]
    return Finding(Regulariser("head-dropout", row.value, row.claim), f"{data.band} data: {row.value:g}", (row,))


@REGULARISERS.rule(
    "gradient-clipping",
    "Gradients are clipped to a norm of 1.",
    grade=Grade.B,
    sources=("transformers",),
    fires=(job(),),
    silent=(UNTRAINED,),
)
def gradient_clipping(outcome: Outcome) -> Finding[Regulariser] | None:
    if outcome.schedule is None:
        return None
    row = outcome.know.constants["gradient-clip-norm"]
    return Finding(Regulariser("gradient-clip-norm", row.value, row.claim), f"{row.value:g}", (row,))


@REGULARISERS.rule(
    "early-stopping",
    "Stop on a validation metric, never on the training loss, and keep the best weights.",
    grade=Grade.C,
    sources=("seed-complete-guide", "seed-explainer"),
    seeds=("R-084", "R-089", "C-16"),
    fires=(job(),),
    silent=(UNTRAINED,),
)
def early_stopping(outcome: Outcome) -> Finding[Regulariser] | None:
    if outcome.schedule is None:
        return None
    row = outcome.know.constants["early-stopping-patience"]
    return Finding(
        Regulariser(
            "early-stopping-patience",
            row.value,
            f"evaluations without improvement; the metric: {outcome.case.job.task.metric}",
        ),
        f"{row.value:g} evaluations",
        (row,),
    )


@REGULARISERS.rule(
    "several-seeds",
    "Below 2,500 examples runs with different seeds disagree: run five and report the spread.",
    grade=Grade.A,
    sources=("mosbach-2021", "model-recycling"),
    fires=(job(500),),
    silent=(job(50_000), UNTRAINED),
)
def several_seeds(outcome: Outcome) -> Finding[Regulariser] | None:
    if outcome.schedule is None or outcome.schedule.runs == 1:
        return None
    runs = outcome.schedule.runs
    setting = Regulariser("runs-with-different-seeds", float(runs), "small data: report mean and spread")
    return Finding(setting, f"as in the schedule: {runs} runs")


def regularise(outcome: Outcome, trace: Trace) -> list[Regulariser]:
    """All settings that apply."""
    settings: list[Regulariser] = []
    for rule, finding in REGULARISERS.all(outcome):
        trace.decided(f"/regularisation/{len(settings)}", rule, finding)
        settings.append(finding.value)
    return settings
