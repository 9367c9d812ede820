"""Late calls allowed and made, over parts, promises, percentiles that each part keeps, and lateness shared."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from labs.fan_out_percentile import ANSWERS, on_time, on_time_shared, solve

EXACT = False
STORED = {
    "allowed": "example.allowed",
    "leaf": "example.leaf",
    "one_in": "example.one_in",
    "made": "example.same",
    "on_time": "example.same_on_time",
    "ratio": "example.same_ratio",
}


def cases() -> Iterator[tuple[dict[str, float], dict[str, float]]]:
    owns = ((95, 0), (95, 50), (90, 90), (99.99, 0))
    for parts, promise, (kept, shared) in itertools.product((2, 7, 20, 100), (50, 95, 99.5), owns):

        def share(late: float, parts: int = parts, shared: int = shared) -> float:
            return on_time_shared(parts, late, shared / 100) if shared else on_time(parts, late)

        late, own = solve(share, promise / 100), 1 - kept / 100
        found = {"allowed": ANSWERS * parts * late, "leaf": 1 - late, "one_in": 1 / late}
        found |= {"made": ANSWERS * parts * own, "on_time": share(own), "ratio": own / late}
        yield {"parts": parts, "promise": promise, "kept": kept, "shared": shared}, found
