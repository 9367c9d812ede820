"""What must hold on every page of the built site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup

from folio.publishing.policy import READ_THE_DOCS, policy, source_of

ORIGIN = "http://site.test/"


@cache
def soup(path: Path) -> BeautifulSoup:
    """A page without the insides of its drawings, which are most of it."""
    drawn = re.compile(r"(<svg\b[^>]*>).*?</svg>", re.DOTALL)
    return BeautifulSoup(drawn.sub(r"\1</svg>", path.read_text(encoding="utf-8")), "lxml")


@cache
def anchors(path: Path) -> frozenset[str]:
    """What on a page can be linked to."""
    return frozenset(str(tag["id"]) for tag in soup(path).select("[id]"))


@pytest.fixture(scope="module", autouse=True)
def forget() -> Iterator[None]:
    """Give the pages' memory back: labs that are tested afterwards fork, which takes longer the more there is."""
    yield
    soup.cache_clear()


def pages(site: Path) -> list[Path]:
    found = sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)
    assert len(found) > 12
    return found


def address(site: Path, page: Path) -> str:
    own = urljoin(ORIGIN, page.relative_to(site).as_posix().removesuffix("index.html"))
    base = soup(page).select_one("base")
    prefix = urlsplit(str(soup(site / "index.html").select_one("link[rel=canonical]")["href"])).path
    return urljoin(own, "/" + str(base["href"]).removeprefix(prefix)) if base else own


def test_no_link_and_no_anchor_is_dead(site: Path) -> None:
    dead = []
    for page in pages(site):
        here = address(site, page)
        for tag in soup(page).select("[href]:not(base), [src]"):
            target = urljoin(here, str(tag.get("href") or tag.get("src")))
            parts = urlsplit(target)
            if parts.netloc != urlsplit(ORIGIN).netloc:
                continue
            file = site / unquote(parts.path).lstrip("/")
            file = file / "index.html" if parts.path.endswith("/") else file
            if not file.is_file():
                dead.append(f"{page.relative_to(site)}: {target}")
            elif parts.fragment and file.suffix == ".html" and unquote(parts.fragment) not in anchors(file):
                dead.append(f"{page.relative_to(site)}: {target} (no such anchor)")
    assert dead == []


def test_nothing_is_loaded_from_another_origin(site: Path) -> None:
    loaded = (
        "script[src], link[rel~=stylesheet], link[rel~=preload], link[rel~=icon], img, source, iframe, video, audio"
    )
    for page in pages(site):
        for tag in soup(page).select(loaded):
            url = str(tag.get("src") or tag.get("href") or tag.get("srcset"))
            assert not urlsplit(url).netloc, f"{page}: {url}"
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(\s*['\"]?(https?:)?//", sheet.read_text(encoding="utf-8")), sheet


def test_every_page_has_one_h1_a_description_and_a_language(site: Path) -> None:
    for page in pages(site):
        assert len(soup(page).select("h1")) == 1, page
        assert soup(page).html["lang"] == "en-GB"
        assert soup(page).title.get_text().strip()
        if page.parent.name != "search" and page.name != "404.html":
            assert len(soup(page).select_one("meta[name=description]")["content"]) > 20, page


def test_headings_go_down_one_level_at_a_time(site: Path) -> None:
    for page in pages(site):
        levels = [int(tag.name[1]) for tag in soup(page).select("main :is(h1, h2, h3, h4, h5, h6)")]
        for before, after in pairwise(levels):
            assert after <= before + 1, f"{page}: {levels}"


def test_every_picture_has_words(site: Path) -> None:
    drawn = 0
    for page in pages(site):
        for picture in soup(page).select("main img"):
            assert str(picture.get("alt", "")).strip(), page
        for drawing in soup(page).select("figure svg"):
            assert drawing["role"] == "img"
            assert len(str(drawing["aria-label"])) > 30, page
            drawn += 1
        for figure in soup(page).select("figure"):
            assert figure.select_one("figcaption"), page
    assert drawn >= 8


def test_ids_are_unique(site: Path) -> None:
    for page in pages(site):
        ids = re.findall(r'<[a-z][^<>]*?\sid="([^"]+)"', page.read_text(encoding="utf-8"))
        assert ids, page
        assert sorted({name for name in ids if ids.count(name) > 1}) == [], page


def test_nothing_of_the_markup_is_left_over(site: Path) -> None:
    for page in pages(site):
        main = re.search(r"<main\b.*</main>", page.read_text(encoding="utf-8"), re.DOTALL)
        assert main, page
        prose = re.sub(r"<(pre|code)\b.*?</\1>", "", main[0], flags=re.DOTALL)
        text = re.sub(r"<[^<>]*>", "", prose)
        for sign in ("{fact}", "{result}", "{term}", ":::", "```", "](", "footcite"):
            assert sign not in text, f"{page}: {sign}"


def test_the_writing_index_and_the_tree_name_every_post(site: Path) -> None:
    posts = sorted(path.parent.name for path in (site / "posts").glob("*/index.html"))
    listed = [str(a["href"]) for a in soup(site / "posts" / "index.html").select("ol.posts a.title")]
    assert sorted(href.strip("/") for href in listed) == posts
    assert {"patient-store-migration", "eight-minutes-to-five"} <= set(posts)


def test_every_post_has_the_whole_anatomy(site: Path) -> None:
    for post in (site / "posts").glob("*/index.html"):
        page = soup(post)
        for part in (
            ".eyebrow",
            ".dek",
            ".opening .meta time",
            ".runs",
            ".contents a",
            ".evidence",
            ".endnotes",
            "#cite",
        ):
            assert page.select_one(part), f"{post}: {part}"
        headings = [tag.get_text().rstrip("¶").strip() for tag in page.select("article h2")]
        assert any("When this is wrong" in text for text in headings), post
        assert any("does not show" in text or "do not show" in text for text in headings), post
        assert "nox -s labs -- " in page.select_one("article").get_text()
        words = int(page.select_one("article")["data-words"])
        assert 2000 <= words <= 3700, f"{post}: {words}"


def test_every_kind_of_piece_has_a_page_that_lists_it(site: Path) -> None:
    for post in (site / "posts").glob("*/index.html"):
        link = str(soup(post).select_one(".eyebrow a")["href"])
        listing = soup((post.parent / link / "index.html").resolve())
        assert f"../../posts/{post.parent.name}/" in [a["href"] for a in listing.select("a.title")]


def test_every_series_and_topic_opens_with_prose_of_its_own(site: Path) -> None:
    found = [*(site / "series").glob("*/index.html"), *(site / "topics").glob("*/index.html")]
    assert len(found) >= 9
    for page in found:
        opening = soup(page).select_one("ol.posts").find_all_previous("p")
        words = sum(len(part.get_text().split()) for part in opening if not part.get("class"))
        assert words >= 40, page


def test_every_topic_with_pieces_has_a_page_and_every_lab_too(site: Path) -> None:
    for item in soup(site / "about" / "index.html").select("ul.topics li"):
        assert bool(item.select("small")) == bool(item.select("a")), item
    for lab in soup(site / "labs" / "index.html").select("ol.labs h2"):
        assert lab.select_one("a"), lab


def test_the_list_of_untraced_quantities_is_empty(site: Path) -> None:
    rows = soup(site / "colophon" / "index.html").select(".statistics tbody tr")
    counts = {row.select("td")[0].get_text(): int(row.select("td")[1].get_text().replace(",", "")) for row in rows}
    assert counts["Quantities that nothing stands behind"] == 0
    assert counts["Values bound to a lab’s results"] > 50
    assert counts["Pieces"] == len(list((site / "posts").glob("*/index.html")))


def test_the_dek_is_the_description(site: Path) -> None:
    page = soup(site / "posts" / "eight-minutes-to-five" / "index.html")
    assert page.select_one("meta[name=description]")["content"] == page.select_one(".dek").get_text()


def test_every_page_carries_the_policy_before_any_script_and_it_admits_just_the_scripts_there(site: Path) -> None:
    for page in pages(site):
        metas = soup(page).select('head > meta[http-equiv="Content-Security-Policy"]')
        assert len(metas) == 1, page
        script_sources = re.search(r"script-src ([^;]*)", str(metas[0]["content"]))
        assert script_sources, page
        assert "unsafe-inline" not in script_sources[1]
        inline = soup(page).select('script:not([src]):not([type="application/ld+json"])')
        digests = {source_of(script.string or "") for script in inline}
        assert {item for item in script_sources[1].split() if item.startswith("'sha256")} == digests, page
        first = next(tag for tag in soup(page).find_all(["meta", "script"]) if tag is metas[0] or tag.name == "script")
        assert first is metas[0], page
        on = [
            tag for tag in soup(page).find_all(True) if any(name == "style" or name[:2] == "on" for name in tag.attrs)
        ]
        assert on == [], page


def test_only_read_the_docs_is_admitted_what_it_adds(site: Path) -> None:
    assert "readthedocs" not in policy()
    assert "https:" not in policy()
    hosted = policy(READ_THE_DOCS)
    assert "https://assets.readthedocs.org" in hosted
    assert "'unsafe-inline'" not in re.search(r"script-src ([^;]*)", hosted)[1]  # type: ignore[index]
