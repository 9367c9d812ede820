"""How many engineers may a replacement for bought software keep busy before buying would have been cheaper?

The bill, the team and the months are invented; no figure in here is any employer's or any vendor's.

Method. Two streams of payments over the same years, month by month, discounted to the day of the decision. Buying pays
the bill at each renewal. Building pays the builders until the replacement is ready, the bill at every renewal that
falls before that, and from then on the keepers and what it costs to run. The saving is the difference; positive,
building is cheaper. It is a straight line in the keepers, in the builders and in the bill, so every break-even is a
division and no search, and the keepers at break-even are

    share x (bill / engineer) - off x builders

where `share` and `off` depend on the years, the months and the rates, and on neither bill nor engineer nor builders.

Source. What an engineer costs a year is arithmetic on figures of the U.S. Bureau of Labor Statistics. The yearly wage
of software developers (May 2022) is for 2,080 hours and so has paid leave in it. The cost of an hour in private
industry (September 2022) is for an hour worked, and paid leave is a benefit on top. So the yearly wage is set against
hourly wages and leave together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

WAGE = 132_930  # a year of 2,080 hours, leave included
COMPENSATION, WAGES, LEAVE = 39.61, 27.93, 2.94  # an hour worked
ENGINEER = WAGE * COMPENSATION / (WAGES + LEAVE)
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """One decision. Money in dollars a year, rates a year; `keepers` are engineers beyond those that buying takes."""

    bill: float = 600_000
    rise: float = 0.05  # of the bill, at each anniversary
    cut: float = 0  # of the bill, from the first anniversary on
    term: int = 12  # months from one renewal to the next
    builders: float = 5
    months: int = 12  # until the replacement is ready
    keepers: float = 2
    running: float = 0.1  # hosting, paid services and the like, as a share of the first bill
    raises: float = 0.03  # of what engineers and running cost
    discount: float = 0.07
    years: int = 5
    engineer: float = ENGINEER


PLAN = Plan()
GRID_BILLS = (200_000, 400_000, 600_000, 800_000, 1_200_000, 2_000_000)
BILLS = tuple(range(0, 1_500_001, 50_000))
MONTHS = tuple(range(1, 25))

LAB = Lab(
    name="build-or-buy",
    title="Build or buy",
    question="How many engineers may a replacement for bought software keep busy before buying would be cheaper?",
    parameters=(
        Parameter("WAGE", WAGE, "$ a year", "BLS: mean wage of software developers, United States, May 2022"),
        Parameter("COMPENSATION", COMPENSATION, "$ an hour worked", "BLS: total, private industry, September 2022"),
        Parameter("WAGES", WAGES, "$ an hour worked", "BLS: wages and salaries in that total"),
        Parameter("LEAVE", LEAVE, "$ an hour worked", "BLS: paid leave in that total"),
        Parameter("bill", PLAN.bill, "$ a year", "illustrative; 200,000 to 2,000,000 in the grid"),
        Parameter("rise", PLAN.rise, "a year", "illustrative, of the bill; 0 to 0.1 in the grid"),
        Parameter("cut", PLAN.cut, "of the bill", "illustrative: what the seller gives way; also 0.2 and 0.3"),
        Parameter("term", PLAN.term, "months", "illustrative: a contract by the year, paid in advance; also 1 and 36"),
        Parameter("builders", PLAN.builders, "engineers", "illustrative; 2 to 10 in the grid"),
        Parameter("months", PLAN.months, "months", "illustrative: until it is ready; 6 to 24 in the grid"),
        Parameter("running", PLAN.running, "of the first bill", "illustrative; also 0.2"),
        Parameter("raises", PLAN.raises, "a year", "illustrative, of engineers and running"),
        Parameter("discount", PLAN.discount, "a year", "illustrative; 0.03 to 0.12 in the grid"),
        Parameter("years", PLAN.years, "years", "illustrative: from the decision; 3 to 10 in the grid"),
    ),
    seconds=1,
)


def worth(plan: Plan, month: int) -> float:
    """Tell what a dollar in that month is worth on the day of the decision."""
    return math.pow(1 + plan.discount, -month / 12)


def bought(plan: Plan, before: int | None = None) -> float:
    """Add up the bill at every renewal `before` a month, or at all of them, discounted.

    Of a term that goes on after the plan's years, the part within them counts.
    """
    end = 12 * plan.years
    total = 0.0
    for t in range(0, end if before is None else min(before, end), plan.term):
        yearly = plan.bill * (1 + plan.rise) ** (t // 12) * (1 - plan.cut if t >= 12 else 1)
        total += yearly * min(plan.term, end - t) / 12 * worth(plan, t)
    return total


def staff(plan: Plan, start: int, end: int, yearly: float) -> float:
    """Add up what costs `yearly` at today's prices, paid by the month from `start` to `end`, discounted."""
    return sum(yearly / 12 * (1 + plan.raises) ** (t // 12) * worth(plan, t) for t in range(start, end))


def building(plan: Plan) -> float:
    """Add up the builders, up to the day on which the replacement is ready."""
    return staff(plan, 0, min(plan.months, 12 * plan.years), plan.builders * plan.engineer)


def keeping(plan: Plan) -> float:
    """Add up keepers and running costs, from that day to the end."""
    return staff(plan, plan.months, 12 * plan.years, plan.keepers * plan.engineer + plan.running * plan.bill)


def saving(plan: Plan) -> float:
    """Tell what building saves over the plan's years; below 0 buying is cheaper."""
    return bought(plan) - bought(plan, plan.months) - building(plan) - keeping(plan)


def most_keepers(plan: Plan) -> float:
    """Find the number of keepers at which building saves nothing; below 0 if it never can."""
    return saving(replace(plan, keepers=0)) / staff(plan, plan.months, 12 * plan.years, plan.engineer)


def rule(plan: Plan) -> tuple[float, float]:
    """Find the two factors of `share x (bill / engineer) - off x builders`, the keepers at break-even."""
    one = replace(plan, bill=plan.engineer, builders=0)
    return most_keepers(one), most_keepers(one) - most_keepers(replace(one, builders=1))


def least_bill(plan: Plan) -> float:
    """Find the bill from which on building is cheaper."""
    nothing = saving(replace(plan, bill=0))
    return -nothing * MILLION / (saving(replace(plan, bill=MILLION)) - nothing)


def least_value(plan: Plan) -> float:
    """Find what it must bring in a year beyond the bought one, at today's pay and rising with it, to break even."""
    return -saving(plan) / staff(plan, plan.months, 12 * plan.years, 1)


def surest_needed(plan: Plan, given_up: int) -> float:
    """Find how likely it must be that the plan is carried out, if else the builders are paid to `given_up` for nothing.

    If it is given up, the bill goes on as if nobody had built.
    """
    lost = staff(plan, 0, given_up, plan.builders * plan.engineer)
    return lost / (saving(plan) + lost)


def slip_at_most(plan: Plan) -> float:
    """Find how likely it may be that the replacement is a month late before the saving is gone on average."""
    return saving(plan) / late(plan)


def late(plan: Plan) -> float:
    """Tell what it costs to be ready a month later than planned."""
    return saving(plan) - saving(replace(plan, months=plan.months + 1))


PLANS = {
    "base": ("the plan as it is", PLAN),
    "plain": ("no rises and no discount", replace(PLAN, rise=0, raises=0, discount=0)),
    "years3": ("three years", replace(PLAN, years=3)),
    "years10": ("ten years", replace(PLAN, years=10)),
    "years3_late": ("three years, ready after 13 months", replace(PLAN, years=3, months=13)),
    "years10_late": ("ten years, ready after 13 months", replace(PLAN, years=10, months=13)),
    "months6": ("ready after 6 months", replace(PLAN, months=6)),
    "months10": ("ready after 10 months", replace(PLAN, months=10)),
    "months13": ("ready after 13 months", replace(PLAN, months=13)),
    "months24": ("ready after 24 months", replace(PLAN, months=24)),
    "monthly": ("a contract by the month", replace(PLAN, term=1)),
    "term36": ("a contract by three years", replace(PLAN, term=36)),
    "builders2": ("two builders", replace(PLAN, builders=2)),
    "builders10": ("ten builders", replace(PLAN, builders=10)),
    "bill_half": ("half the bill", replace(PLAN, bill=PLAN.bill / 2)),
    "bill_double": ("twice the bill", replace(PLAN, bill=2 * PLAN.bill)),
    "engineer_tenth": ("an engineer costs a tenth more", replace(PLAN, engineer=1.1 * ENGINEER)),
    "cut20": ("a fifth off the bill from the first renewal", replace(PLAN, cut=0.2)),
    "cut30": ("three tenths off the bill from the first renewal", replace(PLAN, cut=0.3)),
    "rise_none": ("a bill that never rises", replace(PLAN, rise=0)),
    "rise_high": ("a bill that rises by a tenth a year", replace(PLAN, rise=0.1)),
    "rise_high_years10": ("the same, ten years", replace(PLAN, rise=0.1, years=10)),
    "shrinking": ("a bill that falls by a tenth a year", replace(PLAN, rise=-0.1)),
    "running_double": ("running costs double", replace(PLAN, running=2 * PLAN.running)),
    "discount_low": ("discount 0.03", replace(PLAN, discount=0.03)),
    "discount_high": ("discount 0.12", replace(PLAN, discount=0.12)),
}


def run(progress: Progress) -> Results:
    """Compute the break-evens."""
    progress(0.0, "break-evens")
    found = costs() | break_evens() | series()
    progress(0.3, "the grid")
    found |= grid()
    progress(1.0, "done")
    return found


def costs() -> Results:
    """Work out what an engineer, a keeper and a late month cost, and what each number of keepers takes."""

    def dollars(value: float, what: str) -> Result:
        return Result(round(value / 1000) * 1000, f"{what}, to the nearest thousand", "$")

    monthly = late(replace(PLAN, term=1))
    three = replace(PLAN, keepers=3)
    rise = next(r for r in range(1000) if saving(replace(three, rise=r / 1000)) > 0) / 1000
    found = {
        "engineer": Result(round(ENGINEER), "what an engineer costs a year", "$"),
        "million": Result(MILLION / ENGINEER, "engineers that a million a year pays for", "engineers"),
        "naive": Result(PLAN.bill / ENGINEER, "engineers that the model's bill pays for", "engineers"),
        "building": dollars(building(PLAN), "what the builders cost"),
        "one": dollars(keeping(replace(PLAN, keepers=1, running=0)), "what one keeper costs, to the end"),
        "rise.3": Result(rise, "yearly rise of the bill from which on a third keeper is paid for"),
        "value.3": dollars(least_value(three), "what it must bring in a year, beyond the bought one, at three keepers"),
        "month": dollars(late(PLAN), "what the 13th month costs, contract by the year"),
        "month.monthly": dollars(monthly, "what the 13th month costs, contract by the month"),
        "month.ratio": Result(late(PLAN) / monthly, "the one over the other"),
        "slip": Result(
            slip_at_most(PLAN), "likelihood of a month's delay at which two keepers save nothing on average"
        ),
        "sure": Result(surest_needed(replace(PLAN, keepers=1), 12), "likelihood of success at break-even, one keeper"),
        "sure.late": Result(surest_needed(replace(PLAN, keepers=1), 24), "the same, if given up after 24 months"),
    }
    for count in (1, 2, 3):
        plan, what = replace(PLAN, keepers=count), f"with {count} keepers"
        found[f"bill.{count}"] = dollars(least_bill(plan), f"bill from which on building is cheaper, {what}")
        sign, word = (1, "saving") if saving(plan) > 0 else (-1, "loss")
        found[f"{word}.{count}"] = dollars(sign * saving(plan), f"{word} by building, {what}")
    return found


def break_evens() -> Results:
    """Find how many keepers the saving allows for, and the rule that gives them, in time and a month late."""
    found: Results = {}
    for name, (what, plan) in PLANS.items():
        found[f"keepers.{name}"] = Result(most_keepers(plan), f"keepers at break-even: {what}", "engineers")
    for name in ("years3", "base", "years10", "months13", "rise_none"):
        what, plan = PLANS[name]
        share, off = rule(plan)
        found[f"share.{name}"] = Result(share, f"keepers for each engineer that the bill pays for: {what}", "engineers")
        found[f"off.{name}"] = Result(off, f"keepers taken off for each builder: {what}", "engineers")
    return found


def series() -> Results:
    """Compute the lines of the figures."""
    what = "keepers at break-even"
    found: Results = {
        "map.bills": Result([*BILLS], "bills on the map", "$ a year"),
        "map.naive": Result([bill / ENGINEER for bill in BILLS], "engineers that the bill pays for"),
        "stairs.months": Result([*MONTHS], "months until the replacement is ready", "months"),
    }
    for years in (3, 5, 10):
        line = [most_keepers(replace(PLAN, years=years, bill=bill)) for bill in BILLS]
        found[f"map.years{years}"] = Result([*line], f"{what} in {years} years")
    for name, term in (("yearly", 12), ("monthly", 1)):
        line = [most_keepers(replace(PLAN, term=term, months=months)) for months in MONTHS]
        found[f"stairs.{name}"] = Result([*line], f"{what}, {name} contract")
    return found


def grid() -> Results:
    """Count the plans on which a replacement can keep as many engineers as the bill pays for, or more."""
    plans = [
        Plan(bill=bill, builders=builders, months=months, rise=rise, discount=discount, years=years)
        for bill, builders, months in product(GRID_BILLS, (2, 5, 10), (6, 12, 18, 24))
        for rise, discount, years in product((0, 0.05, 0.1), (0.03, 0.07, 0.12), (3, 5, 10))
    ]
    reach = [plan for plan in plans if most_keepers(plan) >= plan.bill / plan.engineer]
    steep = [plan for plan in plans if (plan.rise, plan.years) == (0.1, 10)]
    return {
        "grid.total": Result(len(plans), "plans tried"),
        "grid.reach": Result(len(reach), "of them, those that can keep as many engineers as the bill pays for"),
        "grid.steep": Result(len(steep), "plans over ten years with a bill that rises by a tenth a year"),
        "grid.steep.reach": Result(sum(plan in steep for plan in reach), "of these, those that can keep as many"),
    }


def draw(values: Values) -> Iterator[Figure]:
    """Draw the map of bills and keepers, and the stairs of a late replacement."""
    yield Figure("map", drawing=_map(values, COLUMN), narrow=_map(values, NARROW))
    yield Figure("stairs", drawing=_stairs(values, COLUMN), narrow=_stairs(values, NARROW))


def _map(values: Values, width: int) -> str:
    small = width == NARROW
    bills, naive = numbers(values["map.bills"]), numbers(values["map.naive"])
    ticks = [(n * 300_000, f"${n * 300}K" if n else "0") for n in range(0, 6, 2 if small else 1)]
    chart = Chart(
        width,
        330 if small else 360,
        x=Scale(0, bills[-1], ticks),
        y=Scale(0, 9, (0, 2, 4, 6, 8)),
        x_label="bill a year",
        y_label="engineers",
        right=80,
    )
    chart.line(bills, naive, 0, dash=True)
    for years, tone in ((3, 3), (10, 4), (5, 1)):
        line = numbers(values[f"map.years{years}"])
        first = next(i for i, y in enumerate(line) if y >= 0)
        chart.line(bills[first:], line[first:], tone)
        chart.label(bills[-1], line[-1], f"{years} years", tone, dx=7, dy=5)
    at = bills.index(PLAN.bill)
    for key, tone in (("naive", 0), ("years10", 4), ("years5", 1), ("years3", 3)):
        y = numbers(values[f"map.{key}"])[at]
        chart.mark(bills[at], y, tone, x_key=f"map.bills[{at}]", y_key=f"map.{key}[{at}]")
        if key == "naive":
            chart.label(bills[at], y, f"{y:.1f}", dx=-10, dy=-2, anchor="end")
        elif key == "years5":
            chart.label(bills[at], y, f"{y:.1f}", tone, dx=7, dy=5)
    chart.label(840_000, naive[17], "the bill pays for" if small else "what the bill pays for", dy=-14, anchor="end")
    chart.label(60_000, 7, "buying cheaper" if small else "buying is cheaper")
    chart.label(bills[-1], 0.25, "building cheaper" if small else "building is cheaper", dx=-2, anchor="end")
    return chart.svg()


def _stairs(values: Values, width: int) -> str:
    months, yearly, monthly = (numbers(values[f"stairs.{key}"]) for key in ("months", "yearly", "monthly"))
    chart = Chart(
        width,
        300,
        x=Scale(0, 26, (1, 6, 12, 18, 24)),
        y=Scale(-0.5, 3.5, (0, 1, 2, 3)),
        x_label="months until it is ready",
        y_label="engineers who may stay",
    )
    chart.line(months, monthly, 2)
    for start in (0, 12):
        chart.line(months[start : start + 12], yearly[start : start + 12], 1)
    for month in (1, 12, 13, 24):
        i = month - 1
        chart.mark(month, yearly[i], 1, x_key=f"stairs.months[{i}]", y_key=f"stairs.yearly[{i}]")
    chart.label(1, 1.8, "by the year", 1)
    chart.label(9, monthly[8], "by the month", 2, dx=8, dy=-12)
    return chart.svg()
