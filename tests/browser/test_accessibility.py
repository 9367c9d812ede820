"""axe-core over every page, in both themes, on a phone and at a desk."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.accessibility import violations
from tests.browser.conftest import Reader
from tests.browser.places import PAGES

VIEWS = ((390, "light", False), (390, "dark", True), (1440, "light", True), (1440, "dark", False))
"""Width, theme, and whether only the colours are judged: a theme changes nothing else."""


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(reader: Callable[..., Reader], path: str) -> None:
    page = reader(viewport={"width": 390, "height": 900}).open(path)
    for width, theme, colours_only in VIEWS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        assert violations(page, colours_only=colours_only) == [], f"{width} px, {theme}"
