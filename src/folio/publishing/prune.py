"""Removing what no page owns any more: Sphinx leaves the output of a deleted post or a withdrawn draft behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from folio.publishing import not_found
from folio.publishing.outputs import Outputs, page_path

if TYPE_CHECKING:
    from sphinx.application import Sphinx

GENERATED = ("search", "genindex")
"""Pages that have no source."""


def stale_outputs(app: Sphinx) -> list[Path]:
    """Find pages, and copies of sources, that belong to no document.

    Args:
        app: the application, its build finished.

    Returns:
        The files, sorted.
    """
    out = Path(app.outdir)
    owned = {*(page_path(app, name) for name in (*app.env.all_docs, *GENERATED)), not_found.at_root(app)}
    sources = {out / "_sources" / f"{name}{Path(app.env.doc2path(name)).suffix}.txt" for name in app.env.all_docs}
    # Not in _static, and not in .doctrees, which lies in the output folder where nobody says otherwise.
    pages = {path for path in out.rglob("*.html") if not path.relative_to(out).parts[0].startswith((".", "_static"))}
    copies = set((out / "_sources").rglob("*.txt"))
    return sorted((pages - owned) | (copies - sources))


def _prune(app: Sphinx, _outputs: Outputs) -> None:
    for path in stale_outputs(app):
        path.unlink()
        folder = path.parent
        while folder != Path(app.outdir) and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent


def setup(app: Sphinx) -> None:
    """Register the handler."""
    app.connect("folio-site-finished", _prune)
