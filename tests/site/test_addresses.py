"""Addresses last: what was published once is there for ever, as a page or as a way to where it went."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import REPOSITORY
from tests.site.test_pages import pages

LEDGER = REPOSITORY / "docs" / "addresses.txt"
BESIDE = ("feed.xml", "feed.json", "cv.pdf", "resume.json", "sitemap.xml", "llms.txt", "robots.txt")


def published() -> list[str]:
    lines = LEDGER.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def addresses(site: Path) -> set[str]:
    found = {page.relative_to(site).as_posix().removesuffix("index.html") for page in pages(site)} - {"", "404.html"}
    return (
        found
        | {name for name in BESIDE if (site / name).is_file()}
        | {path.relative_to(site).as_posix() for path in site.glob("topics/*/feed.*")}
    )


def test_no_published_address_has_disappeared(site: Path) -> None:
    gone = sorted(set(published()) - addresses(site))
    assert gone == [], "lead each of them on with `folio_redirects` in docs/conf.py; the ledger is only added to"


def test_every_address_is_in_the_ledger(site: Path) -> None:
    new = sorted(addresses(site) - set(published()))
    assert new == [], "add these lines to docs/addresses.txt; from then on they are kept"


def test_the_ledger_is_sorted_and_names_each_address_once() -> None:
    assert published() == sorted(set(published()))
