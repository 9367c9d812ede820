"""Previews of links, terms and notes."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Reader
from tests.browser.places import POST

TERM = "article a[href*='#term-']"


def desk(reader: Callable[..., Reader], path: str = POST) -> Page:
    page = reader(viewport={"width": 1440, "height": 900}).open(path)
    page.wait_for_load_state("networkidle")  # the previews' script comes last
    return page


def test_a_term_shows_its_definition_on_hover_after_a_pause_and_goes_with_the_pointer(
    reader: Callable[..., Reader],
) -> None:
    page = desk(reader)
    page.locator(TERM).first.hover()
    page.wait_for_timeout(200)
    assert page.locator(".preview").count() == 0
    expect(page.locator(".preview .text")).to_be_visible()
    page.mouse.move(2, 2)
    expect(page.locator(".preview")).to_have_count(0)


def test_a_preview_opens_on_focus_describes_its_link_and_esc_puts_it_away(reader: Callable[..., Reader]) -> None:
    page = desk(reader)
    page.locator(TERM).first.evaluate("link => { link.focus({ focusVisible: true }) }")
    expect(page.locator(".preview")).to_be_visible()
    assert page.locator(TERM).first.get_attribute("aria-describedby") == "preview"
    page.keyboard.press("Escape")
    expect(page.locator(".preview")).to_have_count(0)


def test_a_piece_shows_title_dek_and_first_paragraph(reader: Callable[..., Reader]) -> None:
    page = desk(reader, "labs/staffing/")
    page.locator("article a[href*='posts/eight-minutes-to-five']").first.hover()
    card = page.locator(".preview")
    expect(card.locator(".title")).to_contain_text("three minutes")
    expect(card.locator(".dek")).to_be_visible()
    expect(card.locator(".text")).to_be_visible()
    box = card.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1440


def test_a_source_shows_in_place(reader: Callable[..., Reader]) -> None:
    page = desk(reader)
    page.locator("a.footnote-reference").first.hover()
    expect(page.locator(".preview .text")).to_contain_text("Checked for this site")


def test_a_touch_screen_gets_none(reader: Callable[..., Reader]) -> None:
    one = reader(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    loaded: list[str] = []
    one.context.on("request", lambda request: loaded.append(request.url))
    page = one.open(POST)
    page.wait_for_load_state("networkidle")
    assert not [url for url in loaded if "previews" in url]


def test_the_pointer_can_move_onto_a_preview(reader: Callable[..., Reader]) -> None:
    page = desk(reader)
    page.locator(TERM).first.hover()
    card = page.locator(".preview")
    expect(card).to_be_visible()
    box = card.bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2, steps=8)
    page.wait_for_timeout(500)
    expect(card).to_be_visible()
    page.mouse.move(2, 2)
    expect(card).to_have_count(0)
