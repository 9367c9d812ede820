"""When do retries keep a server down after the outage that set them off is over?

Method. Time goes in ticks of 0.1 s, all in whole numbers. A request is sent up to `1 + retries` times; an attempt is
given up when no answer has come for `timeout` ticks. The server does `capacity` attempts a tick, wanted or not, unless
told otherwise. With 100 of them a tick, `arrivals` is also the load in hundredths. Attempts of the same tick and number
are one count. Which number goes first in a tick decides who is dropped, so the order turns round with each tick.

What a result means. A load "sticks" if requests are still being lost 600 s after the outage. Loads 1 to 99 are searched
by halving. Theory: if each attempt is given up, a queue served in order cannot drain from 100 / (1 + retries) on.

Source. Question, outage and time-out: Bronson et al., "Metastable Failures in Distributed Systems" (HotOS 2021).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

SECOND = 10  # ticks
WORK = 10  # units in one attempt, so that refusing one can cost a whole number of them
HORIZON = 600 * SECOND  # how long after the outage a system may take to recover
RETRIES = range(1, 8)
BASES = (2, 5, 10, 20, 50, 100)
GRID = {"timeout": (5, 20), "outage": (100, 300), "retries": (1, 2, 3)}
SEEDS = (1, 2, 12_345, 40_000)
ORDERS = {"turned": 0, "firsts": 1, "lasts": -1}  # in a tick: turned round each time, first attempts first, last first


@dataclass(frozen=True, slots=True)
class Setting:
    """One system: its clients, its server and its outage. Times are in ticks."""

    arrivals: int = 40  # requests a tick
    uneven: int = 0  # a seed: arrivals drawn from 0 to twice as many instead
    order: int = ORDERS["turned"]
    timeout: int = SECOND
    retries: int = 3
    base: int = 0  # backoff: before retry k wait base × 2**(k - 1)
    jitter: bool = False  # or anything from nothing to that, evenly
    deposit: int = 0  # retry budget: thousandths of a retry earned
    earned_by_answers: bool = False  # by every answer, not by every request
    bucket: int = 10_000  # most thousandths of a retry that can be saved up
    capacity: int = 100  # attempts a tick
    newest_first: bool = False
    limit: int = 0  # attempts that the queue holds; more are refused at once
    drop_after: int = 0  # the server drops what has waited so long
    lag: int = 1  # from an attempt's turn to the client's having the answer
    refusal: int = 0  # work units that refusing or dropping one attempt costs
    outage: int = 10 * SECOND
    refuses: bool = False  # during the outage everything is refused at once, instead of queued
    emptied: int = 0  # a tick at which somebody empties the queue, once
    horizon: int = HORIZON


@dataclass(frozen=True, slots=True)
class State:
    """All that the next tick depends on, then what happened in this one."""

    tick: int
    queue: tuple[tuple[int, int, int], ...]  # (tick sent, attempt from 0, how many), oldest first
    unanswered: tuple[tuple[int, ...], ...]  # by age, the oldest first: attempts by number
    later: tuple[tuple[int, ...], ...]  # by ticks ahead: attempts to be sent, by number
    tokens: int
    seed: int
    firsts: int = 0
    sent: int = 0
    answered: int = 0
    lost: int = 0  # requests given up for good, since the beginning


def begin(setting: Setting) -> State:
    """Start with nobody waiting and a full bucket."""
    nobody = (0,) * (setting.retries + 1)
    longest = max(1, setting.base * 2 ** max(0, setting.retries - 1))
    return State(0, (), (nobody,) * setting.timeout, (nobody,) * (longest + 1), setting.bucket, setting.uneven or 1)


def step(state: State, setting: Setting) -> State:
    """Play one tick: give up, send, work off. Pure: the state that is passed stays as it was."""
    kinds = setting.retries + 1
    seed = (state.seed * 75 + 74) % 65_537
    later = [*state.later, (0,) * kinds]
    tokens, lost, answered = state.tokens, state.lost, 0

    def send(ahead: int, attempt: int, count: int) -> None:
        row = later[ahead]
        later[ahead] = (*row[:attempt], row[attempt] + count, *row[attempt + 1 :])

    def failed(attempt: int, count: int, soonest: int) -> None:
        """Send `count` failed attempts again, as far as number, budget and backoff allow."""
        nonlocal tokens, lost
        again = count if attempt < setting.retries else 0
        if setting.deposit:
            again = min(again, tokens // 1000)
            tokens -= again * 1000
        lost += count - again
        window = setting.base * 2**attempt
        each, rest = divmod(again, window) if setting.jitter and window > 1 else (0, 0)
        for ahead in range(window if each else 0):
            send(max(soonest, ahead), attempt + 1, each)
        for number in range(rest):
            send(max(soonest, (seed + number * window // rest) % window), attempt + 1, 1)
        if again and not each + rest:
            send(max(soonest, window), attempt + 1, again)

    for attempt, count in enumerate(state.unanswered[0]):
        failed(attempt, count, 0)
    due = list(later[0])
    due[0] += seed * (2 * setting.arrivals + 1) // 65_537 if setting.uneven else setting.arrivals
    if setting.deposit and not setting.earned_by_answers:
        tokens = min(setting.bucket, tokens + due[0] * setting.deposit)
    down = state.tick < setting.outage
    room = 0 if down else setting.capacity * WORK
    queue = [] if setting.emptied and state.tick == setting.emptied else list(state.queue)
    space = setting.limit - sum(count for _, _, count in queue) if setting.limit else 10**9
    refused = [0] * kinds
    firsts_first = setting.order > 0 or (not setting.order and state.tick % 2 == 0)
    for attempt in range(kinds) if firsts_first else reversed(range(kinds)):
        taken = 0 if down and setting.refuses else max(0, min(due[attempt], space))
        space -= taken
        queue += [(state.tick, attempt, taken)] if taken else []
        refused[attempt] = due[attempt] - taken
        room -= refused[attempt] * setting.refusal
    unanswered = [*map(list, state.unanswered[1:]), [n - no for n, no in zip(due, refused, strict=True)]]
    if setting.newest_first:
        queue.reverse()
    gone = 0
    for sent, attempt, count in queue:
        age = state.tick - sent
        if setting.drop_after and age >= setting.drop_after:
            done = count if not setting.refusal else min(count, max(0, room) // setting.refusal)
            room -= done * setting.refusal
        else:
            done = min(count, max(0, room) // WORK)
            room -= done * WORK
            if age + setting.lag < setting.timeout:
                unanswered[setting.timeout - 1 - age][attempt] -= done
                answered += done
        if done < count:
            queue[gone] = (sent, attempt, count - done)
            break
        gone += 1
    queue = queue[gone:]
    if setting.newest_first:
        queue.reverse()

    if setting.deposit and setting.earned_by_answers:
        tokens = min(setting.bucket, tokens + answered * setting.deposit)
    for attempt, count in enumerate(refused):
        failed(attempt, count, 1)
    history, plans = tuple(map(tuple, unanswered)), tuple(later[1:])
    return State(state.tick + 1, tuple(queue), history, plans, tokens, seed, due[0], sum(due), answered, lost)


def recovery(setting: Setting) -> tuple[int, int] | None:
    """Tell the ticks from the outage's end to the last loss, and how many requests were lost; None if the load sticks.

    Of a plain queue two states are not played out: more work than the horizon has time for, and one without an answer
    for longer than any client remembers, whose queue has not shrunk.
    """
    state, last, losses, silent, size, calm = begin(setting), 0, 0, 0, 0, 0  # calm: ticks without a retry or a loss
    memory = 10 * SECOND + (setting.retries + 1) * setting.timeout + 2 * len(state.later)
    over = setting.outage + setting.horizon
    plain = not (setting.newest_first or setting.drop_after or setting.limit or setting.deposit)
    while state.tick < over and (calm <= memory or state.tick <= max(setting.outage, setting.emptied) + memory):
        state = step(state, setting)
        calm = calm + 1 if state.sent == state.firsts and state.lost == losses else 0
        silent = 0 if state.answered else silent + 1
        last, losses = (last if state.lost == losses else state.tick), state.lost
        if plain and state.tick % 50 == 0 and state.tick > max(setting.outage, setting.emptied):
            before, size = size, sum(count for _, _, count in state.queue)
            dead = silent > memory and size >= before > 0 and not setting.uneven
            if dead or size > setting.capacity * (over - state.tick):
                return None
    return (max(0, last - setting.outage), losses) if state.tick - last > memory else None


def lowest(sticks: Callable[[int], bool], high: int = 100) -> int:
    """Find by halving the lowest number that sticks; `high` if none does."""
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if sticks(middle) else (middle, high)
    return high


def sticks_from(setting: Setting) -> int:
    """Find the lowest load, in hundredths of capacity, that does not recover; 100 if all from 1 to 99 do."""
    return lowest(lambda load: recovery(replace(setting, arrivals=load)) is None)


def play(setting: Setting, seconds: int, after: int = 0) -> tuple[int, int, int]:
    """Count answers, retries and lost requests from second `after` to second `seconds`."""
    state = begin(setting)
    states = [state := step(state, setting) for _ in range(seconds * SECOND)]
    part = states[after * SECOND :]
    lost = state.lost - (states[after * SECOND - 1].lost if after else 0)
    return sum(each.answered for each in part), sum(each.sent - each.firsts for each in part), lost


def finer(setting: Setting) -> Setting:
    """Make ticks half as long: capacity stays 100 a tick, so there is twice as much of everything in a second."""
    names = ("timeout", "base", "bucket", "lag", "drop_after", "outage", "horizon")
    return replace(setting, **{name: 2 * getattr(setting, name) for name in names})


PLAIN = Setting()
BACKOFF = replace(PLAIN, base=SECOND, jitter=True)
MARGIN = replace(PLAIN, drop_after=PLAIN.timeout - PLAIN.lag)
REMEDIES = {
    "immediate": (PLAIN, "retries at once, a queue in order"),
    "backoff": (BACKOFF, "backoff of 1, 2, 4 s with jitter"),
    "budget": (replace(PLAIN, deposit=100), "budget: one retry earned by ten requests"),
    "earned": (replace(PLAIN, deposit=100, earned_by_answers=True), "budget: one retry earned by ten answers"),
    "long": (replace(PLAIN, limit=2000), "a queue of 2 s, then refusal"),
    "short": (replace(PLAIN, limit=900), "a queue of 0.9 s, then refusal"),
    "newest": (replace(PLAIN, newest_first=True), "newest attempt first"),
    "fresh": (replace(BACKOFF, newest_first=True), "newest attempt first, and backoff with jitter"),
    "deadline": (replace(PLAIN, drop_after=PLAIN.timeout), "dropping attempts whose client has given up"),
    "margin": (MARGIN, "dropping attempts that can no longer be answered in time"),
    "both": (replace(MARGIN, base=SECOND, jitter=True), "dropping in time, and backoff with jitter"),
}

LAB = Lab(
    name="retry-storm",
    title="A retry storm in whole numbers",
    question="From which load on do retries keep a server down when its outage is over, and which remedy changes that?",
    parameters=(
        Parameter("HORIZON", HORIZON // SECOND, "s", "after the outage; what still loses requests then sticks"),
        Parameter("capacity", PLAIN.capacity, "attempts a tick", "so that arrivals are the load in hundredths"),
        Parameter("timeout, outage", "1 and 10", "s", "as in the source's example"),
        Parameter("retries", PLAIN.retries, "", "illustrative, unless varied; the source's example has 1"),
        Parameter("lag", PLAIN.lag / SECOND, "s", "illustrative: from an attempt's turn to the answer"),
        Parameter("deposit, bucket", "0.1 and 10", "retries", "illustrative: earned each time, saved at most"),
        Parameter("limit", "0.9, 1 and 2", "s of work", "illustrative lengths of a bounded queue"),
        Parameter("refusal", 0.3, "attempts", "illustrative: what dropping one costs the server"),
    ),
    seconds=20,
)


def run(progress: Progress) -> Results:
    """Find the loads that stick."""
    found: Results = {}
    for number, part in enumerate(parts := (gains, remedies, backoffs, limits)):
        progress(number / len(parts), part.__name__)
        found |= part()
    return found


def load_of(value: int, what: str) -> Result:
    """Write a load that sticks, "none" where every load recovers."""
    return Result("none" if value == 100 else value, f"lowest load that sticks: {what}", "of 100")


def cost_of(key: str, setting: Setting, what: str) -> Results:
    """Write what an outage costs, nothing if the load sticks."""
    calm = recovery(setting)
    if calm is None:
        return {}
    seconds = Result(calm[0] / SECOND, f"time to the last loss: {what}", "s")
    return {f"{key}.seconds": seconds, f"{key}.lost": Result(calm[1], f"requests never answered: {what}", "requests")}


def gains() -> Results:
    """Vary the retries, then what the essay takes for granted; look at what recovers just below the border."""
    stuck = [sticks_from(replace(PLAIN, retries=r)) for r in RETRIES]
    gaps = [
        100 / (1 + r) - sticks_from(replace(PLAIN, timeout=timeout, outage=outage, retries=r))
        for timeout, outage, r in product(*GRID.values())
    ]
    shortest = lowest(lambda outage: recovery(replace(PLAIN, outage=outage)) is None)
    return {
        "gain.retries": Result([*RETRIES], "retries, for the figure"),
        "gain.stuck": Result([*stuck], "lowest load that sticks, by retries", "of 100"),
        "gain.one": load_of(stuck[0], "one retry"),
        "check.below": Result(max(gaps), "most that a load that sticks lies below the theory in the grid", "of 100"),
        "check.long": load_of(sticks_from(replace(PLAIN, outage=300 * SECOND)), "an outage of 300 s"),
        "trigger.shortest": Result(shortest / SECOND, "shortest outage that sticks at a load of 40, plain", "s"),
    } | cost_of("drain", replace(PLAIN, arrivals=stuck[2] - 1), "one below the border")


def remedies() -> Results:
    """Try each remedy: the load that sticks, and what the outage costs where it recovers."""
    found: Results = {}
    for name, (setting, what) in REMEDIES.items():
        found[f"{name}.stuck"] = load_of(sticks_from(setting), what)
        found |= cost_of(name, setting, f"{what}, load 40")
    budget = REMEDIES["budget"][0]
    for key, setting, what in (
        ("budget.busy", replace(budget, arrivals=80), "budget by requests, load 80"),
        ("margin.busy", replace(MARGIN, arrivals=80), "dropping in time, load 80"),
        ("budget.crowd", replace(budget, bucket=10_000_000), "budget, 10,000 retries saved, load 40"),
    ):
        found[key] = cost_of(key, setting, what)[f"{key}.seconds"]
    for name, order in product(("fresh", "both"), ("firsts", "lasts")):
        setting = replace(REMEDIES[name][0], order=ORDERS[order])
        found[f"{name}.{order}"] = cost_of("of", setting, f"{name}, load 40, {order} first")["of.lost"]
    found["earned.fine"] = load_of(sticks_from(finer(REMEDIES["earned"][0])), "budget by answers, ticks of 0.05 s")
    return found


def backoffs() -> Results:
    """Lengthen the backoff, after an outage in which the server hangs and one in which it refuses."""
    hangs, refuses = (
        [sticks_from(replace(BACKOFF, base=base, refuses=refuses)) for base in BASES] for refuses in (False, True)
    )
    lost = [play(replace(setting, refuses=True), 60)[2] for setting in (PLAIN, BACKOFF)]
    return {
        "backoff.base": Result([base / SECOND for base in BASES], "first backoff, for the figure", "s"),
        "backoff.hangs": Result([*hangs], "lowest load that sticks after a server hung, by backoff", "of 100"),
        "backoff.refuses": Result([*refuses], "lowest load that sticks after a server refused, by backoff", "of 100"),
        "backoff.longest": load_of(hangs[-1], "the longest backoff, after a server hung"),
        "refused.backoff": load_of(refuses[BASES.index(SECOND)], "backoff of 1 s with jitter, server refusing"),
        "refused.two": load_of(sticks_from(replace(BACKOFF, retries=2, refuses=True)), "the same, two retries"),
        "refused.lost_immediate": Result(lost[0], "requests lost at load 40, refusing, at once", "requests"),
        "refused.lost_backoff": Result(lost[1], "requests lost at load 40, refusing, backoff", "requests"),
    }


def limits() -> Results:
    """Find where remedies lose: order within a tick, uneven arrivals, dear drops, an emptied queue."""
    newest = replace(REMEDIES["newest"][0], arrivals=90)
    dear = replace(REMEDIES["both"][0], refusal=3)
    lost = max(play(replace(newest, uneven=seed), 600, 500)[2] for seed in SEEDS)
    uneven = [replace(REMEDIES["deadline"][0], uneven=seed) for seed in SEEDS]
    found: Results = {
        "newest.uneven": Result(lost, "lost of 90,000 in 100 s, load 90, uneven, newest first, most of four seeds"),
        "emptied.stuck": load_of(sticks_from(replace(PLAIN, emptied=60 * SECOND)), "the queue emptied once after 50 s"),
    }
    for name, settings, what in (
        ("full", [replace(PLAIN, limit=1000)], "a queue of 1 s"),
        ("uneven", uneven, "dropping what is given up, uneven arrivals, four seeds"),
        ("cost", [dear], "dropping costs 0.3 attempts, backoff"),
        ("allowed", [replace(dear, deposit=100)], "the same with a budget by requests"),
    ):
        loads = [sticks_from(replace(setting, order=order)) for setting in settings for order in ORDERS.values()]
        found[f"{name}.low"] = load_of(min(loads), f"{what}, least over three orders")
        found[f"{name}.high"] = load_of(max(loads), f"{what}, most over three orders")
    return found


def draw(values: Values) -> Iterator[Figure]:
    """Draw the load that sticks against the retries, and against the backoff."""
    yield Figure("gain", drawing=_gain(values, COLUMN), narrow=_gain(values, NARROW))
    yield Figure("backoff", drawing=_backoff(values, COLUMN), narrow=_backoff(values, NARROW))


LOADS = Scale(0, 100, (0, 20, 40, 60, 80, 100))


def _gain(values: Values, width: int) -> str:
    chart = Chart(width, 320, Scale(0.6, 7.4, RETRIES), LOADS, "retries after the first attempt", "load, of 100")
    retries, stuck = numbers(values["gain.retries"]), numbers(values["gain.stuck"])
    curve = [0.6 + 6.8 * n / 100 for n in range(101)]
    bound = [100 / (1 + r) for r in curve]
    chart.area(curve, bound, [100.0] * len(curve), 1)
    chart.line(curve, bound, 0, dash=True)
    chart.marks(retries, stuck, 1, x_key="gain.retries", y_key="gain.stuck")
    for r, load in zip(retries, stuck, strict=True):
        chart.label(r, load, f"{load:.0f}", 1, dx=2, dy=-9)
    chart.label(4.6, 70, "sticks", 1, anchor="middle")
    chart.label(1.3, 8, "recovers")
    return chart.svg()


def _backoff(values: Values, width: int) -> str:
    scale = Scale(0.17, 12, tuple((base / SECOND, f"{base / SECOND:g}") for base in BASES), log=True)
    names = "wait before the first retry, at most, in s", "lowest load that sticks, of 100"
    chart = Chart(width, 320, scale, Scale(0, 105, LOADS.ticks), *names)
    bases = numbers(values["backoff.base"])
    for tone, key, words, dx, dy in ((1, "hangs", "server hangs", 0, 20), (2, "refuses", "server refuses", 10, -4)):
        loads = numbers(values[f"backoff.{key}"])
        chart.line(bases, loads, tone, dash=tone == 2)
        chart.marks(bases, loads, tone, x_key="backoff.base", y_key=f"backoff.{key}")
        chart.label(bases[1], loads[1], words, tone, dx=dx, dy=dy)
    return chart.svg()
