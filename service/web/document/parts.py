"""The schema of what `?fields=` answers: every answer to a job with nothing required, a JSON Schema of its own.

It stands beside the document and not in it: no generator makes types of it, and those of the operations stay whole.
"""

from typing import Any

import msgspec

from service.web.document.portable import REFERENCE, reachable, referred

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TEXT = (
    "What ?fields= answers: parts of an answer to a job, under the name of the whole one in openapi.json. "
    "Only what was asked for is there, and a list holds as many items as in the whole."
)


def parts_schema(document: bytes) -> bytes:
    """The schema that goes with this OpenAPI document."""
    told = msgspec.json.decode(document)
    answers = [post["responses"]["200"] for methods in told["paths"].values() if (post := methods.get("post"))]
    schemas: dict[str, dict[str, Any]] = told["components"]["schemas"]
    names = sorted(reachable(schemas, referred(answers)))
    loose = {name: {key: value for key, value in schemas[name].items() if key != "required"} for name in names}
    schema = {"$schema": DRAFT, "title": "Parts of an answer", "description": TEXT, "$defs": loose}
    return msgspec.json.encode(schema).replace(f'"{REFERENCE}'.encode(), b'"#/$defs/')
