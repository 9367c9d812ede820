"""What does waiting for a batch cost, and what does it buy?

The alerts are invented: no figure in here is measured at, or taken from, any employer's system.

Method. Alerts arrive at random and are written by a worker, for whom every batch costs an opening and every alert in it
a little more. A free worker takes the oldest alerts as soon as the oldest of them has waited for the window, or as many
as the cap allows are there. While every worker is busy the batch goes on growing, unless batches are sealed: a sealed
batch takes no more once its window has ended. A window of nought takes what is there; a cap of one writes alerts one by
one. Closed forms (Poisson counts; the Pollaczek-Khinchine formula for alerts one by one) check an event simulation and
are checked by it.

A result is a time in seconds or a number of alerts or batches. A delay runs from an alert's arrival to the end of its
batch. Both formulas stand in any text on queues.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers


@dataclass(frozen=True, slots=True)
class Worker:
    """What writing a batch takes, in seconds."""

    opening: float = 0.9  # for every batch
    each: float = 0.05  # for every alert in it

    def __str__(self) -> str:
        return f"{self.opening:g} + {self.each:g}"

    def seconds(self, alerts: float) -> float:
        """Tell how long a batch takes."""
        return self.opening + self.each * alerts

    def cap_needed(self, rate: float) -> float:
        """Tell the cap at which one worker's capacity equals the rate; there is one only below 1 / `each` a second."""
        return rate * self.opening / (1 - rate * self.each)


WORKER, LIGHT = Worker(), Worker(0.45, 0.05)
ENDLESS = 10**9  # a cap that no batch reaches, a window that no batch outlives
QUIET, PEAK, NIGHT = 1.0, 10.0, 0.05  # alerts a second
BURST, SHORT, HOUR, DAY = 180, 30, 3600, 86_400  # seconds
WINDOWS = (0.0, 0.5, 1.0, 2.0, 5.0, 8.0, 10.0, 12.0, 15.0, 18.0)
CAPS = (5, 10, 15, 17, 20, 25, 50, 100, 200)
TABLE, LOSING = (1, 3, 9, 60), (2, 5, 10, 30)
COUNT = 11  # alerts: the batch that leaves as many calls as a window of 10 s
POLLERS = 5
CROWD, CROWD_CAP, CROWD_WORKER = 4, 5, Worker(10.0, 0.9)
TIGHT, TIGHT_CAP, TIGHT_WINDOW = Worker(1.5, 0.05), 2, 3.0
SEED, DAYS = 20261122, 8

LAB = Lab(
    name="batching",
    title="What a batch waits for",
    question="What do the window and the cap of a batch cost an alert in delay, and what do they buy?",
    parameters=(
        Parameter("QUIET", QUIET, "alerts a second", "illustrative: a round rate, not the record's"),
        Parameter("NIGHT", NIGHT, "alerts a second", "illustrative: one alert in 20 seconds"),
        Parameter("WORKER", str(WORKER), "s", "illustrative: for every batch + for every alert in it"),
        Parameter("PEAK", PEAK, "alerts a second", "illustrative: the rate during a burst"),
        Parameter("BURST", BURST, "s", "illustrative: a burst every hour; the day's average stays at QUIET"),
        Parameter("SHORT", SHORT, "s", "illustrative: shorter bursts, at the same peak and average"),
        Parameter("WINDOWS", ", ".join(map("{:g}".format, WINDOWS)), "s", "tried without a cap and with one of 10"),
        Parameter("CAPS", ", ".join(map(str, CAPS)), "alerts", "tried with bursts, at windows of 0 and 10 s"),
        Parameter("LOSING", ", ".join(map(str, LOSING)), "s", "windows whose break-even is found"),
        Parameter("COUNT", COUNT, "alerts", "a batch that leaves when so many are there, whatever the time"),
        Parameter("CROWD", f"{CROWD} of {CROWD_WORKER}, cap {CROWD_CAP}", "s", "illustrative: slow workers, at QUIET"),
        Parameter("TIGHT", f"{TIGHT}, cap {TIGHT_CAP}", "s", "illustrative: a cap that only just keeps up with QUIET"),
        Parameter("DAY", DAY, "s", "simulated for each window; half of it for each cap"),
        Parameter("SEED", SEED, "", "of the alerts; the same alerts meet every setting that is simulated"),
        Parameter("DAYS", DAYS, "", "days (in bursts, half days), each with a seed of its own, behind every range"),
    ),
    seconds=9,
)


# --- The closed forms ------------------------------------------------------------------------------------------------


def poisson(count: int, mean: float) -> float:
    """Tell the chance of so many arrivals where `mean` are expected."""
    return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))


def window_closes(window: float, cap: int, rate: float = QUIET) -> float:
    """Tell the share of batches that the window closes before the cap is reached."""
    return math.fsum(poisson(count, rate * window) for count in range(cap - 1))


def mean_size(window: float, cap: int, rate: float = QUIET) -> float:
    """Tell the mean number of alerts in a batch that a free worker takes."""
    return cap - math.fsum((cap - 1 - count) * poisson(count, rate * window) for count in range(cap - 1))


def mean_wait(window: float, rate: float = QUIET) -> float:
    """Tell how long an alert waits for its batch to close, on average, without a cap."""
    return window * (1 + rate * window / 2) / (1 + rate * window)


def alone(worker: Worker = WORKER, rate: float = QUIET, spread: float = 0.0) -> float:
    """Tell the mean delay, one by one (Pollaczek-Khinchine); `spread` is 0 for equal times, 1 for exponential ones."""
    service = worker.seconds(1)
    return service + rate * service**2 * (1 + spread) / (2 * (1 - rate * service))


def windowed(window: float, worker: Worker = WORKER, rate: float = QUIET) -> float:
    """Tell the mean delay with a window and no cap, where the worker is free whenever a window ends."""
    more = rate * window
    own_batch = (1 + 3 * more + more**2) / (1 + more)  # mean size as alerts see it: more of them are in big ones
    return mean_wait(window, rate) + worker.seconds(own_batch)


def crossing(rising: Callable[[float], float], low: float, high: float, steps: int = 60) -> float:
    """Find by bisection where a rising function is nought."""
    for _ in range(steps):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return low


def level(share: float) -> float:
    """Tell the window whose mean delay is this share of that of alerts one by one."""
    return crossing(lambda window: windowed(window) - share * alone(), 0, 99)


def of_load(load: float) -> Worker:
    """Make a worker whom one alert a second, written one by one, keeps busy for this share of the time."""
    return Worker(load / QUIET - WORKER.each, WORKER.each)


def break_even(window: float, spread: float = 0.0) -> float:
    """Tell the load of a worker without batches above which the window shortens the mean delay, at an even rate."""
    return crossing(lambda load: alone(of_load(load), spread=spread) - windowed(window, of_load(load)), WORKER.each, 1)


# --- The simulation --------------------------------------------------------------------------------------------------


class Served(NamedTuple):
    """What became of the alerts: mean delay, delay that 95 in 100 do not exceed, batches for every 1,000 alerts."""

    mean: float
    p95: float
    calls: float


def arrivals(seed: int, seconds: float, rate: float = QUIET, burst: float = 0) -> list[float]:
    """Draw the moments at which alerts arrive: at one rate, or faster in a burst every hour that leaves the average."""
    chance, times, now = Random(seed), [], 0.0
    rest, top = (rate * HOUR - PEAK * burst) / (HOUR - burst), PEAK if burst else rate
    while (now := now + chance.expovariate(top)) < seconds:
        if not burst or now % HOUR < burst or chance.random() < rest / PEAK:
            times.append(now)
    return times


def serve(
    times: Sequence[float], window: float, cap: int, worker: Worker = WORKER, workers: int = 1, *, sealed: bool = False
) -> Served:
    """Write all alerts, in order of arrival; a sealed batch takes no more once its window has ended."""
    free, delays, batches, first = [0.0] * workers, [], 0, 0
    while first < len(times):
        ready = times[first] + window
        if first + cap <= len(times):
            ready = min(ready, times[first + cap - 1])
        who = min(range(workers), key=free.__getitem__)
        start = max(ready, free[who])
        after = min(first + cap, bisect_right(times, ready if sealed else start, first))
        free[who] = start + worker.seconds(after - first)
        delays += [free[who] - time for time in times[first:after]]
        first, batches = after, batches + 1
    p95 = sorted(delays)[math.ceil(0.95 * len(delays)) - 1]
    return Served(math.fsum(delays) / len(delays), p95, 1000 * batches / len(delays))


def played_even(times: Sequence[float], measure: str = "mean") -> float:
    """Find by simulation the load without batches above which a window of 10 s, with no cap, shortens the delay."""

    def delay(load: float, window: float, cap: int) -> float:
        return float(getattr(serve(times, window, cap, of_load(load)), measure))

    return crossing(lambda load: delay(load, 0, 1) - delay(load, 10, ENDLESS), WORKER.each, 1, steps=10)


def run(progress: Progress) -> Results:
    """Work out the closed forms, then simulate even days and days with bursts."""
    even, bursts, short = (arrivals(SEED, DAY / part, burst=b) for part, b in ((1, 0), (2, BURST), (2, SHORT)))
    found = price()
    progress(0.1, "loads at which a window loses")
    found |= losing(even, bursts, short)
    progress(0.4, "even days")
    found |= even_day(even) | other_workers(even)
    progress(0.8, "days with bursts")
    return found | burst_day(bursts, short)


def price() -> Results:
    """Tell what a window costs where the worker is always free, and which setting closes a batch."""
    by_window = [1000 * window_closes(60, 10, rate) for rate in (NIGHT, QUIET / POLLERS)]
    found: Results = {
        "idle.closes": Result(window_closes(60, 10), "share of batches that a window of 60 s closes at a cap of 10"),
        "idle.night": Result(by_window[0], "of 1,000 batches, closed by a window of 60 s at night, cap 10", "batches"),
        "idle.night_size": Result(mean_size(60, 10, NIGHT), "mean size of a batch at night", "alerts"),
        "idle.poller": Result(by_window[1], "of 1,000 batches, the same at one of five pollers", "batches"),
    }
    for window in TABLE:
        what = f"mean wait for the batch to close, a window of {window} s, no cap"
        found[f"idle.w{window}.mean"] = Result(mean_wait(window), what, "s")
    return found


def losing(even: Sequence[float], bursts: Sequence[float], short: Sequence[float]) -> Results:
    """Find the load below which a window lengthens the delay."""
    what = "load without batches below which a window lengthens the delay"
    found: Results = {f"losing.w{w}": Result(break_even(w), f"{what}, {w} s") for w in LOSING}
    return found | {
        "losing.varied": Result(break_even(10, spread=1), f"{what}, 10 s, exponential times"),
        "losing.p95": Result(played_even(even, "p95"), f"{what} that 95 alerts in 100 do not exceed, 10 s"),
        "losing.bursts": Result(played_even(bursts), f"{what}, 10 s, bursts of {BURST} s"),
        "losing.short": Result(played_even(short), f"{what}, 10 s, bursts of {SHORT} s"),
    }


def even_day(times: Sequence[float]) -> Results:
    """Simulate a day without bursts over windows; compare with one by one, and with the closed forms."""
    what = "mean delay"
    days, capped = ({window: serve(times, window, cap) for window in WINDOWS} for cap in (ENDLESS, 10))
    gaps = [abs(days[w].mean / windowed(w) - 1) for w in WINDOWS if w >= 2]
    gaps += [abs(capped[w].calls * mean_size(w, 10) / 1000 - 1) for w in WINDOWS if w >= 2]
    gaps.append(abs(serve(times, 0, 1, LIGHT).mean / alone(LIGHT) - 1))
    single = [serve(times, 0, 1).mean, *(serve(arrivals(seed, DAY), 0, 1).mean for seed in range(1, DAYS))]
    counted = serve(times[: len(times) // COUNT * COUNT], ENDLESS, COUNT)
    sealed = [serve(times, w, ENDLESS, sealed=True).mean for w in (0, 0.5)]
    return {
        "day.windows": Result([*WINDOWS], "windows tried", "s"),
        "day.means": Result([day.mean for day in days.values()], f"{what} at each, without a cap", "s"),
        "day.capped_means": Result([day.mean for day in capped.values()], f"{what} at each, with a cap of 10", "s"),
        "day.alone": Result(alone(), f"{what}, alerts one by one, exact", "s"),
        "day.alone_low": Result(min(single), f"{what}, one by one, lowest of {DAYS} simulated days", "s"),
        "day.alone_high": Result(max(single), f"{what}, one by one, highest of {DAYS} simulated days", "s"),
        "day.there": Result(days[0].mean, f"{what}, taking what is there", "s"),
        "day.there_calls": Result(days[0].calls, "batches for 1,000 alerts, taking what is there"),
        "day.w10": Result(days[10].mean, f"{what}, a window of 10 s", "s"),
        "day.w10_calls": Result(days[10].calls, "batches for 1,000 alerts, a window of 10 s"),
        "day.sooner": Result(alone() - windowed(10), "by which a window of 10 s beats one by one, exact", "s"),
        "day.half": Result(days[0.5].mean - days[0].mean, "price of a window of 0.5 s over taking what is there", "s"),
        "day.counted": Result(counted.mean, f"{what}, batches of {COUNT} and no window", "s"),
        "day.sealed": Result(sealed[0], f"{what}, sealed batches, no window", "s"),
        "day.sealed_half": Result(sealed[1], f"{what}, sealed batches, a window of 0.5 s", "s"),
        "day.even": Result(level(1.0), f"window whose {what} is that of alerts one by one", "s"),
        "day.forty": Result(level(0.6), f"window whose {what} is six tenths of it", "s"),
        "day.capped": Result(capped[WINDOWS[-1]].mean, f"{what}, a window of {WINDOWS[-1]:g} s and a cap of 10", "s"),
        "check.cases": Result(len(gaps), "comparisons of the simulation with a closed form", "comparisons"),
        "check.worst": Result(round(max(gaps) * 100, 6), "largest difference", "per cent"),
    }


def other_workers(times: Sequence[float]) -> Results:
    """Simulate two workers one by one, one worker with a tight cap, and several slow ones, on an even day."""
    tight = [serve(times, w, TIGHT_CAP, TIGHT).mean for w in (0.0, TIGHT_WINDOW)]
    found: Results = {
        "two.alone": Result(serve(times, 0, 1, workers=2).mean, "mean delay, one by one, two workers", "s"),
        "tight.cut": Result(100 - 100 * tight[1] / tight[0], f"cut by {TIGHT_WINDOW:g} s at a tight cap", "per cent"),
    }
    for name, cap, window in (("there", CROWD_CAP, 0), ("w3", CROWD_CAP, 3), ("open", ENDLESS, 0), ("w5", ENDLESS, 5)):
        mean = serve(times[:40_000], window, cap, CROWD_WORKER, CROWD).mean
        limit = f"a cap of {cap}" if cap < ENDLESS else "no cap"
        found[f"crowd.{name}"] = Result(mean, f"mean delay, {CROWD} slow workers, {limit}, a window of {window} s", "s")
    return found


def burst_day(times: Sequence[float], brief: Sequence[float]) -> Results:
    """Simulate hourly bursts over caps."""
    there, window = ({cap: serve(times, w, cap) for cap in CAPS} for w in (0, 10))
    what = "delay that 95 alerts in 100 do not exceed, bursts"
    others = [[arrivals(seed, DAY / 2, burst=burst) for seed in range(1, DAYS)] for burst in (BURST, SHORT)]
    ten, few = ([serve(day, 0, 10).p95 for day in days] for days in ([times, *others[0]], [brief, *others[1]]))
    found: Results = {
        "burst.caps": Result([*CAPS], "caps tried with bursts", "alerts"),
        "burst.there": Result([day.p95 for day in there.values()], f"{what}, taking what is there", "s"),
        "burst.window": Result([day.p95 for day in window.values()], f"{what}, a window of 10 s", "s"),
        "burst.needed": Result(
            round(WORKER.cap_needed(PEAK), 9), "cap that makes a worker as fast as a burst", "alerts"
        ),
        "burst.low": Result(min(ten), f"{what}, cap 10, no window, lowest of {DAYS} half days", "s"),
        "burst.high": Result(max(ten), f"{what}, cap 10, no window, highest of {DAYS} half days", "s"),
        "burst.two": Result(serve(times, 0, 10, workers=2).p95, f"{what}, cap 10, no window, two workers", "s"),
        "burst.mean.there": Result(there[10].mean, "mean delay, bursts, cap 10, no window", "s"),
        "burst.mean.window": Result(window[10].mean, "mean delay, bursts, cap 10, a window of 10 s", "s"),
        "short.low": Result(min(few), f"{what} of {SHORT} s, cap 10, no window, lowest of {DAYS} half days", "s"),
        "short.high": Result(max(few), f"{what} of {SHORT} s, cap 10, no window, highest of {DAYS} half days", "s"),
        "short.window": Result(serve(brief, 10, 10).p95, f"{what} of {SHORT} s, cap 10, a window of 10 s", "s"),
    }
    for cap in (25, CAPS[-1]):
        for name, day in (("there", there[cap]), ("window", window[cap])):
            found[f"burst.cap{cap}.{name}"] = Result(day.p95, f"{what}, cap {cap}, {name}", "s")
        setting = f"bursts, a window of 10 s, cap {cap}"
        found[f"burst.cap{cap}.mean"] = Result(window[cap].mean, f"mean delay, {setting}", "s")
        found[f"burst.cap{cap}.calls"] = Result(window[cap].calls, f"batches for 1,000 alerts, {setting}")
    return found


# --- The figures -----------------------------------------------------------------------------------------------------


def draw(values: Values) -> Iterator[Figure]:
    """Draw the mean delay by window, and the bursts by cap."""
    yield Figure("window", drawing=_window(values, COLUMN), narrow=_window(values, NARROW))
    yield Figure("cap", drawing=_cap(values, COLUMN), narrow=_cap(values, NARROW))


def _lines(chart: Chart, values: Values, x_key: str, *y_keys: str) -> None:
    for tone, key in reversed([*enumerate(y_keys, 1)]):  # the first on top
        chart.line(numbers(values[x_key]), numbers(values[key]), tone)
        chart.marks(numbers(values[x_key]), numbers(values[key]), tone, x_key=x_key, y_key=key)


def _window(values: Values, width: int) -> str:
    scales = Scale(-0.4, 19, (0, 5, 10, 15)), Scale(0, 13, range(0, 13, 2))
    chart = Chart(width, 300 if width == NARROW else 330, *scales, "window, seconds", "mean delay, seconds")
    (single,) = numbers(values["day.alone"])
    chart.level(single, 0)
    _lines(chart, values, "day.windows", "day.means", "day.capped_means")
    chart.label(0, single, "one by one", dy=-8)
    chart.label(0, numbers(values["day.there"])[0], "no window", 1, dx=16, dy=10)
    chart.label(12, numbers(values["day.means"])[7], "no cap", 1, dx=-10, dy=-6, anchor="end")
    chart.label(18, numbers(values["day.capped"])[0], "cap of 10", 2, dx=4, dy=22, anchor="end")
    return chart.svg()


def _cap(values: Values, width: int) -> str:
    scales = Scale(4.4, 235, (5, 10, 25, 50, 100, 200), log=True), Scale(2, 320, (2, 10, 100), log=True)
    names = "cap, alerts", "delay that 95 in 100 do not exceed, seconds"
    chart = Chart(width, 300 if width == NARROW else 330, *scales, *names)
    (needed,) = numbers(values["burst.needed"])
    chart.line([needed, needed], [2, 150], 0, dash=True)
    _lines(chart, values, "burst.caps", "burst.there", "burst.window")
    chart.label(needed, 150, f"{needed:.0f}: as fast as the burst", dx=-4, dy=-8)
    chart.label(200, numbers(values["burst.window"])[-1], "window of 10 s", 2, dx=4, dy=-12, anchor="end")
    chart.label(200, numbers(values["burst.there"])[-1], "no window", 1, dx=4, dy=-12, anchor="end")
    return chart.svg()
