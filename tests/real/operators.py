"""Lets torchvision and timm be imported beside the CPU build of torch, for which torchvision has no compiled operators.

torchvision's Python side only asks that the names of its operators exist; they are declared here and never called.
"""
# pyright: basic, reportMissingImports=false

import re
from importlib.util import find_spec
from pathlib import Path

import torch

_registrations = Path(find_spec("torchvision").submodule_search_locations[0]) / "_meta_registrations.py"
_names = re.findall(r'register_(?:meta|fake)\("(?:torchvision::)?(\w+)"', _registrations.read_text())
LIBRARY = torch.library.Library("torchvision", "DEF")
"""Held for as long as the process runs: the declarations go with it."""
for _name in sorted(set(_names)):
    LIBRARY.define(f"{_name}(Tensor x) -> Tensor")
