"""A schema makes the same numbers of the same cells, whatever stands around them."""

import itertools
import math
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp.datasets import (
    BooleanColumn,
    CategoricalColumn,
    DateColumn,
    IgnoredColumn,
    InputColumn,
    Matrix,
    NumericColumn,
    Schema,
    Table,
    encode,
    filled_columns,
    infer,
)
from microfp.errors import DataError

NAMES = ("island", "bill", "sex", "seen", "note")
ROWS = (
    ("Biscoe", "39.1", "yes", "2007-11-11", "a"),
    ("Dream", "", "no", "2007-12-31", "b"),
    ("Dream", "40.3", "NA", "2009-01-01", "c"),
    ("", "36.7", "yes", "", "d"),
)
COLUMNS: tuple[InputColumn, ...] = (
    CategoricalColumn(name="island", categories=("Biscoe", "Dream"), fill="Dream", indicator=True),
    NumericColumn(name="bill", fill=39.1, indicator=True),
    BooleanColumn(name="sex", fill=1.0, indicator=True),
    DateColumn(name="seen", parts=("days", "month"), first="2007-11-11", fill="2007-11-11"),
    IgnoredColumn(name="note", why="text"),
)
SCHEMA = Schema(columns=COLUMNS, targets=("species",))


def table(rows: tuple[tuple[str, ...], ...], names: tuple[str, ...] = NAMES) -> Table:
    return Table(source="t.csv", names=names, rows=rows, lines=tuple(range(2, 2 + len(rows))))


def test_each_kind_makes_the_inputs_that_it_names() -> None:
    found = encode(SCHEMA, table(ROWS))
    named = [dict(zip(SCHEMA.inputs, row, strict=True)) for row in found.xs]
    assert [row["island=Dream"] for row in named] == [0.0, 1.0, 1.0, 1.0]
    assert [row["island missing"] for row in named] == [0.0, 0.0, 0.0, 1.0]
    assert [row["bill"] for row in named] == [39.1, 39.1, 40.3, 36.7]
    assert [row["bill missing"] for row in named] == [0.0, 1.0, 0.0, 0.0]
    assert [row["sex"] for row in named] == [1.0, 0.0, 1.0, 1.0]
    assert [row["seen days"] for row in named] == [0.0, 50.0, 417.0, 0.0]
    december = named[1]
    assert december["seen month sine"] == pytest.approx(math.sin(2 * math.pi * 11 / 12))
    assert december["seen month cosine"] == pytest.approx(math.cos(2 * math.pi * 11 / 12))


@given(order=st.permutations(range(len(NAMES))), chosen=st.lists(st.sampled_from(ROWS), min_size=1))
def test_a_row_is_encoded_by_itself_in_whatever_order_the_columns_stand(
    order: list[int], chosen: list[tuple[str, ...]]
) -> None:
    alone = [encode(SCHEMA, table((row,))).xs[0] for row in chosen]
    moved = tuple(tuple(row[i] for i in order) for row in chosen)
    found = encode(SCHEMA, table(moved, tuple(NAMES[i] for i in order)))
    assert list(found.xs) == alone


def test_columns_that_are_not_known_or_ignored_may_be_anything_or_missing() -> None:
    without = tuple(row[:4] for row in ROWS)
    assert encode(SCHEMA, table(without, NAMES[:4])).xs == encode(SCHEMA, table(ROWS)).xs
    wider = tuple((*row, "?") for row in ROWS)
    assert encode(SCHEMA, table(wider, (*NAMES, "species"))).xs == encode(SCHEMA, table(ROWS)).xs


@pytest.mark.parametrize(
    ("schema", "rows", "told"),
    [
        (SCHEMA, (0, 1, 2, 3), []),
        (SCHEMA.set(missing="skip"), (0,), ["bill must be there", "sex must be", "island must"]),
        (SCHEMA.set(missing="error"), (0,), ["bill must be there", "sex must be", "island must"]),
    ],
)
def test_a_missing_cell_is_filled_or_named(
    schema: Schema, rows: tuple[int, ...], told: list[str]
) -> None:
    found = encode(schema, table(ROWS))
    assert tuple(found.rows) == rows
    assert len(found.xs) == len(rows)
    for trouble, begin in zip(found.troubles, told, strict=True):
        assert str(trouble).startswith(begin)
        assert "an empty cell" in str(trouble) or "'NA'" in str(trouble)


def test_an_unseen_category_is_the_other_one_or_named() -> None:
    rows = (("Torgersen", "39.1", "no", "2007-11-11", ""),)
    assert encode(SCHEMA, table(rows)).xs[0][:3] == (0.0, 0.0, 0.0)
    rare = SCHEMA.set(columns=(COLUMNS[0].set(other=True), *COLUMNS[1:]))
    assert encode(rare, table(rows)).xs[0][:4] == (0.0, 0.0, 1.0, 0.0)
    (trouble,) = encode(rare.set(unseen="error"), table(rows)).troubles
    assert str(trouble) == "island must be one of Biscoe, Dream, got 'Torgersen'"


STRANGE = (
    ROWS[0],
    ("Dream", "old", "no", "2007-11-11", ""),
    ("Dream", "1", "so", "soon", ""),
)


def test_a_cell_that_is_none_of_its_kind_counts_as_missing_and_is_named() -> None:
    found = encode(SCHEMA, table(STRANGE))
    gaps = tuple(
        tuple("" if cell in ("old", "so", "soon") else cell for cell in row) for row in STRANGE
    )
    assert found.xs == encode(SCHEMA, table(gaps)).xs
    assert (len(found.xs), found.troubles) == (3, ())
    assert [str(it) for it in found.unread] == [
        "bill must be a finite number, got 'old'",
        "sex must be yes or no, got 'so'",
        "seen must be a date written as ISO 8601, got 'soon'",
    ]
    assert filled_columns(SCHEMA, table(STRANGE)) == {1: ("bill",), 2: ("sex", "seen")}
    assert filled_columns(SCHEMA, table(gaps)) == {1: ("bill",), 2: ("sex", "seen")}


@pytest.mark.parametrize("way", ["skip", "error"])
def test_a_cell_that_is_none_of_its_kind_is_a_trouble_where_gaps_are_not_filled(way: str) -> None:
    found = encode(SCHEMA.set("missing", way), table(STRANGE))
    assert (len(found.xs), found.rows, found.unread) == (1, (0,), ())
    assert [it.found for it in found.troubles] == ["old", "so"]


@pytest.mark.parametrize("cell", ["39,1", "1,234", "$39.1", "40 %", "1.234,5"])
def test_a_number_that_is_written_in_another_way_is_no_gap(cell: str) -> None:
    found = encode(SCHEMA, table((ROWS[0], ("Dream", cell, "no", "2007-11-11", ""))))
    assert (found.rows, found.unread) == ((0,), ())
    assert [it.found for it in found.troubles] == [cell]


def test_a_date_that_is_written_in_another_way_is_no_gap() -> None:
    found = encode(SCHEMA, table((ROWS[0], ("Dream", "1", "no", "11/30/2007", ""))))
    assert (found.rows, found.unread) == ((0,), ())
    assert [it.found for it in found.troubles] == ["11/30/2007"]


def test_a_column_most_of_which_cannot_be_read_is_another_one() -> None:
    rows = [("Dream", f"b{i}" if i < 10 else "1", "no", "2007-11-11", "") for i in range(25)]
    found = encode(SCHEMA, table(tuple(rows)))
    assert (len(found.xs), len(found.unread)) == (25, 10)
    other = encode(SCHEMA, table(tuple(rows[:19])))
    assert (other.rows, other.unread) == (tuple(range(10, 19)), ())
    assert [it.row for it in other.troubles] == list(range(10))


def test_yes_and_no_may_be_digits_later() -> None:
    digits = [(*row[:2], {"yes": "1", "no": "0"}.get(row[2], "NA"), *row[3:]) for row in ROWS]
    assert encode(SCHEMA, table(tuple(digits))) == encode(SCHEMA, table(ROWS))


def test_a_column_that_is_not_there_or_twice_is_refused() -> None:
    with pytest.raises(DataError, match="must be columns 'bill', 'seen', got only island, sex"):
        encode(SCHEMA, table((("Dream", "no"),), ("island", "sex")))
    with pytest.raises(DataError, match="a column 'bill', got two of that name"):
        encode(SCHEMA, table(((*ROWS[0], "1"),), (*NAMES, "bill")))


@pytest.mark.parametrize("field", ["missing", "unseen"])
def test_a_word_that_is_no_rule_is_refused(field: str) -> None:
    with pytest.raises((ValueError, TypeError), match=field):
        SCHEMA.set(field, "perhaps")


def test_two_columns_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="of different names"):
        Schema(columns=(NumericColumn(name="a"), NumericColumn(name="a")), targets=("y",))


def test_a_word_that_is_neither_yes_nor_no_is_missing_unless_unseen_is_an_error() -> None:
    member = BooleanColumn(name="member", fill=1.0, indicator=True)
    schema = Schema(columns=(member,), targets=("y",))
    cells = table((("no",), ("perhaps",)), ("member",))
    assert encode(schema, cells).xs == ((0.0, 0.0), (1.0, 1.0))
    (refused,) = encode(schema.set(unseen="error"), cells).troubles
    assert str(refused) == "member must be yes or no, got 'perhaps'"
    assert encode(schema.set(missing="skip"), cells).rows == (0,)


def test_inputs_that_would_have_one_name_are_told_apart() -> None:
    kind = CategoricalColumn(name="kind", categories=("cat", "other"), other=True)
    schema = Schema(
        columns=(
            kind,
            NumericColumn(name="age", indicator=True),
            NumericColumn(name="age missing"),
            NumericColumn(name="kind=cat"),
        ),
        targets=("y",),
    )
    assert schema.inputs == (
        *("kind=cat", "kind=other", "kind=other (2)"),
        *("age", "age missing", "age missing (2)", "kind=cat (2)"),
    )
    rows = (("other", "3", "4", "5"), ("owl", "", "4", "5"))
    found = encode(schema, table(rows, ("kind", "age", "age missing", "kind=cat")))
    assert found.xs == ((0, 1, 0, 3, 0, 4, 5), (0, 0, 1, 0, 1, 4, 5))


def test_many_rows_are_kept_as_columns_and_read_as_rows() -> None:
    cells = tuple((str(i % 7), str(i)) for i in range(40_000))
    schema = Schema(columns=(NumericColumn(name="a"), NumericColumn(name="b")), targets=("y",))
    found = encode(schema, table(cells, ("a", "b")))
    assert isinstance(found.xs, Matrix)
    assert found.xs[39_999] == (39_999 % 7, 39_999.0)
    assert found.xs == tuple((float(i % 7), float(i)) for i in range(40_000))


def test_the_parts_of_a_date_turn_without_a_jump() -> None:
    day = DateColumn(name="day", parts=("month", "weekday"), first="2020-01-01")
    schema = Schema(columns=(day,), targets=("y",))
    days = [date(2020, 1, 1) + timedelta(days=i) for i in range(800)]
    rows = encode(schema, table(tuple((it.isoformat(),) for it in days), ("day",))).xs
    for before, after in itertools.pairwise(rows):
        assert math.dist(before, after) < 1.1
    for month_sine, month_cosine, *_ in rows:
        assert month_sine**2 + month_cosine**2 == pytest.approx(1.0)


def test_a_schema_that_was_found_reads_what_it_was_found_in() -> None:
    random = Random(1)
    rows = tuple(
        (random.choice("abc"), f"{random.gauss(0, 1):.3f}", random.choice(["yes", "no", ""]))
        for _ in range(60)
    )
    found = table(rows, ("kind", "size", "there"))
    schema = infer(found, "kind")
    assert (schema.targets, schema.classes) == (("kind",), True)
    assert not encode(schema, found).troubles
