"""Says for each value whether it fits its type, and if not, what would.

msgspec decides; but it stops at the first fault, and its words are for programmers. Here every fault is found, with a
JSON pointer, and the message says what would be right without repeating what was given.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, get_args, get_origin

import msgspec
from msgspec import inspect

from service.contract.other_words.fields import in_its_unit, is_not_fixed, right_place
from service.contract.other_words.meaning import is_not_answered, meant
from service.contract.problem import ProblemFault
from service.contract.words import Method, Strategy
from service.core.rules.refusal import fault, unknown_word
from service.core.rules.resolved_inputs import member

MOST_FAULTS = 100
"""Beyond so many faults the search stops: a body of random keys would cost more than it tells."""


class Members(list[tuple[str, Any]]):
    """The members of a JSON object in order, doubles included."""


def fit_object(given: object, wanted: type[msgspec.Struct], pointer: str, faults: list[ProblemFault]) -> dict[str, Any]:
    """The members of `given` that fit the Struct type `wanted`; what does not fit goes into `faults`.

    Members that an open Struct does not know are left out, and so are empty objects that need not be given.
    """
    fitting: dict[str, Any] = {}
    if not isinstance(given, Members):
        faults.append(fault(pointer, "This must be an object."))
        return fitting
    fields = _fields(wanted)
    seen: set[str] = set()
    for name, value in given:
        if len(faults) >= MOST_FAULTS:
            return fitting
        below = f"{pointer}{member(name)}"
        if name not in fields:
            if not wanted.__struct_config__.forbid_unknown_fields:
                continue
            faults.append(_unknown_field(below, name, fields))
        elif name in seen:
            faults.append(fault(below, "This field is given more than once; give it once."))
        else:
            seen.add(name)
            if not _is_left_out(value, fields[name]):
                fitting[name] = fit(value, fields[name].type, below, faults)
    for name, field in fields.items():
        if field.required and name not in seen:
            message = f"This is required and must be {_right(field.type)}."
            faults.append(_wrong(f"{pointer}/{name}", field.type, message))
    return fitting


@cache
def _fields(wanted: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """The fields of a Struct type by their names on the wire. To look them up takes as long as many a whole answer."""
    return {field.encode_name: field for field in msgspec.structs.fields(wanted)}


def _is_left_out(value: object, field: msgspec.structs.FieldInfo) -> bool:
    """Whether it is an empty object where one need not be given."""
    is_empty = isinstance(value, Members) and not value
    return is_empty and not field.required and isinstance(kind_of(field.type), inspect.StructType)


def _unknown_field(pointer: str, name: str, fields: Iterable[str]) -> ProblemFault:
    """The fault for a field that is not known here: with its place where it is known elsewhere."""
    place = right_place(name, pointer)
    if place is not None:
        message = f"This field is not known here: send it as {place}.{in_its_unit(name)}"
        return ProblemFault(pointer, message, sorted(fields), place)
    if is_not_fixed(name):
        message = "No field fixes this: leave it out. What the plan decides of it stands in the answer."
        return ProblemFault(pointer, message, sorted(fields), None)
    return unknown_word(pointer, "This field is not known here.", name, fields)


def fit(given: object, wanted: Any, pointer: str, faults: list[ProblemFault]) -> Any:
    """The value as `wanted` takes it, or None and an entry in `faults`.

    A number without a fraction is an integer, however it is written, as in JSON Schema. What may be anything is not
    looked at, and left out.
    """
    wanted = _listed(given, wanted)
    kind = kind_of(wanted)
    if isinstance(kind, inspect.AnyType):
        return None
    if isinstance(kind, inspect.StructType):
        return fit_object(given, kind.cls, pointer, faults)
    if isinstance(kind, inspect.ListType) and isinstance(given, list) and not isinstance(given, Members):
        return _fit_list(given, wanted, pointer, faults)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(kind, inspect.DictType) and isinstance(given, Members):
        return _fit_dict(given, wanted, pointer, faults)
    if isinstance(given, Members):  # a list in Python, an object on the wire
        faults.append(_wrong(pointer, wanted, f"This must be {_right(wanted)}."))
        return None
    if isinstance(kind, inspect.IntType) and isinstance(given, float) and given.is_integer():
        given = int(given)
    try:
        msgspec.convert(given, wanted)
    except (msgspec.ValidationError, UnicodeEncodeError):  # half of a surrogate pair is no text
        advice = _advice(given, kind, wanted)
        near = given if isinstance(given, str) else ""
        faults.append(_wrong(pointer, wanted, f"This must be {_right(wanted)}.{advice}", near))
        return None
    return given


def _advice(given: object, kind: inspect.Type, wanted: Any) -> str:
    """What else helps: for null, and for a number that was sent as a string, often with its unit."""
    if given is None:
        return " Leave the field out if it is not known."
    if not isinstance(given, str) or not isinstance(kind, inspect.IntType | inspect.FloatType):
        return ""
    meaning = next((part.description for part in _metas(wanted) if part.description), "")
    told = " A string was sent: send the number alone, without quotes and unit."
    return f"{told} It is: {meaning}" if meaning else told


def _metas(wanted: Any) -> Iterator[msgspec.Meta]:
    """What is said of a type and of the members of a union."""
    for part in _parts(wanted):
        yield from (meta for meta in getattr(part, "__metadata__", ()) if isinstance(meta, msgspec.Meta))


def _listed(given: object, wanted: Any) -> Any:
    """Of a union of a string and a list, the list where one is given."""
    if not isinstance(given, list) or isinstance(given, Members) or str not in get_args(wanted):
        return wanted
    return next((part for part in get_args(wanted) if get_origin(part) is list), wanted)


def _fit_list(given: list[Any], wanted: Any, pointer: str, faults: list[ProblemFault]) -> list[Any] | None:
    """The items as the list's type takes them; then the list as a whole, for its length."""
    kind, found = kind_of(wanted), len(faults)
    if isinstance(kind, inspect.ListType) and len(given) > (kind.max_length or len(given)):
        faults.append(fault(pointer, f"This must be {_right(wanted)}."))
        return None
    (item,) = _within(wanted, list)
    fitting: list[Any] = []
    for index, value in enumerate(given):
        if len(faults) >= MOST_FAULTS:
            return None
        fitting.append(fit(value, item, f"{pointer}/{index}", faults))
    if len(faults) > found:
        return None
    try:
        return msgspec.convert(fitting, wanted)
    except msgspec.ValidationError:
        faults.append(fault(pointer, f"This must be {_right(wanted)}."))
        return None


def _fit_dict(given: Members, wanted: Any, pointer: str, faults: list[ProblemFault]) -> dict[str, Any] | None:
    """The values as the mapping's type takes them; then the mapping as a whole, for its size."""
    kind, found = kind_of(wanted), len(faults)
    if isinstance(kind, inspect.DictType) and len(given) > (kind.max_length or len(given)):
        faults.append(fault(pointer, f"This must be {_right(wanted)}."))
        return None
    _, item = _within(wanted, dict)
    fitting: dict[str, Any] = {}
    for name, value in given:
        if len(faults) >= MOST_FAULTS:
            return None
        below = f"{pointer}{member(name)}"
        if name in fitting:
            faults.append(fault(below, "This field is given more than once; give it once."))
        fitting[name] = fit(value, item, below, faults)
    if len(faults) > found:
        return None
    try:
        return msgspec.convert(fitting, wanted)
    except msgspec.ValidationError:
        faults.append(fault(pointer, f"This must be {_right(wanted)}."))
        return None


@cache
def _within(wanted: Any, holder: type) -> tuple[Any, ...]:
    """The types of what a list or a mapping holds."""
    return get_args(next(part for part in _parts(wanted) if get_origin(part) is holder))


def _parts(wanted: Any) -> Iterator[Any]:
    """A type and everything that it is written with: the members of a union, and what metadata stand on."""
    yield wanted
    for part in get_args(wanted):
        yield from _parts(part)


@cache
def kind_of(wanted: Any) -> inspect.Type:
    """The type without its metadata. `UnsetType` in a union only says that the field may be left out."""
    kind = inspect.type_info(wanted)
    while isinstance(kind, inspect.Metadata | inspect.UnionType):
        kind = (
            kind.type
            if isinstance(kind, inspect.Metadata)
            else next(member for member in kind.types if not isinstance(member, inspect.CustomType))
        )
    return kind


def _wrong(pointer: str, wanted: Any, message: str, given: str = "") -> ProblemFault:
    kind = kind_of(wanted)
    if isinstance(kind, inspect.BoolType):
        return ProblemFault(pointer, message, ["false", "true"], None)
    if not isinstance(kind, inspect.EnumType):
        return fault(pointer, message)
    words = sorted(_words(kind))
    if is_not_answered(given):
        message = f"{message} What is meant here is answered by none of them."
    method = meant(given, set(map(str, Method))) if kind.cls is Strategy else None
    if method is not None and method not in words:
        message = f"{message} This is a method of {meant(given, words)}: `method` takes {method}."
    return unknown_word(pointer, message, given, words)


def _words(kind: inspect.EnumType) -> Iterable[str]:
    return [str(member.value) for member in kind.cls]


def _right(wanted: Any) -> str:
    """What fits the type, in words that continue "This must be"."""
    match kind_of(wanted):
        case inspect.EnumType():
            return "one of the allowed words"
        case inspect.IntType() as number:
            return "an integer" + _range(number)
        case inspect.FloatType() as number:
            return "a number" + _range(number)
        case inspect.StrType() as text:
            pattern = (text.pattern or "").removesuffix(r"(?!\n)")
            length = f" of {text.min_length or 0} to {text.max_length} characters" if text.max_length else ""
            return "a string" + length + (f" that matches {pattern}" if pattern else "")
        case inspect.BoolType():
            return "true or false"
        case inspect.ListType() as items:
            return f"a list of {items.min_length or 0} to {items.max_length} items"
        case inspect.DictType() as members if members.max_length:
            return f"an object with {members.min_length or 0} to {members.max_length} members"
        case _:
            return "an object"


def _range(number: inspect.IntType | inspect.FloatType) -> str:
    low = f" above {number.gt}" if number.gt is not None else f" from {number.ge}" if number.ge is not None else ""
    high = f" below {number.lt}" if number.lt is not None else f" up to {number.le}" if number.le is not None else ""
    return low + high
