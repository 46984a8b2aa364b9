"""A schedule as a table: one row for each step, one column for each group."""

import csv
import io
from typing import Any

from litestar import Request
from litestar.response.base import ASGIResponse

from service.contract.schedule import LrScheduleAnswer
from service.web.responses import DATA_ONLY, NOT_KEPT, Answer, Sent

CSV = "text/csv"


class Table(Answer):
    """Rows of text, as CSV in UTF-8 with a header (RFC 4180)."""

    def __init__(self, rows: list[list[str]]) -> None:
        super().__init__(rows)

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **_: Any) -> ASGIResponse:
        """The bytes, ready to be sent."""
        text = io.StringIO()
        csv.writer(text).writerows(self.content)
        return Sent(200, f"{CSV}; charset=utf-8; header=present", text.getvalue().encode(), (DATA_ONLY, NOT_KEPT))


def schedule_table(answer: LrScheduleAnswer) -> list[list[str]]:
    """The points of a schedule. Where nothing is trained only the header is left."""
    plan = answer.lr_schedule
    if plan is None:
        return [["step", "factor"]]
    header = ["step", "factor", *(group.name for group in plan.groups)]
    return [header, *([str(point.step), repr(point.factor), *map(repr, point.groups)] for point in plan.points)]
