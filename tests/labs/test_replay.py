"""The claims of "A million events a day is twelve a second" that rest on reading events again."""

import re
from collections import Counter
from pathlib import Path

import pytest

from labs import replay
from labs.kit.store import read, values
from labs.replay import BUSY, RULES, WAYS, catch_up, consume, counted, deliveries, events, speeds, store

ROOT = Path(__file__).resolve().parents[2]
FEWER = 60_000


@pytest.fixture(scope="module")
def stored():
    return values(read("replay"))


def wrong(way, rule):
    return counted(rule, deliveries(way, FEWER)) - FEWER


# Deliveries


def test_one_hire_in_a_hundred_is_repeated():
    for way in ("redelivered", "appended"):
        assert len(list(deliveries(way, FEWER))) == FEWER * 1.01


def test_a_late_repeat_comes_as_late_as_the_page_says_or_not_at_all():
    assert (replay.LATE, replay.WINDOW, replay.COMMIT) == (50_000, 10_000, 1000), "the page names them"
    met = {}
    gaps = {place - met.setdefault(hire, place) for place, hire in deliveries("late")} - {0}
    assert min(gaps) >= replay.LATE
    assert max(gaps) < replay.LATE + replay.EVERY


@pytest.mark.parametrize("way", WAYS)
def test_no_way_of_delivery_drops_a_hire(way):
    assert {hire for _, hire in deliveries(way, FEWER)} == set(range(FEWER))


def test_a_repeated_delivery_keeps_its_position_and_a_repeated_append_has_a_new_one():
    assert len({place for place, _ in deliveries("redelivered", FEWER)}) == FEWER
    assert len({place for place, _ in deliveries("appended", FEWER)}) == FEWER * 1.01


def test_swapped_deliveries_are_out_of_order_and_each_comes_once():
    places = [place for place, _ in deliveries("swapped", FEWER)]
    assert sorted(places) == list(range(FEWER))
    assert places != sorted(places)


# Counting


def test_a_naive_count_is_wrong_by_every_repetition(stored):
    for way in ("redelivered", "appended"):
        assert wrong(way, "naive") == FEWER // 100
        assert stored[f"{way}.naive"] == stored["hires"] // 100
    assert stored["late.naive"] == (stored["hires"] - replay.LATE) // 100
    assert wrong("again", "naive") == FEWER


def test_a_position_catches_what_is_delivered_again_and_not_what_was_appended_again():
    assert wrong("redelivered", "position") == wrong("again", "position") == 0
    assert wrong("appended", "position") == FEWER // 100
    assert wrong("late", "position") == wrong("late", "naive") > 0


def test_a_window_forgets_what_comes_late_and_everything_in_a_replay(stored):
    assert wrong("appended", "window") == 0
    assert wrong("late", "window") > 0
    assert wrong("again", "window") == FEWER
    assert stored["late.window"] == stored["late.naive"] == 1500
    assert stored["again.window"] == stored["again.naive"] == stored["hires"]


def test_a_larger_window_catches_what_comes_late(monkeypatch):
    monkeypatch.setattr(replay, "WINDOW", replay.LATE + 2 * replay.BATCH)
    assert wrong("late", "window") == 0


@pytest.mark.parametrize("way", WAYS)
def test_all_keys_are_right_under_every_delivery(way, stored):
    assert wrong(way, "keys") == stored[f"{way}.keys"] == 0


def test_a_keyed_store_and_a_position_are_right_unless_the_order_is_lost(stored):
    for way in ("redelivered", "appended", "late", "again"):
        assert wrong(way, "keyed") == stored[f"{way}.keyed"] == 0
    assert wrong("swapped", "keyed") < 0
    assert stored["swapped.keyed"] == stored["swapped.position"] == -stored["hires"] // 100


def test_a_store_that_takes_every_key_makes_the_position_wrong_again():
    """Break the fix: without the store's key, the rule of a position alone counts what was appended twice."""
    assert wrong("late", "keyed") == 0 < wrong("late", "position")


def test_what_the_store_keeps_all_five_rules_agree_on():
    stream = [(hire, hire) for hire in range(1000)]
    assert {counted(rule, stream) for rule in RULES} == {1000}


# Size and speed


def test_events_are_the_same_every_time_and_no_two_share_a_key():
    made = list(events(1000))
    assert made == list(events(1000))
    assert len({event.key for event in made}) == 1000
    assert all(re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", event.trace) for event in made)


def test_the_sizes_lie_within_a_tenth(monkeypatch, tmp_path, stored):
    monkeypatch.setattr(replay, "EVENTS", 20_000)
    plain, unique = (replay.bytes_per_event(tmp_path, key) for key in ("", "UNIQUE"))
    assert plain == pytest.approx(stored["size.event"], rel=0.1)
    assert unique == pytest.approx(stored["size.keyed"], rel=0.1)
    assert stored["size.keyed"] - stored["size.event"] == pytest.approx(stored["size.key"])


def test_reading_is_several_times_faster_than_single_commits_and_batches_than_single_events(monkeypatch, tmp_path):
    monkeypatch.setattr(replay, "TIMED", 2000)
    read, bulk, batch = speeds(tmp_path)
    assert read > 3
    assert batch > 3
    assert bulk < read / 2


def test_a_consumer_of_batches_counts_what_one_of_single_events_counts(tmp_path):
    made = list(events(2000))
    boards = []
    for step in (1, 1000):
        board = store(tmp_path / f"board{step}", replay.BOARD)
        consume(made, board, step)
        assert board.execute("SELECT position FROM seen").fetchall() == [(2000,)]
        boards.append(board.execute("SELECT * FROM board ORDER BY bike").fetchall())
    assert boards[0] == boards[1]
    assert dict(boards[0]) == Counter(event.bike for event in made)


# Catching up


@pytest.mark.parametrize("busy", [0.1, 0.5, 0.8])
def test_the_formula_is_what_a_queue_does(busy):
    """Work off a backlog one event at a time while new ones arrive once a minute."""
    backlog, clock, arrived = 5000, 0.0, 0
    while backlog + int(clock) - arrived > 0 or arrived < 5000:
        clock += busy  # minutes for one event
        if backlog:
            backlog -= 1
        elif arrived < int(clock):
            arrived += 1
        else:
            break
    assert clock == pytest.approx(catch_up(busy, 5000), rel=0.01)


def test_workers_who_share_nothing_divide_the_year(stored):
    assert replay.WORKERS == 8
    assert round(stored["days.shared"]) == 24
    assert catch_up(0.5, 365, 1) == 365
    for workers in (2, 8):  # what they work off in the time is the history and what came meanwhile
        days = catch_up(0.5, 365, workers)
        assert workers * days == pytest.approx(0.5 * (365 + days))


def test_a_tenth_busy_takes_forty_days_and_half_busy_a_year(stored):
    assert round(stored["days.at10"]) == 41
    assert stored["days.at50"] == 365
    assert stored["days"] == pytest.approx([catch_up(share) for share in BUSY])
    assert stored["days.at90"] == pytest.approx(9 * 365)
    assert stored["days.at1"] < 4


# The pages


def test_every_result_is_used(stored):
    """A scalar is bound on a page, or a test reads it; a series is drawn."""
    pages = [ROOT / "docs/posts/business-events-sdk.md", ROOT / "docs/labs/replay.md"]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    bound = set(re.findall(r"replay\.([a-z0-9_.]+)", text))
    here = Path(__file__).read_text(encoding="utf-8")
    unused = [key for key, value in stored.items() if not isinstance(value, list) and key not in bound]
    assert [key for key in unused if f'"{key}"' not in here] == []
