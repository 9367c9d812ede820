"""What failing over saves over both shares, the shared causes and the number of providers of the figure's controls."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from labs.failover import FAILED, FURTHER, cut, needed, success

EXACT = False
STORED = {
    "share": "model.share",
    "success": "model.success",
    "saved": "model.saved",
    "ceiling": "model.ceiling",
    "next": "further.some.second",
}


def cases() -> Iterator[tuple[dict[str, float], dict[str, Any]]]:
    for share, shared, accepts, providers in itertools.product((1, 50, 100), (0, 25, 90), (0, 80, 100), (2, 6)):
        f, stops, yes = share / 100, shared / 100, accepts / 100
        values = {
            "share": f,
            "success": success(stops, yes, providers - 1),
            "saved": FAILED * cut(f, success(stops, yes, providers - 1)),
            "next": FAILED * cut(f, success(stops, yes, providers)),
            "reached": [success(stops, yes, more) for more in FURTHER],
            "ceiling": FAILED * f * (1 - stops),
            "needed": needed(f),
        }
        yield {"share": share, "shared": shared, "accepts": accepts, "providers": providers}, values
