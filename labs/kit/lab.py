"""The record that a lab fills in: what it is, what it takes, what it found."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Scalar: TypeAlias = int | float | str | bool
Value: TypeAlias = Scalar | list[Scalar]

Progress: TypeAlias = Callable[[float, str], None]
"""Called by `run` with the share done (0 to 1) and a few words on what is being done."""

SIGNIFICANT_DIGITS = 12
"""Floats are stored to this many digits: machines may differ in the last bits of `exp` and `log`."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input of a lab, as its page shows it.

    Args:
        name: how the code calls it.
        value: what it is set to; a range is written as text ("0.1 to 0.9").
        unit: its unit, empty for a pure number.
        why: where the value comes from. An input chosen only to make the model concrete says "illustrative".
    """

    name: str
    value: Scalar
    unit: str
    why: str


@dataclass(frozen=True, slots=True)
class Result:
    """One number (or series of numbers) that a lab found.

    Args:
        value: a scalar, or a list of scalars for a series that a figure plots.
        what: what the value counts or measures, in words that stand alone.
        unit: its unit, empty for a pure number.
        band: None where the value must come out the same every time. For a ratio of times measured in one run,
            the (lowest, highest) value that supports what is said about it.
    """

    value: Value
    what: str
    unit: str = ""
    band: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Lab:
    """What a lab is.

    Args:
        name: its slug: the module's name with hyphens, and the first part of every result's key.
        title: what its page is called.
        question: the one question that it answers, a sentence.
        parameters: every input that a reader could change.
        seconds: about how long `run` takes on two cores; decides whether the tests run it or only check its hash.
        engines: PyPI distributions whose pinned version enters the hash, as `requirements/labs.txt` pins them.
        inputs: files that it reads, relative to the `labs` folder; their content enters the hash.
    """

    name: str
    title: str
    question: str
    parameters: tuple[Parameter, ...]
    seconds: float
    engines: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


Results: TypeAlias = dict[str, Result]
"""Results by key: lower-case words joined by dots and underscores, such as `naive.divergent`."""

Values: TypeAlias = Mapping[str, Value]
"""The same keys with the bare values: what `draw` is given."""


def numbers(value: Value) -> list[float]:
    """Read a value as the numbers that a figure plots.

    Args:
        value: a number or a list of numbers.

    Returns:
        The numbers, one for a scalar.

    Raises:
        ValueError: if an item is a word that is no number.
    """
    return [float(item) for item in value] if isinstance(value, list) else [float(value)]


def stored(value: Value) -> Value:
    """Round floats the way `results.json` stores them.

    Args:
        value: a scalar or a list of scalars.

    Returns:
        The same, each float with `SIGNIFICANT_DIGITS` significant digits.

    Raises:
        ValueError: if a float is infinite or not a number, which JSON cannot hold.
    """
    if isinstance(value, list):
        return [_stored_scalar(item) for item in value]
    return _stored_scalar(value)


def _stored_scalar(value: Scalar) -> Scalar:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"a result must be a finite number, not {value}")
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    return value
