"""Erlang C at sizes, times and promises across the range of the figure's controls."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from labs.staffing import Promise, agents_needed, service_level

EXACT = False
STORED = {"before": "at100.before", "after": "at100.after", "freed": "at100.freed"}


def cases() -> Iterator[tuple[dict[str, float], dict[str, float]]]:
    sizes, times, promises = (
        (1, 2, 5, 7, 30, 100, 1000),
        ((480, 300), (120, 60), (300, 900)),
        ((80, 20), (99, 5), (50, 300)),
    )
    for calls, (before, after), (target, within) in itertools.product(sizes, times, promises):
        found = {}
        for when, handling in (("before", before), ("after", after)):
            agents = agents_needed(calls, handling, Promise(target / 100, within))
            found |= {when: agents, f"level_{when}": service_level(agents, calls, handling, within)}
        found["freed"] = found["before"] - found["after"]
        yield {"calls": calls, "before": before, "after": after, "target": target, "within": within}, found
