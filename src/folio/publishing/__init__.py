"""What is made once a build is finished, and the word on whether it is."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from folio.publishing import build_state, not_found, policy, redirects, search_page, sharing

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PUBLISHERS = (
    "prune",
    "drawings",
    "cards",
    "icons",
    "record",
    "feeds",
    "twins",
    "finding",
    "schemas",
    "search_index",
    "previews",
)
"""Modules that act on a finished site only. They bring libraries for type, fonts and HTML along, whose import takes as
long as a small build: so they are loaded when there is something to publish."""


def _load_publishers(app: Sphinx) -> None:
    for name in PUBLISHERS:
        import_module(f"folio.publishing.{name}").setup(app)


def setup(app: Sphinx) -> None:
    """Register what takes part while pages are written, and the loading of what follows."""
    for part in (build_state, search_page, not_found, sharing, policy, redirects):
        part.setup(app)
    app.connect("folio-site-finishing", _load_publishers)
