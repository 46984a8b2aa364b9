"""The questions about a job."""

from service.contract.freeze import FreezePlanAnswer
from service.contract.recommend import Recommendation
from service.contract.resources import ResourcesAnswer
from service.contract.schedule import LrScheduleAnswer
from service.core import engine
from service.dialects import exports
from service.texts.rendering import PLAIN
from service.web.csv_table import CSV
from service.web.operations.operation import LOOK_UP, Operation
from service.web.problems import (
    BAD_REQUEST,
    BODY_TIMEOUT,
    BODY_TOO_LARGE,
    INVALID_BODY,
    INVALID_QUERY,
    MALFORMED_BODY,
    PRECONDITION_FAILED,
    REFUSED,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    Kind,
)
from service.web.request.query import EXPLAIN, Parameter
from service.web.responses import JSON


class JobOperation(Operation, frozen=True, kw_only=True):
    """A question about a job, which it is sent as a body."""

    method: str = "post"
    tag: str = "advice"
    query: tuple[Parameter, ...] = EXPLAIN
    kept: bool = False
    problems: tuple[Kind, ...] = (
        MALFORMED_BODY,
        INVALID_BODY,
        INVALID_QUERY,
        BAD_REQUEST,
        BODY_TIMEOUT,
        PRECONDITION_FAILED,
        BODY_TOO_LARGE,
        UNSUPPORTED_MEDIA_TYPE,
        REFUSED,
        UNAVAILABLE,
        *LOOK_UP,
    )


ADVICE = (
    JobOperation(
        path="/recommend",
        id="recommend",
        summary="Get the whole plan for a transfer-learning job.",
        description="Takes a job with its target task and the size of its dataset. Answers with a verdict, ranked "
        "strategies and models, the decision path and its edges, the freeze plan, the learning-rate schedule, phases, "
        "memory, risks and a checklist. What the request leaves out is derived or assumed, and `resolved` says so; "
        "what it gives is honoured, or refused with 422.",
        ask=exports.recommend,
        ask_parts=exports.recommend,
        answer=Recommendation,
        examples=("recommend-minimal", "recommend-full"),
    ),
    JobOperation(
        path="/freeze-plan",
        id="planFreezing",
        summary="Get the blocks of a model to freeze.",
        description="Takes the same job as /recommend and answers with the same plan. Without a target it needs the "
        "size of the dataset and a model: an id of the catalogue, the names and shapes of its parameters, the header "
        "or index of its weights file, or a depth. Answers with every block from stem to head, a pattern that matches "
        "its parameters and no others, its state and exact counts; the phases with their rates; and code that fails "
        "where the plan was not applied. `dialects` asks for the plan in trainers' own words.",
        ask=exports.freeze_plan,
        answer=FreezePlanAnswer,
        examples=(
            "freeze-plan-by-model",
            "freeze-plan-by-parameters",
            "freeze-plan-by-header",
            "freeze-plan-for-trainers",
            "freeze-plan-by-depth",
        ),
    ),
    JobOperation(
        path="/lr-schedule",
        id="planLrSchedule",
        summary="Get the learning rate for each group of parameters at each step.",
        description="Takes the same job as /recommend and answers with the same schedule. Without a target it needs a "
        "model or a family, and a length. Answers with groups and their peak rates, warm-up and total steps, and the "
        "curve both as closed formulas and as points. `dialects` asks for the same schedule in trainers' own words. "
        "With `Accept: text/csv` it answers as /lr-schedule.csv does.",
        ask=exports.lr_schedule,
        answer=LrScheduleAnswer,
        examples=("lr-schedule-by-model", "lr-schedule-for-trainers"),
        media_types=(JSON, CSV),
    ),
    JobOperation(
        path="/lr-schedule.csv",
        id="tabulateLrSchedule",
        summary="Get the learning rate for each group at each step, as a table.",
        description="Takes the same job as /lr-schedule and answers with the points of the same schedule as CSV: a "
        "header, a row for each step, and a column for each group. `schedule.points` and `schedule.steps` say which "
        "steps. Who names `text/plain` gets the same table under that name: some clients read no other text.",
        ask=exports.lr_schedule,
        answer=str,
        examples=("lr-schedule-by-model",),
        media_types=(CSV, PLAIN),
        query=(),
    ),
    JobOperation(
        path="/resources",
        id="planResources",
        summary="Get what the run takes of the machine.",
        description="Takes the same job as /recommend and answers with the same setup and memory. Without a target it "
        "needs what /freeze-plan needs. Answers with the peak of one device, term by term, low, expected and high; "
        "whether it fits; the examples that a device sees at a time; and what would take less, the cheapest change "
        "first.",
        ask=engine.resources,
        answer=ResourcesAnswer,
        examples=("resources-by-model",),
    ),
)
