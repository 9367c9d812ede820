"""Parts of a page that show other pages: made when the page is written, from the whole library."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from docutils import nodes

from folio.reading.domain import WritingDomain, writing

if TYPE_CHECKING:
    from sphinx.application import Sphinx
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
    writing(env).showing.add(env.docname)
    return library_view(template=template, context=context, options=options)


def visit_library_view(self: HTML5Translator, node: library_view) -> None:
    """Draw the part."""
    builder = self.builder
    here = builder.current_docname
    self.body.append(
        builder.templates.render(
            node["template"],
            node["context"](writing(builder.env), node["options"])
            | {"link": lambda docname: builder.get_relative_uri(here, docname) or "./"},
        )
    )
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the node."""
    app.add_node(library_view, html=(visit_library_view, None))
