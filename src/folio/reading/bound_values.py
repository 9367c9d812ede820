"""The roles `fact`, `result`, `worked` and `assumed`, and how a traced value looks on the page."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from folio.model.arithmetic import ArithmeticFaultError, check
from folio.reading.bound_nodes import bound_value, traced
from folio.reading.domain import writing
from folio.reading.values import look_up

if TYPE_CHECKING:
    from docutils.nodes import Node, system_message
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)


SHORT = 36
"""A worked sum of at most so many characters stays on one line."""


class BoundRole(SphinxRole):
    """The value itself, bound to its record: `fact` and `result`; `outcome` and `snapshot` for the profile's pages."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def run(self) -> tuple[list[Node], list[system_message]]:
        """Look the value up; where there is none, warn and show the key."""
        try:
            value = look_up(self.kind, self.text, self.env.docname, writing(self.env))
        except (LookupError, ValueError) as error:
            logger.warning("%s", error.args[0], location=self.get_location(), type="folio", subtype=self.kind)
            return [nodes.literal("", self.text)], []
        node = bound_value("", value.text, kind=value.kind, key=value.key, source=value.source, detail=value.detail)
        node["command"], node["page"], node["anchor"] = value.command, value.page, value.anchor
        self.set_source_info(node)
        return [node], []


class WorkedRole(SphinxRole):
    """`worked`: arithmetic that the page shows and the build does again."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        """Check the sum; where it does not come out, warn."""
        try:
            check(self.text)
        except ArithmeticFaultError as error:
            logger.warning("%s", error, location=self.get_location(), type="folio", subtype="worked")
        return [traced("", self.text, kind="worked", reason="", classes=["worked"])], []


class AssumedRole(SphinxRole):
    """`assumed`: an input that nobody measured, with the reason for it in angle brackets."""

    FORM = re.compile(r"\A(.+?)\s*<([^<>]+)>\Z", re.DOTALL)

    def run(self) -> tuple[list[Node], list[system_message]]:
        """Take the reason off; where there is none, warn."""
        match = self.FORM.match(self.text)
        if match is None:
            logger.warning(
                "an assumption says why in angle brackets: expected `value <reason>`, not %r",
                self.text,
                location=self.get_location(),
                type="folio",
                subtype="assumed",
            )
            return [traced("", self.text, kind="assumed", reason="", classes=["assumed"])], []
        text, reason = (" ".join(part.split()) for part in match.groups())
        return [traced("", text, kind="assumed", reason=reason, classes=["assumed"])], []


class MarkFirstInSection(SphinxPostTransform):
    """Mark the first appearance of each value in a section; sixty dotted numbers would be noise.

    Not marked: a value without a digit, one inside a heading or a link, and in a figure's caption only what the text
    of its section has not shown.
    """

    default_priority = 900
    formats = ("html",)

    def run(self, **_options: object) -> None:
        """Number the values that are marked."""
        seen: set[tuple[int, str]] = set()
        number = 0
        for node in self.document.findall(nodes.inline):
            if not isinstance(node, bound_value | traced) or _inside(node, (nodes.title, nodes.reference)):
                continue
            if isinstance(node, bound_value):
                place = (id(_section(node)), node["key"])
                if place in seen or not re.search(r"\d", node.astext()):
                    continue
                seen.add(place)
            elif node["kind"] == "worked":
                continue
            number += 1
            node["marked"] = number


def _inside(node: nodes.Node, kinds: tuple[type[nodes.Node], ...]) -> bool:
    parent = node.parent
    while parent is not None:
        if isinstance(parent, kinds):
            return True
        parent = parent.parent
    return False


def _section(node: nodes.Node) -> nodes.Node | None:
    parent = node.parent
    while parent is not None and not isinstance(parent, nodes.section | nodes.document):
        parent = parent.parent
    return parent


def visit_bound_value(self: HTML5Translator, node: bound_value) -> None:
    """Open the value; where it is marked, it can be focused and its source follows, hidden until asked for."""
    if "marked" in node:
        self.body.append(f'<span class="bound" tabindex="0" aria-describedby="source-{node["marked"]}">')


def depart_bound_value(self: HTML5Translator, node: bound_value) -> None:
    """Close the value."""
    if "marked" not in node:
        return
    rows = [escape(node["source"] + ("" if node["source"].endswith(".") else "."))]
    if node["detail"]:
        rows.append(escape(node["detail"]))
    if node["command"]:
        rows.append(f"<code>{escape(node['command'])}</code>")
    _close_with_source(self, node, f"<b>{escape(node['key'])}</b> " + " ".join(rows))


def visit_traced(self: HTML5Translator, node: traced) -> None:
    """Open a worked sum or an assumption."""
    if "marked" in node:
        self.body.append(f'<span class="bound assumed" tabindex="0" aria-describedby="source-{node["marked"]}">')
    else:
        short = " short" if len(node.astext()) <= SHORT else ""
        self.body.append(f'<span class="{node["kind"]}{short}">')


def depart_traced(self: HTML5Translator, node: traced) -> None:
    """Close it; an assumption that is marked shows its reason."""
    if "marked" in node:
        _close_with_source(self, node, f"<b>Assumed</b> {escape(node['reason'])}.")
    else:
        self.body.append("</span>")


def _close_with_source(self: HTML5Translator, node: nodes.Element, html: str) -> None:
    self.body.append(f'<span class="src" role="tooltip" id="source-{node["marked"]}">{html}</span></span>')


def setup(app: Sphinx) -> None:
    """Register the roles, the nodes and the marking."""
    app.add_role("fact", BoundRole("fact"))
    app.add_role("result", BoundRole("result"))
    app.add_role("outcome", BoundRole("outcome"))
    app.add_role("snapshot", BoundRole("snapshot"))
    app.add_role("worked", WorkedRole())
    app.add_role("assumed", AssumedRole())
    app.add_node(bound_value, html=(visit_bound_value, depart_bound_value))
    app.add_node(traced, html=(visit_traced, depart_traced))
    app.add_post_transform(MarkFirstInSection)
