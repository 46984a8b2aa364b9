"""`docs/advice-quality.md`: what the judgements say, the bad as plainly as the good."""

import datetime
import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.advice.report import Report, Table
from service.contract.explain import Ruleset

PAGE = Path(__file__).parents[2] / "docs" / "advice-quality.md"

INTRO = """\
`make advice` judges anew, writes this page, and fails where something that must be reached is not. A test holds the
page against the engine.

The engine is asked about published experiments, in process, and its answer is held against what was measured there. The
figures stand in `benchmarks/advice/`, each with its source. The judged dataset's own results are left out of what the
ranking knows; the strategy rules read no results at all; rates are read from the table of rates."""

DATE = re.compile(r"^Judged on (\d{4}-\d{2}-\d{2})", re.MULTILINE)


def write(report: Report, ruleset: Ruleset, day: str) -> str:
    """The page, for judgements made on this day."""
    parts = [
        "# How good the advice is",
        f"Judged on {day} with the ruleset {ruleset.version}. {INTRO}",
        "## Targets",
        _markdown(
            ["decision", "must reach", "aim", "reached", "must", "aim"],
            [
                [goal.decision, goal.must, goal.aim, goal.reached, _word(goal.meets_must), _word(goal.meets_aim)]
                for goal in report.goals
            ],
        ),
        *(part for table in report.tables for part in _section(table)),
        "## What is bad",
        "\n".join(f"- {line}" for line in [*report.beaten, *_caveats(report)]),
    ]
    return "\n\n".join(parts) + "\n"


def dated(report: Report, ruleset: Ruleset) -> str:
    """The page as it should stand: with the day on which it last changed."""
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    day = DATE.search(old)
    if day and write(report, ruleset, day.group(1)) == old:
        return old
    return write(report, ruleset, datetime.datetime.now(tz=datetime.UTC).date().isoformat())


def _caveats(report: Report) -> list[str]:
    """What the tables cannot say of themselves, a line each."""
    lines = (Path(__file__).parent / "caveats.txt").read_text(encoding="utf-8").splitlines()
    return [line.format_map(report.figures) for line in lines]


def _section(table: Table) -> list[str]:
    return [f"## {table.title}", *([table.about] if table.about else []), _markdown(table.columns, table.rows)]


def _markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _word(met: bool) -> str:
    return "reached" if met else "**missed**"
