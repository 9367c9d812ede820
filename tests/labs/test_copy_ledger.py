"""The claims of `docs/posts/two-terabytes-and-a-ledger.md` about copies and checks, recomputed with real processes."""

import re
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from labs import copy_ledger as lab
from labs.copy_ledger import POLICIES, Faults, Policy, flipped, play, short
from labs.kit.store import read, values

STORED = values(read("copy-ledger"))
ROOT = Path(__file__).resolve().parents[2]
KILLS = [frozenset({kill} - {0}) for kill in range(14)]


def wrong(policy: Policy, folder: Path, *, read: int = 0, damage: lab.Damage = short) -> list[bool]:
    """Play each kill of a plain copy with one damaged read."""
    return [play(policy, Faults(kill, frozenset({read} - {0}), damage=damage), folder).wrong for kill in KILLS]


# Kills


def test_a_row_before_the_copy_loses_documents_and_a_row_after_it_does_not(tmp_path: Path) -> None:
    assert play(POLICIES["success"], Faults(), tmp_path).steps == 13
    before = [play(POLICIES["intent"], Faults(kill), tmp_path) for kill in KILLS]
    assert sum(bool(run.missing) for run in before) == sum(run.wrong for run in before) == 9
    assert not any(wrong(POLICIES["success"], tmp_path))
    assert (STORED["intent.kills.wrong"], STORED["intent.kills.total"]) == (9, 14)
    assert (STORED["success.kills.wrong"], STORED["success.kills.total"]) == (0, 14)


def test_the_copier_is_killed_for_real(tmp_path: Path) -> None:
    assert lab.in_a_process(lab.die) is None
    assert lab.in_a_process(lambda: None) == 0
    assert play(POLICIES["success"], Faults(frozenset({5})), tmp_path).steps == 14  # it stopped once and went on


def test_a_transaction_that_a_kill_interrupts_leaves_nothing(tmp_path: Path) -> None:
    machine = lab.Machine(tmp_path, Faults(frozenset({2})))
    assert lab.in_a_process(lambda: lab.Store(machine).put("vendor-7", b"new", None) and None) is None
    store = lab.Store(machine)
    assert store.get("vendor-7") is None
    assert store.put("vendor-7", b"new", lab.digest(b"new"))
    assert not store.put("vendor-7", b"newer", lab.digest(b"new"))
    assert store.get("vendor-7") == b"new"


# Short reads


@pytest.mark.parametrize("read", [1, 2, 3])
def test_three_kills_mend_each_short_read(read: int, tmp_path: Path) -> None:
    ends = wrong(POLICIES["digest"], tmp_path, read=read)
    right = [step for step, bad in enumerate(ends) if not bad]
    assert right == [4 * read - 2, 4 * read - 1, 4 * read]  # after the read, before the row


def test_nine_of_forty_two(tmp_path: Path) -> None:
    assert (STORED["digest.cured"], STORED["digest.struck.wrong"], STORED["digest.struck.total"]) == (9, 33, 42)
    runs = zip(STORED["map.digest.different.kill"], STORED["map.digest.different.read"], strict=True)
    fourth = [kill for kill, read in runs if read == 4]
    assert len(fourth) == 9
    assert 0 not in fourth  # it exists only where the copier was killed
    rights = zip(STORED["map.digest.right.kill"], STORED["map.digest.right.read"], strict=True)
    assert not [kill for kill, read in rights if read == 4]


def test_of_the_other_thirty_three_a_later_process_passes_fifteen_over(tmp_path: Path) -> None:
    assert STORED["digest.passed"] == 15
    run = play(POLICIES["digest"], Faults(frozenset({7}), frozenset({1})), tmp_path)
    assert (run.damaged_at, run.killed_at, run.wrong) == (1, 7, True)
    for place in (1, 2, 3):
        ends = wrong(POLICIES["digest"], tmp_path, read=place)
        after = [step for step, bad in enumerate(ends) if bad and step > 4 * place - 3]
        assert after == list(range(4 * place + 1, 14))  # the row was there when the copier died
    assert sum(14 - (4 * place + 1) for place in (1, 2, 3)) == 15


def test_every_kill_of_the_map_strikes(tmp_path: Path) -> None:
    tally = lab.every_run(Policy(sizes=True), short, tmp_path)
    assert len(tally.runs) == STORED["sizes.short.total"]
    assert all(kill <= run.steps - 1 for (kill, _), run in tally.runs.items() if kill)


def test_the_maps_hold_every_run_once() -> None:
    for name in ("intent", "digest"):
        places = [
            (kill, read)
            for kind in ("right", "missing", "different")
            for kill, read in zip(STORED[f"map.{name}.{kind}.kill"], STORED[f"map.{name}.{kind}.read"], strict=True)
        ]
        assert len(places) == len(set(places)) == STORED[f"{name}.short.total"]
        assert len(STORED[f"map.{name}.right.kill"]) == len(places) - STORED[f"{name}.short.wrong"]
    assert not STORED["map.digest.missing.kill"]


# Checks


@pytest.mark.parametrize("damage", [short, flipped])
def test_checks_whose_first_end_is_the_copier_find_no_damaged_read(damage: lab.Damage, tmp_path: Path) -> None:
    for name in ("success", "digest", "ledger_audit"):
        run = play(POLICIES[name], Faults(damaged_reads=frozenset({2}), damage=damage), tmp_path)
        assert run.different == ("vendor-7",)
        assert not run.alarm
    assert STORED["success.short.wrong"] == STORED["digest.short.wrong"] == 42
    assert STORED["success.short.total"] == STORED["digest.short.total"] == 65
    assert STORED["ledger_audit.short.wrong"] > 0


def test_sizes_find_every_short_read_and_no_changed_bit(tmp_path: Path) -> None:
    assert STORED["sizes.short.wrong"] == 0
    assert (STORED["sizes.flipped.wrong"], STORED["sizes.flipped.total"]) == (42, 65)
    for place in (1, 2, 3):
        assert not play(POLICIES["sizes"], Faults(damaged_reads=frozenset({place})), tmp_path).wrong
        assert play(POLICIES["sizes"], Faults(damaged_reads=frozenset({place}), damage=flipped), tmp_path).wrong


def test_damage_keeps_or_halves_the_length() -> None:
    content = lab.DOCUMENTS["vendor-7"]
    assert len(short(content)) * 2 == len(content)
    assert len(flipped(content)) == len(content)
    assert sum(a != b for a, b in zip(content, flipped(content), strict=True)) == 1


def test_on_the_way_to_the_store_a_digest_or_an_audit_finds_everything(tmp_path: Path) -> None:
    bare = POLICIES["success"]
    for name, policy, bad in (
        ("ledger_audit", replace(bare, audit="ledger"), 0),
        ("sizes", replace(bare, sizes=True), 3),
        ("compare_bare", POLICIES["compare_bare"], 0),
    ):
        runs = lab.each_alone(policy, tmp_path, lab.on_the_way)
        assert lab.wrongs(runs) == STORED[f"sent.{name}.wrong"] == bad
        assert STORED[f"sent.{name}.total"] == 6
    assert lab.wrongs(lab.each_alone(POLICIES["success"], tmp_path, lab.on_the_way)) == 6
    assert lab.wrongs(lab.each_alone(POLICIES["digest"], tmp_path, lab.on_the_way)) == 0
    assert (STORED["sent.success.wrong"], STORED["sent.success.total"], STORED["sent.digest.wrong"]) == (6, 6, 0)


# Comparing contents


def some_faults(seed: int, kills: int) -> Faults:
    chance = Random(seed)
    killed = frozenset(1 + int(chance.random() * 24) for _ in range(kills))
    damaged = frozenset({1 + int(chance.random() * 6)})
    return Faults(killed, damaged, damage=short if chance.random() < 0.5 else flipped)


@pytest.mark.parametrize("name", ["compare", "compare_bare", "origin"])
def test_a_comparison_leaves_nothing_wrong_even_after_three_kills(name: str, tmp_path: Path) -> None:
    runs = [play(POLICIES[name], some_faults(seed, kills=3), tmp_path) for seed in range(10)]
    assert not any(run.wrong or run.alarm for run in runs)
    assert STORED[f"{name}.short.wrong"] == 0
    assert STORED[f"{name}.short.total"] > 100


def test_without_the_comparison_the_same_faults_do_harm(tmp_path: Path) -> None:
    """Break the fix: leave the last pass out."""
    bare = replace(POLICIES["compare"], audit="")
    assert sum(play(bare, some_faults(seed, kills=3), tmp_path).wrong for seed in range(10)) > 2


def test_a_comparison_with_the_ledger_in_the_sources_place_does_harm(tmp_path: Path) -> None:
    """Break the fix: let the last pass trust the ledger."""
    trusting = replace(POLICIES["compare"], audit="ledger")
    assert play(trusting, Faults(damaged_reads=frozenset({3})), tmp_path).wrong


def test_the_comparison_goes_on_until_a_pass_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One damaged read of the comparison itself: a false alarm, a second copy, a clean pass."""
    run = play(POLICIES["compare"], Faults(damaged_reads=frozenset({5})), tmp_path)
    assert (run.wrong, run.alarm, run.reads) == (False, False, 10)
    monkeypatch.setattr(lab, "ROUNDS", 1)
    assert play(POLICIES["compare"], Faults(damaged_reads=frozenset({5})), tmp_path).alarm


def test_a_missing_object_is_no_empty_one(tmp_path: Path) -> None:
    """A kill left no object; then the comparison's read of the source comes back with nothing at all."""
    faults = Faults(frozenset({3}), damaged_reads=frozenset({4}), damage=lambda data: b"")
    assert not play(POLICIES["compare_bare"], faults, tmp_path).wrong


def test_damage_that_repeats_is_seen_only_from_the_upload(tmp_path: Path) -> None:
    compared = lab.each_alone(POLICIES["compare"], tmp_path, lab.always)
    assert lab.wrongs(compared) == len(compared) == 6
    uploaded = lab.each_alone(POLICIES["origin"], tmp_path, lab.always)
    assert lab.wrongs(uploaded) == 0
    assert all(run.alarm for run in uploaded)
    late = lab.each_alone(Policy(audit="late"), tmp_path, lab.always)
    assert lab.wrongs(late) == STORED["always.late.wrong"] == STORED["always.late.total"] == 6
    assert STORED["always.compare.alarms"] == STORED["always.late.alarms"] == 0
    assert STORED["always.origin.alarms"] == 6


def test_two_short_reads_go_unseen_if_they_are_one_documents_copy_and_comparison(tmp_path: Path) -> None:
    runs = lab.two_reads(tmp_path, POLICIES["compare"])
    assert (lab.wrongs(runs), len(runs)) == (3, 15)
    assert (STORED["compare.two_reads.wrong"], STORED["compare.two_reads.total"]) == (3, 15)
    for place in (1, 2, 3):
        assert play(POLICIES["compare"], Faults(damaged_reads=frozenset({place, place + 3})), tmp_path).wrong


def test_comparing_reads_the_source_twice_and_the_uploads_digest_once(tmp_path: Path) -> None:
    reads = {name: play(POLICIES[name], Faults(), tmp_path).reads for name in ("digest", "compare", "origin")}
    assert reads == {"digest": 3, "compare": 6, "origin": 3}
    assert all(STORED[f"{name}.reads"] == count for name, count in reads.items())


# Renewals


CATCHES_UP = replace(POLICIES["compare"], catches_up=True)


@pytest.mark.parametrize(
    ("key", "policy", "mirrored", "until", "outdated", "lost"),
    [
        ("copied", POLICIES["digest"], False, None, 6, 10),
        ("compare", POLICIES["compare"], False, None, 4, 7),
        ("compare_mirrored", POLICIES["compare"], True, None, 0, 0),
        ("compare_paused", POLICIES["compare"], False, 12, 0, 0),
        ("catches_up", CATCHES_UP, False, 18, 0, 0),
    ],
)
def test_uploads(
    key: str, policy: Policy, mirrored: bool, until: int | None, outdated: int, lost: int, tmp_path: Path
) -> None:
    for kind, name, bad in (("renewed", lab.MIDDLE, outdated), ("added", lab.NEW, lost)):
        runs = lab.renewals(policy, tmp_path, name=name, mirrored=mirrored, until=until)
        assert lab.wrongs(runs) == STORED[f"{kind}.{key}.wrong"] == bad
        assert len(runs) == STORED[f"{kind}.{key}.total"]
        assert all({*run.different, *run.missing} <= {name} and not run.alarm for run in runs)
        if key == "compare" and name == lab.MIDDLE:
            read_at = 12 + 3  # the copy's twelve steps, then read, compare, read: vendor 7 is the second
            assert [run.renewed_at for run in runs if run.wrong] == [read_at + 1, read_at + 2, read_at + 3, read_at + 4]


def test_some_pauses_last_for_two_passes(tmp_path: Path) -> None:
    runs = lab.renewals(POLICIES["compare"], tmp_path, until=12)
    assert sum(run.steps > 19 for run in runs) == 5


def test_what_the_list_of_uploads_leaves_out_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Break the fix: the portal's list misses the upload."""
    monkeypatch.setattr(lab.Machine, "uploaded", lambda self: [])
    assert lab.wrongs(lab.renewals(CATCHES_UP, tmp_path, until=18)) > 0
    assert lab.wrongs(lab.renewals(CATCHES_UP, tmp_path, name=lab.NEW, until=18)) > 0


def test_a_last_pass_that_does_not_list_afresh_loses_every_new_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Break the fix: the comparison goes through the documents that were there at the start."""
    monkeypatch.setattr(lab.Machine, "names", lambda self: list(lab.SIZES))
    runs = lab.renewals(POLICIES["compare"], tmp_path, name=lab.NEW)
    assert all(run.missing == (lab.NEW,) for run in runs)


# The pages


def test_every_result_is_used() -> None:
    pages = [ROOT / "docs/posts/two-terabytes-and-a-ledger.md", ROOT / "docs/labs/copy-ledger.md"]
    bound = set(re.findall(r"copy-ledger\.([a-z0-9_.]+)", "".join(path.read_text("utf-8") for path in pages)))
    here = Path(__file__).read_text(encoding="utf-8")
    loose = [key for key, value in STORED.items() if not isinstance(value, list) and key not in bound]
    families = ("always.", "sent.", "added.", "renewed.")
    assert [key for key in loose if f'"{key}"' not in here and not key.startswith(families)] == []
