"""Which pages are written again because another page changed what they show."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from folio.reading.domain import writing
from folio.reading.page import frame_of

if TYPE_CHECKING:
    from collections.abc import Set

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def _changed_pages(app: Sphinx, env: BuildEnvironment) -> Set[str]:
    """Compare what each page shows of others with what it showed when it was last written."""
    domain = writing(env)
    library = domain.library()
    whole = _digest(repr([library.pages, library.topic_names, library.series_names, sorted(domain.records.labs)]))
    views = {
        docname: _digest(repr(frame_of(docname, env, library))) + (whole if docname in domain.showing else "")
        for docname in env.all_docs
    }
    changed = {docname for docname, digest in views.items() if domain.views.get(docname) != digest}
    domain.views.clear()
    domain.views.update(views)
    return changed


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("env-updated", _changed_pages)
