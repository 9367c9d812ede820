"""The claims of `docs/posts/patient-store-migration.md` about schedules, played afresh."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from math import factorial
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from labs import migration_race as lab
from labs.kit.store import read, values

STORED = values(read("migration-race"))
POLICIES = lab.POLICIES
PAIRS = {"updates": lab.UPDATES, "deletes": lab.DELETES}


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("name", POLICIES)
def test_the_stored_counts_are_those_of_a_fresh_run(name: str, kind: str) -> None:
    count = lab.race(POLICIES[name], PAIRS[kind])
    assert (count.divergent, count.total) == (STORED[f"{name}.{kind}.divergent"], 90)
    assert STORED[f"series.{kind}"][list(POLICIES).index(name)] == count.divergent


def test_every_order_is_played_exactly_once() -> None:
    schedules = list(lab.interleavings({"A": 2, "B": 2, "F": 2}))
    assert len(schedules) == len(set(schedules)) == factorial(6) // 2**3
    assert all(sorted(schedule) == list("AABBFF") for schedule in schedules)


def test_insert_if_absent_only_moves_the_race() -> None:
    """The backfill becomes harmless to updates; what is left is the writers' own race, three parties or not."""
    assert lab.race(POLICIES["overwrite"], lab.UPDATES, "BF").divergent > 0
    assert lab.race(POLICIES["absent"], lab.UPDATES, "BF").divergent == 0
    writers = lab.race(POLICIES["absent"], lab.UPDATES, "AB")
    assert writers.divergent > 0
    everybody = lab.race(POLICIES["absent"], lab.UPDATES)
    assert everybody.divergent * writers.total == writers.divergent * everybody.total
    assert everybody.total == 15 * writers.total


def test_insert_if_absent_cures_some_orders_and_breaks_others() -> None:
    overwrite, absent = (set(lab.race(POLICIES[name], lab.UPDATES).bad) for name in ("overwrite", "absent"))
    cured, broken = overwrite - absent, absent - overwrite
    assert (len(cured), len(broken)) == (STORED["absent.cured"], STORED["absent.broken"])
    assert len(overwrite & absent) == STORED["absent.both"]
    assert len(cured) > len(broken) > 0
    for schedule in broken:  # a late copy of what both writers had committed put right what they left wrong
        assert schedule[-1] == "F"
        assert schedule.index("F") > max(schedule.index("A"), schedule.index("B"))


def test_what_a_delete_does_depends_on_what_an_update_does_that_finds_no_row() -> None:
    strict = {name: replace(design, updates_create=False) for name, design in POLICIES.items()}
    counts = {name: lab.race(design, lab.DELETES).divergent for name, design in strict.items()}
    assert counts == {name: STORED[f"strict.{name}.divergent"] for name in POLICIES}
    assert counts["overwrite"] == counts["absent"] == counts["versioned"] > counts["tombstones"] == 0
    removal, forgetting = (replace(lab.WITHOUT[name][1], updates_create=False) for name in ("removal", "forgetting"))
    assert lab.race(removal, lab.DELETES).divergent == STORED["strict.removal.divergent"]
    assert STORED["strict.removal.divergent"] > STORED["without.removal.divergent"]
    assert lab.race(forgetting, lab.DELETES).divergent == STORED["strict.forgetting.divergent"] == 0


def test_columns_alone_diverge_as_often_when_the_row_was_copied_before() -> None:
    design = lab.WITHOUT["columns"][1]
    turns = lab.turns_of(design)
    copied = lab.play(lab.migration(design, lab.COLUMNS_APART), turns, copied=True)
    assert copied.divergent == STORED["without.columns.divergent"]


def test_insert_if_absent_brings_a_deleted_row_back() -> None:
    steps = lab.race(POLICIES["absent"], lab.DELETES, "BF").steps
    assert "reads letter" in steps[0]
    assert "sends letter" in steps[-1]
    assert any("deleted" in step for step in steps[1:-1])


def test_versions_settle_updates_and_not_deletes() -> None:
    assert lab.race(POLICIES["versioned"], lab.UPDATES).divergent == 0
    assert lab.race(POLICIES["versioned"], lab.DELETES).divergent > 0
    assert lab.race(POLICIES["versioned"], lab.DELETES, "AB").divergent > 0, "two writers are enough"


def test_a_smallest_counterexample_has_four_transactions() -> None:
    lengths = {value for key, value in STORED.items() if key.endswith("smallest.length")}
    assert lengths == {4}
    for name, design in POLICIES.items():
        for kind, changes in PAIRS.items():
            found = lab.smallest(design, changes)
            assert bool(found.steps) == bool(STORED[f"{name}.{kind}.divergent"])
            assert not found.steps or STORED[f"{name}.{kind}.smallest.steps"] == "; ".join(found.steps)


def test_no_smaller_number_of_parties_diverges() -> None:
    for party in "AB":
        for changes in PAIRS.values():
            assert lab.race(POLICIES["overwrite"], changes, party + "F").total == 6
            assert lab.play(lab.migration(POLICIES["overwrite"], changes), {party: 2}).divergent == 0


@pytest.mark.parametrize("name", lab.WITHOUT)
def test_each_rule_is_needed(name: str) -> None:
    """Taking any one rule away breaks the design on operations on which the whole design holds."""
    _, design, changes = lab.WITHOUT[name]
    assert lab.race(design, changes).divergent == STORED[f"without.{name}.divergent"] > 0
    assert lab.race(lab.FULL, changes).divergent == 0


def test_a_forgetful_old_store_loses_exactly_where_the_delete_comes_first() -> None:
    design = lab.WITHOUT["forgetting"][1]
    for first, bad in (("AB", 0), ("BA", 45)):
        count = lab.play(
            lab.migration(design, lab.DELETES),
            lab.turns_of(design),
            where=lambda schedule, first=first: schedule.index(first[0]) < schedule.index(first[1]),
        )
        assert (count.divergent, count.total) == (bad, 45)


def test_removing_the_version_guard_from_the_statement_breaks_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lab.GUARDS, "newer", "")
    assert lab.race(lab.FULL, lab.UPDATES).divergent > 0


def test_three_writers_do_not_change_the_verdict() -> None:
    def scene(stores: lab.Stores) -> lab.Parties:
        three = {name: lab.writer(name, change, stores) for name, change in operations.items()}
        return three | {"F": lab.backfill("F", stores)}

    operations = {"A": lab.EMAIL, "B": None, "D": lab.PHONE}
    count = lab.play(scene, dict.fromkeys("ABDF", 2))
    assert (count.divergent, count.total) == (0, factorial(8) // 2**4)


def test_tombstones_may_go_only_after_everybody_has_ended() -> None:
    assert lab.collected("").divergent > 0
    assert lab.collected("F").divergent > 0, "waiting for the backfill is not enough"
    assert lab.collected("AB").divergent > 0, "nor is waiting for the writers"
    assert lab.collected("ABF").divergent == 0


def test_no_design_survives_a_crash_between_two_writes() -> None:
    assert all(lab.crashes(design, lab.DELETES, repaired=False).divergent > 0 for design in POLICIES.values())
    assert STORED["crash.tombstones.updates.divergent"] > STORED["crash.tombstones.updates.total"] / 2
    assert STORED["crash.tombstones.deletes.divergent"] > STORED["crash.tombstones.deletes.total"] / 2


def test_a_second_pass_repairs_only_if_it_carries_tombstones_and_outranks() -> None:
    live_rows = replace(lab.FULL, copies_tombstones=False)
    absent = replace(lab.FULL, copies="absent")
    for changes in PAIRS.values():
        assert lab.crashes(lab.FULL, changes, repaired=True).divergent == 0
    assert lab.crashes(live_rows, lab.UPDATES, repaired=True).divergent == 0
    assert lab.crashes(live_rows, lab.DELETES, repaired=True).divergent == STORED["repair.live_rows.deletes.divergent"]
    assert STORED["repair.live_rows.deletes.divergent"] > 0
    assert lab.crashes(absent, lab.DELETES, repaired=True).divergent > 0
    for name in ("overwrite", "absent"):
        assert STORED[f"repair.{name}.updates.divergent"] > 0


def test_without_a_crash_the_backfill_need_not_carry_tombstones() -> None:
    assert STORED["live_rows.divergent"] == 0
    assert STORED["absent_copies.divergent"] == 0
    for name in ("live_rows", "absent_copies"):
        assert lab.race(lab.REPAIRS[name], lab.DELETES).divergent == 0


def test_a_second_pass_that_starts_before_the_crash_is_not_enough() -> None:
    turns = lab.turns_of(lab.FULL, "ABFG") | {"B": 1}
    early = lab.play(
        lab.migration(lab.FULL, lab.DELETES), turns, where=lambda schedule: schedule.index("G") < schedule.index("B")
    )
    assert early.divergent > 0


def test_without_numbers_a_pass_that_inserts_repairs_less_than_one_that_overwrites() -> None:
    assert STORED["repair.absent.updates.divergent"] > STORED["repair.overwrite.updates.divergent"]
    assert {STORED[key] for key in STORED if key.startswith("repair.") and key.endswith(".total")} == {450}


def test_numbering_cannot_be_held_twice() -> None:
    mixed = lab.cutover(lab.overlapping)
    assert mixed.divergent == mixed.total == STORED["cutover.overlapping.total"] == 4
    apart = lab.cutover(lambda schedule: not lab.overlapping(schedule))
    assert (apart.divergent, apart.total) == (0, 2)


def test_a_tie_break_makes_the_stores_agree_and_loses_an_update() -> None:
    assert lab.cutover(lambda schedule: True, accept="as new").divergent == 0
    lost = lab.cutover(lab.overlapping, second=lab.EVENING, accept="as new", fails=lab.email_is_lost)
    assert lost.divergent == lost.total == STORED["cutover.ties_lost.total"]
    assert lab.cutover(lab.overlapping, second=lab.EVENING, accept="as new").divergent == 0


def test_a_range_is_handed_over_by_a_pass_that_ends_before_the_first_new_first_writer() -> None:
    anytime = lab.handover(lambda schedule: True)
    assert (anytime.divergent, anytime.total) == (5, 6)
    assert STORED["handover.anytime.divergent"] == anytime.total - 1
    assert lab.handover(lab.pass_comes_first).divergent == 0
    later = lab.handover(lambda schedule: "".join(schedule) == "ABBGG")
    assert later.divergent == later.total == 1, "a pass from old to new after the handover repairs nothing"


def test_a_read_that_is_written_back_loses_an_update_while_the_stores_agree() -> None:
    lost = lab.written_back(lab.email_is_lost)
    assert (lost.divergent, lost.total) == (3, 4)
    assert (STORED["written_back.lost.divergent"], STORED["written_back.lost.total"]) == (3, 4)
    assert lab.written_back(lab.disagree).divergent == 0


def test_equal_numbers_silence_false_alarms_and_not_true_ones() -> None:
    seen = lab.Comparison
    for new_first, key in ((False, "shadow.plain"), (True, "shadow.plain_new_first")):
        assert lab.shadowed(seen.differs, new_first=new_first).divergent == STORED[f"{key}.divergent"] > 0
        assert lab.shadowed(seen.alarms, new_first=new_first).divergent == 0
    assert STORED["shadow.plain_new_first.divergent"] > STORED["shadow.plain.divergent"]
    assert lab.shadowed(seen.compared).divergent == STORED["shadow.compared.divergent"]
    met = set(lab.shadowed(seen.reads_email, lab.WRONG).bad)
    reported = set(lab.shadowed(seen.alarms, lab.WRONG).bad)
    compared = set(lab.shadowed(seen.compared, lab.WRONG).bad)
    assert reported == met & compared, "it is silent only where the numbers differ"
    assert len(met) == STORED["shadow.met.divergent"] == 2 * len(reported)
    assert len(reported) == STORED["shadow.bug.divergent"]


def test_a_correction_needs_a_number_of_its_own() -> None:
    row, equal, pair = (lab.corrected(accept) for accept in ("newer row", "as new", "newer"))
    assert row.divergent == STORED["corrected.row.divergent"] > equal.divergent > 0
    assert equal.divergent == STORED["corrected.as_new.divergent"]
    assert (pair.divergent, pair.total) == (0, 45)


def test_without_a_higher_translation_number_the_correction_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab, "CORRECTED", lab.RIGHT)
    assert lab.corrected("newer").divergent == STORED["corrected.row.divergent"]


@pytest.mark.parametrize("change", [lab.EMAIL, lab.DELETE], ids=["update", "delete"])
def test_reading_changing_and_numbering_are_one_transaction(tmp_path: Path, change: lab.Change) -> None:
    """A second connection cannot write between them, and can as soon as they are done."""
    place = str(tmp_path / "store.sqlite")
    store = lab.Store(place)
    store.reset(lab.START)
    other = sqlite3.connect(place, isolation_level=None, timeout=0)
    refused: list[str] = []

    class Meddled(lab.Store):
        def __init__(self) -> None:
            self.db = store.db

        def read(self) -> lab.Row | None:
            found = super().read()
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                refused.append(str(error))
            return found

    row = Meddled().commit(change)
    assert refused == ["database is locked"]
    other.execute("BEGIN IMMEDIATE")
    assert row
    assert row.version == lab.START.version + 1
    other.close()


class Migration(RuleBasedStateMachine):
    """Any number of writers, copies, crashes and repeated deliveries; at the end the stores must agree."""

    design = lab.FULL

    def __init__(self) -> None:
        super().__init__()
        self.stores = lab.Stores(lab.Store(), lab.Store())
        self.stores.old.reset(lab.START)
        self.flying: list[Iterator[str]] = []
        self.sent: list[lab.Row] = [lab.RIGHT.forth(lab.START)]
        self.copied = False

    @rule(change=st.sampled_from([lab.EMAIL, lab.PHONE, lab.EVENING, None]))
    def write(self, change: lab.Change) -> None:
        party = lab.writer("writer", change, self.stores, self.design)
        next(party)
        row = self.stores.old.read()
        if row:
            self.sent.append(lab.RIGHT.forth(row))
        self.flying.append(party)

    @rule()
    def copy(self) -> None:
        party = lab.backfill("backfill", self.stores, self.design)
        next(party)
        self.flying.append(party)

    @precondition(lambda self: self.flying)
    @rule(data=st.data())
    def land(self, data: st.DataObject) -> None:
        next(self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1))))

    @precondition(lambda self: self.flying)
    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1)))

    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        self.stores.new.take(data.draw(st.sampled_from(self.sent)), self.design.writes)

    def teardown(self) -> None:
        last = lab.backfill("last pass", self.stores, self.design)
        next(last)
        for party in [last, *self.flying]:  # the pass lands first: whatever was under way must not undo it
            next(party)
        assert self.stores.agree()


SEARCH = settings(
    derandomize=True,
    database=None,
    max_examples=300,
    stateful_step_count=12,
    deadline=None,
    phases=[Phase.generate],
)


def test_no_sequence_of_events_beats_the_full_design() -> None:
    run_state_machine_as_test(Migration, settings=SEARCH)


@pytest.mark.parametrize(
    "broken",
    [
        replace(lab.FULL, writes="any"),
        replace(lab.FULL, copies="any"),
        replace(lab.FULL, tombstones=False, copies_tombstones=False),
        replace(lab.FULL, copies_tombstones=False),
    ],
    ids=["writers overwrite", "copies overwrite", "rows are removed", "copies skip deleted rows"],
)
def test_the_search_finds_each_broken_design(broken: lab.Design) -> None:
    machine = type("Broken", (Migration,), {"design": broken})
    # It stops at the first counterexample. How soon it comes depends on the modules that are loaded, since Hypothesis
    # tries the constants that it finds in them; hence room to spare.
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine, settings=settings(SEARCH, max_examples=5_000))


def test_the_essay_quotes_the_statement_that_the_lab_runs() -> None:
    essay = Path("docs/posts/patient-store-migration.md")
    quoted = (Path(__file__).parents[2] / essay).read_text(encoding="utf-8").split("```sql\n")[1].split("```")[0]
    statement = lab.TAKE.format(
        names=", ".join(lab.COLUMNS),
        values=", ".join(f":{name}" for name in lab.COLUMNS),
        sets=", ".join(f"{name} = excluded.{name}" for name in lab.COLUMNS),
        guard=lab.GUARDS["newer"],
    )
    assert quoted.split() == statement.split()
    assert all(len(line) <= 44 for line in quoted.splitlines()), "a phone shows no longer lines"
