"""`python -m folio.desk.check`: all that is wrong with the sources, in one pass, without building the site."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

from folio.desk import bibliography, dates, leftovers, prose, reading
from folio.desk.findings import Finding, Source, sources
from folio.desk.spelling import Speller
from folio.model.results import FILE, LabResults, ResultsFileError, load

KEPT = "docs/_build/check"


def main(root: Path | None = None, today: dt.date | None = None) -> int:
    """Check the sources of a repository and print what is wrong.

    Args:
        root: the repository; the working folder where none is given.
        today: the day that dates are held against; the clock's where none is given.

    Returns:
        0 if nothing is wrong, though the owner may have pieces to read; 1 if something is.
    """
    root = (root or Path.cwd()).resolve()
    pages = sources(root / "docs", root)
    posts = [page for page in pages if Path(page.file).parent.name == "posts" and not page.file.endswith("/index.md")]
    with subprocess.Popen(
        [sys.executable, "-m", "labs", "--stale"], cwd=root, stdout=subprocess.PIPE, text=True
    ) as labs:
        findings = [
            *_of_words(pages, posts, root),
            *_of_leftovers(pages, posts, root),
            *_of_dates(posts, root, today or dt.date.today()),
            *reading.read(root / "docs", root / KEPT, root),
        ]
        stale = [Finding(*_split(line)) for line in (labs.stdout or ()) if line.strip()]
    if labs.returncode and not stale:
        stale = [Finding("labs", 0, "the labs cannot be looked at: `python -m labs --stale` says why")]
    findings += stale
    print(*sorted(set(findings)), sep="\n", end="\n" if findings else "")
    waiting = [line for page in posts if (found := dates.piece(page)) and (line := dates.unread(found))]
    if waiting:
        print(f"\nNot read by the owner since the last change ({len(waiting)} of {len(posts)}; this fails nothing):")
        print(*(f"  {line}" for line in waiting), sep="\n")
    print(f"\n{len(pages)} pages checked: {f'{len(set(findings))} to mend' if findings else 'nothing to mend'}")
    return 1 if findings else 0


def _of_words(pages: list[Source], posts: list[Source], root: Path) -> list[Finding]:
    words, references = root / "docs/words.txt", root / "docs/references.bib"
    speller = Speller(words, references)
    found = [finding for page in pages for finding in (*speller.check(page), *prose.check(page, page in posts))]
    if references.is_file():
        text = references.read_text(encoding="utf-8", errors="replace")  # the reading tells what is no UTF-8
        listed = Source(references.relative_to(root).as_posix(), text)
        found += [*bibliography.unused(listed, pages), *bibliography.incomplete(listed)]
    return found


def _of_leftovers(pages: list[Source], posts: list[Source], root: Path) -> list[Finding]:
    pieces = {page.file: piece for page in posts if (piece := dates.piece(page))}
    found = [finding for page in pages for finding in leftovers.check(page, pieces.get(page.file))]
    found += [
        finding for page in posts if page.file in pieces for finding in leftovers.of_labs(page, pieces[page.file])
    ]
    found += leftovers.across(list(pieces.values()), root / "docs", root)
    return [*found, *leftovers.of_record(root / "docs/profile.yaml", root / "docs", root)]


def _of_dates(posts: list[Source], root: Path, today: dt.date) -> list[Finding]:
    labs: dict[str, LabResults] = {}
    for path in sorted((root / "labs/results").glob(f"*/{FILE}")):
        try:
            labs[path.parent.name] = load(path)
        except ResultsFileError:
            continue  # the reading tells
    return [finding for page in posts if (found := dates.piece(page)) for finding in dates.check(found, labs, today)]


def _split(line: str) -> tuple[str, int, str]:
    place, _, said = line.strip().partition(": ")
    file, _, number = place.partition(":")
    return file, int(number or 0), said


if __name__ == "__main__":
    sys.exit(main())
