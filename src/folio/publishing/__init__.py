"""What is made once a build is finished, and the word on whether it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from folio.publishing import (
    build_state,
    cards,
    drawings,
    feeds,
    finding,
    icons,
    not_found,
    previews,
    prune,
    record,
    redirects,
    schemas,
    search_index,
    search_page,
    sharing,
    twins,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> None:
    """Register what follows a build."""
    for part in (
        build_state,
        search_page,
        not_found,
        sharing,
        prune,
        redirects,
        drawings,
        cards,
        icons,
        record,
        feeds,
        twins,
        finding,
        schemas,
        search_index,
        previews,
    ):
        part.setup(app)
