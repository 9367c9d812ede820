"""Collect `tz-releases.json`: what each release of the time-zone database said of the zones on which releases disagree.

Unpack every version of the PyPI package tzdata into a folder of its own, `uv pip install --target FOLDER/2026.6
tzdata==2026.6` and so on, and take `NEWS.md` out of the newest source distribution, which dates the releases. Then
`python -m labs.inputs.collect_tz_releases FOLDER NEWS.md` writes the file. Only zones whose midnights differ in the
lab's window are kept, each as often as a release changed one of them: the packages' bytes, in base 64. What a release
said of a zone that it did not know yet is what it said of the zone that the place belonged to.
"""

from __future__ import annotations

import json
import re
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from labs.kit.store import write
from labs.pledge_deadlines import INPUT, WINDOW, compiled, start_of_day, zone_names

ABOUT = (
    "Zones of the IANA time-zone database as its releases had them: TZif files of the PyPI package tzdata, unchanged, "
    "in base 64. Each holds from the release that it stands under until the next of the same zone; before a zone was "
    "split off, its file is that of the zone that it was part of. The dates are those in the package's NEWS. The data "
    "of the database are in the public domain."
)
FORMER = {
    "America/Ciudad_Juarez": "America/Ojinaga",  # split off in 2022g
    "America/Coyhaique": "America/Santiago",  # split off in 2025b
    "Europe/Kyiv": "Europe/Kiev",  # a new name, 2022b
    "Pacific/Kanton": "Pacific/Enderbury",  # a new name, 2021b
}


def releases(folder: Path, news: str) -> Iterator[tuple[str, datetime, Path]]:
    """List name, date and data of every release that is there, the oldest first."""
    found = re.findall(r"^# Version (\S+)\nUpstream version (\S+) released (\S+)", news, re.MULTILINE)
    named = {name: (datetime.fromisoformat(when), folder / version) for version, name, when in reversed(found)}
    for name, (when, path) in sorted(named.items(), key=lambda item: item[1][0]):
        if path.is_dir():
            yield name, when, path / "tzdata" / "zoneinfo"


def collect(folder: Path, news: str) -> dict[str, object]:
    """Gather what the file holds."""
    there = list(releases(folder, news))
    zones: dict[str, dict[str, str]] = {}
    for zone in zone_names(stations=True):
        kept: dict[str, str] = {}
        before: list[datetime] = []
        last = b""
        for name, _, data in there:
            file = data / zone
            content = (file if file.is_file() else data / FORMER[zone]).read_bytes()
            if content == last:
                continue
            starts = [start_of_day(compiled(content), day) for day in WINDOW]
            if starts != before:
                kept[name], before = b64encode(content).decode(), starts
            last = content
        if len(kept) > 1:
            zones[zone] = kept
    return {"about": ABOUT, "releases": {name: when.isoformat() for name, when, _ in there}, "zones": zones}


if __name__ == "__main__":
    write(INPUT, json.dumps(collect(Path(sys.argv[1]), Path(sys.argv[2]).read_text(encoding="utf-8")), indent=1) + "\n")
