"""axe-core over every page, in both themes, on a phone and at a desk: WCAG 2.2 AA and best practice."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

import pytest

from tests.browser.conftest import Reader
from tests.browser.test_reading import PAGES

pytestmark = pytest.mark.xdist_group("site")

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing(reader: Callable[..., Reader], path: str, theme: str, width: int) -> None:
    page = reader(viewport={"width": width, "height": 900}, color_scheme=theme).open(path)
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)
    told = [f"{item['id']}: {item['help']}: {item['nodes'][0]['html']}" for item in found["violations"]]
    assert told == []
