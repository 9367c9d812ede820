"""The claims of "A software bill pays for more engineers than a replacement can keep", each tried on the model."""

import re
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import pytest

from labs import build_or_buy
from labs.build_or_buy import (
    BILLS,
    ENGINEER,
    PLAN,
    Plan,
    bought,
    building,
    keeping,
    late,
    least_bill,
    least_value,
    most_keepers,
    rule,
    saving,
    slip_at_most,
    staff,
    surest_needed,
)
from labs.kit.store import read, values

ROOT = Path(__file__).resolve().parents[2]
PLAIN = replace(PLAN, rise=0, raises=0, discount=0)
TWO, THREE, ONE = (replace(PLAN, keepers=count) for count in (2, 3, 1))


@pytest.fixture(scope="module")
def stored():
    return values(read("build-or-buy"))


@pytest.fixture(scope="module")
def fresh():
    return {key: result.value for key, result in build_or_buy.run(lambda share, words: None).items()}


# The sums


def test_an_engineer_costs_the_wage_over_the_part_of_compensation_that_wages_and_leave_are(fresh):
    assert fresh["engineer"] == round(132_930 * 39.61 / (27.93 + 2.94)) == 170_566
    assert fresh["million"] == pytest.approx(1_000_000 / 170_566, abs=0.001)
    assert fresh["naive"] == pytest.approx(600_000 / 170_566, abs=0.001)


def test_leaving_the_leave_out_would_count_holidays_twice():
    twice = 132_930 * 39.61 / 27.93
    assert 1.09 < twice / ENGINEER < 1.11
    assert round(1_000_000 / twice) == 5 < round(1_000_000 / ENGINEER) == 6


def test_the_plan_is_the_one_that_the_essay_tells():
    told = Plan(bill=600_000, rise=0.05, cut=0, term=12, builders=5, months=12, keepers=2, running=0.1, raises=0.03)
    assert replace(told, discount=0.07, years=5, engineer=ENGINEER) == PLAN


def test_without_rises_and_discount_the_model_does_the_sum_done_by_hand(fresh):
    assert bought(PLAIN) == 5 * 600_000
    assert bought(PLAIN, 12) == 600_000
    assert building(PLAIN) == pytest.approx(5 * ENGINEER)
    assert keeping(PLAIN) == pytest.approx(4 * (2 * ENGINEER + 60_000))
    left = (5 * 600_000 - 600_000 - 5 * ENGINEER - 4 * 60_000) / 4 / ENGINEER
    assert fresh["keepers.plain"] == pytest.approx(left)
    assert saving(replace(PLAIN, keepers=left)) == pytest.approx(0, abs=1)
    assert rule(PLAIN) == pytest.approx((0.9, 0.25))


def test_rises_and_discount_come_at_the_month_in_which_they_are_due():
    assert bought(replace(PLAN, years=2)) == pytest.approx(600_000 + 600_000 * 1.05 / 1.07)
    assert bought(replace(PLAN, years=2, cut=0.2)) == pytest.approx(600_000 + 600_000 * 0.8 * 1.05 / 1.07)
    assert bought(PLAN, 13) == pytest.approx(600_000 + 600_000 * 1.05 / 1.07)
    assert bought(replace(PLAN, term=1, discount=0), 14) == pytest.approx(50_000 * (12 + 2 * 1.05))
    assert staff(replace(PLAN, discount=0), 0, 24, 1200) == pytest.approx(1200 + 1200 * 1.03)
    assert staff(replace(PLAN, raises=0), 24, 25, 12) == pytest.approx(1.07**-2)
    assert building(replace(PLAIN, months=6)) == pytest.approx(2.5 * ENGINEER)
    assert keeping(replace(PLAIN, months=13)) == pytest.approx(47 / 12 * (2 * ENGINEER + 60_000))


def test_of_a_term_that_goes_on_after_the_last_year_only_the_part_inside_counts():
    assert bought(replace(PLAIN, term=36)) == pytest.approx(5 * 600_000)
    assert bought(replace(PLAIN, term=36), 12) == pytest.approx(3 * 600_000)
    assert saving(replace(PLAIN, term=36)) == pytest.approx(saving(PLAIN) - 2 * 600_000)


def test_break_evens_are_where_the_saving_is_nothing():
    assert saving(replace(PLAN, keepers=most_keepers(PLAN))) == pytest.approx(0, abs=1)
    assert saving(replace(PLAN, bill=least_bill(PLAN))) == pytest.approx(0, abs=1)
    assert saving(THREE) + staff(THREE, 12, 60, least_value(THREE)) == pytest.approx(0, abs=1)
    for given_up, years in ((12, 1), (24, 2)):
        lost = staff(PLAN, 0, 12 * years, 5 * ENGINEER)
        sure = surest_needed(ONE, given_up)
        assert sure * saving(ONE) == pytest.approx((1 - sure) * lost)
    slip = slip_at_most(TWO)
    assert (1 - slip) * saving(TWO) + slip * saving(replace(TWO, months=13)) == pytest.approx(0, abs=1)


def test_the_rule_gives_every_break_even():
    share, off = rule(PLAN)
    for bill, engineer, builders in product((200_000, 900_000), (100_000, 250_000), (1, 8)):
        plan = replace(PLAN, bill=bill, engineer=engineer, builders=builders)
        assert rule(plan) == pytest.approx((share, off))
        assert most_keepers(plan) == pytest.approx(share * bill / engineer - off * builders)


# What is stored under a name is what the name says


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ("base", {}),
        ("plain", {"rise": 0, "raises": 0, "discount": 0}),
        ("years3", {"years": 3}),
        ("years10", {"years": 10}),
        ("years3_late", {"years": 3, "months": 13}),
        ("years10_late", {"years": 10, "months": 13}),
        ("months6", {"months": 6}),
        ("months10", {"months": 10}),
        ("months13", {"months": 13}),
        ("months24", {"months": 24}),
        ("monthly", {"term": 1}),
        ("term36", {"term": 36}),
        ("builders2", {"builders": 2}),
        ("builders10", {"builders": 10}),
        ("bill_half", {"bill": 300_000}),
        ("bill_double", {"bill": 1_200_000}),
        ("engineer_tenth", {"engineer": 1.1 * ENGINEER}),
        ("cut20", {"cut": 0.2}),
        ("cut30", {"cut": 0.3}),
        ("rise_none", {"rise": 0}),
        ("rise_high", {"rise": 0.1}),
        ("rise_high_years10", {"rise": 0.1, "years": 10}),
        ("shrinking", {"rise": -0.1}),
        ("running_double", {"running": 0.2}),
        ("discount_low", {"discount": 0.03}),
        ("discount_high", {"discount": 0.12}),
    ],
)
def test_each_row_changes_what_it_says(fresh, key, changes):
    plan = replace(PLAN, **changes)
    assert fresh[f"keepers.{key}"] == pytest.approx(most_keepers(plan))
    if f"share.{key}" in fresh:
        assert (fresh[f"share.{key}"], fresh[f"off.{key}"]) == pytest.approx(rule(plan))


def test_the_lines_are_the_ones_that_their_labels_name(fresh):
    at = BILLS.index(600_000)
    for years, key in ((3, "years3"), (5, "base"), (10, "years10")):
        line = fresh[f"map.years{years}"]
        assert line[at] == pytest.approx(fresh[f"keepers.{key}"])
        assert line[-1] == pytest.approx(most_keepers(replace(PLAN, years=years, bill=1_500_000)))
    assert fresh["map.naive"][at] == pytest.approx(fresh["naive"])
    by_month = {6: "months6", 10: "months10", 12: "base", 13: "months13", 24: "months24"}
    for month, key in by_month.items():
        assert fresh["stairs.yearly"][month - 1] == pytest.approx(fresh[f"keepers.{key}"])
    assert fresh["stairs.monthly"][11] == pytest.approx(fresh["keepers.monthly"])
    assert fresh["stairs.monthly"][23] == pytest.approx(most_keepers(replace(PLAN, term=1, months=24)))


def test_money_is_stored_for_the_plans_that_it_names(fresh):
    assert fresh["building"] == round(building(PLAN), -3)
    assert fresh["one"] == round(staff(PLAN, 12, 60, ENGINEER), -3)
    assert fresh["month"] == round(saving(TWO) - saving(replace(TWO, months=13)), -3)
    monthly = replace(TWO, term=1)
    assert fresh["month.monthly"] == round(saving(monthly) - saving(replace(monthly, months=13)), -3)
    assert fresh["slip"] == pytest.approx(slip_at_most(TWO))
    assert fresh["sure"] == pytest.approx(surest_needed(ONE, 12))
    assert fresh["sure.late"] == pytest.approx(surest_needed(ONE, 24))
    assert fresh["value.3"] == round(least_value(THREE), -3)
    for plan, count in ((ONE, 1), (TWO, 2), (THREE, 3)):
        assert fresh[f"bill.{count}"] == round(least_bill(plan), -3)
    assert [fresh["saving.1"], fresh["saving.2"]] == [round(saving(ONE), -3), round(saving(TWO), -3)]
    assert fresh["loss.3"] == -round(saving(THREE), -3)


# The claims


def test_the_bill_pays_for_three_and_a_half_and_two_may_stay(fresh):
    assert 3.45 < fresh["naive"] < 3.55
    assert fresh["keepers.plain"] == pytest.approx(1.9, abs=0.05)
    assert 2 < fresh["keepers.base"] < 2.1
    assert fresh["saving.1"] > fresh["saving.2"] > 0 < fresh["loss.3"]


def test_on_the_map_the_bill_pays_for_more_than_may_stay_at_every_bill(fresh):
    for years in (3, 5, 10):
        assert all(
            stay < paid for stay, paid in zip(fresh[f"map.years{years}"][1:], fresh["map.naive"][1:], strict=True)
        )
    assert 0.5 < fresh["keepers.years3"] < 1
    assert 2.9 < fresh["keepers.years10"] < 3.1


def test_a_builder_costs_about_a_quarter_of_a_keeper_in_five_years_half_in_three_and_an_eighth_in_ten(fresh):
    assert fresh["off.base"] == pytest.approx(0.27, abs=0.005)
    assert fresh["off.years3"] > 0.5
    assert 1 / 9 < fresh["off.years10"] < 1 / 7


def test_the_first_factor_is_near_one_because_the_bill_outruns_pay(fresh):
    assert all(0.95 < fresh[f"share.{key}"] < 1.05 for key in ("years3", "base", "years10"))
    assert fresh["share.rise_none"] < 0.9
    assert rule(replace(PLAN, rise=PLAN.raises))[0] < 0.95


def test_two_who_stay_cost_more_than_five_who_build_within_limits(fresh):
    assert fresh["one"] < fresh["building"] < 2 * fresh["one"]
    for plan in (replace(PLAN, years=3), replace(PLAN, builders=10), replace(PLAN, months=24)):  # where it stops
        assert keeping(replace(plan, running=0)) < building(plan)


def test_the_thirteenth_month_costs_seven_times_as_much_by_the_year(fresh):
    assert 6.9 < fresh["month.ratio"] < 7.5
    assert fresh["month.ratio"] == pytest.approx(late(PLAN) / late(replace(PLAN, term=1)))
    builders = staff(PLAN, 12, 13, 5 * ENGINEER)
    assert fresh["month.monthly"] / 2 < builders < fresh["month.monthly"]


def test_a_missed_renewal_takes_one_of_the_bills_that_building_was_to_save(fresh):
    assert fresh["share.months13"] / fresh["share.base"] == pytest.approx(3 / 4, abs=0.02)
    assert rule(replace(PLAN, years=3, months=13))[0] / fresh["share.years3"] == pytest.approx(1 / 2, abs=0.04)
    assert rule(replace(PLAN, years=10, months=13))[0] / fresh["share.years10"] == pytest.approx(8 / 9, abs=0.02)
    assert 1 < fresh["keepers.months13"] < 1.1
    assert 0.95 < fresh["keepers.base"] - fresh["keepers.months13"] < 1.1
    assert fresh["keepers.years3_late"] < 0
    assert 0.4 < fresh["keepers.years10"] - fresh["keepers.years10_late"] < 0.6


def test_without_the_yearly_contract_the_step_is_gone():
    """Break it: by the month, the thirteenth month costs what the twelfth did, nearly."""
    line = [saving(replace(PLAN, term=1, months=m)) for m in (11, 12, 13, 14)]
    steps = [a - b for a, b in pairwise(line)]
    assert max(steps) / min(steps) < 1.1


def test_being_early_gains_a_tenth_of_what_being_late_takes(fresh):
    line = fresh["stairs.yearly"]
    assert line[:12] == sorted(line[:12], reverse=True)
    gained = fresh["keepers.months10"] - fresh["keepers.base"]
    assert gained == pytest.approx(0.1, abs=0.015)
    assert fresh["keepers.months24"] < 0


def test_two_keepers_stand_a_slip_of_a_month_in_one_plan_of_thirteen(fresh):
    assert 12.5 < late(TWO) / saving(TWO) < 13.5
    assert 1 / 13.5 < fresh["slip"] < 1 / 12.5


def test_just_before_a_renewal_the_yearly_contract_does_slightly_better_because_of_the_discount(fresh):
    better = [
        m for m, (y, b) in enumerate(zip(fresh["stairs.yearly"], fresh["stairs.monthly"], strict=True), 1) if y > b
    ]
    assert better == [11, 12, 23, 24]
    plain = [most_keepers(replace(PLAN, discount=0, term=term)) for term in (12, 1)]
    assert plain[0] == pytest.approx(plain[1])


def test_a_contract_of_three_years_paid_ahead_leaves_next_to_no_room(fresh):
    assert 0 < fresh["keepers.term36"] < 0.25


def test_bill_and_engineer_count_only_by_their_ratio(fresh):
    assert most_keepers(replace(PLAN, engineer=2 * ENGINEER)) == pytest.approx(fresh["keepers.bill_half"])
    assert most_keepers(replace(PLAN, engineer=ENGINEER / 2)) == pytest.approx(fresh["keepers.bill_double"])
    assert most_keepers(replace(PLAN, bill=PLAN.bill / 1.1)) == pytest.approx(fresh["keepers.engineer_tenth"])
    assert fresh["keepers.engineer_tenth"] < 1.8


def test_the_discount_rate_moves_the_plan_by_a_seventh_of_a_keeper_and_across_two(fresh):
    low, high = fresh["keepers.discount_low"], fresh["keepers.discount_high"]
    assert low - high == pytest.approx(1 / 7, abs=0.01)
    assert high < 2 < low


def test_three_tenths_off_the_bill_weigh_slightly_more_than_the_missed_renewal(fresh):
    assert 0.8 * fresh["keepers.months13"] < fresh["keepers.cut30"] < fresh["keepers.months13"] < fresh["keepers.cut20"]
    assert 1.25 < fresh["keepers.cut20"] < 1.35


def test_a_third_keeper_takes_a_steep_rise_and_a_shrinking_bill_leaves_room_for_less_than_one(fresh):
    assert 0.14 < fresh["rise.3"] < 0.15
    assert saving(replace(THREE, rise=fresh["rise.3"])) > 0
    assert saving(replace(THREE, rise=fresh["rise.3"] - 0.001)) <= 0
    assert fresh["keepers.shrinking"] < 1


def test_one_keeper_needs_better_than_an_even_chance(fresh):
    assert 0.55 < fresh["sure"] < 0.57
    assert 0.7 < fresh["sure.late"] < 0.73


def test_a_third_keeper_has_to_bring_in_most_of_what_he_costs(fresh):
    assert 0.9 < fresh["value.3"] / ENGINEER < 0.95


def test_the_bill_pays_for_no_more_than_may_stay_where_it_rises_steeply_for_long(fresh):
    assert fresh["keepers.rise_high_years10"] > fresh["naive"]
    assert fresh["grid.reach"] < fresh["grid.total"] / 12
    assert fresh["grid.reach"] - fresh["grid.steep.reach"] < 15


def test_the_grid_is_the_one_that_the_essay_describes(fresh):
    """Count it once more, from the words: bills, builders, months, three rises, three discounts, three horizons."""
    reach, steep = [], []
    for bill, builders in product((200_000, 400_000, 600_000, 800_000, 1_200_000, 2_000_000), (2, 5, 10)):
        for months, rise, discount, years in product((6, 12, 18, 24), (0, 0.05, 0.1), (0.03, 0.07, 0.12), (3, 5, 10)):
            plan = replace(PLAN, bill=bill, builders=builders, months=months, rise=rise, discount=discount, years=years)
            reach.append(most_keepers(plan) >= bill / ENGINEER)
            steep.append(rise == 0.1 and years == 10)
    both = sum(r and s for r, s in zip(reach, steep, strict=True))
    counted = (len(reach), sum(reach), sum(steep), both)
    assert counted == tuple(fresh[f"grid.{key}"] for key in ("total", "reach", "steep", "steep.reach"))


def test_the_other_bill_of_the_last_section():
    other = Plan(bill=900_000, engineer=200_000, builders=3)
    assert most_keepers(other) == pytest.approx(3.6, abs=0.05)


# The pages


def test_every_result_is_used(stored):
    """A scalar is bound on a page; a series is drawn."""
    pages = [ROOT / "docs/posts/replacing-bought-software.md", ROOT / "docs/labs/build-or-buy.md"]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    bound = set(re.findall(r"build-or-buy\.([a-z0-9_.]+)", text))
    unused = [key for key, value in stored.items() if not isinstance(value, list) and key not in bound]
    assert unused == []


def test_what_is_stored_is_what_a_fresh_run_finds(fresh, stored):
    assert fresh.keys() == stored.keys()
    for key, value in fresh.items():
        assert stored[key] == pytest.approx(value), key
