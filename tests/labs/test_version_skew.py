"""The claims of "The oldest reader decides your schema" that rest on services which upgrade at different times."""

import re
from itertools import pairwise
from math import ceil
from pathlib import Path
from random import Random

import pytest

from labs import version_skew
from labs.kit.lab import Progress
from labs.kit.store import read, values
from labs.version_skew import (
    SERVICES,
    SLOWEST,
    behind,
    by_chance,
    first,
    held,
    in_rounds,
    last,
    one_slow,
    some_old,
    sure,
    tips_at,
)

ROOT = Path(__file__).resolve().parents[2]
EVEN, SLOW = [15.0] * 12, one_slow(12, 10, 70)
LAWS = {"chance": by_chance, "rounds": in_rounds}


@pytest.fixture(scope="module")
def stored():
    return values(read("version-skew"))


def delay(draw, law, mean):
    """Draw a delay in days, from one on, without the module's formulas."""
    if law == "rounds":
        return draw.randrange(1, 2 * mean)
    days = 1
    while draw.random() >= 1 / mean:
        days += 1
    return days


# Laws


@pytest.mark.parametrize("law", LAWS)
def test_both_ways_of_upgrading_have_the_mean_that_they_say(law):
    for mean in (2, 10, 15, 70):
        assert last([mean], LAWS[law]) == pytest.approx(mean)


@pytest.mark.parametrize("law", LAWS)
def test_drawn_delays_agree_with_the_formulas(law):
    draw, runs = Random(3), 3000
    drawn = [[delay(draw, law, mean) for mean in (70, *[10] * 11)] for _ in range(runs)]
    assert sum(map(max, drawn)) / runs == pytest.approx(last(SLOW, LAWS[law]), rel=0.04)
    assert sum(map(min, drawn)) / runs == pytest.approx(first(SLOW, LAWS[law]), rel=0.06)
    assert sum(max(days) > 30 for days in drawn) / runs == pytest.approx(some_old(SLOW, LAWS[law], 30), abs=0.03)


def test_drawn_upgrades_agree_with_the_share_of_days_two_behind():
    """Play each service back from a day until its last upgrade, and count the releases that came out since."""
    draw, release, runs = Random(5), 14, 2500
    found = []
    for run in range(runs):
        since = run % release  # days since the newest release
        ages = [delay(draw, "chance", mean) - 1 for mean in (70, *[10] * 11)]  # days since the last upgrade
        found.append(max(max(0, ceil((age - since + 1) / release)) if age >= since else 0 for age in ages))
    for steps in (1, 2, 4):
        share = sum(lacks >= steps for lacks in found) / runs
        assert share == pytest.approx(behind(SLOW, by_chance, release, steps), abs=0.03)


# The wait


def test_the_running_example(stored):
    assert sum(SLOW) / 12 == sum(EVEN) / 12 == 15
    assert SERVICES == 12
    assert held(15) == EVEN
    assert [round(last(EVEN, law)) for law in LAWS.values()] == [45, 27]
    assert [round(last(SLOW, law)) for law in LAWS.values()] == [76, 71]
    for name, law in LAWS.items():
        suffix = "" if name == "chance" else "_rounds"
        assert stored[f"even.last{suffix}"] == pytest.approx(last(EVEN, law))
        assert stored[f"slow.last{suffix}"] == pytest.approx(last(SLOW, law))
    assert stored["slow.first"] == pytest.approx(first(SLOW, by_chance))


@pytest.mark.parametrize("law", LAWS)
def test_at_one_average_the_wait_grows_with_the_slowest_and_stays_above_it(stored, law):
    days = [last(held(most), LAWS[law]) for most in SLOWEST]
    assert days == pytest.approx(stored[f"held.{law}"])
    assert all(one < other for one, other in pairwise(days))
    assert all(day > most - 1e-9 for day, most in zip(days, SLOWEST, strict=True))
    assert all(sum(held(most)) / 12 == pytest.approx(15) for most in SLOWEST)
    assert days[-1] / SLOWEST[-1] < 1.03  # "approach"


def test_delays_that_are_one_wait_no_longer_than_each():
    """Break the premise of independence: one common delay, as in one repository, and the last takes the average."""
    draw = Random(7)
    common = [delay(draw, "chance", 15) for _ in range(4000)]
    assert sum(common) / 4000 == pytest.approx(15, rel=0.05)
    assert last(EVEN, by_chance) > 2.9 * 15


def test_over_the_grid_the_last_is_between_one_and_about_four_times_the_slowest(stored):
    assert 1 < stored["grid.over_low"] < 1.02
    assert 4.3 < stored["grid.over_high"] < 4.4
    assert stored["grid.over_high"] == pytest.approx(last([15.0] * 48, by_chance) / 15)
    assert stored["grid.settings"] == 4 * 4 * 2
    over = [
        last(one_slow(size, 15, 15 * spread), law) / (15 * spread)
        for size in (6, 12, 24, 48)
        for spread in (1, 2, 4, 8)
        for law in LAWS.values()
    ]
    assert (stored["grid.over_low"], stored["grid.over_high"]) == pytest.approx((min(over), max(over)))


def test_a_heavier_tail_goes_beyond_the_factors_of_the_grid():
    def heavy(mean, days):
        return (1 + days / mean) ** -2

    assert sum(some_old(EVEN, heavy, days) for days in range(4000)) / 15 > last(EVEN, by_chance) / 15


# Levers


def test_with_one_slow_service_its_delay_is_the_lever_and_with_equal_ones_it_is_not(stored):
    assert stored["slow.one"] == pytest.approx(last(one_slow(12, 10, 35), by_chance))
    assert stored["slow.rest"] == pytest.approx(last(one_slow(12, 5, 70), by_chance))
    assert stored["slow.one"] < stored["slow.rest"] < stored["slow.last"]
    assert stored["even.one"] == pytest.approx(last(one_slow(12, 15, 7.5), by_chance))
    assert stored["even.rest"] == pytest.approx(last(one_slow(12, 7.5, 15), by_chance))
    assert stored["even.rest"] < stored["even.one"] < stored["even.last"]
    assert 0.5 < stored["even.last"] - stored["even.one"] < 1.5  # "about a day"


@pytest.mark.parametrize("law", LAWS)
def test_the_ratio_at_which_the_slowest_becomes_the_lever(stored, law):
    ratio = stored[f"tips.{law}"]
    assert tips_at(LAWS[law]) == ratio == {"chance": 2.9, "rounds": 1.7}[law]
    for slow in range(10, 80):  # there is one such ratio, and no way back
        alone, rest = (last(delays, LAWS[law]) for delays in (one_slow(12, 10, slow / 2), one_slow(12, 5, slow)))
        assert (alone <= rest) == (slow >= 10 * ratio)


def test_the_ratio_hardly_depends_on_the_others():
    for fast in (4, 10, 30):
        for law, low, high in ((by_chance, 2.7, 3.0), (in_rounds, 1.6, 1.9)):
            for ratio, better in ((low, False), (high, True)):
                slow = fast * ratio
                assert (last(one_slow(12, fast, slow / 2), law) < last(one_slow(12, fast / 2, slow), law)) == better


def test_with_two_slow_services_halving_one_is_not_enough(stored):
    two = [70.0, 70.0, *[10.0] * 10]
    assert stored["two.last"] == pytest.approx(last(two, by_chance))
    assert stored["two.one"] == pytest.approx(last([35, *two[1:]], by_chance))
    assert 70 < stored["two.one"] < stored["two.last"]


def test_a_wait_by_the_calendar_is_long_by_chance_and_ends_in_rounds(stored):
    assert stored["slow.month"] == pytest.approx(some_old(SLOW, by_chance, 30))
    for key, law in (("slow.sure", by_chance), ("slow.sure_rounds", in_rounds)):
        assert sure(SLOW, law) == stored[key]
        assert some_old(SLOW, law, stored[key]) <= 0.01 < some_old(SLOW, law, stored[key] - 1)
    assert some_old(SLOW, in_rounds, 2 * 70 - 1) == 0 < some_old(SLOW, by_chance, 2 * 70 - 1)  # "the longest round"


def test_somebody_is_two_behind_with_frequent_releases_whether_or_not_one_is_slow(stored):
    for release in (14, 56):
        for name, delays in (("even", EVEN), ("slow", SLOW)):
            assert stored[f"{name}.behind{release}"] == pytest.approx(behind(delays, by_chance, release, 2))
    assert stored["even.behind14"] > stored["slow.behind14"] > 0.9
    assert stored["even.behind56"] < 0.1 < stored["slow.behind56"] < 0.5


def test_a_robot_helps_until_one_service_refuses_it(stored):
    assert stored["robot.last"] == pytest.approx(last([2.0] * 12, by_chance))
    assert stored["robot.pinned"] == pytest.approx(last(one_slow(12, 2, 70), by_chance))
    assert stored["robot.last"] < 6
    assert stored["robot.pinned"] > 70


def test_a_fresh_run_finds_what_is_stored(stored):
    quiet: Progress = lambda share, words: None  # noqa: E731
    fresh = version_skew.run(quiet)
    assert {key: result.value for key, result in fresh.items()} == {key: pytest.approx(stored[key]) for key in fresh}


# The pages


def test_every_result_is_used(stored):
    """A scalar is bound on a page, or a test reads it; a series is drawn."""
    pages = [ROOT / "docs/posts/oldest-reader-decides.md", ROOT / "docs/labs/version-skew.md"]
    bound = set(re.findall(r"version-skew\.([a-z0-9_.]+)", "".join(page.read_text(encoding="utf-8") for page in pages)))
    here = Path(__file__).read_text(encoding="utf-8")
    unused = [key for key, value in stored.items() if not isinstance(value, list) and key not in bound]
    assert [key for key in unused if f'"{key}"' not in here] == []
