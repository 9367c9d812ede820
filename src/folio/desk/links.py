"""A Sphinx extension that gives linkcheck a memory: what answered is not asked again for a month."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

from folio.publishing.outputs import write_whole

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

KNOWN, ANSWERS = "known.json", "output.json"
"""What is remembered, and what linkcheck itself writes: one JSON object a line."""

LASTS = dt.timedelta(days=30)
GOOD = frozenset({"working", "redirected"})


def remembered(folder: Path, today: dt.date) -> dict[str, str]:
    """Read which addresses answered lately.

    Args:
        folder: linkcheck's output.
        today: the day on which it is asked.

    Returns:
        The day of the answer by address; those older than `LASTS`, or of a day to come, are left out.
    """
    try:
        known = json.loads((folder / KNOWN).read_text(encoding="utf-8"))
        days = {str(address): dt.date.fromisoformat(day) for address, day in known.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
    return {address: day.isoformat() for address, day in days.items() if dt.timedelta(0) <= today - day <= LASTS}


def _pass_over(app: Sphinx) -> None:
    if app.builder.name == "linkcheck":
        known = remembered(Path(app.outdir), dt.date.today())
        app.config.linkcheck_ignore = [*app.config.linkcheck_ignore, *(f"{re.escape(item)}$" for item in known)]
        if known:
            logger.info("%d links answered within %d days and are not asked again", len(known), LASTS.days)


def _remember(app: Sphinx, exception: Exception | None) -> None:
    """Add what answered this time; an address that no page names any more is forgotten with its month."""
    folder = Path(app.outdir)
    if app.builder.name != "linkcheck" or exception is not None or not (folder / ANSWERS).is_file():
        return
    today = dt.date.today()
    known = remembered(folder, today)
    for line in (folder / ANSWERS).read_text(encoding="utf-8").splitlines():
        answer = json.loads(line)
        if answer["status"] in GOOD:
            known[answer["uri"]] = today.isoformat()
    write_whole(folder / KNOWN, json.dumps(known, indent=1, sort_keys=True).encode())


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the handlers; with any builder but linkcheck they do nothing."""
    app.connect("builder-inited", _pass_over)
    app.connect("build-finished", _remember)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
