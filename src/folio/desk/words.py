"""The prose of a MyST source: blocks of words with the line on which each begins, code and roles taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.attrs import attrs_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

from folio.model.front_matter import FENCE, read
from folio.model.yaml_source import YamlFaultError

VALUE = "\ufffc"
"""What stands for a number that is bound, a formula or a piece of code."""

SPOKEN = frozenset({"term", "doc", "ref", "published", "abbr", "guilabel", "menuselection"})
"""Roles whose content, up to a target in angle brackets, the reader sees as words."""

SILENT = frozenset(
    {"code", "code-block", "literalinclude", "math", "raw", "toctree", "footbibliography", "bibliography", "eval-rst"}
)
"""Directives whose content is no prose."""

OPTION = re.compile(r"^:([\w-]+):[ \t]*(.*)$")
DIRECTIVE = re.compile(r"^\{([\w:-]+)\}")
TARGET = re.compile(r"\s*<[^<>]*>\Z")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, cell or option.

    Args:
        line: the line of the file on which it begins, counted from 1.
        text: its words; a line break of the source is a line break here.
        kind: `paragraph`, `heading`, `item` (the first paragraph of a bullet; of a numbered
            list's item, `step`), `cell`, `option` or `front`.
        bold: whether it begins with words in bold type.
        asked: whether it is a question put to the reader on purpose, in a `guess`.
    """

    line: int
    text: str
    kind: str = "paragraph"
    bold: bool = False
    asked: bool = False

    def line_of(self, offset: int) -> int:
        """Give the line of the file on which a character of the text stands."""
        return self.line + self.text.count("\n", 0, offset)


def blocks(text: str) -> list[Block]:
    """Take the prose out of a source.

    Args:
        text: the whole file.

    Returns:
        Its blocks in order: those of the front matter (title, dek, notes of changes) first.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    head = FENCE.match(text)
    start = text.count("\n", 0, head.end()) if head else 0
    return [*_front(text), *_body(text[head.end() :] if head else text, start + 1)]


def _front(text: str) -> Iterator[Block]:
    try:
        source = read(text)
    except YamlFaultError:
        return  # told when the page is read
    for key in ("title", "dek"):
        if isinstance(source.data.get(key), str):
            yield Block(source.line((key,)), _without_roles(source.data[key]), "front")
    changes = source.data.get("changes")
    for index, change in enumerate(changes if isinstance(changes, list) else []):
        if isinstance(change, dict) and isinstance(change.get("note"), str):
            yield Block(source.line(("changes", index)), _without_roles(change["note"]), "front")


def _without_roles(text: str) -> str:
    """Flatten a plain text that holds roles, as deks and text alternatives do."""
    return " ".join(token for token in (_inline(part) for part in _parser().parseInline(text)) if token)


def _parser() -> MarkdownIt:
    return (
        MarkdownIt("commonmark")
        .enable("table")
        .use(myst_role_plugin)
        .use(dollarmath_plugin, allow_digits=False)
        .use(amsmath_plugin)
        .use(colon_fence_plugin)
        .use(deflist_plugin)
        .use(footnote_plugin)
        .use(attrs_plugin)
    )


def _body(text: str, first: int, asked: bool = False) -> Iterator[Block]:
    opened: list[str] = []
    item = False
    for token in _parser().parse(text):
        if token.nesting == 1:
            opened.append(token.type)
            item = item or token.type == "list_item_open"
        elif token.nesting == -1 and opened:
            opened.pop()
        elif token.type == "inline" and token.map:
            kind = _kind(opened, item)
            item = False
            children = [child for child in token.children or [] if child.type != "text" or child.content]
            bold = bool(children) and children[0].type == "strong_open"
            yield Block(first + token.map[0], _inline(token), kind, bold, asked)
        elif token.type in {"fence", "colon_fence"} and token.map:
            yield from _directive(token, first + token.map[0])


def _kind(opened: list[str], item: bool) -> str:
    if item:
        return "item" if [name for name in opened if name.endswith("list_open")][-1] == "bullet_list_open" else "step"
    if "heading_open" in opened:
        return "heading"
    return "cell" if {"td_open", "th_open"} & set(opened) else "paragraph"


def _directive(token: Token, line: int) -> Iterator[Block]:
    """Go into a directive: options that readers see, then its content."""
    name = DIRECTIVE.match(token.info.strip())
    if name is None or name[1] in SILENT:
        return
    lines = token.content.split("\n")
    taken = 0
    while taken < len(lines) and (option := OPTION.match(lines[taken])):
        if option[1] in {"alt", "caption"}:
            yield Block(line + 1 + taken, _without_roles(option[2]), "option")
        taken += 1
    rest = "\n".join(text[4:] if name[1] == "glossary" and text.startswith("    ") else text for text in lines[taken:])
    yield from _body(rest, line + 1 + taken, asked=name[1] == "guess")


def _inline(token: Token) -> str:
    """Join what a reader sees as words."""
    parts: list[str] = []
    for child in token.children or []:
        if child.type == "text":
            parts.append(child.content)
        elif child.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
        elif child.type == "myst_role":
            parts.append(_role(child.meta["name"], child.content))
        elif child.type == "image":
            parts.append(child.content)
        elif child.type in {"code_inline", "math_inline", "math_inline_double"}:
            parts.append(VALUE)
    return "".join(parts)


def _role(name: str, content: str) -> str:
    if name in SPOKEN:
        return TARGET.sub("", content)
    if name == "assumed":
        return content  # its reason is shown too
    return VALUE + "\n" * content.count("\n") if not name.startswith("footcite") else ""
