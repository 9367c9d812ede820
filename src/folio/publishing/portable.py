"""A page's text as it can leave the site: no script, no class, no relative address; figures as pictures."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from lxml import html as lxml_html
from lxml.html import builder

from folio.publishing.kept import Kept
from folio.publishing.outputs import address, page_path, parsed, select

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from sphinx.application import Sphinx

LEFT_OUT = (".headerlink", ".src", "button", "script", "style", ".backrefs", ".connections")
"""What belongs to the page around the text: permalinks, the sources that numbers show, buttons."""

KEPT = frozenset({"href", "src", "alt", "title", "width", "height", "datetime", "colspan", "rowspan", "start", "lang"})
"""The attributes that mean something without the site's style sheet."""


class Articles:
    """The articles of a site as they can leave it, made once for all that takes them away.

    Args:
        app: the application, its pages written.
    """

    def __init__(self, app: Sphinx) -> None:
        self.app = app
        self.kept = Kept(app, "articles")

    def get(self, docname: str) -> HtmlElement:
        """Give the article of a page, a new one each time.

        Args:
            docname: the page.

        Returns:
            What `portable` makes of it.
        """
        page, site = page_path(self.app, docname).read_bytes(), self.app.config.html_baseurl
        url = address(self.app, docname)

        def made() -> str:
            return str(lxml_html.tostring(portable(parsed(page), url, site), encoding="unicode"))

        return lxml_html.fragment_fromstring(self.kept.get(docname, page, (url, site), made))

    def settle(self) -> None:
        """Drop what nobody took in this build: takers keep what they made of it."""
        self.kept.settle()


def portable(document: HtmlElement, page: str, site: str) -> HtmlElement:
    """Take the article out of a page so that a feed reader, or a converter, can show it.

    Args:
        document: the page as the build wrote it, parsed; it is not changed.
        page: its absolute address.
        site: the absolute address of the site's root, a slash at its end.

    Returns:
        The article: every address absolute, every drawing an `img` of its stand-alone file, formulas still MathML.
    """
    article = copy.deepcopy(select(document, "main article")[0])
    for selector in LEFT_OUT:
        for element in select(article, selector):
            element.drop_tree()
    for moving in select(article, "moving-figure"):
        moving.drop_tag()
    for figure in select(article, "figure"):
        _as_picture(figure, site)
    article.make_links_absolute(page)
    for mark in select(article, "a.footnote-reference"):
        _as_superscript(mark)
    for notes in select(article, ".endnotes"):
        _as_list(notes)
    for element in article.iter():
        if isinstance(element.tag, str) and element.tag not in FORMULA:
            for name in [name for name in element.attrib if name not in KEPT]:
                del element.attrib[name]
    for element in [item for item in article.iter("span") if not item.attrib]:
        element.drop_tag()
    return article


FORMULA = frozenset(
    {"math", "mrow", "mi", "mo", "mn", "mtext", "mspace", "msup", "msub", "msubsup", "mfrac", "msqrt", "mroot"}
    | {"munder", "mover", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded", "semantics", "mphantom"}
)


def _as_picture(figure: HtmlElement, site: str) -> None:
    """Put the stand-alone file of a figure in the place of its inline drawings."""
    drawings = select(figure, "svg")
    source = next((drawing.get("data-file") for drawing in drawings if drawing.get("data-file")), None)
    if source is None:
        return
    picture = builder.IMG(src=urljoin(site, source), alt=drawings[0].get("aria-label", ""))
    drawings[0].addprevious(picture)
    for drawing in drawings:
        drawing.drop_tree()


def _as_superscript(mark: HtmlElement) -> None:
    """Write the mark of a note as a raised number, without the brackets that the style sheet hides."""
    raised = builder.SUP(builder.A(mark.text_content().strip("[] "), href=mark.get("href", "")))
    raised.tail = mark.tail
    mark.getparent().replace(mark, raised)


def _as_list(notes: HtmlElement) -> None:
    """Write the notes as a numbered list, which they are."""
    items = []
    for note in select(notes, "aside.footnote"):
        for label in select(note, ".label"):
            label.drop_tree()
        items.append(builder.LI(*select(note, "p")))
    heading = "".join(rubric.text_content() for rubric in select(notes, ".notes-heading"))
    notes.getparent().replace(notes, builder.DIV(builder.H2(heading), builder.OL(*items, title=NOTES)))


NOTES = "Notes and sources"
"""The title of the list of notes, by which a converter knows it."""


def with_plain_formulas(article: HtmlElement) -> HtmlElement:
    """Write formulas in HTML: many feed readers strip MathML, which leaves `x2` of x².

    Args:
        article: what `portable` gave; it is changed.

    Returns:
        The same element.
    """
    for formula in select(article, "math"):
        inner = _plain(formula)
        written = lxml_html.fragment_fromstring(f"<span>{inner}</span>")
        if formula.get("display") == "block":
            written = lxml_html.fragment_fromstring(f"<p>{inner}</p>")
        written.tail = formula.tail
        formula.getparent().replace(formula, written)
    return article


def _plain(element: HtmlElement) -> str:
    """Write a part of a formula as HTML: sub- and superscripts stand as such, fractions with a slash."""
    parts = [_plain(child) for child in element if isinstance(child.tag, str)]
    text = builder.SPAN(element.text or "").text or ""
    escaped = text.strip().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    match element.tag, parts:
        case ("mi", _):
            return f"<i>{escaped}</i>" if len(escaped) == 1 and escaped.isalpha() else escaped
        case ("mo", _):
            return f" {escaped} " if escaped in RELATIONS else escaped
        case ("msup" | "mover", [base, over]):
            return f"{base}<sup>{over}</sup>"
        case ("msub" | "munder", [base, under]):
            return f"{base}<sub>{under}</sub>"
        case ("msubsup" | "munderover", [base, under, over]):
            return f"{base}<sub>{under}</sub><sup>{over}</sup>"
        case ("mfrac", [over, under]):
            return f"({over})/({under})"
        case ("msqrt", _):
            return f"√({''.join(parts)})"
        case ("mtr", _):
            return f"{' '.join(parts)}<br>"
        case ("annotation" | "annotation-xml", _):
            return ""
        case _:
            return escaped + "".join(parts)


RELATIONS = frozenset("=≈<>≤≥+−-×·÷±→&")
