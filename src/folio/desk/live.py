"""The live preview: sphinx-autobuild, but each rebuild starts from a process in which everything is imported already.

sphinx-autobuild starts a new Python for each rebuild, and half of the time of a small edit is that Python reading its
libraries. It calls its builder in a fork of itself, though. So the serving process loads what a build needs, without
building, and each rebuild goes on in the fork. After a change to this house's own code a new Python is started again.
"""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from sphinx.application import Sphinx
from sphinx.cmd.build import get_parser
from sphinx.cmd.build import main as sphinx_build
from sphinx.util.docutils import docutils_namespace
from sphinx_autobuild import __main__ as autobuild
from sphinx_autobuild.build import Builder
from sphinx_autobuild.utils import show_message

from folio.publishing.kept import machinery

LOADED = machinery()
"""A digest of the code that this process holds."""


class WarmBuilder(Builder):  # type: ignore[misc]  # sphinx-autobuild has no types
    """Builds first in a process of its own, later in this one, which then is a fork of the one that serves."""

    def __call__(self, *, changed_paths: Sequence[Path]) -> None:
        """Build once.

        Args:
            changed_paths: the files that changed; none for the first build.
        """
        if not changed_paths or machinery.__wrapped__() != LOADED:
            super().__call__(changed_paths=changed_paths)
            if not changed_paths:
                self._load()
            return
        show_message(f"Changed: {', '.join(sorted({path.name for path in changed_paths}))}. Rebuilding...")
        if status := sphinx_build(self.sphinx_args):
            print(f"Sphinx ended with {status}; the pages that were not written again are those of the last build.")
        show_message(f"Serving on {self.uri}")

    def _load(self) -> None:
        """Make an application as a build does, which imports all of it, and build nothing.

        A build itself would leave threads behind, of which a fork knows nothing and waits for them forever.
        """
        options = get_parser().parse_args(self.sphinx_args)
        with contextlib.suppress(Exception), TemporaryDirectory() as place, docutils_namespace():
            Sphinx(
                *(options.sourcedir, options.confdir or options.sourcedir, place, f"{place}/doctrees"),
                options.builder,
                status=None,
                warning=None,
            )
        gc.freeze()  # what is loaded now is not looked at again, nor copied, in the forks


def main(arguments: Sequence[str]) -> None:
    """Build, serve, and build again on every change, until interrupted.

    Args:
        arguments: as sphinx-autobuild takes them.
    """
    autobuild.Builder = WarmBuilder  # it has no other way to be told
    autobuild.main(list(arguments))


if __name__ == "__main__":
    main(sys.argv[1:])
