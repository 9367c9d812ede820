"""Which changes of a schema can a reader of another version read, and which does it misread without an error?

Changes. A dairy's event says that milk was collected at a farm. Each change of its schema is tried in both directions:
a reader with the new schema on data of the old writer, and a reader with the old schema on data of the new writer.
fastavro encodes and decodes; Apache's Python library `avro` decodes the same bytes, and its `avro.compatibility` says,
as a registry would, whether the two schemas are compatible. A reading is *right* if the reader gets what was meant, or
is told that it is not known; it *fails* if the reader raises an error; otherwise it is *wrong*.

Designs. Four collections of 1,000 litres are stored, two by the old writer and two, which were weighed, by a new one.
Under each design an old reader, still running, adds up litres and a new one kilograms, both from the same store.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from itertools import permutations
from typing import Any, Literal, NamedTuple, TypeAlias, cast

import avro.compatibility
import avro.io
import avro.schema
import fastavro

from labs.kit.chart import Chart, Scale
from labs.kit.figure import COLUMN, NARROW, Figure, element, text
from labs.kit.lab import Lab, Parameter, Progress, Result, Results, Scalar, Values

LITRES, DENSITY, WEIGHED = 1000, 1.03, (1028, 1033)

LAB = Lab(
    name="schema-skew",
    title="Schema changes across versions",
    question="Which schema changes can a reader of another version read, and which does it misread without an error?",
    parameters=(
        Parameter("LITRES", LITRES, "litres", "illustrative: one collection of milk"),
        Parameter("DENSITY", DENSITY, "kg per litre", "illustrative: roughly that of milk"),
        Parameter("WEIGHED", "1028, 1033", "kg", "illustrative: what the two later collections weigh"),
        Parameter("changes", 29, "changes", "chosen by hand: fields, names, types, meaning; each in two directions"),
    ),
    seconds=2,
    engines=("fastavro", "avro"),
)

Schema: TypeAlias = dict[str, Any]
Event: TypeAlias = dict[str, Any]
Verdict: TypeAlias = Literal["right", "fails", "wrong"]
Decoder: TypeAlias = Callable[[bytes, Schema, Schema], Event]


def record(*fields: tuple[Any, ...], **more: str) -> Schema:
    """Write a schema: the farm, then fields as (name, type) or (name, type, attributes)."""
    written = [{"name": field[0], "type": field[1], **(field[2] if field[2:] else {})} for field in fields]
    return {"type": "record", "name": "Collected", "fields": [{"name": "farm", "type": "string"}, *written], **more}


def holding(name: str, kind: Any, **more: Any) -> Schema:
    """Write a schema with one field besides the farm."""
    return record((name, kind, more))


def event(**fields: Any) -> Event:
    """Write an event of farm F7."""
    return {"farm": "F7", **fields}


class Change(NamedTuple):
    """A change: two schemas, an event of either writer, and what the reader of the other version should get of it."""

    name: str
    old: Schema
    new: Schema
    wrote_old: Event
    wrote_new: Event
    new_wants: Event
    old_wants: Event


def changes() -> list[Change]:
    """List the changes: of fields, of names, of types, of meaning. One line each, in the order of `Change`."""
    enum, decimal = {"type": "enum", "name": "Grade"}, {"type": "bytes", "logicalType": "decimal", "precision": 9}
    x, num, null, ltr = record(), holding("amount", "int"), ["null", "int"], "litres"
    grade, maybe = holding("grade", "string"), holding("grade", ["null", "string"], default=None)
    a_dflt, paid = holding("grade", "string", default="A"), holding("currency", "string", default="EUR")
    order, other = record(("amount", "int"), ("grade", "string")), record(("grade", "string"), ("amount", "int"))
    zero, nullable = holding("amount", "int", default=0), holding("amount", null, default=None)
    alias, zero_alias = holding(ltr, "int", aliases=["amount"]), holding(ltr, "int", aliases=["amount"], default=0)
    union, wider, wide, text_amount = (holding("amount", it) for it in (null, [*null, "string"], "long", "string"))
    long, double, raw, note = (holding("ticket", it) for it in ("long", "double", "bytes", "string"))
    dec2, dec3 = (holding("it", {**decimal, "scale": scale}) for scale in (2, 3))
    milli, micro = (holding("it", {"type": "long", "logicalType": f"timestamp-{unit}s"}) for unit in ("milli", "micro"))
    ab, abc = (holding("grade", {**enum, "symbols": list(symbols)}) for symbols in ("AB", "ABC"))
    ab_u, abc_u = (holding("grade", {**enum, "symbols": list(it), "default": "U"}) for it in ("ABU", "ABCU"))
    ab_a, abc_a = (holding("grade", {**enum, "symbols": list(it), "default": "A"}) for it in ("AB", "ABC"))
    clock, clock_utc = holding("at", "string", doc="local"), holding("at", "string", doc="UTC")
    litres, kg = holding("amount", "int", doc="litres"), holding("amount", "int", doc="kg")
    value = {"type": "record", "fields": [{"name": "value", "type": "int"}]}
    box_l, box_kg = holding("amount", {**value, "name": "Litres"}), holding("amount", {**value, "name": "Kilograms"})
    e, b, c, untold, u = event(), *(event(grade=it) for it in ("B", "C", None, "U"))
    k, kilos, no_k, words, digits = (event(amount=it) for it in (1000, 1030, None, "about 1000", "1000"))
    moved, unmoved, eur = event(litres=1000), event(litres=None), event(currency="EUR")
    both, box, box_kilos = event(amount=1000, grade="B"), *(event(amount={"value": it}) for it in (1000, 1030))
    big, half, byte, seven, sevens = (event(ticket=it) for it in (10**17 + 1, 0.5, b"\xff", "seven", b"seven"))
    at, fat2, fat3 = (event(it=it) for it in (datetime(2026, 11, 22, tzinfo=UTC), Decimal("4.12"), Decimal("4.125")))
    local, utc = event(at="06:30"), event(at="05:30")
    rows = [
        ("add a field, no default", x, grade, e, b, e, e),
        ("add a field, default null", x, maybe, e, b, untold, e),
        ("add a field, default A", x, a_dflt, e, b, untold, e),
        ("add a field, true default", x, paid, e, eur, eur, e),
        ("drop a field, no default", grade, x, b, e, e, e),
        ("drop a field, default null", maybe, x, b, e, e, untold),
        ("drop a field, default A", a_dflt, x, b, e, e, untold),
        ("reorder the fields", order, other, both, both, both, both),
        ("rename a field", num, holding(ltr, "int"), k, moved, moved, k),
        ("rename, default 0", zero, holding(ltr, "int", default=0), k, moved, moved, k),
        ("rename, default null", nullable, holding(ltr, null, default=None), k, moved, unmoved, no_k),
        ("rename, alias", num, alias, k, moved, moved, k),
        ("rename, alias, default 0", zero, zero_alias, k, moved, moved, k),
        ("change the namespace", record(namespace="dairy.one"), record(namespace="dairy.two"), e, e, e, e),
        ("int to long", num, wide, k, k, k, k),
        ("long to int", wide, num, k, k, k, k),
        ("long to double", long, double, big, half, big, half),
        ("int to string", num, text_amount, k, digits, digits, k),
        ("bytes to string", raw, note, byte, seven, byte, sevens),
        ("make a field nullable", num, union, k, no_k, k, no_k),
        ("widen a union", union, wider, k, words, k, words),
        ("new symbol, no default", ab, abc, b, c, b, c),
        ("new symbol, default U", ab_u, abc_u, b, c, b, u),
        ("new symbol, default A", ab_a, abc_a, b, c, b, c),
        ("change a decimal’s scale", dec2, dec3, fat2, fat3, fat2, fat3),
        ("milli- to microseconds", milli, micro, at, at, at, at),
        ("litres to kg", litres, kg, k, kilos, kilos, k),
        ("local time to UTC", clock, clock_utc, local, utc, utc, local),
        ("litres to kg, named types", box_l, box_kg, box, box_kilos, box_kilos, box),
    ]
    return [Change(*row) for row in rows]


def encode(schema: Schema, wrote: Event) -> bytes:
    """Write an event with fastavro, without its schema."""
    file = io.BytesIO()
    fastavro.schemaless_writer(file, deepcopy(schema), wrote)  # fastavro marks a schema that it is given
    return file.getvalue()


def decode(body: bytes, writer: Schema, reader: Schema) -> Event:
    """Read an event with fastavro, the writer's schema resolved against the reader's."""
    return cast(Event, fastavro.schemaless_reader(io.BytesIO(body), deepcopy(writer), deepcopy(reader)))


def decode_with_avro(body: bytes, writer: Schema, reader: Schema) -> Event:
    """Do the same with Apache's Python library."""
    schemas = avro.schema.parse(json.dumps(writer)), avro.schema.parse(json.dumps(reader))
    return cast(Event, avro.io.DatumReader(*schemas).read(avro.io.BinaryDecoder(io.BytesIO(body))))


def reading(decoder: Decoder, writer: Schema, reader: Schema, wrote: Event, wanted: Event) -> Verdict:
    """Let a reader read what a writer wrote, and say what comes of it; an event that cannot be written fails too."""
    try:
        return "right" if decoder(encode(writer, wrote), writer, reader) == wanted else "wrong"
    except Exception:  # whatever a library raises: it has noticed
        return "fails"


def compatible(writer: Schema, reader: Schema) -> bool:
    """Ask Apache's checker whether the reader's schema can read what the writer's schema writes."""
    checker = avro.compatibility.ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
    found = checker.get_compatibility(avro.schema.parse(json.dumps(reader)), avro.schema.parse(json.dumps(writer)))
    return bool(found.compatibility is avro.compatibility.SchemaCompatibilityType.compatible)


class Reading(NamedTuple):
    """One reading: by fastavro, by Apache's library, whether the checker passes it, and with the other's event."""

    fastavro: Verdict
    avro: Verdict
    passed: bool
    mild: Verdict


def tried(change: Change) -> tuple[Reading, Reading]:
    """Try a change: a new reader on old data, and an old reader on new data."""

    def one(writer: Schema, reader: Schema, wrote: Event, wanted: Event, other: Event) -> Reading:
        fast, apache = (reading(decoder, writer, reader, wrote, wanted) for decoder in (decode, decode_with_avro))
        return Reading(fast, apache, compatible(writer, reader), reading(decode, writer, reader, other, other))

    _, old, new, wrote_old, wrote_new, new_wants, old_wants = change
    return one(old, new, wrote_old, new_wants, wrote_new), one(new, old, wrote_new, old_wants, wrote_old)


def change_results() -> Results:
    """Try all changes and count."""
    names, rows = [change.name for change in changes()], [tried(change) for change in changes()]
    found = [one for row in rows for one in row]
    refused = [one for one in found if not one.passed]
    through = [one for row in rows for one in row if all(other.passed for other in row)]
    counts = {
        "number": (len(rows), "changes of a schema"),
        "readings": (len(found), "readings: changes, in two directions"),
        "right": (sum(one.fastavro == "right" for one in found), "readings that fastavro gets right"),
        "fails": (sum(one.fastavro == "fails" for one in found), "readings at which fastavro raises an error"),
        "wrong": (sum(one.fastavro == "wrong" for one in found), "readings that are wrong without an error"),
        "refused": (len(refused), "readings that Apache's checker calls incompatible"),
        "refused_fails": (sum(one.fastavro == "fails" for one in refused), "of those, fastavro fails at"),
        "refused_wrong": (sum(one.fastavro == "wrong" for one in refused), "of those, wrong"),
        "refused_mild": (sum(one.mild == "right" for one in refused), "of those, right with the other writer's event"),
        "wrong_full": (sum(one.fastavro == "wrong" for one in through), "wrong, though both directions pass"),
        "avro_differs": (sum(one.avro != one.fastavro for one in found), "other with Apache's Python reader"),
        "avro_fails": (sum(one.avro == "fails" and one.passed for one in found), "passed, Apache's reader fails"),
    }
    results = {f"changes.{key}": Result(value, what) for key, (value, what) in counts.items()}
    results["changes.name"] = Result(list(names), "the changes, in order")
    for place, side, who in ((0, "new", "a new reader on old data"), (1, "old", "an old reader on new data")):
        results[f"{side}.fastavro"] = Result([row[place].fastavro for row in rows], f"{who}: fastavro")
        results[f"{side}.avro"] = Result([row[place].avro for row in rows], f"{who}: Apache's Python reader")
        results[f"{side}.passed"] = Result([row[place].passed for row in rows], f"{who}: whether the checker passes it")
        wrong: list[Scalar] = [number for number, row in enumerate(rows, 1) if row[place].fastavro == "wrong"]
        results[f"{side}.wrong_rows"] = Result(wrong, f"{who}: the changes that are read wrong, by number")
    dropped = holding("amount", "int", default=0, doc="litres"), record()
    for name, kind, default in (("type", "string", ""), ("meaning", "int", 0)):
        versions = *dropped, holding("amount", kind, default=default, doc="kg")
        pairs = sum(not compatible(*pair) for pair in permutations(versions, 2))
        results[f"again.{name}"] = Result(pairs, f"refused of six: a name dropped and brought back with another {name}")
    return results


MAYBE: tuple[Any, ...] = (["null", "int"], {"default": None})
V1, OPTIONAL, RENAMED = record(("amount", "int")), record(("amount", *MAYBE)), record(("mass", *MAYBE))
V2, LENIENT = record(("amount", "int"), ("mass", *MAYBE)), record(("amount", *MAYBE), ("mass", *MAYBE))


class Stored(NamedTuple):
    """An event in the store: its id, the name of its type, its version, the schema it was written with, its bytes."""

    id: int
    kind: str
    version: int
    schema: Schema
    body: bytes


Store: TypeAlias = list[Stored]


def early(schema: Schema = V1, first: int = 1) -> Store:
    """Store two collections in litres."""
    body = encode(schema, event(amount=LITRES))
    return [Stored(number, "Collected", 1, schema, body) for number in (first, first + 1)]


def late(schema: Schema, field: str, version: int = 2, kind: str = "Collected", **more: int) -> Store:
    """Store the two weighed collections in kilograms, in this field."""
    bodies = [encode(schema, event(**{field: mass}, **more)) for mass in WEIGHED]
    return [Stored(number, kind, version, schema, body) for number, body in enumerate(bodies, 3)]


def litres_by(reader: Schema, store: Store) -> float:
    """Add litres as the old reader does: one type of event, whose amount is litres, and a null adds nothing."""
    found = [decode(one.body, one.schema, reader)["amount"] for one in store if one.kind == "Collected"]
    return float(sum(amount for amount in found if amount is not None))


def kilograms_by(reader: Schema, store: Store, upcast: bool = True) -> float:
    """Add kilograms as the new reader does: its own field where it is given, else the amount, litres in version 1."""
    total = 0.0
    for one in store:
        found = decode(one.body, one.schema, reader)
        factor = DENSITY if upcast and (one.version == 1 or "mass" in found) else 1
        total += found["amount"] * factor if found.get("mass") is None else found["mass"]
    return total


def designs() -> dict[str, tuple[float, float]]:
    """Let each design's old reader add litres and its new reader kilograms, both from the same store."""
    litres = early() + early(first=3)
    unmarked, marked = early() + late(V1, "amount", version=1), early() + late(V1, "amount")
    renamed, beside = early(OPTIONAL) + late(RENAMED, "mass"), early() + late(V2, "mass", amount=LITRES)
    relayed = [one._replace(schema=V1, body=encode(V1, decode(one.body, one.schema, V1))) for one in beside]
    weighed = late(V1, "amount", kind="Weighed")
    newest = {stored.id: stored for stored in sorted(litres + weighed, key=lambda stored: stored.version)}
    downgraded = [(stored, DENSITY if stored.version == 2 else 1) for stored in marked]
    return {
        "in_place": (litres_by(V1, unmarked), kilograms_by(V1, unmarked, upcast=False)),
        "upcast": (litres_by(V1, marked), kilograms_by(V1, marked)),
        "held": (litres_by(V1, litres), kilograms_by(V1, litres)),
        "beside": (litres_by(V1, beside), kilograms_by(V2, beside)),
        "relayed": (litres_by(V1, relayed), kilograms_by(V2, relayed)),
        "renamed": (litres_by(OPTIONAL, renamed), kilograms_by(LENIENT, renamed)),
        "new_type": (litres_by(V1, early() + weighed), kilograms_by(V1, early() + weighed)),
        "both_types": (litres_by(V1, litres + weighed), kilograms_by(V1, litres + weighed)),
        "twins": (litres_by(V1, litres + weighed), kilograms_by(V1, list(newest.values()))),
        "downgrade": (sum(litres_by(V1, [one]) / rule for one, rule in downgraded), kilograms_by(V1, marked)),
    }


def run(progress: Progress) -> Results:
    """Try the changes and the designs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # avro says that it takes a type that it does not know for a plain long
        progress(0.0, "changes")
        results = change_results()
    results["design.true.litres"] = Result(4 * LITRES, "litres collected", "litres")
    results["design.true.mass"] = Result(round(2 * LITRES * DENSITY + sum(WEIGHED)), "kilograms collected", "kg")
    for name, (litres, mass) in designs().items():
        results[f"design.{name}.litres"] = Result(round(litres), f"{name}: litres by the old reader", "litres")
        results[f"design.{name}.mass"] = Result(round(mass), f"{name}: kilograms by the new reader", "kg")
    return results


def draw(values: Values) -> Iterator[Figure]:
    """Draw the table of changes."""
    yield Figure("readings", drawing=_readings(values, COLUMN), narrow=_readings(values, NARROW))


def _readings(values: Values, width: int) -> str:
    names = values["changes.name"]
    assert isinstance(names, list)
    scales = Scale(0, 1), Scale(len(names) + 0.4, 0.2)
    chart = Chart(width, 52 + 20 * len(names), *scales, left=4, right=4, top=60, bottom=2)
    columns = width * 0.56, width * 0.785
    for place, words in zip(columns, (("new", "reader,", "old data"), ("old", "reader,", "new data")), strict=True):
        chart.parts += [text(place, 14 + 17 * line, word, class_="fig-label") for line, word in enumerate(words)]
    for number, name in enumerate(map(str, names), 1):
        middle, low = chart.at_y(number), chart.at_y(number + 0.5)
        chart.parts.append(text(4, middle + 4, name))
        for place, side in zip(columns, ("new", "old"), strict=True):
            verdicts, passed, wrong = (values[f"{side}.{key}"] for key in ("fastavro", "passed", "wrong_rows"))
            assert isinstance(verdicts, list) and isinstance(passed, list) and isinstance(wrong, list)  # noqa: PT018
            verdict, is_wrong = str(verdicts[number - 1]), number in wrong
            if is_wrong:
                key = f"{side}.wrong_rows[{wrong.index(number)}]"
                dot = element("circle", cx=place + 5.0, cy=middle, r=5.0, class_="fig-bar fig-1", data_y=key)
                chart.parts.append(dot)
            if not passed[number - 1]:
                frame = element("rect", x=place - 7.0, y=middle - 9, width=44.0, height=18.0, rx=3.0, class_="fig-box")
                chart.parts.append(frame)
            look = {"wrong": "fig-label fig-toned fig-1", "fails": "fig-label"}.get(verdict)
            chart.parts.append(text(place + 14 * is_wrong, middle + 4, verdict, class_=look))
        if number in (8, 14, 26):  # fields, names and types end here; the rest change the meaning
            chart.parts.append(element("line", x1=4, y1=low, x2=width - 4, y2=low, class_="fig-axis"))
    return chart.svg()
