"""What a new author gets wrong, each told where it is and how to mend it; tried one at a time by one who was new."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from folio.desk.bibliography import incomplete
from folio.desk.check import _of_leftovers
from folio.desk.findings import Source, sources
from folio.desk.new import draft
from tests.conftest import REPOSITORY
from tests.desk.test_check import TODAY, post, root, run

__all__ = ["root"]

LONG = "Words that say something of the sort that a reader would come for."


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("# Again", 11, "a heading of the first level is the title"),
        ("As [@dean2013] says.", 11, "this is not how a source is cited here"),
        ("It took fact`search.p95` to answer.", 11, "the role has lost its braces"),
        ("![](drawing.svg)", 11, "the picture has no words"),
        ("Hello {{ name }}.", 11, "the braces are printed as they are"),
        ("A null\0byte.", 11, "a control character"),
        ("TODO: the rest.", 11, "still to do"),
        ("Say it, then show it.", 11, "a sentence of the template"),
        ("```\n# a comment\n```\n\n# Again", 15, "a heading of the first level is the title"),
    ],
)
def test_what_stays_on_a_page_by_mistake_is_told_with_its_line(
    root: Path, capsys: pytest.CaptureFixture[str], text: str, line: int, said: str
) -> None:
    post(root, "slip", f"{LONG}\n\n{text}")
    code, printed = run(root, capsys)
    assert code == 1
    assert any(told.startswith(f"docs/posts/slip.md:{line}: ") and said in told for told in printed.splitlines()), (
        printed
    )


@pytest.mark.parametrize("text", ["`[@key]` and ``fact`a.b` ``", "```text\n# a comment\nTODO\n```", "Two posts."])
def test_code_is_left_alone_and_a_draft_may_be_unfinished(
    root: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    post(root, "fine", f"{LONG}\n\n{text}")
    post(root, "unfinished", "TODO", "draft: true\n")
    code, printed = run(root, capsys)
    assert code == 0, printed


def test_a_piece_of_the_template_may_not_be_published(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begun = draft("A new post", "breakdown", "distributed-systems", TODAY)
    published = begun.replace("draft: true\n", "").replace("status: in progress\n", "")
    (root / "docs/posts/a-new-post.md").write_text(published)
    code, printed = run(root, capsys)
    assert code == 1
    assert "docs/posts/a-new-post.md:3: the dek is the template's" in printed


def test_an_empty_piece_and_two_of_one_title_are_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    post(root, "empty", "")
    post(root, "one", LONG)
    path = root / "docs/posts/two.md"
    path.write_text((root / "docs/posts/one.md").read_text())
    code, printed = run(root, capsys)
    assert code == 1
    assert "docs/posts/empty.md:1: a published piece without a word" in printed
    assert "docs/posts/two.md:2: docs/posts/one.md has this title too" in printed


def test_a_topic_without_its_page_is_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "docs/topics").mkdir(exist_ok=True)
    (root / "docs/topics/distributed-systems.md").unlink(missing_ok=True)
    post(root, "one", LONG)
    _, printed = run(root, capsys)
    assert "docs/topics/distributed-systems.md: docs/posts/one.md needs this page" in printed


def test_a_file_that_is_no_utf8_is_named_and_the_others_are_read(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    post(root, "latin", LONG)
    path = root / "docs/posts/latin.md"
    path.write_bytes(path.read_bytes() + b"A Caf\xe9.\n")
    post(root, "other", "Words with an {fact}`unknown.fact`.")
    for _ in range(2):
        code, printed = run(root, capsys)
        assert code == 1
        assert "docs/posts/latin.md:10: not UTF-8 text (the byte 0xe9): save the file as UTF-8" in printed
        assert "docs/posts/other.md:9: unknown fact 'unknown.fact'" in printed


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{fcat}`search.p95`", "did you mean 'fact'?"),
        ("```{gess}\nHow many?\n```", "did you mean 'guess'?"),
        ("[there](god.md)", "did you mean"),
        ("{term}`nothing like it`", "see docs/glossary.md"),
    ],
)
def test_a_mistyped_name_is_told_with_the_nearest(
    root: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    post(root, "typo", f"{LONG}\n\n{text}")
    code, printed = run(root, capsys)
    assert code == 1
    assert said in printed


def test_a_source_says_its_title_and_who_wrote_it() -> None:
    listed = Source("references.bib", "@misc{a,\n  url = {exmple},\n  checked = {abstract},\n}\n")
    assert [finding.message.partition(":")[0] for finding in incomplete(listed)] == [
        "a does not say title",
        "a does not say who wrote it",
        "the address of a is none",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("LAB = Lab(", "LAB = Lab((", "labs/failover.py:"),
        ("from labs.kit.lab import", "from labs.kit.nowhere import", "labs/failover.py: cannot be loaded"),
        ('name="failover"', 'name="failvoer"', "labs/failover.py: cannot be loaded"),
    ],
)
def test_a_lab_that_cannot_be_loaded_is_told_and_the_others_are_still_compared(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    shutil.copytree(REPOSITORY / "labs", tmp_path / "labs", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(REPOSITORY / "requirements", tmp_path / "requirements")
    lab, other = tmp_path / "labs/failover.py", tmp_path / "labs/staffing.py"
    text = lab.read_text()
    assert old in text
    lab.write_text(text.replace(old, new, 1))
    other.write_text(other.read_text() + "\n# changed\n")
    (tmp_path / "labs/results/batching/results.json").write_text('{"lab": ')
    told = subprocess.run(
        [sys.executable, "-m", "labs", "--stale"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert [line.split(": ")[0].split(":")[0] for line in told.stdout.splitlines()] == [
        "labs/results/batching/results.json",
        "labs/failover.py",
        "labs/results/staffing/results.json",
    ]
    assert said in told.stdout
    assert told.stderr == ""


def test_a_broken_diagram_is_told_and_does_not_swallow_the_page(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawings = root / "docs/diagrams"
    drawings.mkdir(exist_ok=True)
    (drawings / "broken.svg").write_text("<svg><text>")
    post(root, "drawn", f"{LONG}\n\n```{{diagram}} broken\n:alt: What it shows.\n\n**A finding.**\n```")
    code, printed = run(root, capsys)
    assert code == 1
    assert "'broken.svg' cannot be drawn: not well-formed XML" in printed


def test_the_house_s_own_sources_have_nothing_left_over() -> None:
    pages = sources(REPOSITORY / "docs", REPOSITORY)
    posts = [page for page in pages if page.file.startswith("docs/posts/") and not page.file.endswith("/index.md")]
    assert _of_leftovers(pages, posts, REPOSITORY) == []
