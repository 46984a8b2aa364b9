"""Judges the advice, prints the tables, writes the page; ends with 1 where something that must be reached is not."""

import sys

from benchmarks.advice.page import PAGE, dated
from benchmarks.advice.report import judge
from service.knowledge.loader import load


def main() -> int:
    """The exit code."""
    know = load()
    report = judge(know)
    text = dated(report, know.ruleset)
    PAGE.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    missed = [goal.decision for goal in report.goals if not goal.meets_must]
    if missed:
        sys.stderr.write(f"not reached: {'; '.join(missed)}\n")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
