"""The claims of "A late call and an outdated document spend the same kind of promise" that count late calls."""

import re
from pathlib import Path

import pytest

from labs import fan_out_percentile as lab
from labs.fan_out_percentile import PARTS, PROMISE, allowed, on_time, on_time_shared, simulate
from labs.kit.store import read, values

ROOT = Path(__file__).resolve().parents[2]
STORED = values(read("fan-out-percentile"))


@pytest.mark.parametrize("parts", [1, 2, 7, 20, 100, 500])
def test_bisection_finds_the_closed_form_if_all_parts_are_needed(parts):
    assert allowed(parts) == pytest.approx(1000 * parts * (1 - PROMISE ** (1 / parts)))


@pytest.mark.parametrize("parts", [2, 5, 20, 100, 1000])
def test_the_late_calls_allowed_hardly_depend_on_the_number_of_parts(parts):
    assert 50 < allowed(parts) < STORED["limit"] == pytest.approx(51.2933, abs=1e-4)


def test_the_running_example_is_the_one_in_the_essay():
    assert round(STORED["example.allowed"]) == round(STORED["hundred.allowed"]) == 51
    assert STORED["example.leaf"] == pytest.approx(0.95 ** (1 / 20))
    assert STORED["example.one_in"] == pytest.approx(1 / (1 - STORED["example.leaf"]))
    assert PARTS == 20


def test_if_every_part_keeps_the_p95_most_answers_are_late():
    assert STORED["example.same_on_time"] == pytest.approx(0.95**20)
    assert STORED["example.same_on_time"] < 0.5
    assert STORED["example.same_ratio"] == pytest.approx(STORED["example.same"] / STORED["example.allowed"])


def test_the_sum_of_dean_and_barroso_comes_out():
    assert 1 - on_time(100, 0.01) == pytest.approx(0.63, abs=0.005)


def test_sharing_half_of_the_lateness_does_not_quite_double_the_budget():
    counts = [allowed(PARTS, shared=share) for share in (0.0, 0.5, 0.75, 0.9, 1.0)]
    assert counts == sorted(counts)
    assert counts[1:4] == pytest.approx([STORED[f"shared{n}.allowed"] for n in (50, 75, 90)])
    assert 1.8 * counts[0] < counts[1] < 2 * counts[0]
    assert counts[4] == pytest.approx(1000) == STORED["example.same"]
    assert 50 <= counts[0] < 50 * 1.03  # "nearly the hardest case": disjoint late calls would leave 50


@pytest.mark.parametrize("parts", [2, 5, 10, 50, 100])
def test_nor_does_it_for_another_number_of_parts(parts):
    assert allowed(parts, shared=0.5) < 2 * allowed(parts)


def test_late_calls_and_outdated_documents_share_the_budget():
    """A part spoils an answer if it is late or outdated, each by its own luck."""
    spoils = allowed(PARTS) / 20_000
    for late in (0.0, spoils / 2, spoils):
        outdated = 1 - (1 - spoils) / (1 - late)
        assert ((1 - late) * (1 - outdated)) ** PARTS == pytest.approx(PROMISE)
        assert 20_000 * (late + outdated) == pytest.approx(STORED["example.allowed"], rel=0.001)


def test_sharing_keeps_every_parts_own_chance():
    """A part is late together with the others or alone; the two add up to its chance."""
    assert on_time_shared(1, 0.03, 0.4) == pytest.approx(0.97)
    assert on_time_shared(20, 0.03, 1.0) == pytest.approx(0.97)


def test_what_is_stored_is_what_the_formulas_give():
    for key, result in (lab.example() | lab.series() | lab.conditions()).items():
        assert STORED[key] == pytest.approx(result.value), key


def test_a_missing_part_buys_late_calls_and_costs_answers():
    late = allowed(PARTS, missing=1) / 20_000
    lack = 20 * late * (1 - late) ** 19
    assert (1 - late) ** 20 + lack == pytest.approx(PROMISE)
    assert STORED["but_one.allowed"] == pytest.approx(20_000 * late)
    assert STORED["but_one.incomplete"] == pytest.approx(1000 * lack)
    assert late > 5 * allowed(PARTS) / 20_000


def test_the_budget_may_be_spent_on_one_part():
    last = STORED["uneven.last"] / 1000
    assert 0.999**19 * (1 - last) == pytest.approx(PROMISE)


def test_the_simulation_agrees_within_half_a_point():
    assert STORED["check.worst"] < 0.5
    assert simulate(20, allowed(20) / 20_000, 7, n=8000) == pytest.approx(PROMISE, abs=0.01)
    assert simulate(20, 0.05, 7, n=4000) == pytest.approx(on_time(20, 0.05), abs=0.03)
    assert simulate(20, 0.05, 7, missing=1, n=4000) == pytest.approx(on_time(20, 0.05, 1), abs=0.03)
    assert simulate(20, 0.1, 7, shared=0.5, n=4000) == pytest.approx(on_time_shared(20, 0.1, 0.5), abs=0.03)


def test_counting_every_late_call_as_a_late_answer_breaks_the_claim(monkeypatch):
    """Break it: let an answer be on time as often as one call, and the number allowed grows with the parts."""
    monkeypatch.setattr(lab, "on_time", lambda parts, late, missing=0: 1 - late)
    with pytest.raises(AssertionError):
        test_the_late_calls_allowed_hardly_depend_on_the_number_of_parts(20)


@pytest.mark.parametrize("name", ["fan-out-percentile", "index-order"])
def test_every_result_is_used(name):
    """A scalar is bound on a page, or a test reads it; a series is drawn."""
    pages = [ROOT / "docs/posts/cross-entity-search.md", ROOT / f"docs/labs/{name}.md"]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    bound = set(re.findall(rf"{name}\.([a-z0-9_.]+)", text))
    here = (Path(__file__).parent / f"test_{name.replace('-', '_')}.py").read_text(encoding="utf-8")
    found = values(read(name))
    unused = [key for key, value in found.items() if not isinstance(value, list) and key not in bound]
    assert [key for key in unused if f'"{key}"' not in here] == []
