"""When does a second copy of a late query help, and when does it bring the replicas down?

Method. An event simulation of replicas that hold the same data. Each does one copy of a query at a time, in order of
arrival, and pauses now and then, all by itself. Times are in units of the mean work of a query; a load is the first
copies' work, in hundredths of the replicas' time. Arrivals, work, choices of replicas and pauses are drawn beforehand
from a seed, so that all policies meet the same queries. A message that cancels a copy takes `message`, all else travels
in no time. A measured delay sends no second copy before its window is full.

What a result means. A run collapses if at any time more than 100 copies a replica are open. It is stopped, and its
times are not used, since they would tell how long it ran. Otherwise all queries but the first fifth count.

Source. Hedged and tied requests: Dean and Barroso, "The Tail at Scale" (CACM 2013).
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from heapq import heappop, heappush
from math import ceil, inf, log
from random import Random
from typing import TypeAlias

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

SEEDS, LOADS = (1, 2, 3), tuple(range(20, 100, 10))
FULL = 100  # open copies for each replica; more than that is a collapse
WAITING, RUNNING, GONE = 1, 2, 3  # what can become of a copy, once it was sent

Query: TypeAlias = tuple[float, tuple[float, float], tuple[int, int, int]]
"""When a query comes, the work of its first and second copy, three different replicas."""


@dataclass(frozen=True, slots=True)
class World:
    """What happens whatever the policy."""

    load: int = 30
    before: int = 0  # the load of the first fifth, which is not counted; 0 if it is the same
    queries: int = 10_000
    replicas: int = 10
    gap: float = 1000  # between a replica's pauses, on average
    pause: float = 20
    work: str = "alike"  # 0.5 to 1.5; "rare": 10 times that for 2 in 100; "own": each copy has its own, exponential


@dataclass(frozen=True, slots=True)
class Policy:
    """When a second copy is sent, and what becomes of the copy that loses."""

    delay: float = inf
    window: int = 0  # the delay is the 95th percentile of so many answers, anew after each tenth of them
    share: float = 0  # budget: second copies that each query earns; 0 is no budget
    bucket: float = 50  # most second copies that can be saved up
    cancel: str = ""  # the other copy: on the "answer", or already on the "start" of the first
    drop: bool = False  # a cancelled copy is dropped even if work on it has begun
    message: float = 0.1
    clients: int = 0  # 0: any replica. Otherwise the one of two on which a client has fewer copies; so many clients


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to; `times` are sorted, from query to answer, and empty after a collapse."""

    times: list[float]
    asked: int  # queries that were late enough for a second copy
    second: int  # second copies sent, which a budget makes fewer
    collapsed: bool


@lru_cache(maxsize=30)
def draw_world(world: World, seed: int) -> tuple[list[Query], list[list[tuple[float, float]]]]:
    """Draw the queries, and each replica's pauses as (from, until), in order and with an endless one at the end."""
    draw, now, queries = Random(seed).random, 0.0, []
    for number in range(world.queries):
        load = world.before if world.before and number < world.queries // 5 else world.load
        now -= log(1 - draw()) * 100 / (load * world.replicas)
        size, luck = 0.5 + draw(), draw()
        work = (size, size)
        if world.work == "rare":
            work = (size * 10, size * 10) if luck < 0.02 else (size * 0.8 / 0.98, size * 0.8 / 0.98)
        elif world.work == "own":
            work = (-log(1.5 - size), -log(1 - luck))
        first, ahead, further = (int(draw() * (world.replicas - n)) for n in range(3))
        second = (first + 1 + ahead) % world.replicas
        third = [k for k in range(world.replicas) if k not in (first, second)][further]
        queries.append((now, work, (first, second, third)))
    pauses: list[list[tuple[float, float]]] = [[] for _ in range(world.replicas)]
    for own in pauses:
        at = 0.0
        while at < now:
            at -= log(1 - draw()) * world.gap
            own.append((at, at + world.pause))
            at += world.pause
        own.append((inf, inf))
    return queries, pauses


def play(world: World, policy: Policy, seed: int) -> Outcome:
    """Play one run: arrivals in order, everything else from a heap of (time, what, whom, serial)."""
    queries, pauses = draw_world(world, seed)
    count, everyone = len(queries), range(world.replicas)
    queues: list[deque[int]] = [deque() for _ in everyone]  # copies: 2 × query, and 1 more for the second
    busy, serial, passed = [-1] * world.replicas, [0] * world.replicas, [0] * world.replicas  # -1 idle, -2 pausing
    known = [[0] * world.replicas for _ in range(max(1, policy.clients))]  # open copies, by client and replica
    state, place, times = bytearray(2 * count), [0] * (2 * count), [inf] * count
    heap: list[tuple[float, str, int, int]] = []
    recent: deque[float] = deque(maxlen=policy.window)
    tokens, delay, asked, second, open_copies, answers = policy.bucket, policy.delay, 0, 0, 0, 0

    def start(replica: int, now: float) -> None:
        """Let a replica take the next copy that is still wanted, or wake up later if it pauses."""
        own, queue, index = pauses[replica], queues[replica], passed[replica]
        busy[replica] = -1
        while queue and state[queue[0]] == GONE:
            queue.popleft()
        if not queue:
            return
        while own[index][1] <= now:
            index += 1
        passed[replica] = index
        serial[replica] += 1
        if own[index][0] <= now:
            busy[replica] = -2
            heappush(heap, (own[index][1], "done", replica, serial[replica]))
            return
        copy = busy[replica] = queue.popleft()
        state[copy] = RUNNING
        end = now + queries[copy // 2][1][copy % 2]
        while own[index][0] < end:
            end += own[index][1] - own[index][0]
            index += 1
        heappush(heap, (end, "done", replica, serial[replica]))
        if policy.cancel == "start":
            heappush(heap, (now + policy.message, "cancel", copy ^ 1, 0))

    def send(copy: int, replica: int, now: float) -> None:
        state[copy], place[copy] = WAITING, replica
        known[copy // 2 % len(known)][replica] += 1
        queues[replica].append(copy)
        if busy[replica] == -1:
            start(replica, now)

    def close(copy: int) -> None:
        nonlocal open_copies
        known[copy // 2 % len(known)][place[copy]] -= 1
        state[copy] = GONE
        open_copies -= 1

    number, now = 0, 0.0
    while number < count and open_copies <= FULL * world.replicas:
        if not heap or queries[number][0] <= heap[0][0]:
            now, _, (first, other, _) = queries[number]
            if policy.clients:
                view = known[number % policy.clients]
                first = other if view[other] < view[first] else first
            tokens = min(policy.bucket, tokens + policy.share)
            open_copies += 1
            send(2 * number, first, now)
            if delay < inf:
                heappush(heap, (now + delay, "late", number, 0))
            number += 1
            continue
        now, what, whom, stamp = heappop(heap)
        if what == "done" and serial[whom] == stamp:
            copy = busy[whom]
            if copy >= 0:
                close(copy)
                query = copy // 2
                if times[query] == inf:
                    times[query] = now - queries[query][0]
                    recent.append(times[query])
                    answers += 1
                    if len(recent) == policy.window > 0 == answers % (policy.window // 10):
                        delay = percentile(sorted(recent), 95)
                    if policy.cancel and state[copy ^ 1]:
                        heappush(heap, (now + policy.message, "cancel", copy ^ 1, 0))
            start(whom, now)
        elif what == "late" and times[whom] == inf and state[2 * whom + 1] != GONE:
            asked += 1
            if tokens >= 1 or not policy.share:
                tokens -= 1
                second += 1
                open_copies += 1
                view = known[whom % len(known)]
                other, third = (k for k in queries[whom][2] if k != place[2 * whom])
                send(2 * whom + 1, third if policy.clients and view[third] < view[other] else other, now)
        elif what == "cancel":
            if state[whom] == WAITING:
                close(whom)
            elif state[whom] == RUNNING and policy.drop:
                close(whom)
                start(place[whom], now)
            elif not state[whom]:
                state[whom] = GONE  # it was not sent yet, and will not be
    collapsed = open_copies > FULL * world.replicas
    kept = range(0) if collapsed else range(count // 5, count)
    return Outcome(sorted(min(times[n], now - queries[n][0]) for n in kept), asked, second, collapsed)


def percentile(ordered: Sequence[float], share: float) -> float:
    """Read the value that `share` in a hundred do not exceed."""
    return ordered[ceil(share * len(ordered) / 100) - 1]


DELAY = 2.3  # the 95th percentile of times at a load of 20, without second copies
FIXED = Policy(delay=DELAY)
BUDGET, CANCEL = replace(FIXED, share=0.05), replace(FIXED, cancel="answer", drop=True)
LATER = replace(CANCEL, delay=2 * DELAY)
MEASURED = Policy(window=1000)
ANSWER = replace(MEASURED, cancel="answer", drop=True)
TIGHT, WIDE = replace(ANSWER, share=0.05), replace(ANSWER, share=0.1)
TIED = Policy(delay=0.2, cancel="start")
POLICIES: dict[str, tuple[Policy, str, tuple[int, ...]]] = {  # with the loads that are kept as results of their own
    "none": (Policy(), "no second copies", (20, 40, 60, 80, 90)),
    "fixed": (FIXED, "fixed delay", (20, 40)),
    "budget": (BUDGET, "fixed delay, budget", (40, 60, 80, 90)),
    "cancel": (CANCEL, "fixed delay, cancelling", (40, 60, 80, 90)),
    "later": (LATER, "twice the fixed delay, cancelling", (40, 60, 80, 90)),
    "measured": (MEASURED, "measured delay", (60, 80, 90)),
    "answer": (ANSWER, "measured delay, cancelling", (40, 60, 80, 90)),
    "tight": (TIGHT, "measured delay, cancelling, budget", (60, 80, 90)),
    "tied": (TIED, "tied copies", (60, 80, 90)),
}
DRAWN = ("none", "fixed", "budget", "cancel", "measured", "answer")
MESSAGES, JUMP = (0.1, 0.5, 1, 2, 5, 20), World(80, before=20)
VARIANTS: dict[str, tuple[int, Policy, float, str]] = {
    "waiting": (80, replace(CANCEL, drop=False), 99, "fixed delay, cancelled while it waits"),
    "eight": (60, Policy(delay=8), 99, "a fixed delay of 8"),
    "tied": (60, TIED, 99.9, "tied copies"),
    "answer": (60, ANSWER, 99.9, "measured delay, cancelling"),
    "known": (60, Policy(clients=1), 99.9, "less busy of two, no second copies, all seen by one client"),
    "two": (60, Policy(clients=10), 99, "less busy of two, no second copies"),
    "pair": (60, replace(ANSWER, clients=10), 99, "less busy of two, measured delay, cancelling"),
}
PAUSES = (World(gap=250, pause=5), World(gap=3000, pause=60), World(gap=200), World(gap=1e7))
WORLDS = (*PAUSES, World(work="rare"), World(work="own"), World(replicas=3))

LAB = Lab(
    name="hedging",
    title="Second copies of late queries",
    question="Up to which load does a second copy of a late query help, and what keeps it from doing harm beyond?",
    parameters=(
        Parameter("replicas", World().replicas, "", "illustrative; each can answer every query"),
        Parameter("work", "0.5 to 1.5", "work", "evenly, the same for both copies; its mean is the unit of time"),
        Parameter("gap, pause", "1,000 and 20", "work", "illustrative: mean time between a replica's pauses, length"),
        Parameter("DELAY", DELAY, "work", "the 95th percentile at a load of 20 without second copies"),
        Parameter("window", MEASURED.window, "answers", "illustrative; measured anew after each tenth of it"),
        Parameter("share", TIGHT.share, "copies", "earned by a query: one in twenty, as a 95th percentile promises"),
        Parameter("bucket", TIGHT.bucket, "copies", "illustrative: full at first, and the most that can be saved up"),
        Parameter("message", TIED.message, "work", "illustrative: how long a cancellation travels"),
        Parameter("queries, SEEDS", "10,000; 1, 2, 3", "", "a run each; 10 to 14 pauses in one at a load of 90"),
    ),
    seconds=17,
)


def trial(world: World, policy: Policy, seeds: Sequence[int] = SEEDS, share: float = 99) -> float | None:
    """Play the runs, and read a percentile off the times of all of them; None if a run collapsed."""
    runs = [play(world, policy, seed) for seed in seeds]
    times = sorted(time for run in runs for time in run.times)
    return None if any(run.collapsed for run in runs) else percentile(times, share)


def run(progress: Progress) -> Results:
    """Play all policies at all loads, then the variants, the jump of load, and the other worlds."""
    found: Results = {"loads": Result([*LOADS], "loads, for the figures", "of 100")}
    found["idle.p95"] = tell(trial(World(20), Policy(), share=95), "load 20, no second copies", 95)
    for number, (name, (policy, what, kept)) in enumerate(POLICIES.items()):
        progress(0.5 * number / len(POLICIES), what)
        played = {load: trial(World(load), policy) for load in (LOADS if name in DRAWN else kept)}
        found |= {f"{name}.at{load}": tell(played[load], f"load {load}, {what}") for load in kept}
        if name in DRAWN:
            stable = [value for value in played.values() if value is not None]
            found[f"{name}.p99"] = Result([*stable], f"99th percentile by load up to a collapse, {what}", "work")
    runs = [play(World(40), BUDGET, seed) for seed in SEEDS]
    late, sent = (sum(counts) / (len(SEEDS) * 100) for counts in zip(*((r.asked, r.second) for r in runs), strict=True))
    found["budget.asked"] = Result(late, "of 100 queries, those late enough for a second copy; load 40, with a budget")
    found["budget.second"] = Result(sent, "of 100 queries, those that were granted one; the same")
    for name, (load, policy, share, what) in VARIANTS.items():
        found[f"variant.{name}"] = tell(trial(World(load), policy, share=share), f"load {load}, {what}", share)
    progress(0.6, "a jump of load, and other worlds")
    return found | jump() | elsewhere()


def jump() -> Results:
    """Let the load jump from 20 to 80, and cancellations take longer and longer."""
    found: Results = {"jump.none": tell(trial(JUMP, Policy()), "load 80 after 20, no second copies")}
    found["messages"] = Result([*MESSAGES], "how long a cancellation travels, for the figure", "work")
    for name, policy in (("free", ANSWER), ("tight", TIGHT), ("wide", WIDE)):
        played = [trial(JUMP, replace(policy, message=message)) for message in MESSAGES]
        stable = [value for value in played if value is not None]
        what = f"99th percentile by message, load 80 after 20, measured, cancelled, share {policy.share:g}"
        found[f"jump.{name}"] = Result([*stable], what, "work")
    return found


def elsewhere() -> Results:
    """Look whether other worlds agree, one run each, the fixed delay being what it is there."""
    fixed, tied, dear, budget, answer = 0, 0, 0, list[float](), list[float]()
    for world in WORLDS:
        delay = trial(replace(world, load=20), Policy(), (1,), 95) or inf
        fixed += trial(replace(world, load=60), replace(FIXED, delay=delay), (1,)) is None
        tied += trial(replace(world, load=90), TIED, (1,)) is None
        for load in (60, 80, 90):
            there = replace(world, load=load)
            policies = (Policy(), replace(BUDGET, delay=delay), ANSWER, TIGHT)
            alone, rationed, free, tight = (trial(there, policy, (1,)) or inf for policy in policies)
            budget.append(rationed / alone)
            answer.append(free / alone)
            dear += tight > free
    return {
        "check.fixed": Result(fixed, "of seven other worlds in which the fixed delay collapses at a load of 60"),
        "check.tied": Result(tied, "of seven other worlds in which tied copies collapse at a load of 90"),
        "check.budget": Result(
            min(budget), "lowest 99th percentile over that without, fixed delay, budget, 60, 80, 90"
        ),
        "check.answer": Result(max(answer), "highest, measured delay, cancelling, loads 60, 80, 90"),
        "check.dear": Result(dear, "of 21 pairs of world and load in which a budget beside these makes it higher"),
    }


def tell(value: float | None, what: str, share: float = 99) -> Result:
    """Write a percentile of times, "collapses" where there is none."""
    return Result("collapses" if value is None else value, f"{share:g}th percentile of times, {what}", "work")


Line: TypeAlias = tuple[str, str, int, int, float, str]
"""A series, its label and tone; the place of the label's mark, its distance downwards in pixels, its anchor."""

PLAIN: Line = ("none.p99", "none sent", 0, 0, -22, "start")
ALONE = (PLAIN, ("fixed.p99", "fixed delay", 1, 3, 4, "end"), ("budget.p99", "with a budget", 2, 4, 24, "start"))
WAYS = (
    PLAIN,
    ("measured.p99", "measured", 1, 6, -4, "end"),
    ("cancel.p99", "fixed, cancelled", 4, 4, 26, "middle"),
    ("answer.p99", "both", 2, 6, 20, "start"),
)
SLOW = (
    ("jump.free", "no budget", 1, 4, -12, "end"),
    ("jump.tight", "one in twenty", 3, 1, -12, "middle"),
    ("jump.wide", "one in ten", 2, 4, 20, "start"),
)
AXES = {
    "loads": (Scale(16, 94, LOADS), Scale(1.8, 110, (2, 5, 10, 20, 50, 100), log=True), "load, of 100"),
    "messages": (Scale(0.08, 25, MESSAGES, log=True), Scale(9, 60, (10, 20, 50), log=True), "time of a cancellation"),
}


def draw(values: Values) -> Iterator[Figure]:
    """Draw the 99th percentile against the load, twice, and against the time that a cancellation takes."""
    for name, lines, key in (("alone", ALONE, "loads"), ("ways", WAYS, "loads"), ("slow", SLOW, "messages")):
        yield Figure(name, *(_chart(values, lines, key, width) for width in (COLUMN, NARROW)))


def _chart(values: Values, lines: Sequence[Line], key: str, width: int) -> str:
    chart = Chart(width, 340, *AXES[key], "99th percentile, in units of mean work")
    for series, label, tone, place, dy, anchor in lines:
        times = numbers(values[series])
        across = numbers(values[key])[: len(times)]
        chart.line(across, times, tone, dash=not tone)
        chart.marks(across, times, tone, x_key=key, y_key=series)
        chart.label(across[place], times[place], label, tone, dx=-10 if anchor == "end" else 0, dy=dy, anchor=anchor)
    if key == "messages":
        (level,) = numbers(values["jump.none"])
        chart.level(level, 0)
        chart.label(chart.x.low, level, "none sent", 0, dx=10, dy=-8)
    return chart.svg()
