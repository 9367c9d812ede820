"""Plain text that Markdown does not see, set as Markdown would set it."""

from __future__ import annotations

import re


def curled(text: str) -> str:
    """Curl the apostrophes and quotation marks of a title or a dek.

    Args:
        text: plain text with straight marks.

    Returns:
        The text with apostrophes and British double marks as a printer sets them.
    """
    text = re.sub(r'(^|[\s([{–—-])"', "\\1“", text).replace('"', "”")
    return re.sub(r"(^|[\s([{–—-])'", "\\1‘", text).replace("'", "’")
