"""The pages that the browser tests open: all of them, from the sources, so that a new one is never left out."""

from __future__ import annotations

from tests.conftest import REPOSITORY

DOCS = REPOSITORY / "docs"

PAGES = [
    *sorted(
        path.relative_to(DOCS).with_suffix("").as_posix().removesuffix("index").rstrip("/") + "/"
        for path in DOCS.rglob("*.md")
        if "_build" not in path.parts and path != DOCS / "index.md"
    ),
    "",
    "search/",
    "404.html",
]

POST = "posts/eight-minutes-to-five/"
"""A piece with all that a piece can hold."""
