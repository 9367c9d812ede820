"""Where the builder puts pages, and which builders make the site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders.html import StandaloneHTMLBuilder

HTML_BUILDERS = frozenset({"html", "dirhtml"})
"""The builders that make the site (epub also calls its format "html")."""


def page_path(app: Sphinx, docname: str) -> Path:
    """Where a page is written.

    Args:
        app: the application, with one of `HTML_BUILDERS`.
        docname: the page.

    Returns:
        The file's path.
    """
    return Path(cast("StandaloneHTMLBuilder", app.builder).get_output_path(docname))
