"""The search index: Pagefind over what a reader reads, sections apart, with kind and topic to filter by."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from html import escape
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from docutils import nodes
from lxml import html as lxml_html

from folio.model.front_matter import KINDS
from folio.model.library import LISTS, Library, Page, Post
from folio.publishing.kept import Kept
from folio.publishing.outputs import Outputs, page_path, parsed, select
from folio.reading.domain import writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.html import HtmlElement
    from sphinx.application import Sphinx

FOLDER, ENTRY, WORDS = "pagefind", "pagefind-entry.json", "search-words.json"

UNDER_WAY = "folio-indexing-"
HOLDS = "folio-indexed.txt"
"""Beside the doctrees: a digest of the pages that the index holds."""

NOT_SEARCHED = (
    ".src",
    ".headerlink",
    "svg",
    ".evidence",
    ".copybtn",
    "nav",
    ".toctree-wrapper",
    ".backrefs",
    "details.sd-dropdown",
)
"""What would put words into a page that are not its own or are no prose: sources of numbers, ticks, folded code."""


@dataclass(frozen=True, slots=True)
class Searchable:
    """A page as the index takes it: its address below the site's root, and HTML made for indexing."""

    url: str
    html: str


def searchable(page: Page, written: bytes, topics: Iterable[str]) -> str:
    """Make a page fit for the index.

    Args:
        page: the page as the library knows it.
        written: its HTML as the build wrote it, UTF-8.
        topics: the names of its topics.

    Returns:
        HTML for the index: the page with ids on headings (Sphinx has them on sections, and Pagefind looks at headings),
        its description and filters, and without what is not its own.
    """
    document = parsed(written)
    article = select(document, "main article")[0]
    for selector in NOT_SEARCHED:
        for element in select(article, selector):
            element.drop_tree()
    for table in select(article, ".lab-table"):
        table.set("data-pagefind-weight", "0.2")  # a key that repeats a word a hundred times is not a hundred findings
    for section in article.iter("section"):
        _move_id_to_heading(section)
    for term in select(article, "dl.glossary > dt"):
        term.tag = "h3"  # so that a hit jumps to its term
    kind = KINDS[page.front.kind][0] if isinstance(page, Post) else "Lab" if page.lab else "Page"
    filters = [f"kind:{kind}", *(f"topic:{topic}" for topic in topics)]
    marks = "".join(f'<i data-pagefind-filter="{escape(item)}"></i>' for item in filters)
    body = lxml_html.tostring(article, encoding="unicode")
    return (
        f'<html lang="en-GB"><head><title>{escape(page.title)}</title></head><body><main data-pagefind-body>{marks}'
        f"<h1>{escape(page.title)}</h1><p>{escape(page.dek)}</p>{body}</main></body></html>"
    )


def _move_id_to_heading(section: HtmlElement) -> None:
    heading = next((child for child in section if child.tag in {"h2", "h3", "h4"}), None)
    if heading is not None and section.get("id"):
        heading.set("id", section.get("id"))
        del section.attrib["id"]


def words_of(library: Library, terms: Iterable[str], headings: Iterable[str]) -> list[str]:
    """List the words that a mistyped one is compared with: of terms, titles, headings and slugs, longer than three."""
    pages = library.pages.values()
    text = " ".join([*terms, *headings, *(f"{page.title} {page.docname.rpartition('/')[2]}" for page in pages)])
    found = {word.strip(".,:;!?()“”‘’'\"").lower() for word in text.replace("-", " ").split()}
    return sorted(word for word in found if len(word) > 3 and word.isalpha())


def _pages(app: Sphinx, library: Library) -> Iterator[Searchable]:
    """Take every page that says something itself; lists of pages would only repeat titles and deks."""
    kept = Kept(app, "search")
    for docname, page in library.pages.items():
        if docname == app.config.root_doc or docname.partition("/")[0] in LISTS:
            continue
        topics = [library.topic_names.get(slug, slug) for slug in page.front.topics] if isinstance(page, Post) else []
        url, written = f"/{app.builder.get_target_uri(docname)}", page_path(app, docname).read_bytes()

        def made(page: Page = page, written: bytes = written, topics: list[str] = topics) -> str:
            return searchable(page, written, topics)

        kind = page.front.kind if isinstance(page, Post) else page.lab
        yield Searchable(url, kept.get(docname, written, (page.title, page.dek, kind, topics), made))
    kept.settle()


class Indexing:
    """The making of one index: its process runs beside what else is published."""

    def __init__(self) -> None:
        self.place: TemporaryDirectory[str] | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.digest = ""

    def begin(self, app: Sphinx, _outputs: Outputs) -> None:
        """Start to index the pages, unless the index holds these very pages already."""
        pages = list(_pages(app, writing(app.env).library()))
        self.digest = hashlib.sha256(version("pagefind").encode() + repr(pages).encode()).hexdigest()
        out, holds = Path(app.outdir), Path(app.doctreedir) / HOLDS
        if (out / FOLDER / ENTRY).is_file() and holds.is_file() and holds.read_text(encoding="utf-8") == self.digest:
            return
        holds.unlink(missing_ok=True)
        for left in Path(app.doctreedir).glob(f"{UNDER_WAY}*"):  # by a build that was killed
            shutil.rmtree(left, ignore_errors=True)
        self.place = TemporaryDirectory(prefix=UNDER_WAY, dir=app.doctreedir)
        source, made = Path(self.place.name, "site"), Path(self.place.name, FOLDER)
        for page in pages:
            file = source / page.url.lstrip("/")
            file = file / "index.html" if page.url.endswith("/") else file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(page.html, encoding="utf-8")
        # By its command: its Python interface looks for an answer ten times a second, and asks once a page.
        command = [sys.executable, "-m", "pagefind", "--silent", "--site", str(source), "--output-path", str(made)]
        self.process = subprocess.Popen([*command, "--include-characters", "_"])

    def end(self, app: Sphinx, outputs: Outputs) -> None:
        """Put the new index in its place, so that no half of one is ever served, and the words beside it."""
        library, out = writing(app.env).library(), Path(app.outdir)
        if self.process and self.place:
            if status := self.process.wait():
                raise subprocess.CalledProcessError(status, self.process.args)
            made = Path(self.place.name, FOLDER)
            for unused in made.glob("pagefind-*"):
                if unused.is_file() and unused.name not in {"pagefind-worker.js", ENTRY}:
                    unused.unlink()  # ready-made user interfaces; ours is static/search.js
            shutil.rmtree(out / FOLDER, ignore_errors=True)
            shutil.move(made, out / FOLDER)
            self.place.cleanup()
            (Path(app.doctreedir) / HOLDS).write_text(self.digest, encoding="utf-8")
        self.process = self.place = None
        terms = [name for (kind, name) in app.env.domaindata["std"]["objects"] if kind == "term"]
        headings = [node.astext() for toc in app.env.tocs.values() for node in toc.findall(nodes.reference)]
        (out / WORDS).write_text(json.dumps(words_of(library, terms, headings), ensure_ascii=False), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the handlers: the first and the last of those that publish."""
    indexing = Indexing()
    app.connect("folio-site-finished", indexing.begin, priority=100)
    app.connect("folio-site-finished", indexing.end, priority=950)
