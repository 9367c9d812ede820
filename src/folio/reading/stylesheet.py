"""The look: one style sheet of our own and one script in place of Furo's, whose page template is replaced."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

STATIC = Path(__file__).parents[1] / "static"

SHEETS = ("tokens.css", "text.css", "frame.css", "home.css", "figures.css", "code.css", "search.css", "print.css")
"""In the order of the cascade; tokens first, since all others take their values from there."""

SITE_SHEET = "site.css"
"""All of them as one file: a reader on a slow line waits for one answer instead of ten."""

UNUSED = (
    *("styles/furo.css", "styles/furo-extensions.css", "scripts/furo.js"),
    *("pygments.css", "doctools.js", "sphinx_highlight.js", "design-tabs.js"),
    *("sphinx-design.min.css", "copybutton.css"),
)
"""Furo's sheets style the page template that ours replaces, and its script drives it; code has its own few rules;
Sphinx's scripts serve its own search. Tabs work without sphinx-design's script, which only keeps them in step.
sphinx-design's sheet is part of ours, and the copy button is styled in code.css."""


def site_sheet() -> str:
    """Put the style sheets together, sphinx-design's before ours, which restyle its cards.

    Returns:
        CSS whose addresses are relative to the folder of the static files.
    """
    design = files("sphinx_design").joinpath("static", "sphinx-design.min.css").read_text(encoding="utf-8")
    return "\n".join([design, *((STATIC / name).read_text(encoding="utf-8") for name in SHEETS)])


def _add_files(app: Sphinx) -> None:
    made = Path(app.doctreedir) / "folio-static"
    made.mkdir(parents=True, exist_ok=True)
    (made / SITE_SHEET).write_text(site_sheet(), encoding="utf-8")
    # A new list, since Sphinx's default is one object for all applications of a process.
    app.config.html_static_path = [*app.config.html_static_path, str(STATIC), str(made)]
    app.add_css_file(SITE_SHEET, priority=900)
    app.add_js_file("page.js", priority=300, type="module")


def _drop_unused(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    for kind in ("css_files", "script_files"):
        context[kind] = [item for item in context[kind] if not any(name in str(item) for name in UNUSED)]


def setup(app: Sphinx) -> None:
    """Register the handlers."""
    app.connect("builder-inited", _add_files)
    app.connect("html-page-context", _drop_unused, priority=950)
