"""The table of settings."""

import msgspec
import pytest

from service.settings import BadSetting, Settings, describe, read


def test_without_variables_the_defaults_hold() -> None:
    assert read({"PATH": "/bin", "HOME": "/"}) == Settings()
    assert Settings().host == "127.0.0.1"


def test_a_variable_sets_its_field() -> None:
    given = {"TRANSFER_ADVISOR_PORT": "9000", "TRANSFER_ADVISOR_BODY_TIMEOUT_SECONDS": "2.5"}
    assert read(given) == Settings(port=9000, body_timeout_seconds=2.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eight"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", ""),
        ("PORT", "1e3"),
        ("PORT", "8000.0"),
        ("PORT", "08000"),
        ("PORT", "+8000"),
        ("PORT", " 8000"),
        ("PORT", "8_000"),
        ("PORT", "٨٠٠٠"),
        ("HOST", ""),
        ("MAX_BODY_BYTES", "0"),
        ("MAX_BODY_BYTES", "1.5"),
        ("BODY_TIMEOUT_SECONDS", "0"),
        ("BODY_TIMEOUT_SECONDS", "nan"),
        ("DRAIN_SECONDS", "inf"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"TRANSFER_ADVISOR_{name} cannot be used"):
        read({f"TRANSFER_ADVISOR_{name}": value})


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadSetting, match="did you mean TRANSFER_ADVISOR_PORT"):
        read({"TRANSFER_ADVISOR_PROT": "1"})


def test_the_table_describes_every_setting() -> None:
    lines = describe().splitlines()
    for field, line in zip(msgspec.structs.fields(Settings), lines, strict=True):
        assert line.startswith(f"TRANSFER_ADVISOR_{field.name.upper()} (")
        assert f"default {field.default}" in line
