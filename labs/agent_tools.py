"""An agent's tool has done its work, and its answer is lost. Which keys keep the work from being done twice?

A model: ferry line, tariff and agent are invented. Loop, tools, session, approval and saved run are those of the
openai-agents SDK, without a network, tracing off. The language model is a script. It plans a voucher for each of two
cancelled crossings, and a second time in one of seven ways; it goes by the conversation as the SDK shows it, asks again
after an error, and leaves a refusal to a person. Every effect passes a till, which outlives the processes. Key and
effect are one step, and a key that comes again for something else is refused.

Scenes: restart, the process dies after an effect and the job starts afresh; unsent, it dies before; session, a restart
with the SDK's session; look, a restart with all effects shown to the model; late, the same without the one in doubt;
error, the tool raises after an effect; failed, before it; again, nothing fails and the customer asks twice; next, a
crossing is cancelled once more; resume, an approved run is resumed twice from one saved text; journal, all answers are
written down and the job starts afresh from them. A crash is an exception that nothing catches; a test kills a process.

Keys are first played as they are, then with the list of what is owed for all: the till takes its amounts, and a type
holds the crossings' names, so that two second plans cannot occur. All is played; counts of plays are no chances.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, NamedTuple, TypeAlias

os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"  # no record of a run may leave the machine

from agents import Agent, RunConfig, RunContextWrapper, Runner, RunState, SQLiteSession, function_tool
from agents.testing import ModelCall, ModelStep, ScriptedModel, assistant_message, function_call
from agents.tool_context import ToolContext

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure, element
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

Plan: TypeAlias = tuple["Call", ...]
AMOUNTS = (20, 30)
MEANS = {name: {name} for name in ("out", "back", "taxi", "out2")}
MEANS |= {"outbound": {"out"}, "return": {"back"}, "both": {"out", "back"}}
UNTYPED = ("names", "number")  # second plans that a type for the crossing rules out
NAMES, REQUEST, RUN = ("voucher", "seat"), "Both my crossings were cancelled.", RunConfig(tracing_disabled=True)
LAB = Lab(
    name="agent-tools",
    title="An agent's effects after a lost answer",
    question="If the answer to an agent's effect is lost, which keys keep the effect from happening twice?",
    parameters=(Parameter("AMOUNTS", "20 and 30", "euros", "illustrative: owed for the crossings out and back"),),
    seconds=12,
    engines=("openai-agents",),
)


class Call(NamedTuple):
    """A call of a tool as the model plans it."""

    tool: str
    crossing: str
    amount: int
    note: str = "Sorry."


def plans(out: int, back: int) -> dict[str, Plan]:
    """State the first plan and those that the model may have when it plans again, by what is different."""
    first, second = Call("voucher", "out", out), Call("voucher", "back", back)
    return {
        "nothing": (first, second),
        "note": (first._replace(note="We apologise."), second._replace(note="We apologise.")),
        "order": (second, first),
        "names": (first._replace(crossing="outbound"), second._replace(crossing="return")),
        "number": (Call("voucher", "both", out + back),),
        "tool": (first._replace(tool="seat"), second),
        "amount": (first._replace(amount=out + 5), second._replace(amount=back + 5)),
    }


@dataclass(frozen=True, slots=True)
class Design:
    """What an effect's key is made of, and what else the till checks."""

    key: str = "no_key"
    wallet: int | None = None  # beyond what is owed; None: no wallet
    shared: bool = False  # one key for all tools
    closed: bool = False  # a name that is not on the list is refused
    fixed: bool = False  # the amount is the list's, not the model's


ISSUED = Design("crossing", shared=True, closed=True, fixed=True)
KEYS = ("no_key", "call_id", "job_position", "booking_position", "arguments", "crossing")
LISTED = {key: Design(key, fixed=True) for key in ("job_position", "booking_position")}
LISTED |= {"crossing": Design("crossing", shared=True, fixed=True), "exact_wallet": Design(wallet=0, fixed=True)}
LISTED |= {"issued_key": ISSUED}
SCENES = {"restart": KEYS, "again": KEYS, "error": ("no_key", "call_id", "job_position", "arguments", "crossing")}
SCENES |= {"session": KEYS[:1], "look": KEYS[:1], "late": KEYS[:1], "resume": KEYS[:2], "journal": KEYS[:2]}
AFTER, BEFORE, ONCE = ("restart", "error", "again"), ("unsent", "failed"), ("error", "failed", "plain")


class Crash(BaseException):
    """The process dies; nothing in the SDK catches it."""


@dataclass(slots=True)
class Till:
    """What outlives a process: what is owed, the book, the keys that were used, and when the trouble comes."""

    design: Design
    owed: dict[str, int]
    trouble_at: int = 0  # number of the effect; 0: never
    trouble: type[BaseException] = Crash
    early: bool = False  # before the effect, not after
    book: list[Call] = field(default_factory=list)
    used: dict[tuple[object, ...], Call] = field(default_factory=dict)
    refusals: int = 0

    def ask(self, call: Call, call_id: str, position: tuple[int, int]) -> str:
        """Answer a call, or fail on the way to the effect or back from it."""
        if self.early and len(self.book) + 1 == self.trouble_at:
            self.trouble_at = 0
            raise self.trouble
        held = len(self.book)
        answer = self.answer(call, call_id, position)
        self.refusals += answer.startswith("refused")
        if not self.early and held < len(self.book) == self.trouble_at:
            raise self.trouble
        return answer

    def answer(self, call: Call, call_id: str, position: tuple[int, int]) -> str:
        """Carry out a call, unless its key was used or the design refuses it."""
        design = self.design
        if design.closed and call.crossing not in self.owed:
            return "refused: no such key"
        if design.fixed:
            call = call._replace(amount=self.owed.get(call.crossing, call.amount))
        keys: dict[str, tuple[object, ...]] = {
            "no_key": (),
            "call_id": (call_id,),
            "job_position": position,
            "booking_position": position[1:],
            "arguments": call,
            "crossing": ("" if design.shared else call.tool, call.crossing),
        }
        key = keys[design.key]
        if key and key in self.used:
            return "done before" if self.used[key][:3] == call[:3] else "refused: key used for something else"
        if design.wallet is not None and self.given() + call.amount > sum(self.owed.values()) + design.wallet:
            return "refused: above the sum"
        self.book.append(call)
        self.used[key] = call
        return "sent"

    def given(self) -> int:
        """Add up what the customer holds; a seat is worth its crossing's voucher."""
        return sum(call.amount for call in self.book)


@dataclass(slots=True)
class Job:
    """A customer's request, worked on by one process after another."""

    till: Till
    first: Plan
    second: Plan
    parallel: bool  # all calls in one turn, or one call a turn
    scene: str
    request: int = 1
    process: int = 0
    dead: bool = False
    place: dict[str, int] = field(default_factory=dict)  # of a call: one more than were answered before it
    journal: dict[str, Any] = field(default_factory=dict)  # answers of model and tools

    def act(self, call: Call, call_id: str) -> str:
        """Carry out a call as the tool does, inside the SDK's loop."""
        if self.dead:
            raise Crash
        if call_id not in self.journal:
            self.dead = self.till.trouble is Crash  # until the till has answered
            self.journal[call_id] = self.till.ask(call, call_id, (self.request, self.place[call_id]))
            self.dead = False
        return str(self.journal[call_id])

    def think(self, seen: ModelCall) -> Any:
        """Plan the next turn from the conversation as the SDK shows it."""
        items: list[Any] = list(seen.input)
        turn = f"turn {len(items)}"
        if turn not in self.journal:
            asked = {item["call_id"]: json.loads(item["arguments"]) for item in items if "arguments" in item}
            answers = {item["call_id"]: str(item["output"]) for item in items if "output" in item}
            failed = {call_id for call_id, answer in answers.items() if answer.startswith("An error occurred")}
            known = [asked[call_id]["crossing"] for call_id in answers.keys() - failed]
            shown = {"look": len(self.till.book), "late": self.till.trouble_at - 1}.get(self.scene, 0)
            known += [call.crossing for call in self.till.book[:shown]]
            settled = set[str]().union(*(MEANS[crossing] for crossing in known))
            plan = self.second if self.process > 1 or self.request > 1 or failed else self.first
            left = [call for call in plan if not settled & MEANS[call.crossing]][: None if self.parallel else 1]
            calls = [self.mint(call, len(answers) - len(failed) + number) for number, call in enumerate(left, 1)]
            self.journal[turn] = calls or [assistant_message("All done.")]
        return self.journal[turn]

    def mint(self, call: Call, place: int) -> Any:
        """Give a call an id of its own, as a provider does."""
        arguments = {"crossing": call.crossing, "amount": call.amount, "note": call.note}
        call_id = f"{self.request}_{self.process}_{len(self.journal)}_{call.crossing}"
        self.place[call_id] = place
        return function_call(call.tool, arguments, call_id=call_id)

    def agent(self) -> Agent[Job]:
        """Build what a fresh process builds; only in one scene does it find a journal."""
        self.process, self.dead = self.process + 1, False
        self.journal = self.journal if self.scene == "journal" else {}
        model = ScriptedModel([ModelStep.respond(self.think)] * 8)
        return Agent("ferry", model=model, tools=[*TOOLS[self.scene == "resume"]])

    async def live_approved(self) -> None:
        """Run with an approval before every effect; after a death, resume from the text that was saved before it."""
        result = await Runner.run(self.agent(), REQUEST, context=self, run_config=RUN)
        while result.interruptions:
            saved = result.to_state().to_string(context_serializer=lambda _job: {})
            for _ in range(2):
                agent, context = self.agent(), RunContextWrapper(self)
                state = await RunState.from_string(agent, saved, context_override=context)
                for item in state.get_interruptions():
                    state.approve(item)
                with suppress(Crash):
                    result = await Runner.run(agent, state, run_config=RUN)
                    break


async def settle(ctx: ToolContext[Job], crossing: str, amount: int, note: str) -> str:
    """Settle a cancelled crossing with a voucher, or with a seat on a later one."""
    return ctx.context.act(Call(ctx.tool_name, crossing, amount, note), ctx.tool_call_id)


TOOLS = [[function_tool(settle, name_override=name, needs_approval=asks) for name in NAMES] for asks in (False, True)]


async def play(scene: str, till: Till, first: Plan, second: Plan, parallel: bool = False) -> int:
    """Play a scene until all has come to rest, and tell what the customer holds."""
    job, session = Job(till, first, second, parallel, scene), SQLiteSession("job") if scene == "session" else None
    if scene == "resume":
        await job.live_approved()
    for number in range(0 if scene == "resume" else 1 if scene in ONCE else 2):
        job.request += scene in ("again", "next") and number
        if scene == "next" and number:
            name, till.owed["out2"] = "out2" if till.design.closed else "out", till.owed["out"]
            job.second = tuple(call._replace(crossing=name) for call in second if call.crossing == "out")
        with suppress(Crash):
            await Runner.run(job.agent(), REQUEST, context=job, session=session, run_config=RUN)
    return till.given()


async def ends(scene: str, design: Design, typed: bool = False, amounts: tuple[int, int] = AMOUNTS) -> list[set[str]]:
    """Play a scene with every second plan, at either effect, one call a turn and both in one, and tell the ends."""
    ways, found = plans(*amounts), []
    chosen = ["nothing"] if scene in ("resume", "journal") else [way for way in ways if not (typed and way in UNTYPED)]
    for way, at, parallel in product(chosen, (0,) if scene in ("again", "next") else (1, 2), (False, True)):
        trouble = RuntimeError if scene in ONCE else Crash
        till = Till(design, dict(zip(("out", "back"), amounts, strict=True)), at, trouble, scene in BEFORE)
        given, owed = await play(scene, till, ways["nothing"], ways[way], parallel), sum(till.owed.values())
        ended = {"much": given > owed, "little": given < owed, "person": till.refusals > 0}
        found.append({ending for ending, holds in ended.items() if holds})
    return found


def run(progress: Progress) -> Results:
    """Count, by scene and design, the plays that end with too much or too little, or call a person."""
    words = {"much": "end with too much", "little": "end with too little", "person": "have a refusal"}
    found: Results = {}

    def count(key: str, ending: str, plays: list[set[str]]) -> None:
        number = sum(ending in end for end in plays)
        found[key] = Result(number, f"of {len(plays)} plays {words[ending]}: {key.replace('.', ', ')}", "plays")

    async def listed(scenes: tuple[str, ...], design: Design, amounts: tuple[int, int] = AMOUNTS) -> list[set[str]]:
        return [end for scene in scenes for end in await ends(scene, design, True, amounts)]

    async def everything() -> None:
        for number, (scene, names) in enumerate(SCENES.items()):
            progress(number / len(SCENES), scene)
            for name in names:
                count(f"{scene}.{name}.much", "much", await ends(scene, Design(name)))
        for flag in ("shared", "closed", "fixed"):
            off: dict[str, Any] = {flag: False}
            count(f"without.{flag}.much", "much", await ends("restart", replace(ISSUED, **off)))
        for scene in ("restart", "unsent"):
            count(f"{scene}.issued_key.little", "little", await ends(scene, ISSUED))
        for name, design in LISTED.items():
            after, before = await listed(AFTER, design), await listed(BEFORE, design)
            count(f"listed.{name}.after", "person", after)
            count(f"listed.{name}.before", "person", before)
            for ending in ("much", "little"):
                count(f"listed.{name}.{ending}", ending, after + before)
            count(f"listed.{name}.next", "little", await ends("next", design, typed=True))
        for name, ending in (("booking_position", "much"), ("exact_wallet", "little")):
            count(f"swapped.{name}.{ending}", ending, await listed(AFTER + BEFORE, LISTED[name], AMOUNTS[::-1]))
        for ending in ("much", "little"):
            count(f"listed.look.{ending}", ending, await listed(("look",), Design(fixed=True)))

    asyncio.run(everything())
    return found


def draw(values: Values) -> Iterator[Figure]:
    """Draw two bars for each key."""
    yield Figure("designs", drawing=_designs(values, COLUMN), narrow=_designs(values, NARROW))


def _designs(values: Values, width: int) -> str:
    names = (name.replace("_", " ") for name in KEYS)
    axes = Scale(0, 40, ((0, "none"), (14, "half"), (28, "all"))), Scale(6.5, 0.3, [*enumerate(names, 1)])
    chart = Chart(width, 350, *axes, "plays that end with too much", "filled: restart; open: she asks again", 118)
    for row, name in enumerate(KEYS, 1):
        for scene, plays, shift, look in (("restart", 28, -17.0, "fig-bar fig-1"), ("again", 14, 1.0, "fig-box")):
            (much,) = numbers(values[f"{scene}.{name}.much"])
            place, end, at = chart.at_y(row) + shift, much * 28 / plays, f"{scene}.{name}.much" if plays == 28 else None
            size = chart.at_x(end) - 118.0
            chart.parts.append(element("rect", x=118.0, y=place, width=size, height=15.0, class_=look, data_x=at))
            chart.label(end, row, f"{much:.0f} of {plays}" + f", {scene}" * (end < 8), dx=6, dy=shift + 12)
    return chart.svg()
