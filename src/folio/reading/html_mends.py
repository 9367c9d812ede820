"""What Furo, MyST and docutils write that the HTML checker, axe or the keyboard find fault with, put right."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class UniqueWrapperIds(SphinxPostTransform):
    """Furo wraps tables and formulas and copies their ids to the wrapper; keep them in one place."""

    default_priority = 501
    formats = ("html",)

    def run(self, **_options: object) -> None:
        """Take the ids off the wrappers."""
        for node in self.document.findall(nodes.container):
            if {"table-wrapper", "math-wrapper"} & set(node["classes"]):
                node["ids"], node["names"] = [], []


INTERNAL = re.compile(r'<a class="reference internal" href="([^"#]+/)"')
"""A link to another page of the site, as the builder writes it; not one to a term or a section."""


def _page_context(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    # docutils writes a viewport of its own beside Furo's.
    context["metatags"] = re.sub(r'<meta name="viewport"[^>]*>\s*', "", context.get("metatags", ""))
    body = context.get("body")
    if not body:
        return
    # On paper a link shows where it leads; a relative address would be worth nothing there.
    if address := context.get("pageurl"):
        body = INTERNAL.sub(lambda link: f'{link[0]} data-address="{urljoin(address, link[1])}"', body)
    # What scrolls inside itself must be reachable by keyboard (WCAG 2.1.1).
    body = body.replace("<pre>", '<pre tabindex="0">')
    number = itertools.count(1)
    context["body"] = re.sub(
        r'<div class="(table-wrapper[^"]*)"',
        lambda match: f'<div class="{match[1]}" tabindex="0" role="region" aria-label="Table {next(number)}"',
        body,
    )


def setup(app: Sphinx) -> None:
    """Register the transform and the handler."""
    app.add_post_transform(UniqueWrapperIds)
    app.connect("html-page-context", _page_context, priority=900)
