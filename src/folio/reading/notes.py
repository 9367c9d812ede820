"""What stands beside the text or asks something of the reader: margin notes and guesses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator


class margin_note(nodes.General, nodes.Element):  # noqa: N801
    """A note beside the text."""


class guess(nodes.General, nodes.Element):  # noqa: N801
    """A question that the reader answers before the text does."""


class MarginNote(SphinxDirective):
    """`margin`: a note beside the text; on a narrow screen it stands in the text."""

    has_content = True
    node_class: type[nodes.Element] = margin_note

    def run(self) -> list[nodes.Node]:
        """Parse the content into the node."""
        self.assert_has_content()
        node = self.node_class()
        self.set_source_info(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class Guess(MarginNote):
    """`guess`: a question to answer before reading on."""

    node_class = guess


def visit_margin_note(self: HTML5Translator, node: margin_note) -> None:
    """Open a note; a `<div>` with the role, since a page may hold many and they are no landmarks."""
    self.body.append('<div class="margin-note" role="note">')


def visit_guess(self: HTML5Translator, node: guess) -> None:
    """Open a guess."""
    self.body.append('<div class="guess" role="note">')


def depart(self: HTML5Translator, node: nodes.Element) -> None:
    """Close either."""
    self.body.append("</div>\n")


def setup(app: Sphinx) -> None:
    """Register the directives and their nodes."""
    app.add_directive("margin", MarginNote)
    app.add_directive("guess", Guess)
    app.add_node(margin_note, html=(visit_margin_note, depart))
    app.add_node(guess, html=(visit_guess, depart))
