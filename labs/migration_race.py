"""Which rules for a migration's writes leave two stores in agreement after every interleaving?

Two real SQLite databases stand for the old store, which decides what is true, and the new one. Two writers change one
row, each first in the old store and then in the new, and a backfill reads the row from the old and writes it to the
new. Every party is a generator that pauses after each transaction; the lab plays every order in which the parties can
take their turns and counts those after which the stores disagree, once all have finished. The orders are counted, not
weighed: how often production meets any one of them, nobody knows.

A `Design` lists the rules. Its defaults are the ones that hold; each experiment takes one of them away. The method,
trying every order of a small number of operations, is what Lu et al. (ASPLOS 2008) conclude from real bugs.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values

KEY = 7
"""The primary key of the one row: somebody's contact preference."""

LAB = Lab(
    name="migration-race",
    title="Every schedule of a migration",
    question="Which rules keep an old and a new store in agreement under every interleaving of two writers and a "
    "backfill?",
    parameters=(
        Parameter("rows", 1, "", "a race is about one row; more rows only multiply the schedules"),
        Parameter("writers", 2, "", "the smallest number that can race with each other"),
        Parameter("backfill passes", "1 or 2", "", "2 where a repair pass follows a crash"),
        Parameter("transactions a party", "2 or 3", "", "one for each time that it touches a store"),
        Parameter("crashed writers", "0 to 2", "", "each stops between its two writes and never returns"),
        Parameter("operations", "set and set, set and delete", "", "illustrative: a contact preference"),
    ),
    seconds=1,
)

Accept: TypeAlias = Literal["any", "absent", "newer"]
"""When the new store takes a row: always; only where it has none; only where it has none or one with a lower number."""

Change: TypeAlias = Mapping[str, str] | None
"""The columns that an operation sets, with their new values; None deletes the row."""

Step: TypeAlias = str
"""A party's transaction in words, for the counterexample."""


@dataclass(frozen=True, slots=True)
class Row:
    """The row as one store holds it; a deleted one is a tombstone, which keeps its number and nothing else."""

    channel: str
    hour: str
    version: int
    deleted: bool = False

    def content(self) -> tuple[str, str] | None:
        """Tell what a reader of the store sees."""
        return None if self.deleted else (self.channel, self.hour)

    def __str__(self) -> str:
        return f"{'deleted' if self.deleted else self.channel} ({self.version})"


@dataclass(frozen=True, slots=True)
class Design:
    """The rules of a migration; the defaults are the ones that hold.

    Args:
        writes, copies: when the new store takes what a writer sends, and what the backfill sends.
        tombstones: a delete leaves a numbered tombstone in the new store instead of removing the row.
        copies_tombstones: the backfill carries a deleted row over as a tombstone instead of passing over it.
        numbered_in_transaction: the number is given in the transaction that changes the old store, not before it.
        whole_rows: a writer sends the whole row as its transaction left it, not only the columns that it changed.
        guard_in_statement: the new store compares numbers in the statement that writes, not in a query before it.
        copy_keeps_number: the backfill sends the number that it read instead of a fresh one of its own.
        source_remembers: the old store keeps a deleted row's number instead of starting again at 1.
    """

    writes: Accept = "newer"
    copies: Accept = "newer"
    tombstones: bool = True
    copies_tombstones: bool = True
    numbered_in_transaction: bool = True
    whole_rows: bool = True
    guard_in_statement: bool = True
    copy_keeps_number: bool = True
    source_remembers: bool = True


FULL = Design()
"""Versions and tombstones, carried by everybody."""

POLICIES: dict[str, Design] = {
    "overwrite": Design(writes="any", copies="any", tombstones=False, copies_tombstones=False),
    "absent": Design(writes="any", copies="absent", tombstones=False, copies_tombstones=False),
    "versioned": Design(tombstones=False, copies_tombstones=False),
    "tombstones": FULL,
}

TAKE = """
INSERT INTO contact (id, channel, hour, version, deleted)
VALUES (:id, :channel, :hour, :version, :deleted)
ON CONFLICT (id) DO UPDATE SET {columns} {guard}
"""
COLUMNS = ("channel", "hour", "version", "deleted")
GUARDS: dict[Accept, str] = {
    "any": "",
    "absent": "WHERE FALSE",
    "newer": "WHERE excluded.version > contact.version",
}


class Store:
    """One SQLite database with the one table; every method is one transaction."""

    def __init__(self) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.db.execute(
            "CREATE TABLE contact (id INTEGER PRIMARY KEY, channel TEXT, hour TEXT, version INTEGER, deleted INTEGER)"
        )

    def reset(self, row: Row | None = None) -> None:
        """Empty the store, then put one row in."""
        self.db.execute("DELETE FROM contact")
        if row:
            self.take(row, "any")

    def read(self) -> Row | None:
        """Read the row, the tombstone where it is deleted, or None where there is neither."""
        found = self.db.execute("SELECT channel, hour, version, deleted FROM contact WHERE id = ?", (KEY,)).fetchone()
        return Row(found[0], found[1], found[2], bool(found[3])) if found else None

    def commit(self, change: Change, *, number: int | None = None, remembers: bool = True) -> Row:
        """Change the row as the store that decides, and number the change in the same transaction.

        Args:
            change: what to set; None to delete.
            number: a number from elsewhere, which replaces the row's own counter.
            remembers: whether a deleted row stays as a tombstone; otherwise it goes, and its counter with it.

        Returns:
            The row as this transaction leaves it.
        """
        self.db.execute("BEGIN IMMEDIATE")
        before = self.read()
        version = number if number is not None else (before.version if before else 0) + 1
        if change is None:
            after = Row("", "", version, deleted=True)
        else:
            columns = {"channel": "L", "hour": "any"}
            if before and not before.deleted:
                columns = {"channel": before.channel, "hour": before.hour}
            columns |= change
            after = Row(columns["channel"], columns["hour"], version)
        if after.deleted and not remembers:
            self.db.execute("DELETE FROM contact WHERE id = ?", (KEY,))
        else:
            self.take(after, "any")
        self.db.execute("COMMIT")
        return after

    def take(self, row: Row, accept: Accept, columns: Sequence[str] = COLUMNS) -> None:
        """Write a row that another store numbered, if `accept` lets it in.

        Args:
            row: the row or tombstone.
            accept: when it is let in.
            columns: which columns replace those of a row that is there; a missing row is written whole.
        """
        sets = ", ".join(f"{name} = excluded.{name}" for name in columns)
        values = {
            "id": KEY,
            "channel": row.channel,
            "hour": row.hour,
            "version": row.version,
            "deleted": int(row.deleted),
        }
        self.db.execute(TAKE.format(columns=sets, guard=GUARDS[accept]), values)

    def remove(self, version: int, accept: Accept) -> None:
        """Delete the row without a trace, if its number lets that happen."""
        guard = " AND version < :version" if accept == "newer" else ""
        self.db.execute(f"DELETE FROM contact WHERE id = :id{guard}", {"id": KEY, "version": version})

    def collect(self) -> None:
        """Remove the tombstones."""
        self.db.execute("DELETE FROM contact WHERE deleted")


WORDS = {"L": "letter", "E": "email", "P": "phone", "": ""}
CODES = {word: code for code, word in WORDS.items()}


def translate(row: Row, codes: Mapping[str, str] = WORDS) -> Row:
    """Turn a row of the old store, which holds a letter for the channel, into one of the new, which holds a word."""
    return replace(row, channel=codes[row.channel])


@dataclass(slots=True)
class Stores:
    """The two databases, and a counter for the designs that number a change before its transaction."""

    old: Store
    new: Store
    counter: int = 1

    def agree(self) -> bool:
        """Tell whether a reader sees the same in both, whatever tombstones there are."""
        old, new = self.old.read(), self.new.read()
        return (translate(old).content() if old else None) == (new.content() if new else None)


def writer(name: str, change: Change, stores: Stores, design: Design = FULL) -> Iterator[Step]:
    """Change the old store, then tell the new one: the dual write."""
    number = None
    if not design.numbered_in_transaction:
        stores.counter += 1
        number = stores.counter
        yield f"{name} takes number {number}"
    row = translate(stores.old.commit(change, number=number, remembers=design.source_remembers))
    yield f"{name} writes {row} to the old store"
    accept = design.writes
    if not design.guard_in_statement:
        seen = stores.new.read()
        wanted = seen is None or seen.version < row.version
        yield f"{name} looks at the new store: {'go' if wanted else 'leave it'}"
        accept = "any" if wanted else "absent"
    if row.deleted and not design.tombstones:
        stores.new.remove(row.version, accept)
    elif change is not None and not design.whole_rows:
        stores.new.take(row, accept, [*change, "version", "deleted"])
    else:
        stores.new.take(row, accept)
    yield f"{name} sends {row} to the new store"


def backfill(name: str, stores: Stores, design: Design = FULL) -> Iterator[Step]:
    """Read the row from the old store, then write what was read to the new one."""
    found = stores.old.read()
    yield f"{name} reads {translate(found) if found else 'nothing'} from the old store"
    carried = found is not None and (design.copies_tombstones or not found.deleted)
    accept = design.copies
    if not design.guard_in_statement:
        seen = stores.new.read()
        wanted = seen is None or (found is not None and seen.version < found.version)
        yield f"{name} looks at the new store: {'go' if wanted else 'leave it'}"
        accept = "any" if wanted else "absent"
    if found is None or not carried:
        yield f"{name} has nothing to send"
        return
    row = translate(found)
    if not design.copy_keeps_number:
        newest = stores.new.read()
        row = replace(row, version=max(row.version, newest.version if newest else 0) + 1)
    stores.new.take(row, accept)
    yield f"{name} sends {row} to the new store"


def collector(stores: Stores) -> Iterator[Step]:
    """Remove the new store's tombstones."""
    stores.new.collect()
    yield "the collector removes the tombstones of the new store"


def moved_writer(name: str, change: Mapping[str, str], stores: Stores) -> Iterator[Step]:
    """Write after the cutover: the new store decides and numbers, the old one is told."""
    words = {column: WORDS.get(value, value) for column, value in change.items()}
    row = stores.new.commit(words)
    yield f"{name} writes {row} to the new store"
    stores.old.take(translate(row, CODES), "newer")
    yield f"{name} sends {row} to the old store"


@dataclass(slots=True)
class Comparison:
    """What one shadow read concluded: the contents differ; they differ although the numbers are equal."""

    differs: bool = False
    differs_at_same_version: bool = False


def shadow_read(
    stores: Stores, seen: Comparison, codes: Mapping[str, str] = WORDS, *, new_first: bool = False
) -> Iterator[Step]:
    """Read both stores, one after the other, and compare; `codes` is the translation that the comparison expects."""
    first, second = (stores.new, stores.old) if new_first else (stores.old, stores.new)
    before = first.read()
    yield "the shadow read reads one store"
    after = second.read()
    old, new = (after, before) if new_first else (before, after)
    wanted = translate(old, codes).content() if old else None
    seen.differs = wanted != (new.content() if new else None)
    same = old is not None and new is not None and old.version == new.version
    seen.differs_at_same_version = seen.differs and same
    yield "the shadow read reads the other store and compares"


Parties: TypeAlias = Mapping[str, Iterator[Step]]
Scene: TypeAlias = Callable[[Stores], Parties]
Schedule: TypeAlias = tuple[str, ...]


def interleavings(turns: Mapping[str, int]) -> Iterator[Schedule]:
    """List every order in which parties can take their turns, each party's own turns in order.

    Args:
        turns: how many turns each party takes.

    Yields:
        The names in the order of their turns.
    """
    if not any(turns.values()):
        yield ()
    for name, left in turns.items():
        if left:
            for rest in interleavings({**turns, name: left - 1}):
                yield (name, *rest)


@dataclass(frozen=True, slots=True)
class Count:
    """How many schedules were played, how many ended in disagreement, and the first of those as steps."""

    divergent: int
    total: int
    steps: tuple[Step, ...] = ()


START = Row("L", "any", 1)
"""What the old store holds before anything happens: letter, at any hour, number 1."""


def play(
    scene: Scene,
    turns: Mapping[str, int],
    *,
    copied: bool = False,
    where: Callable[[Schedule], bool] = lambda schedule: True,
    fails: Callable[[Stores], bool] = lambda stores: not stores.agree(),
) -> Count:
    """Play every schedule and count those that fail.

    Args:
        scene: makes the parties, afresh for each schedule.
        turns: how many turns each party takes; fewer than it has means that it crashes after them.
        copied: whether the new store starts with the row instead of empty.
        where: which schedules to play.
        fails: what counts as failure at the end; disagreement of the stores where nothing else is said.

    Returns:
        The counts, and the steps of the first schedule that failed.
    """
    stores = Stores(Store(), Store())
    divergent, total = 0, 0
    steps: tuple[Step, ...] = ()
    for schedule in interleavings(turns):
        if not where(schedule):
            continue
        stores.old.reset(START)
        stores.new.reset(translate(START) if copied else None)
        stores.counter = START.version
        parties = scene(stores)
        taken = tuple(next(parties[name]) for name in schedule)
        total += 1
        if fails(stores):
            divergent += 1
            steps = steps or taken
    return Count(divergent, total, steps)


EMAIL = {"channel": "E"}
PHONE = {"channel": "P"}
EVENING = {"hour": "evening"}
DELETE = None

UPDATES: tuple[Change, Change] = (EMAIL, PHONE)
DELETES: tuple[Change, Change] = (EMAIL, DELETE)
"""The two pairs of operations: two updates; an update and a delete (an update after the delete makes the row anew)."""


def migration(design: Design, changes: tuple[Change, Change]) -> Scene:
    """Set the scene: writers A and B, backfills F and G, the collector C. A schedule plays those that it names."""

    def scene(stores: Stores) -> Parties:
        return {
            "A": writer("A", changes[0], stores, design),
            "B": writer("B", changes[1], stores, design),
            "F": backfill("the backfill", stores, design),
            "G": backfill("the second pass", stores, design),
            "C": collector(stores),
        }

    return scene


def turns_of(design: Design, names: str = "ABF") -> dict[str, int]:
    """Count each party's transactions under a design."""
    extra = int(not design.guard_in_statement)
    number = int(not design.numbered_in_transaction)
    full = {"A": 2 + extra + number, "B": 2 + extra + number, "F": 2 + extra, "G": 2 + extra, "C": 1}
    return {name: full[name] for name in names}


def race(design: Design, changes: tuple[Change, Change], names: str = "ABF") -> Count:
    """Play the schedules of the named parties, nobody crashing."""
    return play(migration(design, changes), turns_of(design, names))


def smallest(design: Design, changes: tuple[Change, Change]) -> Count:
    """Find the fewest parties that diverge, the backfill with one writer first."""
    pairs = itertools.chain(("AF", "BF", "AB"), ("ABF",))
    counts = (race(design, changes, names) for names in pairs)
    return next((count for count in counts if count.divergent), Count(0, 0))


def crashes(design: Design, changes: tuple[Change, Change], *, repaired: bool) -> Count:
    """Play the schedules in which one writer, or both, stop between their two writes.

    Args:
        design: the rules.
        changes: what A and B do.
        repaired: whether a second backfill pass runs, which starts after the last crashed writer's only write.

    Returns:
        The sum over the three ways to crash.
    """
    counts = []
    for crashed in ("A", "B", "AB"):
        turns = turns_of(design, "ABFG" if repaired else "ABF") | dict.fromkeys(crashed, 1)

        def after(schedule: Schedule, crashed: str = crashed) -> bool:
            return not repaired or all(schedule.index("G") > schedule.index(name) for name in crashed)

        counts.append(play(migration(design, changes), turns, where=after))
    return Count(sum(count.divergent for count in counts), sum(count.total for count in counts))


def ends(schedule: Schedule, name: str) -> int:
    """Tell when a party has its last turn."""
    return len(schedule) - 1 - schedule[::-1].index(name)


def collected(after: str) -> Count:
    """Play an update, a delete, a backfill and a tombstone collector that waits until the named parties have ended."""
    return play(
        migration(FULL, DELETES),
        turns_of(FULL, "ABFC"),
        where=lambda schedule: all(ends(schedule, name) < schedule.index("C") for name in after),
    )


def cutover(*, overlapping: bool) -> Count:
    """Play writer A, which still writes the old store first, against B, which already writes the new one first."""

    def scene(stores: Stores) -> Parties:
        return {"A": writer("A", EMAIL, stores), "B": moved_writer("B", PHONE, stores)}

    def where(schedule: Schedule) -> bool:
        return (schedule in {("A", "A", "B", "B"), ("B", "B", "A", "A")}) != overlapping

    return play(scene, {"A": 2, "B": 2}, copied=True, where=where)


def shadowed(codes: Mapping[str, str] = WORDS, *, by_version: bool, new_first: bool = False) -> Count:
    """Play two writers and one shadow read after the backfill, and count the schedules in which it reports a mismatch.

    Args:
        codes: the translation that the comparison expects; another one than the writers' is a bug to be found.
        by_version: whether it compares only rows with equal numbers.
        new_first: whether it reads the new store before the old one.
    """
    seen = Comparison()

    def scene(stores: Stores) -> Parties:
        return {
            "A": writer("A", EMAIL, stores),
            "B": writer("B", PHONE, stores),
            "S": shadow_read(stores, seen, codes, new_first=new_first),
        }

    return play(
        scene,
        {"A": 2, "B": 2, "S": 2},
        copied=True,
        fails=lambda stores: seen.differs_at_same_version if by_version else seen.differs,
    )


WITHOUT: dict[str, tuple[str, Design, tuple[Change, Change]]] = {
    "early_number": (
        "the number is taken before the transaction that changes the old store",
        replace(FULL, numbered_in_transaction=False),
        UPDATES,
    ),
    "columns": ("writers send only the columns that they changed", replace(FULL, whole_rows=False), (EMAIL, EVENING)),
    "separate_guard": (
        "the new store's number is compared in a query before the write",
        replace(FULL, guard_in_statement=False),
        UPDATES,
    ),
    "own_number": ("the backfill numbers its copies itself", replace(FULL, copy_keeps_number=False), UPDATES),
    "removal": ("a delete removes the row from the new store", replace(FULL, tombstones=False), DELETES),
    "forgetting": (
        "the old store starts a re-created row's number at 1 again",
        replace(FULL, source_remembers=False),
        DELETES,
    ),
}
"""One rule taken away at a time: what is done instead, the design, and the operations that show the harm."""


def run(progress: Progress) -> Results:
    """Play all the schedules."""
    results: Results = {}

    def note(key: str, count: Count, what: str) -> None:
        results[f"{key}.divergent"] = Result(
            count.divergent, f"schedules that end in disagreement: {what}", "schedules"
        )
        results[f"{key}.total"] = Result(count.total, f"schedules played: {what}", "schedules")

    progress(0, "four policies, every schedule")
    for name, design in POLICIES.items():
        for kind, changes in (("updates", UPDATES), ("deletes", DELETES)):
            note(f"{name}.{kind}", race(design, changes), f"policy {name}, {kind}, two writers and a backfill")
            note(f"{name}.{kind}.backfill", race(design, changes, "BF"), f"policy {name}, {kind}, B and the backfill")
            note(f"{name}.{kind}.writers", race(design, changes, "AB"), f"policy {name}, {kind}, the two writers")
            found = smallest(design, changes)
            if found.divergent:
                print(f"      smallest for {name}, {kind}: {'; '.join(found.steps)}")
                key = f"{name}.{kind}.smallest"
                results[f"{key}.steps"] = Result("; ".join(found.steps), f"a smallest counterexample: {name}, {kind}")
                results[f"{key}.length"] = Result(len(found.steps), f"its transactions: {name}, {kind}", "steps")
    for kind in ("updates", "deletes"):
        series = [results[f"{name}.{kind}.divergent"].value for name in POLICIES]
        results[f"series.{kind}"] = Result(
            [value for value in series if isinstance(value, int)],
            f"divergent schedules by policy ({', '.join(POLICIES)}), {kind}",
            "schedules",
        )

    saved = race(POLICIES["overwrite"], UPDATES).divergent - race(POLICIES["absent"], UPDATES).divergent
    results["absent.saved"] = Result(saved, "divergent schedules that insert if absent saves, two updates", "schedules")

    progress(0.2, "one rule taken away at a time")
    for name, (what, design, changes) in WITHOUT.items():
        note(f"without.{name}", race(design, changes), what)
        note(f"with.{name}", race(FULL, changes), f"the full design on the same operations as: {what}")

    progress(0.6, "tombstones collected too early")
    note("collector.anytime", collected(""), "the collector runs at any time")
    note("collector.after_backfill", collected("F"), "the collector waits for the backfill")
    note("collector.after_writers", collected("AB"), "the collector waits for both writers")
    note("collector.after_all", collected("ABF"), "the collector waits for everybody")

    progress(0.7, "crashes between the two writes")
    designs = POLICIES | {
        "live_rows": replace(FULL, copies_tombstones=False),
        "absent_copies": replace(FULL, copies="absent"),
    }
    for name, design in designs.items():
        for kind, changes in (("updates", UPDATES), ("deletes", DELETES)):
            what = f"policy {name}, {kind}, one or both writers crash"
            note(f"crash.{name}.{kind}", crashes(design, changes, repaired=False), what)
            note(f"repair.{name}.{kind}", crashes(design, changes, repaired=True), f"{what}, a second pass follows")
    note("live_rows", race(designs["live_rows"], DELETES), "the backfill passes over deleted rows, nobody crashes")
    note("absent_copies", race(designs["absent_copies"], DELETES), "the backfill inserts if absent, nobody crashes")

    progress(0.9, "cutover and shadow reads")
    note("cutover.overlapping", cutover(overlapping=True), "an old-first and a new-first writer overlap")
    note("cutover.apart", cutover(overlapping=False), "one ends before the other begins")
    note("shadow.new_first", shadowed(by_version=True, new_first=True), "equal numbers only, the new store read first")
    swapped = {**WORDS, "E": "phone"}
    note("shadow.plain", shadowed(by_version=False), "a shadow read reports a mismatch that is none")
    note("shadow.versioned", shadowed(by_version=True), "the same, comparing only equal numbers")
    note("shadow.bug", shadowed(swapped, by_version=True), "a mistranslation is reported at equal numbers")
    schedules = [result.value for key, result in results.items() if key.endswith(".total")]
    results["schedules"] = Result(
        sum(value for value in schedules if isinstance(value, int)), "schedules played in all"
    )
    progress(1, "every schedule played")
    return results


def draw(values: Values) -> Iterator[Figure]:
    """Draw the policies' counts."""
    yield Figure("policies", drawing=policies(values, COLUMN, 150), narrow=policies(values, NARROW, 118))


def policies(values: Values, width: int, left: int) -> str:
    """Draw one row a policy with two dots, divergent schedules among updates and with a delete."""
    names = ["overwrite", "insert if absent", "versions", "+ tombstones"]
    places = [4.0, 3.0, 2.0, 1.0]
    chart = Chart(
        width,
        260,
        Scale(0, 90, ticks=(0, 30, 60, 90)),
        Scale(0.5, 4.5, ticks=list(zip(places, names, strict=True))),
        x_label="divergent schedules, of 90",
        left=left,
        right=22,
        top=10,
    )
    for tone, kind, words, shift in ((1, "updates", "two updates", 0.16), (2, "deletes", "with a delete", -0.16)):
        series = values[f"series.{kind}"]
        assert isinstance(series, list)
        for index, (count, place) in enumerate(zip(series, places, strict=True)):
            chart.line([0, float(count)], [place + shift] * 2, tone)
            chart.mark(float(count), place + shift, tone, x_key=f"series.{kind}[{index}]")
            label = f"{count} {words}" if index == 0 else str(count)
            chart.label(float(count), place + shift, label, tone, dx=9, dy=4)
    return chart.svg()
