"""The claims of "A date is a percentile, and waiting for everybody lowers it"."""

import math
import re
from itertools import product
from pathlib import Path
from random import Random

import pytest

from labs import schedule as lab
from labs.kit.store import read, values
from labs.schedule import CHANCES, World, after_each, at_end, cuts, date, kept, most_often_last, rarely

ROOT = Path(__file__).resolve().parents[2]
STORED = values(read("schedule"))
BOOKS = World().draw(2500, seed=7)
STRANDS = [sum(strand) for book in BOOKS for strand in book]
ENDS = [at_end(book) for book in BOOKS]


WORLDS = {"own": World(), "half": World(book=0.5), "strand": World(strand=0.5)}
DRAWN = {name: world.draw(2500, seed=8) for name, world in WORLDS.items()}


@pytest.fixture(scope="module")
def gains():
    """What each cut gains with everybody's own luck, with half shared by the book, with half along each strand."""
    return {name: cuts(books) for name, books in DRAWN.items()}


# The world


@pytest.mark.parametrize("world", [World(), World(book=0.5), World(strand=0.5), World(book=0.3, strand=0.3)])
def test_estimates_are_fair_and_one_task_in_ten_takes_twice_as_long(world):
    tasks = [task for book in world.draw(1500, seed=1) for strand in book for task in strand]
    assert kept(tasks, 2.0) == pytest.approx(500, abs=30)
    assert kept(tasks, 4.0) == pytest.approx(900, abs=20)
    assert kept(tasks, 1.0) == pytest.approx(100, abs=20)
    assert sum(tasks) / len(tasks) == pytest.approx(2 * math.exp(world.sigma**2 / 2), rel=0.04)


@pytest.mark.parametrize(("book", "strand"), [(0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.25, 0.25)])
def test_luck_is_shared_by_whom_the_world_says(book, strand):
    drawn = World(book=book, strand=strand).draw(6000, seed=2)
    logs = [[[math.log(task / 2) for task in row] for row in one] for one in drawn]
    variance = World().sigma ** 2
    across = sum(one[0][0] * one[1][1] for one in logs) / len(logs)
    along = sum(one[0][0] * one[0][1] for one in logs) / len(logs)
    assert across / variance == pytest.approx(book, abs=0.05)
    assert along / variance == pytest.approx(book + strand, abs=0.05)


def test_the_ways_of_joining_on_a_book_done_by_hand():
    book = [[1.0, 5.0, 1.0], [4.0, 1.0, 1.0]]
    assert at_end(book) == 7
    assert after_each(book) == 4 + 5 + 1
    assert after_each(book, ahead=1) == 7
    assert after_each([[1.0, 1.0, 5.0], [4.0, 1.0, 1.0]], ahead=1) == 9  # the third waits for the first join, at 4
    assert after_each(book, ahead=2) == at_end(book)


def test_a_date_is_read_off_at_its_percentile():
    assert date(range(1, 101), 90) == 90
    assert date([3, 1, 2], 50) == 2
    assert kept([1, 2, 3, 4], 2) == 500


# The sum and the join


def test_about_three_strands_in_ten_and_three_books_in_a_thousand_keep_the_plan():
    assert STORED["one.kept"] == pytest.approx(kept(STRANDS, 12), abs=20)
    assert 290 < STORED["one.kept"] < 320
    assert STORED["end.kept"] == pytest.approx(1000 * (STORED["one.kept"] / 1000) ** 5)
    assert round(STORED["end.kept"]) == 3
    assert kept(ENDS, 12) < 8
    assert STORED["half.one"] == pytest.approx(kept([sum(s) for book in DRAWN["half"] for s in book], 12), abs=35)
    assert STORED["half.kept"] == pytest.approx(kept([at_end(book) for book in DRAWN["half"]], 12), abs=35)
    assert STORED["half.kept"] < 300  # "seven times in ten at least"


@pytest.mark.parametrize("spread", [1.25, 1.5, 2.0, 3.0, 5.0])
@pytest.mark.parametrize("tasks", [2, 6, 12])
def test_a_sum_of_fair_estimates_is_not_fair_while_luck_is_lopsided(spread, tasks):
    strands = [sum(book[0]) for book in World(strands=1, tasks=tasks, spread=spread).draw(4000, seed=3)]
    assert kept(strands, 2.0 * tasks) < 485


def test_with_symmetrical_luck_the_sum_is_fair_and_the_join_is_not():
    chance = Random(4)
    books = [[[chance.uniform(1, 3) for _ in range(6)] for _ in range(5)] for _ in range(3000)]
    assert kept([sum(book[0]) for book in books], 12) == pytest.approx(500, abs=30)
    assert kept([at_end(book) for book in books], 12) == pytest.approx(1000 * 0.5**5, abs=12)


def test_the_dates_come_in_the_order_of_the_figure():
    for one, end in zip(STORED["one"], STORED["end"], strict=True):
        assert one < end
    for name in ("one", "end", "half"):
        assert STORED[f"{name}.date50"] == STORED[name][CHANCES.index(50)]
    earlier = [half < end for half, end in zip(STORED["half"], STORED["end"], strict=True)]
    assert (earlier[:8], earlier[9:]) == ([True] * 8, [False] * 4)  # they cross near seventy in a hundred
    assert STORED["one.date50"] == pytest.approx(date(STRANDS, 50), abs=0.2)
    assert STORED["end.date50"] == pytest.approx(date(ENDS, 50), abs=0.2)
    assert STORED["each.date50"] == pytest.approx(date([after_each(book) for book in BOOKS], 50), abs=0.3)


def test_breaking_the_join_lets_the_plan_be_kept(monkeypatch):
    """Break it: take the first strand's word for the whole book, and the book is as early as a strand."""
    monkeypatch.setattr(lab, "max", lambda *times: next(iter(times[0])), raising=False)
    assert kept([lab.at_end(book) for book in BOOKS], 12) > 250


def test_what_is_stored_is_what_other_books_give():
    for key, result in lab.plans(BOOKS).items():
        assert STORED[key] == pytest.approx(result.value, rel=0.08, abs=1), key


# Averages


def test_means_and_variances_repair_the_sum_and_leave_the_join():
    mean = sum(STRANDS) / len(STRANDS)
    deviation = math.sqrt(sum((strand - mean) ** 2 for strand in STRANDS) / len(STRANDS))
    assert STORED["pert"] == pytest.approx(mean + 1.2816 * deviation, rel=0.02)
    assert kept(STRANDS, STORED["pert"]) == pytest.approx(900, abs=15)  # "about nine times in ten"
    assert STORED["pert.end"] == pytest.approx(kept(ENDS, STORED["pert"]), abs=35)
    assert 550 < STORED["pert.end"] < 600  # "fewer than six in ten"


def test_the_fifth_power_is_that_in_the_text():
    assert round(STORED["one.kept"]) == 305


def test_padding_every_task_gives_too_much_in_one_world_and_too_little_in_the_others():
    assert STORED["end.date90"] == pytest.approx(date(ENDS, 90), abs=0.4)
    assert STORED["end.date90"] < 6 * 4 - 1
    assert 6 * 4 + 1 < STORED["half.date90"] < STORED["strand.date90"]
    for books in DRAWN.values():
        assert date([after_each(book) for book in books], 90) > 28  # milestones: more still


# Shared luck


def test_shared_luck_makes_the_middle_earlier_and_the_end_later():
    middle, end = STORED["shared.date50"], STORED["shared.date90"]
    assert middle == sorted(middle, reverse=True)
    assert min(end[1:]) > end[0] + 2
    assert middle[-1] == pytest.approx(12, abs=0.2)
    assert end[-1] == pytest.approx(24, abs=0.4)
    assert (middle[2], end[2]) == (STORED["half.date50"], STORED["half.date90"])
    assert max(end) - end[2] < 1  # "a little later still"
    assert max(end) == end[3]


def test_a_book_ranges_more_widely_if_luck_is_shared():
    """Between its one-in-ten and its nine-in-ten date, by which factor."""
    for key, world in (("end", "own"), ("half", "half")):
        ends = [at_end(book) for book in DRAWN[world]]
        assert STORED[f"{key}.range"] == pytest.approx(date(ends, 90) / date(ends, 10), rel=0.08)
    assert STORED["end.range"] < 1.6 < 2.5 < STORED["half.range"] < 3


def test_if_all_luck_is_shared_every_way_of_joining_is_the_same():
    book = World(book=1.0).draw(1, seed=5)[0]
    assert at_end(book) == pytest.approx(after_each(book)) == pytest.approx(sum(book[0]))


def test_if_strands_are_single_tasks_both_dates_get_earlier():
    alone, common = ([at_end(book) for book in World(tasks=1, book=share).draw(8000, seed=6)] for share in (0.0, 0.5))
    assert date(common, 50) < date(alone, 50)
    assert date(common, 90) < date(alone, 90)


def test_luck_shared_along_a_strand_makes_both_dates_worse():
    assert STORED["strand.date50"] > STORED["end.date50"] + 2
    assert STORED["strand.date90"] > STORED["half.date90"] + 2
    fresh = [at_end(book) for book in World(strand=0.5).draw(2500, seed=9)]
    assert date(fresh, 50) == pytest.approx(STORED["strand.date50"], abs=0.5)


# Percentiles


def nine(times, ratio=1.0, past=9, rank=-1):
    """Promise each book a time of the `past` before it, the longest or another, and count those that keep it."""
    nines = [sorted(times[i - past : i])[rank] * ratio for i in range(past, len(times))]
    return 1000 * sum(time <= promise for time, promise in zip(times[past:], nines, strict=True)) / len(nines)


@pytest.mark.parametrize("world", [World(tasks=2), World(tasks=2, book=0.5), World(tasks=2, strand=0.5, spread=5)])
def test_the_longest_of_nine_is_kept_nine_times_in_ten(world):
    times = [at_end(book) for book in world.draw(8000, seed=10)]
    assert nine(times) == pytest.approx(900, abs=15)
    assert nine(times, past=3) == pytest.approx(750, abs=20)
    assert nine(times, rank=4) == pytest.approx(500, abs=30)


def test_a_single_nine_can_be_lucky_and_its_fifth_is_looser():
    chance = Random(11)
    nines = [sorted(chance.random() for _ in range(9)) for _ in range(20_000)]
    assert sum(one[-1] < 0.8 for one in nines) / 20_000 == pytest.approx(0.8**9, abs=0.01)
    assert sum(one[-1] < 0.9 for one in nines) / 20_000 == pytest.approx(0.9**9, abs=0.01)
    off = [sum(abs(one[rank] - aim) > 0.15 for one in nines) for rank, aim in ((-1, 0.9), (4, 0.5))]
    assert 2 * off[0] < off[1]


def test_ratios_to_the_plan_do_not_travel_between_sizes():
    """The longest of nine books of six habitats and five strands, as a ratio, for a tenth of another size."""
    past = [at_end(book) / 12 for book in World().draw(4500, seed=12)]
    promises = [max(past[i : i + 9]) for i in range(0, 4500, 9)] * 4
    rates = {}
    for strands, tasks in ((5, 3), (5, 12), (8, 6)):
        ends = [at_end(book) for book in World(strands=strands, tasks=tasks).draw(2000, seed=13)]
        pairs = zip(ends, promises, strict=True)
        rates[strands, tasks] = sum(end / (2 * tasks) <= ratio for end, ratio in pairs) / 2000
    assert rates[5, 3] < 0.82
    assert rates[8, 6] < 0.88
    assert rates[5, 12] > 0.95


def test_a_nine_in_ten_date_weakens_when_the_first_half_is_late_and_more_so_if_luck_is_shared():
    still = {}
    for name, books in DRAWN.items():
        ends, first = [at_end(book) for book in books], [max(sum(s[:3]) for s in book) for book in books]
        promise, late = date(ends, 90), date(first, 75)
        still[name] = kept([end for end, half in zip(ends, first, strict=True) if half > late], promise)
    assert still["half"] < still["own"] - 60
    assert still["strand"] < still["own"] - 40
    assert still["own"] < 800


# Cuts


def test_the_joins_gain_more_than_a_habitat_unless_luck_is_shared_along_a_strand(gains):
    for name, cut in gains.items():
        for key in ("joins", "habitat", "ahead"):
            assert cut[key] == pytest.approx(STORED[f"cut.{name}.{key}"], abs=0.4)
    assert STORED["cut.own.joins"] > STORED["cut.own.habitat"] + 1
    assert STORED["cut.half.joins"] > STORED["cut.half.habitat"] + 0.3
    assert STORED["cut.strand.joins"] < STORED["cut.strand.habitat"] - 0.7
    assert STORED["cut.own.joins"] == pytest.approx(STORED["each.date50"] - STORED["end.date50"])
    late = {name: cuts(books, 90) for name, books in DRAWN.items()}
    assert late["own"]["joins"] > late["own"]["habitat"]
    assert late["half"]["joins"] > late["half"]["habitat"]
    assert late["strand"]["habitat"] - late["strand"]["joins"] > gains["strand"]["habitat"] - gains["strand"]["joins"]


def test_the_shares_at_which_it_turns():
    """About three tenths along each strand, about seven tenths by the book, and sooner if both share."""
    assert STORED["turn.strand"] == pytest.approx(0.3, abs=0.04)
    assert STORED["turn.book"] == pytest.approx(0.7, abs=0.05)
    for below, above in ((World(strand=0.15), World(strand=0.45)), (World(book=0.5), World(book=0.9))):
        assert lab.lead(cuts(below.draw(1500, seed=14))) > 0 > lab.lead(cuts(above.draw(1500, seed=14)))
    assert lab.lead(cuts(World(book=0.25, strand=0.25).draw(1500, seed=15))) < -0.2


def test_two_habitats_gain_more_than_all_joins_and_a_strand_less_than_one_habitat(gains):
    for name, books in DRAWN.items():
        before = date([after_each(book) for book in books], 50)
        two = before - date([after_each([strand[2:] for strand in book]) for book in books], 50)
        assert two > gains[name]["joins"] + 1
        assert before - date([after_each(book[1:]) for book in books], 50) < gains[name]["habitat"] - 1


def test_who_was_last_tells_the_worlds_apart():
    assert most_often_last([[9.0, 9.0, 9.0], [1.0, 2.0, 1.0], [2.0, 1.0, 3.0]]) == 3
    assert most_often_last([[9.0, 1.0, 9.0], [1.0, 9.0, 1.0], [2.0, 2.0, 2.0]]) == 2
    for key, world in (("own", "own"), ("strand", "strand")):
        often = sum(most_often_last(book) >= 4 for book in DRAWN[world])
        assert STORED[f"last.{key}"] == pytest.approx(1000 * often / 2500, abs=40)
    half = sum(most_often_last(book) >= 4 for book in DRAWN["half"])
    assert STORED["last.own"] == pytest.approx(1000 * half / 2500, abs=25)  # the book's own share does not matter
    assert 4 * STORED["last.own"] < STORED["last.strand"]


def test_running_one_habitat_ahead_gains_most_of_what_the_joins_cost(gains):
    assert gains["own"]["ahead"] == pytest.approx(STORED["cut.own.ahead"], abs=0.4)
    for cut in gains.values():
        assert 0.8 * cut["joins"] < cut["ahead"] < cut["joins"]  # "most of it"


def test_but_little_if_bad_luck_is_rare_and_large():
    assert (rarely(4.0), rarely(2.0)) == (8.0, 2.0)
    assert 1.7 < rarely(1.0) < rarely(3.99) < 2.3
    rare = cuts([[[rarely(weeks) for weeks in strand] for strand in book] for book in BOOKS])
    assert STORED["rare.ahead"] == pytest.approx(rare["ahead"], abs=0.4)
    assert STORED["rare.ahead"] < rare["joins"] / 2


SHARING = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5))


@pytest.mark.parametrize("shared", SHARING)
def test_with_three_habitats_the_joins_gain_less(shared):
    for strands, spread in product((2, 5, 8), (1.5, 2.0, 3.0)):
        assert lab.lead(cuts(World(strands, 3, spread, *shared).draw(250))) < -1


@pytest.mark.parametrize("shared", SHARING)
def test_with_twelve_habitats_five_strands_or_more_and_wide_luck_the_joins_gain_more(shared):
    for strands, spread in product((5, 8), (2.0, 3.0)):
        assert lab.lead(cuts(World(strands, 12, spread, *shared).draw(250))) > 1


@pytest.mark.parametrize("tasks", [3, 6, 12])
def test_against_the_same_sixth_of_the_work_they_lose_at_every_size_if_luck_is_shared_along_strands(tasks):
    books = World(tasks=tasks, strand=0.5).draw(800, seed=16)
    sixth = [[[0.5 * s[0], *s[1:]] if tasks == 3 else s[tasks // 6 :] for s in book] for book in books]
    before = date([after_each(book) for book in books], 50)
    assert cuts(books)["joins"] < before - date([after_each(book) for book in sixth], 50) - 0.3


def test_with_a_slow_painter_the_last_join_is_cheap_and_the_inner_ones_are_not():
    def slow(factor, books=BOOKS):
        return [[[factor * task for task in book[0]], *book[1:]] for book in books]

    def paintings(books):
        return date([after_each(book) for book in books], 50) - date([after_each(book[1:]) for book in books], 50)

    def last(books):
        return date([at_end(book) for book in books], 50) - date([sum(book[0]) for book in books], 50)

    assert last(slow(1.5)) == pytest.approx(STORED["uneven.last"], abs=0.4)
    assert STORED["uneven.last"] < (STORED["end.date50"] - STORED["one.date50"]) / 3
    assert cuts(slow(1.5))["joins"] == pytest.approx(STORED["uneven.joins"], abs=0.4)
    assert paintings(slow(1.5)) < STORED["uneven.joins"] - 0.4
    assert paintings(slow(2.0)) > cuts(slow(2.0))["joins"] + 2
    assert last(slow(1.5, DRAWN["strand"])) > 3  # not if luck is shared along strands


def test_if_nobody_finishes_early_the_dates_are_about_a_week_too_early():
    slow = [at_end([[max(2.0, task) for task in strand] for strand in book]) for book in BOOKS]
    for chance in (50, 90):
        assert 0.7 < date(slow, chance) - date(ENDS, chance) < 1.5


# The pages


def test_every_result_is_used():
    """A scalar is bound on a page, or a test reads it; a series is drawn."""
    pages = [ROOT / "docs/posts/a-date-is-a-percentile.md", ROOT / "docs/labs/schedule.md"]
    bound = set(re.findall(r"schedule\.([a-z0-9_.]+)", "".join(page.read_text(encoding="utf-8") for page in pages)))
    here = Path(__file__).read_text(encoding="utf-8")
    unused = [key for key, value in STORED.items() if not isinstance(value, list) and key not in bound]
    assert [key for key in unused if f'"{key}"' not in here] == []
