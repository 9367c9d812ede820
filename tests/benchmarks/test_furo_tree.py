"""The tree made once is the tree that Furo makes for every page."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

CONF = 'project = "Tree"\nhtml_theme = "furo"\nextensions = ["myst_parser"{more}]\n'
PAGES = {
    "index": "# Home\n\n```{toctree}\nflat\ndeep/index\n```\n\n```{toctree}\n:caption: Others\nother\nhttps://example.org/x\n```\n",
    "flat": "# Flat & <plain>\n",
    "deep/index": "# Deep\n\n```{toctree}\none\n```\n",
    "deep/one": "# One\n\n```{toctree}\ntwo\n```\n",
    "deep/two": "# Two\n",
    "other": "# Other\n",
    "lone": "---\norphan: true\n---\n\n# Lone\n",
}


def trees(folder: Path, builder: str, more: str) -> dict[str, str]:
    """Build, and give the tree of each page."""
    source, out = folder / "source", folder / f"out{len(more)}"
    for name, text in PAGES.items():
        path = source / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (source / "conf.py").write_text(CONF.format(more=more), encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-b", builder, "-q", "-W", "-j", "2", "-d", str(out / ".trees")]
    subprocess.run([*command, str(source), str(out)], check=True, cwd=REPOSITORY)
    found = {}
    for page in out.rglob("*.html"):
        tree = re.search(r'<div class="sidebar-tree">.*?</div>', page.read_text(encoding="utf-8"), re.DOTALL)
        if tree:
            found[page.relative_to(out).as_posix()] = tree[0]
    return found


@pytest.mark.parametrize("builder", ["html", "dirhtml"])
def test_each_page_has_the_tree_that_furo_would_give_it(tmp_path: Path, builder: str) -> None:
    asked_each_time, made_once = (trees(tmp_path, builder, more) for more in ("", ', "benchmarks.furo_tree"'))
    assert len(asked_each_time) >= len(PAGES)
    assert made_once == asked_each_time
    assert any("current-page" in tree for tree in made_once.values())
