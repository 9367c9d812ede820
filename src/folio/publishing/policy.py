"""The Content-Security-Policy of every page: what it may load and run, in a `meta` element, since the host sends none.

The host of the published site, Read the Docs, adds a script of its own to each page and, on free plans, advertisements.
What these need is admitted there and nowhere else, after its documentation and the sources of its addons.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from folio.publishing.outputs import HTML_BUILDERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sphinx.application import Sphinx

THEME_SCRIPT = 'document.body.dataset.theme = localStorage.getItem("theme") || "auto";'
"""The only script inside a page: it has to run before the first paint. The page's template shows it."""

PREFETCHED = json.dumps(
    {
        "prefetch": [
            {
                "where": {"and": [{"href_matches": "/*"}, {"selector_matches": "a[href$='/']"}]},
                "eagerness": "moderate",
            }
        ]
    }
)
"""Speculation rules: a page that a reader seems about to open is fetched ahead, where the browser knows how; it heeds
data savers. A policy counts the element as a script, though nothing in it runs."""

OURS: dict[str, tuple[str, ...]] = {
    "default-src": ("'none'",),
    "script-src": ("'self'", "'wasm-unsafe-eval'"),  # the search engine is WebAssembly
    "worker-src": ("'self'",),
    "connect-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'", "data:"),
    "font-src": ("'self'",),
    "manifest-src": ("'self'",),
    "form-action": ("'self'",),
    "base-uri": ("'self'",),
}

READ_THE_DOCS: dict[str, tuple[str, ...]] = {
    "script-src": ("https://assets.readthedocs.org", "https://media.ethicalads.io"),
    "connect-src": ("https://app.readthedocs.org", "https://server.ethicalads.io"),
    "style-src": ("'unsafe-inline'", "https://media.ethicalads.io"),
    "img-src": ("https:",),
}


def source_of(script: str) -> str:
    """Name a script inside a page by its digest, as a policy does (CSP Level 3).

    Args:
        script: its text, byte for byte.

    Returns:
        A source expression such as `'sha256-…'`.
    """
    return f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def policy(*more: Mapping[str, tuple[str, ...]]) -> str:
    """Write a policy.

    Args:
        more: sources to admit beside the house's own, by directive.

    Returns:
        The value of the header, or of the `meta` element's `content`.
    """
    admitted: list[Mapping[str, tuple[str, ...]]] = [
        OURS,
        {"script-src": (source_of(THEME_SCRIPT), source_of(PREFETCHED))},
        *more,
    ]
    return "; ".join(
        " ".join([directive, *(source for part in admitted for source in part.get(directive, ()))])
        for directive in OURS
    )


def _add(app: Sphinx, _docname: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    if app.builder.name not in HTML_BUILDERS:
        return
    context |= {"theme_script": THEME_SCRIPT, "prefetched": PREFETCHED}
    if not app.config.folio_preview:  # the preview puts a script of its own into each page
        written = policy(READ_THE_DOCS) if app.config.folio_host == "readthedocs" else policy()
        meta = f'<meta http-equiv="Content-Security-Policy" content="{written}">'
        context["metatags"] = f"{meta}\n{context.get('metatags', '')}"


def setup(app: Sphinx) -> None:
    """Register the setting and the handler, which comes after those that add other `meta` elements."""
    app.add_config_value("folio_host", "", "html", types=(str,))
    app.connect("html-page-context", _add, priority=700)
