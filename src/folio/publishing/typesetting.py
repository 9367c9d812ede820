"""Pictures and PDFs set by typst from our templates, in the site's face; the same input gives the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typst

from folio.publishing.font_cuts import CUTS
from folio.publishing.outputs import write_whole

if TYPE_CHECKING:
    from sphinx.application import Sphinx

TEMPLATES = Path(__file__).with_name("typst")


class Typesetter:
    """Sets templates; keeps what it has set, since most of it is the same in the next build.

    Args:
        cache: a folder of its own.
    """

    def __init__(self, cache: Path) -> None:
        self.cache = cache

    @cached_property
    def book(self) -> typst.Fonts:
        """What typst sets with: those cuts and its own fonts, none of the machine's."""
        return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[CUTS])

    @cached_property
    def covered(self) -> frozenset[int]:
        """The characters that the face has, as code points."""
        from fontTools.ttLib import TTFont  # here and below: half of a build without changes would be its import

        return frozenset(TTFont(next(iter(sorted(CUTS.glob("*.ttf"))))).getBestCmap())

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
        write_whole(kept, made)
        return bytes(made)


def typesetter(app: Sphinx) -> Typesetter:
    """Give the typesetter of an application; it keeps its work beside the doctrees."""
    return Typesetter(Path(app.doctreedir) / "folio-typeset")


def joined(parts: Iterable[str]) -> str:
    """Join the parts of a line that are there with a middle dot."""
    return " · ".join(part for part in parts if part)
