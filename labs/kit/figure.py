"""A figure as files: SVG whose text is text and whose colours are the page's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

COLUMN, WIDE, NARROW = 576, 872, 340
"""Widths in CSS pixels at which a figure's text has its true size: the text column, text and notes, a phone."""

STANDALONE_STYLE = """
svg { --ink: #1f2328; --quiet: #55595f; --rule: #dfdad0; --paper: #fcfbf8;
  --series-1: #a8390f; --series-2: #0f6a66; --series-3: #7a6a3a; --series-4: #5a4b8a; }
@media (prefers-color-scheme: dark) { svg { --ink: #d9dce0; --quiet: #a0a5ad; --rule: #30343b; --paper: #14161a;
  --series-1: #ff9c6e; --series-2: #6fd0c8; --series-3: #d9c27a; --series-4: #b7a6f2; } }
text { font: 13px system-ui, sans-serif; fill: var(--quiet); paint-order: stroke; stroke: var(--paper);
  stroke-width: 4px; stroke-linejoin: round; } .fig-label { fill: var(--ink); font-weight: 600; }
.fig-line, .fig-area, .fig-axis, .fig-rule { fill: none; } .fig-axis { stroke: var(--rule); }
.fig-line { stroke-width: 2.5; stroke-linejoin: round; } .fig-dot { fill: var(--paper); stroke-width: 2; }
.fig-dash { stroke-dasharray: 3 5; } .fig-box { fill: var(--paper); stroke: var(--quiet); }
.fig-1 { --tone: var(--series-1); } .fig-2 { --tone: var(--series-2); }
.fig-3 { --tone: var(--series-3); } .fig-4 { --tone: var(--series-4); } .fig-0 { --tone: var(--quiet); }
.fig-line, .fig-dot, .fig-rule { stroke: var(--tone); } .fig-bar, text.fig-toned { fill: var(--tone); }
.fig-area { fill: var(--tone); opacity: .14; }
"""
"""What a figure looks like on its own, in a feed or opened from a link. A page that holds the figure inline drops
this sheet and uses its own rules for the same class names (`static/figures.css`); a test keeps the colours alike."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a lab.

    Args:
        name: its slug; the page asks for it as `lab/name`.
        drawing: the SVG for a page, `COLUMN` or `WIDE` pixels wide.
        narrow: the same drawn `NARROW` pixels wide, for a phone, where its text would otherwise shrink.
    """

    name: str
    drawing: str
    narrow: str


def files(figures: Iterable[Figure]) -> dict[str, str]:
    """Name the files of a lab's figures.

    Args:
        figures: what `draw` returned.

    Returns:
        SVG text by file name: `NAME.svg` and `NAME.narrow.svg`.
    """
    return dict(_pairs(figures))


def _pairs(figures: Iterable[Figure]) -> Iterator[tuple[str, str]]:
    for figure in figures:
        yield f"{figure.name}.svg", figure.drawing
        yield f"{figure.name}.narrow.svg", figure.narrow


def element(tag: str, content: str = "", **attributes: object) -> str:
    """Write one SVG element.

    Args:
        tag: its name.
        content: its content, already escaped.
        attributes: its attributes; an underscore stands for a hyphen, a trailing one is dropped (`class_`), floats
            are rounded to a hundredth of a pixel, None leaves the attribute out.

    Returns:
        The element as text.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(number(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    return f"<{tag}{written}>{content}</{tag}>" if content else f"<{tag}{written}/>"


def number(value: object) -> str:
    """Write an attribute's value; a float loses all beyond two decimals and trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def text(x: float, y: float, words: str, *, class_: str | None = None, anchor: str | None = None) -> str:
    """Write a line of text.

    Args:
        x, y: where its baseline begins (or ends, or has its middle, by `anchor`), in pixels.
        words: the text, not yet escaped.
        class_: `fig-label` for a label in ink; `fig-toned fig-1` for the colour of series 1.
        anchor: SVG's `text-anchor`: `start`, `middle` or `end`.

    Returns:
        The element as text.
    """
    return element("text", escape(words, quote=False), x=float(x), y=float(y), class_=class_, text_anchor=anchor)


def svg(width: int, height: int, parts: Iterable[str], **attributes: object) -> str:
    """Put the parts into one SVG document that also stands alone.

    Args:
        width, height: its size in pixels.
        parts: its elements.
        attributes: more attributes of the root, as `element` takes them.

    Returns:
        The document, ending with a newline. It has no title: the page gives the text alternative.
    """
    body = "\n".join([f"<style>{STANDALONE_STYLE}</style>", *parts])
    root = element(
        "svg",
        f"\n{body}\n",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        **attributes,
    )
    return root + "\n"
