from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.chromium import FLAGS, ensure
from tests.browser.serving import served


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The built site, served on 127.0.0.1 for as long as the tests run."""
    with served(site) as place:
        yield place


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A real Chromium; there is no test run without one.

    It closes with the last test of this folder that follows: as long as Playwright is open an event loop runs in the
    process, and no test of another folder could begin its own.
    """
    path = ensure()
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


FADE_LEFT_OUT = "Transition was "
"""Chromium's word, as an error of the page that has no script behind it, that a fade between two pages was skipped or
aborted because the machine was too slow for it: the next page stands there at once, as `@view-transition` means it."""


class Reader:
    """Somebody with a browser window who notices errors and requests that leave the site."""

    def __init__(self, browser: Browser, address: str, **options: object) -> None:
        self.address = address
        self.faults: list[str] = []
        self.context: BrowserContext = browser.new_context(**options)  # type: ignore[arg-type]

    def open(self, path: str) -> Page:
        page = self.context.new_page()
        page.on("console", lambda message: message.type in {"error", "warning"} and self.faults.append(message.text))
        page.on("pageerror", lambda error: str(error).startswith(FADE_LEFT_OUT) or self.faults.append(str(error)))
        page.on("requestfailed", self._failed)
        page.on(
            "response", lambda answer: answer.status >= 400 and self.faults.append(f"{answer.status}: {answer.url}")
        )
        page.on("request", self._leaves)
        page.goto(self.address + path, wait_until="load")
        return page

    def _failed(self, request: object) -> None:
        if request.failure != "net::ERR_ABORTED":  # type: ignore[attr-defined]  # what a closed window leaves behind
            self.faults.append(f"failed: {request.url}")  # type: ignore[attr-defined]

    def _leaves(self, request: object) -> None:
        url = request.url  # type: ignore[attr-defined]
        if urlsplit(url).hostname not in {"127.0.0.1", None}:
            self.faults.append(f"leaves the site: {url}")


@pytest.fixture
def reader(browser: Browser, address: str) -> Iterator[object]:
    """Make readers; at the end none of them may have met a fault."""
    readers: list[Reader] = []

    def make(**options: object) -> Reader:
        readers.append(Reader(browser, address, **options))
        return readers[-1]

    yield make
    for one in readers:
        one.context.close()
    assert [fault for one in readers for fault in one.faults] == []
