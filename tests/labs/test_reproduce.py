"""Every stored result belongs to the code that is there; labs within the budget are run again and compared."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from lxml import etree

from labs.kit.chart import Scale
from labs.kit.registry import load, names
from labs.kit.staleness import staleness_hash
from labs.kit.store import RESULTS, read

BUDGET = 45
"""Seconds of lab time, as the labs declare it, that the tests spend; `nox -s labs -- --check` runs all."""


def within_budget() -> list[str]:
    """The labs that the budget pays for, the quickest first."""
    chosen, spent = [], 0.0
    for name in sorted(names(), key=lambda item: (load(item).LAB.seconds, item)):
        spent += load(name).LAB.seconds
        if spent > BUDGET:
            break
        chosen.append(name)
    return chosen


@pytest.mark.parametrize("name", within_budget())
def test_a_lab_run_again_gives_what_is_stored(name: str) -> None:
    # A process of its own: some labs fork hundreds of times, and forking a large process takes long.
    told = subprocess.run([sys.executable, "-m", "labs", "--check", name], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("name", names())
def test_stored_results_belong_to_the_code_that_is_there(name: str) -> None:
    assert read(name)["hash"] == staleness_hash(load(name).LAB), f"run `nox -s labs -- {name}` and commit what changed"


FIGURES = sorted(path.relative_to(RESULTS).as_posix() for path in RESULTS.glob("*/*.svg"))


def value(document: dict[str, Any], key: str) -> float:
    """The stored value that a mark names: `key`, or `key[place]` in a series."""
    match = re.fullmatch(r"(.+?)(?:\[(\d+)\])?", key)
    assert match
    found = document["results"][match[1]]["value"]
    return float(found if match[2] is None else found[int(match[2])])


def place(scale: str, number: float) -> float:
    """Where a value lies by the scale that a figure declares."""
    kind, low, high, start, end = scale.split()
    return Scale(float(low), float(high), log=kind == "log").place(number, float(start), float(end))


@pytest.mark.parametrize("figure", FIGURES)
def test_plotted_marks_stand_where_the_stored_results_put_them(figure: str) -> None:
    root = etree.parse(RESULTS / figure).getroot()
    document = read(figure.split("/")[0])
    axes = (("x", "cx"), ("y", "cy"), ("y", "y"), ("x", "width"))
    marks = [mark for mark in root.iter() if isinstance(mark.tag, str) and (mark.get("data-x") or mark.get("data-y"))]
    assert len(marks) >= 3, "a figure names the results behind at least three of its marks"
    for mark in marks[:1] + marks[len(marks) // 2 : len(marks) // 2 + 1] + marks[-1:]:
        checked = 0
        for axis, attribute in axes:
            key, drawn = mark.get(f"data-{axis}"), mark.get(attribute)
            if key is None or drawn is None:
                continue
            expected = place(root.get(f"data-{axis}-scale"), value(document, key))
            if attribute == "width":
                expected -= float(mark.get("x"))
            assert float(drawn) == pytest.approx(expected, abs=0.011)
            checked += 1
        assert checked


@pytest.mark.parametrize("figure", FIGURES)
def test_a_figures_text_is_text_and_stays_inside(figure: str) -> None:
    root = etree.parse(RESULTS / figure).getroot()
    width = float(root.get("viewBox").split()[2])
    words = list(root.iter("{*}text"))
    assert words
    for node in words:
        length = 7.4 * len("".join(node.itertext()))
        x, anchor = float(node.get("x")), node.get("text-anchor") or "start"
        left = {"start": x, "middle": x - length / 2, "end": x - length}[anchor]
        assert left > -12, f"{''.join(node.itertext())!r} begins outside the figure"
        assert left + length < width + 24, f"{''.join(node.itertext())!r} ends outside the figure"
