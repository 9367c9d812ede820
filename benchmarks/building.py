"""How long builds take and what they leave, side by side with other generators; `nox -s bench` runs this.

Every generator builds the same posts on the same machine in the same run, so figures are ratios to plain Sphinx. A
cold build starts without anything that an earlier one kept. Then nothing is changed, a word is added to one post, and
one post gets another title. Processor time is that of all processes; memory is the most that they held together, with
what they share counted once.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from playwright.sync_api import sync_playwright

from benchmarks.corpus import slug
from benchmarks.generators import BARE, HOUSE, HOUSE_APART, PEERS, PLAIN, PLAIN_ONE_TREE, Generator
from tests.browser.chromium import FLAGS, ensure
from tests.browser.first_view import DESK, first_view
from tests.browser.serving import served

EDITS = ("cold", "no-op", "word", "title")
PEERS_LIE_IN = os.environ.get("FOLIO_PEERS", "")
"""The folder of the peers' programs, a Node among them; `nox -s bench` says where it is."""

QUIET = {
    **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
    "ASTRO_TELEMETRY_DISABLED": "1",
    "PATH": os.pathsep.join([PEERS_LIE_IN, os.environ["PATH"]]),
    "PYTHONPATH": str(Path(__file__).parents[1]),
}
"""The environment of every build."""


@dataclass(frozen=True)
class Built:
    """One build: seconds by the clock and of processors, bytes of memory, files and bytes written, pages among them."""

    wall: float
    processor: float
    memory: int
    files: int
    written: int
    pages: int


class Watch(threading.Thread):
    """Looks four times a second at how much memory a process and its descendants hold together."""

    def __init__(self, process: psutil.Process) -> None:
        super().__init__(daemon=True)
        self.process, self.most, self.over = process, 0, threading.Event()
        self.start()

    def run(self) -> None:
        while not self.over.wait(0.25):
            held = 0
            try:
                for one in [self.process, *self.process.children(recursive=True)]:
                    held += one.memory_full_info().pss
            except psutil.Error:
                continue
            self.most = max(self.most, held)


def build(generator: Generator, folder: Path, *, watch: bool = False) -> Built:
    """Build once.

    Args:
        generator: what builds.
        folder: the site's folder, prepared.
        watch: whether to look at the memory, which takes time of its own.

    Raises:
        RuntimeError: if the build fails; with what it printed.
    """
    out = folder / generator.out
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} if out.is_dir() else {}
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    with (folder / "log").open("w+") as log:
        process = subprocess.Popen(generator.command, cwd=folder, stdout=log, stderr=log, env=QUIET)
        watcher = Watch(psutil.Process(process.pid)) if watch else None
        status = process.wait()
        wall = time.perf_counter() - start
        if watcher:
            watcher.over.set()
        if status:
            log.seek(0)
            raise RuntimeError(f"{generator.name}: {log.read()[-2000:]}")
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    written = [path for path in out.rglob("*") if path.is_file() and before.get(path) != path.stat().st_mtime_ns]
    return Built(
        *(wall, processor, watcher.most if watcher else 0, len(written)),
        sum(path.stat().st_size for path in written),
        sum(path.suffix == ".html" for path in written),
    )


def clear(generator: Generator, folder: Path) -> None:
    """Remove the site and all that was kept of it."""
    for name in (generator.out, *generator.kept):
        shutil.rmtree(folder / name, ignore_errors=True)


def change(generator: Generator, folder: Path, count: int, what: str, turn: int) -> None:
    """Change the middle post: add a word at its end, or put one into its title."""
    path = folder / generator.post.format(slug=slug(count // 2))
    text = path.read_text(encoding="utf-8")
    if what == "word":
        text = f"{text.rstrip()} Word{turn}.\n"
    elif what == "title":
        text = text.replace(f"Post {count // 2}:", f"Post {count // 2}: Turn{turn}", 1)
    path.write_text(text, encoding="utf-8")


def measure(
    generator: Generator, folder: Path, count: int, rounds: int, edits: Sequence[str] = EDITS[1:]
) -> dict[str, list[Built]]:
    """Take one generator through all that is measured; the cold builds are those whose memory is watched.

    Returns:
        The builds by what was done before each.
    """
    found: dict[str, list[Built]] = {what: [] for what in EDITS}
    generator.prepare(folder, count)
    if (folder / "package.json").is_file():
        install = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--no-package-lock"]
        subprocess.run(install, cwd=folder, check=True, env=QUIET)
    for _ in range(rounds):
        clear(generator, folder)
        found["cold"].append(build(generator, folder, watch=True))
    for what in edits:
        for turn in range(rounds):
            change(generator, folder, count, what, turn)
            found[what].append(build(generator, folder))
    return found


def rounds_of(count: int, rounds: int) -> int:
    """Tell how often each thing is done: once where there are many posts, since it takes long and varies little."""
    return 1 if count >= 400 else rounds


def median(builds: Sequence[Built], of: Callable[[Built], float]) -> float:
    return statistics.median(map(of, builds))


# -- What a reader pays -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Read:
    """Bytes over the wire: of a first view of a post, and of a first search where there is one."""

    view: int
    search: int | None


def read(generator: Generator, folder: Path, count: int) -> Read:
    """Open a post on a phone, and ask the search for a word at a desk."""
    page = generator.page.format(slug=slug(count // 2)).removesuffix("index.html")
    with served(folder / generator.out) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=ensure(), args=list(FLAGS))
        view = first_view(browser, address + page).total
        found = None
        if generator.search:
            context = browser.new_context(**DESK)
            one = context.new_page()
            one.goto(address + page, wait_until="networkidle")
            sizes: list[int] = []
            context.on("response", lambda answer: sizes.append(int(answer.headers.get("content-length", 0))))
            generator.search(one, "settle")
            one.wait_for_timeout(500)
            found = sum(sizes)
        browser.close()
    return Read(view, found)


# -- Development servers ----------------------------------------------------------------------------------------------


def until_served(generator: Generator, folder: Path, count: int, rounds: int) -> float | None:
    """Edit a post under the generator's development server; give the median seconds until it serves the new word.

    Returns:
        Seconds, or None if it never did.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [part.replace("{port}", str(port)) for part in generator.serve]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=QUIET, start_new_session=True)
        try:
            page = generator.page.format(slug=slug(count // 2)).removesuffix("index.html")
            address = f"http://127.0.0.1:{port}/{page}"
            wait_until(address, "", 300)
            time.sleep(5)  # some serve before they watch
            times = []
            for turn in range(rounds):
                time.sleep(1)
                start = time.perf_counter()
                change(generator, folder, count, "word", 1000 + turn)
                wait_until(address, f"Word{1000 + turn}", 120)
                times.append(time.perf_counter() - start)
            return statistics.median(times)
        except TimeoutError as error:
            print(f"{generator.name}: {error}", file=sys.stderr)
            return None
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()


def wait_until(address: str, word: str, patience: float) -> None:
    """Ask a server until its answer holds a word.

    Raises:
        TimeoutError: if it never does.
    """
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            if word in urllib.request.urlopen(address, timeout=patience).read().decode():
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise TimeoutError(f"{address} never served {word!r}")


# -- Tables -----------------------------------------------------------------------------------------------------------


def table(title: str, heads: Sequence[str], rows: Iterator[Sequence[str]]) -> None:
    """Print a table in Markdown."""
    print(f"\n### {title}\n\n| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def side_by_side(root: Path, count: int, rounds: int, generators: Sequence[Generator], *, servers: bool) -> None:
    """Measure all generators with so many posts, and print what they took as ratios to plain Sphinx."""
    found: dict[str, dict[str, list[Built]]] = {}
    reads: dict[str, Read] = {}
    served_in: dict[str, float | None] = {}
    for generator in generators:
        folder = root / f"site-{generator.name.strip().split()[0].lower()}-{len(found)}"
        found[generator.name] = measure(generator, folder, count, rounds_of(count, rounds))
        reads[generator.name] = read(generator, folder, count)
        served_in[generator.name] = (
            until_served(generator, folder, count, rounds_of(count, rounds)) if servers and generator.serve else None
        )
        shutil.rmtree(folder)
    base = found[PLAIN.name]
    by_clock = {what: median(base[what], lambda one: one.wall) for what in EDITS}

    def times(name: str) -> Iterator[str]:
        for what in EDITS:
            yield f"{median(found[name][what], lambda one: one.wall) / by_clock[what]:.2f}"
        seconds = served_in[name]
        yield f"{seconds / (served_in[PLAIN.name] or 1):.2f}" if seconds else "–"

    def amounts(name: str) -> Iterator[str]:
        word, kept = found[name]["word"][-1], reads[name]
        yield f"{max(one.memory for one in found[name]['cold']) / 1e6:.0f} MB"
        yield f"{word.pages} of {word.files}, {word.written / 1e6:.1f} MB"
        yield f"{kept.view / 1e3:.0f} KB"
        yield f"{kept.search / 1e3:.0f} KB" if kept.search is not None else "no search"

    heads = ["", *EDITS, "edit, dev server"]
    table(f"{count} posts: time by the clock, plain Sphinx = 1", heads, ([name, *times(name)] for name in found))
    heads = ["", "memory", "pages of files written for a word", "first view of a post", "first search"]
    table(f"{count} posts: amounts", heads, ([name, *amounts(name)] for name in found))


def growth(root: Path, counts: Sequence[int], rounds: int) -> None:
    """Measure this site alone, with more and more posts, and print time a post beside that of the smallest."""
    rows, first = [], 0.0
    for count in counts:
        folder = root / f"growth-{count}"
        built = measure(HOUSE, folder, count, rounds_of(count, rounds), edits=())["cold"]
        cold = median(built, lambda one: one.processor) / count
        first = first or cold
        held, page = max(one.memory for one in built), folder / HOUSE.out / HOUSE.page.format(slug=slug(count // 2))
        index = sum(path.stat().st_size for path in (folder / HOUSE.out / "pagefind").rglob("*") if path.is_file())
        size = page.stat().st_size
        share = f"{cold / first:.2f}"
        rows.append([f"{count:,}", share, f"{held / 1e6:.0f} MB", f"{size / 1e3:.1f} KB", f"{index / 1e6:.1f} MB"])
        shutil.rmtree(folder)
    table("This site alone", ["posts", "processor time a post", "memory", "a post's page", "index"], iter(rows))


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--posts", type=int, nargs="*", default=[20, 100, 400], help="how many posts, side by side")
    options.add_argument("--growth", type=int, nargs="*", default=[100, 1000], help="how many, this site alone")
    options.add_argument("--rounds", type=int, default=2, help="how often each thing is done")
    options.add_argument("--no-servers", action="store_true", help="leave the development servers out")
    options.add_argument("--only", nargs="*", default=[], help="generators, by a part of their name")
    asked = options.parse_args()
    wanted = [one for one in PEERS if not asked.only or any(part in one.name for part in asked.only)]
    with TemporaryDirectory() as place:
        root = Path(place)
        for count in asked.posts:
            all_of_them = [PLAIN, PLAIN_ONE_TREE, BARE, HOUSE, HOUSE_APART, *wanted]
            side_by_side(root, count, asked.rounds, all_of_them, servers=not asked.no_servers)
        if asked.growth:
            growth(root, asked.growth, asked.rounds)


if __name__ == "__main__":
    main()
