"""What is left of a hire and its event if a process dies before any one of its writes?

Somebody hires a bicycle. The desk's database holds the hire; an event store, a second SQLite file, ought to hold one
event for it. Each design forks real processes, and one of them sends itself SIGKILL just before its first, second, ...
write, truncation or deletion of a file. SQLite's own writes are counted by a VFS, so the middle of a commit is among
these points. Then whatever would be started again runs to its end, and the files are read as SQLite recovers them.

A point is *lost* if a hire has no event, *phantom* if an event has no hire, *repeated* if a hire has two events. A
count of points is no probability. A process dies, whose writes stay with the operating system, so nothing is flushed;
power loss is not played. Leach (2017) and Morling (2019) discuss the designs.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Literal, TypeAlias

import apsw

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure, element
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values

LARGE = 20_000
LAB = Lab(
    name="outbox-crash",
    title="Killing a publisher at every write",
    question="Which designs lose, invent or repeat an event if a process dies before any one of its writes?",
    parameters=(
        Parameter("deaths", "1; 2 in pairs", "", "the second hits what the first made start again"),
        Parameter("journal", "rollback; WAL where named", "", "SQLite's default, and the usual alternative"),
        Parameter("LARGE", LARGE, "bytes", "illustrative: an event over several pages, to see what its size does"),
    ),
    seconds=10,
    engines=("apsw",),
)

Outcome: TypeAlias = Literal["nothing", "once", "lost", "phantom", "repeated"]
FAULTS: set[Outcome] = {"lost", "phantom", "repeated"}


class Fuse:
    """Counts this process's changes to files and kills the process before change number `length`."""

    changes, length = 0, -1

    def burn(self) -> None:
        """Count a change, or die before it."""
        if self.changes == self.length:
            os.kill(os.getpid(), signal.SIGKILL)
        self.changes += 1


FUSE = Fuse()


class CountedFile(apsw.VFSFile):
    """One of SQLite's files, with every change counted."""

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802, D102
        FUSE.burn()
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802, D102
        FUSE.burn()
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        """Do not flush: what a killed process wrote stays with the operating system."""


class CountedFiles(apsw.VFS):
    """SQLite's way to its files, with every change counted."""

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> CountedFile:  # noqa: N802, D102
        return CountedFile("", name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802, D102
        FUSE.burn()
        super().xDelete(filename, False)


VFS = CountedFiles("counted", "")


SCHEMAS = {
    "desk": "CREATE TABLE hire (id INTEGER PRIMARY KEY); CREATE TABLE outbox (hire INTEGER PRIMARY KEY, sent, body);",
    "store": "CREATE TABLE event (position INTEGER PRIMARY KEY, hire {key}, body);",
    "board": "CREATE TABLE board (hires, position); INSERT INTO board VALUES (0, 0);",
}
APPEND = "INSERT OR IGNORE INTO event (hire, body) VALUES (7, :body)"
INSERT_OUTBOX = "INSERT OR IGNORE INTO outbox VALUES (7, 0, :body)"

Transaction: TypeAlias = tuple[str, ...]
"""A file (`both`: the desk with the store attached), then the statements that are committed together."""
HIRE: Transaction = ("desk", "INSERT OR IGNORE INTO hire VALUES (7)")
NOTE: Transaction = ("desk", INSERT_OUTBOX)
PUBLISH: Transaction = ("store", APPEND)
MARK: Transaction = ("desk", "UPDATE outbox SET sent = 1")
DELETE: Transaction = ("desk", "DELETE FROM outbox")
DATE: Transaction = ("desk", "UPDATE outbox SET sent = '2026-11-22T00:00:00Z'")
COUNT: Transaction = ("board", "UPDATE board SET hires = hires + 1")
REMEMBER: Transaction = ("board", "UPDATE board SET position = 1")


class LoneEventError(Exception):
    """An event was handed to `emit` where nothing is about to be committed."""


def emit(db: apsw.Connection, event: dict[str, bytes]) -> None:
    """Put an event beside the change that the caller is about to commit."""
    if not db.in_transaction:
        raise LoneEventError(event)
    db.execute(INSERT_OUTBOX, event)


@dataclass(frozen=True, slots=True)
class Process:
    """Transactions in order, each on its own connection; `work` (a file, a query) finds a row if there is any to do."""

    transactions: tuple[Transaction, ...]
    work: tuple[str, str] | None = None
    stays: bool = False  # connections stay open until the process ends

    def run(self, folder: Path, body: bytes) -> list[apsw.Connection]:
        """Do the work in this process; what the relay publishes is the body that it finds in the row."""
        used: list[apsw.Connection] = []
        if self.work:
            found = look(connect(folder, self.work[0]), self.work[1])
            if found is None:
                return used
            body = found if isinstance(found, bytes) else body
        for place, *statements in self.transactions:
            used.append(database := connect(folder, place))
            with database:
                for statement in statements:
                    database.execute(statement, {"body": body})
            if not self.stays:
                database.close()
        return used

    def dies(self, folder: Path, fuse: int = -1, body: int = 0) -> bool:
        """Do the work in a fork, with a fuse, and tell whether the fork was killed."""
        child = os.fork()
        if child == 0:
            try:
                FUSE.length, FUSE.changes = fuse, 0
                used = self.run(folder, bytes(body))
                os._exit(0 if isinstance(used, list) else 1)
            finally:
                os._exit(1)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code not in (0, -signal.SIGKILL):
            raise RuntimeError(f"a process ended with {code}")
        return code != 0


def connect(folder: Path, place: str) -> apsw.Connection:
    """Open a file by way of the counting VFS, which lacks the shared memory that WAL needs unless exclusive."""
    database = apsw.Connection(str(path := folder / {"both": "desk"}.get(place, place)), vfs="counted")
    if path.read_bytes()[18] == 2:  # the header's mark of WAL
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
    if place == "both":
        database.execute("ATTACH ? AS store", (str(folder / "store"),))
    return database


def look(database: apsw.Connection, query: str) -> apsw.SQLiteValue:
    """Read one value, None where there is no row, and close."""
    found = database.execute(query).fetchone()
    database.close()
    return found[0] if found else None


def ask(database: apsw.Connection, query: str) -> int:
    """Read one number, and close."""
    return int(str(look(database, query)))


@dataclass(frozen=True, slots=True)
class Design:
    """Which processes run in turn, what is started again after a death, and how the files are kept."""

    what: str
    processes: tuple[Process, ...]
    again: tuple[Process, ...] = ()
    keyed: bool = False  # the store refuses a second event of the same hire
    wal: bool = False  # write-ahead logs instead of rollback journals
    body: int = 0  # bytes of the event beside its key
    consumer: bool = False  # the event is there from the start; the board that counts it is judged

    def lay_out(self, folder: Path) -> None:
        """Make the files."""
        for name, schema in SCHEMAS.items():
            database = apsw.Connection(str(folder / name))
            database.execute(f"PRAGMA journal_mode = {'WAL' if self.wal else 'DELETE'}")
            database.execute(schema.format(key="UNIQUE" * self.keyed))
            if name == "store" and self.consumer:
                database.execute(APPEND, {"body": b""})
            database.close()

    def judge(self, folder: Path) -> Outcome:
        """Compare what the files hold."""
        looks = (("desk", "count(*) FROM hire"), ("store", "count(*) FROM event"), ("board", "hires FROM board"))
        hires, events, counted = (ask(apsw.Connection(str(folder / name)), f"SELECT {what}") for name, what in looks)
        cause, effect = (events, counted) if self.consumer else (hires, events)
        if cause == effect:
            return "once" if cause else "nothing"
        return "lost" if effect < cause else "repeated" if cause else "phantom"

    def deaths(self, *, twice: bool = False) -> Iterator[Outcome]:
        """Kill at every point and judge; with `twice`, kill what is started again at every point as well."""
        with tempfile.TemporaryDirectory() as place:
            clean, crashed, folder = (Path(place, name) for name in ("clean", "crashed", "run"))
            clean.mkdir()
            self.lay_out(clean)
            for number, victim in enumerate(self.processes):
                for first in count():
                    _copy(clean, crashed)
                    for process in self.processes[:number]:
                        process.dies(crashed, body=self.body)
                    if not victim.dies(crashed, first, self.body):
                        break
                    for second in count() if twice else (-1,):
                        _copy(crashed, folder)
                        if second >= 0 and not self.again[0].dies(folder, second, self.body):
                            break
                        for process in self.again:
                            process.dies(folder, body=self.body)
                        yield self.judge(folder)


def _copy(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def consumer(what: str, *transactions: Transaction) -> Design:
    """Describe a consumer that is started again until it gets through."""
    process = Process(transactions, ("board", "SELECT 1 FROM board WHERE position < 1"))
    return Design(what, (process,), (process,), consumer=True)


HIRE_NOTE = Process(((*HIRE, NOTE[1]),))
RELAY = Process((PUBLISH, MARK), ("desk", "SELECT body FROM outbox WHERE NOT sent"))
HASTY = replace(RELAY, transactions=(MARK, PUBLISH))
DELETING = Process((PUBLISH, DELETE), ("desk", "SELECT body FROM outbox"))
DATING = replace(RELAY, transactions=(PUBLISH, DATE))
FIRST = Process((HIRE, PUBLISH))
UNLESS = replace(FIRST, work=("desk", "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM hire)"))
AFRESH = Process((("desk", "INSERT INTO hire VALUES (8)"), ("store", APPEND.replace("7", "8"))))
BOTH = Process((("both", HIRE[1], APPEND),))
OUTBOX = Design("outbox; the relay sends, then marks", (HIRE_NOTE, RELAY), (RELAY,))
DESIGNS: dict[str, Design] = {
    "commit_first": Design("commit, then publish", (FIRST,)),
    "publish_first": Design("publish, then commit", (Process((PUBLISH, HIRE)),)),
    "outbox": OUTBOX,
    "keyed": replace(OUTBOX, what="outbox, and the store knows the key", keyed=True),
    "separate": replace(OUTBOX, what="outbox in a commit of its own", processes=(Process((HIRE, NOTE)), RELAY)),
    "inside": replace(OUTBOX, what="outbox, committed before the hire", processes=(Process((NOTE, HIRE)), RELAY)),
    "marked": Design("outbox; the relay marks, then sends", (HIRE_NOTE, HASTY), (HASTY,)),
    "skipped": Design("commit, publish; a retry skips a hire that is there", (UNLESS,), (UNLESS,)),
    "retried": Design("commit, publish; a retry repeats both, keyed", (FIRST,), (FIRST,), keyed=True),
    "given_up": Design("the same, but nobody retries", (FIRST,), keyed=True),
    "renumbered": Design("the same; the retry makes a new number", (FIRST,), (AFRESH,), keyed=True),
    "attached": Design("one transaction over two files", (BOTH,)),
    "count_first": consumer("consumer counts, then remembers", COUNT, REMEMBER),
    "remember_first": consumer("consumer remembers, then counts", REMEMBER, COUNT),
    "together": consumer("consumer does both at once", (*COUNT, REMEMBER[1])),
}
DESIGNS |= {f"{key}_wal": replace(DESIGNS[key], wal=True) for key in ("commit_first", "outbox", "keyed", "attached")}
DESIGNS |= {f"{key}_keyed": replace(DESIGNS[key], keyed=True) for key in ("separate", "inside")}
DESIGNS |= {f"{key}_large": replace(DESIGNS[key], body=LARGE) for key in ("commit_first", "outbox", "keyed")}
DESIGNS |= {
    f"outbox_{how}": replace(
        OUTBOX, what=f"outbox; the relay {what}", processes=(HIRE_NOTE, it), again=(it,), body=LARGE
    )
    for how, what, it in (("deleted", "deletes the row", DELETING), ("dated", "writes a time of sending", DATING))
}
STAYING = replace(RELAY, stays=True)
DESIGNS |= {
    "commit_first_open": Design("commit, then publish, connections open", (replace(FIRST, stays=True),), wal=True),
    "outbox_open": Design("outbox, connections open", (replace(HIRE_NOTE, stays=True), STAYING), (STAYING,), wal=True),
}
DRAWN = ("commit_first", "publish_first", "outbox", "keyed", "separate")


def run(progress: Progress) -> Results:
    """Kill every design at every point."""
    found: Results = {}
    for done, (key, design) in enumerate(DESIGNS.items()):
        progress(done / 60, design.what)
        outcomes = list(design.deaths())
        what = design.what + (", WAL" if design.wal else "") + (", large event" if design.body else "")
        bad = [place for place, outcome in enumerate(outcomes, 1) if outcome in FAULTS]
        faults = sorted({*outcomes} & FAULTS)
        found[f"{key}.points"] = Result(len(outcomes), f"points of death: {what}", "points")
        found[f"{key}.bad"] = Result(len(bad), f"of these {' or '.join(faults) or 'with a fault'}: {what}", "points")
        for fault in faults[len(faults) == 1 :]:
            found[f"{key}.{fault}"] = Result(outcomes.count(fault), f"of these {fault}: {what}", "points")
        if key in DRAWN:
            found[f"{key}.outcomes"] = Result([*outcomes], f"outcome at each point: {what}")
            found[f"{key}.bad_at"] = Result([*bad], f"numbers of the points with a fault: {what}")
    progress(0.5, "pairs of deaths")
    pairs = list(DESIGNS["keyed"].deaths(twice=True))
    found["pairs.points"] = Result(len(pairs), "pairs of deaths: outbox, and the store knows the key", "pairs")
    bad_pairs = Result(sum(outcome in FAULTS for outcome in pairs), "of these with a fault", "pairs")
    return found | {"pairs.bad": bad_pairs}


WORDS = {"nothing": "neither", "once": "both", "lost": "lost", "phantom": "phantom", "repeated": "repeated"}
TONES = {"lost": 1, "phantom": 4, "repeated": 2}


def draw(values: Values) -> Iterator[Figure]:
    """Draw a row of points for each design."""
    yield Figure("points", drawing=_points(values, COLUMN), narrow=_points(values, NARROW))


def _points(values: Values, width: int) -> str:
    scales = Scale(0.5, 44.5, (1, 10, 20, 30, 40)), Scale(0, len(DRAWN))
    chart = Chart(width, 360, *scales, "the process dies before this write", left=6, top=8)
    for row, key in enumerate(DRAWN):
        height, outcomes, bad = len(DRAWN) - row - 0.78, values[f"{key}.outcomes"], values[f"{key}.bad_at"]
        assert isinstance(outcomes, list) and isinstance(bad, list)  # noqa: PT018
        chart.label(0.5, height, DESIGNS[key].what, dy=-30)
        for place, outcome in enumerate(map(str, outcomes), 1):
            tone, radius = TONES.get(outcome, 0), 1.5 if outcome == "nothing" else 2.0 + width / 300
            if place == 1 or outcome != outcomes[place - 2]:
                chart.label(place, height, WORDS[outcome], tone, dx=-4, dy=-10)
            look = f"fig-{'bar' if tone else 'dot'} fig-{tone}"
            x_key = f"{key}.bad_at[{bad.index(place)}]" if tone else None
            cx, cy = chart.at_x(place), chart.at_y(height)
            chart.parts.append(element("circle", cx=cx, cy=cy, r=radius, class_=look, data_x=x_key))
    return chart.svg()
