"""Sources that are listed and never used; one that is cited and not listed is told by the build."""

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
