"""The look: our own style sheets and script in place of Furo's, whose page template is replaced."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

STATIC = Path(__file__).parents[1] / "static"

SHEETS = ("tokens.css", "text.css", "frame.css", "home.css", "figures.css", "code.css", "search.css", "print.css")
"""In the order of the cascade; tokens first, since all others take their values from there."""

UNUSED = (
    *("styles/furo.css", "styles/furo-extensions.css", "scripts/furo.js"),
    *("pygments.css", "doctools.js", "sphinx_highlight.js", "design-tabs.js"),
)
"""Furo's sheets style the page template that ours replaces, and its script drives it; code has its own few rules;
Sphinx's scripts serve its own search. Tabs work without sphinx-design's script, which only keeps them in step."""


def _add_files(app: Sphinx) -> None:
    # A new list, since Sphinx's default is one object for all applications of a process.
    app.config.html_static_path = [*app.config.html_static_path, str(STATIC)]
    for place, name in enumerate(SHEETS):
        app.add_css_file(name, priority=900 + place)
    app.add_js_file("page.js", priority=300, type="module")


def _drop_unused(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    for files in ("css_files", "script_files"):
        context[files] = [item for item in context[files] if not any(name in str(item) for name in UNUSED)]


def setup(app: Sphinx) -> None:
    """Register the handlers."""
    app.connect("builder-inited", _add_files)
    app.connect("html-page-context", _drop_unused, priority=950)
