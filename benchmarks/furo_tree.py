"""Furo's navigation tree, made once a build: a Sphinx extension that could be offered to Furo.

For each page Furo asks Sphinx for the whole tree of contents, which is resolved anew, written as HTML, parsed by
Beautiful Soup and written again. Both take time in proportion to the pages of the site, and so, over all pages, to
their square: with four hundred pages they are most of a build. But the tree of a page differs from that of another in
three things only: how links lead there, what is `current`, and which boxes are ticked.

So the tree is made once, as the root page has it, by the very functions that Furo uses, and cut where these three
differ. A page's tree is then put together from the pieces. A test compares it, page by page, with what Furo itself
writes.

Use: add `benchmarks.furo_tree` to `extensions`. It leaves alone a page that is not in the tree of contents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from furo.navigation import get_navigation_tree
from sphinx.environment.adapters.toctree import global_toctree_for_doc
from sphinx.util.osutil import relative_uri

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ASKED = {"collapse": False, "titles_only": True, "maxdepth": -1, "includehidden": True}
"""How Furo asks for the tree."""

TAG = re.compile(
    r"(?P<list><ul>)|(?P<over></ul>)"
    r'|<li class="(?P<classes>[^"]*)">|(?P<end></li>)|<a class="(?P<link>[^"]*)" href="(?P<href>[^"]*)">'
    r'|<input(?P<box>[^>]*type="checkbox"[^>]*)/>'
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A page in the tree, by numbers: the entries around it, outermost first, itself the last; the lists around it."""

    around: tuple[int, ...]
    lists: frozenset[int]


class Tree:
    """The tree, cut where pages differ.

    Args:
        html: the tree as Furo writes it for the root page, nothing in it current.
    """

    def __init__(self, html: str) -> None:
        self.parts: list[str | tuple[str, int, str]] = []  # text, or what differs: its kind, number and words
        self.entries: dict[str, Entry] = {}
        around: list[int] = []
        lists: list[int] = []
        count = opened = end = 0
        for tag in TAG.finditer(html):
            self.parts.append(html[end : tag.start()])
            end = tag.end()
            if tag["list"]:
                lists.append(opened)
                opened += 1
                self.parts.append(("ul", lists[-1], ""))
            elif tag["over"]:
                lists.pop()
                self.parts.append(tag[0])
            elif tag["classes"] is not None:
                around.append(count)
                count += 1
                self.parts.append(("li", around[-1], tag["classes"]))
            elif tag["end"]:
                around.pop()
                self.parts.append(tag[0])
            elif tag["href"] is not None:
                self.entries.setdefault(tag["href"], Entry(tuple(around), frozenset(lists)))
                self.parts.append(("a", around[-1], f'{tag["link"]}" href="{tag["href"]}'))
            else:
                self.parts.append(("box", around[-1], tag["box"]))
        self.parts.append(html[end:])

    def of_page(self, address: str) -> str | None:
        """Put the tree of a page together.

        Args:
            address: the page's address from the root.

        Returns:
            The tree as HTML; None if the page is not in it.
        """
        entry = self.entries.get(address)
        if entry is None:
            return None
        current, here = set(entry.around), entry.around[-1]
        written = []
        for part in self.parts:
            if isinstance(part, str):
                written.append(part)
                continue
            kind, number, words = part
            marked = number in current
            if kind == "ul":
                written.append('<ul class="current">' if number in entry.lists else "<ul>")
            elif kind == "li":
                classes = words.split()
                if marked:
                    classes.insert(1, "current")
                if number == here:
                    classes.append("current-page")
                written.append(f'<li class="{" ".join(classes)}">')
            elif kind == "box":
                ticked = words.replace(' class="', ' checked="" class="', 1) if marked else words
                written.append(f"<input{ticked}/>")
            else:
                classes_of_link, _, href = words.partition('" href="')
                leads = "#" if number == here else href if "://" in href else relative_uri(address, href)
                written.append(f'<a class="{"current " * (number == here)}{classes_of_link}" href="{leads}">')
        return "".join(written)


def setup(app: Sphinx) -> dict[str, bool]:
    """Take Furo's question away before it asks, and give the answer afterwards."""
    trees: list[Tree] = []
    asked: dict[str, Any] = {}

    def before(app: Sphinx, page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
        asked.clear()
        if "toctree" not in context:
            return
        if not trees:
            root = app.config.root_doc
            node = global_toctree_for_doc(app.env, root, app.builder, **ASKED)
            html = app.builder.render_partial(node)["fragment"] if node else ""
            trees.append(Tree(get_navigation_tree(html)))
        own = trees[0].of_page(app.builder.get_target_uri(page))
        if own is not None:
            asked.update(own=own, toctree=context["toctree"])
            context["toctree"] = lambda **options: "" if options == ASKED else asked["toctree"](**options)

    def after(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
        if asked:
            context |= {"furo_navigation_tree": asked["own"], "toctree": asked["toctree"]}

    app.connect("html-page-context", before, priority=499)
    app.connect("html-page-context", after, priority=501)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
