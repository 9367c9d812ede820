"""Figures: a lab's or a drawn one, as SVG inside the page, so that it takes the page's colours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from folio.model.faults import unknown
from folio.reading.domain import writing
from folio.reading.values import depend, expand_for

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import OptionSpec
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

STANDALONE = "figures"
"""The folder of the site in which each figure stands as a file of its own, which `data-file` names."""

WIDE_FROM = 700
"""A drawing of at least this many pixels spans text and notes."""


class inline_svg(nodes.General, nodes.Element):  # noqa: N801
    """A drawing: `svg` and `narrow` (its text for a phone, or nothing), `alt`, `file` (where it stands by itself)."""


class SvgFigure(SphinxDirective):
    """A figure from an SVG file: `lab/name` below the labs' results, or a path below the diagrams."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[OptionSpec] = {
        "alt": directives.unchanged_required,
        "wide": directives.flag,
        "name": directives.unchanged,
    }

    def folder(self) -> Path:
        """Where its files are."""
        raise NotImplementedError

    def kind(self) -> str:
        """What it is called in a warning."""
        raise NotImplementedError

    group: ClassVar[str]
    """The folder of its stand-alone files, below `STANDALONE`."""

    def run(self) -> list[nodes.Node]:
        """Put the drawing and its caption into the page; a fault leaves the caption."""
        address = self.arguments[0].strip()
        path = self.folder() / f"{address}.svg"
        figure = nodes.figure(classes=["drawing"])
        if not path.is_file():
            names = [item.relative_to(self.folder()).as_posix() for item in self.folder().rglob("*.svg")]
            known = sorted(name.removesuffix(".svg") for name in names if not name.endswith(".narrow.svg"))
            self._warn(unknown(self.kind(), address, known))
        elif not self.options.get("alt"):
            self._warn(f"the figure {address!r} has no text alternative: add `:alt:` with what it shows")
        else:
            figure += self._drawing(path, address, figure)
        self._caption(figure)
        self.set_source_info(figure)
        self.add_name(figure)
        return [figure]

    def _drawing(self, path: Path, address: str, figure: nodes.figure) -> inline_svg:
        docname, domain = self.env.docname, writing(self.env)
        narrow = path.with_name(f"{path.stem}.narrow.svg")
        for file in (path, narrow):
            depend(docname, file.as_posix(), domain)
        prefix = re.sub(r"[^a-z0-9]+", "-", address.lower())
        svg = embedded(path.read_text(encoding="utf-8"), prefix)
        alt = expand_for(docname, self.options["alt"], domain, self.lineno)
        drawing = inline_svg(svg=svg, narrow="", alt=alt, file=f"{STANDALONE}/{self.group}/{address}.svg")
        if narrow.is_file():
            drawing["narrow"] = embedded(narrow.read_text(encoding="utf-8"), f"{prefix}-narrow")
        width = re.search(r'viewBox="0 0 (\d+)', svg)
        if "wide" in self.options or (width and int(width[1]) >= WIDE_FROM):
            figure["classes"].append("wide")
        return drawing

    def _caption(self, figure: nodes.figure) -> None:
        parsed = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, parsed)
        if parsed.children and isinstance(parsed[0], nodes.paragraph):
            figure += nodes.caption("", "", *parsed[0].children)
            if len(parsed.children) > 1:
                figure += nodes.legend("", *parsed.children[1:])
        else:
            self._warn("a figure has a caption that states its finding: add it below the options")

    def _warn(self, message: str) -> None:
        logger.warning("%s", message, location=self.get_location(), type="folio", subtype="figure")


class LabFigure(SvgFigure):
    """A figure that a lab drew: `lab/name`."""

    group = "labs"

    def folder(self) -> Path:
        """The folder of all labs' results."""
        return writing(self.env).records.results_folder

    def kind(self) -> str:
        """What it is called in a warning."""
        return "lab figure"


class Diagram(SvgFigure):
    """A figure drawn by hand: its path below the folder of diagrams, without `.svg`."""

    group = "diagrams"

    def folder(self) -> Path:
        """The folder of diagrams."""
        return Path(self.env.srcdir, self.config.folio_diagrams)

    def kind(self) -> str:
        """What it is called in a warning."""
        return "diagram"


def standalone_sources(results: Path, diagrams: Path) -> Iterator[tuple[str, Path]]:
    """List the files that figures are made of, those for phones apart.

    Args:
        results: the folder of all labs' results.
        diagrams: the folder of diagrams.

    Yields:
        Where a figure stands below `STANDALONE`, without `.svg`, and its source.
    """
    for group, folder in ((LabFigure.group, results), (Diagram.group, diagrams)):
        for path in sorted(folder.rglob("*.svg")):
            if not path.name.endswith(".narrow.svg"):
                yield f"{group}/{path.relative_to(folder).with_suffix('').as_posix()}", path


def embedded(svg: str, prefix: str) -> str:
    """Make an SVG document fit to stand inside a page.

    Args:
        svg: the document.
        prefix: what its ids are made unique with.

    Returns:
        It without XML declaration, doctype, style sheet (the page's rules for the same class names apply) and the
        width of its root, its ids prefixed.
    """
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<style>.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL).strip()
    svg = re.sub(r"\A<svg[^>]*>", lambda match: re.sub(r'\s(?:width|height|xmlns)="[^"]*"', "", match[0]), svg)
    for name in sorted(set(re.findall(r'\bid="([^"]+)"', svg)), key=len, reverse=True):
        escaped = re.escape(name)
        svg = re.sub(rf'\bid="{escaped}"', f'id="{prefix}-{name}"', svg)
        svg = re.sub(rf'(url\(#|href="#){escaped}(\)|")', rf"\g<1>{prefix}-{name}\g<2>", svg)
    return re.sub(r">\s+<", ">\n<", svg)


def visit_inline_svg(self: HTML5Translator, node: inline_svg) -> None:
    """Write the drawing, and its narrow form beside it; the page shows one of the two."""
    alt, file = self.attval(node["alt"]), self.attval(node["file"])
    for svg, class_ in ((node["svg"], "drawn-wide" if node["narrow"] else "drawn"), (node["narrow"], "drawn-narrow")):
        if svg:
            self.body.append(
                svg.replace("<svg", f'<svg class="{class_}" role="img" aria-label="{alt}" data-file="{file}"', 1) + "\n"
            )
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register the directives and the node."""
    app.add_directive("lab-figure", LabFigure)
    app.add_directive("diagram", Diagram)
    app.add_node(inline_svg, html=(visit_inline_svg, None))
