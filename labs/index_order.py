"""How long does an index show something that is no longer so, and which part of that can a shorter interval mend?

A model: no stream, function or index in it is anybody's. Changes to a document reach an index through a stream, and are
written whole, under the document's id.

Method, in two parts.

*Every schedule* of two kinds of retry, for one document that changes three times. `put_twice`: a producer did not hear
back and put one change again, somewhere after the first time. `given_up`: a run of the function was given up with one
write on its way, the whole batch is run again, and that write lands before, between or after those of the second run. A
schedule is *wrong* if the index ends with anything but the last change. The index keeps what arrives last, or refuses
a number that is not higher than the one it holds; the number is the source's, or the place in the stream.

*Shares of the time*. A document changes in pairs with a long rest behind each, or singly and at random. Some writes are
repeated after a delay, and the last arrival wins. How much of the time is a newer change hidden (*out of order*), and
how much of it has a change not been refreshed yet (*waiting*)? Formulas: exact for waiting; for order, all but what two
repetitions do to each other, which at a chance of 1 in 10,000 is a ten-thousandth of the share. They hold for delays
and intervals up to half a rest. A seeded simulation of single writes checks both.

The budget that the shares are compared with is that of the lab fan-out-percentile: one document in so many may be
outdated if a p95 of the answers is to show nothing that is. The rule for numbers is that of external versions in
OpenSearch: a write is taken if its number is higher. The index here is a dictionary, not OpenSearch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import NamedTuple

from labs.fan_out_percentile import ANSWERS, PARTS, allowed
from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

CHANGES = 3
REPEATED = 0.0001
GAP = 60.0
HOUR, DAY = 3_600.0, 86_400.0
DELAYS = {"second": 1.0, "minute": 60.0, "day": DAY}
INTERVALS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1_000.0)
BUDGET = allowed(PARTS) / (ANSWERS * PARTS)
LIVED = 200_000
EVERY = 51
SEED = 20261122

LAB = Lab(
    name="index-order",
    title="Order and freshness in an index",
    question="How long does an index show what is no longer so, and which part of that can a shorter interval mend?",
    parameters=(
        Parameter("CHANGES", CHANGES, "changes", "illustrative: the fewest that show the faults"),
        Parameter("REPEATED", REPEATED, "of writes", "illustrative: repeated after a delay"),
        Parameter("GAP", GAP, "s", "illustrative: the longest gap within a pair; evenly spread from 0"),
        Parameter("DELAYS", "1, 60 and 86,400", "s", "illustrative: how late a repetition is; the figure's is 60"),
        Parameter("KINDS.month", 30, "days", "illustrative: mean rest behind a pair, evenly spread, half to 1.5 times"),
        Parameter("KINDS.hour", 1, "hour", "illustrative: the same"),
        Parameter("KINDS.single", 1, "day", "illustrative: mean gap between single changes, exponential"),
        Parameter("INTERVALS", "0.1 to 1,000", "s", "illustrative: time between two refreshes of the index"),
        Parameter("PARTS", PARTS, "parts", "of the lab fan-out-percentile, for the budget"),
        Parameter("LIVED", LIVED, "changes", "simulated in each case"),
        Parameter("EVERY", EVERY, "writes", "in the simulation one in so many is repeated"),
        Parameter("SEED", SEED, "", "of the simulation; any number will do"),
    ),
    seconds=5,
)


class Write(NamedTuple):
    """One write on its way to the index: which change it carries, and the number it is sent with."""

    change: int
    number: int
    deletes: bool = False


@dataclass(slots=True)
class Index:
    """An index of one document. `guarded`: it refuses a number that is not higher; `tombstones`: deletes count too."""

    guarded: bool = False
    tombstones: bool = False
    held: Write | None = field(default=None)

    def take(self, write: Write) -> None:
        """Take a write, or refuse it."""
        if self.guarded and self.held and write.number <= self.held.number:
            return
        self.held = None if write.deletes and not self.tombstones else write

    def shows(self) -> int:
        """Tell which change a reader sees, 0 if there is no document."""
        return 0 if self.held is None or self.held.deletes else self.held.change


# --- Every schedule --------------------------------------------------------------------------------------------------

Schedule = Sequence[Write]


def by_source(changes: Sequence[int], deletes: int = 0) -> Schedule:
    """Number each write as the source numbered its change; one change may be a delete."""
    return [Write(change, change, change == deletes) for change in changes]


def by_place(changes: Sequence[int]) -> Schedule:
    """Number each write by its place in the stream."""
    return [Write(change, place) for place, change in enumerate(changes, 1)]


def put_twice() -> Iterator[tuple[int, ...]]:
    """Put one change a second time, anywhere after the first."""
    order = tuple(range(1, CHANGES + 1))
    for change in order:
        for place in range(change, CHANGES + 1):
            yield (*order[:place], change, *order[place:])


def given_up() -> Iterator[tuple[int, ...]]:
    """Give a run up when 0 to 2 of its writes have landed and one is on its way, and run the whole batch again."""
    order = tuple(range(1, CHANGES + 1))
    for landed in range(CHANGES):
        for place in range(CHANGES + 1):
            yield (*order[:landed], *order[:place], order[landed], *order[place:])


def wrong(schedules: Iterable[Schedule], index: Callable[[], Index], right: int = CHANGES) -> int:
    """Play every schedule into a fresh index; count those that do not end with what is `right`."""
    found = 0
    for schedule in schedules:
        target = index()
        for write in schedule:
            target.take(write)
        found += target.shows() != right
    return found


def guarded() -> Index:
    """Make an index that refuses a number that is not higher, and forgets deleted documents."""
    return Index(guarded=True)


def keeping() -> Index:
    """Make one that also keeps a deleted document's number."""
    return Index(guarded=True, tombstones=True)


# --- Shares of the time ----------------------------------------------------------------------------------------------


class Kind(NamedTuple):
    """How a document changes: in pairs at most `gap` apart with a rest behind each, or singly (no gap) at random."""

    rest: float
    gap: float = 0.0

    @property
    def cycle(self) -> float:
        """Tell the mean time from one pair (or one change) to the next."""
        return self.rest + self.gap / 2


KINDS = {"month": Kind(30 * DAY, GAP), "hour": Kind(HOUR, GAP), "single": Kind(DAY)}


def out_of_order(kind: Kind, delay: float, repeated: float = REPEATED) -> float:
    """Tell the share of the time for which a repetition, `delay` seconds late, hides a newer change.

    In a pair that is the repetition of the first change, if it lands after the second; it stays until the next pair.
    A single change is overtaken if the next one follows within the delay, and hides that for a mean gap.
    """
    if not kind.gap:
        return repeated * -math.expm1(-delay / kind.rest)
    overtaken = min(delay / kind.gap, 1.0)
    mean_gap = min(delay, kind.gap) / 2  # of the pairs in which that happens
    return repeated * overtaken * (kind.rest + mean_gap - delay) / kind.cycle


def rebuilt(kind: Kind, every: float, repeated: float = REPEATED) -> float:
    """Tell the same for pairs, all overtaken, if the index is made anew every so many seconds."""
    return repeated * every / 2 / kind.cycle


def waiting(kind: Kind, interval: float) -> float:
    """Tell the share of the time for which a change, or both of a pair, have not been refreshed yet.

    A change waits for half an interval on average; while both of a pair wait for one refresh, that counts once.
    """
    if not kind.gap:
        return 1 + math.expm1(-interval / kind.rest) * kind.rest / interval
    if interval <= kind.gap:
        both = interval**2 / (6 * kind.gap)
    else:
        both = interval / 2 - kind.gap / 2 + kind.gap**2 / (6 * interval)
    return (interval - both) / kind.cycle


def reaches(kind: Kind, share: float) -> float:
    """Find the interval at which waiting takes this share of the time, to four digits."""
    low, high = 0.0, DAY
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if waiting(kind, middle) < share else (low, middle)
    return float(f"{low:.4g}")


def crossing(kind: Kind, delay: float) -> float:
    """Find the interval at which a document is as long waiting as it is out of order."""
    return reaches(kind, out_of_order(kind, delay))


# --- The same, simulated ---------------------------------------------------------------------------------------------


def life(kind: Kind, changes: int = LIVED) -> list[float]:
    """Draw the times of a document's changes."""
    chance = Random(SEED)
    times = [0.0]
    for number in range(1, changes):
        if not kind.gap:
            gap = -kind.rest * math.log(1 - chance.random())
        elif number % 2:
            gap = kind.gap * chance.random()
        else:
            gap = kind.rest * (0.5 + chance.random())
        times.append(times[-1] + gap)
    return times


def played_order(times: Sequence[float], delay: float) -> float:
    """Repeat every so manyth write, let the last arrival win, and tell the share of the time with an old change."""
    again = [(time + delay, number) for number, time in enumerate(times) if number % EVERY == 0]
    writes = sorted([(time, number) for number, time in enumerate(times)] + again)
    newest, hidden = 0, 0.0
    for (time, number), (following, _) in pairwise(writes):
        newest = max(newest, number)
        hidden += (following - time) * (number < newest)
    return hidden / times[-1]


def played_waiting(times: Sequence[float], interval: float) -> float:
    """Refresh at the interval, and tell the share of the time for which something has not been refreshed yet."""
    return sum(min(b - a, interval - a % interval) for a, b in pairwise(times)) / times[-1]


def gaps(changes: int = LIVED) -> Iterator[float]:
    """Compare simulation and formulas, each gap over the formula's value."""
    for name, delays in (("month", (GAP / 2, GAP, DAY)), ("hour", (GAP / 2, GAP)), ("single", (HOUR, DAY))):
        kind, times = KINDS[name], life(KINDS[name], changes)
        yield from (played_order(times, delay) / out_of_order(kind, delay, 1 / EVERY) - 1 for delay in delays)
        yield from (played_waiting(times, each) / waiting(kind, each) - 1 for each in (1.0, 30.0, 300.0, 1_000.0))


# --- The lab ---------------------------------------------------------------------------------------------------------


def run(progress: Progress) -> Results:
    """Play the schedules, and work out shares of time."""
    progress(0.0, "schedules")
    found = schedules() | shares()
    progress(0.3, "simulating")
    compared = list(gaps())
    found["time.check"] = Result(
        round(100 * max(map(abs, compared)), 2),
        f"largest of {len(compared)} gaps to the simulation",
        "% of the formula",
    )
    progress(1.0, "done")
    return found


def schedules() -> Results:
    """Count wrong schedules under every rule."""
    found: Results = {}
    for name, orders in (("put_twice", put_twice), ("given_up", given_up)):
        all_of = list(orders())
        numbered = [by_source(order) for order in all_of]
        placed = [by_place(order) for order in all_of] if name == "put_twice" else numbered  # both runs read the same
        deleted = [by_source(order, deletes=CHANGES) for order in all_of]
        found[f"{name}.total"] = Result(len(all_of), f"schedules, {name}", "schedules")
        for key, count, what in (
            ("arrival", wrong(numbered, Index), "last arrival wins"),
            ("stream", wrong(placed, guarded), "numbered by place in the stream"),
            ("source", wrong(numbered, guarded), "numbered at the source"),
            ("delete.forgetful", wrong(deleted, guarded, right=0), "a delete last, its number forgotten"),
            ("delete.tombstone", wrong(deleted, keeping, right=0), "a delete last, its number kept"),
        ):
            found[f"{name}.{key}.wrong"] = Result(count, f"wrong schedules, {name}, {what}", "schedules")
    return found


def shares() -> Results:
    """Compare the two ways of being out of date, in seconds of a million."""
    million, minute = 1e6, DELAYS["minute"]
    found = {"time.budget": Result(million * BUDGET, "seconds in a million for which a document may be outdated", "s")}
    for name in ("month", "hour"):
        kind = KINDS[name]
        waits = [million * waiting(kind, each) for each in INTERVALS]
        once = million * waiting(kind, 1.0)
        found |= {
            f"time.{name}.order": Result(million * out_of_order(kind, minute), f"out of order, {name}", "s"),
            f"time.{name}.wait": Result(once, f"waiting if refreshed every second, {name}", "s"),
            f"time.{name}.waits": Result([*waits], f"waiting at the intervals of the figure, {name}", "s"),
        }
    for name, delays in (("month", tuple(DELAYS)), ("hour", ("minute",)), ("single", tuple(DELAYS))):
        for key in delays:
            equal = crossing(KINDS[name], DELAYS[key])
            what = f"interval at which waiting equals out of order, {name}, repeated a {key} later"
            found[f"time.{name}.equal.{key}"] = Result(equal, what, "s")
    nightly = reaches(KINDS["month"], rebuilt(KINDS["month"], DAY))
    return found | {
        "time.hour.spent": Result(reaches(KINDS["hour"], BUDGET), "interval that spends the budget, hour", "s"),
        "time.month.equal.rebuilt": Result(nightly, "the same, month, if the index is made anew every day", "s"),
        "time.intervals": Result([*INTERVALS], "intervals of the figure", "s"),
    }


# --- The figure ------------------------------------------------------------------------------------------------------


def draw(values: Values) -> Iterator[Figure]:
    """Draw the two shares of the time over the interval."""
    yield Figure("time", drawing=_time(values, COLUMN), narrow=_time(values, NARROW))


def _time(values: Values, width: int) -> str:
    small = width == NARROW
    chart = Chart(
        width,
        340,
        x=Scale(0.07, 2_000, ((0.1, "0.1 s"), (1, "1 s"), (10, "10 s"), (100, "100 s"), (1000, "1,000 s")), log=True),
        y=Scale(0.02, 500_000, (0.1, 1, 10, 100, 1000, 10_000, 100_000), log=True),
        x_label="interval between refreshes",
        y_label="seconds outdated, in a million",
        right=18,
        left=62,
    )
    intervals = numbers(values["time.intervals"])
    (order,), (budget,) = numbers(values["time.month.order"]), numbers(values["time.budget"])
    chart.level(order, 1)
    chart.level(budget, 3)
    for tone, name in ((2, "hour"), (4, "month")):
        chart.line(intervals, numbers(values[f"time.{name}.waits"]), tone)
    for tone, x_key, y_key in (
        (2, "time.hour.equal.minute", "time.hour.order"),
        (2, "time.hour.spent", "time.budget"),
        (4, "time.month.equal.minute", "time.month.order"),
    ):
        (place,), (height,) = numbers(values[x_key]), numbers(values[y_key])
        chart.mark(place, height, tone, x_key=x_key, y_key=y_key)
        chart.label(place, height, f"{place:.{2 if place < 1 else 1 if place < 10 else 0}f} s", dx=9, dy=17)
    chart.label(0.07, budget, "budget", 3, dx=6, dy=-7)
    chart.label(3 if small else 6, order, "out of order", 1, dy=-7)
    chart.label(0.07, 60_000, "waiting, an hour’s rest", 2, dx=6)
    chart.label(2_000, 0.25, "waiting, a month’s rest", 4, anchor="end")
    return chart.svg()
