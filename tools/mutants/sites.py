"""Where the core can be changed a little so that it decides something else, and how."""

import ast
import random
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from msgspec import Struct

OPERATORS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
}
"""How each operator is written, and what stands in its place."""
Place = Callable[[int | None, int | None], int]
"""From a line, from 1, and a column in bytes to a byte of the source."""
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any", "ceil": "floor", "floor": "ceil"}


class Site(Struct, frozen=True, order=True):
    """A place of a module, by bytes of its source, and what to put there."""

    path: str
    start: int
    end: int
    new: str

    def line(self, source: bytes) -> int:
        """The line that it begins on, from 1."""
        return source.count(b"\n", 0, self.start) + 1

    def told(self, source: bytes) -> str:
        """Where it is, and the change in words."""
        old = b" ".join(source[self.start : self.end].split()).decode()
        return f"{self.path}:{self.line(source)} `{old}` becomes `{' '.join(self.new.split())}`"

    def applied(self, source: bytes) -> bytes:
        """The source with the change."""
        return source[: self.start] + self.new.encode() + source[self.end :]


DECLARED = ("decorator_list", "annotation", "returns", "type_params", "bases")
"""Fields of a node that say what it is, and not what it does."""
SHOWN = ("fires", "silent")
"""Arguments of a rule that are its examples."""
WITHOUT_DECISIONS = ("rulebook.py", "example_requests.py")


def sample(root: Path, size: int, seed: int) -> list[Site]:
    """Sites of the core, drawn in turn from its rooms, so that a small room is not lost beside a large one."""
    rooms: dict[str, list[Site]] = defaultdict(list)
    for path in sorted((root / "service" / "core").rglob("*.py")):
        if path.name in WITHOUT_DECISIONS:
            continue
        inside = path.relative_to(root / "service" / "core")
        rooms[inside.parts[0]].extend(sites(path.read_bytes(), str(path.relative_to(root))))
    drawn = random.Random(seed)  # noqa: S311 -- a sample, not a secret
    for found in rooms.values():
        drawn.shuffle(found)
    turns = [found[turn] for turn in range(size) for found in rooms.values() if turn < len(found)]
    return turns[:size]


def by_hand(root: Path) -> list[Site]:
    """The changes that a person wrote down. Raises ValueError where what one changes does not stand there once."""
    drawn: list[Site] = []
    for row in tomllib.loads(Path(__file__).with_name("by_hand.toml").read_text())["change"]:
        source, old = (root / row["path"]).read_bytes(), row["old"].encode()
        if source.count(old) != 1:
            raise ValueError(f"{row['path']} has {row['old']!r} {source.count(old)} times")
        drawn.append(Site(row["path"], start := source.index(old), start + len(old), row["new"]))
    return drawn


def sites(source: bytes, path: str) -> Iterator[Site]:
    """Every site of a module. Examples and annotations decide nothing, and strings are what the user reads."""
    tree = ast.parse(source)
    examples = set(_examples(tree))
    tree.body = [each for each in tree.body if not (isinstance(each, ast.Assign) and examples & set(_names(each)))]
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def place(line: int | None, column: int | None) -> int:
        return starts[(line or 1) - 1] + (column or 0)

    for node in _deciding(tree):
        yield from (Site(path, *found) for found in _changes(node, source, place))


def _examples(tree: ast.Module) -> Iterator[str]:
    """The names that stand in the examples of rules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg in SHOWN:
            yield from _names(node)


def _names(node: ast.AST) -> Iterator[str]:
    yield from (each.id for each in ast.walk(node) if isinstance(each, ast.Name))


def _deciding(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of bodies: what functions and properties do, not what they are declared with."""
    for name, value in ast.iter_fields(node):
        if name in DECLARED or (name == "keywords" and isinstance(node, ast.ClassDef)):
            continue
        if isinstance(node, ast.keyword) and node.arg in SHOWN:
            continue
        for child in cast("list[object]", value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr):
                yield child
                yield from _deciding(child)


def _changes(node: ast.AST, source: bytes, place: Place) -> Iterator[tuple[int, int, str]]:
    """What one node can become: from where to where, and what stands there then."""
    match node:
        case ast.Compare(left, [operator, *_], [right, *_]) | ast.BinOp(left, operator, right):
            pair = left, operator, right
        case ast.BoolOp(operator, [first, second, *_]):
            pair = first, operator, second
        case _:
            pair = None
    if pair and type(pair[1]) in OPERATORS:
        old, new = OPERATORS[type(pair[1])]
        start = place(pair[0].end_lineno, pair[0].end_col_offset)
        found = source.index(old.encode(), start, place(pair[2].lineno, pair[2].col_offset))
        yield found, found + len(old), new
    if not isinstance(node, ast.expr | ast.If):
        return
    start, end = place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset)
    match node:
        case ast.UnaryOp(ast.Not()):
            yield start, start + len("not "), ""
        case ast.Call(ast.Name(name)) if name in CALLED:
            yield start, start + len(name), CALLED[name]
        case ast.Constant(bool() as value):
            yield start, end, str(not value)
        case ast.Constant(int() | float() as value):
            yield start, end, str(value + 1)
        case ast.IfExp(test) | ast.If(test) if not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            start = place(test.lineno, test.col_offset)
            start -= isinstance(test, ast.NamedExpr) and source[start - 1 : start] == b"("
            yield start, start, "not "
        case _:
            pass
