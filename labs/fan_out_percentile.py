"""How many calls to its parts may be late if an answer that waits for them is to keep a percentile?

A model: its parts and their number are nobody's. An answer waits for `parts` calls and is on time if none of them (or
at most `missing`) is late. *Late* means beyond the promised time, whatever that is, so that no distribution of times
has to be assumed. The promise is that a share of the answers is on time; the question is what share of the calls may
be late.

Method. Calls late independently of one another: a binomial sum, solved for the chance of one late call by bisection
(for `missing` = 0 there is a closed form, promise ** (1 / parts)). *Shared* lateness: with some chance all parts are
late together, otherwise each on its own; `shared` is the part of a call's lateness that comes from the first. A seeded
simulation draws whole numbers and knows none of the formulas.

A result such as 51 late calls counts calls in a thousand answers, among all of their parts. The arithmetic is that of
Dean and Barroso, The Tail at Scale (2013), turned round.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from random import Random

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

PROMISE = 0.95
ANSWERS = 1000
PARTS = 20
COUNTS = (2, 5, 10, 20, 50, 100)
SHARED = (0.5, 0.75, 0.9)
GOOD_PART = 0.001
SIMULATED = 40_000
SEED = 20261122

LAB = Lab(
    name="fan-out-percentile",
    title="Late calls behind a percentile",
    question="How many calls to its parts may be late if an answer that waits for all of them is to keep a p95?",
    parameters=(
        Parameter("PROMISE", PROMISE, "of answers", "the percentile that the record names, a p95"),
        Parameter("ANSWERS", ANSWERS, "answers", "illustrative: a round number to count in, no rate"),
        Parameter("PARTS", PARTS, "parts", "illustrative: the running example"),
        Parameter("COUNTS", "2 to 100", "parts", "illustrative: the range tried"),
        Parameter("SHARED", "0.5, 0.75 and 0.9", "of lateness", "illustrative: how much of it hits all parts together"),
        Parameter("GOOD_PART", GOOD_PART, "of calls", "illustrative: late calls of every part but one"),
        Parameter("SIMULATED", SIMULATED, "answers", "simulated in each case"),
        Parameter("SEED", SEED, "", "of the simulation; any number will do"),
    ),
    seconds=4,
)


def on_time(parts: int, late: float, missing: int = 0) -> float:
    """Tell the share of answers with at most `missing` late calls, each call late with chance `late`."""
    return math.fsum(math.comb(parts, n) * late**n * (1 - late) ** (parts - n) for n in range(missing + 1))


def on_time_shared(parts: int, late: float, shared: float) -> float:
    """Tell the share of answers without a late call if this part of the lateness hits all parts together."""
    together = shared * late
    alone = (late - together) / (1 - together)
    return (1 - together) * on_time(parts, alone)


def solve(share: Callable[[float], float], promise: float = PROMISE) -> float:
    """Find the largest chance of a late call at which the share of answers on time still keeps the promise."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if share(middle) >= promise else (low, middle)
    return low


def allowed(parts: int, missing: int = 0, shared: float = 0.0) -> float:
    """Count the late calls that a thousand answers may contain."""
    if shared:
        late = solve(lambda chance: on_time_shared(parts, chance, shared))
    else:
        late = solve(lambda chance: on_time(parts, chance, missing))
    return ANSWERS * parts * late


def simulate(parts: int, late: float, seed: int, *, missing: int = 0, shared: float = 0.0, n: int = SIMULATED) -> float:
    """Draw whole numbers for every call and tell the share of answers with at most `missing` late ones."""
    chance = Random(seed)
    together = round(2**32 * shared * late)
    alone = round(2**32 * late * (1 - shared) / (1 - shared * late))
    good = 0
    for _ in range(n):
        if chance.getrandbits(32) >= together:
            good += sum(chance.getrandbits(32) < alone for _ in range(parts)) <= missing
    return good / n


# --- The lab ---------------------------------------------------------------------------------------------------------


def run(progress: Progress) -> Results:
    """Solve for the late calls allowed, then simulate."""
    progress(0.0, "solving")
    found = example() | series() | conditions()
    progress(0.2, "simulating")
    found |= simulated()
    progress(1.0, "done")
    return found


def example() -> Results:
    """Solve the running example."""
    all_parts = allowed(PARTS)
    late = all_parts / (ANSWERS * PARTS)
    same = ANSWERS * PARTS * (1 - PROMISE)
    return {
        "example.allowed": Result(all_parts, "late calls that a thousand answers may contain", "calls"),
        "example.leaf": Result(1 - late, "share of calls that must be on time, at each part"),
        "example.one_in": Result(1 / late, "calls of which one may be late"),
        "example.same": Result(same, "late calls if each part just keeps a p95", "calls"),
        "example.same_on_time": Result(on_time(PARTS, 1 - PROMISE), "share of answers on time if so"),
        "example.same_ratio": Result(same / all_parts, "those late calls over the allowed"),
        "hundred.allowed": Result(allowed(100), "late calls allowed over 100 parts", "calls"),
        "limit": Result(-ANSWERS * math.log(PROMISE), "late calls allowed as the parts grow without end", "calls"),
    }


def series() -> Results:
    """Follow the late calls allowed over the number of parts."""
    return {
        "parts": Result([*COUNTS], "parts that an answer waits for", "parts"),
        "all": Result([allowed(k) for k in COUNTS], "late calls allowed, independent, all parts needed", "calls"),
        "same": Result([ANSWERS * k * (1 - PROMISE) for k in COUNTS], "late calls if each part keeps a p95", "calls"),
    }


def conditions() -> Results:
    """See what loosens the requirement."""
    others = on_time(PARTS - 1, GOOD_PART)
    one = allowed(PARTS, missing=1)
    chance = one / (ANSWERS * PARTS)
    lack = on_time(PARTS, chance, 1) - on_time(PARTS, chance)
    found = {
        f"shared{share * 100:.0f}.allowed": Result(
            allowed(PARTS, shared=share), f"late calls allowed, {share:.0%} of the lateness shared", "calls"
        )
        for share in SHARED
    }
    return found | {
        "but_one.allowed": Result(one, "late calls allowed if one part may be missing", "calls"),
        "but_one.incomplete": Result(ANSWERS * lack, "answers of a thousand that then lack a part", "answers"),
        "uneven.last": Result(1000 * (1 - PROMISE / others), "late calls in 1,000 of one part, others 1", "calls"),
    }


def simulated() -> Results:
    """Simulate independent calls at every number of parts, and the example's variations."""
    gaps = [simulate(k, allowed(k) / ANSWERS / k, SEED + k) - PROMISE for k in COUNTS]
    per_call = 1 / (ANSWERS * PARTS)
    one = simulate(PARTS, allowed(PARTS, missing=1) * per_call, SEED, missing=1)
    half = simulate(PARTS, allowed(PARTS, shared=0.5) * per_call, SEED, shared=0.5)
    classic = simulate(100, 0.01, SEED) - on_time(100, 0.01)
    gaps += [one - PROMISE, half - PROMISE, classic]
    return {
        "check.cases": Result(len(gaps), "cases simulated", "cases"),
        "check.worst": Result(max(map(abs, gaps)) * 100, "largest gap between simulation and formula", "points"),
    }


# --- The figure ------------------------------------------------------------------------------------------------------


def draw(values: Values) -> Iterator[Figure]:
    """Draw the late calls allowed over the number of parts."""
    yield Figure("allowed", drawing=_allowed(values, COLUMN), narrow=_allowed(values, NARROW))


def _allowed(values: Values, width: int) -> str:
    small = width == NARROW
    chart = Chart(
        width,
        330 if small else 350,
        x=Scale(1.8, 112, COUNTS, log=True),
        y=Scale(35, 7000, (50, 200, 1000, 5000), log=True),
        x_label="parts that an answer waits for",
        y_label="late calls in 1,000 answers",
        right=18,
    )
    parts = numbers(values["parts"])
    for tone, key in ((3, "same"), (1, "all")):
        chart.line(parts, numbers(values[key]), tone, dash=key == "same")
        chart.marks(parts, numbers(values[key]), tone, x_key="parts", y_key=key)
    chart.label(1.8, 2800, "each part keeps a p95", 3, dx=8)
    chart.label(112, numbers(values["all"])[-1], "independent, all needed", 1, dy=-14, anchor="end")
    return chart.svg()
