"""Pictures and PDFs set by typst from our templates, in the site's face; the same input gives the same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import logging
from collections.abc import Iterable
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typst

from folio.publishing.outputs import write_whole
from folio.reading.stylesheet import STATIC

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont
    from sphinx.application import Sphinx

TEMPLATES = Path(__file__).with_name("typst")

FACES = (("normal", 400), ("normal", 600), ("italic", 400))
"""The cuts that the templates use: typst takes no variable fonts, so each is made of the one that the pages load."""

NAMES = {400: "Regular", 600: "SemiBold"}


class Typesetter:
    """Sets templates; keeps what it has set, since most of it is the same in the next build.

    Args:
        cache: a folder of its own.
    """

    def __init__(self, cache: Path) -> None:
        self.cache = cache

    @cached_property
    def fonts(self) -> Path:
        """The folder with the static cuts, made on first use."""
        sources = {style: STATIC / "fonts" / f"source-serif-4-{style}.woff2" for style, _ in FACES}
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources.values())).hexdigest()[:16]
        folder = self.cache / f"fonts-{digest}"
        folder.mkdir(parents=True, exist_ok=True)
        for style, weight in FACES:
            path = folder / f"{style}-{weight}.ttf"
            if not path.is_file():
                half = path.with_suffix(".half")
                _cut(sources[style], style, weight).save(half)
                half.replace(path)
        return folder

    @cached_property
    def book(self) -> typst.Fonts:
        """What typst sets with: those cuts and its own fonts, none of the machine's."""
        return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[self.fonts])

    @cached_property
    def covered(self) -> frozenset[int]:
        """The characters that the face has, as code points."""
        from fontTools.ttLib import TTFont  # here and below: half of a build without changes would be its import

        return frozenset(TTFont(next(iter(sorted(self.fonts.glob("*.ttf"))))).getBestCmap())

    def undrawable(self, text: str) -> list[str]:
        """List the characters of a text that neither the face nor typst's own fonts can draw, sorted."""
        doubtful = {mark for mark in text if ord(mark) not in self.covered and not mark.isspace()}
        return sorted(mark for mark in doubtful if not self._draws(mark))

    def _draws(self, mark: str) -> bool:
        """Ask typst: it refuses an accessible PDF with a character that it cannot show."""
        probe = f'#set document(title: "probe")\n#text({json.dumps(mark, ensure_ascii=False)})'
        try:
            typst.compile(probe.encode(), format="pdf", pdf_standards=["ua-1"], font_paths=self.book)
        except typst.TypstError:
            return False
        return True

    def drawable(self, text: str) -> str:
        """Leave out of a text what cannot be drawn."""
        lost = set(self.undrawable(text))
        return " ".join("".join(mark for mark in text if mark not in lost).split())

    def set(self, template: str, data: dict[str, Any], form: Literal["png", "pdf"]) -> bytes:
        """Set a template.

        Args:
            template: its file name in `typst/`.
            data: what it shows; it reads `sys.inputs.data` as JSON.
            form: a picture of its first page, one pixel a point, or a PDF/UA-1.

        Returns:
            The file's bytes: no clock, no font of the machine and no path goes into them.

        Raises:
            typst.TypstError: if it cannot be set.
        """
        source = TEMPLATES / template
        told = json.dumps(data, ensure_ascii=False, sort_keys=True)
        digest = hashlib.sha256(f"{version('typst')}\0{form}\0{told}\0".encode() + source.read_bytes()).hexdigest()
        kept = self.cache / f"{digest}.{form}"
        if kept.is_file():
            return kept.read_bytes()
        made = typst.compile(
            source,
            format=form,
            ppi=72,
            font_paths=self.book,
            sys_inputs={"data": told},
            pdf_standards=["ua-1"] if form == "pdf" else [],
        )
        self.cache.mkdir(parents=True, exist_ok=True)
        write_whole(kept, made)
        return bytes(made)


def typesetter(app: Sphinx) -> Typesetter:
    """Give the typesetter of an application; it keeps its work beside the doctrees."""
    return Typesetter(Path(app.doctreedir) / "folio-typeset")


def _cut(source: Path, style: str, weight: int) -> TTFont:
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

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
    buffer.seek(0)
    return TTFont(buffer, recalcTimestamp=False)


def joined(parts: Iterable[str]) -> str:
    """Join the parts of a line that are there with a middle dot."""
    return " · ".join(part for part in parts if part)
