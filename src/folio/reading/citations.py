"""How a source is written: titles as they are, and how far it was checked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pybtex.database.input.bibtex import Parser
from pybtex.exceptions import PybtexError
from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style as Unsorted
from pybtex.style.template import field, href, join, optional, sentence
from sphinx.util import logging

if TYPE_CHECKING:
    from pybtex.database import Entry
    from sphinx.application import Sphinx

logger = logging.getLogger(__name__)

CHECKED = ("full text", "abstract", "excerpt", "from memory")
"""How far a source can have been checked."""


class CheckedStyle(Unsorted):  # type: ignore[misc]
    """Pybtex's plain style with three changes: titles keep their capitals, addresses are links, `checked` is shown."""

    def format_title(self, e: Entry, which_field: str, as_sentence: bool = True) -> Any:
        """Write the title as it stands in the entry."""
        title = field(which_field)
        return sentence[title] if as_sentence else title

    def format_url(self, e: Entry) -> Any:
        """Write the address as a link with its own text, without the scheme."""
        return href(field("url", raw=True))[
            field("url", raw=True, apply_func=lambda url: re.sub(r"^https?://(www\.)?", "", url))
        ]

    def format_web_refs(self, e: Entry) -> Any:
        """Write where to find it and how far it was checked; both come last in every kind of entry."""
        return join(sep=" ")[
            super().format_web_refs(e),
            optional[sentence[join["Checked for this site: ", field("checked")]]],
        ]


def short_name(entry: Entry) -> str:
    """Name a source in a few words: "Koole & Mandelbaum 2002", "Bronson et al. 2021"."""
    people = entry.persons.get("author") or entry.persons.get("editor") or []
    names = [
        " ".join([*person.prelast_names, *person.last_names]).replace("{", "").replace("}", "") for person in people
    ]
    who = " & ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return f"{who or entry.fields.get('title', entry.key)} {entry.fields.get('year', '')}".strip()


MENDED = "folio-sources"
"""The folder, beside the doctrees, of copies without the entries that cannot be read."""


def _fault(path: Path, data: bytes) -> tuple[int, str] | None:
    """Say on which line a file of sources cannot be read, and why; None if it can."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return line, f"not UTF-8 text (the byte {data[error.start]:#04x}): save {path.name} as UTF-8"
    try:
        Parser().parse_string(text)
    except PybtexError as error:
        key = str(error).rpartition(": ")[2]
        again = [match.start() for match in re.finditer(rf"^@\w+\s*\{{\s*{re.escape(key)}\s*,", text, re.MULTILINE)]
        line = getattr(error, "lineno", None) or (text.count("\n", 0, again[-1]) + 1 if again else 1)
        said = str(error).partition(": ")[2] if getattr(error, "lineno", None) else str(error)
        return line, f"not BibTeX: {said}; entries are `@book{{key, name = {{value}},}}`"
    return None


def _readable(text: str) -> str:
    """Keep the entries that can be read; of two with one key, the first."""
    kept: dict[str, str] = {}
    for entry in re.split(r"^(?=@)", text, flags=re.MULTILINE):
        key = re.match(r"@\w+\s*\{\s*([^,\s]+)\s*,", entry)
        try:
            Parser().parse_string(entry)
        except PybtexError:
            continue
        if key:
            kept.setdefault(key[1], entry)
    return "".join(kept.values())


def _check_bibliography(app: Sphinx) -> None:
    """Tell what is wrong with the files of sources, and have the rest of them read all the same."""
    files = list(app.config.bibtex_bibfiles)
    for index, name in enumerate(files):
        path = Path(app.srcdir) / name
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            _tell(path, 1, "this file of sources is missing: conf.py names it in bibtex_bibfiles")
            data = b""
        text = data.decode("utf-8-sig", errors="replace")
        if (fault := _fault(path, data)) or not path.is_file():
            if fault:
                _tell(path, *fault)
            files[index] = str(Path(app.doctreedir) / MENDED / path.name)
            Path(files[index]).parent.mkdir(parents=True, exist_ok=True)
            Path(files[index]).write_text(_readable(text), encoding="utf-8")
        for match in re.finditer(r"^@(\w+)\s*\{\s*([^,\s]+)\s*,(.*?)(?=^@|\Z)", text, re.DOTALL | re.MULTILINE):
            said = re.search(r"^\s*checked\s*=\s*[{\"](.*?)[}\"]", match[3], re.MULTILINE)
            if said is None or said[1] not in CHECKED:
                line = text.count("\n", 0, match.start()) + 1
                _tell(path, line, f"{match[2]}: expected `checked = {{…}}` with one of {', '.join(CHECKED)}")
    app.config.bibtex_bibfiles = files


def _tell(path: Path, line: int, what: str) -> None:
    logger.warning("%s", what, location=f"{path}:{line}", type="folio", subtype="source")


def setup(app: Sphinx) -> None:
    """Make the style known under the name `checked`."""
    register_plugin("pybtex.style.formatting", "checked", CheckedStyle)
    app.connect("builder-inited", _check_bibliography, priority=100)  # before sphinxcontrib-bibtex reads it
