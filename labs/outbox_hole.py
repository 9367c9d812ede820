"""Which pollers of an outbox hand over every event, and in order, whatever transactions are open when they look?

A depot keeps its parcels in a real PostgreSQL. A transaction ticks off its van, which gives it a transaction id (xid),
then changes a parcel and inserts an outbox row in one step, which draws the row's id from a sequence, then commits. A
takes parcel 7 off its van and B puts it on another, so B's change waits for A's commit; C changes parcel 8. Every order
of their nine steps in which A ends before B is played. Where a statement would wait, the server says so and the order
is left out. A poller looks once after one of the commits but the last, which makes one play, and once more when all
have ended.

A play is *lost* if an event is never handed over, *reversed* if B's is handed over before A's, *disordered* if any two
are handed over against the order of commits, *withheld* if the first look leaves out an event that is already
committed. Plays are counted, not weighed. The horizon is from Dudycz (2022), the remembered snapshot from PgQ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, TypeAlias

import psycopg
from psycopg.rows import dict_row

from labs.kit import postgres
from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

HELD = 100
LAB = Lab(
    name="outbox-hole",
    title="Looking at an outbox while transactions are open",
    question="Which pollers of an outbox hand over every event, and in order, whatever is open when they look?",
    parameters=(
        Parameter("writers", 3, "", "of three steps; two change one parcel, one changes another"),
        Parameter("HELD", HELD, "events", "illustrative: committed while another transaction stays open"),
    ),
    seconds=6,
    engines=postgres.ENGINES,
)

SETTINGS = {"wal_level": "logical", "max_prepared_transactions": "1"}
SCHEMA = """
CREATE TABLE van (id text PRIMARY KEY, stops int DEFAULT 0);
CREATE TABLE parcel (id int PRIMARY KEY, last text);
CREATE TABLE outbox (
    xid xid8 DEFAULT pg_current_xact_id(), -- before the id: defaults are taken in this order
    id bigserial PRIMARY KEY,
    body text,
    sent int[] DEFAULT '{}'
);
INSERT INTO van VALUES ('A'), ('B'), ('C');
INSERT INTO parcel VALUES (7), (8);
CREATE PUBLICATION outbox FOR TABLE outbox (id);
SELECT pg_create_logical_replication_slot('outbox', 'pgoutput');
"""
PARCEL = {"A": 7, "B": 7, "C": 8}
LOCK_PARCEL = "SELECT FROM parcel WHERE id = %s FOR UPDATE NOWAIT"
DRAW = "SELECT nextval('outbox_id_seq')"
INSERT = "INSERT INTO outbox (body) VALUES (%s)"
INSERT_DRAWN = "INSERT INTO outbox (id, body) VALUES (currval('outbox_id_seq'), %s)"
CLEAR = """
TRUNCATE outbox;
ALTER SEQUENCE outbox_id_seq RESTART CACHE {};
-- About one draw in 32 is written to the log and takes an xid for it. This one is, so that the next are not.
SELECT nextval('outbox_id_seq');
"""

Mark: TypeAlias = dict[str, Any]  # what a poller remembers between two looks
Order: TypeAlias = tuple[str, ...]  # the names of the transactions, once for each step

START = """
SELECT last_value AS id, s::text AS seen, pg_snapshot_xmax(s) AS xid, 0 AS then_top, '0' AS then_ticket
FROM pg_current_snapshot() AS s, outbox_id_seq
"""
CURSOR = """
SELECT array_agg(id ORDER BY id) AS ids,
    coalesce(max(id), %(id)s) AS id
FROM outbox WHERE id > %(id)s
"""
HORIZON_ID = f"{CURSOR} AND xid < pg_snapshot_xmin(pg_current_snapshot())"
HORIZON = """
SELECT array_agg(id ORDER BY xid, id) AS ids,
    coalesce(max(xid), %(xid)s::xid8) AS xid,
    coalesce((array_agg(id ORDER BY xid DESC, id DESC))[1], %(id)s) AS id
FROM outbox
WHERE (xid, id) > (%(xid)s::xid8, %(id)s) AND xid < pg_snapshot_xmin(pg_current_snapshot())
"""
TOP = "SELECT last_value AS top FROM outbox_id_seq"
TICKET = "SELECT pg_current_xact_id() AS ticket"
GAPS = """
WITH settled AS (
    SELECT low, greatest(%(id)s, CASE
        WHEN low > %(ticket)s::xid8 THEN %(top)s WHEN low > %(then_ticket)s::xid8 THEN %(then_top)s END) AS base
    FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS low) AS horizon
), fresh AS (
    SELECT id, base + count(*) FILTER (WHERE id > base) OVER (ORDER BY id) AS place
    FROM outbox, settled WHERE id > %(id)s
), due AS (SELECT id FROM fresh, settled WHERE id <= base OR id = place)
SELECT (SELECT array_agg(id ORDER BY id) FROM due) AS ids,
    greatest(base, (SELECT max(id) FROM due)) AS id,
    CASE WHEN low > %(then_ticket)s::xid8 THEN %(top)s ELSE %(then_top)s END AS then_top,
    CASE WHEN low > %(then_ticket)s::xid8 THEN %(ticket)s ELSE %(then_ticket)s END AS then_ticket
FROM settled
"""
FLAG = """
WITH new AS (UPDATE outbox SET sent = sent || %(poller)s::int WHERE %(poller)s <> ALL (sent) RETURNING id)
SELECT array_agg(id ORDER BY id) AS ids FROM new
"""
SNAPSHOT = """
SELECT s::text AS seen, (
  SELECT array_agg(id ORDER BY id)
  FROM outbox
  WHERE xid >= pg_snapshot_xmin(
      %(seen)s::pg_snapshot)
    AND NOT pg_visible_in_snapshot(
      xid, %(seen)s::pg_snapshot)
) AS ids
FROM pg_current_snapshot() AS s
"""
LOG = """
SELECT data FROM pg_logical_slot_get_binary_changes('outbox', NULL, NULL,
    'proto_version', '1', 'publication_names', 'outbox')
"""


@dataclass(frozen=True, slots=True)
class Design:
    """A poller: the statement that hands over `ids`, its other columns being the new mark, and what runs before it."""

    what: str
    sql: str
    first: tuple[str, ...] = ()  # each in a transaction of its own; their columns are parameters of `sql`


DESIGNS = {  # the seventh reads the log, in `Depot.log`
    "cursor": Design("id above the last one", CURSOR),
    "horizon_id": Design("below the horizon, id above the last one", HORIZON_ID),
    "horizon": Design("below the horizon, by xid and id", HORIZON),
    "gaps": Design("ids up to the first gap that may still be filled", GAPS, first=(TOP, TICKET)),
    "snapshot": Design("not visible in the snapshot of the last look", SNAPSHOT),
    "flag": Design("not marked as sent", FLAG),
}


class WouldWaitError(Exception):
    """A statement would have waited, so the order cannot be played."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How the transactions behave; whatever differs from the defaults is a variant."""

    names: str = "ABC"
    turns: bool = False  # a lock is taken before the id is drawn and kept until the commit
    early: bool = False  # the outbox row is inserted in the second step, the parcel changed in the last
    drawn: bool = False  # the first step is not a write: it draws the id that the row will have
    cache: int = 1  # how many ids a session draws at once; with more, B's session has drawn its own before A's

    def orders(self) -> Iterator[Order]:
        """List the orders of all steps in which A ends before B."""
        for order in sorted(set(permutations(self.names * 3))):
            if [name for name in order if name in "AB"][-1:] != ["A"] or "B" not in self.names:
                yield order


class Depot:
    """A server with the schema, a connection for each transaction, and two for looking."""

    def __init__(self, connect: postgres.Connect) -> None:
        self.connect = connect
        self.desk = connect()
        for statement in SCHEMA.strip().split(";\n"):
            self.desk.execute(statement.encode())
        self.writers = {name: connect() for name in PARCEL}
        self.looker = connect().cursor(row_factory=dict_row)

    def step(self, name: str, number: int, rules: Rules) -> None:
        """Take step 0, 1 or 2 of a transaction."""
        writer = self.writers[name]
        if number == 0:
            writer.execute("BEGIN")
            writer.execute(DRAW if rules.drawn else f"UPDATE van SET stops = stops + 1 WHERE id = '{name}'".encode())
        if number == (2 if rules.early else 1):
            try:
                writer.execute(LOCK_PARCEL, (PARCEL[name],))
            except psycopg.errors.LockNotAvailable as fault:
                raise WouldWaitError from fault
            writer.execute("UPDATE parcel SET last = %s WHERE id = %s", (name, PARCEL[name]))
        if number == 1:
            if rules.turns and writer.execute("SELECT pg_try_advisory_xact_lock(1)").fetchone() == (False,):
                raise WouldWaitError
            writer.execute(INSERT_DRAWN if rules.drawn else INSERT, (name,))
        if number == 2:
            writer.execute("COMMIT")

    def clear(self, cache: int = 1) -> None:
        """End what is open and empty the outbox; with a cache, let every session draw, B's before A's."""
        for writer in self.writers.values():
            if writer.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                writer.execute("ROLLBACK")
        self.desk.execute(CLEAR.format(cache).encode())
        for name in "CBA" if cache > 1 else "":
            self.writers[name].execute(DRAW)

    def start(self) -> Mark:
        """Make the mark of a poller that has seen nothing."""
        return dict(self.looker.execute(START).fetchone() or {})

    def look(self, design: Design, mark: Mark) -> tuple[list[int], Mark]:
        """Let a poller look once: what it hands over, and what it remembers from then on."""
        given = dict(mark)
        for statement in (*design.first, design.sql):
            row = self.looker.execute(statement.encode(), given).fetchone() or {}
            given |= row
        return row.pop("ids", None) or [], mark | row

    def log(self) -> list[int]:
        """Take the ids off the write-ahead log since the table was emptied; a row's (`I`) begins at byte 13."""
        found: list[int] = []
        for (data,) in self.desk.execute(LOG, binary=True).fetchall():
            if data[:1] == b"T":
                found.clear()
            if data[:1] == b"I":
                found.append(int(data[13 : 13 + int.from_bytes(data[9:13])]))
        return found


@dataclass(slots=True)
class Tally:
    """How many orders and plays there were, and in how many plays each design had each fault."""

    orders: int = 0
    plays: int = 0
    faults: dict[str, Counter[str]] = field(default_factory=dict)

    def judge(self, name: str, first: Sequence[str], rest: Sequence[str], done: Sequence[str], ended: Order) -> None:
        """Count the faults of one play: whose events came at the first look and later; who had committed by each."""
        sent = [*first, *rest]
        self.faults.setdefault(name, Counter()).update(
            lost=not set(ended) <= set(sent),
            reversed=[name for name in sent if name in "AB"] == ["B", "A"],
            disordered=sent != [name for name in ended if name in sent],
            withheld=not set(done) <= set(first),
        )


def play(depot: Depot, rules: Rules, designs: Mapping[str, Design], *, blank: bool = False) -> Tally:
    """Play every possible order, with a look of every design after each commit but the last, and judge all of them.

    With `blank` there is also a play whose first look comes before anything else. The log is read at the end.
    """
    tally = Tally()
    refused: set[Order] = set()
    for order in rules.orders():
        if any(order[:steps] in refused for steps in range(1, len(order))):
            continue
        depot.clear(rules.cache)
        start = depot.start()
        ended: Order = ()
        looks = [(key, *depot.look(designs[key], start | {"poller": 0}), ended) for key in designs if blank]
        for when, name in enumerate(order, 1):
            number = order[:when].count(name) - 1
            try:
                depot.step(name, number, rules)
            except WouldWaitError:
                refused.add(order[:when])
                break
            ended = (*ended, name) if number == 2 else ended
            if number == 2 and when < len(order):
                looks += [(key, *depot.look(designs[key], start | {"poller": when}), ended) for key in designs]
        else:
            body: dict[int, str] = dict(depot.desk.execute("SELECT id, body FROM outbox").fetchall())
            for key, ids, mark, done in looks:
                rest, _ = depot.look(designs[key], mark)
                tally.judge(key, [body[row] for row in ids], [body[row] for row in rest], done, ended)
            tally.judge("log", [], [body[row] for row in depot.log()], [], ended)
            tally.orders += 1
            tally.plays += len(looks) // len(designs)
    depot.clear()
    return tally


OTHER = "BEGIN", "INSERT INTO van VALUES ('X')"
HOLDERS: dict[str, tuple[str, ...]] = {  # what another session does and leaves open; "database" in another database
    "reader": ("BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM parcel"),
    "lock": ("BEGIN", "SELECT FROM van WHERE id = 'A' FOR UPDATE"),
    "table": OTHER,
    "database": ("BEGIN", "CREATE TABLE van ()"),
    "prepared": (*OTHER, "PREPARE TRANSACTION 'x'"),
    "outbox": ("BEGIN", "INSERT INTO outbox (body) VALUES ('X')"),
    "rolled": ("BEGIN", "INSERT INTO outbox (body) VALUES ('X')", "ROLLBACK", *OTHER),
}
EVENTS = "DO $$ BEGIN FOR i IN 1..{} LOOP INSERT INTO outbox (body) VALUES ('C'); COMMIT; END LOOP; END $$"


def withheld(depot: Depot) -> dict[str, dict[str, int]]:
    """Count, for every kind of other session left open, what each poller withholds of `HELD` committed events."""
    depot.desk.execute("CREATE DATABASE other")
    found = {}
    for name, statements in HOLDERS.items():
        depot.clear()
        depot.log()
        start = depot.start() | {"poller": 1}
        database = "other" if name == "database" else "postgres"
        with closing(psycopg.connect(host=depot.desk.info.host, user="lab", dbname=database, autocommit=True)) as other:
            for statement in statements:
                other.execute(statement.encode())
            depot.desk.execute(EVENTS.format(HELD).encode())
            seen = {key: len(depot.look(DESIGNS[key], start)[0]) for key in DESIGNS} | {"log": len(depot.log())}
            found[name] = {key: HELD - count for key, count in seen.items()}
        if name == "prepared":
            depot.desk.execute("ROLLBACK PREPARED 'x'")
    return found


FAULTS = {
    "lost": "an event is never handed over",
    "reversed": "B's event is handed over before A's",
    "disordered": "events are handed over against the order of commits",
    "withheld": "the first look leaves out a committed event",
}
DRAWS = "gaps.lost snapshot.lost snapshot.reversed log.reversed"
VARIANTS = {  # what differs, the rules, and which faults of which designs a page names
    "turns": ("writers take turns", Rules("AC", turns=True), "cursor.lost cursor.disordered"),
    "early": ("the event is inserted before the parcel changes", Rules("AB", early=True), DRAWS),
    "drawn": ("the id is drawn before anything is written", Rules("AB", drawn=True), DRAWS),
    "cached": ("a session draws ten ids at once", Rules("AB", cache=10), DRAWS),
}


def run(progress: Progress) -> Results:
    """Play the orders by the usual rules and by others, and count what an open transaction holds back."""
    with postgres.postgres(SETTINGS) as connect:
        depot = Depot(connect)
        progress(0.1, "every order")
        usual = play(depot, Rules(), DESIGNS)
        keys = [f"{name}.{fault}" for name in (*DESIGNS, "log") for fault in FAULTS]
        found = counts(usual, keys[:-1])  # the last is the log's `withheld`, which is not played
        for variant, (what, rules, named) in VARIANTS.items():
            progress(0.8, what)
            designs = {name: DESIGNS[name] for name in DESIGNS if name in named}
            tally = play(depot, rules, designs, blank=named == DRAWS)
            found |= counts(tally, named.split(), f"{variant}.", f", if {what}")
        progress(0.95, "open transactions")
        left = withheld(depot)
    horizon = [row["horizon"] for name, row in left.items() if name != "reader"]
    whole = [row["gaps"] for name, row in left.items() if name not in ("outbox", "rolled")]
    rest = [row[name] for row in left.values() for name in ("flag", "snapshot", "log")]
    return found | {
        "orders.all": Result(len(list(Rules().orders())), "orders of nine steps in which A ends first", "orders"),
        "orders.possible": Result(usual.orders, "those in which no statement waits", "orders"),
        "held.reader": Result(left["reader"]["horizon"], "events the horizon withholds beside a reader", "events"),
        "held.horizon": Result(min(horizon), "at least, beside any other", "events"),
        "held.whole": Result(max(whole), "at most, by gaps, no id missing", "events"),
        "held.missing": Result(
            min(left[name]["gaps"] for name in ("outbox", "rolled")), "at least, if one is", "events"
        ),
        "held.rest": Result(max(rest), "at most, by mark, snapshot or log", "events"),
    }


def counts(tally: Tally, keys: Sequence[str], variant: str = "", where: str = "") -> Results:
    """Make results of how many plays there are, and in how many a design has a fault; a key is both, by a dot."""
    found = {f"{variant}plays": Result(tally.plays, f"plays{where}", "plays")}
    for key in keys:
        name, fault = key.split(".")
        what = DESIGNS[name].what if name in DESIGNS else "the log, of orders"
        found[variant + key] = Result(tally.faults[name][fault], f"{FAULTS[fault]}: {what}{where}", "plays")
    return found


def draw(values: Values) -> Iterator[Figure]:
    """Draw what the first three pollers get wrong and what they withhold."""
    yield Figure("price", drawing=_price(values, COLUMN), narrow=_price(values, NARROW))


TONES = {"lost": 1, "backwards": 2, "withheld": 0}
ROWS = (  # the words of each row of the figure, the results that it shows, and a word for each
    ("last id", {"cursor.lost": "lost"}),
    ("horizon, last id", {"horizon_id.lost": "lost", "horizon_id.withheld": "withheld"}),
    ("horizon, by xid and id", {"horizon.reversed": "backwards", "horizon.withheld": "withheld"}),
)


def _price(values: Values, width: int) -> str:
    x, y = Scale(0, 470, (0, 100, 200, 300)), Scale(len(ROWS), 0)
    x_label = f"plays, of {numbers(values['plays'])[0]:.0f}"
    chart = Chart(width, 70 + 62 * len(ROWS), x=x, y=y, x_label=x_label, left=10, top=10)
    for row, (words, shown) in enumerate(ROWS):
        chart.label(0, row + 0.3, words)
        for place, (key, word) in enumerate(shown.items()):
            size, at = numbers(values[key])[0], row + 0.5 + 0.28 * place
            chart.line([0, size], [at, at], TONES[word], dash=word == "withheld")
            chart.mark(size, at, TONES[word], x_key=key)
            chart.label(size, at, f"{size:.0f} {word}", TONES[word], dx=9, dy=4)
    return chart.svg()
