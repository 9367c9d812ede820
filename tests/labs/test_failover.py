"""The claims of "Failover cannot recover a failure that belongs to the customer", each as a predicate on the model."""

import math
import re
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from random import Random

import pytest
import yaml
from lxml import etree

from labs import failover
from labs.failover import (
    CASE,
    FORMS,
    POLICIES,
    SPARED,
    TARGET,
    Case,
    answered_break_even,
    chances,
    cut,
    declines_needed,
    equal_factors,
    needed,
    play,
    saved,
    simulate,
    simulated,
    spare,
    success,
    twice,
    unaware,
)
from labs.kit.store import RESULTS, read, values

ROOT = Path(__file__).resolve().parents[2]
R = 0.6


@pytest.fixture(scope="module")
def stored():
    return values(read("failover"))


# The product


def test_the_opening_sum_is_four_hundred_and_the_model_saves_three():
    assert 1000 * cut(0.5, 0.8) == 400
    assert success(0.25, 0.8) == pytest.approx(R)
    assert saved(CASE, "blind", R, R) == pytest.approx(0.3)
    assert (CASE.refused, CASE.silent, CASE.charged) == (0.3, 0.2, 0.5)  # the hand-drawn bar
    assert (CASE.answered, CASE.late) == (0.8, 0.1)


def test_the_models_mark_stands_below_the_line(stored):
    assert (stored["model.share"], stored["model.success"]) == (0.5, pytest.approx(R))
    assert stored["model.saved"] == 300 < 400
    assert stored["model.ceiling"] == 375 < 400


def test_half_recoverable_needs_eighty_and_two_fifths_needs_everything():
    assert needed(0.5) == pytest.approx(0.8)
    assert needed(0.4) == pytest.approx(1)
    assert needed(0.39) > 1


def test_two_equal_shares_must_be_63_and_three_74(stored):
    assert stored["line.two"] == pytest.approx(100 * math.sqrt(0.4)) == pytest.approx(63, abs=0.5)
    assert (stored["line.three"] / 100) ** 3 == pytest.approx(0.4)
    assert stored["line.three"] == pytest.approx(74, abs=0.5)
    assert equal_factors(1) == TARGET
    assert all(
        cut(f, r) == pytest.approx(0.4) for f, r in zip(stored["line.shares"], stored["line.needed"], strict=True)
    )


def test_accepting_everything_does_not_reach_the_target():
    assert cut(0.5, success(0.25, 1.0)) == pytest.approx(0.375)
    assert cut(0.5, success(0.25, 0.8, 1000)) == pytest.approx(0.375)


def test_the_customers_failures_would_need_one_in_five_elsewhere(stored):
    assert 0.5 * R + 0.5 * stored["model.declines"] == pytest.approx(TARGET)
    assert declines_needed(0.6, R) == pytest.approx(0.1)  # 0.6 × 0.6 + 0.4 × 0.1 = 0.4


# More providers


def test_the_same_second_attempt_and_three_different_thirds(stored):
    first, second = ([stored[f"further.{name}"][n] for name in ("none", "some", "all")] for n in (0, 1))
    assert stored["further.providers"][:2] == [2, 3]  # the first included
    assert first == [300, 300, 300]
    assert second == [420, 360, 300]
    assert [stored[key] for key in ("further.none.gain", "further.some.gain", "further.all.gain")] == [120, 60, 0]
    assert stored["further.all.accepts"] == pytest.approx(1)  # "the rest is always accepted"
    assert second[0] > 400 > max(stored["further.some"])


def yeses(recoverable, shared, accepts, providers=6):
    """Count the yeses of each further provider in turn if every failure is sent on."""
    totals = [1000 * cut(recoverable, success(shared, accepts, n)) for n in range(providers)]
    return [after - before for before, after in pairwise(totals)]


def test_from_outside_the_success_falls_whether_or_not_anything_is_shared():
    for shared, third in ((0.0, 0.17), (0.25, 0.09)):
        first, second, *_ = yeses(0.5, shared, R / (1 - shared))
        assert first / 1000 == pytest.approx(0.3)
        assert second / (1000 - first) == pytest.approx(third, abs=0.005)
    assert yeses(1.0, 0.0, R)[1] / 400 == pytest.approx(R)  # without customers' failures it does not fall


def test_no_count_of_yeses_tells_shared_from_the_customers():
    assert yeses(0.375, 0.0, 0.8) == pytest.approx(yeses(0.5, 0.25, 0.8))
    assert yeses(0.375, 0.0, 0.8) != pytest.approx(yeses(0.5, 0.0, 0.8))


def test_providers_that_differ_do_better_than_independent_ones():
    second, third = set(range(300)), set(range(200, 500))  # of 500 recoverable payments, 0.6 each
    assert len(second) == len(third) == R * 500
    assert len(second | third) == 500 > 420


@pytest.mark.parametrize(("shared", "accepts"), [(0.0, 0.6), (0.25, 0.8), (0.4, 1.0)])
def test_single_payments_at_two_further_providers_agree(shared, accepts):
    case = replace(CASE, shared=shared, shared_charged=shared, accepts=accepts)
    played = simulate(case, "blind", seed=9, further=2, played=30_000)
    assert played[0] == pytest.approx(cut(0.5, success(shared, accepts, 2)), abs=0.01)


@pytest.mark.parametrize("weight", [0.05, 0.5, 1, 5, 50])
def test_failures_that_differ_in_difficulty_end_between_the_outer_lines(weight):
    # A Beta(0.6 w, 0.4 w) chance of a yes has mean 0.6 and variance 0.24 / (w + 1).
    two = 500 * (1 - (0.24 / (weight + 1) + 0.4**2))
    assert 300 < two < 420


# Counting


def test_counted_by_attempts_the_failures_rise(stored):
    chance, failed = Random(1), {"everything": 0, "providers": 0}
    for _ in range(40_000):
        yes, _ = play(CASE, "blind", chance)
        failed["everything"] += 1 + (not yes)
    failed["providers"] = failed["everything"] - 20_000  # half belong to customers and are kept back
    for name, count in failed.items():
        assert count / 40 == pytest.approx(stored[f"attempts.{name}"], abs=10)
        assert stored[f"attempts.{name}"] > 1000
    assert stored["attempts.everything"] == 1700


# Silence


def test_the_table_of_four_policies(stored):
    rows = {p: [stored[f"{p}.{end}"] for end in ("saved", "twice", "unaware")] for p in POLICIES}
    assert rows["safe"] == [180, 0, 100]
    assert rows["blind"] == [300, 60, 40]
    assert rows["stop"] == pytest.approx([304.8, 4.8, 23.2])
    assert rows["go"] == pytest.approx([328.8, 16.8, 11.2])
    assert stored["silence.found"] == 100 * 0.8 * 0.9
    assert stored["silence.late"] == 100 * 0.8 * 0.1
    assert stored["silence.charged"] == 100


@pytest.mark.parametrize(("accepts", "charged"), [(0.2, 0.5), (0.9, 0.5), (0.9, 0.1), (1.0, 0.9)])
def test_of_what_blind_wins_from_silence_the_charged_share_is_charged_twice(accepts, charged):
    case = replace(CASE, charged=charged, accepts=accepts)
    won = saved(case, "blind", *chances(case)) - saved(case, "safe", *chances(case))
    assert twice(case, "blind", *chances(case)) / won == pytest.approx(charged)


def test_if_shared_causes_spare_what_was_charged_more_than_half_is_charged_twice(stored):
    assert SPARED.shared * 400 == pytest.approx(CASE.shared * 500)  # as many causes, on the other payments
    assert SPARED.shared_charged == 0
    assert spare(replace(CASE, charged=0.0)).shared == pytest.approx(CASE.shared)
    assert [stored[f"spared.{p}.saved"] for p in POLICIES] == pytest.approx([165, 300, 287.4, 314.4])
    assert [stored[f"spared.{p}.twice"] for p in POLICIES] == pytest.approx([0, 80, 6.4, 22.4])


UNLIKE = Case(0.1, 0.6, 0.3, 0.1, 0.4, 0.9, 0.5, 0.4)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("case", [CASE, SPARED, UNLIKE, Case(0.2, 0.5, 0.8, 0.0, 0.0, 0.5, 0.9, 0.0)])
def test_a_ledger_of_single_payments_agrees(policy, case):
    played = simulate(case, policy, seed=5, played=30_000)
    assert played == pytest.approx([form(case, policy, *chances(case)) for form in FORMS], abs=0.012)


def test_the_stored_simulation_agrees_to_half_a_point(stored):
    assert stored["check.comparisons"] == 25
    assert 0 < stored["check.worst"] < 0.5


@pytest.mark.parametrize("wrong", range(9))
def test_each_simulated_share_can_spoil_the_check(monkeypatch, wrong):
    calls = []

    def formal(case, policy, seed, further=1):
        calls.append(seed)
        off = 0.25 * (len(calls) - 1 == wrong)
        r, again = (success(shared, case.accepts, further) for shared in (case.shared, case.shared_charged))
        return tuple(form(case, policy, r, again) + off for form in FORMS)

    monkeypatch.setattr(failover, "simulate", formal)
    assert simulated()["check.worst"].value == pytest.approx(25)
    assert len(set(calls)) == 9


def test_an_answer_that_also_rules_out_the_future_leaves_stop_no_double_charge():
    never = replace(CASE, late=0.0)
    assert twice(never, "stop", R, R) == 0 < twice(CASE, "stop", R, R)
    assert simulate(never, "stop", seed=2, played=20_000)[1] == 0


def test_without_the_question_the_double_charges_return(monkeypatch):
    """Break the fix: act on silence as if the answer were always that there is no charge."""

    def without_reading(case, policy, chance, further=1, real=play):
        return real(replace(case, answered=1.0, late=1.0), policy, chance, further)

    assert simulate(CASE, "stop", seed=3, played=30_000)[1] < 0.01
    monkeypatch.setattr(failover, "play", without_reading)
    for policy in ("stop", "go"):
        assert simulate(CASE, policy, seed=3, played=30_000)[1] == pytest.approx(0.06, abs=0.01)


# Where asking loses


def test_going_on_never_saves_fewer_than_blind_and_never_charges_more_twice():
    chance = Random(4)
    for _ in range(5_000):
        case = replace(UNLIKE, charged=chance.random(), answered=chance.random(), late=chance.random())
        r, again = chance.random(), chance.random()
        assert saved(case, "go", r, again) >= saved(case, "blind", r, again) - 1e-12
        assert twice(case, "go", r, again) <= twice(case, "blind", r, again) + 1e-12
    assert saved(UNLIKE, "go", 0.5, 0.5) > saved(UNLIKE, "blind", 0.5, 0.5) + 0.01


def test_saying_no_to_the_unanswered_avoids_12_double_charges_for_24_payments():
    assert 1000 * (twice(CASE, "go", R, R) - twice(CASE, "stop", R, R)) == pytest.approx(12)
    assert 1000 * (saved(CASE, "go", R, R) - saved(CASE, "stop", R, R)) == pytest.approx(24)


def test_the_break_even_is_where_stop_and_blind_save_as_many(stored):
    for r, charged in product((0.3, 0.6, 0.9), (0.25, 0.5, 0.75)):
        even = answered_break_even(r, charged, CASE.late)
        lead = [
            saved(replace(CASE, charged=charged, answered=q), "stop", r, r) - saved(CASE, "blind", r, r)
            for q in (even - 0.01, even, even + 0.01)
        ]
        assert lead[0] < 0 < lead[2]
        assert lead[1] == pytest.approx(0)
        assert stored["break_even.low"] - 1e-9 <= even <= stored["break_even.high"] + 1e-9
    assert stored["break_even.example"] == pytest.approx(answered_break_even(R, 0.5, 0.1))
    assert stored["break_even.example"] < CASE.answered
    assert stored["break_even.low"] == pytest.approx(answered_break_even(0.3, 0.75, 0.1))
    assert stored["break_even.high"] == pytest.approx(answered_break_even(0.9, 0.25, 0.1))


# Customers who pay again


def test_if_all_who_were_wrongly_told_no_pay_again_safe_is_no_better_than_blind(stored):
    assert stored["safe.at_worst"] == stored["blind.at_worst"] == stored["silence.charged"]
    for policy in ("stop", "go"):
        assert stored[f"{policy}.at_worst"] == stored["silence.charged"] - stored["silence.found"]


@pytest.mark.parametrize(("policy", "tips"), [("stop", 16), ("go", 5.3)])
def test_where_asking_begins_to_charge_fewer_twice_than_safe(stored, policy, tips):
    assert stored[f"{policy}.comeback"] == pytest.approx(tips, abs=0.05)

    def doubles(policy, again):
        return twice(CASE, policy, R, R) + again * unaware(CASE, policy, R, R)

    assert doubles(policy, 1 / (tips + 0.5)) > doubles("safe", 1 / (tips + 0.5))
    assert doubles(policy, 1 / (tips - 0.5)) < doubles("safe", 1 / (tips - 0.5))


@pytest.mark.parametrize("policy", POLICIES)
def test_every_charge_behind_silence_is_found_doubled_or_unaware(policy):
    found = 0.08 * 0.9 if policy in ("stop", "go") else 0.0
    assert found + twice(CASE, policy, R, R) + unaware(CASE, policy, R, R) == pytest.approx(0.1)


# The figures


def drawn(name):
    """Read a stored figure: its dashed lines and curves as values, each with its place, and its labels."""
    root = etree.parse(RESULTS / "failover" / name).getroot()
    scales = [[float(n) for n in root.get(f"data-{axis}-scale").split()[1:]] for axis in "xy"]

    def value(pixel, scale):
        low, high, start, end = scale
        return low + (float(pixel) - start) / (end - start) * (high - low)

    return [
        [tuple(value(p, scale) for p, scale in zip(point.split(","), scales, strict=True)) for point in points.split()]
        for points in root.xpath("//*[local-name()='polyline']/@points")
    ], ["".join(node.itertext()) for node in root.xpath("//*[local-name()='text']")]


@pytest.mark.parametrize("width", ["", ".narrow"])
def test_the_curves_are_those_that_their_labels_name(width):
    curves, labels = drawn(f"line{width}.svg")
    for fewer, curve in zip((20, 40, 60), curves, strict=True):
        assert f"{fewer} fewer" in labels
        assert all(x * y == pytest.approx(fewer / 100, abs=0.002) for x, y in curve)
    assert {"example:", "30 fewer"} <= set(labels)
    lines, labels = drawn(f"further{width}.svg")
    assert "400, a cut of 0.4" in labels
    assert [y for _, y in lines[0]] == pytest.approx([400, 400], abs=0.5)


# The pages


def test_the_cut_asked_about_is_the_one_on_record():
    profile = yaml.safe_load((ROOT / "docs/profile.yaml").read_text(encoding="utf-8"))
    lines = [line for job in profile["work"] for line in job["lines"] if line["key"] == "payments"]
    assert [line["facts"]["failures"] for line in lines] == [f"−{TARGET:.0%}"]


def test_every_result_is_used(stored):
    """A scalar is bound on a page, or a test reads it; a series is drawn."""
    pages = [ROOT / "docs/posts/payment-orchestration.md", ROOT / "docs/labs/failover.md"]
    bound = set(re.findall(r"failover\.([a-z0-9_.]+)", "".join(page.read_text(encoding="utf-8") for page in pages)))
    here = Path(__file__).read_text(encoding="utf-8")
    unused = [key for key, value in stored.items() if not isinstance(value, list) and key not in bound]
    assert [key for key in unused if f'"{key}"' not in here] == []
