"""Directives that render the profile: as MyST text, so that its parts are sphinx-design's own grids and cards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective, SphinxRole

from folio.model.profile import PLACE, Line, Profile, Role
from folio.reading.domain import writing
from folio.reading.library_views import view
from folio.reading.values import depend

if TYPE_CHECKING:
    from typing import Any

    from docutils.nodes import Node, system_message
    from sphinx.application import Sphinx
    from sphinx.util.typing import OptionSpec

    from folio.reading.domain import WritingDomain


class ProfilePart(SphinxDirective):
    """A part of a page that comes from the profile."""

    def run(self) -> list[nodes.Node]:
        """Render the part; nothing where the profile cannot be read, which has been told."""
        domain = writing(self.env)
        depend(self.env.docname, domain.records.profile_path.as_posix(), domain)
        return self.render(domain.records.profile) if domain.records.profile is not None else []

    def render(self, profile: Profile) -> list[nodes.Node]:
        """Make the nodes of the part."""
        return self.parsed(self.lines(profile))

    def lines(self, profile: Profile) -> Iterable[str]:
        """Write the part as lines of MyST."""
        raise NotImplementedError

    def parsed(self, lines: Iterable[str]) -> list[nodes.Node]:
        """Parse lines of MyST; a card's class `anchor-KEY` becomes an id (a target would be a site-wide label)."""
        parsed = self.parse_text_to_nodes("\n".join(lines))
        for card in (card for node in parsed for card in node.findall(nodes.container)):
            for name in [name for name in card["classes"] if name.startswith("anchor-")]:
                card["classes"].remove(name)
                card["ids"].append(name.removeprefix("anchor-"))
        return parsed

    def section(self, title: str, lines: Iterable[str]) -> nodes.section:
        """Make a section: MyST parses no headings inside a directive."""
        section = nodes.section("", nodes.title(title, title), names=[nodes.fully_normalize_name(title)])
        self.state.document.note_implicit_target(section, section)
        section.extend(self.parsed(lines))
        return section


class Snapshot(ProfilePart):
    """`snapshot`: the figures of the snapshot as a grid of cards, each with the way to its evidence."""

    def lines(self, profile: Profile) -> Iterator[str]:
        """Write the grid."""
        yield f"::::{{grid}} 2 2 {len(profile.snapshot)} {len(profile.snapshot)}"
        yield ":class-container: snapshot"
        yield ":gutter: 0"
        for number, item in enumerate(profile.snapshot):
            yield f":::{{grid-item-card}} {{snapshot}}`{number}`"
            yield ":shadow: none"
            yield f"{item.label} {{evidence}}`{item.line or ''} `"
            yield ":::"
        yield "::::"


class Experience(ProfilePart):
    """`experience`: the roles, newest first, each a section with a card for every line.

    With `:brief:`, no sections and one short line each, for the home page.
    """

    option_spec: ClassVar[OptionSpec] = {"brief": directives.flag}

    def render(self, profile: Profile) -> list[nodes.Node]:
        """Make the roles."""
        if "brief" in self.options:
            return [node for role in profile.work for node in self.parsed(brief_role(role))]
        return [self.section(f"{role.position}, {role.name}", full_role(role)) for role in profile.work]


def brief_role(role: Role) -> Iterator[str]:
    """Write a role for the home page: position and company, dates, one card a line with the outcome."""
    yield f":::::{{div}} role{' now' if role.featured else ''}"
    yield f"**{role.position}**, {role.name}"
    yield ""
    yield f"[{role.dates}]{{.dates}}"
    yield ""
    yield "::::{grid} 1 1 1 1"
    yield ":class-container: outcomes"
    yield ":gutter: 0"
    for line in role.lines:
        yield ":::{grid-item-card}"
        yield ":shadow: none"
        yield f"[{{outcome}}`{line.key}`]{{.figure}} {line.label} {{evidence}}`{line.key}`"
        yield ":::"
    yield "::::"
    yield ":::::"


def full_role(role: Role) -> Iterator[str]:
    """Write a role for the experience page: its dates and scope, a card a line."""
    yield f"[{role.dates}]{{.dates}}"
    yield ""
    yield role.summary
    yield ""
    yield "::::{grid} 1 1 1 1"
    yield ":class-container: record outcomes-in-full"
    yield ":gutter: 0"
    for line in role.lines:
        yield f":::{{grid-item-card}} {{outcome}}`{line.key}`"
        yield ":shadow: none"
        yield f":class-card: anchor-{line.key}"
        yield f"[{line.label}]{{.label}}"
        yield ""
        yield bound_text(line)
        yield ""
        yield f"{{evidence}}`{line.key} cases`"
        yield ":::"
    yield "::::"
    yield ""


def bound_text(line: Line) -> str:
    """Write a line's text with each of its facts as a role."""
    return PLACE.sub(lambda match: f"{{fact}}`{line.key}.{match[1]}`", line.text)


class Education(ProfilePart):
    """`education`: what, where, when, as a grid of cards."""

    def lines(self, profile: Profile) -> Iterator[str]:
        """Write the grid."""
        yield "::::{grid} 1 1 2 2"
        yield ":class-container: record quiet-titles"
        yield ":gutter: 0"
        for item in profile.education:
            yield f":::{{grid-item-card}} {', '.join(filter(None, [item.studyType, item.area]))}"
            yield ":shadow: none"
            yield f"[{item.institution}]{{.label}}"
            yield ""
            yield f"[{item.dates}]{{.dates}}"
            yield ":::"
        yield "::::"


class Projects(ProfilePart):
    """`projects`: what he makes on his own account, as sections; with `:brief:`, as a grid of cards."""

    option_spec: ClassVar[OptionSpec] = {"brief": directives.flag}

    def lines(self, profile: Profile) -> Iterator[str]:
        """Write the grid."""
        yield "::::{grid} 1 1 2 2"
        yield ":class-container: record quiet-titles"
        yield ":gutter: 0"
        for item in profile.projects:
            yield f":::{{grid-item-card}} {item.name}"
            yield ":shadow: none"
            yield f"[{item.status}]{{.dates}}" if item.status else ""
            yield ""
            yield item.description
            yield ":::"
        yield "::::"

    def render(self, profile: Profile) -> list[nodes.Node]:
        """Make the sections, or the grid."""
        if "brief" in self.options:
            return super().render(profile)
        return [
            self.section(item.name, [f"[{item.status}]{{.dates}}" if item.status else "", "", item.description])
            for item in profile.projects
        ]


class Skills(ProfilePart):
    """`skills`: the groups of skills as a grid of cards."""

    def lines(self, profile: Profile) -> Iterator[str]:
        """Write the grid."""
        yield "::::{grid} 1 1 2 2"
        yield ":class-container: record quiet-titles"
        yield ":gutter: 0"
        for item in profile.skills:
            yield f":::{{grid-item-card}} {item.name}"
            yield ":shadow: none"
            yield ", ".join(item.keywords)
            yield ":::"
        yield "::::"


class Contact(ProfilePart):
    """`contact`: where to find him, as far as the profile says; nothing where it says nothing."""

    def render(self, profile: Profile) -> list[nodes.Node]:
        """Make a section with a list of what is filled in."""
        basics = profile.basics
        found = [
            *([f"[{basics.email}](mailto:{basics.email})"] if basics.email else []),
            *([f"<{basics.url}>"] if basics.url else []),
            *(
                f"[{item.network}{f': {item.username}' if item.username else ''}]({item.url})"
                for item in basics.profiles
            ),
            *([f"[The source of this site]({basics.repository})"] if basics.repository else []),
        ]
        return [self.section("Where to find him", (f"- {item}" for item in found))] if found else []


class EvidenceRole(SphinxRole):
    """`evidence`: the way from a line of the experience to what argues from it.

    Its content is the line's key; with ` cases` behind it only case studies are linked, all that stand. Without, one
    link: the first case study that stands, else the line on the experience page.
    """

    def run(self) -> tuple[list[Node], list[system_message]]:
        """Make the node, which is drawn once all pages are known."""
        key, _, cases = self.text.partition(" ")
        return [view(self.env, "evidence_links.html", evidence_context, line=key, cases=cases == "cases")], []


def evidence_context(domain: WritingDomain, options: dict[str, Any]) -> dict[str, Any]:
    """Find the case studies of a line that stand."""
    profile, library = domain.records.profile, domain.library()
    posts = []
    if profile is not None and options["line"]:
        posts = [post for slug in profile.line(options["line"]).case_studies if (post := library.post(slug))]
    return {"posts": posts, "experience": domain.env.config.folio_experience, **options}


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("snapshot", Snapshot)
    app.add_directive("experience", Experience)
    app.add_directive("education", Education)
    app.add_directive("projects", Projects)
    app.add_directive("skills", Skills)
    app.add_directive("contact", Contact)
    app.add_role("evidence", EvidenceRole())
