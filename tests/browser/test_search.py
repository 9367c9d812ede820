"""Finding things: the dialog, its keys, a typo, the filters, the page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Reader
from tests.browser.places import POST


def hits(page: Page) -> list[str]:
    page.locator(".search-hits li").first.wait_for()
    return [str(link.get_attribute("href")) for link in page.locator(".search-hits a").all()]


def ask(page: Page, words: str) -> None:
    """Open the search by its key and put words in, as one edit."""
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    page.keyboard.insert_text(words)


@pytest.mark.parametrize("key", ["Control+k", "Meta+k", "/"])
def test_a_key_opens_the_search_and_esc_closes_it(reader: Callable[..., Reader], key: str) -> None:
    page = reader().open(POST)
    page.keyboard.press(key)
    field = page.get_by_role("combobox", name="Search")
    expect(field).to_be_focused()
    assert field.input_value() == ""
    page.keyboard.type("tombstone")
    page.locator(".search-hits li").first.wait_for()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()


def test_the_pill_opens_the_same_dialog_and_without_scripts_it_is_a_link(reader: Callable[..., Reader]) -> None:
    page = reader().open(POST)
    page.locator("header .pill", has_text="Search").click()
    expect(page.locator("dialog")).to_be_visible()
    page = reader(java_script_enabled=False).open(POST)
    page.locator("header .pill", has_text="Search").click()
    assert page.url.endswith("/search/")


def test_nothing_is_loaded_before_the_first_use(reader: Callable[..., Reader]) -> None:
    one = reader()
    loaded: list[str] = []
    one.context.on("request", lambda request: loaded.append(request.url))
    page = one.open(POST)
    page.wait_for_load_state("networkidle")
    assert not [url for url in loaded if "pagefind" in url or "search.js" in url or "search-words" in url]
    ask(page, "erlang")
    assert hits(page)
    assert [url for url in loaded if "pagefind" in url]


def test_a_hit_leads_to_its_heading_by_keyboard_alone(reader: Callable[..., Reader]) -> None:
    page = reader().open("about/")
    ask(page, "insert-if-absent")
    found = hits(page)
    place = next(index for index, href in enumerate(found) if "patient-store-migration/#" in href)
    for _ in range(place):
        page.keyboard.press("ArrowDown")
    expect(page.locator("[aria-selected=true] a")).to_have_attribute("href", found[place])
    page.keyboard.press("Enter")
    page.wait_for_url("**/patient-store-migration/#*")
    assert page.evaluate("!!document.querySelector(location.hash)?.querySelector('h2, h3')")


def test_a_typo_finds_its_piece(reader: Callable[..., Reader]) -> None:
    page = reader().open("")
    ask(page, "tombstnoe")
    page.get_by_text("for “tombstone”").wait_for()
    assert any("patient-store-migration" in href for href in hits(page))


def test_what_is_nowhere_is_said_to_be(reader: Callable[..., Reader]) -> None:
    page = reader().open("")
    ask(page, "xylophonist")
    page.get_by_text("Nothing found for “xylophonist”").wait_for()
    assert page.locator(".search-hits li").count() == 0


def test_hits_are_filtered_by_kind(reader: Callable[..., Reader]) -> None:
    page = reader().open("search/?q=tombstone")
    assert len({href.split("#")[0] for href in hits(page)}) > 1
    page.get_by_role("combobox", name="Only this kind").select_option("Lab")
    page.wait_for_function("[...document.querySelectorAll('.search-hits a')].every((a) => a.href.includes('/labs/'))")
    assert hits(page)


def test_the_search_page_answers_its_address_and_keeps_it(reader: Callable[..., Reader]) -> None:
    page = reader().open("search/?q=shadow")
    assert hits(page)
    page.get_by_role("combobox", name="Search").fill("erlang")
    page.wait_for_url("**/search/?q=erlang")


def test_captions_and_lab_results_are_found(reader: Callable[..., Reader]) -> None:
    page = reader().open("search/?q=schedules that end in disagreement")
    assert any("labs/migration-race" in href for href in hits(page))


def test_an_excerpt_keeps_its_spaces_and_marks_its_hits(reader: Callable[..., Reader]) -> None:
    page = reader().open("search/?q=backfill")
    hits(page)
    excerpt = page.locator(".search-hits p").first
    assert excerpt.locator("mark").count() >= 1
    assert "  " not in excerpt.inner_text()
    assert len(excerpt.inner_text().split()) > 8


def test_a_term_is_a_hit_of_its_own_that_jumps_to_it(reader: Callable[..., Reader]) -> None:
    page = reader().open("search/?q=erlang")
    assert any(href.endswith("glossary/#term-erlang") for href in hits(page))


def test_hits_are_reached_with_the_keyboard_filters_included(reader: Callable[..., Reader]) -> None:
    page = reader().open(POST)
    ask(page, "tombstone")
    hits(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Only this kind"
    page.keyboard.press("L")  # Lab
    page.wait_for_function("[...document.querySelectorAll('.search-hits a')].every((a) => a.href.includes('/labs/'))")
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("combobox", name="Search")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/labs/**")


def test_small_words_do_not_count(reader: Callable[..., Reader]) -> None:
    page = reader().open("search/?q=the+tombstone+of+a+row")
    assert any("patient-store-migration" in href for href in hits(page))
    marked = {text.lower().strip(".,;") for text in page.locator(".search-hits mark").all_inner_texts()}
    assert not marked & {"the", "of", "a"}


def test_a_mistyped_idea_is_found_and_enter_leads_to_it(reader: Callable[..., Reader]) -> None:
    page = reader().open("")
    ask(page, "idmpotency")
    page.get_by_text("for “idempotency”").wait_for()
    assert any("payment-orchestration" in href for href in hits(page))
    page.keyboard.press("Enter")
    page.wait_for_url("**/*#*")
    text = page.evaluate("document.querySelector(location.hash).closest('dt, section').textContent")
    assert "idempotency" in str(text).lower()
