"""Drafts: absent from a production build as though their files were not there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from folio.model.front_matter import read
from folio.model.yaml_source import YamlFaultError
from folio.reading.harvest import linked_page

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)


def draft_docnames(env: BuildEnvironment) -> set[str]:
    """Find the posts that say `draft: true`, by reading the front matter of each."""
    folder = Path(env.srcdir) / env.config.folio_posts
    return {f"{env.config.folio_posts}/{path.stem}" for path in sorted(folder.glob("*.md")) if _is_draft(path)}


def _is_draft(path: Path) -> bool:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return "draft" in text and read(text).data.get("draft") is True
    except (YamlFaultError, OSError, UnicodeDecodeError):
        return False  # what is wrong with it is told when it is read


def _leave_out(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Take drafts out of what there is to read; a draft that was published before is removed."""
    if app.config.folio_drafts:
        return []
    drafts = draft_docnames(env)
    env.project.docnames.difference_update(drafts)
    added.difference_update(drafts)
    changed.difference_update(drafts)
    removed.update(drafts & set(env.all_docs))
    return []


class LinksToDrafts(SphinxTransform):
    """Warn of a link to a draft that this build leaves out, and keep its words."""

    default_priority = 400

    def apply(self, **_options: object) -> None:
        """Look at each reference of the page."""
        for node in list(self.document.findall(addnodes.pending_xref)):
            target = linked_page(node, self.env.docname)
            if target is None or target in self.env.found_docs:
                continue
            path = Path(self.env.srcdir) / f"{target}.md"
            if path.is_file() and _is_draft(path):
                logger.warning(
                    "links to the draft %s, which this build leaves out: publish it, or drop the link",
                    target,
                    location=node,
                    type="folio",
                    subtype="draft",
                )
                node.replace_self(nodes.inline("", "", *node.children))


def setup(app: Sphinx) -> None:
    """Register the handler and the check of links."""
    app.connect("env-get-outdated", _leave_out)
    app.add_transform(LinksToDrafts)
