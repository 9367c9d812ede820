"""What is made once a build is finished, and the word on whether it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from folio.publishing import build_state, not_found, previews, prune, search_index, search_page

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> None:
    """Register what follows a build."""
    for part in (build_state, search_page, not_found, prune, search_index, previews):
        part.setup(app)
