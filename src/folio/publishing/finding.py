"""What machines look for: the sitemap, robots.txt and llms.txt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from lxml import etree

from folio.model.library import Library, Post
from folio.publishing.names import RESUME, twin_of
from folio.publishing.outputs import Outputs, address
from folio.reading.domain import writing

if TYPE_CHECKING:
    from sphinx.application import Sphinx

SITEMAP = "sitemap.xml"
SITEMAP_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def sitemap(pages: Iterable[tuple[str, str | None]]) -> bytes:
    """Write a sitemap (sitemaps.org, protocol 0.9).

    Args:
        pages: the absolute address of each page, and the day on which a post changed last.

    Returns:
        The XML document.
    """
    root = etree.Element(f"{{{SITEMAP_NAMESPACE}}}urlset", nsmap={None: SITEMAP_NAMESPACE})
    for location, changed in pages:
        entry = etree.SubElement(root, f"{{{SITEMAP_NAMESPACE}}}url")
        etree.SubElement(entry, f"{{{SITEMAP_NAMESPACE}}}loc").text = location
        if changed:
            etree.SubElement(entry, f"{{{SITEMAP_NAMESPACE}}}lastmod").text = changed
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True))


def robots(site: str, listed: bool) -> str:
    """Write robots.txt: everything may be read, or, for a build that shows drafts, nothing indexed."""
    rule = "Allow: /" if listed else "Disallow: /"
    return f"User-agent: *\n{rule}\n\nSitemap: {urljoin(site, SITEMAP)}\n"


def llms(library: Library, site: str, owner: str, summary: str) -> str:
    """Write llms.txt (llmstxt.org): what the site is, and its pieces as links to their Markdown.

    Args:
        library: for the posts and the labs.
        site: the absolute address of the site's root.
        owner: whose site it is.
        summary: what it is, in a sentence or two.

    Returns:
        The document, Markdown.
    """
    lines = [f"# {owner}", "", f"> {summary}", "", "## Pieces", ""]
    lines += [f"- [{post.title}]({urljoin(site, twin_of(post.docname))}): {post.dek}" for post in library.posts()]
    labs = [page for page in library.pages.values() if page.lab]
    lines += [
        "",
        "## Labs",
        "",
        *(f"- [{lab.title}]({urljoin(site, f'data/{lab.lab}.json')}): {lab.dek}" for lab in labs),
    ]
    lines += ["", "## Optional", "", f"- [Résumé as JSON]({urljoin(site, RESUME)})"]
    lines += [f"- [Everything as a feed]({urljoin(site, 'feed.xml')})", ""]
    return "\n".join(lines)


def _publish(app: Sphinx, outputs: Outputs) -> None:
    library, site = writing(app.env).library(), app.config.html_baseurl
    pages = []
    for docname in sorted(app.env.all_docs):
        page = library.pages.get(docname)
        pages.append((address(app, docname), page.front.last_changed.isoformat() if isinstance(page, Post) else None))
    home = library.pages.get(app.config.root_doc)
    outputs.write(SITEMAP, sitemap(pages))
    outputs.write("robots.txt", robots(site, listed=not app.config.folio_drafts))
    outputs.write("llms.txt", llms(library, site, app.config.project, home.dek if home else ""))


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("folio-site-finished", _publish, priority=700)
