"""The live preview: an edit is served, the page reloads, a fault is told and does not end the preview."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, ROOTS

PATIENCE = 60
"""Seconds to wait for a rebuild before the test fails; on an idle machine it takes two."""


def arguments_of_the_live_session() -> list[str]:
    """What `nox -s live` hands to sphinx-autobuild, the port, the folders and what to watch apart."""
    source = (REPOSITORY / "noxfile.py").read_text(encoding="utf-8")
    session = source.split("def live(")[1].split("@nox.session")[0]
    assert '"folio.desk.live"' in session
    assert '"--host", "127.0.0.1"' in session
    assert '"--watch", "src/folio", "--watch", "labs/results"' in session
    assert '"FOLIO_DRAFTS": "1"' in session
    return ["-b", "dirhtml", "-n", "--host", "127.0.0.1"]


@pytest.fixture
def preview(tmp_path: Path) -> Iterator[tuple[Path, str, Path]]:
    """A live preview of a small site: its sources, its address, its log."""
    source, log = tmp_path / "roots" / "site", tmp_path / "log"
    shutil.copytree(ROOTS / "test-post", source)
    shutil.copytree(ROOTS / "shared", source.parent / "shared")
    shutil.copy(ROOTS / "folio_conf.py", source.parent)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "folio.desk.live", *arguments_of_the_live_session(), "--port", str(port)]
    command += ["--watch", str(source.parent / "shared")]  # where this site's facts and results lie
    with log.open("w") as output:
        server = subprocess.Popen(
            [*command, str(source), str(tmp_path / "out")],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(source.parent), "PYTHONUNBUFFERED": "1"},
        )
    yield source, f"http://127.0.0.1:{port}/", log
    server.terminate()
    server.wait(timeout=20)


def wait_for(seen: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if seen():
                return
        except OSError:
            pass
        time.sleep(0.2)
    pytest.fail(log.read_text())


def served(url: str) -> str:
    return str(urllib.request.urlopen(url, timeout=5).read().decode())


def test_an_edit_a_result_and_a_fact_reach_the_browser_and_a_fault_is_told(preview: tuple[Path, str, Path]) -> None:
    source, address, log = preview
    post = source / "posts" / "second.md"
    wait_for(lambda: "Built on" in served(address + "posts/second/"), log)
    whole = post.read_text()
    assert address.rstrip("/") in log.read_text()
    assert re.search(r"new WebSocket\(", served(address + "posts/second/"))
    post.write_text(post.read_text().replace("Built on", "Resting on"))
    wait_for(lambda: "Resting on" in served(address + "posts/second/"), log)
    post.write_text(post.read_text().replace("Resting on", "Standing on {fact}`search.p99` and"))
    wait_for(lambda: "did you mean 'search.p95'?" in log.read_text(), log)
    wait_for(lambda: "Standing on" in served(address + "posts/second/"), log)
    post.write_text(post.read_text().replace("search.p99", "search.p95"))
    wait_for(lambda: "&lt; 50 ms" in served(address + "posts/second/"), log)
    wait_for(lambda: "<h1>Home</h1>" in served(address), log)  # a notice while the build is under way
    for file, old, new, shown in (
        ("results/toy/results.json", '"value": 4,', '"value": 5,', ">5<"),
        ("profile.yaml", 'rps: "2,000"', 'rps: "2,001"', "2,001"),
    ):
        path = source.parent / "shared" / file
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
        wait_for(lambda shown=shown: shown in served(address + "posts/first/"), log)  # type: ignore[misc]
    post.write_text("---\ntitle: [\n---\nText.\n")
    wait_for(lambda: "posts/second.md:" in log.read_text().rpartition("search.p99")[2], log)
    post.write_text(whole)
    wait_for(lambda: "Built on" in served(address + "posts/second/"), log)
