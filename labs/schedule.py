"""What is the chance that a plan made of fair estimates is kept, and what does its waiting cost?

A model: the book, its parts and its weeks are invented. A book has `STRANDS` strands (text, paintings, maps, songs,
keys), one person each, and each strand does the same `TASKS` habitats one after another. An estimate is fair: it is the
median, so that the task takes longer as often as not. Times are lognormal, and one task in ten takes `SPREAD` times its
estimate or longer. The plan is the sum of a strand's estimates.

Method: books drawn from a seeded generator; every plan and every cut is worked out on the same draws. The logarithm of
a task's time is a sum of three parts: shared by the book, shared along the strand, its own; `World.book` and
`World.strand` are the shares of its variance from the first two. A date in weeks is the week by which so many books in
a hundred are ready; other counts are of a thousand. MacCrimmon and Ryavec, An Analytical Study of the PERT Assumptions
(1964), is an early account of what such sums do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

STRANDS, TASKS = 5, 6
ESTIMATE, SPREAD = 2.0, 2.0
PLAN = TASKS * ESTIMATE
NINETY = 1.2815515655446004  # a normal variable stays below this nine times in ten
BOOKS = 12_000
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
CHANCES = (2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 98)
SEED = 20261123

LAB = Lab(
    name="schedule",
    title="A book of fair estimates",
    question="What is the chance that a plan made of fair estimates is kept, and what does its waiting cost?",
    parameters=(
        Parameter("STRANDS", STRANDS, "strands", "illustrative: people who work side by side"),
        Parameter("TASKS", TASKS, "tasks a strand", "illustrative: habitats, one after another"),
        Parameter("ESTIMATE", ESTIMATE, "weeks", "illustrative: the median of every task"),
        Parameter("SPREAD", SPREAD, "times", "illustrative: one task in ten takes at least so many times its estimate"),
        Parameter("BOOKS", BOOKS, "books", "drawn in each world"),
        Parameter("SHARES", "0, 0.25, 0.5, 0.75 and 1", "of variance", "illustrative: luck that all strands share"),
        Parameter("SEED", SEED, "", "any number will do"),
    ),
    seconds=9,
)

Book: TypeAlias = list[list[float]]  # the weeks that each task took, by strand


@dataclass(frozen=True, slots=True)
class World:
    """How books go: the plan's size, a task's spread, and the shares of luck common to the book, to the strand."""

    strands: int = STRANDS
    tasks: int = TASKS
    spread: float = SPREAD
    book: float = 0.0
    strand: float = 0.0

    @property
    def sigma(self) -> float:
        """Tell the standard deviation of the logarithm of a task's time."""
        return math.log(self.spread) / NINETY

    def draw(self, books: int = BOOKS, seed: int = SEED) -> list[Book]:
        """Draw books."""
        normal = Random(seed).gauss
        book, strand, own = (math.sqrt(s) for s in (self.book, self.strand, max(0.0, 1 - self.book - self.strand)))
        drawn = []
        for _ in range(books):
            common = book * normal(0, 1)
            levels = [common + strand * normal(0, 1) for _ in range(self.strands)]
            luck = [[level + own * normal(0, 1) for _ in range(self.tasks)] for level in levels]
            drawn.append([[ESTIMATE * math.exp(self.sigma * one) for one in row] for row in luck])
        return drawn


def at_end(book: Book) -> float:
    """Tell when a book is ready if its strands are joined once, at the printer's."""
    return max(map(sum, book))


def after_each(book: Book, ahead: int = 0) -> float:
    """Tell when a book is ready if nobody may be more than `ahead` habitats ahead of the last."""
    ready, joined = [0.0] * len(book), [0.0] * (ahead + 1)
    for habitat in zip(*book, strict=True):
        ready = [max(done, joined[-1 - ahead]) + weeks for done, weeks in zip(ready, habitat, strict=True)]
        joined.append(max(ready))
    return joined[-1]


def date(times: Sequence[float], chance: float) -> float:
    """Read off the week by which so many books in a hundred are ready."""
    return sorted(times)[math.ceil(len(times) * chance / 100) - 1]


def kept(times: Sequence[float], week: float) -> float:
    """Count the books, of a thousand, that are ready by a week."""
    return 1000 * sum(time <= week for time in times) / len(times)


def rarely(weeks: float) -> float:
    """Turn a task's time so that one in ten takes four times its estimate and the others stay near it."""
    return 4 * ESTIMATE if weeks >= SPREAD * ESTIMATE else ESTIMATE * (weeks / ESTIMATE) ** 0.2


def together(strands: Sequence[float], week: float) -> float:
    """Count the books, of a thousand, whose strands are all ready by a week, each by its own luck."""
    return 1000 * (kept(strands, week) / 1000) ** STRANDS


def cuts(books: list[Book], chance: float = 50) -> dict[str, float]:
    """Start from joins after every habitat, and tell by how many weeks each cut moves a date."""
    before = date([after_each(book) for book in books], chance)
    return {
        "joins": before - date([at_end(book) for book in books], chance),
        "ahead": before - date([after_each(book, 1) for book in books], chance),
        "habitat": before - date([after_each([strand[1:] for strand in book]) for book in books], chance),
    }


def most_often_last(book: Book) -> int:
    """Count the habitats at which one strand was last, for the strand that was last most often."""
    last = [habitat.index(max(habitat)) for habitat in zip(*book, strict=True)]
    return max(map(last.count, last))


def lead(cut: dict[str, float]) -> float:
    """Tell by how many weeks the joins gain more than a habitat."""
    return cut["joins"] - cut["habitat"]


def turn(near: dict[str, float], far: dict[str, float]) -> float:
    """Tell how far beyond the nearer share joins and habitat gain the same, if the other is a quarter further."""
    return 0.25 * lead(near) / (lead(near) - lead(far))


def run(progress: Progress) -> Results:
    """Draw books without shared luck, then with it."""
    own = World().draw()
    found = plans(own)
    progress(0.3, "shared luck")
    return found | sharing(own)


def plans(books: list[Book]) -> Results:
    """Follow the strands and the plans if luck is everybody's own, and the date that PERT would give."""
    world = World()
    strands: list[float] = [sum(strand) for book in books for strand in book]
    ends = [at_end(book) for book in books]
    mean = PLAN * math.exp(world.sigma**2 / 2)
    pert = mean + NINETY * mean * math.sqrt(math.expm1(world.sigma**2) / TASKS)
    long = [[[1.5 * weeks for weeks in book[0]], *book[1:]] for book in books]
    last = date([at_end(book) for book in long], 50) - date([sum(book[0]) for book in long], 50)
    rare = cuts([[[rarely(weeks) for weeks in strand] for strand in book] for book in books])
    return {
        "one.kept": Result(kept(strands, PLAN), "strands of 1,000 that keep the plan", "strands"),
        "end.kept": Result(together(strands, PLAN), "books of 1,000 that keep it, joined once", "books"),
        "pert": Result(pert, "a strand's nine-in-ten date by mean and variance", "weeks"),
        "pert.end": Result(together(strands, pert), "books of 1,000 ready by it, joined once", "books"),
        "chances": Result([*CHANCES], "strands or books in a hundred that are ready", ""),
        "one": Result([date(strands, chance) for chance in CHANCES], "when so many strands are ready", "weeks"),
        "end": Result([date(ends, chance) for chance in CHANCES], "when so many books are, joined once", "weeks"),
        "one.date50": Result(date(strands, 50), "even-odds date of a strand", "weeks"),
        "end.date50": Result(date(ends, 50), "even-odds date, joined once", "weeks"),
        "end.date90": Result(date(ends, 90), "nine-in-ten date, joined once", "weeks"),
        "each.date50": Result(date([after_each(book) for book in books], 50), "even-odds date, six joins", "weeks"),
        "end.range": Result(date(ends, 90) / date(ends, 10), "its nine-in-ten date over its one-in-ten date", "times"),
        "uneven.last": Result(last, "weeks that the last join adds if the painter takes half as long again", "weeks"),
        "uneven.joins": Result(cuts(long)["joins"], "weeks off the date of such a book: inner joins", "weeks"),
        "rare.ahead": Result(rare["ahead"], "weeks off if bad luck is rare and large: one habitat ahead", "weeks"),
    }


def sharing(own: list[Book]) -> Results:
    """Let the book, or each strand, share luck, and cut the plan in each case."""
    drawn = {share: own if share == 0 else World(book=share).draw() for share in SHARES}
    along = {share: World(strand=share).draw() for share in (0.25, 0.5)}
    ends = {share: [at_end(book) for book in books] for share, books in drawn.items()}
    half, strand = ends[0.5], [at_end(book) for book in along[0.5]]
    worlds = {"own": own, "half": drawn[0.5], "strand": along[0.5]}
    gains = {name: cuts(books) for name, books in worlds.items()}
    often = {name: [most_often_last(book) >= 4 for book in books] for name, books in worlds.items()}
    alone = [sum(one) for book in along[0.5] for one in book]
    return {
        "half": Result([date(half, chance) for chance in CHANCES], "when so many books are, half shared", "weeks"),
        "half.one": Result(kept(alone, PLAN), "strands of 1,000 that keep the plan, half shared", "strands"),
        "half.kept": Result(kept(half, PLAN), "books of 1,000 that keep it, half shared", "books"),
        "half.date50": Result(date(half, 50), "even-odds date if half the luck is shared by the book", "weeks"),
        "half.date90": Result(date(half, 90), "nine-in-ten date if so", "weeks"),
        "half.range": Result(date(half, 90) / date(half, 10), "its ratio to the one-in-ten date", "times"),
        "strand.date50": Result(date(strand, 50), "even-odds date if half is shared along each strand", "weeks"),
        "strand.date90": Result(date(strand, 90), "nine-in-ten date if so", "weeks"),
        "shares": Result([*SHARES], "share of the luck that the book shares", "of variance"),
        "shared.date50": Result([date(ends[s], 50) for s in SHARES], "week by which 50 of 100 are ready", "weeks"),
        "shared.date90": Result([date(ends[s], 90) for s in SHARES], "week by which 90 of 100 are ready", "weeks"),
        "turn.strand": Result(0.25 + turn(cuts(along[0.25]), gains["strand"]), "share at which both gain the same", ""),
        "turn.book": Result(0.5 + turn(gains["half"], cuts(drawn[0.75])), "share of the book at which they do", ""),
        "last.own": Result(1000 * sum(often["own"]) / BOOKS, "books of 1,000 with one strand last 4 times", "books"),
        "last.strand": Result(1000 * sum(often["strand"]) / BOOKS, "with half shared along each strand", "books"),
    } | {
        f"cut.{name}.{cut}": Result(weeks, f"weeks off the even-odds date: {cut}, {name}", "weeks")
        for name, gained in gains.items()
        for cut, weeks in gained.items()
    }


def draw(values: Values) -> Iterator[Figure]:
    """Draw when books are ready, and what shared luck does to two dates."""
    yield Figure("ready", drawing=_ready(values, COLUMN), narrow=_ready(values, NARROW))
    yield Figure("shared", drawing=_shared(values, COLUMN), narrow=_shared(values, NARROW))


def _ready(values: Values, width: int) -> str:
    x, y = Scale(6, 36, (8, 12, 16, 20, 24, 28, 32)), Scale(0, 100, (0, 25, 50, 75, 100))
    chart = Chart(width, 360, x, y, "weeks since the start", "ready, of 100", right=18, top=46)
    chart.line([12, 12], [0, 100], 0, dash=True)
    for tone, key in ((2, "one"), (1, "end"), (4, "half")):
        chart.line(numbers(values[key]), numbers(values["chances"]), tone)
        chart.marks(numbers(values[key]), numbers(values["chances"]), tone, x_key=key, y_key="chances")
    chart.label(12, 100, "the plan", dy=-8, anchor="middle")
    chart.label(16.8, 100, "a strand", 2, dy=-8)
    chart.label(18.2, 35, "a book, own luck", 1)
    chart.label(36, 68, "a book, half shared", 4, anchor="end")
    return chart.svg()


def _shared(values: Values, width: int) -> str:
    x = Scale(0, 1, ((0, "none"), (0.25, "0.25"), (0.5, "half"), (0.75, "0.75"), (1, "all")))
    chart = Chart(width, 320, x, Scale(10, 28, (12, 16, 20, 24)), "luck shared by all five", "week", right=20)
    for tone, key, words, dy in ((4, "date90", "90 of 100 ready", -16), (1, "date50", "50 of 100 ready", 24)):
        key = f"shared.{key}"
        weeks = numbers(values[key])
        chart.line(numbers(values["shares"]), weeks, tone)
        chart.marks(numbers(values["shares"]), weeks, tone, x_key="shares", y_key=key)
        chart.label(0.5, weeks[2], words, tone, dy=dy, anchor="middle" if dy < 0 else "end")
    return chart.svg()
