"""What does a later page of a sorted list cost, and what does it show twice or never, by offset and by cursor?

Two real engines: PostgreSQL, for what a page costs, and tantivy, a search library in the manner of Lucene, for what it
shows when the index has changed since the page before. tantivy is not OpenSearch or Elasticsearch.

Method. In PostgreSQL a table of invented entries is read a page at a time, in the order of a column that an index has,
and in the order of a rank that is computed for every entry that matches a query. `EXPLAIN (ANALYZE, BUFFERS)` tells how
many pages of the database (8 kB each) a statement touched, in memory or not. The table is filled twice: rows whose
places have nothing to do with the order asked for, and rows stored in that order.

In tantivy the first page of a ranking is read, documents are added, and the second page is read by offset, by a cursor
(what comes after the last score and key of page one), and through the snapshot that page one was read from. *Repeated*
are documents on both pages. *Passed over* are old documents on neither that now stand above the last of page two. *New*
are the added documents on page two.

What a result means. Pages touched are a cost that is the same on every machine; no time is measured. The additions are
extremes and a middle, not a forecast.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any, TypeAlias

import psycopg
from tantivy import Document, Index, SchemaBuilder, Searcher

from labs.kit import postgres
from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Values, numbers

ROWS = 100_000
MATCHING = 5_000
SKIPPED = (0, 12, 120, 1_200, 12_000, 60_000)
RANKED_SKIPPED = (0, 12, 120, 1_200)
PAGE = 12
DOCUMENTS, ADDED = 4_000, 400
HOLDERS = 200
QUERIES = 50
SEED = 20261122

LAB = Lab(
    name="paging",
    title="A later page, by offset and by cursor",
    question="What does a later page cost, and what does it show twice or never, by offset and by cursor?",
    parameters=(
        Parameter("ROWS", ROWS, "rows", "illustrative: in the table, at random places or in the order asked for"),
        Parameter("MATCHING", MATCHING, "rows", "illustrative: that hold both words of the query"),
        Parameter("SKIPPED", "0 to 60,000", "rows", "illustrative: before the page"),
        Parameter("PAGE", PAGE, "rows", "illustrative"),
        Parameter("DOCUMENTS", DOCUMENTS, "documents", "illustrative: in the index when page one is read"),
        Parameter("HOLDERS", HOLDERS, "documents", "illustrative: that hold a word of a query, once to three times"),
        Parameter("ADDED", ADDED, "documents", "illustrative: before page two is read, a tenth"),
        Parameter("QUERIES", QUERIES, "queries", "of two words; their means are the results"),
        Parameter("SEED", SEED, "", "of the rows and words; any number will do"),
    ),
    seconds=12,
    engines=(*postgres.ENGINES, "tantivy"),
)

# --- What a page costs -----------------------------------------------------------------------------------------------

SCHEMA = """
DROP TABLE IF EXISTS entry;
CREATE TABLE entry (id int PRIMARY KEY, seen int, body text, words tsvector);
CREATE INDEX by_seen ON entry (seen DESC, id DESC);
CREATE INDEX by_words ON entry USING gin (words) WITH (fastupdate = off);
"""
OFFSET = "SELECT * FROM entry ORDER BY seen DESC, id DESC LIMIT {page} OFFSET {skipped}"
JOINED = """
SELECT * FROM entry JOIN (
    SELECT seen AS s, id AS i FROM entry ORDER BY seen DESC, id DESC LIMIT {page} OFFSET {skipped}
) AS page ON id = i ORDER BY s DESC, i DESC
"""
KEYSET = "SELECT * FROM entry WHERE (seen, id) < {last} ORDER BY seen DESC, id DESC LIMIT {page}"
QUERY = "'baker & street'::tsquery"
RANK = f"ts_rank(words, {QUERY})"
RANKED = f"SELECT *, {RANK} FROM entry WHERE words @@ {QUERY} ORDER BY {RANK} DESC, id DESC LIMIT {{page}}"
RANKED_OFFSET = RANKED + " OFFSET {skipped}"
RANKED_KEYSET = RANKED.replace(" ORDER", f" AND ({RANK}, id) < {{last}} ORDER", 1)


def fill(
    connection: psycopg.Connection, rows: int = ROWS, matching: int = MATCHING, *, sorted_too: bool = False
) -> None:
    """Fill the table, at random places or in the order asked for."""
    chance = Random(SEED)
    connection.execute(SCHEMA)
    seen = list(range(rows)) if sorted_too else chance.sample(range(rows), rows)
    both = set(chance.sample(range(rows), matching))
    with connection.cursor().copy("COPY entry FROM STDIN") as copy:
        for key in range(rows):
            copy.write_row((key, seen[key] // 3, "x" * 200, words(chance) if key in both else "mill:1"))
    connection.execute("VACUUM (ANALYZE) entry")


def words(chance: Random) -> str:
    """Write a text in which both words stand at random places, so that ranks differ."""
    return f"baker:{chance.randint(1, 40)} street:{chance.randint(1, 40)}"


def touched(connection: psycopg.Connection, statement: str, skipped: int, last: str = "") -> int:
    """Count the pages of the database that a statement touches; it is run once before, which warms catalogues."""
    filled = statement.format(page=PAGE, skipped=skipped, last=last)
    connection.execute(filled.encode())
    explain = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {filled}"
    plan = _only(connection.execute(explain.encode()).fetchone())[0]["Plan"]
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


def cursor_after(connection: psycopg.Connection, statement: str, skipped: int, *columns: int) -> str:
    """Find what a client would hold after so many rows: the sort values of the last; at none, more than any."""
    if not skipped:
        return "(1000000000, 0)"
    row = connection.execute(statement.format(page=1, skipped=skipped - 1).encode()).fetchone()
    first, second = (row[column] for column in columns) if row else (0, 0)
    return f"({first}::real, {second})" if isinstance(first, float) else f"({first}, {second})"


def _only(row: tuple[Any, ...] | None) -> Any:
    return row[0] if row else None


def costs(connection: psycopg.Connection) -> dict[str, list[int]]:
    """Count the pages touched by every way of reading a page, for every number of rows before it."""
    found: dict[str, list[int]] = {"offset": [], "joined": [], "keyset": [], "ranked_offset": [], "ranked_keyset": []}
    for skipped in SKIPPED:
        last = cursor_after(connection, OFFSET, skipped, 1, 0)
        for name, statement in (("offset", OFFSET), ("joined", JOINED), ("keyset", KEYSET)):
            found[name].append(touched(connection, statement, skipped, last))
    for skipped in RANKED_SKIPPED:
        last = cursor_after(connection, RANKED_OFFSET, skipped, 4, 0)
        for name, statement in (("ranked_offset", RANKED_OFFSET), ("ranked_keyset", RANKED_KEYSET)):
            found[name].append(touched(connection, statement, skipped, last))
    return found


# --- What a page shows after a change --------------------------------------------------------------------------------

Hit: TypeAlias = tuple[float, int]  # the score, negative so that hits sort as they rank, and the document's key
ADDITIONS = {  # of those added, the share that holds a word, and how often each holds it, at most
    "strangers": (0.0, 0),
    "alike": (HOLDERS / DOCUMENTS, 3),
    "once": (1.0, 1),
    "thrice": (1.0, 3),
}


class Catalogue:
    """A tantivy index to which documents are added; page one is read from the snapshot that was taken before."""

    def __init__(self, queries: int, chance: Random) -> None:
        builder = SchemaBuilder()
        builder.add_integer_field("key", fast=True)
        builder.add_text_field("body")
        self.index = Index(builder.build())
        self.chance, self.queries = chance, queries
        texts: list[list[str]] = [[] for _ in range(DOCUMENTS)]
        for word in self.words():
            for key in chance.sample(range(DOCUMENTS), HOLDERS):
                texts[key] += [word] * chance.randint(1, 3)
        self.write(0, texts)
        self.before = self.index.searcher()

    def words(self) -> list[str]:
        """List the words of all queries."""
        return [f"q{query}{letter}" for query in range(self.queries) for letter in "ab"]

    def add(self, share: float, most: int, number: int = ADDED) -> None:
        """Add documents that hold each word with this chance, once or up to so many times."""
        texts: list[list[str]] = [[] for _ in range(number)]
        for text, word in product(texts, self.words()):
            if self.chance.random() < share:
                text += [word] * self.chance.randint(1, most)
        self.write(DOCUMENTS, texts)

    def write(self, first: int, texts: list[list[str]]) -> None:
        """Write documents of 300 to 900 words, which is longer than all words of all queries together."""
        writer = self.index.writer(heap_size=200_000_000, num_threads=1)
        for key, text in enumerate(texts, first):
            rest = self.chance.randint(300, 900) - len(text)
            writer.add_document(Document(key=key, body=" ".join(text + ["x"] * rest)))
        writer.commit()
        writer.wait_merging_threads()
        self.index.reload()

    def ranking(self, searcher: Searcher, query: int) -> list[Hit]:
        """Rank all that holds a word of a query; the key breaks ties."""
        asked = self.index.parse_query(f"q{query}a q{query}b", ["body"])
        found = searcher.search(asked, DOCUMENTS + ADDED).hits
        keys = searcher.fast_field_values("key", [address for _, address in found])
        return sorted((-float(score), int(key or 0)) for (score, _), key in zip(found, keys, strict=True))


def second_pages(catalogue: Catalogue, query: int) -> tuple[list[int], list[int], dict[str, list[int]]]:
    """Read page one before the change and page two after it, in three ways; tell the order after it too."""
    before = catalogue.ranking(catalogue.before, query)
    now = catalogue.ranking(catalogue.index.searcher(), query)
    last = before[PAGE - 1]
    pages = {
        "offset": now[PAGE : 2 * PAGE],
        "cursor": [hit for hit in now if hit > last][:PAGE],
        "frozen": before[PAGE : 2 * PAGE],
    }
    keys = {name: [key for _, key in page] for name, page in pages.items()}
    return [key for _, key in before[:PAGE]], [key for _, key in now], keys


def faults(first: list[int], order: list[int], second: list[int]) -> tuple[int, int, int]:
    """Count the repeated, the passed over and the new; see this module's head."""
    above = order[: order.index(second[-1]) + 1]
    passed = sum(key < DOCUMENTS for key in set(above) - set(first) - set(second))
    return len(set(first) & set(second)), passed, sum(key >= DOCUMENTS for key in second)


def changed(share: float, most: int, queries: int = QUERIES, number: int = ADDED) -> dict[str, list[float]]:
    """Tell the mean faults of each way to read page two, after so many documents of a kind were added."""
    catalogue = Catalogue(queries, Random(SEED))
    catalogue.add(share, most, number)
    found: dict[str, list[float]] = {}
    for query in range(queries):
        first, now, pages = second_pages(catalogue, query)
        old = [key for _, key in catalogue.ranking(catalogue.before, query)]
        for name, second in pages.items():
            counts = faults(first, old if name == "frozen" else now, second)
            found[name] = [a + b / queries for a, b in zip(found.get(name, [0.0] * 3), counts, strict=True)]
    return found


# --- The lab ---------------------------------------------------------------------------------------------------------


def run(progress: Progress) -> Results:
    """Count pages in PostgreSQL, then what tantivy shows twice or never."""
    with postgres.postgres({"max_parallel_workers_per_gather": "0"}) as connect:
        progress(0.1, "pages touched, rows at random places")
        connection = connect()
        fill(connection)
        pages = costs(connection)
        progress(0.4, "pages touched, rows in order")
        fill(connection, sorted_too=True)
        in_order = costs(connection)["offset"]
    progress(0.6, "second pages")
    shown = {kind: changed(*held) for kind, held in ADDITIONS.items()}
    deep = SKIPPED.index(12_000)
    ranked = pages["ranked_offset"] + pages["ranked_keyset"]
    found = {"skipped": Result([*SKIPPED], "rows before the page", "rows")}
    for name, words in NAMES.items():
        found[f"pages.{name}"] = Result([*pages[name]], f"touched by {words}, rows at random places", "pages")
        found[f"first.{name}"] = Result(pages[name][0], f"touched by {words} on page one", "pages")
        found[f"deep.{name}"] = Result(pages[name][deep], f"touched by {words} behind 12,000 rows", "pages")
    found["ordered"] = Result(in_order[deep], "touched by offset behind 12,000 rows, if stored in the order", "pages")
    found["ranked"] = Result(max(ranked), "touched on each page in the order of a computed rank", "pages")
    found["ranked.spread"] = Result(max(ranked) - min(ranked), "between the most and the least of these", "pages")
    for kind, name in product(ADDITIONS, ("offset", "cursor")):
        for fault, value in zip(("repeated", "passed"), shown[kind][name], strict=False):
            found[f"{kind}.{name}.{fault}"] = Result(value, f"{fault}, by {name}: {WHERE[kind]}", "documents")
    found["once.offset.new"] = Result(
        shown["once"]["offset"][2], "new on page two, by offset, in that case", "documents"
    )
    frozen = sum(sum(ways["frozen"]) for ways in shown.values())
    return found | {"frozen": Result(frozen, "repeated, passed over or new, by snapshot, in all cases", "documents")}


WHERE = {
    "strangers": "the added documents hold neither word",
    "alike": "they hold each word as often as the others do",
    "once": "all of them hold both words, once",
    "thrice": "all of them hold both words, once to three times",
}
NAMES = {"offset": "offset", "joined": "offset, ids first", "keyset": "cursor"}


def draw(values: Values) -> Iterator[Figure]:
    """Draw the pages touched over the rows before the page."""
    yield Figure("pages", drawing=_pages(values, COLUMN), narrow=_pages(values, NARROW))


def _pages(values: Values, width: int) -> str:
    chart = Chart(
        width,
        300,
        x=Scale(8, 80_000, (12, 120, 1_200, 12_000), log=True),
        y=Scale(8, 90_000, (10, 100, 1_000, 10_000), log=True),
        x_label="rows before the page",
        y_label="pages of the database touched",
        left=56,
    )
    skipped = numbers(values["skipped"])
    labels = {
        "offset": ("offset", 3, -12, 0),
        "joined": ("offset, ids first", 5, 0, -12),
        "keyset": ("cursor", 5, 0, -10),
    }
    for tone, (name, (words, at, dx, dy)) in enumerate(labels.items(), 1):
        cost = numbers(values[f"pages.{name}"])
        chart.line(skipped[1:], cost[1:], tone)
        for place in range(1, len(skipped)):
            chart.mark(skipped[place], cost[place], tone, x_key=f"skipped[{place}]", y_key=f"pages.{name}[{place}]")
        chart.label(skipped[at], cost[at], words, tone, dx=dx, dy=dy, anchor="end")
    return chart.svg()
