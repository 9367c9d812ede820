"""Taking labs through a run: to store what they find, or to compare it with what is stored."""

from __future__ import annotations

import datetime
import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from labs.kit.compare import differences
from labs.kit.figure import files
from labs.kit.lab import Progress
from labs.kit.registry import LabModule, load
from labs.kit.staleness import staleness_hash
from labs.kit.store import RESULTS, as_json, read, record, values, write


def through(
    modules: Sequence[LabModule], each: Callable[[LabModule, Progress], list[str]], jobs: int
) -> Iterator[list[str]]:
    """Take labs through a run.

    Args:
        modules: the labs.
        each: what is done with a lab, `reproduce` or `check`.
        jobs: how many at a time. More than one have processes of their own, those that take longest first, and are
            told when they are done, not how far they are.

    Yields:
        What `each` returns, in the order in which labs are done.
    """
    if jobs == 1 or len(modules) == 1:
        for number, module in enumerate(modules, 1):
            yield each(module, _show(module, number, len(modules)))
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawn, max_tasks_per_child=1) as pool:
        longest = sorted(modules, key=lambda module: -module.LAB.seconds)
        under_way = {pool.submit(_quietly, module.LAB.name, each): module for module in longest}
        for number, done in enumerate(as_completed(under_way), 1):
            print(f"[{number}/{len(modules)}] {under_way[done].LAB.name}: {under_way[done].LAB.question}", flush=True)
            yield done.result()


def _quietly(name: str, each: Callable[[LabModule, Progress], list[str]]) -> list[str]:
    """Take one lab through `each` without telling how far it is."""
    return each(load(name), lambda _share, _doing: None)


def reproduce(module: LabModule, progress: Progress) -> list[str]:
    """Run one lab and store its results and figures.

    Args:
        module: the lab.
        progress: told how far it is.

    Returns:
        No line: nothing is compared.
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
    return []


def stale(name: str) -> str | None:
    """Compare a lab's code with the one that made its results, without running it.

    Args:
        name: the lab.

    Returns:
        A line that begins with a file, if the lab cannot be loaded, or its results are missing, no results or older;
        None if they belong together.
    """
    module, file = f"labs/{name.replace('-', '_')}.py", f"labs/results/{name}/results.json"
    try:
        lab = load(name).LAB
    except SyntaxError as error:
        return f"{module}:{error.lineno or 0}: cannot be read: {error.msg}"
    except Exception as error:  # whatever an author's module does while it is imported
        return f"{module}: cannot be loaded: {error}"
    again = f"run `nox -s labs -- {name}`"
    try:
        stored = read(lab.name)["hash"]
    except FileNotFoundError:
        return f"{file}: there are no results of this lab: {again}"
    except (ValueError, TypeError, KeyError):
        return f"{file}: not what a lab writes: {again}"
    return None if stored == staleness_hash(lab) else f"{file}: older than the lab's code, inputs or pins: {again}"


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
