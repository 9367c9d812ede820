"""Addresses that last: a page at each address that has moved, which leads on to where it went."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from sphinx.util import logging

from folio.model.faults import unknown
from folio.publishing.outputs import HTML_BUILDERS, Outputs

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)


def faults(redirects: Mapping[str, str], addresses: Set[str]) -> list[str]:
    """Find what is wrong with the redirects.

    Args:
        redirects: where each old address leads, both below the root of the site, such as `posts/old/`.
        addresses: the addresses of the site's pages, in the same form.

    Returns:
        What is wrong, in words.
    """
    found = []
    for old, new in redirects.items():
        if old in addresses:
            found.append(f"`folio_redirects` leads away from {old!r}, which is a page: remove the entry or the page")
        elif not old.endswith("/") or old.startswith("/") or ".." in old:
            found.append(f"`folio_redirects` names {old!r}: expected an address such as 'posts/old-slug/'")
        if new in redirects:
            found.append(f"`folio_redirects` leads {old!r} to {new!r}, which moved too: lead it to {redirects[new]!r}")
        elif new.partition("#")[0] not in addresses:
            found.append(f"`folio_redirects` leads {old!r} astray: {unknown('address', new, sorted(addresses))}")
    return found


def page(target: str) -> str:
    """Write the page that leads on: at once, for readers, browsers and search engines alike.

    Args:
        target: the absolute address to go to.

    Returns:
        HTML.
    """
    where = escape(target)
    return (
        f'<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8"><title>This page has moved</title>'
        f'<meta http-equiv="refresh" content="0; url={where}"><link rel="canonical" href="{where}">'
        f'<meta name="robots" content="noindex"></head>\n'
        f'<body><h1>This page has moved</h1><p>It is at <a href="{where}">{where}</a>.</p></body></html>\n'
    )


def _addresses(app: Sphinx) -> set[str]:
    return {app.builder.get_target_uri(docname) for docname in app.env.all_docs}


def _check(app: Sphinx, _env: BuildEnvironment) -> None:
    if app.builder.name in HTML_BUILDERS:
        for fault in faults(app.config.folio_redirects, _addresses(app)):
            logger.warning("%s", fault, location="conf.py", type="folio", subtype="redirect")


def _publish(app: Sphinx, outputs: Outputs) -> None:
    for old, new in app.config.folio_redirects.items():
        outputs.write(f"{old}index.html", page(urljoin(app.config.html_baseurl, new)))


def setup(app: Sphinx) -> None:
    """Register the setting and the handlers; redirects are written once pruning is done."""
    app.add_config_value("folio_redirects", {}, "html", types=(dict,))
    app.connect("env-check-consistency", _check)
    app.connect("folio-site-finished", _publish, priority=600)
