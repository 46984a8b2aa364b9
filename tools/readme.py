"""The answer that README shows first, as it is told at a terminal now."""

import re
from pathlib import Path

import msgspec

from service.contract.job import Job
from service.core.engine import recommend
from service.knowledge.index import Knowledge
from service.texts.rendering import PLAIN, written

README = Path(__file__).parent.parent / "README.md"
REQUEST = re.compile(r"accept: text/plain' -d '(\{.*?\})'\n```\n\n```text\n(.*?)```", re.DOTALL)


def readme_document(know: Knowledge) -> str:
    """README with the text that its first request is answered with, but for the line with the ruleset's hash."""
    page = README.read_text()
    found = REQUEST.search(page)
    if found is None:
        raise LookupError("README shows no answer to read")
    answer = recommend(msgspec.json.decode(found[1], type=Job), know, explain=False)
    text = re.sub(r"^Rules .*\n", "", written(answer, PLAIN).decode(), flags=re.MULTILINE)
    return page[: found.start(2)] + text + page[found.end(2) :]
