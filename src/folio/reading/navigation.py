"""The tree of the site for the rail: made from the toctrees, opened at the current page, bounded in length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from folio.model.front_matter import KINDS
from folio.model.library import Library, Post

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

MOST = 7
"""How many pages a branch names; the rest is behind the link to all of them."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page in the tree."""

    docname: str
    title: str
    current: bool


@dataclass(frozen=True, slots=True)
class Branch:
    """A part of the tree.

    Args:
        title: its name.
        docname: its own page; None for a group that has none.
        current: whether its own page is the current one.
        opened: whether the current page lies in it.
        leaves: pages in it, at most `MOST`.
        count: how many pages it has.
        all_of: the page that lists all of them.
    """

    title: str
    docname: str | None
    current: bool
    opened: bool
    leaves: tuple[Leaf, ...] = ()
    count: int = 0
    all_of: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the tree before it is opened anywhere.

    Args:
        title: its name.
        docname: its own page; None for a group that has none.
        pages: the pages that it lists, each with its place.
        all_of: the page that lists all of them.
        within: the pages on which it is open.
    """

    title: str
    docname: str | None
    pages: dict[str, int]
    all_of: str
    within: frozenset[str]


def outline(env: BuildEnvironment, library: Library) -> tuple[Group, ...]:
    """Make the tree for all pages: what does not depend on where the reader is.

    Args:
        env: for the toctrees and titles.
        library: for the kinds of the posts.

    Returns:
        A group for each page of the root's toctrees. That of the posts is followed by one for each kind, one of the
        topics and one of the series.
    """
    found: list[Group] = []
    for top in env.toctree_includes.get(env.config.root_doc, []):
        if top not in env.titles:
            continue
        inside = _below(top, env)
        posts = {name for name in inside if isinstance(library.pages.get(name), Post)}
        lists = {group: [name for name in inside if name.startswith(f"{group}/")] for group in ("topics", "series")}
        apart = {*posts, *(f"kinds/{kind}" for kind in KINDS), *lists["topics"], *lists["series"]}
        others = [name for name in inside if name not in apart]
        found.append(_group(env.titles[top].astext(), top, others, top, {top, *inside}))
        for kind, (_, many) in KINDS.items():
            if of_kind := [post.docname for post in library.posts(kind) if post.docname in posts]:
                found.append(_group(many, None, of_kind, _kind_page(kind, top, env), of_kind))
        for group, names in lists.items():
            if names:
                found.append(_group(group.capitalize(), None, names, top, names))
    return tuple(found)


def _group(title: str, own: str | None, pages: list[str], all_of: str, within: Iterable[str]) -> Group:
    return Group(title, own, {name: place for place, name in enumerate(pages)}, all_of, frozenset(within))


def branches(docname: str, env: BuildEnvironment, groups: tuple[Group, ...]) -> tuple[Branch, ...]:
    """Open the tree at a page.

    Args:
        docname: the page.
        env: for the titles.
        groups: the tree's outline.

    Returns:
        A branch for each group, with the pages about the current one, or the first.
    """
    return tuple(
        Branch(
            group.title,
            group.docname,
            group.docname == docname,
            docname in group.within,
            tuple(Leaf(name, env.titles[name].astext(), name == docname) for name in _around(group.pages, docname)),
            len(group.pages),
            group.all_of,
        )
        for group in groups
    )


def _kind_page(kind: str, otherwise: str, env: BuildEnvironment) -> str:
    """Name the page that lists a kind, or another where it has none."""
    page = f"kinds/{kind}"
    return page if page in env.titles else otherwise


def _below(docname: str, env: BuildEnvironment) -> list[str]:
    """List the pages below a page, in the order of the toctrees; a page that was met before is passed over."""
    seen: dict[str, None] = {}
    waiting = list(reversed(env.toctree_includes.get(docname, [])))
    while waiting:
        name = waiting.pop()
        if name not in seen and name != docname and name in env.titles:
            seen[name] = None
            waiting.extend(reversed(env.toctree_includes.get(name, [])))
    return list(seen)


def _around(pages: dict[str, int], current: str) -> list[str]:
    """Choose at most `MOST` pages: the current one with those about it, else the first."""
    start = min(max(0, pages.get(current, 0) - MOST // 2), max(0, len(pages) - MOST))
    return list(islice(pages, start, start + MOST))
