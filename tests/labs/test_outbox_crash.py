"""The claims of "A million events a day is twelve a second" that rest on killed processes."""

import inspect
import re
import signal
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from labs import outbox_crash
from labs.kit.store import read, values
from labs.outbox_crash import DESIGNS, FUSE, LARGE, MARK, PUBLISH, Fuse, LoneEventError, Process, emit

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stored():
    return values(read("outbox-crash"))


def outcomes(name):
    return list(DESIGNS[name].deaths())


# The machinery


def test_a_fuse_kills_with_sigkill_before_the_write_that_it_names(monkeypatch):
    sent = []
    monkeypatch.setattr(outbox_crash.os, "kill", lambda pid, number: sent.append((pid, number)))
    fuse = Fuse()
    fuse.length = 2
    fuse.burn()
    fuse.burn()
    assert sent == []
    fuse.burn()
    assert sent == [(outbox_crash.os.getpid(), signal.SIGKILL)]


def test_a_process_that_is_killed_leaves_no_half_written_row(tmp_path):
    design = DESIGNS["commit_first"]
    design.lay_out(tmp_path)
    assert design.processes[0].dies(tmp_path, 5)
    assert FUSE.changes == 0  # the parent's own count is another process's
    assert design.judge(tmp_path) == "nothing"


def test_a_process_that_nobody_kills_does_all_its_work(tmp_path):
    for name in ("commit_first", "publish_first", "outbox", "keyed", "separate", "attached", "together"):
        folder = tmp_path / name
        folder.mkdir()
        DESIGNS[name].lay_out(folder)
        assert not any(process.dies(folder) for process in DESIGNS[name].processes)
        assert DESIGNS[name].judge(folder) == "once"


def test_a_relay_that_has_marked_its_row_sends_nothing_more(tmp_path):
    design = DESIGNS["outbox"]
    design.lay_out(tmp_path)
    hire, relay = design.processes
    assert not any(process.dies(tmp_path) for process in (hire, relay, relay))
    assert design.judge(tmp_path) == "once"


def test_a_process_that_fails_of_its_own_accord_is_no_death(tmp_path):
    broken = Process((("desk", "NO SUCH STATEMENT"),))
    DESIGNS["outbox"].lay_out(tmp_path)
    with pytest.raises(RuntimeError, match="ended with 1"):
        broken.dies(tmp_path)


# Two commits


@pytest.mark.parametrize(("name", "fault"), [("commit_first", "lost"), ("publish_first", "phantom")])
def test_two_commits_are_wrong_from_the_end_of_the_first_to_the_end_of_the_second(name, fault, stored):
    found = outcomes(name)
    assert found == ["nothing"] * 11 + [fault] * 11
    assert len(found) == stored[f"{name}.points"] == 22
    assert found.count(fault) == stored[f"{name}.bad"] == 11


def test_the_outbox_is_wrong_at_as_many_points_but_never_loses_or_invents(stored):
    found = Counter(outcomes("outbox"))
    assert found == {"nothing": 15, "once": 11, "repeated": 11}
    assert stored["outbox.bad"] == stored["commit_first.bad"] == stored["publish_first.bad"] == 11


def test_with_a_key_in_the_store_nothing_is_wrong_after_one_death_or_two(stored):
    assert stored["keyed.bad"] == stored["pairs.bad"] == 0
    assert stored["pairs.points"] > 500


@pytest.mark.parametrize(("keyed", "events"), [(True, 1), (False, 3)])
def test_without_the_key_every_death_repeats_the_event_once_more(keyed, events, tmp_path):
    """Break the fix: two deaths between sending and marking, then a relay that gets through."""
    design = replace(DESIGNS["keyed"], keyed=keyed)
    design.lay_out(tmp_path)
    hire, relay = design.processes
    assert not hire.dies(tmp_path)
    assert relay.dies(tmp_path, 14)
    assert relay.dies(tmp_path, 14 if not keyed else 0)
    assert not relay.dies(tmp_path)
    store = outbox_crash.apsw.Connection(str(tmp_path / "store"))
    assert outbox_crash.ask(store, "SELECT count(*) FROM event") == events


def test_a_relay_that_marks_first_loses(stored):
    assert stored["marked.bad"] == 11
    assert Counter(outcomes("marked")) == {"nothing": 15, "once": 11, "lost": 11}
    hasty = DESIGNS["marked"].again[0]
    assert hasty.transactions == (MARK, PUBLISH)


def test_an_outbox_in_a_commit_of_its_own_has_both_faults(stored):
    found = Counter(outcomes("separate"))
    assert found["lost"] == stored["separate.lost"] == 11
    assert found["repeated"] == stored["separate.repeated"] == 11
    assert stored["separate.bad"] == 22
    assert stored["separate.points"] == 44


def test_a_retry_helps_only_if_it_publishes_again(stored):
    assert stored["skipped.bad"] == 11
    assert Counter(outcomes("skipped")) == {"once": 11, "lost": 11}
    assert set(outcomes("retried")) == {"once"}
    assert stored["retried.bad"] == 0


@pytest.mark.parametrize(("keyed", "found"), [(True, "once"), (False, "repeated")])
def test_a_caller_who_missed_the_answer_repeats_too_and_needs_the_key(keyed, found, tmp_path):
    design = replace(DESIGNS["retried"], keyed=keyed)
    design.lay_out(tmp_path)
    assert not any(design.processes[0].dies(tmp_path) for _ in range(2))
    assert design.judge(tmp_path) == found


def test_the_caller_has_to_retry_and_to_send_the_same_number_again(stored):
    assert Counter(outcomes("given_up")) == {"nothing": 11, "lost": 15}
    assert Counter(outcomes("renumbered")) == {"once": 11, "lost": 15}
    assert stored["given_up.bad"] == stored["renumbered.bad"] == 15
    assert stored["given_up.points"] == stored["renumbered.points"] == stored["retried.points"] == 26


# The library


def test_an_outbox_that_commits_before_the_hire_invents_and_no_key_mends_it(stored):
    assert Counter(outcomes("inside")) == {"nothing": 11, "phantom": 11, "once": 11, "repeated": 11}
    assert stored["inside.phantom"] == stored["inside.repeated"] == 11
    assert Counter(outcomes("inside_keyed")) == {"nothing": 11, "phantom": 11, "once": 26}
    assert Counter(outcomes("separate_keyed")) == {"nothing": 11, "lost": 11, "once": 26}


@pytest.fixture
def desk(tmp_path):
    DESIGNS["outbox"].lay_out(tmp_path)
    return outbox_crash.apsw.Connection(str(tmp_path / "desk"))


def test_emit_refuses_to_work_outside_a_transaction(desk):
    with pytest.raises(LoneEventError):
        emit(desk, {"body": b"hired"})
    assert desk.execute("SELECT * FROM outbox").fetchall() == []


@pytest.mark.parametrize(("end", "rows"), [("COMMIT", 1), ("ROLLBACK", 0)])
def test_emit_lives_and_dies_with_its_callers_change(desk, end, rows):
    desk.execute("BEGIN; INSERT INTO hire VALUES (7)")
    emit(desk, {"body": b"hired"})
    assert desk.in_transaction
    desk.execute(end)
    assert outbox_crash.ask(desk, "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM hire)") == 2 * rows


def test_the_page_shows_emit_as_it_is():
    page = (ROOT / "docs/posts/business-events-sdk.md").read_text(encoding="utf-8")
    assert inspect.getsource(emit).split('"""\n')[1] in page


# One transaction over two files


def test_one_transaction_over_two_files_holds_with_rollback_journals_and_not_with_wal(stored):
    assert Counter(outcomes("attached_wal"))["lost"] == stored["attached_wal.bad"] == 3
    assert stored["attached.bad"] == 0


# The consumer


def test_a_consumer_has_the_same_two_commits(stored):
    assert stored["count_first.bad"] == stored["remember_first.bad"] == 11
    assert Counter(outcomes("count_first")) == {"once": 11, "repeated": 11}
    assert Counter(outcomes("remember_first")) == {"once": 11, "lost": 11}
    assert set(outcomes("together")) == {"once"}
    assert stored["together.bad"] == 0


# What changes the counts


def test_the_relay_publishes_the_body_that_the_row_holds(tmp_path):
    design = DESIGNS["outbox_large"]
    design.lay_out(tmp_path)
    hire, relay = design.processes
    assert not hire.dies(tmp_path, body=5)
    assert not relay.dies(tmp_path, body=99)
    store = outbox_crash.apsw.Connection(str(tmp_path / "store"))
    assert outbox_crash.ask(store, "SELECT length(body) FROM event") == 5


def test_the_journal_changes_the_counts_and_not_the_kinds(stored):
    assert set(outcomes("commit_first_wal")) == {"nothing", "lost", "once"}
    assert set(outcomes("outbox_wal")) == {"nothing", "once", "repeated"}
    assert stored["commit_first_wal.bad"] == stored["outbox_wal.bad"] == 6 < 11
    assert Counter(outcomes("commit_first_open")) == {"nothing": 3, "lost": 3}
    assert Counter(outcomes("outbox_open"))["repeated"] == stored["outbox_open.bad"] == 3
    assert stored["keyed_wal.bad"] == 0


def test_a_large_event_widens_the_gap_by_the_pages_that_the_second_commit_touches(stored):
    assert LARGE == 20_000, "the page names it"
    assert set(outcomes("commit_first_large")) == {"nothing", "lost"}
    assert set(outcomes("outbox_large")) == {"nothing", "once", "repeated"}
    assert set(outcomes("outbox_dated")) == {"nothing", "once", "repeated"}
    assert stored["outbox_large.bad"] == stored["outbox.bad"] == 11
    assert stored["commit_first_large.bad"] == stored["outbox_deleted.bad"] == 15
    assert stored["outbox_dated.bad"] == 19
    assert stored["keyed_large.bad"] == 0


# The pages


def test_every_result_is_used(stored):
    """A scalar is bound on a page, or a test reads it; a series is drawn."""
    pages = [ROOT / "docs/posts/business-events-sdk.md", ROOT / "docs/labs/outbox-crash.md"]
    text = "".join(path.read_text(encoding="utf-8") for path in pages)
    bound = set(re.findall(r"outbox-crash\.([a-z0-9_.]+)", text))
    here = Path(__file__).read_text(encoding="utf-8")
    unused = [key for key, value in stored.items() if not isinstance(value, list) and key not in bound]
    assert [key for key in unused if f'"{key}"' not in here] == []
