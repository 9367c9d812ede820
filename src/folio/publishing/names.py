"""Where things that are published stand, below the root of the site."""

from __future__ import annotations

ATOM, JSON = "feed.xml", "feed.json"
"""The feeds of everything, and below a topic's folder those of the topic."""

CV, RESUME = "cv.pdf", "resume.json"

CARD_WIDTH, CARD_HEIGHT = 1200, 630


def card_of(docname: str) -> str:
    """Say where the card of a page stands."""
    return f"cards/{docname}.png"


def twin_of(docname: str) -> str:
    """Say where the twin of a page stands: beside it, with `.md`."""
    return f"{docname}.md"
