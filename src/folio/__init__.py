"""A Sphinx extension that turns a tree of MyST pages into a writing site whose every number can be traced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from folio import publishing, reading

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the extension: first what happens while pages are read and made, then what follows a build."""
    reading.setup(app)
    publishing.setup(app)
    return {
        "version": "0.1.0",
        "env_version": reading.env_version(),
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
