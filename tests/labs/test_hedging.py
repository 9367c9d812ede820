"""The claims of "Cancel second copies before you ration them", each as a predicate on the model."""

import re
from dataclasses import replace
from functools import cache
from math import inf
from pathlib import Path

import pytest
from lxml import etree

from labs import hedging
from labs.hedging import (
    ALONE,
    ANSWER,
    BUDGET,
    CANCEL,
    DELAY,
    FIXED,
    JUMP,
    LATER,
    LOADS,
    MEASURED,
    MESSAGES,
    SEEDS,
    SLOW,
    TIED,
    TIGHT,
    WAYS,
    WIDE,
    WORLDS,
    Policy,
    World,
    draw_world,
    percentile,
    play,
    trial,
)
from labs.kit.store import RESULTS, read, values

ROOT = Path(__file__).resolve().parents[2]
NONE = Policy()
LOST = 1e9  # a cancellation that never arrives


@pytest.fixture(scope="module")
def stored():
    return values(read("hedging"))


@cache
def once(load, policy, seed=1, before=0, replicas=10):
    """Play one run; its 99th percentile, infinite if it collapsed."""
    return trial(World(load, before=before, replicas=replicas), policy, (seed,)) or inf


@pytest.fixture
def script(monkeypatch):
    """Play queries that are written down: (time, work, replicas), and pauses by replica."""

    def run(queries, policy, pauses=None, replicas=3):
        queries = [(at, (work, work), places) for at, work, places in queries]
        end = (1000.0, (1.0, 1.0), (2, 0, 1))  # the run ends with the last arrival, so one comes much later
        own = [[*(pauses or {}).get(k, []), (inf, inf)] for k in range(replicas)]
        monkeypatch.setattr(hedging, "draw_world", lambda *_: ([*queries, end], own))
        return play(World(replicas=replicas), policy, 1)

    return run


# The model, by hand


def test_a_queue_is_served_in_order(script):
    """Three queries on one replica, at 0, 0.5 and 1, of one unit each: times 1, 1.5 and 2."""
    outcome = script([(0.0, 1.0, (0, 1, 2)), (0.5, 1.0, (0, 1, 2)), (1.0, 1.0, (0, 1, 2))], NONE)
    assert outcome.times == pytest.approx([0, 1, 1.5, 2])  # the last arrival is not answered and counts as 0
    assert outcome.second == 0


@pytest.mark.parametrize(("pause", "time"), [((0.5, 20.5), 21), ((1.5, 20), 1), ((-1.0, 3.0), 4)])
def test_a_pause_interrupts_work_or_delays_its_beginning(script, pause, time):
    assert script([(0.0, 1.0, (0, 1, 2))], NONE, {0: [pause]}).times == pytest.approx([0, time])


def test_a_second_copy_rescues_what_a_pause_caught_after_the_delay_and_no_sooner(script):
    outcome = script([(0.0, 1.0, (0, 1, 2))], Policy(delay=3), {0: [(0.5, 20.5)]})
    assert (outcome.times, outcome.second) == ([0, 4], 1)
    assert script([(0.0, 1.0, (0, 1, 2))], Policy(delay=3)).second == 0


def test_a_losing_copy_is_worked_off_unless_it_is_cancelled(script):
    """Replica 1 gets a second copy of 8 units at 3. The query behind it waits until 11, or until 8.6."""
    queries, pauses = [(0.0, 8.0, (0, 1, 2)), (4.0, 1.0, (1, 2, 0))], {2: [(5.0, 100.0)]}
    for policy in (Policy(delay=3), Policy(delay=3, cancel="answer")):  # the copy has begun, so it is finished
        assert script(queries, policy, pauses).times == pytest.approx([0, 8, 8])
    dropped = script(queries, Policy(delay=3, cancel="answer", drop=True, message=0.6), pauses)
    assert dropped.times == pytest.approx([0, 8.6 + 1 - 4, 8])


def test_a_waiting_copy_is_dropped_after_the_message(script):
    """Replica 1 is busy until 5. A second copy of 2 waits there from 1; the first is answered at 2."""
    queries = [(0.0, 5.0, (1, 2, 0)), (0.0, 2.0, (0, 1, 2)), (1.5, 1.0, (1, 2, 0))]
    waits = script(queries, Policy(delay=1)).times
    cancelled = script(queries, Policy(delay=1, cancel="answer", message=0.5)).times
    late = script(queries, Policy(delay=1, cancel="answer", message=4)).times
    assert waits == late != cancelled


def test_a_tied_copy_goes_when_the_other_begins_and_a_cancellation_is_remembered(script):
    tied = Policy(delay=0.2, cancel="start", message=0.1)
    assert script([(0.0, 1.0, (0, 1, 2))], tied).second == 0  # began at once, cancelled before it was sent
    queries = [(0.0, 9.0, (0, 1, 2)), (0.1, 5.0, (1, 2, 0)), (0.2, 1.0, (0, 1, 2)), (6.0, 1.0, (0, 2, 1))]
    outcome = script(queries, tied)
    assert outcome.second == 2  # the third and the fourth wait behind the first; replica 1 begins the third at 5.1
    assert outcome.times == pytest.approx([0, 1.2, 5, 5.9])  # the first fifth, one query, is not counted


def test_a_budget_grants_what_was_earned_and_saved(script):
    burst = [(0.0, 1.0, (0, 1, 2))] * 8
    assert script(burst, Policy(delay=3, share=0.25, bucket=2)).second == 2  # full at the start, and no more than that
    assert script(burst, Policy(delay=3)).second == 5
    spread = [(10.0 * n, 1.0, (0, 1, 2)) for n in range(40)]
    paused = {0: [(10.0 * n, 10.0 * n + 9) for n in range(40)]}
    assert script(spread, Policy(delay=3, share=0.25, bucket=2), paused).second == 2 + 9


def test_a_measured_delay_sends_nothing_before_its_window_is_full(script):
    queries = [(10.0 * n, 1.0, (0, 1, 2)) for n in range(40)]
    paused = {0: [(50.0, 55.0), (300.0, 305.0)]}
    outcome = script(queries, Policy(window=20), paused)
    assert (outcome.asked, outcome.second) == (1, 1)  # the one at 300; that at 50 came too soon
    assert script(queries, Policy(delay=1.1), paused).second == 2


def test_the_second_copy_is_placed_when_it_is_sent(script):
    """Replica 1 is free when the query comes and busy when its second copy leaves, which therefore goes to 2."""
    queries = [(0.0, 1.0, (0, 1, 2)), (1.0, 9.0, (1, 3, 3))]
    outcome = script(queries, Policy(delay=3, clients=1), {0: [(-1.0, 50.0)]}, replicas=4)
    assert outcome.times == pytest.approx([0, 4, 9])


def test_the_first_fifth_can_have_a_load_of_its_own():
    queries = draw_world(World(80, before=20), 1)[0]
    quiet, busy = queries[1999][0], queries[-1][0] - queries[1999][0]
    assert quiet == pytest.approx(2000 / 2, rel=0.05)
    assert busy == pytest.approx(8000 / 8, rel=0.05)


def test_a_client_takes_the_less_busy_of_two_as_far_as_it_sees():
    world = World(30, queries=4000)
    seen, unseen = (trial(world, Policy(clients=clients), (1,)) for clients in (1, 10_000))
    assert seen < 4 < 10 < unseen
    assert unseen == trial(world, NONE, (1,))  # who sees nothing takes the first of the two


def test_the_worlds_are_as_said():
    queries, pauses = draw_world(World(40), 1)
    work = [each[1][0] for each in queries]
    assert (min(work), max(work)) == (pytest.approx(0.5, abs=0.01), pytest.approx(1.5, abs=0.01))
    assert all(each[1][0] == each[1][1] and len(set(each[2])) == 3 for each in queries)
    assert len(queries) / queries[-1][0] / 10 == pytest.approx(0.4, rel=0.03)
    own = [pair for each in pauses for pair in each if pair[0] < queries[-1][0]]
    assert {round(until - since, 6) for since, until in own} == {20}
    assert queries[-1][0] * 10 / len(own) == pytest.approx(1020, rel=0.15)
    for each in range(10):
        assert sum(q[2][0] == each for q in queries) == pytest.approx(1000, rel=0.1)
        assert sum(q[2][1] == each for q in queries) == pytest.approx(1000, rel=0.1)
        assert sum(q[2][2] == each for q in queries) == pytest.approx(1000, rel=0.1)
    for work in ("rare", "own"):
        sizes = [each[1][0] for each in draw_world(World(work=work), 2)[0]]
        assert sum(sizes) / len(sizes) == pytest.approx(1, rel=0.05)
    assert percentile(range(1, 101), 99) == 99
    assert percentile(range(1, 11), 95) == 10


# The opening and the fixed delay


def test_the_delay_is_the_percentile_of_quiet_hours(stored):
    assert round(stored["idle.p95"], 1) == DELAY == 2.3


@pytest.mark.parametrize("seed", SEEDS)
def test_the_fixed_delay_helps_up_to_40_and_collapses_at_60_where_none_does_not(seed):
    for load in (20, 40):
        assert 2 * once(load, FIXED, seed) < once(load, NONE, seed) < 20
    assert once(60, FIXED, seed) == inf
    assert once(60, NONE, seed) < 25


def test_beyond_the_border_the_outcome_depends_on_the_run():
    twice = Policy(delay=0)
    assert once(45, twice) < 60  # every query sent twice, below 49
    assert once(60, twice) == inf
    assert once(50, FIXED, 1) < 20 < 2 * 20 < max(once(50, FIXED, seed) for seed in SEEDS)
    for load in (80, 90):
        assert once(load, FIXED) == inf  # the row of the table without results
    assert trial(World(57), FIXED) is None
    assert round(40 * 10 / 7) == 57


# The budget


@pytest.mark.parametrize("seed", SEEDS)
def test_the_budget_takes_most_of_the_benefit_at_40_and_never_collapses(seed):
    none, fixed, budget = (once(40, policy, seed) for policy in (NONE, FIXED, BUDGET))
    assert none - budget < 0.2 * (none - fixed)
    assert once(20, BUDGET, seed) < 4
    assert once(60, NONE, seed) == pytest.approx(once(60, BUDGET, seed), rel=0.1)
    for load in (80, 90):
        assert once(load, NONE, seed) < once(load, BUDGET, seed) < inf


def test_few_of_those_who_ask_are_granted_and_most_only_wait(stored):
    assert (round(stored["budget.asked"]), round(stored["budget.second"], 1)) == (14, 5.5)
    assert play(World(90), TIGHT, 1).second <= 10_000 * 0.05 + 50
    granted = play(World(40), BUDGET, 1)
    assert granted.asked > 2 * granted.second
    calm = play(World(40, gap=1e9), BUDGET, 1).asked  # without any pause
    assert calm > 0.5 * play(World(40), BUDGET, 1).asked
    assert len(stored["budget.p99"]) == len(LOADS)  # no collapse in the grid
    for place, load in enumerate(LOADS):
        ratio = stored["budget.p99"][place] / stored["none.p99"][place]
        assert ratio < 0.5 if load <= 30 else 0.9 < ratio <= 1 if load <= 60 else ratio > 1


# The measured delay alone


@pytest.mark.parametrize("seed", SEEDS)
def test_the_measured_delay_helps_at_60_and_lags_at_80(seed):
    assert once(60, MEASURED, seed) < 0.8 * once(60, NONE, seed)
    assert once(80, NONE, seed) < once(80, MEASURED, seed) < inf
    assert once(90, MEASURED, seed) == inf
    assert once(80, MEASURED, seed, before=20) == inf


def test_the_line_of_the_measured_delay_crosses_between_60_and_70(stored):
    ratios = [a / b for a, b in zip(stored["measured.p99"], stored["none.p99"][:-1], strict=True)]
    assert [ratio > 1 for ratio in ratios] == [False] * 5 + [True] * 2


# Cancelling


@pytest.mark.parametrize("seed", SEEDS)
def test_cancelling_makes_the_fixed_delay_better_and_carries_it_to_80(seed):
    for load in (20, 30, 40):
        assert once(load, CANCEL, seed) < once(load, FIXED, seed)
    assert once(60, CANCEL, seed) < min(once(60, policy, seed) for policy in (NONE, BUDGET, MEASURED, ANSWER))
    assert once(80, CANCEL, seed) < 0.5 * once(80, NONE, seed)
    assert once(90, replace(CANCEL, drop=False), seed) == inf


def test_cancelling_a_fixed_delay_has_edges(stored):
    assert [once(90, CANCEL, seed) == inf for seed in SEEDS].count(True) == 1
    assert [once(80, replace(CANCEL, message=1), seed) == inf for seed in SEEDS].count(True) == 1
    assert stored["variant.waiting"] > stored["none.at80"]


@pytest.mark.parametrize("seed", SEEDS)
def test_measured_and_cancelled_stays_below_none(seed, stored):
    """The recommendation: by load, after a jump, with slow messages, with begun work that cannot be ended."""
    for load in (60, 80, 90):
        assert once(load, ANSWER, seed) < once(load, NONE, seed)
    for load in (80, 90):
        assert once(load, ANSWER, seed, before=20) < once(load, NONE, seed, before=20)
    for load in (80, 90) if seed == 1 else (90,):
        assert once(load, replace(ANSWER, message=2), seed) < once(load, NONE, seed)
        assert once(load, replace(ANSWER, drop=False), seed) < once(load, NONE, seed)
    assert all(a < b for a, b in zip(stored["answer.p99"], stored["none.p99"], strict=True))


def test_it_sends_what_the_percentile_promised():
    sent = [play(World(load), ANSWER, seed).second for load, seed in ((20, 1), (60, 2), (90, 1), (90, 2), (90, 3))]
    assert 400 < min(sent) < max(sent) < 700


def test_both_parts_are_needed():
    """Break the fix, either way: it collapses at 90, or after the jump."""
    assert once(90, replace(ANSWER, cancel="")) == inf
    assert once(90, CANCEL, 2) == inf
    assert once(90, ANSWER, 2) < once(90, NONE, 2)


def test_a_longer_fixed_delay_is_better_here_and_fails_elsewhere(stored):
    assert LATER.delay == pytest.approx(4.6)
    assert stored["later.at40"] > stored["answer.at40"]
    assert all(stored[f"later.at{load}"] < stored[f"answer.at{load}"] for load in (60, 80, 90))
    for seed in SEEDS:
        assert once(90, LATER, seed, replicas=3) > once(90, NONE, seed, replicas=3) > once(90, ANSWER, seed, replicas=3)
        assert once(90, replace(LATER, message=2), seed) == inf
    assert once(60, CANCEL) < once(60, LATER)


# A budget beside both


@pytest.mark.parametrize("seed", SEEDS)
def test_a_budget_of_the_percentiles_size_costs_and_a_wider_one_hardly(seed):
    for load in (60, 80, 90):
        free, tight, wide = (once(load, policy, seed) for policy in (ANSWER, TIGHT, WIDE))
        assert free <= tight
        assert abs(wide - free) < 0.5
    assert once(80, TIGHT, seed) > once(80, ANSWER, seed) + 0.3


def test_the_budget_pays_where_the_message_is_slow(stored):
    free, tight, wide, none = (stored[f"jump.{name}"] for name in ("free", "tight", "wide", "none"))
    assert len(free) == len(tight) == len(wide) == len(MESSAGES)
    for place, message in enumerate(MESSAGES):
        assert (min(tight[place], wide[place]) < free[place]) == (message >= 2)
        assert free[place] - wide[place] > 3 if message >= 5 else abs(free[place] - wide[place]) < 0.5
        assert tight[place] > wide[place] if message <= 5 else tight[place] < wide[place]
    assert tight[4] < free[4]
    assert tight[3] > free[3]
    assert free[5] > 1.5 * none > none == pytest.approx(wide[5], rel=0.01)


def test_with_lost_messages_only_the_budget_prevents_the_collapse():
    assert all(play(JUMP, replace(ANSWER, message=LOST), seed).collapsed for seed in SEEDS)
    for policy in (TIGHT, WIDE):
        assert trial(JUMP, replace(policy, message=LOST)) == pytest.approx(trial(JUMP, NONE), rel=0.1)


def test_where_nothing_can_be_cancelled_a_later_delay_with_a_budget_helps_at_60(stored):
    late = Policy(delay=8, share=0.05)
    assert trial(World(60), late) < 0.6 * stored["none.at60"]
    assert trial(World(80), late) > stored["none.at80"]
    assert stored["variant.eight"] < 0.6 * stored["none.at60"]
    assert once(80, Policy(delay=8)) == inf


# Tied copies, and choosing


@pytest.mark.parametrize("seed", SEEDS)
def test_tied_copies_need_replicas_and_a_quick_message(seed):
    assert once(80, TIED, seed) < 0.5 * once(80, CANCEL, seed) + 2 < once(80, NONE, seed)
    assert once(90, TIED, seed) < 0.5 * once(90, NONE, seed)
    assert play(World(80), TIED, seed).second > 0.8 * 10_000
    assert once(90, TIED, seed, replicas=3) == inf > once(90, NONE, seed, replicas=3)
    assert once(90, replace(TIED, delay=2, message=1), seed) == inf


def test_the_order_turns_round_at_the_last_thousandth(stored):
    assert stored["tied.at60"] < stored["answer.at60"]
    assert stored["variant.tied"] > 1.3 * stored["variant.answer"]
    assert stored["variant.known"] > stored["variant.tied"]
    assert stored["variant.two"] > 0.6 * stored["none.at60"]
    assert stored["variant.pair"] < stored["answer.at60"]


# Other worlds


def test_other_worlds_agree(stored):
    assert len(WORLDS) == 7
    assert (stored["check.fixed"], stored["check.tied"], stored["check.dear"]) == (6, 1, 20)
    assert stored["check.budget"] == pytest.approx(0.98, abs=0.005)
    calm = WORLDS[3]
    ratio = trial(replace(calm, load=60), ANSWER, (1,)) / trial(replace(calm, load=60), NONE, (1,))
    assert (calm.gap, ratio) == (1e7, pytest.approx(stored["check.answer"]))
    assert stored["check.answer"] < 1


def test_a_run_meets_as_many_pauses_as_said():
    for load, least, most in ((20, 40, 50), (90, 10, 14)):
        for seed in SEEDS:
            queries, pauses = draw_world(World(load), seed)
            assert least <= sum(since < queries[-1][0] for own in pauses for since, _ in own) <= most


# The figures and the pages


@pytest.mark.parametrize("name", ["alone", "alone.narrow", "ways", "ways.narrow", "slow", "slow.narrow"])
def test_the_marks_stand_where_their_results_say(name, stored):
    root = etree.parse(RESULTS / "hedging" / f"{name}.svg").getroot()
    kind, *numbers = root.get("data-y-scale").split()
    low, high, floor, top = map(float, numbers)
    marks = root.findall(".//{*}circle[@data-y]")
    lines = {"alone": ALONE, "ways": WAYS, "slow": SLOW}[name.split(".")[0]]
    assert kind == "log"
    assert len(marks) == sum(len(stored[line[0]]) for line in lines)
    for mark in marks:
        key, index = re.fullmatch(r"(.+)\[(\d+)\]", mark.get("data-y")).groups()
        value = low * (high / low) ** ((float(mark.get("cy")) - floor) / (top - floor))
        assert value == pytest.approx(stored[key][int(index)], rel=0.01)


def test_every_result_is_used(stored):
    """A scalar is bound on a page; a series is drawn."""
    text = (ROOT / "docs/posts/hedge-on-a-budget.md").read_text(encoding="utf-8")
    bound = set(re.findall(r"hedging\.([a-z0-9_.]+)", text))
    assert [key for key, value in stored.items() if not isinstance(value, list) and key not in bound] == []
