"""The claims of `docs/posts/patient-store-migration.md` about shadow reads, recomputed."""

import math
import random
from itertools import pairwise

import pytest

from labs import shadow_reads as lab
from labs.kit.store import read, values

STORED = values(read("shadow-reads"))
SHARES = {exponent: lab.zipf(lab.PATHS, exponent) for exponent in lab.EXPONENTS}
BUDGETS = [300, 3_000, 30_000, 89_700, 300_000, 3_000_000]


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
    for reads in range(lab.PATHS, below + 1, lab.PATHS):
        assert lab.proportional_by_use(SHARES[1.0], reads) >= lab.stratified(lab.PATHS, reads)
    assert lab.proportional_by_use(SHARES[1.0], above) < lab.stratified(lab.PATHS, above)
    assert STORED["extreme.use_ratio"] < 0.25, "ahead all the way to the target"
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
    assert STORED["capped.zipf.saving"] > 3
    assert STORED["capped.steep.saving"] > 15


def test_a_cap_at_the_target_itself_is_too_low() -> None:
    """With a cap of 299 no path is caught with more than the target chance, so the mean gets there very late."""
    caught, _ = lab.capped(SHARES[1.0], STORED["capped.zipf.wait"], lab.per_path())
    assert caught < lab.TARGET


def test_the_ratio_hardly_depends_on_the_bug_and_grows_with_paths_and_target() -> None:
    middle = STORED["zipf.ratio"]
    assert all(abs(STORED[f"zipf.ratio_bug_{bug}"] / middle - 1) < 0.05 for bug in ("001", "1"))
    assert STORED["zipf.ratio_paths_30"] < middle < STORED["zipf.ratio_paths_3000"]
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
