"""What a reader on a phone pays for: bytes and movement, no times."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.first_view import first_search, first_view
from tests.browser.places import PAGES

POSTS = [path for path in PAGES if path.startswith("posts/") and path != "posts/"]


@pytest.mark.parametrize("path", [*POSTS, "experience/", ""])
def test_a_first_view_stays_within_its_bytes_and_nothing_moves(browser: Browser, address: str, path: str) -> None:
    view = first_view(browser, address + path)
    assert view.total <= 120_000
    assert 1_000 < view.scripts <= 20_000
    assert view.shift <= 0.02


def test_a_first_search_stays_within_its_bytes(browser: Browser, address: str) -> None:
    # Less than the engine alone would mean that something was not counted.
    assert 80_000 < first_search(browser, address, "tombstone") <= 200_000
