"""What time does to a piece: dates that have not come, results newer than the words, changes its owner has not read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from folio.desk.findings import Finding, Source
from folio.model.front_matter import PostFront, read
from folio.model.results import LabResults
from folio.model.schema import validate
from folio.model.yaml_source import Located, YamlFaultError


@dataclass(frozen=True, slots=True)
class Piece:
    """A post whose front matter is valid.

    Args:
        file: its source file.
        front: its front matter.
        source: the YAML, for the lines.
    """

    file: str
    front: PostFront
    source: Located


def piece(source: Source) -> Piece | None:
    """Read the front matter of a post; None where it is not valid, which the build tells."""
    try:
        located = read(source.text)
    except YamlFaultError:
        return None
    front, _ = validate(PostFront, located)
    return Piece(source.file, front, located) if front else None


def check(piece: Piece, labs: Mapping[str, LabResults], today: dt.date) -> Iterator[Finding]:
    """Hold a piece's dates against today and against its labs.

    Args:
        piece: the post.
        labs: the labs' results by name.
        today: the day on which the question is asked.

    Yields:
        One finding a date that has not come, and one for each lab whose results are newer than the piece.
    """
    front = piece.front
    named = {"date": front.date, "updated": front.updated, "reviewed": front.reviewed}
    for key, day in named.items():
        if day and day > today:
            yield Finding(piece.file, piece.source.line((key,)), f"`{key}` is {day}, which has not come yet")
    for index, change in enumerate(front.changes):
        if change.date > today:
            line = piece.source.line(("changes", index))
            yield Finding(piece.file, line, f"a change is dated {change.date}, which has not come yet")
    for index, name in enumerate(front.labs):
        if name in labs and labs[name].reproduced > front.last_changed:
            yield Finding(
                piece.file,
                piece.source.line(("labs", index)),
                f"the results of {name} are of {labs[name].reproduced}, newer than the piece ({front.last_changed}): "
                "read it against them, then set `updated`",
            )


def unread(piece: Piece) -> str | None:
    """Say what the owner has not read of a piece.

    Args:
        piece: the post.

    Returns:
        A line for the list of what waits for him; None where `reviewed` is not older than the last change.
    """
    front = piece.front
    if front.reviewed is None:
        return f"{piece.file}: not read yet (changed {front.last_changed})"
    if front.reviewed < front.last_changed:
        return f"{piece.file}: read on {front.reviewed}, changed on {front.last_changed}"
    return None
