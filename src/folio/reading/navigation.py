"""The tree of the site for the rail: made from the toctrees, opened at the current page, bounded in length."""

from __future__ import annotations

from dataclasses import dataclass
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


def branches(docname: str, env: BuildEnvironment, library: Library) -> tuple[Branch, ...]:
    """Make the tree for a page.

    Args:
        docname: the page.
        env: for the toctrees and titles.
        library: for the kinds of the posts.

    Returns:
        A branch for each page of the root's toctrees. The branch of the posts is followed by one for each kind, one of
        the topics and one of the series.
    """
    found: list[Branch] = []
    for top in env.toctree_includes.get(env.config.root_doc, []):
        if top not in env.titles:
            continue
        inside = _below(top, env)
        posts = [name for name in inside if isinstance(library.pages.get(name), Post)]
        lists = {group: [name for name in inside if name.startswith(f"{group}/")] for group in ("topics", "series")}
        apart = {*posts, *(f"kinds/{kind}" for kind in KINDS), *lists["topics"], *lists["series"]}
        others = [name for name in inside if name not in apart]
        found.append(
            _branch(env.titles[top].astext(), top, others, docname, env, opened=docname in inside or docname == top)
        )
        for kind, (_, many) in KINDS.items():
            of_kind = [post.docname for post in library.posts(kind) if post.docname in set(posts)]
            if of_kind:
                found.append(
                    _branch(
                        many, None, of_kind, docname, env, opened=docname in of_kind, all_of=_kind_page(kind, top, env)
                    )
                )
        for group, names in lists.items():
            if names:
                found.append(
                    _branch(group.capitalize(), None, names, docname, env, opened=docname in names, all_of=top)
                )
    return tuple(found)


def _kind_page(kind: str, otherwise: str, env: BuildEnvironment) -> str:
    """Name the page that lists a kind, or another where it has none."""
    page = f"kinds/{kind}"
    return page if page in env.titles else otherwise


def _below(docname: str, env: BuildEnvironment) -> list[str]:
    """List the pages below a page, in the order of the toctrees; a page that was met before is passed over."""
    seen: list[str] = []
    waiting = list(env.toctree_includes.get(docname, []))
    while waiting:
        name = waiting.pop(0)
        if name not in seen and name != docname and name in env.titles:
            seen.append(name)
            waiting = [*env.toctree_includes.get(name, []), *waiting]
    return seen


def _branch(
    title: str,
    own: str | None,
    pages: list[str],
    current: str,
    env: BuildEnvironment,
    *,
    opened: bool,
    all_of: str = "",
) -> Branch:
    shown = _around(pages, current)
    leaves = tuple(Leaf(name, env.titles[name].astext(), name == current) for name in shown)
    return Branch(title, own, own == current, opened, leaves, len(pages), all_of or own or "")


def _around(pages: list[str], current: str) -> list[str]:
    """Choose at most `MOST` pages: the current one with those about it, else the first."""
    if len(pages) <= MOST:
        return pages
    place = pages.index(current) if current in pages else 0
    start = min(max(0, place - MOST // 2), len(pages) - MOST)
    return pages[start : start + MOST]
