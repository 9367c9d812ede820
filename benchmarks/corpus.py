"""Long posts made by a program, and the sites that they are built into: this one's machinery, and plain Sphinx."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import REPOSITORY

TOPICS = ("distributed-systems", "event-driven-architecture", "search-infrastructure", "ai-agents-in-production")
KEPT_LAB = "staffing.md"
KINDS = ("case-study", "breakdown", "design-note", "reflection")
SYLLABLES = "ba co di fu ga he ji ko lu ma ne po qui ra so ti vu we xa yo".split()
CODE = '''def settle(batch: list[int], cap: int) -> list[list[int]]:
    """Split a batch at its cap."""
    parts = [batch[start : start + cap] for start in range(0, len(batch), cap)]
    for number, part in enumerate(parts):
        if not part:
            raise ValueError(f"part {number} is empty")
    return parts
'''

PLAIN_CONF = """\
project = "Plain"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Plain"
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
"""


class Writer:
    """Writes one post after the other; the same ones for the same seed.

    Args:
        count: how many there will be.
        seed: of the words.
    """

    def __init__(self, count: int, seed: int = 20261122) -> None:
        self.count = count
        self.chance = random.Random(seed)
        self.vocabulary = ["".join(self.chance.choices(SYLLABLES, k=self.chance.randint(1, 4))) for _ in range(4_000)]

    def words(self, number: int) -> str:
        return " ".join(self.chance.choices(self.vocabulary, k=number))

    def sentence(self) -> str:
        return self.words(self.chance.randint(6, 22)).capitalize() + "."

    def paragraph(self) -> str:
        return " ".join(self.sentence() for _ in range(self.chance.randint(3, 6)))

    def title(self, number: int) -> str:
        return f"Post {number}: {self.words(5)}"

    def body(self, number: int) -> str:
        """2,000 to 3,000 words with code, tables, notes, footnotes and links to other posts."""
        return "\n\n".join(self._parts(number))

    def _parts(self, number: int) -> Iterator[str]:
        yield self.paragraph()
        for section in range(8):
            yield f"## {self.words(5).capitalize()} {section}"
            for _ in range(self.chance.randint(3, 5)):
                yield self.paragraph()
            other = self.chance.randrange(self.count)
            yield f"{self.sentence()} See [{self.words(3)}](post-{other:04}.md) for more.[^{section}]"
            if section % 2:
                yield f"```python\n{CODE * 2}```"
            else:
                rows = "\n".join(f"| {self.words(2)} | {self.words(3)} | {self.words(1)} |" for _ in range(6))
                yield f"| a | b | c |\n| --- | --- | ---: |\n{rows}"
            if section % 3 == 0:
                yield f":::{{note}}\n{self.sentence()}\n:::"
        for section in range(8):
            yield f"[^{section}]: {self.sentence()}"


def plain(folder: Path, count: int) -> Path:
    """Write the posts as a plain Sphinx site with MyST and Furo.

    Args:
        folder: where; made new.
        count: how many posts.

    Returns:
        The folder of its sources.
    """
    writer, posts = Writer(count), folder / "posts"
    posts.mkdir(parents=True)
    (folder / "conf.py").write_text(PLAIN_CONF, encoding="utf-8")
    index = "# Plain\n\n```{toctree}\n:glob:\n\nposts/*\n```\n"
    (folder / "index.md").write_text(index, encoding="utf-8")
    for number in range(count):
        text = f"# {writer.title(number)}\n\n{writer.body(number)}\n"
        (posts / f"post-{number:04}.md").write_text(text, encoding="utf-8")
    return folder


def house(folder: Path, count: int) -> Path:
    """Write the posts into a copy of this site, in place of its own and of all pages of labs but one.

    Args:
        folder: where; made new.
        count: how many posts.

    Returns:
        The folder of its sources.
    """
    writer, docs = Writer(count), folder / "docs"
    shutil.copytree(REPOSITORY / "docs", docs, ignore=shutil.ignore_patterns("_build"))
    (folder / "labs").symlink_to(REPOSITORY / "labs")
    for path in [*docs.glob("posts/*.md"), *docs.glob("labs/*.md")]:
        if path.name not in {"index.md", KEPT_LAB}:
            path.unlink()
    home = (docs / "index.md").read_text(encoding="utf-8")
    (docs / "index.md").write_text(re.sub(r"````\{featured\}.*?````\n", "", home, flags=re.DOTALL), encoding="utf-8")
    for number in range(count):
        front = (
            f'---\ntitle: "{writer.title(number)}"\ndek: {writer.sentence()}\n'
            f"date: {2020 + number % 6}-0{1 + number % 9}-1{number % 9}\n"
            f"kind: {KINDS[number % 4]}\ntopics: [{TOPICS[number % 4]}]\n---\n\n"
        )
        (docs / f"posts/post-{number:04}.md").write_text(front + writer.body(number) + "\n", encoding="utf-8")
    return docs
