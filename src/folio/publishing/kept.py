"""What a publisher made of a page, kept between builds: made anew only when the page, or the code, is another."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from folio.publishing.outputs import write_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx

FOLDER = "folio-kept"

HOUSE = Path(__file__).parents[1]
PARTS = ("model", "reading", "publishing", "templates", "static")
"""What makes pages, and things of pages: not the author's desk."""

LIBRARIES = ("html-to-markdown", "latex2mathml", "lxml", "pagefind", "typst")
"""Distributions that decide, beside this house's code, what is made of a page."""


@cache
def machinery() -> bytes:
    """Digest the code that makes things of pages, so that nothing made by other code is ever taken."""
    digest = hashlib.sha256(" ".join(version(name) for name in LIBRARIES).encode())
    for path in sorted(path for part in PARTS for path in (HOUSE / part).rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.read_bytes())
    return digest.digest()


class Kept:
    """What one publisher made, a file a page.

    Args:
        app: the application, beside whose doctrees it is kept.
        publisher: the publisher's name.
    """

    def __init__(self, app: Sphinx, publisher: str) -> None:
        self.folder = Path(app.doctreedir) / FOLDER / publisher
        self.used: set[Path] = set()

    def get(self, name: str, page: bytes, rest: object, make: Callable[[], str]) -> str:
        """Give what was made of a page, or make it.

        Args:
            name: the page's docname.
            page: the page as the build wrote it.
            rest: everything else that goes in; its `repr` says all of it.
            make: makes it.

        Returns:
            What `make` gives, or gave for the same page, rest and code.
        """
        digest = hashlib.sha256(machinery() + hashlib.sha256(repr(rest).encode()).digest() + page).hexdigest()
        path = self.folder / name
        self.used.add(path)
        try:
            head, _, text = path.read_bytes().decode("utf-8").partition("\n")
            if head == digest:
                return text
        except (OSError, UnicodeDecodeError):
            pass
        text = make()
        write_whole(path, f"{digest}\n{text}".encode())
        return text

    def settle(self) -> None:
        """Drop what was not asked for in this build: its page is gone."""
        for path in self.folder.rglob("*") if self.folder.is_dir() else ():
            if path.is_file() and path not in self.used:
                path.unlink()
