"""What may be wrong with the parameters that a request lists."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from math import prod

from msgspec import UNSET

from service.contract.job import MOST_TENSORS, Job, JobSafetensorsEntry, JobSafetensorsIndex
from service.contract.problem import ProblemFault
from service.core.architecture.changed_forms import Named, changed_forms, packed_integers
from service.core.architecture.parameter_list import FLOATS, INTEGERS, METADATA
from service.core.rules.refusal import fault
from service.core.rules.resolved_inputs import member
from service.knowledge.index import Knowledge
from service.knowledge.rows import Lineage

LARGEST_MODEL = 2**53 - 1
"""Parameters that every JSON reader still counts exactly."""

DTYPES = (*FLOATS, *INTEGERS)
"""Types of a safetensors file."""

SEPARATOR = re.compile(r"[./]")

MOST_PARTS = 64
"""Modules within modules. No library nests half as deep."""

MOST_PARTS_TOGETHER = 15 * MOST_TENSORS
"""Parts of all names together. Where mixtures of experts stand within a model of pictures and text, names have nine."""

KERAS_SEPARATOR = re.compile(r"(?<=\d)_|(?<=\d[a-z])_")
"""Where the names of Keras' layers are cut."""

LONGEST_NAME = 512

PLAIN = re.compile(rf"[\w-]+(?:[./][\w-]+){{0,{MOST_PARTS - 1}}}")
"""A name as libraries write them."""

MOST_FAULTS = 100


def listing_faults(request: Job, know: Knowledge) -> Iterator[ProblemFault]:
    """What is wrong with the parameters that a request names, up to a number that a reader can use."""
    return islice(_listing_faults(request, know), MOST_FAULTS)


def _listing_faults(request: Job, know: Knowledge) -> Iterator[ProblemFault]:
    if request.source.parameters is not UNSET:
        named: Named = [(one.name, one.shape) for one in request.source.parameters]
        yield from _repeated(named)
        yield from _name_faults(know, named, "/source/parameters", lambda index, _: f"/source/parameters/{index}/name")
    elif request.source.safetensors is not UNSET:
        found = list(islice(_header_faults(request.source.safetensors, know), MOST_FAULTS))
        found = found or list(_no_parameter(request.source.safetensors))
        yield from found
        entries = {} if found else request.source.safetensors
        named = [(name, entry.shape or []) for name, entry in entries.items() if name != METADATA]
        yield from _name_faults(
            know, named, "/source/safetensors", lambda _, name: f"/source/safetensors{member(name)}"
        )
    elif request.source.safetensors_index is not UNSET:
        yield from _index_faults(request.source.safetensors_index)
        named = list(request.source.safetensors_index.shapes.items())
        form = "/source/safetensors_index"
        yield from _name_faults(know, named, form, lambda _, name: f"{form}/shapes{member(name)}")
    else:
        if request.freezing.tied is not UNSET:
            yield fault("/freezing/tied", "Tied names need the parameters that they name.")
        return
    yield from _tie_faults(request, dict(named), know)


def _repeated(named: Named) -> Iterator[ProblemFault]:
    if len({name for name, _ in named}) == len(named):
        return
    seen: set[str] = set()
    for index, (name, _) in enumerate(named):
        if name in seen:
            yield fault(f"/source/parameters/{index}/name", "This name is given twice; every parameter has one entry.")
        seen.add(name)


def _header_faults(header: dict[str, JobSafetensorsEntry], know: Knowledge) -> Iterator[ProblemFault]:
    for name, entry in header.items():
        if name == METADATA:
            continue
        pointer = f"/source/safetensors{member(name)}"
        if entry.dtype not in DTYPES:
            yield fault(f"{pointer}/dtype", f"Each tensor of a header has a dtype, one of {', '.join(DTYPES)}.")
        if entry.shape is UNSET:
            yield fault(f"{pointer}/shape", "Each tensor of a header has a shape, a list of dimensions.")
    yield from packed_integers(header, know)


def _no_parameter(header: dict[str, JobSafetensorsEntry]) -> Iterator[ProblemFault]:
    if not any(entry.dtype in FLOATS for entry in header.values()):
        yield fault("/source/safetensors", "The header names no parameter: no tensor of floating-point numbers.")


def _index_faults(index: JobSafetensorsIndex) -> Iterator[ProblemFault]:
    if not index.weight_map:
        yield fault("/source/safetensors_index/weight_map", "The index names no tensor.")
    for name in index.weight_map:
        if name not in index.shapes:
            yield fault(
                f"/source/safetensors_index/shapes{member(name)}", "The index names this tensor: give its shape."
            )
    for name in index.shapes:
        if name not in index.weight_map:
            yield fault(f"/source/safetensors_index/shapes{member(name)}", "The index does not name this tensor.")


def _name_faults(
    know: Knowledge, named: Named, form: str, pointer: Callable[[int, str], str]
) -> Iterator[ProblemFault]:
    """What is wrong with names, and with all shapes together. Most names are plain, and looked at once."""
    yield from _part_faults(named, form, pointer)
    yield from changed_forms(named, pointer)
    buffers = know.statistics if form == "/source/parameters" else know.buffers
    kept = 0
    for index, (name, _) in enumerate(named):
        if not PLAIN.fullmatch(name) or len(name) > LONGEST_NAME:
            yield from _odd_name(name, pointer(index, name))
        if name.rpartition(".")[2] not in buffers:
            kept += 1
        elif form == "/source/parameters":
            message = "This is a buffer; give what named_parameters() lists, not state_dict()."
            yield fault(pointer(index, name), message)
    if sum(prod(shape) for _, shape in named) > LARGEST_MODEL:
        yield fault(form, f"Together these tensors hold more than {LARGEST_MODEL} numbers.")
    if named and not kept:
        yield fault(form, "None of these tensors is a parameter: they are buffers, such as running statistics.")


def _part_faults(named: Named, form: str, pointer: Callable[[int, str], str]) -> Iterator[ProblemFault]:
    """Names of more parts than a walk through the model should take."""
    parts = len(named) + sum(name.count(".") for name, _ in named)
    for index, (name, _) in enumerate(named):
        if "/" in name:
            cuts = name.count("/") + len(KERAS_SEPARATOR.findall(name))
            parts += cuts
            if cuts >= MOST_PARTS:
                yield fault(pointer(index, name), f"With its numbered layers a name has {MOST_PARTS} parts at most.")
    if parts > MOST_PARTS_TOGETHER:
        yield fault(form, f"Together these names have more than {MOST_PARTS_TOGETHER} parts.")


def _odd_name(name: str, pointer: str) -> Iterator[ProblemFault]:
    """What may be wrong with a name that holds more than letters, digits, underscores and hyphens."""
    parts = SEPARATOR.split(name)
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        yield fault(pointer, f"A name has 1 to {LONGEST_NAME} characters, none of them a control character.")
    elif len(parts) > MOST_PARTS or not all(parts):
        yield fault(pointer, f"A name has 1 to {MOST_PARTS} parts, none of them empty.")


def _tie_faults(request: Job, shapes: Mapping[str, object], know: Knowledge) -> Iterator[ProblemFault]:
    if request.freezing.tied is UNSET:
        return
    seen: set[str] = set()
    for i, group in enumerate(request.freezing.tied):
        if len(group) < 2:
            yield fault(f"/freezing/tied/{i}", "At least two names share a tensor.")
        kept = [name for name in group if name in shapes]
        for j, name in enumerate(group):
            if name not in shapes and not (kept and _is_output(name, know)):
                yield fault(f"/freezing/tied/{i}/{j}", "No parameter has this name.")
            elif name in seen:
                yield fault(f"/freezing/tied/{i}/{j}", "This name stands in two groups.")
            elif kept and shapes.get(name, shapes[kept[0]]) != shapes[kept[0]]:
                yield fault(f"/freezing/tied/{i}/{j}", "Names that share a tensor have one shape.")
            seen.add(name)


def _is_output(name: str, know: Knowledge) -> bool:
    """Whether it is the weight of the output of a generator, which `named_parameters()` leaves out where it is tied."""
    return not set(know.lineage[Lineage.VOCABULARY_HEAD]).isdisjoint(name.split("."))
