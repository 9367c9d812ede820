"""`python -m labs`: run the labs and store what they found, or check that it still holds."""

from __future__ import annotations

import argparse
import datetime
import sys

from labs.kit.compare import differences
from labs.kit.figure import files
from labs.kit.lab import Progress
from labs.kit.registry import LabModule, UnknownLabError, load, names
from labs.kit.staleness import staleness_hash
from labs.kit.store import RESULTS, as_json, read, record, values, write


def main(arguments: list[str] | None = None) -> int:
    """Run the named labs, or all.

    Args:
        arguments: the command line, without the program's name; see `--help`.

    Returns:
        0 if all went well; 1 if, with `--check`, a stored result or figure differs, or, with `--stale`, results are
        older than their code; 2 if a lab does not exist.
    """
    parser = argparse.ArgumentParser(prog="python -m labs", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="labs to run; all where none is named")
    parser.add_argument("--check", action="store_true", help="run and compare with what is stored; write nothing")
    parser.add_argument("--stale", action="store_true", help="name those whose results are older than their code")
    options = parser.parse_args(arguments)
    try:
        modules = [load(name) for name in options.names or names()]
    except UnknownLabError as error:
        print(f"labs: {error}", file=sys.stderr)
        return 2
    if options.stale:
        found = [line for module in modules if (line := stale(module))]
        print("\n".join(found), end="\n" if found else "")
        return 1 if found else 0
    if options.check:
        faults = [
            fault
            for number, module in enumerate(modules, 1)
            for fault in check(module, _show(module, number, len(modules)))
        ]
        print("\n".join(faults) if faults else f"labs: {len(modules)} reproduced what is stored")
        return 1 if faults else 0
    for number, module in enumerate(modules, 1):
        reproduce(module, _show(module, number, len(modules)))
    return 0


def reproduce(module: LabModule, progress: Progress) -> None:
    """Run one lab and store its results and figures.

    Args:
        module: the lab.
        progress: told how far it is.
    """
    lab = module.LAB
    document = record(lab, module.run(progress), datetime.date.today().isoformat())
    folder = RESULTS / lab.name
    drawn = files(module.draw(values(document)))
    write(folder / "results.json", as_json(document))
    for name, svg in drawn.items():
        write(folder / name, svg)
    for path in folder.glob("*.svg"):
        if path.name not in drawn:
            path.unlink()


def stale(module: LabModule) -> str | None:
    """Compare a lab's code with the one that made its results, without running it.

    Args:
        module: the lab.

    Returns:
        A line that begins with the file of the results, if they are missing or older; None if they belong together.
    """
    lab = module.LAB
    file = f"labs/results/{lab.name}/results.json"
    try:
        stored = read(lab.name)
    except FileNotFoundError:
        return f"{file}: there are no results of this lab: run `nox -s labs -- {lab.name}`"
    if stored["hash"] != staleness_hash(lab):
        return f"{file}: older than the lab's code, inputs or pins: run `nox -s labs -- {lab.name}`"
    return None


def check(module: LabModule, progress: Progress) -> list[str]:
    """Run one lab and compare with what is stored.

    Args:
        module: the lab.
        progress: told how far it is.

    Returns:
        One line a difference, each beginning with the lab's name.
    """
    lab = module.LAB
    try:
        stored = read(lab.name)
    except FileNotFoundError:
        return [f"{lab.name}: no stored results; run `nox -s labs -- {lab.name}`"]
    fresh = record(lab, module.run(progress), stored["reproduced"])
    faults = differences(stored, fresh)
    for name, svg in files(module.draw(values(stored))).items():
        path = RESULTS / lab.name / name
        if not path.is_file() or path.read_text(encoding="utf-8") != svg:
            faults.append(f"{name}: the stored figure is not what the stored results draw")
    return [f"{lab.name}: {fault}" for fault in faults]


def _show(module: LabModule, number: int, total: int) -> Progress:
    """Make a progress callback that prints one line, rewritten in place on a terminal."""
    terminal = sys.stdout.isatty()
    print(f"[{number}/{total}] {module.LAB.name}: {module.LAB.question}", flush=True)

    def progress(share: float, doing: str) -> None:
        line = f"      {share:4.0%}  {doing}"
        print(
            f"\r{line:<78}" if terminal and share < 1 else (f"\r{line:<78}\n" if terminal else line),
            end="" if terminal else "\n",
            flush=True,
        )

    return progress


if __name__ == "__main__":
    sys.exit(main())
