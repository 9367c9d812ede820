"""Parts of a page that show other pages: made when the page is written, from the whole library."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from docutils import nodes

from folio.reading.domain import WritingDomain, writing

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders.html import StandaloneHTMLBuilder
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

Context: TypeAlias = Callable[[WritingDomain, dict[str, Any]], dict[str, Any]]
"""Given the domain and a directive's options, what its template needs."""


class library_view(nodes.General, nodes.Element):  # noqa: N801
    """A part that a template draws: `template`, `context` (a `Context`), `options`."""


def view(env: BuildEnvironment, template: str, context: Context, **options: Any) -> library_view:
    """Make the node of such a part, and note that the page shows the library.

    Args:
        env: the environment; the page being read is the one noted.
        template: the template's file name.
        context: makes what the template needs; a module's function, since nodes are pickled.
        options: handed to it.

    Returns:
        The node.
    """
    node = library_view(template=template, context=context, options=options)
    writing(env).showing.setdefault(env.docname, []).append(node)
    return node


def drawn(node: library_view, builder: StandaloneHTMLBuilder, docname: str) -> str:
    """Draw such a part.

    Args:
        node: the part.
        builder: for templates and links.
        docname: the page on which it stands.

    Returns:
        Its HTML as of now.
    """
    context = node["context"](writing(builder.env), node["options"])
    links = {"link": lambda target: builder.get_relative_uri(docname, target) or "./"}
    return str(builder.templates.render(node["template"], context | links))


def visit_library_view(self: HTML5Translator, node: library_view) -> None:
    """Draw the part into the page."""
    self.body.append(drawn(node, self.builder, self.builder.current_docname))
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the node."""
    app.add_node(library_view, html=(visit_library_view, None))
