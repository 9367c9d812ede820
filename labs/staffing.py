"""How many agents does a phone centre need at eight minutes a call, and at five?

The centre is hypothetical: no figure in here is measured at, or taken from, any employer's.

Method. Erlang C (calls arrive at random, handling times are exponential, n agents share one queue, nobody hangs up)
gives the share of callers who are answered within the promised seconds; the smallest n that keeps the promise is the
need. Erlang A adds callers who hang up. Both are exact. A simulation that knows nothing of either checks them and then
draws handling times that are not exponential.

Sources. Erlang B by its recursion and C from it, as in any text on teletraffic; Erlang A is the M/M/n+M queue of
Garnett, Mandelbaum and Reiman (2002). Times are in seconds, loads in erlangs (calls in progress if nobody had to wait).
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from heapq import heapreplace
from random import Random

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, WIDE, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

HALF_HOUR = 1800.0
BEFORE, AFTER = 480.0, 300.0
SLIGHTLY = 420.0
WORK = AFTER / BEFORE
SIZES = (5, 10, 100, 1000)
LARGEST, LARGE, MIDDLING = 1000, 500, 200
PATIENCES = (300.0, 120.0)
CAP = 0.85
VARIATIONS = (0.5, 1.5)
HALF_HOURS = 15_000
SEED = 20261122

DAY = (
    *(36, 34, 28, 22, 20, 20, 16, 14, 14, 22, 40, 60),
    *(64, 100, 172, 206, 268, 394, 456, 476, 508, 532, 508, 488),
    *(478, 468, 460, 476, 500, 508, 500, 484, 478, 456, 404, 348),
    *(330, 302, 250, 198, 172, 160, 132, 100, 86, 76, 70, 66),
)
"""Calls in each half hour from midnight: an invented day with a quiet night."""


@dataclass(frozen=True, slots=True)
class Promise:
    """At least `share` of all who call are answered `within` so many seconds; who hangs up was not answered."""

    share: float
    within: float

    def __str__(self) -> str:
        return f"{self.share:.0%} within {self.within:.0f} s"


PROMISE = Promise(0.80, 20.0)
OTHER_PROMISES = (Promise(0.90, 10.0), Promise(0.80, 60.0), Promise(0.80, 300.0))


@dataclass(frozen=True, slots=True)
class Mix:
    """One hundred calls of two kinds, of which a voice assistant may end the easy ones. Times in seconds."""

    easy_calls: int = 60
    easy: float = 360.0
    hard_calls: int = 40
    hard: float = 660.0
    assistant: float = 60.0


MIX = Mix()

LAB = Lab(
    name="staffing",
    title="Staffing by Erlang C",
    question="How many agents does a hypothetical phone centre need at eight minutes a call, and at five?",
    parameters=(
        Parameter("BEFORE", BEFORE, "s", "average handling time before: the record's 8 minutes"),
        Parameter("AFTER", AFTER, "s", "average handling time after: the record's 5 minutes"),
        Parameter("SLIGHTLY", SLIGHTLY, "s", "illustrative: a smaller change, to see where rounding decides"),
        Parameter("LARGEST", LARGEST, "calls per half hour", "illustrative: every size from 1 up to this is tried"),
        Parameter("PROMISE", str(PROMISE), "", "illustrative: widespread"),
        Parameter("OTHER_PROMISES", ", ".join(map(str, OTHER_PROMISES)), "", "illustrative: stricter, slacker"),
        Parameter("DAY", sum(DAY), "calls a day", "illustrative: a round number, spread over 48 half hours by hand"),
        Parameter("PATIENCES", " and ".join(map(str, PATIENCES)), "s", "illustrative: mean times before hanging up"),
        Parameter("CAP", CAP, "", "illustrative: the most time that an agent may be on calls, where there is a cap"),
        Parameter("MIX.easy_calls", MIX.easy_calls, "of 100 calls", "illustrative: escalations fall as recorded"),
        Parameter("MIX.easy", MIX.easy, "s", "illustrative: so that the average of all calls is the record's, before"),
        Parameter("MIX.hard", MIX.hard, "s", "illustrative: the same"),
        Parameter("MIX.assistant", MIX.assistant, "s", "illustrative: the same, after"),
        Parameter("VARIATIONS", " and ".join(map(str, VARIATIONS)), "", "illustrative: lognormal deviation over mean"),
        Parameter("HALF_HOURS", HALF_HOURS, "half hours", "simulated in each case"),
        Parameter("SEED", SEED, "", "the first of the simulation's seeds"),
    ),
    seconds=12,
)


# --- The formulas ----------------------------------------------------------------------------------------------------


def offered_load(calls: float, handling: float) -> float:
    """Turn calls per half hour and handling time in seconds into a load in erlangs."""
    return calls * handling / HALF_HOUR


def erlang_b(agents: float, load: float) -> float:
    """Tell the share of callers who find all agents busy if nobody may wait.

    The recursion adds one agent at a time. Every step stays between 0 and 1, so that no factorial or power overflows.
    With a whole number of agents it starts from none, where everybody is turned away. A fraction has no meaning on the
    floor, but the formula has one: it starts from the fraction, whose share is 1 over an integral.
    """
    fraction = agents - math.floor(agents)
    blocked = 1 / _continued(fraction, load) if fraction else 1.0
    for n in range(1, math.floor(agents) + 1):
        blocked = load * blocked / (n + fraction + load * blocked)
    return blocked


def _continued(fraction: float, load: float, end: float = 40.0, steps: int = 200) -> float:
    """Integrate exp(-u) * (1 + u / load) ** fraction over u from 0 to infinity, by Simpson's rule."""
    width = end / steps
    heights = [math.exp(-i * width) * math.pow(1 + i * width / load, fraction) for i in range(steps + 1)]
    return width / 3 * (heights[0] + 4 * sum(heights[1::2]) + 2 * sum(heights[2:-1:2]) + heights[-1])


def service_level(agents: float, calls: float, handling: float, within: float) -> float:
    """Tell by Erlang C the share of callers answered in time if nobody hangs up; 0 if the queue grows for ever."""
    load = offered_load(calls, handling)
    if agents <= load:
        return 0.0
    blocked = erlang_b(agents, load)
    waits = agents * blocked / (agents - load * (1 - blocked))
    return 1 - waits * math.exp(-(agents - load) * within / handling)


def with_hanging_up(agents: int, calls: float, handling: float, within: float, patience: float) -> tuple[float, float]:
    """Solve Erlang A: callers who wait hang up after an exponential time with mean `patience`.

    While j callers wait, the queue moves up at rate agents / handling + j / patience. Who joins behind j others runs a
    race of j + 1 steps, in each of which either the queue moves up or he hangs up himself. With r = agents * patience
    / handling he wins it with chance r / (r + j + 1). How long it takes does not depend on who wins: exp(-time /
    patience) is a Beta(r + 1, j + 1) variable, whose distribution follows by a recursion on j.

    Returns:
        The share of all callers who are answered in time, and the share who hang up.
    """
    arrivals = calls / HALF_HOUR
    r = agents * patience / handling
    x = math.exp(-within / patience)
    weight = 1.0  # of the state in which all agents are busy and j callers wait, relative to the one with j = 0
    in_time = answered = total = 1 / erlang_b(agents, offered_load(calls, handling)) - 1  # of the states with one free
    term = late = x ** (r + 1)  # the chance that the race behind j others takes longer than `within`
    j = 0
    while True:
        wins = r / (r + j + 1)
        total += weight
        answered += weight * wins
        in_time += weight * wins * (1 - late)
        j += 1
        ratio = arrivals / (agents / handling + j / patience)
        weight *= ratio
        term *= (1 - x) * (r + j) / j
        late += term
        # From here on each weight is less than `ratio` times the one before: the rest sums to a geometric series.
        if ratio < 1 and weight / (1 - ratio) < 1e-12 * total:
            return in_time / total, 1 - answered / total


@cache
def agents_needed(calls: float, handling: float, promise: Promise = PROMISE, patience: float = math.inf) -> int:
    """Find the smallest whole number of agents that keeps the promise."""

    def keeps(agents: int) -> bool:
        if patience == math.inf:
            return service_level(agents, calls, handling, promise.within) >= promise.share
        return with_hanging_up(agents, calls, handling, promise.within, patience)[0] >= promise.share

    enough = 1
    while not keeps(enough):
        enough *= 2
    return bisect_left(range(enough), True, key=keeps)


def agents_needed_under_a_cap(calls: float, handling: float) -> int:
    """Keep the promise, and let no agent be on calls for more than `CAP` of the time."""
    return max(agents_needed(calls, handling), math.ceil(offered_load(calls, handling) / CAP - 1e-9))


def fractional_agents_needed(calls: float, handling: float) -> float:
    """Find, by bisection, the number of agents that keeps the promise exactly, if agents came in fractions."""
    low, high = offered_load(calls, handling), float(agents_needed(calls, handling))
    for _ in range(26):
        middle = (low + high) / 2
        if service_level(middle, calls, handling, PROMISE.within) < PROMISE.share:
            low = middle
        else:
            high = middle
    return high


# --- Quick ways to a new roster --------------------------------------------------------------------------------------


def cut_roster(roster: int, before: float = BEFORE, after: float = AFTER) -> int:
    """Cut a roster in proportion to the work, and round up."""
    return math.ceil(roster * after / before - 1e-9)


def rule_of_two_factors(calls: float, roster: int, before: float = BEFORE, after: float = AFTER) -> int:
    """Guess the new need: the load shrinks with the work, the spare by the square root of that."""
    load, work = offered_load(calls, before), after / before
    return round(work * load + math.sqrt(work) * (roster - load))


@dataclass(frozen=True, slots=True)
class Size:
    """What a shorter call does to a centre of one size, in agents."""

    calls: int
    before: int
    after: int
    freed: int
    by_minutes: float  # the load that goes: freed by the sum in minutes
    by_heads: float  # the work's share of the roster: freed by the sum in heads
    cut: int  # how many too many the cut roster has; below 0 it is short
    rule: int  # how many too many the rule of two factors asks for

    @property
    def place(self) -> str:
        """Where the agents freed lie: between the two sums (ends included), below or above them."""
        if self.freed < self.by_minutes - 1e-9:
            return "below"
        return "above" if self.freed > self.by_heads + 1e-9 else "between"


def every_size(need: Callable[[float, float], int] = agents_needed, after: float = AFTER) -> list[Size]:
    """Compare what a centre needs before and after, at every size; `need` takes calls and handling time."""
    found = []
    for calls in range(1, LARGEST + 1):
        roster, then = need(calls, BEFORE), need(calls, after)
        minutes, heads = offered_load(calls, BEFORE - after), roster * (1 - after / BEFORE)
        cut, rule = cut_roster(roster, BEFORE, after), rule_of_two_factors(calls, roster, BEFORE, after)
        found.append(Size(calls, roster, then, roster - then, minutes, heads, cut - then, rule - then))
    return found


def count(sizes: list[Size], holds: Callable[[Size], bool], what: str) -> Result:
    """Count the sizes for which something holds."""
    return Result(sum(map(holds, sizes)), f"sizes {what}", "sizes")


# --- The simulation --------------------------------------------------------------------------------------------------

Draw = Callable[[Random], float]
"""Draws one time in seconds."""


def exponential(mean: float) -> Draw:
    """Draw exponential times."""
    return lambda chance: -mean * math.log(1 - chance.random())


def lognormal(mean: float, variation: float) -> Draw:
    """Draw lognormal times, `variation` being their standard deviation over their mean."""
    spread = math.sqrt(math.log(1 + variation**2))
    middle = math.log(mean) - spread**2 / 2

    def draw_one(chance: Random) -> float:
        normal = math.sqrt(-2 * math.log(1 - chance.random())) * math.cos(math.tau * chance.random())
        return math.exp(middle + spread * normal)

    return draw_one


def simulate(
    calls: float, handling: Draw, agents: int, seed: int, patience: Draw | None = None, half_hours: int = HALF_HOURS
) -> tuple[float, float]:
    """Let callers queue for agents, first come, first served; tell the shares answered in time and hung up."""
    chance, between = Random(seed), exponential(HALF_HOUR / calls)
    free = [0.0] * agents  # a heap: when each agent will have answered everybody who called so far
    now, in_time, hung_up, callers = 0.0, 0, 0, round(calls * half_hours)
    for _ in range(callers):
        now += between(chance)
        wait = max(0.0, free[0] - now)
        if patience and patience(chance) < wait:
            hung_up += 1
            continue
        in_time += wait <= PROMISE.within
        heapreplace(free, now + wait + handling(chance))
    return in_time / callers, hung_up / callers


# --- The lab ---------------------------------------------------------------------------------------------------------


def run(progress: Progress) -> Results:
    """Compute the needs, then check them by simulation."""
    progress(0.0, "the need at every size")
    sizes = every_size()
    found = by_size(sizes) | curves(sizes) | quick_rosters(sizes) | conditions(sizes) | hanging_up()
    found |= through_the_day(sizes) | readings()
    progress(0.3, "simulating")
    found |= simulated()
    progress(1.0, "done")
    return found


def by_size(sizes: list[Size]) -> Results:
    """Compare the agents freed with the two quick sums."""
    found: Results = {}
    for calls in (*SIZES, 16, 17, 18):
        size, at = sizes[calls - 1], f"at {calls} calls per half hour"
        found[f"at{calls}.before"] = Result(size.before, f"agents needed {at}, before", "agents")
        found[f"at{calls}.freed"] = Result(size.freed, f"agents freed {at}", "agents")
        if calls in SIZES:
            found[f"at{calls}.after"] = Result(size.after, f"agents needed {at}, after", "agents")
            found[f"at{calls}.by_minutes"] = Result(size.by_minutes, f"load that goes {at}", "agents")
            found[f"at{calls}.by_heads"] = Result(size.by_heads, f"the work's share of the roster {at}", "agents")
    for teams, calls in ((10, 10), (4, 25)):
        size, what = sizes[calls - 1], f"agents for {teams} teams of {calls} calls"
        found[f"pool{teams}x{calls}.before"] = Result(teams * size.before, f"{what}, before", "agents")
        found[f"pool{teams}x{calls}.after"] = Result(teams * size.after, f"{what}, after", "agents")
    exceptions = [size.calls for size in sizes if size.place != "between"]
    poor = [size.calls for size in sizes if size.freed / size.before < 0.30]
    return found | {
        "at100.spare_before": Result(sizes[99].before - offered_load(100, BEFORE), "spare agents, before", "agents"),
        "at100.spare_after": Result(sizes[99].after - offered_load(100, AFTER), "spare agents, after", "agents"),
        "work.saving": Result(1 - WORK, "share of the work that goes"),
        "every.sizes": Result(len(sizes), "sizes tried", "sizes"),
        "every.last_exception": Result(max(exceptions), "largest size not between the two sums", "calls"),
        "every.settled": Result(max(poor) + 1, "from here on at least 30% of the agents are freed", "calls"),
    }


def curves(sizes: list[Size]) -> Results:
    """Trace the share of the agents freed over the size."""
    steps = sorted({round(SIZES[0] * 10 ** (i / 40)) for i in range(93)} | {LARGEST})
    smooth = [1 - fractional_agents_needed(c, AFTER) / fractional_agents_needed(c, BEFORE) for c in steps]
    share = {size.calls: size.freed / size.before for size in sizes}
    return {
        "named.sizes": Result([*SIZES], "sizes that the table names", "calls per half hour"),
        "named.freed": Result([share[calls] for calls in SIZES], "share of the agents freed at each"),
        "curve.sizes": Result([*steps], "sizes along the curve", "calls per half hour"),
        "curve.whole": Result([share[calls] for calls in steps], "share of the agents freed at each"),
        "curve.smooth": Result([round(item, 6) for item in smooth], "the same if agents came in fractions"),
    }


def quick_rosters(sizes: list[Size]) -> Results:
    """See what a roster cut in proportion does to the promise, and how two quick rules do."""
    agents = cut_roster(sizes[99].before)
    small, rest, large = sizes[:MIDDLING], sizes[MIDDLING:], sizes[LARGE - 1 :]
    lowest = min(service_level(s.after + s.cut, s.calls, AFTER, PROMISE.within) for s in large)
    return {
        "cut.agents100": Result(agents, "agents left by the cut at 100 calls", "agents"),
        "cut.at100": Result(service_level(agents, 100, AFTER, PROMISE.within), "share that they answer in time"),
        "cut.large": count(large, lambda s: True, f"from {LARGE} calls on"),
        "cut.broken_large": count(large, lambda s: s.cut < 0, "of these at which the cut breaks the promise"),
        "cut.lowest_large": Result(lowest, "lowest share answered in time, of these"),
        "rule.exact_small": count(small, lambda s: s.rule == 0, f"up to {MIDDLING} calls at which it is exact"),
        "rule.exact_rest": count(rest, lambda s: s.rule == 0, f"above {MIDDLING} calls at which it is exact"),
        "rule.short": count(sizes, lambda s: s.rule < 0, "at which it asks for too few"),
        "more.exact_small": count(small, lambda s: s.cut == -1, f"up to {MIDDLING}, cut plus one agent is exact"),
        "more.exact_rest": count(rest, lambda s: s.cut == -1, f"above {MIDDLING}, cut plus one agent is exact"),
        "more.short": count(sizes, lambda s: s.cut < -1, "at which the cut plus one agent is too few"),
    }


def findings(key: str, sizes: list[Size], what: str) -> Results:
    """Tell under one condition how often each finding holds."""
    return {
        f"{key}.between": count(sizes, lambda s: s.place == "between", f"between the two sums, {what}"),
        f"{key}.broken": count(sizes, lambda s: s.cut < 0, f"at which the cut roster is too small, {what}"),
        f"{key}.rule_worst": Result(max(abs(s.rule) for s in sizes), f"most the rule is out, {what}", "agents"),
    }


def conditions(sizes: list[Size]) -> Results:
    """Try other promises, a smaller change and a cap on occupancy: where do the findings stop?"""
    found = findings("every", sizes, str(PROMISE))
    for promise in OTHER_PROMISES:
        other = every_size(partial(agents_needed, promise=promise))
        key = f"promise{promise.share * 100:.0f}in{promise.within:.0f}"
        found |= findings(key, other, str(promise)) | {
            f"{key}.before": Result(other[99].before, f"agents at 100 calls, before, {promise}", "agents"),
            f"{key}.after": Result(other[99].after, f"agents at 100 calls, after, {promise}", "agents"),
        }
    capped = every_size(agents_needed_under_a_cap)
    return (
        found
        | findings("slightly", every_size(after=SLIGHTLY), "a smaller change")
        | findings("cap", capped, "a cap")
        | {
            "cap.decides": count(capped, lambda s: s.before > sizes[s.calls - 1].before, "whose roster the cap sets"),
            "cap.broken_large": count(capped[LARGE - 1 :], lambda s: s.cut < 0, f"too small from {LARGE} on, a cap"),
        }
    )


def hanging_up() -> Results:
    """Let callers hang up, for two degrees of patience: at each size, and over the day."""
    found: Results = {}
    for patience in PATIENCES:
        key, what = f"patience{patience:.0f}", f"mean patience {patience:.0f} s"
        sizes = every_size(partial(agents_needed, patience=patience))
        lost = [with_hanging_up(s.before, s.calls, BEFORE, PROMISE.within, patience)[1] for s in sizes]
        answered = sum(s.freed >= s.by_minutes * (1 - gone) for s, gone in zip(sizes, lost, strict=True))
        found |= findings(key, sizes, what) | {
            f"{key}.below": count(sizes, lambda s: s.place == "below", f"that free less than the load, {what}"),
            f"{key}.answered": Result(answered, f"sizes that free the load of the answered calls, {what}", "sizes"),
            f"{key}.rule_short": count(sizes, lambda s: s.rule < 0, f"at which the rule asks for too few, {what}"),
            f"{key}.before": Result(sizes[-1].before, f"agents at {LARGEST} calls, before, {what}", "agents"),
            f"{key}.after": Result(sizes[-1].after, f"agents at {LARGEST} calls, after, {what}", "agents"),
            f"{key}.freed": Result(sizes[-1].freed, f"agents freed at {LARGEST} calls, {what}", "agents"),
            f"{key}.lost": Result(lost[-1], f"share who hang up at {LARGEST} calls, before, {what}"),
            f"{key}.day_freed": Result(sum(sizes[c - 1].freed for c in DAY) / 2, f"hours of the day, {what}", "hours"),
        }
    return found


def through_the_day(sizes: list[Size]) -> Results:
    """Staff each half hour of the day by itself."""
    day = [sizes[calls - 1] for calls in DAY]
    freed, minutes, heads = (
        sum(values) / 2 for values in zip(*((s.freed, s.by_minutes, s.by_heads) for s in day), strict=True)
    )
    peak, night = max(day, key=lambda s: s.calls), min(day, key=lambda s: s.calls)
    return {
        "day.clock": Result([i / 2 for i in range(len(DAY))], "start of each half hour", "hours after midnight"),
        "day.before": Result([s.before for s in day], "agents needed in each half hour, before", "agents"),
        "day.after": Result([s.after for s in day], "agents needed in each half hour, after", "agents"),
        "day.freed": Result(freed, "agent-hours freed in the day", "hours"),
        "day.by_heads": Result(heads, "the work's share of the day's agent-hours", "hours"),
        "day.over_minutes": Result(freed - minutes, "hours freed beyond the handling that goes", "hours"),
        "day.under_heads": Result(heads - freed, "hours by which the work's share is more", "hours"),
        "day.peak_before": Result(peak.before, "agents in the busiest half hour, before", "agents"),
        "day.peak_after": Result(peak.after, "agents in the busiest half hour, after", "agents"),
        "day.night_before": Result(night.before, "agents in the quietest half hour, before", "agents"),
        "day.night_after": Result(night.after, "agents in the quietest half hour, after", "agents"),
    }


def readings() -> Results:
    """Staff 100 calls per half hour under three readings of "from eight minutes to five"."""
    shorter, absorbed = agents_needed(100, AFTER), agents_needed(MIX.hard_calls, MIX.hard)
    both = agents_needed(MIX.hard_calls, AFTER)
    callbacks = next(n for n in range(100) if agents_needed(MIX.hard_calls + n, MIX.hard) >= shorter)
    return {
        "mix.shorter": Result(shorter, "agents if every call becomes shorter", "agents"),
        "mix.absorbed": Result(absorbed, "agents if the assistant ends the easy calls", "agents"),
        "mix.both": Result(both, "agents if it does, and hard calls take people as long as AFTER", "agents"),
        "mix.callbacks": Result(callbacks, "callbacks, as hard calls, after which absorbing frees no more", "calls"),
        "mix.callback_share": Result(callbacks / MIX.easy_calls, "the same as a share of the absorbed calls"),
    }


def simulated() -> Results:
    """Simulate both formulas, then lognormal handling times of the same mean on the same rosters."""
    gaps: list[float] = []
    moved: list[float] = []
    for number, calls in enumerate((20, 100)):
        for handling in (BEFORE, AFTER):
            agents = agents_needed(calls, handling)
            level, _ = simulate(calls, exponential(handling), agents, SEED + number)
            gaps.append(level - service_level(agents, calls, handling, PROMISE.within))
        for patience in PATIENCES:
            agents = agents_needed(calls, BEFORE, patience=patience)
            shares = simulate(calls, exponential(BEFORE), agents, SEED + number, exponential(patience))
            exact = with_hanging_up(agents, calls, BEFORE, PROMISE.within, patience)
            gaps.append(max((a - b for a, b in zip(shares, exact, strict=True)), key=abs))
        agents = agents_needed(calls, BEFORE)
        for variation in VARIATIONS:
            level, _ = simulate(calls, lognormal(BEFORE, variation), agents, SEED + number)
            moved.append(level - service_level(agents, calls, BEFORE, PROMISE.within))
    return {
        "check.cases": Result(len(gaps), "cases in which a formula is simulated", "cases"),
        "check.half_hours": Result(HALF_HOURS, "half hours simulated in each case", "half hours"),
        "check.worst": Result(max(map(abs, gaps)) * 100, "largest gap between formula and simulation", "points"),
        "lognormal.cases": Result(len(moved), "cases with lognormal handling times", "cases"),
        "lognormal.rise": Result(max(moved) * 100, "most by which the service level rises", "points"),
        "lognormal.fall": Result(-min(moved) * 100, "most by which it falls", "points"),
    }


# --- The figures -----------------------------------------------------------------------------------------------------


def draw(values: Values) -> Iterator[Figure]:
    """Draw the share freed by size, and the day."""
    yield Figure("freed", drawing=_freed(values, WIDE), narrow=_freed(values, NARROW))
    yield Figure("day", drawing=_day(values, COLUMN), narrow=_day(values, NARROW))


def _freed(values: Values, width: int) -> str:
    small = width == NARROW
    chart = Chart(
        width,
        320 if small else 340,
        x=Scale(4.4, 1150, (5, 20, 100, 1000) if small else (5, 10, 20, 50, 100, 200, 500, 1000), log=True),
        y=Scale(-0.02, 0.43, [(share / 10, f"{share}0%" if share else "0") for share in range(5)]),
        x_label="calls per half hour",
        y_label="share of the agents freed",
    )
    curve, sizes, freed = (numbers(values[key]) for key in ("curve.sizes", "named.sizes", "named.freed"))
    (work,) = numbers(values["work.saving"])
    chart.line(curve, numbers(values["curve.smooth"]), 2)
    chart.line(curve, numbers(values["curve.whole"]), 1)
    chart.level(work, 3)
    chart.marks(sizes, freed, 1, x_key="named.sizes", y_key="named.freed")
    first, last = ([values[f"at{size}.{when}"] for when in ("before", "after")] for size in (SIZES[0], LARGEST))
    chart.label(SIZES[0], freed[0], f"{first[0]} agents before, {first[1]} after", 1, dx=12, dy=5)
    if not small:
        chart.label(LARGEST, 0.33, f"{last[0]} agents before, {last[1]} after", 1, dx=4, anchor="end")
    chart.label(10, freed[1], "whole people", 1, dx=12, dy=16)
    where, end = (LARGEST, "end") if small else (SIZES[0], "start")
    chart.label(where, 0.305, "in fractions", 2, dx=4, anchor=end)
    chart.label(4.4, work, "three eighths", 3, dx=8, dy=-9)
    return chart.svg()


def _day(values: Values, width: int) -> str:
    small = width == NARROW
    clock, before, after = (numbers(values[key]) for key in ("day.clock", "day.before", "day.after"))
    chart = Chart(
        width,
        280 if small else 300,
        x=Scale(0, 24, ((0, "00:00"), (6, "06:00"), (12, "12:00"), (18, "18:00"), (24, "24:00"))),
        y=Scale(0, 170, (0, 50, 100, 150)),
        x_label="time of day",
        y_label="agents needed, by half hour",
        right=22,
    )
    peak, night = before.index(max(before)), before.index(min(before))
    for tone, (key, series) in enumerate((("day.before", before), ("day.after", after)), 1):
        chart.line([x for hour in clock for x in (hour, hour + 0.5)], [y for n in series for y in (n, n)], tone)
        for place in (night, peak):
            chart.mark(clock[place] + 0.25, series[place], tone, y_key=f"{key}[{place}]")
        chart.label(clock[peak] + 0.25, series[peak], f"{series[peak]:.0f}", tone, dy=-10, anchor="middle")
    chart.label(clock[night], before[night], f"{before[night]:.0f} and {after[night]:.0f}", dy=-16, anchor="middle")
    chart.label(14.5, before[29], "before", 1, dx=18, dy=-12)
    chart.label(12.75, after[25], "after", 2, dy=26, anchor="middle")
    return chart.svg()
