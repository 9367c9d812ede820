"""Which merging of ranked lists shows most of what is relevant, if no document is in two of the lists?

A real engine: tantivy, a search library in the manner of Lucene, with its BM25. It is not OpenSearch or Elasticsearch,
and no collection in here is anybody's.

Method. An invented museum has three collections: letters, objects, people. A query has two words that no other query
has; it is asked with both, and with the first alone. Twelve documents are planted as relevant to it, some of them
letters, the rest half and half in the other two. Each holds both words, each word once to three times. *Lookalikes*
hold them in the same way and are not relevant. *Mentions* are documents that hold one of the words once. Whatever else
a document holds is never asked for. Each collection has an index of its own and ranks its documents; a merger sees the
three lists, `DEPTH` hits of each, and fills a page of twelve. Each setting of the grid has `QUERIES` queries; a result
is the mean number of relevant documents on the page, and moves in steps of 1 / `QUERIES`.

What a result means. It compares mergings on one planting. It says nothing of how often any planting occurs.

Sources. Reciprocal rank fusion: Cormack, Clarke and Büttcher (2009). Min-max and z-score as OpenSearch names them.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from random import Random
from statistics import fmean
from typing import TypeAlias

from tantivy import Document, Index, SchemaBuilder

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Scalar, Values, numbers

LETTERS = (0, 2, 4, 6, 8, 10, 12)
MENTIONS = {"even": (60, 60), "common": (200, 20), "rare": (20, 200)}  # in letters, and in each of the others
ASKED = (2, 1)
LOOKALIKES = (0, 6, 12)
SIZE, LARGE = 4_000, 20_000
COLLECTIONS = {  # sizes and mean lengths, of letters and of each of the others
    "alike": ((SIZE, SIZE), (160, 160)),
    "long": ((SIZE, SIZE), (640, 160)),
    "short": ((SIZE, SIZE), (160, 640)),
    "large": ((LARGE, SIZE), (160, 160)),
    "small": ((SIZE, LARGE), (160, 160)),
}
QUERIES = 20
RELEVANT = PAGE = 12
DEPTH, SHALLOW = 200, 24
CARDS = {"letters": 200, "objects": 60, "people": 20}
SEED = 20261122

LAB = Lab(
    name="merging-ranks",
    title="Merging ranked lists that share no document",
    question="Which merging of ranked lists shows most of what is relevant, if no document is in two of the lists?",
    parameters=(
        Parameter("LETTERS", "0 to 12", "documents", "varied: letters among the relevant documents, in steps of two"),
        Parameter("ASKED", "1 or 2", "words", "varied: of the query"),
        Parameter("MENTIONS", "20, 60 or 200", "documents", "varied: that hold a word, in letters and in the others"),
        Parameter("LOOKALIKES", "0, 6 or 12", "documents", "varied: in each of the other two collections"),
        Parameter("SIZE, LARGE", "4,000 or 20,000", "documents", "varied: in letters and in each of the others"),
        Parameter("COLLECTIONS", "160 or 640", "words", "varied: mean length in letters and in the others"),
        Parameter("RELEVANT", RELEVANT, "documents", "illustrative: to a query, as many as a page holds"),
        Parameter("QUERIES", QUERIES, "queries", "in each setting"),
        Parameter("DEPTH, SHALLOW", "200 or 24", "hits", "illustrative: that a merger is given of each list"),
        Parameter("CARDS", "200, 60 or 20", "documents", "illustrative: that hold the words of one card's example"),
        Parameter("SEED", SEED, "", "of the planting; any number will do"),
    ),
    seconds=15,
    engines=("tantivy",),
)

Hit: TypeAlias = tuple[float, int]  # a score and a document's key; a list of hits is in the order of its rank
Texts: TypeAlias = defaultdict[int, list[str]]  # what is planted in a document, by its key: collection, then place
Query: TypeAlias = tuple[tuple[str, ...], frozenset[int]]  # its words, and the keys of the relevant documents


@dataclass(frozen=True, slots=True)
class Setting:
    """Letters among the relevant, mentions, lookalikes in the others, the kind of collections, and words asked."""

    letters: int
    mentions: str = "common"
    lookalikes: int = 0
    kind: str = "alike"
    asked: int = 2


def plant(texts: Texts, chance: Random, setting: Setting, name: str) -> Query:
    """Plant one query's words, in the first `SIZE` documents of each collection."""
    words = f"{name}a", f"{name}b"
    relevant: set[int] = set()
    others = (RELEVANT - setting.letters) // 2
    for place, number in enumerate((setting.letters, others, others)):
        lookalikes, mentions = setting.lookalikes * (place > 0), MENTIONS[setting.mentions][place > 0]
        both = [place * LARGE + at for at in chance.sample(range(SIZE), number + lookalikes)]
        relevant.update(both[:number])
        for key in both:
            for word in words:
                texts[key] += [word] * chance.randint(1, 3)
        for word in words:
            for at in chance.sample(range(SIZE), mentions):
                if place * LARGE + at not in both:
                    texts[place * LARGE + at].append(word)
    return words, frozenset(relevant)


class Engine:
    """A tantivy index of documents by key, in one segment, so that ties are broken by key."""

    def __init__(self, bodies: dict[int, str]) -> None:
        builder = SchemaBuilder()
        builder.add_integer_field("key", fast=True)
        builder.add_text_field("body")
        self.index = Index(builder.build())
        writer = self.index.writer(heap_size=200_000_000, num_threads=1)
        for key, body in bodies.items():
            writer.add_document(Document(key=key, body=body))
        writer.commit()
        writer.wait_merging_threads()
        self.index.reload()
        self.searcher = self.index.searcher()
        if self.searcher.num_segments != 1:
            raise RuntimeError("the index must be one segment, or ties are broken by how it was written")

    def hits(self, query: str, depth: int = DEPTH) -> list[Hit]:
        """Rank the documents that hold a word of the query."""
        found = self.searcher.search(self.index.parse_query(query, ["body"]), depth).hits
        keys = self.searcher.fast_field_values("key", [address for _, address in found])
        return [(float(score), int(key or 0)) for (score, _), key in zip(found, keys, strict=True)]

    def rarity(self, word: str) -> float:
        """Weigh a word as BM25 does in this collection, by how few of its documents hold it."""
        held = self.searcher.doc_freq("body", word)
        return math.log(1 + (self.searcher.num_docs - held + 0.5) / (held + 0.5))


def engines(bodies: dict[int, str]) -> tuple[list[Engine], Engine]:
    """Make an index of each collection and one of all."""
    parts = [Engine({key: body for key, body in bodies.items() if key // LARGE == place}) for place in range(3)]
    return parts, Engine(bodies)


def filled(texts: Texts, kind: str, chance: Random) -> dict[int, str]:
    """Give the collections their sizes and the texts their lengths."""
    bodies = {}
    for place in range(3):
        size, length = (pair[place > 0] for pair in COLLECTIONS[kind])
        for key in range(place * LARGE, place * LARGE + size):
            text = texts.get(key, [])
            bodies[key] = " ".join(text + ["x"] * max(0, chance.randint(length // 2, 3 * length // 2) - len(text)))
    return bodies


# --- Mergings: each gives a list's hits new values, and the highest of all lists come first --------------------------

Merging: TypeAlias = Callable[[list[Hit]], list[float]]


def raw(hits: list[Hit]) -> list[float]:
    """Take the scores as they are."""
    return [score for score, _ in hits]


def minmax(hits: list[Hit]) -> list[float]:
    """Stretch each list's scores from 0 to 1."""
    low, high = hits[-1][0], hits[0][0]
    return [(score - low) / (high - low) if high > low else 1.0 for score, _ in hits]


def zscore(hits: list[Hit]) -> list[float]:
    """Count in standard deviations from each list's mean."""
    middle = fmean(score for score, _ in hits)
    spread = math.sqrt(fmean((score - middle) ** 2 for score, _ in hits))
    return [(score - middle) / (spread or 1.0) for score, _ in hits]


def rrf(hits: list[Hit], constant: float = 60) -> list[float]:
    """Add up 1 / (constant + rank) over the lists that hold a document, and here no two do."""
    return [1 / (constant + rank) for rank in range(1, len(hits) + 1)]


def merge(lists: Sequence[list[Hit]], merging: Merging, end: int = PAGE) -> list[int]:
    """Merge lists up to a rank; among equals the place in the collection decides, which was drawn at random."""
    found = [(hit, value) for hits in lists if hits for hit, value in zip(hits[:end], merging(hits), strict=False)]
    values = [(-value, key % LARGE, key) for (_, key), value in found]
    return [key for _, _, key in sorted(values)[:end]]


def agreed(words: Sequence[str], parts: Sequence[Engine], shared: Engine) -> list[list[Hit]]:
    """Ask each index with weights on the words that make them count as they would in one index of all."""
    found = []
    for part in parts:
        boosts = [(word, shared.rarity(word) / part.rarity(word)) for word in words]
        found.append(part.hits(" ".join(f"{word}^{boost:.6f}" for word, boost in boosts)))
    return found


def pages(words: Sequence[str], parts: Sequence[Engine], shared: Engine) -> dict[str, list[int]]:
    """Show one query's page in every way."""
    lists = [part.hits(" ".join(words)) for part in parts]
    return {
        "raw": merge(lists, raw),
        "rrf": merge(lists, rrf),
        "agreed": merge(agreed(words, parts, shared), raw),
        "shared": [key for _, key in shared.hits(" ".join(words), PAGE)],
        "minmax": merge(lists, minmax),
        "zscore": merge(lists, zscore),
        "shallow": merge([hits[:SHALLOW] for hits in lists], zscore),
    }


Grid: TypeAlias = dict[Setting, dict[str, float]]


def play(settings: Sequence[Setting], kind: str, queries: int = QUERIES, seed: int = SEED) -> Grid:
    """For settings of this kind, tell the mean number of relevant documents shown."""
    texts: Texts = defaultdict(list)
    chance = Random(seed)
    cases = [setting for setting in settings for _ in range(queries)]
    planted = [plant(texts, chance, setting, f"q{place}") for place, setting in enumerate(cases)]
    parts, shared = engines(filled(texts, kind, chance))
    sums: dict[Setting, Counter[str]] = defaultdict(Counter)
    for (setting, (words, relevant)), asked in product(zip(cases, planted, strict=True), ASKED):
        found = pages(words[:asked], parts, shared)
        shown = {name: len(relevant.intersection(page)) for name, page in found.items()}
        sums[replace(setting, asked=asked)].update(shown)
    return {setting: {name: total / queries for name, total in row.items()} for setting, row in sums.items()}


def cards() -> tuple[dict[str, float], list[float]]:
    """Score one card in three collections, as it stands and with agreed rarity."""
    texts: Texts = defaultdict(list)
    for place, held in enumerate(CARDS.values()):
        texts.update({place * LARGE + at: ["baker", "street"] for at in range(held)})
    bodies = {place * LARGE + at: "" for place in range(3) for at in range(SIZE)}
    parts, shared = engines({key: " ".join([*texts[key], *["x"] * (40 - len(texts[key]))]) for key in bodies})
    scores = [part.hits("baker street")[0][0] for part in parts]
    return dict(zip(CARDS, scores, strict=True)), [hits[0][0] for hits in agreed(("baker", "street"), parts, shared)]


# --- The lab ---------------------------------------------------------------------------------------------------------

SHOWN = ("raw", "rrf", "agreed")
NAMES = {
    **{"raw": "raw scores", "rrf": "ranks (RRF)", "agreed": "agreed rarity", "minmax": "min-max"},
    **{"zscore": f"z-score of {DEPTH} hits a list", "shallow": f"z-score of {SHALLOW} hits a list"},
}
ROWS = {
    "even": (Setting(4), "two words, 4 relevant in each collection"),
    "letters": (Setting(12), "two words, all 12 letters"),
    "small": (Setting(12, kind="small"), "two words, all 12 letters, the others five times as large"),
    "single": (Setting(12, asked=1), "one word, all 12 letters"),
    "six": (Setting(12, lookalikes=6), "two words, all 12 letters, 6 lookalikes in each of the others"),
    "twelve": (Setting(12, lookalikes=12), "two words, all 12 letters, 12 lookalikes in each of the others"),
}
GROUPS = {  # lookalikes, words asked, the merging that agreed rarity is compared with, and the first two in words
    "two": (0, (2,), "raw", "two words, no lookalikes"),
    "one": (0, (1,), "raw", "one word, no lookalikes"),
    "six": (6, ASKED, "rrf", "6 lookalikes in each of the others"),
    "twelve": (12, ASKED, "rrf", "12 lookalikes in each of the others"),
}


def run(progress: Progress) -> Results:
    """Score one card three times, play the grid, and take from it what the essay names."""
    grid: Grid = {}
    for place, kind in enumerate(COLLECTIONS):
        progress(place / len(COLLECTIONS), f"collections: {kind}")
        grid |= play([Setting(*case, kind=kind) for case in product(LETTERS, MENTIONS, LOOKALIKES)], kind)
    scores, same = cards()
    found = {f"card.{name}": Result(score, f"score of the card in {name}") for name, score in scores.items()}
    found["card.agreed"] = Result(fmean(same), "mean of its three scores with rarity agreed")
    for (row, (setting, where)), (name, words) in product(ROWS.items(), NAMES.items()):
        if name in SHOWN or (name != "minmax" and row in ("even", "letters")):
            found[f"{row}.{name}"] = Result(grid[setting][name], f"shown by {words}: {where}", "documents")
    found["line.letters"] = Result([*LETTERS], "relevant documents that are letters", "documents")
    for name, asked in ((key[:-1], int(key[-1])) for key in LABELS):
        line: list[Scalar] = [grid[Setting(letters, asked=asked)][name] for letters in LETTERS]
        found[f"line.{name}{asked}"] = Result(line, f"shown by {NAMES[name]}, words asked: {asked}", "documents")
    return found | extremes(grid)


def extremes(grid: Grid) -> Results:
    """Find the least that is shown, who is ahead how often, and how far mergings differ."""
    found: Results = {}
    plain: list[dict[str, float]] = []
    for group, (lookalikes, asked, rival, where) in GROUPS.items():
        rows = [row for s, row in grid.items() if s.lookalikes == lookalikes and s.asked in asked]
        plain += rows * (lookalikes == 0)
        for name in SHOWN:
            least = min(row[name] for row in rows)
            found[f"least.{group}.{name}"] = Result(least, f"least shown by {NAMES[name]}: {where}", "documents")
        for name, other in (("agreed", rival), (rival, "agreed")):
            ahead = sum(round(row[name] - row[other], 6) >= 0.5 for row in rows)
            what = f"{NAMES[name]} ahead of {NAMES[other]} by half a document or more: {where}"
            found[f"{group}.{name}_over_{other}"] = Result(ahead, what, "settings")
    for name in ("minmax", "zscore"):
        least = min(row[name] for row in grid.values())
        found[f"least.{name}"] = Result(least, f"least shown by {NAMES[name]} in any setting", "documents")
    gains = [row["agreed"] - row["raw"] for row in plain]
    apart = {s: row["shared"] - row["agreed"] for s, row in grid.items()}
    alike = max(abs(apart[s]) for s in grid if s.kind not in ("long", "short"))
    return found | {
        "cost": Result(-min(gains), "the most that agreed rarity is behind raw scores, no lookalikes", "documents"),
        "saving": Result(max(gains), "the most that agreed rarity is ahead of raw scores, no lookalikes", "documents"),
        "shared.alike": Result(alike, "most between agreed rarity and one index, where lengths are alike", "documents"),
        "shared.ahead": Result(max(apart.values()), "the most that one index is ahead of agreed rarity", "documents"),
        "shared.behind": Result(-min(apart.values()), "the most that it is behind", "documents"),
    }


def draw(values: Values) -> Iterator[Figure]:
    """Draw what three mergings show, over how many of the relevant documents are letters."""
    yield Figure("page", drawing=_page(values, COLUMN), narrow=_page(values, NARROW))


LABELS = {  # where a label stands (letters, documents), its words, the tone and dash of its line
    "raw2": (0.2, 12.4, "raw scores, two words", 1, False),
    "raw1": (0.2, 2.95, "raw scores, one word", 1, True),
    "rrf2": (10.2, 4.9, "ranks", 2, False),
    "agreed2": (12, 11.25, "agreed, two words", 3, False),
    "agreed1": (1.2, 8.25, "agreed, one word", 3, True),
}


def _page(values: Values, width: int) -> str:
    chart = Chart(width, 380, x=Scale(0, 12, LETTERS), y=Scale(0, 13, (0, 4, 8, 12)))
    chart.x_label = "relevant documents that are letters, of 12"
    chart.y_label = "relevant documents on the page, of 12"
    letters = numbers(values["line.letters"])
    for key, (x, y, words, tone, dash) in LABELS.items():
        shown = numbers(values[f"line.{key}"])
        chart.line(letters, shown, tone, dash=dash)
        chart.marks(letters, shown, tone, x_key="line.letters", y_key=f"line.{key}")
        chart.label(x, y, words, tone, anchor="end" if x > 6 else "start")
    return chart.svg()
