# pyright: basic, reportMissingImports=false
# ruff: noqa: S307
"""Records models of libraries that the service was not built for: names, shapes, and the order in which modules run.

`python -m tools.foreign_models` in an environment with these libraries writes `tests/architectures/foreign.json.xz`,
which a test reads without them. Weights are random, and nothing is downloaded. Each group of the list was made before
anything was measured on it; a model that cannot be built is an error. The rules were mended by the first group, the
second was held out meanwhile, the third was asked later, the fourth was drawn to mend by, and the fifth was measured
once, untouched: 35 of 42 in order, 22 of 23 heads, every batch norm, three wrong orders without a warning. So was the
sixth: 37 of 45 by list and 38 of 42 by file in order, 31 of 31 and 29 of 29 heads, every batch norm, three wrong orders
of lists without a warning.
"""

import importlib
import json
import lzma
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

os.environ["PYTORCH_JIT"] = "0"
import tests.real.operators  # noqa: F401

# isort: split

import torch
from torch import nn

LIST = Path(__file__).parent.parent / "tests" / "architectures" / "foreign.txt"

FILE = Path(__file__).parent.parent / "tests" / "architectures" / "foreign.json.xz"


class Foreign(NamedTuple):
    """A model by library and name. `head`: the modules of its head, parted by blanks; empty where it has none."""

    name: str
    build: Callable[[], nn.Module]
    inputs: Callable[[], tuple[Any, ...]]
    head: str


def read(row: str) -> Foreign:
    """A line of the list: `library name | call | inputs | head`. Calls name their function by its whole path."""
    name, call, inputs, head = (part.strip() for part in row.split("|"))
    path, _, told = call.partition("(")
    module, _, function = path.rpartition(".")
    scope: dict[str, Any] = {"torch": torch, "nn": nn, "at": at, "ids": ids, "x": torch.randn}

    def build() -> nn.Module:
        return eval(f"made({told}", {**scope, "made": getattr(importlib.import_module(module), function)})

    return Foreign(name, build, lambda: eval(f"({inputs},)", dict(scope)), head)


def at(path: str) -> Any:
    """What stands at a path of modules."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def ids(*size: int) -> torch.Tensor:
    """Numbers of words."""
    return torch.randint(1, 20, size)


def record(told: Foreign, group: str) -> dict[str, Any]:
    """One model as the test reads it: parameters, and their numbers in the order in which their modules first ran."""
    torch.manual_seed(0)
    model = told.build().eval()
    numbers = {id(p): i for i, p in enumerate(model.parameters())}
    order: dict[int, None] = {}

    def ran(module: nn.Module, *_: Any) -> None:
        order.update(dict.fromkeys(numbers[id(p)] for p in module.parameters(recurse=False)))

    for module in model.modules():
        if not any(True for _ in module.children()):
            module.register_forward_pre_hook(ran)
    with torch.no_grad():
        model(*told.inputs())
    owned = dict(model.named_parameters())
    whole = dict(model.named_parameters(remove_duplicate=False))
    for head in told.head.split():
        if head not in owned:
            model.get_submodule(head)
    library, _, name = told.name.partition(" ")
    return {
        "library": library,
        "model": name,
        "group": group,
        "parameters": [[key, list(p.shape)] for key, p in owned.items()],
        "buffers": [
            [key, "I64" if t.dtype == torch.int64 else "F32", list(t.shape)]
            for key, t in model.state_dict().items()
            if key not in whole and isinstance(t, torch.Tensor)
        ],
        "order": list(order),
        "batch_norm": [
            key
            for key, m in model.named_modules()
            if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats
        ],
        "head": told.head.split(),
    }


def main() -> None:
    """Records every model; exits with 1, and says which, where one cannot be built."""
    found: list[dict[str, Any]] = []
    failed: list[str] = []
    group = ""
    for row in LIST.read_text(encoding="utf-8").splitlines()[1:]:
        if row.startswith("#"):
            group = row.removeprefix("#").strip()
            continue
        told = read(row)
        try:
            found.append(record(told, group))
        except Exception as error:
            failed.append(f"{told.name}: {type(error).__name__}: {str(error)[:150]}")
    FILE.parent.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(one, separators=(",", ":")) for one in found)
    FILE.write_bytes(lzma.compress(f"[\n{lines}\n]\n".encode(), preset=9))
    libraries = len({one["library"] for one in found})
    print(f"{len(found)} models of {libraries} libraries; not built:", *failed, sep="\n")  # noqa: T201
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
