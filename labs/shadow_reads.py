"""How many shadow reads find the broken read paths, and what decides how long that takes?

A model: neither its paths nor its bugs nor its traffic are any system's. Reads are spread over read paths by a Zipf
law: path i receives a share proportional to 1 / i^s. Every path is taken to hold one bug, which shows on a fixed share
of that path's reads, independently from read to read. A shadow read runs one production read against the new store too
and compares; it catches the bug if the bug shows on that read.

*Proportional* sampling shadows a share of all traffic, so a path is shadowed as often as it is used. *Stratified*
sampling shadows the same number of reads on every path. *Capped* sampling shadows every read of a path until it has had
its number, then stops. All three have a closed form for the expected share of paths caught; a seeded simulation of
single reads checks the first and the third. Shadow reads are what the new store has to answer; production reads are how
long one waits.
"""

from __future__ import annotations

import bisect
import itertools
import math
import random
from collections.abc import Callable, Iterator, Sequence

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

PATHS = 200
BUG = 0.01
TARGET = 0.95
EXPONENTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
NAMED = {"even": 0.0, "half": 0.5, "zipf": 1.0, "steep": 1.5, "extreme": 2.0}
CAP_TARGET = 0.99
SEED = 20261122
RUNS = 10

LAB = Lab(
    name="shadow-reads",
    title="Shadow reads over uneven traffic",
    question="How many shadow reads, and how much waiting, until nearly all broken read paths have been caught?",
    parameters=(
        Parameter("paths", PATHS, "read paths", "illustrative; fewer than the record says, and not its paths"),
        Parameter("bug", BUG, "of a path's reads", "illustrative; the counts scale with its inverse"),
        Parameter("target", TARGET, "of paths", "illustrative; expected share of broken paths caught"),
        Parameter("exponents", "0 to 2", "", "illustrative: 0 is even traffic, 1 the textbook Zipf law"),
        Parameter("cap_target", CAP_TARGET, "of paths", "a capped path stops once this share would be caught"),
        Parameter("other bugs", "0.001 and 0.1", "of a path's reads", "to see what depends on the share"),
        Parameter("other counts", "20 and 2,000", "read paths", "to see what depends on the number of paths"),
        Parameter("runs", RUNS, "simulations", "enough to check a closed form, read by read"),
        Parameter("seed", SEED, "", "any number will do"),
    ),
    seconds=10,
)


def zipf(paths: int, exponent: float) -> list[float]:
    """Share the traffic out: the share of each path, the most used first."""
    weights = [rank**-exponent for rank in range(1, paths + 1)]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def caught(reads: float, bug: float) -> float:
    """Tell the chance that at least one of this many independent reads shows the bug."""
    return -math.expm1(reads * math.log1p(-bug))


def proportional(shares: Sequence[float], reads: int, bug: float = BUG) -> float:
    """Tell the expected share of paths caught by this many shadow reads, each drawn from the traffic."""
    return math.fsum(caught(reads, bug * share) for share in shares) / len(shares)


def proportional_by_use(shares: Sequence[float], reads: int, bug: float = BUG) -> float:
    """Tell the expected share of the *traffic* that is on paths caught by this many shadow reads."""
    return math.fsum(share * caught(reads, bug * share) for share in shares)


def stratified(paths: int, reads: int, bug: float = BUG) -> float:
    """Tell the expected share of paths caught when each is shadowed equally often; any rest is left unused."""
    return caught(reads // paths, bug)


def per_path(target: float = TARGET, bug: float = BUG) -> int:
    """Tell how many reads of one path catch its bug with this chance: ln(1 - target) / ln(1 - bug), rounded up."""
    return math.ceil(math.log1p(-target) / math.log1p(-bug))


def first(reaches: Callable[[int], bool]) -> int:
    """Find the smallest whole number for which a condition holds that, once true, stays true."""
    high = 1024
    while not reaches(high):
        high *= 2
    return bisect.bisect_left(range(high + 1), True, key=reaches)


def poisson(mean: float, below: int) -> Iterator[tuple[int, float]]:
    """List the counts under `below` that have any weight (12 standard deviations), each with its chance."""
    spread = 12 * math.sqrt(mean) + 30
    for count in range(max(0, int(mean - spread)), min(below, int(mean + spread))):
        yield count, math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))


def capped_path(mean: float, cap: int, bug: float = BUG) -> tuple[float, float]:
    """Tell what capped sampling does on one path.

    Args:
        mean: the expected number of production reads of the path, which are taken as a Poisson number.
        cap: how many of them are shadowed at most.
        bug: the share of reads on which the bug shows.

    Returns:
        The chance that the bug is caught, and the expected number of shadow reads.
    """
    chances = list(poisson(mean, cap))
    full = max(0.0, 1 - math.fsum(chance for _, chance in chances))
    hit = math.fsum(chance * caught(count, bug) for count, chance in chances) + full * caught(cap, bug)
    used = math.fsum(chance * count for count, chance in chances) + full * cap
    return hit, used


def capped(shares: Sequence[float], traffic: int, cap: int, bug: float = BUG) -> tuple[float, float]:
    """Tell the expected share of paths caught and the expected shadow reads after so many production reads."""
    each = [capped_path(traffic * share, cap, bug) for share in shares]
    return math.fsum(hit for hit, _ in each) / len(shares), math.fsum(used for _, used in each)


def simulate(
    shares: Sequence[float], traffic: int, chance: random.Random, *, cap: int | None = None
) -> tuple[float, int]:
    """Play production reads one at a time, each shadowed unless its path has had its cap.

    Returns:
        The share of paths caught, and the shadow reads made.
    """
    edges = list(itertools.accumulate(shares))
    done = [0] * len(shares)
    found = [False] * len(shares)
    for _ in range(traffic):
        path = min(bisect.bisect_right(edges, chance.random()), len(shares) - 1)
        if cap is None or done[path] < cap:
            done[path] += 1
            found[path] = chance.random() < BUG or found[path]
    return sum(found) / len(found), sum(done)


def needs(exponent: float, paths: int = PATHS, bug: float = BUG, target: float = TARGET) -> int:
    """Tell how many proportional shadow reads catch the target share of paths, in expectation."""
    shares = zipf(paths, exponent)
    return first(lambda reads: proportional(shares, reads, bug) >= target)


def needs_by_use(exponent: float) -> int:
    """Tell how many proportional shadow reads catch paths that carry the target share of the traffic."""
    shares = zipf(PATHS, exponent)
    return first(lambda reads: proportional_by_use(shares, reads) >= TARGET)


def plan(exponent: float, cap: int) -> tuple[int, float]:
    """Tell after how many production reads capped sampling reaches the target, and its shadow reads by then."""
    shares = zipf(PATHS, exponent)
    soonest = needs(exponent)  # with every read shadowed
    traffic = soonest + first(lambda more: capped(shares, soonest + more, cap)[0] >= TARGET)
    return traffic, capped(shares, traffic, cap)[1]


def all_filled(exponent: float, cap: int) -> int:
    """Tell after how many production reads it is as likely as not that every path has had its cap."""
    shares = zipf(PATHS, exponent)

    def likely(traffic: int) -> bool:
        short = (math.fsum(chance for _, chance in poisson(traffic * share, cap)) for share in shares)
        return math.fsum(math.log1p(-min(part, 1 - 1e-12)) for part in short) >= math.log(0.5)

    return first(likely)


def crossing(exponent: float) -> int:
    """Tell up to how many shadow reads proportional sampling protects at least as much of the traffic as stratified.

    Only whole numbers of reads a path are looked at.
    """
    shares = zipf(PATHS, exponent)
    budgets = range(PATHS, 4 * PATHS * per_path(), PATHS)
    return max((n for n in budgets if proportional_by_use(shares, n) >= stratified(PATHS, n)), default=0)


def run(progress: Progress) -> Results:
    """Solve the closed forms, then check them read by read."""
    equal = per_path()
    stratum = equal * PATHS
    results: Results = {
        "stratified.per_path": Result(equal, "shadow reads of one path that catch its bug at the target", "reads"),
        "stratified.reads": Result(stratum, "shadow reads when every path is shadowed equally often", "reads"),
    }
    progress(0, "proportional sampling over exponents")
    wanted = [needs(exponent) for exponent in EXPONENTS]
    waits = [math.ceil(equal / zipf(PATHS, exponent)[-1]) for exponent in EXPONENTS]
    by_use = [needs_by_use(exponent) for exponent in EXPONENTS]
    results |= {
        "exponents": Result(list(EXPONENTS), "the Zipf exponents of the series"),
        "proportional.reads": Result(list(wanted), "shadow reads to the target, proportional, by exponent", "reads"),
        "proportional.ratio": Result([reads / stratum for reads in wanted], "these over the stratified reads"),
        "stratified.wait": Result(
            list(waits), "production reads that hold the rarest path's share, by exponent", "reads"
        ),
        "use.reads": Result(
            list(by_use), "proportional shadow reads until caught paths carry the target share", "reads"
        ),
        "use.ratio": Result([reads / stratum for reads in by_use], "these over the stratified reads"),
    }
    for name, exponent in NAMED.items():
        at = EXPONENTS.index(exponent)
        shares = zipf(PATHS, exponent)
        part = proportional(shares, stratum)
        results |= {
            f"{name}.proportional": Result(wanted[at], f"shadow reads, proportional, exponent {exponent}", "reads"),
            f"{name}.ratio": Result(wanted[at] / stratum, f"proportional over stratified, exponent {exponent}"),
            f"{name}.wait": Result(waits[at], f"production reads stratified waits for, exponent {exponent}", "reads"),
            f"{name}.use_ratio": Result(by_use[at] / stratum, f"by use, over stratified reads, exponent {exponent}"),
            f"{name}.at_equal": Result(part, f"paths caught by as many reads as stratified takes, exponent {exponent}"),
            f"{name}.missed": Result(round(PATHS * (1 - part)), f"paths not caught then, exponent {exponent}", "paths"),
            f"{name}.rarest": Result(round(1 / shares[-1]), f"one read in so many is the rarest path's, {exponent}"),
        }
    budget = crossing(1.0)
    results |= {
        "use.crossing": Result(budget, "shadow reads up to which proportional is ahead by use, exponent 1", "reads"),
    }

    progress(0.2, "other bugs, counts and targets")
    for bug in (0.001, 0.1):
        ratio = needs(1.0, bug=bug) / (per_path(bug=bug) * PATHS)
        results[f"zipf.ratio_bug_{str(bug)[2:]}"] = Result(ratio, f"proportional over stratified, a bug on {bug}")
    for paths in (20, 2000):
        ratio = needs(1.0, paths=paths) / (equal * paths)
        results[f"zipf.ratio_paths_{paths}"] = Result(ratio, f"proportional over stratified, {paths} paths")
    for target in (0.5, 0.8, 0.99):
        ratio = needs(1.0, target=target) / (per_path(target) * PATHS)
        results[f"zipf.ratio_target_{str(target)[2:]}"] = Result(ratio, f"proportional over stratified, to {target}")

    progress(0.4, "capped sampling")
    cap = per_path(CAP_TARGET)
    results["capped.cap"] = Result(cap, "shadow reads of one path after which capped sampling stops", "reads")
    plans = {name: plan(exponent, cap) for name, exponent in NAMED.items()}
    for name, (traffic, load) in plans.items():
        everything = results[f"{name}.proportional"].value
        assert isinstance(everything, int)
        results |= {
            f"capped.{name}.wait": Result(traffic, f"production reads until capped sampling is there, {name}", "reads"),
            f"capped.{name}.load": Result(round(load), f"its expected shadow reads by then, {name}", "reads"),
            f"capped.{name}.later": Result(traffic / everything - 1, f"its wait beyond shadowing everything, {name}"),
            f"capped.{name}.saving": Result(everything / load, f"shadowing everything over its shadow reads, {name}"),
        }
    rarest, filled = math.ceil(cap / zipf(PATHS, 1.0)[-1]), all_filled(1.0, cap)
    results |= {
        "capped.zipf.rarest": Result(rarest, "production reads in which the rarest path expects its cap", "reads"),
        "capped.zipf.filled": Result(filled, "production reads until all caps are filled, median", "reads"),
        "capped.zipf.filled_ratio": Result(filled / wanted[EXPONENTS.index(1.0)], "these over shadowing everything"),
    }

    progress(0.6, "read by read")
    chance = random.Random(SEED)
    shares = zipf(PATHS, 1.0)
    traffic, load = plans["zipf"]
    whole = [simulate(shares, needs(1.0), chance)[0] for _ in range(RUNS)]
    progress(0.8, "read by read, capped")
    parts = [simulate(shares, traffic, chance, cap=cap) for _ in range(RUNS)]
    results |= {
        "check.runs": Result(RUNS, "simulated runs behind each check", "runs"),
        "check.proportional": Result(math.fsum(whole) / RUNS, "mean share of paths caught, simulated, proportional"),
        "check.proportional_low": Result(min(whole), "the lowest of the runs"),
        "check.proportional_high": Result(max(whole), "the highest of the runs"),
        "check.capped": Result(math.fsum(hit for hit, _ in parts) / RUNS, "the same, capped"),
        "check.capped_load": Result(
            math.fsum(used for _, used in parts) / RUNS / load, "simulated shadow reads over the expected, capped"
        ),
    }
    reads = [3_000 * 2**step for step in range(10)]
    results["curve.reads"] = Result([*reads], "shadow reads of the curves", "reads")
    for name, exponent in (("even", 0.0), ("zipf", 1.0), ("steep", 1.5)):
        curve = [100 * proportional(zipf(PATHS, exponent), count) for count in reads]
        results[f"curve.{name}"] = Result([*curve], f"paths caught, proportional, exponent {exponent}", "%")
    results["curve.stratified"] = Result([100 * stratified(PATHS, n) for n in reads], "paths caught, stratified", "%")
    progress(1, "done")
    return results


def draw(values: Values) -> Iterator[Figure]:
    """Draw the share of paths caught against shadow reads, and the two ratios against the exponent."""
    yield Figure("coverage", drawing=coverage(values, COLUMN), narrow=coverage(values, NARROW))
    yield Figure("exponent", drawing=by_exponent(values, COLUMN), narrow=by_exponent(values, NARROW))


def coverage(values: Values, width: int) -> str:
    """Draw the curves of the share of paths caught."""
    reads = numbers(values["curve.reads"])
    ticks = [(3_000, "3,000"), (30_000, "30,000"), (300_000, "300,000")]
    chart = Chart(
        width,
        330,
        Scale(reads[0], reads[-1], ticks=ticks, log=True),
        Scale(0, 100, ticks=[(value, f"{value}%") for value in (0, 25, 50, 75, 95)]),
        x_label="shadow reads",
        y_label="expected share of broken paths caught",
        right=24,
    )
    chart.level(100 * TARGET, 0)
    for tone, name in ((2, "stratified"), (1, "zipf"), (3, "steep")):
        ys = numbers(values[f"curve.{name}"])
        chart.line(reads, ys, tone, dash=name == "steep")
        chart.marks(reads, ys, tone, x_key="curve.reads", y_key=f"curve.{name}")
    for tone, label, dy in ((1, "exponent 1", -22), (3, "exponent 1.5", 0)):  # there is no room between the curves
        chart.label(reads[-1], 4, f"proportional, {label}", tone, dx=4, dy=dy, anchor="end")
    x, y = reads[3], numbers(values["curve.stratified"])[3]
    chart.label(x, y, "stratified", 2, dx=-12, dy=-4, anchor="end")
    return chart.svg()


def by_exponent(values: Values, width: int) -> str:
    """Draw proportional over stratified, counting paths and counting use."""
    xs = numbers(values["exponents"])
    chart = Chart(
        width,
        330,
        Scale(0, 2, ticks=((0, "even"), 0.5, 1.0, 1.5, 2.0)),
        Scale(0.1, 300, ticks=((0.1, "0.1×"), (1, "1×"), (10, "10×"), (100, "100×")), log=True),
        x_label="Zipf exponent of the traffic",
        y_label="proportional over stratified shadow reads",
        right=24,
    )
    chart.level(1, 0)
    for tone, key, words, dy in ((1, "proportional.ratio", "by paths", -12), (2, "use.ratio", "by use", 22)):
        ys = numbers(values[key])
        chart.line(xs, ys, tone)
        chart.marks(xs, ys, tone, x_key="exponents", y_key=key)
        chart.label(xs[-2], ys[-2], words, tone, dx=-10, dy=dy, anchor="end")
    return chart.svg()
