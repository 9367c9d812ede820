"""Spelling: British, with the house's words, by line; numbers, names and code are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from folio.desk.findings import Source
from folio.desk.spelling import Speller
from tests.conftest import REPOSITORY


@pytest.fixture
def speller(tmp_path: Path) -> Speller:
    (tmp_path / "words.txt").write_text("backfill # a word of the field\nZipf\n", encoding="utf-8")
    (tmp_path / "references.bib").write_text("@book{k, author = {Kahneman, Daniel}}", encoding="utf-8")
    return Speller(tmp_path / "words.txt", tmp_path / "references.bib")


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [("We recieve it.", 1, "recieve"), ("A\ncolor.", 2, "color"), ("To organize.", 1, "organize"), ("zipf", 1, "zipf")],
)
def test_an_unknown_word_is_told_with_its_line_and_what_may_be_meant(
    speller: Speller, text: str, line: int, word: str
) -> None:
    (finding,) = speller.check(Source("x.md", text))
    assert (finding.line, repr(word) in finding.message) == (line, True)
    if word == "recieve":
        assert "receive" in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "The backfill's colour, organised. Backfill it.",
        "Kahneman and Zipf’s law, don’t.",
        "`recieve` and ``teh`` in code.",
        "```python\nrecieve = 1\n```",
        "At p99, x86, HTTP, OpenSearch and `a`; see http://exmaple.org/recieve and n of k.",
        "{fact}`serch.rps` and {result}`recieve.teh`",
        "$recieve$ and `x`.",
    ],
)
def test_words_of_the_field_names_code_and_keys_are_left(speller: Speller, text: str) -> None:
    assert speller.check(Source("x.md", text)) == []


def test_what_a_role_shows_is_read_and_its_target_is_not(speller: Speller) -> None:
    assert speller.check(Source("x.md", "A {term}`window <bacth window>`.")) == []
    assert len(speller.check(Source("x.md", "A {term}`windwo <batch window>`."))) == 1
    assert len(speller.check(Source("x.md", "{assumed}`3 <a resonable size>`"))) == 1


def test_the_list_of_words_is_in_order_and_every_word_is_needed() -> None:
    words = [
        line.strip()
        for line in (REPOSITORY / "docs/words.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    assert words == sorted(set(words))
    pages = " ".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "docs").rglob("*.md")).lower()
    assert [word for word in words if word.lower() not in pages] == []
