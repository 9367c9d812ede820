"""A Markdown twin of each piece, for whoever reads text: values filled in, figures as captions and links to data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from lxml import html as lxml_html
from markdownify import MarkdownConverter

from folio.model.library import Post
from folio.publishing.kept import Kept
from folio.publishing.names import twin_of
from folio.publishing.outputs import Outputs, address, page_path, parsed
from folio.publishing.portable import NOTES, portable
from folio.reading.domain import writing

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from sphinx.application import Sphinx


class _Converter(MarkdownConverter):
    """HTML to Markdown, with formulas as TeX."""

    def convert_math(self, element: object, _text: str, parent_tags: object = None) -> str:
        """Write a formula as the TeX that it was made of."""
        tex, block = element.get("alttext"), element.get("display") == "block"  # type: ignore[attr-defined]
        return f"\n\n$$\n{tex}\n$$\n\n" if block else f"${tex}$"

    def convert_sup(self, element: object, text: str, parent_tags: object = None) -> str:
        """Write the mark of a note as a Markdown footnote's."""
        number = element.get_text().strip()  # type: ignore[attr-defined]
        return f"[^{number}]" if element.find("a") and number.isdigit() else text  # type: ignore[attr-defined]


NOTE = "\ue000"
"""Stands beside the number of a note while the text is converted: a private character, so that nothing else has it."""


def markdown(article: HtmlElement, site: str) -> str:
    """Write a page's text as Markdown.

    Args:
        article: what `portable` gave.
        site: the absolute address of the site's root; a figure's data are found below it.

    Returns:
        CommonMark with pipe tables, no line of it HTML or a directive.
    """
    for picture in article.cssselect("figure img"):
        match = re.fullmatch(re.escape(urljoin(site, "figures/labs/")) + r"([^/]+)/.*", picture.get("src", ""))
        if match:
            link = lxml_html.fragment_fromstring("<p><a>Data of this figure</a></p>")
            link[0].set("href", urljoin(site, f"data/{match[1]}.json"))
            picture.getparent().append(link)
    for notes in article.cssselect(f'ol[title="{NOTES}"]'):
        for number, note in enumerate(notes, 1):
            first = note[0] if len(note) else note
            first.text = f"{NOTE}{number}{NOTE}{first.text or ''}"
        for note in notes:
            note.drop_tag()
        notes.drop_tag()
    written = _Converter(heading_style="ATX", bullets="-", strip=["summary"], escape_misc=False).convert(
        lxml_html.tostring(article, encoding="unicode")
    )
    written = re.sub(rf"{NOTE}(\d+){NOTE}\s*", r"[^\1]: ", str(written))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", str(written))).strip() + "\n"


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
    author, kept = app.config.project, Kept(app, "twins")
    for post in writing(app.env).library().posts():
        url, page = address(app, post.docname), page_path(app, post.docname).read_bytes()

        def made(post: Post = post, url: str = url, page: bytes = page) -> str:
            return twin(post, portable(parsed(page), url, site), url, site, author)

        head = post.title, post.dek, post.front.date, post.front.last_changed, url, site, author
        outputs.write(twin_of(post.docname), kept.get(post.docname, page, head, made))
    kept.settle()


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("folio-site-finished", _publish, priority=700)
