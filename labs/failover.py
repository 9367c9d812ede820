"""What does a second provider save of the payments that failed at the first?

The payments are invented: no figure in here is measured at, or taken from, any employer's system.

Method. A failed first attempt is either the customer's (its cause lies with the customer or the card, and no provider
says yes), a refusal by the provider (nothing was charged) or silence (no answer, and the charge may have been made).
Closed forms give what a second attempt saves, and what four ways of treating silence save and charge twice. A
simulation that plays one payment at a time and counts the charges in a ledger checks them.

A result is a number of payments of `FAILED` failed first attempts, or a share. It is exact for the inputs, all of which
are assumed. The closed forms are small and pure, so that they can be carried to other languages.

Source. Elementary probability; what several attempts do is in any text on reliability.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from random import Random
from typing import Literal

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

Policy = Literal["safe", "blind", "stop", "go"]  # stop and go: ask first, and where no answer comes, stop or go on
POLICIES: tuple[Policy, ...] = ("safe", "blind", "stop", "go")


@dataclass(frozen=True, slots=True)
class Case:
    """Failed first attempts and what lies behind them. Every field is a share between 0 and 1."""

    refused: float = 0.3  # of the failures: the provider said no, and nothing was charged
    silent: float = 0.2  # of the failures: the provider did not answer
    charged: float = 0.5  # of the silent ones: the charge was made, or will be
    shared: float = 0.25  # of refused, and of silent but not charged: the cause is one that stops every provider
    shared_charged: float = 0.25  # of silent and charged: the same
    accepts: float = 0.8  # chance that another provider says yes if the cause does not stop it
    answered: float = 0.8  # of the silent ones: the first provider answers when it is asked what happened
    late: float = 0.1  # of the charged ones: the charge lands only after that answer

    @property
    def recoverable(self) -> float:
        """The share of failures that are not the customer's."""
        return self.refused + self.silent

    @property
    def behind_silence(self) -> float:
        """The share of failures that are silent and were charged."""
        return self.silent * self.charged


def spare(case: Case) -> Case:
    """Move the shared causes off the charged payments and onto the others, as many as before."""
    moved = case.shared + case.shared_charged * case.behind_silence / (case.recoverable - case.behind_silence)
    return replace(case, shared=moved, shared_charged=0.0)


CASE = Case()
SPARED = spare(CASE)
FAILED = 1000
TARGET = 0.4
SHARES = (0.4, 0.5, TARGET**0.5, 0.8, 1.0)
SHARED = (0.0, 0.25, 0.4)
FURTHER = (1, 2, 3, 4, 5)
LOW, HIGH = (0.3, 0.75), (0.9, 0.25)
PLAYED = 200_000
SEED = 20261122

LAB = Lab(
    name="failover",
    title="What failing over saves",
    question="What does failing over save of payments that failed at a first provider, and what is charged twice?",
    parameters=(
        Parameter("FAILED", FAILED, "payments", "illustrative: a round number of failed first attempts"),
        Parameter("TARGET", TARGET, "", "the size of the record's cut in transaction failures"),
        Parameter("CASE.refused", CASE.refused, "", "illustrative: share of failures refused with nothing charged"),
        Parameter("CASE.silent", CASE.silent, "", "illustrative: share of failures without an answer"),
        Parameter("CASE.charged", CASE.charged, "", "illustrative: share of silent failures that were charged"),
        Parameter("CASE.shared", CASE.shared, "", "illustrative: share of causes that stop every provider"),
        Parameter("CASE.shared_charged", CASE.shared_charged, "", "illustrative: the same behind charged payments"),
        Parameter("CASE.accepts", CASE.accepts, "", "illustrative: chance of a yes elsewhere if nothing stops it"),
        Parameter("CASE.answered", CASE.answered, "", "illustrative: share of silent failures explained when asked"),
        Parameter("CASE.late", CASE.late, "", "illustrative: share of charges that land after that answer"),
        Parameter("SHARED", ", ".join(map(str, SHARED)), "", "illustrative: at the same second-attempt success"),
        Parameter("FURTHER", len(FURTHER), "providers", "illustrative: the most tried after the first"),
        Parameter("LOW", str(LOW)[1:-1], "", "illustrative: second-attempt success and charged, lowest break-even"),
        Parameter("HIGH", str(HIGH)[1:-1], "", "illustrative: the same, highest break-even"),
        Parameter("PLAYED", PLAYED, "payments", "simulated for each policy and case"),
        Parameter("SEED", SEED, "", "of the simulation, the first of those for the policies"),
    ),
    seconds=3,
)


# --- The closed forms ------------------------------------------------------------------------------------------------


def success(shared: float, accepts: float, further: int = 1) -> float:
    """Tell the chance that one of `further` providers, tried in turn, says yes to a failure they could take."""
    return (1 - shared) * (1 - (1 - accepts) ** further)


def cut(recoverable: float, success: float) -> float:
    """Tell the share of failures that go away."""
    return recoverable * success


def needed(recoverable: float, target: float = TARGET) -> float:
    """Tell the second-attempt success that the target needs; above 1 there is none."""
    return target / recoverable


def equal_factors(factors: int, target: float = TARGET) -> float:
    """Tell how large each of several equal factors must be for their product to reach the target."""
    return math.pow(target, 1 / factors)


def declines_needed(recoverable: float, success: float, target: float = TARGET) -> float:
    """Tell the success that the customers' failures would need elsewhere for the total to reach the target."""
    return (target - cut(recoverable, success)) / (1 - recoverable)


def chances(case: Case) -> tuple[float, float]:
    """Tell the second-attempt success of payments that were not charged, and of those that were."""
    return success(case.shared, case.accepts), success(case.shared_charged, case.accepts)


def saved(case: Case, policy: Policy, r: float, again: float) -> float:
    """Tell the share of failures that end in a yes.

    A second attempt succeeds with chance `r` on a payment that was not charged, with `again` on one that was.
    """
    refused, elsewhere = case.refused * r, case.charged * again + (1 - case.charged) * r
    if policy == "safe":
        return refused
    if policy == "blind":
        return refused + case.silent * elsewhere
    explained = elsewhere + case.charged * (1 - case.late) * (1 - again)
    unexplained = elsewhere if policy == "go" else 0.0
    return refused + case.silent * (case.answered * explained + (1 - case.answered) * unexplained)


def twice(case: Case, policy: Policy, r: float, again: float) -> float:
    """Tell the share of failures that are charged twice; `r` plays no part."""
    tried = {"safe": 0.0, "blind": 1.0, "stop": case.answered * case.late, "go": 1 - case.answered * (1 - case.late)}
    return case.behind_silence * tried[policy] * again


def unaware(case: Case, policy: Policy, r: float, again: float) -> float:
    """Tell the share of failures charged once while the customer was told no."""
    found = case.behind_silence * case.answered * (1 - case.late) if policy in ("stop", "go") else 0.0
    return case.behind_silence - found - twice(case, policy, r, again)


FORMS = (saved, twice, unaware)


def answered_break_even(r: float, charged: float, late: float) -> float:
    """Tell the share of questions that must be answered for `stop` to save as many as failing over blindly."""
    found = charged * (1 - late)
    return r / (found + (1 - found) * r)


# --- The simulation --------------------------------------------------------------------------------------------------


def play(case: Case, policy: Policy, chance: Random, further: int = 1) -> tuple[bool, int]:
    """Play one failed first attempt to its end; tell whether the customer heard yes, and how often he was charged."""
    cause = chance.random()
    if cause >= case.recoverable:
        return False, 0
    charged = cause >= case.refused and chance.random() < case.charged
    stopped = chance.random() < (case.shared_charged if charged else case.shared)

    def elsewhere() -> bool:
        return any(not stopped and chance.random() < case.accepts for _ in range(further))

    if cause < case.refused:
        yes = elsewhere()
        return yes, int(yes)
    late = charged and chance.random() < case.late
    first = int(charged)
    if policy == "safe":
        return False, first
    if policy in ("stop", "go"):
        answered = chance.random() < case.answered
        if answered and charged and not late:
            return True, first
        if not answered and policy == "stop":
            return False, first
    yes = elsewhere()
    return yes, first + yes


def simulate(case: Case, policy: Policy, seed: int, further: int = 1, played: int = PLAYED) -> tuple[float, ...]:
    """Play many failed payments; tell from the ledger the shares saved, charged twice, and charged but told no."""
    chance = Random(seed)
    ends = Counter(play(case, policy, chance, further) for _ in range(played))
    doubled = sum(count for (_, charges), count in ends.items() if charges > 1)
    return (ends[True, 1] + ends[True, 2]) / played, doubled / played, ends[False, 1] / played


def run(progress: Progress) -> Results:
    """Work out the closed forms, then check them by simulation."""
    progress(0.0, "the closed forms")
    found = needs() | further() | silence()
    progress(0.3, "simulating")
    return found | simulated()


def of_failed(share: float, what: str) -> Result:
    """Write a share as a number of the `FAILED` payments, without the rounding of floats."""
    return Result(round(share * FAILED, 9), f"{what}, of {FAILED:,} failed first attempts", "payments")


def needs() -> Results:
    """Find what the target needs of its two factors, and take the running example through one failover."""
    f, r = CASE.recoverable, success(CASE.shared, CASE.accepts)
    return {
        "line.shares": Result(list(SHARES), "recoverable shares of the failures, for the figure"),
        "line.needed": Result([needed(share) for share in SHARES], "success that the target needs at each"),
        "line.two": Result(100 * equal_factors(2), "size of two equal shares whose product is the target", "of 100"),
        "line.three": Result(100 * equal_factors(3), "size of three such shares", "of 100"),
        "model.share": Result(f, "recoverable share in the running example"),
        "model.success": Result(r, "second-attempt success in the running example"),
        "model.saved": of_failed(cut(f, r), "saved by failing over all that is recoverable"),
        "model.ceiling": of_failed(f * (1 - CASE.shared), "saved with endless providers"),
        "model.declines": Result(declines_needed(f, r), "success of the customers' failures that the target needs"),
        "attempts.everything": of_failed(2 - cut(f, r), "failed attempts if every failure is tried again"),
        "attempts.providers": of_failed(1 + f * (1 - r), "failed attempts if only recoverable ones are"),
    }


def further() -> Results:
    """Add providers, holding the success of the second attempt and varying how much of the failing is shared."""
    r = success(CASE.shared, CASE.accepts)
    found: Results = {
        "further.providers": Result([1 + n for n in FURTHER], "providers, the first included", "providers")
    }
    for name, shared in zip(("none", "some", "all"), SHARED, strict=True):
        accepts = r / (1 - shared)
        series = [round(cut(CASE.recoverable, success(shared, accepts, n)) * FAILED, 9) for n in FURTHER]
        what = f"saved if a share of {shared} of the causes stops every provider"
        found |= {
            f"further.{name}": Result([*series], f"{what}, by providers tried", "payments"),
            f"further.{name}.accepts": Result(accepts, f"chance of a yes elsewhere at a share of {shared}"),
            f"further.{name}.second": Result(series[1], f"{what}, two further providers", "payments"),
            f"further.{name}.gain": Result(round(series[1] - series[0], 9), f"{what}: by the third", "payments"),
        }
    return found


def silence() -> Results:
    """Compare four ways of treating silence, and two of them where shared causes spare what was charged."""
    told = CASE.behind_silence * CASE.answered
    found: Results = {
        "silence.charged": of_failed(CASE.behind_silence, "silent and charged"),
        "silence.late": of_failed(told * CASE.late, "charged after the answer that there is no charge"),
        "silence.found": of_failed(told * (1 - CASE.late), "charges found by asking"),
    }
    for policy in POLICIES:
        save, double, no = (form(CASE, policy, *chances(CASE)) for form in FORMS)
        found |= {
            f"{policy}.saved": of_failed(save, f"saved, {policy}"),
            f"{policy}.twice": of_failed(double, f"charged twice, {policy}"),
            f"{policy}.unaware": of_failed(no, f"charged once and told no, {policy}"),
            f"{policy}.at_worst": of_failed(double + no, f"charged twice if all of these pay again, {policy}"),
            f"spared.{policy}.saved": of_failed(
                saved(SPARED, policy, *chances(SPARED)), f"saved if shared causes spare what was charged, {policy}"
            ),
            f"spared.{policy}.twice": of_failed(
                twice(SPARED, policy, *chances(SPARED)), f"charged twice in the same case, {policy}"
            ),
        }
    for policy in POLICIES[2:]:
        back = CASE.behind_silence - unaware(CASE, policy, *chances(CASE))
        back /= twice(CASE, policy, *chances(CASE))
        what = f"{policy} charges fewer twice than safe if more than one in so many pays again"
        found[f"{policy}.comeback"] = Result(round(back, 9), what)
    what = "share answered above which stop saves more than blind"
    example = chances(CASE)[0], CASE.charged
    for name, (r, charged) in {"example": example, "low": LOW, "high": HIGH}.items():
        even = answered_break_even(r, charged, CASE.late)
        found[f"break_even.{name}"] = Result(even, f"{what}, success {r:.1f}, {charged} of the silent charged")
    return found


def simulated() -> Results:
    """Compare the simulation with the closed forms."""
    gaps = []
    for seed, (case, policy) in enumerate(product((CASE, SPARED), POLICIES), SEED):
        played = simulate(case, policy, seed)
        expected = [form(case, policy, *chances(case)) for form in FORMS]
        gaps += [abs(share - form) for share, form in zip(played, expected, strict=True)]
    third = success(CASE.shared, CASE.accepts, 2)
    gaps.append(abs(simulate(CASE, "blind", SEED - 1, further=2)[0] - cut(CASE.recoverable, third)))
    return {
        "check.comparisons": Result(len(gaps), "comparisons of the simulation with a closed form", "comparisons"),
        "check.worst": Result(round(max(gaps) * 100, 6), "largest difference", "percentage points"),
    }


# --- The figures -----------------------------------------------------------------------------------------------------


def draw(values: Values) -> Iterator[Figure]:
    """Draw the line that a cut needs, and what further providers add."""
    yield Figure("line", drawing=_line(values, COLUMN), narrow=_line(values, NARROW))
    yield Figure("further", drawing=_further(values, COLUMN), narrow=_further(values, NARROW))


def _line(values: Values, width: int) -> str:
    scale = Scale(0, 1, tuple((n / 5, f"{n * 20}") for n in range(6)))
    names = "recoverable, of 100 failures", "second attempts that succeed, of 100"
    chart = Chart(width, 340 if width == NARROW else 430, scale, scale, *names, right=20)
    shares, heights = numbers(values["line.shares"]), numbers(values["line.needed"])
    for target, tone in ((0.2, 0), (TARGET, 1), (0.6, 0)):
        xs = [target + (1 - target) * n / 100 for n in range(101)]
        ys = [needed(x, target) for x in xs]
        if target == TARGET:
            chart.area(xs, ys, [1.0] * len(xs), tone)
        chart.line(xs, ys, tone, dash=target != TARGET)
        chart.label(
            1, 0.9 if target > TARGET else target, f"{target * 100:.0f} fewer", tone or None, dy=18, anchor="end"
        )
    chart.marks(shares, heights, 1, x_key="line.shares", y_key="line.needed")
    chart.label(shares[2], heights[2], f"{heights[2] * 100:.0f} each", 1, dx=10, dy=3)
    share, reach = numbers(values["model.share"])[0], numbers(values["model.success"])[0]
    chart.mark(share, reach, 2, x_key="model.share", y_key="model.success")
    for words, dy in (("example:", 19), (f"{share * reach * 100:.0f} fewer", 34)):
        chart.label(share, reach, words, 2, dx=14, dy=dy, anchor="middle")
    return chart.svg()


def _further(values: Values, width: int) -> str:
    levels = Scale(250, 520, (250, 300, 350, 400, 450, 500))
    names = "providers, the first included", "payments saved, of 1,000 failed"
    chart = Chart(width, 300 if width == NARROW else 320, Scale(1.7, 6.3, range(2, 7)), levels, *names)
    chart.level(TARGET * FAILED, 0)
    counts = numbers(values["further.providers"])
    words = {"none": "nothing shared", "some": "a quarter shared", "all": "all its failures shared"}
    for tone, (name, label) in enumerate(words.items(), 1):
        series = numbers(values[f"further.{name}"])
        chart.line(counts, series, tone)
        chart.marks(counts, series, tone, x_key="further.providers", y_key=f"further.{name}")
        chart.label(counts[-1], series[-1], label, tone, dx=4, dy=-10 if tone == 1 else 18, anchor="end")
    chart.label(counts[-1], TARGET * FAILED, f"{TARGET * FAILED:.0f}, a cut of {TARGET}", dx=4, dy=-7, anchor="end")
    return chart.svg()
