"""What the desk has to say, in one form: where, what, and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong.

    Args:
        file: the source file, relative to the repository.
        line: where in it, counted from 1; 0 for the file as a whole.
        message: what is wrong, what was expected and how to mend it.
    """

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


@dataclass(frozen=True, slots=True)
class Source:
    """A Markdown source.

    Args:
        file: its path relative to the repository.
        text: its content.
    """

    file: str
    text: str


ALLOWED = re.compile(r"^%[ \t]*allow[ \t]+[\"“]([^\"”]+)[\"”][ \t]*:[ \t]*(\S.*)$", re.MULTILINE)
"""A comment by which a page keeps what the desk would name: `% allow "robust": a term of statistics`."""


def sources(docs: Path, root: Path) -> list[Source]:
    """Read every Markdown source.

    Args:
        docs: the folder of the site's sources.
        root: the repository.

    Returns:
        The sources by path; one that is not UTF-8 is left to the build, which says so.
    """
    found = []
    for path in sorted(docs.rglob("*.md")):
        if "_build" in path.relative_to(docs).parts or path.is_symlink():
            continue
        try:
            found.append(Source(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8-sig")))
        except (OSError, UnicodeDecodeError):
            continue
    return found


def allowed(text: str) -> set[str]:
    """List what a page's comments keep, in lower case."""
    return {match[1].lower() for match in ALLOWED.finditer(text)}


def without_allowed(findings: Iterable[tuple[str, Finding]], text: str) -> list[Finding]:
    """Drop the findings whose phrase the page keeps with a reason.

    Args:
        findings: the phrase that each is about, and the finding.
        text: the page's source.

    Returns:
        The others.
    """
    kept = allowed(text)
    return [finding for phrase, finding in findings if phrase.lower() not in kept]
