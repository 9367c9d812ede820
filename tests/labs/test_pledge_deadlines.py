"""The claims of "A deadline is a place, a calendar and a version number", each as a predicate on the lab."""

import json
import re
from base64 import b64decode
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from importlib.metadata import version
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from labs import pledge_deadlines as lab
from labs.kit.store import RESULTS, read, values
from labs.pledge_deadlines import (
    DAY,
    DUE,
    EXAMPLE,
    HOUR,
    INPUT,
    MADE,
    MIDNIGHT,
    WINDOW,
    begins,
    collected,
    dates,
    histories,
    missed,
    odd,
    offsets,
    pinned,
    readings,
    release,
    slack,
    start_of_day,
    starts,
    turning,
    zone_names,
)

ROOT = Path(__file__).resolve().parents[2]
YEAR = dates(date(2026, 1, 1), date(2026, 11, 21))


@pytest.fixture(scope="module")
def stored():
    return values(read("pledge-deadlines"))


def by_brute_force(zone: ZoneInfo, day: date) -> datetime:
    """The first minute, counted from a day before in UTC, whose local date is the day or later."""
    moment = datetime.combine(day, time(), UTC) - timedelta(hours=26)
    while moment.astimezone(zone).date() < day:
        moment += timedelta(minutes=1)
    return moment


# Instants


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("Europe/Paris", date(2026, 6, 1), "2026-05-31T22:00"),
        ("America/Havana", date(2026, 3, 8), "2026-03-08T05:00"),  # a gap from 00:00
        ("America/Havana", date(2025, 11, 2), "2025-11-02T04:00"),  # a fold: the first of two
        ("America/Scoresbysund", date(2024, 3, 31), "2024-03-31T01:00"),  # a gap that is no gap: -01 to -02, DST on
        ("Atlantic/Azores", date(2026, 3, 29), "2026-03-29T01:00"),
        ("Pacific/Apia", date(2011, 12, 30), "2011-12-30T10:00"),  # a date that was left out
        ("America/St_Johns", date(2010, 11, 7), "2010-11-07T02:30"),  # clocks went back at one past midnight
    ],
)
def test_a_date_begins_with_its_first_instant(zone, day, expected):
    assert start_of_day(pinned(zone), day) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize("zone", ["America/Havana", "Asia/Beirut", "Asia/Gaza", "Australia/Lord_Howe", "Africa/Cairo"])
def test_the_first_instant_agrees_with_counting_minutes(zone):
    for day in turning(zone, WINDOW[0], WINDOW[-1]):
        assert start_of_day(pinned(zone), day) == by_brute_force(pinned(zone), day)


def test_clock_times_are_missing_or_double_only_next_to_a_change():
    for zone in ("America/Havana", "Asia/Tehran", "America/Nuuk", "Pacific/Apia"):
        for at in (MIDNIGHT, time(23, 59), time(12), time(1, 30)):
            odd = {day for day in lab.LONG_LOOK if len(readings(pinned(zone), day, at)) != 1}
            assert odd <= set(turning(zone, lab.LONG_LOOK[0], lab.LONG_LOOK[-1])), (zone, at)


def test_a_fold_that_the_library_sees_and_no_clock_showed_does_not_count():
    """Nuuk kept its offset in October 2023; the two readings of 23:59 that zoneinfo offers do not both exist."""
    nuuk, day, at = pinned("America/Nuuk"), date(2023, 10, 28), time(23, 59)
    assert len(set(offsets(nuuk, day, at))) == 2
    assert len(readings(nuuk, day, at)) == 1


def test_only_the_pinned_package_is_read(monkeypatch):
    class NoPath:
        from_file = ZoneInfo.from_file

        def __init__(self, *_):
            pytest.fail("looked on the system's path")

    monkeypatch.setattr(lab, "ZoneInfo", NoPath)
    pinned.cache_clear()
    assert start_of_day(pinned("Europe/Riga"), DUE) == datetime(2026, 11, 3, 22, tzinfo=UTC)


def test_the_zones_are_the_tables_without_the_stations(stored):
    assert len(zone_names()) == stored["all.zones"] == 305
    assert set(zone_names(stations=True)) - set(zone_names()) == {
        f"Antarctica/{name}" for name in ("Casey", "Davis", "Mawson", "Palmer", "Rothera", "Troll", "Vostok")
    }
    assert stored["all.deadlines"] == 305 * 1786 == stored["all.zones"] * len(WINDOW)


# The place


def test_utc_misses_nearly_all_and_five_hours_a_day_have_another_date(stored):
    assert stored["place.off"] / stored["all.deadlines"] > 0.97  # "almost every deadline"
    assert 0.4 < stored["place.west"] / stored["all.deadlines"] < 0.5
    assert stored["place.hours"] == pytest.approx(5.3, abs=0.05)
    assert datetime(2026, 11, 3, 21, tzinfo=pinned(EXAMPLE)).astimezone(UTC).date() == DUE
    assert datetime(2026, 10, 20, tzinfo=UTC).astimezone(pinned(EXAMPLE)).hour == 20  # "eight in the evening"


def test_when_the_date_is_over_twelve_hours_behind_utc_it_is_over_everywhere():
    last = min(offsets(pinned(name), day, MIDNIGHT)[0] for name in zone_names() for day in (WINDOW[0], WINDOW[-1]))
    first = max(offsets(pinned(name), day, MIDNIGHT)[0] for name in zone_names() for day in (WINDOW[0], WINDOW[-1]))
    assert last >= -12 * HOUR
    assert first == 14 * HOUR  # 14 + 12 = 26


def test_an_offset_kept_for_a_zone_is_720_hours(stored):
    moved = 0
    for name in zone_names():
        zone = pinned(name)
        for begin, due in zip(dates(WINDOW[0] - 30 * lab.DAY, WINDOW[-1]), WINDOW, strict=False):
            if due.year == 2026:
                kept = datetime.combine(due, time(), UTC) - offsets(zone, begin, MIDNIGHT)[0]
                moved += kept != start_of_day(zone, due)
    assert moved == len(slack(30, YEAR)) > 5000


def test_moving_from_the_first_zone_to_the_last_wins_25_hours():
    begin = {name: start_of_day(pinned(name), DUE) for name in zone_names()}
    assert (max(begin.values()) - min(begin.values())) / HOUR == 14 + 11
    assert begin["Pacific/Niue"] - begin["Pacific/Kiritimati"] == 25 * HOUR


# Days and hours


def test_one_deadline_in_seventeen_is_not_720_hours_away(stored):
    assert round(stored["all.deadlines"] / stored["days.differ"]) == 17
    assert stored["days.differ"] - stored["days.early"] == 16_290
    assert stored["days.half"] == 300
    found = slack(30, YEAR)
    assert {abs(extra) for extra in found.values()} == {0.5, 1}
    assert {zone for (zone, _), extra in found.items() if abs(extra) == 0.5} == {"Australia/Lord_Howe"}


def test_where_clocks_go_back_720_hours_end_an_hour_before_the_midnight():
    assert slack(30, [date(2025, 11, 4)])[EXAMPLE, date(2025, 11, 4)] == 1
    end = start_of_day(pinned(EXAMPLE), date(2025, 10, 5)) + timedelta(hours=720)
    assert end.astimezone(pinned(EXAMPLE)).hour == 23


def test_python_keeps_days_and_hours_as_one_value():
    assert timedelta(days=30) == timedelta(hours=720)
    local = datetime(2025, 10, 5, tzinfo=pinned(EXAMPLE))
    assert (local + timedelta(hours=720)).hour == 0  # a time in a zone keeps the clock time
    assert (local.astimezone(UTC) + timedelta(days=30)).astimezone(pinned(EXAMPLE)).hour == 23


# Midnight


def test_midnights_missing_or_double(stored):
    found = list(odd(MIDNIGHT).values())
    assert (found.count(0), found.count(2)) == (stored["midnight.missing"], stored["midnight.double"]) == (37, 11)
    assert len(found) == stored["midnight.either"] == 48
    assert offsets(pinned(EXAMPLE), date(2026, 3, 8), MIDNIGHT) == (-5 * HOUR, -4 * HOUR)  # missing
    assert offsets(pinned(EXAMPLE), date(2025, 11, 2), MIDNIGHT) == (-4 * HOUR, -5 * HOUR)  # double
    assert odd(MIDNIGHT, [date(2026, 3, 8)]) == {(EXAMPLE, date(2026, 3, 8)): 0}
    assert odd(MIDNIGHT, [date(2025, 11, 2)]) == {(EXAMPLE, date(2025, 11, 2)): 2}


def test_they_have_become_rarer_and_noon_is_safer(stored):
    assert stored["midnight.either"] / len(WINDOW) < 0.6 * stored["long.midnight.either"] / len(lab.LONG_LOOK)
    assert stored["last_minute.either"] == len(odd(time(23, 59))) == 35
    assert not odd(time(12))  # "noon never is"
    assert stored["long.noon.either"] == 2
    for zone in ("Pacific/Apia", "Pacific/Fakaofo"):
        before, after = offsets(pinned(zone), date(2011, 12, 30), time(12))
        assert after - before == timedelta(days=1)


def test_a_missing_midnight_moves_nothing_and_a_double_one_an_hour(stored):
    for (name, day), times in odd(MIDNIGHT).items():
        zone = pinned(name)
        python = datetime.combine(day, MIDNIGHT, zone).astimezone(UTC)  # fold 0
        first, last = begins(zone, day)[0], begins(zone, day)[-1]
        assert python == first, (name, day)
        assert last - first == (times == 2) * HOUR, (name, day)
    assert stored["server.gap"] == stored["midnight.missing"]  # PostgreSQL: at the end of the gap too
    assert stored["server.second"] == stored["midnight.double"]  # PostgreSQL: the later of two


def test_a_gap_that_begins_before_midnight_is_refused(monkeypatch):
    monkeypatch.setattr(lab, "readings", lambda *_: [])
    late = type("Late", (ZoneInfo,), {"utcoffset": lambda *_: -HOUR})  # its clocks stood at 01:00 an hour before
    with pytest.raises(AssertionError, match="before midnight"):
        begins(late.no_cache("Etc/UTC"), DUE)


# Releases


def test_the_input_ends_with_what_the_pinned_package_says():
    *_, newest = collected()[0]
    assert newest == "2026f"
    assert version("tzdata") == "2026.6"
    kept = json.loads(INPUT.read_text(encoding="utf-8"))["zones"]
    for zone in kept:
        assert starts(release(zone, newest), YEAR) == starts(pinned(zone), YEAR), zone
    same = [
        z
        for z in kept
        if b64decode(list(kept[z].values())[-1]) == files("tzdata").joinpath("zoneinfo", *z.split("/")).read_bytes()
    ]
    assert {"America/Havana", "America/Winnipeg"} <= set(same)  # byte for byte: none is left out between


def test_releases_are_in_order_and_dated():
    released, kept = collected()
    days = list(released.values())
    assert days == sorted(days)
    assert len(days) == 32
    assert [days[0].year, days[-1].isoformat()[:10]] == [2020, "2026-10-28"]
    for zone, keys in kept.items():
        assert next(iter(keys)) == "2020a", zone  # no zone is without rules before a release that knew it
        assert [released[key] for key in keys] == sorted(released[key] for key in keys), zone
    for zone, history in histories().items():
        assert all(before != after for (_, before), (_, after) in pairwise(history)), zone


def test_a_zone_split_off_later_had_the_rules_of_the_zone_it_came_from():
    for zone, former, last in (
        ("America/Coyhaique", "America/Santiago", "2025a"),
        ("America/Ciudad_Juarez", "America/Ojinaga", "2022f"),
    ):
        assert starts(release(zone, last)) == starts(release(former, last)), zone
        assert starts(release(zone, last)) != starts(pinned(zone)), zone


def test_what_was_not_collected_is_refused():
    for zone, name in ((EXAMPLE, "2019c"), ("America/Atlantis", "2026f")):
        with pytest.raises(KeyError):
            release(zone, name)
    assert release("Asia/Manila", "2020a") is pinned("Asia/Manila")  # no release moved a midnight of the window


def test_the_example_by_the_two_releases(stored):
    released = collected()[0]
    early, late = release(EXAMPLE, "2026e"), release(EXAMPLE, "2026f")
    assert released["2026e"].date() < MADE < released["2026f"].date() < DUE
    ends = [start_of_day(zone, DUE) for zone in (early, late)]
    assert [f"{end:%H:%M}" for end in ends] == ["05:00", "04:00"]
    begun = [start_of_day(zone, MADE) for zone in (early, late)]
    assert [(end - begin) / HOUR for begin, end in zip(begun, ends, strict=True)] == [721, 720]
    assert (stored["example.before.hours"], stored["example.after.hours"]) == (721, 720)
    assert (stored["example.before.first"], stored["example.after.first"]) == (2, 1)
    assert stored["example.shown"] == f"{ends[0].astimezone(late):%H:%M}" == "01:00"
    assert 3 < stored["example.notice"] < 4


def test_the_server_has_other_rules_and_the_later_of_two_midnights(stored):
    assert stored["server.example"] == "05:00"
    assert stored["server.release"] == "2026b"
    assert (stored["server.other"], stored["server.zones"]) == (205, 6)
    other = {
        (zone, day)
        for zone in histories()
        for day in YEAR
        if begins(release(zone, "2026b"), day)[-1] not in begins(pinned(zone), day)
    }
    assert (len(other), len({zone for zone, _ in other})) == (205, 6)
    azores = {(zone, day) for (zone, day), times in odd(MIDNIGHT, YEAR).items() if times == 2}
    assert azores == {("Atlantic/Azores", date(2026, 10, 25))}  # the one that comes on top, by the same rules


def test_month_old_rules_move_more_than_double_midnights_and_one_in_two_thousand(stored):
    month = missed(30)
    assert len(month) == stored["age.at30"] == 254 > stored["midnight.either"] > stored["midnight.double"]
    assert 1900 < stored["all.deadlines"] / len(month) < 2200
    assert len({zone for zone, _ in month}) == stored["age.zones"] == 14
    assert sum(error < 0 for error in month.values()) == stored["age.early"] == 121
    assert -min(month.values()) == stored["age.early_worst"] == 1
    assert [day for zone, day in month if zone == EXAMPLE] == dates(date(2026, 11, 2), WINDOW[-1])
    assert {error for (zone, _), error in month.items() if zone == EXAMPLE} == {1.0}


def test_by_year_they_lead_but_in_2024(stored):
    years = range(2022, 2027)
    by_year = Counter(day.year for _, day in missed(30))
    assert [by_year[year] for year in years] == [stored[f"in{year}.rules"] for year in years] == [160, 54, 4, 16, 20]
    assert [stored[f"in{year}.midnight"] for year in years] == [15, 11, 9, 7, 6]
    double = Counter(day.year for (_, day), times in odd(MIDNIGHT).items() if times == 2)
    assert all(by_year[year] > double[year] > 0 for year in years)
    assert {zone for zone, day in missed(30) if day.year == 2026} == {EXAMPLE}


def test_the_older_the_rules_the_more_they_miss(stored):
    ages, gone = stored["age.days"], stored["age.missed"]
    from_now = gone[ages.index(0) :]
    assert from_now == sorted(from_now)
    assert from_now[:4] == [len(missed(age)) for age in (0, 1, 7, 30)] == [2, 4, 27, 254]
    steps = [(b - a) / (d - c) for (a, b), (c, d) in zip(pairwise(gone[-8:]), pairwise(ages[-8:]), strict=True)]
    assert max(steps) < 1.5 * min(steps)  # "about as many" from 30 days on
    assert stored["age.worst"] == 2


def test_with_one_package_late_resolution_misses_less_at_every_lag(stored):
    for lag in (0, 1, 7, 30, 60, 180, 335):
        assert len(missed(lag)) < len(missed(lag + 30)), lag
    assert (stored["age.at30"], stored["age.at60"]) == (len(missed(30)), len(missed(60))) == (254, 587)


def test_early_resolution_is_the_same_as_late_resolution_with_rules_as_old():
    n = WINDOW.index(DUE)
    early = start_of_day(release(EXAMPLE, "2026e"), DUE)  # newest on 5 October, when the promise was made
    true = start_of_day(pinned(EXAMPLE), DUE)
    stale = [said[n] for when, said in histories()[EXAMPLE] if when <= true - 30 * DAY][-1]
    assert early == stale == true + missed(30)[EXAMPLE, DUE] * HOUR
    assert (EXAMPLE, DUE) not in missed(0)  # updated on the day, it is right


def test_a_cut_off_a_day_before_leaves_the_example_right_and_misses_two_more(stored):
    cut_off = datetime(2026, 11, 3, tzinfo=UTC)
    assert [name for name, when in collected()[0].items() if when < cut_off][-1] == "2026f"
    assert 1 < (start_of_day(pinned(EXAMPLE), DUE) - cut_off) / DAY < 1.2
    assert (stored["age.at0"], stored["age.at1"]) == (2, 4)


def test_late_resolution_loses_in_beirut_and_hindsight_in_ojinaga(stored):
    assert [(zone, error) for (zone, _), error in missed(0).items()] == [("Asia/Beirut", 1.0)] * 2  # too late
    assert not [day for zone, day in missed(30) if zone == "Asia/Beirut"]
    hindsight = missed(-30)
    assert {zone for zone, _ in hindsight} == {"America/Ojinaga"}
    assert len(hindsight) == stored["age.hindsight"] == 7
    kept = collected()[1]
    assert list(kept["America/Ojinaga"]) == ["2020a", "2022f", "2022g", "2023d"]
    assert list(kept["Asia/Beirut"]) == ["2020a", "2023b", "2023c"]


def test_two_hours_of_grace_cover_720_hours_together_with_month_old_rules():
    worst = 0.0
    for zone, history in histories().items():
        _, truth = history[-1]
        for n, true in enumerate(truth[30:], 30):
            told = [said for when, said in history if when <= true - 30 * DAY][-1]
            worst = min(worst, (told[n - 30] + timedelta(hours=720) - true) / HOUR, (told[n] - true) / HOUR)
            assert worst >= -2, (zone, WINDOW[n])
    assert worst == -1  # "one hour would do"


def test_a_split_zone_stays_wrong_however_late_it_is_resolved(stored):
    old, new = (starts(pinned(name)) for name in lab.SPLIT)
    differing = [day for day, a, b in zip(WINDOW, old, new, strict=True) if a != b]
    assert len(differing) == stored["place.split"] == 310
    assert min(differing) >= date(2025, 3, 20)


def test_few_midnights_have_to_be_worked_out_again(stored):
    released, kept = collected()
    late = [name for name in released if name >= "2022a"]
    assert len(late) == stored["changes.releases"] == 22
    changed = 0
    for zone in histories():
        for name, ((_, old), (_, new)) in zip(list(kept[zone])[1:], pairwise(histories()[zone]), strict=True):
            ahead = [a != b for a, b in zip(old, new, strict=True) if b >= released[name]]
            changed += name >= "2022a" and any(ahead)
    assert changed == stored["changes.zones"] == 44
    assert 22 * 305 == 6710


def test_a_release_is_not_known_before_it_came_out(monkeypatch):
    released, kept = collected()
    at_once = dict.fromkeys(released, datetime(2020, 1, 1, tzinfo=UTC))
    monkeypatch.setattr(
        lab,
        "histories",
        lambda **_: {
            z: [(at_once[key], said) for key, (_, said) in zip(kept[z], history, strict=True)]
            for z, history in histories().items()
        },
    )
    assert missed(30) == {}  # the claim depends on which release was the newest


# The page


def test_the_marks_name_their_results():
    for name in ("words", "words.narrow", "age", "age.narrow"):
        drawing = (RESULTS / "pledge-deadlines" / f"{name}.svg").read_text(encoding="utf-8")
        assert len(re.findall(r"data-(?:x|y)=", drawing)) >= 5


def test_the_promise_on_the_page_is_the_labs():
    text = (ROOT / "docs/posts/pledge-deadlines.md").read_text(encoding="utf-8")
    instant = re.search(r"instant +(\S+)Z by (\w+)", text)
    assert instant
    assert start_of_day(release(EXAMPLE, instant[2]), DUE) == datetime.fromisoformat(instant[1]).replace(tzinfo=UTC)
    assert f"promise   before {DUE} begins" in text
    assert f"made      {MADE}" in text
