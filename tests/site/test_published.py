"""What the site sends out into the world, each read by a reader of its own kind."""

from __future__ import annotations

import json
import re
import struct
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import feedparser
import jsonschema
import pytest
from bs4 import BeautifulSoup
from lxml import etree
from lxml import html as lxml_html
from pypdf import PdfReader

from tests.conftest import REPOSITORY
from tests.site.test_pages import pages, soup

SCHEMAS = REPOSITORY / "tests" / "publishing" / "schemas"
ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def posts(site: Path) -> list[Path]:
    return sorted((site / "posts").glob("*/index.html"))


def root(site: Path) -> str:
    """The address that the site was built for."""
    return str(soup(site / "index.html").select_one("link[rel=canonical]")["href"])


def file_of(site: Path, url: str) -> Path:
    """The file behind an absolute address of the site."""
    path = urlsplit(url).path.removeprefix(urlsplit(root(site)).path)
    return site / (f"{path}index.html" if path.endswith("/") or not path else path)


def feeds(site: Path) -> list[Path]:
    found = sorted(site.rglob("feed.xml"))
    assert len(found) > 1
    return found


def check_atom(path: Path) -> None:
    """The rules of RFC 4287, sections 3 and 4, that a feed of this kind can break."""
    feed = etree.fromstring(path.read_bytes())
    assert feed.tag == f"{ATOM}feed"
    for holder in (feed, *feed.findall(f"{ATOM}entry")):
        for tag in ("id", "title", "updated"):
            assert len(holder.findall(f"{ATOM}{tag}")) == 1, tag
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", holder.findtext(f"{ATOM}id") or "")
        for tag in ("updated", "published"):
            for element in holder.findall(f"{ATOM}{tag}"):
                assert datetime.fromisoformat(element.text or "").tzinfo
        assert len([link for link in holder.findall(f"{ATOM}link") if link.get("rel") == "alternate"]) == 1
        for link in holder.findall(f"{ATOM}link"):
            assert urlsplit(link.get("href")).scheme in {"http", "https"}
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    assert [link for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"]
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(ids) == len(set(ids))
    moments = [entry.findtext(f"{ATOM}published") for entry in feed.findall(f"{ATOM}entry")]
    assert moments == sorted(moments, reverse=True)
    updated = [entry.findtext(f"{ATOM}updated") for entry in feed.findall(f"{ATOM}entry")]
    assert feed.findtext(f"{ATOM}updated") == max(updated)


def test_every_atom_feed_keeps_to_rfc_4287_and_a_feed_reader_reads_it(site: Path) -> None:
    for path in feeds(site):
        check_atom(path)
        read = feedparser.parse(path.read_bytes())
        assert not read.bozo, read.get("bozo_exception")
        assert read.entries
        assert all(len(entry.content[0].value) > 5000 for entry in read.entries)


def test_the_feed_holds_every_piece_and_topics_hold_theirs(site: Path) -> None:
    links = [entry.link for entry in feedparser.parse((site / "feed.xml").read_bytes()).entries]
    assert sorted(file_of(site, link) for link in links) == posts(site)[: len(links)]
    assert len(links) == len(posts(site))
    for feed in site.glob("topics/*/feed.xml"):
        listed = [a["href"] for a in soup(feed.parent / "index.html").select("a.title")]
        entries = feedparser.parse(feed.read_bytes()).entries
        assert [urlsplit(entry.link).path.rstrip("/").split("/")[-1] for entry in entries] == [
            str(href).rstrip("/").split("/")[-1] for href in listed
        ]


def test_json_feeds_fit_their_schema_and_say_what_atom_says(site: Path) -> None:
    schema = json.loads((SCHEMAS / "json-feed-1.1.json").read_text(encoding="utf-8"))
    for path in feeds(site):
        told = json.loads(path.with_name("feed.json").read_text(encoding="utf-8"))
        jsonschema.validate(told, schema, format_checker=jsonschema.FormatChecker())
        assert told["version"] == "https://jsonfeed.org/version/1.1"
        read = feedparser.parse(path.read_bytes())
        assert [item["id"] for item in told["items"]] == [entry.id for entry in read.entries]
        assert [item["title"] for item in told["items"]] == [entry.title for entry in read.entries]


def test_what_a_feed_holds_survives_a_reader(site: Path) -> None:
    """Nothing relative, nothing that only the site's style sheet or script makes sense of, no picture missing."""
    told = json.loads((site / "feed.json").read_text(encoding="utf-8"))
    pictures = 0
    for item in told["items"]:
        content = BeautifulSoup(item["content_html"], "lxml")
        assert not content.select("script, style, button, svg, math, .src, [class], [id], [tabindex]")
        for tag in content.select("[href], [src]"):
            url = str(tag.get("href") or tag.get("src"))
            assert urlsplit(url).scheme in {"http", "https", "mailto"}, url
            if url.startswith(root(site)):
                assert file_of(site, url.partition("#")[0]).is_file(), url
        for picture in content.select("img"):
            assert str(picture["alt"]).strip()
            drawing = etree.fromstring(file_of(site, str(picture["src"])).read_bytes())
            assert "var(" not in etree.tostring(drawing, encoding="unicode")
            assert drawing.get("width")
            pictures += 1
        assert len(content.select("figure")) == len(content.select("img"))
        source = soup(file_of(site, item["url"])).select_one("article .bound .src").get_text(" ", strip=True)
        assert " ".join(source.split()) not in " ".join(content.get_text(" ", strip=True).split())
        dates = [str(time["datetime"]) for time in soup(file_of(site, item["url"])).select(".opening .meta time")]
        assert item["date_published"] == f"{dates[0]}T00:00:00Z"
        assert item["date_modified"] == f"{dates[-1]}T00:00:00Z"
        assert content.select_one("ol[title] li"), "notes"
        assert content.select_one("sup a")
        assert file_of(site, item["image"]).is_file()
    assert pictures >= 4


def test_every_page_announces_its_feeds(site: Path) -> None:
    for page in pages(site):
        if page.name == "404.html" or page.parent.name == "search":
            continue
        kinds = [str(link["type"]) for link in soup(page).select("head link[rel=alternate]")]
        assert kinds.count("application/atom+xml") == kinds.count("application/feed+json") == len(feeds(site)), page
        for link in soup(page).select("head link[rel=alternate]"):
            assert file_of(site, str(link["href"])).is_file(), link["href"]


def test_every_page_has_a_card_and_tells_its_own_words(site: Path) -> None:
    for page in pages(site):
        if page.name == "404.html" or page.parent.name == "search":
            continue
        told = {str(tag["property"]): str(tag["content"]) for tag in soup(page).select("meta[property]")}
        if page != site / "index.html":
            assert told["og:title"] == soup(page).select_one("h1").get_text(), page
        assert told["og:description"] == soup(page).select_one("meta[name=description]")["content"]
        assert told["og:url"] == soup(page).select_one("link[rel=canonical]")["href"]
        picture = file_of(site, told["og:image"]).read_bytes()
        assert picture[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", picture[16:24]) == (1200, 630)
        if page in posts(site):
            assert told["og:type"] == "article"
            assert told["article:published_time"] == soup(page).select_one(".opening time")["datetime"]
            assert "article:tag" in told


def things(page: Path) -> dict[str, dict[str, Any]]:
    """What JSON-LD says of a page, by type."""
    script = soup(page).select_one('script[type="application/ld+json"]')
    assert script
    told = json.loads(script.string)
    assert told["@context"] == "https://schema.org"
    return {thing["@type"]: thing for thing in told["@graph"]}


def test_structured_data_says_what_the_page_says(site: Path) -> None:
    for page in posts(site):
        thing = things(page)["BlogPosting"]
        assert thing["headline"] == soup(page).select_one("h1").get_text()
        assert thing["wordCount"] == int(soup(page).select_one("article")["data-words"])
        assert thing["datePublished"] == soup(page).select_one(".opening time")["datetime"]
        assert thing["author"]["@id"] == things(page)["Person"]["@id"]
        trail = things(page)["BreadcrumbList"]["itemListElement"]
        assert [item["position"] for item in trail] == [1, 2, 3]
        assert all(file_of(site, item["item"]).is_file() for item in trail)
    for page in (site / "labs").glob("*/index.html"):
        assert file_of(site, things(page)["Dataset"]["distribution"]["contentUrl"]).is_file()
        assert len(things(page)["Dataset"]["description"]) >= 50
        assert things(page)["SoftwareSourceCode"]["programmingLanguage"] == "Python"
    person = things(site / "index.html")["Person"]
    assert person["name"] == "Rahul Garg"
    assert person["worksFor"][0]["name"] == "Blink Health"
    assert "email" not in person


def test_the_sitemap_names_every_page_with_the_posts_own_dates(site: Path) -> None:
    urls = etree.fromstring((site / "sitemap.xml").read_bytes()).findall(f"{SITEMAP}url")
    found = {file_of(site, url.findtext(f"{SITEMAP}loc") or ""): url.findtext(f"{SITEMAP}lastmod") for url in urls}
    wanted = {page for page in pages(site) if page.name != "404.html" and page.parent.name != "search"}
    assert set(found) == wanted
    for page, changed in found.items():
        dates = [str(time["datetime"]) for time in soup(page).select(".opening .meta time")]
        assert changed == (dates[-1] if dates else None), page


def test_robots_and_llms_lead_to_what_is_there(site: Path) -> None:
    robots = (site / "robots.txt").read_text(encoding="utf-8")
    assert "Allow: /" in robots
    assert file_of(site, re.search(r"Sitemap: (\S+)", robots)[1]).is_file()
    told = (site / "llms.txt").read_text(encoding="utf-8")
    assert told.startswith("# Rahul Garg\n\n> ")
    links = re.findall(r"\]\((\S+?)\)", told)
    assert len(links) > len(posts(site))
    assert all(file_of(site, link).is_file() for link in links)


def test_a_twin_has_every_value_every_caption_and_no_directive(site: Path) -> None:
    for page in posts(site):
        twin = (page.parent.parent / f"{page.parent.name}.md").read_text(encoding="utf-8")
        assert twin.startswith(f"# {soup(page).select_one('h1').get_text()}\n\n> ")
        prose = re.sub(r"(?s)```.*?```|`[^`]*`", "", twin)
        for sign in (
            ":::",
            "{fact}",
            "{result}",
            "{term}",
            "{footcite",
            "{worked}",
            "```{",
            "<span",
            "<p>",
            "</",
            ":alt:",
        ):
            assert sign not in prose, f"{page}: {sign}"
        plain = " ".join(re.sub(r"\\([^\w\s])", r"\1", re.sub(r"[*_]", "", twin)).split())
        for bound in soup(page).select("article .bound"):
            value = " ".join(str(bound.contents[0].get_text()).split())
            assert re.sub(r"[*_]", "", value) in plain, f"{page}: {value}"
        for figure in soup(page).select("article figure"):
            drawing = str(figure.select_one("svg[data-file]")["data-file"])
            assert f"/{drawing})" in twin
            if "/labs/" in drawing:
                assert f"/data/{drawing.split('/')[2]}.json)" in twin


def test_the_cv_is_a_tagged_pdf_with_text_and_live_links(site: Path) -> None:
    reader = PdfReader(site / "cv.pdf")
    assert 1 <= len(reader.pages) <= 2
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for fact in ("Rahul Garg", "Senior Software Engineer II", "$1M+", "2,000 RPS", "Samsung R&D Institute", "99.99%"):
        assert fact in text, fact
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in reader.trailer["/Root"]
    assert str(reader.trailer["/Root"]["/Lang"]) == "en"
    assert reader.metadata.title == "Rahul Garg: curriculum vitae"
    assert reader.metadata.get("/CreationDate") is None
    xmp = reader.xmp_metadata
    assert xmp
    assert "pdfuaid:part" in xmp.stream.get_data().decode()
    links = [
        str(note.get_object()["/A"]["/URI"])
        for page in reader.pages
        for note in page.get("/Annots", [])
        if "/URI" in note.get_object().get("/A", {})
    ]
    assert links
    assert all(file_of(site, link).is_file() for link in links if link.startswith(root(site)))


def test_the_resume_fits_the_json_resume_schema(site: Path) -> None:
    told = json.loads((site / "resume.json").read_text(encoding="utf-8"))
    schema = json.loads((SCHEMAS / "json-resume.json").read_text(encoding="utf-8"))
    jsonschema.validate(told, schema, format_checker=jsonschema.FormatChecker())
    assert told["work"][0]["position"] == "Senior Software Engineer II"
    assert sum(len(item["highlights"]) for item in told["work"]) == 10
    assert "{" not in json.dumps(told["work"][0]["highlights"])


def test_the_cv_is_one_click_from_the_first_screen(site: Path) -> None:
    first = soup(site / "index.html").select("main > section > p a")
    assert "cv.pdf" in [str(link["href"]) for link in first]
    cv = soup(site / "cv" / "index.html")
    assert {"../cv.pdf", "../resume.json"} <= {str(link["href"]) for link in cv.select("article a")}


def test_icons_and_manifest_are_what_they_say(site: Path) -> None:
    told = json.loads((site / "site.webmanifest").read_text(encoding="utf-8"))
    for icon in told["icons"]:
        picture = (site / icon["src"]).read_bytes()
        assert "x".join(map(str, struct.unpack(">II", picture[16:24]))) == icon["sizes"]
    icon = (site / "favicon.ico").read_bytes()
    assert struct.unpack("<HHH", icon[:6]) == (0, 1, 1)
    assert icon[22:30] == b"\x89PNG\r\n\x1a\n"


def test_no_address_of_this_machine_is_in_what_is_published_for_another(site: Path) -> None:
    if "127.0.0.1" in root(site):
        pytest.skip("built for this machine")
    for path in site.rglob("*"):
        if path.suffix in {".xml", ".json", ".txt", ".html", ".md"} and "_sources" not in path.parts:
            assert "http://127.0.0.1" not in path.read_text(encoding="utf-8"), path


def test_a_feeds_html_is_html(site: Path) -> None:
    told = json.loads((site / "feed.json").read_text(encoding="utf-8"))
    for item in told["items"]:
        assert lxml_html.fragment_fromstring(item["content_html"], create_parent="div").cssselect("h2")
