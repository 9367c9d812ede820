"""What surrounds a page's text: the bar, the rail, a post's header and the connections at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docutils import nodes

from folio.model.front_matter import PageFront
from folio.model.library import Citing, Labelled, Library, Post, Related
from folio.reading.domain import writing
from folio.reading.navigation import Branch, branches

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the bar."""

    docname: str
    title: str
    current: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """A section of the page, for its contents."""

    anchor: str
    text: str


@dataclass(frozen=True)
class Frame:
    """All that surrounds a page's text and comes from other pages.

    Args:
        layout: `home`, `post` or `page`.
        places: the places of the bar.
        tree: the tree of the site, opened at this page.
        dek: the page's description.
        post: the post, where it is one.
        labels: its kind, topics and series.
        parts: how many parts of its series stand.
        previous, following: its neighbours in the series.
        related, citing: what shares most with it, what links here.
        feeds: slug and name of each topic that has a feed, since every page's head names them.
    """

    layout: str
    places: tuple[Place, ...]
    tree: tuple[Branch, ...]
    dek: str = ""
    post: Post | None = None
    labels: Labelled | None = None
    parts: int = 0
    previous: Post | None = None
    following: Post | None = None
    related: tuple[Related, ...] = ()
    citing: tuple[Citing, ...] = ()
    feeds: tuple[tuple[str, str], ...] = ()


def frame_of(docname: str, env: BuildEnvironment, library: Library) -> Frame:
    """Put together what surrounds a page.

    Args:
        docname: the page; one that the environment does not know (a search page) gets the bar and the tree.
        env: for the toctrees and titles.
        library: for the connections.

    Returns:
        The frame, made of plain data.
    """
    front = writing(env).fronts.get(docname)
    page = library.pages.get(docname)
    bar = [str(name) for name in env.config.folio_bar]
    places = tuple(Place(name, _title(env, name), _holds(name, docname)) for name in bar if name in env.all_docs)
    layout = front.layout if isinstance(front, PageFront) else "page"
    tree = () if layout == "home" else branches(docname, env, writing(env).outline())
    feeds = tuple((slug, name) for slug, name, count in library.topics_with_counts if count)
    if not isinstance(page, Post):
        citing = tuple(library.citing(docname)) if page is not None and page.lab else ()
        return Frame(layout, places, tree, page.dek if page else "", citing=citing, feeds=feeds)
    key = page.front.series
    previous, following = library.neighbours(page)
    return Frame(
        "post",
        places,
        tree,
        page.dek,
        page,
        library.labelled(page),
        len(library.series(key)) if key else 0,
        previous,
        following,
        tuple(library.related(page)),
        tuple(library.citing(docname)),
        feeds,
    )


def _title(env: BuildEnvironment, docname: str) -> str:
    return env.titles[docname].astext()


def _holds(place: str, docname: str) -> bool:
    """Tell whether a place of the bar is the page, or the folder it lies in."""
    folder = place.removesuffix("/index")
    return docname == place or (place != folder and docname.startswith(f"{folder}/"))


def contents_of(doctree: nodes.document | None) -> list[Heading]:
    """List a page's sections for its contents.

    Args:
        doctree: the page's resolved doctree; None for a page that has none.

    Returns:
        The second-level sections in order.
    """
    if doctree is None:
        return []
    top = [node for node in doctree.children if isinstance(node, nodes.section)]
    return [
        Heading(section["ids"][0], section[0].astext())
        for outer in top
        for section in outer.children
        if isinstance(section, nodes.section) and section["ids"]
    ]


def _page_context(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    domain = writing(app.env)
    library = domain.library()
    context["frame"] = frame_of(pagename, app.env, library)
    context["contents"] = contents_of(doctree)
    context["profile"] = domain.records.profile
    context["language"] = app.config.folio_language
    context["unlisted"] = app.config.folio_drafts  # a build that shows drafts is not for search engines
    context["link"] = lambda docname: app.builder.get_relative_uri(pagename, docname) or "./"
    context["has_page"] = lambda docname: docname in app.env.all_docs
    # Sphinx's neighbours follow the names of the files; a reader's follow the series.
    frame = context["frame"]
    for place, post in (("prev", frame.previous), ("next", frame.following)):
        context[place] = {"link": context["link"](post.docname), "title": post.title} if post else None
    # Furo computes the whole toctree into every page unless there is none; ours is bounded (navigation.py).
    context.pop("toctree", None)


def _drop_title(_app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Take the H1 out of the text: the page's header shows it, above the dek."""
    for section in doctree.children:
        if isinstance(section, nodes.section) and section.children and isinstance(section[0], nodes.title):
            section.remove(section[0])
            break


def setup(app: Sphinx) -> None:
    """Register the handlers; the context comes before Furo's."""
    app.connect("html-page-context", _page_context, priority=400)
    app.connect("doctree-resolved", _drop_title)
