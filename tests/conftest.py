from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.testing.util import SphinxTestApp

pytest_plugins = ["sphinx.testing.fixtures"]

REPOSITORY = Path(__file__).parents[1]
ROOTS = Path(__file__).parent / "roots"
sys.path.insert(0, str(ROOTS))  # the test sites' conf.py imports folio_conf


@pytest.fixture(scope="session")
def rootdir() -> Path:
    return ROOTS


@pytest.fixture
def built(make_app: Callable[..., SphinxTestApp], tmp_path: Path) -> Callable[..., SphinxTestApp]:
    """Copy a test site where it has not been copied yet, build it as `-W` would, and give the finished application."""
    finished: list[SphinxTestApp] = []

    def build(name: str, **options: object) -> SphinxTestApp:
        for app in finished:
            app.cleanup()
        source = tmp_path / "source"
        if not source.exists():
            shutil.copytree(ROOTS / f"test-{name}", source)
        options.setdefault("warningiserror", True)
        app = make_app("dirhtml", srcdir=source, **options)
        app.build()
        finished[:] = [app]
        return app

    return build
