"""The site as Read the Docs serves it: below `/en/latest/`, with a script of its own in every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Reader
from tests.browser.places import POST
from tests.browser.serving import served

ADDONS = """
addEventListener("DOMContentLoaded", () => {
  // What the host adds: a menu that floats over the corner, and a search of its own on the slash.
  const flyout = document.createElement("readthedocs-flyout");
  flyout.textContent = "v: latest";
  const place = { position: "fixed", right: "20px", bottom: "20px", width: "140px", height: "44px", zIndex: 2000 };
  Object.assign(flyout.style, place);
  document.body.append(flyout);
  document.addEventListener("keydown", (event) => { if (event.key === "/") window.theirSearch = true; });
});
"""


@pytest.fixture(scope="module")
def hosted(hosted_site: Path) -> Iterator[str]:
    with served(hosted_site, "/en/latest/") as address:
        yield address


@pytest.fixture
def visitor(browser: Browser, hosted: str) -> Iterator[Callable[..., Reader]]:
    readers: list[Reader] = []

    def make(**options: object) -> Reader:
        readers.append(Reader(browser, hosted, **options))
        readers[-1].context.add_init_script(ADDONS)
        return readers[-1]

    yield make
    for one in readers:
        one.context.close()
    assert [fault for one in readers for fault in one.faults] == []


def test_below_a_prefix_links_search_previews_and_the_feed_work(visitor: Callable[..., Reader]) -> None:
    page = visitor(viewport={"width": 1440, "height": 900}).open(POST)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    page.keyboard.insert_text("tombstone")
    page.locator(".search-hits a").first.wait_for()
    hit = str(page.locator(".search-hits a").first.get_attribute("href"))
    assert hit.startswith("/en/latest/")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{hit}")
    page.goto(page.url.partition("/en/latest/")[0] + f"/en/latest/{POST}")
    page.locator("article a[href*='#term-']").first.evaluate("link => { link.focus({ focusVisible: true }) }")
    expect(page.locator(".preview .text")).to_be_visible()
    page.locator("footer a", has_text="Feed").evaluate("link => fetch(link.href).then(a => { if (!a.ok) throw 1 })")


def test_the_hosts_search_does_not_open_with_ours(visitor: Callable[..., Reader]) -> None:
    page = visitor().open(POST)
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    assert not page.evaluate("window.theirSearch")


def test_the_hosts_menu_covers_nothing_of_ours(visitor: Callable[..., Reader]) -> None:
    page = visitor(viewport={"width": 390, "height": 740}, has_touch=True, is_mobile=True).open(POST)
    number = page.locator("article .bound").first
    number.tap()
    box = number.locator(".src").bounding_box()
    assert box
    on_top = page.evaluate(
        "([x, y]) => !!document.elementFromPoint(x, y).closest('.src')",
        [box["x"] + box["width"] - 20, box["y"] + box["height"] - 14],
    )
    assert on_top
    page.keyboard.press("End")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    last = page.locator(".foot a").last
    place = last.bounding_box()
    assert place
    centre = [place["x"] + place["width"] / 2, place["y"] + place["height"] / 2]
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y)?.tagName", centre) == "A"


def test_an_unknown_address_at_any_depth_finds_its_styles_and_the_nearest_page(visitor: Callable[..., Reader]) -> None:
    one = visitor(viewport={"width": 390, "height": 844})
    page = one.open("deep/er/patient-store-migratoin/")
    link = page.locator(".nearest a").first
    expect(link).to_be_visible()
    assert str(link.get_attribute("href")).endswith("/en/latest/posts/patient-store-migration/")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(252, 251, 248)"
    link.click()
    page.wait_for_url("**/en/latest/posts/patient-store-migration/")
    assert [fault for fault in one.faults if "404" not in fault] == []
    one.faults.clear()
