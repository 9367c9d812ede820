"""The roles that bind numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup, Tag

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.testing.util import SphinxTestApp


@pytest.fixture
def page(built: Callable[..., SphinxTestApp]) -> BeautifulSoup:
    app = built("roles")
    assert app.warning.getvalue() == ""
    return BeautifulSoup((app.outdir / "index.html").read_text(encoding="utf-8"), "lxml")


def marked(page: BeautifulSoup) -> list[tuple[str, str]]:
    """Each marked value and its source."""
    pairs = []
    for bound in page.select(".bound"):
        source = bound.select_one(".src")
        assert isinstance(source, Tag)
        assert bound["aria-describedby"] == source["id"]
        assert bound["tabindex"] == "0"
        words = source.get_text(" ", strip=True)
        source.extract()
        pairs.append((bound.get_text(strip=True), words))
    return pairs


def test_values_stand_in_the_text_exactly(page: BeautifulSoup) -> None:
    for source in page.select(".src"):
        source.extract()
    text = " ".join(page.select_one("main").get_text().split())
    assert "It answers < 50 ms and again < 50 ms; the lab says 42." in text
    assert "Formats: 37.5%, four, 12,345.5, −3." in text
    assert "Sums: 10,000 × 3 min ÷ 60 = 500 h. Inputs: 80% in 20 s, and 80% in 20 s again." in text
    assert "Again four" in text
    assert "A queues and logs fact has no digit." in text


def test_a_value_names_its_source_and_what_reproduces_it(page: BeautifulSoup) -> None:
    sources = dict(marked(page))
    assert sources["< 50 ms"] == "search.p95 The record: Engineer, A Company, Jan 2020 – Present."
    assert sources["42"] == "toy.answer six times seven. Results of 2 Nov 2026. nox -s labs -- toy"
    assert sources["80% in 20 s"] == "Assumed a common promise."


def test_only_the_first_appearance_in_a_section_is_marked(page: BeautifulSoup) -> None:
    assert [value for value, _ in marked(page)].count("< 50 ms") == 2  # once in each of the two sections


def test_no_number_is_marked_in_a_heading_and_no_words_are(page: BeautifulSoup) -> None:
    assert not page.select("h2 .bound, .contents .bound, title .bound")
    assert "queues and logs" not in dict(marked(page))
