"""What is made once a build is finished, and the word on whether it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from folio.publishing import build_state, prune

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> None:
    """Register what follows a build."""
    for part in (build_state, prune):
        part.setup(app)
