from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

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


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real site, built as `nox -s docs` builds it, its doctrees beside it; or one that is there."""
    if built := os.environ.get("FOLIO_SITE"):
        return Path(built)
    return built_once(tmp_path_factory, "site", "html")


@pytest.fixture(scope="session")
def hosted_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real site as Read the Docs has it built for `https://example.readthedocs.io/en/latest/`, below that path."""
    return built_once(tmp_path_factory, "host", "en/latest", base="https://example.readthedocs.io/en/latest/")


def built_once(factory: pytest.TempPathFactory, name: str, place: str, base: str | None = None) -> Path:
    """Build the site in a folder for all processes of this test run; give the site's folder in it."""
    together = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        together = together.parent
    folder = together / name
    with FileLock(together / f"{name}.lock"):
        if not (folder / "finished").exists():
            build_site(folder / place, folder / "doctrees", base=base)
            (folder / "finished").touch()
    return folder / place


def build_site(
    html: Path, doctrees: Path, *options: str, base: str | None = None, docs: Path = REPOSITORY / "docs"
) -> None:
    """Build the repository's docs; fail with what the build printed."""
    command = [sys.executable, "-m", "sphinx", "-b", "dirhtml", "-n", "-W", "--keep-going", "-q", "-j", "auto"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("READTHEDOCS", "FOLIO"))}
    if base:
        environment |= {"READTHEDOCS": "True", "READTHEDOCS_CANONICAL_URL": base}
    done = subprocess.run(
        [*command, *options, "-d", str(doctrees), str(docs), str(html)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
