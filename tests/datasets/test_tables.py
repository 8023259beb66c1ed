"""A CSV file becomes the dataset it describes, or a failure that says where it does not."""

import csv
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from returns.io import IOFailure, IOResult, IOSuccess
from returns.unsafe import unsafe_perform_io

from microfp.datasets import (
    Dataset,
    Form,
    Table,
    from_rows,
    read_csv,
    read_table,
    table_dataset,
    table_numbers,
    table_texts,
)
from microfp.errors import DataError, FileError, ShapeError

Read = IOResult[Dataset, FileError]
PETS = "weight,legs,kind\n4.5,4,cat\n0.1,2,bird\n5.0,4,cat\n"
WRONG: Any = 1.5


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    """Write a file of this text or these bytes, and read it."""

    def write_and_read(content: str | bytes, *target: object, **options: Any) -> Read:
        path = tmp_path / "data.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_csv(path, *target, **options)  # type: ignore[arg-type]  # of any kind

    return write_and_read


def dataset_of(result: Read) -> Dataset:
    assert isinstance(result, IOSuccess), result
    data: Dataset = unsafe_perform_io(result.unwrap())
    return data


def message_of(result: Read, tmp_path: Path) -> str:
    assert isinstance(result, IOFailure), result
    error = unsafe_perform_io(result.failure())
    assert isinstance(error, DataError)
    assert "\n" not in str(error)
    assert len(str(error)) < 500
    return str(error).removeprefix(str(tmp_path / "data.csv"))


# What a file says


def test_names_of_classes_are_numbered_in_alphabetical_order(read: Callable[..., Read]) -> None:
    pets = dataset_of(read(PETS, "kind"))
    assert pets.xs == ((4.5, 4.0), (0.1, 2.0), (5.0, 4.0))
    assert pets.ys == (1.0, -1.0, 1.0)
    assert pets.metadata["classes"] == ("bird", "cat")
    assert pets.metadata["columns"] == ("weight", "legs")
    assert pets.metadata["target"] == ("kind",)
    assert pets.metadata["name"] == "data"


def test_more_than_two_classes_count_from_0(read: Callable[..., Read]) -> None:
    data = dataset_of(read("x,y\n1,b\n2,c\n3,a\n4,b\n"))
    assert data.ys == (1.0, 2.0, 0.0, 1.0)
    assert data.metadata["classes"] == ("a", "b", "c")


def test_targets_that_are_numbers_stay_as_they_are(read: Callable[..., Read]) -> None:
    data = dataset_of(read("price,size\n9.5,1\n-2e3,2\n", "price"))
    assert data.ys == (9.5, -2000.0)
    assert "classes" not in data.metadata


def test_several_targets_make_rows_of_targets(read: Callable[..., Read]) -> None:
    data = dataset_of(read("a,b,c\n1,2,3\n4,5,6\n", ("c", 0)))
    assert data.xs == ((2.0,), (5.0,))
    assert data.targets == ((3.0, 1.0), (6.0, 4.0))


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (PETS.replace("\n", "\r\n"), {}),
        (b"\xef\xbb\xbf" + PETS.encode(), {}),
        (PETS.replace(",", ";"), {"delimiter": ";"}),
        (PETS.replace(",", "\t"), {"delimiter": "\t"}),
        (PETS.replace("\n", "\n\n"), {}),
        (PETS.rstrip("\n"), {}),
        (PETS.replace("4.5", '"4.5"').replace("cat", '"cat"'), {}),
        (PETS.replace(",", " , "), {}),
        (PETS.replace("4.5", "0.45e1"), {}),
    ],
    ids=[
        "CRLF",
        "BOM",
        "semicolon",
        "tab",
        "blank lines",
        "no last line end",
        "quotes",
        "spaces",
        "exponent",
    ],
)
def test_the_same_data_written_otherwise_is_the_same(
    read: Callable[..., Read], content: str | bytes, options: dict[str, Any]
) -> None:
    plain = dataset_of(read(PETS, "kind"))
    assert dataset_of(read(content, "kind", **options)) == plain


def test_without_a_header_columns_go_by_number(read: Callable[..., Read]) -> None:
    body = PETS.split("\n", 1)[1]
    data = dataset_of(read(body, 2, header=False))
    assert (data.xs, data.ys) == ((((4.5, 4.0), (0.1, 2.0), (5.0, 4.0))), (1.0, -1.0, 1.0))
    assert dataset_of(read(body, -1, header=False)) == data


def test_quotes_may_hold_delimiters_and_line_ends(read: Callable[..., Read]) -> None:
    data = dataset_of(read('x,"a, or\nb"\n1,"p,q"\n2,"r\ns"\n', "a, or\nb"))
    assert data.metadata["classes"] == ("p,q", "r\ns")


@given(
    rows=st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 3), min_size=2)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_numbers_come_back_exactly(tmp_path: Path, rows: list[tuple[float, ...]]) -> None:
    path = tmp_path / "exact.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("a", "b", "y"), *rows])
    table = unsafe_perform_io(read_table(path).unwrap())
    assert table_numbers(table, ["a", "b", "y"]) == tuple(rows)
    result = read_csv(path, "y")
    if len({row[2] for row in rows}) == 1:
        assert "at least two different targets" in str(unsafe_perform_io(result.failure()))
    elif isinstance(result, IOSuccess):
        assert dataset_of(result).ys == tuple(row[2] for row in rows)


# What is wrong with a file


HEAD = "a,b,y\n1,2,3\n"
MORE = "a,b,y\n1,2,3\n3,5,4\n2,1,4\n"
NO_INPUTS = ": there must be an input column beside the targets, got none"
RAGGED = "--missing skip passes over such lines"
WHERE_IT_FAILS: list[tuple[str, str | bytes, dict[str, Any], str]] = [
    ("empty", "", {}, ": must hold rows of numbers, is empty"),
    ("blank lines only", "\n\n\n", {}, ": must hold rows of numbers, is empty"),
    ("header only", "a,b,y\n", {}, ": must hold rows below its header, got none"),
    (
        "short row",
        HEAD + "1,2\n4,5,6\n",
        {},
        f", line 3: must have 3 columns like line 1, got 2; {RAGGED}",
    ),
    (
        "long row",
        HEAD + "1,2,3,4\n",
        {},
        f", line 3: must have 3 columns like line 1, got 4; {RAGGED}",
    ),
    (
        "many short rows",
        HEAD + "1,2\n4\n7,8,9\n5\n",
        {},
        (
            ", line 3: must have 3 columns like line 1, got 2, and so it is with 2 more lines; "
            f"{RAGGED}"
        ),
    ),
    (
        "a line that is no header",
        "150,setosa\n1,2,3,0\n4,5,6,1\n7,8,9,1\n",
        {},
        (
            ", line 2: must have 2 columns like line 1, got 4, and so it is with 2 more lines; "
            "if line 1 is no header: --skip 1 --no-header"
        ),
    ),
    (
        "no header where there should be one",
        "1,2,3\n4,5,6\n",
        {},
        (
            ", line 1: must be a header of names, got '1,2,3'; see header=False, --no-header, or "
            "--header if they are names"
        ),
    ),
    (
        "no header above texts",
        "1,2,up\n4,5,down\n3,4,up\n",
        {},
        (
            ", line 1: must be a header of names, got '1,2,up'; see header=False, --no-header, or "
            "--header if they are names"
        ),
    ),
    (
        "infinite and other targets",
        MORE + "1,2,-inf\n",
        {},
        (
            ": y holds numbers, and '-inf' in line 5 (missing with --numeric y, a class with "
            "--categorical y); add --numeric y"
        ),
    ),
    (
        "a name among numbers",
        MORE + "1,2,cat\n",
        {},
        (
            ": y holds numbers, and 'cat' in line 5 (missing with --numeric y, a class with "
            "--categorical y); add --numeric y"
        ),
    ),
    (
        "decimal commas",
        "a;b;y\n1,5;x;2,5\n2,5;y;3,5\n",
        {},
        (
            ": y holds numbers such as '2,5' in line 2; a holds numbers such as '1,5' in line 2; "
            "add --decimal ,"
        ),
    ),
    (
        "no target at all",
        "a,y\n1,\n2,\n3,NA\n",
        {},
        ": y must hold targets, got none; another column is predicted with target, --target",
    ),
    (
        "one class only",
        "a,y\n1,cat\n2,cat\n",
        {},
        (
            ": y must hold at least two different targets, got only 'cat'; another column is "
            "predicted with target, --target"
        ),
    ),
    (
        "one number only",
        "1,7\n2,7\n",
        {"header": False},
        (
            ": 1 must hold at least two different targets, got only '7'; another column is "
            "predicted with target, --target"
        ),
    ),
    (
        "no such column",
        HEAD,
        {"target": "label"},
        ": target must be one of the columns a, b, y, got 'label'",
    ),
    ("no such number", HEAD, {"target": 3}, ": target must be a column below 3, got 3"),
    ("nothing but a target", "y\n1\n2\n", {}, NO_INPUTS),
    (
        "nothing that helps",
        "a,b,y\n1,x,3\n1,z,4\n1,w,5\n",
        {},
        (
            f"{NO_INPUTS}; left out: a (constant: '1'), b (text: 3 different ones); "
            "add --categorical b"
        ),
    ),
    (
        "a quote that never ends",
        HEAD + '1,"2,3\n',
        {},
        (
            ", line 3: must be comma-separated text: unexpected end of data, in a quote that "
            "begins there"
        ),
    ),
    (
        "text after a quote",
        HEAD + '1,"2"x,3\n',
        {},
        ", line 3: must be comma-separated text: ',' expected after '\"'",
    ),
    (
        "other bytes than those that were named",
        HEAD.encode() + b"1,2,\xe9\n",
        {"form": Form(encoding="utf-8")},
        ", line 3: must be utf-8 text, got other bytes; see encoding, --encoding such as cp1252",
    ),
    (
        "an encoding that nobody knows",
        HEAD,
        {"form": Form(encoding="utf-99")},
        ": encoding must be the name of a codec, got 'utf-99'",
    ),
    ("10 MB in one cell", "x" * 10_000_000, {}, ": must hold rows below its header, got none"),
    (
        "100,000 columns in one line of cells",
        "1,x," * 100_000,
        {},
        ": must hold rows below its header, got none",
    ),
]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [pytest.param(*case, id=name) for name, *case in WHERE_IT_FAILS],
)
def test_a_bad_file_is_a_failure_that_names_the_place(
    read: Callable[..., Read],
    tmp_path: Path,
    content: str | bytes,
    options: dict[str, Any],
    message: str,
) -> None:
    assert message_of(read(content, **options), tmp_path) == message


def test_a_file_that_cannot_be_opened_is_a_failure(tmp_path: Path) -> None:
    missing, folder = tmp_path / "missing.csv", tmp_path
    assert str(unsafe_perform_io(read_csv(missing).failure())) == (
        f"{missing}: must be a readable file: No such file or directory"
    )
    assert str(unsafe_perform_io(read_csv(folder).failure())) == (
        f"{folder}: must be a readable file: Is a directory"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delimiter": ""}, "read_csv: delimiter must be one character, no quote or line end"),
        ({"delimiter": "::"}, "read_csv: delimiter must be one character, no quote or line end"),
        ({"delimiter": '"'}, "read_csv: delimiter must be one character, no quote or line end"),
        ({"header": 1}, "read_csv: header must be True or False, got 1 (int)"),
        ({"target": "y", "header": False}, "read_csv: target must be a column number where"),
        ({"target": ()}, "read_csv: target must be at least one column, got ()"),
        ({"target": [WRONG]}, "read_csv: target must be a column name or number, got 1.5 (float)"),
        ({"target": True}, "read_csv: target must be a column name or number, got True (bool)"),
    ],
)
def test_options_that_suit_no_file_raise_at_once(
    read: Callable[..., Read], options: dict[str, Any], message: str
) -> None:
    with pytest.raises((TypeError, ValueError)) as caught:
        read(HEAD, **options)
    assert str(caught.value).startswith(message)


# Rows


def test_rows_are_read_as_a_file_is(read: Callable[..., Read]) -> None:
    rows = [[4.5, 4, "cat"], [0.1, 2, "bird"], [5.0, 4, "cat"]]
    data = from_rows(rows)
    filed = dataset_of(read(PETS))
    assert (data.xs, data.ys) == (filed.xs, filed.ys)
    assert data.metadata["classes"] == filed.metadata["classes"]


def test_dicts_are_rows_whose_columns_have_names() -> None:
    rows = [{"a": 1, "y": 5.0, "b": 2}, {"y": 6.0, "b": 4, "a": 3}]
    data = from_rows(rows, "y", name="dicts")
    assert (data.xs, data.ys) == (((1.0, 2.0), (3.0, 4.0)), (5.0, 6.0))
    assert data.metadata["columns"] == ("a", "b")
    assert from_rows(rows, ["y", "a"]).targets == ((5.0, 1.0), (6.0, 3.0))


BAD_ROWS: list[tuple[Any, type[Exception], str]] = [
    ([], DataError, "from_rows: rows must hold at least one row, got none"),
    ([3], TypeError, "from_rows: rows[0] must be a list of cells or a dict, got 3 (int)"),
    ([[1, 2], [3]], DataError, "from_rows: rows[1] must hold 2 cells like rows[0], got 1"),
    ([{"a": 1, "y": 2}, [1, 2]], TypeError, "from_rows: rows[1] must be a dict like rows[0]"),
    (
        [{"a": 1, "y": 2}, {"a": 1}],
        DataError,
        "from_rows: rows[1] must have the columns a, y, got a",
    ),
    ([[1], [2]], DataError, "from_rows: there must be an input column beside the targets"),
    ([[1.0, "x"], [2.0, 3.0]], TypeError, "dataset: ys[0] must be a number, got 'x' (str)"),
    ([[math.inf, 2.0]], DataError, "dataset: xs[0][0] must be a finite number, got inf"),
    ([["x", 2.0], [b"z", 3.0]], TypeError, "from_rows: rows[1][0] must be a number, a text, True"),
    ([[math.nan, 2.0], [None, 3.0]], DataError, "data: there must be an input column beside the"),
]


@pytest.mark.parametrize(("rows", "error", "message"), BAD_ROWS)
def test_bad_rows_are_named(rows: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        from_rows(rows)
    assert str(caught.value).startswith(message)
    assert not isinstance(caught.value, ShapeError)


# Tables


@pytest.fixture
def pets(tmp_path: Path) -> Table:
    path = tmp_path / "pets.csv"
    path.write_text("name,weight, kind \nMia,4.5, cat\n\nKiki,heavy,bird\n", encoding="utf-8")
    table: Table = unsafe_perform_io(read_table(path).unwrap())
    return table


def test_a_table_is_text_with_the_lines_it_stands_in(pets: Table) -> None:
    assert pets.names == ("name", "weight", "kind")
    assert pets.rows == (("Mia", "4.5", "cat"), ("Kiki", "heavy", "bird"))
    assert tuple(pets.lines) == (2, 4)
    assert table_texts(pets, "kind") == ("cat", "bird")


def test_columns_of_a_table_are_found_by_name_and_others_may_hold_anything(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("b,note,a\n1,?,2\n3,!,4\n", encoding="utf-8")
    table = unsafe_perform_io(read_table(tmp_path / "a.csv").unwrap())
    assert table_numbers(table, ["a", "b"]) == ((2.0, 1.0), (4.0, 3.0))
    data = table_dataset(table, "a", without=["note"])
    assert (data.xs, data.ys, data.metadata["columns"]) == (((1.0,), (3.0,)), (2.0, 4.0), ("b",))


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (
            lambda table: table_numbers(table, ["weight"]),
            ", line 4, column 2 (weight): must be a finite number, got 'heavy'",
        ),
        (
            lambda table: table_texts(table, "age"),
            ", line 1: there must be a column 'age', got only name, weight, kind",
        ),
        (
            lambda table: table_numbers(table.set(names=("a", "a", "b")), ["a"]),
            ", line 1: there must be a column 'a', got two of that name",
        ),
        (
            lambda table: table_dataset(table, "kind", without=["name", "weight"]),
            f"{NO_INPUTS}; left out: name (dropped), weight (dropped)",
        ),
    ],
)
def test_what_a_table_does_not_hold_is_named(
    use: Callable[[Table], object], message: str, pets: Table
) -> None:
    with pytest.raises(DataError) as caught:
        use(pets)
    assert str(caught.value) == f"{pets.source}{message}"


def test_a_file_that_makes_no_table_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n3\n", encoding="utf-8")
    error = unsafe_perform_io(read_table(tmp_path / "ragged.csv").failure())
    assert f"ragged.csv, line 3: must have 2 columns like line 1, got 1; {RAGGED}" in str(error)
    with pytest.raises(ValueError, match="read_table: delimiter must be one character"):
        read_table("any.csv", delimiter="")


def test_a_table_of_many_rows_reads_on_a_line(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("x,y\n" + "1,2\n" * 1000, encoding="utf-8")
    table = unsafe_perform_io(read_table(path).unwrap())
    assert repr(table) == f"Table(source={str(path)!r}, n=1000, names=('x', 'y'))"
