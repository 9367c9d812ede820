"""Beginning a post: the file builds as it is, nothing is ever written over."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sphinx.testing.util import SphinxTestApp

from folio.desk.new import draft, first_topic, main, slug
from folio.model.front_matter import PostFront, read
from folio.model.schema import validate
from tests.conftest import REPOSITORY, ROOTS

DAY = dt.date(2027, 1, 2)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs/posts").mkdir(parents=True)
    shutil.copy(REPOSITORY / "docs/profile.yaml", tmp_path / "docs")
    return tmp_path


def test_a_post_is_begun_with_address_date_and_kind(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["Don’t: retry", "blindly", "--kind", "design-note"], root, DAY) == 0
    text = (root / "docs/posts/dont-retry-blindly.md").read_text(encoding="utf-8")
    front, faults = validate(PostFront, read(text))
    assert faults == []
    assert front
    assert (front.title, front.date, front.kind, front.draft) == ("Don’t: retry blindly", DAY, "design-note", True)
    said = capsys.readouterr().out
    assert "docs/posts/dont-retry-blindly.md" in said
    assert "nox -s live" in said


def test_a_file_that_exists_is_left_as_it_is(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = root / "docs/posts/a-title.md"
    file.write_text("mine", encoding="utf-8")
    assert main(["A title"], root, DAY) == 1
    assert file.read_text(encoding="utf-8") == "mine"
    assert "--slug" in capsys.readouterr().err
    assert main(["A title", "--slug", "another"], root, DAY) == 0


def test_a_title_without_latin_letters_asks_for_an_address(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["समय"], root, DAY) == 1
    assert "--slug" in capsys.readouterr().err
    assert list((root / "docs/posts").iterdir()) == []


@settings(derandomize=True, database=None, deadline=None)
@given(st.text(min_size=1, max_size=60).filter(lambda text: text.strip() and text.isprintable()))
def test_any_title_makes_front_matter_that_holds_it(title: str) -> None:
    front, faults = validate(PostFront, read(draft(" ".join(title.split()), "breakdown", "x", DAY)))
    assert faults == []
    assert front
    assert front.title == " ".join(title.split()).strip()
    assert set(slug(title)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_what_is_begun_builds_without_a_warning(built: Callable[..., SphinxTestApp], tmp_path: Path) -> None:
    shutil.copytree(ROOTS / "test-post", tmp_path / "source")
    text = draft("A post that was just begun: “with quotes”, # and: all", "breakdown", first_topic(REPOSITORY), DAY)
    (tmp_path / "source/posts/begun.md").write_text(text, encoding="utf-8")
    app = built("post", confoverrides={"folio_drafts": True})
    assert app.warning.getvalue() == ""
    page = (Path(app.outdir) / "posts/begun/index.html").read_text(encoding="utf-8")
    assert "A draft: not published" in page
    assert "“with quotes”, # and: all" in page
