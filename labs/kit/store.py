"""Reading and writing a lab's results and figures, whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from labs.kit.lab import Lab, Results, Value, stored
from labs.kit.staleness import LABS, engine_pins, staleness_hash

RESULTS = LABS / "results"


def record(lab: Lab, results: Results, day: str) -> dict[str, Any]:
    """Put a lab's results into the form of `results.json`.

    Args:
        lab: the lab.
        results: what its `run` returned.
        day: the day of the run, ISO 8601.

    Returns:
        The document, ready for JSON; `folio.model.results` reads the same form.
    """
    return {
        "lab": lab.name,
        "title": lab.title,
        "question": lab.question,
        "reproduced": day,
        "hash": staleness_hash(lab),
        "engines": engine_pins(lab.engines),
        "parameters": [
            {"name": item.name, "value": item.value, "unit": item.unit, "why": item.why} for item in lab.parameters
        ],
        "results": {
            key: {"value": stored(item.value), "what": item.what, "unit": item.unit}
            | ({"band": list(item.band)} if item.band else {})
            for key, item in results.items()
        },
    }


def values(document: dict[str, Any]) -> dict[str, Value]:
    """Take the bare values out of a `results.json` document, by key."""
    return {key: item["value"] for key, item in document["results"].items()}


def read(name: str, folder: Path = RESULTS) -> dict[str, Any]:
    """Read a lab's stored results.

    Args:
        name: the lab's name.
        folder: where the results of all labs are.

    Returns:
        The document as `record` made it.

    Raises:
        FileNotFoundError: if the lab has never been run.
    """
    document: dict[str, Any] = json.loads((folder / name / "results.json").read_text(encoding="utf-8"))
    return document


def as_json(document: dict[str, Any]) -> str:
    """Write the document as JSON with one result a line, so that a changed digit is a one-line diff."""
    lines = ["{"]
    for key, value in document.items():
        if key == "results":
            rows = [f"    {json.dumps(name)}: {json.dumps(item, ensure_ascii=False)}" for name, item in value.items()]
            lines.append('  "results": {\n' + ",\n".join(rows) + "\n  }")
        elif key == "parameters":
            rows = [f"    {json.dumps(item, ensure_ascii=False)}" for item in value]
            lines.append('  "parameters": [\n' + ",\n".join(rows) + "\n  ],")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)},")
    return "\n".join([*lines, "}"]) + "\n"


def write(path: Path, text: str) -> None:
    """Write a file in one step: a reader, or a kill, sees the old content or the new, never a part.

    Args:
        path: the file; its folder is made where it does not exist.
        text: its content, stored as UTF-8.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
