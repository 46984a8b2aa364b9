"""Formulas of the tables: sums and products of the numbers of a configuration, and nothing else."""

import ast
from collections.abc import Callable, Mapping
from functools import cache

Numbers = Mapping[str, "int | float | bool | Mapping[str, int | float | bool]"]
"""A configuration: numbers by name, and parts of it with numbers of their own."""

OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: int.__add__,
    ast.Sub: int.__sub__,
    ast.Mult: int.__mul__,
    ast.FloorDiv: int.__floordiv__,
    ast.Mod: int.__mod__,
}


class BrokenFormula(Exception):
    """A formula holds what is neither a number, nor a name, nor a sum, difference, product, quotient or remainder."""


def value(formula: str, numbers: Numbers) -> int:
    """What a formula comes to: `value("2 * width + 1", {"width": 4})` is 9; a truth counts as 1.

    A dot leads into a part: `vision_config.hidden_size`. Raises BrokenFormula, also for a name without a number.
    """
    return _value(_parsed(formula), numbers)


@cache
def _parsed(formula: str) -> ast.expr:
    try:
        return ast.parse(formula, mode="eval").body
    except SyntaxError:
        raise BrokenFormula(formula) from None


def _value(node: ast.expr, numbers: Numbers) -> int:
    match node:
        case ast.Constant(value=int() as number):
            return number
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_value(left, numbers), _value(right, numbers))
        case ast.Name(id=name):
            return _number(numbers, name)
        case ast.Attribute(value=ast.Name(id=part), attr=name):
            inner = numbers.get(part)
            return _number(inner, name) if isinstance(inner, Mapping) else _missing(part)
        case _:
            raise BrokenFormula(ast.unparse(node))


def _number(numbers: Numbers, name: str) -> int:
    found = numbers.get(name)
    return int(found) if isinstance(found, int | float) else _missing(name)


def _missing(name: str) -> int:
    raise BrokenFormula(f"{name} has no number")
