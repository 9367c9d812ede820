"""The storm at loads, retries and outages across the controls: how it ends, where it sticks, its first half minute."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import replace

from labs.retry_storm import PLAIN, SECOND, begin, recovery, step, sticks_from

EXACT = True
STORED = {"stuck": "immediate.stuck"}
SHOWN = 30  # seconds


@functools.cache
def lowest(retries: int, outage: int) -> int:
    return sticks_from(replace(PLAIN, retries=retries, outage=outage))


def cases() -> Iterator[tuple[dict[str, float], dict[str, int | list[int]]]]:
    across = [*itertools.product((1, 24, 40, 99), (1, 3, 7), (0.1, 1.7, 10, 20))]
    borders = [(25, 3, 10), (40, 3, 1.6), (49, 1, 12), (49, 1, 13), (50, 1, 10), (33, 2, 10), (13, 7, 10), (12, 7, 10)]
    for load, retries, outage in across + borders:
        setting = replace(PLAIN, arrivals=load, retries=retries, outage=round(outage * SECOND))
        state = begin(setting)
        states = [state := step(state, setting) for _ in range(SHOWN * SECOND)]
        seconds = [states[first : first + SECOND] for first in range(0, len(states), SECOND)]
        ended = recovery(setting)
        found: dict[str, int | list[int]] = {
            "sticks": int(ended is None),
            "ticks": ended[0] if ended else 0,
            "lost": ended[1] if ended else 0,
            "stuck": lowest(retries, setting.outage),
            "sent": [sum(each.sent for each in second) for second in seconds],
            "answered": [sum(each.answered for each in second) for second in seconds],
        }
        yield {"load": load, "retries": retries, "outage": outage}, found
