"""Reads a query string under a table of parameters. What the table does not name is refused."""

import json
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta, Struct, inspect

from service.contract.base import Name, Positive
from service.contract.problem import ProblemFault
from service.contract.words import Family, Modality, Task
from service.core.rules.refusal import fault, unknown_word
from service.core.rules.resolved_inputs import member
from service.web.problems import INVALID_QUERY, NotAnswered
from service.web.request.schema_faults import fit, kind_of

MOST_PARAMETERS = 200

TRUTH = {"true": True, "false": False}

MOST_FAULTS = 10
"""Faults that are told, each with what would be right."""

PageSize = Annotated[int, Meta(ge=1, le=200)]
Licence = Annotated[str, Meta(min_length=1, max_length=120)]


class Parameter(Struct, frozen=True):
    """One query parameter. `many`: it may be repeated, and its values are alternatives."""

    name: str
    type: Any
    description: str
    many: bool = False
    example: str = ""

    @property
    def values(self) -> Any:
        """The type of what is read: a list where the parameter may be repeated."""
        return list[self.type] if self.many else self.type


EXPLAIN = (
    Parameter(
        "explain", bool, "Whether to answer with the trace: for each decided value its rule, formula and sources."
    ),
)
MATRIX = (
    Parameter("task", Task, "Only these target tasks.", many=True),
    Parameter("modality", Modality, "Only models that read one of these.", many=True),
    Parameter("model", Name, "Only these models.", many=True, example="resnet50"),
    Parameter("licence", Licence, "Only models whose weights are under this licence, named exactly."),
    Parameter("commercial_use", bool, "Only models whose weights may, or may not, be used commercially."),
    Parameter("max_params", Positive, "Only models of at most so many parameters."),
)
MODELS = (
    Parameter("task", Task, "Only models that can serve one of these tasks.", many=True),
    Parameter("modality", Modality, "Only models that read one of these.", many=True),
    Parameter("family", Family, "Only models of these families.", many=True),
    *MATRIX[3:],
    Parameter("name", Name, "Only models with this in one of their names.", example="resnet50"),
    Parameter("unranked", bool, "Also the models that nobody has judged, known by their build; false if left out."),
    Parameter("limit", PageSize, "How many models to answer with at most: 200 if left out."),
    Parameter("after", Name, "The `after` of the page before."),
)


def read_query(query_string: bytes, parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """The values given, by name: a list for a parameter that may be repeated. Raises NotAnswered with every fault."""
    if not query_string:
        return {}
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    faults: list[ProblemFault] = []
    for name, text in _pairs(query_string):
        if len(faults) >= MOST_FAULTS:
            break
        parameter = known.get(name)
        if parameter is None:
            message = "This query parameter is not known here."
            faults.append(unknown_word(member(name).removeprefix("/"), message, name, known))
        elif parameter.many:
            values.setdefault(name, []).append(fit(text, parameter.type, name, faults))
        elif name in values:
            faults.append(fault(name, "This parameter is given more than once; give it once."))
        else:
            values[name] = fit(_literal(text, parameter.type), parameter.type, name, faults)
    if faults:
        raise NotAnswered(INVALID_QUERY, faults=faults)
    return {name: msgspec.convert(value, known[name].values) for name, value in values.items()}


def _pairs(query_string: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        message = f"There may be {MOST_PARAMETERS} parameters at most."
        raise NotAnswered(INVALID_QUERY, faults=[fault("query", message)]) from None


def _literal(text: str, wanted: Any) -> object:
    """A number or a truth value is written as in JSON; what is not JSON stays a string, and does not fit.

    Python writes `True` and `False`.
    """
    if isinstance(kind_of(wanted), inspect.StrType):
        return text
    if isinstance(kind_of(wanted), inspect.BoolType):
        return TRUTH.get(text.lower(), text)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
