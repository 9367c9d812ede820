from __future__ import annotations

import pytest

from folio.model.quantities import CITED, TRACED, find, normal, sentences, untraced


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It fell by 40%.", ["40%"]),
        ("It costs $1.2M a year.", ["$1.2M"]),
        ("3 of 90 schedules", ["3 of 90"]),
        ("within 20 seconds", ["20 seconds"]),
        ("10K calls", ["10K"]),
        ("5× faster", ["5×"]),
        ("after 12,345 of them", ["12,345"]),
        ("In 2016 two writers met in row 7 of step 3, B.", []),
        ("PEP 495, RFC 4287 and version 3.11", []),
        ("p95 and L17", []),
    ],
)
def test_quantities_are_found_and_other_figures_are_not(text: str, found: list[str]) -> None:
    assert find(text) == found


def test_a_citation_covers_its_own_sentence_only() -> None:
    text = f"About 92% of them.{CITED} Then 40% more. And 30%{CITED} too."
    assert untraced(text) == ["40%"]


def test_a_citation_before_the_full_stop_counts_too() -> None:
    assert untraced(f"About 92% of them{CITED}. Then 40% more.") == ["40%"]


def test_what_the_page_works_out_may_be_repeated_in_the_same_words() -> None:
    assert untraced("The 500 hours are gone, and 40% with them.", {normal("500 hours")}) == ["40%"]


def test_a_traced_value_is_no_quantity() -> None:
    assert untraced(f"It fell by {TRACED} in {TRACED} minutes.") == []


def test_sentences_end_where_a_reader_ends_them() -> None:
    assert sentences("One. Two! Three?") == ["One.", " Two!", " Three?"]
