"""How long does some service still run an old release of a shared library, and what does that depend on?

Every service takes a release of the library after a delay of its own, independently of the others, in one of two ways:
by *chance* (each day with the chance 1/mean, whatever happened before) or in *rounds* (every 2*mean - 1 days, seen from
a day that has nothing to do with them). Both have the same mean. A service that upgrades takes the newest release.

The expected day on which the last service has a release is the sum, over the days, of the chance that on that day at
least one has not. A service lacks every release that came out after its last upgrade, so the share of days on which
somebody lacks two releases follows from the same chances. Everything is computed; no random number is drawn. A test
compares it with a simulation that draws.

The expected last day is never before the mean of the slowest service, whatever the delays are and however they hang
together, since the last of several is no earlier than any one of them. How far beyond it lies is what the lab computes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

SERVICES, AVERAGE, FAST, SLOW, RELEASES = 12, 15, 10, 70, (14, 56)
SLOWEST = tuple(range(15, 104, 11))
SIZES, SPREADS = (6, 12, 24, 48), (1, 2, 4, 8)
ROBOT, SURE, LONGEST = 2, 0.01, 400

LAB = Lab(
    name="version-skew",
    title="Version skew of a shared library",
    question="How long does some service still run an old release of a shared library, and what does that depend on?",
    parameters=(
        Parameter("SERVICES", SERVICES, "services", "illustrative: the running example"),
        Parameter("AVERAGE", AVERAGE, "days", "illustrative: mean delay before a service takes a release"),
        Parameter(
            "FAST, SLOW", f"{FAST}, {SLOW}", "days", "illustrative: eleven quick services and one slow, average 15"
        ),
        Parameter("SLOWEST", "15 to 103 in steps of 11", "days", "the slowest mean delay, the average held at 15"),
        Parameter("RELEASES", "14, 56", "days", "illustrative: between two releases that change one event"),
        Parameter("SIZES", "6, 12, 24, 48", "services", "of the grid"),
        Parameter("SPREADS", "1, 2, 4, 8", "", "of the grid: the slowest mean over that of the others, 15 days"),
        Parameter("ROBOT", ROBOT, "days", "illustrative: mean delay where a robot upgrades"),
        Parameter("SURE", SURE, "", "illustrative: the chance that a wait by calendar is too short"),
    ),
    seconds=3,
)

Law: TypeAlias = Callable[[float, int], float]
"""The chance that a service with this mean delay has not upgraded within so many days."""


def by_chance(mean: float, days: int) -> float:
    """A service that upgrades each day with the chance 1/mean."""
    return float((1 - 1 / mean) ** days)


def in_rounds(mean: float, days: int) -> float:
    """A service that upgrades every 2*mean - 1 days."""
    return max(0.0, 1 - days / (2 * mean - 1))


def one_slow(services: int, fast: float, slow: float) -> list[float]:
    """The mean delays of one slow service and of the others."""
    return [slow] + [fast] * (services - 1)


def some_old(delays: Sequence[float], law: Law, days: int) -> float:
    """The chance that after so many days at least one service has not upgraded."""
    return 1 - math.prod(1 - law(mean, days) for mean in delays)


def last(delays: Sequence[float], law: Law) -> float:
    """The expected day on which the last service has a release."""
    total, days = 0.0, 0
    while (chance := some_old(delays, law, days)) > 1e-12:
        total, days = total + chance, days + 1
    return total


def first(delays: Sequence[float], law: Law) -> float:
    """The expected day on which the first service has it."""
    return sum(math.prod(law(mean, days) for mean in delays) for days in range(LONGEST))


def sure(delays: Sequence[float], law: Law) -> int:
    """The first day on which the chance of a service without the release is small enough."""
    days = 0
    while some_old(delays, law, days) > SURE:
        days += 1
    return days


def behind(delays: Sequence[float], law: Law, release: int, steps: int) -> float:
    """The share of days on which the oldest service lacks at least so many releases."""
    return sum(some_old(delays, law, since + (steps - 1) * release) for since in range(release)) / release


def tips_at(law: Law) -> float:
    """How many times slower than the others a service must be, for halving its delay to beat halving all of theirs."""
    slow = FAST
    while last(one_slow(SERVICES, FAST, slow / 2), law) > last(one_slow(SERVICES, FAST / 2, slow), law):
        slow += 1
    return slow / FAST


def held(most: int) -> list[float]:
    """The running example with one service this slow and the others so quick that the average stays."""
    return one_slow(SERVICES, (AVERAGE * SERVICES - most) / (SERVICES - 1), most)


def grid() -> Results:
    """Vary the number of services, the spread of delays and the way of upgrading."""
    settings = [
        (one_slow(size, AVERAGE, AVERAGE * spread), law)
        for size in SIZES
        for spread in SPREADS
        for law in (by_chance, in_rounds)
    ]
    over = [last(delays, law) / max(delays) for delays, law in settings]
    return {
        "grid.settings": Result(len(settings), "settings of the grid", "settings"),
        "grid.over_low": Result(min(over), "expected last day over the slowest mean delay, at least"),
        "grid.over_high": Result(max(over), "expected last day over the slowest mean delay, at most"),
    }


def run(progress: Progress) -> Results:
    """Work out waits, versions and levers for the running example, then the grid."""
    even, slow = held(AVERAGE), one_slow(SERVICES, FAST, SLOW)
    quicker_one, quicker_rest = one_slow(SERVICES, FAST, SLOW / 2), one_slow(SERVICES, FAST / 2, SLOW)
    half_one, half_rest = one_slow(SERVICES, AVERAGE, AVERAGE / 2), one_slow(SERVICES, AVERAGE / 2, AVERAGE)
    robot, pinned = [float(ROBOT)] * SERVICES, one_slow(SERVICES, ROBOT, SLOW)
    two = [float(SLOW)] * 2 + [float(FAST)] * (SERVICES - 2)
    results = {
        "even.last": Result(last(even, by_chance), "equal services: expected day of the last, by chance", "days"),
        "even.last_rounds": Result(last(even, in_rounds), "the same, in rounds", "days"),
        "slow.last": Result(last(slow, by_chance), "one slow service: expected day of the last, by chance", "days"),
        "slow.last_rounds": Result(last(slow, in_rounds), "the same, in rounds", "days"),
        "slow.first": Result(first(slow, by_chance), "one slow service: expected day of the first, by chance", "days"),
        "slow.one": Result(last(quicker_one, by_chance), "one slow service: the last, if its delay is halved", "days"),
        "slow.rest": Result(last(quicker_rest, by_chance), "the same, if the eleven others' are halved", "days"),
        "even.one": Result(last(half_one, by_chance), "equal services: the last, if one delay is halved", "days"),
        "even.rest": Result(last(half_rest, by_chance), "the same, if eleven are halved", "days"),
        "slow.month": Result(some_old(slow, by_chance, 30), "one slow service: chance of an old reader after 30 days"),
        "slow.sure": Result(sure(slow, by_chance), "the same: the day on which it is down to 1 in 100", "days"),
        "slow.sure_rounds": Result(sure(slow, in_rounds), "the same, in rounds", "days"),
        "two.last": Result(last(two, by_chance), "two slow services: expected day of the last, by chance", "days"),
        "two.one": Result(last([SLOW / 2, *two[1:]], by_chance), "the same, if one slow delay is halved", "days"),
        "robot.last": Result(last(robot, by_chance), "a robot upgrades: expected day of the last", "days"),
        "robot.pinned": Result(last(pinned, by_chance), "the same, if one service refuses the robot", "days"),
        "held.slowest": Result(list(SLOWEST), "mean delay of the slowest, the average held at 15", "days"),
        "held.chance": Result(
            [last(held(most), by_chance) for most in SLOWEST], "expected last day, by chance", "days"
        ),
        "held.rounds": Result(
            [last(held(most), in_rounds) for most in SLOWEST], "expected last day, in rounds", "days"
        ),
    }
    for release in RELEASES:
        for name, delays in (("even", even), ("slow", slow)):
            what = f"{name}, by chance: share of days with somebody two releases behind, one each {release} days"
            results[f"{name}.behind{release}"] = Result(behind(delays, by_chance, release, 2), what)
    progress(0.5, "the point at which the slowest service matters most")
    for name, law in (("chance", by_chance), ("rounds", in_rounds)):
        what = "times slower, from which halving the slowest of twelve beats halving all others"
        results[f"tips.{name}"] = Result(tips_at(law), what)
    progress(0.8, "grid")
    return results | grid()


def draw(values: Values) -> Iterator[Figure]:
    """Draw the wait for the last service against the delay of the slowest."""
    yield Figure("wait", drawing=_wait(values, COLUMN), narrow=_wait(values, NARROW))


def _wait(values: Values, width: int) -> str:
    slowest, chance, rounds = (numbers(values[f"held.{name}"]) for name in ("slowest", "chance", "rounds"))
    scales = Scale(0, 108, (15, 37, 59, 81, 103)), Scale(0, 120, (0, 30, 60, 90, 120))
    chart = Chart(width, 330, *scales, "mean delay of the slowest service, days", "expected day of the last upgrade")
    chart.line(slowest, slowest, 0, dash=True)
    chart.line([0, 108], [AVERAGE, AVERAGE], 3)
    for tone, name, ys in ((2, "rounds", rounds), (1, "chance", chance)):
        chart.line(slowest, ys, tone)
        chart.marks(slowest, ys, tone, x_key="held.slowest", y_key=f"held.{name}")
    chart.label(1, 51, "by chance", 1)
    chart.label(1, 35.5, "in rounds", 2)
    chart.label(107, 50, "the slowest alone", 0, anchor="end")
    chart.label(107, 20, "the average service", 3, anchor="end")
    return chart.svg()
