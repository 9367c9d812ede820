"""How many agents does a phone centre need at eight minutes a call, and at five?

The centre is hypothetical: no figure in here is measured at, or taken from, any employer's.

Method. Erlang C (a queue with Poisson arrivals, exponential handling times, n agents, nobody hangs up) gives the share
of callers who are answered within the promised seconds. The smallest n that keeps the promise is the need. An event
simulation that knows nothing of the formula checks it, then drops its assumptions one at a time: handling times that
are not exponential, callers who hang up (also exactly, as Erlang A), half hours that follow one another on one day.

Sources. Erlang B by its recursion and C from it, as in any text on teletraffic; Erlang A is the M/M/n+M queue of
Garnett, Mandelbaum and Reiman (2002). Times are in seconds, loads in erlangs (calls in progress if nobody had to wait).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from random import Random

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, WIDE, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Scalar, Values

HALF_HOUR = 1800.0
BEFORE, AFTER = 480.0, 300.0
WORK = AFTER / BEFORE
SIZES = (5, 10, 20, 50, 100, 200, 500, 1000)
LARGEST = 1000
SEED = 20261122

DAY = (
    *(30, 28, 24, 18, 16, 16, 14, 12, 12, 18, 32, 50),
    *(54, 84, 144, 172, 224, 328, 380, 396, 424, 444, 424, 406),
    *(398, 390, 384, 396, 416, 424, 416, 404, 398, 380, 336, 290),
    *(272, 252, 208, 164, 144, 134, 110, 84, 72, 64, 58, 56),
)
"""Calls in each half hour from midnight: an invented day with a quiet night, 10,000 calls in all."""


@dataclass(frozen=True, slots=True)
class Promise:
    """The service level: at least `share` of the callers answered `within` so many seconds."""

    share: float
    within: float


PROMISE = Promise(0.80, 20.0)

LAB = Lab(
    name="staffing",
    title="Staffing by Erlang C",
    question="How many agents does a hypothetical phone centre need at eight minutes a call, and at five?",
    parameters=(
        Parameter("BEFORE", BEFORE, "s", "average handling time before: the record's 8 minutes"),
        Parameter("AFTER", AFTER, "s", "average handling time after: the record's 5 minutes"),
        Parameter("SIZES", "5 to 1,000", "calls per half hour", "illustrative: from a corner desk to a large centre"),
        Parameter(
            "PROMISE", "80% within 20", "s", "illustrative: a widespread promise; 90/10, 80/60 and 80/300 are tried too"
        ),
        Parameter("DAY", sum(DAY), "calls a day", "illustrative: a round number, spread over 48 half hours by hand"),
        Parameter(
            "patience", "120 and 300", "s", "illustrative: mean time before a waiting caller hangs up (Erlang A)"
        ),
        Parameter("variation", "0.5 and 1.5", "", "illustrative: standard deviation over mean of lognormal handling"),
        Parameter("easy", "60 of 100 calls at 6 minutes", "", "illustrative: chosen so that the mean of all is 8"),
        Parameter("hard", "40 of 100 calls at 11 minutes", "", "illustrative: the same"),
        Parameter("assistant", 60, "s", "illustrative: what a call costs that the voice assistant ends by itself"),
        Parameter("SEED", SEED, "", "the first of the simulation's seeds"),
    ),
    seconds=18,
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


def erlang_c(agents: float, load: float) -> float:
    """Tell the share of callers who have to wait at all; 1 where the agents cannot carry the load."""
    if agents <= load:
        return 1.0
    blocked = erlang_b(agents, load)
    return agents * blocked / (agents - load * (1 - blocked))


def service_level(agents: float, calls: float, handling: float, within: float) -> float:
    """Tell the share of callers answered within so many seconds; 0 where the queue would grow for ever."""
    load = offered_load(calls, handling)
    if agents <= load:
        return 0.0
    return 1 - erlang_c(agents, load) * math.exp(-(agents - load) * within / handling)


def agents_needed(calls: float, handling: float, promise: Promise = PROMISE) -> int:
    """Find the smallest whole number of agents that keeps the promise."""
    agents = math.floor(offered_load(calls, handling)) + 1
    while service_level(agents, calls, handling, promise.within) < promise.share:
        agents += 1
    return agents


def fractional_agents_needed(calls: float, handling: float, promise: Promise = PROMISE) -> float:
    """Find, by bisection, the number of agents that keeps the promise exactly, if agents came in fractions."""
    low, high = offered_load(calls, handling), float(agents_needed(calls, handling, promise))
    for _ in range(26):
        middle = (low + high) / 2
        if service_level(middle, calls, handling, promise.within) < promise.share:
            low = middle
        else:
            high = middle
    return high


def service_level_with_hanging_up(
    agents: int, calls: float, handling: float, within: float, patience: float
) -> tuple[float, float]:
    """Solve Erlang A: as Erlang C, but a waiting caller hangs up after an exponential time with mean `patience`.

    With j callers waiting, the next one leaves the queue at rate n/handling + j/patience. The wait of a patient caller
    behind j others is a sum of such exponential times: minus the logarithm of a Beta(r, j + 1) variable, times the
    patience, with r = n * patience / handling. Its distribution follows by a recursion on j.

    Returns:
        The share of callers who would be answered in time if they stayed, and the share who hang up.
    """
    load = offered_load(calls, handling)
    rate = n_rate = agents / handling
    arrivals = calls / HALF_HOUR
    r = agents * patience / handling
    x = math.exp(-within / patience)
    weight = 1.0  # of the state in which all agents are busy and j callers wait, relative to j = 0
    term = late = x**r  # the chance that a caller behind j others waits longer than `within`
    total, waiting_late, leaving = 1 / erlang_b(agents, load) - 1, 0.0, 0.0
    j = 0
    while weight > 1e-15 or arrivals > rate:
        total += weight
        waiting_late += weight * late
        leaving += weight * j / patience
        j += 1
        rate = n_rate + j / patience
        weight *= arrivals / rate
        term *= (1 - x) * (r + j - 1) / j
        late += term
    return 1 - waiting_late / total, leaving / (arrivals * total)


def agents_needed_with_hanging_up(calls: float, handling: float, patience: float, promise: Promise = PROMISE) -> int:
    """Find the smallest number of agents that keeps the promise when callers may hang up."""
    agents = 1
    while service_level_with_hanging_up(agents, calls, handling, promise.within, patience)[0] < promise.share:
        agents += 1
    return agents


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


def arrivals(calls: Sequence[float], days: int, chance: Random) -> Iterator[float]:
    """Draw the times of calls: Poisson, at the rate of each half hour of `calls`, day after day."""
    start = 0.0
    for _ in range(days):
        for expected in calls:
            at = start
            while expected:
                at += -math.log(1 - chance.random()) * HALF_HOUR / expected
                if at >= start + HALF_HOUR:
                    break
                yield at
            start += HALF_HOUR


@dataclass(slots=True)
class Tally:
    """What happened to the callers who arrived in one half hour of the schedule."""

    calls: int = 0
    in_time: int = 0
    hung_up: int = 0


def simulate(
    times: Iterator[float],
    handling: Draw,
    agents: Sequence[int],
    chance: Random,
    within: float = PROMISE.within,
    patience: Draw | None = None,
    by_name: bool = False,
) -> list[Tally]:
    """Let callers queue for agents, first come, first served.

    Args:
        times: when calls arrive, in seconds, ascending.
        handling: draws a call's handling time.
        agents: agents on duty in each half hour of a schedule that repeats. Whoever goes off duty ends his call first.
        chance: the source of chance.
        within: seconds that count as in time.
        patience: draws how long a caller waits before hanging up; None if nobody does.
        by_name: who goes when the roster shrinks. By name, idle agents go at once and others are drawn by lot, who
            end their calls beyond the new roster; otherwise the first to finish go, and count towards it until then.

    Returns:
        One tally for each half hour of the schedule.
    """
    tallies = [Tally() for _ in agents]
    queue: deque[tuple[float, float, int]] = deque()  # arrival, end of patience, half hour of arrival
    calls: list[tuple[float, bool]] = []  # a heap: when a call ends, and whether its agent counts towards the roster
    busy = 0  # agents on a call who count towards the roster
    period, change = 0, HALF_HOUR

    def answer(now: float) -> None:
        """Give waiting callers to agents who are on duty and free at this moment."""
        nonlocal busy
        while queue and busy < agents[period % len(agents)]:
            came, until, slot = queue.popleft()
            if until < now:
                tallies[slot].hung_up += 1
                continue
            tallies[slot].in_time += now - came <= within
            heappush(calls, (now + handling(chance), True))
            busy += 1

    for time in times:
        while True:  # all that happens before this call arrives: calls end, the roster changes
            ends = calls[0][0] if calls else math.inf
            if min(ends, change) > time:
                break
            if ends <= change:
                _, counted = heappop(calls)
                busy -= counted
                answer(ends)
                continue
            period += 1
            roster = agents[period % len(agents)]
            if by_name and busy > roster:
                counting = [place for place, (_, counted) in enumerate(calls) if counted]
                for _ in range(busy - roster):
                    place = counting.pop(int(chance.random() * len(counting)))
                    calls[place] = (calls[place][0], False)
                heapify(calls)
                busy = roster
            answer(change)
            change += HALF_HOUR
        slot = period % len(agents)
        tallies[slot].calls += 1
        queue.append((time, math.inf if patience is None else time + patience(chance), slot))
        answer(time)
    return tallies


def simulated_level(agents: int, calls: float, handling: Draw, half_hours: int, seed: int) -> float:
    """Simulate one size of centre for so many half hours; tell the share of callers answered in time."""
    chance = Random(seed)
    (tally,) = simulate(arrivals([calls], half_hours, chance), handling, [agents], chance)
    return tally.in_time / tally.calls


# --- The mix of calls ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mix:
    """Two kinds of call, of which a voice assistant may end the easy ones by itself. Times in minutes."""

    easy_share: float = 0.60
    easy: float = 6.0
    hard: float = 11.0
    assistant: float = 1.0

    def average_of_all(self, taken: float) -> float:
        """Average over every call when the assistant takes the share `taken` of the easy ones."""
        gone = self.easy_share * taken
        return gone * self.assistant + (1 - gone) * self.average_of_people(taken)

    def average_of_people(self, taken: float) -> float:
        """Average over the calls that people still answer."""
        left = self.easy_share * (1 - taken)
        return (left * self.easy + (1 - self.easy_share) * self.hard) / (left + 1 - self.easy_share)


MIX = Mix()


# --- The lab ---------------------------------------------------------------------------------------------------------


def run(progress: Progress) -> Results:
    """Compute the needs, then check them by simulation."""
    progress(0.0, "Erlang C for every size")
    found: Results = {}
    found |= by_size()
    found |= every_size()
    found |= limits()
    found |= pools()
    found |= promises()
    found |= mixes()
    found |= hanging_up()
    found |= through_the_day()
    progress(0.15, "simulating what the formula says")
    found |= simulated_sizes()
    progress(0.55, "simulating handling times that are not exponential")
    found |= simulated_lognormal()
    progress(0.80, "simulating whole days")
    found |= simulated_days()
    progress(1.0, "done")
    return found


def by_size() -> Results:
    """Compare the two handling times at each size that the essay names."""
    found: Results = {}
    for calls in SIZES:
        before, after = agents_needed(calls, BEFORE), agents_needed(calls, AFTER)
        load, less = offered_load(calls, BEFORE), offered_load(calls, AFTER)
        at = f"at {calls} calls per half hour"
        key = f"at{calls}"
        found |= {
            f"{key}.before": Result(before, f"agents needed {at}, 8 minutes a call", "agents"),
            f"{key}.after": Result(after, f"agents needed {at}, 5 minutes a call", "agents"),
            f"{key}.freed": Result(before - after, f"agents freed {at}", "agents"),
            f"{key}.saving": Result(1 - after / before, f"share of the agents freed {at}"),
            f"{key}.smooth_saving": Result(
                1 - round(fractional_agents_needed(calls, AFTER) / fractional_agents_needed(calls, BEFORE), 6),
                f"share of the agents freed {at} if agents came in fractions",
            ),
            f"{key}.spare_before": Result(before - load, f"agents beyond the load {at}, 8 minutes a call", "agents"),
            f"{key}.spare_after": Result(after - less, f"agents beyond the load {at}, 5 minutes a call", "agents"),
            f"{key}.busy_before": Result(load / before, f"share of time an agent is on a call {at}, 8 minutes"),
            f"{key}.busy_after": Result(less / after, f"share of time an agent is on a call {at}, 5 minutes"),
        }
    found["sizes"] = Result(list(SIZES), "sizes of centre that the essay names", "calls per half hour")
    found["ratios"] = Result(
        [agents_needed(calls, AFTER) / agents_needed(calls, BEFORE) for calls in SIZES],
        "agents needed at 5 minutes over agents needed at 8, at each of these sizes",
    )
    found["work"] = Result(WORK, "5 minutes over 8: what is left of the work itself")
    found["work.saving"] = Result(1 - WORK, "share of the work that 5 minutes instead of 8 takes away")
    curve = sorted({round(5 * 10 ** (i / 40)) for i in range(93)} | {LARGEST})
    found["curve.sizes"] = Result([*curve], "sizes of centre along the curve", "calls per half hour")
    found["curve.whole"] = Result(
        [agents_needed(calls, AFTER) / agents_needed(calls, BEFORE) for calls in curve],
        "ratio of whole agents along the curve",
    )
    found["curve.fractions"] = Result(
        [round(fractional_agents_needed(calls, AFTER) / fractional_agents_needed(calls, BEFORE), 6) for calls in curve],
        "ratio of agents along the curve if agents came in fractions",
    )
    for calls in (10, 100, 1000):
        spare = fractional_agents_needed(calls, BEFORE) - offered_load(calls, BEFORE)
        beta = spare / math.sqrt(offered_load(calls, BEFORE))
        found[f"beta.at{calls}"] = Result(
            round(beta, 6),
            f"spare agents over the square root of the load at {calls} calls, 8 minutes, agents in fractions",
        )
    return found


def every_size() -> Results:
    """Look at every size from 1 to 1,000 calls per half hour."""
    sizes = range(1, LARGEST + 1)
    ratio = {calls: agents_needed(calls, AFTER) / agents_needed(calls, BEFORE) for calls in sizes}
    last = {limit: max(calls for calls in sizes if ratio[calls] > limit) for limit in (0.70, 0.65)}
    cut = {calls: level_after_cut(calls) for calls in sizes}
    broken = [calls for calls in sizes if cut[calls] < PROMISE.share]
    count = compare_every_size()
    return {
        "every.sizes": Result(LARGEST, "sizes looked at, 1 to 1,000 calls per half hour", "sizes"),
        "every.none_freed": Result(sum(r == 1 for r in ratio.values()), "sizes at which no agent is freed", "sizes"),
        "every.full": Result(sum(r <= WORK for r in ratio.values()), "sizes that keep the whole saving", "sizes"),
        "every.below": Result(count.below, "sizes that free fewer agents than the load that goes", "sizes"),
        "every.above": Result(count.above, "sizes that free more than 3/8 of the roster", "sizes"),
        "every.between": Result(count.between, "sizes that free an amount between the two, ends included", "sizes"),
        "every.last_exception": Result(count.last_exception, "the largest size that is below or above", "calls"),
        "every.thirty": Result(last[0.70] + 1, "from this size on the saving is always 30% or more", "calls"),
        "every.thirtyfive": Result(last[0.65] + 1, "from this size on the saving is always 35% or more", "calls"),
        "every.at16": Result(1 - ratio[16], "share of the agents freed at 16 calls per half hour"),
        "every.at17": Result(1 - ratio[17], "share of the agents freed at 17 calls per half hour"),
        "every.at18": Result(1 - ratio[18], "share of the agents freed at 18 calls per half hour"),
        "cut.broken": Result(count.broken, "sizes at which 5/8 of the roster, rounded up, breaks the promise", "sizes"),
        "cut.broken_large": Result(sum(c >= 500 for c in broken), "such sizes from 500 calls upward", "sizes"),
        "cut.large": Result(sum(c >= 500 for c in sizes), "sizes from 500 calls upward", "sizes"),
        "cut.worst": Result(min(cut.values()), "lowest service level after such a cut"),
        "cut.at100": Result(cut[100], "service level after such a cut at 100 calls per half hour"),
        "cut.at1000": Result(cut[1000], "service level after such a cut at 1,000 calls per half hour"),
        "cut.agents100": Result(cut_roster(agents_needed(100, BEFORE)), "agents after such a cut, 100 calls", "agents"),
        "cut.agents1000": Result(
            cut_roster(agents_needed(1000, BEFORE)), "agents after such a cut, 1,000 calls", "agents"
        ),
        "rule.factor": Result(math.sqrt(WORK), "the factor for spare agents: the square root of 5/8"),
        "rule.exact": Result(count.rule_exact, "sizes at which the rule of two factors is exact", "sizes"),
        "rule.short": Result(count.rule_short, "sizes at which the rule asks for too few", "sizes"),
        "rule.over": Result(count.rule_over, "sizes at which the rule asks for too many", "sizes"),
        "rule.worst": Result(count.rule_worst, "the most by which the rule is out, at any size", "agents"),
    }


@dataclass(frozen=True, slots=True)
class Count:
    """At how many sizes, from 1 call per half hour upward, what is true."""

    below: int
    between: int
    above: int
    last_exception: int
    broken: int
    rule_exact: int
    rule_short: int
    rule_over: int
    rule_worst: int


def compare_every_size(promise: Promise = PROMISE, before: float = BEFORE, after: float = AFTER) -> Count:
    """Compare two handling times at every size, under one promise."""
    below = above = last_exception = broken = 0
    errors = []
    for calls in range(1, LARGEST + 1):
        roster, need = agents_needed(calls, before, promise), agents_needed(calls, after, promise)
        freed = roster - need
        too_few = freed < offered_load(calls, before - after) - 1e-9
        too_many = freed > (1 - after / before) * roster + 1e-9
        below += too_few
        above += too_many
        last_exception = calls if too_few or too_many else last_exception
        broken += level_after_cut(calls, promise, before, after) < promise.share
        errors.append(rule_of_two_factors(calls, roster, before, after) - need)
    return Count(
        below,
        LARGEST - below - above,
        above,
        last_exception,
        broken,
        rule_exact=sum(error == 0 for error in errors),
        rule_short=sum(error < 0 for error in errors),
        rule_over=sum(error > 0 for error in errors),
        rule_worst=max(abs(error) for error in errors),
    )


def cut_roster(roster: int, before: float = BEFORE, after: float = AFTER) -> int:
    """Cut a roster in proportion to the work, and round up."""
    return math.ceil(roster * after / before - 1e-9)


def level_after_cut(calls: float, promise: Promise = PROMISE, before: float = BEFORE, after: float = AFTER) -> float:
    """Tell the service level if the roster is cut in proportion to the work."""
    return service_level(cut_roster(agents_needed(calls, before, promise), before, after), calls, after, promise.within)


def rule_of_two_factors(calls: float, roster: int, before: float = BEFORE, after: float = AFTER) -> int:
    """Guess the new need from today's roster: the load shrinks with the work, the spare by the square root of that."""
    load, work = offered_load(calls, before), after / before
    return round(work * load + math.sqrt(work) * (roster - load))


def limits() -> Results:
    """Look for where the findings stop: slack and strict promises, and a cut from 8 minutes to only 7."""
    found: Results = {}
    for promise in (Promise(0.90, 10.0), Promise(0.80, 60.0), Promise(0.80, 300.0)):
        count = compare_every_size(promise)
        name = f"{promise.share * 100:.0f}% within {promise.within:.0f} s"
        key = f"limits{promise.share * 100:.0f}in{promise.within:.0f}"
        found |= {
            f"{key}.broken": Result(count.broken, f"sizes of 1,000 at which 5/8 of the roster breaks {name}", "sizes"),
            f"{key}.between": Result(count.between, f"sizes of 1,000 between the two sums under {name}", "sizes"),
            f"{key}.rule_worst": Result(count.rule_worst, f"the most by which the rule is out under {name}", "agents"),
        }
    seven = compare_every_size(after=420.0)
    return found | {
        "limits7.below": Result(seven.below, "8 to 7 minutes: sizes that free less than the load that goes", "sizes"),
        "limits7.above": Result(seven.above, "8 to 7 minutes: sizes that free more than 1/8 of the roster", "sizes"),
        "limits7.between": Result(seven.between, "8 to 7 minutes: sizes between the two sums", "sizes"),
        "limits7.broken": Result(seven.broken, "8 to 7 minutes: sizes at which 7/8 of the roster fails", "sizes"),
    }


def pools() -> Results:
    """Compare shortening calls with joining small teams into one queue."""
    found: Results = {}
    for teams, calls in ((10, 10), (4, 25)):
        key = f"pool{teams}x{calls}"
        what = f"{teams} teams of {calls} calls per half hour each"
        found |= {
            f"{key}.apart_before": Result(teams * agents_needed(calls, BEFORE), f"{what}, 8 minutes", "agents"),
            f"{key}.apart_after": Result(teams * agents_needed(calls, AFTER), f"{what}, 5 minutes", "agents"),
            f"{key}.joined_before": Result(
                agents_needed(teams * calls, BEFORE), f"{what}, joined, 8 minutes", "agents"
            ),
            f"{key}.joined_after": Result(agents_needed(teams * calls, AFTER), f"{what}, joined, 5 minutes", "agents"),
        }
    return found


def promises() -> Results:
    """Try three other promises."""
    found: Results = {}
    for promise in (Promise(0.90, 10.0), Promise(0.80, 60.0), Promise(0.80, 300.0)):
        name = f"{promise.share * 100:.0f}% within {promise.within:.0f} s"
        for calls in (10, 100, 1000):
            before, after = agents_needed(calls, BEFORE, promise), agents_needed(calls, AFTER, promise)
            key = f"promise{promise.share * 100:.0f}in{promise.within:.0f}.at{calls}"
            found |= {
                f"{key}.before": Result(before, f"agents needed at {calls} calls, 8 minutes, {name}", "agents"),
                f"{key}.after": Result(after, f"agents needed at {calls} calls, 5 minutes, {name}", "agents"),
                f"{key}.saving": Result(1 - after / before, f"share of the agents freed at {calls} calls, {name}"),
            }
    return found


def mixes() -> Results:
    """Staff one centre of 100 calls per half hour under three readings of "8 to 5 minutes"."""
    hard_calls = 100 * (1 - MIX.easy_share)
    shares: list[Scalar] = [i / 20 for i in range(21)]
    all_calls = [MIX.average_of_all(float(s)) for s in shares]
    people = [MIX.average_of_people(float(s)) for s in shares]
    load_a, load_c = hard_calls * MIX.hard, 100 * AFTER / 60
    return {
        "mix.before": Result(agents_needed(100, BEFORE), "agents for 100 calls of 8 minutes", "agents"),
        "mix.shorter": Result(agents_needed(100, AFTER), "agents if all 100 calls take people 5 minutes", "agents"),
        "mix.absorbed": Result(
            agents_needed(hard_calls, MIX.hard * 60),
            "agents if the assistant ends 60 calls, people 40 of 11 minutes",
            "agents",
        ),
        "mix.both": Result(
            agents_needed(hard_calls, AFTER), "agents if the assistant ends 60 calls, people 40 of 5 minutes", "agents"
        ),
        "mix.cure": Result(1 - 8 / MIX.hard, "cut in the calls left that would bring the people's average back to 8"),
        "mix.callback": Result(
            (load_c - load_a) / (100 * MIX.easy_share * MIX.hard),
            "share of the absorbed calls which, coming back as hard ones, undo the lead over 100 calls of 5 minutes",
        ),
        "mix.shares": Result(shares, "share of the easy calls that the assistant ends"),
        "mix.all": Result([*all_calls], "average over all calls at each share", "minutes"),
        "mix.people": Result([*people], "average over the calls that people answer at each share", "minutes"),
        "mix.work": Result(
            [100 * p * (1 - MIX.easy_share * float(s)) for p, s in zip(people, shares, strict=True)],
            "people's work for 100 calls at each share",
            "minutes",
        ),
    }


def hanging_up() -> Results:
    """Let callers hang up: Erlang A, for two degrees of patience."""
    found: Results = {}
    for patience in (120.0, 300.0):
        for calls in (10, 100, 1000):
            before = agents_needed_with_hanging_up(calls, BEFORE, patience)
            after = agents_needed_with_hanging_up(calls, AFTER, patience)
            _, lost = service_level_with_hanging_up(before, calls, BEFORE, PROMISE.within, patience)
            key, what = f"patience{patience:.0f}.at{calls}", f"at {calls} calls, mean patience {patience:.0f} s"
            found |= {
                f"{key}.before": Result(before, f"agents needed {what}, 8 minutes", "agents"),
                f"{key}.after": Result(after, f"agents needed {what}, 5 minutes", "agents"),
                f"{key}.saving": Result(1 - after / before, f"share of the agents freed {what}"),
                f"{key}.lost": Result(lost, f"share of callers who hang up {what}, 8 minutes"),
            }
    return found


def through_the_day() -> Results:
    """Staff each half hour of the day by itself."""
    before = [agents_needed(calls, BEFORE) for calls in DAY]
    after = [agents_needed(calls, AFTER) for calls in DAY]
    hours, less = sum(before) / 2, sum(after) / 2
    peak, night = DAY.index(max(DAY)), DAY.index(min(DAY))
    talk = sum(DAY) * (BEFORE - AFTER) / 3600
    return {
        "day.hours": Result([i / 2 for i in range(len(DAY))], "start of each half hour", "hours after midnight"),
        "day.calls": Result([*DAY], "calls in each half hour of the invented day", "calls"),
        "day.before": Result([*before], "agents needed in each half hour, 8 minutes a call", "agents"),
        "day.after": Result([*after], "agents needed in each half hour, 5 minutes a call", "agents"),
        "day.hours_before": Result(hours, "agent-hours of the day, 8 minutes a call", "hours"),
        "day.hours_after": Result(less, "agent-hours of the day, 5 minutes a call", "hours"),
        "day.hours_freed": Result(hours - less, "agent-hours freed in the day", "hours"),
        "day.saving": Result(1 - less / hours, "share of the agent-hours freed in the day"),
        "day.talk": Result(talk, "hours of handling taken away in the day", "hours"),
        "day.share": Result(hours * (1 - WORK), "3/8 of the agent-hours of the day, 8 minutes a call", "hours"),
        "day.share_gap": Result(
            hours * (1 - WORK) - (hours - less), "3/8 of those hours less the hours freed", "hours"
        ),
        "day.spare_freed": Result(hours - less - talk, "agent-hours of waiting freed in the day", "hours"),
        "day.peak_calls": Result(max(DAY), "calls in the busiest half hour", "calls"),
        "day.peak_before": Result(before[peak], "agents in the busiest half hour, 8 minutes", "agents"),
        "day.peak_after": Result(after[peak], "agents in the busiest half hour, 5 minutes", "agents"),
        "day.peak_saving": Result(1 - after[peak] / before[peak], "share of the agents freed in the busiest half hour"),
        "day.night_calls": Result(min(DAY), "calls in the quietest half hour", "calls"),
        "day.night_before": Result(before[night], "agents in the quietest half hour, 8 minutes", "agents"),
        "day.night_after": Result(after[night], "agents in the quietest half hour, 5 minutes", "agents"),
        "day.night_saving": Result(1 - after[night] / before[night], "share freed in the quietest half hour"),
    }


def simulated_sizes() -> Results:
    """Check the formula at three sizes and both handling times."""
    formula, simulated = [], []
    for number, (calls, half_hours) in enumerate(((5, 80_000), (20, 40_000), (100, 16_000))):
        for handling in (BEFORE, AFTER):
            agents = agents_needed(calls, handling)
            formula.append(service_level(agents, calls, handling, PROMISE.within))
            seed = SEED + 2 * number + (handling == AFTER)
            simulated.append(simulated_level(agents, calls, exponential(handling), half_hours, seed))
    gaps = [abs(f - s) * 100 for f, s in zip(formula, simulated, strict=True)]
    agents, patience, chance = agents_needed_with_hanging_up(100, BEFORE, 120.0), exponential(120.0), Random(SEED + 50)
    (tally,) = simulate(arrivals([100], 8_000, chance), exponential(BEFORE), [agents], chance, patience=patience)
    _, lost = service_level_with_hanging_up(agents, 100, BEFORE, PROMISE.within, 120.0)
    return {
        "check.formula": Result([*formula], "service level by formula: 5, 20, 100 calls, each at 8 and at 5 minutes"),
        "check.simulated": Result([*simulated], "service level simulated, in the same order"),
        "check.cases": Result(len(gaps), "cases compared", "cases"),
        "check.worst": Result(max(gaps), "largest gap between formula and simulation", "points"),
        "check.lost_formula": Result(lost, "share hanging up by Erlang A: 100 calls, 8 minutes, patience 120 s"),
        "check.lost_simulated": Result(tally.hung_up / tally.calls, "the same share simulated"),
    }


def simulated_lognormal() -> Results:
    """Keep the agents that Erlang C asks for, and draw lognormal handling times with the same mean."""
    found: Results = {}
    moved = []
    for calls, half_hours in ((20, 12_000), (100, 5_000)):
        for variation in (0.5, 1.5):
            for handling, when in ((BEFORE, "before"), (AFTER, "after")):
                agents = agents_needed(calls, handling)
                level = simulated_level(agents, calls, lognormal(handling, variation), half_hours, SEED + 100)
                moved.append((level - service_level(agents, calls, handling, PROMISE.within)) * 100)
                key = f"lognormal{variation * 10:.0f}.at{calls}.{when}"
                found[key] = Result(
                    level,
                    f"service level at {calls} calls, {agents} agents, lognormal handling with mean {handling:.0f} s "
                    f"and variation {variation}",
                )
    found["lognormal.fall"] = Result(-min(moved), "the most by which the service level falls", "points")
    found["lognormal.rise"] = Result(max(moved), "the most by which the service level rises", "points")
    found["lognormal.cases"] = Result(len(moved), "cases compared", "cases")
    return found


def simulated_days(days: int = 120) -> Results:
    """Run whole days with the rosters made half hour by half hour, under two rules for who goes home."""
    found: Results = {
        "days.count": Result(days, "days simulated in each run", "days"),
        "days.periods": Result(len(DAY), "half hours in the schedule", "half hours"),
    }
    for by_name, rule in ((False, "first"), (True, "name")):
        for handling, when in ((BEFORE, "before"), (AFTER, "after")):
            chance = Random(SEED + 200)
            roster = [agents_needed(calls, handling) for calls in DAY]
            times = arrivals(DAY, days, chance)
            tallies = simulate(times, exponential(handling), roster, chance, by_name=by_name)
            levels = [tally.in_time / tally.calls for tally in tallies]
            missed = [slot for slot, level in enumerate(levels) if level < PROMISE.share]
            level = sum(tally.in_time for tally in tallies) / sum(tally.calls for tally in tallies)
            busier = sum(DAY[slot - 1] > DAY[slot] for slot in missed)
            goes = "who goes home is fixed by name" if by_name else "the first to finish go home"
            what = f"at {handling:.0f} s, when {goes}"
            key = f"days.{rule}.{when}"
            found |= {
                f"{key}.level": Result(level, f"answered in time over all days {what}"),
                f"{key}.worst": Result(min(levels), f"answered in time in the worst half hour {what}"),
                f"{key}.missed": Result(len(missed), f"half hours below the promise {what}", "half hours"),
                f"{key}.busier": Result(busier, f"of these, those that follow a busier one {what}", "half hours"),
            }
    return found


# --- The figures -----------------------------------------------------------------------------------------------------


def draw(values: Values) -> Iterator[Figure]:
    """Draw the ratio by size, the day, and the two averages."""
    yield Figure("ratio", drawing=_ratio(values, WIDE), narrow=_ratio(values, NARROW))
    yield Figure("day", drawing=_day(values, COLUMN), narrow=_day(values, NARROW))
    yield Figure("averages", drawing=_averages(values, COLUMN), narrow=_averages(values, NARROW))


def _series(values: Values, key: str) -> list[float]:
    """Read a series of numbers from the stored values."""
    series = values[key]
    assert isinstance(series, list)
    return [float(item) for item in series]


def _number(values: Values, key: str) -> float:
    """Read one number from the stored values."""
    return float(values[key])  # type: ignore[arg-type]


def _ratio(values: Values, width: int) -> str:
    small = width == NARROW
    ticks = (5, 20, 100, 1000) if small else SIZES
    chart = Chart(
        width,
        300 if small else 340,
        x=Scale(4.4, 1150, ticks, log=True),
        y=Scale(0.55, 1.03, ((0.6, "0.6"), (0.7, "0.7"), (0.8, "0.8"), (0.9, "0.9"), (1.0, "1.0"))),
        x_label="calls per half hour",
        y_label="agents at 5 minutes ÷ agents at 8",
    )
    curve = _series(values, "curve.sizes")
    chart.line(curve, _series(values, "curve.fractions"), 2)
    chart.line(curve, _series(values, "curve.whole"), 1)
    work = _number(values, "work")
    chart.level(work, 3)
    sizes, ratios = _series(values, "sizes"), _series(values, "ratios")
    chart.marks(sizes, ratios, 1, x_key="sizes", y_key="ratios")
    for size, words, dx, dy, anchor in (
        (5, "{:.0f} agents before, {:.0f} after", 12.0, 5.0, "start"),
        (1000, "{:.0f}, then {:.0f}", 4.0, -22.0, "end"),
    ):
        agents = [_number(values, f"at{size}.{when}") for when in ("before", "after")]
        chart.label(size, ratios[SIZES.index(size)], words.format(*agents), 1, dx=dx, dy=dy, anchor=anchor)
    chart.label(1000, 0.92, "whole people", 1, anchor="end")
    chart.label(1000, 0.87, "if people came in fractions", 2, anchor="end")
    chart.label(4.4, work, f"the work itself: {work}", 3, dx=4, dy=19)
    return chart.svg()


def _day(values: Values, width: int) -> str:
    small = width == NARROW
    hours = _series(values, "day.hours")
    ticks = ((0, "00:00"), (6, "06:00"), (12, "12:00"), (18, "18:00"), (24, "24:00"))
    chart = Chart(
        width,
        280 if small else 300,
        x=Scale(0, 24, ticks),
        y=Scale(0, 140, (0, 50, 100)),
        x_label="time of day",
        y_label="agents needed, by half hour",
        right=22,
    )
    before, after = _series(values, "day.before"), _series(values, "day.after")
    steps = [x for hour in hours for x in (hour, hour + 0.5)]
    for series, tone in ((before, 1), (after, 2)):
        chart.line(steps, [y for value in series for y in (value, value)], tone)
    for clock, places in ((4, ()), (10.5, ((0, -9, "middle"),) * 2), (20, ((8, -9, "start"), (-8, 16, "end")))):
        index = hours.index(clock)
        for tone, (name, series) in enumerate((("before", before), ("after", after)), 1):
            chart.mark(clock + 0.25, series[index], tone, y_key=f"day.{name}[{index}]")
            if places:
                dx, dy, anchor = places[tone - 1]
                chart.label(clock + 0.25, series[index], f"{series[index]:.0f}", tone, dx=dx, dy=dy, anchor=anchor)
    night = hours.index(4)
    chart.label(2.8, before[night], f"{before[night]:.0f} and {after[night]:.0f}", dy=-16, anchor="middle")
    chart.label(14.5, before[29], "8 minutes", 1, dx=14, dy=-10)
    chart.label(12.75, after[25], "5 minutes", 2, dy=26, anchor="middle")
    return chart.svg()


def _averages(values: Values, width: int) -> str:
    small = width == NARROW
    chart = Chart(
        width,
        280 if small else 300,
        x=Scale(0, 1, ((0, "none"), (0.5, "half"), (1, "all"))),
        y=Scale(4, 12, (4, 5, 6, 7, 8, 9, 10, 11)),
        x_label="of the easy calls, ended by the assistant",
        y_label="average minutes a call",
        right=24,
        left=34,
    )
    shares = _series(values, "mix.shares")
    people, everyone = _series(values, "mix.people"), _series(values, "mix.all")
    chart.line(shares, people, 1)
    chart.line(shares, everyone, 2)
    for index in (0, 10, 20):
        chart.mark(shares[index], people[index], 1, x_key=f"mix.shares[{index}]", y_key=f"mix.people[{index}]")
        chart.mark(shares[index], everyone[index], 2, x_key=f"mix.shares[{index}]", y_key=f"mix.all[{index}]")
    chart.label(1, people[20], "calls that people answer", 1, dx=-14, dy=0, anchor="end")
    chart.label(shares[10], everyone[10], "all calls", 2, dx=-6, dy=22, anchor="end")
    return chart.svg()
