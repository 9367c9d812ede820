"""Worked arithmetic, done again by the build."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

SIGNS = str.maketrans(
    {"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "\u00a0": " ", "\u202f": " ", "[": "(", "]": ")"}
)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
SCALES = {"K": 1e3, "M": 1e6, "B": 1e9}

OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}


class ArithmeticFaultError(ValueError):
    """The sum does not come out, or cannot be read."""


def check(text: str) -> None:
    """Do a worked sum again.

    Args:
        text: such as `10,000 × 3 min ÷ 60 = 500 hours`. It may use + − × ÷ ^ √, brackets, %, $, K, M, B; words are
            taken for units and passed over. `=` wants equality, `≈` allows rounding to the digits shown. Several may
            follow each other.

    Raises:
        ArithmeticFaultError: if there is no `=` or `≈`, a side cannot be read, or a side differs from the one before.
    """
    parts = re.split(r"([=≈])", text)
    if len(parts) < 3:
        raise ArithmeticFaultError(f"`{text}` has no `=` or `≈`: write the sum and what it comes to")
    before = evaluate(parts[0])
    for sign, side in zip(parts[1::2], parts[2::2], strict=True):
        value = evaluate(side)
        tolerance = 1e-9 * max(abs(before), 1e-300) if sign == "=" else _half_last_digit(side, value)
        if abs(value - before) > tolerance * (1 + 1e-9):
            raise ArithmeticFaultError(f"`{text}` does not come out: {before:.10g} {sign} {side.strip()} is wrong")
        before = value


def evaluate(text: str) -> float:
    """Work out one side of a sum.

    Args:
        text: numbers, operators, brackets and units.

    Returns:
        Its value.

    Raises:
        ArithmeticFaultError: if it cannot be read, or has no value.
    """
    source = text.translate(SIGNS)
    source = re.sub(r"(?<=\d)\s?([KMB])\b\+?", lambda match: f"*{SCALES[match[1]]:.0f}", source)
    source = re.sub(r"(?<=[\d.])\s?%", "*0.01", source)
    source = NUMBER.sub(lambda match: match[0].replace(",", ""), source)
    source = re.sub(r"√\s*(\([^()]*\)|\d+(?:\.\d+)?)", r"((\1)**0.5)", source).replace("^", "**")
    source = re.sub(r"/?\s*(?:per\s+)?(?<![\d.])[A-Za-zµ']+(?:[- ][A-Za-z']+)*(?:/[A-Za-z]+)?", " ", source).replace(
        "$", ""
    )
    try:
        value = _value(ast.parse(" ".join(source.split()), mode="eval").body)
    except (SyntaxError, ZeroDivisionError, OverflowError, ValueError, TypeError, RecursionError) as error:
        raise ArithmeticFaultError(
            f"cannot work out `{text.strip()}`: expected numbers, + − × ÷ ^ √ and units"
        ) from error
    if isinstance(value, complex) or not math.isfinite(value):
        raise ArithmeticFaultError(f"`{text.strip()}` has no finite value")
    return value


def _value(node: Any) -> float:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.BinOp(left=left, op=op, right=right):
            return OPERATORS[type(op)](_value(left), _value(right))
        case ast.UnaryOp(op=ast.USub() as op, operand=operand):
            return OPERATORS[type(op)](_value(operand))
    raise ValueError(ast.dump(node))


def _half_last_digit(side: str, value: float) -> float:
    """How far a rounded number may lie from what it rounds: half a unit of its last digit."""
    numbers = NUMBER.findall(side)
    if len(numbers) != 1:
        return abs(value) * 5e-3
    exponent = Decimal(numbers[0].replace(",", "")).as_tuple().exponent
    shown = float(numbers[0].replace(",", "")) or 1.0
    return 0.5 * 10.0 ** int(exponent) * abs(value or 1.0) / shown
