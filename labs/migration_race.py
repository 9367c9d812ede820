"""Which rules for a migration's writes leave two stores in agreement after every interleaving?

Two SQLite databases stand for the old store, which decides what is true, and the new one. Two writers change one row,
each first in the old store and then in the new, and a backfill reads the row from the old and writes it to the new.
Every party is a generator that pauses after each transaction; the lab plays every order in which the parties can take
their turns and counts those after which the stores disagree, once all have finished. The orders are counted, not
weighed: how often production meets any one of them, nobody knows.

A `Design` lists the rules. Its defaults are the ones that hold; each experiment takes one of them away. The method,
trying every order of a small number of operations, follows from what Lu et al. (ASPLOS 2008) found in real bugs.
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
        Parameter(
            "update of a deleted row", "creates it", "", "the other choice, to do nothing, is counted as `strict`"
        ),
        Parameter("translations", "1 or 2", "", "2 where a wrong one is corrected while the migration runs"),
    ),
    seconds=1,
)

Accept: TypeAlias = Literal["any", "absent", "newer", "newer row", "as new"]
"""When a store takes a row that another store numbered.

Always; only where it has no row; or where its own has a lower number: the row's, then, at equal ones, the
translation's ("newer"), the row's alone ("newer row"), or the row's lower or equal ("as new").
"""

Change: TypeAlias = Mapping[str, str] | None
"""The columns that an operation sets, with their new values; None deletes the row."""

Step: TypeAlias = str
"""A party's transaction in words, for the counterexample."""


@dataclass(frozen=True, slots=True)
class Row:
    """The row as one store holds it; a deleted one is a tombstone, which keeps its numbers and nothing else.

    Args:
        channel, hour: the contact preference.
        version: the row's number, which the store that decides raises with every change.
        translation: the number of the translation that the row went through; the old store has no use for it.
        deleted: whether this is a tombstone.
    """

    channel: str
    hour: str
    version: int
    translation: int = 1
    deleted: bool = False

    @property
    def rank(self) -> tuple[int, int]:
        """The two numbers by which copies of the row are compared."""
        return self.version, self.translation

    def content(self) -> tuple[str, str] | None:
        """Tell what a reader of the store sees."""
        return None if self.deleted else (self.channel, self.hour)

    def __str__(self) -> str:
        return f"{'deleted' if self.deleted else self.channel} ({self.version})"


def content(row: Row | None) -> tuple[str, str] | None:
    """Tell what a reader sees: nothing, whether there is a tombstone or no row at all."""
    return row.content() if row else None


@dataclass(frozen=True, slots=True)
class Translation:
    """Schema translation in its smallest form: the old store holds a letter, the new one a word.

    Args:
        number: raised with every correction.
        words: the word for each letter.
    """

    number: int
    words: Mapping[str, str]

    def forth(self, row: Row) -> Row:
        """Turn a row of the old store into one of the new."""
        return replace(row, channel=self.words[row.channel], translation=self.number)

    def back(self, row: Row) -> Row:
        """Turn a row of the new store into one of the old, which takes a translation that loses nothing."""
        return replace(row, channel={word: letter for letter, word in self.words.items()}[row.channel])


RIGHT = Translation(1, {"L": "letter", "E": "email", "P": "phone", "": ""})
WRONG = Translation(1, {**RIGHT.words, "E": "phone"})
CORRECTED = Translation(2, RIGHT.words)


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
        updates_create: an update that finds no row creates it instead of doing nothing. This is no rule: it is how
            the application's updates happen to be written, and half of what deletes do depends on it.
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
    updates_create: bool = True


FULL = Design()
"""Numbers and tombstones, carried by everybody."""

POLICIES: dict[str, Design] = {
    "overwrite": Design(writes="any", copies="any", tombstones=False, copies_tombstones=False),
    "absent": Design(writes="any", copies="absent", tombstones=False, copies_tombstones=False),
    "versioned": Design(tombstones=False, copies_tombstones=False),
    "tombstones": FULL,
}

TAKE = """
INSERT INTO contact (id, {names})
VALUES (:id, {values})
ON CONFLICT (id) DO UPDATE
SET {sets}
{guard}
"""
COLUMNS = ("channel", "hour", "version", "translation", "deleted")
GUARDS: dict[Accept, str] = {
    "any": "",
    "absent": "WHERE FALSE",
    "newer": "WHERE (excluded.version, excluded.translation) > (contact.version, contact.translation)",
    "newer row": "WHERE excluded.version > contact.version",
    "as new": "WHERE excluded.version >= contact.version",
}


class Store:
    """One SQLite database with the one table; every method is one transaction."""

    def __init__(self, place: str = ":memory:") -> None:
        self.db = sqlite3.connect(place, isolation_level=None)
        self.db.execute(
            "CREATE TABLE contact (id INTEGER PRIMARY KEY, channel TEXT DEFAULT '', hour TEXT DEFAULT '',"
            " version INTEGER, translation INTEGER, deleted INTEGER)"
        )

    def reset(self, row: Row | None = None) -> None:
        """Empty the store, then put one row in."""
        self.db.execute("DELETE FROM contact")
        if row:
            self.take(row, "any")

    def read(self) -> Row | None:
        """Read the row, the tombstone where it is deleted, or None where there is neither."""
        found = self.db.execute(f"SELECT {', '.join(COLUMNS)} FROM contact WHERE id = ?", (KEY,)).fetchone()
        if found is None:
            return None
        channel, hour, version, translation, deleted = found
        return Row(channel, hour, version, translation, bool(deleted))

    def commit(self, change: Change, design: Design = FULL, number: int | None = None) -> Row | None:
        """Change the row as the store that decides, and number the change in the same transaction.

        Args:
            change: what to set; None to delete.
            design: whether a deleted row's number is kept, and what an update does that finds no row.
            number: a number from elsewhere, which replaces the row's own counter.

        Returns:
            The row as this transaction leaves it, or None where an update found none and left it at that.
        """
        self.db.execute("BEGIN IMMEDIATE")
        before = self.read()
        after: Row | None = None
        version = number if number is not None else (before.version if before else 0) + 1
        if change is None:
            after = Row("", "", version, deleted=True)
        elif content(before) or design.updates_create:
            channel, hour = content(before) or ("", "")
            after = Row(change.get("channel", channel), change.get("hour", hour), version)
        if after and after.deleted and not design.source_remembers:
            self.db.execute("DELETE FROM contact WHERE id = ?", (KEY,))
        elif after:
            self.take(after, "any")
        self.db.execute("COMMIT")
        return after

    def take(self, row: Row, accept: Accept, columns: Sequence[str] = COLUMNS) -> None:
        """Write a row that another store numbered, if `accept` lets it in.

        Args:
            row: the row or tombstone.
            accept: when it is let in.
            columns: which columns are written; where there is no row yet, the others stay empty.
        """
        statement = TAKE.format(
            names=", ".join(columns),
            values=", ".join(f":{name}" for name in columns),
            sets=", ".join(f"{name} = excluded.{name}" for name in columns),
            guard=GUARDS[accept],
        )
        self.db.execute(statement, {"id": KEY} | {name: getattr(row, name) for name in COLUMNS})

    def remove(self, version: int, accept: Accept) -> None:
        """Delete the row without a trace, if its number lets that happen."""
        guard = " AND version < :version" if accept == "newer" else ""
        self.db.execute(f"DELETE FROM contact WHERE id = :id{guard}", {"id": KEY, "version": version})

    def collect(self) -> None:
        """Remove the tombstones."""
        self.db.execute("DELETE FROM contact WHERE deleted")


@dataclass(slots=True)
class Stores:
    """The two databases, and a counter for the designs that number a change before its transaction."""

    old: Store
    new: Store
    counter: int = 1

    def agree(self) -> bool:
        """Tell whether a reader sees the same in both, whatever tombstones there are."""
        old = self.old.read()
        return content(RIGHT.forth(old) if old else None) == content(self.new.read())

    def look(self, row: Row | None) -> Accept:
        """Compare numbers with the new store ahead of a write, which is too early."""
        seen = self.new.read()
        return "any" if seen is None or (row is not None and seen.rank < row.rank) else "absent"


def writer(
    name: str, change: Change, stores: Stores, design: Design = FULL, translation: Translation = RIGHT
) -> Iterator[Step]:
    """Change the old store, then tell the new one: the dual write."""
    number = None
    if not design.numbered_in_transaction:
        stores.counter += 1
        number = stores.counter
        yield f"{name} takes number {number}"
    done = stores.old.commit(change, design, number)
    if done is None:
        yield f"{name} finds no row in the old store"
        yield f"{name} has nothing to send"
        return
    row = translation.forth(done)
    yield f"{name} writes {row} to the old store"
    accept = design.writes
    if not design.guard_in_statement:
        accept = stores.look(row)
        yield f"{name} compares numbers with the new store"
    if row.deleted and not design.tombstones:
        stores.new.remove(row.version, accept)
    elif change is not None and not design.whole_rows:
        stores.new.take(row, accept, [*change, "version", "translation", "deleted"])
    else:
        stores.new.take(row, accept)
    yield f"{name} sends {row} to the new store"


def backfill(name: str, stores: Stores, design: Design = FULL, translation: Translation = RIGHT) -> Iterator[Step]:
    """Read the row from the old store, then write what was read to the new one."""
    found = stores.old.read()
    row = translation.forth(found) if found else None
    yield f"{name} reads {row or 'nothing'} from the old store"
    accept = design.copies
    if not design.guard_in_statement:
        accept = stores.look(row)
        yield f"{name} compares numbers with the new store"
    if row is None or (row.deleted and not design.copies_tombstones):
        yield f"{name} has nothing to send"
        return
    if not design.copy_keeps_number:
        newest = stores.new.read()
        row = replace(row, version=max(row.version, newest.version if newest else 0) + 1)
    stores.new.take(row, accept)
    yield f"{name} sends {row} to the new store"


def collector(stores: Stores) -> Iterator[Step]:
    """Remove the new store's tombstones."""
    stores.new.collect()
    yield "the collector removes the tombstones of the new store"


def moved_writer(name: str, change: Mapping[str, str], stores: Stores, accept: Accept = "newer") -> Iterator[Step]:
    """Write after the cutover: the new store decides and numbers, the old one is told."""
    row = stores.new.commit({column: RIGHT.words.get(value, value) for column, value in change.items()})
    assert row
    yield f"{name} writes {row} to the new store"
    stores.old.take(RIGHT.back(row), accept)
    yield f"{name} sends {row} to the old store"


def read_and_writer(name: str, change: Mapping[str, str], stores: Stores) -> Iterator[Step]:
    """Read the row where reads have moved to, the new store, and write all of it back with a change: a dual write."""
    found = stores.new.read()
    assert found
    yield f"{name} reads {found} from the new store"
    row = RIGHT.back(found)
    yield from writer(name, {"channel": row.channel, "hour": row.hour, **change}, stores)


@dataclass(slots=True)
class Comparison:
    """What one shadow read saw in the two stores."""

    old: Row | None = None
    new: Row | None = None

    def compared(self) -> bool:
        """Tell whether the numbers are equal, so that the contents must be."""
        return self.old is not None and self.new is not None and self.old.version == self.new.version

    def differs(self) -> bool:
        """Tell whether the contents differ."""
        return content(RIGHT.forth(self.old) if self.old else None) != content(self.new)

    def alarms(self) -> bool:
        """Tell whether the contents differ at equal numbers."""
        return self.compared() and self.differs()

    def reads_email(self) -> bool:
        """Tell whether the row in the old store is one that `WRONG` mistranslates."""
        return self.old is not None and self.old.channel == "E"


def shadow_read(stores: Stores, seen: Comparison, *, new_first: bool = False) -> Iterator[Step]:
    """Read both stores, one after the other."""
    if new_first:
        seen.new = stores.new.read()
        yield "the shadow read reads the new store"
        seen.old = stores.old.read()
        yield "the shadow read reads the old store"
    else:
        seen.old = stores.old.read()
        yield "the shadow read reads the old store"
        seen.new = stores.new.read()
        yield "the shadow read reads the new store"


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
    """Which schedules ended badly, of how many that were played, and the first of those as steps."""

    bad: tuple[Schedule, ...]
    total: int
    steps: tuple[Step, ...] = ()

    @property
    def divergent(self) -> int:
        """Count the schedules that ended badly."""
        return len(self.bad)


START = Row("L", "any", 1)
"""What the old store holds before anything happens: letter, at any hour, number 1."""


def disagree(stores: Stores) -> bool:
    """Tell whether a reader sees different rows in the two stores."""
    return not stores.agree()


def email_is_lost(stores: Stores) -> bool:
    """Tell whether neither store holds the email that somebody set, whether or not they agree."""
    return all(row is None or row.channel not in {"E", "email"} for row in (stores.old.read(), stores.new.read()))


def play(
    scene: Scene,
    turns: Mapping[str, int],
    *,
    copied: bool = False,
    where: Callable[[Schedule], bool] = lambda schedule: True,
    fails: Callable[[Stores], bool] = disagree,
) -> Count:
    """Play every schedule and note those that fail.

    Args:
        scene: makes the parties, afresh for each schedule.
        turns: how many turns each party takes; fewer than it has means that it crashes after them.
        copied: whether the new store starts with the row instead of empty.
        where: which schedules to play.
        fails: what counts as failure at the end.

    Returns:
        The counts, and the steps of the first schedule that failed.
    """
    stores = Stores(Store(), Store())
    bad: list[Schedule] = []
    total = 0
    steps: tuple[Step, ...] = ()
    for schedule in interleavings(turns):
        if not where(schedule):
            continue
        stores.old.reset(START)
        stores.new.reset(RIGHT.forth(START) if copied else None)
        stores.counter = START.version
        parties = scene(stores)
        taken = tuple(next(parties[name]) for name in schedule)
        total += 1
        if fails(stores):
            bad.append(schedule)
            steps = steps or taken
    return Count(tuple(bad), total, steps)


EMAIL = {"channel": "E"}
PHONE = {"channel": "P"}
EVENING = {"hour": "evening"}
DELETE = None

UPDATES: tuple[Change, Change] = (EMAIL, PHONE)
COLUMNS_APART: tuple[Change, Change] = (EMAIL, EVENING)
DELETES: tuple[Change, Change] = (EMAIL, DELETE)
"""The pairs of operations, A's and B's: two updates of one column, of two columns, an update and a delete."""


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
    return next((count for count in counts if count.bad), Count((), 0))


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
    return Count(sum((count.bad for count in counts), ()), sum(count.total for count in counts))


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


def corrected(accept: Accept) -> Count:
    """Play a writer and a backfill with a wrong translation, and a pass with the right one.

    Args:
        accept: what the new store's guard compares.

    Returns:
        The counts over the schedules in which the pass begins after the writer's change of the old store.
    """
    design = Design(writes=accept, copies=accept)

    def scene(stores: Stores) -> Parties:
        return {
            "A": writer("A", EMAIL, stores, design, WRONG),
            "F": backfill("the backfill", stores, design, WRONG),
            "G": backfill("the corrected pass", stores, design, CORRECTED),
        }

    return play(scene, dict.fromkeys("AFG", 2), where=lambda schedule: schedule.index("A") < schedule.index("G"))


def cutover(
    where: Callable[[Schedule], bool],
    *,
    second: Mapping[str, str] = PHONE,
    accept: Accept = "newer",
    fails: Callable[[Stores], bool] = disagree,
) -> Count:
    """Play writer A, which still writes the old store first, against B, which already writes the new one first.

    Args:
        where: which schedules to play.
        second: what B sets.
        accept: when the old store takes what B sends.
        fails: what counts as failure.
    """

    def scene(stores: Stores) -> Parties:
        return {"A": writer("A", EMAIL, stores), "B": moved_writer("B", second, stores, accept)}

    return play(scene, {"A": 2, "B": 2}, copied=True, where=where, fails=fails)


def overlapping(schedule: Schedule) -> bool:
    """Tell whether both writers were under way at once."""
    return "".join(schedule) not in {"AABB", "BBAA"}


def handover(where: Callable[[Schedule], bool]) -> Count:
    """Play a last old-first writer A that dies between its two writes, then a pass G and a new-first writer B."""

    def scene(stores: Stores) -> Parties:
        return {
            "A": writer("A", EMAIL, stores),
            "G": backfill("the pass", stores),
            "B": moved_writer("B", PHONE, stores),
        }

    return play(
        scene,
        {"A": 1, "G": 2, "B": 2},
        copied=True,
        where=lambda schedule: schedule[0] == "A" and where(schedule),
    )


def pass_comes_first(schedule: Schedule) -> bool:
    """Tell whether the pass ends before the new-first writer begins."""
    return ends(schedule, "G") < schedule.index("B")


def written_back(fails: Callable[[Stores], bool]) -> Count:
    """Play B, which sets email, and then A, which reads the new store and writes the row back with another hour.

    A begins after B's change of the old store was committed: one store's transactions would lose nothing.
    """

    def scene(stores: Stores) -> Parties:
        return {"A": read_and_writer("A", EVENING, stores), "B": writer("B", EMAIL, stores)}

    return play(scene, {"B": 2, "A": 3}, copied=True, where=lambda schedule: schedule[0] == "B", fails=fails)


def shadowed(
    counts: Callable[[Comparison], bool], translation: Translation = RIGHT, *, new_first: bool = False
) -> Count:
    """Play two writers and one shadow read after the backfill.

    Args:
        counts: which comparisons to count.
        translation: the writers'; the comparison expects the right one.
        new_first: whether the shadow read looks into the new store before the old one.
    """
    seen = Comparison()

    def scene(stores: Stores) -> Parties:
        return {
            "A": writer("A", EMAIL, stores, translation=translation),
            "B": writer("B", PHONE, stores, translation=translation),
            "S": shadow_read(stores, seen, new_first=new_first),
        }

    return play(scene, dict.fromkeys("ABS", 2), copied=True, fails=lambda stores: counts(seen))


WITHOUT: dict[str, tuple[str, Design, tuple[Change, Change]]] = {
    "early_number": (
        "the number is taken before the transaction that changes the old store",
        replace(FULL, numbered_in_transaction=False),
        UPDATES,
    ),
    "separate_guard": (
        "the new store's number is compared in a query before the write",
        replace(FULL, guard_in_statement=False),
        UPDATES,
    ),
    "own_number": ("the backfill numbers its copies itself", replace(FULL, copy_keeps_number=False), UPDATES),
    "columns": ("writers send only the columns that they changed", replace(FULL, whole_rows=False), COLUMNS_APART),
    "removal": ("a delete removes the row from the new store", replace(FULL, tombstones=False), DELETES),
    "forgetting": (
        "the old store starts a re-created row's number at 1 again",
        replace(FULL, source_remembers=False),
        DELETES,
    ),
}
"""One rule taken away at a time: what is done instead, the design, and the operations that show the harm."""

REPAIRS = POLICIES | {
    "live_rows": replace(FULL, copies_tombstones=False),
    "absent_copies": replace(FULL, copies="absent"),
}
"""The designs that are tried with crashes: the four policies, and two backfills beside guarded writers."""


def run(progress: Progress) -> Results:
    """Play all the schedules."""
    results: Results = {}

    def note(key: str, count: Count, what: str, ending: str = "end in disagreement") -> None:
        results[f"{key}.divergent"] = Result(count.divergent, f"schedules that {ending}: {what}", "schedules")
        results[f"{key}.total"] = Result(count.total, f"schedules played: {what}", "schedules")

    progress(0, "four policies, every schedule")
    for name, design in POLICIES.items():
        for kind, changes in (("updates", UPDATES), ("deletes", DELETES)):
            note(f"{name}.{kind}", race(design, changes), f"policy {name}, {kind}, two writers and a backfill")
            note(f"{name}.{kind}.backfill", race(design, changes, "BF"), f"policy {name}, {kind}, B and the backfill")
            note(f"{name}.{kind}.writers", race(design, changes, "AB"), f"policy {name}, {kind}, the two writers")
            found = smallest(design, changes)
            if found.bad:
                print(f"      smallest for {name}, {kind}: {'; '.join(found.steps)}")
                key = f"{name}.{kind}.smallest"
                results[f"{key}.steps"] = Result("; ".join(found.steps), f"a smallest counterexample: {name}, {kind}")
                results[f"{key}.length"] = Result(len(found.steps), f"its transactions: {name}, {kind}", "steps")
        strict = race(replace(design, updates_create=False), DELETES)
        note(f"strict.{name}", strict, f"policy {name}, deletes, an update that finds no row does nothing")
    for kind in ("updates", "deletes"):
        series = [results[f"{name}.{kind}.divergent"].value for name in POLICIES]
        results[f"series.{kind}"] = Result(
            [value for value in series if isinstance(value, int)],
            f"divergent schedules by policy ({', '.join(POLICIES)}), {kind}",
            "schedules",
        )
    overwrite, absent = (set(race(POLICIES[name], UPDATES).bad) for name in ("overwrite", "absent"))
    for key, which, what in (
        ("cured", overwrite - absent, "bad when the backfill overwrites and good when it inserts if absent"),
        ("broken", absent - overwrite, "good when the backfill overwrites and bad when it inserts if absent"),
        ("both", overwrite & absent, "bad under both"),
    ):
        results[f"absent.{key}"] = Result(len(which), f"schedules of two updates that are {what}", "schedules")

    progress(0.2, "one rule taken away at a time")
    for name, (what, design, changes) in WITHOUT.items():
        note(f"without.{name}", race(design, changes), what)
        if changes == DELETES:
            strict = race(replace(design, updates_create=False), changes)
            note(f"strict.{name}", strict, f"{what}, an update that finds no row does nothing")

    progress(0.6, "tombstones collected too early")
    note("collector.anytime", collected(""), "the collector runs at any time")
    note("collector.after_backfill", collected("F"), "the collector waits for the backfill")
    note("collector.after_writers", collected("AB"), "the collector waits for both writers")
    note("collector.after_all", collected("ABF"), "the collector waits for everybody")

    progress(0.7, "crashes between the two writes")
    for name, design in REPAIRS.items():
        for kind, changes in (("updates", UPDATES), ("deletes", DELETES)):
            what = f"policy {name}, {kind}, one or both writers crash"
            note(f"crash.{name}.{kind}", crashes(design, changes, repaired=False), what)
            note(f"repair.{name}.{kind}", crashes(design, changes, repaired=True), f"{what}, a second pass follows")
    note("live_rows", race(REPAIRS["live_rows"], DELETES), "the backfill passes over deleted rows, nobody crashes")
    note("absent_copies", race(REPAIRS["absent_copies"], DELETES), "the backfill inserts if absent, nobody crashes")

    progress(0.8, "a translation corrected")
    note("corrected.row", corrected("newer row"), "a corrected pass, the guard compares the row's number")
    note("corrected.as_new", corrected("as new"), "a corrected pass, the guard lets equal numbers in")
    note("corrected.pair", corrected("newer"), "a corrected pass, the guard compares the translation's number too")

    progress(0.9, "shadow reads and cutover")
    lies, silent = "make a shadow read report what is no fault", "a shadow read of equal numbers only"
    note("shadow.plain", shadowed(Comparison.differs), "the old store read first", lies)
    note("shadow.plain_new_first", shadowed(Comparison.differs, new_first=True), "the new store read first", lies)
    note("shadow.versioned", shadowed(Comparison.alarms), f"{silent}, the old store read first", lies)
    note("shadow.new_first", shadowed(Comparison.alarms, new_first=True), f"{silent}, the new store read first", lies)
    note("shadow.compared", shadowed(Comparison.compared), "the old store read first", "let it see equal numbers")
    note(
        "shadow.met", shadowed(Comparison.reads_email, WRONG), "a wrong translation", "let it read the row in question"
    )
    note("shadow.bug", shadowed(Comparison.alarms, WRONG), "a wrong translation, equal numbers only", "make it report")
    note("written_back.lost", written_back(email_is_lost), "a read that moved is written back", "lose an update")
    note("written_back.apart", written_back(disagree), "a read that moved is written back")
    what = "an old-first and a new-first writer"
    note("cutover.overlapping", cutover(overlapping), f"{what} overlap")
    note("cutover.apart", cutover(lambda schedule: not overlapping(schedule)), f"{what}, one after the other")
    note(
        "cutover.ties", cutover(lambda schedule: True, accept="as new"), f"{what}, the old store lets equal numbers in"
    )
    lost = cutover(overlapping, second=EVENING, accept="as new", fails=email_is_lost)
    note("cutover.ties_lost", lost, f"{what} of another column overlap, equal numbers let in", "lose an update")
    what = "an old-first writer dies, a pass and a new-first writer follow"
    note("handover.anytime", handover(lambda schedule: True), f"{what} in any order")
    note("handover.between", handover(pass_comes_first), f"{what} in this order")
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
        x_label="bad schedules, of 90",
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
            label = f"{words}: {count}" if index == 0 else str(count)
            chart.label(float(count), place + shift, label, tone, dx=9, dy=4)
    return chart.svg()
