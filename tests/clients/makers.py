"""How each client is generated, compiled and run: a row for each, and the calls that are written into its program."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.conftest import ROOT

DOCUMENT = ROOT / "openapi" / "openapi.json"
PROGRAMS = Path(__file__).parent / "programs"
ANNOTATIONS = "/usr/share/java/jakarta-annotation-api.jar"
"""The one annotation that generated Java asks for and the generator's own jar lacks."""


class Ask(NamedTuple):
    """One operation of the document, as a client calls it. `job` names an example, `item` is an id."""

    id: str
    tag: str
    method: str
    path: str
    job: str
    item: str
    optional: list[str]
    text: bool


class Maker(NamedTuple):
    """One generator: commands that generate and compile in a folder, one that runs, and a call in its language."""

    program: str
    generate: list[list[str]]
    compile: list[list[str]]
    run: list[str]
    call: Callable[[Ask], str]


def asks() -> list[Ask]:
    """Every operation of the document."""
    document = json.loads(DOCUMENT.read_bytes())
    return [
        _ask(document, path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _ask(document: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> Ask:
    parameters = [_resolved(document, parameter) for parameter in operation.get("parameters", ())]
    body = operation.get("requestBody", {"content": {"application/json": {"examples": {"": {}}}}})
    return Ask(
        operation["operationId"],
        operation["tags"][0],
        method,
        path,
        next(iter(body["content"]["application/json"]["examples"])),
        next((parameter["example"] for parameter in parameters if parameter["in"] == "path"), ""),
        [parameter["name"] for parameter in parameters if parameter["in"] != "path"],
        "text/csv" in operation["responses"]["200"]["content"],
    )


def _resolved(document: dict[str, Any], parameter: dict[str, Any]) -> dict[str, Any]:
    return document["components"]["parameters"]["IfMatch"] if "$ref" in parameter else parameter


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _attrs(ask: Ask) -> str:
    name = _snake(ask.id)
    given = f"body=job({ask.job!r}), " if ask.job else f"{ask.item!r}, " if ask.item else ""
    module = f"import advisor_client.api.{ask.tag}.{name} as {name}_"
    return f"{module}\nkept({ask.id!r}, told({name}_.sync({given}client=plain)))"


def _pydantic(ask: Ask) -> str:
    given = f"job({ask.job!r})" if ask.job else repr(ask.item) if ask.item else ""
    return f"kept({ask.id!r}, told(advisor.{ask.tag.title()}Api(plain).{_snake(ask.id)}({given})))"


def _go(ask: Ask) -> str:
    given = f', "{ask.item}"' if ask.item else ""
    body = f'.Job(job("{ask.job}"))' if ask.job else ""
    name = ask.id[0].upper() + ask.id[1:]
    called = f"plain.{ask.tag.title()}API.{name}(ctx{given}){body}.Execute()"
    return f'{{\n\t\tanswer, response, err := {called}\n\t\ttold("{ask.id}", answer, response, err)\n\t}}'


def _java(ask: Ask) -> str:
    given = [f'job("{ask.job}")'] if ask.job else [f'"{ask.item}"'] if ask.item else []
    return f'kept("{ask.id}", {ask.tag}.{ask.id}({", ".join(given + ["null"] * len(ask.optional))}));'


def _fetch(ask: Ask) -> str:
    given = [f'body: job("{ask.job}")'] if ask.job else []
    given += [f'params: {{ path: {{ {ask.path.rpartition("{")[2][:-1]}: "{ask.item}" }} }}'] if ask.item else []
    given += ['parseAs: "text"'] if ask.text else []
    options = f", {{ {', '.join(given)} }}" if given else ""
    return f'told("{ask.id}", await plain.{ask.method.upper()}("{ask.path}"{options}));'


def _hey(ask: Ask) -> str:
    given = ["client: plain"]
    given += [f'body: job("{ask.job}")'] if ask.job else []
    given += [f'path: {{ {ask.path.rpartition("{")[2][:-1]}: "{ask.item}" }}'] if ask.item else []
    return f'told("{ask.id}", await sdk.{ask.id}({{ {", ".join(given)} }}));'


GENERATOR = [
    *["java", "-jar", "{jar}", "generate", "-i", "{document}", "-o", "made"],
    "--global-property=apiTests=false,modelTests=false,apiDocs=false,modelDocs=false",
]
TSC = ["{node}/tsc", "--project", "."]
ATTRS = "--meta none --output-path advisor_client --fail-on-warning"
GO = "packageName=advisor,enumClassPrefix=true,disallowAdditionalPropertiesIfNotPresent=false,withGoMod=false"
JAVA = [
    "--invoker-package=advisor",
    "--api-package=advisor.api",
    "--model-package=advisor.model",
    "--additional-properties=openApiNullable=false,useJakartaEe=true",
]
JAVAC = ["-Xlint:all,-deprecation", "-Werror", "-proc:none", "-d", "built"]
PATH = ["-cp", "{jar}:" + ANNOTATIONS]

MAKERS: Mapping[str, Maker] = {
    "python-attrs": Maker(
        "attrs_client.py",
        [
            [*f"{{python}} -m openapi_python_client generate --path {{document}} {ATTRS}".split()],
        ],
        [["{python}", "-m", "compileall", "-q", "advisor_client"]],
        ["{python}", "-W", "error", "round_trips.py"],
        _attrs,
    ),
    "python-pydantic": Maker(
        "pydantic_client.py",
        [[*GENERATOR, "-g", "python", "--additional-properties=packageName=advisor_generated"]],
        [["{python}", "-m", "compileall", "-q", "made"]],
        ["{python}", "round_trips.py"],
        _pydantic,
    ),
    "typescript-fetch": Maker(
        "fetch.ts",
        [["{node}/openapi-typescript", "{document}", "-o", "schema.d.ts", "--default-non-nullable=false"]],
        [TSC],
        ["node", "built/round_trips.js"],
        _fetch,
    ),
    "typescript-hey": Maker(
        "hey.ts",
        [["{node}/openapi-ts", "-f", "hey.config.js", "-i", "{document}", "--no-log-file"]],
        [TSC],
        ["node", "built/round_trips.js"],
        _hey,
    ),
    "go": Maker(
        "main.go",
        [
            [*GENERATOR, "-g", "go", f"--additional-properties={GO}"],
        ],
        [["go", "mod", "init", "example.org/clients"], ["go", "vet", "./..."], ["go", "build", "-o", "built", "."]],
        ["./built"],
        _go,
    ),
    "java": Maker(
        "RoundTrips.java",
        [
            [*GENERATOR, "-g", "java", "--library", "native", *JAVA],
        ],
        [
            ["sh", "-c", "find made/src/main -name '*.java' > sources"],
            ["javac", *JAVAC, *PATH, "@sources", "RoundTrips.java"],
        ],
        ["java", "-cp", "built:{jar}:" + ANNOTATIONS, "RoundTrips"],
        _java,
    ),
}
"""Java: the generator's template calls a method of jackson that jackson has since deprecated."""


def told(command: list[str], folder: Path, **words: str) -> str:
    """What a command prints. Fails with it where the command fails."""
    filled = [part.format(**words) for part in command]
    environment = {**os.environ, "PYTHONPATH": f"{folder}:{folder}/made", "GOPROXY": "off"}
    environment["PATH"] = f"{Path(filled[0]).parent}:{environment['PATH']}"
    done = subprocess.run(filled, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(filled)}\n{done.stdout[-6000:]}{done.stderr[-6000:]}"
    return done.stdout + done.stderr


def program(maker: Maker) -> str:
    """The program with a call of every operation in it."""
    ours = next(ask for ask in asks() if ask.id == "recommend")
    none = ", null" * len(ours.optional)
    pin = "".join(', "\\"other\\""' if name == "If-Match" else ", null" for name in ours.optional)
    calls = "\n".join(maker.call(ask) for ask in asks())
    text = (PROGRAMS / maker.program).read_text()
    for mark, written in (('"""CALLS"""', calls), ("/*CALLS*/", calls), ("/*NONE*/", none), ("/*PIN*/", pin)):
        text = text.replace(mark, written)
    return text
