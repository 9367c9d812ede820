"""Sources that are listed and never used, or lack what a reader needs to find them.

One that is cited and not listed is told by the build.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from folio.desk.findings import Finding, Source

ENTRY = re.compile(r"^@\w+\s*\{\s*([^,\s]+)\s*,", re.MULTILINE)
CITED = re.compile(r"\{(?:foot)?cite(?::\w+)?\}`([^`]+)`")


def unused(bibliography: Source, pages: Iterable[Source]) -> list[Finding]:
    """Find the entries that no page cites.

    Args:
        bibliography: the BibTeX file.
        pages: every page.

    Returns:
        One finding an entry, at its line.
    """
    cited = {key.strip() for page in pages for match in CITED.finditer(page.text) for key in match[1].split(",")}
    return [
        Finding(
            bibliography.file,
            bibliography.text.count("\n", 0, match.start()) + 1,
            f"no page cites {match[1]!r}: cite it, or take it out",
        )
        for match in ENTRY.finditer(bibliography.text)
        if match[1] not in cited
    ]


FIELD = r"^\s*{name}\s*=\s*[{{\"]\s*(\S[^\n]*)"
NEEDED = {"title": ("title",), "who wrote it": ("author", "editor", "organization", "institution")}


def incomplete(bibliography: Source) -> list[Finding]:
    """Find the entries that lack a title or an author, or whose address is none.

    Args:
        bibliography: the BibTeX file.

    Returns:
        One finding a lack, at the entry's line.
    """
    found = []
    starts = [match.start() for match in ENTRY.finditer(bibliography.text)]
    for start, end in zip(starts, [*starts[1:], len(bibliography.text)], strict=True):
        entry = bibliography.text[start:end]
        key, line = ENTRY.match(entry)[1], bibliography.text.count("\n", 0, start) + 1  # type: ignore[index]
        has = {name: re.search(FIELD.format(name=name), entry, re.MULTILINE | re.IGNORECASE) for name in ALL}
        for what, names in NEEDED.items():
            if not any(has[name] for name in names):
                found.append(Finding(bibliography.file, line, f"{key} does not say {what}: add `{names[0]} = {{…}}`"))
        url = has["url"]
        if url and not re.match(r"https?://\S+\.\S+", url[1]):
            found.append(Finding(bibliography.file, line, f"the address of {key} is none: expected https://…"))
    return found


ALL = ("url", *(name for names in NEEDED.values() for name in names))
