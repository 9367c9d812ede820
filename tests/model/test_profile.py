from __future__ import annotations

from typing import Any

import pytest

from folio.model.faults import UnknownNameError
from folio.model.profile import Profile
from folio.model.schema import validate
from folio.model.yaml_source import parse
from tests.conftest import ROOTS

TEXT = (ROOTS / "shared" / "profile.yaml").read_text(encoding="utf-8")


def profile(**changes: str) -> tuple[Profile | None, list[Any]]:
    text = TEXT
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return validate(Profile, parse(text))


def good() -> Profile:
    record, faults = profile()
    assert record is not None
    assert faults == []
    return record


def test_facts_keep_their_exact_form_and_name_their_source() -> None:
    fact = good().fact("search.p95")
    assert fact.value == "< 50 ms"
    assert fact.source == "Engineer, A Company, Jan 2020 – Present"
    assert good().fact("person.years").value == "4+"


def test_an_unknown_fact_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"unknown fact 'search.p96': did you mean 'search.p95'"):
        good().fact("search.p96")


def test_dates_are_written_as_a_reader_expects() -> None:
    assert good().education[0].dates == "Jul 2001 – Jun 2005"
    assert good().work[0].dates == "Jan 2020 – Present"


def test_a_figure_takes_its_values_from_the_facts() -> None:
    line = good().line("calls")
    assert line.plain(line.figure) == "8 → 5 minutes"


def test_what_is_not_known_is_not_there() -> None:
    basics = good().basics
    assert (basics.email, basics.url, basics.repository, basics.profiles) == (None, None, None, ())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("key: calls", "key: search", "each line of `work` has a key of its own; twice there: search"),
        ("line: search}", "line: serch}", "names no line of `work`: 'serch'"),
        ("  years: 4+\n", "  years: 4+\n  email: nobody\n", "basics.email"),
        ("  years: 4+\n", "  years: 4+\n  url: http://x.org\n", "basics.url"),
        ("keywords: [Python, Java]", "keywords: []", "skills.0.keywords"),
    ],
)
def test_a_broken_record_is_refused_with_the_reason(old: str, new: str, message: str) -> None:
    record, faults = profile(**{old: new})
    assert record is None
    assert message in faults[0].message
