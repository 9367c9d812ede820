"""The claims of "The oldest reader decides your schema" that rest on reading across versions."""

import re
import warnings
from pathlib import Path

import pytest
from fastavro.schema import fingerprint, to_parsing_canonical_form

from labs import schema_skew
from labs.kit.lab import Progress
from labs.kit.store import read, values
from labs.schema_skew import (
    DENSITY,
    LITRES,
    OPTIONAL,
    V1,
    V2,
    WEIGHED,
    changes,
    compatible,
    decode,
    decode_with_avro,
    designs,
    early,
    encode,
    event,
    holding,
    kilograms_by,
    late,
    litres_by,
    reading,
    record,
    tried,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stored():
    return values(read("schema-skew"))


@pytest.fixture(scope="module")
def rows():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {change.name: tried(change) for change in changes()}


def both(rows, name):
    return tuple(one.fastavro for one in rows[name])


def passes(rows, name):
    return tuple(one.passed for one in rows[name])


# Changes


def test_every_reading_is_one_of_three(rows, stored):
    verdicts = [one.fastavro for row in rows.values() for one in row]
    assert len(verdicts) == stored["changes.readings"] == 2 * stored["changes.number"] == 58
    for verdict, number in (("right", 31), ("fails", 16), ("wrong", 11)):
        assert verdicts.count(verdict) == stored[f"changes.{verdict}"] == number


def test_the_checker_foresees_all_errors_but_one_and_refuses_nothing_else(rows, stored):
    missed = []
    for name, row in rows.items():
        for one in row:
            assert one.passed or one.fastavro == "fails"
            missed += [name] * (one.passed and one.fastavro == "fails")
    assert missed == ["bytes to string"]
    assert stored["changes.refused"] == stored["changes.refused_fails"] == stored["changes.fails"] - 1
    assert stored["changes.refused_wrong"] == 0


def test_three_refused_readings_succeed_with_another_event(rows, stored):
    mild = [name for name, row in rows.items() for one in row if not one.passed and one.mild == "right"]
    assert mild == ["make a field nullable", "widen a union", "new symbol, no default"]
    assert stored["changes.refused_mild"] == len(mild) == 3


def test_six_wrong_readings_come_from_a_default_four_from_a_meaning_and_one_from_a_promotion(rows):
    wrong = {name: both(rows, name).count("wrong") for name in rows if "wrong" in both(rows, name)}
    assert sum(number for name, number in wrong.items() if "default" in name) == 6
    assert {name: number for name, number in wrong.items() if "default" not in name} == {
        "long to double": 1,
        "litres to kg": 2,
        "local time to UTC": 2,
    }


def test_a_default_is_right_if_it_is_null_or_true(rows):
    for default, kind in ((None, ["null", "string"]), ("A", "string")):
        old = holding("grade", kind, default=default)
        assert decode(encode(record(), event()), record(), old)["grade"] == default
    for name in ("add a field, default null", "drop a field, default null", "add a field, true default"):
        assert both(rows, name) == ("right", "right")
    assert both(rows, "drop a field, default A") == ("right", "wrong")


def test_a_name_makes_a_changed_meaning_fail_unless_the_field_has_a_default(rows):
    assert both(rows, "litres to kg") == ("wrong", "wrong")
    for name in ("litres to kg, named types", "rename a field"):
        assert both(rows, name) == ("fails", "fails")
        assert passes(rows, name) == (False, False)
    for name, verdict in (("rename, default 0", "wrong"), ("rename, default null", "right")):
        assert both(rows, name) == (verdict, verdict)
        assert passes(rows, name) == (True, True)


def test_it_is_the_name_of_the_type_that_does_it():
    """Break the fix: give both types one name, and the reading is wrong again, past the checker."""
    kind = {"type": "record", "name": "Amount", "fields": [{"name": "value", "type": "int"}]}
    wrote, meant = event(amount={"value": 1000}), event(amount={"value": 1030})
    assert reading(decode, holding("amount", kind), holding("amount", kind), wrote, meant) == "wrong"
    assert compatible(holding("amount", kind), holding("amount", kind))


def test_looking_both_ways_stops_one_wrong_reading(rows, stored):
    through = [one.fastavro for row in rows.values() for one in row if all(other.passed for other in row)]
    assert through.count("wrong") == stored["changes.wrong_full"] == stored["changes.wrong"] - 1
    assert passes(rows, "long to double") == (True, False)
    assert passes(rows, "litres to kg") == (True, True)


def test_a_double_has_no_room_for_eighteen_digits():
    change = next(change for change in changes() if change.name == "long to double")
    ticket = change.wrote_old["ticket"]
    assert len(str(ticket)) == 18
    assert float(ticket) != ticket
    fits = event(ticket=2**53)
    assert reading(decode, change.old, change.new, fits, fits) == "right"


def test_the_two_readers_differ_as_the_page_says(rows, stored):
    differ = [name for name, row in rows.items() for one in row if one.avro != one.fastavro]
    assert sorted(differ) == [
        "bytes to string",
        "change the namespace",
        "change the namespace",
        "long to double",
        "new symbol, default A",
        "new symbol, default U",
        "rename, alias",
        "rename, alias, default 0",
    ]
    silent = [name for name, row in rows.items() for one in row if (one.avro, one.fastavro) == ("wrong", "right")]
    assert silent == ["rename, alias, default 0"]
    assert stored["changes.avro_differs"] == len(differ)
    assert sum(one.avro == "fails" and one.passed for row in rows.values() for one in row) == 7
    assert stored["changes.avro_fails"] == 7


def test_an_alias_is_read_by_one_and_not_by_the_other():
    old, new = holding("amount", "int", default=0), holding("litres", "int", aliases=["amount"], default=0)
    body = encode(old, event(amount=1000))
    assert decode(body, old, new)["litres"] == 1000
    assert decode_with_avro(body, old, new)["litres"] == 0


def test_a_name_brought_back_passes_each_step_and_the_transitive_check_sees_only_its_type(stored):
    first, without = holding("amount", "int", default=0, doc="litres"), record()
    typed, meant = holding("amount", "string", default=""), holding("amount", "int", default=0, doc="kg")
    for again in (typed, meant):
        steps = (first, without), (without, again)
        assert all(compatible(*step) and compatible(*step[::-1]) for step in steps)
    assert (compatible(first, typed), compatible(typed, first)) == (False, False)
    assert (compatible(first, meant), compatible(meant, first)) == (True, True)
    assert (stored["again.type"], stored["again.meaning"]) == (2, 0)


def test_the_canonical_form_knows_no_unit():
    def prints(*schemas):
        return {fingerprint(to_parsing_canonical_form(schema), "CRC-64-AVRO") for schema in schemas}

    of = {change.name: (change.old, change.new) for change in changes()}
    assert len(prints(*of["litres to kg"])) == len(prints(*of["milli- to microseconds"])) == 1
    assert len(prints(*of["litres to kg, named types"])) == 2


def test_the_figure_marks_what_is_wrong_and_frames_what_is_refused(rows, stored):
    for place, side in ((0, "new"), (1, "old")):
        marked = [n for n, row in enumerate(rows.values(), 1) if row[place].fastavro == "wrong"]
        assert stored[f"{side}.wrong_rows"] == marked
        assert stored[f"{side}.passed"] == [row[place].passed for row in rows.values()]
    for name in ("readings", "readings.narrow"):
        drawing = (ROOT / f"labs/results/schema-skew/{name}.svg").read_text(encoding="utf-8")
        assert drawing.count('class="fig-box"') == stored["changes.refused"]
    assert stored["changes.name"] == list(rows)


def test_a_fresh_run_finds_what_is_stored(stored):
    quiet: Progress = lambda share, words: None  # noqa: E731
    assert {key: result.value for key, result in schema_skew.run(quiet).items()} == stored


# Designs


def test_the_totals_of_the_designs(stored):
    litres, mass = 4 * LITRES, round(2 * LITRES * DENSITY) + sum(WEIGHED)
    assert (litres, mass) == (stored["design.true.litres"], stored["design.true.mass"]) == (4000, 4121)
    found = {name: (round(a), round(b)) for name, (a, b) in designs().items() if name != "relayed"}
    assert {name: (stored[f"design.{name}.litres"], stored[f"design.{name}.mass"]) for name in found} == found
    assert {name for name, totals in found.items() if totals == (litres, mass)} == {"beside", "twins"}
    assert len(found) == 9
    assert found["in_place"] == (4061, 4061)
    assert found["upcast"] == (4061, mass)
    assert found["held"] == (litres, mass - 1)
    assert found["downgrade"] == (litres + 1, mass)
    assert found["renamed"] == found["new_type"] == (litres / 2, mass)  # "half of the milk"
    assert found["both_types"] == (litres, found["held"][1] + sum(WEIGHED))  # "the later collections twice"


def test_the_weights_are_the_events_own():
    """Break the premise: with weights of litres times density a reader that ignores them could not be told apart."""
    assert sum(WEIGHED) != round(2 * LITRES * DENSITY)
    assert kilograms_by(V2, early() + early(first=3)) != designs()["beside"][1]


def test_an_old_service_in_between_drops_the_new_field(stored):
    assert decode(late(V2, "mass", amount=LITRES)[0].body, V2, V1) == event(amount=LITRES)
    assert (stored["design.relayed.litres"], stored["design.relayed.mass"]) == (4000, 4120)
    assert stored["design.relayed.mass"] == stored["design.held.mass"]


def test_a_new_field_beside_the_old_passes_the_strictest_check():
    assert compatible(V1, V2)
    assert compatible(V2, V1)


def test_without_the_old_field_the_old_reader_fails_or_reads_null():
    """Break the fix: a new field in the place of the old one, and not beside it."""
    alone = record(("mass", "int"))
    with pytest.raises(schema_skew.fastavro.read.SchemaResolutionError):
        litres_by(V1, early() + late(alone, "mass"))
    assert litres_by(OPTIONAL, early() + late(alone, "mass")) == 2 * LITRES


def test_an_upcaster_needs_the_version():
    marked, unmarked = (late(V1, "amount", version=version) for version in (2, 1))
    assert kilograms_by(V1, marked) == sum(WEIGHED)
    assert kilograms_by(V1, unmarked) == pytest.approx(sum(WEIGHED) * DENSITY)


# The pages


def test_the_pages_assume_what_the_lab_does():
    page = (ROOT / "docs/posts/oldest-reader-decides.md").read_text(encoding="utf-8")
    assert f"{{assumed}}`{WEIGHED[0]:,} and {WEIGHED[1]:,} kilograms" in page
    assert f"{{assumed}}`{DENSITY} kilograms" in page
    assert f"{{assumed}}`{LITRES:,} litres" in page


def test_every_result_is_used(stored):
    """A scalar is bound on a page, or a test reads it; a series is drawn or listed."""
    pages = [ROOT / "docs/posts/oldest-reader-decides.md", ROOT / "docs/labs/schema-skew.md"]
    bound = set(re.findall(r"schema-skew\.([a-z0-9_.]+)", "".join(page.read_text(encoding="utf-8") for page in pages)))
    here = Path(__file__).read_text(encoding="utf-8")
    unused = [key for key, value in stored.items() if not isinstance(value, list) and key not in bound]
    assert [key for key in unused if f'"{key}"' not in here] == []
