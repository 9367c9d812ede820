"""The whole check, on a small repository with a fault of every sort: each told once, with its place; and again."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

from folio.desk.check import main
from tests.conftest import ROOTS

TODAY = dt.date(2026, 11, 22)

POST = """\
---
title: {title}
dek: A post for the tests.
date: {date}
kind: breakdown
topics: [distributed-systems]
{more}---

{text}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one faultless post."""
    shutil.copytree(ROOTS / "test-post", tmp_path / "docs")
    shutil.copytree(ROOTS / "shared", tmp_path / "shared")
    shutil.copy(ROOTS / "folio_conf.py", tmp_path)
    labs = tmp_path / "labs"
    labs.mkdir()
    (labs / "__init__.py").touch()
    (labs / "__main__.py").write_text("", encoding="utf-8")
    return tmp_path


def post(root: Path, name: str, text: str, more: str = "", date: str = "2026-11-22") -> None:
    content = POST.format(title=name.title(), date=date, text=text, more=more)
    (root / "docs/posts" / f"{name}.md").write_text(content, encoding="utf-8")


def run(root: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(root, TODAY)
    return code, capsys.readouterr().out


def test_nothing_wrong_says_so_and_lists_what_the_owner_has_not_read(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    post(root, "plain", "Words.", "reviewed: 2026-11-22\n")
    post(root, "later", "Words.", "updated: 2026-11-22\nreviewed: 2026-11-20\n", date="2026-11-19")
    code, said = run(root, capsys)
    assert code == 0, said
    assert "nothing to mend" in said
    waiting = said.split("Not read by the owner")[1]
    assert "later.md: read on 2026-11-20, changed on 2026-11-22" in waiting
    assert "plain.md" not in waiting


FAULTS = {
    "front matter": ("Words.", "topcs: [x]\n", 7, "did you mean 'topics'?"),
    "spelling": ("A sentense.", "", 9, "sentence"),
    "a worn phrase": ("A robust claim.", "", 9, "say what it withstands"),
    "an untraced quantity": ("It took 47 minutes.", "", 9, "47 minutes"),
    "a sum": ("{worked}`2 + 2 = 5`", "", 9, "5"),
    "a figure without alternative": ("```{lab-figure} toy/curve\n\nCaption.\n```", "", 9, "alt"),
    "a source that is not listed": ("Words {footcite:p}`nobody1999`.", "", 9, "nobody1999"),
    "a term that is not defined": ("A {term}`nonsense`.", "", 9, "nonsense"),
    "a dead link": ("[Words](nowhere.md)", "", 9, "nowhere"),
    "an unknown result": ("{result}`toy.fw`", "", 9, "toy.few"),
    "a date to come": ("Words.", "updated: 2026-12-24\n", 7, "has not come yet"),
    "results newer than the words": ("Words.", "labs: [toy]\n", 7, "newer than the piece"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_told_with_its_place_and_again_the_next_time(
    root: Path, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    text, more, line, hint = FAULTS[fault]
    shutil.copytree(root / "shared/results", root / "labs/results")
    post(root, "faulty", text, more, date="2020-01-01" if "newer" in fault else "2026-11-22")
    for _ in range(2):
        code, said = run(root, capsys)
        assert code == 1
        told = [item for item in said.splitlines() if item.startswith("docs/posts/faulty.md")]
        assert any(item.startswith(f"docs/posts/faulty.md:{line}: ") and hint in item for item in told), said


def test_a_source_that_nobody_cites_is_told_at_its_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (root / "docs/references.bib").open("a", encoding="utf-8") as file:
        file.write(
            "\n@book{unused2001,\n author={A. Writer}, title={T}, year={2001}, publisher={P},\n checked={abstract}\n}\n"
        )
    code, said = run(root, capsys)
    lines = (root / "docs/references.bib").read_text(encoding="utf-8").splitlines()
    assert code == 1
    assert f"docs/references.bib:{lines.index('@book{unused2001,') + 1}: no page cites 'unused2001'" in said


def test_a_published_page_that_links_to_a_draft_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    post(root, "hidden", "Words.", "draft: true\n")
    post(root, "open", "[Words](hidden.md)")
    code, said = run(root, capsys)
    assert code == 1
    assert "docs/posts/open.md: links to the draft posts/hidden" in said


def test_results_older_than_their_code_are_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = "labs/results/toy/results.json: older than the lab's code"
    (root / "labs/__main__.py").write_text(f"print({line!r}); raise SystemExit(1)", encoding="utf-8")
    code, said = run(root, capsys)
    assert code == 1
    assert line in said


def test_what_was_read_before_is_not_read_again(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(root, capsys)
    kept = {path: path.stat().st_mtime_ns for path in (root / "docs/_build/check").rglob("*.doctree")}
    post(root, "another", "Words.")
    run(root, capsys)
    same = [path for path, time in kept.items() if path.stat().st_mtime_ns == time]
    assert len(kept) > 3
    assert len(same) >= len(kept) - 2  # the list of posts and the home page hold the new one
    assert json.loads((root / "docs/_build/check/folio-warned.json").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("@book{a,\n title={x},\n\n@book{b, title={y}}\n", "docs/references.bib:4: ", "'=' expected"),
        ("@book{a, title={x}, checked={abstract}}\n\n@book{a, title={y}}\n", "docs/references.bib:3: ", "repeated"),
        ("@book{a, title={x\n", "docs/references.bib:", "premature end"),
    ],
)
def test_a_file_of_sources_that_cannot_be_parsed_is_told_with_its_line(
    root: Path, capsys: pytest.CaptureFixture[str], text: str, place: str, said: str
) -> None:
    (root / "docs/references.bib").write_text(text, encoding="utf-8")
    for _ in range(2):
        code, printed = run(root, capsys)
        assert code == 1
        assert any(line.startswith(place) and said in line for line in printed.splitlines()), printed
