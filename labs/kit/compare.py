"""Comparing a fresh run with what is stored."""

from __future__ import annotations

from typing import Any


def differences(stored: dict[str, Any], fresh: dict[str, Any]) -> list[str]:
    """Tell how a fresh run differs from the stored results.

    Args:
        stored: the committed `results.json`.
        fresh: the document of a run just made.

    Returns:
        One sentence a difference, empty where there is none. The day of the run is not compared. A result with a
        band (a ratio of times) must lie in it, in both; every other value must be equal to the last digit.
    """
    found = [
        f"{field}: stored {stored.get(field)!r}, now {fresh.get(field)!r}"
        for field in ("lab", "title", "question", "hash", "engines", "parameters")
        if stored.get(field) != fresh.get(field)
    ]
    before, after = stored["results"], fresh["results"]
    found += [f"{key}: stored, but no longer found by the lab" for key in before.keys() - after.keys()]
    found += [f"{key}: found by the lab, but not stored" for key in after.keys() - before.keys()]
    for key in before.keys() & after.keys():
        band = after[key].get("band")
        if {**before[key], "value": None} != {**after[key], "value": None}:
            found.append(f"{key}: its description, unit or band changed")
        elif band:
            found += [
                f"{key}: {when} value {item['value']} lies outside {band[0]} to {band[1]}"
                for when, item in (("stored", before[key]), ("new", after[key]))
                if not band[0] <= item["value"] <= band[1]
            ]
        elif before[key]["value"] != after[key]["value"]:
            found.append(f"{key}: stored {before[key]['value']}, now {after[key]['value']}")
    return sorted(found)
