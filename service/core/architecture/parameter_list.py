"""Reads the parameters of a model from a request, in each of the forms in which a request may hold them."""

from collections.abc import Iterable
from math import lgamma, log, prod

from msgspec import UNSET, Struct

from service.contract.job import Job
from service.core.architecture.module_tree import DIGITS, Tensor
from service.knowledge.index import Knowledge

METADATA = "__metadata__"
"""The one entry of a safetensors header that is no tensor."""

FLOATS = ("F64", "F32", "F16", "BF16", "F8_E5M2", "F8_E4M3", "C64")

INTEGERS = ("I8", "I16", "I32", "I64", "U8", "U16", "U32", "U64", "BOOL")
"""Types of a safetensors file that hold no trainable numbers."""

Shapes = list[tuple[str, tuple[int, ...]]]


class Listing(Struct, frozen=True):
    """The parameters that a request names. `ordered`: in the order in which the model was written.

    `parts` are those of all names. `tied` leads from each further name of a tensor to the one that counts it.
    `buffers` counts tensors that are no parameters; None where the form of the request leaves them out.
    """

    tensors: list[Tensor]
    parts: set[str]
    tied: dict[str, str]
    ordered: bool
    buffers: int | None
    batch_norm: bool


def read_listing(request: Job, know: Knowledge) -> Listing:
    """The parameters of the request, tied ones counted once."""
    shapes, kept = _shapes(request, know)
    shapes += _dropped(request, dict(shapes))
    names = [name for name, _ in shapes]
    ordered = request.source.parameters is not UNSET and not _is_sorted(names)
    if not ordered:
        shapes.sort()
        names.sort()
    tied = _counted_elsewhere(request, names)
    return Listing(
        tensors=[Tensor(name, shape, 0 if name in tied else prod(shape)) for name, shape in shapes],
        parts=name_parts(names),
        tied=tied,
        ordered=ordered,
        buffers=None if kept is None else len(kept),
        batch_norm=any(name.endswith(("running_mean", "running_var")) for name in kept or ()),
    )


def name_parts(names: Iterable[str]) -> set[str]:
    """The names of all modules, and those of parameters within theirs."""
    return set[str]().union(*(name.replace("/", ".").split(".") for name in names))


def _shapes(request: Job, know: Knowledge) -> tuple[Shapes, list[str] | None]:
    """Name and shape of every parameter; and the names of the other tensors, where the request lists them."""
    if request.source.parameters is not UNSET:
        return [(one.name, tuple(one.shape)) for one in request.source.parameters], None
    if request.source.safetensors is not UNSET:
        entries = {name: entry for name, entry in request.source.safetensors.items() if name != METADATA}
        buffers = [
            name
            for name, entry in entries.items()
            if entry.dtype in INTEGERS or name.rpartition(".")[2] in know.buffers
        ]
        shapes = {name: entry.shape or [] for name, entry in entries.items()}
    else:
        index = request.source.safetensors_index
        shapes = {} if index is UNSET else index.shapes
        buffers = [name for name in shapes if _is_buffer(name, know)]
    without = set(buffers)
    listed = [(name, tuple(shape)) for name, shape in shapes.items() if name not in without]
    return listed, buffers


def _is_buffer(name: str, know: Knowledge) -> bool:
    """Whether a saved tensor is no parameter, by the last part of its name."""
    return name.rpartition(".")[2] in know.buffers


def form_pointer(request: Job) -> str:
    """The JSON pointer of the form in which the parameters are given."""
    forms = ("parameters", "safetensors", "safetensors_index")
    return next(f"/source/{form}" for form in forms if getattr(request.source, form) is not UNSET)


MOST_CHANCE = 0.05
"""Likelihood, at most, that a list which is in the order of its names came into it by chance."""


def _is_sorted(names: list[str]) -> bool:
    """Whether a list was sorted by name, so that its order says nothing.

    Modules list weights before biases, and 2 before 10. Parts of one module are in the order of their names by a chance
    of one to the number of their orders; parts that differ by a number are in it anyway.
    """
    if len(names) < 3 or names != sorted(names):
        return False
    parts: dict[str, dict[str, None]] = {"": {}}
    for name in names:
        place, _, last = name.replace("/", ".").rpartition(".")
        parts.setdefault(place, {})[last] = None
        while place and (above := place.rpartition("."))[2] not in parts.setdefault(above[0], {}):
            parts[above[0]][above[2]] = None
            place = above[0]
    kinds = {tuple(dict.fromkeys(map(_kind, inside))) for inside in parts.values()}
    shuffled = any(numbers != sorted(numbers) for inside in parts.values() if (numbers := _numbers(inside)))
    biased = any("bias" in kind and "weight" in kind for kind in kinds)
    return shuffled or biased or sum(lgamma(len(kind) + 1) for kind in kinds) > -log(MOST_CHANCE)


def _kind(name: str) -> str:
    """A name without the number at its end. Runs of digits may be as long as a name."""
    word = name.rstrip(DIGITS)
    return name if word == name else word.removesuffix("_")


def _numbers(names: Iterable[str]) -> list[int]:
    """The numbers that are names."""
    return [int(name) for name in names if name.isdecimal()]


def _dropped(request: Job, shapes: dict[str, tuple[int, ...]]) -> Shapes:
    """Names of `tied` that the list leaves out, as `named_parameters()` does: each with the shape of its tensor."""
    groups = [] if request.freezing.tied is UNSET else request.freezing.tied
    listed = [(group, next(shapes[name] for name in group if name in shapes)) for group in groups]
    return [(name, shape) for group, shape in listed for name in group if name not in shapes]


def _counted_elsewhere(request: Job, names: list[str]) -> dict[str, str]:
    """Of each tied group all names but the first that the model lists, each with that first one."""
    if request.freezing.tied is UNSET:
        return {}
    place = {name: index for index, name in enumerate(names)}
    groups = [sorted(group, key=place.__getitem__) for group in request.freezing.tied]
    return {name: first for first, *others in groups for name in others}
