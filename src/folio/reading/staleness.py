"""Which pages are written again because another page changed what they show."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from typing import TYPE_CHECKING, cast

from folio.model.library import Citing, Labelled, Page, Post, Related
from folio.reading.domain import writing
from folio.reading.library_views import drawn
from folio.reading.page import Frame, frame_of

if TYPE_CHECKING:
    from collections.abc import Set

    from sphinx.application import Sphinx
    from sphinx.builders.html import StandaloneHTMLBuilder
    from sphinx.environment import BuildEnvironment


def _changed_pages(app: Sphinx, env: BuildEnvironment) -> Set[str]:
    """Compare what each page shows of others with what it showed when it was last written."""
    domain = writing(env)
    library = domain.library()
    html = app.builder.format == "html"
    views, posts = {}, dict[str, str]()
    for docname in env.all_docs:
        frame = frame_of(docname, env, library)
        parts = [repr((frame.tree, _shown(frame, posts)))]
        if html:
            builder = cast("StandaloneHTMLBuilder", app.builder)
            parts += [drawn(node, builder, docname) for node in domain.showing.get(docname, ())]
        views[docname] = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    changed = {docname for docname, digest in views.items() if domain.views.get(docname) != digest}
    domain.views.clear()
    domain.views.update(views)
    return changed


def _shown(value: object, posts: dict[str, str]) -> object:
    """Reduce a part of a frame to what a reader sees: of another page its title and header, not each word and link.

    Args:
        value: the part.
        posts: what has been said of posts already, by docname: the same one stands in many frames.
    """
    if isinstance(value, Post):
        if value.docname not in posts:
            posts[value.docname] = repr((value.docname, value.title, value.dek, value.minutes, value.front))
        return posts[value.docname]
    if isinstance(value, Page):
        return value.docname, value.title, value.dek, value.lab
    if isinstance(value, Related | Citing | Labelled | Frame):
        return tuple(_shown(getattr(value, field.name), posts) for field in fields(value) if field.name != "tree")
    if isinstance(value, tuple):
        return tuple(_shown(item, posts) for item in value)
    return value


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("env-updated", _changed_pages)
