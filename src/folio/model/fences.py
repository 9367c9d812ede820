"""Fences that were never closed, which Markdown takes as running to the end of the file, and fences inside a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from folio.model.faults import Fault

OPENING = re.compile(r"^ {0,3}(?:> ?|[-*+] |\d+[.)] )?\s*(`{3,}|~{3,}|:{3,})[ \t]*(\S.*)?$")
INSIDE = re.compile(r"\S[ \t]*(?:```+|:::+)\{[\w:-]+\}")


def unclosed(text: str) -> list[Fault]:
    """Find fences (of code, of directives) that are not closed, and those that do not begin their line.

    Args:
        text: a page's source.

    Returns:
        One fault each, at its line.
    """
    return list(_within(text.split("\n"), 1))


def _within(lines: Sequence[str], first: int) -> Iterator[Fault]:
    at = 0
    while at < len(lines):
        match = OPENING.match(lines[at])
        if match is None or ("`" in (match[2] or "") and match[1][0] == "`"):
            if INSIDE.search(re.sub(r"(?<!`)(`{1,2})(?!`).+?(?<!`)\1(?!`)", "", lines[at])):
                yield Fault(first + at, "a directive begins inside a line: put its fence on a line of its own")
            at += 1
            continue
        end = next((n for n in range(at + 1, len(lines)) if _closes(lines[n], match[1])), None)
        if end is None:
            yield Fault(
                first + at,
                f"the fence `{match[1]}` is never closed, so the rest of the page is in it: add a line with it",
            )
            return
        if (match[2] or "").startswith("{"):
            yield from _within(lines[at + 1 : end], first + at + 1)
        at = end + 1


def _closes(line: str, fence: str) -> bool:
    return re.fullmatch(rf"\s*(?:> ?)?{re.escape(fence[0])}{{{len(fence)},}}\s*", line) is not None
