"""Prints the constants of the table of rates that are fitted, beside what the sweeps give now."""

import sys

from benchmarks.advice.fit import adapters, flat
from benchmarks.advice.fit.replaced import row_of
from benchmarks.advice.tables import language_sweeps, sweeps
from service.core.schedule.peak_rates import stated
from service.knowledge.loader import load


def main() -> None:
    """One line a row."""
    know = load()
    for name, groups in flat.ROWS.items():
        held, found = row_of(know, name), flat.fit(know, name, [one for one in sweeps() if one.group in groups])
        told = [stated(row.backbone or row.head) for row in (held, found)]
        sys.stdout.write(f"{name}: {told[0]:g}, fitted {told[1]:g}\n")
    held, found = row_of(know, adapters.ROW), adapters.fit(know, language_sweeps())
    told = [f"{stated(row.backbone):g}, size {row.size_exponent}, rank {row.rank_exponent}" for row in (held, found)]
    sys.stdout.write(f"{adapters.ROW}: {told[0]}; fitted {told[1]}\n")


if __name__ == "__main__":
    main()
