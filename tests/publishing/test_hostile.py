"""Titles and deks that break careless software: every output stays valid, and what cannot be drawn is told."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import feedparser
import jsonschema
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from sphinx.testing.util import SphinxTestApp

from folio.model.library import Library, Page
from folio.publishing import feeds, finding, outputs, redirects, sharing
from folio.publishing.typesetting import Typesetter
from tests.conftest import ROOTS
from tests.site.nu import errors
from tests.site.test_published import SCHEMAS, check_atom

HOSTILE = [
    "Quotes \" and ' in it",
    "Salt & pepper &amp; &copy",
    "Less < more > </script><b>",
    "Prices: $$ and $x$ and $",
    "Devanagari: हिन्दी में",
    "x" * 200,
    "Right to left: שלום",
    "A colon: # hash, `tick` and *star*",
]


def hostile_site(folder: Path, titles: list[str]) -> None:
    """Put posts with such titles and deks beside those of a test site."""
    for number, title in enumerate(titles):
        front = {
            "title": title,
            "dek": f"{title} in the dek.",
            "date": "2026-01-01",
            "kind": "breakdown",
            "topics": ["search"],
        }
        text = (
            "---\n"
            + "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in front.items())
            + "---\n\nText.\n"
        )
        (folder / "posts" / f"hostile-{number}.md").write_text(text, encoding="utf-8")


@pytest.fixture
def hostile(built: Callable[..., SphinxTestApp], tmp_path: Path) -> Path:
    shutil.copytree(ROOTS / "test-listings", tmp_path / "source")
    hostile_site(tmp_path / "source", HOSTILE)
    app = built("listings")
    assert app.statuscode == 0, app.warning.getvalue()
    return Path(app.outdir)


def test_every_output_stays_valid(hostile: Path) -> None:
    check_atom(hostile / "feed.xml")
    read = feedparser.parse((hostile / "feed.xml").read_bytes())
    assert not read.bozo
    told = json.loads((hostile / "feed.json").read_text(encoding="utf-8"))
    jsonschema.validate(told, json.loads((SCHEMAS / "json-feed-1.1.json").read_text(encoding="utf-8")))
    etree.fromstring((hostile / "sitemap.xml").read_bytes())
    titles = {item["title"] for item in told["items"]}
    assert "Salt & pepper &amp; &copy" in titles
    assert "Less < more > </script><b>" in titles
    assert errors(sorted(hostile.glob("posts/hostile-*/index.html"))) == []
    for number in range(len(HOSTILE)):
        page = BeautifulSoup((hostile / f"posts/hostile-{number}/index.html").read_text(encoding="utf-8"), "lxml")
        title = page.select_one("h1").get_text()
        graph = json.loads(page.select_one('script[type="application/ld+json"]').string)["@graph"]
        assert title in [thing.get("headline") for thing in graph]
        assert page.select_one('meta[property="og:title"]')["content"] == title
        assert page.select_one("title").get_text() == f"{title} · Test Site"
        assert (hostile / f"cards/posts/hostile-{number}.png").stat().st_size > 5000
        assert (hostile / f"posts/hostile-{number}.md").read_text(encoding="utf-8").startswith(f"# {title}\n")


def test_what_no_font_draws_is_a_warning_that_names_the_page_and_the_card_is_drawn_without_it(
    built: Callable[..., SphinxTestApp], tmp_path: Path
) -> None:
    shutil.copytree(ROOTS / "test-listings", tmp_path / "source")
    hostile_site(tmp_path / "source", ["A party 🎉 title"])
    app = built("listings", warningiserror=False)
    told = app.warning.getvalue()
    assert "hostile-0" in told
    assert "U+1F389" in told
    assert (Path(app.outdir) / "cards/posts/hostile-0.png").is_file()
    assert "A party 🎉 title" in (Path(app.outdir) / "posts/hostile-0/index.html").read_text(encoding="utf-8")


def test_a_missing_dek_is_told_with_its_file_and_publishes_nothing(
    built: Callable[..., SphinxTestApp], tmp_path: Path
) -> None:
    shutil.copytree(ROOTS / "test-listings", tmp_path / "source")
    text = "---\ntitle: T\ndate: 2026-01-01\nkind: breakdown\ntopics: [search]\n---\n\nText.\n"
    (tmp_path / "source/posts/nodek.md").write_text(text, encoding="utf-8")
    app = built("listings")
    assert app.statuscode == 1
    assert "nodek.md" in app.warning.getvalue()
    assert "dek" in app.warning.getvalue()
    assert not (Path(app.outdir) / "feed.xml").exists()


def test_a_picture_that_is_not_there_fails_the_build_with_its_place(
    built: Callable[..., SphinxTestApp], tmp_path: Path
) -> None:
    shutil.copytree(ROOTS / "test-listings", tmp_path / "source")
    path = tmp_path / "source/posts/first.md"
    path.write_text(path.read_text(encoding="utf-8") + "\n![A picture](nowhere.png)\n", encoding="utf-8")
    app = built("listings")
    assert app.statuscode == 1
    assert "first.md" in app.warning.getvalue()
    assert "nowhere.png" in app.warning.getvalue()


def test_a_publisher_that_fails_leaves_no_half_file_and_no_finished_site(
    built: Callable[..., SphinxTestApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bytes:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(finding, "sitemap", broken)
    with pytest.raises(Exception, match="the disk is full"):
        built("listings")
    # whatever was written is whole, and the home page says that the build is not finished
    # (the application is gone with the exception, so its folder is found by the home page)


class FakeApp:
    def __init__(self, folder: Path) -> None:
        self.outdir, self.doctreedir = folder / "out", folder / "trees"
        self.outdir.mkdir()
        self.doctreedir.mkdir()


def test_a_file_is_written_wholly_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = FakeApp(tmp_path)
    files = outputs.Outputs(app)  # type: ignore[arg-type]
    files.write("feed.xml", "before")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("killed")))
    with pytest.raises(OSError, match="killed"):
        files.write("feed.xml", "after")
    assert (app.outdir / "feed.xml").read_text() == "before"
    assert [path.name for path in app.outdir.iterdir()] == ["feed.xml"]


def test_what_an_earlier_build_wrote_and_this_one_did_not_is_removed(tmp_path: Path) -> None:
    app = FakeApp(tmp_path)
    first = outputs.Outputs(app)  # type: ignore[arg-type]
    first.write("posts/old.md", "old")
    first.write("feed.xml", "feed")
    first.settle()
    (app.outdir / "mine.txt").write_text("not a publisher's")
    second = outputs.Outputs(app)  # type: ignore[arg-type]
    second.write("feed.xml", "feed")
    second.settle()
    assert sorted(path.relative_to(app.outdir).as_posix() for path in app.outdir.rglob("*")) == ["feed.xml", "mine.txt"]


any_text = st.text(max_size=120)


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(title=any_text, summary=any_text, content=any_text)
def test_atom_is_well_formed_and_keeps_every_character_that_xml_can_hold(
    title: str, summary: str, content: str
) -> None:
    day = dt.date(2026, 1, 2)
    entry = feeds.Entry("urn:x", title, summary, "https://e.org/p/", day, day, ("t",), content, "https://e.org/c.png")
    feed = feeds.Feed("urn:y", title, summary, "https://e.org/", "", "Me", "en-GB", "https://e.org/", (entry,))
    read = etree.fromstring(feeds.as_atom(feed))
    held = read.findtext(".//{*}entry/{*}title") or ""
    kept = feeds.NO_XML.sub("", title)
    assert held.replace("\r", "\n") == kept.replace("\r\n", "\n").replace("\r", "\n") or held == kept
    assert json.loads(feeds.as_json(feed))["items"][0]["title"] == title


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(text=any_text)
def test_no_text_ends_the_script_that_holds_it(text: str) -> None:
    written = sharing.script([{"@type": "Thing", "name": text}])
    assert written.count("</script>") == 1
    inside = written.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert "<" not in inside
    assert json.loads(inside)["@graph"][0]["name"] == text


@settings(max_examples=100, derandomize=True, database=None, deadline=None)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60))
def test_open_graph_values_survive_their_attribute(text: str) -> None:
    values = sharing.open_graph(Page("x", text, text), "https://e.org/c.png")
    tag = f'<meta property="og:title" content="{values["og:title"]}">'
    assert BeautifulSoup(tag, "html.parser").meta["content"] == text


def test_ids_do_not_change() -> None:
    """A changed id sends every piece to every subscriber again."""
    assert feeds.identity("posts/patient-store-migration") == "urn:uuid:" + IDS["posts/patient-store-migration"]
    assert feeds.identity("feed") == "urn:uuid:" + IDS["feed"]


IDS = {
    "posts/patient-store-migration": "575ed4d5-30b7-5b71-a87d-be31a1a2651c",
    "feed": "76ed533c-cbd8-511f-9ef1-53fb335a8f76",
}


def test_redirects_are_checked_and_written() -> None:
    there = {"", "posts/", "posts/new/"}
    assert redirects.faults({"posts/old/": "posts/new/"}, there) == []
    assert "posts/new/" in redirects.faults({"posts/old/": "posts/now/"}, there)[0]
    assert "is a page" in redirects.faults({"posts/": "posts/new/"}, there)[0]
    assert "expected an address" in redirects.faults({"posts/old": "posts/new/"}, there)[0]
    assert "moved too" in redirects.faults({"a/": "b/", "b/": "posts/new/"}, there)[0]
    page = BeautifulSoup(redirects.page('https://e.org/posts/new/?a=1&b="2"'), "html.parser")
    assert page.a["href"] == 'https://e.org/posts/new/?a=1&b="2"'
    assert page.select_one("meta[http-equiv]")["content"].startswith("0; url=https://e.org/posts/new/")


def test_a_redirect_is_served_as_a_page(built: Callable[..., SphinxTestApp]) -> None:
    app = built("listings", confoverrides={"folio_redirects": {"posts/oldest/": "posts/first/"}})
    assert app.statuscode == 0
    page = (Path(app.outdir) / "posts/oldest/index.html").read_text(encoding="utf-8")
    assert "https://example.org/posts/first/" in page
    app = built("listings", confoverrides={"folio_redirects": {"posts/oldest/": "posts/nowhere/"}})
    assert app.statuscode == 1
    assert "folio_redirects" in app.warning.getvalue()


def test_the_same_card_is_the_same_bytes_in_another_folder(tmp_path: Path) -> None:
    data = {
        **dict.fromkeys(("paper", "ink", "quiet", "rule", "accent", "mark"), "#123456"),
        **{"kicker": "Lab", "title": "T", "dek": "D", "owner": "O", "foot": "F", "lang": "en"},
    }
    one = Typesetter(tmp_path / "one").set("card.typ", data, "png")
    other = Typesetter(tmp_path / "other").set("card.typ", data, "png")
    assert one == other
    assert Typesetter(tmp_path / "one").set("card.typ", data | {"title": "U"}, "png") != one


def test_a_library_without_posts_has_a_valid_empty_feed() -> None:
    feed = next(feeds.feeds(Library({}, {}, {}), {}, "https://e.org/", "Me", "en-GB"))
    assert etree.fromstring(feeds.as_atom(feed)).findtext("{*}updated") == "1970-01-01T00:00:00Z"
