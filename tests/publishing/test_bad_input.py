"""Broken sources: each is told with file and line, the same again the next time, and never takes the build down."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sphinx.testing.util import SphinxTestApp

from folio.model.fences import unclosed
from folio.model.front_matter import PostFront, read
from folio.model.profile import Profile
from folio.model.results import ResultsFileError, load
from folio.model.schema import validate
from folio.model.yaml_source import YamlFaultError, parse
from tests.conftest import ROOTS

Build = Callable[..., SphinxTestApp]

FRONT = "---\ntitle: Bad\ndek: A post.\ndate: 2026-11-22\nkind: breakdown\ntopics: [distributed-systems]\n---\n\n"
SERIES = FRONT.replace("---\n\n", "series: first-series\npart: 1\n---\n\n")

BAD: dict[str, tuple[str, int, str]] = {
    "nothing at all": ("", 1, "missing"),
    "white space": ("\n\n  \n", 1, "missing"),
    "no front matter": ("# A title\n\nText.\n", 1, "missing"),
    "front matter that never closes": ("---\ntitle: T\n\nText.\n", 1, "never closes"),
    "a null byte in the front matter": (FRONT.replace("A post", "A \0post"), 3, "not text that YAML allows"),
    "a tab in the front matter": (FRONT.replace("dek: ", "\tdek: "), 3, "not valid YAML"),
    "a list for front matter": ("---\n- a\n- b\n---\n\nText.\n", 2, "`key: value`"),
    "a bomb of aliases": ("---\na: &a [x]\nb: &b [*a, *a]\ntitle: *b\n---\n\nText.\n", 2, "unknown key"),
    "a fence that is never closed": (FRONT + "Text.\n\n```python\nx = 1\n", 11, "never closed"),
    "a directive that is never closed": (FRONT + "::::{note}\nText.\n\n:::{tip}\nx\n", 9, "never closed"),
    "a directive inside a line": (FRONT + "Text ```{lab-figure} toy/curve\n:alt: x\n\nc\n```\n", 9, "inside a line"),
    "a directive that does not exist": (FRONT + "```{nonsense}\nx\n```\n", 9, "nonsense"),
    "a role that does not exist": (FRONT + "{nonsense}`x`\n", 9, "nonsense"),
    "raw HTML by a directive": (FRONT + "```{raw} html\n<script>stolen()</script>\n```\n", 9, "raw"),
    "the same part of a series twice": (SERIES + "Text.\n", 8, "every part stands once"),
}


@pytest.mark.parametrize("name", BAD)
def test_each_is_told_with_file_and_line_and_again_the_next_time(built: Build, tmp_path: Path, name: str) -> None:
    text, line, said = BAD[name]
    shutil.copytree(ROOTS / "test-post", tmp_path / "source")
    (tmp_path / "source/posts/bad.md").write_text(text, encoding="utf-8", newline="")
    for _ in range(2):
        app = built("post", warningiserror=False)
        told = app.warning.getvalue()
        assert any(f"posts/bad.md:{line}: " in item and said in item for item in told.splitlines()), told
        assert "Traceback" not in told
    for page in Path(app.outdir).rglob("*.html"):
        assert "stolen()</script>" not in page.read_text(encoding="utf-8"), page


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: "\ufeff" + text.replace("\n", "\r\n"),
    ],
    ids=["CRLF", "a BOM", "both"],
)
def test_line_ends_and_byte_order_marks_change_nothing(
    built: Build, tmp_path: Path, change: Callable[[str], str]
) -> None:
    shutil.copytree(ROOTS / "test-post", tmp_path / "source")
    app = built("post")
    page = Path(app.outdir) / "posts/first/index.html"
    before = page.read_bytes()
    source = tmp_path / "source/posts/first.md"
    source.write_text(change(source.read_text(encoding="utf-8")), encoding="utf-8", newline="")
    built("post", freshenv=True)
    assert page.read_bytes() == before


def test_other_scripts_and_pages_that_refer_to_each_other_are_fine(built: Build, tmp_path: Path) -> None:
    shutil.copytree(ROOTS / "test-post", tmp_path / "source")
    posts = tmp_path / "source/posts"
    (posts / "one.md").write_text(FRONT.replace("Bad", "אחת") + "شكرا, see [two](two.md).\n", encoding="utf-8")
    (posts / "two.md").write_text(FRONT.replace("Bad", "Two") + "See [one](one.md).\n", encoding="utf-8")
    app = built("post")
    page = (Path(app.outdir) / "posts/one/index.html").read_text(encoding="utf-8")
    assert "אחת" in page
    assert "شكرا" in page


def test_markup_in_a_post_is_text(built: Build, tmp_path: Path) -> None:
    shutil.copytree(ROOTS / "test-post", tmp_path / "source")
    text = FRONT + "Before <script>stolen()</script> after.\n\n<div onclick='stolen()'>x</div>\n"
    (tmp_path / "source/posts/bad.md").write_text(text, encoding="utf-8")
    page = (Path(built("post").outdir) / "posts/bad/index.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;stolen()" in page
    assert "<script>stolen" not in page
    assert "<div onclick" not in page


def test_markup_stands_where_its_page_asks_for_it_alone_and_leaves_the_site_without_scripts(
    built: Build, tmp_path: Path
) -> None:
    shutil.copytree(ROOTS / "test-post", tmp_path / "source")
    front = FRONT.replace("title: Bad", "title: Bad\nraw_html: true")
    text = front + "Press <kbd>Ctrl</kbd>.\n\n<div id='mine'>x</div>\n\n<script>stolen()</script>\n\n{nonsense}`x`\n"
    (tmp_path / "source/posts/bad.md").write_text(text, encoding="utf-8")
    (tmp_path / "source/posts/other.md").write_text(FRONT + "Press <kbd>Ctrl</kbd>.\n", encoding="utf-8")
    app = built("post", warningiserror=False)
    out = Path(app.outdir)
    assert f"posts/bad.md:{text[: text.index('{nonsense}')].count(chr(10)) + 1}: " in app.warning.getvalue()
    page = (out / "posts/bad/index.html").read_text(encoding="utf-8")
    assert "<kbd>Ctrl</kbd>" in page
    assert "<div id='mine'>x</div>" in page
    assert "script-src" in page  # the policy, which lets no such script run
    assert "&lt;kbd&gt;" in (out / "posts/other/index.html").read_text(encoding="utf-8")
    for name in ("feed.xml", "feed.json", "posts/bad.md", "previews/posts/bad.json"):
        assert "stolen" not in (out / name).read_text(encoding="utf-8"), name


def test_a_link_out_of_the_sources_is_told(built: Build, tmp_path: Path) -> None:
    shutil.copytree(ROOTS / "test-post", tmp_path / "source")
    (tmp_path / "secret.md").write_text(FRONT + "A secret.\n", encoding="utf-8")
    (tmp_path / "source/posts/bad.md").symlink_to(tmp_path / "secret.md")
    told = built("post", warningiserror=False).warning.getvalue()
    assert "posts/bad.md:1: " in told
    assert "outside of the sources" in told


FUZZ = settings(derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FUZZ
@given(st.text(max_size=200))
def test_no_front_matter_brings_a_traceback(text: str) -> None:
    try:
        located = read(f"---\n{text}\n---\n")
    except YamlFaultError as error:
        located = None
        line = error.fault.line
    if located is None:
        assert line >= 1
        return
    front, faults = validate(PostFront, located)
    assert (front is None) == bool(faults)
    assert all(fault.line >= 1 and fault.message for fault in faults)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@FUZZ
@given(st.dictionaries(st.sampled_from([*PostFront.model_fields, "other"]), VALUES, max_size=8))
def test_no_value_of_a_key_brings_a_traceback(data: dict[str, object]) -> None:
    _, faults = validate(PostFront, parse(yaml.safe_dump(data) if data else ""))
    assert all(fault.message for fault in faults)


@FUZZ
@given(st.dictionaries(st.sampled_from([*Profile.model_fields, "other"]), VALUES, max_size=6))
def test_no_profile_brings_a_traceback(data: dict[str, object]) -> None:
    _, faults = validate(Profile, parse(yaml.safe_dump(data) if data else ""))
    assert faults


@FUZZ
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_results_file_brings_anything_but_its_own_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz" / "results.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    with pytest.raises(ResultsFileError):
        load(path)


@FUZZ
@given(
    st.lists(
        st.sampled_from(["```", "```{note}", ":::", "::::{tip}", "text", "    ```", "~~~", "`a` b", ""]), max_size=12
    )
)
def test_fences_are_told_without_a_traceback_and_within_the_page(lines: list[str]) -> None:
    for fault in unclosed("\n".join(lines)):
        assert 1 <= fault.line <= max(1, len(lines))
