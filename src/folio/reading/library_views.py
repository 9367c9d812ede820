"""Parts of a page that show other pages: made when the page is written, from the whole library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class View:
    """A part of a page that shows other pages.

    Args:
        template: the file name of the template that draws it.
        context: makes what the template needs; a module's function, since views are pickled.
        options: handed to it.
    """

    template: str
    context: Context
    options: dict[str, Any]


class library_view(nodes.General, nodes.Element):  # noqa: N801
    """The place of such a part in its page: `view`."""


def view(env: BuildEnvironment, template: str, context: Context, **options: Any) -> library_view:
    """Make the node of such a part, and note that the page shows the library.

    Args:
        env: the environment; the page being read is the one noted.
        template, context, options: as `View` has them.

    Returns:
        The node.
    """
    part = View(template, context, options)
    writing(env).showing.setdefault(env.docname, []).append(part)
    return library_view(view=part)


def drawn(part: View, builder: StandaloneHTMLBuilder, docname: str) -> str:
    """Draw such a part.

    Args:
        part: the part.
        builder: for templates and links.
        docname: the page on which it stands.

    Returns:
        Its HTML as of now.
    """
    context = part.context(writing(builder.env), part.options)
    links = {"link": lambda target: builder.get_relative_uri(docname, target) or "./"}
    return str(builder.templates.render(part.template, context | links))


def visit_library_view(self: HTML5Translator, node: library_view) -> None:
    """Draw the part into the page."""
    self.body.append(drawn(node["view"], self.builder, self.builder.current_docname))
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the node."""
    app.add_node(library_view, html=(visit_library_view, None))
