"""A schedule as a table: one row for each step, one column for each group."""

import csv
import io

from service.contract.schedule import LrScheduleAnswer

CSV = "text/csv"
CSV_TYPE = f"{CSV}; charset=utf-8; header=present"


def schedule_table(answer: LrScheduleAnswer) -> bytes:
    """The points of a schedule as CSV in UTF-8 with a header (RFC 4180); where nothing is trained only the header."""
    plan = answer.lr_schedule
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["step", "factor", *(group.name for group in plan.groups if plan)] if plan else ["step", "factor"])
    for point in plan.points if plan else ():
        table.writerow([point.step, repr(point.factor), *map(repr, point.groups)])
    return text.getvalue().encode()
