"""The real site, built in other ways, is the same site."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import REPOSITORY, build_site


def contents(site: Path) -> dict[str, bytes]:
    """Every file but Pagefind's index, which is not the same twice."""
    files = (path for path in site.rglob("*") if path.is_file() and "pagefind" not in path.relative_to(site).parts)
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in files}


def test_a_serial_build_in_another_folder_gives_the_same_bytes(site: Path, tmp_path: Path) -> None:
    build_site(tmp_path / "elsewhere" / "html", tmp_path / "elsewhere" / "doctrees", "-j", "1")
    assert contents(tmp_path / "elsewhere" / "html") == contents(site)


def test_a_build_that_is_killed_does_not_look_finished_and_the_next_one_makes_it_good(
    site: Path, tmp_path: Path
) -> None:
    html, doctrees = tmp_path / "html", tmp_path / "doctrees"
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-b",
        "dirhtml",
        "-q",
        "-d",
        str(doctrees),
        str(REPOSITORY / "docs"),
        str(html),
    ]
    building = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (html / "posts" / "index.html").exists() and building.poll() is None:
        time.sleep(0.01)
    building.kill()
    building.wait()
    assert building.returncode == -9, "the build was over before it could be killed"
    assert "This site is being built." in (html / "index.html").read_text(encoding="utf-8")
    build_site(html, doctrees)
    assert contents(html) == contents(site)


def test_the_canonical_address_is_what_read_the_docs_says(tmp_path: Path) -> None:
    build_site(tmp_path / "html", tmp_path / "doctrees", base="https://docs.example.org/en/latest/")
    page = (tmp_path / "html" / "posts" / "eight-minutes-to-five" / "index.html").read_text(encoding="utf-8")
    assert 'rel="canonical" href="https://docs.example.org/en/latest/posts/eight-minutes-to-five/"' in page


def test_home_and_experience_are_made_of_sphinx_designs_grids_and_cards(tmp_path: Path, site: Path) -> None:
    build_site(tmp_path / "html", tmp_path / "doctrees", "-j", "1")
    for name, least in (("index", 14), ("experience/index", 10)):
        doctree = pickle.loads((tmp_path / "doctrees" / f"{name}.doctree").read_bytes())
        parts = [node.get("design_component") for node in doctree.findall(lambda node: hasattr(node, "get"))]
        assert parts.count("card") >= least
        assert parts.count("grid-container") >= 4


def test_colours_of_a_figure_on_its_own_are_the_tokens() -> None:
    from labs.kit.figure import STANDALONE_STYLE

    tokens = (REPOSITORY / "src" / "folio" / "static" / "tokens.css").read_text(encoding="utf-8")
    light, dark = (set(re.findall(r"(--[\w-]+): (#\w+)", part)) for part in STANDALONE_STYLE.split("@media"))
    blocks = tokens.split("{")
    assert light <= set(re.findall(r"(--[\w-]+):\s+(#\w+)", "{".join(blocks[4:5]))) | set(
        re.findall(r"(--[\w-]+):\s*(#\w+)", tokens.split('body[data-theme="dark"]')[0])
    )
    assert dark <= set(re.findall(r"(--[\w-]+):\s*(#\w+)", tokens.split('body[data-theme="dark"]')[1]))


def test_only_the_tokens_name_a_colour() -> None:
    static = REPOSITORY / "src" / "folio" / "static"
    for sheet in static.glob("*.css"):
        if sheet.name not in {"tokens.css", "print.css"}:
            rules = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
            assert not re.search(r":[^;{}]*#[0-9a-fA-F]{3,8}\b", rules), sheet.name
