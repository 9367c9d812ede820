"""The page that a server shows for an address that does not exist: `404.html`, at the root of the site.

A server sends it for addresses of any depth, so its relative links are resolved against a `<base>`, which holds the
path that the site is published under.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from folio.publishing.outputs import HTML_BUILDERS, Outputs, page_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

NAME = "404"


def _page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    if app.builder.name in HTML_BUILDERS:
        yield NAME, {"title": "There is no such page"}, "404.html"


def _page_context(app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    if pagename == NAME:
        site = urlsplit(app.config.html_baseurl).path or "/"
        context["metatags"] = (
            f'<base href="{urljoin(site, app.builder.get_target_uri(NAME))}">{context.get("metatags", "")}'
        )
        context["pageurl"] = None  # it has no address of its own


def _put_at_root(app: Sphinx, _outputs: Outputs) -> None:
    """Move the page to where servers and hosts look for it; `dirhtml` has given it a folder."""
    written, wanted = page_path(app, NAME), Path(app.outdir) / f"{NAME}.html"
    if written != wanted:
        written.replace(wanted)
        written.parent.rmdir()


def setup(app: Sphinx) -> None:
    """Register the handlers; the page moves once pruning is done."""
    app.connect("html-collect-pages", _page)
    app.connect("html-page-context", _page_context)
    app.connect("folio-site-finished", _put_at_root, priority=600)
