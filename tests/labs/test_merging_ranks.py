"""The claims of "Before merging relevance scores, let the indexes agree on rarity" about merging."""

import math
import re
from collections import defaultdict
from itertools import product
from pathlib import Path
from random import Random

import pytest

from labs import merging_ranks as lab
from labs.kit.store import read, values
from labs.merging_ranks import LARGE, PAGE, SHALLOW, SIZE, Engine, Setting, merge, minmax, raw, rrf, zscore

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stored():
    return values(read("merging-ranks"))


@pytest.fixture(scope="module")
def grid():
    """A part of the settings and queries, with another seed."""
    kinds = product((0, 4, 12), ("common",), lab.LOOKALIKES)
    return lab.play([Setting(*kind) for kind in kinds], "alike", queries=8, seed=7)


# A score


def test_the_card_scores_twice_the_logarithm_that_the_essay_states(stored):
    scores, same = lab.cards()
    for name, held in lab.CARDS.items():
        assert scores[name] == pytest.approx(2 * math.log(4001 / (held + 0.5)), rel=1e-5)
        assert stored[f"card.{name}"] == pytest.approx(scores[name])
        assert scores[name] / 2 == pytest.approx(math.log(4000 / held), abs=0.03)
    assert list(scores.values()) == sorted(scores.values())
    assert same == pytest.approx([2 * math.log(12001 / 280.5)] * 3, rel=1e-5)
    assert stored["card.agreed"] == pytest.approx(same[0], rel=1e-5)


def test_without_the_weights_the_cards_scores_differ(monkeypatch):
    """Break the fix: if every rarity is taken to be the same, the weights are 1 and agree on nothing."""
    monkeypatch.setattr(Engine, "rarity", lambda self, word: 1.0)
    scores, same = lab.cards()
    assert same == pytest.approx(list(scores.values()))
    assert same[2] > same[0] + 4


def scored(query, text, held, size=SIZE):
    """Score a text of 40 words where so many documents of its collection hold each word once."""
    mentions = ["baker " + "x " * 39, "street " + "x " * 39]
    bodies = [text + " x" * (40 - len(text.split()))] + [m for m in mentions for _ in range(held - 1)]
    bodies += ["x " * 40] * (size - len(bodies))
    return {key: score for score, key in Engine(dict(enumerate(bodies))).hits(query, size)}[0]


def test_three_mentions_in_a_letter_do_not_pass_one_in_a_person():
    person = scored("baker", "baker", 20)
    assert person == pytest.approx(5.27, abs=0.01)
    assert scored("baker", "baker " * 3, 212) == pytest.approx(2.94 * 2.2 * 3 / 4.2, rel=0.01)
    assert scored("baker", "baker " * 3, 212) < person


@pytest.mark.parametrize(("size", "outweighs"), [(4_000, True), (8_000, False), (20_000, False)])
def test_two_words_outweigh_a_mention_below_the_square_root_of_its_share(size, outweighs):
    letter, person = scored("baker street", "baker street", 212), scored("baker", "baker", 20, size)
    assert (letter > person) is outweighs is (math.sqrt(20 / size) > 212 / 4_000)


# Ranks


def lists(*sizes):
    return [
        [(float(10 * place + size - rank), place * LARGE + rank) for rank in range(size)]
        for place, size in enumerate(sizes)
    ]


@pytest.mark.parametrize("constant", [0, 1, 10, 60, 1000])
def test_rank_fusion_deals_in_turn_whatever_its_constant(constant):
    order = merge(lists(30, 30, 30), lambda hits: rrf(hits, constant), end=90)
    assert [[key // LARGE for key in order[at : at + 3]] for at in range(0, 90, 3)] == [[0, 1, 2]] * 30
    assert [key % LARGE for key in order] == [rank for rank in range(30) for _ in range(3)]


def test_page_one_hundred_by_rank_is_at_places_397_to_400():
    whole = merge(lists(1200, 1200, 1200), rrf, end=1200)[-PAGE:]
    assert sorted({key % LARGE + 1 for key in whole}) == [397, 398, 399, 400]


def test_a_list_that_ends_leaves_its_places_to_the_others():
    order = merge(lists(30, 2, 30), rrf)
    assert [sum(key // LARGE == place for key in order) for place in range(3)] == [5, 2, 5]


def test_a_weight_is_a_queue():
    def order(first, constant, end):
        boosted = [[(first / (constant + rank), key) for rank, (_, key) in enumerate(lists(100)[0], 1)]]
        boosted.append([(1 / (constant + rank), key) for rank, (_, key) in enumerate(lists(0, 100)[1], 1)])
        return [key // LARGE for key in merge(boosted, raw, end)]

    assert order(0.7 / 0.3, 40, 56) == [0] * 55 + [1]
    assert 4 * PAGE < 56 <= 5 * PAGE
    assert sum(order(1.181, 60, PAGE)) == 0
    assert sum(order(1.180, 60, PAGE)) == 1


def test_ranks_show_four_where_one_collection_has_all(grid, stored):
    assert {stored[f"{row}.rrf"] for row in ("letters", "small", "single", "six", "twelve")} == {4}
    for lookalikes, asked in product(lab.LOOKALIKES, lab.ASKED):
        assert grid[Setting(12, lookalikes=lookalikes, asked=asked)]["rrf"] == pytest.approx(4)


# Planting and merging


def test_lookalikes_are_planted_in_the_others_only_and_mentions_by_collection():
    texts = defaultdict(list)
    _, relevant = lab.plant(texts, Random(1), Setting(8, "common", 6), "q")
    places = [[key for key in texts if key // LARGE == place] for place in range(3)]
    both = [{key for key in keys if {"qa", "qb"} <= set(texts[key])} for keys in places]
    assert [len(relevant & keys) for keys in both] == [8, 2, 2]
    assert [len(keys - relevant) >= 6 for keys in both[1:]] == [True, True]
    holders = [sum("qa" in texts[key] for key in keys) for keys in places]
    assert 200 <= holders[0] <= 208
    assert all(20 <= number <= 28 for number in holders[1:])
    assert {texts[key].count("qa") for key in relevant} <= {1, 2, 3}
    assert all(text.count("qa") == 1 for text in texts.values() if "qa" in text and "qb" not in text)
    assert max(key % LARGE for key in texts) < SIZE


@pytest.mark.parametrize(("kind", "sizes"), [("alike", (4, 4, 4)), ("large", (20, 4, 4)), ("small", (4, 20, 20))])
def test_collections_have_their_sizes_and_lengths(kind, sizes):
    bodies = lab.filled(defaultdict(list), kind, Random(1))
    assert [sum(key // LARGE == place for key in bodies) for place in range(3)] == [1_000 * size for size in sizes]
    assert {80, 240} <= {len(body.split()) for body in bodies.values()} <= set(range(80, 241))


def test_min_max_ends_at_0_and_1_and_a_z_score_has_mean_0():
    hits = lists(5)[0]
    stretched, counted = minmax(hits), zscore(hits)
    assert (stretched[0], stretched[-1]) == (1, 0)
    assert sum(counted) == pytest.approx(0)
    assert sum(value**2 for value in counted) / 5 == pytest.approx(1)
    assert raw(hits) == [score for score, _ in hits]
    assert (minmax(hits[:1]), zscore(hits[:1])) == ([1], [0])


# What is shown


def test_raw_scores_keep_two_words_and_lose_one(grid, stored):
    for two, one in (
        (grid[Setting(12)]["raw"], grid[Setting(12, asked=1)]["raw"]),
        (stored["letters.raw"], stored["single.raw"]),
    ):
        assert two > 8
        assert one == 0
    assert stored["line.raw2"] == sorted(stored["line.raw2"], reverse=True)
    assert stored["line.raw1"] == sorted(stored["line.raw1"], reverse=True)
    assert stored["line.raw1"][0] == pytest.approx(8, abs=0.2)
    assert stored["line.raw2"][0] > 11.8


def test_ranks_peak_where_each_collection_has_four_and_agreed_rarity_is_flat(stored):
    line = stored["line.rrf2"]
    assert max(line) == line[2] == pytest.approx(11, abs=0.5)
    assert line[0] == pytest.approx(8, abs=0.1)
    assert all(9.8 <= shown <= 10.3 for shown in stored["line.agreed2"])
    assert all(7 <= shown <= 8 for shown in stored["line.agreed1"])


def test_larger_collections_elsewhere_cost_raw_scores_more_than_half_and_agreed_rarity_nothing(stored):
    found = lab.play([Setting(12, kind="small")], "small", queries=8, seed=3)[Setting(12, kind="small")]
    assert found["raw"] < 6 < 9 < found["agreed"]
    assert stored["small.raw"] < stored["letters.raw"] / 2
    assert stored["small.agreed"] == pytest.approx(stored["letters.agreed"], abs=0.3)


def test_lookalikes_take_raw_scores_first_and_agreed_rarity_falls_behind_ranks_at_twelve(grid, stored):
    for shown in (lambda n, name: grid[Setting(12, lookalikes=n)][name], lambda n, name: stored[f"{NUMBER[n]}.{name}"]):
        assert shown(6, "raw") < 1
        assert shown(12, "raw") < 0.5
        assert shown(6, "agreed") > 4.5
    assert stored["twelve.agreed"] < stored["twelve.rrf"] < stored["six.agreed"]
    assert stored["six.agreed_over_rrf"] > 4 * stored["six.rrf_over_agreed"]
    assert stored["twelve.rrf_over_agreed"] > 2 * stored["twelve.agreed_over_rrf"]


NUMBER = {6: "six", 12: "twelve"}


def test_agreed_rarity_has_the_best_worst_case_of_every_group_and_of_all(stored):
    for group in lab.GROUPS:
        least = {name: stored[f"least.{group}.{name}"] for name in lab.SHOWN}
        assert least["agreed"] > least["rrf"] + 1
        assert least["agreed"] > least["raw"] + 3
    ranks = min(stored[f"least.{group}.rrf"] for group in lab.GROUPS)
    assert max(stored["least.minmax"], stored["least.zscore"]) < ranks
    assert stored["least.zscore"] == 0
    assert {stored[f"least.{group}.raw"] for group in ("one", "six", "twelve")} == {0}


def test_against_raw_scores_the_number_of_words_decides(grid, stored):
    assert stored["two.raw_over_agreed"] > 2 * stored["two.agreed_over_raw"] > 0
    assert stored["one.agreed_over_raw"] > 4 * stored["one.raw_over_agreed"] > 0
    assert stored["cost"] < 3 < 7 < stored["saving"]
    assert grid[Setting(4)]["agreed"] < grid[Setting(4)]["raw"]


def test_the_groups_are_as_many_settings_as_the_essay_says():
    kinds = list(product(lab.LETTERS, lab.MENTIONS, lab.LOOKALIKES, lab.COLLECTIONS, lab.ASKED))
    assert len(kinds) == 630
    for lookalikes, asked, _, _ in lab.GROUPS.values():
        assert sum(k[2] == lookalikes and k[4] in asked for k in kinds) == (105 if len(asked) == 1 else 210)


def test_counts_and_extremes_of_a_small_grid_by_hand():
    rows = {
        Setting(0): (5, 4, 4.5, 4.0),
        Setting(2): (4, 4, 4.4, 4.4),
        Setting(0, asked=1): (0, 4, 7, 7.2),
        Setting(0, lookalikes=6): (1, 5, 4, 4),
        Setting(0, lookalikes=12, kind="long"): (1, 3, 4, 1),
    }
    names = ("raw", "rrf", "agreed", "shared")
    grid = {
        s: dict(zip(names, row, strict=True)) | {"minmax": row[0] + 1, "zscore": row[0] + 2} for s, row in rows.items()
    }
    found = {key: result.value for key, result in lab.extremes(grid).items()}
    assert (found["two.raw_over_agreed"], found["two.agreed_over_raw"]) == (1, 0)
    assert (found["six.agreed_over_rrf"], found["six.rrf_over_agreed"]) == (0, 1)
    assert (found["twelve.agreed_over_rrf"], found["twelve.rrf_over_agreed"]) == (1, 0)
    assert (found["cost"], found["saving"]) == (0.5, 7)
    assert found["shared.alike"] == pytest.approx(0.5)
    assert (found["shared.ahead"], found["shared.behind"]) == pytest.approx((0.2, 3))
    assert (found["least.two.agreed"], found["least.minmax"], found["least.zscore"]) == (4.4, 1, 2)


def test_agreed_rarity_asks_each_index_as_one_index_of_all_would_weigh():
    texts, chance = defaultdict(list), Random(3)
    words, _ = lab.plant(texts, chance, Setting(12), "q")
    parts, shared = lab.engines(lab.filled(texts, "alike", chance))
    scores = {key: score for hits in lab.agreed(words, parts, shared) for score, key in hits}
    whole = {key: score for score, key in shared.hits(" ".join(words))}
    assert all(scores[key] == pytest.approx(whole[key], rel=0.05) for key in whole if key in scores)


def test_one_index_differs_where_lengths_do(stored):
    assert stored["shared.alike"] < 0.5
    assert min(stored["shared.ahead"], stored["shared.behind"]) > 6
    setting = Setting(12, "rare", kind="long")
    found = lab.play([setting], "long", queries=6, seed=3)[setting]
    assert found["shared"] < 5 < 8 < found["agreed"]


def test_a_z_score_changes_with_the_hits_it_is_given(grid, stored):
    assert stored["letters.shallow"] == pytest.approx(stored["letters.rrf"], abs=0.3)
    assert stored["even.shallow"] == pytest.approx(stored["even.rrf"], abs=0.3)
    assert stored["letters.zscore"] > 2 * stored["letters.shallow"]
    assert stored["even.zscore"] < stored["even.shallow"] - 3
    assert grid[Setting(12)]["zscore"] > 2 * grid[Setting(12)]["shallow"]
    assert (lab.DEPTH, SHALLOW) == (200, 24)


def test_any_weights_that_are_the_same_everywhere_do_nearly_as_well(grid, monkeypatch):
    """What the lab does not show: rarity itself plays no part in it."""

    def plain(words, parts, shared):
        return [part.hits(" ".join(f"{word}^{1 / part.rarity(word):.6f}" for word in words)) for part in parts]

    monkeypatch.setattr(lab, "agreed", plain)
    kinds = product((0, 4, 12), ("common",), lab.LOOKALIKES)
    found = lab.play([Setting(*kind) for kind in kinds], "alike", queries=8, seed=7)
    assert all(abs(found[s]["agreed"] - grid[s]["agreed"]) < 0.3 for s in grid)


# The pages


def test_every_result_is_used(stored):
    pages = [ROOT / "docs/posts/scores-do-not-travel.md", ROOT / "docs/labs/merging-ranks.md"]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    bound = set(re.findall(r"merging-ranks\.([a-z0-9_.]+)", text))
    unused = [key for key, value in stored.items() if not isinstance(value, list) and key not in bound]
    assert unused == ["least.zscore"], "the essay says: none at all"
    assert len(stored) < 60
