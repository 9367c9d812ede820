"""Which pages are written again because another page changed what they show."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from typing import TYPE_CHECKING, cast

from folio.model.library import Citing, Labelled, Page, Post, Related
from folio.reading.domain import WritingDomain, writing
from folio.reading.library_views import drawn
from folio.reading.listings import STATISTICS
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
    posts = dict[str, str]()
    shape = _shape(app, env)
    if shape == domain.shape:
        to_look_at = {docname for docname in env.all_docs if docname not in domain.views or _counts(domain, docname)}
    else:
        to_look_at, domain.shape = set(env.all_docs), shape
    changed = set()
    for docname in to_look_at:
        frame = frame_of(docname, env, library)
        parts = [repr((frame.tree, _shown(frame, posts)))]
        if html:
            builder = cast("StandaloneHTMLBuilder", app.builder)
            parts += [drawn(part, builder, docname) for part in domain.showing.get(docname, ())]
        digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        if domain.views.get(docname) != digest:
            changed.add(docname)
            domain.views[docname] = digest
    return changed


def _shape(app: Sphinx, env: BuildEnvironment) -> str:
    """Digest all that pages show of other pages but the counts of words and numbers, which change with every edit.

    While it is the same, only the pages that were read can show something else, and those that show the counts.
    """
    domain = writing(env)
    library, records = domain.library(), domain.records
    pages = [
        (page.docname, page.title, page.dek, page.links, page.lab)
        + ((page.front, page.minutes, sorted(page.terms)) if isinstance(page, Post) else ())
        for page in library.pages.values()
    ]
    views = [
        (docname, [(part.template, part.options) for part in parts])
        for docname, parts in sorted(domain.showing.items())
    ]
    settings = [(item.name, item.value) for item in app.config if item.name.startswith(("folio_", "html_"))]
    titles = [(docname, title.astext()) for docname, title in sorted(env.titles.items())]
    sources = env.get_domain("cite").bibdata.data.entries  # type: ignore[attr-defined]
    trees = sorted(env.toctree_includes.items())
    said = [app.builder.name, settings, pages, views, titles, trees, records.profile, records.labs, [*sources.items()]]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _counts(domain: WritingDomain, docname: str) -> bool:
    """Tell whether a page shows what is counted over all pages."""
    return any(part.template == STATISTICS for part in domain.showing.get(docname, ()))


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
