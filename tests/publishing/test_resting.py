"""What is the same is left alone: pages are written again when what they show is another, publishers rest otherwise."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sphinx.testing.util import SphinxTestApp

from folio.publishing.kept import machinery

Build = Callable[..., SphinxTestApp]


def times(folder: Path, pattern: str) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob(pattern)}


def written_since(before: dict[str, int], folder: Path, pattern: str) -> set[str]:
    return {name for name, time in times(folder, pattern).items() if before.get(name) != time}


def source(app: SphinxTestApp, name: str) -> Path:
    return Path(app.srcdir) / name


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    later = path.stat().st_mtime + 2  # Sphinx looks at the time of a source
    os.utime(path, (later, later))


def test_a_word_writes_its_page_and_no_other(built: Build) -> None:
    app = built("post")
    out = Path(app.outdir)
    before = times(out, "*.html")
    edit(source(app, "posts/first.md"), "two lines", "three lines")
    built("post")
    # The home page's place is taken by a notice during every build; the pages that every build makes have no source;
    # Sphinx writes a page with a toctree again when a page in it was read.
    always = {"index.html", "404.html", "search/index.html", "posts/index.html"}
    assert written_since(before, out, "*.html") - always == {"posts/first/index.html"}


def test_a_title_writes_every_page_that_shows_it_and_all_that_is_published(built: Build) -> None:
    app = built("post")
    out = Path(app.outdir)
    before = times(out, "*.html")
    edit(source(app, "posts/first.md"), "title: First", "title: Primus")
    built("post")
    showing = {path for path in out.rglob("*.html") if "Primus" in path.read_text(encoding="utf-8")}
    assert {path.relative_to(out).as_posix() for path in showing} <= written_since(before, out, "*.html")
    assert "posts/index.html" in {path.relative_to(out).as_posix() for path in showing}
    for name in ("feed.xml", "feed.json", "llms.txt", "posts/first.md", "previews/posts/first.json"):
        assert "Primus" in (out / name).read_text(encoding="utf-8"), name


def test_with_nothing_changed_publishers_rest(built: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    app = built("post")
    out = Path(app.outdir)
    before = {**times(out, "*.xml"), **times(out, "*.json"), **times(out, "*.png"), **times(out / "pagefind", "*")}
    told = []
    monkeypatch.setattr("folio.publishing.import_module", told.append)
    built("post")
    assert told == []
    after = {**times(out, "*.xml"), **times(out, "*.json"), **times(out, "*.png"), **times(out / "pagefind", "*")}
    assert {name for name, time in after.items() if before[name] != time} == set()


@pytest.mark.parametrize("name", ["feed.xml", "cards/posts/first.png", "posts/first.md", "previews/posts/first.json"])
def test_what_somebody_removed_comes_back(built: Build, name: str) -> None:
    out = Path(built("post").outdir)
    was = (out / name).read_bytes()
    (out / name).unlink()
    built("post")
    assert (out / name).read_bytes() == was


def test_a_fact_that_changes_reaches_all_that_is_published(built: Build, tmp_path: Path) -> None:
    app = built("post", confoverrides={"html_baseurl": "https://one.example/"})
    out = Path(app.outdir)
    assert "https://one.example/posts/first/" in (out / "feed.xml").read_text(encoding="utf-8")
    built("post", confoverrides={"html_baseurl": "https://two.example/"})
    for name in ("feed.xml", "sitemap.xml", "posts/first.md", "llms.txt"):
        text = (out / name).read_text(encoding="utf-8")
        assert "two.example" in text
        assert "one.example" not in text


def test_other_code_never_takes_what_this_code_has_kept(built: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    out = Path(built("post").outdir)
    was = (out / "posts/first.md").read_text(encoding="utf-8")
    monkeypatch.setattr("folio.publishing.kept.machinery", lambda: b"other")
    monkeypatch.setattr("folio.publishing.build_state.machinery", lambda: b"other")
    monkeypatch.setattr("folio.publishing.twins.markdown", lambda *_arguments: "other words\n")
    built("post")
    assert machinery() != b"other"
    assert (out / "posts/first.md").read_text(encoding="utf-8") != was
    assert "other words" in (out / "posts/first.md").read_text(encoding="utf-8")


def test_the_live_preview_publishes_once(built: Build) -> None:
    app = built("post", confoverrides={"folio_preview": True})
    out = Path(app.outdir)
    assert "First" in (out / "feed.xml").read_text(encoding="utf-8")
    edit(source(app, "posts/first.md"), "title: First", "title: Primus")
    built("post", confoverrides={"folio_preview": True})
    assert "Primus" in (out / "posts/first/index.html").read_text(encoding="utf-8")
    assert "Primus" not in (out / "feed.xml").read_text(encoding="utf-8")
    built("post")
    assert "Primus" in (out / "feed.xml").read_text(encoding="utf-8")
