"""The claims of "Before merging relevance scores, let the indexes agree on rarity" about later pages."""

import re
from pathlib import Path
from random import Random

import pytest

from labs import paging as lab
from labs.kit import postgres
from labs.kit.store import read, values

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stored():
    return values(read("paging"))


@pytest.fixture(scope="module")
def server():
    with postgres.postgres({"max_parallel_workers_per_gather": "0"}) as connect:
        connection = connect()
        lab.fill(connection, rows=20_000, matching=1_000)
        yield connection


def page(connection, statement, skipped, last=""):
    filled = statement.format(page=lab.PAGE, skipped=skipped, last=last)
    return [row[0] for row in connection.execute(filled.encode()).fetchall()]


@pytest.mark.parametrize("skipped", [0, 12, 1_200])
def test_the_three_ways_show_the_same_page(server, skipped):
    last = lab.cursor_after(server, lab.OFFSET, skipped, 1, 0)
    shown = [page(server, statement, skipped, last) for statement in (lab.OFFSET, lab.JOINED, lab.KEYSET)]
    assert shown[0] == shown[1] == shown[2]
    assert len(shown[0]) == 12


@pytest.mark.parametrize("skipped", [0, 120])
def test_by_rank_offset_and_cursor_show_the_same_page(server, skipped):
    last = lab.cursor_after(server, lab.RANKED_OFFSET, skipped, 4, 0)
    assert page(server, lab.RANKED_OFFSET, skipped) == page(server, lab.RANKED_KEYSET, skipped, last)


def test_an_offset_touches_a_page_for_every_row_and_a_cursor_as_many_as_page_one(server, stored):
    last = lab.cursor_after(server, lab.OFFSET, 3_000, 1, 0)
    offset, joined, keyset = (
        lab.touched(server, statement, 3_000, last) for statement in (lab.OFFSET, lab.JOINED, lab.KEYSET)
    )
    assert 3_000 < offset < 3_100
    assert keyset <= 16 < joined < 100
    assert stored["pages.offset"] == sorted(stored["pages.offset"])
    assert all(cost > skipped for cost, skipped in zip(stored["pages.offset"], stored["skipped"], strict=True))
    assert max(stored["pages.keyset"]) - min(stored["pages.keyset"]) <= 2
    assert stored["first.offset"] == stored["first.keyset"] < stored["first.joined"]
    assert stored["deep.offset"] > 100 * stored["deep.joined"] > 100 * stored["deep.keyset"]


def test_an_offset_costs_less_where_the_table_is_stored_in_the_order_asked_for(stored):
    with postgres.postgres({"max_parallel_workers_per_gather": "0"}) as connect:
        connection = connect()
        lab.fill(connection, rows=20_000, matching=1_000, sorted_too=True)
        assert lab.touched(connection, lab.OFFSET, 3_000) < 200
    assert stored["ordered"] < stored["deep.offset"] / 20


def test_by_a_computed_rank_every_page_costs_the_same(server, stored):
    last = lab.cursor_after(server, lab.RANKED_OFFSET, 600, 4, 0)
    costs = {lab.touched(server, lab.RANKED_OFFSET, skipped) for skipped in (0, 600)}
    costs.add(lab.touched(server, lab.RANKED_KEYSET, 600, last))
    assert len(costs) == 1
    assert stored["ranked.spread"] == 0
    assert stored["ranked"] > 100 * stored["first.keyset"]


def test_a_cursor_of_an_index_would_not_help_a_rank_without_one(server):
    """Break the claim: given an index in the order of the rank, a cursor does save the reading."""
    server.execute("BEGIN")
    server.execute(f"CREATE INDEX by_rank ON entry (({lab.RANK}) DESC, id DESC) WHERE words @@ {lab.QUERY}".encode())
    server.execute("ANALYZE entry")
    last = lab.cursor_after(server, lab.RANKED_OFFSET, 600, 4, 0)
    found = lab.touched(server, lab.RANKED_KEYSET, 600, last)
    server.execute("ROLLBACK")
    assert found < lab.touched(server, lab.RANKED_KEYSET, 600, last) / 5


# After a change


@pytest.fixture(scope="module")
def shown():
    return {kind: lab.changed(*held, queries=8) for kind, held in lab.ADDITIONS.items()}


def test_strangers_make_a_score_cursor_pass_documents_over_and_leave_the_offset_alone(shown, stored):
    assert shown["strangers"]["offset"] == [0, 0, 0]
    assert shown["strangers"]["cursor"][0] == 0
    assert shown["strangers"]["cursor"][1] > 5
    assert stored["strangers.cursor.passed"] > 8
    assert stored["strangers.offset.repeated"] == stored["strangers.offset.passed"] == 0
    assert stored["strangers.cursor.repeated"] == 0


def test_where_all_that_is_new_holds_both_words_once_a_score_cursor_repeats_and_the_offset_shows_the_new(shown, stored):
    for repeated, by_offset, new in (
        (shown["once"]["cursor"][0], shown["once"]["offset"][0], shown["once"]["offset"][2]),
        (stored["once.cursor.repeated"], stored["once.offset.repeated"], stored["once.offset.new"]),
    ):
        assert repeated > 2.5
        assert by_offset < 1.5
        assert new > 10
    assert stored["once.offset.passed"] == stored["once.cursor.passed"] == 0


def test_how_often_the_new_hold_the_words_decides_how_many_are_repeated(shown, stored):
    assert shown["thrice"]["cursor"][0] < shown["once"]["cursor"][0] / 2
    assert stored["thrice.cursor.repeated"] < 1
    assert stored["thrice.cursor.passed"] == stored["thrice.offset.passed"] == 0


def test_new_documents_that_rank_on_page_one_are_missed_by_the_offset_and_shown_by_the_cursor():
    catalogue = lab.Catalogue(8, Random(5))
    catalogue.add(*lab.ADDITIONS["once"])
    by_offset, by_cursor, top = 0, 0, 0
    for query in range(8):
        _, now, pages = lab.second_pages(catalogue, query)
        new = {key for key in now[: lab.PAGE] if key >= lab.DOCUMENTS}
        top += len(new)
        by_offset += len(new & {*pages["offset"]})
        by_cursor += len(new & {*pages["cursor"]})
    assert by_offset == 0
    assert by_cursor > top / 2 > 0


def test_additions_like_the_rest_trouble_both(stored):
    assert 0 < stored["alike.offset.repeated"] < 2
    assert 0 < stored["alike.cursor.repeated"] < 2
    assert stored["alike.cursor.passed"] > stored["alike.offset.passed"] > 0


def test_the_number_of_queries_does_not_set_how_long_a_document_is():
    catalogue = lab.Catalogue(lab.QUERIES, Random(5))
    assert 3 * len(catalogue.words()) <= 300


def test_added_documents_hold_a_word_as_often_as_they_are_told():
    for most in (1, 3):
        catalogue = lab.Catalogue(2, Random(5))
        written = []
        catalogue.write = lambda first, texts, into=written: into.extend(texts)
        catalogue.add(1.0, most, 50)
        assert {text.count(word) for text in written for word in catalogue.words()} == set(range(1, most + 1))


def test_a_snapshot_has_neither_fault(shown, stored):
    assert stored["frozen"] == 0
    assert all(found["frozen"] == [0, 0, 0] for found in shown.values())


def test_if_nothing_is_added_nothing_is_repeated_or_passed_over():
    assert list(lab.changed(0.0, 0, queries=2, number=0).values()) == [[0, 0, 0]] * 3


def test_faults_are_counted_as_the_lab_says():
    assert lab.faults([1, 2], [1, 2, 3, 4], [3, 4]) == (0, 0, 0)
    assert lab.faults([1, 2], [9_999, 1, 2, 3], [2, 3]) == (1, 0, 0)
    assert lab.faults([1, 2], [3, 1, 2, 4, 5], [4, 5]) == (0, 1, 0)
    assert lab.faults([1, 2], [9_999, 1, 2, 3, 4], [3, 4]) == (0, 0, 0)
    assert lab.faults([1, 2], [1, 2, 9_999, 3, 4], [9_999, 3]) == (0, 0, 1)


def test_scores_rise_with_strangers_and_fall_with_holders():
    for share, sign in ((0.0, 1), (1.0, -1)):
        catalogue = lab.Catalogue(1, Random(5))
        before = {key: -score for score, key in catalogue.ranking(catalogue.before, 0)}
        catalogue.add(share, 1)
        now = {key: -score for score, key in catalogue.ranking(catalogue.index.searcher(), 0)}
        assert all(sign * (now[key] - before[key]) > 0 for key in before)


# The pages


def test_every_result_is_used(stored):
    pages = [ROOT / "docs/posts/scores-do-not-travel.md", ROOT / "docs/labs/paging.md"]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    bound = set(re.findall(r"paging\.([a-z0-9_.]+)", text))
    unused = [key for key, value in stored.items() if not isinstance(value, list) and key not in bound]
    assert unused == []
