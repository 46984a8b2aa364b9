"""What is told about a value that does not fit its type."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from service.contract.job import Job
from service.contract.problem import ProblemFault
from service.core.rules.resolved_inputs import member
from service.web.request.headers import accepts
from service.web.request.schema_faults import Members, fit, kind_of

KNOWN = (
    inspect.IntType,
    inspect.FloatType,
    inspect.StrType,
    inspect.BoolType,
    inspect.EnumType,
    inspect.ListType,
    inspect.DictType,
)


def leaves(wanted: type) -> Iterator[tuple[str, Any]]:
    for field in msgspec.structs.fields(wanted):
        kind = kind_of(field.type)
        if isinstance(kind, inspect.StructType):
            yield from leaves(kind.cls)
        else:
            yield f"{wanted.__name__}.{field.name}", field.type


LEAVES = dict(leaves(Job))


@pytest.mark.parametrize("name", LEAVES)
def test_every_field_of_a_request_has_a_type_that_faults_can_be_told_of(name: str) -> None:
    assert isinstance(kind_of(LEAVES[name]), KNOWN)
    faults: list[ProblemFault] = []
    wrong: object = 1.5 if isinstance(kind_of(LEAVES[name]), inspect.ListType | inspect.IntType) else []
    assert fit(wrong, LEAVES[name], "/here", faults) is None
    assert faults[0].pointer == "/here"
    assert ("an object" in faults[0].message) is isinstance(kind_of(LEAVES[name]), inspect.DictType)


def test_an_object_is_no_list() -> None:
    faults: list[ProblemFault] = []
    assert fit(Members(), LEAVES["Job.dialects"], "/dialects", faults) is None
    assert faults[0].message.startswith("This must be a list")


def test_every_item_of_a_list_is_judged() -> None:
    faults: list[ProblemFault] = []
    assert fit([1, "x", 2, -1], LEAVES["JobSchedule.steps"], "/steps", faults) is None
    assert [found.pointer for found in faults] == ["/steps/1", "/steps/3"]
    assert fit([1, 2.0], LEAVES["JobSchedule.steps"], "/steps", []) == [1, 2]


def test_the_length_of_a_list_is_judged() -> None:
    faults: list[ProblemFault] = []
    assert fit([1] * 20_001, LEAVES["JobSchedule.steps"], "/steps", faults) is None
    assert [(found.pointer, found.message) for found in faults] == [
        ("/steps", "This must be a list of 0 to 20000 items.")
    ]


@pytest.mark.parametrize(
    ("name", "token"), [("plain", "plain"), ("a/b", "a~1b"), ("~", "~0"), ("~1", "~01"), ("", ""), ("\ud800", "?")]
)
def test_a_pointer_escapes_what_it_must(name: str, token: str) -> None:
    assert member(name) == f"/{token}"


@pytest.mark.parametrize(
    ("accept", "content"),
    [
        ("text/html;q=0.9, application/json;q=0", False),
        ("application/*;q=0, application/json", True),
        ("application/*;q=0, */*", False),
        ("application/json;q=0.000", False),
        ("application/json;q=0.001", True),
        ("APPLICATION/JSON", True),
        ("application/problem+json", False),
        (",", False),
    ],
)
def test_the_most_specific_range_decides(accept: str, content: bool) -> None:
    assert accepts(accept, "application/json") is content
