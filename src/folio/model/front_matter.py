"""What stands at the head of a page, as typed records."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from folio.model.faults import Fault, unknown
from folio.model.schema import Strict
from folio.model.yaml_source import Located, Path, YamlFaultError, parse

Kind: TypeAlias = Literal["case-study", "breakdown", "design-note", "reflection"]

KINDS: dict[Kind, tuple[str, str]] = {
    "case-study": ("Case study", "Case studies"),
    "breakdown": ("Breakdown", "Breakdowns"),
    "design-note": ("Design note", "Design notes"),
    "reflection": ("Reflection", "Reflections"),
}
"""What a kind is called, one and many, in the order in which a reader meets them."""

Text: TypeAlias = Annotated[str, Field(min_length=1)]


class Change(Strict):
    """A dated note on what changed in a published piece, for its readers."""

    date: dt.date
    note: Text


class PageFront(Strict):
    """The front matter of a page that is not a post.

    Args:
        title: its H1.
        dek: one sentence that describes it everywhere.
        lab: the lab whose page it is.
        layout: `home` for the page without rail and tree.
        raw_html: whether HTML in its source goes into the page as it stands.
    """

    title: Text
    dek: Text
    lab: str | None = None
    layout: Literal["page", "home"] = "page"
    raw_html: bool = False


class PostFront(Strict):
    """The front matter of a post.

    Args:
        title: its H1.
        dek: one sentence that describes it everywhere; may bind facts and results.
        date: the day on which it was finished.
        updated: the day of its last change that a reader would care about.
        kind: what sort of piece it is.
        topics: slugs of the profile's `focus`, the first the most important.
        series, part: the series it belongs to and its place in it.
        labs: the labs it rests on.
        facts: keys of the facts it rests on.
        draft: whether production builds leave it out.
        status: whether its author considers it finished.
        changes: dated notes for readers.
        reviewed: the day on which the site's owner read it and stood by it.
        raw_html: whether HTML in its source goes into the page as it stands.
    """

    title: Text
    dek: Text
    date: dt.date
    updated: dt.date | None = None
    kind: Kind
    topics: Annotated[tuple[str, ...], Field(min_length=1)]
    series: str | None = None
    part: Annotated[int, Field(ge=1)] | None = None
    labs: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    draft: bool = False
    status: Literal["finished", "in progress"] = "finished"
    changes: tuple[Change, ...] = ()
    reviewed: dt.date | None = None
    raw_html: bool = False

    @property
    def last_changed(self) -> dt.date:
        """The day on which a reader last had something new: `updated`, or `date` where there is none."""
        return self.updated or self.date

    @model_validator(mode="after")
    def _hangs_together(self) -> PostFront:
        if (self.series is None) != (self.part is None):
            raise ValueError("`series` and `part` come together")
        if self.updated and self.updated < self.date:
            raise ValueError(f"`updated` ({self.updated}) lies before `date` ({self.date})")
        return self


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The names that front matter may use.

    Args:
        topics, series, labs, facts: the names that exist.
    """

    topics: Collection[str]
    series: Collection[str]
    labs: Collection[str]
    facts: Collection[str]


FENCE = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)


def read(text: str) -> Located:
    """Parse the front matter of a page.

    Args:
        text: the whole source of the page.

    Returns:
        Its front matter with the lines of the file; empty where the page has none.

    Raises:
        YamlFaultError: if it opens but never closes, or is not a YAML mapping.
    """
    match = FENCE.match(text)
    if match:
        return parse(match[1].replace("\r\n", "\n"), first_line=2)
    if text.lstrip("\ufeff").startswith("---\n"):
        raise YamlFaultError(Fault(1, "the front matter opens with `---` but never closes: add a second `---` line"))
    return Located({})


def unknown_names(front: PostFront, names: Vocabulary, source: Located) -> list[Fault]:
    """Check the names that a post's front matter uses.

    Args:
        front: the front matter.
        names: what exists.
        source: the YAML it came from, for the lines.

    Returns:
        One fault for every name that does not exist.
    """
    used: list[tuple[str, Collection[str], Iterable[tuple[Path, str]]]] = [
        ("topic", names.topics, ((("topics", i), name) for i, name in enumerate(front.topics))),
        ("lab", names.labs, ((("labs", i), name) for i, name in enumerate(front.labs))),
        ("fact", names.facts, ((("facts", i), name) for i, name in enumerate(front.facts))),
        ("series", names.series, [(("series",), front.series)] if front.series else []),
    ]
    return [
        Fault(source.line(path), unknown(kind, name, known))
        for kind, known, items in used
        for path, name in items
        if name not in known
    ]
