"""Constants written as text, such as "281*pF", read without running them as code."""

from __future__ import annotations

import ast
import math
from typing import Any

from millpond.reservoir.checks import InputError

_LARGEST_POWER = 20
_LONGEST = 200  # characters


def quantity(name: str, text: str) -> Any:
    """Return the number or Brian2 quantity that `text` stands for.

    Allowed are numbers, the names of Brian2 units, parentheses, signs, ``*``, ``/`` and ``**`` with a number as the
    exponent. Nothing else is evaluated.

    Parameters
    ----------
    name : str
        Of the constant, for the error.
    text : str

    Raises
    ------
    InputError
        Anything else in `text`, or a value that is not finite.

    Examples
    --------
    >>> quantity("tau", "20")
    20
    """
    try:
        value = _value(ast.parse(text.strip(), mode="eval").body) if len(text) <= _LONGEST else math.nan
        is_number = math.isfinite(float(value))
    except (ValueError, SyntaxError, TypeError, ArithmeticError, RecursionError, MemoryError):
        is_number = False
    if not is_number:
        raise InputError(
            f"the constant {name} is {text!r:.60}, but only numbers and units joined by *, / and ** are allowed; "
            "write it like '281*pF' or '0.04/mV'"
        )
    return value


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant):
        return _number(node.value)
    if isinstance(node, ast.Name):
        return _unit(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
        value = _value(node.operand)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        left, right = _value(node.left), _value(node.right)
        return left * right if isinstance(node.op, ast.Mult) else left / right
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        power = _power(node.right)
        return _value(node.left) ** power
    raise ValueError


def _power(node: ast.expr) -> float:
    value = _value(node)
    if not isinstance(value, int | float) or abs(value) > _LARGEST_POWER:
        raise ValueError
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e100:
        raise ValueError
    return value


def _unit(name: str) -> Any:
    from brian2 import units
    from brian2.units.fundamentalunits import Unit

    found = vars(units).get(name)
    if not isinstance(found, Unit):
        raise ValueError
    return found
