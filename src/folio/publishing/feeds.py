"""Feeds: Atom (RFC 4287) and JSON Feed 1.1, the whole text of each piece, one pair for everything and one a topic."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from lxml import etree
from lxml import html as lxml_html

from folio.model.library import Library, Post
from folio.publishing.kept import Kept
from folio.publishing.names import ATOM, JSON, card_of
from folio.publishing.outputs import Outputs, address, page_path
from folio.publishing.portable import Articles, with_plain_formulas
from folio.reading.domain import writing

if TYPE_CHECKING:
    from sphinx.application import Sphinx


MOST = 40
"""How many pieces a feed holds at most, the newest."""

NAMESPACE = uuid.UUID("5f0b1f0e-6d0e-4a53-9a7c-0f6c5a5b3c11")
"""What ids are derived from; it is never changed, or every reader would be sent everything again."""

ATOM_NAMESPACE = "http://www.w3.org/2005/Atom"

NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A piece as a feed shows it.

    Args:
        identity: its id, which does not depend on the address of the site.
        title, summary: its title and dek, plain text.
        url: its absolute address.
        published, updated: its dates.
        topics: the names of its topics.
        content: its text as HTML, nothing in it relative.
        image: the absolute address of its card.
    """

    identity: str
    title: str
    summary: str
    url: str
    published: dt.date
    updated: dt.date
    topics: tuple[str, ...]
    content: str
    image: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: of everything, or of one topic.

    Args:
        identity: its id.
        title, subtitle: what it is.
        home: the absolute address of the page it belongs to.
        folder: where its two files stand, below the root of the site.
        author: who writes.
        language: the language of the site.
        site: the absolute address of the site's root.
        entries: the pieces, newest first.
    """

    identity: str
    title: str
    subtitle: str
    home: str
    folder: str
    author: str
    language: str
    site: str
    entries: tuple[Entry, ...]


def identity(name: str) -> str:
    """Derive the id of a piece or of a feed from its name alone, so that a new domain sends nothing again."""
    return uuid.uuid5(NAMESPACE, name).urn


def moment(day: dt.date) -> str:
    """Write a day as RFC 3339 wants a moment: at midnight UTC, since a post has a date and no time."""
    return f"{day.isoformat()}T00:00:00Z"


def as_atom(feed: Feed) -> bytes:
    """Write a feed as Atom.

    Args:
        feed: the feed.

    Returns:
        An XML document that RFC 4287 allows.
    """

    def add(parent: etree._Element, tag: str, text: str | None = None, **attributes: str) -> etree._Element:
        child = etree.SubElement(parent, f"{{{ATOM_NAMESPACE}}}{tag}", attributes)
        child.text = None if text is None else NO_XML.sub("", text)
        return child

    root = etree.Element(f"{{{ATOM_NAMESPACE}}}feed", nsmap={None: ATOM_NAMESPACE})
    root.set("{http://www.w3.org/XML/1998/namespace}lang", feed.language)
    add(root, "id", feed.identity)
    add(root, "title", feed.title)
    add(root, "subtitle", feed.subtitle)
    add(root, "updated", moment(max((entry.updated for entry in feed.entries), default=dt.date(1970, 1, 1))))
    add(root, "link", rel="alternate", type="text/html", href=feed.home)
    add(root, "link", rel="self", type="application/atom+xml", href=urljoin(feed.site, feed.folder + ATOM))
    add(root, "icon", urljoin(feed.site, "_static/favicon.svg"))
    add(add(root, "author"), "name", feed.author)
    for entry in feed.entries:
        item = add(root, "entry")
        add(item, "id", entry.identity)
        add(item, "title", entry.title)
        add(item, "link", rel="alternate", type="text/html", href=entry.url)
        add(item, "published", moment(entry.published))
        add(item, "updated", moment(entry.updated))
        for topic in entry.topics:
            add(item, "category", term=topic)
        add(item, "summary", entry.summary)
        add(item, "content", entry.content, type="html")
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True))


def as_json(feed: Feed) -> str:
    """Write a feed as JSON Feed 1.1.

    Args:
        feed: the feed.

    Returns:
        The document.
    """
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": feed.home,
        "feed_url": urljoin(feed.site, feed.folder + JSON),
        "language": feed.language,
        "authors": [{"name": feed.author, "url": feed.site}],
        "items": [
            {
                "id": entry.identity,
                "url": entry.url,
                "title": entry.title,
                "summary": entry.summary,
                "content_html": entry.content,
                "image": entry.image,
                "date_published": moment(entry.published),
                "date_modified": moment(entry.updated),
                "tags": list(entry.topics),
            }
            for entry in feed.entries
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def feeds(library: Library, entry_of: dict[str, Entry], site: str, owner: str, language: str) -> Iterator[Feed]:
    """Put the feeds together: one of everything, one for each topic that has pieces.

    Args:
        library: for the order of the posts and the names of the topics.
        entry_of: the pieces by docname.
        site: the absolute address of the site's root.
        owner: the name of who writes.
        language: the language of the site.

    Yields:
        The feeds.
    """

    def made(name: str, title: str, subtitle: str, posts: Iterable[Post]) -> Feed:
        entries = tuple(entry_of[post.docname] for post in posts if post.docname in entry_of)[:MOST]
        home = urljoin(site, name)
        return Feed(identity(name or "feed"), title, subtitle, home, name, owner, language, site, entries)

    yield made("", owner, "Everything, newest first.", library.posts())
    for slug, name in library.topic_names.items():
        if posts := library.posts(topic=slug):
            yield made(f"topics/{slug}/", f"{owner}: {name}", f"The pieces on {name}, newest first.", posts)


def _entry(app: Sphinx, post: Post, library: Library, kept: Kept, articles: Articles) -> Entry:
    url, site, page = address(app, post.docname), app.config.html_baseurl, page_path(app, post.docname).read_bytes()

    def text() -> str:
        article = with_plain_formulas(articles.get(post.docname))
        return "".join(lxml_html.tostring(child, encoding="unicode") for child in article).strip()

    return Entry(
        identity(post.docname),
        post.title,
        post.dek,
        url,
        post.front.date,
        post.front.last_changed,
        tuple(library.topic_names.get(slug, slug) for slug in post.front.topics),
        kept.get(post.docname, page, (url, site), text),
        urljoin(site, card_of(post.docname)),
    )


def _publish(app: Sphinx, outputs: Outputs) -> None:
    library = writing(app.env).library()
    shown = {post.docname for post in library.posts()[:MOST]}
    for slug in library.topic_names:
        shown.update(post.docname for post in library.posts(topic=slug)[:MOST])
    kept, articles = Kept(app, "feeds"), Articles(app)
    entry_of = {
        post.docname: _entry(app, post, library, kept, articles) for post in library.posts() if post.docname in shown
    }
    kept.settle()
    for feed in feeds(library, entry_of, app.config.html_baseurl, app.config.project, app.config.folio_language):
        outputs.write(feed.folder + ATOM, as_atom(feed))
        outputs.write(feed.folder + JSON, as_json(feed))


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("folio-site-finished", _publish, priority=700)
