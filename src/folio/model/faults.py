"""What an author can get wrong, said so that it can be mended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that is wrong in a source file.

    Args:
        line: where, counted from 1.
        message: what is wrong, what was expected and how to mend it.
    """

    line: int
    message: str


class UnknownNameError(LookupError):
    """Something was asked for by a name that does not exist."""

    def __init__(self, kind: str, name: str, known: Collection[str]) -> None:
        super().__init__(unknown(kind, name, known))


def unknown(kind: str, name: str, known: Collection[str]) -> str:
    """Say that a name does not exist and which one may have been meant.

    Args:
        kind: what it would name, such as "fact".
        name: the name.
        known: the names that exist.

    Returns:
        A sentence: the nearest name where one is near, else all of them where they are few, else how many there are.
    """
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        hint = f"did you mean {near[0]!r}?"
    elif not known:
        hint = "none exists yet"
    elif len(known) <= 12:
        hint = f"expected one of {', '.join(sorted(known))}"
    else:
        hint = f"none of the {len(known)} that exist is near it"
    return f"unknown {kind} {name!r}: {hint}"
