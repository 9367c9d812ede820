"""How far is the number of defective calls that people report from the truth, by which two hundred calls they hear?

The day is hypothetical: no figure in here is measured at, or taken from, any employer's.

Method. A judge flags or passes each of 4,000 calls; people hear 200. Two days show the same 236 flags with the same 38
defective calls among them, and differ in what the judge passed: 2 defective calls or 38. Several plans choose the 200.
What each would report has a distribution that follows from drawing without replacement (or, for labels from earlier
days, from two binomials); it is enumerated, not sampled. So are a percentile bootstrap and Buehler's upper limit, the
smallest one that holds in at least 95 draws of 100 and never falls as the report rises. Other judges and days are
compared by closed forms. People are taken to be right, but for one table.

A result in "calls" is a number of that day's calls. "Error" is the root mean square of the reported minus the true
number over everything that the plan could have drawn.

Sources. The correction for a known sensitivity and specificity is Rogan and Gladen's (1978); kappa is Cohen's, AC1
Gwet's; the limit is described by Kabaila (2005).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import count, product
from typing import TypeAlias

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Value, Values, numbers

CALLS, HEARD, LABELS = 4_000, 200, 100
PREVALENCE, LEAST_FLAGS = 0.01, 0.25
PLANS: dict[str, int | None] = {"random": None, "verdict": 50, "half": 100, "passes": 25, "flags": 200}
"""The plans that draw from today's calls: how many of those heard are flags, or None to draw whatever they are."""
CURVE = tuple(round(0.002 * 250 ** (step / 48), 5) for step in range(49))
SLIPS = (1, 5, 10)
RARE, COMMON = 0.01, 0.2
PREVALENCES = (0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
SENSITIVITIES = (0.1, 0.2, 0.25, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99)
SPECIFICITIES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
HEARINGS = (100, 200, 800)

Law: TypeAlias = list[tuple[float, float]]
"""A distribution: values, each with its probability."""
Pile: TypeAlias = tuple[int, int, int]
"""Calls to draw from: how many, how many of them defective, how many heard."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A program that flags or passes calls, as its two rates."""

    sensitivity: float
    specificity: float

    def flagged(self, prevalence: float) -> float:
        """Tell the share of all calls that it flags."""
        return prevalence * self.sensitivity + (1 - prevalence) * (1 - self.specificity)

    def true_share(self, prevalence: float) -> float:
        """Tell the share of its flags that are defective calls."""
        return prevalence * self.sensitivity / self.flagged(prevalence)

    def agreement(self, prevalence: float) -> float:
        """Tell the share of all calls on which it says what people would say."""
        return prevalence * self.sensitivity + (1 - prevalence) * self.specificity

    def kappa(self, prevalence: float) -> float:
        """Tell how far the agreement lies above what two unrelated verdicts of the same frequencies would reach."""
        flags = self.flagged(prevalence)
        return self._beyond(prevalence, prevalence * flags + (1 - prevalence) * (1 - flags))

    def gwet(self, prevalence: float) -> float:
        """Tell Gwet's AC1, which takes chance to be small where either verdict is rare."""
        rare = (prevalence + self.flagged(prevalence)) / 2
        return self._beyond(prevalence, 2 * rare * (1 - rare))

    def _beyond(self, prevalence: float, chance: float) -> float:
        return (self.agreement(prevalence) - chance) / (1 - chance)

    def corrected(self, share_flagged: float) -> float:
        """Tell the prevalence behind a share of flags, by Rogan and Gladen. May be below 0 or above 1."""
        return (share_flagged + self.specificity - 1) / (self.sensitivity + self.specificity - 1)


@dataclass(frozen=True, slots=True)
class Day:
    """One day's calls by verdict: how many were flagged, how many passed, and how many of each are defective."""

    flags: int
    hits: int
    passes: int
    missed: int

    @property
    def defective(self) -> int:
        """Defective calls, found or not."""
        return self.hits + self.missed


JUDGE, SILENT = Judge(sensitivity=0.95, specificity=0.95), Judge(sensitivity=0.0, specificity=1.0)
CAREFUL = Day(flags=236, hits=38, passes=3_764, missed=2)
LENIENT = Day(flags=236, hits=38, passes=3_764, missed=38)
DAYS = {"careful": CAREFUL, "lenient": LENIENT}

LAB = Lab(
    name="judging-calls",
    title="Judging calls",
    question="With 200 calls to be heard by people, which ones tell how many of the day's 4,000 are defective?",
    parameters=(
        Parameter("CALLS", CALLS, "calls", "illustrative: a day, small enough to do the sums by hand"),
        Parameter("HEARD", HEARD, "calls", "illustrative: what people can hear of it"),
        Parameter("LABELS", LABELS, "calls", "of each kind, from earlier days, for the correction"),
        Parameter("PLANS", "25, 50, 100 or 200", "calls", "flags among the 200 heard"),
        Parameter("PREVALENCE", PREVALENCE, "", "illustrative: share of the calls that are defective"),
        Parameter("JUDGE.sensitivity", JUDGE.sensitivity, "", "illustrative: share of the defective calls it flags"),
        Parameter("JUDGE.specificity", JUDGE.specificity, "", "illustrative: share of the good calls it passes"),
        Parameter("CAREFUL.missed", CAREFUL.missed, "calls", "what that judge passes wrongly: 5% of 40"),
        Parameter("LENIENT.missed", LENIENT.missed, "calls", "illustrative: as many as are found"),
        Parameter("SLIPS", "1, 5 and 10 in 1,000", "", "illustrative: good calls that a person calls defective"),
        Parameter("CURVE", "0.2% to 50%", "", "prevalences in the figure on agreement"),
        Parameter("PREVALENCES", "0.25% to 50%", "", "prevalences at which the plans are compared"),
        Parameter("SENSITIVITIES", "0.1 to 0.99", "", "the same, sensitivities"),
        Parameter("SPECIFICITIES", "0.5 to 0.999", "", "the same, specificities"),
        Parameter("HEARINGS", "100, 200 and 800", "calls", "the same, calls heard"),
        Parameter("LEAST_FLAGS", LEAST_FLAGS, "", "the same, least share of flags among the calls heard by verdict"),
    ),
    seconds=2,
)


# --- What a plan can report ------------------------------------------------------------------------------------------


@cache
def chance(calls: int, defective: int, heard: int, found: int) -> float:
    """Tell the chance of so many defective calls among those heard: the hypergeometric distribution."""
    return math.comb(defective, found) * math.comb(calls - defective, heard - found) / math.comb(calls, heard)


@cache
def binomial(trials: int, share: float) -> list[float]:
    """Tell the chance of each number of successes."""
    return [math.comb(trials, k) * share**k * (1 - share) ** (trials - k) for k in range(trials + 1)]


def strata(day: Day, flags: int | None) -> tuple[Pile, ...]:
    """Tell what a plan draws from: so many of the flags and the rest of the 200 from the passes, or all calls alike."""
    if flags is None:
        return ((CALLS, day.defective, HEARD),)
    piles = ((day.flags, day.hits, flags), (day.passes, day.missed, HEARD - flags))
    return tuple(pile for pile in piles if pile[2])


def draws(piles: tuple[Pile, ...]) -> Iterator[tuple[tuple[int, ...], float]]:
    """Go through the numbers of defective calls that can be found in each pile, with their chance."""
    for found in product(*(range(min(defective, heard) + 1) for _, defective, heard in piles)):
        p = math.prod(chance(*pile, k) for pile, k in zip(piles, found, strict=True))
        if p > 1e-9:
            yield found, p


def scaled_up(piles: tuple[Pile, ...], found: tuple[int, ...]) -> float:
    """Tell the report: in each pile what was found, times its calls, over those heard."""
    return sum(k * calls / heard for (calls, _, heard), k in zip(piles, found, strict=True))


def reports(day: Day, flags: int | None) -> Law:
    """Distribute what a plan that draws from today's calls reports."""
    piles = strata(day, flags)
    return [(scaled_up(piles, found), p) for found, p in draws(piles)]


def weighted(day: Day) -> Law:
    """Distribute the same for calls drawn at random whose flags and passes are scaled up apart afterwards."""
    mixes = draws(((CALLS, day.flags, HEARD),))
    return [(value, p * q) for (flags,), p in mixes for value, q in reports(day, flags)]


def correction(day: Day, labels: int = LABELS) -> Law:
    """Distribute today's flags corrected by a judge measured on labels of each kind from earlier days."""
    judge = Judge(day.hits / day.defective, 1 - (day.flags - day.hits) / (CALLS - day.defective))
    pairs = product(enumerate(binomial(labels, judge.sensitivity)), enumerate(binomial(labels, judge.specificity)))
    return [
        (CALLS * Judge(j / labels, k / labels).corrected(day.flags / CALLS), p * q)
        for (j, p), (k, q) in pairs
        if p * q > 1e-12 and j + k != labels
    ]


def error(law: Law, truth: float) -> float:
    """Tell the root mean square of what is reported minus the truth."""
    return math.sqrt(sum(p * (value - truth) ** 2 for value, p in law))


def quantile(law: Law, share: float) -> float:
    """Tell the least value that at least this share of the distribution does not exceed."""
    total = 0.0
    for value, p in sorted(law):
        total += p
        if total >= share - 1e-9:
            return value
    return max(law)[0]


# --- Intervals -------------------------------------------------------------------------------------------------------


def bootstrap(piles: tuple[Pile, ...], found: tuple[int, ...]) -> tuple[float, float]:
    """Take the middle 95% of what drawing again from the heard calls would report, computed without drawing."""
    law: Law = [(0.0, 1.0)]
    for (calls, _, heard), k in zip(piles, found, strict=True):
        again = [(i * calls / heard, p) for i, p in enumerate(binomial(heard, k / heard)) if p > 1e-7]
        law = [(v + w, p * q) for (v, p), (w, q) in product(law, again)]
    return quantile(law, 0.025), quantile(law, 0.975)


@cache
def _up_to(calls: int, defective: int, heard: int, most: int) -> float:
    return sum(chance(calls, defective, heard, found) for found in range(min(most, heard) + 1))


@cache
def ceiling(sizes: tuple[tuple[int, int], ...], reported: float) -> int:
    """Tell Buehler's limit: the most defective calls with which a report as low as this has a chance above 5 in 100.

    `sizes` holds the calls, and the calls heard, of one pile or of two.
    """
    (flags, some), (passes, others) = ((0, 0), *sizes)[-2:]
    steps = [(k, reported - k * passes / others) for k in range(others + 1) if k * passes / others <= reported + 1e-6]
    most = [(k, math.floor(rest * some / flags + 1e-6) if flags else 0) for k, rest in steps]

    def as_low(hits: int, missed: int) -> float:
        return sum(chance(passes, missed, others, k) * _up_to(flags, hits, some, j) for k, j in most)

    low, missed = 0, passes  # by halving, the most missed calls if no flag is right
    while low < missed:
        middle = (low + missed + 1) // 2
        low, missed = (middle, missed) if as_low(0, middle) > 0.05 else (low, middle - 1)
    best = missed
    for hits in range(1, flags + 1):
        while missed >= 0 and as_low(hits, missed) <= 0.05:
            missed -= 1
        if missed < 0:
            break
        best = max(best, hits + missed)
    return best


def intervals(day: Day, flags: int | None) -> tuple[float, float]:
    """Tell how often a plan's bootstrap interval holds the truth, and where its limit lies on average."""
    piles = strata(day, flags)
    sizes = tuple((calls, heard) for calls, _, heard in piles)
    held = limit = 0.0
    for found, p in draws(piles):
        low, high = bootstrap(piles, found)
        held += p * (low <= day.defective <= high)
        limit += p * ceiling(sizes, scaled_up(piles, found))
    return held, limit


# --- Closed forms, for other days and judges -------------------------------------------------------------------------


def scatter(calls: float, defective: float, heard: float, slip: float = 0.0) -> float:
    """Tell the scatter of a count scaled up from a random draw, if people take such a share of good calls for bad."""
    share = defective / calls
    by_draw = heard * share * (1 - share) * max(0.0, calls - heard) / (calls - 1)
    by_slip = heard * (1 - share) * slip * (1 - slip)
    return calls / heard * math.sqrt((1 - slip) ** 2 * by_draw + by_slip)


def spread(day: Day, plan: str, slip: float = 0.0) -> float:
    """Tell the standard deviation of what a plan that draws from today's calls reports."""
    return math.hypot(*(scatter(*pile, slip) for pile in strata(day, PLANS[plan])))


def verdict_error(prevalence: float, judge: Judge, heard: float, *, fixed: bool = False) -> float:
    """Tell the error by verdict, if a quarter of the calls heard are flags, or more if more are flagged (or fixed)."""
    flags = CALLS * judge.flagged(prevalence)
    hits, missed = CALLS * prevalence * judge.sensitivity, CALLS * prevalence * (1 - judge.sensitivity)
    chosen = min(flags, heard * (LEAST_FLAGS if fixed else max(LEAST_FLAGS, flags / CALLS)))
    return math.hypot(scatter(flags, hits, chosen), scatter(CALLS - flags, missed, heard - chosen))


def correction_error(prevalence: float, judge: Judge, good: float, bad: float) -> float:
    """Tell about how far off the corrected count is: by so many labels of each kind, and by the luck of the day.

    With any number of labels the luck remains: how many mistakes the judge makes today is not its rate to the call.
    """
    wrong = judge.sensitivity * (1 - judge.sensitivity), judge.specificity * (1 - judge.specificity)
    from_labels = CALLS**2 * (prevalence**2 * wrong[0] / bad + (1 - prevalence) ** 2 * wrong[1] / good)
    from_luck = CALLS * (prevalence * wrong[0] + (1 - prevalence) * wrong[1])
    return math.sqrt(from_labels + from_luck) / (judge.sensitivity + judge.specificity - 1)


def grid() -> Iterator[tuple[float, Judge, float, float, float]]:
    """Yield prevalence, judge, and errors over that at random: by verdict, with a fixed quarter of flags, corrected."""
    for share, good, right, heard in product(PREVALENCES, SENSITIVITIES, SPECIFICITIES, HEARINGS):
        if good + right > 1 + 1e-9:  # else it flags good calls at least as readily as defective ones
            judge, base = Judge(good, right), scatter(CALLS, CALLS * share, heard)
            corrected = correction_error(share, judge, heard / 2, heard / 2) / base
            free, fixed = (verdict_error(share, judge, heard, fixed=fixed) / base for fixed in (False, True))
            yield share, judge, free, fixed, corrected


# --- What the lab finds ----------------------------------------------------------------------------------------------

Row: TypeAlias = tuple[str, Value, str, str]
"""A result's key, value, unit and meaning."""


def run(progress: Progress) -> Results:
    """Look at the judge, compare the plans, find their limits, and go through other judges."""
    progress(0.0, "the judge and the plans")
    rows = [*the_judge(), *the_plans(), *labels_and_slips()]
    progress(0.2, "the intervals")
    rows += the_intervals()
    progress(0.9, "other judges")
    rows += other_judges()
    return {key: Result(value, what, unit) for key, value, unit, what in rows}


def the_judge() -> list[Row]:
    """Describe the judge, and what hearing at random would catch without it."""
    return [
        ("curve.prevalence", [*CURVE], "", "prevalences along the curves"),
        ("curve.kappa", [JUDGE.kappa(p) for p in CURVE], "", "kappa at each"),
        ("curve.true", [JUDGE.true_share(p) for p in CURVE], "", "true share of the flags at each"),
        ("day.calls", CALLS, "calls", "calls of the day"),
        ("day.flags", CAREFUL.flags, "calls", "of these flagged"),
        ("day.false", CAREFUL.flags - CAREFUL.hits, "calls", "of the flagged ones good"),
        ("at1.agreement", JUDGE.agreement(PREVALENCE), "", "share of the calls judged rightly, 1% defective"),
        ("at1.kappa", JUDGE.kappa(PREVALENCE), "", "kappa, 1% defective"),
        ("at1.gwet", JUDGE.gwet(PREVALENCE), "", "AC1, 1% defective"),
        ("at1.true", JUDGE.true_share(PREVALENCE), "", "true share of the flags, 1% defective"),
        ("at50.kappa", JUDGE.kappa(0.5), "", "kappa, 50% defective"),
        ("at50.true", JUDGE.true_share(0.5), "", "true share of the flags, 50% defective"),
        ("silent.kappa", SILENT.kappa(PREVALENCE), "", "kappa of a judge that passes every call"),
        ("silent.gwet", SILENT.gwet(PREVALENCE), "", "AC1 of a judge that passes every call"),
    ]


def the_plans() -> list[Row]:
    """Tell for each day and plan how far off the report is, and where its middle 95% lies with the careful judge."""
    rows: list[Row] = []
    for name, day in DAYS.items():
        laws = {plan: reports(day, flags) for plan, flags in PLANS.items()}
        laws |= {"correct": correction(day), "weighted": weighted(day)}
        for plan, law in laws.items():
            rows.append((f"{name}.{plan}.error", error(law, day.defective), "calls", f"error, {plan}, {name} judge"))
            if day is CAREFUL and plan in ("correct", "random", "verdict", "flags"):
                rows.append((f"{plan}.low", quantile(law, 0.025), "calls", f"middle 95% of {plan} from"))
                rows.append((f"{plan}.high", quantile(law, 0.975), "calls", f"middle 95% of {plan} to"))
        for pile, part in zip(strata(day, PLANS["verdict"]), ("flags", "passes"), strict=True):
            rows.append((f"{name}.from_{part}", scatter(*pile), "calls", f"error by verdict from {part}, {name} judge"))
        clean = chance(day.passes, day.missed, 150, 0)
        rows.append((f"{name}.clean", clean, "", f"chance of 150 passes without a defective call, {name} judge"))
    law = correction(CAREFUL)
    below = sum(p for value, p in law if value < 0)
    clipped = error([(max(0.0, value), p) for value, p in law], CAREFUL.defective)
    off = sum(p for k, p in enumerate(binomial(100, 1 - JUDGE.specificity)) if k <= 3 or k >= 7)
    equal = next(n for n in count(HEARD) if scatter(CALLS, CAREFUL.defective, n) <= spread(CAREFUL, "verdict"))
    days = [replace(CAREFUL, missed=missed) for missed in range(60)]
    alone = [math.hypot(spread(day, "flags"), day.missed) for day in days]  # it reports as many too few as were missed
    best = max(day.missed for day in days if alone[day.missed] < spread(day, "verdict"))
    behind = min(day.missed for day in days if alone[day.missed] > spread(day, "random"))
    return [
        *rows,
        ("correct.mean", sum(p * value for value, p in law), "calls", "corrected count on average, careful judge"),
        ("correct.below_zero", below, "", "chance that it is below zero"),
        ("correct.clipped", clipped, "calls", "its error if a count below zero is reported as zero"),
        ("correct.off", off, "", "chance that of 100 good calls at most 3, or at least 7, are flagged"),
        ("verdict.equal", equal, "calls", "heard at random, as good as 200 by verdict, careful judge"),
        ("flags.best", best, "calls", "most missed with which hearing flags only has the least error"),
        ("flags.behind", behind, "calls", "fewest missed with which it is worse than listening at random"),
    ]


def labels_and_slips() -> list[Row]:
    """Tell how many labels the correction needs, what keeping them brings, and what people's own mistakes do."""

    def corrected(good: float, bad: float) -> float:
        return correction_error(PREVALENCE, JUDGE, good, bad)

    target = spread(CAREFUL, "random")
    need = {bad: next(good for good in count(1) if corrected(good, bad) <= target) for bad in (5, 100)}
    days = next(n for n in count(1) if corrected(198 * n, 2 * n) <= target)
    floor, month = corrected(math.inf, math.inf), corrected(198 * 30, 2 * 30)
    few = error(correction(CAREFUL, 20), CAREFUL.defective)
    rows: list[Row] = [
        ("labels20.error", few, "calls", "error of correcting with 20 labels of each kind"),
        ("labels.good5", need[5], "labels", "of good calls, with 5 of defective ones, as good as 200 at random"),
        ("labels.good100", need[100], "labels", "the same with 100 of defective ones"),
        ("kept.days", days, "days", "of 198 + 2 labels, as good as 200 at random"),
        ("kept.month", month, "calls", "error of correcting with the labels of 30 days, about"),
        ("kept.month_labels", math.sqrt(month**2 - floor**2), "calls", "the part of the labels in it"),
        ("kept.floor", floor, "calls", "error of correcting with any number of labels"),
    ]
    for slip, plan in product(SLIPS, ("random", "verdict")):
        what = f"scatter, {plan}, {slip} of 1,000 good calls taken for defective"
        rows.append((f"slip{slip}.{plan}", spread(CAREFUL, plan, slip / 1000), "calls", what))
    second = spread(CAREFUL, "verdict", 0.01**2)
    return [*rows, ("slip10.second", second, "calls", "scatter by verdict, 10 of 1,000 and a second listener like it")]


def the_intervals() -> list[Row]:
    """Try the bootstrap and Buehler's limit on both days."""
    clean = ceiling(((CAREFUL.passes, 150),), 0.0)
    rows: list[Row] = [("clean.ceiling", clean, "calls", "most missed calls that 150 clean passes leave open")]
    for (name, day), plan in product(DAYS.items(), ("random", "verdict", "passes")):
        held, limit = intervals(day, PLANS[plan])
        rows.append((f"{name}.{plan}.held", held, "", f"draws whose bootstrap holds the truth, {plan}, {name} judge"))
        rows.append((f"{name}.{plan}.limit", limit, "calls", f"upper limit on average, {plan}, {name} judge"))
    return rows


def other_judges() -> list[Row]:
    """Count where each plan loses to hearing at random."""
    settings = list(grid())
    lost = [(free, judge.sensitivity) for _, judge, free, _, _ in settings if free > 1.001]
    level = sum(1 <= free <= 1.001 for _, _, free, _, _ in settings)
    quarter = [fixed for _, _, _, fixed, _ in settings if fixed > 1.001]
    rare = [(corrected, judge.specificity) for share, judge, _, _, corrected in settings if share <= RARE]
    wins = [specificity for corrected, specificity in rare if corrected < 1]
    common = [(free, corrected) for share, _, free, _, corrected in settings if share >= COMMON]
    return [
        ("grid.settings", len(settings), "settings", "tried"),
        ("grid.lost", len(lost), "settings", "in which by verdict is worse than at random"),
        ("grid.level", level, "settings", "in which it is as good, to one part in a thousand"),
        ("grid.lost_sensitivity", max(lost, key=lambda s: s[1])[1], "", "largest sensitivity where it is worse"),
        ("grid.worst", max(lost)[0], "", "largest error by verdict over error at random"),
        ("grid.quarter_lost", len(quarter), "settings", "worse, if flags are a quarter of those heard"),
        ("grid.quarter_worst", max(quarter), "", "largest error over error at random, if they are"),
        ("grid.rare", len(rare), "settings", "at 1% defective or less"),
        ("grid.rare_wins", len(wins), "settings", "of these, balanced labels beat listening at random"),
        ("grid.rare_specificity", min(wins), "", "smallest specificity among these"),
        ("grid.common", len(common), "settings", "at 20% defective or more"),
        ("grid.common_wins", sum(c < 1 for _, c in common), "settings", "of these, balanced labels beat at random"),
        ("grid.common_best", sum(c < v for v, c in common), "settings", "of these, balanced labels beat by verdict"),
    ]


# --- The figures -----------------------------------------------------------------------------------------------------


def draw(values: Values) -> Iterator[Figure]:
    """Draw what four plans report on the careful judge's day, and agreement beside kappa and the worth of the flags."""
    yield Figure("plans", drawing=_plans(values, COLUMN), narrow=_plans(values, NARROW))
    yield Figure("agreement", drawing=_agreement(values, COLUMN), narrow=_agreement(values, NARROW))


def _plans(values: Values, width: int) -> str:
    small = width == NARROW
    chart = Chart(
        width,
        310,
        x=Scale(-250, 285, [(tick, f"{tick}".replace("-", "\u2212")) for tick in (-200, -100, 0, 100, 200)]),
        y=Scale(0, 4.4),
        x_label="defective calls reported" if small else "defective calls that would be reported",
        left=10,
        top=26,
    )
    rows = (
        (("day.flags",), "Count", "the flags as they are", 3),
        (("correct.low", "correct.high"), "Correct", "100 + 100 earlier labels", 1),
        (("random.low", "random.high"), "At random", "200 of today\u2019s calls", 4),
        (("verdict.low", "verdict.high"), "By verdict", "50 flags, 150 passes", 2),
    )
    truth = CAREFUL.defective
    chart.line([truth, truth], [0, 4.4], 0, dash=True)
    chart.label(truth, 4.4, f"truth: {truth}", dy=-8, anchor="middle")
    for row, (keys, name, more, tone) in enumerate(rows):
        y = 3.4 - row
        ends = [numbers(values[key])[0] for key in keys]
        chart.line(ends, [y] * len(ends), tone)
        for key, end in zip(keys, ends, strict=True):
            left = key.endswith("low")
            chart.mark(end, y, tone, x_key=key)
            number = f"{end:.0f}".replace("-", "\u2212")
            chart.label(end, y, number, dx=-9 if left else 9, dy=4, anchor="end" if left else "start")
        chart.label(-250, y + 0.38, name if small else f"{name}: {more}", tone)
    return chart.svg()


def _agreement(values: Values, width: int) -> str:
    chart = Chart(
        width,
        300,
        x=Scale(0.002, 0.56, [(share, f"{share * 100:g}%") for share in (0.002, 0.01, 0.05, 0.2, 0.5)], log=True),
        y=Scale(0, 1.02, ((0, "0"), (0.25, "0.25"), (0.5, "0.5"), (0.75, "0.75"), (1, "1"))),
        x_label="share of the calls that are defective",
    )
    curve = numbers(values["curve.prevalence"])
    agreed = numbers(values["at1.agreement"]) * len(curve)
    chart.line(curve, agreed, 3)
    chart.label(0.002, agreed[0], "agreement", 3, dx=4, dy=18)
    for key, tone, words, dx, dy, anchor in (
        ("kappa", 1, "kappa", -12, -4, "end"),
        ("true", 2, "true share" if width == NARROW else "true share of the flags", 10, 12, "start"),
    ):
        heights = numbers(values[f"curve.{key}"])
        chart.line(curve, heights, tone)
        for share, at in ((PREVALENCE, "at1"), (0.5, "at50")):
            chart.mark(share, numbers(values[f"{at}.{key}"])[0], tone, y_key=f"{at}.{key}")
        chart.label(curve[28], heights[28], words, tone, dx=dx, dy=dy, anchor=anchor)
    return chart.svg()
