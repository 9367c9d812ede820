"""The claims of "An outbox cursor has a hole one open transaction wide", on a real PostgreSQL."""

import random
import re
import time
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from labs import outbox_hole as lab
from labs.kit import postgres
from labs.kit.store import read, values

ROOT = Path(__file__).resolve().parents[2]
STORED = values(read("outbox-hole"))
DESIGNS = lab.DESIGNS
LOSSLESS = "horizon", "gaps", "snapshot", "flag"


@dataclass(frozen=True)
class Only(lab.Rules):
    """One order, as a word."""

    order: str = ""

    def orders(self):
        yield tuple(self.order)


SMALLEST = Only("AC", order="CACAAC")
"""C draws first and commits last; the look comes after A's commit."""


@pytest.fixture(scope="module")
def depot():
    with postgres.postgres({**lab.SETTINGS, "track_commit_timestamp": "on"}) as connect:
        yield lab.Depot(connect)


def faults(depot, rules, *names, **how):
    """Play and return the faults of each design named."""
    return lab.play(depot, rules, {name: DESIGNS[name] for name in names}, **how).faults


def broken(depot, rules, name, old, new, **how):
    """Play a design whose statement has been spoilt."""
    sql = DESIGNS[name].sql.replace(old, new)
    assert sql != DESIGNS[name].sql
    return lab.play(depot, rules, {"broken": replace(DESIGNS[name], sql=sql)}, **how).faults["broken"]


@pytest.fixture(scope="module")
def apart(depot):
    """A and C, which change different parcels."""
    return lab.play(depot, lab.Rules("AC"), DESIGNS, blank=True)


@pytest.fixture(scope="module")
def together(depot):
    """A and B, which change the same parcel."""
    return lab.play(depot, lab.Rules("AB"), DESIGNS, blank=True)


def begin(depot, *names):
    """Let transactions begin and insert, one after the other, and leave them open."""
    for name in names:
        depot.step(name, 0, lab.Rules())
        depot.step(name, 1, lab.Rules())


def end(depot, *names):
    for name in names:
        depot.writers[name].execute("COMMIT")


def await_lock(depot, writer):
    """Wait until a session waits for a lock."""
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = %s"
    until = time.monotonic() + 10
    while depot.desk.execute(waits, (writer.info.backend_pid,)).fetchone() == (0,):
        assert time.monotonic() < until


def finish(writer):
    while writer.pgconn.get_result():
        pass


# What is lost


def test_every_order_is_played_once_and_those_that_would_wait_are_refused_by_the_server(apart, together):
    orders = list(lab.Rules().orders())
    assert len(orders) == len(set(orders)) == STORED["orders.all"] == 1680 / 2
    possible = [order for order in orders if places(order, "A")[2] < places(order, "B")[1]]
    assert len(possible) == STORED["orders.possible"] == 336
    assert STORED["plays"] == 336 * 2
    assert (apart.orders, apart.plays, together.orders, together.plays) == (20, 40, 4, 8)


def places(order, name):
    return [place for place, who in enumerate(order) if who == name]


def test_the_cursor_loses_across_parcels_and_never_within_one(apart, together):
    assert apart.faults["cursor"]["lost"] > 0
    assert together.faults["cursor"]["lost"] == together.faults["cursor"]["reversed"] == 0
    assert (STORED["cursor.lost"], STORED["cursor.reversed"]) == (162, 0)


def test_the_smallest_loss_takes_two_open_transactions_and_a_look(depot):
    assert faults(depot, SMALLEST, "cursor")["cursor"]["lost"] == 1


@pytest.mark.parametrize("moment", ["now()", "clock_timestamp()"])
def test_timestamps_have_the_same_hole(moment, depot):
    depot.desk.execute(f"CREATE TABLE timed (at timestamptz DEFAULT {moment})")
    slow, quick = depot.writers["C"], depot.writers["A"]
    slow.execute("BEGIN")
    slow.execute("INSERT INTO timed DEFAULT VALUES")
    quick.execute("INSERT INTO timed DEFAULT VALUES")
    (last,) = depot.desk.execute("SELECT max(at) FROM timed").fetchone()
    slow.execute("COMMIT")
    assert depot.desk.execute("SELECT count(*) FROM timed WHERE at > %s", (last,)).fetchone() == (0,)
    assert depot.desk.execute("SELECT count(*) FROM timed").fetchone() == (2,)
    depot.desk.execute("DROP TABLE timed")


@pytest.mark.parametrize("name", [*LOSSLESS, "log"])
def test_these_lose_nothing(name, apart, together):
    assert apart.faults[name]["lost"] == together.faults[name]["lost"] == STORED[f"{name}.lost"] == 0


def test_a_horizon_does_not_mend_a_cursor_on_the_id(depot):
    assert faults(depot, Only("AC", order="ACCAAC"), "horizon_id")["horizon_id"]["lost"] == 1
    assert 0 < STORED["horizon_id.lost"] < STORED["cursor.lost"]


def test_without_the_horizon_the_order_by_xid_loses(depot):
    old = "AND xid < pg_snapshot_xmin(pg_current_snapshot())"
    assert broken(depot, SMALLEST, "horizon", old, "")["lost"] > 0


def test_without_the_id_rows_of_one_transaction_are_taken_once_and_not_for_ever(depot):
    depot.clear()
    _, mark = depot.look(DESIGNS["horizon"], depot.start())
    depot.desk.execute("INSERT INTO outbox (body) VALUES ('x'), ('y')")
    ids, mark = depot.look(DESIGNS["horizon"], mark)
    assert (len(ids), depot.look(DESIGNS["horizon"], mark)[0]) == (2, [])


# Parcel 7's order


def test_the_horizon_tells_a_quarter_of_the_orders_backwards_wherever_it_looks(together):
    assert together.faults["horizon"]["reversed"] * 4 == together.plays
    assert STORED["horizon.reversed"] * 4 == STORED["plays"]


def test_it_happens_if_b_writes_first(depot):
    assert faults(depot, Only("AB", order="BAAABB"), "horizon", blank=True)["horizon"]["reversed"] == 2
    assert faults(depot, Only("AB", order="ABAABB"), "horizon", blank=True)["horizon"]["reversed"] == 0


def test_an_attempt_that_failed_is_enough_to_turn_the_order_by_xid_round(depot):
    depot.clear()
    start, change = depot.start(), "UPDATE parcel SET last = 'x' WHERE id = 7"
    holder, late, early = depot.writers["C"], depot.writers["B"], depot.writers["A"]
    for writer in (holder, late, early):
        writer.execute("BEGIN")
    holder.execute(change)
    late.execute("SAVEPOINT s")
    late.execute("SET LOCAL lock_timeout = '1ms'")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        late.execute(change)
    late.execute("ROLLBACK TO s")
    holder.execute("COMMIT")
    for writer, name in ((early, "A"), (late, "B")):
        writer.execute(change)
        writer.execute(lab.INSERT, (name,))
        writer.execute("COMMIT")
    body = dict(depot.desk.execute("SELECT id, body FROM outbox").fetchall())
    told = {name: "".join(body[row] for row in depot.look(DESIGNS[name], start)[0]) for name in ("horizon", "snapshot")}
    assert told == {"horizon": "BA", "snapshot": "AB"}


def test_an_update_that_waits_for_a_row_has_its_xid_already(depot):
    depot.clear()
    holder, waiter = depot.writers["A"], depot.writers["B"]
    begin(depot, "A")
    waiter.pgconn.send_query(b"UPDATE parcel SET last = 'B' WHERE id = 7")
    await_lock(depot, waiter)
    asked = "SELECT backend_xid IS NOT NULL FROM pg_stat_activity WHERE pid = %s"
    assert depot.desk.execute(asked, (waiter.info.backend_pid,)).fetchone() == (True,)
    holder.execute("COMMIT")
    finish(waiter)


@pytest.mark.parametrize("name", ["cursor", "gaps", "flag", "snapshot", "log"])
def test_these_keep_the_parcels_order(name, together):
    assert together.faults[name]["reversed"] == STORED[f"{name}.reversed"] == 0


@pytest.mark.parametrize("variant", ["early", "drawn", "cached"])
def test_where_ids_are_not_drawn_under_the_lock_the_order_goes_and_only_the_wait_for_ids_loses(variant, depot):
    _, rules, keys = lab.VARIANTS[variant]
    tally = lab.play(depot, rules, {name: DESIGNS[name] for name in ("gaps", "snapshot", "flag")}, blank=True)
    for key in keys.split():
        name, fault = key.split(".")
        assert tally.faults[name][fault] == STORED[f"{variant}.{key}"], key
    assert tally.plays == STORED[f"{variant}.plays"]
    assert tally.faults["snapshot"] == tally.faults["flag"]
    assert tally.faults["snapshot"]["reversed"] > tally.faults["snapshot"]["lost"] == 0
    assert tally.faults["log"]["reversed"] == 0
    assert (tally.faults["gaps"]["lost"] > 0) == (variant != "early")


def test_with_a_cache_the_plain_cursor_loses_within_one_parcel(depot):
    assert faults(depot, lab.Rules("AB", cache=10), "cursor")["cursor"]["lost"] > 0


def test_most_draws_take_no_xid(depot):
    depot.clear()
    depot.writers["A"].execute("BEGIN")
    depot.writers["A"].execute(lab.DRAW)
    assert depot.writers["A"].execute("SELECT pg_current_xact_id_if_assigned()").fetchone() == (None,)
    depot.clear()


# What is withheld


def test_gaps_wait_where_the_cursor_would_lose_and_nowhere_else(depot):
    for order in lab.Rules("AC").orders():
        found = faults(depot, Only("AC", order="".join(order)), "gaps", "cursor")
        assert found["gaps"]["withheld"] == found["cursor"]["lost"]
    assert STORED["gaps.withheld"] == STORED["cursor.lost"]
    assert STORED["horizon.withheld"] == STORED["horizon_id.withheld"] == 312


@pytest.mark.parametrize("name", ["flag", "snapshot"])
def test_these_withhold_nothing(name, apart, together):
    assert apart.faults[name]["withheld"] == together.faults[name]["withheld"] == STORED[f"{name}.withheld"] == 0


@pytest.mark.parametrize(("top_first", "handed"), [(True, [3, 2]), (False, [3])])
def test_the_highest_id_is_noted_before_the_xid_is_taken(top_first, handed, depot):
    """Between the two, C begins and inserts, and A commits a higher id."""
    depot.clear()
    first, second = DESIGNS["gaps"].first[:: 1 if top_first else -1]
    mark = depot.start() | depot.looker.execute(first).fetchone()
    begin(depot, "C", "A")
    end(depot, "A")
    mark |= depot.looker.execute(second).fetchone()
    row = depot.looker.execute(lab.GAPS.encode(), mark).fetchone()
    seen = row.pop("ids") or []
    end(depot, "C")
    mark |= row
    for _ in range(2):
        ids, mark = depot.look(DESIGNS["gaps"], mark)
        seen += ids
    assert sorted(seen) == sorted(handed)


def test_a_gap_that_a_rollback_left_is_passed(depot):
    depot.clear()
    mark = depot.start()
    begin(depot, "C", "A")
    end(depot, "A")
    first, mark = depot.look(DESIGNS["gaps"], mark)
    depot.writers["C"].execute("ROLLBACK")
    depot.step("B", 0, lab.Rules())  # a writer that began after the first look's ticket, and stays open
    ids, _ = depot.look(DESIGNS["gaps"], mark)
    never = replace(DESIGNS["gaps"], sql=lab.GAPS.replace("WHEN low >", "WHEN false AND low >"))
    stuck, _ = depot.look(never, mark)
    assert (first, ids, stuck) == ([], [3], [])
    depot.clear()


def test_a_snapshots_xmax_will_not_do_as_a_ticket(depot):
    """It is one past the last that completed, so the transaction just begun has that number too, or a higher one."""
    ticket = "SELECT pg_snapshot_xmax(pg_current_snapshot()) AS ticket"
    wrong = replace(
        DESIGNS["gaps"], sql=lab.GAPS.replace("low > %(ticket)s", "low >= %(ticket)s"), first=(lab.TOP, ticket)
    )
    assert lab.play(depot, lab.Rules("AC"), {"wrong": wrong}).faults["wrong"]["lost"] > 0


@pytest.mark.parametrize(("columns", "handed"), [("xid id", {2, 3}), ("id xid", {3})])
def test_the_xid_is_declared_before_the_id(columns, handed, depot):
    """An insert that is its transaction's first write stops between the two columns, and another overtakes it."""
    depot.clear()
    kinds = {"xid": "xid xid8 DEFAULT pg_current_xact_id()", "id": "id bigint DEFAULT nextval('outbox_id_seq')"}
    first, second = (kinds[name] for name in columns.split())
    depot.desk.execute("CREATE SCHEMA odd")
    body = "SELECT pg_advisory_lock(9)::text; SELECT pg_advisory_unlock(9)::text"
    depot.desk.execute(f"CREATE FUNCTION odd.gate() RETURNS text LANGUAGE sql VOLATILE AS '{body}'".encode())
    depot.desk.execute(f"CREATE TABLE odd.outbox ({first}, stop text DEFAULT odd.gate(), {second})".encode())
    slow = depot.writers["C"]
    mark = depot.start()
    depot.looker.execute("SET search_path = odd, public")
    depot.desk.execute("SELECT pg_advisory_lock(9)")
    slow.pgconn.send_query(b"INSERT INTO odd.outbox DEFAULT VALUES")
    await_lock(depot, slow)
    depot.desk.execute("INSERT INTO odd.outbox (stop) VALUES ('')")
    seen, mark = depot.look(DESIGNS["gaps"], mark)
    depot.desk.execute("SELECT pg_advisory_unlock(9)")
    finish(slow)
    seen += depot.look(DESIGNS["gaps"], mark)[0]
    depot.looker.execute("RESET search_path")
    depot.desk.execute("DROP SCHEMA odd CASCADE")
    assert set(seen) == handed
    assert lab.SCHEMA.index("xid xid8") < lab.SCHEMA.index("id bigserial")


def test_a_lock_on_the_table_waits_for_those_who_have_inserted(depot):
    depot.clear()
    depot.writers["A"].execute("BEGIN")
    depot.writers["A"].execute("UPDATE van SET stops = 0")
    ask = "LOCK TABLE outbox IN SHARE MODE NOWAIT"
    depot.desk.execute(f"BEGIN; {ask}; COMMIT".encode())
    depot.writers["A"].execute(lab.INSERT, ("A",))
    with pytest.raises(psycopg.errors.LockNotAvailable):
        depot.desk.execute(f"BEGIN; {ask}; COMMIT".encode())
    depot.desk.execute("ROLLBACK")
    depot.clear()


def test_what_an_open_transaction_holds_back(depot, monkeypatch):
    monkeypatch.setattr(lab, "HELD", 3)
    depot.desk.execute("DROP DATABASE IF EXISTS other")
    found = lab.withheld(depot)
    horizon = {name: row["horizon"] for name, row in found.items()}
    assert horizon == dict.fromkeys(lab.HOLDERS, 3) | {"reader": 0}
    assert {name for name, row in found.items() if row["gaps"]} == {"outbox", "rolled"}
    assert not any(row[name] for row in found.values() for name in ("flag", "snapshot", "log"))
    assert (STORED["held.reader"], STORED["held.horizon"]) == (0, 100)
    assert (STORED["held.whole"], STORED["held.missing"], STORED["held.rest"]) == (0, 100, 0)


def test_what_was_held_back_comes_when_the_other_has_ended(depot):
    depot.clear()
    mark = depot.start()
    depot.step("A", 0, lab.Rules())
    begin(depot, "C")
    end(depot, "C")
    first, mark = depot.look(DESIGNS["horizon"], mark)
    depot.writers["A"].execute("ROLLBACK")
    later, _ = depot.look(DESIGNS["horizon"], mark)
    assert (len(first), len(later)) == (0, 1)


# The snapshot and the log


def test_a_number_in_place_of_the_snapshot_loses(depot):
    old = "NOT pg_visible_in_snapshot(\n      xid, %(seen)s::pg_snapshot)"
    assert broken(depot, SMALLEST, "snapshot", old, "xid >= pg_snapshot_xmax(%(seen)s::pg_snapshot)")["lost"] > 0


def test_the_range_changes_no_result_and_a_higher_one_loses(depot):
    rules, old = SMALLEST, "xid >= pg_snapshot_xmin(\n      %(seen)s::pg_snapshot)\n    AND"
    assert not sum(broken(depot, rules, "snapshot", old, "")[fault] for fault in ("lost", "withheld"))
    assert broken(depot, rules, "snapshot", "pg_snapshot_xmin(", "pg_snapshot_xmax(")["lost"] > 0


def test_within_a_look_the_ids_sort(depot):
    rules = Only("AB", order="BAAABB")
    assert broken(depot, rules, "snapshot", "ORDER BY id", "ORDER BY xid", blank=True)["reversed"] > 0


def test_an_index_can_use_the_range(depot):
    depot.clear()
    depot.desk.execute("CREATE INDEX range ON outbox (xid, id)")
    depot.desk.execute("INSERT INTO outbox (body) SELECT 'x' FROM generate_series(1, 3000)")
    depot.desk.execute("VACUUM ANALYZE outbox")
    _, mark = depot.look(DESIGNS["snapshot"], depot.start())
    plan = "".join(str(row) for row in depot.looker.execute(f"EXPLAIN {lab.SNAPSHOT}".encode(), mark).fetchall())
    assert "Index Cond: (xid >=" in plan
    depot.desk.execute("DROP INDEX range")
    depot.clear()


def test_commit_order_is_kept_by_the_log_and_by_writers_who_take_turns(depot, apart):
    assert apart.faults["snapshot"]["disordered"] == apart.faults["flag"]["disordered"] > 0
    assert apart.faults["log"]["disordered"] == STORED["log.disordered"] == 0
    ordered = ["cursor", "snapshot", "horizon_id", "gaps", "horizon"]
    assert [STORED[f"{name}.disordered"] for name in ordered] == [126, 144, 229, 288, 454]
    turns = lab.play(depot, lab.Rules("AC", turns=True), {"cursor": DESIGNS["cursor"]})
    assert turns.faults["cursor"]["lost"] == turns.faults["cursor"]["disordered"] == 0
    assert STORED["turns.cursor.lost"] == STORED["turns.cursor.disordered"] == 0
    assert 0 < turns.orders == STORED["turns.plays"] < apart.orders


def test_the_log_gives_whole_ids_and_forgets_what_was_before_the_table_was_emptied(depot):
    depot.desk.execute(lab.INSERT, ("x",))
    depot.clear()
    depot.desk.execute("INSERT INTO outbox (body) SELECT 'x' FROM generate_series(1, 12)")
    assert depot.log() == list(range(2, 14))


def test_a_slot_cannot_be_made_while_a_writer_is_open(depot):
    depot.clear()
    depot.step("A", 0, lab.Rules())
    maker = depot.writers["C"]
    maker.pgconn.send_query(b"SELECT pg_create_logical_replication_slot('second', 'pgoutput')")
    await_lock(depot, maker)
    end(depot, "A")
    finish(maker)
    depot.desk.execute("SELECT pg_drop_replication_slot('second')")


@pytest.mark.parametrize("seed", range(10))
def test_five_transactions_with_more_parcels_events_savepoints_and_rollbacks(seed, depot):
    """Nothing against the gaps, the mark, the snapshot; the horizon loses nothing either, here."""
    chance = random.Random(seed)
    depot.clear()
    start = depot.start() | {"poller": 0}
    pollers = {name: ([], start) for name in LOSSLESS}
    writers = [depot.connect() for _ in range(5)]
    plans = [plan(chance) for _ in writers]
    mine = {place: [] for place in range(5)}
    told = {7: [], 8: []}
    tries = 0
    while any(plans) and (tries := tries + 1) < 60:
        place = chance.choice([place for place, steps in enumerate(plans) if steps])
        if not take(writers[place], plans[place][0], mine[place]):
            continue
        if plans[place].pop(0) == "COMMIT":
            for parcel, row in mine[place]:
                told[parcel].append(row)
        if chance.random() < 0.4:
            pollers = {name: more(depot, name, *poller) for name, poller in pollers.items()}
    for writer in writers:
        writer.execute("ROLLBACK")
        writer.close()
    for name, poller in pollers.items():
        ids, _ = more(depot, name, *poller)
        assert sorted(ids) == sorted(told[7] + told[8]), name
        if name != "horizon":
            assert all([row for row in ids if row in rows] == rows for rows in told.values()), name


def plan(chance):
    steps = ["BEGIN", *(["SELECT pg_current_xact_id()"] if chance.random() < 0.6 else [])]
    steps += [chance.choice((7, 8)) for _ in range(chance.choice((1, 1, 2)))]
    return [*steps, "ROLLBACK" if chance.random() < 0.15 else "COMMIT"]


def take(writer, step, rows):
    """Do a step; a change that would wait is undone and not done."""
    if isinstance(step, str):
        writer.execute(step)
        return True
    writer.execute("SAVEPOINT s")
    try:
        writer.execute(lab.LOCK_PARCEL, (step,))
    except psycopg.errors.LockNotAvailable:
        writer.execute("ROLLBACK TO s")
        return False
    rows.append((step, writer.execute("INSERT INTO outbox (body) VALUES ('x') RETURNING id").fetchone()[0]))
    return True


def more(depot, name, ids, mark):
    new, mark = depot.look(DESIGNS[name], mark)
    return ids + new, mark


# Where positions stop being good, several pollers, deletion, turns


@pytest.mark.parametrize(("xid", "horizon", "snapshot"), [("3", [1, 0], [0, 0]), ("99999999999", [0, 0], [1, 1])])
def test_an_xid_of_another_cluster_is_handed_over_never_or_at_every_look(xid, horizon, snapshot, depot):
    depot.clear()
    marks = {name: depot.start() | {"xid": "0"} for name in ("horizon", "snapshot")}
    depot.desk.execute("INSERT INTO outbox (xid, body) VALUES (%s::xid8, 'x')", (xid,))
    found = {"horizon": [], "snapshot": []}
    for _ in range(2):
        for name in found:
            ids, marks[name] = depot.look(DESIGNS[name], marks[name])
            found[name].append(len(ids))
    assert (found["horizon"], found["snapshot"]) == (horizon, snapshot)
    depot.clear()


@pytest.mark.parametrize(("name", "handed"), [("cursor", 0), ("gaps", 0), ("horizon", 1), ("snapshot", 1), ("flag", 1)])
def test_a_sequence_that_starts_again_leaves_those_behind_that_keep_an_id(name, handed, depot):
    depot.clear()
    begin(depot, "A", "C")
    end(depot, "A", "C")
    _, mark = depot.look(DESIGNS[name], depot.start() | {"id": 1, "xid": "0", "seen": "1:1:", "poller": 5})
    depot.clear()
    depot.desk.execute(lab.INSERT, ("x",))
    assert len(depot.look(DESIGNS[name], mark)[0]) == handed


@pytest.mark.parametrize(("way", "backwards"), [("SKIP LOCKED", True), ("NOWAIT", False)])
def test_a_second_poller_that_skips_a_claimed_row_overtakes(way, backwards, depot):
    depot.clear()
    depot.desk.execute("INSERT INTO outbox (body) VALUES ('A'), ('B')")
    claim = f"SELECT id FROM outbox WHERE sent = '{{}}' ORDER BY id LIMIT 1 FOR UPDATE {way}"
    first, second = depot.writers["A"], depot.writers["B"]
    first.execute("BEGIN")
    second.execute("BEGIN")
    assert first.execute(claim).fetchone() == (2,)
    if backwards:
        assert second.execute(claim).fetchone() == (3,), "and may hand it over before the first hands over its row"
    else:
        with pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute(claim)
    depot.clear()


@pytest.mark.parametrize(("level", "rows"), [("READ COMMITTED", 0), ("REPEATABLE READ", 1)])
def test_deleting_up_to_the_last_id_deletes_what_was_not_handed_over(level, rows, depot):
    depot.clear()
    begin(depot, "C", "A")
    end(depot, "A")
    drain = depot.writers["B"]
    drain.execute(f"BEGIN ISOLATION LEVEL {level}")
    sent = [row for (row,) in drain.execute("SELECT id FROM outbox ORDER BY id").fetchall()]
    end(depot, "C")
    drain.execute("DELETE FROM outbox WHERE id <= %s", (sent[-1],))
    drain.execute("COMMIT")
    assert sent == [3]
    assert depot.desk.execute("SELECT count(*) FROM outbox").fetchone() == (rows,)


def test_taking_turns_can_deadlock_a_transaction_that_goes_on_to_another_parcel(depot):
    depot.clear()
    first, second = depot.writers["A"], depot.writers["C"]
    for writer in (first, second):
        writer.execute("SET deadlock_timeout = '20ms'")
    depot.step("A", 0, lab.Rules())
    depot.step("A", 1, lab.Rules(turns=True))
    second.execute("BEGIN")
    second.execute("UPDATE parcel SET last = 'C' WHERE id = 8")
    second.pgconn.send_query(b"SELECT pg_advisory_xact_lock(1)")
    await_lock(depot, second)
    try:
        first.execute("UPDATE parcel SET last = 'A' WHERE id = 8")
        fault = second.pgconn.get_result().error_message
    except psycopg.errors.DeadlockDetected as found:
        fault = str(found).encode()
        first.execute("ROLLBACK")
        assert second.pgconn.get_result().status == psycopg.pq.ExecStatus.TUPLES_OK
    assert b"deadlock" in fault
    finish(second)
    depot.clear()


# The pages


def test_the_essays_last_query_finds_the_row_of_its_diagram(depot):
    page = (ROOT / "docs/posts/outbox-hole.md").read_text(encoding="utf-8")
    query = page.rpartition("```sql\n")[2].removesuffix("```\n")
    for order, found in (("CA", 0), ("AC", 1)):
        depot.clear()
        begin(depot, "C", "A")
        end(depot, *order)
        assert depot.desk.execute(query.encode()).fetchone() == (found,)
    depot.clear()


def test_every_result_is_used():
    """A scalar is bound on a page, or a test reads it; a series is drawn."""
    pages = [ROOT / "docs/posts/outbox-hole.md", ROOT / "docs/labs/outbox-hole.md"]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    bound = set(re.findall(r"outbox-hole\.([a-z0-9_.]+)", text))
    unused = [key for key, value in STORED.items() if not isinstance(value, list) and key not in bound]
    assert unused == []
