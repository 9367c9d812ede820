"""What a first view and a first search cost: bytes over the wire, and how much moves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}

SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
"""A slow mobile line (bytes a second, milliseconds), on which a late font or picture would move the page."""

SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
"""


@dataclass(frozen=True, slots=True)
class FirstView:
    """Bytes over the wire, headers included, and the cumulative layout shift."""

    total: int
    scripts: int
    shift: float


class Meter:
    """Counts what goes over the wire to a page, by what it is."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.kinds: dict[str, str] = {}
        self.bytes: dict[str, int] = {}
        self.session = context.new_cdp_session(page)
        self.session.on("Network.responseReceived", self._received)
        self.session.on("Network.loadingFinished", self._finished)
        self.session.send("Network.enable")

    def _received(self, event: dict[str, Any]) -> None:
        self.kinds[event["requestId"]] = event["type"]

    def _finished(self, event: dict[str, Any]) -> None:
        kind = self.kinds.get(event["requestId"], "Other")
        self.bytes[kind] = self.bytes.get(kind, 0) + int(event["encodedDataLength"])

    @property
    def total(self) -> int:
        return sum(self.bytes.values())


def first_view(browser: Browser, url: str) -> FirstView:
    """Open a page on a phone with an empty cache and a slow line, and read it from top to end."""
    context = browser.new_context(**PHONE)
    page = context.new_page()
    page.add_init_script(SHIFTS)
    meter = Meter(context, page)
    meter.session.send("Network.emulateNetworkConditions", SLOW)
    page.goto(url, wait_until="networkidle")
    page.evaluate("document.fonts.ready.then(() => true)")
    for _ in range(6):
        page.mouse.wheel(0, 1500)
        page.wait_for_timeout(50)
    page.wait_for_load_state("networkidle")
    shift = float(page.evaluate("window.shifted"))
    view = FirstView(meter.total, meter.bytes.get("Script", 0), shift)
    context.close()
    return view


def first_search(browser: Browser, address: str, query: str) -> int:
    """Open the search on a page and ask once; gives the bytes that this took beyond the page's own.

    Counted as the server declares them, since what a worker fetches does not go through the page's own meter.
    """
    context = browser.new_context(**DESK)
    page = context.new_page()
    page.goto(address, wait_until="networkidle")
    sizes: list[int] = []
    context.on("response", lambda answer: sizes.append(int(answer.headers.get("content-length", 0))))
    page.keyboard.press("/")
    page.get_by_role("combobox", name="Search").fill(query)
    page.locator(".search-hits li").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(300)
    context.close()
    return sum(sizes)
