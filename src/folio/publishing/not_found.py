"""The page that a server shows for an address that does not exist: `404.html`, at the root of the site.

A server sends it for addresses of any depth, so its relative links are resolved against a `<base>`, which holds the
path that the site is published under.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from folio.publishing.outputs import HTML_BUILDERS, page_path

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


def at_root(app: Sphinx) -> Path:
    """Say where servers and hosts look for the page.

    Args:
        app: the application.

    Returns:
        The file's path.
    """
    return Path(app.outdir) / f"{NAME}.html"


def _put_at_root(app: Sphinx, _exception: Exception | None) -> None:
    """Move the page there in every build, published or not; `dirhtml` has given it a folder."""
    if app.builder.name not in HTML_BUILDERS:
        return
    written, wanted = page_path(app, NAME), at_root(app)
    if written != wanted and written.exists():
        written.replace(wanted)
        written.parent.rmdir()


def setup(app: Sphinx) -> None:
    """Register the handlers; the page is in its place before anything is published."""
    app.connect("html-collect-pages", _page)
    app.connect("html-page-context", _page_context)
    app.connect("build-finished", _put_at_root, priority=800)
