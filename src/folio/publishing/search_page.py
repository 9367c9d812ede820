"""The search page: Sphinx's own search is switched off, and Pagefind's needs a page of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from folio.publishing.outputs import HTML_BUILDERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.builders.html import StandaloneHTMLBuilder


def _switch_off(app: Sphinx) -> None:
    """Sphinx's index would cost half of the build and several requests a search."""
    if app.builder.name in HTML_BUILDERS:
        cast("StandaloneHTMLBuilder", app.builder).search = False


def _search_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    if app.builder.name in HTML_BUILDERS:
        yield "search", {"title": "Search"}, "search.html"


def setup(app: Sphinx) -> None:
    """Register the handlers."""
    app.connect("builder-inited", _switch_off)
    app.connect("html-collect-pages", _search_page)
