"""Looking up what a page binds to, and noting that the page depends on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sphinx.util import logging

from folio.model import results
from folio.model.bindings import expand, split_format
from folio.model.typography import day
from folio.model.writing_numbers import written

if TYPE_CHECKING:
    from folio.model.profile import Role
    from folio.reading.domain import WritingDomain

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a page binds to.

    Args:
        kind: `fact` or `result`.
        key: its key.
        text: how it is written.
        source: what it is, in words.
        detail: when it was reproduced, or nothing.
        command: what reproduces it, or nothing.
        page: the docname that tells more, or nothing.
        anchor: the anchor there, or nothing.
    """

    kind: str
    key: str
    text: str
    source: str
    detail: str = ""
    command: str = ""
    page: str = ""
    anchor: str = ""


def look_up(kind: str, content: str, docname: str, domain: WritingDomain) -> Value:
    """Find a fact or a result and note that the page depends on its file.

    Args:
        kind: `fact` or `result`; `outcome` for what a line of the record came to, `snapshot` for a figure of that.
        content: the key, and for a result a bar and how to write it; for a figure of the snapshot its number.
        docname: the page that binds to it.
        domain: holds the records.

    Returns:
        The value.

    Raises:
        LookupError: if there is none; the message names the nearest.
        ValueError: if it cannot be written as asked.
    """
    records = domain.records
    key, how = split_format(content)
    if kind != "result":
        depend(docname, records.profile_path.as_posix(), domain)
        if records.profile is None:
            return Value("fact", key, key, "the profile could not be read")
        if kind == "snapshot":
            item = records.profile.snapshot[int(key)]
            role = records.profile.role_of(item.line) if item.line else None
            return Value("fact", f"snapshot.{key}", item.figure, _record(role))
        if kind == "outcome":
            line = records.profile.line(key)
            return Value("fact", key, line.plain(line.figure), _record(records.profile.role_of(key)), anchor=key)
        fact = records.profile.fact(key)
        page = domain.env.config.folio_experience if fact.line else ""
        return Value(kind, key, fact.value, f"The record: {fact.source}", page=page, anchor=fact.line or "")
    depend(docname, records.results_path(key.partition(".")[0]).as_posix(), domain)
    found = results.find(records.labs, key)
    return Value(
        kind,
        key,
        written(found.value, how),
        found.what + (f" ({found.unit})" if found.unit and found.unit not in found.what else ""),
        f"Results of {day(found.lab.reproduced)}.",
        found.lab.command,
        f"labs/{found.lab.lab}",
    )


def _record(role: Role | None) -> str:
    return f"The record: {role.position}, {role.name}, {role.dates}" if role else "The record as a whole"


def depend(docname: str, path: str, domain: WritingDomain) -> None:
    """Note that a page is to be read again when a file changes."""
    domain.env.note_dependency(path, docname=docname)


def expand_for(docname: str, text: str, domain: WritingDomain, line: int | None = None) -> str:
    """Fill in the facts and results named in a plain text; warn of those that do not exist.

    Args:
        docname: the page whose text it is.
        text: a dek or a text alternative.
        domain: holds the records.
        line: the line of the page for warnings, where it is known.

    Returns:
        The text with values in place of roles; a key that does not exist stays as it is.
    """

    def replacement(kind: str, content: str) -> str:
        try:
            return look_up(kind, content, docname, domain).text
        except (LookupError, ValueError) as error:
            logger.warning("%s", error.args[0], location=(docname, line), type="folio", subtype=kind)
            return content

    return expand(text, replacement)
