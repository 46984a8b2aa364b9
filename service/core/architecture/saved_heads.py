"""The heads that PEFT can train whole beside an adapter: those it tells apart by the end of their names."""

from bisect import bisect_left
from collections.abc import Iterable

from service.contract.words import BlockKind
from service.core.architecture.order.run_order import Unit
from service.core.architecture.parameter_list import Listing

OF_PEFT = (
    "base_layer",
    "lora_A",
    "lora_A.default",
    "lora_B",
    "lora_B.default",
    "lora_dropout",
    "lora_dropout.default",
    "lora_embedding_A",
    "lora_embedding_B",
    "lora_magnitude_vector",
    "modules_to_save",
    "modules_to_save.default",
    "original_module",
)
"""How the modules end that PEFT 0.21 itself puts into a model, before it looks for the heads."""


def saved_heads(units: Iterable[Unit], listing: Listing) -> tuple[str, ...]:
    """The modules of the heads whose names end no other module's name, but that of another head.

    PEFT takes every module whose name ends in one of `modules_to_save`, whole parts of it or not: `out` takes
    `lora_dropout`, `fc` takes `c_fc`. A head that is a bare parameter it does not find at all.
    """
    heads = [node.prefix for unit in units if unit.kind is BlockKind.HEAD for node in unit.nodes if node.ends]
    if not heads:
        return ()
    others = {*OF_PEFT, *_modules(listing)} - {head.replace("/", ".") for head in heads}
    backwards = sorted(name[::-1] for name in others)
    return tuple(head for head in heads if not _ends(backwards, head.replace("/", ".")))


def _modules(listing: Listing) -> set[str]:
    """The names of all modules that hold parameters, those within others too."""
    modules: set[str] = set()
    for tensor in listing.tensors:
        name = tensor.name.replace("/", ".").rpartition(".")[0]
        while name and name not in modules:
            modules.add(name)
            name = name.rpartition(".")[0]
    return modules


def _ends(backwards: list[str], head: str) -> bool:
    """Whether one of the sorted names, each written backwards, ends in the head's."""
    first = bisect_left(backwards, head[::-1])
    return any(name.startswith(head[::-1]) for name in backwards[first : first + 1])
