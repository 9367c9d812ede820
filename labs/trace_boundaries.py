"""Which context has to cross a queue, and which may cross the edge, if the halves of a trace are to be stored together?

The orders and the SDK are those of the lab on whole traces. An order passes thirteen services and is written into an
outbox. A relay polls it and hands it over; behind it orders are picked in rounds, and then seven services see to each
order by itself. No header gets lost, and one trace in ten is sampled where it begins.

Outbox. The row keeps the header as data; or the relay hands over the header of its own poll; or the row keeps the
header of sampled orders and no other. Batch. The round's span is a child of its first order, or a new trace with a
link to every order, sampled afresh or whenever one of its orders was; the later spans belong to the round or to their
orders. An order is complete if its twenty-one spans are stored, the round's included, and lead to each other by parents
or links. Limit. A batch has more messages than the SDK keeps links. Edge. Strangers send the first service headers that
all hold one trace id. It continues that trace, by their flag or by a rule of its own, or starts new ones with links.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, Sampler

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers
from labs.trace_context import (
    CALLER,
    KEY,
    ORDERS,
    PARENT,
    PICKING,
    SEED,
    SERVICES,
    SHARE,
    Headers,
    Ids,
    Links,
    Memory,
    Own,
    Seen,
    Service,
    by_key,
    merchant,
    order_of,
    seen,
    trace_of,
)

SIZES, EXAMPLE, LARGE = (2, 5, 10, 25, 100), 25, 500

LAB = Lab(
    name="trace-boundaries",
    title="A trace at a queue and at the edge",
    question="Which context has to cross a queue, and which may cross the edge, if a trace is to be stored as one?",
    parameters=(
        Parameter("ORDERS", ORDERS, "orders", "for each design; seeded"),
        Parameter("SHARE", SHARE, "", "illustrative: the share of traces that is sampled"),
        Parameter("SIZES", "2 to 100", "orders", "illustrative: picked in one round; the example has 25"),
        Parameter("LARGE", LARGE, "messages", "illustrative: a batch beyond the SDK's limit of links"),
        Parameter("SEED", SEED, "", "of all ids, and so of the sampling"),
    ),
    seconds=12,
    engines=("opentelemetry-sdk",),
)


def by_links(order: int, links: Links) -> bool:
    """Choose a span if any span that it links to was chosen."""
    return any(link.context.trace_flags.sampled for link in links)


LINKS, HASH = ParentBased(Own(by_links)), Own(by_key)
TOLD = ParentBased(HASH, remote_parent_sampled=HASH, remote_parent_not_sampled=HASH)  # asks the hash whatever came


class Design(NamedTuple):
    """How a round of picking is traced.

    Args:
        sampler: of the round's span.
        linked: whether it is a new trace with a link to each order, or else a child of the first order.
        own: whether the later spans of an order belong to the order's trace, or else to the round's.
    """

    sampler: Sampler
    linked: bool
    own: bool


DESIGNS = {
    "first": Design(PARENT, linked=False, own=False),
    "linked": Design(PARENT, linked=True, own=False),
    "any": Design(LINKS, linked=True, own=False),
    "split": Design(LINKS, linked=True, own=True),
}


def pick(design: Design, size: int, orders: int = ORDERS) -> list[ReadableSpan]:
    """Let orders pass both halves, picked in rounds, and return the spans that were stored."""
    services = merchant(PARENT, memory := Memory(), {PICKING: design.sampler})
    for first in range(0, orders, size):
        fronts: dict[int, list[Headers]] = {}
        for order in range(first, first + size):
            fronts[order] = [services[0].handle({}, order)]
            for n in range(1, PICKING):
                fronts[order].append(services[n].handle(fronts[order][CALLER[n]], order))
        created = [headers[-1] for headers in fronts.values()]
        links = created if design.linked else []
        around = services[PICKING].handle({} if design.linked else created[0], first, links)
        for order, headers in fronts.items():
            headers.append(headers[-1] if design.own else around)  # whose child the next spans are
            for n in range(PICKING + 1, SERVICES):
                back = [around] if design.own and CALLER[n] == PICKING else []
                headers.append(services[n].handle(headers[CALLER[n]], order, back))
    return memory.spans


def complete(spans: Sequence[ReadableSpan], size: int) -> int:
    """Count the orders whose spans are all stored, the round's included, and lead to each other."""
    rounds = {order_of(span): span for span in spans if span.name == str(PICKING)}
    halves: dict[tuple[int, bool], list[int]] = {}
    for span in spans:
        if span.name != str(PICKING):
            halves.setdefault((order_of(span), int(span.name) > PICKING), []).append(trace_of(span))
    found = 0
    for (order, later), front in halves.items():
        back, around = halves.get((order, True), []), rounds.get(order - order % size)
        if later or around is None or len(front) < PICKING or len(back) < SERVICES - PICKING - 1:
            continue
        reached = {trace_of(around), *(link.context.trace_id for link in around.links)}
        found += {front[0], *back} <= reached
    return found


def keeps(call: Callable[[Headers], Headers]) -> bool:
    """Test a handover."""
    trace, span = "ab" * 16, "cd" * 8
    given = f"00-{trace}-{span}-00"
    state = {"tracestate": "x=y"}
    sent = call({"traceparent": given} | state)
    line = sent.get("traceparent", "")
    found = line.split("-")
    if len(found) != 4:
        return False
    same = found[1] == trace
    unsampled = found[3] in ("00", "02")
    others = sent.get("tracestate", "")
    return same and unsampled and "x=y" in others


def outbox(sampler: Sampler, sent: Callable[[Headers, Headers], Headers]) -> Seen:
    """Let orders pass an outbox; `sent` tells, of the order's header and the relay's, which one is handed over."""
    ids, memory = Ids(SEED), Memory()
    front, back = Service("0", sampler, memory, ids), Service(str(PICKING), sampler, memory, ids)
    relay = Service("relay", ALWAYS_ON, Memory(), ids)
    table = sqlite3.connect(":memory:")
    table.execute("CREATE TABLE outbox (number INTEGER PRIMARY KEY, header TEXT)")
    for order in range(ORDERS):
        table.execute("INSERT INTO outbox VALUES (?, ?)", (order, json.dumps(front.handle({}, order))))
    for first in range(0, ORDERS, EXAMPLE):
        poll = relay.handle({}, first)
        rows = table.execute("SELECT * FROM outbox WHERE number >= ? ORDER BY number LIMIT ?", (first, EXAMPLE))
        for order, header in rows.fetchall():
            back.handle(sent(json.loads(header), poll), order)
    return seen(memory.spans)


def crossing() -> Results:
    """Count the orders whose two sides of the outbox are in one trace, and those of which only the later is stored."""

    def joined(it: Seen) -> int:
        return sum(len(ids) == 1 for ids in it.traces.values())

    def halves(it: Seen) -> int:
        return sum(spans == 1 for spans in it.spans.values())

    def sampled_only(order: Headers, poll: Headers) -> Headers:
        return order if int(order["traceparent"][-2:], 16) & 1 else {}

    data, poll = (outbox(ALWAYS_ON, sent) for sent in (lambda order, poll: order, lambda order, poll: poll))
    by_id, by_number = (outbox(sampler, sampled_only) for sampler in (PARENT, KEY))
    back = {trace for ids in poll.traces.values() for trace in ids} - {t for ids in data.traces.values() for t in ids}
    return {
        "outbox.data": Result(joined(data), f"of {ORDERS} orders, in one trace if the row keeps the header", "orders"),
        "outbox.poll": Result(joined(poll), "the same if the relay hands over its own header", "orders"),
        "outbox.polls": Result(len(back), "traces behind the outbox if it does", "traces"),
        "outbox.sampled": Result(halves(by_id), "stored on one side only if rows keep sampled headers only", "orders"),
        "outbox.number": Result(halves(by_number), "the same if a root decides by the order's number", "orders"),
    }


def stored_each(size: float, inside: int) -> float:
    """Compute the spans stored for an order: `inside` of them lie in the round's trace, the others in its own."""
    return SHARE * (SERVICES - 1 - inside) + (inside + 1 / size) * (1 - math.pow(1 - SHARE, size))


def batches() -> Results:
    """Trace the rounds in every way, and in two ways for rounds of other sizes."""
    found: Results = {}
    for name, design in DESIGNS.items():
        spans = pick(design, EXAMPLE)
        found |= {
            f"{name}.started": Result(sum(span.name == "0" for span in spans), "orders sampled", "orders"),
            f"{name}.complete": Result(complete(spans, EXAMPLE), "of those, complete", "orders"),
            f"{name}.stored": Result(len(spans) / ORDERS, "spans stored for an order, on average", "spans"),
        }
    stored = {name: [len(pick(DESIGNS[name], size)) / ORDERS for size in SIZES] for name in ("any", "split")}
    expected = [stored_each(size, SERVICES - PICKING - 1) for size in SIZES]
    gap = max(abs(a / b - 1) for a, b in zip(stored["any"], expected, strict=True))
    return found | {
        "sizes": Result([*SIZES], "orders picked in one round", "orders"),
        "sizes.any": Result([*stored["any"]], "spans stored for an order, if a linked round is stored whole", "spans"),
        "sizes.split": Result([*stored["split"]], "the same, if later spans belong to their orders", "spans"),
        "sizes.gap": Result(gap * 100, "largest gap between the first of these and its formula", "per cent"),
    }


def limit() -> Results:
    """Hand one span more links than the SDK keeps; only the first of the messages was sampled."""
    ids, far, near = Ids(SEED), Memory(), Memory()
    services = [Service("front", sampler, far, ids) for sampler in (ALWAYS_ON, ALWAYS_OFF)]
    created = [services[min(number, 1)].handle({}, number) for number in range(LARGE)]
    Service("round", LINKS, near, ids).handle({}, 0, created)
    (sampled,), (around,) = far.spans, near.spans  # it was stored, so the sampler saw all links
    kept = {link.context.trace_id for link in around.links}
    return {
        "limit.kept": Result(len(kept), f"links kept of {LARGE}", "links"),
        "limit.dropped": Result(around.dropped_links, "links dropped, and counted on the span", "links"),
        "limit.sampled": Result(int(trace_of(sampled) in kept), "links kept to the one message that was sampled"),
    }


def gate(sampler: Sampler, flag: int, restart: bool = False) -> list[ReadableSpan]:
    """Let strangers who share one trace id in at the first service, and return what is stored."""
    first = Service("0", sampler, memory := Memory(), Ids(SEED))
    for order in range(ORDERS):
        theirs = {"traceparent": f"00-{1:032x}-{order + 1:016x}-{flag:02x}"}
        first.handle({} if restart else theirs, order, [theirs] if restart else [])
    return memory.spans


def edge() -> Results:
    """Count what strangers get stored."""
    asked, hidden = (gate(PARENT, flag) for flag in (1, 0))
    told, own = gate(TOLD, 1), gate(KEY, 1, restart=True)
    return {
        "edge.asked": Result(len(asked), f"stored of {ORDERS}, flag set, the trace continued", "spans"),
        "edge.hidden": Result(len(hidden), "the same with the flag clear", "spans"),
        "edge.told": Result(len(told), "stored if the hash is asked whatever the flag", "spans"),
        "edge.told_traces": Result(len({trace_of(span) for span in told}), "traces in the store if it is", "traces"),
        "edge.own_traces": Result(len({trace_of(span) for span in own}), "the same if the traces restart", "traces"),
    }


def run(progress: Progress) -> Results:
    """Let the orders cross."""
    found = crossing() | limit() | edge()
    progress(0.3, "rounds of picking")
    found |= batches()
    progress(1.0, "done")
    return found


def draw(values: Values) -> Iterator[Figure]:
    """Draw what is stored against the size of a round."""
    yield Figure("stored", drawing=_stored(values, COLUMN), narrow=_stored(values, NARROW))


def _stored(values: Values, width: int) -> str:
    chart = Chart(
        width,
        300,
        x=Scale(1, 110, (1, 2, 5, 10, 25, 100), log=True),
        y=Scale(0, 10, (0, 2, 4, 6, 8, 10)),
        x_label="orders in one round",
        y_label="spans stored for an order",
        right=22,
    )
    fine = [10 ** (step / 40) for step in range(81)]
    for tone, name, inside in ((2, "any", SERVICES - PICKING - 1), (1, "split", 0)):
        chart.line(fine, [stored_each(size, inside) for size in fine], tone, dash=tone == 2)
        chart.marks(
            numbers(values["sizes"]), numbers(values[f"sizes.{name}"]), tone, x_key="sizes", y_key=f"sizes.{name}"
        )
    chart.label(10, 6, "in the round’s trace", 2, dx=-14, dy=-8, anchor="end")
    chart.label(100, 2, "in their orders’ traces", 1, dy=26, anchor="end")
    return chart.svg()
