"""The page for operators names every setting, every line of the log and the probes."""

from service.observe import EVENTS, KEYS
from service.settings import PREFIX, Settings
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text()


def test_every_setting_is_explained() -> None:
    assert [name for name in Settings.__struct_fields__ if f"`{PREFIX}{name.upper()}`" not in PAGE] == []


def test_every_line_and_field_of_the_log_is_listed() -> None:
    assert [word for word in EVENTS | KEYS if f"`{word}`" not in PAGE] == []
