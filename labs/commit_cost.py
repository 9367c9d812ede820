"""How fast can changes be written into a search index if they are made visible more or less often?

A real engine: tantivy, a search library in the manner of Lucene. It is not OpenSearch or Elasticsearch, and nothing in
here is measured of their refreshes, which are no commits. No index in here is anybody's.

Method. An index on disk holds documents of random words. A change deletes a document by its id and adds a whole new
one under the same id. One writer thread takes the changes. After every so many of them the lab commits and reloads the
reader, so that a searcher asked for afterwards finds them; changes, commits and reloads are timed together, by the
wall clock. Each number of changes is tried several times, in turns, and the quickest run counts. After a run the index
must hold as many documents as before.

What a result means. Only ratios of rates from one run are kept, and each has a band as wide as what is said of it. The
same is done in memory (no commit waits for a disk; time is the processor's there) and with documents a hundred times
as long. Nothing is measured of queries or of other loads on the same disk.

What a commit makes visible is no timing: one document is changed once, and a searcher is asked for it at five moments.
The reader is set to reload by hand only; tantivy's default reloads by itself some moments after a commit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import pairwise
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tantivy import Document, Index, IndexWriter, SchemaBuilder, Searcher

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

RUNS = {10: 600, 100: 3_000, 1_000: 10_000, 10_000: 30_000}
"""Changes to a commit, and changes in a run."""
FEWER = {10: 200, 100: 1_000, 1_000: 3_000}
"""The same for the two variants."""
DOCUMENTS = 1_000
VOCABULARY = 2_000
WORDS, LONG = 12, 1_200
HEAP = 50_000_000
BEST_OF = 6
SEED = 20261122

LAB = Lab(
    name="commit-cost",
    title="Indexing rate against changes to a commit",
    question="How much faster can changes be written if more of them share a commit?",
    parameters=(
        Parameter("RUNS", "10 to 10,000", "changes", "illustrative: between two commits"),
        Parameter("changes", "600 to 30,000", "changes", "in a run: the more, the more of them share a commit"),
        Parameter("DOCUMENTS", DOCUMENTS, "documents", "illustrative: in the index, each replaced in turn"),
        Parameter("WORDS", WORDS, "words", "illustrative: in a document, drawn evenly"),
        Parameter("LONG", LONG, "words", "illustrative: in a long document"),
        Parameter("VOCABULARY", VOCABULARY, "words", "illustrative"),
        Parameter("HEAP", HEAP, "bytes", "the writer's buffer"),
        Parameter("threads", 1, "", "that write, so that runs are alike"),
        Parameter("BEST_OF", BEST_OF, "runs", "the quickest counts"),
        Parameter("SEED", SEED, "", "of the words; any number will do"),
    ),
    seconds=18,
    engines=("tantivy",),
)


class Setting(NamedTuple):
    """Where the index is and how long its documents are."""

    on_disk: bool = True
    words: int = WORDS

    @property
    def clock(self) -> Callable[[], float]:
        """The wall clock where a commit waits for the disk, and the processor's time in memory."""
        return time.perf_counter if self.on_disk else time.process_time


def bodies(number: int, words: int) -> list[str]:
    """Make this many texts of random words."""
    chance = Random(SEED)
    return [" ".join(f"w{chance.randrange(VOCABULARY)}" for _ in range(words)) for _ in range(number)]


def opened(path: str | None) -> tuple[Index, IndexWriter]:
    """Make an empty index, in memory or in a folder, whose reader reloads when it is told to."""
    builder = SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    builder.add_text_field("body", stored=True)
    index = Index(builder.build(), path=path)
    index.config_reader("manual")
    return index, index.writer(heap_size=HEAP, num_threads=1)


def change(writer: IndexWriter, key: str, body: str) -> None:
    """Replace a document as a whole."""
    writer.delete_documents_by_term("id", key)
    writer.add_document(Document(id=key, body=body))


def seconds(texts: list[str], changes: int, to_commit: int, setting: Setting) -> float:
    """Make the changes, commit and reload after every so many, and tell the seconds for one change."""
    with ExitStack() as stack:
        index, writer = opened(stack.enter_context(TemporaryDirectory()) if setting.on_disk else None)
        for number in range(DOCUMENTS):
            change(writer, str(number), texts[number])
        writer.commit()
        begun = setting.clock()
        for number in range(1, changes + 1):
            change(writer, str(number % DOCUMENTS), texts[number % len(texts)])
            if number % to_commit == 0:
                writer.commit()
                index.reload()
        taken = setting.clock() - begun
        if index.searcher().num_docs != DOCUMENTS:
            raise RuntimeError(f"{index.searcher().num_docs} documents are left, not {DOCUMENTS}")
        writer.wait_merging_threads()
    return taken / changes


def rates(runs: Mapping[int, int], setting: Setting, progress: Progress, best_of: int = BEST_OF) -> dict[int, float]:
    """Try every number of changes to a commit, in turns; tell the changes a second of the quickest runs."""
    texts = bodies(DOCUMENTS, setting.words)
    best = dict.fromkeys(runs, float("inf"))
    for turn in range(best_of):
        progress(turn / best_of, f"turn {turn + 1} of {best_of}")
        for to_commit, changes in runs.items():
            best[to_commit] = min(best[to_commit], seconds(texts, changes, to_commit, setting))
    return {to_commit: 1 / taken for to_commit, taken in best.items()}


# --- What a commit makes visible -------------------------------------------------------------------------------------


def found(index: Index, searcher: Searcher) -> str:
    """Ask a searcher for the one document, and tell its body."""
    hits = searcher.search(index.parse_query("12", ["id"]), 10).hits
    return " and ".join(str(searcher.doc(address)["body"][0]) for _, address in hits)


def moments() -> dict[str, str]:
    """Change a document from old to new, and tell which of the two is found at five moments."""
    index, writer = opened(None)
    change(writer, "12", "old")
    writer.commit()
    index.reload()
    earlier = index.searcher()
    change(writer, "12", "new")
    seen = {"written": found(index, index.searcher())}
    index.reload()
    seen["written.reloaded"] = found(index, index.searcher())
    writer.commit()
    seen["committed"] = found(index, index.searcher())
    index.reload()
    return seen | {"reloaded.earlier": found(index, earlier), "reloaded": found(index, index.searcher())}


# --- The lab ---------------------------------------------------------------------------------------------------------

MOMENTS = {
    "written": "after the change was written",
    "written.reloaded": "after a reload without a commit",
    "committed": "after a commit without a reload",
    "reloaded.earlier": "after commit and reload, by a searcher that was there before",
    "reloaded": "after commit and reload, by a new searcher",
}


def run(progress: Progress) -> Results:
    """Measure the rates in three settings, and ask what can be found when."""
    disk = rates(RUNS, Setting(), lambda share, doing: progress(0.6 * share, f"on disk, {doing}"))
    memory = rates(FEWER, Setting(on_disk=False), lambda share, doing: progress(0.6 + 0.1 * share, f"memory, {doing}"))
    long = rates(FEWER, Setting(words=LONG), lambda share, doing: progress(0.7 + 0.3 * share, f"long, {doing}"))
    progress(1.0, "done")
    return compared(disk, memory, long) | {
        f"seen.{key}": Result(seen, f"what is found {MOMENTS[key]}") for key, seen in moments().items()
    }


def compared(disk: Mapping[int, float], memory: Mapping[int, float], long: Mapping[int, float]) -> Results:
    """Turn rates into ratios."""
    most = disk[10_000]
    what = "rate at {:,} changes to a commit, over the rate at {:,}"
    return {
        "sizes": Result([*RUNS], "changes to a commit", "changes"),
        "best_of": Result(BEST_OF, "runs of each kind, of which the quickest counts", "runs"),
        "rate10": Result(disk[10] / most, what.format(10, 10_000), band=(0.0001, 0.1)),
        "rate100": Result(disk[100] / most, what.format(100, 10_000), band=(0.001, 0.3)),
        "rate1000": Result(disk[1_000] / most, what.format(1_000, 10_000), band=(0.01, 1.2)),
        "rate10000": Result(1, "rate at 10,000 changes to a commit, over itself"),
        "gain100": Result(disk[100] / disk[10], what.format(100, 10), band=(3, 30)),
        "gain1000": Result(disk[1_000] / disk[100], what.format(1_000, 100), band=(3, 30)),
        "gain10000": Result(most / disk[1_000], what.format(10_000, 1_000), band=(0.8, 10)),
        "memory.gain100": Result(memory[100] / memory[10], what.format(100, 10) + ", in memory", band=(3, 30)),
        "memory.gain1000": Result(memory[1_000] / memory[100], what.format(1_000, 100) + ", in memory", band=(2, 30)),
        "long.gain100": Result(long[100] / long[10], what.format(100, 10) + ", long documents", band=(2, 30)),
        "long.gain1000": Result(long[1_000] / long[100], what.format(1_000, 100) + ", long documents", band=(1, 6)),
    }


def draw(values: Values) -> Iterator[Figure]:
    """Draw the rate over the changes to a commit."""
    yield Figure("rate", drawing=_rate(values, COLUMN), narrow=_rate(values, NARROW))


def _rate(values: Values, width: int) -> str:
    chart = Chart(
        width,
        300,
        x=Scale(7, 15_000, (10, 100, 1_000, 10_000), log=True),
        y=Scale(0.004, 1.5, ((0.01, "1/100"), (0.1, "1/10"), (1, "1")), log=True),
        x_label="changes to a commit",
        y_label="changes a second, over those at 10,000",
        left=52,
        right=26,
    )
    sizes = numbers(values["sizes"])
    heights = [numbers(values[f"rate{size:.0f}"])[0] for size in sizes]
    chart.line(sizes, heights)
    for place, (size, height) in enumerate(zip(sizes, heights, strict=True)):
        chart.mark(size, height, x_key=f"sizes[{place}]", y_key=f"rate{size:.0f}")
    for size, (left, right) in zip(sizes[1:], pairwise(heights), strict=True):
        (gain,) = numbers(values[f"gain{size:.0f}"])
        chart.label(size / 10**0.5, (left * right) ** 0.5, f"× {gain:.1f}", dx=-8, dy=-8, anchor="end")
    return chart.svg()
