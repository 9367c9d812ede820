from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from folio.model.results import load
from labs.__main__ import main
from labs.kit.chart import Chart, Scale
from labs.kit.compare import differences
from labs.kit.lab import Lab, Parameter, Result
from labs.kit.registry import names
from labs.kit.staleness import staleness_hash
from labs.kit.store import RESULTS, as_json, record, stored, write

PINS = "tzdata==2025.1 \\\n    --hash=sha256:00\n"


def lab(**options: object) -> Lab:
    return Lab("a-lab", "A lab", "Why?", (Parameter("n", 3, "calls", "illustrative"),), 1, **options)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    labs = tmp_path / "labs"
    (labs / "kit").mkdir(parents=True)
    (labs / "a_lab.py").write_text("from labs.shared import x\nfrom labs.kit.lab import Lab\n")
    (labs / "shared.py").write_text("x = 1\n")
    (labs / "kit" / "lab.py").write_text("")
    (labs / "data.csv").write_text("1\n")
    (tmp_path / "pins.txt").write_text(PINS)
    return labs


def hashed(folder: Path) -> str:
    return staleness_hash(lab(engines=("tzdata",), inputs=("data.csv",)), folder, folder.parent / "pins.txt")


@pytest.mark.parametrize(
    ("name", "content"),
    [("a_lab.py", "from labs.shared import x\n# changed\n"), ("shared.py", "x = 2\n"), ("data.csv", "2\n")],
)
def test_the_hash_changes_with_all_that_decides_a_number(folder: Path, name: str, content: str) -> None:
    before = hashed(folder)
    (folder / name).write_text(content)
    assert hashed(folder) != before


def test_the_hash_changes_with_an_engines_pin(folder: Path) -> None:
    before = hashed(folder)
    (folder.parent / "pins.txt").write_text(PINS.replace("2025.1", "2025.2"))
    assert hashed(folder) != before


def test_the_hash_does_not_change_with_the_drawing_kit_or_line_ends(folder: Path) -> None:
    before = hashed(folder)
    (folder / "kit" / "lab.py").write_text("# another way to draw\n")
    (folder / "shared.py").write_bytes(b"x = 1\r\n")
    assert hashed(folder) == before


def test_an_engine_that_is_not_pinned_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"pins no version of duckdb"):
        staleness_hash(lab(engines=("duckdb",)), folder, folder.parent / "pins.txt")


def document(value: object = 42, band: tuple[float, float] | None = None) -> dict[str, object]:
    return {
        **dict.fromkeys(("lab", "title", "question", "hash"), ""),
        "engines": {},
        "parameters": [],
        "results": {"a.b": {"value": value, "what": "it", "unit": ""} | ({"band": list(band)} if band else {})},
    }


def test_one_changed_digit_is_a_difference() -> None:
    assert differences(document(0.123456789012), document(0.123456789013)) == [
        "a.b: stored 0.123456789012, now 0.123456789013"
    ]
    assert differences(document(), document()) == []


def test_a_ratio_of_times_must_lie_in_its_band_and_may_move_there() -> None:
    assert differences(document(3.0, (2.0, 5.0)), document(4.9, (2.0, 5.0))) == []
    assert differences(document(3.0, (2.0, 5.0)), document(5.1, (2.0, 5.0))) == [
        "a.b: new value 5.1 lies outside 2.0 to 5.0"
    ]


def test_a_result_that_appears_or_goes_is_a_difference() -> None:
    other = document()
    other["results"] = {}
    assert differences(document(), other) == ["a.b: stored, but no longer found by the lab"]
    assert differences(other, document()) == ["a.b: found by the lab, but not stored"]


def test_floats_are_stored_to_twelve_digits_and_nothing_infinite_is() -> None:
    assert stored(1 / 3) == 0.333333333333
    assert stored([1, 0.1 + 0.2]) == [1, 0.3]
    with pytest.raises(ValueError, match="finite"):
        stored(float("nan"))


def test_what_the_runner_writes_the_site_reads(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labs.kit.store.staleness_hash", lambda _lab: "sha256:0")
    made = record(lab(), {"a.b": Result(1 / 3, "a third", "calls"), "xs": Result([1, 2], "places")}, "2026-01-02")
    path = tmp_path / "a-lab" / "results.json"
    write(path, as_json(made))
    assert json.loads(path.read_text()) == made
    assert load(path).results["a.b"].value == 0.333333333333


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "results.json"
    write(path, "old")

    def fail(*_: object) -> None:
        raise OSError("full")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="full"):
        write(path, "new")
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["results.json"]


def test_an_unknown_lab_is_told_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([names()[0] + "x"]) == 2
    assert f"did you mean {names()[0]}?" in capsys.readouterr().err


def test_labs_run_side_by_side_tell_what_differs_as_one_after_another_do(tmp_path: Path) -> None:
    shutil.copytree(RESULTS.parent, tmp_path / "labs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(RESULTS.parents[1] / "requirements", tmp_path / "requirements")
    stored = tmp_path / "labs/results/failover/results.json"
    stored.write_text(stored.read_text().replace('"value": 300.0', '"value": 301.0', 1))
    command = [sys.executable, "-m", "labs", "--check", "failover", "poison-record"]
    told = [
        subprocess.run([*command, "--jobs", jobs], cwd=tmp_path, capture_output=True, text=True, check=False)
        for jobs in ("1", "2")
    ]
    assert [each.returncode for each in told] == [1, 1], told
    faults = [[line for line in each.stdout.splitlines() if line.startswith("failover: ")] for each in told]
    assert faults[0] == faults[1] != []


def test_a_scale_places_its_ends_and_equal_ratios_equally() -> None:
    log = Scale(1, 100, log=True)
    assert log.place(1, 10, 210) == 10
    assert log.place(10, 10, 210) == pytest.approx(110)
    assert Scale(0, 4).place(3, 100, 0) == 25


def test_a_chart_keeps_its_text_as_text_and_names_no_colour() -> None:
    chart = Chart(340, 200, Scale(0, 1, (0, 1)), Scale(0, 1, (0, 1)), "x < y", "y")
    chart.marks([0.5], [0.5], x_key="xs", y_key="ys")
    drawn = chart.svg()
    assert "x &lt; y</text>" in drawn
    assert 'data-y="ys[0]"' in drawn
    body = drawn.split("</style>")[1]
    assert "#" not in body
    assert "fill=" not in body
