"""Static cuts of the site's face for typst, which takes no variable fonts: `python -m folio.publishing.font_cuts`.

They are made of the fonts that the pages load and kept in the repository, since a build would spend a tenth of its time
on making them again.
"""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from folio.publishing.outputs import write_whole
from folio.reading.stylesheet import STATIC

if TYPE_CHECKING:
    from collections.abc import Iterator

CUTS = Path(__file__).with_name("typst") / "fonts"
FACES = (("normal", 400), ("normal", 600), ("italic", 400))
"""Style and weight of the cuts that the templates use."""

NAMES = {400: "Regular", 600: "SemiBold"}


def cut(source: Path, style: str, weight: int) -> bytes:
    """Cut one weight out of a variable font.

    Args:
        source: the variable font.
        style: `normal` or `italic`.
        weight: as CSS has it.

    Returns:
        A TrueType font.
    """
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    logging.getLogger("fontTools").setLevel(logging.WARNING)
    font = instantiateVariableFont(TTFont(source, recalcTimestamp=False), {"wght": weight}, inplace=False)
    font.flavor = None
    name = f"{NAMES[weight]}{' Italic' if style == 'italic' else ''}"
    for record in list(font["name"].names):
        if record.nameID in {1, 16}:
            record.string = "Source Serif 4"
        if record.nameID in {2, 17}:
            record.string = name
    font["OS/2"].usWeightClass = weight
    buffer = io.BytesIO()
    font.save(buffer)
    return buffer.getvalue()


def all_cuts() -> Iterator[tuple[Path, bytes]]:
    """Make every cut; gives where it is kept, and the font."""
    for style, weight in FACES:
        source = STATIC / "fonts" / f"source-serif-4-{style}.woff2"
        yield CUTS / f"{style}-{weight}.ttf", cut(source, style, weight)


if __name__ == "__main__":
    for path, font in all_cuts():
        write_whole(path, font)
