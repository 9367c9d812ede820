"""Which name may have been meant, for complaints of Sphinx and its extensions that do not say so themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches

PATTERNS = {
    "role": r'Unknown interpreted text role "(?P<name>[^"]+)"',
    "directive": r"Unknown directive type: '(?P<name>[^']+)'",
    "source": r'could not find bibtex key "(?P<name>[^"]+)"',
    "term": r"term not in glossary: '(?P<name>[^']+)'",
    "page": r"cross-reference target not found: '(?P<name>[^']+)'",
}
PLACE = {"source": "docs/references.bib", "term": "docs/glossary.md"}


def hinted(said: str, known: Mapping[str, Callable[[], Collection[str]]]) -> str:
    """Add to a complaint which name may have been meant, or where names of its sort are listed.

    Args:
        said: what Sphinx said.
        known: for each sort of name (`role`, `directive`, `source`, `term`, `page`) what gives those that exist.

    Returns:
        The complaint, longer where something can be added.
    """
    for sort, pattern in PATTERNS.items():
        if match := re.search(pattern, said):
            names = known[sort]()
            if match["name"] in names:  # it exists, so the name is not the fault
                return f"{said}: it exists, so something else about the {'role' if sort == 'source' else sort} is wrong"
            near = get_close_matches(match["name"], names, n=1, cutoff=0.6)
            hint = f"did you mean {near[0]!r}?" if near else f"see {PLACE[sort]}" if sort in PLACE else ""
            return f"{said.rstrip('.')}: {hint}" if hint else said
    return said
