"""How many traces stay whole when handovers lose their header, and which samplers store all of a torn one?

A seed merchant's order makes twenty handovers between twenty-one services. Each has an OpenTelemetry SDK of its own,
which reads a W3C `traceparent` header and writes one for the services that it calls; ended spans stay in memory. A
handover that fails hands over no header, and the SDK behind it starts a new trace.

Wholeness. Handovers fail by chance, or one of them fails for every order, or all of them on one route of orders. If a
share p of n handovers keeps the header, between 1 - n(1 - p) and p of the traces are whole, and p^n if failures are
independent. Sampling. One trace in ten is stored; a root decides by the trace's id, or by the order's number, or makes
the id from the number; an order is complete if all its spans are stored. Tail sampling is played on the stored spans:
keep every group of spans that holds an error.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from random import Random
from typing import NamedTuple, TypeAlias, cast

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_ON,
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import Link, SpanContext, SpanKind, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.trace.span import TraceState
from opentelemetry.util.types import Attributes

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

CALLER = (0, 0, 0, 0, 1, 1, 2, 2, 3, 4, 4, 6, 0, 12, 13, 13, 14, 15, 15, 16, 18)  # service 12 puts it on the queue
SERVICES, HANDOVERS, PICKING, CARRIER = len(CALLER), len(CALLER) - 1, 13, 17
KEPT, EXAMPLE = (0.8, 0.85, 0.9, 0.95, 0.98, 0.99), 0.95
RECORDED, ORDERS, SHARE, ERRORS, SEED = 1000, 2000, 0.1, 100, 13

LAB = Lab(
    name="trace-context",
    title="Whole traces, torn traces and what is stored of them",
    question="How many traces stay whole when handovers lose the header, and which samplers store all of a torn one?",
    parameters=(
        Parameter("HANDOVERS", HANDOVERS, "handovers", "illustrative: one in 20 is a share of 5%"),
        Parameter("KEPT", "0.8 to 0.99", "", "share of the handovers that keep the header; 0.95 in the example"),
        Parameter("RECORDED", RECORDED, "orders", "where every span is stored; in each world"),
        Parameter("ORDERS", ORDERS, "orders", "where one trace in ten is stored; for each sampler and world"),
        Parameter("SHARE", SHARE, "", "illustrative: the share of traces that is sampled"),
        Parameter("ERRORS", ERRORS, "orders", "illustrative: of those recorded, fail at the carrier"),
        Parameter("SEED", SEED, "", "of all draws and of the ids"),
    ),
    seconds=15,
    engines=("opentelemetry-sdk",),
)

Headers: TypeAlias = dict[str, str]
Lost: TypeAlias = frozenset[int]
Links: TypeAlias = Sequence[Link]
Odd: TypeAlias = dict[int, Sampler] | None
Rule: TypeAlias = Callable[[int, Links], bool]  # of the order's number and the span's links
W3C = TraceContextTextMapPropagator()


class Ids(IdGenerator):
    """Ids like the SDK's own, from a seeded stream; or a trace's id made from the number of the order in hand."""

    def __init__(self, seed: int, numbered: bool = False) -> None:
        self.draw, self.numbered, self.order = Random(seed), numbered, 0

    def generate_span_id(self) -> int:
        """Draw the id of a span."""
        return self.draw.getrandbits(63) + 1

    def generate_trace_id(self) -> int:
        """Draw the id of a trace, or hash the order's number."""
        if self.numbered:
            return int.from_bytes(sha256(str(self.order).encode()).digest()[:16], "big")
        return self.draw.getrandbits(127) + 1


class Memory(SpanProcessor):
    """The store: it is handed every sampled span that ends."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a span."""
        self.spans.append(span)


RATIO = TraceIdRatioBased(SHARE)  # by the trace's id


class Own(Sampler):
    """A sampler with a rule of our own; a span without an order's number is decided by its trace's id."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Store the span or not, by the rule."""
        order = cast("int | None", (attributes or {}).get("order"))
        if order is None:
            return RATIO.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)
        yes = self.rule(order, links or ())
        state = get_current_span(parent_context).get_span_context().trace_state  # handed on, as the SDK's samplers do
        return SamplingResult(Decision.RECORD_AND_SAMPLE if yes else Decision.DROP, attributes if yes else None, state)

    def get_description(self) -> str:
        """Name the sampler."""
        return "Own"


def by_key(order: int, links: Links) -> bool:
    """Hash the order's number."""
    digest = sha256(str(order).encode()).digest()
    drawn = int.from_bytes(digest[:8], "big")
    return drawn < SHARE * 2**64


PARENT, KEY = ParentBased(RATIO), ParentBased(Own(by_key))  # a child follows its parent; the rule is for roots


class Service:
    """One service with its SDK."""

    def __init__(self, name: str, sampler: Sampler, memory: Memory, ids: Ids) -> None:
        provider = TracerProvider(sampler=sampler, id_generator=ids, shutdown_on_exit=False)
        provider.add_span_processor(memory)
        self.name, self.tracer, self.ids = name, provider.get_tracer(name), ids

    def handle(self, headers: Headers, order: int, links: Sequence[Headers] = ()) -> Headers:
        """Serve a request: read its header, do a span's work, and return the header for the services called next."""
        others = [Link(get_current_span(W3C.extract(it, Context())).get_span_context()) for it in links]
        caller = W3C.extract(headers, Context())
        self.ids.order = order
        span = self.tracer.start_span(self.name, caller, attributes={"order": order}, links=others)
        span.end()
        W3C.inject(written := Headers(), set_span_in_context(span, Context()))
        return written


def merchant(sampler: Sampler, memory: Memory, odd: Odd = None, numbered: bool = False) -> list[Service]:
    """Set up all services; `odd` are the samplers of those that differ."""
    ids = Ids(SEED, numbered)
    return [Service(str(n), (odd or {}).get(n, sampler), memory, ids) for n in range(SERVICES)]


def run_world(world: Sequence[Lost], sampler: Sampler, odd: Odd = None, numbered: bool = False) -> list[ReadableSpan]:
    """Let a world's orders pass through all services, and return the stored spans."""
    services = merchant(sampler, memory := Memory(), odd, numbered)
    for order, lost in enumerate(world):
        headers = [services[0].handle({}, order)]
        for n in range(1, SERVICES):
            headers.append(services[n].handle({} if n in lost else headers[CALLER[n]], order))
    return memory.spans


def by_chance(orders: int, kept: float = EXAMPLE) -> list[Lost]:
    """Lose each handover by itself."""
    draw = Random(SEED)
    return [Lost(n for n in range(1, SERVICES) if draw.random() >= kept) for _ in range(orders)]


def worlds(orders: int) -> dict[str, list[Lost]]:
    """List worlds that lose one handover in twenty: by chance, one of them always, and all for every 20th order."""
    route = [frozenset(range(1, SERVICES)) if order % 20 == 0 else Lost() for order in range(orders)]
    return {"chance": by_chance(orders), "service": [Lost({PICKING})] * orders, "route": route}


class Seen(NamedTuple):
    """What a reader finds in the store, by the order's number."""

    traces: dict[int, set[int]]
    spans: Counter[int]
    roots: Counter[str]  # spans with neither parent nor link, by service; the first service's are left out

    def complete(self, traces: int = SERVICES) -> int:
        """Count the orders all of whose spans are stored, in at most so many traces."""
        return sum(n == SERVICES and len(self.traces[order]) <= traces for order, n in self.spans.items())


def order_of(span: ReadableSpan) -> int:
    """Read the order's number off a span."""
    return cast(int, (span.attributes or {})["order"])


def trace_of(span: ReadableSpan) -> int:
    """Read the trace's id off a span."""
    return cast(SpanContext, span.get_span_context()).trace_id


def seen(spans: Sequence[ReadableSpan]) -> Seen:
    """Group the stored spans by the order's number."""
    traces: defaultdict[int, set[int]] = defaultdict(set)
    for span in spans:
        traces[order_of(span)].add(trace_of(span))
    roots = Counter(span.name for span in spans if not (span.parent or span.links or span.name == "0"))
    return Seen(traces, Counter(map(order_of, spans)), roots)


def tail(spans: Sequence[ReadableSpan], group: Callable[[ReadableSpan], int]) -> list[ReadableSpan]:
    """Keep every group of spans that holds an error; which orders fail at the carrier is drawn."""
    failed = set(Random(SEED).sample(range(RECORDED), ERRORS))
    kept = {group(span) for span in spans if span.name == str(CARRIER) and order_of(span) in failed}
    return [span for span in spans if group(span) in kept]


def wholeness() -> Results:
    """Store everything, in worlds that lose one handover in twenty and in worlds that lose more and fewer."""
    whole = [seen(run_world(by_chance(RECORDED, kept), ALWAYS_ON)).complete(1) for kept in KEPT]
    gap = max(abs(found / RECORDED - kept**HANDOVERS) for found, kept in zip(whole, KEPT, strict=True))
    found: Results = {
        "kept": Result([*KEPT], "share of the handovers that keep the header"),
        "sdk": Result([*whole], f"whole traces of {RECORDED} if handovers fail by chance, by the SDK", "orders"),
        "gap": Result(gap * 100, "largest gap between these, as shares, and the formula", "points"),
    }
    for name, world in worlds(RECORDED).items():
        it = seen(spans := run_world(world, ALWAYS_ON))
        errors = seen(tail(spans, trace_of)).complete()
        found |= {
            f"{name}.lost": Result(sum(map(len, world)), "handovers without a header", "handovers"),
            f"{name}.whole": Result(it.complete(1), f"whole traces of {RECORDED} orders", "orders"),
            f"{name}.most": Result(max(map(len, it.traces.values())), "traces of the order that is torn most"),
            f"{name}.top": Result(max(it.roots.values()), "unexpected roots at the service with most", "spans"),
            f"{name}.tail": Result(errors, f"complete of {ERRORS} errors, tail sampled by trace", "orders"),
        }
    same = [run_world(world, ALWAYS_ON, numbered=True) for world in worlds(RECORDED).values()]
    one = min(seen(spans).complete(1) for spans in same)
    errors = min(seen(tail(spans, trace_of)).complete() for spans in same)
    return found | {
        "number.one": Result(one, "whole if the trace's id is made from the number, in the worst world", "orders"),
        "number.tail": Result(errors, f"complete of {ERRORS} errors then, in the worst world", "orders"),
    }


def sampling() -> Results:
    """Store one trace in ten, and count the orders that are complete."""
    fork = [Lost({14, 15})] * ORDERS  # the picking room calls two services, and writes no header for either
    torn = {"never": [Lost()] * ORDERS, **worlds(ORDERS), "fork": fork}
    runs = {name: run_world(world, PARENT) for name, world in torn.items()}
    runs["key"] = run_world(torn["chance"], KEY)
    runs["blind"] = run_world(torn["service"], KEY, {PICKING: PARENT})  # picking does not know the number
    runs["default"] = run_world(torn["service"], ParentBased(ALWAYS_ON), {0: PARENT})  # the SDK's own rule elsewhere
    found: Results = {}
    for name, spans in runs.items():
        first = sum(span.name == "0" for span in spans)
        found[f"{name}.started"] = Result(first, f"of {ORDERS} orders, the first span stored", "orders")
        found[f"{name}.complete"] = Result(seen(spans).complete(), "orders of which all spans are stored", "orders")
    for name in ("service", "default", "chance", "key"):
        found[f"{name}.stored"] = Result(len(runs[name]), "spans stored", "spans")
    return found


def run(progress: Progress) -> Results:
    """Play all orders."""
    found = wholeness()
    progress(0.5, "sampling")
    return found | sampling()


def draw(values: Values) -> Iterator[Figure]:
    """Draw whole traces against the share of handovers that keep the header."""
    yield Figure("whole", drawing=_whole(values, COLUMN), narrow=_whole(values, NARROW))


def _whole(values: Values, width: int) -> str:
    x = Scale(0.8, 1, [(share / 100, f"{share}") for share in (80, 85, 90, 95, 100)])
    y = Scale(-20, RECORDED, [(share * 10, f"{share}") for share in (0, 20, 40, 60, 80, 100)])
    chart = Chart(width, 350, x, y, "handovers of 100 that keep the header", "whole traces of 100", right=22)
    fine = [0.8 + step / 500 for step in range(101)]
    high, low = ([max(0.0, RECORDED * (1 - n * (1 - kept))) for kept in fine] for n in (1, HANDOVERS))
    chart.area(fine, low, high, 3)
    chart.line(fine, high, 3)
    chart.line(fine, low, 3)
    chart.line(fine, [RECORDED * kept**HANDOVERS for kept in fine], 1, dash=True)
    chart.marks(numbers(values["kept"]), numbers(values["sdk"]), 1, x_key="kept", y_key="sdk")
    for name, words, dy in (("route", "one route of orders", 36), ("service", "one handover", -5)):
        chart.mark(EXAMPLE, whole := numbers(values[f"{name}.whole"])[0], 2, y_key=f"{name}.whole")
        chart.label(EXAMPLE, whole, words, 2, dx=-8, dy=dy, anchor="end")
    chart.label(EXAMPLE, 360, "by chance", 1, dx=-12, dy=-4, anchor="end")
    return chart.svg()
