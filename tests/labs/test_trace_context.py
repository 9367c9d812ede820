"""The claims of "Trace context is a contract" that rest on orders whose handovers lose the header."""

from math import comb, sqrt
from random import Random

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased

from labs.kit.store import read, values
from labs.trace_context import (
    CALLER,
    CARRIER,
    ERRORS,
    EXAMPLE,
    HANDOVERS,
    KEPT,
    KEY,
    ORDERS,
    PARENT,
    PICKING,
    RECORDED,
    SERVICES,
    SHARE,
    Ids,
    Memory,
    Own,
    Service,
    by_chance,
    by_key,
    order_of,
    run_world,
    seen,
    tail,
    trace_of,
    worlds,
)

WORLDS = ("chance", "service", "route")


@pytest.fixture(scope="module")
def stored():
    return values(read("trace-context"))


def near(found, share, number):
    """Whether a count lies within three standard errors of its expectation."""
    return abs(found - number * share) <= 3 * sqrt(number * share * (1 - share)) + 1e-9


# Wholeness


def test_every_service_is_called_by_an_earlier_one():
    assert HANDOVERS == 20
    assert all(CALLER[n] < n for n in range(1, SERVICES))
    assert CALLER[PICKING] == 12
    assert all(CALLER[n] < PICKING for n in range(1, PICKING))
    assert all(CALLER[n] >= PICKING for n in range(PICKING + 1, SERVICES))


def test_a_trace_is_whole_if_and_only_if_no_handover_was_lost_and_each_loss_makes_one_more_trace():
    draw = Random(1)
    world = [frozenset(n for n in range(1, SERVICES) if draw.random() < 0.1) for _ in range(60)]
    it = seen(run_world(world, ALWAYS_ON))
    for order, lost in enumerate(world):
        assert it.spans[order] == SERVICES
        assert len(it.traces[order]) == 1 + len(lost)
    assert it.complete() == 60
    assert it.complete(1) == sum(not lost for lost in world)
    assert it.roots.total() == sum(map(len, world))


def test_the_share_of_whole_traces_lies_between_the_bounds_whatever_the_failures_share():
    draw = Random(2)
    for handovers in (2, 5, 20, 40):
        for _ in range(200):
            kind = draw.choice(("chance", "service", "route", "mixed"))
            bad = draw.random() * 0.3
            world = []
            for order in range(60):
                lost = {n for n in range(handovers) if draw.random() < bad} if kind in ("chance", "mixed") else set()
                if kind in ("service", "mixed") and draw.random() < 0.7:
                    lost.add(handovers // 2)
                if kind in ("route", "mixed") and order % 9 == 0:
                    lost |= set(range(handovers))
                world.append(lost)
            kept = 1 - sum(map(len, world)) / (60 * handovers)
            whole = sum(not lost for lost in world) / 60
            assert 1 - handovers * (1 - kept) - 1e-9 <= whole <= kept + 1e-9


def test_among_orders_of_different_lengths_the_lower_bound_holds_and_the_upper_does_not():
    """Nine hundred orders with two handovers and a hundred with 182 make twenty on average; the long ones lose most."""
    lengths = [2] * 900 + [182] * 100
    losses = sum(lengths) // 20
    assert (sum(lengths) / 1000, losses) == (20, 1000)
    torn, left = 0, losses
    while left > 0:
        left -= lengths.pop()
        torn += 1
    assert 1 - torn / 1000 > 1 - losses / 20_000
    assert 1 - 20 * losses / 20_000 <= 1 - torn / 1000


def test_one_handover_is_intact_always_never_or_nineteen_times_in_twenty():
    kept = {
        name: [RECORDED - sum(n in lost for lost in world) for n in range(1, SERVICES)]
        for name, world in worlds(RECORDED).items()
    }
    assert 925 < min(kept["chance"]) < max(kept["chance"]) < 970
    assert sorted(set(kept["service"])) == [0, RECORDED]
    assert kept["service"].count(0) == 1
    assert set(kept["route"]) == {950}


def test_both_bounds_are_reached_at_nineteen_of_twenty(stored):
    assert EXAMPLE == 0.95
    assert stored["service.lost"] == stored["route.lost"] == RECORDED * HANDOVERS * 0.05
    assert stored["service.whole"] == 0
    assert stored["route.whole"] == 950
    assert near(stored["chance.lost"], 0.05, RECORDED * HANDOVERS)


def test_by_chance_the_sdk_agrees_with_the_formula(stored):
    assert stored["kept"] == list(KEPT)
    for kept, whole in zip(KEPT, stored["sdk"], strict=True):
        assert near(whole, kept**20, RECORDED)
    assert stored["sdk"][KEPT.index(EXAMPLE)] == stored["chance.whole"]
    assert stored["gap"] < 2


def test_a_fresh_run_finds_the_stored_counts_for_the_first_orders(stored):
    world = by_chance(RECORDED)
    assert sum(not lost for lost in world) == stored["chance.whole"]
    assert seen(run_world(world[:50], ALWAYS_ON)).complete(1) == sum(not lost for lost in world[:50])


def test_roots_name_the_service_but_not_the_route(stored):
    for name, world in worlds(RECORDED).items():
        roots = [sum(n in lost for lost in world) for n in range(1, SERVICES)]
        assert stored[f"{name}.top"] == max(roots)
        assert stored[f"{name}.most"] == 1 + max(map(len, world))
    assert stored["service.top"] == stored["service.lost"]
    assert stored["chance.top"] < 0.07 * stored["chance.lost"]
    assert stored["route.top"] * HANDOVERS == stored["route.lost"]


# Sampling


def complete_by_parent(name):
    """Compute the chance that all pieces of an order are sampled, given that the first is."""
    if name == "chance":
        return sum(comb(20, n) * 0.05**n * 0.95 ** (20 - n) * SHARE**n for n in range(21))
    return SHARE if name == "service" else 0.95 + 0.05 * SHARE**20


@pytest.mark.parametrize("name", WORLDS)
def test_pieces_are_sampled_apart_if_each_asks_by_its_own_id(stored, name):
    assert near(stored[f"{name}.complete"], complete_by_parent(name), stored[f"{name}.started"])
    assert near(stored[f"{name}.started"], SHARE, ORDERS)
    assert stored[f"{name}.complete"] < stored[f"{name}.started"]
    assert stored["never.complete"] == stored["never.started"]


def test_a_service_that_loses_it_on_two_ways_out_leaves_one_order_in_a_hundred(stored):
    assert [n for n in range(1, SERVICES) if CALLER[n] == PICKING] == [14, 15]
    assert near(stored["fork.complete"], SHARE**2, stored["fork.started"])
    assert stored["fork.complete"] < stored["service.complete"] / 4


def test_the_key_chooses_the_same_orders_whatever_is_lost(stored):
    orders = 200
    for world in worlds(orders).values():
        it = seen(run_world(world, KEY))
        assert {order for order in range(orders) if it.spans[order]} == {o for o in range(orders) if by_key(o, ())}
        assert it.complete() == len(it.spans)
    assert stored["key.complete"] == stored["key.started"] == sum(by_key(order, ()) for order in range(ORDERS))
    assert near(stored["key.started"], SHARE, ORDERS)


def test_where_the_service_behind_the_loss_does_not_know_the_number_the_key_is_no_better(stored):
    assert stored["blind.started"] == stored["key.started"]
    assert near(stored["blind.complete"], SHARE, stored["blind.started"])


def test_a_hash_that_differs_between_services_breaks_the_key():
    other = ParentBased(Own(lambda order, links: by_key(order + 1, links)))
    assert seen(run_world(worlds(300)["service"], KEY)).complete() > 20
    assert seen(run_world(worlds(300)["service"], KEY, {PICKING: other})).complete() < 10


def test_the_key_stores_no_more(stored):
    for key in ("chance", "key", "service"):
        assert stored[f"{key}.stored"] == pytest.approx(SHARE * ORDERS * SERVICES, rel=0.1)
    assert stored["key.stored"] == stored["key.started"] * SERVICES


def test_where_the_rule_is_the_sdks_default_a_tear_costs_storage_and_completes_everything(stored):
    assert stored["default.complete"] == stored["default.started"]
    behind = SERVICES - PICKING
    assert stored["default.stored"] == stored["default.started"] * PICKING + ORDERS * behind
    assert 4 < stored["default.stored"] / stored["service.stored"] < 5
    spans = run_world(worlds(100)["service"], ParentBased(ALWAYS_ON), {0: PARENT})
    assert sum(int(span.name) >= PICKING for span in spans) == 100 * behind


def test_a_trace_id_made_from_the_number_joins_the_pieces_under_stock_samplers(stored):
    assert stored["number.one"] == RECORDED
    assert stored["number.tail"] == ERRORS
    for world in worlds(200).values():
        it = seen(run_world(world, PARENT, numbered=True))
        assert it.complete(1) == len(it.spans) > 5
        assert len(set.union(*it.traces.values())) == len(it.spans)


def test_two_requests_of_one_order_fall_into_one_trace_if_the_number_makes_the_id():
    service = Service("0", ALWAYS_ON, memory := Memory(), Ids(1, numbered=True))
    for order in (7, 7, 8):
        service.handle({}, order)
    first, second, other = map(trace_of, memory.spans)
    assert first == second != other


def test_a_span_without_a_number_is_decided_by_its_trace_id_and_the_trace_state_is_handed_on():
    tracer = Service("x", KEY, memory := Memory(), Ids(1)).tracer
    for _ in range(500):
        tracer.start_span("health", Context()).end()
    assert near(len(memory.spans), SHARE, 500)
    given = {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01", "tracestate": "x=y"}
    for sampler in (KEY, PARENT, Own(by_key), Own(lambda order, links: True)):
        assert Service("x", sampler, Memory(), Ids(1)).handle(given, 1)["tracestate"] == "x=y"


# Tail sampling


def test_tail_sampling_by_trace_keeps_whole_traces_and_the_piece_with_the_error(stored):
    world = worlds(RECORDED)
    failed = Random(13).sample(range(RECORDED), ERRORS)
    for name in WORLDS:
        assert stored[f"{name}.tail"] == sum(not world[name][order] for order in failed)


def test_in_a_torn_order_the_piece_with_the_error_is_kept_and_the_first_span_is_not():
    spans = run_world(worlds(200)["service"], ALWAYS_ON)
    failed = sum(order < 200 for order in Random(13).sample(range(RECORDED), ERRORS))
    kept = tail(spans, trace_of)
    assert {span.name for span in kept} == {str(n) for n in range(PICKING, SERVICES)}
    assert len(kept) == failed * (SERVICES - PICKING) > 0
    assert CARRIER > PICKING
    assert len(tail(spans, order_of)) == failed * SERVICES
