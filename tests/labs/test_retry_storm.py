"""The claims of "Retries are a feedback loop; compute the gain", each as a predicate on the model."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from labs import retry_storm
from labs.kit.store import RESULTS, read, values
from labs.retry_storm import (
    BACKOFF,
    BASES,
    GRID,
    HORIZON,
    MARGIN,
    ORDERS,
    PLAIN,
    REMEDIES,
    RETRIES,
    SECOND,
    SEEDS,
    State,
    begin,
    finer,
    play,
    recovery,
    step,
    sticks_from,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stored():
    return values(read("retry-storm"))


def after(setting, ticks):
    state = begin(setting)
    for _ in range(ticks):
        state = step(state, setting)
    return state


def waiting(state):
    return sum(count for _, _, count in state.queue)


def ends(setting, load):
    """Tell whether a load recovers."""
    return recovery(replace(setting, arrivals=load)) is not None


def borders(setting, load):
    """Tell whether a load is the lowest that sticks, as far as its neighbour below shows."""
    return ends(setting, load - 1) and not ends(setting, load)


# The model


def test_a_step_leaves_the_state_alone_and_gives_the_same_again():
    state = after(replace(BACKOFF, uneven=True), 140)
    copy = replace(state)
    assert step(state, BACKOFF) == step(state, BACKOFF)
    assert state == copy
    assert isinstance(hash(state), int)  # nothing in it can be changed


def test_without_an_outage_everybody_is_answered_at_the_first_attempt():
    assert play(replace(PLAIN, outage=0, arrivals=99), 60) == (99 * 600, 0, 0)


@pytest.mark.parametrize("name", REMEDIES)
def test_every_request_ends_once_or_is_still_on_its_way(name):
    """Count requests in and out: answered, lost, waiting for an answer, or waiting to be sent again."""
    setting = replace(REMEDIES[name][0], arrivals=37, uneven=True)
    state, came, answered = begin(setting), 0, 0
    for _ in range(300):
        state = step(state, setting)
        came, answered = came + state.firsts, answered + state.answered
        on_their_way = sum(map(sum, state.unanswered)) + sum(map(sum, state.later))
        assert came == answered + state.lost + on_their_way


def test_the_order_in_a_tick_turns_round_unless_a_setting_holds_it():
    queued = {}
    for name, order in ORDERS.items():
        state = after(replace(PLAIN, order=order), 60)  # six seconds into the outage, with all four numbers
        queued[name] = [[n for sent, n, _ in state.queue if sent == tick] for tick in (50, 51)]
    forth, back = [0, 1, 2, 3], [3, 2, 1, 0]
    assert queued == {"turned": [forth, back], "firsts": [forth, forth], "lasts": [back, back]}


def test_a_state_that_is_not_played_out_would_have_stuck():
    """Two short cuts of `recovery`: the same systems lose everybody until the horizon when they are played."""
    for setting in (PLAIN, replace(PLAIN, arrivals=25), replace(BACKOFF, refuses=True, arrivals=59)):
        assert recovery(setting) is None
        answered, _, lost = play(setting, 610, 600)
        assert answered == 0
        assert lost == pytest.approx(100 * setting.arrivals, rel=0.01)


def test_a_load_sticks_by_what_is_lost_and_not_by_what_is_repeated():
    busy = replace(REMEDIES["newest"][0], arrivals=80, uneven=1)
    assert recovery(busy) is not None
    _, retried, lost = play(busy, 610, 600)
    assert (retried > 0, lost) == (True, 0)
    assert HORIZON == 600 * SECOND


def test_slow_recoveries_are_not_cut_short(stored):
    """One below the border the queue grows at first and then drains; a hasty rule would call that stuck."""
    ticks, lost = recovery(replace(PLAIN, arrivals=24))
    assert (ticks / SECOND, lost) == (stored["drain.seconds"], stored["drain.lost"])
    assert ticks / SECOND == pytest.approx(340 * 24 / (1000 - 40 * 24), rel=0.15)
    assert recovery(replace(PLAIN, arrivals=24, outage=250))[0] > 3000


def test_the_numbers_stay_small_enough_for_a_browser():
    state = begin(replace(PLAIN, uneven=True))
    seeds = set()
    for _ in range(3000):
        state = step(state, replace(PLAIN, uneven=True))
        seeds.add(state.seed)
        assert state.seed * 201 < 2**53
    assert len(seeds) == 3000


def test_uneven_arrivals_have_the_same_mean_and_reach_from_none_to_twice_it():
    setting, state, drawn = replace(PLAIN, uneven=True, outage=0, retries=0), begin(PLAIN), []
    state = begin(setting)
    for _ in range(5000):
        state = step(state, setting)
        drawn.append(state.firsts)
    assert (min(drawn), max(drawn)) == (0, 80)
    assert sum(drawn) / len(drawn) == pytest.approx(40, rel=0.02)


def test_jitter_spreads_evenly_from_nothing_to_the_whole_wait():
    setting = replace(BACKOFF, outage=100, retries=1)
    state = after(setting, 60)
    window = [row[1] for row in state.later[: SECOND - 1]]
    assert sum(window) == pytest.approx(40 * 4.5, abs=12)  # what is left of windows opened over the last second
    assert window == sorted(window, reverse=True)


# The state that the essay opens with


def test_the_outage_leaves_13600_attempts_and_then_600_more_each_second():
    end = after(PLAIN, 100)
    assert waiting(end) == 13_600 == 400 * (10 + 9 + 8 + 7)
    later = after(PLAIN, 150)
    assert waiting(later) - waiting(end) == 5 * 600


def test_ten_minutes_later_it_is_busy_and_answers_nobody():
    assert play(PLAIN, 610, 10) == (0, 600 * 1200, 600 * 400)
    assert PLAIN.arrivals * 10 == 400 < PLAIN.capacity * 10 == 1000


@pytest.mark.parametrize("name", ["immediate", "backoff", "long", "deadline"])
def test_never_and_all_in_the_table(name, stored):
    assert f"{name}.seconds" not in stored
    assert play(REMEDIES[name][0], 200)[0] == 0


# The gain


def test_the_load_that_sticks_is_at_most_the_theory_rounded_up_and_near_it(stored):
    for r, load in zip(stored["gain.retries"], stored["gain.stuck"], strict=True):
        assert 100 / (1 + r) - 1 < load < 100 / (1 + r) + 1
    assert stored["gain.retries"] == list(RETRIES)
    assert (stored["gain.one"], stored["immediate.stuck"], stored["check.below"]) == (50, 25, 2)
    assert GRID == {"timeout": (5, 20), "outage": (100, 300), "retries": (1, 2, 3)}  # as the essay says: 12 settings
    assert sticks_from(replace(PLAIN, timeout=20, outage=300, retries=1)) == 50 - 2
    assert stored["check.long"] == sticks_from(replace(PLAIN, outage=3000)) == 17


@pytest.mark.parametrize("seed", SEEDS)
def test_uneven_arrivals_move_the_border_by_one_at_most(seed):
    for retries, load in ((3, 25), (1, 50)):
        assert ends(replace(PLAIN, uneven=seed, retries=retries), load - 2)
        assert not ends(replace(PLAIN, uneven=seed, retries=retries), load + 1)


@pytest.mark.parametrize(("retries", "load"), [(1, 50), (3, 25), (5, 17)])
def test_the_border_is_found_again(retries, load):
    assert borders(replace(PLAIN, retries=retries), load)


def test_one_retry_less_moves_the_border():
    """Break the loop: the load that sticks with three retries recovers with two, and every load without."""
    assert not ends(PLAIN, 32)
    assert ends(replace(PLAIN, retries=2), 32)
    assert ends(replace(PLAIN, retries=0), 90)


def test_the_shortest_outage_that_sticks_at_40(stored):
    ticks = round(stored["trigger.shortest"] * SECOND)
    assert ticks == 17
    assert recovery(replace(PLAIN, outage=ticks)) is None
    assert recovery(replace(PLAIN, outage=ticks - 1)) is not None


# The table


@pytest.mark.parametrize("order", ORDERS.values())
@pytest.mark.parametrize("name", REMEDIES)
def test_the_loads_of_the_table_are_found_again_in_every_order(name, order, stored):
    setting, border = replace(REMEDIES[name][0], order=order), stored[f"{name}.stuck"]
    if border == "none":
        assert ends(setting, 99)
    else:
        assert borders(setting, border)


@pytest.mark.parametrize("name", [name for name in REMEDIES if name not in ("immediate", "backoff")])
def test_more_load_is_never_better(name, stored):
    """Halving the range assumes it; here are loads that it did not look at."""
    border = stored[f"{name}.stuck"]
    for load in (35, 80):
        assert ends(REMEDIES[name][0], load) == (border == "none" or load < border)


@pytest.mark.parametrize("name", ["budget", "earned", "newest", "fresh", "short", "margin", "both"])
def test_seconds_and_losses_are_found_again(name, stored):
    ticks, lost = recovery(REMEDIES[name][0])
    assert stored[f"{name}.seconds"] == ticks / SECOND
    assert stored[f"{name}.lost"] == lost


def test_which_of_the_two_favourites_loses_fewer_depends_on_the_order(stored):
    for name in ("fresh", "both"):
        for order in ("firsts", "lasts"):
            assert stored[f"{name}.{order}"] == recovery(replace(REMEDIES[name][0], order=ORDERS[order]))[1]
    assert stored["fresh.firsts"] < stored["both.firsts"]
    assert stored["fresh.lasts"] > stored["both.lasts"]
    assert stored["fresh.lost"] == pytest.approx(stored["both.lost"], rel=0.2)  # "about as many"


@pytest.mark.parametrize("order", ORDERS.values())
def test_the_drop_recovers_with_uneven_arrivals_in_every_order(order):
    for seed in SEEDS[:2]:
        assert ends(replace(REMEDIES["both"][0], uneven=seed, order=order), 99)


# Backoff


def test_backoff_helps_after_a_hang_only_beyond_five_seconds(stored):
    by_base = dict(zip(stored["backoff.base"], stored["backoff.hangs"], strict=True))
    assert {by_base[base] for base in (0.2, 0.5, 1, 2, 5)} == {25}
    assert 25 < by_base[10] == stored["backoff.longest"] == 31
    assert [base / SECOND for base in BASES] == stored["backoff.base"]
    assert borders(replace(BACKOFF, base=100), 31)


def test_after_refusals_backoff_makes_loads_stick_that_immediate_retries_let_go(stored):
    refuses = stored["backoff.refuses"]
    assert refuses[0] == 100
    assert min(refuses) == refuses[3] < refuses[-1] < 100
    assert stored["backoff.base"][3] == 2
    assert refuses[2] == stored["refused.backoff"]
    assert recovery(replace(PLAIN, refuses=True, arrivals=99))[0] < SECOND / 2
    assert ends(replace(REMEDIES["both"][0], refuses=True), 99)
    assert borders(replace(BACKOFF, refuses=True), 59)
    assert borders(replace(BACKOFF, refuses=True, retries=2), stored["refused.two"])
    assert ends(replace(BACKOFF, refuses=True, retries=1), 99)
    assert ends(replace(BACKOFF, refuses=True, timeout=20), 70)  # a longer time-out
    assert play(replace(BACKOFF, refuses=True, arrivals=70), 100, 60)[0] == 0
    assert stored["refused.lost_backoff"] == play(replace(BACKOFF, refuses=True), 60)[2]
    assert stored["refused.lost_backoff"] < stored["refused.lost_immediate"] < 4000


# Budgets


def test_a_budget_sticks_just_below_100_over_1_1_and_one_earned_by_answers_a_little_above(stored):
    assert 89 <= stored["budget.stuck"] < 100 / 1.1 < stored["earned.stuck"] < 100


def test_the_clock_makes_the_number_of_the_budget_by_answers_and_no_other(stored):
    assert stored["earned.stuck"] < stored["earned.fine"]
    assert borders(finer(REMEDIES["earned"][0]), stored["earned.fine"])
    assert borders(finer(REMEDIES["budget"][0]), stored["budget.stuck"])
    assert borders(finer(PLAIN), 25)
    assert borders(finer(REMEDIES["deadline"][0]), 25)
    for name in ("margin", "both", "newest"):
        assert ends(finer(REMEDIES[name][0]), 95)


def test_budgets_leave_the_queue_and_shedding_does_not(stored):
    assert stored["budget.busy"] > 10 * stored["margin.busy"]
    assert stored["budget.lost"] > stored["earned.lost"] > 4000
    assert 6 < stored["earned.seconds"] < stored["budget.seconds"] < 8  # about 6.7 by the sum
    assert stored["budget.crowd"] > 3 * stored["budget.seconds"]
    assert recovery(replace(REMEDIES["budget"][0], bucket=10_000_000))[0] / SECOND == stored["budget.crowd"]
    answered = [play(replace(REMEDIES[name][0], arrivals=110, outage=0), 300, 200)[0] for name in ("budget", "margin")]
    assert answered == [0, 100 * 1000]


def test_the_budget_binds_from_one_failure_in_eleven():
    wanted = {share: share + share**2 + share**3 for share in (1 / 12, 1 / 11, 1 / 10)}
    assert wanted[1 / 12] < wanted[1 / 11] < 0.101 < wanted[1 / 10]


# Shedding


def test_a_check_without_a_margin_changes_nothing_and_a_tick_of_margin_everything(stored):
    assert stored["deadline.stuck"] == stored["immediate.stuck"] == 25
    assert stored["margin.stuck"] == "none"
    assert MARGIN.drop_after == PLAIN.timeout - 1
    assert ends(replace(MARGIN, uneven=True), 99)
    for lag in (2, 3):
        assert not ends(replace(PLAIN, drop_after=PLAIN.timeout, lag=lag), 30)
        assert ends(replace(PLAIN, drop_after=PLAIN.timeout - lag, lag=lag), 99)


def test_uneven_arrivals_blunt_the_bad_check(stored):
    assert 25 < stored["uneven.low"] < stored["uneven.high"] < 60
    for seed in SEEDS:
        assert ends(replace(REMEDIES["deadline"][0], uneven=seed), 40)
        assert not ends(replace(REMEDIES["deadline"][0], uneven=seed), 60)


def test_newest_first_has_a_price_without_an_outage(stored):
    newest = [replace(REMEDIES["newest"][0], arrivals=90, uneven=seed) for seed in SEEDS]
    assert play(newest[1], 600, 500)[2] == stored["newest.uneven"] == 169
    assert play(replace(newest[1], outage=0), 600, 500)[2] == stored["newest.uneven"]
    for order in ORDERS.values():
        assert play(replace(REMEDIES["both"][0], arrivals=90, uneven=2, order=order), 600, 500)[2] == 0


@pytest.mark.parametrize(("limit", "fine"), [(300, True), (900, True), (1000, False)])
def test_a_queue_is_short_enough_if_all_that_gets_in_is_answered_in_time(limit, fine):
    assert ends(replace(PLAIN, limit=limit), 90) == fine


def test_a_queue_of_one_second_sticks_by_the_order(stored):
    assert stored["long.stuck"] < stored["full.low"] < stored["full.high"] < 100
    assert borders(replace(PLAIN, limit=1000, order=ORDERS["firsts"]), stored["full.high"])


def test_dear_refusals_bring_the_border_back_and_a_budget_takes_it_away(stored):
    dear = replace(REMEDIES["both"][0], refusal=3)
    assert stored["cost.low"] < stored["cost.high"] <= 100 / (4 * 0.3) < stored["allowed.low"]
    assert borders(replace(dear, order=ORDERS["firsts"]), stored["cost.high"])
    assert borders(replace(dear, order=ORDERS["lasts"]), stored["cost.low"])
    assert ends(replace(dear, deposit=100), 95)
    assert stored["allowed.high"] == "none"


def test_a_short_pause_is_best_waited_out_in_order():
    assert play(replace(PLAIN, arrivals=80, outage=5), 60)[1:] == (0, 0)
    for order in ORDERS.values():
        assert play(replace(REMEDIES["newest"][0], arrivals=80, outage=5, order=order), 60)[1:] == (400, 0)


# Ways out


def test_emptying_the_queue_once_helps_at_40_and_not_at_80(stored):
    emptied = replace(PLAIN, emptied=600)
    assert ends(emptied, 40)
    assert not ends(emptied, 80)
    assert borders(emptied, stored["emptied.stuck"])


def test_cutting_the_load_to_24_takes_hours_unless_the_queue_is_emptied_too():
    """Recompute the sum of the essay: 373,600 attempts after ten minutes, less 40 a second."""
    ten = after(PLAIN, 100 + 600)
    assert waiting(ten) == 13_600 + 60 * 600
    cut = ten
    for _ in range(600):
        cut = step(cut, replace(PLAIN, arrivals=24))
    assert (waiting(ten) - waiting(cut)) / 60 == pytest.approx(40, abs=20)
    both, ticks = replace(ten, queue=()), 0
    while both.sent != both.firsts and ticks < 100:
        both, ticks = step(both, replace(PLAIN, arrivals=24)), ticks + 1
    assert ticks < 100


def test_breaking_the_drop_lets_the_storm_back(monkeypatch):
    """Break the fix: let the drop forget the answer's way, as an edit of one constant would."""
    monkeypatch.setattr(retry_storm, "MARGIN", replace(MARGIN, drop_after=PLAIN.timeout))
    assert not ends(retry_storm.MARGIN, 40)
    assert ends(MARGIN, 40)


# The figures and the pages


@pytest.mark.parametrize("name", ["gain", "gain.narrow", "backoff", "backoff.narrow"])
def test_the_marks_stand_where_their_results_say(name, stored):
    root = etree.parse(RESULTS / "retry-storm" / f"{name}.svg").getroot()
    kind, *numbers = root.get("data-y-scale").split()
    low, high, floor, top = map(float, numbers)
    marks = root.findall(".//{*}circle[@data-y]")
    assert kind == "linear"
    assert len(marks) == (7 if "gain" in name else 12)
    for mark in marks:
        key, index = re.fullmatch(r"(.+)\[(\d+)\]", mark.get("data-y")).groups()
        value = low + (float(mark.get("cy")) - floor) / (top - floor) * (high - low)
        assert value == pytest.approx(stored[key][int(index)], abs=0.1)


def test_the_hand_drawn_loop_has_the_numbers_of_the_model():
    state = after(PLAIN, 3000)
    assert isinstance(state, State)
    per_second = [10 * n for n in (state.firsts, state.sent, state.sent - state.firsts, state.answered)]
    assert per_second == [400, 1600, 1200, 0]
    for name in ("loop.svg", "loop.narrow.svg"):
        text = (ROOT / "docs/diagrams/retries-have-a-gain" / name).read_text(encoding="utf-8")
        assert all(word in text for word in ("400 new", "1,600", "1,200", "1,000 done", ">0<"))


def test_every_result_is_used(stored):
    """A scalar is bound on a page, or a test reads it; a series is drawn."""
    pages = [ROOT / "docs/posts/retries-have-a-gain.md", ROOT / "docs/labs/retry-storm.md"]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    bound = set(re.findall(r"retry-storm\.([a-z0-9_.]+)", text))
    here = Path(__file__).read_text(encoding="utf-8")
    unused = [key for key, value in stored.items() if not isinstance(value, list) and key not in bound]
    assert [key for key in unused if f'"{key}"' not in here] == []
