"""Lab results as `labs/results/<lab>/results.json` holds them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import Field, ValidationError

from folio.model.faults import UnknownNameError
from folio.model.schema import Strict

Scalar: TypeAlias = bool | int | float | str

FILE = "results.json"


class ResultsFileError(ValueError):
    """A results file is not what a lab writes."""


class Parameter(Strict):
    """One input of a lab: its name, value, unit and where the value comes from."""

    name: str
    value: Scalar
    unit: str
    why: str


class Result(Strict):
    """One result of a lab: a value or a series, what it is, its unit, and the band of a ratio of times."""

    value: Scalar | list[Scalar]
    what: Annotated[str, Field(min_length=1)]
    unit: str
    band: tuple[float, float] | None = None


class LabResults(Strict):
    """All that the site knows of a lab."""

    lab: str
    title: str
    question: str
    reproduced: dt.date
    hash: str
    engines: dict[str, str]
    parameters: tuple[Parameter, ...]
    results: dict[str, Result]

    @property
    def command(self) -> str:
        """The command that reproduces it."""
        return f"nox -s labs -- {self.lab}"


@dataclass(frozen=True, slots=True)
class Found:
    """A scalar result with the lab it belongs to."""

    lab: LabResults
    key: str
    value: Scalar
    what: str
    unit: str


def load(path: Path) -> LabResults:
    """Read a results file.

    Args:
        path: `results.json` of one lab.

    Returns:
        Its content.

    Raises:
        ResultsFileError: if it is not JSON, or not the JSON that the labs' runner writes.
    """
    try:
        return LabResults.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, UnicodeDecodeError, ValidationError, RecursionError) as error:
        name = path.parent.name
        reason = str(error).splitlines()[0]
        raise ResultsFileError(
            f"{name}/{path.name} is not what a lab writes ({reason}): run `nox -s labs -- {name}`"
        ) from error


def find(labs: Mapping[str, LabResults], address: str) -> Found:
    """Look up a scalar result.

    Args:
        labs: the labs by name.
        address: the lab's name, a dot, and the key of the result.

    Returns:
        The result.

    Raises:
        UnknownNameError: if there is no such lab or key; names the nearest.
        LookupError: if the result is a series, which prose cannot show.
    """
    name, _, key = address.partition(".")
    if name not in labs:
        raise UnknownNameError("lab", name, labs.keys())
    results = labs[name].results
    if key not in results:
        addresses = [f"{name}.{other}" for other, item in results.items() if not isinstance(item.value, list)]
        raise UnknownNameError("result", address, addresses)
    result = results[key]
    if isinstance(result.value, list):
        raise LookupError(f"the result {address!r} is a series of {len(result.value)}: bind one number or draw it")
    return Found(labs[name], key, result.value, result.what, result.unit)
