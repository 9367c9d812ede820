"""What is written again after a change, and what a draft, a deletion or an interruption leaves."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from folio.publishing.build_state import STATE
from tests.conftest import ROOTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.testing.util import SphinxTestApp


def contents(out: Path) -> dict[str, bytes]:
    """A site's files that a reader can open, by path; Pagefind's index is not the same twice."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in {".buildinfo", "objects.inv"} and "pagefind" not in path.parts
    }


def pages(app: SphinxTestApp) -> dict[str, bytes]:
    """The files of the site that an application builds."""
    return contents(Path(app.outdir))


def clean_build(
    built: Callable[..., SphinxTestApp], app: SphinxTestApp, name: str, **options: object
) -> dict[str, bytes]:
    shutil.rmtree(app.srcdir / "_build")
    return pages(built(name, **options))


def edit(app: SphinxTestApp, name: str, old: str, new: str) -> None:
    path = app.srcdir / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    time.sleep(0.01)  # file times tell Sphinx what changed
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_new_title_reaches_every_page_that_shows_it(built: Callable[..., SphinxTestApp]) -> None:
    app = built("post")
    edit(app, "posts/first.md", "title: First", "title: Renamed")
    app = built("post")
    assert b"Renamed" in pages(app)["posts/second/index.html"]
    assert pages(app) == clean_build(built, app, "post")


def test_a_new_sentence_reaches_the_page_that_it_links_to(built: Callable[..., SphinxTestApp]) -> None:
    app = built("post")
    assert b"Built on" in pages(app)["posts/first/index.html"]
    edit(app, "posts/second.md", "Built on", "Resting on")
    app = built("post")
    assert b"Resting on" in pages(app)["posts/first/index.html"]
    assert pages(app) == clean_build(built, app, "post")


def test_a_changed_fact_reaches_only_what_depends_on_the_record(
    built: Callable[..., SphinxTestApp], tmp_path: Path
) -> None:
    profile = tmp_path / "profile.yaml"
    shutil.copy(ROOTS / "shared" / "profile.yaml", profile)
    options = {"confoverrides": {"folio_profile": str(profile)}}
    app = built("post", **options)
    before = pages(app)
    profile.write_text(profile.read_text(encoding="utf-8").replace('rps: "2,000"', 'rps: "2,001"'), encoding="utf-8")
    app = built("post", **options)
    after = pages(app)
    assert b"2,001" in after["posts/first/index.html"]
    assert b"2,001" in after["experience/index.html"]
    assert after == clean_build(built, app, "post", **options)
    assert before["posts/index.html"] == after["posts/index.html"]


def test_a_changed_result_reaches_its_pages(built: Callable[..., SphinxTestApp], tmp_path: Path) -> None:
    results = tmp_path / "results"
    shutil.copytree(ROOTS / "shared" / "results", results)
    options = {"confoverrides": {"folio_results": str(results)}}
    app = built("labs", **options)
    path = results / "toy" / "results.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["results"]["answer"]["value"] = 43
    path.write_text(json.dumps(document), encoding="utf-8")
    app = built("labs", **options)
    assert b"It ends at <span" in pages(app)["labs/toy/index.html"]
    assert b">43<" in pages(app)["posts/first/index.html"]
    assert pages(app) == clean_build(built, app, "labs", **options)


def test_a_draft_is_absent_and_shown_with_a_banner_where_asked(built: Callable[..., SphinxTestApp]) -> None:
    app = built("drafts")
    assert app.warning.getvalue() == ""
    assert "posts/secret/index.html" not in pages(app)
    assert not any(b"Secret" in content for content in pages(app).values())
    app = built("drafts", confoverrides={"folio_drafts": True})
    assert b"A draft: not published" in pages(app)["posts/secret/index.html"]
    # A build that shows drafts asks not to be indexed, and says so in every page and to every robot.
    out = Path(app.outdir)
    assert [
        name for name, text in pages(app).items() if name.endswith(".html") and b'content="noindex"' not in text
    ] == []
    assert "Disallow: /" in (out / "robots.txt").read_text(encoding="utf-8")
    assert "secret" in (out / "feed.xml").read_text(encoding="utf-8")
    app = built("drafts")
    assert b"noindex" not in pages(app)["posts/first/index.html"]
    for name in ("feed.xml", "feed.json", "sitemap.xml", "llms.txt", "search-words.json"):
        assert "secret" not in (out / name).read_text(encoding="utf-8").lower(), name
    assert not (out / "posts" / "secret.md").exists()
    assert not (out / "cards" / "posts" / "secret.png").exists()


def test_a_withdrawn_and_a_renamed_post_leave_nothing_behind(built: Callable[..., SphinxTestApp]) -> None:
    app = built("drafts", confoverrides={"folio_drafts": True})
    (app.srcdir / "posts" / "first.md").rename(app.srcdir / "posts" / "renamed.md")
    app = built("drafts")
    assert app.warning.getvalue() == ""
    names = [name for name in pages(app) if "secret" in name or "first" in name]
    assert "posts/renamed/index.html" in pages(app)
    assert names == []


def test_an_interrupted_build_is_not_finished_and_the_next_one_starts_over(built: Callable[..., SphinxTestApp]) -> None:
    app = built("post")
    whole = pages(app)
    # What a kill leaves: the state of a begun build, and a page cut short that is newer than its source.
    (app.doctreedir / STATE).write_text('{"finished": false}', encoding="utf-8")
    page = Path(app.outdir, "posts", "first", "index.html")
    page.write_text(page.read_text(encoding="utf-8")[:500], encoding="utf-8")
    assert pages(built("post")) == whole


def test_while_a_build_runs_the_home_page_says_so(built: Callable[..., SphinxTestApp]) -> None:
    seen: list[str] = []

    app = built("post")
    home = Path(app.outdir, "index.html")
    assert "This site is being built." not in home.read_text(encoding="utf-8")
    app.cleanup()
    from sphinx.testing.util import SphinxTestApp as App

    app = App("dirhtml", srcdir=app.srcdir, warningiserror=True)
    app.connect("env-updated", lambda *_: seen.append(home.read_text(encoding="utf-8")) or [])
    app.connect("html-collect-pages", lambda _app: seen.append(home.read_text(encoding="utf-8")) or [])
    app.build()
    app.cleanup()
    assert len(seen) == 2
    assert all("This site is being built." in text for text in seen)
    assert "<h1>Home</h1>" in home.read_text(encoding="utf-8")


def test_parallel_and_serial_builds_give_the_same_bytes(built: Callable[..., SphinxTestApp]) -> None:
    for name in ("post",):
        app = built(name, parallel=1)
        serial = pages(app)
        shutil.rmtree(app.srcdir / "_build")
        assert pages(built(name, parallel=2)) == serial
