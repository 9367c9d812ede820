"""A Markdown twin of each piece, for whoever reads text: values filled in, figures as captions and links to data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from html_to_markdown import ConversionOptions, convert
from lxml import html as lxml_html
from lxml.html import builder

from folio.model.library import Post
from folio.publishing.kept import Kept
from folio.publishing.names import twin_of
from folio.publishing.outputs import Outputs, address, page_path, select
from folio.publishing.portable import NOTES, Articles
from folio.reading.domain import writing

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from sphinx.application import Sphinx


OPTIONS = ConversionOptions(
    bullets="-",
    escape_asterisks=True,
    escape_underscores=True,
    compact_tables=True,
    autolinks=False,
    extract_metadata=False,
)
NOTE, KEPT = "\ue000", "\ue001"
"""Stand on both sides of a number while the text is converted, that of a note or of a text that has to stay as it is:
private characters, so that nothing else has them."""


def markdown(article: HtmlElement, site: str) -> str:
    """Write a page's text as Markdown.

    Args:
        article: what `portable` gave; it is changed.
        site: the absolute address of the site's root; a figure's data are found below it.

    Returns:
        CommonMark with pipe tables, footnotes and formulas as TeX, no line of it HTML or a directive.
    """
    for picture in select(article, "figure img"):
        match = re.fullmatch(re.escape(urljoin(site, "figures/labs/")) + r"([^/]+)/.*", picture.get("src", ""))
        if match:
            link = lxml_html.fragment_fromstring("<p><a>Data of this figure</a></p>")
            link[0].set("href", urljoin(site, f"data/{match[1]}.json"))
            picture.getparent().append(link)
    for caption in select(article, "figcaption"):
        caption.tag = "p"
    for notes in select(article, f'ol[title="{NOTES}"]'):
        for number, note in enumerate(notes, 1):
            first = note[0] if len(note) else note
            first.text = f"{NOTE}{number}{NOTE}{first.text or ''}"
        for note in notes:
            note.drop_tag()
        notes.drop_tag()
    for term in select(article, "dt"):  # CommonMark has no list of definitions
        term.tag = "p"
        term.append(builder.STRONG(term.text_content()))
        term.text = None
        for part in term[:-1]:
            term.remove(part)
    kept: list[str] = []
    for formula in select(article, "math"):
        tex = formula.get("alttext")
        _keep(formula, f"\n\n$$\n{tex}\n$$\n\n" if formula.get("display") == "block" else f"${tex}$", kept)
    for raised in select(article, "sup"):
        number = raised.text_content().strip()
        if raised.find("a") is not None and number.isdigit():
            _keep(raised, f"[^{number}]", kept)
    written = convert(lxml_html.tostring(article, encoding="unicode"), OPTIONS).content or ""
    written = re.sub(rf"{KEPT}(\d+){KEPT}", lambda match: kept[int(match[1])], written)
    written = re.sub(rf"{NOTE}(\d+){NOTE}\s*", r"[^\1]: ", written)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", written)).strip() + "\n"


def _keep(element: HtmlElement, text: str, kept: list[str]) -> None:
    """Put a mark in the place of an element, for a text that no converter shall touch."""
    mark = lxml_html.fragment_fromstring(f"<span>{KEPT}{len(kept)}{KEPT}</span>")
    kept.append(text)
    mark.tail = element.tail
    element.getparent().replace(element, mark)


def twin(post: Post, article: HtmlElement, url: str, site: str, author: str) -> str:
    """Write the twin of a piece.

    Args:
        post: the piece.
        article: what `portable` gave.
        url: the absolute address of its page.
        site: that of the site's root.
        author: who wrote it.

    Returns:
        Title, dek, dates and address, then the text.
    """
    changed = f", updated {post.front.last_changed.isoformat()}" if post.front.last_changed != post.front.date else ""
    head = f"# {post.title}\n\n> {post.dek}\n\n{author}, {post.front.date.isoformat()}{changed}. <{url}>\n\n"
    return head + markdown(article, site)


def _publish(app: Sphinx, outputs: Outputs) -> None:
    site = app.config.html_baseurl
    author, kept, articles = app.config.project, Kept(app, "twins"), Articles(app)
    for post in writing(app.env).library().posts():
        url, page = address(app, post.docname), page_path(app, post.docname).read_bytes()

        def made(post: Post = post, url: str = url) -> str:
            return twin(post, articles.get(post.docname), url, site, author)

        head = post.title, post.dek, post.front.date, post.front.last_changed, url, site, author
        outputs.write(twin_of(post.docname), kept.get(post.docname, page, head, made))
    kept.settle()
    articles.settle()


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("folio-site-finished", _publish, priority=700)
