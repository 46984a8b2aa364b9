"""Examples of refusals for the document: what each rule that refuses says of the first example that it carries."""

from collections.abc import Iterator

import msgspec

from service.contract.job import Job
from service.contract.problem import ProblemFault
from service.core.rulebook import RULES
from service.core.rules.refusal import Refusal
from service.knowledge.index import Knowledge
from service.web.document.examples import LONGEST_LIST, SHORTENED
from service.web.operations import OPERATIONS
from service.web.problems import REFUSED, problem

QUESTIONS = {operation.path: operation.ask for operation in OPERATIONS if operation.ask}


def refusals(knowledge: Knowledge) -> Iterator[tuple[str, dict[str, object]]]:
    """For each rule that refuses, by its id, an example of the document, which says so where `allowed` is shortened."""
    for rule in sorted(RULES.values(), key=lambda rule: rule.id):
        if rule.topic != "refusals":
            continue
        example = rule.fires[0]
        try:
            QUESTIONS[example.route](msgspec.convert(example.body, Job), knowledge, False)
        except Refusal as refusal:
            faults = [_shortened(fault) for fault in refusal.faults]
            value = msgspec.to_builtins(problem(REFUSED, faults=faults))
            told = rule.claim if faults == refusal.faults else f"{rule.claim} {SHORTENED}"
            yield rule.id, {"summary": told, "value": value}


def _shortened(fault: ProblemFault) -> ProblemFault:
    return msgspec.structs.replace(fault, allowed=fault.allowed[:LONGEST_LIST])
