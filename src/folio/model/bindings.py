"""Facts and results named inside plain text: a dek, a text alternative."""

from __future__ import annotations

import re
from collections.abc import Callable

ROLE = re.compile(r"\{(fact|result)\}`([^`]*)`")


def expand(text: str, look_up: Callable[[str, str], str]) -> str:
    """Replace every `` {fact}`…` `` and `` {result}`…` `` in a text by what it stands for.

    Args:
        text: the text.
        look_up: given the role's name and its content, returns the words to put there.

    Returns:
        The text with all of them replaced.

    Raises:
        Whatever `look_up` raises.
    """
    return ROLE.sub(lambda match: look_up(match[1], match[2]), text)


def split_format(content: str) -> tuple[str, str]:
    """Split `key | format` into the key and the format, which is empty where there is no bar."""
    key, _, how = content.partition("|")
    return key.strip(), how.strip()
