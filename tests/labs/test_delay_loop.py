"""The claims of "What an electrical engineering degree says about autoscalers", each as a predicate."""

import math
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree

from labs import delay_loop
from labs.delay_loop import (
    BOOT,
    CHECK,
    GRID,
    MAP,
    STEP,
    TABLE,
    WINDOW,
    Rule,
    border,
    calm,
    cost,
    grows,
    play,
    ratio,
    step,
    swing,
)
from labs.kit.store import RESULTS, read, values

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/posts/delay-in-the-loop.md").read_text(encoding="utf-8")
SEEN, PAUSE, QUARTER = (TABLE[name][0] for name in ("seen", "pause", "quarter"))


@pytest.fixture(scope="module")
def stored():
    return values(read("delay-loop"))


def closed_form(boot, window):
    """A root of the loop's equation on the unit circle, at an angle w with w × (2 boot + window) = π."""
    angle = math.pi / (2 * boot + window)
    return 2 * window * math.sin(angle / 2) ** 2 / math.sin(window * angle / 2)


def settles(rule, within=1.0):
    return all(abs(STEP - served) <= within for served in play(rule, step, 400)[-100:])


# The two borders


@pytest.mark.parametrize(("boot", "window"), [(0, 1), (0, 3), (1, 1), (2, 1), (2, 2), (5, 2), (7, 4), (10, 20)])
def test_the_border_is_its_closed_form(boot, window):
    assert border(boot, window) == pytest.approx(closed_form(boot, window), rel=1e-5)


@pytest.mark.parametrize("boot", [0, 1, 2, 5, 9])
def test_without_a_longer_window_the_calm_border_is_its_closed_form(boot):
    assert calm(boot, 1) == pytest.approx(boot**boot / (boot + 1) ** (boot + 1), rel=0.015)


def test_with_short_checks_both_tend_to_the_two_numbers():
    assert 200.5 * closed_form(200, 1) == pytest.approx(math.pi / 2, rel=1e-4)
    assert 60.5 * calm(60, 1) == pytest.approx(1 / math.e, rel=0.015)


def test_over_the_grid_both_are_within_five_per_cent_and_with_a_longer_window_they_are_not(stored):
    assert stored["grid.off"] < 5
    off = [(boot + window / 2) * closed_form(boot, window) / (math.pi / 2) - 1 for boot, window in GRID]
    assert 100 * max(map(abs, off)) == pytest.approx(stored["grid.off"], abs=1e-3)
    assert max(abs((b + w / 2) * calm(b, w) * math.e - 1) for b, w in GRID[::5]) < 0.04
    assert {boot for boot, _ in GRID} == {*range(1, 9), 12, 16, 24}
    assert all(1 <= window <= boot for boot, window in GRID)
    wider = [(b + w / 2) * closed_form(b, w) / (math.pi / 2) - 1 for b in range(1, 80) for w in range(1, b + 1)]
    assert 100 * max(map(abs, wider)) < 5
    assert 6 * closed_form(1, 10) / (math.pi / 2) == pytest.approx(1.35, abs=0.03)  # "a third"
    assert 0.5 * closed_form(0, 1) == pytest.approx(1)
    assert 2.3 < 4 * closed_form(0, 8) < math.pi**2 / 4


def test_in_the_example_26_settles_27_does_not_6_never_passes_and_7_does(stored):
    assert (stored["border.share"], stored["calm.share"]) == (26, 6)
    assert BOOT / CHECK + WINDOW / CHECK / 2 == 6
    assert not grows(Rule(0.26))
    assert grows(Rule(0.27))
    assert cost(Rule(0.06))[0] == pytest.approx(0, abs=1e-6)
    assert 0.1 < cost(Rule(0.07))[0] < 0.5
    swinging = [abs(STEP - served) for served in play(Rule(0.26), step, 300)]
    assert 50 < max(swinging[-40:]) < 90  # "takes hours to die out"


def test_looking_more_often_lowers_the_border(stored):
    assert stored["border.check5"] == int(100 * closed_form(30, 12)) == 4
    assert not settles(Rule(0.15, boot=30, window=12))
    assert settles(Rule(0.15))
    assert border(5, 2) / border(30, 12) == pytest.approx(6, rel=0.02)  # "per minute the limit has not moved"


def test_the_middle_share_overshoots_by_forty_and_settles(stored):
    assert stored["middle.over"] == pytest.approx(max(stored["swings.middle"]) - STEP)
    assert 39 < stored["middle.over"] < 40
    assert settles(Rule(0.15))
    assert max(stored["swings.wide"][30:]) > max(stored["swings.wide"][:30])


@pytest.mark.parametrize("share", [0.06, 0.15, 0.28])
def test_the_short_play_and_the_long_one_agree(share):
    for boot, window in ((5, 2), (3, 1), (0, 4)):
        short = swing(share, boot, window, 60)
        assert play(Rule(share, boot=boot, window=window), step, 60) == pytest.approx([STEP * x for x in short])


def test_the_map_holds_the_borders_of_its_pairs(stored):
    assert stored["map.delay"] == [boot + window / 2 for boot, window in MAP]
    assert stored["map.border"] == pytest.approx([100 * closed_form(boot, window) for boot, window in MAP], rel=1e-4)
    for border_share, calm_share in zip(stored["map.border"], stored["map.calm"], strict=True):
        assert 0.22 < calm_share / border_share < 0.26  # "about a quarter as high"


# What does not carry over


def test_quick_removals_move_the_first_border_and_leave_the_second(stored):
    lowest = [next((n for n in range(20, 101) if grows(Rule(n / 100, removal=late))), None) for late in (0, 1, 3, 5)]
    assert lowest[0] is None
    assert lowest[1] == stored["removal.one"] == 61
    assert lowest[1] > lowest[2] > lowest[3] == stored["border.share"] + 1
    for removal in range(6):
        assert cost(Rule(0.06, removal=removal))[0] == pytest.approx(0, abs=1e-6)
        assert cost(Rule(0.07, removal=removal))[0] > 0.1
    wide = [n for n in range(50, 101) if grows(Rule(n / 100, window=4, removal=0))]
    assert wide == [*range(69, 101)]  # "with a window of four checks"
    assert all(grows(Rule(n / 100, removal=1)) for n in range(61, 101))


def test_when_demand_falls_slow_removals_take_the_place_of_the_boot_time(stored):
    def shed(share, removal):
        return -STEP - min(play(Rule(share, removal=removal), lambda _: -STEP, 400))

    assert shed(0.06, 10) == pytest.approx(stored["removal.slow"])
    assert 15 < stored["removal.slow"] < 16
    assert shed(0.06, 5) == pytest.approx(0, abs=1e-6)
    assert shed(calm(10, 2) - 1e-4, 10) == pytest.approx(0, abs=1e-4)  # "1/e over the longer delay"
    assert 11 * calm(10, 2) == pytest.approx(1 / math.e, rel=0.03)


def test_after_a_brief_need_the_peaks_differ_and_the_surplus_does_not(stored):
    def need(check):
        return STEP * (check < 4)

    brief = {name: play(rule, need, 200) for name, (rule, _) in TABLE.items()}
    over = {name: sum(fleet[4:]) * CHECK / 60 for name, fleet in brief.items()}
    rest = {
        name: max(n for n, served in enumerate(fleet) if abs(served - need(n)) > 1) for name, fleet in brief.items()
    }
    assert max(brief["calm"]) == stored["pulse.calm"] == pytest.approx(24)
    assert max(brief["seen"]) == pytest.approx(100)
    assert over["calm"] == pytest.approx(stored["pulse.surplus"], rel=1e-3)
    assert over["seen"] == pytest.approx(200) == pytest.approx(stored["pulse.surplus"])
    assert rest["seen"] < rest["calm"] / 3


def test_the_rule_of_the_ratio_has_no_loop_unless_its_two_readings_differ_in_age(stored):
    assert set(ratio(0)[6:]) == {300}
    assert stored["ratio.high"] == 450
    for boot in (0, 1, 5, 10):
        assert (min(ratio(1, boot)[-60:]), max(ratio(1, boot)[-60:])) == (200, 450)
        assert (min(ratio(1, boot, tolerance=0)[-60:]), max(ratio(1, boot, tolerance=0)[-60:])) == (200, 450)
    for boot in (0, 1, 5):
        calmed = ratio(1, boot, slow=10)
        assert [*dict.fromkeys(calmed)] == [200, 300, 450]
        assert set(calmed[-200:]) == {300}


def test_a_share_of_a_backlog_has_no_limit():
    for share in (0.1, 0.03, 0.01, 0.003, 0.001):
        off = [abs(STEP - served) for served in play(Rule(share, backlog=True), step, 3000)]
        quarters = [max(off[n : n + 750]) for n in range(0, 3000, 750)]
        assert all(later > 2 * earlier for earlier, later in pairwise(quarters))
    assert settles(Rule(0.06))


# Pausing and counting


def test_a_pause_of_the_boot_time_swings_for_ever_and_one_of_boot_and_window_is_calm(stored):
    for looks in (1, 2):
        short = Rule(1, looks=looks, pause=5)
        assert stored["pause.boot"] == pytest.approx(cost(short)[0]) == pytest.approx(100)
        assert not settles(short, within=50)
    earlier = replace(PAUSE, boot=4, pause=5)  # ready by the check at which the pause ends
    assert cost(earlier)[0] == pytest.approx(50) == pytest.approx(cost(replace(PAUSE, pause=6))[0])
    assert settles(earlier)
    assert PAUSE.pause == (BOOT + WINDOW) // CHECK
    assert cost(PAUSE)[0] == 0
    assert cost(replace(PAUSE, looks=1))[2] > cost(PAUSE)[2]  # "in its best form"
    for boot, window in ((3, 1), (8, 4), (4, 4)):
        rule = Rule(1, boot=boot, window=window, looks=window, pause=boot + window)
        assert settles(rule)
        assert max(play(rule, step, 200)) <= STEP + 1e-9


def test_the_table_is_found_again_and_orders_the_rules(stored):
    for name, (rule, _) in TABLE.items():
        over, minutes, missing = cost(rule)
        assert (over > 1e-6) == (name == "middle")  # "only the share of 15 overshoots"
        assert stored[f"{name}.minutes"] == minutes
        assert stored[f"{name}.missing"] == pytest.approx(missing)
    assert stored["seen.missing"] == min(stored[f"{name}.missing"] for name in TABLE) == (50 * 6 + 50 * 7) * CHECK / 60
    assert stored["seen.minutes"] == stored["pause.minutes"] == 3.5
    assert stored["seen.second"] < 0.75 * stored["pause.second"]
    assert stored["calm.minutes"] > 2 * stored["quarter.minutes"]  # "twice as fast"


def test_what_orders_most_orders_most_of_the_noise(stored):
    noise = {name: stored[f"{name}.noise"] for name in TABLE}
    assert sorted(noise, key=noise.get) == ["calm", "middle", "pause", "quarter", "seen"]
    fresh = play(replace(SEEN, noise=10), lambda _: 0, 300, 99)
    assert sum(abs(b - a) for a, b in pairwise(fresh)) / 299 == pytest.approx(noise["seen"], rel=0.1)


def test_orders_have_to_be_counted_until_they_have_been_seen(stored):
    assert cost(Rule(1, counts="ready"))[0] == stored["ready.all"] == pytest.approx(25)
    assert cost(SEEN)[0] == 0
    assert cost(Rule(1, counts="ready", window=1))[0] == 0
    assert cost(replace(SEEN, counts="nothing"))[0] > 1000  # break the fix


def test_a_list_does_not_know_how_old_the_reading_is(stored):
    over, minutes, _ = cost(replace(SEEN, lag=1))
    assert over == stored["reading.over"] == pytest.approx(50)
    assert 110 < minutes < 130  # "two hours"
    assert grows(replace(SEEN, lag=2))
    for known in (1, 2):
        assert cost(replace(SEEN, known=known))[0] == 0
        assert cost(replace(SEEN, known=known))[2] == stored["seen.missing"] + 50 * known  # "it costs only time"


def test_a_list_copes_with_boot_times_that_vary_and_the_right_average_does_not():
    listed = [max(play(replace(SEEN, spread=1), step, 200, seed)) for seed in range(10)]
    believed = [max(play(replace(SEEN, spread=1, believed=5), step, 200, seed)) for seed in range(10)]
    assert max(listed) <= STEP + 1e-9
    assert max(believed) > STEP + 20


@pytest.mark.parametrize("boot", [1, 5, 10, 20])
@pytest.mark.parametrize("window", [1, 2, 4])
def test_counting_is_calm_for_every_boot_time(boot, window):
    rule = Rule(1, boot=boot, window=window, counts="seen")
    assert max(play(rule, step, 200)) <= STEP + 1e-9
    assert settles(rule)


@pytest.mark.parametrize(("worth", "fine"), [(0.3, True), (0.5, True), (1.5, True), (1.9, True), (2.1, False)])
def test_counting_settles_while_an_instance_is_worth_less_than_twice_what_is_believed(worth, fine):
    for boot, window in ((5, 2), (3, 1)):
        rule = Rule(1, boot=boot, window=window, counts="seen", worth=worth)
        late = [abs(STEP - served) for served in play(rule, step, 500)]
        assert (max(late[-100:]) < max(late[150:250]) + 1e-9) == fine


def test_lost_orders_stay_on_the_list_until_they_are_struck_off():
    assert STEP - play(replace(SEEN, lost=0.1), step, 300)[-1] == pytest.approx(10)
    assert settles(replace(SEEN, lost=0.1, expiry=10), within=1e-6)
    assert cost(replace(SEEN, expiry=6)) == cost(SEEN)
    assert cost(replace(SEEN, expiry=5))[0] == pytest.approx(25)  # "a check too early"
    assert grows(replace(SEEN, expiry=4))
    assert settles(Rule(0.06, lost=0.1))
    assert settles(replace(SEEN, lost=0.1, believed=5))  # a clock forgets what never came


def test_a_believed_boot_time_must_be_right_where_a_list_need_not(stored):
    assert cost(replace(SEEN, believed=4))[0] == stored["believed.over"] == pytest.approx(50)
    assert cost(replace(SEEN, believed=5)) == cost(SEEN)
    assert cost(replace(SEEN, believed=4))[1] > 120  # "for hours"
    for wrong in (3, 7):
        assert max(map(abs, play(replace(SEEN, believed=wrong), step, 200))) > 1e5
    assert all(settles(Rule(0.06, counts="seen", believed=believed)) for believed in (0, 3, 7))
    for wrong in (3, 4, 6, 7):
        assert settles(replace(QUARTER, believed=wrong))
        assert cost(replace(QUARTER, believed=wrong))[0] <= stored["quarter.believed"] + 1e-6 < 19


# The figures and the pages


@pytest.mark.parametrize("name", ["swings", "swings.narrow", "map", "map.narrow"])
def test_the_marks_stand_where_their_results_say(name, stored):
    root = etree.parse(RESULTS / "delay-loop" / f"{name}.svg").getroot()
    kind, *numbers = root.get("data-y-scale").split()
    low, high, floor, top = map(float, numbers)
    marks = root.findall(".//{*}circle[@data-y]")
    assert len(marks) == (6 if "swings" in name else 2 * len(MAP))
    for mark in marks:
        key, index = re.fullmatch(r"(.+)\[(\d+)\]", mark.get("data-y")).groups()
        share = (float(mark.get("cy")) - floor) / (top - floor)
        value = low * (high / low) ** share if kind == "log" else low + share * (high - low)
        assert value == pytest.approx(stored[key][int(index)], rel=0.01, abs=1)


def test_the_parameters_on_the_page_are_the_labs():
    for said in ("{assumed}`30 seconds <", "{assumed}`150 seconds <", "{assumed}`60 seconds <"):
        assert said in PAGE
    assert (CHECK, BOOT, WINDOW) == (30, 150, 60)
    assert delay_loop.SWINGS == {"wide": 0.28, "middle": 0.15, "calm": 0.06}


def test_every_scalar_is_read_on_a_page(stored):
    lab = (ROOT / "docs/labs/delay-loop.md").read_text(encoding="utf-8")
    bound = set(re.findall(r"delay-loop\.([a-z0-9_.]+)", PAGE + lab))
    assert {key for key, value in stored.items() if not isinstance(value, list)} <= bound
