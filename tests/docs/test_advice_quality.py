"""The page on the quality of the advice is what the engine scores, and what must be reached is reached."""

import pytest

from benchmarks.advice import rates, strategy, tables
from benchmarks.advice.beats import fight
from benchmarks.advice.fit import adapters, flat
from benchmarks.advice.fit.replaced import row_of, with_rates
from benchmarks.advice.groups import Cell, Group, groups
from benchmarks.advice.page import DATE, PAGE, write
from benchmarks.advice.report import Report, judge
from benchmarks.advice.sweeps import lost_between
from service.contract.words import Policy, Strategy
from service.core.schedule.peak_rates import stated
from service.knowledge.loader import load
from tests.ask import recommended, scheduled

KNOW = load()


@pytest.fixture(scope="module")
def report() -> Report:
    return judge(KNOW)


def test_the_page_is_true(report: Report) -> None:
    page = PAGE.read_text(encoding="utf-8")
    day = DATE.search(page)
    assert day, "the page names the day"
    assert page == write(report, KNOW.ruleset, day.group(1)), "docs/advice-quality.md differs: run `make generated`"


def test_what_must_be_reached_is_reached(report: Report) -> None:
    assert [one.decision for one in report.goals if not one.meets_must] == []


def test_a_policy_that_is_better_is_found_out() -> None:
    """The judge of the judges: six sets on which a policy is better by a point, or by a point more or less."""
    group = Group("made up", "rate", "dataset", "points", ("sure", "unsure"))
    cells = [Cell(str(one), 1.0, {"sure": 0.0, "unsure": 1.0 + (-1) ** one}) for one in range(6)]
    outcome = fight(group, cells)
    assert [(duel.policy, duel.difference, duel.lost, duel.won) for duel in outcome.duels] == [
        ("sure", 1.0, True, False),
        ("unsure", 0.0, False, False),
    ]
    assert fight(group, cells[:4]).best.low is None, "four units are too few to tell"


def test_every_group_has_its_cells_or_is_said_to_lack_them(report: Report) -> None:
    table = next(table for table in report.tables if table.title == "Against the trivial policies")
    judged = {row[0] for row in table.rows}
    assert len(judged) >= 22
    assert all(one.id in judged or one.id in table.about for one in groups())


CATALOGUE = {
    "ResNet-18": "resnet18",
    "EfficientNet-B4": "efficientnet_b4",
    "ViT-B/16": "vit_base_patch16_224",
    "CLIP ViT-B/16": "openai/clip-vit-base-patch32",
    "DINO ViT-B/16": "vit_base_patch14_dinov2",
}
"""Models of MedMNIST+ whose like, in family, objective and size, stands in the catalogue."""


@pytest.mark.parametrize("policy", list(Policy))
def test_a_recommendation_chooses_as_is_judged(policy: Policy) -> None:
    choose = strategy.engine(KNOW, policy)
    cells = [one for one in tables.strategies() if one.study == "MedMNIST+" and one.model in CATALOGUE]
    assert len(cells) == 60
    for one in cells:
        answer = recommended(
            target={"task": "image-classification", "domain": one.domain, "distinction": one.distinction},
            dataset={"examples": one.examples, "classes": one.classes},
            source={"model": CATALOGUE[one.model]},
            compute={"kind": "datacenter-gpu"},
            policy=policy,
        )
        tuned = (Strategy.FULL, Strategy.PARTIAL)
        ways = [option.strategy for option in answer.strategies]
        first = next(way for way in ways if way in (*tuned, Strategy.FEATURE_EXTRACTION))
        assert ("full" if first in tuned else "probe") == choose(one), one


def test_every_figure_has_a_source() -> None:
    cited = {
        one.source
        for one in [
            *tables.strategies(),
            *tables.sweeps(),
            *tables.language_sweeps(),
            *tables.settled(),
            *tables.standings(),
        ]
    }
    assert cited <= set(KNOW.sources)
    assert all(one.where for one in tables.judged_models())


def test_engine_and_guides_are_told_apart(report: Report) -> None:
    """A policy that the judge did not pass on would give both the same columns."""
    both = [table for table in report.tables if {"engine", "guides"} <= set(table.columns)]
    assert len(both) >= 2
    for table in both:
        ours, guides = table.columns.index("engine"), table.columns.index("guides")
        assert any(row[ours] != row[guides] for row in table.rows)


def test_the_tables_are_whole() -> None:
    assert len([one for one in tables.strategies() if one.study == "MedMNIST+"]) == 120
    sweeps = [*tables.sweeps(), *tables.language_sweeps()]
    assert len(sweeps) == 563 + 290 + 64
    assert len(tables.settled()) == 48
    assert all(len(one.lost) >= 2 and min(one.lost.values()) == 0 for one in sweeps)
    best: dict[tuple[str, str], float] = {}
    for row in tables.standings():
        best[row.group, row.dataset] = min(row.behind, best.get((row.group, row.dataset), row.behind))
    assert set(best.values()) == {0.0}


def test_the_judged_models_have_what_their_group_is_ranked_by() -> None:
    judged = {(one.group, one.model) for one in tables.judged_models()}
    same = {"CNNs, a second study": "CNNs"}
    assert {(same.get(row.group, row.group), row.model) for row in tables.standings()} <= judged


def test_the_fitted_rate_of_adapters_is_in_the_table() -> None:
    """What the script finds is what is served; and without a maker's models it is another number."""
    sweeps = tables.language_sweeps()
    held, found = row_of(KNOW, adapters.ROW), adapters.fit(KNOW, sweeps)
    served = (held.backbone, held.size_exponent, held.rank_exponent)
    assert served == (stated(found.backbone), found.size_exponent, found.rank_exponent)
    without = adapters.fit(KNOW, [one for one in sweeps if one.maker != "meta-llama"])
    assert without != found
    assert with_rates(KNOW, {adapters.ROW: without}).rates != KNOW.rates


@pytest.mark.parametrize("row", flat.ROWS)
def test_a_fitted_rate_that_is_served_loses_no_more_than_what_the_script_finds(row: str) -> None:
    sweeps = [one for one in tables.sweeps() if one.group in flat.ROWS[row]]
    found = with_rates(KNOW, {row: flat.fit(KNOW, row, sweeps)})
    served, fitted = (rates.judge(sweeps, rates.engine(know)).points for know in (KNOW, found))
    assert served <= fitted + 1e-9


def test_size_decides_under_sgd_as_the_sweep_says() -> None:
    """The smallest network of the sweep wanted 1e-1 at batch 128, the one in the middle 1e-2, the largest 1e-3."""
    body = {"family": "cnn", "strategy": "full-fine-tuning", "optimizer": "sgd", "batch_size": 128, "total_steps": 1000}
    small, middle, large = (
        scheduled(**body, params=params).rates.backbone_top for params in (1_400_000, 8_000_000, 133_000_000)
    )
    assert small > 10**-1.5 > middle > 10**-2.5 > large


def test_a_loss_between_two_rates_is_read_on_a_line() -> None:
    sweep = next(one for one in tables.language_sweeps() if {1e-4, 1e-3} <= set(one.lost) and 3e-4 in one.lost)
    assert lost_between(sweep, 3e-4) == sweep.lost[3e-4]
    half = (1e-4 * 3e-4) ** 0.5
    assert lost_between(sweep, half) == pytest.approx((sweep.lost[1e-4] + sweep.lost[3e-4]) / 2)
