"""The pieces as a whole: their order, series, topics, and what connects them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from heapq import nsmallest
from itertools import groupby
from typing import cast

from folio.model.front_matter import KINDS, Kind, PostFront
from folio.model.tracing import Traces

LISTS = ("kinds", "topics", "series")
"""The folders whose pages only list posts: one a kind, a topic or a series, named by its key."""

WORDS_A_MINUTE = 238
"""The mean speed of silent reading of English non-fiction (Brysbaert 2019, doi 10.1016/j.jml.2019.104047)."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link from one page to another, with the sentence in which it stands."""

    target: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page as the library knows it.

    Args:
        docname: where it is.
        title: its H1.
        dek: its description, every binding filled in.
        links: its links to other pages, in order.
        lab: the lab whose page it is.
        traces: what its quantities rest on.
    """

    docname: str
    title: str
    dek: str
    links: tuple[Link, ...] = ()
    lab: str | None = None
    traces: Traces = field(default_factory=Traces)


@dataclass(frozen=True, slots=True)
class Post(Page):
    """A post as the library knows it.

    Args:
        front: its front matter.
        words: the length of its prose in words.
        terms: the glossary terms that it uses.
    """

    front: PostFront = field(kw_only=True)
    words: int = field(default=0, kw_only=True)
    terms: frozenset[str] = field(default=frozenset(), kw_only=True)

    @property
    def slug(self) -> str:
        """The last part of its docname, and of its address."""
        return self.docname.rpartition("/")[2]

    @property
    def minutes(self) -> int:
        """How long it takes to read, in whole minutes, at least one."""
        return max(1, round(self.words / WORDS_A_MINUTE))


@dataclass(frozen=True, slots=True)
class Related:
    """A related piece and why it is one, as words to show."""

    post: Post
    reason: str


@dataclass(frozen=True, slots=True)
class Citing:
    """A page that links here, with the sentence that does."""

    page: Page
    sentence: str


@dataclass(frozen=True, slots=True)
class Label:
    """A kind, a topic or a series as a reader sees it: its name, and the docname of its page once it has one."""

    name: str
    docname: str | None


@dataclass(frozen=True, slots=True)
class Labelled:
    """A post with its kind, its topics and its series as labels."""

    post: Post
    kind: Label
    topics: tuple[Label, ...]
    series: Label | None


@dataclass(frozen=True)
class Library:
    """All pages of the site.

    Args:
        pages: every page, posts included, by docname.
        topic_names: names of the topics by slug.
        series_names: names of the series by key.
    """

    pages: Mapping[str, Page]
    topic_names: Mapping[str, str]
    series_names: Mapping[str, str]

    def posts(self, kind: Kind | None = None, topic: str | None = None, year: int | None = None) -> list[Post]:
        """List posts, newest first, those of one day by docname.

        Args:
            kind, topic, year: where given, only the posts that have it.
        """
        return [
            post
            for post in self._posts
            if (kind is None or post.front.kind == kind)
            and (topic is None or topic in post.front.topics)
            and (year is None or post.front.date.year == year)
        ]

    @cached_property
    def _posts(self) -> tuple[Post, ...]:
        found = sorted((page for page in self.pages.values() if isinstance(page, Post)), key=lambda post: post.docname)
        return tuple(sorted(found, key=lambda post: post.front.date, reverse=True))

    @cached_property
    def topics_with_counts(self) -> tuple[tuple[str, str, int], ...]:
        """Each topic's slug, name and number of posts, in the order of the profile."""
        counts = Counter(topic for post in self._posts for topic in post.front.topics)
        return tuple((slug, name, counts[slug]) for slug, name in self.topic_names.items())

    def post(self, slug: str) -> Post | None:
        """Find a post by its slug."""
        return next((post for post in self._posts if post.slug == slug), None)

    def series(self, key: str) -> list[Post]:
        """List the posts of a series by part; two of one part by docname."""
        parts = [post for post in self._posts if post.front.series == key]
        return sorted(parts, key=lambda post: (post.front.part or 0, post.docname))

    def label(self, group: str, key: str, name: str) -> Label:
        """Make a label; its page is the one named `key` in the folder `group` (`kinds`, `topics`, `series`)."""
        docname = f"{group}/{key}"
        return Label(name, docname if docname in self.pages else None)

    def labelled(self, post: Post) -> Labelled:
        """Give a post with its labels."""
        front = post.front
        return Labelled(
            post,
            self.label("kinds", front.kind, KINDS[front.kind][0]),
            tuple(self.label("topics", slug, self.topic_names.get(slug, slug)) for slug in front.topics),
            self.label("series", front.series, self.series_names.get(front.series, front.series))
            if front.series
            else None,
        )

    def neighbours(self, post: Post) -> tuple[Post | None, Post | None]:
        """Find the pieces before and after a post in its series."""
        if post.front.series is None:
            return None, None
        parts = self.series(post.front.series)
        place = parts.index(post)
        return (parts[place - 1] if place else None), (parts[place + 1] if place + 1 < len(parts) else None)

    def citing(self, docname: str) -> list[Citing]:
        """List what links to a page, posts before other pages, each page once with its first citing sentence."""
        found = self._citing.get(docname, {}).values()
        return sorted(found, key=lambda citing: (not isinstance(citing.page, Post), citing.page.docname))

    @cached_property
    def _citing(self) -> dict[str, dict[str, Citing]]:
        """By page, the pages that link to it."""
        found: dict[str, dict[str, Citing]] = {}
        for docname, page in self.pages.items():
            for link in page.links:
                if link.target != docname:
                    found.setdefault(link.target, {}).setdefault(docname, Citing(page, link.sentence))
        return found

    def related(self, post: Post, most: int = 3) -> list[Related]:
        """Find the pieces that share most with a post, its series apart, which is shown beside them.

        A shared glossary term weighs more the fewer pieces use it; a shared lab or topic weighs as a rare term does.

        Args:
            post: the post.
            most: how many at most.

        Returns:
            The pieces, the nearest first, each with the names of what it shares.
        """
        uses, scored = self._uses, []
        for other in self._sharing(post):
            same_series = post.front.series is not None and other.front.series == post.front.series
            if other.docname == post.docname or same_series:
                continue
            terms = sorted(post.terms & other.terms, key=lambda term: (uses[term], term))
            topics = [self.topic_names.get(slug, slug) for slug in post.front.topics if slug in other.front.topics]
            labs = [name for name in post.front.labs if name in other.front.labs]
            score = sum(2 / uses[term] for term in terms) + len(topics) + len(labs)
            if score:
                scored.append((score, other, [*labs, *terms, *topics][:3]))
        nearest = nsmallest(most, scored, key=lambda item: (-item[0], item[1].docname))
        return [Related(other, f"shares: {', '.join(names)}") for _, other, names in nearest]

    @cached_property
    def _uses(self) -> Counter[str]:
        """How many posts use each term."""
        return Counter(term for post in self._posts for term in post.terms)

    @cached_property
    def _having(self) -> dict[tuple[str, str], list[str]]:
        """The posts that have each term, topic and lab, by docname."""
        found: dict[tuple[str, str], list[str]] = {}
        for post in self._posts:
            for mark in _marks(post):
                found.setdefault(mark, []).append(post.docname)
        return found

    def _sharing(self, post: Post) -> list[Post]:
        """List the posts that share anything with a post."""
        names = {name for mark in _marks(post) for name in self._having[mark]}
        return [cast("Post", self.pages[name]) for name in sorted(names)]

    def readers_of_lab(self, name: str) -> list[Post]:
        """List the posts that rest on a lab, newest first."""
        return [post for post in self._posts if name in post.front.labs]

    def lab_page(self, name: str) -> Page | None:
        """Find the page of a lab."""
        return next((page for page in self.pages.values() if page.lab == name), None)


def _marks(post: Post) -> list[tuple[str, str]]:
    """Everything by which posts are related."""
    front = post.front
    kinds = (("term", post.terms), ("topic", front.topics), ("lab", front.labs))
    return [(kind, name) for kind, names in kinds for name in names]


def sentence_around(text: str, start: int, end: int) -> str:
    """Cut the sentence out of a paragraph in which a stretch of it stands.

    Args:
        text: the paragraph.
        start, end: the stretch, as offsets in characters.

    Returns:
        The sentence, its white space single.
    """
    stops = [
        0,
        *(index + 1 for index in range(len(text) - 1) if text[index] in ".!?" and text[index + 1].isspace()),
        len(text),
    ]
    first = max(stop for stop in stops if stop <= start)
    last = min((stop for stop in stops if stop >= end), default=len(text))
    return " ".join(text[first:last].split())


def by_year(posts: Iterable[Post]) -> list[tuple[int, list[Post]]]:
    """Group posts that are in order of their dates by year, keeping the order."""
    return [(year, list(of_year)) for year, of_year in groupby(posts, key=lambda post: post.front.date.year)]
