"""The questions that take a job: from the bytes of the body to the bytes of the answer, with no server around."""

import json
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from service.contract.explain import Answer
from service.contract.job import Job
from service.contract.problem import ProblemFault
from service.contract.schedule import LrScheduleAnswer
from service.contract.words import Task
from service.core.job.job_faults import domains_of
from service.core.rules.refusal import Refusal, refuse_contradictions, unknown_word
from service.knowledge.index import Knowledge
from service.texts.rendering import written
from service.web.csv_table import CSV, CSV_TYPE, schedule_table
from service.web.operations import OPERATIONS
from service.web.pages import media_types
from service.web.problems import REFUSED, NotAnswered, sent_crash, sent_problem, sent_refusal
from service.web.request.body import decode
from service.web.request.fields import select, wants
from service.web.responses import DATA_ONLY, JSON, NOT_KEPT, Field, Sent

LARGE_BODY = 16384
"""Bytes of a body that is decoded beside the event loop."""

LARGE_ANSWER = 200
"""Points or blocks that a small body may ask for before it counts as large."""

QUESTIONS = {operation.path: operation for operation in OPERATIONS if operation.ask}
"""The operations that answer a job, by path."""

ALL_SPEAK = {"notices", "resolved", "trace"}
"""Parts that speak of all the others, so that none of them can be left out."""

MEDIA_TYPES = {
    path: (*operation.media_types, *media_types(operation.answer)[1:])
    if operation.answer is not str
    else operation.media_types[::-1]
    for path, operation in QUESTIONS.items()
}
"""What a question can be answered in, by path. Of two names of one table the plainer counts before the usual one."""


class Asked(Struct, frozen=True):
    """A question as it came: its path, whether the trace is wanted, the media type of the answer, the body.

    `fields` are the parts of the JSON that are wanted; none: the whole.
    """

    path: str
    explain: bool
    media_type: str
    body: bytes
    fields: dict[str, Any] = {}


class Made(Struct, frozen=True):
    """An answer as it comes from another process."""

    status: int
    fields: list[Field]
    content: bytes


def answer_small(asked: Asked, know: Knowledge) -> Sent | None:
    """The answer, or None where it is better made beside the event loop. Raises NotAnswered and Refusal."""
    if len(asked.body) > LARGE_BODY:
        return None
    job = _read(asked.body, know)
    return None if _length(job) > LARGE_ANSWER else _answer(asked, job, know)


def answer(asked: Asked, know: Knowledge) -> Sent:
    """The answer, whatever it takes, or the problem that stands for it."""
    try:
        return _answer(asked, _read(asked.body, know), know)
    except NotAnswered as error:
        return sent_refusal(error)
    except Refusal as error:
        return sent_problem(REFUSED, faults=error.faults)
    except MemoryError:
        raise
    except Exception as error:
        return sent_crash(error)


def answer_bytes(question: bytes, know: Knowledge) -> bytes:
    """The same for another process: from Asked to Made, both as MessagePack."""
    sent = answer(msgspec.msgpack.decode(question, type=Asked), know)
    return msgspec.msgpack.encode(Made(sent.status, sent.fields, sent.content))


def _read(body: bytes, know: Knowledge) -> Job:
    """The job. Raises NotAnswered; the nearest to a domain that is not known is one that the task can have."""
    try:
        return decode(body, Job)
    except NotAnswered as error:
        error.faults = [_of_the_task(found, body, know) for found in error.faults]
        raise


def _of_the_task(found: ProblemFault, body: bytes, know: Knowledge) -> ProblemFault:
    part, _, field = found.pointer[1:].partition("/")
    told = json.loads(body.decode(), parse_int=float)[part] if field == "domain" else None
    match told:
        case {"task": str(task), "domain": str(domain)} if task in know.tasks:
            allowed = domains_of(know, Task(task))
            return unknown_word(found.pointer, found.message, domain, allowed)
        case _:
            return found


def _answer(asked: Asked, job: Job, know: Knowledge) -> Sent:
    found = _found(asked, job, know)
    headers = (DATA_ONLY, NOT_KEPT, (b"etag", ruleset_tag(know).encode()))
    media_type = CSV_TYPE if asked.media_type == CSV else f"{asked.media_type}; charset=utf-8"
    is_table = asked.media_type == CSV or QUESTIONS[asked.path].answer is str
    if isinstance(found, LrScheduleAnswer) and is_table:
        return Sent(200, media_type, schedule_table(found), headers)
    if asked.media_type != JSON:
        return Sent(200, media_type, written(found, asked.media_type), headers)
    return Sent(200, JSON, msgspec.json.encode(select(found, asked.fields)), headers)


def _found(asked: Asked, job: Job, know: Knowledge) -> Answer:
    """The answer, with the work of parts that are not wanted left out."""
    operation, wanted = QUESTIONS[asked.path], asked.fields.keys()
    explain = asked.explain and asked.media_type == JSON and (not wanted or "trace" in wanted)
    if not (wanted & ALL_SPEAK or wants(asked.fields, "exports") or wants(asked.fields, "lr_schedule", "exports")):
        refuse_contradictions(job, know, asked.path)
        job = msgspec.structs.replace(job, dialects=UNSET)
    if wanted and not wanted & ALL_SPEAK and operation.ask_parts:
        return operation.ask_parts(job, know, explain, wanted)
    if operation.ask is None:
        raise LookupError(f"{asked.path} answers no job")
    return operation.ask(job, know, explain)


def ruleset_tag(know: Knowledge) -> str:
    """The entity tag of every answer to a job: sent back as If-Match, it asks for the same ruleset."""
    return f'"{know.ruleset.hash}"'


def _length(job: Job) -> int:
    """How many points or blocks a job asks for by itself; the catalogue's models have few."""
    return max(job.schedule.points or 0, len(job.schedule.steps or ()), job.source.depth or 0)
