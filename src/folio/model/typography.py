"""Plain text that Markdown does not see, set as Markdown would set it."""

from __future__ import annotations

import datetime as dt
import re

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(date: dt.date) -> str:
    """Write a date as "22 Nov 2026", whatever the system's language."""
    return f"{date.day} {MONTHS[date.month - 1]} {date.year}"


def day_of_year(date: dt.date) -> str:
    """Write a date as "22 Nov", where its year stands beside it."""
    return f"{date.day} {MONTHS[date.month - 1]}"


def curled(text: str) -> str:
    """Curl the apostrophes and quotation marks of a title or a dek.

    Args:
        text: plain text with straight marks.

    Returns:
        The text with apostrophes and British double marks as a printer sets them.
    """
    text = re.sub(r'(^|[\s([{–—-])"', "\\1“", text).replace('"', "”")
    return re.sub(r"(^|[\s([{–—-])'", "\\1‘", text).replace("'", "’")
