"""The claims of "Give the agent a key, not a wallet", played anew on the SDK; one of the crashes is a real one."""

import asyncio
import json
import os
import re
import signal
import socket
from contextlib import suppress
from functools import cache
from itertools import product
from pathlib import Path
from typing import Literal

import pytest
from agents import Agent, MaxTurnsExceeded, Runner, RunState, SQLiteSession, function_tool
from agents.exceptions import ModelBehaviorError
from agents.run_context import RunContextWrapper
from agents.testing import ModelStep, ScriptedModel, assistant_message, function_call
from agents.tool import default_tool_error_function
from agents.tracing import get_trace_provider

from labs.agent_tools import (
    AFTER,
    AMOUNTS,
    BEFORE,
    ISSUED,
    KEYS,
    LISTED,
    REQUEST,
    RUN,
    SCENES,
    UNTYPED,
    Call,
    Crash,
    Design,
    Job,
    Till,
    ends,
    plans,
    play,
)
from labs.kit.store import read, values

ROOT = Path(__file__).resolve().parents[2]
STORED = values(read("agent-tools"))
OWED = {"out": 20, "back": 30}
PLANS = plans(*AMOUNTS)
FIRST = PLANS["nothing"]
TAXI = (Call("voucher", "taxi", 40),)


def till(design: Design, after: int = 0, trouble: type[BaseException] = Crash) -> Till:
    return Till(design, dict(OWED), after, trouble)


@cache
def found(scene: str, design: Design, typed: bool, amounts: tuple[int, int]) -> list[set[str]]:
    return asyncio.run(ends(scene, design, typed, amounts))


def played(scene: str, design: Design, typed: bool = False, amounts: tuple[int, int] = AMOUNTS) -> tuple[int, ...]:
    """Count plays, and those with too much, too little and a refusal."""
    plays = found(scene, design, typed, amounts)
    return len(plays), *(sum(ending in end for end in plays) for ending in ("much", "little", "person"))


def listed(scenes: tuple[str, ...], name: str, amounts: tuple[int, int] = AMOUNTS) -> tuple[int, ...]:
    return tuple(map(sum, zip(*(played(scene, LISTED[name], True, amounts) for scene in scenes), strict=True)))


def one(scene: str, design: Design, second: str, after: int = 1, parallel: bool = False) -> Till:
    trouble = RuntimeError if scene in ("error", "failed") else Crash
    used = till(design, after, trouble)
    used.early = scene in BEFORE
    asyncio.run(play(scene, used, FIRST, PLANS[second], parallel))
    return used


# What is said of the SDK


def test_the_text_that_the_essay_opens_with_is_the_sdk_s_own():
    essay = (ROOT / "docs/posts/keys-not-wallets.md").read_text(encoding="utf-8")
    shown = " ".join(re.findall(r"```text\n(.+?)```", essay, re.DOTALL)[0].split())
    assert shown == default_tool_error_function(RunContextWrapper(None), RuntimeError())
    assert read("agent-tools")["engines"] == {"openai-agents": "0.24.0"}


def test_no_trace_is_recorded_and_nothing_is_sent(monkeypatch):
    def refuse(*_arguments):
        raise AssertionError("a connection was opened")

    assert os.environ["OPENAI_AGENTS_DISABLE_TRACING"] == "1"
    assert RUN.tracing_disabled
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert one("error", Design(), "nothing").given() == 70
    get_trace_provider().force_flush()


def test_a_session_lacks_the_turn_in_doubt_and_has_the_one_before():
    async def story() -> list[str]:
        session = SQLiteSession("kept")
        job = Job(till(Design(), 2), FIRST, FIRST, False, "session")
        with suppress(Crash):
            await Runner.run(job.agent(), REQUEST, context=job, session=session, run_config=RUN)
        return [str(item.get("call_id") or item["role"]) for item in await session.get_items()]

    assert [call.crossing for call in one("session", Design(), "note", 2).book] == ["out", "back", "back"]
    kept = asyncio.run(story())
    assert kept[0] == "user"
    assert {call_id.rsplit("_", 1)[-1] for call_id in kept[1:]} == {"out"}


def test_a_saved_text_is_carried_out_as_often_as_it_is_resumed_with_the_same_call_id():
    async def story() -> tuple[list[str], str]:
        ids, used = [], till(Design(), 1)
        job = Job(used, FIRST, FIRST, True, "resume")
        ask = used.ask
        result = await Runner.run(job.agent(), REQUEST, context=job, run_config=RUN)
        saved = result.to_state().to_string(context_serializer=lambda _job: {})

        class Listening(Till):
            def ask(self, call: Call, call_id: str, position: tuple[int, int]) -> str:
                ids.append(call_id)
                return ask(call, call_id, position)

        job.till = Listening(Design(), OWED)
        for _ in range(3):
            agent = job.agent()
            state = await RunState.from_string(agent, saved, context_override=RunContextWrapper(job))
            for item in state.get_interruptions():
                state.approve(item)
            with suppress(Crash):
                await Runner.run(agent, state, run_config=RUN)
        used.trouble_at = len(used.book) + 1
        agent = job.agent()
        state = await RunState.from_string(agent, saved, context_override=RunContextWrapper(job))
        for item in state.get_interruptions():
            state.approve(item)
        with suppress(Crash):
            await Runner.run(agent, state, run_config=RUN)
        with pytest.raises(ModelBehaviorError) as refused:
            await Runner.run(agent, state, run_config=RUN)
        return ids, str(refused.value)

    ids, refusal = asyncio.run(story())
    assert len(ids) > len(set(ids)) == 2
    assert "already executed" in refusal  # what the SDK says to a state run again in the same process


def test_a_run_out_of_turns_has_had_its_effects():
    async def story() -> int:
        job = Job(till(Design()), FIRST, FIRST, False, "plain")
        with pytest.raises(MaxTurnsExceeded):
            await Runner.run(job.agent(), REQUEST, context=job, run_config=RUN, max_turns=1)
        return job.till.given()

    assert asyncio.run(story()) == 20


# What the figure and its reading say


def test_the_stored_counts_are_those_of_a_fresh_play_for_a_sample():
    for scene, name in (("restart", "job_position"), ("error", "arguments"), ("again", "crossing")):
        plays, much, *_ = played(scene, Design(name))
        assert plays == (14 if scene == "again" else 28)
        assert much == STORED[f"{scene}.{name}.much"]
    assert played("resume", Design("call_id"))[:3] == (4, 0, 0)
    assert played("journal", Design())[:3] == (4, 4, 0)
    assert played("journal", Design("call_id"))[:3] == (4, 0, 0)
    assert played("again", Design("job_position"))[:3] == (14, 14, 0)


def test_a_session_changes_the_count_little_and_the_sums_more():
    assert STORED["session.no_key.much"] == 27 < STORED["restart.no_key.much"] == 28
    assert [one(scene, Design(), "nothing", 2).given() for scene in ("restart", "session")] == [100, 80]


def test_the_seven_second_plans_are_those_of_the_table():
    assert len(PLANS) == 7
    sums = {second: sum(call.amount for call in calls) for second, calls in PLANS.items()}
    assert sums == dict.fromkeys(PLANS, 50) | {"amount": 60}
    assert [call.amount for call in PLANS["amount"]] == [25, 35]
    assert [call.crossing for call in PLANS["order"]] == ["back", "out"]


def test_a_position_is_best_of_the_four_after_a_loss_and_the_job_s_is_worst_when_she_asks_again():
    for scene in ("restart", "error"):
        others = [STORED[f"{scene}.{name}.much"] for name in ("call_id", "arguments", "crossing")]
        assert STORED[f"{scene}.job_position.much"] < min(others)
    assert STORED["again.job_position.much"] == STORED["again.no_key.much"] == 14 > STORED["again.arguments.much"]
    assert STORED["restart.job_position.much"] == 2
    assert STORED["restart.booking_position.much"] == 2
    assert STORED["again.booking_position.much"] == 0
    for parallel in (False, True):
        assert one("restart", Design("job_position"), "amount", 1, parallel).given() > 50
        assert one("restart", Design("job_position"), "order", 1, parallel).given() < 50


@pytest.mark.parametrize("scene", ["error", "failed"])
def test_a_failed_call_keeps_its_position_alone_in_a_turn_and_may_lose_it_beside_another(scene):
    for parallel, refusals in ((False, 0), (True, 1)):
        used = one(scene, Design("job_position"), "nothing", 1, parallel)
        assert used.refusals == refusals
        assert used.given() == (30 if scene == "failed" and parallel else 50)
    assert one("error", Design("job_position"), "note", 2).given() == 50


def test_a_count_that_runs_on_through_the_booking_stops_nothing_when_she_asks_again():
    class Counting(Till):
        def ask(self, call: Call, call_id: str, position: tuple[int, int]) -> str:
            return super().ask(call, call_id, (1, position[1] + 2 * (position[0] - 1)))

    for second in PLANS:
        used = Counting(Design("booking_position"), dict(OWED))
        asyncio.run(play("again", used, FIRST, PLANS[second]))
        assert used.given() > 50 >= one("again", Design("booking_position"), second, 0).given()


def test_the_booking_s_position_refuses_the_next_claim_and_an_issued_key_does_not():
    def later(design: Design) -> int:
        used = till(design)
        asyncio.run(play("plain", used, FIRST, FIRST))
        used.owed["taxi"] = 40
        job = Job(used, TAXI, TAXI, False, "plain", request=2)
        asyncio.run(Runner.run(job.agent(), REQUEST, context=job, run_config=RUN))
        return used.given()

    assert later(Design("booking_position")) == 50
    assert later(ISSUED) == later(Design("job_position")) == 90


def test_a_call_id_stops_something_only_where_the_call_itself_is_kept():
    for scene in ("restart", "error", "again"):
        assert STORED[f"{scene}.call_id.much"] == STORED[f"{scene}.no_key.much"]
    assert one("restart", Design("call_id"), "nothing").given() == 70
    for scene in ("resume", "journal"):
        assert STORED[f"{scene}.call_id.much"] == 0 < STORED[f"{scene}.no_key.much"] == 4


@pytest.mark.parametrize(
    ("design", "failing"),
    [
        (Design("arguments"), {"note", "names", "number", "tool", "amount"}),
        (Design("crossing"), {"names", "number", "tool", "amount"}),
        (Design("job_position"), {"amount"}),
        (ISSUED, set()),
    ],
)
def test_which_second_plans_defeat_which_key_after_a_restart(design, failing):
    assert {second for second in PLANS if one("restart", design, second).given() > 50} == failing


def test_the_till_refuses_a_key_that_comes_again_for_something_else():
    used = till(Design("job_position"))
    assert used.ask(FIRST[0], "a", (1, 1)) == "sent"
    assert used.ask(FIRST[0], "b", (1, 1)) == "done before"
    assert used.ask(FIRST[1], "c", (1, 1)).startswith("refused")
    assert used.ask(FIRST[1], "d", (1, 2)) == "sent"
    assert used.book == list(FIRST)


# What holds


@pytest.mark.parametrize("scene", [*SCENES, *BEFORE])
def test_the_issued_key_never_pays_too_much_in_any_scene(scene):
    for second, after, parallel in product(PLANS, (1, 2), (False, True)):
        if scene in ("late", "error") or (after == 1 and not parallel):
            assert one(scene, ISSUED, second, after, parallel).given() <= 50


def test_the_issued_key_holds_through_two_deaths_in_a_row():
    async def story(design: Design, a: str, b: str) -> int:
        job = Job(till(design, 1), FIRST, PLANS[a], False, "restart")
        for number in range(3):
            job.second = PLANS[b] if number == 2 else PLANS[a]
            job.till.trouble_at = (1, 2, 0)[number]
            with suppress(Crash):
                await Runner.run(job.agent(), REQUEST, context=job, run_config=RUN)
        return job.till.given()

    pairs = [("names", "order"), ("tool", "note"), ("amount", "number"), ("order", "tool"), ("nothing", "amount")]
    assert max(asyncio.run(story(ISSUED, *pair)) for pair in pairs) == 50
    assert max(asyncio.run(story(Design("crossing"), *pair)) for pair in pairs) > 50


@pytest.mark.parametrize("flag", ["shared", "closed", "fixed"])
def test_without_one_of_its_three_properties_the_issued_key_pays_too_much(flag):
    broken = {"shared": "tool", "closed": "names", "fixed": "amount"}[flag]
    weaker = Design("crossing", **{name: name != flag for name in ("shared", "closed", "fixed")})
    assert one("restart", weaker, broken).given() > 50 >= one("restart", ISSUED, broken).given()
    assert STORED[f"without.{flag}.much"] == {"shared": 4, "closed": 8, "fixed": 2}[flag]


def test_a_loose_wallet_stops_nothing():
    for second in PLANS:
        assert one("restart", Design(wallet=50), second).given() > 50
        assert one("again", Design(wallet=50), second, 0).given() > 50


@pytest.mark.parametrize("amounts", [(20, 30), (30, 20), (25, 25)])
def test_the_exact_wallet_overpays_nothing_and_refuses_far_more_than_the_issued_key_whatever_the_amounts(amounts):
    short = 8 if amounts == (20, 30) else 0
    for scene, plays, wallet, key in (("restart", 20, 20, 4), ("again", 10, 10, 2), ("unsent", 20, 10, 2)):
        assert played(scene, LISTED["exact_wallet"], True, amounts) == (plays, 0, short * (scene != "again"), wallet)
        assert played(scene, ISSUED, True, amounts) == (plays, 0, 0, key)


def test_an_exact_wallet_pays_one_crossing_twice_and_the_other_not_at_all():
    for amounts in ((20, 30), (25, 25)):
        used = Till(LISTED["exact_wallet"], dict(zip(("out", "back"), amounts, strict=True)), 1)
        ways = plans(*amounts)
        asyncio.run(play("restart", used, ways["nothing"], ways["nothing"]))
        assert [call.crossing for call in used.book] == ["out", "out"]
        assert used.refusals == 1
    again = one("again", LISTED["exact_wallet"], "nothing", 0)
    assert (again.given(), again.refusals) == (50, 2)
    assert one("again", ISSUED, "nothing", 0).refusals == 0


def test_with_the_list_for_all_the_table_holds():
    for name in LISTED:
        assert listed(AFTER, name)[3] == STORED[f"listed.{name}.after"]
        assert listed(BEFORE, name)[3] == STORED[f"listed.{name}.before"]
        plays, much, little, _ = listed(AFTER + BEFORE, name)
        assert (plays, much, little) == (90, STORED[f"listed.{name}.much"], STORED[f"listed.{name}.little"])
        assert played("next", LISTED[name], True)[::2] == (10, STORED[f"listed.{name}.next"])
    assert {name for name in LISTED if STORED[f"listed.{name}.much"] == STORED[f"listed.{name}.next"] == 0} == {
        "exact_wallet",
        "issued_key",
    }


def test_the_crossing_with_the_list_and_one_use_is_the_issued_key_until_the_next_claim():
    assert [plan for plan in PLANS if {call.crossing for call in PLANS[plan]} - OWED.keys()] == list(UNTYPED)
    for scene in (*AFTER, *BEFORE, "look", "late"):
        assert played(scene, LISTED["crossing"], True) == played(scene, ISSUED, True)
    assert played("next", ISSUED, True) == (10, 0, 0, 0)
    assert played("next", LISTED["crossing"], True) == (10, 0, 10, 2)  # of the ten, eight answered "done before"
    assert played("restart", Design("arguments", fixed=True), True)[1] == 8


def test_the_booking_s_position_may_pay_the_dearer_crossing_twice():
    assert listed(AFTER + BEFORE, "booking_position", (30, 20))[1] == STORED["swapped.booking_position.much"] == 5
    used = Till(LISTED["booking_position"], {"out": 30, "back": 20}, 1)
    ways = plans(30, 20)
    assert asyncio.run(play("restart", used, ways["nothing"], ways["order"])) == 60


def test_the_list_does_not_help_the_job_s_position_when_she_asks_again():
    assert played("again", LISTED["job_position"], True)[:2] == (10, STORED["listed.job_position.much"])


def test_a_person_sees_every_play_that_is_short_but_the_next_claim_and_the_voucher_for_both():
    for scene, design in product((*AFTER, *BEFORE), LISTED.values()):
        assert {"little"} not in found(scene, design, True, AMOUNTS)
    assert found("next", LISTED["crossing"], True, AMOUNTS).count({"little"}) == 8  # of ten
    for second in PLANS:
        used = one("failed", ISSUED, second, 2)
        assert (used.given() < 50 and not used.refusals) == (second == "number")


def test_a_type_refuses_another_name_before_the_tool_runs_and_shows_the_same_text():
    ran: list[str] = []

    @function_tool
    async def voucher(crossing: Literal["out", "back"]) -> str:
        """Settle a crossing."""
        ran.append(crossing)
        return "sent"

    steps = [[function_call("voucher", {"crossing": "outbound"}, call_id="1")], [assistant_message("Done.")]]
    model = ScriptedModel([ModelStep.respond(lambda _seen, step=step: step) for step in steps])
    result = asyncio.run(Runner.run(Agent("typed", model=model, tools=[voucher]), "Hello.", run_config=RUN))
    shown = [getattr(item, "output", None) for item in result.new_items]
    assert ran == []
    assert default_tool_error_function(RunContextWrapper(None), RuntimeError()) in shown


def test_the_issued_key_leaves_too_little_only_for_other_names_and_after_a_refusal():
    for scene, plays in (("restart", 4), ("unsent", 8)):
        short = {second for second in PLANS if one(scene, ISSUED, second).given() < 50}
        assert short == {"names", "number"}
        assert played(scene, ISSUED)[2] == plays == STORED[f"{scene}.issued_key.little"]
    assert one("restart", ISSUED, "names").given() == one("restart", ISSUED, "number").given() == 20
    assert one("unsent", ISSUED, "names").given() == 0


def test_looking_first_helps_unless_the_effect_comes_into_view_late():
    assert STORED["look.no_key.much"] == 2
    assert STORED["late.no_key.much"] == 26
    assert one("look", Design(), "amount").given() > 50 == one("look", Design(), "note").given()
    assert one("late", Design(), "note").given() > 50
    assert {one("look", Design(), second, 0).given() for second in PLANS} == {50}  # she asks again, nothing is in doubt
    assert played("look", Design(fixed=True), True) == (20, 0, 0, 0)
    assert (STORED["listed.look.much"], STORED["listed.look.little"]) == (0, 0)
    assert {one("look", LISTED["booking_position"], second).given() for second in PLANS if second not in UNTYPED} == {
        20
    }


def test_a_taxi_that_is_on_no_list_is_paid_by_crossing_and_refused_with_issued_keys():
    wish = FIRST + TAXI
    assert asyncio.run(play("plain", till(Design("crossing")), wish, wish)) == 90
    assert asyncio.run(play("plain", till(ISSUED), wish, wish)) == 50


def test_a_killed_process_leaves_what_the_played_crash_leaves(tmp_path):
    class Kill(BaseException):
        def __init__(self) -> None:
            (tmp_path / "book").write_text(json.dumps(used.book))
            os.kill(os.getpid(), signal.SIGKILL)

    for design, second in product((Design("crossing"), ISSUED, Design()), ("names", "tool")):
        used = till(design, 1, Kill)
        child = os.fork()
        if child == 0:
            asyncio.run(play("restart", used, FIRST, FIRST))
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        used.book = [Call(*each) for each in json.loads((tmp_path / "book").read_text())]
        assert len(used.book) == 1
        if design.key == "crossing":
            call = used.book[0]
            used.used = {("" if design.shared else call.tool, call.crossing): call}
        used.trouble_at = 0
        job = Job(used, FIRST, PLANS[second], False, "restart", process=1)
        asyncio.run(Runner.run(job.agent(), REQUEST, context=job, run_config=RUN))
        assert used.given() == one("restart", design, second).given()


# What retries do


def tried(seen: float, unseen: float, harm: float, attempts: int, key: bool = False) -> tuple[float, float]:
    """Play attempts out as a tree: the chances of having ended right, and in harm.

    An unseen success is tried again. With a key a repetition finds it; without one, any further effect is harm.
    """
    right, harmed, hidden, open_ = 0.0, 0.0, 0.0, 1.0
    for _ in range(attempts):
        again = hidden * (seen + unseen + harm)
        right, harmed = right + open_ * seen + again * key, harmed + open_ * harm + again * (not key)
        hidden, open_ = hidden - again + open_ * unseen, open_ * (1 - seen - unseen - harm)
    return right, harmed


def test_retries_keep_the_odds_and_a_lost_answer_halves_them_unless_a_key_finds_the_effect():
    for attempts in range(1, 9):
        right, harm = tried(0.9, 0, 0.02, attempts)
        assert right / harm == pytest.approx(45)
    right, harm = tried(0.9, 0, 0.02, 5)
    assert (round(right, 3), round(harm, 3)) == (0.978, 0.022)
    right, harm = tried(0.88, 0.02, 0.02, 50)
    assert (round(right / harm), round(right**100, 3)) == (22, 0.012)
    right, harm = tried(0.88, 0.02, 0.02, 50, key=True)
    assert (round(right / harm), round(right**100, 2)) == (45, 0.11)


def test_every_result_is_read():
    pages = [ROOT / "docs/posts/keys-not-wallets.md", ROOT / "docs/labs/agent-tools.md"]
    bound = set(re.findall(r"agent-tools\.([a-z0-9_.]+)", "".join(page.read_text(encoding="utf-8") for page in pages)))
    drawn = {f"{scene}.{name}.much" for scene in ("restart", "again") for name in KEYS}
    assert [key for key in STORED if key not in bound | drawn] == []
