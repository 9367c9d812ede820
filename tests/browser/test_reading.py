"""What a reader does, in real Chromium."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Reader
from tests.browser.places import PAGES, POST

LIGHT, DARK = "rgb(252, 251, 248)", "rgb(20, 22, 26)"


def paper(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


@pytest.mark.parametrize("path", PAGES)
def test_no_page_scrolls_sideways_or_reports_an_error(reader: Callable[..., Reader], path: str) -> None:
    page = reader(viewport={"width": 320, "height": 900}).open(path)
    for width in (320, 360, 390, 640, 768, 1100, 1440, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{width} px"


@pytest.mark.parametrize(
    ("system", "chosen", "shown"),
    [
        ("light", None, LIGHT),
        ("dark", None, DARK),
        ("light", "light", LIGHT),
        ("light", "dark", DARK),
        ("dark", "light", LIGHT),
        ("dark", "dark", DARK),
    ],
)
def test_the_theme_is_the_readers_choice_or_else_the_systems(
    reader: Callable[..., Reader], system: str, chosen: str | None, shown: str
) -> None:
    one = reader(color_scheme=system)
    if chosen:
        one.context.add_init_script(f"localStorage.setItem('theme', '{chosen}')")
    assert paper(one.open("")) == shown


@pytest.mark.parametrize(("system", "order"), [("light", [DARK, LIGHT, LIGHT]), ("dark", [LIGHT, DARK, DARK])])
def test_the_switch_goes_round_shows_a_change_first_and_is_remembered(
    reader: Callable[..., Reader], system: str, order: list[str]
) -> None:
    one = reader(color_scheme=system)
    page = one.open("")
    switch = page.get_by_role("button", name="Theme")
    names = []
    for shown in order:
        switch.click()
        assert paper(page) == shown
        names.append(switch.get_attribute("aria-label"))
    assert names[-1] == "Theme: follow the system"
    assert len(set(names)) == 3
    switch.click()
    assert paper(one.open(POST)) == order[0]


def test_the_switch_works_by_keyboard(reader: Callable[..., Reader]) -> None:
    page = reader(color_scheme="light").open("")
    page.get_by_role("button", name="Theme").focus()
    page.keyboard.press("Enter")
    assert paper(page) == DARK


def test_a_bound_number_shows_its_source_on_hover_and_focus_and_esc_puts_it_away(reader: Callable[..., Reader]) -> None:
    page = reader(viewport={"width": 1440, "height": 900}).open(POST)
    number = page.locator("article .bound:not(.assumed)").nth(2)
    source = number.locator(".src")
    assert not source.is_visible()
    number.hover()
    assert source.is_visible()
    page.mouse.move(0, 0)
    assert not source.is_visible()
    number.focus()
    assert source.is_visible()
    page.keyboard.press("Escape")
    assert not source.is_visible()


def test_a_tap_shows_the_source_within_the_window(reader: Callable[..., Reader]) -> None:
    page = reader(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True).open(POST)
    number = page.locator("article .bound").first
    number.tap()
    box = number.locator(".src").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360


def test_every_source_stays_within_a_wide_window(reader: Callable[..., Reader]) -> None:
    page = reader(viewport={"width": 1100, "height": 900}).open(POST)
    for number in page.locator("article .bound").all()[:12]:
        number.focus()
        box = number.locator(".src").bounding_box()
        assert box
        assert box["x"] + box["width"] <= 1100


def test_the_contents_name_the_section_that_is_read(reader: Callable[..., Reader]) -> None:
    page = reader(viewport={"width": 1440, "height": 900}).open(POST)
    link = page.locator(".contents a").nth(3)
    link.click()
    page.wait_for_function("document.querySelectorAll('.contents a')[3].getAttribute('aria-current') === 'true'")
    assert page.locator(".contents a[aria-current]").count() == 1


def test_on_a_desk_the_contents_and_the_tree_are_open_and_on_a_phone_they_are_drawers(
    reader: Callable[..., Reader],
) -> None:
    wide = reader(viewport={"width": 1440, "height": 900}).open(POST)
    assert wide.locator(".contents a").first.is_visible()
    assert wide.locator(".tree a").first.is_visible()
    narrow = reader(viewport={"width": 390, "height": 844}).open(POST)
    tree = narrow.locator(".tree a").first
    assert not tree.is_visible()
    narrow.get_by_text("All pages").focus()
    narrow.keyboard.press("Enter")
    assert tree.is_visible()


def test_tab_reaches_nothing_that_is_hidden(reader: Callable[..., Reader]) -> None:
    page = reader(viewport={"width": 390, "height": 844}).open(POST)
    for _ in range(40):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            "(() => { const e = document.activeElement;"
            " return e === document.body || e.checkVisibility({visibilityProperty: true}) })()"
        )
        assert seen, page.evaluate("document.activeElement.outerHTML")


def test_the_first_tab_offers_to_skip_to_the_content(reader: Callable[..., Reader]) -> None:
    page = reader().open(POST)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"


def test_a_figure_has_a_form_for_each_width_with_text_of_its_true_size(reader: Callable[..., Reader]) -> None:
    for width, shown in ((390, ".drawn-narrow"), (1440, ".drawn-wide")):
        page = reader(viewport={"width": width, "height": 900}).open(POST)
        figure = page.locator("article figure").first
        assert figure.locator("svg:visible").count() == 1
        assert figure.locator(shown).is_visible()
        drawn, box = page.evaluate(
            f"(() => {{ const s = document.querySelector('article figure {shown}');"
            " return [s.viewBox.baseVal.width, s.getBoundingClientRect().width] })()"
        )
        assert 0.85 <= box / drawn <= 1.35


def test_without_scripts_a_page_reads_the_same(reader: Callable[..., Reader]) -> None:
    page = reader(java_script_enabled=False, viewport={"width": 1440, "height": 900}).open(POST)
    assert page.locator("h1").is_visible()
    number = page.locator("article .bound").first
    number.hover()
    assert number.locator(".src").is_visible()
    assert page.locator(".theme-toggle").is_hidden()


def test_the_pointer_can_move_onto_a_numbers_source(reader: Callable[..., Reader]) -> None:
    page = reader(viewport={"width": 1440, "height": 900}).open(POST)
    number = page.locator("article .bound:not(.assumed)").nth(2)
    number.hover()
    box = number.locator(".src").bounding_box()
    assert box
    page.mouse.move(box["x"] + 30, box["y"] + box["height"] - 8, steps=12)
    assert number.locator(".src").is_visible()


def test_the_series_the_kind_and_the_topic_of_a_piece_lead_to_their_pages(reader: Callable[..., Reader]) -> None:
    one = reader(viewport={"width": 390, "height": 844})
    for selector, place in (
        (".eyebrow a >> nth=0", "kinds/"),
        (".eyebrow a >> nth=1", "series/"),
        (".opening .meta a:not(.runs)", "topics/"),
    ):
        page = one.open(POST)
        page.locator(selector).first.click()
        page.wait_for_url(f"**/{place}*/")
        page.locator(f"a.title[href*='{POST.strip('/').split('/')[-1]}']").first.click()
        page.wait_for_url(f"**/{POST}")


def test_a_year_stays_in_sight_while_its_pieces_pass(reader: Callable[..., Reader]) -> None:
    page = reader(viewport={"width": 1440, "height": 500}).open("posts/")
    page.locator(".year .posts > li").last.evaluate("e => e.scrollIntoView({ block: 'start' })")
    assert page.evaluate("scrollY") > 0
    assert page.locator(".year h2").first.evaluate("e => e.getBoundingClientRect().top") >= 0


def test_next_pages_are_fetched_beforehand_only_where_the_browser_can(reader: Callable[..., Reader]) -> None:
    page = reader().open(POST)
    rules = page.locator("script[type=speculationrules]")
    assert rules.count() == int(page.evaluate("!!HTMLScriptElement.supports?.('speculationrules')"))


def test_in_a_table_a_source_is_not_cut_off(reader: Callable[..., Reader]) -> None:
    page = reader(viewport={"width": 1280, "height": 800}).open("posts/patient-store-migration/")
    numbers = page.locator(".table-wrapper .bound")
    for number in (numbers.first, numbers.last):
        number.focus()
        box = number.locator(".src").bounding_box()
        at = number.bounding_box()
        assert box
        assert at
        corners = [(box["x"] + 4, box["y"] + 4), (box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)]
        for corner in corners:
            assert page.evaluate("([x, y]) => !!document.elementFromPoint(x, y)?.closest('.src')", list(corner))
        assert abs(box["y"] - at["y"]) < 200
