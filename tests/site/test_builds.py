"""The real site, built in other ways, is the same site."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

from tests.conftest import REPOSITORY, build_site


def contents(site: Path) -> dict[str, bytes]:
    """Every file but Pagefind's index, which is not the same twice."""
    files = (path for path in site.rglob("*") if path.is_file() and "pagefind" not in path.relative_to(site).parts)
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in files}


def test_a_serial_build_in_another_folder_gives_the_same_bytes(site: Path, tmp_path: Path) -> None:
    build_site(tmp_path / "elsewhere" / "html", tmp_path / "elsewhere" / "doctrees", "-j", "1")
    assert contents(tmp_path / "elsewhere" / "html") == contents(site)


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
