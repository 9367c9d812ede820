"""Every figure as a file of its own, for feeds, twins and links, in fixed colours: no page gives it any there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from folio.publishing.outputs import Outputs
from folio.reading.domain import writing
from folio.reading.figures import STANDALONE, standalone_sources
from folio.reading.stylesheet import STATIC

if TYPE_CHECKING:
    from sphinx.application import Sphinx

TONES = 5


def palette(tokens: str) -> dict[str, str]:
    """Read the values of the light theme out of the tokens' sheet.

    Args:
        tokens: the text of `tokens.css`.

    Returns:
        The value of each custom property of its first `body` rule.
    """
    rule = re.search(r"\nbody \{(.*?)\n\}", tokens, re.DOTALL)
    return dict(re.findall(r"--([a-z0-9-]+):\s*([^;]+);", rule[1])) if rule else {}


def light_colours() -> dict[str, str]:
    """Give the tokens of the site's own light theme, for what is drawn outside a page."""
    return palette((STATIC / "tokens.css").read_text(encoding="utf-8"))


def fixed_style(figures: str, colours: dict[str, str]) -> str:
    """Make the style sheet of a figure on its own: the page's rules, every custom property replaced by its value.

    Args:
        figures: the text of `figures.css`.
        colours: the values of the custom properties.

    Returns:
        CSS without custom properties, which not every program that shows SVG knows.
    """
    rules = re.findall(r"(?m)^(\.drawing (?:text|\.fig)[^{]*|\.fig[^{]*)\{([^}]*)\}", figures)
    tones = {
        name: re.sub(r"var\(--([a-z0-9-]+)\)", lambda part: colours[part[1]], value)
        for selector, body in rules
        for name, value in re.findall(r"\.fig-(\d)\s*\{\s*--tone:\s*([^;]+);", f"{selector}{{{body}}}")
    }
    written = []
    for selector, body in rules:
        names = selector.replace(".drawing ", "").strip()
        if "--tone:" in body:
            continue
        for tone in sorted(tones) if "var(--tone)" in body else [""]:
            marked = ",".join(f"{name.strip()}.fig-{tone}" if tone else name.strip() for name in names.split(","))
            filled = body.replace("var(--tone)", tones.get(tone, ""))
            filled = re.sub(r"var\(--([a-z0-9-]+)\)", lambda part: colours[part[1]], filled)
            written.append(f"{marked}{{{filled.strip()}}}")
    return "\n".join(written)


def standalone(svg: str, style: str, paper: str) -> str:
    """Make an SVG document that shows a figure by itself.

    Args:
        svg: the document as its lab or its author wrote it.
        style: what `fixed_style` gave.
        paper: the colour behind it.

    Returns:
        The document with that style alone, a size, and paper behind the drawing.
    """
    svg = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<style>.*?</style>|<!--.*?-->", "", svg, flags=re.DOTALL).strip()
    head = re.match(r"<svg[^>]*>", svg)
    size = re.search(r'viewBox="([-\d.]+) ([-\d.]+) ([\d.]+) ([\d.]+)"', head[0]) if head else None
    if head is None or size is None:
        return svg
    opening = re.sub(r'\s(?:width|height|xmlns)="[^"]*"', "", head[0])
    opening = opening.replace(
        "<svg", f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[3]}" height="{size[4]}"', 1
    )
    ground = f'<rect x="{size[1]}" y="{size[2]}" width="{size[3]}" height="{size[4]}" fill="{paper}"/>'
    return f"{opening}<style>{style}</style>{ground}{svg[head.end() :]}\n"


def _publish(app: Sphinx, outputs: Outputs) -> None:
    colours = light_colours()
    style = fixed_style((STATIC / "figures.css").read_text(encoding="utf-8"), colours)
    domain = writing(app.env)
    for name, path in standalone_sources(domain.records.results_folder, Path(app.srcdir, app.config.folio_diagrams)):
        outputs.write(f"{STANDALONE}/{name}.svg", standalone(path.read_text(encoding="utf-8"), style, colours["paper"]))
    for name in domain.records.labs:
        outputs.write(f"data/{name}.json", domain.records.results_path(name).read_bytes())


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("folio-site-finished", _publish)
