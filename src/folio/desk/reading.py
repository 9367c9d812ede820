"""What the build would say of the sources, without writing a page: they are read and their links resolved."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Collection
from pathlib import Path

from docutils.parsers.rst import directives, roles
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.util.console import nocolor
from sphinx.util.docutils import docutils_namespace, patch_docutils

from folio.desk.findings import Finding
from folio.desk.hints import hinted
from folio.model.library import Post
from folio.reading.domain import writing

WARNED = "folio-warned.json"
WARNING = re.compile(r"^(?:(?P<place>[^\n]*?)(?::(?P<line>\d+))?: )?(?:WARNING|ERROR|CRITICAL): (?P<said>.*)$")
TYPE = re.compile(r" \[[\w.-]+\]$")


def read(docs: Path, kept: Path, root: Path) -> list[Finding]:
    """Read all sources that have changed, drafts too, and resolve every link.

    Args:
        docs: the folder of the sources and of conf.py.
        kept: where what was read is kept between runs.
        root: the repository.

    Returns:
        One finding a warning of Sphinx and its extensions, and one for each link from a published page to a draft.
    """
    nocolor()
    told = io.StringIO()
    kept.mkdir(parents=True, exist_ok=True)
    warned = kept / WARNED
    with patch_docutils(str(docs)), docutils_namespace():
        try:
            app = Sphinx(
                *(str(docs), str(docs), str(kept / "none"), str(kept), "dummy"),
                confoverrides={"folio_drafts": True, "nitpicky": True},
                status=None,
                warning=told,
                parallel=2,
            )
            app.connect("env-get-outdated", lambda _app, env, *_sets: _left(warned) & env.found_docs)
            app.build()
            names = _names(app)  # here: docutils forgets roles and directives with the namespace
        except SphinxError as error:
            return _findings(f"{told.getvalue()}\n{_as_warning(str(error))}", root)
    findings = [
        *(Finding(item.file, item.line, hinted(item.message, names)) for item in _findings(told.getvalue(), root)),
        *_links_to_drafts(app, root),
    ]
    again = {app.env.path2doc(str(root / finding.file)) for finding in findings}
    warned.write_text(json.dumps(sorted(name for name in again if name)), encoding="utf-8")
    return findings


def _names(app: Sphinx) -> dict[str, Callable[[], Collection[str]]]:
    """Say for each sort of name what gives those that exist."""
    env, known = app.env, (list(roles._roles), list(directives._directives))  # type: ignore[attr-defined]
    files = [Path(env.doc2path(name)) for name in env.found_docs]
    return {
        "role": lambda: [*known[0], "footcite:p", "footcite:t", "term"],
        "directive": lambda: known[1],
        "source": lambda: list(env.get_domain("cite").bibdata.data.entries),  # type: ignore[attr-defined]
        "term": lambda: [name for kind, name in env.domaindata["std"]["objects"] if kind == "term"],
        "page": lambda: [*(file.name for file in files), *(f"../{file.parent.name}/{file.name}" for file in files)],
    }


def _as_warning(error: str) -> str:
    """Write what ended the reading as Sphinx writes a warning."""
    place = re.match(r"([^:\n]+(?::\d+)?): ", error)
    return f"{place[1]}: ERROR: {error[place.end() :]}" if place else f"ERROR: {error}"


def _left(warned: Path) -> set[str]:
    """Pages that warned before are read again, or Sphinx would be silent about them."""
    try:
        return set(json.loads(warned.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return set()


def _findings(told: str, root: Path) -> list[Finding]:
    """Turn what Sphinx printed into findings; a line that begins no warning goes on with the one before."""
    found: list[Finding] = []
    for text in told.splitlines():
        match = WARNING.match(text)
        if match:
            found.append(_finding(match, root))
        elif found and text.strip():
            last = found.pop()
            found.append(Finding(last.file, last.line, f"{last.message} {text.strip()}"))
    return list(dict.fromkeys(found))


def _finding(match: re.Match[str], root: Path) -> Finding:
    place = Path(match["place"] or "docs")
    file = place.relative_to(root).as_posix() if place.is_relative_to(root) else place.as_posix()
    return Finding(file, int(match["line"] or 0), TYPE.sub("", match["said"]))


def _links_to_drafts(app: Sphinx, root: Path) -> list[Finding]:
    pages = writing(app.env).library().pages
    drafts = {name for name, page in pages.items() if isinstance(page, Post) and page.front.draft}
    return [
        Finding(
            Path(app.env.doc2path(name)).relative_to(root).as_posix(),
            0,
            f"links to the draft {link.target}: publish that first, or drop the link",
        )
        for name, page in pages.items()
        if name not in drafts
        for link in page.links
        if link.target in drafts
    ]
