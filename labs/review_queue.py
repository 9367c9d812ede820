"""How small should the steps of a replacement be, if one person has to say yes to each?

Method. Each of a few authors writes a replacement, cut into steps of one size, counted in the minutes that a lead takes
to read one. A review takes a fixed part besides, and the lead reviews for a share of the day. Authors wait for the yes
before they write on, or write the next step while one waits and stop when two do. A step is wrong with a chance that
grows with its size, and is then written and read again.

This is a closed queue: a slow lead slows the authors. With exponential times it has a product form, summed here to the
last state. The days of a replacement follow from it, without approximation for authors who wait; for the others, the
first step is taken to meet the queue as any step would. A simulation in whole minutes, which has no formula, checks
both, and plays what the product form cannot hold.

What a result means. Days are working days of eight hours. All inputs are invented; nothing here is any team's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from heapq import heappop, heappush
from itertools import pairwise, product
from math import factorial
from random import Random

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Scalar, Value, Values, numbers

AUTHORS, WRITING, FIXED, WORK, DAY = 6, 20.0, 10.0, 2_400, 480
WRONG, UNIT = 0.05, 30
WHOLE, HALF, QUARTER = 1.0, 0.5, 0.25
SIZES, SMALL = range(1, 401), 10
DRAWN = (8, 10, 12, 15, 18, 22, 26, 31, 37, 44, 50, 56, 61, 70, 85, 100, 120, 150, 200)
SHARES = (1.0, 0.75, 0.5, 1 / 3, 0.25)
GRID = ((3, 6, 12), (10.0, 20.0, 40.0), (5.0, 10.0, 20.0), (0.01, 0.05, 0.1), (0, 1))
FULL = 0.9
PLAYED, SEED = 200, 20261123

LAB = Lab(
    name="review-queue",
    title="A reviewer as a queue",
    question="How small should the steps of a replacement be, if one person has to say yes to each?",
    parameters=(
        Parameter("AUTHORS", AUTHORS, "people", "illustrative: each has a replacement to write"),
        Parameter("WORK", WORK, "min", "illustrative: reading in one replacement"),
        Parameter("WRITING", WRITING, "min", "illustrative: to write what takes a minute to read"),
        Parameter("FIXED", FIXED, "min", "illustrative: what a review takes besides the reading"),
        Parameter("HALF", HALF, "", "illustrative: share of the day in which the lead reviews"),
        Parameter("QUARTER", QUARTER, "", "illustrative: the same, a busier lead"),
        Parameter("WHOLE", WHOLE, "", "illustrative: the same, a lead who does nothing else"),
        Parameter("WRONG", WRONG, "", f"illustrative: chance that a step of {UNIT} minutes is wrong"),
        Parameter("size", "1 to 400", "min", "reading in a step; every whole minute is tried"),
        Parameter("ahead", "0, 1, 4", "steps", "how many of an author's steps may wait when the next is begun"),
        Parameter("SHARES", "1, 3/4, 1/2, 1/3, 1/4", "", "tried in the grid: share of the day"),
        Parameter("GRID", "3 to 12; 10 to 40; 5 to 20; 0.01 to 0.1", "", "tried: authors; writing; fixed part; chance"),
        Parameter("FULL", FULL, "", "the grid's limit: share of her time that reading alone may fill"),
        Parameter("PLAYED", PLAYED, "replacements", "of each author, in every simulation"),
        Parameter("SEED", SEED, "", "any number will do"),
    ),
    seconds=8,
)


@dataclass(frozen=True, slots=True)
class Team:
    """Who writes, who reads, and how they work."""

    ahead: int = 0  # how many of an author's steps may wait when the next is begun
    share: float = HALF  # of the day, in which a reader reviews
    readers: int = 1  # with one list
    authors: int = AUTHORS
    writing: float = WRITING
    fixed: float = FIXED
    wrong: float = WRONG


DEFAULT = Team()


@lru_cache
def orders(authors: int, most: int) -> list[float]:
    """Tell in how many orders 0, 1, 2, … steps can stand with the readers, at most `most` of each author."""
    found = [1.0]
    for _ in range(authors):
        longer = [0.0] * (len(found) + most)
        for already, count in enumerate(found):
            for more in range(most + 1):
                longer[already + more] += count / factorial(more)
        found = longer
    return [count * factorial(number) for number, count in enumerate(found)]


def queue(size: float, team: Team = DEFAULT) -> tuple[float, float]:
    """Tell the mean minutes from one review of an author's to the next, and until the yes (wait and review)."""
    review, weight, weights = (team.fixed + size) / team.share, 1.0, list[float]()
    for number, ways in enumerate(orders(team.authors, team.ahead + 1)):
        weight *= review / (team.writing * size) / min(number, team.readers) if number else 1.0
        weights.append(ways * weight)
    busy = sum(w * min(number, team.readers) for number, w in enumerate(weights)) / sum(weights)
    there = sum(w * number for number, w in enumerate(weights)) / sum(weights)
    return team.authors * review / busy, there * review / busy


def days(size: float, team: Team = DEFAULT) -> float:
    """Tell the mean working days from the first line of a replacement to its last yes."""
    between, until_yes = queue(size, team)
    reviews: float = WORK / size * (1 - team.wrong) ** (-size / UNIT)
    first = team.writing * size + until_yes if team.ahead else between
    return (first + (reviews - 1) * between) / DAY


def best(team: Team = DEFAULT) -> int:
    """Find the step, in whole minutes of reading, with which a replacement is finished first."""
    return min(SIZES, key=lambda size: days(size, team))


def grid() -> list[int]:
    """For neighbouring shares of the day, tell by how much the busier lead's best step is larger.

    Only where reading, from authors who never stop, would leave both leads some time.
    """
    found = []
    for authors, writing, fixed, wrong, ahead in product(*GRID):
        shares = [share for share in SHARES if authors / writing / share <= FULL]
        sizes = [best(Team(ahead, share, 1, authors, writing, fixed, wrong)) for share in shares]
        found += [later - earlier for earlier, later in pairwise(sizes)]
    return found


def simulate(
    size: int, team: Team = DEFAULT, *, falls: bool = False, mend: int = 0, played: int = PLAYED
) -> tuple[float, float]:
    """Play authors and readers minute by minute; tell the mean days of a replacement and minutes until a yes.

    If it `falls`, what its author has begun since a wrong step is written again with it. If `mend` is given, so many
    minutes of reading mend a wrong step, instead of all of it again.
    """
    chance, now, turn, free, everybody = Random(SEED), 0, 0, team.readers, range(team.authors)
    events, waiting = list[tuple[int, int, int, int, int]](), deque[tuple[int, int, int]]()
    todo, begun = [[size] * round(WORK / size) for _ in everybody], [0 for _ in everybody]
    writes, there, drafts = ([0 for _ in everybody] for _ in range(3))
    finished, until_yes = list[int](), list[int]()
    while len(finished) < played * team.authors:
        for author in everybody:
            if todo[author] and not writes[author] and there[author] <= team.ahead:
                writes[author], turn, drafts[author] = todo[author].pop(), turn + 1, turn + 1
                ends = now + round(chance.expovariate(1 / (team.writing * writes[author])))
                heappush(events, (ends, turn, author, writes[author], -1))
        while free and waiting:
            (author, step, since), free, turn = waiting.popleft(), free - 1, turn + 1
            ends = now + round(chance.expovariate(team.share / (team.fixed + step)))
            heappush(events, (ends, turn, author, step, since))
        now, draft, author, step, since = heappop(events)
        if since < 0:
            if draft == drafts[author]:
                writes[author], there[author] = 0, there[author] + 1
                waiting.append((author, step, now))
            continue
        free, there[author] = free + 1, there[author] - 1
        until_yes.append(now - since)
        if chance.random() > (1 - team.wrong) ** (step / UNIT):
            todo[author].append(mend or step)
            if falls:
                fallen = [waits[1] for waits in waiting if waits[0] == author] + [writes[author]] * (writes[author] > 0)
                waiting = deque(waits for waits in waiting if waits[0] != author)
                todo[author] += fallen
                there[author], writes[author], drafts[author] = 0, 0, 0
        elif not (todo[author] or there[author] or writes[author]):
            finished.append(now - begun[author])
            begun[author], todo[author] = now, [size] * round(WORK / size)
    return sum(finished) / len(finished) / DAY, sum(until_yes) / len(until_yes)


def check(progress: Progress) -> float:
    """Compare simulated days and minutes until the yes with the formulas; tell the largest difference in percent."""
    differences = []
    for ahead, share, readers in product((0, 1), (HALF, QUARTER), (1, 2)):
        progress(0.5, f"{ahead} ahead, {share} of the day, {readers} readers")
        team = Team(ahead, share, readers)
        for found, exact in zip(simulate(40, team), (days(40, team), queue(40, team)[1]), strict=True):
            differences.append(abs(100 * found / exact - 100))
    return max(differences)


def run(progress: Progress) -> Results:
    """Compute the best sizes and the days, then check."""
    results: Results = {}

    def add(key: str, value: Value, what: str, unit: str = "days") -> None:
        results[key] = Result(value, what, unit)

    add("sizes", list[Scalar](DRAWN), "steps in the figure", "min")
    missed = []
    for way, ahead in (("waits", 0), ("on", 1)):
        for name, share in (("half", HALF), ("quarter", QUARTER), ("whole", WHOLE)):
            team = Team(ahead, share)
            size = best(team)
            add(f"{name}.{way}.size", size, f"step that finishes first, {name} of the day, {way}", "min")
            add(f"{name}.{way}.days", days(size, team), f"days there, {name} of the day, {way}")
            if share != WHOLE:
                add(f"{name}.{way}.curve", [days(drawn, team) for drawn in DRAWN], f"days in the figure, {name}, {way}")
                missed += [100 * days(size * other, team) / days(size, team) - 100 for other in (0.5, 2)]
        often, second = Team(ahead, wrong=2 * WRONG), Team(ahead, readers=2)
        add(f"often.{way}", best(often), f"step that finishes first, one in ten wrong, {way}", "min")
        add(f"second.{way}", days(best(second), second), f"days at best, two readers with half a day each, {way}")
    add("miss.worst", max(missed), "most that half or twice the best step costs, half and quarter of the day", "%")
    never = Team(1, wrong=0)
    add("never.single", days(WORK, Team(wrong=0)), "days in a single step, nothing ever wrong, waits")
    add("never.on.size", best(never), "step that finishes first, nothing ever wrong, on", "min")
    add("never.on.days", days(best(never), never), "days there")
    at = best()
    add("yes.small", queue(SMALL)[1], f"until the yes, steps of {SMALL}, half of the day, waits", "min")
    add("yes.base", queue(at)[1], "until the yes, the best step for half of the day, waits", "min")
    add("yes.second", queue(at, Team(readers=2))[1], "the same, two readers with half a day each", "min")
    add("yes.twice", queue(at, Team(share=WHOLE))[1], "the same, one reader with the whole day", "min")
    add("fixed.waits", best(Team(fixed=FIXED / 2)), "step that finishes first with half the fixed part, waits", "min")
    add("deep.size", best(Team(4)), "step that finishes first, up to four wait when another is begun", "min")
    add("deep.days", days(best(Team(4)), Team(4)), "days there")
    progress(0.3, "what the product form cannot hold")
    add("deep.quarter", simulate(60, Team(4, QUARTER))[0], "days, steps of 60, up to four wait, quarter, simulated")
    add("falls.days", simulate(30, Team(1), falls=True)[0], "days, steps of 30, on; the next falls with a wrong one")
    add("mend.small", simulate(40, mend=UNIT)[0], "days, steps of 40, waits; mended by steps of 30")
    add("mend.large", simulate(240, mend=UNIT)[0], "days, steps of 240, waits; mended by steps of 30")
    more = grid()
    add("grid.pairs", len(more), "pairs of neighbouring shares of the day", "")
    add("grid.larger", sum(extra > 0 for extra in more), "pairs in which the busier lead's best step is larger", "")
    add("check.worst", check(progress), "largest difference of simulation and formula", "%")
    return results


def draw(values: Values) -> Iterator[Figure]:
    """Draw the days against the size of a step, for two leads and two ways of working."""
    yield Figure("size", drawing=_size(values, COLUMN), narrow=_size(values, NARROW))


def _size(values: Values, width: int) -> str:
    across, up = Scale(8, 200, [8, 15, 30, 60, 120, 200], log=True), Scale(100, 280, range(100, 281, 20))
    chart = Chart(width, 400, across, up, "reading in a step, minutes", "working days", right=22)
    sizes = numbers(values["sizes"])
    for tone, name in ((4, "quarter"), (1, "half")):
        for way, on in (("waits", False), ("on", True)):
            chart.line(sizes, numbers(values[f"{name}.{way}.curve"]), tone, dash=on)
            (size,), (least,) = numbers(values[f"{name}.{way}.size"]), numbers(values[f"{name}.{way}.days"])
            chart.mark(size, least, tone, x_key=f"{name}.{way}.size", y_key=f"{name}.{way}.days")
    chart.label(200, 215, "a quarter of her day", 4, dy=-12, anchor="end")
    chart.label(200, 106, "half of her day", 1, anchor="end")
    chart.label(200, 268, "dotted: authors write on", anchor="end")
    return chart.svg()
