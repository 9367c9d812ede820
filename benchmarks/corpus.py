"""Long posts made by a program: the same words for every generator, each in its own dialect of Markdown."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass

TOPICS = ("distributed-systems", "event-driven-architecture", "search-infrastructure", "ai-agents-in-production")
FIRST_DAY = dt.date(2020, 1, 1)
SYLLABLES = "ba co di fu ga he ji ko lu ma ne po qui ra so ti vu we xa yo".split()
CODE = '''def settle(batch: list[int], cap: int) -> list[list[int]]:
    """Split a batch at its cap."""
    parts = [batch[start : start + cap] for start in range(0, len(batch), cap)]
    for number, part in enumerate(parts):
        if not part:
            raise ValueError(f"part {number} is empty")
    return parts
'''


@dataclass(frozen=True)
class Dialect:
    """What generators write differently.

    Args:
        link: the target of a link to another post, with its slug for `{slug}`.
        note: a note, with its words for `{words}`.
    """

    link: str = "{slug}.md"
    note: str = ":::{{note}}\n{words}\n:::"


@dataclass(frozen=True)
class Post:
    """One post; `body` has no title."""

    number: int
    slug: str
    title: str
    dek: str
    date: dt.date
    topic: str
    body: str


def slug(number: int) -> str:
    """Name a post."""
    return f"post-{number:04}"


class Writer:
    """Writes one post after the other; the same ones for the same seed.

    Args:
        count: how many there will be.
        dialect: in which they are written.
        seed: of the words.
    """

    def __init__(self, count: int, dialect: Dialect = Dialect(), seed: int = 20261122) -> None:
        self.count, self.dialect = count, dialect
        self.chance = random.Random(seed)
        self.vocabulary = ["".join(self.chance.choices(SYLLABLES, k=self.chance.randint(1, 4))) for _ in range(4_000)]

    def words(self, number: int) -> str:
        return " ".join(self.chance.choices(self.vocabulary, k=number))

    def sentence(self) -> str:
        return self.words(self.chance.randint(6, 22)).capitalize() + "."

    def paragraph(self) -> str:
        return " ".join(self.sentence() for _ in range(self.chance.randint(3, 6)))

    def posts(self) -> Iterator[Post]:
        """Write all of them: each 2,000 to 3,000 words with code, tables, notes, footnotes and links to other posts."""
        for number in range(self.count):
            title, dek, body = f"Post {number}: {self.words(5)}", self.sentence(), "\n\n".join(self._parts())
            yield Post(
                number, slug(number), title, dek, FIRST_DAY + dt.timedelta(days=number), TOPICS[number % 4], body
            )

    def _parts(self) -> Iterator[str]:
        yield self.paragraph()
        for section in range(8):
            yield f"## {self.words(5).capitalize()} {section}"
            for _ in range(self.chance.randint(3, 5)):
                yield self.paragraph()
            target = self.dialect.link.format(slug=slug(self.chance.randrange(self.count)))
            yield f"{self.sentence()} See [{self.words(3)}]({target}) for more.[^{section}]"
            if section % 2:
                yield f"```python\n{CODE * 2}```"
            else:
                rows = "\n".join(f"| {self.words(2)} | {self.words(3)} | {self.words(1)} |" for _ in range(6))
                yield f"| a | b | c |\n| --- | --- | ---: |\n{rows}"
            if section % 3 == 0:
                yield self.dialect.note.format(words=self.sentence())
        for section in range(8):
            yield f"[^{section}]: {self.sentence()}"
