"""Which ways of taking a fee once survive every order of two workers, every stop and every lease that runs out?

A rowing club's job takes the yearly fee of a member. Its database holds a row for the fee; a provider, in a schema of
its own behind a connection of its own, holds charges and keys. Both are in a real PostgreSQL. Worker A looks at the
row, sends the request, the request is delivered, A records that the fee is paid. So does B, which begins after A's
first step or not at all. Either may stop after any step; a request that was sent may still land. In between the leases
may run out once. Every such order is played. Afterwards the leases run out once more, and a last worker goes through
its steps alone. By longer plans a worker gives up waiting before its request lands, or begins again at once.

A play is *double* if the provider then has more than one charge, *lost* if it has none, *unrecorded* if it has one and
the row does not say so. Plays are counted, not weighed. Leach (2017) discusses keys and what may be retried.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import Literal, TypeAlias

import psycopg

from labs.kit import postgres
from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure, element
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

STEPS, PLAN = 4, "LSDR"  # look, send, deliver the oldest request under way, record
AGAIN, SILENT, RESENT = PLAN * 2, "LSRD", "LSRSDDR"  # begin again; give up before it lands; and send again at once
LAB = Lab(
    name="idempotency",
    title="Taking one fee with several executions",
    question="Which ways of taking a fee once survive every order of two workers, every stop and a lease that ends?",
    parameters=(
        Parameter("workers", "2, and a last one alone", "", "the least with which a claim can be contested"),
        Parameter("STEPS", STEPS, "", "look, send, land, record; each worker may stop after any of them"),
        Parameter("ticks", "0 or 1", "", "times at which all leases run out while workers work"),
        Parameter("again", "up to 2 rounds", "", "where errors come, and in the composed design also after a silence"),
        Parameter("fee", "60, then 65", "", "illustrative: dearer after a tick, where the amount plays a part"),
    ),
    seconds=35,
    engines=postgres.ENGINES,
)

SCHEMA = """
CREATE TABLE fee (id int PRIMARY KEY, state text, until int, tries int);
CREATE SCHEMA provider;
CREATE TABLE provider.charge (id serial, amount int);
CREATE TABLE provider.key (key text PRIMARY KEY, amount int, answer text);
CREATE FUNCTION provider.land(k text, sum int, reply text, takes bool, keeps bool, other text)
RETURNS text LANGUAGE plpgsql AS $$
DECLARE first provider.key;
BEGIN
    IF k IS NOT NULL AND keeps THEN
        INSERT INTO provider.key VALUES (k, sum, reply) ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            SELECT * INTO first FROM provider.key WHERE key = k;
            IF first.amount = sum OR other = 'replayed' THEN RETURN first.answer; END IF;
            IF other = 'refused' THEN RETURN 'refused'; END IF;
        END IF;
    END IF;
    IF takes THEN INSERT INTO provider.charge (amount) VALUES (sum); END IF;
    RETURN reply;
END $$;
INSERT INTO fee VALUES (2031);
"""
CLEAR = """
DELETE FROM provider.charge; DELETE FROM provider.key;
UPDATE fee SET state = 'due', until = 0, tries = 0;
"""
LOOKS = {  # how a worker looks at the row; it goes on if it gets one
    "read": "SELECT tries, until FROM fee WHERE id = 2031 AND state = 'due'",
    "lock": "SELECT tries, until FROM fee WHERE id = 2031 AND state = 'due' FOR UPDATE SKIP LOCKED",
    "claim": "UPDATE fee SET state = 'claimed' WHERE id = 2031 AND state = 'due' RETURNING tries, until",
    "lease": """UPDATE fee SET state = 'claimed', until = %(now)s + 1 WHERE id = 2031
        AND (state = 'due' OR state = 'claimed' AND until <= %(now)s) RETURNING tries, until""",
}
RENEW = "UPDATE fee SET until = %s + 1 WHERE id = 2031 AND state = 'claimed' AND until = %s RETURNING tries, until"
ASK = "SELECT count(*) FROM provider.charge"
LAND = "SELECT provider.land(%s, %s, %s, %s, %s, %s)"
RECORD = "UPDATE fee SET state = 'paid' WHERE id IN (SELECT id FROM fee WHERE id = 2031 FOR UPDATE SKIP LOCKED)"
NEXT_KEY = "UPDATE fee SET state = 'due', tries = tries + 1 WHERE tries = %s AND until = %s AND state <> 'paid'"
JUDGE = "SELECT (SELECT count(*) FROM provider.charge), (SELECT state FROM fee)"

INSIDE = psycopg.pq.TransactionStatus.INTRANS
Order: TypeAlias = tuple[str, ...]  # A or B for each step, | for a tick
Outcome: TypeAlias = Literal["once", "double", "lost", "unrecorded"]


@dataclass(frozen=True, slots=True)
class Design:
    """How the fee is taken, and what the provider does with keys."""

    what: str
    look: str
    key: str = ""  # what it is made from
    renew: bool = False  # the lease just before sending, and give up where it has been taken over
    ask: bool = False  # whether there is a charge, just before sending
    anew: bool = False  # after an error the next request has the next key
    hasty: bool = False  # and after a silence too
    night: bool = False  # a tick is longer than the provider keeps keys
    fails: str = ""  # the first request to land gets an error, "before" anything is charged or "after"
    keeps: bool = True  # the provider keeps the answer if it is an error
    raised: bool = False  # the fee is dearer after a tick
    plans: tuple[str, str] = (PLAN, PLAN)  # of A and B
    last: str = "S"  # who comes alone at the end
    other: str = "refused"  # a known key with another amount; or "replayed", or "taken" for a new request


@dataclass(slots=True)
class Worker:
    """One execution of the job."""

    name: str
    database: psycopg.Connection
    plan: str
    steps: int  # how many of the plan it takes before it stops
    done: int = 0
    tries: int | None = None  # what it read with the row; None if it got no row, or lost it
    until: int = 0
    answer: str = ""
    gone: bool = False  # its session was ended by the server
    requests: list[tuple[str | None, int]] = field(default_factory=list)  # under way: key and amount


@dataclass(slots=True)
class Club:
    """A server with the club's row and the provider, a connection for each worker, and one to the provider."""

    connect: postgres.Connect
    now: int = 0
    landed: int = 0
    provider: psycopg.Connection = field(init=False)
    sessions: dict[str, psycopg.Connection] = field(init=False)

    def __post_init__(self) -> None:
        self.provider = self.connect()
        self.provider.execute(SCHEMA.encode())
        self.sessions = {name: self.connect() for name in "ABST"}

    def step(self, design: Design, worker: Worker) -> None:
        """Let a worker take its next step, or the network deliver its oldest request."""
        letter = worker.plan[worker.done]
        worker.done += 1
        if letter == "L":
            if design.look == "lock":
                worker.database.execute("BEGIN")
            row = worker.database.execute(LOOKS[design.look].encode(), {"now": self.now}).fetchone()
            worker.tries, worker.until = row or (None, 0)
        elif letter == "D" and worker.requests:
            self._deliver(design, worker)
        elif letter in "SR" and worker.tries is not None:
            (self._send if letter == "S" else self._record)(design, worker)
        if worker.steps < len(worker.plan) and worker.done == min(worker.steps, 2):
            self.end(worker)  # it has stopped, and the server notices at once; its request may still land

    def _send(self, design: Design, worker: Worker) -> None:
        worker.answer = ""
        if design.renew:
            row = worker.database.execute(RENEW, (self.now, worker.until)).fetchone()
            worker.tries, worker.until = row or (None, 0)
        if worker.tries is None:
            return
        if design.ask and self.provider.execute(ASK).fetchone() != (0,):
            worker.answer = "paid"
            return
        amount = 60 + 5 * min(self.now, 1) * design.raised
        key = design.key.format(worker=worker.name, tries=worker.tries, amount=amount)
        worker.requests.append((key or None, amount))

    def _deliver(self, design: Design, worker: Worker) -> None:
        fails = design.fails if self.landed == 0 else ""
        self.landed += 1
        reply, takes, keeps = "error" if fails else "paid", fails != "before", design.keeps or not fails
        parameters = *worker.requests.pop(0), reply, takes, keeps, design.other
        worker.answer = str((self.provider.execute(LAND, parameters).fetchone() or [""])[0])

    def _record(self, design: Design, worker: Worker) -> None:
        if worker.answer == "paid" and not worker.gone:
            worker.database.execute(RECORD)
        elif design.anew and (worker.answer or design.hasty):
            worker.database.execute(NEXT_KEY, (worker.tries, worker.until))
        if worker.database.info.transaction_status == INSIDE:
            worker.database.execute("COMMIT")

    def end(self, worker: Worker) -> None:
        """End a worker's session; what it did in an open transaction is undone, and its lock is free."""
        if worker.database.info.transaction_status == INSIDE:
            worker.gone = True
            worker.database.execute("ROLLBACK")

    def tick(self, design: Design, workers: dict[str, Worker]) -> None:
        """Let all leases run out. Where a transaction is held open, the server ends it."""
        self.now += 1
        for worker in workers.values():
            self.end(worker)
        if design.night:
            self.provider.execute("DELETE FROM provider.key")

    def play(self, design: Design, order: Order) -> Outcome:
        """Play one order, then a tick and the last worker alone, and judge what the two schemas hold."""
        self.now = self.landed = 0
        self.provider.execute(CLEAR.encode())
        pairs = zip("AB", design.plans, strict=True)
        workers = {name: Worker(name, self.sessions[name], plan, order.count(name)) for name, plan in pairs}
        for event in order:
            if event == "|":
                self.tick(design, workers)
            elif event == "x":
                self.provider.execute("DELETE FROM provider.key")
            else:
                self.step(design, workers[event])
        for name in design.last:
            self.tick(design, workers)
            workers[name] = Worker(name, self.sessions[name], PLAN, STEPS)
            for _ in range(STEPS):
                self.step(design, workers[name])
            self.end(workers[name])
        charges, state = self.provider.execute(JUDGE).fetchone() or (0, "")
        return "double" if charges > 1 else "lost" if charges == 0 else "once" if state == "paid" else "unrecorded"

    def count(self, design: Design, played: list[Order], what: str) -> Result:
        """Count the plays that end wrong, and name how."""
        tally = Counter(self.play(design, order) for order in played)
        faults = " or ".join(sorted({*tally} - {"once"})) or "none"
        return Result(len(played) - tally["once"], f"{what} ({faults})", "plays")


def orders(ticks: int = 0, most: tuple[int, int] = (STEPS, STEPS)) -> Iterator[Order]:
    """List every order in which A begins, with at most so many steps and so many ticks, none first or last."""
    for a, b in product(range(1, most[0] + 1), range(most[1] + 1)):
        for places in combinations(range(1, a + b), b):
            order = ["B" if place in places else "A" for place in range(a + b)]
            for cuts in combinations(range(1, a + b), ticks):
                yield tuple("".join("|" * (place in cuts) + name for place, name in enumerate(order)))


LEASE, KEY = Design("lease", "lease"), Design("lease, a key for the fee", "lease", "fee-2031/{tries}")
BARE = replace(KEY, what="a key for the fee, no claim", look="read")
DESIGNS = {
    "read": Design("read the row, no claim", "read"),
    "lock": Design("row locked during the call", "lock"),
    "lock_ask": Design("row locked, ask before sending", "lock", ask=True),
    "claim": Design("claim for good", "claim"),
    "lease": LEASE,
    "renew": replace(LEASE, what="lease, renewed before sending", renew=True),
    "ask": replace(LEASE, what="lease, ask before sending", ask=True),
    "renew_ask": replace(LEASE, what="lease, renew and ask before sending", renew=True, ask=True),
    "content": Design("lease, a key from what is sent", "lease", "fee-2031/{amount}", raised=True),
    "key": KEY,
    "bare": BARE,
}
COUNTED = {
    "key.night": replace(KEY, night=True),
    "bare.night": replace(BARE, what="ask, and a key for the fee, no claim", ask=True, night=True),
    "both.night": replace(KEY, what="lease, ask, and a key for the fee", ask=True, night=True),
}
FAILURES = {"same": BARE, "next": replace(BARE, anew=True), "asked": replace(BARE, anew=True, ask=True)}
RECIPE = replace(KEY, what="the composed design", renew=True, ask=True, anew=True, last="ST")
DRAWN = "claim", "lease", "lock_ask", "ask"
LOOK = {"once": (0, 2.0), "lost": (2, 7.0), "unrecorded": (4, 12.0), "double": (1, 18.0)}  # colour and height


def run(progress: Progress) -> Results:
    """Play every order by every design."""
    found: Results = {}
    still, slow, again = list(orders()), list(orders(1)), list(orders(most=(2 * STEPS, STEPS)))
    more = [(*o[:place], "x", *o[place:]) for o in slow for place in range(o.index("|") + 1, len(o) + 1)]
    silent, resent = (  # a lease turns B away before the tick
        [order for order in orders(1, most) if "B" in order and order.index("B") > order.index("|")]
        for most in ((STEPS, 2 * STEPS), (len(RESENT), STEPS))
    )
    sizes = {"still": still, "slow": slow, "all": still + slow, "again": again, "more": more, "recipe": silent + resent}
    for name, played in sizes.items():
        found[f"plays.{name}"] = Result(len(played), f"plays of the kind: {name}", "plays")
    with postgres.postgres() as connect:
        club, ends = Club(connect), {}
        for done, (key, design) in enumerate(DESIGNS.items()):
            progress(done / 33, design.what)
            ends[key] = [club.play(design, order) for order in still + slow]
            for name, part in ("still", ends[key][: len(still)]), ("slow", ends[key][len(still) :]):
                what = f"wrong in {name} plays: {design.what}"
                found[f"{key}.{name}"] = Result(len(part) - part.count("once"), what, "plays")
            if key in DRAWN:
                at = [place for place, end in enumerate(ends[key][: len(still)], 1) if end != "once"]
                found[f"{key}.wrong_at"] = Result([*at], f"numbers of the still plays that end wrong: {design.what}")
        found["claim.lost"] = Result(ends["claim"][: len(still)].count("lost"), "lost in still plays", "plays")
        harm = Counter(zip(ends["claim"], ends["lease"], strict=True))["once", "double"]
        found["lease.needless"] = Result(harm, "right by a claim for good, double by a lease", "plays")
        for key, design in COUNTED.items():
            found[key] = club.count(design, still + slow, f"wrong of all, {design.what}, keys forgotten at each tick")
        found["both.more"] = club.count(COUNTED["both.night"], more, "the same, and keys forgotten once more (x)")
        for other in ("refused", "taken"):
            found[f"other.{other}"] = club.count(replace(KEY, raised=True, other=other), still, f"wrong if {other}")
        recipes = {"kept": RECIPE, "night": replace(RECIPE, night=True)}
        for keeps, fails in product((True, False), ("before", "after")):
            case = f"{'kept' if keeps else 'dropped'}.{fails}"
            recipes[case] = replace(RECIPE, keeps=keeps, fails=fails)
            for key, design in FAILURES.items():
                failing = replace(design, keeps=keeps, fails=fails, last="ST", plans=(AGAIN, PLAN))
                found[f"{case}.{key}"] = club.count(failing, again, f"wrong of again, {case}, {key}")
        hasty = replace(RECIPE, hasty=True, plans=(SILENT, PLAN))
        found["hasty.all"] = club.count(hasty, still + slow, "wrong of all, next key after a silence")
        for key, design in recipes.items():
            tally = Counter(club.play(replace(design, plans=(SILENT, AGAIN)), order) for order in silent)
            tally += Counter(club.play(replace(design, plans=(RESENT, PLAN)), order) for order in resent)
            found[f"recipe.{key}"] = Result(tally.total() - tally["once"], f"wrong of recipe, {key}", "plays")
    return found


def draw(values: Values) -> Iterator[Figure]:
    """Draw how each play without a tick ends, by four designs."""
    yield Figure("trade", drawing=_trade(values, COLUMN), narrow=_trade(values, NARROW))


def _trade(values: Values, width: int) -> str:
    scales = Scale(0, 125, ((10.5, "no charge"), (38, "a charge"), (90.5, "recorded"))), Scale(len(DRAWN), 0)
    chart = Chart(width, 350, *scales, "125 plays, a stroke each, by how far A came", left=8, top=8)
    thick = chart.at_x(0.7) - chart.at_x(0)
    for row, key in enumerate(DRAWN):
        for border in (20, 55):
            chart.line([border, border], [row + 0.4, row + 1], 0, dash=True)
        at, before = numbers(values[f"{key}.wrong_at"]), ""
        chart.label(0, row + 0.3, DESIGNS[key].what)
        for place in range(1, 126):
            fault = "double" if key != "claim" else "lost" if place <= 20 else "unrecorded"
            end = fault if place in at else "once"
            tone, tall = LOOK[end]
            if end != before and (place == 1 or place == at[0] or key == "claim"):
                chart.label(place - 1, row + 0.95, end, tone, dx=4 * (place > 50), dy=-24)
            x, y, look, before = chart.at_x(place) - thick, chart.at_y(row + 0.95) - tall, f"fig-bar fig-{tone}", end
            name = f"{key}.wrong_at[{at.index(place)}]" if place in at else None
            chart.parts.append(element("rect", x=x, y=y, width=thick, height=tall, class_=look, data_x=name))
    return chart.svg()
