"""How many yearly documents change on the busiest day of a year, and does spreading them help?

A model, not any portal's: vendors hand in one document each during a launch of some weeks, and each document is good
for a year. Every year each vendor hands in the next one a few days before the old one ends. What decides the shape of
later years is how the next end is set:

- *kept*: a year after the old end, so that a document's day in the calendar stays what it was;
- *drifting*: a year after the day on which the new one came;
- *jittered*: a year after the old end, plus or minus a number of days drawn anew for every document every year;
- *spread once*: kept, but the first term of each vendor is drawn between half a year and one and a half.

The kept rule is also followed for longer launches, and for portals that some vendors join later.

Days are counted from the first day of the launch, years have 365 of them, and draws are seeded. The busiest day is the
day on which most documents come; a quiet day is one on which none does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from random import Random

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values

VENDORS = 36_500
YEAR = 365
LAUNCH = 30
EARLY = 30
YEARS = 10
JITTERS = (7, 15, 30, 60, 90, 180)
LAUNCHES = (30, 60, 90, 180)
LATE = (0.01, 0.1)
PAUSE = 5.6
SEED = 20261122
DRAWN = ("kept", "drifting", "jitter30", "jitter90", "once")

LAB = Lab(
    name="renewal-herd",
    title="A herd of renewals",
    question="How many yearly documents change on the busiest day, by how the next year's end is set?",
    parameters=(
        Parameter("VENDORS", VENDORS, "vendors", "illustrative: a hundred documents on an average day"),
        Parameter("LAUNCH", LAUNCH, "days", "illustrative: during which all hand in their first document"),
        Parameter("LAUNCHES", ", ".join(map(str, LAUNCHES)), "days", "illustrative: others that are tried, ends kept"),
        Parameter("LATE", ", ".join(map(str, LATE)), "of the vendors", "illustrative: join evenly over the first year"),
        Parameter("EARLY", EARLY, "days", "illustrative: a renewal comes 0 to so many days before the end, all alike"),
        Parameter("YEARS", YEARS, "years", "illustrative: renewals that are followed"),
        Parameter("PAUSE", PAUSE, "hours", "the essay's sum: one pass over the documents"),
        Parameter("JITTERS", ", ".join(map(str, JITTERS)), "days either way", "illustrative: drawn anew every year"),
        Parameter("SEED", SEED, "", "of the draws"),
    ),
    seconds=4,
)


def renewal_days(
    jitter: int | None = None,
    *,
    drifting: bool = False,
    spread_once: bool = False,
    launch: int = LAUNCH,
    late: float = 0.0,
    seed: int = SEED,
) -> list[int]:
    """Let all vendors renew for some years; count the documents that come on each day.

    Args:
        jitter: days either way that are added to the next end; None adds nothing.
        drifting: whether a year is counted from the day of the renewal, and not from the old end.
        spread_once: whether the first term is anything between half a year and one and a half.
        launch: days over which the first documents come.
        late: the share of vendors that join over the first year and not during the launch.
        seed: of the draws.

    Returns:
        The count of each day, the launch included.
    """
    draw = Random(seed).random

    def within(days: int) -> int:
        return math.floor(draw() * (days + 1))

    horizon = YEAR * (YEARS + 1)
    counts = [0] * horizon
    for vendor in range(VENDORS):
        day = math.floor(draw() * (YEAR if vendor < late * VENDORS else launch))
        counts[day] += 1
        end = day + YEAR + (within(YEAR) - YEAR // 2 if spread_once else 0)
        while (day := end - within(EARLY)) < horizon:
            counts[day] += 1
            end = (day if drifting else end) + YEAR
            if jitter is not None:
                end += within(2 * jitter) - jitter
    return counts


def year(counts: list[int], number: int) -> list[int]:
    """Take the year that is centred on the renewals of that number; 0 is the launch."""
    middle = number * YEAR
    return counts[max(0, middle - YEAR // 2) : middle + YEAR // 2 + 1]


def busiest(counts: list[int]) -> list[int]:
    """Tell the busiest day's documents, for the launch and each year after it."""
    return [max(year(counts, number)) for number in range(YEARS + 1)]


def quiet(counts: list[int], number: int) -> int:
    """Count the days of a year on which no document comes."""
    return sum(day == 0 for day in year(counts, number))


def rules() -> dict[str, list[int]]:
    """Follow all rules for ten years."""
    return {
        "kept": renewal_days(),
        "drifting": renewal_days(drifting=True),
        **{f"jitter{jitter}": renewal_days(jitter) for jitter in JITTERS},
        "once": renewal_days(spread_once=True),
    }


def run(progress: Progress) -> Results:
    """Count the busiest and the quiet days."""
    average = VENDORS / YEAR
    progress(0, "rules")
    results: Results = {
        "average": Result(round(average), "documents a day if they came evenly", "documents"),
        "years": Result(list(range(1, YEARS + 1)), "years after the launch", "years"),
    }
    for name, counts in rules().items():
        peaks = busiest(counts)[1:]
        if name in DRAWN:
            results[f"{name}.busiest"] = Result([*peaks], f"busiest day of years 1 to {YEARS}: {name}", "documents")
        for number in (1, 2, 10):
            what = f"busiest day of year {number}: {name}"
            results[f"{name}.year{number}"] = Result(peaks[number - 1], what, "documents")
        results[f"{name}.quiet"] = Result(quiet(counts, 10), f"quiet days in year 10: {name}", "days")
    progress(0.6, "longer launches, vendors who join late")
    for launch in LAUNCHES:
        ratio = busiest(renewal_days(launch=launch))[1] / average
        what = f"busiest day of year 1 over the average, launch of {launch} days"
        results[f"launch{launch}.ratio"] = Result(ratio, what)
    for share in LATE:
        counts = renewal_days(late=share)
        what = f"{share:.0%} of the vendors join late"
        results[f"late{share * 100:.0f}.quiet"] = Result(quiet(counts, 1), f"quiet days in year 1 if {what}", "days")
        results[f"late{share * 100:.0f}.year1"] = Result(busiest(counts)[1], f"busiest day of year 1 if {what}")
    results["pause.busiest"] = Result(
        busiest(renewal_days())[1] * PAUSE / 24, f"renewals in {PAUSE} h of the busiest day of year 1, ends kept"
    )
    return results


def draw(values: Values) -> Iterator[Figure]:
    """Draw the busiest day of each year."""
    yield Figure("busiest", drawing=peaks_drawn(values, COLUMN), narrow=peaks_drawn(values, NARROW))


def peaks_drawn(values: Values, width: int) -> str:
    """Draw a line for each of five rules over the years."""
    labels = {
        "kept": ("kept", 0, 22),
        "drifting": ("drifting", 1, -12),
        "jitter30": ("30 days either way", 2, -10),
        "jitter90": ("90 days either way", 3, -10),
        "once": ("spread once", 4, 18),
    }
    chart = Chart(
        width,
        320,
        Scale(1, 10, ticks=(1, 2, 4, 6, 8, 10)),
        Scale(0, 1400, ticks=(0, 100, 500, 1000)),
        x_label="years after the launch",
        y_label="documents on the busiest day",
    )
    years = values["years"]
    assert isinstance(years, list)
    for name, (words, tone, dy) in labels.items():
        peaks = values[f"{name}.busiest"]
        assert isinstance(peaks, list)
        xs, ys = [float(x) for x in years], [float(y) for y in peaks]
        chart.line(xs, ys, tone)
        chart.marks(xs, ys, tone, x_key="years", y_key=f"{name}.busiest")
        at = {"once": 1, "jitter90": 2}.get(name, 4)
        chart.label(xs[at], ys[at], words, tone or None, dy=dy, dx=4)
    return chart.svg()
