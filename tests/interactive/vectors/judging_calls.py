"""The judge's agreement, kappa and true share over rates and prevalences across the range of the figure's controls."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from labs.judging_calls import CALLS, SILENT, Judge

EXACT = False
STORED = {
    "agreement": "at1.agreement",
    "kappa": "at1.kappa",
    "true": "at1.true",
    "flags": "day.flags",
    "false": "day.false",
}


def cases() -> Iterator[tuple[dict[str, float], dict[str, float]]]:
    shares, sensitivities, specificities = (0.2, 1, 7.5, 50), (0, 30, 95, 100), (50, 95, 99.1)
    perfect_or_silent = itertools.product((0.2, 50), (0, 1, 100), (100,))
    for share, found, passed in (*itertools.product(shares, sensitivities, specificities), *perfect_or_silent):
        judge, prevalence = Judge(found / 100, passed / 100), share / 100
        flags = CALLS * judge.flagged(prevalence)
        values = {
            "agreement": judge.agreement(prevalence),
            "kappa": judge.kappa(prevalence),
            "flags": flags,
            "false": CALLS * (1 - prevalence) * (1 - judge.specificity),
            "silent": SILENT.agreement(prevalence),
        }
        if flags:
            values["true"] = judge.true_share(prevalence)
        yield {"defective": share, "sensitivity": found, "specificity": passed}, values
