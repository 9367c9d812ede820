"""The claims of `docs/posts/two-terabytes-and-a-ledger.md` about renewals, recomputed."""

import pytest

from labs import renewal_herd as lab
from labs.kit.store import read, values

STORED = values(read("renewal-herd"))


@pytest.fixture(scope="module")
def rules() -> dict[str, list[int]]:
    return lab.rules()


def test_an_average_day_has_a_hundred() -> None:
    assert STORED["average"] == lab.VENDORS / lab.YEAR == 100


def test_everybody_renews_once_a_year_if_the_end_is_kept(rules: dict[str, list[int]]) -> None:
    assert all(sum(lab.year(rules["kept"], number)) == lab.VENDORS for number in range(lab.YEARS + 1))
    assert sum(lab.year(rules["kept"], 3)[:150]) == 0


def test_a_herd_that_keeps_its_dates_never_disperses(rules: dict[str, list[int]]) -> None:
    peaks = lab.busiest(rules["kept"])[1:]
    assert min(peaks) > 0.9 * max(peaks)
    assert (peaks[0], peaks[-1]) == (STORED["kept.year1"], STORED["kept.year10"])
    # Thirty days of joining and thirty-one of renewing leave the other days empty.
    assert all(lab.quiet(rules["kept"], number) == 365 - 60 == 305 for number in (1, 5, 10))
    assert STORED["kept.quiet"] == 305


def test_a_pause_of_one_pass_meets_about_twelve_times_as_many_in_season(rules: dict[str, list[int]]) -> None:
    assert STORED["pause.busiest"] == pytest.approx(lab.busiest(rules["kept"])[1] * 5.6 / 24)
    assert 11.5 < STORED["pause.busiest"] / (100 * 5.6 / 24) < 12.5


def test_the_longer_the_launch_the_smaller_the_herd() -> None:
    ratios = [lab.busiest(lab.renewal_days(launch=launch))[1] / 100 for launch in lab.LAUNCHES]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios == [STORED[f"launch{launch}.ratio"] for launch in lab.LAUNCHES]
    assert 11.5 < ratios[0] < 12.5
    assert 2 < ratios[-1] < 3


def test_a_tenth_that_joins_later_leaves_no_empty_day_and_nearly_the_same_peak() -> None:
    counts = lab.renewal_days(late=0.1)
    assert lab.quiet(counts, 1) == STORED["late10.quiet"] == 0
    assert lab.busiest(counts)[1] == STORED["late10.year1"] > 0.85 * STORED["kept.year1"]
    assert 0 < lab.quiet(lab.renewal_days(late=0.01), 1) == STORED["late1.quiet"] < STORED["kept.quiet"] / 2
    assert STORED["late1.year1"] > 0.95 * STORED["kept.year1"]


def test_spreading_first_terms_works_from_the_first_year_and_leaves_no_quiet_day(rules: dict[str, list[int]]) -> None:
    peaks = lab.busiest(rules["once"])[1:]
    assert max(peaks) < 140
    assert peaks[0] == STORED["once.year1"]
    assert all(lab.quiet(rules["once"], number) == 0 for number in range(1, 11))
    assert STORED["once.quiet"] == 0


def test_jitter_comes_too_late_for_the_first_year_and_works_more_the_larger_it_is(rules: dict[str, list[int]]) -> None:
    jitters = [f"jitter{days}" for days in lab.JITTERS]
    first, second, last = ([lab.busiest(rules[name])[number] for name in jitters] for number in (1, 2, 10))
    assert min(first) > 0.9 * STORED["kept.year1"]
    assert all(fewer < more * 1.05 for fewer, more in zip(second[1:], second, strict=False))
    assert all(fewer < more * 1.05 for fewer, more in zip(last[1:], last, strict=False))
    assert all(later < sooner for later, sooner in zip(last, second, strict=True))
    assert [STORED[f"{name}.year10"] for name in jitters] == last


def test_terms_that_drift_are_shorter_than_a_year(rules: dict[str, list[int]]) -> None:
    def middle(name: str, number: int) -> float:
        counts, start = lab.year(rules[name], number), number * lab.YEAR - lab.YEAR // 2
        return sum((start + day) * count for day, count in enumerate(counts)) / sum(counts)

    assert 348 < middle("drifting", 2) - middle("drifting", 1) < 352  # "about two weeks shorter"
    assert 364 < middle("jitter30", 2) - middle("jitter30", 1) < 366  # jitter alone shortens nothing
    assert STORED["drifting.year10"] < STORED["jitter7.year10"]


def test_without_a_launch_there_is_no_herd() -> None:
    """Break the model: let vendors join all through the year, and the kept rule has no peak."""
    assert lab.busiest(lab.renewal_days(launch=lab.YEAR))[5] < 140


def test_another_seed_moves_the_busiest_day_by_a_few_per_cent() -> None:
    assert abs(lab.busiest(lab.renewal_days(seed=1))[1] / STORED["kept.year1"] - 1) < 0.05
