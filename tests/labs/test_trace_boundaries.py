"""The claims of "Trace context is a contract" that rest on an outbox, on batches and on strangers."""

from math import sqrt

import pytest
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased

from labs.kit.store import read, values
from labs.trace_boundaries import (
    DESIGNS,
    EXAMPLE,
    LARGE,
    SIZES,
    TOLD,
    Design,
    by_links,
    complete,
    crossing,
    edge,
    gate,
    keeps,
    limit,
    pick,
    stored_each,
)
from labs.trace_context import (
    KEY,
    ORDERS,
    PARENT,
    PICKING,
    RATIO,
    SERVICES,
    SHARE,
    Ids,
    Memory,
    Own,
    Service,
    merchant,
    seen,
    trace_of,
)


@pytest.fixture(scope="module")
def stored():
    return values(read("trace-boundaries"))


def near(found, share, number):
    return abs(found - number * share) <= 3 * sqrt(number * share * (1 - share)) + 1e-9


# Handovers


def test_the_test_of_a_handover_tells_services_that_keep_the_contract_from_those_that_do_not():
    good, eager = (Service("x", sampler, Memory(), Ids(1)) for sampler in (PARENT, ALWAYS_ON))
    assert keeps(lambda headers: good.handle(headers, 1))
    assert keeps(lambda headers: Service("x", KEY, Memory(), Ids(1)).handle(headers, 1))
    assert keeps(lambda headers: headers)  # a proxy without any tracing
    assert not keeps(lambda headers: good.handle({}, 1))  # it does not read, or restarts as the third clause asks
    assert not keeps(lambda headers: good.handle({}, 1, [headers]))  # the round of the fifth clause
    assert not keeps(lambda headers: {})  # it does not write
    assert not keeps(lambda headers: eager.handle(headers, 1))  # it turns 00 into 01
    assert not keeps(lambda headers: {"traceparent": headers["traceparent"]})  # it drops the other line
    assert not keeps(lambda headers: headers | {"traceparent": "xx-" + headers["traceparent"][3:35] + "!"})
    other = f"00-{'ab' * 15}12-{'cd' * 8}-00"
    assert not keeps(lambda headers: headers | {"traceparent": other})

    def only_if_sampled(headers):
        sent = good.handle(headers, 1)
        return sent if sent["traceparent"].endswith("1") else {}

    assert not keeps(only_if_sampled)


def test_59_calls_miss_a_loss_of_one_in_twenty_one_time_in_twenty():
    assert 0.95**59 < 0.05 < 0.95**58


# Outbox


def test_the_row_has_to_carry_the_header(stored):
    found = {key: result.value for key, result in crossing().items()}
    assert found == {key: stored[key] for key in found}
    assert found["outbox.data"] == ORDERS
    assert found["outbox.poll"] == 0
    assert found["outbox.polls"] == ORDERS / EXAMPLE
    assert near(found["outbox.sampled"], SHARE, ORDERS * (1 - SHARE))
    assert found["outbox.number"] == 0


# Batches


@pytest.mark.parametrize("name", DESIGNS)
def test_a_fresh_run_finds_what_is_stored(stored, name):
    spans = pick(DESIGNS[name], EXAMPLE, 250)
    again = pick(DESIGNS[name], EXAMPLE, 250)
    assert [trace_of(span) for span in spans] == [trace_of(span) for span in again]
    assert complete(spans, EXAMPLE) <= sum(span.name == "0" for span in spans)
    assert near(stored[f"{name}.started"], SHARE, ORDERS)


def test_a_link_does_not_carry_the_decision(stored):
    started = stored["linked.started"]
    assert stored["linked.complete"] < 0.25 * started
    rounds = ORDERS / EXAMPLE  # the decision is one for a whole round
    assert abs(stored["linked.complete"] / started - SHARE) < 3 * sqrt(SHARE * (1 - SHARE) / rounds)
    assert stored["first.complete"] < 0.1 * stored["first.started"]
    assert near(stored["first.complete"], 1 / EXAMPLE, stored["first.started"])


def test_sampling_by_links_completes_every_order_and_the_split_does_so_at_a_quarter_of_the_spans(stored):
    for name in ("any", "split"):
        assert stored[f"{name}.complete"] == stored[f"{name}.started"]
        spans = pick(DESIGNS[name], 10, 300)
        assert complete(spans, 10) == sum(span.name == "0" for span in spans) > 15
    assert 3.5 < stored["any.stored"] / stored["split.stored"] < 4
    assert stored["split.stored"] == pytest.approx(stored["linked.stored"], rel=0.1)


def test_in_the_split_an_order_leads_to_its_round_and_the_round_to_its_orders():
    spans = pick(DESIGNS["split"], 5, 200)
    rounds = {span.context.span_id: span for span in spans if span.name == str(PICKING)}
    first = [span for span in spans if span.name == str(PICKING + 1)]
    assert first
    for span in first:
        (link,) = span.links
        around = rounds[link.context.span_id]
        assert len(around.links) == 5
        assert trace_of(span) in {other.context.trace_id for other in around.links}
        assert trace_of(span) != trace_of(around)


def test_a_round_with_links_is_no_unexpected_root_and_one_without_them_is():
    assert not seen(pick(DESIGNS["split"]._replace(sampler=ALWAYS_ON), 5, 50)).roots
    broken = pick(Design(ALWAYS_ON, linked=True, own=False), 5, 50)
    assert [span.links for span in broken if span.name == str(PICKING)]
    service = Service(str(PICKING), ALWAYS_ON, memory := Memory(), Ids(1))
    service.handle({}, 1)
    assert seen(memory.spans).roots == {str(PICKING): 1}


def test_later_spans_that_lead_nowhere_are_not_complete():
    """Break the design: every later span alone in a trace of its own, without a link."""
    services = merchant(ALWAYS_ON, memory := Memory())
    created = [services[n].handle({}, 0) for n in range(1)]
    for n in range(1, PICKING):
        created.append(services[n].handle(created[0], 0))
    around = services[PICKING].handle({}, 0, [created[-1]])
    front = list(memory.spans)
    for n in range(PICKING + 1, SERVICES):
        services[n].handle({}, 0)
    assert complete(memory.spans, 1) == 0
    memory.spans[:] = front
    for n in range(PICKING + 1, SERVICES):
        services[n].handle(around, 0)
    assert complete(memory.spans, 1) == 1


def test_without_the_links_the_split_is_in_pieces():
    """Break the design: own traces, and a round that is always stored and belongs to its first order only."""
    spans = pick(DESIGNS["split"]._replace(linked=False, sampler=ALWAYS_ON), 10, 300)
    started = [span.attributes["order"] for span in spans if span.name == "0"]
    assert complete(spans, 10) == sum(order % 10 == 0 for order in started) < len(started)


def test_an_order_that_misses_a_span_or_its_round_is_not_complete():
    spans = pick(DESIGNS["split"], 10, 100)
    order = next(span.attributes["order"] for span in spans if span.name == "0")
    for number in (0, PICKING - 1, PICKING + 1, SERVICES - 1):
        rest = [span for span in spans if (span.name, span.attributes["order"]) != (str(number), order)]
        assert complete(rest, 10) == complete(spans, 10) - 1
    assert complete([span for span in spans if span.name != str(PICKING)], 10) == 0


def test_a_sampler_that_asks_for_all_links_stores_no_round():
    every = ParentBased(Own(lambda order, links: bool(links) and all(by_links(order, [it]) for it in links)))
    spans = pick(DESIGNS["any"]._replace(sampler=every), 10, 300)
    assert complete(spans, 10) == 0


def test_what_is_stored_follows_the_formula(stored):
    assert stored["sizes"] == list(SIZES)
    for name, inside in (("any", SERVICES - PICKING - 1), ("split", 0)):
        for size, found in zip(SIZES, stored[f"sizes.{name}"], strict=True):
            assert found == pytest.approx(stored_each(size, inside), rel=0.15)
    assert stored_each(1, 7) == pytest.approx(stored_each(1, 0)) == pytest.approx(SHARE * SERVICES)
    assert stored_each(10**6, 7) == pytest.approx(SHARE * 13 + 7)
    assert stored["sizes.gap"] < 10
    saved = [1 - stored_each(size, 0) / stored_each(size, 7) for size in (1, 2, 3)]
    assert saved == pytest.approx([0, 0.23, 0.36], abs=0.01)  # nothing, about a quarter, more than a third
    assert stored["any.stored"] == stored["sizes.any"][SIZES.index(EXAMPLE)]


def test_each_order_of_the_split_costs_what_an_unbatched_one_costs(stored):
    assert max(stored["sizes.split"]) < 2.4
    assert all(abs(stored_each(size, 0) - 0.1 * 20) <= 0.1 + 1e-9 for size in range(1, 1000))


# The limit of links


def test_the_sdk_keeps_the_last_128_links_of_500_and_says_so(stored):
    found = {key: result.value for key, result in limit().items()}
    assert found == {key: stored[key] for key in found}
    assert found == {"limit.kept": 128, "limit.dropped": LARGE - 128, "limit.sampled": 0}


def test_links_to_sampled_messages_only_fit_and_are_all_kept():
    front = Service("front", PARENT, Memory(), Ids(1))
    created = [front.handle({}, order) for order in range(LARGE)]
    sampled = [headers for headers in created if headers["traceparent"].endswith("1")]
    assert near(len(sampled), SHARE, LARGE)
    Service("round", DESIGNS["split"].sampler, memory := Memory(), Ids(2)).handle({}, 0, sampled)
    (around,) = memory.spans
    assert len(around.links) == len(sampled) < 128
    assert around.dropped_links == 0


def test_the_limit_can_be_raised():
    memory = Memory()
    provider = TracerProvider(ALWAYS_ON, span_limits=SpanLimits(max_links=LARGE), shutdown_on_exit=False)
    provider.add_span_processor(memory)
    created = Service("front", ALWAYS_ON, Memory(), Ids(1))
    service = Service("round", ALWAYS_ON, memory, Ids(2))
    service.tracer = provider.get_tracer("round")
    service.handle({}, 0, [created.handle({}, order) for order in range(LARGE)])
    assert len(memory.spans[0].links) == LARGE


# Edge


def test_a_stranger_decides_what_is_stored_unless_the_trace_is_restarted(stored):
    found = {key: result.value for key, result in edge().items()}
    assert found == {key: stored[key] for key in found}
    assert found["edge.asked"] == ORDERS
    assert found["edge.hidden"] == 0
    assert near(found["edge.told"], SHARE, ORDERS)
    assert found["edge.told_traces"] == 1
    assert found["edge.own_traces"] == found["edge.told"]


def test_a_gate_that_asks_the_hash_stores_the_same_whatever_the_flag_and_one_that_asks_the_id_does_not_choose():
    by_number = [[span.attributes["order"] for span in gate(TOLD, flag)] for flag in (0, 1)]
    assert by_number[0] == by_number[1] == [span.attributes["order"] for span in gate(KEY, 0, restart=True)]
    by_id = ParentBased(RATIO, remote_parent_sampled=RATIO, remote_parent_not_sampled=RATIO)
    assert len(gate(by_id, 0)) == ORDERS  # strangers who all send the id 1 are all stored


def test_a_restarted_trace_links_to_the_strangers():
    for span in gate(KEY, 1, restart=True):
        (link,) = span.links
        assert link.context.trace_id == 1 != trace_of(span)
        assert span.parent is None
