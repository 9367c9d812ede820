"""What the library takes from a page that was just read: its links, words, terms, and what its numbers rest on."""

from __future__ import annotations

from collections.abc import Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging

from folio.model.front_matter import PageFront, PostFront
from folio.model.library import Link, Page, Post, sentence_around
from folio.model.quantities import CITED, TRACED, find, normal, untraced
from folio.model.tracing import Assumption, Traces
from folio.model.typography import curled
from folio.reading.bound_nodes import bound_value, traced

logger = logging.getLogger(__name__)

BLOCKS = (nodes.paragraph, nodes.caption, nodes.title)
"""What holds prose; a table's cells and a list's items hold paragraphs."""


def page_of(document: nodes.document, docname: str, front: PostFront | PageFront, dek: str) -> Page:
    """Make the library's record of a page.

    Args:
        document: its doctree, references not yet resolved.
        docname: where it is.
        front: its front matter.
        dek: its dek, every binding filled in.

    Returns:
        A `Post` for a post's front matter, else a `Page`.
    """
    links = tuple(_links(document, docname))
    traces = traces_of(document)
    if isinstance(front, PageFront):
        return Page(docname, curled(front.title), dek, links, front.lab, traces)
    terms = frozenset(
        str(node["reftarget"]).lower()
        for node in document.findall(addnodes.pending_xref)
        if node.get("refdomain") == "std" and node.get("reftype") == "term"
    )
    words = sum(
        len(paragraph.astext().split()) for paragraph in document.findall(nodes.paragraph) if not _is_record(paragraph)
    )
    return Post(docname, curled(front.title), dek, links, None, traces, front=front, words=words, terms=terms)


def linked_page(node: addnodes.pending_xref, docname: str) -> str | None:
    """Tell which page a reference points to, or None where it points to something else.

    Args:
        node: the reference, as MyST makes it of a link to a file, or as the role `doc` does.
        docname: the page on which it stands.
    """
    if node.get("refdomain") == "doc":
        return str(node["reftarget"])
    if node.get("refdomain") == "std" and node.get("reftype") == "doc":
        target = str(node["reftarget"])
        folder = docname.rpartition("/")[0]
        return target[1:] if target.startswith("/") else f"{folder}/{target}".lstrip("/")
    return None


def traces_of(document: nodes.document) -> Traces:
    """Count what a page's quantities rest on; warn of each that nothing stands behind.

    Args:
        document: the page's doctree.

    Returns:
        The counts, the assumptions, and the untraced quantities.
    """
    bound = list(document.findall(bound_value))
    spoken = list(document.findall(traced))
    known = {normal(quantity) for node in spoken for quantity in find(node.astext())}
    known |= {normal(node.astext()) for node in spoken if node["kind"] == "assumed"}
    loose: list[str] = []
    for block in document.findall(lambda node: isinstance(node, BLOCKS)):
        if _is_record(block):
            continue
        for quantity in untraced(_flattened(block), known):
            loose.append(quantity)
            logger.warning(
                "nothing stands behind %r: bind it with {fact} or {result}, show it with {worked}, cite its source in "
                "the same sentence, or mark it {assumed} with the reason",
                quantity,
                location=block,
                type="folio",
                subtype="untraced",
            )
    return Traces(
        facts=sum(node["kind"] == "fact" for node in bound),
        results=sum(node["kind"] == "result" for node in bound),
        worked=sum(node["kind"] == "worked" for node in spoken),
        citations=sum(1 for _ in document.findall(nodes.footnote_reference)),
        assumptions=tuple(Assumption(node.astext(), node["reason"]) for node in spoken if node["kind"] == "assumed"),
        untraced=tuple(loose),
    )


def _flattened(block: nodes.Node) -> str:
    """Write a block's prose as text in which traced values and citations are single marks and code is gone."""
    if isinstance(block, bound_value | traced):
        return TRACED
    if isinstance(block, nodes.footnote_reference | nodes.citation_reference):
        return CITED
    if isinstance(block, nodes.literal | nodes.math | nodes.system_message):
        return ""
    if isinstance(block, nodes.Text):
        return block.astext()
    return "".join(_flattened(child) for child in block.children)


def _is_record(node: nodes.Node) -> bool:
    """Tell whether a block is a source's entry, or a lab's own table: neither is prose that could drift."""
    parent = node.parent
    while parent is not None:
        if isinstance(parent, nodes.footnote):
            return any(name.startswith("footcite-") for name in parent["names"])
        if isinstance(parent, nodes.Element) and {"lab-table", "lab-facts"} & set(parent.get("classes", ())):
            return True
        parent = parent.parent
    return False


def _links(document: nodes.document, docname: str) -> Iterator[Link]:
    for paragraph in document.findall(nodes.paragraph):
        text, places = "", []
        for node in paragraph.findall(nodes.Text):
            xref = _enclosing_xref(node)
            target = linked_page(xref, docname) if xref is not None else None
            if target is not None and target != docname:
                places.append((target, len(text), len(text) + len(node.astext())))
            text += node.astext()
        for target, start, end in places:
            yield Link(target, sentence_around(text, start, end))


def _enclosing_xref(node: nodes.Node) -> addnodes.pending_xref | None:
    parent = node.parent
    while parent is not None and not isinstance(parent, nodes.paragraph):
        if isinstance(parent, addnodes.pending_xref):
            return parent
        parent = parent.parent
    return None
