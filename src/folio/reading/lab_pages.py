"""The parts of a lab's page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from folio.model.faults import unknown
from folio.model.typography import day
from folio.model.writing_numbers import written
from folio.reading.domain import WritingDomain, writing
from folio.reading.library_views import view

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

    from folio.model.results import LabResults, Parameter, Result, Scalar

logger = logging.getLogger(__name__)


class LabPart(SphinxDirective):
    """A part of a lab's page; its argument is the lab's name."""

    required_arguments = 1

    def lab(self) -> LabResults | None:
        """Find the lab and note that the page depends on its results; None where there is none, which is told."""
        records = writing(self.env).records
        name = self.arguments[0]
        self.env.note_dependency(records.results_path(name).as_posix())
        if name not in records.labs:
            message = unknown("lab", name, records.labs)
            logger.warning("%s", message, location=self.get_location(), type="folio", subtype="lab")
            return None
        return records.labs[name]

    def run(self) -> list[nodes.Node]:
        """Make the part, or nothing where the lab does not exist."""
        lab = self.lab()
        return self.part(lab) if lab is not None else []

    def part(self, lab: LabResults) -> list[nodes.Node]:
        """Make the part of a lab that exists."""
        raise NotImplementedError


class LabFacts(LabPart):
    """`lab-facts`: its question, command, last reproduction and engines."""

    def part(self, lab: LabResults) -> list[nodes.Node]:
        """Make a list of definitions."""
        engines = ", ".join(f"{name} {version}" for name, version in lab.engines.items())
        rows: list[tuple[str, nodes.Node]] = [
            ("Question", nodes.Text(lab.question)),
            ("Reproduce", nodes.literal("", lab.command)),
            ("Results of", nodes.Text(day(lab.reproduced))),
            ("Engines", nodes.Text(engines or "the standard library of Python")),
        ]
        items = nodes.definition_list(classes=["lab-facts"])
        for name, content in rows:
            definition = nodes.definition("", nodes.paragraph("", "", content))
            items += nodes.definition_list_item("", nodes.term("", name), definition)
        return [items]


class LabParameters(LabPart):
    """`lab-parameters`: a table of every input a reader could change."""

    def part(self, lab: LabResults) -> list[nodes.Node]:
        """Make the table."""
        rows = [
            (
                nodes.literal("", item.name),
                nodes.Text(f"{shown(item)} {item.unit}".strip()),
                nodes.Text(item.why),
            )
            for item in lab.parameters
        ]
        return [table(("parameter", "value", "where it comes from"), rows)]


def shown(parameter: Parameter) -> str:
    """Write a parameter's value; a seed is a name for a stream, not a quantity, and has no thousands."""
    return str(parameter.value) if parameter.name.lower().endswith("seed") else written(parameter.value)


class folded(nodes.General, nodes.Element):  # noqa: N801
    """Something long that opens on demand; `summary` says what it is."""


class LabResultsTable(LabPart):
    """`lab-results`: a table of every result, folded where it is long; a series is shown by its length."""

    LONG = 12

    def part(self, lab: LabResults) -> list[nodes.Node]:
        """Make the table."""
        rows = [self._row(key, item) for key, item in lab.results.items()]
        results = table(("key", "value", "what it is"), rows)
        if len(rows) <= self.LONG:
            return [results]
        return [folded("", results, summary=f"All {len(rows)} results, by key")]

    @staticmethod
    def _row(key: str, item: Result) -> tuple[nodes.Node, ...]:
        value = f"{len(item.value)} values" if isinstance(item.value, list) else rounded(item.value)
        if item.band:
            value += f" (must lie in {item.band[0]:g} to {item.band[1]:g})"
        what = f"{item.what} ({item.unit})" if item.unit and item.unit not in item.what else item.what
        return nodes.literal("", key), nodes.Text(value), nodes.Text(what)


def rounded(value: Scalar) -> str:
    """Write a result for the table: floats to four significant digits, all else as it is."""
    if isinstance(value, float):
        return written(value, ",.0f" if abs(value) >= 10_000 else ".4g")
    return written(value)


class LabReaders(LabPart):
    """`lab-readers`: the pieces that rest on the lab."""

    def part(self, lab: LabResults) -> list[nodes.Node]:
        """Make the list."""
        return [view(self.env, "lab_readers.html", readers_context, lab=lab.lab)]


def readers_context(domain: WritingDomain, options: dict[str, Any]) -> dict[str, Any]:
    """Find the pieces that rest on a lab."""
    return {"posts": domain.library().readers_of_lab(options["lab"])}


def table(head: tuple[str, ...], rows: Sequence[tuple[nodes.Node, ...]]) -> nodes.table:
    """Make a table.

    Args:
        head: the names of the columns.
        rows: the cells, a node each.

    Returns:
        The table; its first column names the row.
    """
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in head), cols=len(head))
    header = [nodes.entry("", nodes.paragraph("", name)) for name in head]
    group += nodes.thead("", nodes.row("", *header))
    body = nodes.tbody()
    for row in rows:
        body += nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in row))
    group += body
    return nodes.table("", group, classes=["lab-table"])


def visit_folded(self: HTML5Translator, node: folded) -> None:
    """Open it."""
    self.body.append(f'<details class="folded"><summary>{escape(node["summary"])}</summary>')


def depart_folded(self: HTML5Translator, _node: folded) -> None:
    """Close it."""
    self.body.append("</details>\n")


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("lab-facts", LabFacts)
    app.add_directive("lab-parameters", LabParameters)
    app.add_directive("lab-results", LabResultsTable)
    app.add_directive("lab-readers", LabReaders)
    app.add_node(folded, html=(visit_folded, depart_folded))
