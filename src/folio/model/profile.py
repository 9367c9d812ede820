"""The site owner's record as `docs/profile.yaml` holds it, and the facts by key that pages bind to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from folio.model.faults import UnknownNameError
from folio.model.schema import Strict
from folio.model.typography import MONTHS

Text: TypeAlias = Annotated[str, Field(min_length=1)]
Slug: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
FactName: TypeAlias = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]

PLACE = re.compile(r"\{([a-z0-9_]+)\}")


def _is_month(value: str) -> str:
    if not re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2]))?", value):
        raise ValueError("expected a year (2019) or a month (2016-07)")
    return value


Month: TypeAlias = Annotated[str, Field(coerce_numbers_to_str=True), AfterValidator(_is_month)]


def in_words(month: str) -> str:
    """Write `2016-07` as "Jul 2016" and `2019` as it is."""
    year, _, number = month.partition("-")
    return f"{MONTHS[int(number) - 1]} {year}" if number else year


class Dated(Strict):
    """Something with a beginning and an end; JSON Resume's names.

    Args:
        startDate: a month or a year.
        endDate: the same; None for what goes on.
    """

    startDate: Month  # noqa: N815
    endDate: Month | None = None  # noqa: N815

    @property
    def dates(self) -> str:
        """The span in words: "Apr 2025 – Present", or the year alone where it begins and ends in one."""
        if self.endDate == self.startDate:
            return in_words(self.startDate)
        return f"{in_words(self.startDate)} – {in_words(self.endDate) if self.endDate else 'Present'}"


class WithFacts(Strict):
    """Something that states facts: texts that name values as `{name}`, and the values.

    Args:
        facts: the values by name, exactly as they may be said.
    """

    facts: dict[FactName, Text] = Field(default_factory=dict)

    def plain(self, text: str) -> str:
        """Put the values into a text."""
        return PLACE.sub(lambda match: self.facts[match[1]], text)

    @model_validator(mode="after")
    def _names_exist(self) -> WithFacts:
        for name, value in self:
            if isinstance(value, str):
                for place in PLACE.findall(value):
                    if place not in self.facts:
                        raise ValueError(
                            f"`{name}` uses {{{place}}}, but `facts` has only {', '.join(self.facts) or 'none'}"
                        )
        return self


class Line(WithFacts):
    """One line of a role: what was done and what came of it.

    Args:
        key: its slug, the first part of its facts' keys and its anchor on the experience page.
        figure: the outcome in a few characters.
        label: what the figure measures.
        text: the line itself.
        case_studies: slugs of the pieces that argue from it, the most important first.
    """

    key: Slug
    figure: Text
    label: Text
    text: Text
    case_studies: tuple[Slug, ...] = ()


class Role(Dated):
    """A position held.

    Args:
        name: the company (JSON Resume's name for it).
        position: the title.
        summary: its scope in a sentence.
        lines: what was done.
        featured: whether the home page shows it first.
    """

    name: Text
    position: Text
    summary: Text
    lines: tuple[Line, ...]
    featured: bool = False


class Education(Dated):
    """A degree or a stay: what, in which field, where, when."""

    institution: Text
    studyType: Text  # noqa: N815
    area: str = ""


class Project(Strict):
    """A project of his own."""

    name: Text
    status: str = ""
    description: Text


class Skill(Strict):
    """A group of skills."""

    name: Text
    keywords: Annotated[tuple[Text, ...], Field(min_length=1)]


class Snapshot(Strict):
    """A figure of the snapshot.

    Args:
        figure: the figure as it may be said.
        label: what it measures.
        line: the line of the experience that it rests on; None where it is the whole record.
    """

    figure: Text
    label: Text
    line: Slug | None = None


class Focus(Strict):
    """A focus of the writing, which is also a topic: slug and name."""

    slug: Slug
    name: Text


class OnlineProfile(Strict):
    """An account elsewhere; JSON Resume's names."""

    network: Text
    url: Annotated[str, Field(pattern=r"^https://")]
    username: str = ""


class Basics(Strict):
    """Who he is. What is not known is left out, and no page shows it.

    Args:
        name, label: his name and the line under it.
        years: of building, as they may be said.
        fields, domains, purposes: what he works on, where so far, and what the site is for.
        themes, aims, covers: what the about page speaks of.
        email, url, repository, profiles: where to find him and the site's source, once he says so.
    """

    name: Text
    label: Text
    years: Text
    fields: tuple[Text, ...]
    domains: tuple[Text, ...]
    purposes: tuple[Text, ...]
    themes: tuple[Text, ...]
    aims: tuple[Text, ...]
    covers: tuple[Text, ...]
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    url: Annotated[str, Field(pattern=r"^https://")] | None = None
    repository: Annotated[str, Field(pattern=r"^https://")] | None = None
    profiles: tuple[OnlineProfile, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A recorded fact that pages bind to.

    Args:
        key: its key, such as `search.p95`.
        value: its text, exactly as it may be said.
        source: what it is recorded of: a role with its dates, or the person.
        line: the line of the experience page that states it, None for a fact about the person.
    """

    key: str
    value: str
    source: str
    line: str | None = None


class Profile(Strict):
    """The whole record."""

    basics: Basics
    snapshot: tuple[Snapshot, ...]
    focus: tuple[Focus, ...]
    education: tuple[Education, ...]
    work: tuple[Role, ...]
    projects: tuple[Project, ...]
    skills: tuple[Skill, ...]

    @model_validator(mode="after")
    def _hangs_together(self) -> Profile:
        keys = [line.key for line in self.lines()]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"each line of `work` has a key of its own; twice there: {', '.join(twice)}")
        for item in self.snapshot:
            if item.line and item.line not in keys:
                raise ValueError(f"the snapshot's {item.figure!r} names no line of `work`: {item.line!r}")
        return self

    def lines(self) -> Iterator[Line]:
        """All lines of all roles, newest role first."""
        return (line for role in self.work for line in role.lines)

    def line(self, key: str) -> Line:
        """Find a line of the experience by its key.

        Raises:
            UnknownNameError: if there is none; names the nearest.
        """
        lines = {line.key: line for line in self.lines()}
        if key not in lines:
            raise UnknownNameError("line", key, lines.keys())
        return lines[key]

    def role_of(self, key: str) -> Role:
        """Find the role that a line of the experience belongs to.

        Raises:
            UnknownNameError: if there is no such line; names the nearest.
        """
        line = self.line(key)
        return next(role for role in self.work if line in role.lines)

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        """All facts by key: those of the lines, and `person.…` for those of `basics`."""
        found = {
            f"{line.key}.{name}": Fact(
                f"{line.key}.{name}", value, f"{role.position}, {role.name}, {role.dates}", line.key
            )
            for role in self.work
            for line in role.lines
            for name, value in line.facts.items()
        }
        for name, value in self.basics:
            if name not in {"profiles"} and value:
                text = value if isinstance(value, str) else in_a_row(value)
                found[f"person.{name}"] = Fact(f"person.{name}", text, self.basics.name)
        return found

    def fact(self, key: str) -> Fact:
        """Find a fact by its key.

        Raises:
            UnknownNameError: if there is none; names the nearest.
        """
        if key not in self.facts:
            raise UnknownNameError("fact", key, self.facts.keys())
        return self.facts[key]


def in_a_row(items: tuple[str, ...]) -> str:
    """Join words as prose does: "a, b and c"."""
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]]))
