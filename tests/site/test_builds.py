"""The real site, built in other ways, is the same site."""

from __future__ import annotations

import os
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY


def contents(site: Path) -> dict[str, bytes]:
    """Every file but Pagefind's index, which is not the same twice."""
    files = (path for path in site.rglob("*") if path.is_file() and "pagefind" not in path.relative_to(site).parts)
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in files}


ANOTHER_DAY = """
import sys, time_machine
with time_machine.travel("2031-02-03 04:05:06"):
    from sphinx.cmd.build import main
    sys.exit(main(sys.argv[1:]))
"""


def test_a_serial_build_of_another_folder_on_another_day_with_other_hashes_gives_the_same_bytes(
    site: Path, tmp_path: Path
) -> None:
    docs, html = tmp_path / "elsewhere" / "docs", tmp_path / "html"
    shutil.copytree(REPOSITORY / "docs", docs, ignore=shutil.ignore_patterns("_build"))
    (docs.parent / "labs").symlink_to(REPOSITORY / "labs")
    done = subprocess.run(
        [sys.executable, "-c", ANOTHER_DAY, "-b", "dirhtml", "-n", "-W", "-q", "-j", "1", str(docs), str(html)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONHASHSEED": "77", "TZ": "Asia/Kolkata"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(html / ".doctrees")
    assert contents(html) == contents(site)


def test_the_canonical_address_is_what_read_the_docs_says(hosted_site: Path) -> None:
    page = (hosted_site / "posts" / "eight-minutes-to-five" / "index.html").read_text(encoding="utf-8")
    assert 'rel="canonical" href="https://example.readthedocs.io/en/latest/posts/eight-minutes-to-five/"' in page


def test_home_and_experience_are_made_of_sphinx_designs_grids_and_cards(site: Path) -> None:
    for name, least in (("index", 14), ("experience/index", 10)):
        doctree = pickle.loads((site.parent / "doctrees" / f"{name}.doctree").read_bytes())
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
