"""A page's text as it can leave the site: no script, no class, no relative address; figures as pictures."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from lxml import html as lxml_html
from lxml.html import builder

if TYPE_CHECKING:
    from lxml.html import HtmlElement

LEFT_OUT = (".headerlink", ".src", "button", "script", "style", ".backrefs", ".connections")
"""What belongs to the page around the text: permalinks, the sources that numbers show, buttons."""

KEPT = frozenset({"href", "src", "alt", "title", "width", "height", "datetime", "colspan", "rowspan", "start", "lang"})
"""The attributes that mean something without the site's style sheet."""


def portable(document: HtmlElement, page: str, site: str) -> HtmlElement:
    """Take the article out of a page so that a feed reader, or a converter, can show it.

    Args:
        document: the page as the build wrote it, parsed; it is not changed.
        page: its absolute address.
        site: the absolute address of the site's root, a slash at its end.

    Returns:
        The article: every address absolute, every drawing an `img` of its stand-alone file, formulas still MathML.
    """
    article = copy.deepcopy(document.cssselect("main article")[0])
    for selector in LEFT_OUT:
        for element in article.cssselect(selector):
            element.drop_tree()
    for figure in article.cssselect("figure"):
        _as_picture(figure, site)
    article.make_links_absolute(page)
    for mark in article.cssselect("a.footnote-reference"):
        _as_superscript(mark)
    for notes in article.cssselect(".endnotes"):
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
    drawings = figure.cssselect("svg")
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
    for note in notes.cssselect("aside.footnote"):
        for label in note.cssselect(".label"):
            label.drop_tree()
        items.append(builder.LI(*note.cssselect("p")))
    heading = "".join(rubric.text_content() for rubric in notes.cssselect(".notes-heading"))
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
    for formula in article.cssselect("math"):
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
