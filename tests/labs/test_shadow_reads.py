"""The claims of `docs/posts/patient-store-migration.md` about shadow reads, recomputed."""

import math
import random
from itertools import pairwise

import pytest

from labs import shadow_reads as lab
from labs.kit.store import read, values

STORED = values(read("shadow-reads"))
SHARES = {exponent: lab.zipf(lab.PATHS, exponent) for exponent in lab.EXPONENTS}
BUDGETS = [200, 2_000, 20_000, 59_800, 200_000, 2_000_000]


def test_the_reads_one_path_needs_can_be_redone_by_hand() -> None:
    assert lab.per_path() == math.ceil(math.log(0.05) / math.log(0.99)) == STORED["stratified.per_path"] == 299
    assert lab.per_path(0.99) == STORED["capped.cap"]
    assert 0.99**299 <= 0.05 < 0.99**298


@pytest.mark.parametrize("exponent", lab.EXPONENTS)
def test_stratified_never_catches_fewer_paths(exponent: float) -> None:
    for reads in BUDGETS:
        assert lab.stratified(lab.PATHS, reads) >= lab.proportional(SHARES[exponent], reads) - 1e-12


def test_more_reads_never_catch_fewer_and_steeper_traffic_needs_more() -> None:
    caught = [lab.proportional(SHARES[1.0], reads) for reads in BUDGETS]
    assert all(low <= high for low, high in pairwise(caught))
    assert all(low < high for low, high in pairwise(STORED["proportional.reads"]))
    assert [lab.needs(exponent) for exponent in lab.EXPONENTS] == STORED["proportional.reads"]


def test_the_answer_is_the_smallest_that_reaches_the_target() -> None:
    reads = lab.needs(1.0)
    assert lab.proportional(SHARES[1.0], reads) >= lab.TARGET > lab.proportional(SHARES[1.0], reads - 1)


def test_on_even_traffic_stratifying_does_not_help() -> None:
    assert 1 <= STORED["even.ratio"] < 1.01


def test_below_a_budget_proportional_protects_more_use() -> None:
    below, above = STORED["use.crossing"], STORED["use.crossing"] + lab.PATHS
    assert lab.crossing(1.0) == below
    for reads in range(lab.PATHS, below + 1, lab.PATHS):
        assert lab.proportional_by_use(SHARES[1.0], reads) >= lab.stratified(lab.PATHS, reads)
    assert lab.proportional_by_use(SHARES[1.0], above) < lab.stratified(lab.PATHS, above)
    assert STORED["extreme.use_ratio"] < 0.3, "ahead all the way to the target"
    for reads in range(lab.PATHS, lab.needs_by_use(2.0), lab.PATHS):
        assert lab.proportional_by_use(SHARES[2.0], reads) >= lab.stratified(lab.PATHS, reads)


def test_no_sampling_waits_less_than_shadowing_everything() -> None:
    for name in ("half", "zipf", "steep"):
        assert STORED[f"capped.{name}.wait"] > STORED[f"{name}.proportional"]
        assert STORED[f"{name}.wait"] > STORED[f"{name}.proportional"]
        assert 0 < STORED[f"capped.{name}.later"] < 0.05


def test_a_cap_saves_most_of_the_load_and_costs_little_waiting() -> None:
    wait, load = STORED["capped.zipf.wait"], STORED["capped.zipf.load"]
    caught, used = lab.capped(SHARES[1.0], wait, lab.per_path(lab.CAP_TARGET))
    assert caught >= lab.TARGET
    assert round(used) == load
    assert STORED["capped.zipf.saving"] == pytest.approx(3, abs=0.05)
    assert STORED["capped.zipf.later"] < 0.03


def test_a_cap_at_the_target_itself_is_too_low() -> None:
    """With a cap of 299 no path is caught with more than the target chance, so the mean gets there very late."""
    caught, _ = lab.capped(SHARES[1.0], STORED["capped.zipf.wait"], lab.per_path())
    assert caught < lab.TARGET


def test_filling_every_cap_takes_far_longer_than_the_target() -> None:
    """A cap is one count; the rarest path, read once in so many reads, waits longest for it."""
    cap, rarest = STORED["capped.cap"], SHARES[1.0][-1]
    assert STORED["zipf.rarest"] == round(1 / rarest)
    assert STORED["zipf.wait"] == math.ceil(lab.per_path() / rarest)
    assert STORED["capped.zipf.rarest"] == math.ceil(cap / rarest)
    assert STORED["capped.zipf.filled"] == lab.all_filled(1.0, cap) >= STORED["capped.zipf.rarest"]
    ratio = STORED["capped.zipf.filled"] / STORED["zipf.proportional"]
    assert STORED["capped.zipf.filled_ratio"] == pytest.approx(ratio)
    assert ratio > 2.5


def test_the_median_wait_for_all_caps_agrees_with_single_reads() -> None:
    shares, cap = lab.zipf(4, 1.0), 5
    chance = random.Random(2)
    median = lab.first(
        lambda traffic: (
            math.prod(1 - math.fsum(part for _, part in lab.poisson(traffic * share, cap)) for share in shares) >= 0.5
        )
    )
    filled = sum(lab.simulate(shares, median, chance, cap=cap)[1] == 4 * cap for _ in range(400))
    assert 160 < filled < 240


def test_the_ratio_hardly_depends_on_the_bug_and_grows_with_paths_and_target() -> None:
    middle = STORED["zipf.ratio"]
    assert all(abs(STORED[f"zipf.ratio_bug_{bug}"] / middle - 1) < 0.05 for bug in ("001", "1"))
    assert STORED["zipf.ratio_paths_20"] < middle < STORED["zipf.ratio_paths_2000"]
    assert STORED["zipf.ratio_target_5"] < STORED["zipf.ratio_target_8"] < middle < STORED["zipf.ratio_target_99"]


def test_reads_played_one_by_one_agree_with_the_closed_forms() -> None:
    chance = random.Random(1)
    hit, _ = lab.simulate(SHARES[1.0], 50_000, chance)
    assert hit == pytest.approx(lab.proportional(SHARES[1.0], 50_000), abs=0.08)
    hit, used = lab.simulate(SHARES[1.0], 50_000, chance, cap=100)
    expected, load = lab.capped(SHARES[1.0], 50_000, 100)
    assert hit == pytest.approx(expected, abs=0.08)
    assert used == pytest.approx(load, rel=0.02)
    assert STORED["check.proportional"] == pytest.approx(lab.TARGET, abs=0.01)
    assert STORED["check.capped"] == pytest.approx(lab.TARGET, abs=0.01)


def test_giving_the_rare_paths_no_extra_reads_breaks_the_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab, "stratified", lambda paths, reads: lab.proportional(SHARES[1.0], reads))
    with pytest.raises(AssertionError):
        test_stratified_never_catches_fewer_paths(0.25)
