"""The list of what is in the image is whole, and nothing in it has a licence that was not looked at."""

import json
import re
from typing import Any

from tests.conftest import ROOT

ALLOWED = {"Apache-2.0", "BSD-3-Clause", "MIT", "PSF-2.0"}
SPELLED_OTHERWISE = {"MIT License": "MIT"}
NOT_IN_ITS_METADATA = {"multipart": "MIT"}
"""Read in the package's own LICENSE file."""


def packages(kind: str) -> list[Any]:
    listed = json.loads((ROOT / ".image" / "sbom.cdx.json").read_text())
    return [part for part in listed["components"] if part.get("purl", "").startswith(f"pkg:{kind}/")]


def licences(package: Any) -> set[str]:
    """Those that one may choose from."""
    name = package["name"].lower()
    if name in NOT_IN_ITS_METADATA:
        return {NOT_IN_ITS_METADATA[name]}
    told: list[str] = []
    for entry in package.get("licenses", []):
        words: str = entry.get("expression") or entry["license"].get("id") or entry["license"]["name"]
        told += words.split(" OR ")
    return {SPELLED_OTHERWISE.get(word, word) for word in told}


def test_every_package_is_listed() -> None:
    locked = re.findall(r"^(\S+)==(\S+)", (ROOT / "requirements" / "image.txt").read_text(), re.MULTILINE)
    assert {(package["name"].lower(), package["version"]) for package in packages("pypi")} == set(locked)
    assert "libc6" in {package["name"] for package in packages("deb")}


def test_every_licence_is_allowed() -> None:
    judged = {package["name"]: licences(package) for package in packages("pypi")}
    print(f"\n{ {name: sorted(found) for name, found in judged.items()} }")  # noqa: T201
    assert {name: found for name, found in judged.items() if not found & ALLOWED} == {}
