"""What a column is, is found by stated rules, and all that is in the way is told at once."""

from datetime import date, timedelta
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp.datasets import (
    BooleanColumn,
    CategoricalColumn,
    Choices,
    DateColumn,
    IgnoredColumn,
    Marks,
    NumericColumn,
    Schema,
    Table,
    TableError,
    described,
    encode,
    from_rows,
    infer,
    table_dataset,
    typed_dataset,
    typed_targets,
)
from microfp.datasets.inference import MOST_CATEGORIES
from microfp.errors import DataError

N = 40
SIZES = tuple(f"{0.37 * i * i % 11:.2f}" for i in range(N))
KINDS = tuple(("cat", "dog")[i % 2] for i in range(N))


def table(**columns: tuple[str, ...]) -> Table:
    """A table of these columns and of a plain one, and kinds as its target."""
    every = {**columns, "size": SIZES, "kind": KINDS}
    rows = tuple(zip(*every.values(), strict=True))
    return Table(source="t.csv", names=tuple(every), rows=rows, lines=range(2, N + 2))


def column(cells: tuple[str, ...], name: str = "x", **choices: object) -> object:
    """What a column of these cells is; as many as there are rows, over and over."""
    filled = tuple(cells[i % len(cells)] for i in range(N))
    given_choices = Choices.create(choices)
    return infer(table(**{"first": SIZES[::-1], name: filled}), "kind", given_choices).columns[1]


def trouble(found: Table, *names: str, **choices: object) -> TableError:
    with pytest.raises(TableError) as caught:
        infer(found, names[0] if names else "kind", Choices.create(choices))
    assert "\n" not in str(caught.value)
    return caught.value


def found_or_told(read: Table) -> Schema | TableError:
    try:
        return infer(read, "kind")
    except TableError as error:
        return error


# Kinds


@pytest.mark.parametrize("word", ["", " ", "NA", "n/a", "?", "nan", "NULL", "None", "-", "."])
def test_numbers_with_missing_cells_are_numeric_and_filled_by_the_median(word: str) -> None:
    found = column(("1", "2", "10", word))
    assert found == NumericColumn(name="x", fill=2.0, indicator=True)


@given(numbers=st.lists(st.integers(-99, 99), min_size=1, max_size=N))
def test_the_median_is_that_of_the_cells(numbers: list[int]) -> None:
    cells = tuple(map(str, numbers)) + ("",) * (N - len(numbers))
    found = infer(table(first=SIZES[::-1], x=(*cells, "")[:N]), "kind").columns[1]
    if isinstance(found, NumericColumn):
        ordered = sorted(numbers)
        middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
        assert found.fill == middle


@pytest.mark.parametrize("cells", [("yes", "no"), ("True", "FALSE"), ("y", "N"), ("on", "off")])
def test_words_for_yes_and_no_are_boolean(cells: tuple[str, ...]) -> None:
    assert isinstance(column(cells), BooleanColumn)
    assert isinstance(column(("0", "1")), NumericColumn)
    assert isinstance(column(("male", "female")), CategoricalColumn)


@pytest.mark.parametrize(
    ("cells", "form"),
    [
        (("2024-01-31", "2024-02-01"), "ISO 8601"),
        (("2024-01-31 06:00:00", "2024-02-01T07:30:00Z"), "ISO 8601"),
        (("31.01.2024", "01.02.2024"), "%d.%m.%Y"),
        (("31/01/2024", "01/02/2024"), "%d/%m/%Y"),
        (("01/31/2024", "02/01/2024"), "%m/%d/%Y"),
        (("Jan 31 2024", "Feb 1 2024"), "%b %d %Y"),
        (("31-Jan-24", "01-Feb-24"), "%d-%b-%y"),
        (("2024-01", "2024-02"), "%Y-%m"),
        (("1/31/2024 6:00 PM", "2/1/2024 7:00 AM"), "%m/%d/%Y %I:%M %p"),
        (("Jan-31-2024", "Feb-1-2024"), "%b-%d-%Y"),
        (("31-01-24", "01-02-24"), "%d-%m-%y"),
        (("01.31.2024", "02.01.2024"), "%m.%d.%Y"),
    ],
)
def test_dates_are_found_in_the_one_form_that_fits_them_all(
    cells: tuple[str, ...], form: str
) -> None:
    found = column(cells)
    assert isinstance(found, DateColumn)
    assert found.form == form
    assert found.first.startswith(("2024-01-31", "2024-01-01"))


DOUBTFUL = ("03/04/2021", "05/06/2021", "07/07/2021")


@pytest.mark.parametrize(
    ("cells", "order", "form", "doubtful"),
    [
        (DOUBTFUL, None, "%m/%d/%Y", True),
        (DOUBTFUL, "dmy", "%d/%m/%Y", False),
        (DOUBTFUL, "mdy", "%m/%d/%Y", False),
        (("03-04-21 06:30", "05-06-21 07:00"), None, "%d-%m-%y %H:%M", True),
        (("03-04-21 06:30", "05-06-21 07:00"), "mdy", "%m-%d-%y %H:%M", False),
        ((*DOUBTFUL, "13/07/2021"), None, "%d/%m/%Y", False),
        ((*DOUBTFUL, "13/07/2021"), "mdy", "%d/%m/%Y", False),
        ((*DOUBTFUL, "07/13/2021"), "dmy", "%m/%d/%Y", False),
        (("01/01/2021", "02/02/2021"), None, "%m/%d/%Y", False),
        (("2021-03-04", "2021-05-06"), "dmy", "ISO 8601", False),
        (("4 Mar 2021", "6 May 2021"), "mdy", "%d %b %Y", False),
    ],
)
def test_the_order_of_day_and_month_is_settled_by_any_cell_or_by_choice_or_told(
    cells: tuple[str, ...], order: Literal["dmy", "mdy"] | None, form: str, doubtful: bool
) -> None:
    rows = tuple((cell, str(i)) for i, cell in enumerate(cells))
    table = Table(source="", names=("day", "y"), rows=rows, lines=range(len(rows)))
    schema = infer(table, "y", Choices(date_order=order))
    (found,) = schema.columns
    assert isinstance(found, DateColumn)
    assert (found.form, found.doubtful) == (form, doubtful)
    ((_, _, fate),) = described(schema)
    assert ("--date-order" in fate) == doubtful


def test_a_column_that_settles_the_order_of_day_and_month_settles_it_for_others() -> None:
    days = (("03/04/2021", "31/12/2021", "1"), ("05/06/2021", "01/12/2021", "2"))
    names = ("from", "to", "y")
    found = infer(Table(source="", names=names, rows=days, lines=(2, 3))).columns
    assert [(it.form, it.doubtful) for it in found if isinstance(it, DateColumn)] == [
        ("%d/%m/%Y", False)
    ] * 2


def test_only_parts_of_dates_that_differ_are_inputs() -> None:
    mondays = tuple((date(2024, 1, 1) + timedelta(weeks=i)).isoformat() for i in range(4))
    found = column(mondays)
    assert isinstance(found, DateColumn)
    assert found.parts == ("days",)


def test_texts_that_recur_are_categories_the_commonest_with_an_input_of_their_own() -> None:
    many = tuple(f"c{i % 19}" for i in range(35)) + ("c0",) * 5
    found = infer(table(first=SIZES[::-1], x=many), "kind").columns[1]
    assert isinstance(found, CategoricalColumn)
    assert (found.other, found.fill) == (True, "c0")
    assert 1 < len(found.categories) <= MOST_CATEGORIES
    assert found.categories == tuple(sorted(found.categories))
    assert column(("None", "Attic"), name="alley") == CategoricalColumn(
        name="alley", categories=("Attic", "None"), fill="Attic"
    )


def test_whatever_is_common_enough_has_an_input_however_many_there_are() -> None:
    streets = tuple(f"s{i % 50}" for i in range(150)) + tuple(f"r{i}" for i in range(30)) * 2
    rows = tuple((street, str(i * i % 97), ("a", "b")[i % 2]) for i, street in enumerate(streets))
    names = ("street", "size", "kind")
    read = Table(source="t.csv", names=names, rows=rows, lines=range(2, len(rows) + 2))
    found = infer(read, "kind").columns[0]
    assert isinstance(found, CategoricalColumn)
    assert set(found.categories) == {f"s{i}" for i in range(50)}
    assert found.other


@pytest.mark.parametrize(
    "codes", [("01067", "01069"), ("7359588353404810659", "7359588353404810660"), ("007", "12")]
)
def test_codes_that_a_float_would_change_stay_texts(codes: tuple[str, ...]) -> None:
    found = column(codes)
    assert isinstance(found, CategoricalColumn)
    assert set(found.categories) == set(codes)
    cells = tuple(codes[i % 2] for i in range(N))
    named = table(code=cells)
    schema = infer(named, "code")
    assert schema.classes
    assert typed_targets(schema, named)[:2] == ((codes[0],), (codes[1],))
    assert typed_dataset(named, schema).metadata["classes"] == tuple(sorted(codes))


def test_a_few_texts_among_numbers_are_missing_and_told() -> None:
    cells = (*map(str, range(30, 30 + N - 1)), "about 7")
    found = infer(table(first=SIZES[::-1], x=cells), "kind").columns[1]
    assert isinstance(found, NumericColumn)
    assert found.strays
    assert found.indicator


# What makes no input


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (("",), "empty"),
        (("7",), "constant: '7'"),
        (SIZES[::-1], "the same as first"),
        (KINDS, "the same as the target kind"),
        (tuple(f"note {i}" for i in range(N)), f"text: {N} different ones"),
    ],
)
def test_what_helps_no_model_is_left_out_with_the_reason(cells: tuple[str, ...], why: str) -> None:
    assert column(cells) == IgnoredColumn(name="x", why=why)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("row", tuple(map(str, range(N)))),
        ("row", tuple(map(str, range(1, N + 1)))),
        ("", tuple(str(i // 10) for i in range(N))),
        ("", tuple(f"car {i}" for i in range(N))),
        ("PassengerId", tuple(str(892 + 3 * i) for i in range(N))),
    ],
)
def test_an_index_is_left_out_and_can_be_asked_for(name: str, cells: tuple[str, ...]) -> None:
    (found, *_) = infer(table(**{name: cells}), "kind").columns
    assert isinstance(found, IgnoredColumn)
    (kept, *_) = infer(table(**{name: cells}), "kind", Choices(categorical=(name,))).columns
    assert isinstance(kept, CategoricalColumn)


def test_an_index_is_kept_where_there_is_nothing_else() -> None:
    rows = tuple((str(i), KINDS[i]) for i in range(N))
    only = Table(source="t.csv", names=("x", "kind"), rows=rows, lines=range(2, N + 2))
    assert infer(only, "kind").inputs == ("x",)


def test_a_table_that_makes_no_inputs_says_what_became_of_its_columns() -> None:
    rows = tuple(("7", KINDS[i]) for i in range(N))
    only = Table(source="t.csv", names=("x", "kind"), rows=rows, lines=range(2, N + 2))
    with pytest.raises(DataError, match=r"got none; left out: x \(constant: '7'\)"):
        infer(only, "kind")


# What is in the way


@pytest.mark.parametrize(
    ("cells", "cure"),
    [
        (("1,5", "2,25"), "--decimal ,"),
        (("1.234,5", "12,25"), "--decimal , --thousands ."),
        (("1,234", "12,345,678"), "--thousands ,"),
        (("1 234", "5"), "--thousands ' '"),
        (("$3", "$4.50"), "--numeric x"),
        (("12%", "7.5 %"), "--numeric x"),
        (("€1.234,5", "€2"), "--decimal , --thousands . --numeric x"),
    ],
)
def test_numbers_that_are_written_otherwise_are_told_with_what_cures_them(
    cells: tuple[str, ...], cure: str
) -> None:
    filled = tuple(cells[i % len(cells)] for i in range(N))
    found = trouble(table(x=filled))
    assert found.options == cure
    assert "holds numbers such as" in str(found)
    assert str(found).endswith(f"; add {cure}")
    cured = Choices(
        numeric=("x",) if "numeric" in cure else (),
        marks=Marks(
            decimal="," if "--decimal" in cure else ".",
            thousands="." if "--thousands ." in cure else "," if "--thousands ," in cure else " ",
        ),
    )
    (first, *_) = infer(table(x=filled), "kind", cured).columns
    assert isinstance(first, NumericColumn)


def test_all_troubles_stand_in_one_message_and_one_line_cures_them() -> None:
    commas = tuple(f"{i},5" for i in range(N))
    prices = tuple(f"${i},5" for i in range(N))
    found = trouble(table(a=commas, b=prices, c=commas[::-1], d=commas[5:] + commas[:5]))
    assert str(found) == (
        "t.csv: a holds numbers such as '0,5' in line 2; b holds numbers such as '$0,5' in line 2; "
        "c holds numbers such as '39,5' in line 2; and 1 more such column; "
        "add --decimal , --numeric b"
    )


def test_a_target_of_numbers_and_texts_is_never_taken_for_classes_in_silence() -> None:
    mixed = (*SIZES[:-1], "high")
    found = trouble(table(price=mixed), "price")
    told = (
        "t.csv: price holds numbers, and 'high' in line 41 (missing with --numeric price, a class "
    )
    assert str(found) == f"{told}with --categorical price); add --numeric price"
    counts = (*["1", "2", "3", "4"] * 9, "5+", "5+", "1", "1")
    assert trouble(table(count=counts), "count").options == "--categorical count"
    read = table(price=mixed)
    data = typed_dataset(read, infer(read, "price", Choices(numeric=("price",))))
    assert (len(data.ys), data.metadata["without_target"]) == (N - 1, 1)
    commas = tuple(f"{i},5" for i in range(N))
    assert trouble(table(price=commas), "price").options == "--decimal ,"
    assert infer(read, "price", Choices(categorical=("price",))).classes


def test_rows_without_a_target_are_left_out_and_counted() -> None:
    gaps = tuple("" if i % 4 == 0 else "?" if i % 4 == 1 else KINDS[i] for i in range(N))
    read = table(animal=gaps)
    data = typed_dataset(read, infer(read, "animal", Choices(drop=("kind",))))
    assert (len(data.ys), data.metadata["without_target"]) == (N // 2, N // 2)
    assert data.metadata["classes"] == ("cat", "dog")


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        ({"drop": ("size", "z")}, "there must be a column 'z' for drop"),
        ({"numeric": ("size",), "drop": ("size",)}, "drop must name other columns than numeric"),
        ({"drop": ("kind",)}, "drop must name no target, got 'kind'"),
        ({"date": ("size",)}, "size must hold dates, got '0.00'"),
        ({"numeric": ("first",)}, "first must hold numbers, got 'car'"),
    ],
)
def test_choices_that_make_no_sense_are_named(choices: dict[str, object], told: str) -> None:
    first = tuple(f"c{'ab'[i % 2]}r".replace("b", "a") for i in range(N))
    with pytest.raises(DataError, match="got") as caught:
        infer(table(first=first), "kind", Choices.create(choices))
    assert told in str(caught.value)


def test_missing_cells_skip_their_rows_or_are_errors_where_that_is_chosen() -> None:
    gaps = tuple("" if i % 4 == 0 else SIZES[-i] for i in range(N))
    read = table(x=gaps)
    skipped = typed_dataset(read, infer(read, "kind", Choices(missing="skip")))
    assert (len(skipped.ys), skipped.metadata["skipped"]) == (N * 3 // 4, N // 4)
    with pytest.raises(DataError, match=r"t.csv, line 2: x must be there, got an empty cell, and"):
        typed_dataset(read, infer(read, "kind", Choices(missing="error")))


@given(
    cells=st.lists(
        st.sampled_from(["1", "2.5", "-3e2", "", "NA", "yes", "no", "a", "b", "2024-01-02", "01"]),
        min_size=N,
        max_size=N,
    )
)
def test_whatever_a_column_holds_it_is_a_kind_that_reads_it_or_a_trouble(cells: list[str]) -> None:
    read = table(x=tuple(cells))
    schema = found_or_told(read)
    assert schema.options if isinstance(schema, TableError) else not encode(schema, read).troubles


@pytest.mark.parametrize(
    ("odd", "cure"),
    [
        ("3,5", "--decimal ,"),
        ("1,234", "--thousands ,"),
        ("1\u00a0234", "--thousands ' '"),
        ("(12.5)", "--numeric x"),
        ("12 %", "--numeric x"),
    ],
)
def test_a_few_numbers_that_are_written_otherwise_are_no_gaps(odd: str, cure: str) -> None:
    cells = tuple(odd if i == 7 else str(i * i) for i in range(N))
    with pytest.raises(TableError) as raised:
        infer(table(x=cells), "kind")
    assert raised.value.options == cure
    assert f"{odd!r} in line 9" in str(raised.value)


def test_numbers_in_brackets_are_negative_where_signs_are_passed_over() -> None:
    cells = tuple(f"({i}.5)" if i % 2 else f"{i}.5" for i in range(N))
    schema = infer(table(x=cells), "kind", Choices(numeric=("x",)))
    found = [row[0] for row in encode(schema, table(x=cells)).xs]
    assert found == [-(i + 0.5) if i % 2 else i + 0.5 for i in range(N)]


def test_a_minus_may_be_that_of_mathematics() -> None:
    cells = tuple(f"\u2212{i}.5" for i in range(N))
    assert encode(infer(table(x=cells), "kind"), table(x=cells)).xs[3][0] == -3.5


@pytest.mark.parametrize("word", ["(null)", "\\N", "n.a.", "NaT", "#REF!"])
def test_words_of_other_programs_for_nothing_are_gaps(word: str) -> None:
    cells = tuple(word if i % 3 else f"{i % 4}x" for i in range(N))
    found = column(cells)
    assert isinstance(found, CategoricalColumn)
    assert word not in found.categories
    assert found.indicator


@pytest.mark.parametrize(
    ("field", "known"),
    [("missing", "fill, skip, error"), ("unseen", "other, error"), ("date_order", "dmy, mdy")],
)
def test_a_word_that_is_no_choice_is_refused_with_those_that_are(field: str, known: str) -> None:
    with pytest.raises(ValueError, match=f"Choices: {field} must be one of .*{known}, got 'ymd'"):
        Choices.create({field: "ymd"})


def test_choices_that_are_none_are_refused() -> None:
    none: Any = {"drop": ("x",)}
    with pytest.raises(TypeError, match="from_rows: choices must be"):
        from_rows([[1.0, 2.0]], choices=none)
    with pytest.raises(TypeError, match="table_dataset: choices must be"):
        table_dataset(table(), choices=none)
