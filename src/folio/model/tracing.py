"""How many quantities a page has of each sort, and which of them nothing stands behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assumption:
    """An input that nobody measured: the words of the page and the reason that it gives."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Traces:
    """What a page's quantities rest on.

    Args:
        facts, results, worked, citations: how often each stands on the page.
        assumptions: those that it makes, in order.
        untraced: the quantities that nothing stands behind.
    """

    facts: int = 0
    results: int = 0
    worked: int = 0
    citations: int = 0
    assumptions: tuple[Assumption, ...] = ()
    untraced: tuple[str, ...] = ()


def total(pages: Iterable[Traces]) -> Traces:
    """Add up the pages' traces; assumptions and untraced quantities are joined in order."""
    pages = list(pages)
    return Traces(
        facts=sum(page.facts for page in pages),
        results=sum(page.results for page in pages),
        worked=sum(page.worked for page in pages),
        citations=sum(page.citations for page in pages),
        assumptions=tuple(item for page in pages for item in page.assumptions),
        untraced=tuple(item for page in pages for item in page.untraced),
    )
