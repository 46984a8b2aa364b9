"""How many counts of checkpoints a second source confirms, as docs/decisions.md tells it."""

import re

from service.knowledge.build import read_tables
from service.knowledge.rows.checkpoint import CheckpointRow
from tools.docs import DOCS

DECISIONS = DOCS / "decisions.md"
TOLD = re.compile(r"^Of [\d,]+ checkpoints.*?\bThe licence of [\d,]+ is", re.MULTILINE | re.DOTALL)


def decisions_document() -> str:
    """The page with the counts of today's rows in its sentences. Raises LookupError where it has lost them."""
    page = DECISIONS.read_text()
    found = TOLD.search(page)
    if found is None:
        raise LookupError("docs/decisions.md does not tell how many counts are confirmed")
    text = found[0]
    total, stated, alike, nameless = confirmed(read_tables().checkpoints)
    for number, before, behind in (
        (total, "Of ", " checkpoints"),
        (stated, "checkpoints ", " have"),
        (alike, "states, ", " are"),
        (total - stated - alike, "and ", " rest"),
        (nameless, "licence of ", " is"),
    ):
        text = re.sub(rf"(?<={before})[\d,]+(?={behind})", f"{number:,}", text)
    return page[: found.start()] + text + page[found.end() :]


def confirmed(checkpoints: tuple[CheckpointRow, ...]) -> tuple[int, int, int, int]:
    """Of how many checkpoints: a second source states a total, others are built as these, no licence is known."""
    rows = {row.id: row for row in checkpoints}

    def base(row: CheckpointRow) -> str:
        return base(rows[row.like]) if row.like in rows else row.like or row.build or row.id

    stated = [row for row in checkpoints if row.total_params]
    bases = {base(row) for row in stated}
    alike = sum(not row.total_params and base(row) in bases for row in checkpoints)
    return len(rows), len(stated), alike, sum(row.licence == "unknown" for row in checkpoints)
