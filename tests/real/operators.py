"""Lets torchvision and timm be imported beside a build of torch for which torchvision has no compiled operators.

torchvision's Python side only asks that the names of its operators exist; where its own library does not load, they are
declared here and never called.
"""
# pyright: basic, reportMissingImports=false, reportOptionalMemberAccess=false, reportOptionalSubscript=false

import re
from importlib.util import find_spec
from pathlib import Path

import torch

FOLDER = Path(find_spec("torchvision").submodule_search_locations[0])
LIBRARY = torch.library.Library("torchvision", "FRAGMENT")
"""Held for as long as the process runs: the declarations go with it."""

try:
    torch.ops.load_library(next(FOLDER.glob("_C*.so")))
except (OSError, StopIteration):
    found = re.findall(
        r'register_(?:meta|fake)\("(?:torchvision::)?(\w+)"', (FOLDER / "_meta_registrations.py").read_text()
    )
    for name in sorted(set(found)):
        LIBRARY.define(f"{name}(Tensor x) -> Tensor")
