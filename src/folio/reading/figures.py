"""Figures: a lab's or a drawn one, as SVG inside the page, so that it takes the page's colours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from xml.etree import ElementTree

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from folio.model.faults import unknown
from folio.reading.domain import writing
from folio.reading.values import depend, expand_for

if TYPE_CHECKING:
    from docutils.parsers.rst.states import Inliner
    from sphinx.application import Sphinx
    from sphinx.util.typing import OptionSpec
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

STANDALONE = "figures"
"""The folder of the site in which each figure stands as a file of its own, which `data-file` names."""

INTERACTIVE = "interactive"
"""The folder of the models that move figures, below that of the sources; the site has them among its static files."""

WIDE_FROM = 700
"""A drawing of at least this many pixels spans text and notes."""


class inline_svg(nodes.General, nodes.Element):  # noqa: N801
    """A drawing: `svg` and `narrow` (its text for a phone, or nothing), `alt`, `file` (where it stands by itself).

    One that a reader can move has `moving`, the module of its model, and `name` and `question`.
    """


class state_link(nodes.General, nodes.Inline, nodes.TextElement):  # noqa: N801
    """A link to a figure on the same page, `figure`, that sets its `state`."""


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
            if file.is_file() and (fault := broken(file)):
                self._warn(f"{self.kind()} {file.name!r} cannot be drawn: {fault}")
                return inline_svg(svg="", narrow="", alt="", file="")
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
    """A figure that a lab drew: `lab/name`. With `moving` a script may take it over, with the model in that module."""

    group = "labs"
    option_spec: ClassVar[OptionSpec] = {
        **SvgFigure.option_spec,
        "moving": directives.unchanged_required,
        "question": directives.unchanged_required,
    }

    def _drawing(self, path: Path, address: str, figure: nodes.figure) -> inline_svg:
        drawing = super()._drawing(path, address, figure)
        if module := self.options.get("moving"):
            source = Path(self.env.srcdir, INTERACTIVE, f"{module}.js")
            if not source.is_file():
                self._warn(
                    unknown("module of a moving figure", module, sorted(f.stem for f in source.parent.glob("*.js")))
                )
            elif not self.options.get("name"):
                self._warn(f"the moving figure {address!r} has no name: add `:name:`, by which links set its state")
            else:
                question = self.options.get("question", "")
                drawing["moving"], drawing["name"], drawing["question"] = module, self.options["name"], question
        return drawing

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


def broken(file: Path) -> str | None:
    """Tell why a file is no SVG document; None if it is one.

    Args:
        file: the file.

    Returns:
        What is wrong, with its line: a broken drawing would swallow the rest of the page.
    """
    try:
        root = ElementTree.fromstring(file.read_bytes())
    except ElementTree.ParseError as error:
        return f"not well-formed XML: {error}"
    return None if root.tag.endswith("svg") else f"its root is {root.tag!r}, expected 'svg'"


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


SET = re.compile(r"(?P<words>[^<]+?)\s*<(?P<name>[\w-]+):(?P<state>[\w.=,-]+)>", re.DOTALL)


def set_state(
    _name: str, rawtext: str, text: str, lineno: int, inliner: Inliner, *_options: object
) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    """Link to a state of a figure: ``{set}`the target at 95% <erlang:target=95>```; without a script, to the figure.

    Args:
        rawtext: the role as written.
        text: its content.
        lineno: the line.
        inliner: reports faults.

    Returns:
        The link and no message, or a problem and its message.
    """
    match = SET.fullmatch(text)
    if match is None:
        told = f"{text!r} is no link to a figure's state: expected `words <name:key=value,key=value>`"
        message = inliner.reporter.error(told, line=lineno)
        return [inliner.problematic(rawtext, rawtext, message)], [message]
    return [state_link("", match["words"], figure=match["name"], state=match["state"])], []


def visit_state_link(self: HTML5Translator, node: state_link) -> None:
    """Write the link; `moving.js` follows what it says of the state."""
    self.body.append(f'<a class="state" href="#{node["figure"]}" data-state="{self.attval(node["state"])}">')


def depart_state_link(self: HTML5Translator, _node: state_link) -> None:
    """End it."""
    self.body.append("</a>")


def visit_inline_svg(self: HTML5Translator, node: inline_svg) -> None:
    """Write the drawing, and its narrow form beside it; the page shows one of the two."""
    alt, file = self.attval(node["alt"]), self.attval(node["file"])
    if node.get("moving"):
        module = f"{relative_to_static(self)}{node['moving']}.js"
        told = {"name": node["name"], "module": module, "question": node["question"]}
        written = "".join(f' {name}="{self.attval(value)}"' for name, value in told.items())
        self.body.append(f"<moving-figure{written}>\n")
    for svg, class_ in ((node["svg"], "drawn-wide" if node["narrow"] else "drawn"), (node["narrow"], "drawn-narrow")):
        if svg:
            self.body.append(
                svg.replace("<svg", f'<svg class="{class_}" role="img" aria-label="{alt}" data-file="{file}"', 1) + "\n"
            )
    if node.get("moving"):
        self.body.append("</moving-figure>\n")
    raise nodes.SkipNode


def relative_to_static(translator: HTML5Translator) -> str:
    """Give the address of the static files' folder as the page being written sees it."""
    builder = translator.builder
    return relative_uri(builder.get_target_uri(builder.current_docname), "_static/")


def _load_script(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load what moves figures on pages that have one, and nowhere else."""
    if doctree is not None and any(node.get("moving") for node in doctree.findall(inline_svg)):
        app.add_js_file("moving.js", type="module")


def setup(app: Sphinx) -> None:
    """Register the directives and the node."""
    app.add_directive("lab-figure", LabFigure)
    app.add_directive("diagram", Diagram)
    app.add_node(inline_svg, html=(visit_inline_svg, None))
    app.add_node(state_link, html=(visit_state_link, depart_state_link))
    app.add_role("set", set_state)
    app.connect("html-page-context", _load_script)
