"""Each thing that an author can get wrong: one warning with file, line and what was expected, and a failed build."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.testing.util import SphinxTestApp

CASES = sorted(path.name.removeprefix("test-") for path in ROOTS.glob("test-error-*"))


def told(app: SphinxTestApp) -> list[str]:
    """The warnings as an author sees them, without colours, severity and the folder of the copy."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", app.warning.getvalue())
    lines = [line.replace("WARNING: ", "").strip() for line in text.splitlines() if "WARNING" in line]
    return [re.sub(r"^.*?/source/", "", line) for line in lines]


@pytest.mark.parametrize("case", CASES)
def test_an_error_is_told_once_with_its_place_and_fails_the_build(
    built: Callable[..., SphinxTestApp], case: str
) -> None:
    app = built(case)
    expected = (ROOTS / f"test-{case}" / "expected.txt").read_text(encoding="utf-8").splitlines()
    warnings = told(app)
    assert len(warnings) == len(expected), warnings
    for line in expected:
        place, _, message = line.partition(": ")
        assert any(place in warning and message in warning for warning in warnings), (line, warnings)
    assert app.statuscode == 1


@pytest.mark.parametrize("case", CASES)
def test_an_error_loses_nothing_else_and_the_site_does_not_look_finished(
    built: Callable[..., SphinxTestApp], case: str
) -> None:
    app = built(case)
    good = (app.outdir / "posts" / "good" / "index.html").read_text(encoding="utf-8")
    assert "<h1>Good</h1>" in good
    assert "Words." in good
    home = (app.outdir / "index.html").read_text(encoding="utf-8")
    assert "This build failed." in home
    assert "noindex" in home


def test_a_post_that_is_no_utf8_is_told_each_time_and_the_others_stand(
    built: Callable[..., SphinxTestApp], tmp_path: Path
) -> None:
    shutil.copytree(ROOTS / "test-error-front-type", tmp_path / "source")
    bad = tmp_path / "source/posts/bad.md"
    bad.write_bytes(bad.read_bytes().replace(b"Words.", b"Z\xfcrich."))
    for _ in range(2):
        app = built("error-front-type")
        assert told(app) == [
            "posts/bad.md:9: not UTF-8 text (the byte 0xfc): save the file as UTF-8 [folio.front_matter]"
        ]
        assert app.statuscode == 1
        assert (app.outdir / "posts/good/index.html").is_file()
        assert not (app.outdir / "posts/bad/index.html").exists()


AGAIN = ("role-fact", "front-topic", "listing", "profile-key", "broken-sources", "broken-drawing")


@pytest.mark.parametrize("case", [f"error-{case}" for case in AGAIN])
def test_a_second_run_of_a_failing_build_fails_again(built: Callable[..., SphinxTestApp], case: str) -> None:
    first = told(built(case))
    again = built(case)
    assert told(again) == first
    assert again.statuscode == 1


def test_a_mended_page_makes_the_next_build_succeed(built: Callable[..., SphinxTestApp]) -> None:
    app = built("error-role-fact")
    page = app.srcdir / "index.md"
    page.write_text(page.read_text(encoding="utf-8").replace("search.p99", "search.p95"), encoding="utf-8")
    app = built("error-role-fact")
    assert told(app) == []
    assert app.statuscode == 0
    assert "&lt; 50 ms" in (app.outdir / "index.html").read_text(encoding="utf-8")
