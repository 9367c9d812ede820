from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folio.model.faults import unknown
from folio.model.front_matter import PageFront, PostFront, read
from folio.model.schema import validate
from folio.model.typography import curled
from folio.model.writing_numbers import written
from folio.model.yaml_source import YamlFaultError

GOOD = "---\ntitle: T\ndek: D.\ndate: 2026-01-02\nkind: breakdown\ntopics: [a]\n---\n\nText.\n"


def test_lines_are_those_of_the_file() -> None:
    source = read(GOOD)
    assert source.line(("title",)) == 2
    assert source.line(("topics", 0)) == 6


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    source = read("\ufeff" + GOOD.replace("\n", "\r\n"))
    front, faults = validate(PostFront, source)
    assert faults == []
    assert front is not None
    assert front.title == "T"


def test_updated_before_date_is_refused() -> None:
    _, faults = validate(PostFront, read(GOOD.replace("kind:", "updated: 2026-01-01\nkind:")))
    assert "`updated` (2026-01-01) lies before `date` (2026-01-02)" in faults[0].message


def test_every_fault_of_a_page_is_told_at_once() -> None:
    _, faults = validate(PostFront, read("---\ntitel: T\nkind: essay\n---\n"))
    assert len(faults) == 6  # titel, kind; title, dek, date, topics missing
    assert any("did you mean 'title'?" in fault.message for fault in faults)


@given(st.text(max_size=300))
@settings(derandomize=True, database=None, max_examples=300)
def test_no_front_matter_raises_anything_but_a_fault(text: str) -> None:
    try:
        source = read(f"---\n{text}\n---\n")
    except YamlFaultError:
        return
    for model in (PostFront, PageFront):
        front, faults = validate(model, source)
        assert (front is None) == bool(faults)


def test_an_unknown_name_lists_the_names_where_they_are_few() -> None:
    assert unknown("kind", "zzz", ["b", "a"]) == "unknown kind 'zzz': expected one of a, b"
    assert unknown("lab", "zzz", []) == "unknown lab 'zzz': none exists yet"


@pytest.mark.parametrize(
    ("value", "how", "text"),
    [
        (1234567, "", "1,234,567"),
        (0.375, ".1%", "37.5%"),
        (-3, "", "−3"),
        (7, "words", "seven"),
        (True, "", "yes"),
        ("letter-first", "", "letter-first"),
    ],
)
def test_values_are_written_for_prose(value: bool | int | float | str, how: str, text: str) -> None:
    assert written(value, how) == text


@pytest.mark.parametrize(
    ("straight", "set_"),
    [
        ("A centre's roster", "A centre’s roster"),
        ('He said "no" (and "why")', "He said “no” (and “why”)"),
    ],
)
def test_titles_and_deks_are_set_as_markdown_would(straight: str, set_: str) -> None:
    assert curled(straight) == set_
