"""axe-core over every page, in both themes, on a phone and at a desk."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from tests.browser.accessibility import violations
from tests.browser.conftest import Reader
from tests.browser.places import PAGES


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(reader: Callable[..., Reader], path: str) -> None:
    page = reader(viewport={"width": 390, "height": 900}).open(path)
    for width, theme in itertools.product((390, 1440), ("light", "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        assert violations(page) == [], f"{width} px, {theme}"
