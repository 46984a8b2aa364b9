"""Settings against overfitting, forgetting and luck."""

from service.contract.recommend import Regulariser
from service.contract.words import Family, Grade, Strategy, Task
from service.core.advisories.outcome import Outcome
from service.core.rules.example_requests import CLIP, DINO, MAE, RESNET, job
from service.core.rules.rule import Finding, Topic, Trace

REGULARISERS: Topic[Outcome, Finding[Regulariser]] = Topic("regularisation")
UNTRAINED = job(40, classes=10, source=CLIP)


@REGULARISERS.rule(
    "weight-decay",
    "Weight decay curbs overfitting; it is the schedule's own, on weights only.",
    grade=Grade.C,
    sources=("seed-explainer", "timm"),
    seeds=("R-078",),
    fires=(
        job().decides("weight-decay: as in the schedule: 0.05"),
        job(900).decides("weight-decay: as in the schedule: 0.05"),
    ),
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
    sources=("seed-explainer", "transformers"),
    seeds=("R-078",),
    fires=(job(500).decides("head-dropout: small data: 0.3"),),
    silent=(job(task="summarization"), UNTRAINED),
)
def head_dropout(outcome: Outcome) -> Finding[Regulariser] | None:
    if outcome.schedule is None or not outcome.case.gets_new_head:
        return None
    data = outcome.case.job.data
    row = outcome.know.constants["head-dropout-few" if data.few else "head-dropout"]
    return Finding(Regulariser("head-dropout", row.value, row.claim), f"{data.band} data: {row.value:g}", (row,))


@REGULARISERS.rule(
    "mixup-by-size",
    "Pictures are mixed from twenty thousand on, at 0.1, and not below: crops and flips do.",
    grade=Grade.B,
    sources=("bit-2020",),
    fires=(
        job(500, similarity=5, source=RESNET).decides("mixup-alpha: 500 < 20000"),
        job(50_000, source=RESNET).decides("mixup-alpha: 50000 >= 20000"),
        job(20_000, source=DINO).decides("mixup-alpha: 20000 >= 20000"),
        job(20_000, source=RESNET).decides("mixup-alpha: 20000 >= 20000"),
    ),
    silent=(job(task="text-classification"), UNTRAINED, job()),
    dissent=("Recipes that tune on a million pictures mix at 0.8 and cut and paste besides (mae-2022).",),
)
def mixup_by_size(outcome: Outcome) -> Finding[Regulariser] | None:
    pictures = outcome.case.job.task.id is Task.IMAGE_CLASSIFICATION
    if outcome.schedule is None or not pictures or not outcome.tunes_backbone:
        return None
    least, amount = (outcome.know.constants[name] for name in ("mixup-least-examples", "mixup-alpha"))
    examples = outcome.case.job.data.examples
    value = amount.value if examples >= least.value else 0.0
    sign = ">=" if value else "<"
    return Finding(
        Regulariser("mixup-alpha", value, least.claim), f"{examples} {sign} {least.value:g}", (least, amount)
    )


@REGULARISERS.rule(
    "drop-path-by-size",
    "A transformer or ConvNeXt that is tuned whole on ten thousand pictures or more drops paths: one in ten at base "
    "size, two in ten at large.",
    grade=Grade.B,
    sources=("mae-2022", "convnext-2022"),
    fires=(
        job(50_000, similarity=3, source=MAE).decides("drop-path: 8.58e+07 parameters: 0.1"),
        job(10_000, similarity=3, source=MAE, fixed={"strategy": "full-fine-tuning"}).decides(
            "drop-path: 8.58e+07 parameters: 0.1"
        ),
    ),
    silent=(
        job(500, source=MAE),
        job(50_000, source=RESNET),
        UNTRAINED,
        job(50_000),
        job(9999, similarity=3, source=MAE, fixed={"strategy": "full-fine-tuning"}),
    ),
    dissent=("Published recipes are of ImageNet, with a million pictures.",),
)
def drop_path_by_size(outcome: Outcome) -> Finding[Regulariser] | None:
    family, params = outcome.case.model.family, outcome.case.model.params
    pictures = outcome.case.job.task.id is Task.IMAGE_CLASSIFICATION
    if outcome.schedule is None or not pictures or outcome.strategy is not Strategy.FULL:
        return None
    if family not in (Family.VISION_TRANSFORMER, Family.CONVNEXT) or not outcome.case.job.data.many:
        return None
    large = outcome.know.constants["drop-path-large-params"]
    row = outcome.know.constants["drop-path-large" if params >= large.value else "drop-path"]
    return Finding(
        Regulariser("drop-path", row.value, row.claim), f"{params:.3g} parameters: {row.value:g}", (row, large)
    )


@REGULARISERS.rule(
    "gradient-clipping",
    "Gradients are clipped to a norm of 1.",
    grade=Grade.B,
    sources=("transformers",),
    fires=(job().decides("gradient-clip-norm: 1"),),
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
    fires=(job().decides("early-stopping-patience: 3 evaluations"),),
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
    fires=(job(500).decides("runs-with-different-seeds: as in the schedule: 5 runs"),),
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
