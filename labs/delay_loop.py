"""How large may a correction be, if what it corrects is seen late and moved late?

At every check a rule orders a share of the shortage that it reads. Orders boot, a reading is a mean over a window, and
so the same shortage is ordered again. From which share on does the fleet swing for ever, from which does it overshoot,
and what changes if the rule first subtracts its orders? An order serves `boot` checks after the next one. Borders are
found by bisection. With short checks, share × delay tends to π/2 and 1/e, as in x'(t) = -g x(t - d), d being the boot
time and half the window (arXiv 1404.4763). Orders are struck off by a list of what has arrived, or by a believed boot
time (Smith's predictor, 1957). A result is a property of this model, and of no real autoscaler.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

CHECK, BOOT, WINDOW, STEP = 30, 150, 60, 100.0
MINUTES, SHOWN = CHECK / 60, 61
MAP = ((1, 1), (2, 1), (3, 2), (5, 2), (8, 4), (12, 6), (20, 8), (30, 12))
GRID = tuple((boot, window) for boot in (*range(1, 9), 12, 16, 24) for window in sorted({1, (boot + 1) // 2, boot}))
SWINGS = {"wide": 0.28, "middle": 0.15, "calm": 0.06}


@dataclass(frozen=True, slots=True)
class Rule:
    """What is done at every check; times are in checks."""

    share: float  # of the shortage that is ordered
    boot: int = BOOT // CHECK  # until an order serves, counted from the next check
    window: int = WINDOW // CHECK  # over which a reading is a mean
    counts: str = "nothing"  # subtracted first: "nothing", orders not "ready", or not fully "seen" by the reading
    believed: int | None = None  # the boot time by which orders are struck off, where there is no list
    expiry: int = 10**9  # after which an order is struck off, whatever has become of it
    looks: int = 0  # in a row that have to find half an instance before anything is ordered
    pause: int = 1  # from one order to the next, at least
    removal: int | None = None  # until a removal takes effect; None: as long as an order
    spread: int = 0  # by which a boot time may be shorter or longer
    worth: float = 1.0  # what an instance serves, where the rule takes it to serve 1
    lost: float = 0.0  # the part of every order that never arrives
    lag: int = 0  # by which a reading is older than the rule takes it to be
    known: int = 0  # by which it is older, and the rule allows for it
    noise: float = 0.0  # by which every sample is off, up or down by a coin
    backlog: bool = False  # whether what is read adds up from check to check

    def counted(self, now: int, placed: int, due: int, amount: float) -> float:
        """Tell how much of an order is subtracted from the shortage that is read now."""
        if now - placed > self.expiry:
            return 0.0
        late = (now - due + 1 if self.believed is None else now - placed - self.believed) - self.known
        weight = min(1.0, max(0.0, 1 - late / self.window)) if self.counts == "seen" else float(late <= 0)
        return amount * (weight + (1 - weight) * (self.lost if self.believed is None else 0))


def play(rule: Rule, demand: Callable[[int], float], checks: int, seed: int = 1) -> list[float]:
    """Play a fleet that starts at rest, and list what it serves, above where it started, at every check."""
    draw, old, serving, last, found = random.Random(seed), rule.lag + rule.known, 0.0, -rule.pause, 0
    arriving = [0.0] * (checks + 1 + max(rule.boot + rule.spread, rule.removal or 0))
    short, orders, fleet = [0.0] * (rule.window + old), list[tuple[int, int, float]](), list[float]()
    for now in range(checks):
        serving += arriving[now]
        fleet.append(serving * rule.worth)
        off = rule.noise * draw.choice((-1, 1))
        short.append(demand(now) - fleet[-1] + off + (short[-1] if rule.backlog else 0))
        seen = sum(short[len(short) - old - rule.window : len(short) - old]) / rule.window
        order = rule.share * (seen - sum(rule.counted(now, *each) for each in orders))
        found = found + 1 if abs(order) >= 0.5 else 0
        if found < rule.looks or now - last < rule.pause:
            continue
        time = rule.removal if order < 0 and rule.removal is not None else rule.boot
        due, last = now + 1 + time + draw.randint(-rule.spread, rule.spread), now
        arriving[due] += order * (1 - rule.lost)
        orders += [] if rule.counts == "nothing" else [(now, due, order)]
    return fleet


def step(_: int) -> float:
    """Ask for a hundred more instances from the first check on."""
    return STEP


def swing(share: float, boot: int, window: int, checks: int) -> list[float]:
    """Play a rule that counts nothing on a step of one: `play` without the rest, which a test compares."""
    fleet, ordered, seen = [0.0] * (boot + window), [0.0] * (boot + 1), 0.0
    for check in range(checks):
        fleet.append(ordered[-1 - boot])
        seen += fleet[-1] - fleet[-1 - window]
        ordered.append(ordered[-1] + share * (min(window, check + 1) - seen) / window)
    return fleet[boot + window :]


def largest(holds: Callable[[float], bool]) -> float:
    """Find by bisection the largest share for which something holds."""
    low, high = 0.0, 2.5
    for _ in range(26):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def border(boot: int, window: int) -> float:
    """Find the share at which swings stop dying out."""
    span = 40 * (2 * boot + window)

    def dies_out(share: float) -> bool:
        off = [abs(value - 1) for value in swing(share, boot, window, 3 * span)]
        return max(off[2 * span :]) < max(1e-9, *off[span : 2 * span])

    return largest(dies_out)


def calm(boot: int, window: int) -> float:
    """Find the largest share that never passes the step."""
    return largest(lambda share: max(swing(share, boot, window, 60 * (2 * boot + window))) <= 1 + 1e-9)


def cost(rule: Rule, demand: Callable[[int], float] = step) -> tuple[float, float, float]:
    """Tell how far a rule overshoots, the minutes until it stays within one instance, and missing instance-minutes."""
    short = [demand(check) - served for check, served in enumerate(play(rule, demand, 300))]
    late = next((check for check in range(300, 0, -1) if abs(short[check - 1]) > 1), 0)
    return max(0.0, -min(short)), late * MINUTES, sum(each for each in short if each > 0) * MINUTES


def grows(rule: Rule) -> bool:
    """Tell whether late swings after a step are no smaller than earlier ones."""
    off = [abs(STEP - served) for served in play(rule, step, 300)]
    return max(off[225:]) > max(1.0, 0.999 * max(off[75:150]))


def ratio(old: int, boot: int = BOOT // CHECK, tolerance: float = 0.1, slow: int = 1) -> list[int]:
    """Play a fleet of 200 that needs 300 and sets the most of `slow` counts times utilisation, `old` checks old."""
    wanted, loads, counts, asked = [200] * (boot + 1), [1.0] * old, list[int](), list[int]()
    for _ in range(300):
        counts.append(wanted[-1 - boot])
        loads.append(300 / counts[-1])
        load = loads[-1 - old]
        asked.append(wanted[-1] if abs(load - 1) <= tolerance else math.ceil(counts[-1] * load - 1e-9))
        wanted.append(max(asked[-slow:]))
    return counts


TABLE = {
    "calm": (Rule(SWINGS["calm"]), "a share of 6 in 100"),
    "middle": (Rule(SWINGS["middle"]), "a share of 15 in 100"),
    "pause": (Rule(1, looks=2, pause=7), "all at the second look, then a pause of boot and window"),
    "quarter": (Rule(0.25, counts="seen"), "a quarter, less orders not yet in the reading"),
    "seen": (Rule(1, counts="seen"), "all, less orders not yet in the reading"),
}

LAB = Lab(
    name="delay-loop",
    title="A loop that sees late and moves late",
    question="How large may a correction be, if what it corrects is seen late and moved late?",
    parameters=(
        Parameter("CHECK", CHECK, "s", "illustrative: from one check to the next, unless varied"),
        Parameter("BOOT, WINDOW", f"{BOOT}, {WINDOW}", "s", "illustrative: until an order serves; span of a reading"),
        Parameter("STEP", STEP, "instances", "round, so that a share is a count"),
        Parameter("GRID", "1 to 24", "checks", "boot times; windows of one check, half the boot time, and all of it"),
    ),
    seconds=6,
)


def run(progress: Progress) -> Results:
    """Find the borders, then play the rules."""
    limits = ((border, math.pi / 2), (calm, 1 / math.e))
    off = max(abs((b + w / 2) * share_of(b, w) / limit - 1) for share_of, limit in limits for b, w in GRID)
    found: Results = {
        "map.delay": Result([b + w / 2 for b, w in MAP], "boot time and half the window", "checks"),
        "map.border": Result([100 * border(b, w) for b, w in MAP], "share at which swings go on", "of 100"),
        "map.calm": Result([100 * calm(b, w) for b, w in MAP], "largest share that never overshoots", "of 100"),
        "grid.off": Result(100 * off, "most that share × delay is off π/2 or 1/e over the grid", "%"),
        "swings.minutes": Result([check * MINUTES for check in range(SHOWN)], "since the step", "min"),
    }
    for name, share in SWINGS.items():
        found[f"swings.{name}"] = Result([*play(Rule(share), step, SHOWN)], f"added, a share of {share}", "instances")
    progress(0.6, "rules")
    for name, (rule, what) in TABLE.items():
        _, minutes, missing = cost(rule)
        noisy = [play(replace(rule, noise=10), lambda _: 0, 300, seed) for seed in range(5)]
        swapped = sum(abs(after - before) for fleet in noisy for before, after in pairwise(fleet)) / (5 * 299)
        found[f"{name}.minutes"] = Result(minutes, f"until within one instance for good: {what}", "min")
        found[f"{name}.missing"] = Result(missing, f"missing: {what}", "instance-minutes")
        found[f"{name}.noise"] = Result(swapped, f"changed at each check by noise alone: {what}", "instances")
    for name in ("pause", "seen"):
        missing = cost(TABLE[name][0], lambda check: STEP * (1 + (check >= 3)))[2]
        found[f"{name}.second"] = Result(missing, f"missing, steps 3 checks apart: {name}", "instance-minutes")
    seen, quarter, pause = TABLE["seen"][0], TABLE["quarter"][0], TABLE["pause"][0]
    brief = play(TABLE["calm"][0], lambda check: STEP * (check < 4), 300)
    fallen = -STEP - min(play(Rule(SWINGS["calm"], removal=10), lambda _: -STEP, 300))
    lowest = next(share for share in range(1, 101) if grows(Rule(share / 100, removal=1)))
    many = "largest whole share that settles"
    for key, value, what, unit in (
        ("border.share", int(100 * border(5, 2)), many, "of 100"),
        ("border.check5", int(100 * border(BOOT // 5, WINDOW // 5)), f"{many}, a check every 5 s", "of 100"),
        ("calm.share", int(100 * calm(5, 2)), "largest whole share that never overshoots", "of 100"),
        ("removal.one", lowest, "lowest share that swings on if removals take one check more", "of 100"),
        ("removal.slow", fallen, "shed too many after a fall, share of 6, removals 10 checks more", "instances"),
        ("middle.over", cost(Rule(SWINGS["middle"]))[0], "overshoot of a share of 15 in 100", "instances"),
        ("pause.boot", cost(replace(pause, pause=5))[0], "overshoot, pause of the boot time", "instances"),
        ("ready.all", cost(Rule(1, counts="ready"))[0], "overshoot, all, less orders not ready", "instances"),
        ("believed.over", cost(replace(seen, believed=4))[0], "overshoot, all, boot believed 30 s short", "instances"),
        ("quarter.believed", cost(replace(quarter, believed=3))[0], "overshoot, quarter, believed 60 s short", ""),
        ("reading.over", cost(replace(seen, lag=1))[0], "overshoot, all, reading 30 s older than taken", "instances"),
        ("pulse.calm", max(brief), "peak surplus, share of 6, after a need of 4 checks", "instances"),
        ("pulse.surplus", sum(brief[4:]) * MINUTES, "surplus, share of 6, after a need of 4", "instance-minutes"),
        ("ratio.high", max(ratio(1)[-60:]), "most, utilisation a check older than the count", "instances"),
    ):
        found[key] = Result(value, what, unit)
    return found


def draw(values: Values) -> Iterator[Figure]:
    """Draw three swings, and the map of the two borders."""
    yield Figure("swings", drawing=_swings(values, COLUMN), narrow=_swings(values, NARROW))
    yield Figure("map", drawing=_map(values, COLUMN), narrow=_map(values, NARROW))


def _swings(values: Values, width: int) -> str:
    across, up = Scale(0, 30, (0, 5, 10, 15, 20, 25, 30)), Scale(-100, 300, (-100, 0, 100, 200, 300))
    chart = Chart(width, 320, across, up, "minutes after the step", "instances added")
    chart.level(STEP, 0)
    minutes = numbers(values["swings.minutes"])
    for tone, (name, places) in enumerate({"wide": (15, 39), "middle": (18, 33), "calm": (13, 46)}.items(), 1):
        fleet = numbers(values[f"swings.{name}"])
        chart.line(minutes, fleet, tone)
        for n in places:
            chart.mark(minutes[n], fleet[n], tone, x_key=f"swings.minutes[{n}]", y_key=f"swings.{name}[{n}]")
        dx, dy = {"wide": (6, -8), "middle": (-24, -6), "calm": (8, 14)}[name]
        chart.label(minutes[places[0]], fleet[places[0]], f"{100 * SWINGS[name]:.0f}", tone, dx=dx, dy=dy)
    return chart.svg()


def _map(values: Values, width: int) -> str:
    across, up = Scale(1.3, 40, (1.5, 3, 6, 12, 36), log=True), Scale(0.7, 125, (1, 3, 10, 30, 100), log=True)
    chart = Chart(width, 320, across, up, "delay, in checks", "share, of 100")
    ends, delay = [1.3, 40.0], numbers(values["map.delay"])
    chart.area(ends, [50 * math.pi / each for each in ends], [125.0, 125.0], 1)
    for tone, key, top in ((1, "border", 50 * math.pi), (2, "calm", 100 / math.e)):
        chart.line(ends, [top / each for each in ends], 0, dash=True)
        chart.marks(delay, numbers(values[f"map.{key}"]), tone, x_key="map.delay", y_key=f"map.{key}")
    chart.label(8, 45, "swings for ever", 1)
    chart.label(2.9, 15.5, "overshoots")
    chart.label(1.5, 2.2, "never overshoots", 2)
    return chart.svg()
