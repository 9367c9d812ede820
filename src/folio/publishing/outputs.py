"""Where the builder puts pages, at what address they stand, and the writing of everything that is no page."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urljoin

if TYPE_CHECKING:
    from lxml.cssselect import CSSSelector
    from lxml.html import HtmlElement
    from sphinx.application import Sphinx
    from sphinx.builders.html import StandaloneHTMLBuilder

HTML_BUILDERS = frozenset({"html", "dirhtml"})
"""The builders that make the site (epub also calls its format "html")."""

RECORD = "folio-published.json"


def page_path(app: Sphinx, docname: str) -> Path:
    """Where a page is written.

    Args:
        app: the application, with one of `HTML_BUILDERS`.
        docname: the page.

    Returns:
        The file's path.
    """
    return Path(cast("StandaloneHTMLBuilder", app.builder).get_output_path(docname))


def address(app: Sphinx, docname: str) -> str:
    """The absolute address of a page.

    Args:
        app: the application; its `html_baseurl` says where the site is published.
        docname: the page.

    Returns:
        The address, as the page's canonical link has it.
    """
    return urljoin(str(app.config.html_baseurl), app.builder.get_target_uri(docname))


def parsed(page: bytes) -> HtmlElement:
    """Parse a page as the build wrote it.

    Args:
        page: its HTML as UTF-8.

    Returns:
        Its document.
    """
    from lxml import html as lxml_html  # not needed where nothing is published

    return lxml_html.document_fromstring(page.decode("utf-8"))


def select(element: HtmlElement, selector: str) -> list[HtmlElement]:
    """Find what a CSS selector matches within an element; like lxml's `cssselect`, and translates a selector once.

    Args:
        element: where to look.
        selector: a CSS selector.

    Returns:
        The elements in the order of the document.
    """
    found: list[HtmlElement] = _translated(selector)(element)
    return found


@cache
def _translated(selector: str) -> CSSSelector:
    from lxml.cssselect import CSSSelector  # not needed where nothing is published

    return CSSSelector(selector, translator="html")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, wholly or not at all.

    Args:
        path: where; its folder is made where there is none.
        data: its content.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.half")
    try:
        half.write_bytes(data)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


class Outputs:
    """The files that publishers write beside the pages; what an earlier build wrote and this one did not is removed.

    Args:
        app: the application.
    """

    def __init__(self, app: Sphinx) -> None:
        self.root = Path(app.outdir)
        self.record = Path(app.doctreedir) / RECORD
        self.written: set[str] = set()

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file, wholly or not at all.

        Args:
            name: its path below the root of the site.
            content: its bytes, or its text, which is written as UTF-8.
        """
        data = content.encode("utf-8") if isinstance(content, str) else content
        path = self.root / name
        self.written.add(name)
        if path.is_file() and path.read_bytes() == data:
            return
        write_whole(path, data)

    def all_there(self) -> bool:
        """Tell whether an earlier build has published, and every file that it wrote is still there."""
        return self.record.is_file() and all((self.root / name).is_file() for name in self._before())

    def settle(self) -> None:
        """Remove what no publisher wrote this time, and remember what they did."""
        for name in sorted(self._before() - self.written):
            path = self.root / name
            path.unlink(missing_ok=True)
            for folder in path.relative_to(self.root).parents:
                if folder.parts and (self.root / folder).is_dir() and not any((self.root / folder).iterdir()):
                    (self.root / folder).rmdir()
        self.record.write_text(json.dumps(sorted(self.written)), encoding="utf-8")

    def _before(self) -> set[str]:
        try:
            names = json.loads(self.record.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return set()
        return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()
