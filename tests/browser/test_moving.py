"""Figures that a reader can move: by hand, by keyboard, by address, and not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import violations
from tests.browser.conftest import Reader
from tests.conftest import REPOSITORY

PLACES = {
    name: (path.stem, re.search(r":name: (\S+)", text)[1])  # type: ignore[index]
    for path in sorted((REPOSITORY / "docs" / "posts").glob("*.md"))
    for text in re.findall(r"```\{lab-figure\}.*?```", path.read_text(encoding="utf-8"), re.DOTALL)
    for name in re.findall(r":moving: (\S+)", text)
}
"""The post in which each model moves a figure, and what that figure is called."""


def moved(page: Page, name: str) -> Page:
    """Bring the figure into view and wait until it is taken over."""
    page.locator(f"moving-figure[name={name}]").scroll_into_view_if_needed()
    page.wait_for_selector(f"moving-figure[name={name}].taken")
    return page


def finding(page: Page) -> str:
    """What the figure says, all of which has to be seen."""
    said = page.locator(".moving .says")
    assert said.evaluate("one => one.scrollHeight <= one.clientHeight"), said.inner_text()
    return said.inner_text()


def test_every_model_moves_a_figure() -> None:
    assert sorted(PLACES) == sorted(path.stem for path in (REPOSITORY / "docs" / "interactive").glob("*.js"))


@pytest.mark.parametrize("model", PLACES)
def test_it_can_be_moved_by_keyboard_and_told_and_set_back(reader: Callable[..., Reader], model: str) -> None:
    slug, name = PLACES[model]
    someone = reader(viewport={"width": 390, "height": 900}, has_touch=True)
    page = moved(someone.open(f"posts/{slug}/"), name)
    first = finding(page)
    said = set()
    for number in range(page.locator(".moving input").count()):
        slider = page.locator(".moving input").nth(number)
        assert page.locator(f"label[for='{slider.get_attribute('id')}']").inner_text().strip()
        slider.focus()
        before = slider.get_attribute("aria-valuetext")
        page.keyboard.press("Home" if slider.input_value() == slider.get_attribute("max") else "End")
        expect(slider).not_to_have_attribute("aria-valuetext", before or "")
        said.add(finding(page))
    assert said - {first}, "no control changes the finding"
    expect(page.locator(".moving [role=status]")).to_have_text(finding(page))
    page.get_by_role("button", name="Back to the text").click()
    expect(page.locator(".moving .says")).to_have_text(first)
    assert someone.faults == []


@pytest.mark.parametrize("model", PLACES)
def test_its_state_can_be_linked(reader: Callable[..., Reader], model: str) -> None:
    slug, name = PLACES[model]
    someone = reader()
    page = moved(someone.open(f"posts/{slug}/"), name)
    page.locator(".moving input").first.focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(100)
    there, said = page.get_by_role("link", name="Link to this state").get_attribute("href"), finding(page)
    again = someone.open(f"posts/{slug}/{there}")
    again.wait_for_selector("moving-figure.taken")
    expect(again.locator(".moving .says")).to_have_text(said)
    assert again.locator(f"moving-figure[name={name}]").evaluate("one => one.getBoundingClientRect().top < innerHeight")


@pytest.mark.parametrize("model", PLACES)
def test_the_prose_sets_its_state(reader: Callable[..., Reader], model: str) -> None:
    slug, name = PLACES[model]
    page = moved(reader().open(f"posts/{slug}/"), name)
    first = finding(page)
    link = page.locator(f"a.state[href='#{name}']").first
    link.click()
    expect(page.locator(".moving .says")).not_to_have_text(first)
    assert f"#{name}:{link.get_attribute('data-state')}" in page.url


@pytest.mark.parametrize("model", PLACES)
def test_without_a_script_and_on_paper_the_drawn_figure_stands(reader: Callable[..., Reader], model: str) -> None:
    slug, name = PLACES[model]
    plain = reader(java_script_enabled=False).open(f"posts/{slug}/")
    drawn = f"moving-figure[name={name}] > svg"
    assert plain.locator(f"{drawn}:visible").count() == 1
    printed = moved(reader().open(f"posts/{slug}/"), name)
    assert printed.locator(f"{drawn}:visible").count() == 0
    printed.emulate_media(media="print")
    assert printed.locator(f"{drawn}:visible").count() == 1
    assert printed.locator(".moving:visible").count() == 0


@pytest.mark.parametrize("model", PLACES)
def test_it_fits_from_320_pixels_and_axe_finds_nothing(reader: Callable[..., Reader], model: str) -> None:
    slug, name = PLACES[model]
    page = moved(reader(viewport={"width": 320, "height": 800}).open(f"posts/{slug}/"), name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert finding(page)
    assert violations(page, within="moving-figure") == []
    page.emulate_media(color_scheme="dark", forced_colors="active")
    assert violations(page, within="moving-figure") == []


@pytest.mark.parametrize("model", PLACES)
def test_an_update_takes_a_quarter_of_a_frame_so_that_a_machine_four_times_as_slow_keeps_up(
    reader: Callable[..., Reader], model: str
) -> None:
    slug, name = PLACES[model]
    page = moved(reader(viewport={"width": 390, "height": 900}).open(f"posts/{slug}/"), name)
    taken = page.evaluate(
        """() => {
          const figure = document.querySelector("moving-figure"), taken = [];
          for (const input of [...figure.querySelectorAll("input"), ...figure.querySelectorAll("input")]) {
            for (const share of [0.2, 0.5, 0.8]) {
              input.value = Math.round(share * input.max);
              figure.state[input.id.slice(figure.name.length + 1)] = [...figure.inputs.values()]
                .find(({ row }) => row.contains(input)).values[input.value];
              const turns = [...Array(12)].map(() => {
                const start = performance.now();
                figure.draw();
                document.body.offsetHeight;
                return performance.now() - start;
              });
              taken.push(Math.min(...turns));  // the best of many: what else the machine does is not the figure's
            }
          }
          return Math.max(...taken);
        }"""
    )
    assert taken <= 16 / 4


def test_nothing_of_it_is_loaded_on_a_page_without_one(site: Path) -> None:
    moving = {path.parent.name for path in (site / "posts").glob("*/index.html") if "moving.js" in path.read_text()}
    assert moving == {slug for slug, _ in PLACES.values()}
    feed = json.loads((site / "feed.json").read_text(encoding="utf-8"))
    assert not any("moving-figure" in item["content_html"] for item in feed["items"])
