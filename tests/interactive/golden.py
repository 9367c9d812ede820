"""Golden vectors: what the labs' own models say for many states of each figure that a reader can move.

`python -m tests.interactive.golden` writes them again; the models in JavaScript are tested against the stored ones.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from labs.kit.store import write

HERE = Path(__file__).parent
FOLDER = HERE / "golden"


def names() -> list[str]:
    """The figures' models, as their files are called."""
    return sorted(path.stem.replace("_", "-") for path in (HERE / "vectors").glob("[a-z]*.py"))


def vectors(name: str) -> dict[str, Any]:
    """Ask a lab: whether its numbers have to be met exactly, which of its results the first state shows, and cases."""
    module = importlib.import_module(f"tests.interactive.vectors.{name.replace('-', '_')}")
    return {
        "exact": module.EXACT,
        "stored": module.STORED,
        "cases": [{"state": s, "values": v} for s, v in module.cases()],
    }


def as_json(document: dict[str, Any]) -> str:
    """Write vectors with one case a line."""
    cases = ",\n".join(f"    {json.dumps(case)}" for case in document["cases"])
    head = "".join(f"  {json.dumps(key)}: {json.dumps(document[key])},\n" for key in ("exact", "stored"))
    return f'{{\n{head}  "cases": [\n{cases}\n  ]\n}}\n'


if __name__ == "__main__":
    for name in names():
        write(FOLDER / f"{name}.json", as_json(vectors(name)))
