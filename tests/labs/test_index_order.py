"""The claims of "A late call and an outdated document spend the same kind of promise" that rest on order and time."""

import math
from itertools import pairwise
from random import Random

import pytest

from labs import index_order as lab
from labs.index_order import (
    DAY,
    EVERY,
    GAP,
    HOUR,
    KINDS,
    Index,
    Kind,
    Write,
    by_place,
    by_source,
    crossing,
    given_up,
    guarded,
    keeping,
    life,
    out_of_order,
    played_order,
    played_waiting,
    put_twice,
    reaches,
    rebuilt,
    waiting,
    wrong,
)
from labs.kit.store import read, values

STORED = values(read("index-order"))
LATE_CALLS = values(read("fan-out-percentile"))
RETRIES = {"put_twice": put_twice, "given_up": given_up}
LIVES = {name: life(kind, 20_000) for name, kind in KINDS.items()}


# Schedules


def test_there_are_as_many_schedules_as_combinatorics_says():
    assert len(list(put_twice())) == 3 + 2 + 1 == STORED["put_twice.total"]
    assert len(list(given_up())) == 3 * 4 == STORED["given_up.total"]
    assert {tuple(sorted(order)) for order in put_twice()} == {(1, 1, 2, 3), (1, 2, 2, 3), (1, 2, 3, 3)}
    assert (1, 1, 2, 3, 2) in set(given_up())  # the diagram
    assert max(order.count(change) for order in given_up() for change in (1, 2, 3)) == 2


@pytest.mark.parametrize("name", RETRIES)
def test_the_last_write_is_wrong_somewhere_and_the_sources_number_nowhere(name):
    numbered = [by_source(order) for order in RETRIES[name]()]
    assert wrong(numbered, Index) == STORED[f"{name}.arrival.wrong"] == 2
    assert wrong(numbered, guarded) == STORED[f"{name}.source.wrong"] == 0


@pytest.mark.parametrize("name", RETRIES)
def test_wrong_schedules_are_those_that_end_on_an_older_change(name):
    assert STORED[f"{name}.arrival.wrong"] == sum(order[-1] != 3 for order in RETRIES[name]())


def test_without_the_guard_the_claim_fails(monkeypatch):
    """Break the fix: an index that also takes lower numbers."""
    monkeypatch.setattr(lab.Index, "take", lambda self, write: setattr(self, "held", write))
    for name in RETRIES:
        with pytest.raises(AssertionError):
            test_the_last_write_is_wrong_somewhere_and_the_sources_number_nowhere(name)


def test_a_place_in_the_stream_cures_the_run_that_was_given_up_only():
    assert wrong([by_place(order) for order in put_twice()], guarded) == STORED["put_twice.stream.wrong"] == 2
    assert by_place((1, 2, 3, 1))[-1] == Write(1, 4)
    assert STORED["given_up.stream.wrong"] == STORED["given_up.source.wrong"]  # both runs read the same places


def test_equal_numbers_are_refused():
    index = guarded()
    index.take(Write(1, 5))
    index.take(Write(2, 5))
    assert index.shows() == 1


@pytest.mark.parametrize("name", RETRIES)
def test_deletes_need_a_tombstone(name):
    deleted = [by_source(order, deletes=3) for order in RETRIES[name]()]
    forgotten = wrong(deleted, guarded, right=0)
    assert forgotten == STORED[f"{name}.delete.forgetful.wrong"] == STORED[f"{name}.arrival.wrong"]
    assert wrong(deleted, keeping, right=0) == STORED[f"{name}.delete.tombstone.wrong"] == 0


@pytest.mark.parametrize("name", RETRIES)
@pytest.mark.parametrize("deletes", [0, 1, 2, 3])
def test_numbers_and_tombstones_are_right_whichever_change_is_a_delete(name, deletes):
    plays = [by_source(order, deletes) for order in RETRIES[name]()]
    assert wrong(plays, keeping, right=0 if deletes == 3 else 3) == 0


def test_four_changes_instead_of_three_alter_no_sign(monkeypatch):
    monkeypatch.setattr(lab, "CHANGES", 4)
    for orders in RETRIES.values():
        assert wrong(map(by_source, orders()), Index, right=4) > 0
        assert wrong(map(by_source, orders()), guarded, right=4) == 0


# Shares of the time


def test_the_budget_is_that_of_the_late_calls():
    assert STORED["time.budget"] == pytest.approx(1e6 * (1 - LATE_CALLS["example.leaf"]))
    assert STORED["time.budget"] == pytest.approx(1e6 * lab.BUDGET)
    assert STORED["time.budget"] == pytest.approx(1e6 / LATE_CALLS["example.one_in"])


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("interval", [1.0, 10.0, 60.0, 461.0, 1000.0])
def test_waiting_agrees_with_single_writes_from_both_sides(name, interval):
    assert played_waiting(LIVES[name], interval) == pytest.approx(waiting(KINDS[name], interval), rel=0.03)


@pytest.mark.parametrize(
    ("kind", "delays"),
    [
        (KINDS["month"], (GAP / 2, GAP, 10 * GAP, HOUR, DAY)),
        (KINDS["hour"], (GAP / 2, GAP, 5 * GAP)),
        (Kind(600.0, GAP), (20.0, 100.0)),
        (KINDS["single"], (HOUR, DAY)),
        (Kind(300.0), (60.0, 300.0)),
    ],
)
def test_order_agrees_with_single_writes_from_both_sides(kind, delays):
    times = life(kind, 60_000)
    for delay in delays:
        assert played_order(times, delay) == pytest.approx(out_of_order(kind, delay, 1 / EVERY), rel=0.1)


def test_the_stored_comparison_is_close():
    assert 0 < STORED["time.check"] < 3


def test_the_crossings_are_those_of_the_simulation():
    """Where waiting meets order in played single writes, not in the formulas."""
    for name, delay in (("month", 60.0), ("month", DAY), ("hour", 60.0)):
        interval = STORED[f"time.{name}.equal.{'day' if delay == DAY else 'minute'}"]
        times = life(KINDS[name], 60_000)
        order = played_order(times, delay) * EVERY * lab.REPEATED
        assert played_waiting(times, 0.97 * interval) < order < played_waiting(times, 1.03 * interval)


def test_a_bound_in_the_place_of_the_share_is_noticed(monkeypatch):
    """Break it: count both changes of a pair as if they never waited for one refresh."""
    monkeypatch.setattr(lab, "waiting", lambda kind, interval: interval / kind.cycle)
    assert crossing(KINDS["month"], 60.0) == pytest.approx(259.2, abs=0.1)
    assert STORED["time.month.equal.minute"] == pytest.approx(461, abs=1)


def test_nothing_waits_twice_for_one_refresh():
    """With an interval far longer than the gap a pair waits hardly longer than one change."""
    pair, one = waiting(Kind(30 * DAY, 1.0), 1000.0), waiting(Kind(30 * DAY, 1e-6), 1000.0)
    assert one * 30 * DAY == pytest.approx(500, rel=0.001)
    assert pair == pytest.approx(one, rel=0.002)


def test_a_repetition_overtakes_only_the_pairs_that_are_closer_than_its_delay():
    assert out_of_order(KINDS["month"], 1.0) == pytest.approx(out_of_order(KINDS["month"], 60.0) / 60, rel=0.001)
    assert sum(b - a < 1 for a, b in pairwise(LIVES["month"])) == pytest.approx(10_000 / 60, rel=0.2)


def test_the_delay_moves_the_crossing_and_the_gap_is_another_parameter():
    """At a gap of a minute, from a delay of a second to one of a minute, the crossing moves a hundredfold."""
    found = {delay: crossing(Kind(30 * DAY, 60.0), delay) for delay in (1.0, 30.0, 60.0, 600.0)}
    assert found[1.0] == STORED["time.month.equal.second"] == pytest.approx(4.37, abs=0.01)
    assert 100 * found[1.0] < found[60.0]
    assert found[1.0] < found[30.0] < found[60.0] == STORED["time.month.equal.minute"]
    assert found[600.0] == pytest.approx(found[60.0], rel=0.002)
    assert crossing(Kind(30 * DAY, 1.0), 1.0) > 100 * found[1.0]  # a closer pair is overtaken by a quick retry too


def test_after_a_month_order_weighs_more_and_after_an_hour_waiting():
    assert STORED["time.month.order"] > 100 * STORED["time.month.wait"]
    assert STORED["time.hour.order"] < STORED["time.hour.wait"]
    assert STORED["time.month.order"] < STORED["time.budget"] > STORED["time.hour.wait"]
    assert waiting(KINDS["hour"], STORED["time.hour.spent"]) == pytest.approx(STORED["time.budget"] / 1e6, rel=1e-3)


def test_at_a_second_order_is_larger_for_pairs_and_for_single_changes_after_a_day_only():
    above = {
        (name, key)
        for name in ("month", "single")
        for key in ("second", "minute", "day")
        if STORED[f"time.{name}.equal.{key}"] > 1
    }
    assert above == {("month", "second"), ("month", "minute"), ("month", "day"), ("single", "day")}
    for name, key in (("month", "second"), ("single", "minute"), ("single", "day")):
        order = out_of_order(KINDS[name], lab.DELAYS[key])
        assert (order > waiting(KINDS[name], 1.0)) == ((name, key) in above)


def test_what_the_essay_works_out_by_hand():
    cycle, interval = KINDS["month"].cycle, STORED["time.month.equal.minute"]
    assert out_of_order(KINDS["month"], 60.0) * cycle == pytest.approx(259, abs=0.5)
    assert interval / 2 + 60 / 2 == pytest.approx(259, abs=2)  # "about half of it, and about half a minute more"
    assert round(STORED["time.month.order"]) == 100  # in "20 × 100 × 1,000 ÷ 1,000,000"


def test_the_promise_is_spent_when_one_write_in_390_is_repeated():
    spent = out_of_order(KINDS["month"], 60.0, 1 / LATE_CALLS["example.one_in"])
    assert spent == pytest.approx(STORED["time.budget"] / 1e6, rel=0.001)


def test_an_index_made_anew_every_night_is_wrong_for_half_a_day():
    """Play it: a pair changes, its repetition lands a minute later, and the next rebuild ends what is wrong."""
    chance = Random(1)
    starts = [DAY * chance.random() for _ in range(20_000)]
    stays = math.fsum(DAY - (start + 60) % DAY for start in starts) / len(starts)
    assert rebuilt(KINDS["month"], DAY, 1.0) * KINDS["month"].cycle == pytest.approx(stays, rel=0.02)
    assert STORED["time.month.equal.rebuilt"] == reaches(KINDS["month"], rebuilt(KINDS["month"], DAY))
    assert STORED["time.month.equal.rebuilt"] < STORED["time.month.equal.minute"] / 100


def test_what_is_out_of_order_is_in_proportion_to_the_chance():
    for kind in KINDS.values():
        assert out_of_order(kind, 60.0, 0.001) == pytest.approx(10 * out_of_order(kind, 60.0))


def test_what_two_repetitions_do_to_each_other_is_the_chance_times_the_share():
    """Repeat a tenth of the writes at random: a repeated hold puts a tenth of the overtaken returns right."""
    chance, times = Random(2), LIVES["month"]
    again = [(time + 60, number) for number, time in enumerate(times) if chance.random() < 0.1]
    writes = sorted([(time, number) for number, time in enumerate(times)] + again)
    newest, hidden = 0, 0.0
    for (time, number), (following, _) in pairwise(writes):
        newest = max(newest, number)
        hidden += (following - time) * (number < newest)
    share = hidden / times[-1]
    assert share == pytest.approx(0.9 * out_of_order(KINDS["month"], 60.0, 0.1), rel=0.1)
