"""The claims of "A late call and an outdated document spend the same kind of promise" about changes to a commit."""

import re
import time
from itertools import pairwise
from pathlib import Path

import pytest

from labs import commit_cost as lab
from labs.commit_cost import MOMENTS, Setting, bodies, compared, moments, rates, seconds
from labs.kit.registry import load
from labs.kit.store import RESULTS, read, values

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = read("commit-cost")
STORED = values(DOCUMENT)
QUICK = {10: 100, 100: 1_000, 1_000: 5_000}


def ratios(setting, least=0.0, runs=QUICK, turns=6):
    """Measure the steps between the numbers of changes; again, keeping the best, while one is below `least`."""
    best = dict.fromkeys(runs, 0.0)
    for turn in range(turns):
        found = rates(runs, setting, lambda share, doing: None, 1)
        best = {size: max(best[size], found[size]) for size in runs}
        steps = [best[more] / best[fewer] for fewer, more in pairwise(sorted(runs))]
        if turn and min(steps) > least:
            break
    return steps


# The rates


def test_ten_times_as_many_changes_to_a_commit_are_at_least_three_times_as_fast_up_to_a_thousand():
    assert min(ratios(Setting(), 3)) > 3
    assert min(STORED["gain100"], STORED["gain1000"]) > 3


def test_committing_all_the_same_breaks_the_claim(monkeypatch):
    """Break it: commit after every ten changes whatever was asked for."""
    as_it_is = seconds
    monkeypatch.setattr(lab, "seconds", lambda texts, changes, to_commit, setting: as_it_is(texts, 20, 10, setting))
    with pytest.raises(AssertionError):
        test_ten_times_as_many_changes_to_a_commit_are_at_least_three_times_as_fast_up_to_a_thousand()


def test_in_memory_the_rate_climbs_too_and_with_long_documents_the_second_step_is_smaller(monkeypatch):
    short = ratios(Setting(on_disk=False), 2)
    assert min(short) > 2
    assert STORED["memory.gain1000"] > 3
    monkeypatch.setattr(lab, "DOCUMENTS", 100)
    (long,) = ratios(Setting(on_disk=False, words=lab.LONG), runs={100: 300, 1_000: 1_000})
    assert long < 0.75 * short[1]  # in memory, by the processor's time: other loads hardly matter there
    assert STORED["long.gain1000"] < 3 < STORED["gain1000"]
    assert lab.LONG == 100 * lab.WORDS


def test_the_last_step_gains_least():
    assert STORED["gain10000"] < min(STORED["gain100"], STORED["gain1000"])
    assert STORED["rate10"] < STORED["rate100"] < STORED["rate1000"] < STORED["rate10000"] == 1


def test_bands_are_as_wide_as_what_is_said():
    bands = {key: item["band"] for key, item in DOCUMENT["results"].items() if "band" in item}
    fresh = compared(*3 * [{10: 1.0, 100: 5.0, 1_000: 20.0, 10_000: 40.0}])
    assert {key: list(item.band) for key, item in fresh.items() if item.band} == bands
    assert bands["gain100"][0] == bands["gain1000"][0] == 3
    assert all(key in bands for key, value in STORED.items() if isinstance(value, float))


def test_ratios_are_of_rates_the_right_way_round():
    found = compared(
        {10: 1.0, 100: 5.0, 1_000: 20.0, 10_000: 40.0}, {10: 1, 100: 6, 1_000: 24}, {10: 1, 100: 3, 1_000: 4}
    )
    assert {key: item.value for key, item in found.items() if item.band} == {
        "rate10": 1 / 40,
        "rate100": 1 / 8,
        "rate1000": 1 / 2,
        "gain100": 5,
        "gain1000": 4,
        "gain10000": 2,
        "memory.gain100": 6,
        "memory.gain1000": 4,
        "long.gain100": 3,
        "long.gain1000": pytest.approx(4 / 3),
    }


def test_rates_are_those_of_the_quickest_run(monkeypatch):
    taken = iter([0.5, 0.1, 0.25, 0.2])
    monkeypatch.setattr(lab, "seconds", lambda *_: next(taken))
    assert rates({10: 1, 100: 1}, Setting(), lambda share, doing: None, 2) == {10: 4, 100: 10}


def test_a_run_that_loses_or_doubles_documents_is_refused(monkeypatch):
    monkeypatch.setattr(lab, "DOCUMENTS", 20)
    texts = bodies(20, 5)
    assert seconds(texts, 40, 10, Setting(on_disk=False)) > 0
    monkeypatch.setattr(lab, "change", lambda writer, key, body: writer.add_document(lab.Document(id=key, body=body)))
    with pytest.raises(RuntimeError, match="60 documents are left, not 20"):
        seconds(texts, 40, 10, Setting(on_disk=False))


def test_texts_are_the_same_every_time():
    assert bodies(3, 4) == bodies(3, 4)
    assert {len(text.split()) for text in bodies(5, lab.WORDS)} == {12}


def test_every_run_ends_on_a_commit():
    for runs in (lab.RUNS, lab.FEWER):
        assert all(changes % to_commit == 0 for to_commit, changes in runs.items())


# What is visible when


def test_a_change_is_found_only_after_commit_and_reload_and_only_by_a_new_searcher():
    found = moments()
    assert found == {key: STORED[f"seen.{key}"] for key in MOMENTS}
    assert [key for key, seen in found.items() if seen == "new"] == ["reloaded"]
    assert set(found.values()) == {"old", "new"}


def test_the_reader_reloads_by_hand_only():
    index, writer = lab.opened(None)
    lab.change(writer, "12", "new")
    writer.commit()
    time.sleep(0.7)  # by its default it would have reloaded by itself
    assert index.searcher().num_docs == 0


class Deaf:
    """An index whose reader reloads once, for the old document, and not again."""

    def __init__(self, index):
        self.index, self.reloads = index, 0

    def __getattr__(self, name):
        return getattr(self.index, name)

    def reload(self):
        self.reloads += 1
        if self.reloads == 1:
            self.index.reload()


def test_without_the_reload_the_change_is_not_found(monkeypatch):
    """Break it: a commit alone shows nothing to a reader that is reloaded by hand."""
    as_it_is = lab.opened
    monkeypatch.setattr(lab, "opened", lambda path: (Deaf((made := as_it_is(path))[0]), made[1]))
    with pytest.raises(AssertionError):
        test_a_change_is_found_only_after_commit_and_reload_and_only_by_a_new_searcher()


# The pages


@pytest.mark.parametrize("name", ["rate.svg", "rate.narrow.svg"])
def test_the_figure_writes_the_stored_gains_beside_its_steps(name):
    drawn = (RESULTS / "commit-cost" / name).read_text(encoding="utf-8")
    assert re.findall(r"× ([0-9.]+)", drawn) == [f"{STORED[f'gain{size}']:.1f}" for size in (100, 1000, 10000)]
    assert load("commit-cost").LAB.engines == ("tantivy",)


def test_every_result_is_used():
    pages = [ROOT / "docs/posts/cross-entity-search.md", ROOT / "docs/labs/commit-cost.md"]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    bound = set(re.findall(r"commit-cost\.([a-z0-9_.]+)", text))
    unused = [key for key, value in STORED.items() if not isinstance(value, list) and key not in bound]
    here = Path(__file__).read_text(encoding="utf-8")
    assert [key for key in unused if f'"{key}"' not in here] == []
