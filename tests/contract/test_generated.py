# pyright: basic
"""Requests made up from the committed OpenAPI document, right and wrong, sent to the application."""

from pathlib import Path

import schemathesis
from schemathesis.config import SchemathesisConfig

from service.app import create_app
from service.settings import Settings
from tests.conftest import ROOT

config = SchemathesisConfig.from_path(Path(__file__).parent / "schemathesis.toml")
schema = schemathesis.openapi.from_path(ROOT / "openapi" / "openapi.json", config=config)
schema.app = create_app(Settings())


@schema.parametrize()
def test_the_service_does_as_the_document_says(case: schemathesis.Case) -> None:
    case.call_and_validate()
