"""The role `published`: a link to something that the build makes beside the pages, such as the CV or the feed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinx.util.nodes import split_explicit_title

from folio.model.faults import unknown

if TYPE_CHECKING:
    from docutils.nodes import Node, system_message
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

PUBLISHED = ("cv.pdf", "resume.json", "feed.xml", "feed.json", "llms.txt", "sitemap.xml")
"""What can be linked to, by its path below the root of the site."""


class published_link(nodes.Inline, nodes.TextElement):  # noqa: N801
    """A link to `name`, which stands at the root of the site."""


class Published(SphinxRole):
    """`published`: its content is words and, in angle brackets, the name: `` {published}`the CV <cv.pdf>` ``."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        """Make the link; an unknown name is told and leaves the words."""
        explicit, words, name = split_explicit_title(self.text)
        if name not in PUBLISHED or not explicit:
            problem = unknown("published file", name, PUBLISHED) if explicit else "expected `words <name>`"
            logger.warning("%s", problem, location=self.get_location(), type="folio", subtype="published")
            return [nodes.Text(words)], []
        return [published_link(name, words, name=name)], []


def visit_published_link(self: HTML5Translator, node: published_link) -> None:
    """Begin the link, relative to the page that it stands on."""
    builder = self.builder
    root = builder.get_relative_uri(builder.current_docname, builder.config.root_doc).removesuffix("index.html")
    self.body.append(self.starttag(node, "a", "", href=f"{root}{node['name']}"))


def depart_published_link(self: HTML5Translator, _node: published_link) -> None:
    """End it."""
    self.body.append("</a>")


def setup(app: Sphinx) -> None:
    """Register the role and its node."""
    app.add_role("published", Published())
    app.add_node(published_link, html=(visit_published_link, depart_published_link))
