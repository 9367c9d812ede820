"""Formulas as MathML, made at build time: no script, no other origin."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula inside a line."""
    self.body.append(_mathml(node.astext(), "inline", node))
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula that stands alone; it scrolls inside itself, and the keyboard can reach it to do so."""
    source = node.astext()
    if "\\begin" not in source and ("\\\\" in source or "&" in source):
        source = f"\\begin{{aligned}}{source}\\end{{aligned}}"
    self.body.append(self.starttag(node, "div", CLASS="math", tabindex="0", role="group"))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})</span>')
    self.body.append(_mathml(source, "block", node))
    self.body.append("</div>\n")
    raise nodes.SkipNode


MONEY = re.compile(r"\{\w+\}`")
"""A role inside a formula: the author meant the dollar that stands before it."""


def _mathml(source: str, display: str, node: nodes.Node) -> str:
    if MONEY.search(source):
        told = "the text between two dollar signs is read as a formula, and it holds a role: write \\$ for money"
        logger.warning("%s", told, location=node, type="folio", subtype="math")
    try:
        written = str(convert(source, display=display))
        return written.replace("<math", f'<math alttext="{escape(source)}"', 1)
    except Exception as error:
        # latex2mathml raises many unrelated types on bad input; whatever it is, the author must learn where.
        logger.warning(
            "cannot turn the formula %r into MathML: %s", source, error or type(error).__name__, location=node
        )
        return f"<code>{escape(source)}</code>"


def setup(app: Sphinx) -> None:
    """Register the renderer under the name `mathml`."""
    app.add_html_math_renderer("mathml", inline_renderers=(visit_inline, None), block_renderers=(visit_block, None))
