"""Finding quantities in prose that nothing stands behind."""

from __future__ import annotations

import re
from collections.abc import Collection

TRACED, CITED = "\ue000", "\ue001"
"""What stands in flattened prose for a traced value (fact, result, worked or assumed) and for a citation."""

UNITS = (
    r"%|×|x\b|percent\b|per cent\b|points?\b|[KMB]\b\+?|ms\b|µs\b|s\b|min\b|h\b|"
    r"(?:milli|micro)?seconds?\b|minutes?\b|hours?\b|days?\b|weeks?\b|months?\b|"
    r"[KMGT]i?B\b|bytes?\b|RPS\b|"
    r"calls?\b|agents?\b|people\b|events?\b|records?\b|rows?\b|requests?\b|reads?\b|paths?\b|schedules?\b|times\b"
)
NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
QUANTITY = re.compile(
    rf"[$€£]\s?{NUMBER}(?:\s?(?:[KMB]\b|thousand\b|million\b|billion\b))?\+?"
    rf"|(?<![\w.,/-]){NUMBER}[\s\u00a0-]?(?:million |billion |thousand )?(?:{UNITS})"
    rf"|(?<![\w.,/-]){NUMBER} of (?:the )?{NUMBER}\b"
    rf"|(?<![\w.,/-])\d{{1,3}}(?:,\d{{3}})+\b"
)
SENTENCE_END = re.compile(rf"(?<=[.!?])(?=[\s\"”’)]+[^\s{CITED}])|(?<=[.!?]{CITED})(?=\s)")


def sentences(text: str) -> list[str]:
    """Split flattened prose into sentences; a citation after the full stop belongs to the sentence before it."""
    return [part for part in SENTENCE_END.split(text) if part.strip()]


def normal(quantity: str) -> str:
    """Bring a quantity into a form that compares: single spaces, no thousands separators, lower case."""
    return re.sub(r"[\s\u00a0-]+", " ", quantity.replace(",", "").lower()).strip(" .")


def find(text: str) -> list[str]:
    """List the quantities in a text: a figure with a unit, a share ("3 of 90"), money, or a number over a thousand."""
    return [match[0].rstrip(".,") for match in QUANTITY.finditer(text)]


def untraced(text: str, known: Collection[str] = ()) -> list[str]:
    """List the quantities of a paragraph that nothing stands behind.

    Args:
        text: the paragraph as text, with `TRACED` and `CITED` where such nodes stand.
        known: normal forms of the quantities that the same page works out or assumes, which it may repeat.

    Returns:
        The quantities, as written, that stand in a sentence without citation and are not known.
    """
    return [
        quantity
        for sentence in sentences(text)
        if CITED not in sentence
        for quantity in find(sentence)
        if normal(quantity) not in known
    ]
