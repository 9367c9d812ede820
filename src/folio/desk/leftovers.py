"""What Markdown accepts and no reader should see: half-written pieces, and markup that stays on the page as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from folio.desk.dates import Piece
from folio.desk.findings import Finding, Source
from folio.desk.new import DEK, TEMPLATE
from folio.desk.words import blocks
from folio.model.front_matter import FENCE

ROLES = "fact|result|worked|assumed|term|set|footcite:p|footcite:t"
CODE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})(?!\{).*?^(?P=fence)|(?<!`)(?P<ticks>``+)(?!`).*?(?<!`)(?P=ticks)(?!`)", re.S | re.M
)
MARKUP = {
    re.compile(
        r"^# .*", re.MULTILINE
    ): "a heading of the first level is the title, from the front matter: begin with `##`",
    re.compile(
        r"(?<![\\`])\[@[\w:-]+\]"
    ): "this is not how a source is cited here: write {footcite:p} and the key in backticks",
    re.compile(rf"(?<![\w}}:{{`/-])(?:{ROLES})`[^`\n]+`"): "the role has lost its braces: write it as {role}`…`",
    re.compile(r"!\[\s*\]\([^)\n]*\)"): "the picture has no words for who cannot see it: put them between the brackets",
    re.compile(r"\{\{.*?\}\}"): "the braces are printed as they are: there are no substitutions here",
    re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]"): "a control character, which no editor shows: take it out",
}
"""Markup that does not mean what its writer meant, and what to do about it."""

UNFINISHED = re.compile(r"\b(?:TODO|FIXME|TBD)\b")
PLACEHOLDERS = [line for line in TEMPLATE.splitlines() if len(line) > 15 and "{" not in line and "wrong" not in line]
"""Lines of the template that are there to be written over."""


def check(page: Source, piece: Piece | None) -> Iterator[Finding]:
    """Find what is half-written in one page.

    Args:
        page: the source.
        piece: the same as a post, where it is one.

    Yields:
        One finding a place.
    """
    head = FENCE.match(page.text)
    body = CODE.sub(_blank, page.text)
    if head:
        body = _blank(head) + body[head.end() :]
    wrong = dict(MARKUP)
    if piece and not piece.front.draft:
        wrong[UNFINISHED] = "still to do: do it, or keep the piece a draft"
        for line in PLACEHOLDERS:
            wrong[re.compile(re.escape(line))] = "a sentence of the template: write your own"
        if piece.front.dek == DEK:
            yield Finding(page.file, piece.source.line(("dek",)), "the dek is the template's: write your own")
        if all(block.kind == "front" for block in blocks(page.text)):
            yield Finding(page.file, 1, "a published piece without a word: write it, or keep it a draft")
    for pattern, mend in wrong.items():
        for match in pattern.finditer(body):
            what = match[0].strip() or repr(match[0])
            yield Finding(page.file, body.count("\n", 0, match.start()) + 1, f"{what[:60]!r}: {mend}")


def _blank(match: re.Match[str]) -> str:
    """Take a text out and leave its lines."""
    return re.sub(r"[^\n]", " ", match[0])


def across(pieces: Sequence[Piece], docs: Path, root: Path) -> Iterator[Finding]:
    """Find what only shows between pieces: a title that stands twice, a listing that has no page.

    Args:
        pieces: the posts.
        docs: the folder of the sources.
        root: the repository.

    Yields:
        One finding a title or a page.
    """
    titles: dict[str, str] = {}
    for piece in pieces:
        title = piece.front.title.casefold()
        if title in titles:
            line = piece.source.line(("title",))
            yield Finding(piece.file, line, f"{titles[title]} has this title too: no reader could tell the two apart")
        titles.setdefault(title, piece.file)
        front = piece.front
        wanted = [("kinds", front.kind), *(("topics", topic) for topic in front.topics)]
        wanted += [("series", front.series)] if front.series else []
        for folder, name in wanted:
            page = docs / folder / f"{name}.md"
            if (docs / folder).is_dir() and not page.is_file() and not front.draft:
                there = page.relative_to(root).as_posix()
                yield Finding(there, 0, f"{piece.file} needs this page and it is not there: copy another of its folder")


USED = re.compile(r"\{result\}`([\w-]+)\.|\{lab-figure\} ([\w-]+)/")


def of_labs(page: Source, piece: Piece) -> Iterator[Finding]:
    """Find the labs whose results or figures a piece uses without naming them, so that its evidence box lacks them.

    Args:
        page: its source.
        piece: the same as a post.

    Yields:
        One finding a lab.
    """
    used = {match[1] or match[2] for match in USED.finditer(page.text)}
    for name in sorted(used - set(piece.front.labs)):
        line = page.text.count("\n", 0, next(m.start() for m in USED.finditer(page.text) if name in m.groups())) + 1
        yield Finding(page.file, line, f"the piece uses the lab {name!r} and does not name it: add it to `labs`")


STUDIES = re.compile(r"^\s*case_studies:\s*\[([^\]]*)\]", re.MULTILINE)


def of_record(profile: Path, docs: Path, root: Path) -> Iterator[Finding]:
    """Find lines of the record that name a piece which does not exist.

    Args:
        profile: the record.
        docs: the folder of the sources.
        root: the repository.

    Yields:
        One finding a name.
    """
    try:
        text = profile.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return  # the reading tells
    for match in STUDIES.finditer(text):
        for name in filter(None, (part.strip(" '\"") for part in match[1].split(","))):
            if not (docs / "posts" / f"{name}.md").is_file():
                line = text.count("\n", 0, match.start(1)) + 1
                file = profile.relative_to(root).as_posix()
                yield Finding(
                    file, line, f"no piece is called {name!r}: mend the slug, or add it once the piece stands"
                )
