"""What a hover shows of a page or a term: one small file a page, one for all terms, written once a build."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from folio.model.front_matter import KINDS
from folio.model.library import Page, Post
from folio.publishing.kept import Kept
from folio.publishing.outputs import Outputs, page_path, parsed, select
from folio.reading.domain import writing

if TYPE_CHECKING:
    from lxml.html import HtmlElement
    from sphinx.application import Sphinx

FOLDER, TERMS = "previews", "terms.json"
GLOSSARY = b'class="simple glossary"'


def preview(page: Page, document: HtmlElement) -> dict[str, str]:
    """Say of a page what a reader wants to know before following a link.

    Args:
        page: the page as the library knows it.
        document: its HTML as the build wrote it, parsed.

    Returns:
        `title`, `dek`, `text` (its first paragraph), `meta` (kind and minutes of a post).
    """
    paragraphs = select(document, "article > section > p")
    text = _words(paragraphs[0]) if paragraphs else ""
    meta = f"{KINDS[page.front.kind][0]} · {page.minutes} min" if isinstance(page, Post) else ""
    return {"title": page.title, "dek": page.dek, "text": text, "meta": meta}


def terms_of(document: HtmlElement) -> dict[str, dict[str, str]]:
    """Take the terms and their definitions out of a page that holds a glossary, by the id of each term."""
    found = {}
    for term in select(document, "dl.glossary > dt"):
        definition = term.getnext()
        if term.get("id") and definition is not None:
            found[term.get("id")] = {"title": _words(term), "text": _words(definition)}
    return found


def _words(element: HtmlElement) -> str:
    for hidden in select(element, ".src, .headerlink, .footnote-reference"):
        hidden.drop_tree()
    return " ".join(element.text_content().split())


def _publish(app: Sphinx, outputs: Outputs) -> None:
    terms: dict[str, dict[str, str]] = {}
    kept = Kept(app, FOLDER)
    for docname, page in writing(app.env).library().pages.items():
        if docname == app.config.root_doc:
            continue  # every page leads home by itself
        content = page_path(app, docname).read_bytes()

        def made(page: Page = page, content: bytes = content) -> str:
            return json.dumps(preview(page, parsed(content)), ensure_ascii=False)

        shown = (page.front.kind, page.minutes) if isinstance(page, Post) else ()
        outputs.write(f"{FOLDER}/{docname}.json", kept.get(docname, content, (page.title, page.dek, shown), made))
        if GLOSSARY in content:
            terms |= terms_of(parsed(content))
    kept.settle()
    outputs.write(f"{FOLDER}/{TERMS}", json.dumps(terms, ensure_ascii=False))


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("folio-site-finished", _publish, priority=700)
