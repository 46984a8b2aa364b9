"""The names that the patterns of the catalogue's blocks spell."""

import re

import pytest

from service.knowledge.block_names import spelled
from service.knowledge.loader import load


@pytest.mark.parametrize(
    ("pattern", "modules", "parameters"),
    [
        (r"^(?:cls_token$|blocks\.0\.)", ("blocks.0",), ("cls_token",)),
        (r"^(?:model\.)?layers\.3\.", ("layers.3", "model.layers.3"), ()),
        (r"^classifier\.[0-2]\.", ("classifier.0", "classifier.1", "classifier.2"), ()),
        (r"^aux\.[05]\.", ("aux.0", "aux.5"), ()),
    ],
)
def test_names_that_a_pattern_stands_for(pattern: str, modules: tuple[str, ...], parameters: tuple[str, ...]) -> None:
    assert spelled(pattern) == (modules, parameters)


@pytest.mark.parametrize("pattern", [r"^layers\.\d+\.", r"^fc", "lora_"])
def test_a_pattern_that_spells_no_names_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        spelled(pattern)


def test_every_pattern_of_the_catalogue_matches_its_names() -> None:
    for blocks in load().blocks.values():
        for block in blocks:
            assert block.pattern is not None
            assert block.modules or block.parameters
            for name in (*(f"{module}.weight" for module in block.modules), *block.parameters):
                assert re.search(block.pattern, name)
