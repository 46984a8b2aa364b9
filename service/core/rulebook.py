"""Every rule of the engine: importing this walks the package, so that a module need not be named to be found."""

from importlib import import_module
from pkgutil import walk_packages

import service.core
from service.core.rules.rule import RULES

__all__ = ["RULES"]

for found in walk_packages(service.core.__path__, "service.core."):
    if found.name != __name__:
        import_module(found.name)
