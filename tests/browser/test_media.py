"""The same page on paper, in a system's own colours, without motion, enlarged, and where nothing is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import FLAGS, ensure
from tests.browser.conftest import Reader
from tests.browser.places import POST

OTHER = "posts/patient-store-migration/"
CHROME = (".bar", ".rail", ".foot", ".copybtn", ".skip", ".neighbours", "#related", "#links-here", ".headerlink")


def printed(reader: Callable[..., Reader], path: str) -> Page:
    page = reader(viewport={"width": 794, "height": 1123}).open(path)
    page.emulate_media(media="print")
    return page


@pytest.mark.parametrize("path", [POST, OTHER])
def test_on_paper_a_piece_has_no_chrome_and_keeps_its_sources(reader: Callable[..., Reader], path: str) -> None:
    page = printed(reader, path)
    for part in CHROME:
        assert page.locator(part).locator("visible=true").count() == 0, part
    for part in ("h1", ".dek", ".opening .meta", ".evidence", ".endnotes", ".cite", "figure svg"):
        assert page.locator(part).locator("visible=true").count() >= 1, part
    assert page.locator("figure").evaluate_all(
        "all => all.every(f => getComputedStyle(f).breakInside === 'avoid'"
        " && f.getBoundingClientRect().right <= document.documentElement.clientWidth)"
    )


def test_on_paper_links_are_spelt_out_and_folded_results_are_open(reader: Callable[..., Reader]) -> None:
    page = printed(reader, OTHER)
    spelt = page.locator("article a.reference.internal:not([href*='#'])").evaluate_all(
        "all => all.map(a => getComputedStyle(a, '::after').content)"
    )
    assert spelt
    assert all("http" in text and ".." not in text for text in spelt)
    lab = printed(reader, "labs/migration-race/")
    assert lab.locator("details.folded table").first.is_visible()


def test_a_dark_screen_prints_in_ink(reader: Callable[..., Reader]) -> None:
    page = reader(color_scheme="dark").open(POST)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('article p')).color") == "rgb(0, 0, 0)"


def test_in_forced_colours_figures_and_numbers_take_the_systems(reader: Callable[..., Reader]) -> None:
    page = reader(forced_colors="active", color_scheme="dark", viewport={"width": 1440, "height": 900}).open(POST)
    ink = page.evaluate("getComputedStyle(document.querySelector('article p')).color")
    label = page.locator("figure svg .fig-label").first
    assert label.evaluate("e => getComputedStyle(e).fill") == ink
    line = page.locator("figure svg .fig-line").first.evaluate("e => getComputedStyle(e).stroke")
    assert line != page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert page.locator(".bound").first.evaluate("e => getComputedStyle(e).textDecorationStyle") == "dotted"


def test_who_wants_no_motion_gets_none(reader: Callable[..., Reader]) -> None:
    page = reader(reduced_motion="reduce").open(POST)
    moving = page.evaluate(
        "[...document.querySelectorAll('*')].filter(e => { const s = getComputedStyle(e);"
        " return parseFloat(s.transitionDuration) > 0 || s.animationName !== 'none' }).length"
    )
    assert moving == 0
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


@pytest.mark.parametrize("path", ["", POST, "experience/", "posts/"])
def test_text_twice_as_large_is_all_there(browser: Browser, address: str, path: str) -> None:
    """200% zoom of a 1280 px window is one of 640 px, which another test opens; here the text alone is enlarged."""
    large = browser.browser_type.launch(executable_path=ensure(), args=[*FLAGS, "--blink-settings=defaultFontSize=32"])
    page = large.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address + path)
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    cut = page.evaluate(
        "[...document.querySelectorAll('main :is(h1, h2, p, dd, li, a)')].filter(e => e.checkVisibility()"
        " && e.getBoundingClientRect().width > 0 && getComputedStyle(e).overflow === 'hidden'"
        " && e.scrollHeight > e.clientHeight + 2).map(e => e.outerHTML.slice(0, 80))"
    )
    large.close()
    assert cut == []


def test_an_address_that_is_not_there_shows_the_ways_on_and_searches_for_its_words(
    reader: Callable[..., Reader],
) -> None:
    one = reader(viewport={"width": 390, "height": 844})
    page = one.open("posts/pateint-store-migrations/")
    assert page.locator("h1").inner_text() == "There is no such page"
    expect(page.locator(".nearest a").first).to_have_attribute("href", re.compile("/posts/patient-store-migration/$"))
    expect(page.locator(".search-hits a").first).to_be_visible()
    assert page.get_by_role("combobox", name="Search").input_value() == "pateint store migrations"
    page.get_by_role("main").get_by_role("link", name="writing", exact=True).click()
    page.wait_for_url("**/posts/")
    assert [fault for fault in one.faults if "404" not in fault] == []
    one.faults.clear()


def test_a_copy_button_is_reached_by_keyboard_and_copies(reader: Callable[..., Reader]) -> None:
    one = reader(viewport={"width": 1440, "height": 900}, permissions=["clipboard-read", "clipboard-write"])
    page = one.open(POST)
    button = page.locator("button.copybtn").first
    block = page.locator(".highlight pre").first
    block.focus()
    page.keyboard.press("Tab")
    assert button.evaluate("e => e === document.activeElement")
    assert float(button.evaluate("e => getComputedStyle(e).opacity")) > 0 or button.evaluate(
        "e => e.getAnimations().length > 0"
    )
    page.keyboard.press("Enter")
    expect(button).to_have_class("copybtn o-tooltip--left success")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.strip()
    assert copied.strip() in block.inner_text().replace("$ ", "")


def test_a_wide_table_scrolls_inside_itself_by_keyboard(reader: Callable[..., Reader]) -> None:
    page = reader(viewport={"width": 320, "height": 700}).open(OTHER)
    wide = page.locator(".table-wrapper").evaluate_all("all => all.findIndex(t => t.scrollWidth > t.clientWidth)")
    if wide < 0:
        page.evaluate("document.querySelector('.table-wrapper table').style.width = '60rem'")
        wide = 0
    table = page.locator(".table-wrapper").nth(wide)
    table.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("i => document.querySelectorAll('.table-wrapper')[i].scrollLeft > 0", arg=wide)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_margin_note_stands_beside_the_text_or_in_it_without_a_script(reader: Callable[..., Reader]) -> None:
    for width, beside in ((1440, True), (390, False)):
        page = reader(viewport={"width": width, "height": 900}, java_script_enabled=False).open(OTHER)
        note = page.locator(".margin-note").first.bounding_box()
        text = page.locator("article > section > p").first.bounding_box()
        assert note
        assert text
        assert (note["x"] >= text["x"] + text["width"]) is beside
        assert note["x"] + note["width"] <= width
