"""The claims of "Scoring every call is not hearing every call", each as a predicate on the lab's functions."""

import math
import re
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random

import pytest

from labs import judging_calls as lab
from labs.judging_calls import (
    CALLS,
    CAREFUL,
    DAYS,
    HEARD,
    JUDGE,
    LENIENT,
    PLANS,
    PREVALENCE,
    SILENT,
    Judge,
    binomial,
    bootstrap,
    ceiling,
    chance,
    correction,
    correction_error,
    draws,
    error,
    intervals,
    quantile,
    reports,
    scaled_up,
    scatter,
    spread,
    strata,
    verdict_error,
    weighted,
)
from labs.kit.lab import stored as rounded
from labs.kit.store import read, values

ROOT = Path(__file__).resolve().parents[2]


def law_of(day, plan):
    if plan in PLANS:
        return reports(day, PLANS[plan])
    return {"correct": correction, "weighted": weighted}[plan](day)


NAMES = [*PLANS, "correct", "weighted"]


@pytest.fixture(scope="module")
def stored():
    return values(read("judging-calls"))


@pytest.fixture(scope="module")
def errors():
    return {(name, plan): error(law_of(day, plan), day.defective) for name, day in DAYS.items() for plan in NAMES}


@pytest.fixture(scope="module")
def settings():
    return list(lab.grid())


# The judge


def test_the_day_is_the_judge_counted_out():
    assert CAREFUL.defective == CALLS * PREVALENCE == 40
    assert CAREFUL.hits == pytest.approx(CAREFUL.defective * JUDGE.sensitivity)
    assert CAREFUL.flags - CAREFUL.hits == pytest.approx((CALLS - 40) * (1 - JUDGE.specificity)) == 198
    assert JUDGE.flagged(PREVALENCE) == pytest.approx(CAREFUL.flags / CALLS)
    assert CAREFUL.flags + CAREFUL.passes == LENIENT.flags + LENIENT.passes == CALLS
    assert (CAREFUL.flags, CAREFUL.hits) == (LENIENT.flags, LENIENT.hits)
    assert LENIENT.missed == LENIENT.hits


def test_the_judge_that_never_flags_agrees_more_often():
    assert JUDGE.agreement(PREVALENCE) * CALLS == pytest.approx(3800)
    assert SILENT.agreement(PREVALENCE) * CALLS == pytest.approx(3960)
    assert JUDGE.agreement(0.4) == pytest.approx(JUDGE.agreement(0.01))


def test_kappa_orders_the_two_judges_and_changes_with_the_prevalence():
    assert SILENT.kappa(PREVALENCE) == pytest.approx(0)
    assert JUDGE.kappa(PREVALENCE) == pytest.approx(0.2628, abs=1e-4)
    assert JUDGE.kappa(0.5) == pytest.approx(0.9)  # by hand: (0.95 - 0.5) / (1 - 0.5)
    rising = [JUDGE.kappa(p / 1000) for p in range(2, 501, 2)]
    assert rising == sorted(rising)


@pytest.mark.parametrize(("table", "value"), [((40, 9, 6, 45), 0.70), ((80, 10, 5, 5), 0.32)])
def test_kappa_of_the_published_tables(table, value):
    both, first, second, neither = (n / 100 for n in table)
    share = both + first  # take the first observer for the truth
    judge = Judge(both / share, neither / (neither + second))
    assert judge.kappa(share) == pytest.approx(value, abs=0.005)
    assert judge.agreement(share) == pytest.approx(0.85)


def test_the_recommended_repair_prefers_the_judge_that_never_flags():
    assert SILENT.gwet(PREVALENCE) == pytest.approx(0.9899, abs=1e-4)
    assert JUDGE.gwet(PREVALENCE) == pytest.approx((0.95 - 2 * 0.0345 * 0.9655) / (1 - 2 * 0.0345 * 0.9655))
    assert JUDGE.gwet(PREVALENCE) < SILENT.gwet(PREVALENCE)


def test_about_one_flag_in_six_is_right_and_half_of_them_at_five_in_a_hundred():
    assert JUDGE.true_share(PREVALENCE) == pytest.approx(38 / 236)
    assert JUDGE.true_share(0.05) == pytest.approx(0.5)
    assert Judge(0.95, 1 - 0.95 * 0.01 / 0.99).true_share(PREVALENCE) == pytest.approx(0.5)


def test_listening_at_random_seldom_meets_a_rare_kind():
    assert 1 - chance(CALLS, 1, HEARD, 0) == pytest.approx(0.05)
    assert 1 - chance(CALLS, 4, HEARD, 0) == pytest.approx(1 - 0.95**4, abs=5e-4)
    assert sum(chance(50, 7, 20, k) for k in range(8)) == pytest.approx(1)


# The plans


def test_the_correction_undoes_a_judge_that_is_known():
    for share in (0.0, 0.01, 0.3, 1.0):
        assert Judge(0.8, 0.9).corrected(Judge(0.8, 0.9).flagged(share)) == pytest.approx(share)
    for flagged_of_100, reported in ((3, 126), (5, 40), (7, -50)):
        assert CALLS * Judge(0.95, 1 - flagged_of_100 / 100).corrected(236 / CALLS) == pytest.approx(reported, abs=0.5)


def test_slipping_by_a_point_adds_more_than_there_is():
    assert CALLS * JUDGE.corrected(Judge(0.95, 0.94).flagged(PREVALENCE)) - 40 == pytest.approx(44)


def test_half_of_all_draws_of_a_hundred_good_calls_are_out_by_two_or_more(stored):
    within = sum(math.comb(100, k) * 0.05**k * 0.95 ** (100 - k) for k in (4, 5, 6))
    assert stored["correct.off"] == pytest.approx(1 - within)
    assert 0.48 < stored["correct.off"] < 0.5


@pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
@pytest.mark.parametrize("plan", NAMES)
def test_distributions_are_whole_and_unbiased_where_they_should_be(day, plan):
    law = law_of(day, plan)
    mean = sum(value * p for value, p in law)
    assert sum(p for _, p in law) == pytest.approx(1, abs=1e-6)
    if plan == "flags":
        assert mean == pytest.approx(day.hits)
    elif plan == "correct":
        assert abs(mean - day.defective) < 0.2 * error(law, day.defective)
    else:
        assert mean == pytest.approx(day.defective, abs=0.01)


def simulate(day, plan, seed, days):
    """Draw calls one by one and report as the plan says, sharing no code with the lab; tell the error."""
    random = Random(seed)
    flags = [1] * day.hits + [0] * (day.flags - day.hits)
    passes = [1] * day.missed + [0] * (day.passes - day.missed)
    everything = [(1, bad) for bad in flags] + [(0, bad) for bad in passes]
    squares = 0.0
    for _ in range(days):
        if plan == "correct":
            found = sum(random.random() < day.hits / day.defective for _ in range(100)) / 100
            false = sum(random.random() < (day.flags - day.hits) / (CALLS - day.defective) for _ in range(100)) / 100
            reported = (day.flags - CALLS * false) / (found - false)
        else:
            if PLANS.get(plan):
                some, others = random.sample(flags, PLANS[plan]), random.sample(passes, HEARD - PLANS[plan])
            else:
                sample = random.sample(everything, HEARD)
                some, others = [bad for flag, bad in sample if flag], [bad for flag, bad in sample if not flag]
            reported = sum(some) / max(1, len(some)) * day.flags + sum(others) / max(1, len(others)) * day.passes
            if plan == "random":
                reported = (sum(some) + sum(others)) * 20
        squares += (reported - day.defective) ** 2
    return math.sqrt(squares / days)


@pytest.mark.parametrize(("name", "plan"), list(product(DAYS, NAMES)))
def test_a_simulation_agrees_with_the_enumeration(name, plan, errors):
    assert simulate(DAYS[name], plan, seed=7, days=700) == pytest.approx(errors[name, plan], rel=0.12)


@pytest.mark.parametrize("name", DAYS)
def test_the_closed_forms_agree_with_the_enumeration(name, errors):
    for plan in ("random", "verdict", "half", "passes"):
        assert spread(DAYS[name], plan) == pytest.approx(errors[name, plan], rel=1e-5)
    alone = math.hypot(spread(DAYS[name], "flags"), DAYS[name].missed)
    assert alone == pytest.approx(errors[name, "flags"], rel=1e-5)


def test_by_verdict_as_the_grid_has_it_is_the_plan_of_the_day(errors):
    assert verdict_error(PREVALENCE, JUDGE, HEARD) == pytest.approx(errors["careful", "verdict"], abs=1e-3)
    assert verdict_error(PREVALENCE, JUDGE, 20_000) == 0  # more than there is: nothing is left to chance


def test_the_correction_s_closed_form_has_a_part_for_either_kind_of_label(errors):
    floor = correction_error(PREVALENCE, JUDGE, math.inf, math.inf)
    both = correction_error(PREVALENCE, JUDGE, 100, 100)
    assert math.sqrt(both**2 - floor**2) == pytest.approx(errors["careful", "correct"], rel=0.02)
    law = [(CALLS * Judge(k / 100, 0.95).corrected(236 / CALLS), p) for k, p in enumerate(binomial(100, 0.95)) if k > 9]
    known = correction_error(PREVALENCE, JUDGE, math.inf, 100)
    assert math.sqrt(known**2 - floor**2) == pytest.approx(error(law, 40), rel=0.05)
    assert correction_error(0.5, JUDGE, 100, 100) > 1.2 * correction_error(0.5, JUDGE, 100, math.inf)


def test_with_any_number_of_labels_the_luck_of_the_day_remains(stored):
    """Simulated: the judge is known to the last digit, and still its mistakes are not its rate to the call."""
    random, squares = Random(11), 0
    for _ in range(500):
        flags = sum(random.random() < 0.95 for _ in range(40)) + sum(random.random() < 0.05 for _ in range(3960))
        squares += (CALLS * JUDGE.corrected(flags / CALLS) - 40) ** 2
    assert math.sqrt(squares / 500) == pytest.approx(stored["kept.floor"], rel=0.1)
    assert correction_error(PREVALENCE, JUDGE, math.inf, math.inf) == pytest.approx(stored["kept.floor"])


def test_a_count_of_flags_is_worst_then_the_correction_then_no_judge_then_the_choice_by_verdict(errors, stored):
    order = [errors["careful", plan] for plan in ("verdict", "random", "correct")]
    assert order == sorted(order)
    assert order[-1] < 236 - 40
    assert stored["careful.random.error"] < stored["correct.clipped"] < stored["careful.correct.error"]
    assert 0.3 < stored["correct.below_zero"] < 0.45
    assert 36 < stored["correct.mean"] < 40


def test_halving_the_divisor_doubles_the_corrections_error(errors):
    assert errors["lenient", "correct"] / errors["careful", "correct"] == pytest.approx(0.9 / 0.45, rel=0.05)


def test_twenty_labels_of_each_kind_more_than_double_it_too(stored, errors):
    assert stored["labels20.error"] == pytest.approx(error(correction(CAREFUL, 20), 40))
    assert stored["labels20.error"] > 2.2 * errors["careful", "correct"]


def test_the_figure_shows_the_middle_of_each_plan(stored):
    for plan in ("correct", "random", "verdict", "flags"):
        law = law_of(CAREFUL, plan)
        low, high = stored[f"{plan}.low"], stored[f"{plan}.high"]
        assert (quantile(law, 0.025), quantile(law, 0.975)) == pytest.approx((low, high))
        assert sum(p for v, p in law if low - 1e-9 <= v <= high + 1e-9) >= 0.95 - 1e-9
        assert sum(p for v, p in law if v < low - 1e-9) <= 0.025


def test_good_labels_decide_and_defective_ones_hardly_matter(stored, errors):
    at_random = errors["careful", "random"]
    for bad in (5, 100):
        good = stored[f"labels.good{bad}"]
        assert correction_error(PREVALENCE, JUDGE, good, bad) <= at_random
        assert correction_error(PREVALENCE, JUDGE, good - 1, bad) > at_random
        by_hand = (3960**2 / good + 40**2 / bad + 4000) * 0.0475 / 0.9**2
        assert math.sqrt(by_hand) == pytest.approx(at_random, rel=1e-3)
    assert 1.02 < stored["labels.good5"] / stored["labels.good100"] < 1.05


def test_kept_labels_pass_random_listening_after_ten_days_and_never_reach_the_choice_by_verdict(stored, errors):
    kept = [correction_error(PREVALENCE, JUDGE, 198 * n, 2 * n) for n in range(1, 400)]
    at_random, by_verdict = errors["careful", "random"], errors["careful", "verdict"]
    assert next(n for n, value in enumerate(kept, 1) if value <= at_random) == stored["kept.days"] == 10
    assert kept == sorted(kept, reverse=True)
    assert kept[-1] > stored["kept.floor"] > by_verdict
    assert kept[29] == pytest.approx(stored["kept.month"])
    assert stored["kept.month_labels"] < by_verdict < stored["kept.month"]


def test_by_verdict_more_than_halves_the_error_and_weighting_afterwards_hardly_helps(errors, stored):
    assert errors["careful", "random"] > 2 * errors["careful", "verdict"]
    assert 0.95 < errors["careful", "weighted"] / errors["careful", "random"] < 1
    equal = stored["verdict.equal"]
    assert scatter(CALLS, 40, equal) <= errors["careful", "verdict"] < scatter(CALLS, 40, equal - 1)


def test_luck_with_the_flags_costs_more_if_the_judge_is_careful_and_with_the_passes_if_it_is_lenient(stored, errors):
    for name in DAYS:
        parts = stored[f"{name}.from_flags"], stored[f"{name}.from_passes"]
        assert math.hypot(*parts) == pytest.approx(errors[name, "verdict"], rel=1e-5)
    assert stored["careful.from_flags"] > 1.5 * stored["careful.from_passes"]
    assert stored["lenient.from_passes"] > 2.5 * stored["lenient.from_flags"]


def test_an_even_split_is_a_little_better_with_the_careful_judge_and_no_better_than_random_with_the_lenient(errors):
    assert 0.8 < errors["careful", "half"] / errors["careful", "verdict"] < 1
    assert errors["lenient", "half"] >= errors["lenient", "random"] > errors["lenient", "verdict"]


def test_believing_the_judge_about_its_passes_breaks_the_choice_by_verdict(errors):
    """Break the fix: hear the passes, but put nothing into the report for what is found there."""
    deaf = reports(replace(LENIENT, missed=0), PLANS["verdict"])
    assert error(deaf, LENIENT.defective) > errors["lenient", "random"] > errors["lenient", "verdict"]


# People who are wrong


@pytest.mark.parametrize(("plan", "slip"), [("random", 0.01), ("verdict", 0.01), ("verdict", 0.1)])
def test_a_simulation_of_people_who_slip_agrees(plan, slip):
    random, reported = Random(5), []
    for _ in range(600):
        total = 0.0
        for calls, bad, heard in strata(CAREFUL, PLANS[plan]):
            found = sum(call < bad or random.random() < slip for call in random.sample(range(calls), heard))
            total += found * calls / heard
        reported.append(total)
    mean = sum(reported) / len(reported)
    by_hand = math.sqrt(sum((value - mean) ** 2 for value in reported) / len(reported))
    assert by_hand == pytest.approx(spread(CAREFUL, plan, slip), rel=0.1)
    assert mean == pytest.approx(40 + 3960 * slip, abs=5)
    assert scatter(100, 50, 20, slip=1.0) == 0  # every call is called defective: nothing is left to chance


def test_halving_needs_people_wrong_about_fewer_than_one_good_call_in_a_thousand_or_a_second_listener(stored):
    ratios = [spread(CAREFUL, "random", n / 1000) / spread(CAREFUL, "verdict", n / 1000) for n in (0, 1, 5, 10)]
    assert ratios[0] > 2 > ratios[1]
    assert ratios == sorted(ratios, reverse=True)
    assert 1.1 < ratios[-1] < 1.25
    for n in (1, 5, 10):
        assert stored[f"slip{n}.verdict"] == pytest.approx(spread(CAREFUL, "verdict", n / 1000))
        assert stored[f"slip{n}.random"] == pytest.approx(spread(CAREFUL, "random", n / 1000))
    assert stored["slip10.second"] == pytest.approx(spread(CAREFUL, "verdict", 1e-4))
    assert stored["slip10.second"] < spread(CAREFUL, "random", 1e-4) / 2


# Two days


def test_flags_alone_report_the_same_on_both_days(errors):
    assert reports(CAREFUL, PLANS["flags"]) == reports(LENIENT, PLANS["flags"])
    assert errors["careful", "flags"] == min(e for (name, _), e in errors.items() if name == "careful")
    lenient = {plan: e for (name, plan), e in errors.items() if name == "lenient"}
    assert min(lenient, key=lambda plan: lenient[plan]) == "verdict"
    assert max(value for value, p in reports(LENIENT, PLANS["flags"]) if p > 1e-6) < 50 < LENIENT.defective


def test_flags_alone_are_best_up_to_27_missed_and_behind_random_listening_only_from_38(stored):
    for missed in range(60):
        day = replace(CAREFUL, missed=missed)
        alone = error(reports(day, PLANS["flags"]), day.defective)
        rest = [spread(day, plan) for plan in ("random", "verdict", "half", "passes")]
        assert (alone < min(rest)) == (missed <= stored["flags.best"] == 27)
        assert (alone > rest[0]) == (missed >= stored["flags.behind"] == 38 == LENIENT.missed)


def test_clean_passes_are_common_with_a_careful_judge_and_rare_with_a_lenient_one(stored):
    assert stored["careful.clean"] == pytest.approx(math.prod((3764 - 150 - i) / (3764 - i) for i in range(2)))
    assert stored["lenient.clean"] == pytest.approx(math.prod((3764 - 150 - i) / (3764 - i) for i in range(38)))
    assert f"{stored['lenient.clean']:.2f}" == "0.21"


# Intervals


def as_low(sizes, counts, reported):
    """Tell the chance of a report no higher than this, over everything that can be drawn."""
    piles = tuple((calls, bad, heard) for (calls, heard), bad in zip(sizes, counts, strict=True))
    laws = [[chance(*pile, k) for k in range(pile[2] + 1) if k <= pile[2]] for pile in piles]
    return sum(
        math.prod(law[k] for law, k in zip(laws, found, strict=True))
        for found in product(*(range(len(law)) for law in laws))
        if scaled_up(piles, found) <= reported + 1e-6
    )


@pytest.mark.parametrize("sizes", [((9, 3), (20, 5)), ((12, 8), (30, 6)), ((40, 10),)])
def test_the_limit_is_the_most_that_leaves_a_chance_and_holds_in_95_draws_of_100(sizes):
    everything = list(product(*(range(calls + 1) for calls, _ in sizes)))
    reported = {
        scaled_up(tuple((calls, 0, heard) for calls, heard in sizes), found)
        for found in product(*(range(heard + 1) for _, heard in sizes))
    }
    limits = {value: ceiling(sizes, value) for value in reported}
    for value in sorted(reported)[:12]:
        assert limits[value] == max(sum(counts) for counts in everything if as_low(sizes, counts, value) > 0.05)
    worst = 1.0
    for counts in everything:
        piles = tuple((calls, bad, heard) for (calls, heard), bad in zip(sizes, counts, strict=True))
        holds = sum(p for found, p in draws(piles) if limits[scaled_up(piles, found)] >= sum(counts))
        worst = min(worst, holds)
    assert 0.95 <= worst + 1e-6 < 0.965


def test_the_limit_of_the_choice_by_verdict_holds_in_hardly_more_than_95_of_100():
    """At the day where it is tried hardest, so that a more cautious limit would show."""
    piles = ((236, 18, 50), (3764, 112, 150))
    holds = sum(p for found, p in draws(piles) if ceiling(((236, 50), (3764, 150)), scaled_up(piles, found)) >= 130)
    assert 0.95 <= holds < 0.952


def test_a_limit_wants_more_passes_than_an_estimate(stored, errors):
    for name in DAYS:
        limits = {plan: stored[f"{name}.{plan}.limit"] for plan in ("random", "verdict", "passes")}
        assert limits["passes"] < limits["random"] < limits["verdict"] < 1.03 * limits["random"]
        assert errors[name, "passes"] > errors[name, "verdict"]
    even = [intervals(day, PLANS["half"])[1] for day in DAYS.values()]
    assert even[0] > 1.25 * stored["careful.verdict.limit"]


def test_the_limit_on_the_passes_alone_is_near_the_rule_of_three(stored):
    assert ceiling(((3764, 150),), 0.0) == stored["clean.ceiling"]
    assert chance(3764, stored["clean.ceiling"], 150, 0) > 0.05 >= chance(3764, stored["clean.ceiling"] + 1, 150, 0)
    assert abs(stored["clean.ceiling"] - 3 / 150 * 3764) < 5


def test_the_bootstrap_takes_the_middle_95_of_its_redraws():
    law = binomial(50, 8 / 50)
    low, high = (round(end * 50 / 236) for end in bootstrap(((236, 38, 50),), (8,)))
    assert sum(law[:low]) < 0.025 <= sum(law[: low + 1])
    assert sum(law[:high]) < 0.975 <= sum(law[: high + 1])


def test_a_redraw_of_clean_passes_is_clean():
    piles = strata(CAREFUL, PLANS["verdict"])
    low, high = bootstrap(piles, (8, 0))
    assert (low, high) == bootstrap(piles[:1], (8,))
    assert high < LENIENT.defective < ceiling(((236, 50), (3764, 150)), 8 * 236 / 50)


def test_the_bootstrap_breaks_its_promise_most_where_it_is_needed(stored):
    for name, plan in product(DAYS, ("random", "verdict")):
        assert stored[f"{name}.{plan}.held"] < 0.95
    assert stored["lenient.verdict.held"] < stored["careful.random.held"] < 0.9
    assert stored["lenient.verdict.held"] < stored["careful.verdict.held"] - 0.1
    assert intervals(CAREFUL, None)[0] == pytest.approx(stored["careful.random.held"])


# One person, and questions that add up


def test_a_persons_flags_are_mostly_the_judges_mistakes():
    def flags(bad, right=0.95):
        return bad * 0.95 + (400 - bad) * (1 - right)

    assert (flags(0), flags(4), flags(12)) == pytest.approx((20, 23.6, 30.8))
    assert flags(4) - flags(0) < math.sqrt(400 * 0.05 * 0.95) < 4.4
    assert flags(0, right=0.92) > flags(12)
    assert pytest.approx(0.64, abs=0.005) == 1 - 0.95**20


# Other judges


def test_at_one_in_a_hundred_balanced_labels_win_only_with_a_nearly_perfect_specificity(settings, stored):
    rare = [(judge, corrected) for share, judge, _, _, corrected in settings if share <= 0.01]
    wins = [judge for judge, corrected in rare if corrected < 1]
    assert (len(rare), len(wins)) == (stored["grid.rare"], stored["grid.rare_wins"])
    assert {judge.specificity for judge in wins} == {0.999} == {stored["grid.rare_specificity"]}
    assert len(wins) < 0.1 * len(rare)


def test_at_one_in_five_they_often_beat_random_listening_and_seldom_the_choice_by_verdict(settings, stored):
    common = [(free, corrected) for share, _, free, _, corrected in settings if share >= 0.2]
    wins, best = sum(c < 1 for _, c in common), sum(c < free for free, c in common)
    assert (len(common), wins, best) == (
        stored["grid.common"],
        stored["grid.common_wins"],
        stored["grid.common_best"],
    )
    assert 0.25 < wins / len(common) < 0.35
    assert 0 < best < 0.06 * len(common)


def test_by_verdict_loses_only_with_judges_that_miss_three_in_four_and_never_by_much(settings, stored):
    assert len(settings) == stored["grid.settings"]
    lost = [(judge, free) for _, judge, free, _, _ in settings if free > 1.001]
    assert len(lost) == stored["grid.lost"] < len(settings) / 5
    assert max(judge.sensitivity for judge, _ in lost) == stored["grid.lost_sensitivity"] == 0.25
    assert max(free for _, free in lost) == pytest.approx(stored["grid.worst"])
    assert 1.1 < stored["grid.worst"] < 1.15
    assert sum(1 <= free <= 1.001 for _, _, free, _, _ in settings) == stored["grid.level"]


def test_a_fixed_quarter_of_flags_loses_with_any_judge_that_flags_too_much(settings, stored):
    base = scatter(CALLS, 40, HEARD)
    for right, ratio in ((0.7, 1.09), (0.6, 1.24), (0.5, 1.38)):
        assert verdict_error(0.01, Judge(0.9, right), HEARD, fixed=True) / base == pytest.approx(ratio, abs=0.005)
        assert verdict_error(0.01, Judge(0.9, right), HEARD) < base
    assert sum(fixed > 1.001 for _, _, _, fixed, _ in settings) == stored["grid.quarter_lost"]
    assert max(fixed for _, _, _, fixed, _ in settings) == pytest.approx(stored["grid.quarter_worst"])
    assert stored["grid.quarter_lost"] > 2 * stored["grid.lost"]
    assert max(judge.sensitivity for _, judge, _, fixed, _ in settings if fixed > 1.001) == 0.99


@pytest.mark.parametrize(("calls", "heard"), [(1_000, 100), (4_000, 50), (40_000, 200), (40_000, 800)])
def test_the_order_of_the_plans_does_not_depend_on_the_size_of_the_day(calls, heard, monkeypatch):
    monkeypatch.setattr(lab, "CALLS", calls)
    at_random = scatter(calls, calls * PREVALENCE, heard)
    assert verdict_error(PREVALENCE, JUDGE, heard) < at_random
    assert correction_error(PREVALENCE, JUDGE, heard / 2, heard / 2) > at_random


# The pages


def test_a_fresh_run_finds_what_is_stored(stored):
    fresh = lab.run(lambda share, words: None)
    assert {key: rounded(item.value) for key, item in fresh.items()} == stored


def test_every_result_is_used(stored):
    """A scalar is bound on a page; a series is drawn."""
    pages = [ROOT / "docs/posts/every-call-scored.md", ROOT / "docs/labs/judging-calls.md"]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    bound = set(re.findall(r"judging-calls\.([a-z0-9_.]+)", text))
    assert [key for key, value in stored.items() if not isinstance(value, list) and key not in bound] == []
