"""After any edits, a build that goes on from what stands says and writes what one from nothing does."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sphinx.testing.util import SphinxTestApp

from tests.conftest import ROOTS
from tests.publishing.test_incremental import pages

GLOSSARY = """---
title: Glossary
dek: The words.
---

:::{glossary}
Outbox
    A table of what is still to be sent.
:::
"""
SLUGS = ("a", "b", "c", "d")
WORDS = ("Ferry", "Harbour", "Lantern", "Quarry")


@dataclass(frozen=True)
class Piece:
    """A post, as far as other pages show it or it shows them."""

    title: str = "Harbour"
    dek: str = "What it says."
    words: str = "Lantern"
    kind: str = "breakdown"
    topic: str = "distributed-systems"
    part: int | None = None
    draft: bool = False
    link: str | None = None
    fact: bool = False
    lab: bool = False
    term: bool = False

    def source(self) -> str:
        """The post as its author writes it."""
        front = [f"title: {self.title}", f"dek: {self.dek}", "date: 2026-03-01", f"kind: {self.kind}"]
        front.append(f"topics: [{self.topic}]")
        front += [f"series: first-series\npart: {self.part}"] if self.part else []
        front += ["draft: true"] if self.draft else []
        front += ["facts: [search.p95]"] if self.fact else []
        front += ["labs: [toy]"] if self.lab else []
        text = [f"## {self.words} at last\n\n{self.words} stands."]
        text += [f"It rests on [](/posts/{self.link}.md)."] if self.link else []
        text += ["It took {fact}`search.p95`."] if self.fact else []
        text += ["It ends at {result}`toy.answer`."] if self.lab else []
        text += ["It uses an {term}`outbox`."] if self.term else []
        return "---\n" + "\n".join(front) + "\n---\n\n" + "\n\n".join(text) + "\n"


PIECES = st.builds(
    Piece,
    title=st.sampled_from(WORDS),
    dek=st.sampled_from(["What it says.", "What it leaves out."]),
    words=st.sampled_from(WORDS),
    kind=st.sampled_from(["breakdown", "case-study"]),
    topic=st.sampled_from(["distributed-systems", "search-infrastructure"]),
    part=st.sampled_from([None, None, 1, 2, 3]),
    draft=st.booleans(),
    link=st.sampled_from([None, *SLUGS]),
    fact=st.booleans(),
    lab=st.booleans(),
    term=st.booleans(),
)

CHANGES = st.sampled_from(["title", "dek", "words", "kind", "topic", "part", "draft", "link", "fact", "lab", "term"])


class Edits(RuleBasedStateMachine):
    """An author at work on a small site; now and then he builds it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.source = self.folder / "source"
        shutil.copytree(ROOTS / "test-post", self.source)
        for name in ("first", "second", "third"):
            (self.source / "posts" / f"{name}.md").unlink()
        (self.source / "glossary.md").write_text(GLOSSARY, encoding="utf-8")
        self.posts: dict[str, Piece] = {}
        self.clock = count(1_800_000_000, 2)  # seconds: the time of a source tells Sphinx that it changed
        self.edited = True

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def put(self, slug: str, piece: Piece) -> None:
        self.posts[slug] = piece
        path = self.source / "posts" / f"{slug}.md"
        path.write_text(piece.source(), encoding="utf-8")
        self.touched(path)

    def touched(self, path: Path) -> None:
        self.edited = True
        now = next(self.clock)
        os.utime(path, (now, now))

    @initialize(pieces=st.lists(PIECES, min_size=2, max_size=3))
    def begin(self, pieces: list[Piece]) -> None:
        for slug, piece in zip(SLUGS, pieces, strict=False):
            self.put(slug, piece)
        self.build()

    @rule(slug=st.sampled_from(SLUGS), piece=PIECES)
    def write(self, slug: str, piece: Piece) -> None:
        self.put(slug, piece)

    @precondition(lambda self: self.posts)
    @rule(data=st.data(), piece=PIECES, what=CHANGES)
    def edit(self, data: st.DataObject, piece: Piece, what: str) -> None:
        slug = data.draw(st.sampled_from(sorted(self.posts)))
        self.put(slug, replace(self.posts[slug], **{what: getattr(piece, what)}))

    @precondition(lambda self: self.posts)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        slug = data.draw(st.sampled_from(sorted(self.posts)))
        del self.posts[slug]
        (self.source / "posts" / f"{slug}.md").unlink()
        self.edited = True

    @precondition(lambda self: 0 < len(self.posts) < len(SLUGS))
    @rule(data=st.data())
    def rename(self, data: st.DataObject) -> None:
        """Rename a post; the file keeps its time."""
        old = data.draw(st.sampled_from(sorted(self.posts)))
        new = data.draw(st.sampled_from([slug for slug in SLUGS if slug not in self.posts]))
        self.posts[new] = self.posts.pop(old)
        (self.source / "posts" / f"{old}.md").rename(self.source / "posts" / f"{new}.md")
        self.edited = True

    @precondition(lambda self: self.edited)
    @rule()
    def build(self) -> None:
        self.edited = False
        went_on, told = self.built("kept")
        shutil.rmtree(self.folder / "anew", ignore_errors=True)
        anew, told_anew = self.built("anew")
        assert told == told_anew
        assert went_on.keys() == anew.keys()
        for name, content in anew.items():
            assert went_on[name] == content, name

    def built(self, name: str) -> tuple[dict[str, bytes], set[str]]:
        """Build into a folder; give every file that a reader can open, and what was told."""
        app = SphinxTestApp("dirhtml", srcdir=self.source, builddir=self.folder / name)
        try:
            app.build()
            # What names no source is Sphinx's, of what other builds in this process have left registered.
            told = {line for line in app.warning.getvalue().splitlines() if str(self.source) in line}
            return pages(app), told
        finally:
            app.cleanup()


TestEdits = Edits.TestCase
TestEdits.settings = settings(
    max_examples=int(os.environ.get("FOLIO_EDITS", "4")),  # a longer search: FOLIO_EDITS=300
    stateful_step_count=8,
    phases=[Phase.generate],  # each step is a build: to shrink what fails takes minutes, and steps are few
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
