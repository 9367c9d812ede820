"""The models of figures that a reader can move: small, and the same as their labs'."""

from __future__ import annotations

import gzip
import json
import subprocess
from typing import Any

import pytest
from playwright._impl._driver import compute_driver_executable  # the Node that comes with Playwright

from tests.conftest import REPOSITORY
from tests.interactive.golden import FOLDER, names, vectors

MODELS = REPOSITORY / "docs" / "interactive"
STATIC = REPOSITORY / "src" / "folio" / "static"


def test_every_model_has_vectors() -> None:
    assert (
        names()
        == sorted(path.stem for path in MODELS.glob("*.js"))
        == sorted(path.stem for path in FOLDER.glob("*.json"))
    )


@pytest.mark.parametrize("name", names())
def test_stored_vectors_are_what_the_lab_says(name: str) -> None:
    def close(one: Any, other: Any) -> bool:
        if isinstance(one, list):
            return len(one) == len(other) and all(map(close, one, other))
        return bool(one == pytest.approx(other, rel=1e-12, abs=1e-12))

    stored, fresh = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")), vectors(name)
    assert stored["stored"] == fresh["stored"]
    assert [case["state"] for case in stored["cases"]] == [case["state"] for case in fresh["cases"]]
    for old, new in zip(stored["cases"], fresh["cases"], strict=True):
        for key, value in new["values"].items():
            assert close(value, old["values"][key]), f"{new['state']}: {key}; run python -m tests.interactive.golden"


def test_the_models_agree_with_their_labs() -> None:
    node, *_ = compute_driver_executable()
    command = [str(node), "--test", str(REPOSITORY / "tests" / "interactive" / "models.test.js")]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert told.returncode == 0, told.stdout
    assert f"pass {3 * len(names()) + 1}" in told.stdout


@pytest.mark.parametrize("name", names())
def test_a_figure_s_script_has_at_most_8_kilobytes(name: str) -> None:
    whole = [path.read_bytes() for path in (MODELS / f"{name}.js", STATIC / "moving.js", STATIC / "moving-figure.js")]
    assert sum(len(gzip.compress(part, 9)) for part in whole) <= 8 * 1024
