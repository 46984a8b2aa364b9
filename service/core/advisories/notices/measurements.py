"""Notices about the scores that the caller measured."""

from service.contract.words import Grade
from service.core.advisories.notices.notice import NOTICES, Remark
from service.core.advisories.outcome import Outcome
from service.core.rules.example_requests import FULL, RESNET, job


@NOTICES.rule(
    "notice-no-tuned-score",
    "A probe or a zero-shot score says what they reach, not whether tuning would reach more.",
    sources=("judgement", "seed-explainer"),
    seeds=("R-128", "R-045"),
    fires=(
        job(measurements={"linear_probe": 0.75}).decides("no-tuned-score: 1 score(s)"),
        job(measurements={"linear_probe": 0.75, "zero_shot": 0.5}).decides("no-tuned-score: 2 score(s)"),
    ),
    silent=(job(), job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.8})),
)
def no_tuned_score(outcome: Outcome) -> Remark | None:
    scores = outcome.case.job.scores
    if not scores.by_strategy or scores.tuned_beside_others:
        return None
    return Remark("no-tuned-score", "/measurements", f"{len(scores.by_strategy)} score(s)")


@NOTICES.rule(
    "notice-scores-on-two-scales",
    "Scores that are compared must be on one scale: a share and a percentage are not.",
    fires=(
        job(measurements={"linear_probe": 0.9, "full_fine_tuning": 90}).decides("scores-on-two-scales: 0.9 and 90"),
    ),
    silent=(job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.8}), job()),
)
def scores_on_two_scales(outcome: Outcome) -> Remark | None:
    scores = outcome.case.job.scores.by_strategy.values()
    if not scores or not (0 < min(scores) <= 1 < max(scores) / outcome.know.number("scale-gap")):
        return None
    return Remark("scores-on-two-scales", "/measurements", f"{min(scores):g} and {max(scores):g}")


@NOTICES.rule(
    "notice-measured-best-barred",
    "Where the strategy that was measured best cannot be carried out here, that is said.",
    fires=(
        job(source=RESNET, measurements={"zero_shot": 0.9, "linear_probe": 0.5}).decides(
            "measured-best-not-feasible: zero-shot: resnet50 cannot do the task without training"
        ),
    ),
    silent=(
        job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.8}),
        job(),
        job(measurements={"linear_probe": 0.75, "zero_shot": 0.5}),
    ),
)
def measured_best_barred(outcome: Outcome) -> Remark | None:
    best = outcome.case.job.scores.best
    if best is None or outcome.option(best).feasible or outcome.strategy is best:
        return None
    return Remark("measured-best-not-feasible", "/measurements", f"{best}: {outcome.option(best).why_not[-1]}")


@NOTICES.rule(
    "notice-measured-best-passed-over",
    "Where another strategy is chosen than the one that was measured best, that is said.",
    fires=(
        job(measurements={"zero_shot": 0.5, "linear_probe": 0.75}).decides(
            "measured-best-passed-over: feature-extraction measured best, parameter-efficient chosen"
        ),
        job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.4}, fixed=FULL).decides(
            "measured-best-passed-over: feature-extraction measured best, full-fine-tuning chosen"
        ),
    ),
    silent=(job(measurements={"linear_probe": 0.4, "full_fine_tuning": 0.8}), job()),
)
def measured_best_passed_over(outcome: Outcome) -> Remark | None:
    best = outcome.case.job.scores.best
    if best is None or outcome.strategy is best or not outcome.option(best).feasible:
        return None
    return Remark("measured-best-passed-over", "/measurements", f"{best} measured best, {outcome.strategy} chosen")


@NOTICES.rule(
    "notice-scores-lower-is-better",
    "Where lower scores are better, that is said: a caller may have sent the other kind.",
    fires=(
        job(task="automatic-speech-recognition", measurements={"zero_shot": 23, "full_fine_tuning": 31}).decides(
            "scores-lower-is-better: best measured: zero-shot"
        ),
    ),
    silent=(
        job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.8}),
        job(task="automatic-speech-recognition", measurements={"zero_shot": 23}),
    ),
)
def scores_lower_is_better(outcome: Outcome) -> Remark | None:
    scores = outcome.case.job.scores
    if not scores.lower_is_better or len(scores.by_strategy) < 2:
        return None
    return Remark("scores-lower-is-better", "/measurements", f"best measured: {scores.best or 'none, equal scores'}")


@NOTICES.rule(
    "notice-metric-direction-unknown",
    "Scores are compared only where it is known whether higher or lower is better.",
    fires=(
        job(task="time-series-forecasting", measurements={"zero_shot": 0.8, "full_fine_tuning": 0.7}).decides(
            "metric-direction-unknown: 2 scores, no metric"
        ),
    ),
    silent=(
        job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.8}),
        job(
            task="time-series-forecasting",
            measurements={"zero_shot": 0.8, "full_fine_tuning": 0.7, "metric": "mase"},
        ),
        job(5749, task="text-regression"),
    ),
)
def metric_direction_unknown(outcome: Outcome) -> Remark | None:
    scores = outcome.case.job.scores
    if scores.lower_is_better is not None or len(scores.by_strategy) < 2:
        return None
    return Remark("metric-direction-unknown", "/measurements", f"{len(scores.by_strategy)} scores, no metric")


@NOTICES.rule(
    "notice-negative-transfer",
    "Where training from scratch scores at least as well as a probe and as full tuning, the pretrained features "
    "are wrong: take another source.",
    grade=Grade.C,
    sources=("seed-explainer", "seed-complete-guide", "seed-calculator"),
    seeds=("R-105", "R-107", "R-108", "R-110", "C-07"),
    fires=(
        job(measurements={"from_scratch": 0.8, "full_fine_tuning": 0.7, "linear_probe": 0.6}).decides(
            "negative-transfer-measured: scratch 0.8 better than full 0.7 and probe 0.6"
        ),
    ),
    silent=(
        job(measurements={"from_scratch": 0.6, "full_fine_tuning": 0.7, "linear_probe": 0.5}),
        job(measurements={"from_scratch": 0.8, "linear_probe": 0.6}),
        job(measurements={"from_scratch": 0.8, "full_fine_tuning": 0.7}),
    ),
)
def negative_transfer(outcome: Outcome) -> Remark | None:
    scores = outcome.case.job.scores
    if not scores.scratch_beats_tuned or not scores.scratch_beats_probe:
        return None
    formula = f"scratch {scores.scratch:g} better than full {scores.tuned:g} and probe {scores.probe:g}"
    return Remark("negative-transfer-measured", "/measurements/from_scratch", formula)


@NOTICES.rule(
    "notice-tuning-destroyed-features",
    "Where a probe beats full fine-tuning the features are good and the tuning destroyed them: freeze more, "
    "lower the rate, head first.",
    grade=Grade.A,
    sources=("kumar-2022", "seed-explainer"),
    seeds=("R-112", "R-045", "C-07"),
    fires=(
        job(measurements={"linear_probe": 0.75, "full_fine_tuning": 0.40}).decides(
            "tuning-destroyed-features: probe 0.75 better than full 0.4"
        ),
    ),
    silent=(job(measurements={"linear_probe": 0.40, "full_fine_tuning": 0.75}),),
)
def tuning_destroyed(outcome: Outcome) -> Remark | None:
    scores = outcome.case.job.scores
    if not scores.probe_beats_tuned:
        return None
    formula = f"probe {scores.probe:g} better than full {scores.tuned:g}"
    return Remark("tuning-destroyed-features", "/measurements/full_fine_tuning", formula)
