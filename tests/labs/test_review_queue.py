"""The claims of "Most of my CV was already running", each tried on the model."""

import re
from itertools import pairwise, product
from math import comb, factorial
from pathlib import Path
from random import Random

import pytest

from labs import review_queue
from labs.kit.store import read, values
from labs.review_queue import (
    AUTHORS,
    DAY,
    DEFAULT,
    FIXED,
    HALF,
    QUARTER,
    SMALL,
    WHOLE,
    WORK,
    WRITING,
    WRONG,
    Team,
    best,
    days,
    grid,
    orders,
    queue,
    simulate,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stored():
    return values(read("review-queue"))


# The queue


def test_authors_who_wait_are_the_mean_value_analysis_of_a_closed_queue():
    """The recursion of Reiser and Lavenberg, from no author to six, knows nothing of orders and weights."""
    for size, share in product((1, 10, 37, 240), (HALF, QUARTER, WHOLE)):
        review, waiting = (FIXED + size) / share, 0.0
        for authors in range(1, AUTHORS + 1):
            until_yes = review * (1 + waiting)
            waiting = authors / (WRITING * size + until_yes) * until_yes
        assert queue(size, Team(share=share)) == pytest.approx((WRITING * size + until_yes, until_yes))


def test_one_author_never_queues():
    assert queue(37, Team(authors=1))[1] == pytest.approx((10 + 37) / 0.5)
    assert queue(37, Team(authors=2, readers=2))[1] == pytest.approx((10 + 37) / 0.5)
    assert days(40, Team(authors=1, wrong=0)) == pytest.approx(60 * (800 + 100) / 480)


def test_one_author_who_writes_on_is_a_queue_of_two_or_three():
    """With r for the review over the writing: busy (r + r²) ÷ (1 + r + r²)."""
    ratio = (50 / 0.5) / (20 * 40)
    busy = (ratio + ratio**2) / (1 + ratio + ratio**2)
    assert queue(40, Team(1, authors=1))[0] == pytest.approx(100 / busy)


def test_orders_count_the_lists_that_authors_can_make():
    assert orders(6, 1) == [comb(6, number) * factorial(number) for number in range(7)]
    assert orders(2, 2) == [1, 2, 4, 6, 6]  # nobody; A, B; AA, AB, BA, BB; then AAB, ABA, BAA and turned round; six


def test_authors_who_never_stop_have_the_queue_of_random_arrivals():
    """Far ahead of a lead with time, the queue is M/M/1: a review over the share of time in which she is free."""
    review, writing = 50 / 0.5, 20 * 40
    assert queue(40, Team(20))[1] == pytest.approx(review / (1 - 6 * review / writing))


def test_nobody_is_faster_than_writing_or_reading_allows():
    for ahead, share in product((0, 1, 4), (HALF, QUARTER, WHOLE)):
        finished = days(best(Team(ahead, share)), Team(ahead, share))
        assert finished > max(WORK * WRITING, AUTHORS * WORK / share) / DAY
    assert WORK * WRITING / DAY == 100
    assert AUTHORS * WORK / QUARTER / DAY == 120


def test_small_steps_have_their_yes_sooner(stored):
    assert stored["yes.small"] == pytest.approx(queue(SMALL)[1])
    assert stored["yes.base"] == pytest.approx(queue(stored["half.waits.size"])[1])
    for share, (smaller, larger) in product((HALF, QUARTER, WHOLE), pairwise((10, 20, 37, 80, 240))):
        assert queue(smaller, Team(share=share))[1] < queue(larger, Team(share=share))[1]


# How small


@pytest.mark.parametrize(("way", "ahead"), [("waits", 0), ("on", 1)])
@pytest.mark.parametrize(("name", "share"), [("half", HALF), ("quarter", QUARTER), ("whole", WHOLE)])
def test_the_stored_best_is_the_best(stored, name, share, way, ahead):
    size, team = stored[f"{name}.{way}.size"], Team(ahead, share)
    assert size == best(team)
    assert stored[f"{name}.{way}.days"] == pytest.approx(days(size, team))
    assert days(size - 1, team) > days(size, team) < days(size + 1, team)


def test_the_busier_lead_needs_larger_steps_and_less_than_twice_the_days(stored):
    for way in ("waits", "on"):
        assert stored[f"whole.{way}.size"] < stored[f"half.{way}.size"] < stored[f"quarter.{way}.size"]
        assert 1.3 < stored[f"quarter.{way}.days"] / stored[f"half.{way}.days"] < 1.45
    assert (stored["half.waits.size"], stored["half.on.size"]) == (37, 31)


def test_over_the_grid_the_busier_leads_best_step_is_never_the_smaller(stored):
    larger = grid()
    assert (len(larger), sum(more > 0 for more in larger)) == (stored["grid.pairs"], stored["grid.larger"])
    assert min(larger) == 0
    assert stored["grid.larger"] == stored["grid.pairs"] - 1


def test_beyond_what_she_can_read_the_best_size_stops_growing():
    for ahead in (0, 1):
        sizes = [best(Team(ahead, share)) for share in (HALF, QUARTER, 1 / 8, 1 / 16)]
        assert sizes[0] * 1.5 < sizes[1] < 1.3 * sizes[1] > sizes[3]


def test_without_a_fixed_part_nothing_keeps_a_step_from_shrinking():
    """Break the model: a review is nothing but reading, and the smallest step is best for everybody."""
    assert {best(Team(ahead, share, fixed=0)) for ahead in (0, 1) for share in (HALF, QUARTER, WHOLE)} == {1}


def test_half_the_fixed_part_makes_smaller_steps_best(stored):
    assert stored["fixed.waits"] == best(Team(fixed=FIXED / 2)) < stored["half.waits.size"]


def test_twice_the_mistakes_move_the_size_about_as_far_as_twice_the_lead(stored):
    assert stored["often.waits"] == best(Team(wrong=2 * WRONG))
    assert stored["often.on"] == best(Team(1, wrong=2 * WRONG)) < stored["half.on.size"]
    mistakes, lead = (stored["half.waits.size"] - stored[key] for key in ("often.waits", "whole.waits.size"))
    assert 0.75 < mistakes / lead < 1


def test_missing_by_a_factor_of_two_costs_a_few_days(stored):
    worst = []
    for ahead, share in product((0, 1), (HALF, QUARTER)):
        team = Team(ahead, share)
        size = best(team)
        worst += [days(size * other, team) / days(size, team) - 1 for other in (0.5, 2)]
    assert stored["miss.worst"] == pytest.approx(100 * max(worst))
    assert 0.03 < min(worst) < max(worst) < 0.06


# Writing on


def test_writing_on_saves_weeks_and_hardly_moves_the_size(stored):
    for name in ("half", "quarter", "whole"):
        assert stored[f"{name}.waits.days"] - stored[f"{name}.on.days"] > 10  # two weeks of five days
    assert abs(stored["half.waits.size"] - stored["half.on.size"]) < 7


def test_if_nothing_is_ever_wrong_who_waits_takes_one_step_and_who_writes_on_twenty(stored):
    waits = [days(size, Team(wrong=0)) for size in (10, 37, 120, 400, 1200, WORK)]
    assert all(later < earlier for earlier, later in pairwise(waits))
    assert stored["never.single"] == pytest.approx(waits[-1])
    assert stored["never.on.size"] == best(Team(1, wrong=0)) == WORK / 20
    assert stored["never.on.days"] == pytest.approx(days(120, Team(1, wrong=0)))
    assert stored["never.on.days"] < stored["never.single"] - 10


def test_what_falls_with_a_wrong_step_is_little(stored):
    falling, plain = simulate(40, Team(1), falls=True, played=60)[0], simulate(40, Team(1), played=60)[0]
    assert plain < falling < plain + 5 < simulate(40, played=60)[0]
    assert stored["half.on.days"] < stored["falls.days"] < stored["half.on.days"] + 2


def test_further_ahead_helps_more_while_the_lead_has_time(stored):
    assert stored["deep.size"] == best(Team(4)) < stored["half.on.size"]
    assert stored["deep.days"] == pytest.approx(days(best(Team(4)), Team(4)))
    gained = [stored["half.on.days"] - stored["deep.days"], stored["quarter.on.days"] - stored["deep.quarter"]]
    assert gained[0] / stored["half.on.days"] > gained[1] / stored["quarter.on.days"] > 0


# Who says yes


def test_writing_on_is_worth_more_than_a_second_reader(stored):
    for way, ahead in (("waits", 0), ("on", 1)):
        team = Team(ahead, readers=2)
        assert stored[f"second.{way}"] == pytest.approx(days(best(team), team))
    assert stored["half.on.days"] < stored["second.waits"] < stored["half.waits.days"]
    assert stored["half.on.days"] < stored["whole.waits.days"] < stored["second.waits"]


def test_twice_the_leads_time_beats_a_second_reader(stored):
    size = stored["half.waits.size"]
    assert stored["yes.second"] == pytest.approx(queue(size, Team(readers=2))[1])
    assert stored["yes.twice"] == pytest.approx(queue(size, Team(share=WHOLE))[1])
    assert stored["yes.twice"] < stored["yes.second"] < stored["yes.base"]
    for ahead, each in product((0, 1), (10, 20, 37, 80)):
        assert queue(each, Team(ahead, WHOLE))[1] < queue(each, Team(ahead, readers=2))[1]
    assert 0 < stored["second.on"] - stored["whole.on.days"] < 1


# The check


def test_the_stored_simulation_agrees(stored):
    assert 0 < stored["check.worst"] < 2


@pytest.mark.parametrize("team", [DEFAULT, Team(1), Team(1, QUARTER), Team(readers=2)])
def test_a_short_simulation_agrees_too(team):
    finished, until_yes = simulate(80, team, played=60)
    assert finished == pytest.approx(days(80, team), rel=0.04)
    assert until_yes == pytest.approx(queue(80, team)[1], rel=0.04)


def test_if_mistakes_are_mended_in_small_large_steps_are_not_dear(stored):
    assert stored["mend.large"] < stored["mend.small"]
    assert days(240) > days(40)
    assert simulate(240, mend=30, played=40)[0] < simulate(40, mend=30, played=40)[0]


def test_times_that_vary_less_leave_the_direction(monkeypatch):
    class Even(Random):
        def expovariate(self, lambd=1.0):
            return self.uniform(0.5, 1.5) / lambd

    monkeypatch.setattr(review_queue, "Random", Even)
    for ahead in (0, 1):
        half = [simulate(size, Team(ahead), played=60)[0] for size in (24, 80)]
        quarter = [simulate(size, Team(ahead, QUARTER), played=60)[0] for size in (24, 80)]
        assert half[0] < half[1] < days(80, Team(ahead))
        assert quarter[0] > quarter[1] < days(80, Team(ahead, QUARTER))


def test_every_result_is_used(stored):
    """A scalar is bound on a page, or a test reads it; a series is drawn."""
    pages = [ROOT / "docs/posts/replaced-in-place.md", ROOT / "docs/labs/review-queue.md"]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    bound = set(re.findall(r"review-queue\.([a-z0-9_.]+)", text))
    here = Path(__file__).read_text(encoding="utf-8")
    unused = [key for key, value in stored.items() if not isinstance(value, list) and key not in bound]
    assert [key for key in unused if f'"{key}"' not in here] == []
