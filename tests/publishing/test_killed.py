"""A build that is killed, at any of its writes, does not look finished, and the next one makes it good."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sphinx.testing.util import SphinxTestApp

from tests.conftest import ROOTS
from tests.publishing.test_incremental import contents

MOMENTS = int(os.environ.get("FOLIO_KILLS", "4"))
"""At how many of a build's writes it is killed, evenly spread; `FOLIO_KILLS=1000` takes every one."""

BUILD = """
import os, signal, sys
last, count = int(sys.argv.pop(1)), 0

def watch(event, arguments):
    global count
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if writes or event in {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.copyfile"}:
        count += 1
        if count == last:
            os.kill(os.getpid(), signal.SIGKILL)  # before it happens; what was opened before is cut short or empty

sys.addaudithook(watch)
from sphinx.cmd.build import main
status = main(sys.argv[1:])
print(count)
sys.exit(status)
"""


def build(source: Path, last: int) -> subprocess.CompletedProcess[str]:
    """Build in a process of its own that kills itself just before its `last`th write; 0 lets it live."""
    arguments = ["-b", "dirhtml", "-q", str(source), str(source / "_build/html"), "-d", str(source / "_build/doctrees")]
    return subprocess.run(
        [sys.executable, "-c", BUILD, str(last), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOTS), "PYTHONDONTWRITEBYTECODE": "1"},
    )


def built(source: Path) -> dict[str, bytes]:
    app = SphinxTestApp("dirhtml", srcdir=source, warningiserror=True)
    try:
        app.build()
        return contents(Path(app.outdir))
    finally:
        app.cleanup()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources, and in `_build` what a build made of them before a title was edited."""
    source = tmp_path_factory.mktemp("killed") / "source"
    shutil.copytree(ROOTS / "test-post", source)
    built(source)
    post = source / "posts/first.md"
    post.write_text(post.read_text(encoding="utf-8").replace("title: First", "title: Primus"), encoding="utf-8")
    return source


@pytest.mark.parametrize("stands", [False, True], ids=["from nothing", "after an edit"])
def test_a_killed_build_is_made_good(whole: Path, tmp_path: Path, stands: bool) -> None:
    def begun(name: str) -> Path:
        source = tmp_path / name / "source"
        shutil.copytree(whole, source, ignore=None if stands else shutil.ignore_patterns("_build"))
        return source

    lives = build(begun("lives"), 0)
    assert lives.returncode == 0, lives.stderr
    writes = int(lives.stdout.split()[-1])
    shutil.copytree(whole, tmp_path / "clean", ignore=shutil.ignore_patterns("_build"))
    clean = built(tmp_path / "clean")
    for last in sorted({1 + writes * moment // MOMENTS for moment in range(MOMENTS)} | {writes}):
        source = begun(str(last))
        killed = build(source, last)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        home = source / "_build/html/index.html"
        if home.exists() and b"<h1>Home</h1>" in home.read_bytes():
            assert contents(home.parent) in (contents(whole / "_build/html"), clean), f"looks finished at {last}"
        assert built(source) == clean, last
        shutil.rmtree(source.parent)
