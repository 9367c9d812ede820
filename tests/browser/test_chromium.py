"""How the tests find a browser."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.browser import chromium


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium.shutil, "which", lambda _name: None)
    monkeypatch.setattr(chromium, "MAC", ())
    monkeypatch.setattr(chromium, "playwrights_own", lambda: None)


def test_a_named_browser_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/opt/browser")
    assert chromium.find() == "/opt/browser"


def test_an_installed_browser_comes_before_playwrights_own(
    nothing_installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chromium, "playwrights_own", lambda: "/cache/chrome")
    assert chromium.find() == "/cache/chrome"
    monkeypatch.setattr(chromium.shutil, "which", lambda name: f"/usr/bin/{name}" if name == "chromium" else None)
    assert chromium.find() == "/usr/bin/chromium"


def test_where_there_is_none_it_is_installed(nothing_installed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        monkeypatch.setattr(chromium, "playwrights_own", lambda: "/cache/chrome")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(chromium.subprocess, "run", run)
    assert chromium.ensure() == "/cache/chrome"
    assert commands[0][-3:] == ["playwright", "install", "chromium"]


def test_where_none_can_be_had_it_says_what_to_install(
    nothing_installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "", "no network")

    monkeypatch.setattr(chromium.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr(chromium.subprocess, "run", run)
    with pytest.raises(chromium.NoBrowserError, match="sudo apt-get install chromium") as caught:
        chromium.ensure()
    assert "no network" in str(caught.value)


def test_the_browser_tests_are_never_skipped() -> None:
    for path in Path(__file__).parent.glob("*.py"):
        assert "pytest." + "skip" not in path.read_text(encoding="utf-8")
        assert "mark." + "skip" not in path.read_text(encoding="utf-8")
