"""What does it cost to keep events and to read them again, and what does a count become under repeated ones?

Three parts, on one invented stream: bicycles are hired, and every hire is an event with a key, a trace and a body.

Size and speed. The events are written to a SQLite file in WAL mode, one commit each, and read back in order, bodies
parsed. A consumer that keeps count and position in SQLite goes through them with a commit for each and for each
thousand. Only ratios of times are kept, best of several runs. Nothing is flushed: a disk would make them larger.

Counting. The stream is delivered in five ways that repeat or disorder it, to five consumers that count hires. The
result is how many hires too many (or, below zero, too few) each has counted. Nothing here is random.

Catching up. A consumer that is busy for a share b of its time and is given a history of H days to read again, while
the stream goes on, has caught up after H * b / (1 - b) days: it works off H days' worth with the time it has left.
With k workers that share nothing the time is H * b / (k - b).
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple, TypeAlias

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

EVENTS, TIMED, ROUNDS = 200_000, 6_000, 3
BATCH, EVERY, LATE, WINDOW, COMMIT = 100, 10_000, 50_000, 10_000, 1000
BIKES, SEED = 500, 20261122
BUSY, HISTORY, WORKERS = (0.1, 0.5, 0.9), 365, 8

LAB = Lab(
    name="replay",
    title="What a replay costs, and what it counts",
    question="What does a replay cost, and what does a count become when events are repeated?",
    parameters=(
        Parameter("EVENTS", EVENTS, "events", "illustrative: enough for the size of an event to settle"),
        Parameter("TIMED", TIMED, "events", "of these, in the measurements of speed"),
        Parameter("ROUNDS", ROUNDS, "runs", "the best of these is kept"),
        Parameter("BIKES", BIKES, "bicycles", "illustrative: what the hires are counted by"),
        Parameter("BATCH", BATCH, "events", "illustrative: what is repeated at a time"),
        Parameter("EVERY", EVERY, "events", "illustrative: a batch is repeated each time, so 1% of all events"),
        Parameter("LATE", LATE, "events", "illustrative: how much later a late repetition comes"),
        Parameter("WINDOW", WINDOW, "keys", "illustrative: what the consumer with a window remembers"),
        Parameter("COMMIT", COMMIT, "events", "illustrative: what the batched consumer commits at a time"),
        Parameter("BODY", "about 70", "bytes", "illustrative: the JSON body of an event"),
        Parameter("WORKERS", WORKERS, "workers", "illustrative: how many share one of the replays"),
        Parameter("HISTORY", HISTORY, "days", "a year, read again"),
        Parameter("SEED", SEED, "", "of the events' keys and bicycles"),
    ),
    seconds=6,
)


class Event(NamedTuple):
    """A hire as the store keeps it; `trace` is the context of the request that made it."""

    key: bytes
    kind: str
    bike: int
    happened: int
    trace: str
    body: str


def events(number: int) -> Iterator[Event]:
    """Make up events, the same every time."""
    chance = Random(SEED)
    for place in range(number):
        key, trace = chance.randbytes(16), chance.randbytes(24).hex()
        bike = int(chance.random() * BIKES)
        body = json.dumps({"dock": f"d{place % 90}", "rider": f"r{place % 7000}", "tariff": "short", "minutes": 30})
        header = f"00-{trace[:32]}-{trace[32:]}-01"
        yield Event(key, "hire.began", bike, 1_700_000_000_000 + place * 86, header, body)


SCHEMA = """CREATE TABLE event (position INTEGER PRIMARY KEY, key BLOB NOT NULL {unique}, kind TEXT NOT NULL,
bike INTEGER NOT NULL, happened INTEGER NOT NULL, trace TEXT NOT NULL, body TEXT NOT NULL)"""
INSERT = "INSERT INTO event (key, kind, bike, happened, trace, body) VALUES (?, ?, ?, ?, ?, ?)"
BOARD = """CREATE TABLE board (bike INTEGER PRIMARY KEY, hires INTEGER);
CREATE TABLE seen (position INTEGER); INSERT INTO seen VALUES (0)"""
COUNT = "INSERT INTO board VALUES (?, 1) ON CONFLICT DO UPDATE SET hires = hires + 1"


def store(path: Path, schema: str) -> sqlite3.Connection:
    """Make a file that commits when it is told to and does not wait for the disk."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = OFF")
    database.executescript(schema)
    return database


def bytes_per_event(folder: Path, unique: str) -> float:
    """Fill a store and divide its size by the number of events."""
    database = store(folder / f"size{unique}", SCHEMA.format(unique=unique))
    database.execute("BEGIN")
    database.executemany(INSERT, events(EVENTS))
    database.execute("COMMIT")
    (pages,), (page,) = (database.execute(f"PRAGMA page_{what}").fetchone() for what in ("count", "size"))
    database.close()
    return float(pages * page) / EVENTS


def seconds(work: Callable[[], object]) -> float:
    """Time some work."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def speeds(folder: Path) -> tuple[float, float, float]:
    """Measure how many times faster reading is than single commits and than one, and batches than single events."""
    made = list(events(TIMED))
    times: dict[str, list[float]] = {"write": [], "bulk": [], "read": [], "single": [], "batch": []}
    for number in range(ROUNDS):
        database = store(folder / f"events{number}", SCHEMA.format(unique="UNIQUE"))
        times["write"].append(seconds(partial(write, made, database)))
        bulk = store(folder / f"bulk{number}", SCHEMA.format(unique="UNIQUE"))
        bulk.execute("BEGIN")
        times["bulk"].append(seconds(partial(write, made, bulk)) + seconds(partial(bulk.execute, "COMMIT")))
        bulk.close()
        times["read"].append(seconds(partial(read, database)))
        for name, step in (("single", 1), ("batch", COMMIT)):
            board = store(folder / f"{name}{number}", BOARD)
            times[name].append(seconds(partial(consume, made, board, step)))
            board.close()
        database.close()
    best = {name: min(taken) for name, taken in times.items()}
    return best["write"] / best["read"], best["bulk"] / best["read"], best["single"] / best["batch"]


def write(made: list[Event], database: sqlite3.Connection) -> None:
    """Append the events, with one commit each unless a transaction is open."""
    for event in made:
        database.execute(INSERT, event)


def read(database: sqlite3.Connection) -> int:
    """Read all events in order and parse their bodies."""
    return sum(json.loads(body)["minutes"] for (body,) in database.execute("SELECT body FROM event ORDER BY position"))


def consume(made: list[Event], board: sqlite3.Connection, step: int) -> None:
    """Count hires by bicycle, and commit the count together with the position after every `step` events."""
    for start in range(0, len(made), step):
        board.execute("BEGIN")
        for event in made[start : start + step]:
            board.execute(COUNT, (event.bike,))
        board.execute("UPDATE seen SET position = ?", (start + step,))
        board.execute("COMMIT")


# --- Repeated deliveries ---------------------------------------------------------------------------------------------

Delivery: TypeAlias = tuple[int, int]
"""A position in the store and the number of the hire, which stands for the event's key."""


def deliveries(way: str, number: int = EVENTS) -> Iterator[Delivery]:
    """Deliver the hires 0 to `number` - 1 in one of five ways."""
    hires: Iterable[int] = range(number)
    if way in ("appended", "late"):
        hires = _with_repeats(number, 0 if way == "appended" else LATE)
    if way in ("appended", "late", "again"):
        yield from enumerate(hires)
        if way == "again":
            yield from enumerate(hires)
        return
    for start in range(0, number, BATCH):
        batch = [(hire, hire) for hire in range(start, start + BATCH)]
        last = (start + BATCH) % EVERY == 0
        if way == "swapped" and last:
            continue  # has been delivered one batch early, before the one that it follows
        if way == "swapped" and (start + 2 * BATCH) % EVERY == 0:
            yield from ((hire + BATCH, hire + BATCH) for hire, _ in batch)
        yield from batch
        if way == "redelivered" and last:
            yield from batch


def _with_repeats(number: int, later: int) -> Iterator[int]:
    """Append a batch a second time, at once or so many events later, if the stream lasts until then."""
    waiting: deque[int] = deque()
    for end in range(BATCH, number + 1, BATCH):
        yield from range(end - BATCH, end)
        if end % EVERY == 0:
            waiting.append(end)
        while waiting and waiting[0] + later <= end:
            again = waiting.popleft()
            yield from range(again - BATCH, again)


def counted(rule: str, stream: Iterable[Delivery]) -> int:
    """Count the hires of a stream by one of five rules."""
    total, position = 0, -1
    seen: set[int] = set()
    order: deque[int] = deque()
    for place, hire in stream:
        if rule in ("position", "keyed") and place <= position:
            continue
        position = place
        if rule in ("window", "keys", "keyed"):
            if hire in seen:
                continue
            seen.add(hire)
            order.append(hire)
            if rule == "window" and len(order) > WINDOW:
                seen.remove(order.popleft())
        total += 1
    return total


WAYS = {
    "redelivered": "delivered twice from the same positions",
    "appended": "appended twice, at once",
    "late": "appended twice, much later",
    "swapped": "delivered out of order, each once",
    "again": "the whole stream delivered again",
}
RULES = {
    "naive": "counts every delivery",
    "position": "skips positions up to the last",
    "window": "skips keys among the last ones",
    "keys": "skips every key that it has met",
    "keyed": "skips positions up to the last, from a store that refuses known keys",
}


def catch_up(busy: float, history: float = HISTORY, workers: int = 1) -> float:
    """Tell how many days a consumer takes to read a history of so many days while the stream goes on.

    `busy` is the share of one worker's time that the stream takes; the workers share neither bicycles nor a file.
    """
    return history * busy / (workers - busy)


def run(progress: Progress) -> Results:
    """Measure sizes and speeds, count under every way of delivery, and trace the time to catch up."""
    found: Results = {}
    with tempfile.TemporaryDirectory() as place:
        progress(0.0, "sizes")
        plain, unique = (bytes_per_event(Path(place), key) for key in ("", "UNIQUE"))
        progress(0.4, "speeds")
        read_over_write, read_over_bulk, batch_over_single = speeds(Path(place))
    found["size.event"] = Result(plain, "bytes in the file for an event", "bytes", (161, 197))
    found["size.keyed"] = Result(unique, "bytes in the file for an event and its key's index", "bytes", (186, 227))
    found["size.key"] = Result(unique - plain, "bytes in the file for the index alone", "bytes", (24.8, 30.4))
    progress(0.9, "repeated deliveries")
    for way, how in WAYS.items():
        for rule, what in RULES.items():
            wrong = counted(rule, deliveries(way)) - EVENTS
            found[f"{way}.{rule}"] = Result(wrong, f"hires too many, events {how}: {what}", "hires")
    return found | {
        "speed.read": Result(read_over_write, "rate of reading over rate of single commits", "", (3, 50)),
        "speed.bulk": Result(read_over_bulk, "rate of reading over rate of writing in one commit", "", (0.7, 5)),
        "speed.batch": Result(batch_over_single, "rate of a consumer in batches over one by one", "", (4, 80)),
        "hires": Result(EVENTS, "hires in the stream", "hires"),
        "busy": Result([*BUSY], "shares of its time for which a consumer is busy"),
        "days": Result([catch_up(share) for share in BUSY], "days until it has read a year again at each", "days"),
        **{
            f"days.at{share * 100:.0f}": Result(catch_up(share), f"the same at {share:.0%} busy", "days")
            for share in (0.01, 0.1, 0.5, 0.9)
        },
        "days.shared": Result(catch_up(0.5, workers=WORKERS), f"at 50% busy with {WORKERS} workers", "days"),
    }


def draw(values: Values) -> Iterator[Figure]:
    """Draw the time to catch up."""
    yield Figure("catch-up", drawing=_catch_up(values, COLUMN), narrow=_catch_up(values, NARROW))


def _catch_up(values: Values, width: int) -> str:
    chart = Chart(
        width,
        300,
        x=Scale(0, 1, [(tenth / 10, f"{tenth}0%" if tenth else "0") for tenth in range(0, 11, 2)]),
        y=Scale(1, 10_000, (1, 10, 100, 1000, 10_000), log=True),
        x_label="share of the consumer's time in use",
        y_label="days until a year has been read again",
        left=58,
        right=24,
    )
    busy, days = numbers(values["busy"]), numbers(values["days"])
    steps = [step / 200 for step in range(1, 193)]
    chart.level(HISTORY, 0)
    chart.line(steps, [catch_up(step) for step in steps], 1)
    chart.marks(busy, days, 1, x_key="busy", y_key="days")
    chart.label(busy[1], days[1], "half busy: a year", 1, dx=12, dy=16)
    return chart.svg()
