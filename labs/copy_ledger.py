"""Which wrong copies does each way of keeping a copy job's books leave behind?

Three documents lie in a folder (the source) and are to be copied into an object store. A ledger says which are done, so
that a copier which is killed can go on where it was. The copier is a real process, ended by SIGKILL before each of its
steps in turn and started again; the store and the ledger are two SQLite databases, so no transaction spans both. Each
read of the source in turn comes back damaged, without an error. Every combination is played, and the store is then
compared with what was uploaded: a copy is right, missing, or different.

Parties and steps are a model and belong to no system. The store takes a document whole or not at all and, if it is sent
a digest, refuses bytes that do not match it, as Amazon S3's documentation says of S3. (moto 5.2.5, which imitates S3 in
Python, stored them all the same when it was tried, so it cannot play this part.) How often a copier dies or a read
comes back short is not modelled: the runs are counted, and a count of runs is no probability.

After Saltzer, Reed and Clark, End-to-End Arguments in System Design (1984), whose example is a careful file transfer.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import random
import signal
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations as pairs
from pathlib import Path

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure, element, text
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values

SIZES = {"vendor-6": 4_100, "vendor-7": 5_200, "vendor-8": 6_300}
ROUNDS = 4
SEED = 20261122
DOCUMENTS = {name: random.Random(f"{SEED} {name}").randbytes(size) for name, size in SIZES.items()}
RENEWED = random.Random(f"{SEED} renewed").randbytes(SIZES["vendor-7"])
MIDDLE, NEW = "vendor-7", "vendor-9"

LAB = Lab(
    name="copy-ledger",
    title="Every crash of a copy job",
    question="Which wrong copies does each way of checking a copy job leave, wherever it is killed?",
    parameters=(
        Parameter("SIZES", ", ".join(f"{size:,}" for size in SIZES.values()), "bytes", "illustrative: three documents"),
        Parameter("ROUNDS", ROUNDS, "tries", "illustrative: then the copier stops and says that something is wrong"),
        Parameter("short", "the first half", "of the bytes", "illustrative: a read that ends early without an error"),
        Parameter("flipped", 1, "bit", "illustrative: damage that leaves the size as it was"),
        Parameter("kills", "0 or 1", "in a run", "before every step; a restart is not killed again"),
        Parameter("SEED", SEED, "", "of the documents' bytes"),
    ),
    seconds=7,
)

Damage = Callable[[bytes], bytes]
STEPS, READS, SENDS, DAMAGED_AT, RENEWED_AT = range(5)


def short(data: bytes) -> bytes:
    """Lose the second half."""
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    """Change one bit in the middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]


def digest(data: bytes) -> str:
    """Name content by its SHA-256."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Policy:
    """How a copy job keeps its books and what it checks.

    Args:
        records: whether the ledger's row is written before the copy or after it.
        sends_digest: whether the store is told the digest of the bytes that were read, and refuses others.
        sizes: whether the stored size is compared with the size that the source's directory gives.
        audit: with what a last pass compares the store's content: nothing, the digest in the ledger, the source read
            again, a digest that was taken by a read when the migration began, or the one taken at the upload.
        catches_up: whether the portal is then closed, and what was uploaded in the meantime is compared once more.
    """

    records: str = "after"
    sends_digest: bool = True
    sizes: bool = False
    audit: str = ""
    catches_up: bool = False


POLICIES = {
    "intent": Policy(records="before", sends_digest=False),
    "success": Policy(sends_digest=False),
    "digest": Policy(),
    "ledger_audit": Policy(audit="ledger"),
    "sizes": Policy(sizes=True),
    "compare": Policy(audit="source"),
    "compare_bare": Policy(records="before", sends_digest=False, audit="source"),
    "origin": Policy(audit="origin"),
}
"""What the essay compares. `compare_bare` has the worse ledger, no digest and the full comparison."""


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong in one run. Steps, reads and sends are numbered from 1 and go on counting after a restart."""

    killed_before: frozenset[int] = frozenset()
    damaged_reads: frozenset[int] = frozenset()
    damaged_sends: frozenset[int] = frozenset()
    damage: Damage = short
    always: str = ""
    renewed_before: int = 0
    renewed: str = MIDDLE
    mirrored: bool = False


class GaveUpError(Exception):
    """The copier gave up and said so."""


def die() -> None:
    """End this process as `kill -9` does: nothing is flushed, closed or rolled back."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True)
class Machine:
    """The disks, and the faults that strike. Its counters outlive the copier's process."""

    folder: Path
    faults: Faults
    kill: Callable[[], None] = die
    counts: memoryview = field(default_factory=lambda: memoryview(mmap.mmap(-1, 40)).cast("q"))

    def upload(self, name: str, content: bytes) -> None:
        """Let a vendor put a document into the source, with the digest of what arrived."""
        for part, value in (("source", content), ("origin", digest(content).encode())):
            path = self.folder / part / name
            if not path.exists() or path.read_bytes() != value:
                path.write_bytes(value)

    def step(self, *, inside: bool = False) -> None:
        """Begin a step of the copier: this is where it may be killed, or be overtaken by a renewal.

        Args:
            inside: in the middle of a transaction, where another writer would wait for its end.
        """
        self.counts[STEPS] += 1
        now = self.counts[STEPS]
        if 0 < self.faults.renewed_before <= now and not self.counts[RENEWED_AT] and not inside:
            self.counts[RENEWED_AT] = now
            self.upload(self.faults.renewed, RENEWED)
            if self.faults.mirrored:
                Store(self).write(self.faults.renewed, RENEWED)
        if now in self.faults.killed_before:
            self.kill()

    def read(self, name: str) -> bytes:
        """Read a document from the source, perhaps damaged; nothing tells."""
        self.step()
        self.counts[READS] += 1
        content = (self.folder / "source" / name).read_bytes()
        if self.counts[READS] not in self.faults.damaged_reads and name != self.faults.always:
            return content
        self.counts[DAMAGED_AT] = self.counts[STEPS]
        return self.faults.damage(content)

    def send(self, content: bytes) -> bytes:
        """Carry a document to the store, perhaps damaged on the way."""
        self.counts[SENDS] += 1
        return self.faults.damage(content) if self.counts[SENDS] in self.faults.damaged_sends else content

    def names(self) -> list[str]:
        """List the source."""
        return sorted(path.name for path in (self.folder / "source").iterdir())

    def uploaded(self) -> list[str]:
        """List what was uploaded since the migration began, as the portal has noted it."""
        return [self.faults.renewed] if self.counts[RENEWED_AT] else []


class Table:
    """One SQLite database with one table, of names and values."""

    def __init__(self, machine: Machine, file: str) -> None:
        self.machine = machine
        self.db = sqlite3.connect(machine.folder / file, isolation_level=None)
        self.db.execute("PRAGMA synchronous = OFF")  # a killed process loses nothing that the system already has
        self.db.execute("PRAGMA journal_mode = PERSIST")  # a kill's traces are rolled back all the same
        self.db.execute("CREATE TABLE IF NOT EXISTS entry (name TEXT PRIMARY KEY, value BLOB)")

    def get(self, name: str) -> bytes | None:
        """Look a value up."""
        row = self.db.execute("SELECT value FROM entry WHERE name = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def write(self, name: str, value: bytes) -> None:
        """Write a value at once."""
        self.db.execute("INSERT OR REPLACE INTO entry VALUES (?, ?)", (name, value))


class Store(Table):
    """The object store: takes an object whole or not at all, and checks the digest if it is sent one."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine, "store.db")

    def put(self, name: str, content: bytes, expected: str | None) -> bool:
        """Store an object in one transaction; False if its bytes do not have the digest that was sent along."""
        self.machine.step()
        received = self.machine.send(content)
        if expected is not None and digest(received) != expected:
            return False
        self.db.execute("BEGIN IMMEDIATE")
        self.write(name, received)
        self.machine.step(inside=True)
        self.db.execute("COMMIT")
        return True


def migrate(policy: Policy, machine: Machine) -> None:
    """Copy all documents that the ledger does not call done, then check, as often as the check finds something."""
    store, ledger = Store(machine), Table(machine, "ledger.db")
    if policy.audit == "late":
        for name in machine.names():
            (machine.folder / "late" / name).write_text(digest(machine.read(name)))
    for name in machine.names():
        if ledger.get(name) is None:
            copy(policy, machine, store, ledger, name)
    if policy.audit:
        settle(policy, machine, store, ledger, machine.names)
    if policy.catches_up:
        settle(policy, machine, store, ledger, machine.uploaded)
    machine.step()


def settle(policy: Policy, machine: Machine, store: Store, ledger: Table, names: Callable[[], list[str]]) -> None:
    """Compare the documents of a list, copying again what differs, until a whole pass finds nothing."""
    for _ in range(ROUNDS):
        wrong = [name for name in names() if differs(policy, machine, store, ledger, name)]
        if not wrong:
            return
        for name in wrong:
            copy(policy, machine, store, ledger, name)
    raise GaveUpError


def copy(policy: Policy, machine: Machine, store: Store, ledger: Table, name: str) -> None:
    """Copy one document and enter it in the ledger."""
    for _ in range(ROUNDS):
        if policy.records == "before":
            machine.step()
            ledger.write(name, b"begun")
        content = machine.read(name)
        if not store.put(name, content, digest(content) if policy.sends_digest else None):
            continue
        if policy.sizes and len(store.get(name) or b"") != (machine.folder / "source" / name).stat().st_size:
            continue
        if policy.records == "after":
            machine.step()
            ledger.write(name, digest(content).encode())
        return
    raise GaveUpError


def differs(policy: Policy, machine: Machine, store: Store, ledger: Table, name: str) -> bool:
    """Compare the store's content of one document with whatever the policy trusts."""
    if policy.audit == "source":
        expected = digest(machine.read(name))
    elif policy.audit in ("origin", "late"):
        machine.step()
        expected = (machine.folder / policy.audit / name).read_text()
    else:
        machine.step()
        expected = (ledger.get(name) or b"").decode()
    machine.step()
    stored = store.get(name)
    return stored is None or digest(stored) != expected  # a missing object is no empty one


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one run ended: the names of the wrong copies, whether the copier said so, what it cost."""

    missing: tuple[str, ...]
    different: tuple[str, ...]
    alarm: bool
    steps: int
    reads: int
    killed_at: int
    damaged_at: int
    renewed_at: int

    @property
    def wrong(self) -> bool:
        """Tell whether the copier declared success and a copy is wrong."""
        return bool(self.missing or self.different) and not self.alarm

    @property
    def kind(self) -> str:
        """Say in a word what is wrong; a run with both kinds counts as missing."""
        return "missing" if self.missing else "different" if self.different else "right"


def play(policy: Policy, faults: Faults, folder: Path) -> Outcome:
    """Run a copy job on empty disks, starting it again as often as it is killed, and judge the store."""
    machine = Machine(folder, faults)
    for part in ("source", "origin", "late"):
        (folder / part).mkdir(exist_ok=True)
    for part in ("source", "origin"):
        (folder / part / NEW).unlink(missing_ok=True)
    for file in ("store.db", "ledger.db"):
        table = Table(machine, file)
        table.db.execute("DELETE FROM entry")
        table.db.close()
    for name, content in DOCUMENTS.items():
        machine.upload(name, content)
    ended = None
    while ended is None:
        doomed = max(faults.killed_before, default=0) > machine.counts[STEPS]
        ended = (in_a_process if doomed else here)(lambda: migrate(policy, machine))
    store = Store(machine)
    truth = DOCUMENTS | ({faults.renewed: RENEWED} if machine.counts[RENEWED_AT] else {})
    found = {name: store.get(name) for name in truth}
    store.db.close()
    return Outcome(
        tuple(name for name, content in found.items() if content is None),
        tuple(name for name, content in found.items() if content is not None and content != truth[name]),
        ended == 3,
        machine.counts[STEPS],
        machine.counts[READS],
        max(faults.killed_before, default=0),
        machine.counts[DAMAGED_AT],
        machine.counts[RENEWED_AT],
    )


def here(job: Callable[[], None]) -> int:
    """Run a job that no kill can strike any more in this process."""
    try:
        job()
    except GaveUpError:
        return 3
    return 0


def in_a_process(job: Callable[[], None]) -> int | None:
    """Run a job in a process of its own. Returns its exit code, 3 if it stopped by itself, None if it was killed."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            job()
            code = 0
        except GaveUpError:
            code = 3
        except BaseException as problem:
            print(f"      {problem!r}", file=sys.stderr)
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in (0, 3, -signal.SIGKILL):
        raise RuntimeError(f"the copier ended with {status}")
    return None if status < 0 else status


@dataclass(slots=True)
class Tally:
    """The runs of one policy under one kind of damage: (step killed before, read damaged) with how each ended."""

    runs: dict[tuple[int, int], Outcome] = field(default_factory=dict)

    @property
    def wrong(self) -> int:
        """Count the runs that were declared done and left a wrong copy."""
        return sum(run.wrong for run in self.runs.values())


def every_run(policy: Policy, damage: Damage, folder: Path) -> Tally:
    """Play each kill (0: none, then before each step) with each damaged read (0: none, then each)."""
    tally = Tally()

    def one(kill: int, read: int) -> Outcome:
        faults = Faults(frozenset({kill} - {0}), frozenset({read} - {0}), damage=damage)
        tally.runs[kill, read] = outcome = play(policy, faults, folder)
        return outcome

    steps = [one(0, 0).steps]
    steps += [one(0, read).steps for read in range(1, tally.runs[0, 0].reads + 1)]
    for kill in range(1, max(steps) + 1):
        reads = one(kill, 0).reads if kill <= steps[0] else len(steps) - 1
        for read in range(1, reads + 1):
            # until the kill, the run is as without it: the kill strikes only if that run had so many steps
            if read >= len(steps) or kill <= steps[read]:
                one(kill, read)
    return tally


def each_alone(policy: Policy, folder: Path, faults: Callable[[int, Damage], Faults]) -> list[Outcome]:
    """Play one fault at a time, for each of the three documents and both kinds of damage, nobody being killed."""
    return [play(policy, faults(place, damage), folder) for place in range(len(SIZES)) for damage in (short, flipped)]


def always(place: int, damage: Damage) -> Faults:
    """Damage every read of one document alike."""
    return Faults(always=list(SIZES)[place], damage=damage)


def on_the_way(place: int, damage: Damage) -> Faults:
    """Damage one document after it was read and before the store has it."""
    return Faults(damaged_sends=frozenset({place + 1}), damage=damage)


def two_reads(folder: Path, policy: Policy, damage: Damage = short) -> list[Outcome]:
    """Damage every pair of reads alike, nobody being killed."""
    reads = range(1, play(policy, Faults(), folder).reads + 1)
    return [play(policy, Faults(damaged_reads=frozenset(pair), damage=damage), folder) for pair in pairs(reads, 2)]


def renewals(
    policy: Policy, folder: Path, *, name: str = MIDDLE, mirrored: bool = False, until: int | None = None
) -> list[Outcome]:
    """Upload a document before each step, nobody being killed.

    Args:
        policy: how the copy job works.
        folder: where the disks are.
        name: whose document: vendor 7's takes the old one's place, vendor 9's is its first.
        mirrored: whether the portal writes the new document to the store too, after the source.
        until: the last step before which the portal still takes documents; None is the copier's last.
    """
    last = until or play(policy, Faults(), folder).steps
    runs = [play(policy, Faults(renewed_before=n, renewed=name, mirrored=mirrored), folder) for n in range(1, last + 1)]
    return [run for n, run in enumerate(runs, 1) if run.renewed_at == n]  # the others waited for a transaction's end


def wrongs(runs: list[Outcome]) -> int:
    """Count the runs that were declared done and left a wrong copy."""
    return sum(run.wrong for run in runs)


def run(progress: Progress) -> Results:
    """Play everything."""
    results: Results = {}

    def note(key: str, wrong: int, total: int, what: str) -> None:
        results[f"{key}.wrong"] = Result(wrong, f"runs declared done that leave a wrong copy: {what}", "runs")
        results[f"{key}.total"] = Result(total, f"runs played: {what}", "runs")

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        tallies: dict[str, Tally] = {}
        for place, (name, policy) in enumerate(POLICIES.items()):
            progress(place / 10, name)
            for damage in (short, flipped) if policy.sizes else (short,):
                tally = every_run(policy, damage, folder)
                note(f"{name}.{damage.__name__}", tally.wrong, len(tally.runs), f"{name}, one read {damage.__name__}")
                tallies.setdefault(name, tally)
        progress(0.9, "one fault at a time, renewals")
        for name in ("intent", "success"):
            alone = [run for (_, read), run in tallies[name].runs.items() if not read]
            note(f"{name}.kills", wrongs(alone), len(alone), f"{name}, no read damaged")
        struck = [run for (_, read), run in tallies["digest"].runs.items() if 0 < read <= len(SIZES)]
        what = "a first read was short"
        note("digest.struck", wrongs(struck), len(struck), what)
        results["digest.cured"] = Result(len(struck) - wrongs(struck), f"runs in which {what}, and a kill mended it")
        passed = sum(run.wrong and run.killed_at > run.damaged_at for run in struck)
        results["digest.passed"] = Result(passed, f"runs in which {what}, and a later process passed the copy over")
        late = Policy(audit="late")
        for name, policy in ("compare", POLICIES["compare"]), ("late", late), ("origin", POLICIES["origin"]):
            runs = each_alone(policy, folder, always)
            note(f"always.{name}", wrongs(runs), len(runs), f"{name}, every read of one document damaged alike")
            results[f"always.{name}.alarms"] = Result(sum(run.alarm for run in runs), "of them, runs that gave up")
        bare = POLICIES["success"]
        for name, policy in (
            ("success", bare),
            ("digest", POLICIES["digest"]),
            ("sizes", replace(bare, sizes=True)),
            ("ledger_audit", replace(bare, audit="ledger")),
            ("compare_bare", POLICIES["compare_bare"]),
        ):
            runs = each_alone(policy, folder, on_the_way)
            note(f"sent.{name}", wrongs(runs), len(runs), f"{name}, a document damaged between copier and store")
        both = two_reads(folder, POLICIES["compare"])
        note("compare.two_reads", wrongs(both), len(both), "compare, two reads short")
        catches_up = replace(POLICIES["compare"], catches_up=True)
        copied = play(POLICIES["digest"], Faults(), folder).steps - 1  # before these steps the portal was open
        compared = play(POLICIES["compare"], Faults(), folder).steps - 1
        for key, policy, mirrored, until in (
            ("copied", POLICIES["digest"], False, None),
            ("compare", POLICIES["compare"], False, None),
            ("compare_mirrored", POLICIES["compare"], True, None),
            ("compare_paused", POLICIES["compare"], False, copied),
            ("catches_up", catches_up, False, compared),
        ):
            for kind, name in ("renewed", MIDDLE), ("added", NEW):
                runs = renewals(policy, folder, name=name, mirrored=mirrored, until=until)
                note(f"{kind}.{key}", wrongs(runs), len(runs), f"{key}, {name}'s document {kind} before a step")
        for name in ("digest", "compare", "origin"):
            reads = play(POLICIES[name], Faults(), folder).reads
            results[f"{name}.reads"] = Result(reads, f"reads of the source without any fault: {name}", "reads")
    for name in ("intent", "digest"):
        for kind in ("right", "missing", "different"):
            places = [at for at, run in tallies[name].runs.items() if run.kind == kind]
            for axis, word in ((0, "kill"), (1, "read")):
                what = f"{word} (0: none) of each run of {name}, one read short, that ends {kind}"
                results[f"map.{name}.{kind}.{word}"] = Result([at[axis] for at in places], what)
    progress(1, "every run played")
    return results


def draw(values: Values) -> Iterator[Figure]:
    """Draw the runs of two ledgers, one by one."""
    yield Figure("runs", drawing=runs(values, COLUMN), narrow=runs(values, NARROW))


def runs(values: Values, width: int) -> str:
    """Draw one dot a run: across, the step before which the copier was killed; down, the read that was short."""
    rows = {"intent": (10.0, 4, "row written before the copy"), "digest": (4.0, 5, "row written after the copy")}
    names = ["no read", "1st read", "2nd read", "3rd read", "4th read"]
    ticks = [(top - read, names[read]) for top, reads, _ in rows.values() for read in range(reads)]
    chart = Chart(
        width,
        368,
        Scale(-0.5, 13.2, ticks=[(0, "none"), 3, 6, 9, 12]),
        Scale(-0.4, 11.0, ticks=ticks),
        x_label="killed before step",
        left=72,
        top=76,
    )
    for name, (top, _, title) in rows.items():
        chart.label(-0.5, top, title, dx=0, dy=-14)
        for kind, tone in (("right", 0), ("missing", 1), ("different", 2)):
            key = f"map.{name}.{kind}"
            kills, reads = values[f"{key}.kill"], values[f"{key}.read"]
            assert isinstance(kills, list)
            assert isinstance(reads, list)
            for index, (kill, read) in enumerate(zip(kills, reads, strict=True)):
                x, y = chart.at_x(float(kill)), chart.at_y(top - float(read))
                if kind == "right":
                    chart.parts.append(element("circle", cx=x, cy=y, r=2.5, class_="fig-bar fig-0"))
                    continue
                chart.mark(float(kill), top - float(read), tone, x_key=f"{key}.kill[{index}]")
                if kind == "different":
                    chart.parts.append(element("circle", cx=x, cy=y, r=4.0, class_="fig-bar fig-2"))
    for left, class_, radius, words in (
        (6, "fig-bar fig-0", 2.5, "right"),
        (66, "fig-dot fig-1", 4.5, "missing"),
        (142, "fig-bar fig-2", 4.5, "different"),
    ):
        chart.parts.append(element("circle", cx=float(left), cy=10.0, r=radius, class_=class_))
        chart.parts.append(text(left + 10, 14, words))
    chart.parts.append(text(0, 42, "read that came back short"))
    return chart.svg()
