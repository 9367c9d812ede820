"""The claims of "One charge, many executions", on a real PostgreSQL."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from labs import idempotency as lab
from labs.kit import postgres
from labs.kit.store import read, values

ROOT = Path(__file__).resolve().parents[2]
STORED = values(read("idempotency"))
STILL, SLOW = list(lab.orders()), list(lab.orders(1))
AGAIN = list(lab.orders(most=(8, 4)))
SILENT, RESENT = (
    [order for order in lab.orders(1, most) if "B" in order and order.index("B") > order.index("|")]
    for most in ((4, 8), (7, 4))
)
STEPS = slice(None, None, 9)  # a part of the slow plays, every ninth
DESIGNS, LEASE, KEY, BARE = lab.DESIGNS, lab.LEASE, lab.KEY, lab.BARE


@pytest.fixture(scope="module")
def club():
    with postgres.postgres() as connect:
        yield lab.Club(connect)


def ends(club, design, orders=None):
    return {order: club.play(design, order) for order in (STILL if orders is None else orders)}


def wrong(club, design, orders=None):
    return Counter(end for end in ends(club, design, orders).values() if end != "once")


def play(club, design, word):
    return club.play(design, tuple(word))


# The plays


def test_every_order_is_played_once():
    assert len(set(STILL)) == len(STILL) == STORED["plays.still"] == 125
    assert len(set(SLOW)) == len(SLOW) == STORED["plays.slow"] == 674
    assert len(set(AGAIN)) == len(AGAIN) == STORED["plays.again"] == 1286
    assert STORED["plays.all"] == 799
    assert all(order[0] == "A" and order[-1] != "|" for order in STILL + SLOW + AGAIN)
    assert all(order.count("A") <= 4 >= order.count("B") for order in STILL)
    assert max(order.count("A") for order in AGAIN) == 8
    assert sum(len(order) - order.index("|") for order in SLOW) == STORED["plays.more"]
    assert len(SILENT) + len(RESENT) == STORED["plays.recipe"]


# Claims and leases


@pytest.fixture(scope="module")
def claim(club):
    return ends(club, DESIGNS["claim"], STILL + SLOW[STEPS])


@pytest.fixture(scope="module")
def lease(club):
    return ends(club, LEASE, STILL + SLOW[STEPS])


def test_without_a_claim_most_plays_are_double(club):
    found = ends(club, DESIGNS["read"])
    assert wrong(club, DESIGNS["read"]) == {"double": STORED["read.still"]} == {"double": 93}
    assert found[tuple("AAAABBBB")] == "once"


def test_a_claim_is_never_double_and_what_its_owner_left_is_lost_or_unrecorded(claim):
    assert set(claim.values()) == {"once", "lost", "unrecorded"}
    still = {order: claim[order] for order in STILL}
    assert all((end == "lost") == (order.count("A") < 3) for order, end in still.items())
    assert all((end == "unrecorded") == (order.count("A") == 3) for order, end in still.items())
    assert Counter(still.values()) == {"lost": STORED["claim.lost"], "unrecorded": 35, "once": 70}
    assert STORED["claim.still"] == 20 + 35


def test_resuming_mends_each_lost_play_and_doubles_each_unrecorded_one(claim, lease):
    pairs = Counter((claim[order], lease[order]) for order in STILL)
    assert pairs == {("lost", "once"): 20, ("unrecorded", "double"): 35, ("once", "once"): 70}
    assert all(lease[order] == "double" for order, end in claim.items() if end == "unrecorded")


def test_a_lease_doubles_plays_in_which_the_owner_was_only_slow(claim, lease):
    slow = [order for order in claim if (claim[order], lease[order]) == ("once", "double")]
    assert slow
    assert all("|" in order and order.count("A") == 4 for order in slow)
    assert STORED["lease.needless"] == 83
    assert STORED["lease.slow"] > STORED["claim.slow"]


def test_a_lease_that_outlasts_the_play_is_not_taken_over(club):
    assert play(club, LEASE, "ABBBAAAB") == "once"
    assert play(club, LEASE, "A|BBBAAAB") == "double"


def test_renewing_stops_a_zombie_and_not_a_repeated_charge(club):
    renew = DESIGNS["renew"]
    assert (play(club, LEASE, "A|BBBBAAA"), play(club, renew, "A|BBBBAAA")) == ("double", "once")
    assert (play(club, renew, "A|BABBBAA"), play(club, renew, "AAA|BBBB")) == ("once", "double")
    assert 35 < STORED["renew.slow"] < STORED["lease.slow"]


@pytest.mark.parametrize("word", ["AAA", "AAABBBB", "A|BBBBAAA"])
def test_a_row_lock_trades_like_a_lease(word, club):
    assert play(club, DESIGNS["lock"], word) == "double"


def test_a_row_lock_frees_what_was_not_sent_and_keeps_others_out(club):
    lock = DESIGNS["lock"]
    assert {play(club, lock, word) for word in ("A", "ABBBB", "ABBBAAAB", "AABBAABB")} == {"once"}
    assert wrong(club, lock)["double"] == STORED["lock.still"] == 37


def test_where_the_session_ends_a_worker_that_is_alive_charges_and_cannot_record(club):
    assert play(club, DESIGNS["lock"], "A|AAA") == "double"
    assert STORED["lock.slow"] == 569 > STORED["read.slow"] == 546
    assert not wrong(club, replace(KEY, look="lock"), SLOW[STEPS])


def test_an_ended_session_lets_the_next_worker_in(club):
    """With a real end in place of the lab's rollback."""
    first, second = club.connect(), club.connect()
    club.provider.execute(lab.CLEAR.encode())
    look = lab.LOOKS["lock"].encode()
    first.execute("BEGIN")
    assert first.execute(look).fetchone() is not None
    assert second.execute(look).fetchone() is None
    club.provider.execute("SELECT pg_terminate_backend(%s, 5000)", (first.info.backend_pid,))
    assert second.execute(look).fetchone() is not None
    with pytest.raises(psycopg.OperationalError):
        first.execute("SELECT 1")


# Asking


def test_asking_is_right_as_long_as_no_lease_runs_out(club):
    assert not wrong(club, DESIGNS["ask"])
    assert STORED["ask.still"] == STORED["renew_ask.still"] == 0
    assert play(club, DESIGNS["ask"], "A|BBABA") == "double"


def test_with_renewal_asking_fails_where_a_request_is_under_way_across_the_takeover(club):
    found = [order for order, end in ends(club, DESIGNS["renew_ask"], SLOW).items() if end != "once"]
    assert len(found) == STORED["renew_ask.slow"] == 14
    for order in found:
        assert "".join(order[:5]) == "AA|BB"
        assert order.count("A") > 2 < order.count("B")
    expected = [order for order in SLOW if order[:5] == tuple("AA|BB") and order.count("A") > 2 < order.count("B")]
    assert found == expected


def test_asking_under_a_lock_comes_too_early(club):
    found = [order for order, end in ends(club, DESIGNS["lock_ask"]).items() if end != "once"]
    assert len(found) == STORED["lock_ask.still"] == 5
    assert all(order[:4] == tuple("AABB") and order.count("A") == 3 for order in found)


def test_asking_does_nothing_if_its_answer_is_not_read(club, monkeypatch):
    monkeypatch.setattr(lab, "ASK", "SELECT 0::bigint")
    assert wrong(club, DESIGNS["ask"]) == {"double": 35}


# Keys


@pytest.mark.parametrize("design", [KEY, BARE, replace(KEY, look="lock")])
def test_with_a_key_for_the_fee_every_play_is_right_claim_or_none(design, club):
    assert not wrong(club, design, STILL + SLOW[STEPS])
    assert STORED["key.still"] == STORED["key.slow"] == STORED["bare.still"] == STORED["bare.slow"] == 0


def test_a_key_for_each_attempt_is_no_key(club, lease):
    assert ends(club, replace(LEASE, key="fee/{worker}"), lease) == lease


def test_a_key_from_the_content_fails_when_the_content_changes(club):
    content = DESIGNS["content"]
    assert play(club, content, "AAA") == play(club, content, "AAA|B") == "double"
    assert not wrong(club, replace(content, raised=False))
    assert play(club, content, "A|BBBBAAA") == "once", "both send after the rise"


def test_a_key_does_nothing_for_a_claim_that_nobody_resumes(club, claim):
    assert ends(club, replace(KEY, look="claim"), claim) == claim


def test_two_requests_with_one_key_meet_in_postgresql(club):
    """The second waits for the first, and gets its answer without a second charge."""
    club.provider.execute(lab.CLEAR.encode())
    first, second = club.connect(), club.connect()
    call = lab.LAND.replace("%s", "{}").format("'k'", "60", "'paid'", "true", "true", "'refused'")
    first.execute("BEGIN")
    first.execute(call.encode())
    second.pgconn.send_query(call.replace("'paid'", "'other'").encode())
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = %s"
    while club.provider.execute(waiting, (second.info.backend_pid,)).fetchone() == (0,):
        pass
    first.execute("COMMIT")
    assert second.pgconn.get_result().get_value(0, 0) == b"paid"
    assert club.provider.execute(lab.ASK).fetchone() == (1,)


def test_without_the_keys_uniqueness_the_claim_breaks(club):
    club.provider.execute("ALTER TABLE provider.key DROP CONSTRAINT key_pkey")
    try:
        assert wrong(club, KEY)["double"] == 35
    finally:
        club.provider.execute("DELETE FROM provider.key")
        club.provider.execute("ALTER TABLE provider.key ADD PRIMARY KEY (key)")


# Forgotten keys, other amounts, errors


def test_a_forgotten_key_is_no_key_and_asking_covers_for_it(club):
    night = {name: design for name, design in lab.COUNTED.items() if design.night}
    assert wrong(club, night["key.night"]) == {"double": 35}
    assert not wrong(club, night["both.night"], STILL + SLOW[STEPS])
    assert (STORED["key.night"], STORED["bare.night"], STORED["both.night"]) == (203, 54, 0)
    assert play(club, night["bare.night"], "ABBAB|A") == "double"
    assert play(club, night["both.night"], "ABBAB|A") == "once"


def test_asking_and_a_key_fail_if_a_request_is_under_way_while_a_key_is_made_and_forgotten(club):
    both = lab.COUNTED["both.night"]
    assert play(club, both, "AA|BBBxA") == play(club, both, "A|BBABxA") == "double"
    assert play(club, both, "AA|BxBBA") == play(club, both, "A|BBBBxAAA") == "once"
    assert STORED["both.more"] == 72
    late = [order for order in SLOW if order[:5] == tuple("AA|BB")]
    more = [(*order[:at], "x", *order[at:]) for order in late for at in range(3, len(order) + 1)]
    for order in [order for order, end in ends(club, both, more).items() if end == "double"]:
        at = {name: [place for place, event in enumerate(order) if event == name] for name in "AB"}
        one, other = sorted(at.values(), key=lambda places: places[2])
        assert other[1] < one[2] < order.index("x") < other[2], "one under way while the other's key comes and goes"


@pytest.mark.parametrize(
    ("other", "fault"), [("refused", {"unrecorded": 35}), ("replayed", {}), ("taken", {"double": 35})]
)
def test_another_amount_under_the_same_key(other, fault, club):
    assert wrong(club, replace(KEY, raised=True, other=other)) == fault
    assert STORED.get(f"other.{other}", 0) == sum(fault.values())


def test_where_the_first_answer_is_repeated_the_charge_is_the_old_amount(club):
    assert play(club, replace(KEY, raised=True, other="replayed"), "AAA") == "once"
    assert club.provider.execute("SELECT amount FROM provider.charge").fetchall() == [(60,)]


ERRORS = {
    "kept.before.same": {"lost": 1286},
    "kept.before.next": {},
    "kept.before.asked": {},
    "kept.after.same": {"unrecorded": 1286},
    "kept.after.next": {"double": 1286},
    "kept.after.asked": {},
    "dropped.before.same": {},
    "dropped.before.next": {"double": 573},
    "dropped.before.asked": {"double": 210},
    "dropped.after.same": {"double": 1286},
    "dropped.after.next": {"double": 1286},
    "dropped.after.asked": {"double": 330},
}


def failing(case):
    kept, fails, name = case.split(".")
    again = {"last": "ST", "plans": (lab.AGAIN, lab.PLAN)}
    return replace(lab.FAILURES[name], keeps=kept == "kept", fails=fails, **again)


@pytest.mark.parametrize(("case", "fault"), ERRORS.items())
def test_an_error_under_a_key_is_the_same_trade(case, fault, club):
    assert STORED[case] == sum(fault.values())
    if case == "dropped.before.next":
        assert wrong(club, failing(case), AGAIN) == fault
    elif 0 < sum(fault.values()) < 1286:
        assert {*wrong(club, failing(case), AGAIN[::9])} == {*fault}
    else:
        assert wrong(club, failing(case), AGAIN[::25]) == dict.fromkeys(fault, 52)


def test_asking_after_a_dropped_error_fails_if_a_worker_begins_again_at_once(club):
    """With the errors dropped before any charge; where all wait until it is quiet, no play is wrong."""
    design = failing("dropped.before.asked")
    assert play(club, design, "ABBAAAAABA") == "double"
    assert not wrong(club, design, [order for order in AGAIN if order.count("A") <= 4])


def test_an_error_does_not_reopen_a_fee_that_is_paid(club):
    """B charges and records; A, which got the error, must not set the row back to due."""
    assert play(club, replace(lab.FAILURES["next"], keeps=False, fails="before", last="ST"), "AABBABBA") == "once"
    assert club.provider.execute("SELECT tries FROM fee").fetchone() == (0,)


def test_two_workers_with_the_same_error_move_on_to_one_next_key(club):
    assert play(club, replace(lab.FAILURES["next"], fails="before"), "ABABABAB") == "once"
    keys = club.provider.execute("SELECT key FROM provider.key ORDER BY key").fetchall()
    assert keys == [("fee-2031/0",), ("fee-2031/1",)]


# The composed design


def recipe(club, silent=SILENT, resent=RESENT, **changes):
    design = replace(lab.RECIPE, **changes)
    tally = wrong(club, replace(design, plans=(lab.SILENT, lab.AGAIN)), silent)
    return tally + wrong(club, replace(design, plans=(lab.RESENT, lab.PLAN)), resent)


PART = {"silent": SILENT[::12], "resent": RESENT[::12]}


@pytest.mark.parametrize("fails", ["", "before", "after"])
def test_the_composed_design_is_right_where_keys_and_errors_are_kept(club, fails):
    assert STORED["recipe.kept" + (f".{fails}" if fails else "")] == 0
    assert not recipe(club, **PART, fails=fails)
    assert not recipe(club, **PART, fails=fails, renew=False), "renewing is not what makes it so"


def test_the_composed_design_fails_where_errors_are_dropped_or_keys_forgotten(club):
    dropped = replace(lab.RECIPE, keeps=False, fails="before", plans=(lab.SILENT, lab.AGAIN))
    assert (play(club, dropped, "AAAA|BBBBBBBB"), play(club, dropped, "AAA|BBBBBBABB")) == ("once", "double")
    assert set(recipe(club, **PART, keeps=False, fails="after")) == {"double"}
    night = replace(lab.RECIPE, night=True, plans=(lab.RESENT, lab.PLAN))
    assert (play(club, night, "AAAAA|AB"), play(club, replace(night, night=False), "AAAAA|AB")) == ("double", "once")
    assert (STORED["recipe.dropped.before"], STORED["recipe.dropped.after"], STORED["recipe.night"]) == (44, 1156, 48)


def test_the_next_number_after_a_silence_doubles_and_the_same_does_not(club):
    hasty = replace(lab.RECIPE, hasty=True, plans=(lab.SILENT, lab.PLAN))
    assert wrong(club, hasty) == {"double": 5}
    assert play(club, hasty, "AAABBBA") == "double"
    assert STORED["hasty.all"] == 38
    assert not wrong(club, replace(hasty, hasty=False), STILL + SLOW[STEPS])


def test_one_worker_at_a_time_leaves_the_row_with_two_histories(club):
    alone = [order for order in STILL + SLOW if "B" not in order]
    assert wrong(club, LEASE, alone) == {"double": 3}
    assert not wrong(club, DESIGNS["ask"], alone)


# The page


def test_the_statement_on_the_page_is_the_labs():
    page = (ROOT / "docs/posts/one-charge-many-executions.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```sql\n(.*?)RETURNING", page, re.DOTALL)
    named = shown.replace(":now + :length", "%(now)s + 1").replace(":now", "%(now)s")
    assert " ".join(named.split()) in " ".join(lab.LOOKS["lease"].split())


def test_every_result_is_used():
    """A scalar is bound on a page; a series is drawn."""
    pages = [ROOT / "docs/posts/one-charge-many-executions.md", ROOT / "docs/labs/idempotency.md"]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    bound = set(re.findall(r"idempotency\.([a-z0-9_.]+)", text))
    assert [key for key, value in STORED.items() if not isinstance(value, list) and key not in bound] == []
