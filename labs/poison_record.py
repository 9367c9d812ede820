"""A record of an ordered stream fails every time. Which copies lack their last change afterwards, and what decides it?

A model: no stream, function or index in it is anybody's. Copies change one after the other, in turn, and every record
carries a whole document. One record fails whenever it is read, the poison. It stands at every place of the stream in
turn. When all others have been read, its cause is mended, and what was set aside is written.

Policies, after the settings that AWS documents for Lambda reading from Kinesis (splitting a failing batch until the
record is alone, a limit on retries, a destination for what is discarded):

- `record_dropped`: go on without the record.
- `record_aside`: the same, and the record is written after the mend.
- `copy_aside`: set aside the record and every later one of its copy; all are written, in order, after the mend.
- `batch_dropped`: the function stops at the record, and the rest of its batch goes with it.
- `batch_aside`: the same, and the whole batch is run again after the mend.

A copy is *wrong* if it then shows anything but its last change, and *behind* if it did so just before. The index keeps
what arrives last, or refuses a change that is not newer by the source's number. All places are played, and nothing is
drawn at random.

In time, there is no last change. A record fails with a small chance; it is dropped, or set aside and written after a
delay, and the last write wins. How long is its copy outdated on its account, in mean gaps between its changes? For
single changes at random, mended after x gaps: *behind* until the next change or the mend, 1 - exp(-x) on average, and
*out of order* from the mend to the next change if there was one before it, 1 - exp(-x) again. Dropped, it is outdated
until the next change: 1. For the pairs of the lab index-order, mended when the pair is over and before half a rest is:
a failed first change is behind until the second and out of order from the mend to the next pair, and a failed second
one is behind until the mend. A simulation of single writes checks both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

from labs.index_order import DAY, HOUR, KINDS, REPEATED, Index, Kind, Write, out_of_order, reaches
from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

COPIES = 4
BATCH = 8
CHANGES = (1, 2, 4, 8)
RANGE = range(1, 9)
DELAYS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0)

LAB = Lab(
    name="poison-record",
    title="A record that always fails",
    question="If one record of an ordered stream always fails, which policy leaves a copy without its last change?",
    parameters=(
        Parameter("COPIES", COPIES, "copies", "illustrative: they change in turn"),
        Parameter("RANGE", "1 to 8", "changes", "of each copy, the failed one among them: the range that is played"),
        Parameter("BATCH", BATCH, "records", "illustrative: two rounds of changes"),
        Parameter("DELAYS", "0.02 to 5", "mean gaps", "illustrative: from the failure to the mend, in the figure"),
        Parameter("KINDS", "month and single", "", "of the lab index-order: how copies change, for the shares of time"),
        Parameter("REPEATED", REPEATED, "of records", "of the lab index-order: here, so many fail"),
    ),
    seconds=1,
)


class Record(NamedTuple):
    """One record of the stream: which copy changed, and for the how-manieth time; the source numbers it so."""

    copy: int
    change: int


Stream: TypeAlias = Sequence[Record]


class Played(NamedTuple):
    """The writes that a policy lets through until the mend, and those after it."""

    before: list[Record]
    after: list[Record]


Policy: TypeAlias = Callable[[Stream, Record], Played]


def in_turn(changes: int, copies: int = COPIES) -> Stream:
    """Let every copy change once, then every copy a second time, and so on."""
    return [Record(copy, change) for change in range(1, changes + 1) for copy in range(copies)]


# --- What is done with the record ------------------------------------------------------------------------------------


def record_dropped(stream: Stream, poison: Record) -> Played:
    """Go on without it."""
    return Played([record for record in stream if record != poison], [])


def record_aside(stream: Stream, poison: Record) -> Played:
    """Go on without it, and write it after the mend."""
    return Played(record_dropped(stream, poison).before, [poison])


def copy_aside(stream: Stream, poison: Record) -> Played:
    """Set aside the record and every later one of its copy; the function itself has to see to that."""
    kept = [record for record in stream if record.copy == poison.copy and record.change >= poison.change]
    return Played([record for record in stream if record not in kept], kept)


def batch_dropped(stream: Stream, poison: Record) -> Played:
    """Stop at it, and go on with the next batch."""
    place = stream.index(poison)
    return Played([*stream[:place], *stream[place - place % BATCH + BATCH :]], [])


def batch_aside(stream: Stream, poison: Record) -> Played:
    """Stop at it, go on with the next batch, and run the whole batch again after the mend."""
    start = stream.index(poison) // BATCH * BATCH
    return Played(batch_dropped(stream, poison).before, [*stream[start : start + BATCH]])


RECORD: dict[str, tuple[Policy, str]] = {
    "record_dropped": (record_dropped, "it is dropped"),
    "record_aside": (record_aside, "it is set aside"),
    "copy_aside": (copy_aside, "it is set aside with its copy's later records"),
}
BATCHES: dict[str, tuple[Policy, str]] = {
    "batch_dropped": (batch_dropped, "the rest of its batch is dropped with it"),
    "batch_aside": (batch_aside, "its batch is set aside and run again"),
}
ASIDE = (record_aside, copy_aside, batch_aside)


# --- What the index shows --------------------------------------------------------------------------------------------


def outdated(writes: Sequence[Record], stream: Stream, guarded: bool = False) -> int:
    """Write into an index for each copy, and count the copies that do not show their last change."""
    newest = {record.copy: record.change for record in stream}  # a copy's changes stand in the stream in their order
    index = {copy: Index(guarded=guarded) for copy in newest}
    for copy, change in writes:
        index[copy].take(Write(change, change))
    return sum(index[copy].shows() != change for copy, change in newest.items())


def wrong(policy: Policy, stream: Stream, guarded: bool = False) -> list[int]:
    """Count, for every place of the poison, the copies without their last change after the mend."""
    ends = (policy(stream, poison) for poison in stream)
    return [outdated([*played.before, *played.after], stream, guarded) for played in ends]


def behind(policy: Policy, stream: Stream) -> list[int]:
    """Count, for every place of the poison, the copies without their last change until the mend."""
    return [outdated(policy(stream, poison).before, stream) for poison in stream]


def places(copies: Sequence[int]) -> int:
    """Count the places with any such copy."""
    return sum(number > 0 for number in copies)


# --- Shares of the time ----------------------------------------------------------------------------------------------


def late(kind: Kind, delay: float) -> float:
    """Tell the share of the time for which copies would be behind if every record failed: until the mend at most."""
    if not kind.gap:
        return -math.expm1(-delay / kind.rest)
    return (kind.gap / 2 + delay) / kind.cycle


def aside(kind: Kind, delay: float, failing: float = 1.0) -> float:
    """Tell the share for which they are behind or out of order, each record failing by its own luck."""
    return failing * late(kind, delay) + out_of_order(kind, delay, failing)


def dropped(kind: Kind) -> float:
    """Tell the share if they are dropped: until the next change, which in a pair is a gap away and then a rest."""
    return (kind.rest + kind.gap / 2) / kind.cycle


# --- The lab ---------------------------------------------------------------------------------------------------------


def run(progress: Progress) -> Results:
    """Play every policy with the poison at every place, and work out shares of the time."""
    found = counts() | times()
    progress(1.0, "done")
    return found


def counts() -> Results:
    """Count places, and for whole batches copies."""
    found: Results = {}
    for count in CHANGES:
        stream, each = in_turn(count), f"changes of each copy: {count}"
        found[f"places.at{count}"] = Result(len(stream), f"places, {each}", "places")
        for name, (policy, what) in RECORD.items():
            text = f"wrong places, {what}, {each}, last write wins"
            found[f"{name}.at{count}"] = Result(places(wrong(policy, stream)), text, "places")
        for name, (policy, what) in BATCHES.items():
            text = f"wrong copies over all places, {what}, {each}, last write wins"
            found[f"{name}.at{count}"] = Result(sum(wrong(policy, stream)), text, "copies")
    four = in_turn(4)
    for name in ("record_aside", "copy_aside"):
        text = f"places behind until the mend, {RECORD[name][1]}, 4 changes of each copy"
        found[f"{name}.behind"] = Result(places(behind(RECORD[name][0], four)), text, "places")
    numbered = max(places(wrong(policy, in_turn(count), True)) for policy in ASIDE for count in RANGE)
    text = "most wrong places, anything set aside, numbered, 1 to 8 changes"
    return found | {"numbered.aside": Result(numbered, text, "places")}


def times() -> Results:
    """Compare setting aside with dropping, in time."""
    single, month = KINDS["single"], KINDS["month"]
    hour, gaps = aside(single, HOUR), "mean gaps"
    found = {
        "time.even": Result(math.log(2), "delay at which setting aside costs as long as dropping, single", gaps),
        "time.dropped": Result(dropped(single), "outdated for a record that is dropped, single", gaps),
        "time.hour.delay": Result(HOUR / single.rest, "an hour, of a mean gap of a day", gaps),
        "time.hour.aside": Result(hour, "outdated for a record set aside and mended an hour later, single", gaps),
        "time.hour.gain": Result(dropped(single) / hour, "dropped, over set aside and mended an hour later", "times"),
        "time.day.delay": Result(DAY / single.rest, "a day, of a mean gap of a day", gaps),
        "time.day.aside": Result(aside(single, DAY), "outdated for a record set aside and mended a day later", gaps),
        "time.delays": Result([*DELAYS], "delays of the figure", gaps),
        "time.asides": Result([aside(Kind(1.0), each) for each in DELAYS], "outdated, set aside, single", gaps),
        "time.numbered": Result([late(Kind(1.0), each) for each in DELAYS], "outdated, set aside and numbered", gaps),
    }
    for name, kind in (("single", single), ("month", month)):
        what = f"interval at which waiting equals a record in 10,000 set aside and mended a day later, {name}"
        found[f"time.{name}.equal"] = Result(reaches(kind, aside(kind, DAY, REPEATED)), what, "s")
    return found


# --- The figure ------------------------------------------------------------------------------------------------------


def draw(values: Values) -> Iterator[Figure]:
    """Draw the time that a failed record costs over the delay of its mend."""
    yield Figure("time", drawing=_time(values, COLUMN), narrow=_time(values, NARROW))


def _time(values: Values, width: int) -> str:
    chart = Chart(
        width,
        300,
        x=Scale(0.018, 6, ((0.02, "1/50"), (0.1, "1/10"), (0.5, "1/2"), (1, "1"), (5, "5")), log=True),
        y=Scale(0, 2.1, (0, 0.5, 1, 1.5, 2)),
        x_label="from the failure to the mend, in mean gaps",
        y_label="outdated for each failed record, in mean gaps",
        left=46,
    )
    delays, (even,) = numbers(values["time.delays"]), numbers(values["time.dropped"])
    chart.level(even, 2)
    chart.line(delays, numbers(values["time.asides"]), 1)
    chart.line(delays, numbers(values["time.numbered"]), 3, dash=True)
    for x_key, y_key in (
        ("time.hour.delay", "time.hour.aside"),
        ("time.even", "time.dropped"),
        ("time.day.delay", "time.day.aside"),
    ):
        (place,), (height,) = numbers(values[x_key]), numbers(values[y_key])
        chart.mark(place, height, 1, x_key=x_key, y_key=y_key)
    chart.label(0.02, even, "dropped", 2, dy=-7)
    chart.label(1.2, 1.75, "set aside", 1, anchor="end")
    chart.label(5, 0.1, "set aside, numbered", 3, anchor="end")
    return chart.svg()
