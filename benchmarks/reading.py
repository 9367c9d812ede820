"""What a page costs its reader, and what the checkers say of it; `nox -s measure` runs this and prints a table.

Figures come from the built site, served compressed on 127.0.0.1 to a real Chromium. Bytes and layout shift are those of
a phone (390 x 844); Lighthouse runs with its own mobile settings.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.accessibility import violations
from tests.browser.chromium import FLAGS, ensure
from tests.browser.first_view import FirstView, first_search, first_view
from tests.browser.serving import served
from tests.conftest import build_site
from tests.site.nu import errors

LIGHTHOUSE = "lighthouse@13.5.0"
NU = "vnu-jar@26.9.27"
POST = "posts/eight-minutes-to-five/"
JUDGED = ("", POST, "experience/")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
QUERY = "tombstone"


def row(what: str, measured: object, goal: str) -> None:
    print(f"| {what:<58} | {measured!s:>22} | {goal:<14} |", flush=True)


def axe(browser: Browser, address: str, paths: Iterable[str]) -> int:
    """Count axe's violations over all pages, in both themes, on a phone and at a desk."""
    count = 0
    for theme in ("light", "dark"):
        for width in (390, 1440):
            context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
            for path in paths:
                page: Page = context.new_page()
                page.goto(address + path, wait_until="load")
                for told in violations(page):
                    print(f"{path} ({theme}, {width}): {told}", file=sys.stderr)
                    count += 1
                page.close()
            context.close()
    return count


def lighthouse(tools: Path, chromium: str, url: str) -> dict[str, Any]:
    """Let Lighthouse judge a page as on a phone; gives its report."""
    report = tools / "report.json"
    flags = " ".join(["--headless", *FLAGS])
    program = tools / "node_modules" / ".bin" / "lighthouse"
    subprocess.run(
        [program, url, "--quiet", "--output=json", f"--output-path={report}", f"--chrome-flags={flags}"],
        check=True,
        env=os.environ | {"CHROME_PATH": chromium},
    )
    return dict(json.loads(report.read_text(encoding="utf-8")))


def tell_first_view(view: FirstView) -> None:
    row("first view of a post, compressed, font included", f"{view.total / 1000:.1f} KB", "<= 120 KB")
    row("  of it scripts", f"{view.scripts / 1000:.1f} KB", "<= 20 KB")
    row("cumulative layout shift, slow line, empty cache", f"{view.shift:.4f}", "<= 0.02")


def main() -> None:
    """Build, measure, print."""
    with TemporaryDirectory() as folder, sync_playwright() as play:
        site, tools = Path(folder, "html"), Path(folder, "tools")
        build_site(site, Path(folder, "doctrees"))
        tools.mkdir()
        subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit", LIGHTHOUSE, NU], cwd=tools, check=True)
        pages = sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)
        paths = [path.relative_to(site).as_posix().removesuffix("index.html") for path in pages]
        chromium = ensure()
        browser = play.chromium.launch(executable_path=chromium, args=list(FLAGS))
        row("what", "measured", "goal")
        row("-" * 58, "-" * 22, "-" * 14)
        nu = tools / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
        row(f"Nu HTML checker, errors over {len(pages)} pages", len(errors(pages, nu)), "0")
        with served(site) as address:
            row(f"axe, violations over {len(pages)} pages x 2 themes x 2 widths", axe(browser, address, paths), "0")
            tell_first_view(first_view(browser, address + POST))
            row("first search, compressed", f"{first_search(browser, address, QUERY) / 1000:.1f} KB", "<= 200 KB")
            for path in JUDGED:
                report = lighthouse(tools, chromium, address + path)
                scores = [round(100 * report["categories"][name]["score"]) for name in CATEGORIES]
                row(f"Lighthouse, mobile, /{path}", " / ".join(map(str, scores)), ">= 98, 100 x 3")
        browser.close()
    print(f"Lighthouse's four: {', '.join(CATEGORIES)}.")


if __name__ == "__main__":
    main()
