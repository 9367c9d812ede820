"""Finding the labs: every module in the `labs` folder that has a `LAB`."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol, cast

from labs.kit.figure import Figure
from labs.kit.lab import Lab, Progress, Results, Values
from labs.kit.staleness import LABS


class LabModule(Protocol):
    """What a lab's module offers."""

    LAB: Lab

    def run(self, progress: Progress) -> Results:
        """Do the experiment; the same results every time."""

    def draw(self, values: Values) -> Iterable[Figure]:
        """Draw its figures from the values of its results and nothing else."""


@dataclass(frozen=True, slots=True)
class UnknownLabError(Exception):
    """Somebody asked for a lab that does not exist."""

    name: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        near = get_close_matches(self.name, self.known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return f"there is no lab called {self.name!r}{hint} (labs: {', '.join(self.known)})"


def names() -> tuple[str, ...]:
    """List the labs' names in alphabetical order."""
    return tuple(sorted(path.stem.replace("_", "-") for path in LABS.glob("[a-z]*.py")))


def load(name: str) -> LabModule:
    """Import a lab's module.

    Args:
        name: the lab's name, with hyphens.

    Returns:
        The module.

    Raises:
        UnknownLabError: if there is no such lab.
        ValueError: if the module's `LAB` carries another name than its file.
    """
    if name not in names():
        raise UnknownLabError(name, names())
    module = cast(LabModule, importlib.import_module(f"labs.{name.replace('-', '_')}"))
    if module.LAB.name != name:
        raise ValueError(f"labs/{name.replace('-', '_')}.py calls its LAB {module.LAB.name!r}: expected {name!r}")
    return module
