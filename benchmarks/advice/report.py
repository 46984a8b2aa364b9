"""All judgements of the advice as tables, and what they had to reach."""

from msgspec import Struct

from benchmarks.advice import ranking, rates, strategy, tables
from benchmarks.advice.beats import Duel, Outcome, fight
from benchmarks.advice.groups import groups
from benchmarks.advice.judges import JUDGES
from benchmarks.advice.sweeps import lost_between, lost_points
from service.contract.words import Optimizer, Policy, Strategy
from service.knowledge.index import Knowledge

MEDMNIST = "MedMNIST+"
GROUPS = ("CNNs", "self-supervised ResNet-50s", "ViTs")
TEXT = "text encoders"
ALWAYS_TEXT = "microsoft/deberta-v3-base"
DEFAULTS = ("transformers and torch", "torch", "Keras")
RANKING = """\
Kendall's tau-b with the measured order, mean over datasets, and points lost by taking the model ranked first. *engine*
knows the study's other datasets; *facts alone* knows no result, only accuracy on ImageNet, size, year and pretraining
data. *mean* orders by the mean standing on the other datasets."""
RATES = """\
Mean points lost to the best rate of the sweep, and the share of cells that lost at most one point, and half a point.
*refit*: the engine with its rate fitted without the judged dataset. *transformers and torch*: AdamW at 5e-5, SGD at
1e-3. *torch*: 1e-3. *Keras*: AdamW at 1e-3, SGD at 1e-2. *ceiling*: the best single rate for each group and dataset,
chosen with every score in view."""
LANGUAGE_RATES = """\
Percent of the test loss by which the rate is behind the best of the sweep: on average, at worst, and on average with
the loss between two tried rates read on a line. *left out*: the engine with its rate fitted without all models of the
same maker."""
LANGUAGE_DEFAULTS = {
    "3e-4": 3e-4,
    "2e-4 (TRL, axolotl, Unsloth)": 2e-4,
    "1e-4 (LLaMA-Factory, PEFT's comparison)": 1e-4,
    "5e-5 (transformers)": 5e-5,
    "1e-3 (torch)": 1e-3,
}
BEATS = """\
Loss of our choice and of the best trivial policy, of those in `benchmarks/advice/groups.toml`, which was written before
anything was judged by it; and ours less theirs with the 95 % interval of a paired bootstrap over units. *seen*: the
rules were written with these cells in sight and are judged with nothing left out; such a group counts where it is
lost, and does not where it is won. *perfect*: what is left for whoever had chosen the best of every cell in hindsight,
against the same policy; where its interval reaches 0, no advice can be better beyond doubt."""
WORST = 11
"""Wrongly chosen cells that are named."""


class Table(Struct, frozen=True):
    """A table with what stands above and below it."""

    title: str
    about: str
    columns: list[str]
    rows: list[list[str]]


class Goal(Struct, frozen=True):
    """A decision with what it must reach, what it aims at, and what it reached."""

    decision: str
    must: str
    aim: str
    reached: str
    meets_must: bool
    meets_aim: bool


class Report(Struct, frozen=True):
    """Everything that was judged.

    `beaten` says, a sentence each, where a default is better than the engine or as good; `figures` are single
    numbers by name, for the sentences about them.
    """

    goals: list[Goal]
    tables: list[Table]
    beaten: list[str]
    figures: dict[str, str]


def judge(know: Knowledge) -> Report:
    """Judges strategy, ranking and rates."""
    figures: dict[str, str] = {}
    goals: list[Goal] = []
    beaten: list[str] = []
    found = [
        *_beats(know, goals),
        *_strategies(know, goals, beaten, figures),
        _rankings(know, goals, beaten, figures),
        _rates(know, goals, beaten),
        _language_rates(know, goals),
    ]
    return Report(goals, found, beaten, figures)


def _beats(know: Knowledge, goals: list[Goal]) -> list[Table]:
    """Every group against its trivial policies. The musts: lost nowhere beyond doubt, better in half of the groups."""
    read = {one: JUDGES[one.judge](know, one) if one.judge in JUDGES else [] for one in groups()}
    judged = [fight(one, cells) for one, cells in read.items() if cells]
    lost = [one.group.id for one in judged if any(duel.lost for duel in one.duels)]
    open_ = [one for one in judged if one.group.left_out and one.can_be_won]
    better = sum(one.best.difference < 0 for one in open_)
    goals.append(
        Goal(
            f"beats the trivial policies ({len(judged)} groups)",
            "in no group worse than one of them beyond doubt",
            "",
            f"worse in {len(lost)}{': ' if lost else ''}{'; '.join(lost)}",
            not lost,
            not lost,
        )
    )
    goals.append(
        Goal(
            f"beats the best trivial policy ({len(open_)} groups judged by what was left out)",
            "better in half of them",
            "better in all",
            f"better in {better}, beyond doubt in {sum(one.best.won for one in open_)}; "
            f"a perfect choice beyond doubt in {sum(one.perfect.won for one in open_)}",
            2 * better >= len(open_),
            better == len(open_),
        )
    )
    unread = [one.id for one, cells in read.items() if not cells]
    about = f"{BEATS} Not judged yet: {', '.join(unread)}." if unread else BEATS
    return [
        Table(
            "Against the trivial policies",
            about,
            [
                "group",
                "left out",
                "cells / units",
                "loss in",
                "ours",
                "best policy",
                "theirs",
                "ours less theirs",
                "perfect",
            ],
            [_outcome(one) for one in judged],
        ),
        Table(
            "Against each of them",
            "Ours less theirs, the best of them first.",
            ["group", "policies"],
            [[one.group.id, "; ".join(f"{duel.policy}: {_gap(duel)}" for duel in one.duels)] for one in judged],
        ),
    ]


def _outcome(one: Outcome) -> list[str]:
    return [
        one.group.id,
        one.group.left_out or "*seen*",
        f"{one.cells} / {one.units}",
        one.group.measure,
        f"{one.ours:.2f}",
        one.best.policy,
        f"{one.best.theirs:.2f}",
        _gap(one.best),
        _gap(one.perfect),
    ]


def _gap(duel: Duel) -> str:
    if duel.low is None or duel.high is None:
        return f"{duel.difference:+.2f} (too few units)"
    word = " **worse**" if duel.lost else " better" if duel.won else ""
    return f"{duel.difference:+.2f} [{duel.low:+.2f}, {duel.high:+.2f}]{word}"


def _strategies(know: Knowledge, goals: list[Goal], beaten: list[str], figures: dict[str, str]) -> list[Table]:
    cells = tables.strategies()
    ways: dict[str, strategy.Choice] = {
        "engine": strategy.engine(know),
        "always full": strategy.always("full"),
        "always probe": strategy.always("probe"),
        "guides": strategy.engine(know, Policy.GUIDES),
    }
    rows: list[list[str]] = []
    for study in dict.fromkeys(one.study for one in cells):
        mine = [one for one in cells if one.study == study]
        losses = {name: strategy.judge(mine, choose) for name, choose in ways.items()}
        rows.append([study, str(len(mine)), *(f"{loss.right} / {loss.points:.2f}" for loss in losses.values())])
        own, best = losses["engine"].points, min(losses, key=lambda name: losses[name].points)
        if losses[best].points < own:
            beaten.append(f"On {study} the engine loses {own:.2f} points a cell, *{best}* {losses[best].points:.2f}.")
    mine = [one for one in cells if one.study == MEDMNIST]
    reached = strategy.judge(mine, ways["engine"])
    best = strategy.judge(mine, strategy.ceiling(mine))
    figures["medmnist ceiling"] = f"{best.right} right, {best.points:.2f} points"
    unmeasured = sum(strategy.first_is_unmeasured(know, one) for one in cells)
    figures["unmeasured"] = f"{unmeasured} of {len(cells)}"
    goals.append(
        Goal(
            "probe or fine-tune, MedMNIST+ (120 cells)",
            "105 right, 0.40 points",
            "0.30 points",
            f"{reached.right} right, {reached.points:.2f} points",
            reached.right >= 105 and reached.points <= 0.40,
            reached.points <= 0.30,
        )
    )
    missed = strategy.misses(mine, ways["engine"])
    return [
        Table(
            "Strategy",
            "Cells chosen right, and mean points lost to the best measured way. *guides* is the policy `guides`: the "
            "founding guides' order for size and similarity.",
            ["study", "cells", *ways],
            rows,
        ),
        Table(
            "The MedMNIST+ cells chosen wrongly",
            "",
            ["dataset", "examples", "model", "chosen", "points lost"],
            [
                [one.dataset, str(one.examples), one.model, ways["engine"](one), f"{points:.2f}"]
                for points, one in missed[:WORST]
            ],
        ),
    ]


def _rankings(know: Knowledge, goals: list[Goal], beaten: list[str], figures: dict[str, str]) -> Table:
    groups = ranking.groups(tables.standings(), tables.judged_models())
    rows: list[list[str]] = []
    taus: dict[str, float] = {}
    for name, group in groups.items():
        own = ranking.judge(group, ranking.engine(know, group, ranking.others(group)))
        bare = ranking.judge(group, ranking.engine(know, group, ranking.nothing))
        vision = all(one.top1_percent for one in group.models)
        naive = {
            "top-1": ranking.judge(group, ranking.by_top1(group)) if vision else None,
            "size": ranking.judge(group, ranking.by_size(group)),
            "mean": ranking.judge(group, ranking.by_mean(group)),
        }
        parts = [own, bare, *naive.values()]
        rows.append(
            [
                name,
                f"{len(group.models)} x {len(group.behind)}",
                *("" if one is None else f"{one.tau:.3f} / {one.points:.2f}" for one in parts),
                f"{own.worst[0]} {own.worst[1]:.2f}",
            ]
        )
        taus[name] = own.tau
        figures[f"{name}, facts alone"] = f"{bare.tau:.3f}"
        for other, one in {"facts alone": bare, **naive}.items():
            if one is not None and one.tau > own.tau:
                beaten.append(
                    f"On {name} the order by *{other}* agrees better: tau {one.tau:.3f} against {own.tau:.3f}."
                )
            if one is not None and one.points < own.points - 0.005:
                beaten.append(f"On {name} the first by *{other}* loses {one.points:.2f} points, ours {own.points:.2f}.")
    second, first = groups["CNNs, a second study"], groups["CNNs"]
    crossed = ranking.judge(second, ranking.engine(know, second, ranking.others(first)))
    pooled = ranking.judge(second, ranking.engine(know, second, ranking.others(first, second)))
    figures["second study by top-1"] = f"{ranking.judge(second, ranking.by_top1(second)).tau:.3f}"
    figures["second study by the first"], figures["second study by both"] = f"{crossed.tau:.3f}", f"{pooled.tau:.3f}"
    for name, must, aim in zip(GROUPS, (0.70, 0.55, 0.60), (0.82, 0.68, 0.71), strict=True):
        tau = taus[name]
        goals.append(
            Goal(f"rank models, {name}", f"tau {must:.2f}", f"tau {aim:.2f}", f"tau {tau:.3f}", tau >= must, tau >= aim)
        )
    text = groups[TEXT]
    ours = ranking.engine(know, text, ranking.others(text))
    one, own = ranking.judge(text, ranking.always(ALWAYS_TEXT, text)).points, ranking.judge(text, ours).points
    firsts = [max(scores, key=lambda model: scores[model]) for scores in map(ours, text.behind)]
    figures["always text"], figures["text firsts"] = ALWAYS_TEXT, f"{firsts.count(ALWAYS_TEXT)} of {len(firsts)}"
    goals.append(
        Goal(
            "rank text encoders, 19 tasks",
            f"lose at most the {one:.3f} points of always {ALWAYS_TEXT}",
            f"lose less than {one:.3f} points",
            f"{own:.3f} points",
            own <= one + 1e-9,
            own < one - 1e-9,
        )
    )
    return Table(
        "Ranking of models",
        RANKING,
        ["group", "models x datasets", "engine", "facts alone", "ImageNet top-1", "size", "mean", "engine's worst"],
        rows,
    )


def _rates(know: Knowledge, goals: list[Goal], beaten: list[str]) -> Table:
    sweeps = tables.sweeps()
    ways: dict[str, rates.Choice] = {
        "engine": rates.engine(know),
        "guides": rates.engine(know, Policy.GUIDES),
        "refit": rates.refitted(know, sweeps, "dataset"),
        "transformers and torch": rates.trainer_default,
        "torch": rates.torch_default,
        "Keras": rates.keras_default,
        "ceiling": rates.ceiling(sweeps),
    }
    rows: list[list[str]] = []
    for group in [*dict.fromkeys(one.group for one in sweeps), "all"]:
        mine = [one for one in sweeps if group in (one.group, "all")]
        losses = {name: rates.judge(mine, choose) for name, choose in ways.items()}
        rows.append([group, str(len(mine)), *map(_shares, losses.values())])
        own = losses["engine"].points
        good = [name for name in DEFAULTS if losses[name].points <= own + 1e-9]
        if good:
            beaten.append(
                f"On {group} the defaults of *{', '.join(good)}* do as well or better: {own:.2f} points lost."
            )
    reached = rates.judge(sweeps, ways["engine"])
    goals.append(
        Goal(
            f"learning rate, sweeps in points ({len(sweeps)} cells)",
            "at most 1 point lost on 80 % of cells",
            "at most 0.5 on 90 %",
            f"at most 1 on {reached.within_one:.1%}, at most 0.5 on {reached.within_half:.1%}",
            reached.within_one >= 0.80,
            reached.within_half >= 0.90,
        )
    )
    whole = [one for one in sweeps if one.strategy is Strategy.FULL and one.optimizer is Optimizer.ADAMW]
    reached = rates.judge(whole, ways["engine"])
    goals.append(
        Goal(
            f"learning rate, whole models under AdamW ({len(whole)} sweeps, seen)",
            "at most 1 point lost on 90 %",
            "at most 0.5 on 90 %",
            f"at most 1 on {reached.within_one:.1%}, at most 0.5 on {reached.within_half:.1%}",
            reached.within_one >= 0.90,
            reached.within_half >= 0.90,
        )
    )
    return Table(
        "Learning rates",
        RATES,
        ["sweeps", "cells", *ways],
        rows,
    )


def _language_rates(know: Knowledge, goals: list[Goal]) -> Table:
    sweeps = tables.language_sweeps()
    ways: dict[str, rates.Choice] = {
        "engine": rates.engine(know),
        "left out": rates.refitted(know, sweeps, "maker"),
        "guides": rates.engine(know, Policy.GUIDES),
        **{name: rates.always(rate) for name, rate in LANGUAGE_DEFAULTS.items()},
    }
    lost = {name: [lost_points(one, choose(one)) for one in sweeps] for name, choose in ways.items()}
    between = {name: [lost_between(one, choose(one)) for one in sweeps] for name, choose in ways.items()}
    ours, usual = lost["left out"], lost["3e-4"]
    goals.append(
        Goal(
            f"LoRA on language models ({len(sweeps)} sweeps, makers left out)",
            "no worse than a flat 3e-4 on average and at worst",
            "half of its mean",
            f"{_mean(ours):.2f} % on average, {max(ours):.2f} at worst; 3e-4 {_mean(usual):.2f} and {max(usual):.2f}",
            _mean(ours) <= _mean(usual) and max(ours) <= max(usual),
            2 * _mean(ours) <= _mean(usual),
        )
    )
    return Table(
        f"Learning rates of LoRA on language models, {len(sweeps)} sweeps from 1 billion to 1 trillion parameters",
        LANGUAGE_RATES,
        ["rate", "on average", "at worst", "on average, between"],
        [[name, f"{_mean(lost[name]):.2f}", f"{max(lost[name]):.2f}", f"{_mean(between[name]):.2f}"] for name in ways],
    )


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _shares(loss: rates.Loss) -> str:
    return f"{loss.points:.2f} / {loss.within_one:.0%} / {loss.within_half:.0%}"
