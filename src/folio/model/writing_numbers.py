"""How a value is written in prose."""

from __future__ import annotations

WORDS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def written(value: bool | int | float | str, how: str = "") -> str:
    """Write a value.

    Args:
        value: the value.
        how: empty for the plain form (thousands separated, floats as stored), `words` for a whole number up to
            twelve in words, or any format specification that Python's `format` takes for the value.

    Returns:
        The text; a minus sign is a real one (U+2212).

    Raises:
        ValueError: if the value cannot be written so.
    """
    if how == "words":
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < len(WORDS):
            raise ValueError(f"`words` writes whole numbers from 0 to {len(WORDS) - 1}, not {value!r}")
        return WORDS[value]
    if isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, str):
        text = format(value, how)
    else:
        text = format(value, how or ",")
    return text.replace("-", "\N{MINUS SIGN}") if not isinstance(value, str) else text
