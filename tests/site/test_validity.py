"""Every page is valid HTML."""

from __future__ import annotations

from pathlib import Path

from tests.site.nu import errors
from tests.site.test_pages import pages


def test_the_nu_checker_finds_no_error_on_any_page(site: Path) -> None:
    assert errors(pages(site)) == []


def test_the_nu_checker_would_find_one(site: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    text = (site / "index.html").read_text(encoding="utf-8")
    broken.write_text(text.replace("<main ", '<p><div id="content"></div></p><main ', 1), encoding="utf-8")
    assert any("Duplicate ID" in told for told in errors([broken]))
