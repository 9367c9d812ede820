"""By how much do four readings of "by midnight in 30 days, your time" move the deadline, and how often?

Method. A deadline is the first instant of a local date in one zone. The lab takes every midnight of `WINDOW` in every
zone of the time-zone database's table of places, stations in Antarctica left out, and gives each the instant that the
pinned PyPI package tzdata gives it; the system's own copy is not read. Then it changes one word at a time, or resolves
with an older release: `inputs/tz-releases.json` holds what each release since 2020a said of every zone on which they
disagree. A real PostgreSQL resolves the same midnights with its own copy.

A result is a number of deadlines (one midnight in one zone), of zones or of hours. Counts are exact. No deadline is
weighted by how many people live under it, so no count is a probability.

Sources. PEP 495 for gaps and folds; the releases' dates are those of the package's NEWS.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

from labs.kit import postgres
from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SPAN = 30
AGES = (-30, 0, 1, 7, 30, 60, 90, 120, 180, 240, 300, 365)
MIDNIGHT, LAST_MINUTE, NOON = time(0), time(23, 59), time(12)
INPUT = Path(__file__).parent / "inputs" / "tz-releases.json"

Deadline: TypeAlias = tuple[str, date]
"""A zone's name and a date: the first instant of that date there."""


def dates(first: date, last: date) -> list[date]:
    """List the dates from the first to the last."""
    return [first + n * DAY for n in range((last - first).days + 1)]


WINDOW = dates(date(2022, 1, 1), date(2026, 11, 21))
LONG_LOOK = dates(date(2007, 1, 1), date(2026, 12, 31))
EXAMPLE, MADE, DUE = "America/Havana", date(2026, 10, 5), date(2026, 11, 4)
SPLIT = "America/Santiago", "America/Coyhaique"

LAB = Lab(
    name="pledge-deadlines",
    title="Midnights, by place and by release",
    question="By how much do readings of “by midnight in 30 days, your time” move the deadline, and how often?",
    parameters=(
        Parameter("WINDOW", f"{WINDOW[0]} to {WINDOW[-1]}", "", "from a new year to the day before the lab was made"),
        Parameter("SPAN", SPAN, "days", "the example's; its first day is the day of the pledge"),
        Parameter("AGES", ", ".join(map(str, AGES)), "days", "illustrative: before a deadline the rules were newest"),
        Parameter("LONG_LOOK", f"{LONG_LOOK[0]} to {LONG_LOOK[-1]}", "", "twenty years, for clock times alone"),
        Parameter("EXAMPLE", EXAMPLE, "", "the zone that the newest release changed, four days ahead"),
        Parameter("MADE", str(MADE), "", "illustrative: a pledge made under the release before"),
    ),
    seconds=12,
    engines=("tzdata", *postgres.ENGINES),
    inputs=("inputs/tz-releases.json",),
)


def compiled(content: bytes) -> ZoneInfo:
    """Read a compiled zone: never the system's, because only the content is given."""
    return ZoneInfo.from_file(BytesIO(content))


@cache
def pinned(name: str) -> ZoneInfo:
    """Read a zone from the pinned package."""
    return compiled(files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes())


@cache
def zone_names(*, stations: bool = False) -> tuple[str, ...]:
    """List the zones of the database's table of places; `stations` adds those that lie in Antarctica alone."""
    table = files("tzdata").joinpath("zoneinfo", "zone1970.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    return tuple(name for countries, _, name, *_ in rows if stations or countries != "AQ")


def offsets(zone: ZoneInfo, day: date, clock: time) -> tuple[timedelta, timedelta]:
    """Tell the offset from UTC before and after any change of clocks that a local time is caught in (PEP 495)."""
    local = datetime.combine(day, clock, zone)
    before, after = local.utcoffset(), local.replace(fold=1).utcoffset()
    assert before is not None
    assert after is not None
    return before, after


def readings(zone: ZoneInfo, day: date, clock: time) -> list[datetime]:
    """List the instants at which the clocks show a local time: none in a gap, two in a fold, otherwise one."""
    before, after = offsets(zone, day, clock)
    local = datetime.combine(day, clock, UTC)
    if before == after:
        return [local - before]
    return [t for t in (local - before, local - after) if t.astimezone(zone).replace(tzinfo=UTC, fold=0) == local]


def begins(zone: ZoneInfo, day: date) -> list[datetime]:
    """List the midnights of a local date, one or two; where it has none, the end of the gap that it lies in."""
    if midnights := readings(zone, day, MIDNIGHT):
        return midnights
    end = datetime.combine(day, MIDNIGHT, UTC) - offsets(zone, day, MIDNIGHT)[0]
    assert (end - timedelta(seconds=1)).astimezone(zone).date() < day, "a gap that begins before midnight"
    return [end]


def start_of_day(zone: ZoneInfo, day: date) -> datetime:
    """Find the first instant of a local date."""
    return begins(zone, day)[0]


def starts(zone: ZoneInfo, days: Sequence[date] = WINDOW) -> list[datetime]:
    """Find the first instant of each date."""
    return [start_of_day(zone, day) for day in days]


@cache
def turning(name: str, first: date, last: date) -> tuple[date, ...]:
    """List the dates next to a change of a zone's offset: on no other can a clock time be missing or double."""
    noons = [datetime.combine(day, NOON, pinned(name)).utcoffset() for day in dates(first - 2 * DAY, last + 2 * DAY)]
    changed = [before != after for before, after in pairwise(noons)]
    return tuple(day for n, day in enumerate(dates(first, last)) if any(changed[n : n + 4]))


def odd(at: time, days: Sequence[date] = WINDOW) -> dict[Deadline, int]:
    """Find, over all zones, the dates on which a clock time is missing (0) or double (2)."""
    there = ((name, day) for name in zone_names() for day in turning(name, days[0], days[-1]))
    found = {(name, day): len(readings(pinned(name), day, at)) for name, day in there}
    return {key: times for key, times in found.items() if times != 1}


def slack(span: int, days: Sequence[date] = WINDOW) -> dict[Deadline, float]:
    """Find the deadlines whose days do not have 24 hours each, with the hours beyond: 1 where clocks went back once."""
    found = {}
    for name in zone_names():
        all_starts = starts(pinned(name), dates(days[0] - span * DAY, days[-1]))
        for day, begin, end in zip(days, all_starts, all_starts[span:], strict=False):
            found[name, day] = (end - begin) / HOUR - 24 * span
    return {key: hours for key, hours in found.items() if hours}


@cache
def collected() -> tuple[dict[str, datetime], dict[str, dict[str, str]]]:
    """Read when each release came out, the oldest first, and by zone what those said that changed it."""
    found = json.loads(INPUT.read_text(encoding="utf-8"))
    return {name: datetime.fromisoformat(when) for name, when in found["releases"].items()}, found["zones"]


def release(zone: str, name: str) -> ZoneInfo:
    """Read a zone as a release had it for the midnights of `WINDOW`; of a zone not kept, all releases said the same."""
    released, kept = collected()
    if name not in released or zone not in zone_names(stations=True):
        raise KeyError(f"nothing was collected of {zone} in {name}")
    there = [content for key, content in kept.get(zone, {}).items() if released[key] <= released[name]]
    return compiled(b64decode(there[-1])) if there else pinned(zone)


@cache
def histories(*, stations: bool = False) -> dict[str, list[tuple[datetime, list[datetime]]]]:
    """List, by zone, each release that changed one of the window's midnights: its date, and when those were by it."""
    released, kept = collected()
    return {
        zone: [(released[key], starts(release(zone, key))) for key in keys]
        for zone, keys in kept.items()
        if stations != (zone in zone_names())
    }


def missed(age: int, *, stations: bool = False) -> dict[Deadline, float]:
    """Find the deadlines that rules so many days old miss, each with its hours: below zero is too early."""
    found = {}
    for zone, history in histories(stations=stations).items():
        _, truth = history[-1]
        for n, true in enumerate(truth):
            newest = [said for when, said in history if when <= true - age * DAY][-1]
            found[zone, WINDOW[n]] = (newest[n] - true) / HOUR
    return {key: hours for key, hours in found.items() if hours}


def run(progress: Progress) -> Results:
    """Change one word at a time."""
    found: Results = {}
    parts = the_place, clock_times, days_and_hours, versions, the_example, the_server
    for n, part in enumerate(parts):
        progress(n / len(parts), part.__name__.replace("_", " "))
        found |= part()
    progress(1.0, "done")
    return found


def deadlines(value: int, what: str) -> Result:
    """Store a number of deadlines."""
    return Result(value, what, "deadlines")


def the_place() -> Results:
    """Count what all else is counted of; take the deadline, and the date, in UTC instead of at the place."""
    zones = zone_names()
    shifts = [offsets(pinned(name), day, MIDNIGHT)[0] / HOUR for name in zones for day in WINDOW]
    joined, stayed = (starts(pinned(name)) for name in SPLIT)
    split = sum(a != b for a, b in zip(joined, stayed, strict=True))
    mean = sum(map(abs, shifts)) / len(shifts)
    return {
        "all.zones": Result(len(zones), "zones of the table of places, stations left out", "zones"),
        "all.deadlines": deadlines(len(shifts), "one midnight in one zone each"),
        "all.releases": Result(len(collected()[0]), "releases of the database since 2020a", "releases"),
        "place.off": deadlines(sum(shift != 0 for shift in shifts), "that UTC's midnight misses"),
        "place.west": deadlines(sum(shift < 0 for shift in shifts), "before which UTC's midnight has passed"),
        "place.hours": Result(mean, "hours a day when UTC has another date, mean over deadlines", "hours"),
        "place.split": deadlines(split, "at which two zones differ that one release split"),
    }


def clock_times() -> Results:
    """Count clock times that do not exist or come twice."""
    found = {
        f"{key}.either": deadlines(len(odd(at, days)), f"at {at:%H:%M}, missing or double, {days[0].year} to 2026")
        for key, at, days in (
            ("midnight", MIDNIGHT, WINDOW),
            ("last_minute", LAST_MINUTE, WINDOW),
            ("long.midnight", MIDNIGHT, LONG_LOOK),
            ("long.noon", NOON, LONG_LOOK),
        )
    }
    midnights = Counter(odd(MIDNIGHT).values())
    return found | {
        "midnight.missing": deadlines(midnights[0], "whose midnight is missing"),
        "midnight.double": deadlines(midnights[2], "whose midnight is double: the second is another than the first"),
    }


def days_and_hours() -> Results:
    """Compare days with 24 hours each."""
    found = slack(SPAN)
    return {
        "days.differ": deadlines(len(found), f"in {SPAN} days that are not {24 * SPAN} hours on"),
        "days.early": deadlines(sum(extra > 0 for extra in found.values()), "that the hours come before"),
        "days.half": deadlines(sum(abs(extra) == 0.5 for extra in found.values()), "that differ by half an hour"),
        "days.zones": Result(len({zone for zone, _ in found}), "zones where any differs", "zones"),
    }


def versions() -> Results:
    """Resolve with rules that were newest some days before the deadline."""
    ages = {age: missed(age) for age in AGES}
    month = ages[SPAN]
    worst = max(abs(error) for found in ages.values() for error in found.values())
    released = collected()[0]
    late = [name for name, when in released.items() if when.year >= WINDOW[0].year]
    changed = sum(
        when >= released[late[0]] and any(a != b and b >= when for a, b in zip(old, new, strict=True))
        for history in histories().values()
        for (_, old), (when, new) in pairwise(history)
    )
    found: Results = {
        "age.days": Result([*AGES], "ages of the rules at the deadline", "days"),
        "age.missed": Result([len(found) for found in ages.values()], "deadlines missed at each", "deadlines"),
        "age.zones": Result(len({zone for zone, _ in month}), f"zones where rules {SPAN} days old miss one", "zones"),
        "age.early": deadlines(sum(error < 0 for error in month.values()), f"too early by rules {SPAN} days old"),
        "age.early_worst": Result(-min(month.values()), "largest of these", "hours"),
        "age.worst": Result(worst, "largest miss at any of the ages, early or late", "hours"),
        "age.stations": deadlines(len(missed(0, stations=True)), "of stations that the newest rules of the day miss"),
        "changes.releases": Result(len(late), f"releases from {late[0]} on", "releases"),
        "changes.zones": Result(changed, "changes by them of a zone's midnights still to come in the window", "zones"),
    }
    midnights = Counter(day.year for _, day in odd(MIDNIGHT))
    for year, count in sorted(Counter(day.year for _, day in month).items()):
        found[f"in{year}.rules"] = deadlines(count, f"in {year} that rules {SPAN} days old miss")
        found[f"in{year}.midnight"] = deadlines(midnights[year], f"in {year} whose midnight is missing or double")
    for age in (-30, 0, 1, 7, 30, 60, 365):
        key = f"age.at{age}" if age >= 0 else "age.hindsight"
        found[key] = deadlines(len(ages[age]), f"missed by rules {age} days old")
    return found


def the_example() -> Results:
    """Take one pledge through the two releases that it met."""
    found: Results = {}
    *_, before, after = collected()[0]
    for key, name in (("before", before), ("after", after)):
        zone = release(EXAMPLE, name)
        begin, end = start_of_day(zone, MADE), start_of_day(zone, DUE)
        midnights = readings(zone, date(2026, 11, 1), MIDNIGHT)
        found |= {
            f"example.{key}.hours": Result((end - begin) / HOUR, f"hours in the {SPAN} days, by {name}", "hours"),
            f"example.{key}.end": Result(f"{end:%H:%M}", f"the deadline in UTC, by {name}"),
            f"example.{key}.first": Result(len(midnights), f"midnights on 1 November, by {name}", "midnights"),
        }
    shown = start_of_day(release(EXAMPLE, before), DUE).astimezone(pinned(EXAMPLE))
    ahead = datetime(2026, 11, 1, 5, tzinfo=UTC) - collected()[0][after]
    return found | {
        "example.shown": Result(f"{shown:%H:%M}", f"the deadline of {before} on Havana's clocks, by {after}"),
        "example.notice": Result(ahead / DAY, "days from the release to the change that it struck out", "days"),
    }


QUERY = """
SELECT name, day, extract(epoch FROM day::timestamp AT TIME ZONE name)::bigint
FROM unnest(%s::text[]) AS name, unnest(%s::date[]) AS day
"""


def the_server() -> Results:
    """Let PostgreSQL resolve the midnights, and tell whose rules it has and which of two midnights it takes."""
    with postgres.postgres() as connect:
        rows = connect().execute(QUERY, ([*zone_names()], WINDOW)).fetchall()
    answers = {(name, day): datetime.fromtimestamp(second, UTC) for name, day, second in rows}
    year = [key for key in answers if key[1].year == WINDOW[-1].year]
    other = [(zone, day) for zone, day in year if answers[zone, day] not in begins(pinned(zone), day)]
    rules = {name: {zone: release(zone, name) for zone in histories()} for name in collected()[0]}
    asked = [(zone, day) for zone, day in year if zone in histories()]
    same = [name for name, by in rules.items() if all(answers[z, day] in begins(by[z], day) for z, day in asked)]
    strange = {key: begins(pinned(key[0]), key[1])[-1] for key in odd(MIDNIGHT)}
    agreed = Counter(odd(MIDNIGHT)[key] for key, last in strange.items() if answers[key] == last)
    return {
        "server.example": Result(f"{answers[EXAMPLE, DUE]:%H:%M}", "the example's deadline in UTC, by PostgreSQL"),
        "server.release": Result(", ".join(same), "releases that say of this year's midnights what PostgreSQL says"),
        "server.other": deadlines(len(other), "of this year that it resolves by other rules than the pinned ones"),
        "server.zones": Result(len({zone for zone, _ in other}), "zones of these", "zones"),
        "server.second": deadlines(agreed[2], "with a double midnight, where it takes the second"),
        "server.gap": deadlines(agreed[0], "whose midnight is missing, where it takes the end of the gap"),
    }


WORDS = (
    ("place.off", "UTC’s midnight for the place’s"),
    ("days.differ", "720 hours for 30 days"),
    ("age.at30", "rules 30 days old"),
    ("midnight.double", "the second of two midnights"),
    ("age.at0", "the newest rules of the day"),
)


def draw(values: Values) -> Iterator[Figure]:
    """Draw what each word costs, and what the age of the rules does."""
    yield Figure("words", drawing=_words(values, COLUMN), narrow=_words(values, NARROW))
    yield Figure("age", drawing=_age(values, COLUMN), narrow=_age(values, NARROW))


def _words(values: Values, width: int) -> str:
    powers = [(10.0**n, f"{10**n:,}") for n in range(7) if width != NARROW or n % 2 == 0]
    chart = Chart(width, 310, Scale(1, 1_000_000, powers, log=True), Scale(0, 5, ()), left=14, right=46, top=14)
    chart.x_label = f"deadlines moved, of {numbers(values['all.deadlines'])[0]:,.0f}"
    for row, (key, words) in enumerate(WORDS):
        y, [moved] = 4.2 - row, numbers(values[key])
        chart.line([1, moved], [y, y], 1)
        chart.mark(moved, y, 1, x_key=key)
        chart.label(1, y, words, dx=2, dy=-12)
        dx, dy, anchor = (30, -12, "end") if moved > 100_000 else (9, 4, "start")
        chart.label(moved, y, f"{moved:,.0f}", 1, dx=dx, dy=dy, anchor=anchor)
    return chart.svg()


def _age(values: Values, width: int) -> str:
    ages, gone = numbers(values["age.days"]), numbers(values["age.missed"])
    ticks = [(-30.0, "−30"), *((float(n), str(n)) for n in (0, 90, 180, 270, 365))][width == NARROW :]
    chart = Chart(width, 320, Scale(-30, 365, ticks), Scale(0, 5000, range(0, 5001, 1000)), right=26)
    chart.x_label, chart.y_label = "age of the rules at the deadline, days", "deadlines missed"
    chart.line(ages, gone, 1)
    chart.marks(ages, gone, 1, x_key="age.days", y_key="age.missed")
    month = ages.index(SPAN)
    chart.label(SPAN, gone[month], f"{gone[month]:,.0f} at {SPAN} days", 1, dx=14, dy=6)
    chart.label(ages[-1], gone[-1], f"{gone[-1]:,.0f}", 1, dx=-10, dy=-6, anchor="end")
    return chart.svg()
