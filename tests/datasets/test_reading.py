"""A file is read whatever its encoding, its delimiter, and what stands around its table."""

import gzip
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from returns.unsafe import unsafe_perform_io

from microfp.datasets import Form, Table, read_pieces, read_table
from microfp.errors import DataError

NAMES = ("name", "size", "kind")
ROWS = (("José", "4.5", "cat"), ("Zoë", "0.1", "bird"), ("Ann", "5.0", "cat"))
PLAIN = "name,size,kind\nJosé,4.5,cat\nZoë,0.1,bird\nAnn,5.0,cat\n"


def read(folder: Path, content: str | bytes, **form: object) -> Table:
    path = folder / "data.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    table: Table = unsafe_perform_io(read_table(path, form=Form.create(form)).unwrap())
    return table


def failure(tmp_path: Path, content: str | bytes, **form: object) -> str:
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(unsafe_perform_io(read_table(path, form=Form.create(form)).failure()))


FORMS: dict[str, tuple[str | bytes, str]] = {
    "plain": (PLAIN, ""),
    "UTF-8 with a mark": (b"\xef\xbb\xbf" + PLAIN.encode(), ""),
    "UTF-16 with a mark": (PLAIN.encode("utf-16"), "read as utf-16"),
    "UTF-16 without a mark": (PLAIN.encode("utf-16-le"), "read as utf-16-le"),
    "Western Windows": (PLAIN.encode("cp1252"), "read as cp1252"),
    "semicolons": (PLAIN.replace(",", ";"), "cells are divided by ;"),
    "tabs": (PLAIN.replace(",", "\t"), "cells are divided by tabs"),
    "bars": (PLAIN.replace(",", "|"), "cells are divided by |"),
    "blanks": (PLAIN.replace(",", "  "), "cells are divided by blanks"),
    "declared": ("sep=;\r\n" + PLAIN.replace(",", ";"), "line 1 is passed over"),
    "comments above": ("# made by hand\n#\n" + PLAIN, "lines 1 to 2 are passed over"),
    "comments below": (PLAIN.replace("Zoë", "# a bird\nZoë"), ""),
    "titles": ("Pets of the street\n\n" + PLAIN, "lines 1 to 2 are passed over"),
    "titles with delimiters": ("Pets,,\n" + PLAIN, "line 1 is passed over"),
    "delimiters at the ends": (PLAIN.replace("\n", ",\n"), ""),
    "delimiters at the ends of data": (
        PLAIN.replace("cat\n", "cat,\n").replace("bird\n", "bird,\n"),
        "",
    ),
    "blanks before quotes": (PLAIN.replace(",4.5", ', "4.5"').replace(",cat", ', "cat"'), ""),
    "empty rows": (PLAIN.replace("\nZoë", "\n,,\n , ,\nZoë"), ""),
    "carriage returns": (PLAIN.replace("\n", "\r"), ""),
    "a header behind #": ("#" + PLAIN, ""),
    "UTF-32 without a mark": (PLAIN.encode("utf-32-be"), "read as utf-32-be"),
    "a header that comes again": (PLAIN + PLAIN.split("\n", maxsplit=1)[0] + "\n", ""),
    "a line below the header": (PLAIN.replace("\n", "\n---,----,:--:\n", 1), ""),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_table_in_any_form_is_the_same(form: str, tmp_path: Path) -> None:
    content, note = FORMS[form]
    table = read(tmp_path, content)
    assert (table.names, tuple(table.rows)) == (NAMES, ROWS)
    assert not note or note in table.notes


def test_quotes_with_a_backslash_are_quotes(tmp_path: Path) -> None:
    table = read(tmp_path, 'a,b\n"say \\"hi\\", twice",1\nplain,2\n')
    assert tuple(table.rows) == (('say "hi", twice', "1"), ("plain", "2"))
    doubled = read(tmp_path, 'a,b\n"say ""hi"", twice",1\n"c:\\\\temp",2\n')
    assert tuple(doubled.rows) == (('say "hi", twice', "1"), ("c:\\\\temp", "2"))


def test_a_backslash_may_stand_before_a_quote_that_ends_a_cell_or_is_doubled(
    tmp_path: Path,
) -> None:
    ends = read(tmp_path, 'a,b\n"a folder, c:\\",1\n"plain",2\n')
    assert tuple(ends.rows) == (("a folder, c:\\", "1"), ("plain", "2"))
    both = read(tmp_path, 'a,b\n"Tony (the \\""cat\\"")",1\n"plain",2\n')
    assert tuple(both.rows) == (('Tony (the \\"cat\\")', "1"), ("plain", "2"))


def test_the_mark_that_ended_a_text_in_dos_is_no_cell(tmp_path: Path) -> None:
    for end in ("\x1a", "\n\x1a", "\n\x1a\n", "\x1a\x1a"):
        assert tuple(read(tmp_path, f"a,b\n1,2\n3,4{end}").rows) == (("1", "2"), ("3", "4"))


def test_bytes_that_windows_does_not_know_are_latin(tmp_path: Path) -> None:
    table = read(tmp_path, b"name,x\nZo\xeb,1\nA\x81b,2\n")
    assert (table.rows[0][0], "read as latin-1" in table.notes) == ("Zoë", True)
    late = read(tmp_path, b"name,x\nZo\xeb,1\n" + b"abc,2\n" * 400_000 + b"A\x9db,2\n")
    assert late.rows[-1][0] == "A\x9db"


def test_cells_may_be_longer_than_csv_thinks(tmp_path: Path) -> None:
    import csv

    before = csv.field_size_limit()
    long = "x" * 200_000
    table = read(tmp_path, f"a,b\n{long},1\n")
    assert table.rows[0] == (long, "1")
    assert csv.field_size_limit() == before


RUSSIAN = (
    "\u0418\u043c\u044f,x\n\u0417\u0434\u0440\u0430\u0432\u0441\u0442\u0432\u0443\u0439\u0442\u0435,1\n"
    "\u041c\u043e\u0441\u043a\u0432\u0430 \u2014 \u0441\u0442\u043e\u043b\u0438\u0446\u0430,2\n"
    "\u041a\u0430\u0437\u0430\u043d\u044c \u0438 \u0441\u0430\u043c\u0430\u0440\u0430,3\n"
)


def test_foreign_letters_are_found_by_a_library_or_named(tmp_path: Path) -> None:
    assert read(tmp_path, RUSSIAN.encode("cp1251")).rows[1][0] == RUSSIAN.split("\n")[2][:-2]
    named = read(tmp_path, RUSSIAN.replace("\u2014", "-").encode("koi8-r"), encoding="koi8-r")
    assert ",".join(named.names) == RUSSIAN.split("\n", maxsplit=1)[0]


def test_names_are_all_different_and_said_to_be(tmp_path: Path) -> None:
    table = read(tmp_path, "a,a,b,a\n1,2,3,4\n5,6,7,9\n")
    assert table.names == ("a", "a (2)", "b", "a (3)")
    assert "another column 'a' is called 'a (2)'" in table.notes


def test_names_of_rows_may_stand_without_a_name(tmp_path: Path) -> None:
    table = read(tmp_path, '"a","b"\n"x",1,2\n"y",3,4\n')
    assert table.names == ("", "a", "b")
    assert table.rows[1] == ("y", "3", "4")


def test_years_may_be_names(tmp_path: Path) -> None:
    table = read(tmp_path, "1990,1991,1992\n5,7,2\n4,4,1\n")
    assert table.names == ("1990", "1991", "1992")
    assert "must be a header of names" in failure(tmp_path, "1,2,3\n4,5,6\n")
    assert read(tmp_path, "1,2,3\n4,5,6\n", header=True).names == ("1", "2", "3")


def test_fractions_are_no_names(tmp_path: Path) -> None:
    table = read(tmp_path, "5.1,3.5\n4.9,3.0\n")
    assert (table.names, len(table.rows)) == (("0", "1"), 2)
    assert "line 1 is data, so columns go by number" in table.notes


@pytest.mark.parametrize(
    ("content", "data"),
    [
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n", True),
        ("-3,2\n4,5\n", True),
        ("7,7\n5,2\n", True),
        ("id,0.25,0.5\na,1,2\nb,3,4\n", False),
        ("150,4,setosa,virginica\n5.1,3.5,1,2\n", False),
    ],
)
def test_a_first_line_that_no_names_are_is_data_and_one_that_may_be_either_is_told(
    content: str, data: bool, tmp_path: Path
) -> None:
    table = read(tmp_path, content)
    assert len(table.rows) == content.count("\n") - (not data)
    (note,) = table.notes
    assert note.startswith("line 1 is data" if data else "line 1 is taken for names, such as ")


def test_years_as_names_are_not_told(tmp_path: Path) -> None:
    assert read(tmp_path, "country,2019,2020,2021\na,1,2,3\n").notes == ()


def test_where_decimal_commas_divide_as_well_the_names_decide(tmp_path: Path) -> None:
    for first in ("{}", "{},5"):
        rows = [(first.format(i), f"{i},25") for i in range(40)]
        table = read(tmp_path, "x;y\n" + "".join(f"{a};{b}\n" for a, b in rows))
        assert (table.names, tuple(table.rows)) == (("x", "y"), tuple(rows))


def test_what_is_given_is_not_found_out(tmp_path: Path) -> None:
    table = read(tmp_path, "x;y\n1,2;3\n4,5;6\n", delimiter=",", skip=1, header=False)
    assert tuple(table.rows) == (("1", "2;3"), ("4", "5;6"))


def test_lines_of_another_width_can_be_passed_over_and_are_counted(tmp_path: Path) -> None:
    content = "a,b\n1,2\n3\n4,5,6\n7,8\n"
    assert "line 3" in failure(tmp_path, content)
    table = read(tmp_path, content, ragged="skip")
    assert tuple(table.rows) == (("1", "2"), ("7", "8"))
    assert table.ragged == ((3, 1), (4, 3))
    assert tuple(table.lines) == (2, 5)
    assert "2 lines of another width are passed over" in table.notes


@given(
    rows=st.lists(
        st.tuples(st.text("ab\" ,;\n'", max_size=6), st.sampled_from(["1", "2.5"])),
        min_size=1,
        max_size=30,
    ),
    size=st.integers(1, 40),
)
def test_pieces_are_the_table_and_lines_are_where_rows_begin(
    rows: Sequence[tuple[str, str]], size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("pieces") / "data.csv"
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
    text = "text,number\n" + "".join(",".join(row) + "\n" for row in quoted)
    path.write_text(text, "utf-8", newline="")
    form = Form(delimiter=",", header=True, escaped=False, skip=0)
    whole = unsafe_perform_io(read_table(path, form=form).unwrap())
    assert tuple(whole.rows) == tuple(rows)
    found = list(read_pieces(path, rows=size, form=form))
    assert [row for piece in found for row in piece.rows] == list(rows)
    assert [line for piece in found for line in piece.lines] == list(whole.lines)
    assert all(len(piece.rows) <= size for piece in found)
    begins = [2]
    for row in quoted[:-1]:
        begins.append(begins[-1] + 1 + sum(cell.count("\n") for cell in row))
    assert list(whole.lines) == begins


def test_reading_says_how_far_it_is(tmp_path: Path) -> None:
    path, told = tmp_path / "data.csv", list[tuple[int, int]]()
    path.write_text("a,b\n" + "1,2\n" * 50_000, "utf-8")
    read_table(path, watch=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"delimiter": "::"}, "delimiter must be one character"),
        ({"skip": -1}, "skip must be an int >= 0"),
        ({"ragged": "perhaps"}, "ragged must be error or skip"),
    ],
)
def test_a_form_that_is_none_is_refused(form: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Form.create(form)


def test_pieces_fail_where_the_file_does(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,2\n3,4\n5\n", "utf-8")
    pieces = read_pieces(path, rows=2)
    assert len(next(pieces).rows) == 2
    with pytest.raises(DataError, match="line 4: must have 2 columns like line 1, got 1"):
        next(pieces)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_a_few_accents_are_of_the_west_however_short_the_file_is(
    encoding: str, tmp_path: Path
) -> None:
    table = read(tmp_path, "a,größe\n1,ä\n2,é\n3,ä\n".encode(encoding))
    assert (table.names[1], [row[1] for row in table.rows]) == ("größe", ["ä", "é", "ä"])


def test_a_name_may_have_a_line_end_in_it(tmp_path: Path) -> None:
    table = read(tmp_path, '"a\nb",c,kind\n1,2,x\n3,4,y\n')
    assert (table.names, table.notes) == (("a\nb", "c", "kind"), ())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            gzip.compress(PLAIN.encode(), mtime=0),
            "is a gzip archive; unpack it first, as by gunzip -k",
        ),
        (b"PK\x03\x04rest", "is a zip archive or a spreadsheet; unpack it first, or save its"),
        (b"PAR1rest", "is a Parquet file; save its table as CSV first"),
        (b"%PDF-1.4\n", "is a PDF document; save its table as CSV first"),
        (b"\x89PNG\r\n\x1a\n", "is a PNG image"),
        ("<!DOCTYPE html>\n<html>\n", "is a page of HTML; is it the page about the file?"),
        ('[{"a": 1, "b": 2}]', "is JSON; save its table as CSV first"),
        ("@relation pets\n@data\n1,cat\n", "is an ARFF file"),
        (PLAIN.replace("4.5", "4\0.5"), "line 2: must be text, got a byte of 0; where the rest"),
        ("a,b,c\n" + "1,'2,3',4\n" * 3, "must have 3 columns like line 1, got 4"),
        ("a:b\n1:2\n3:4\n", ""),
    ],
)
def test_what_is_no_table_is_called_what_it_is(
    content: str | bytes, told: str, tmp_path: Path
) -> None:
    if told:
        assert told in failure(tmp_path, content)
    else:
        assert read(tmp_path, content).names == ("a:b",)


def test_an_address_is_no_file() -> None:
    failed = read_table("https://example.org/a.csv").failure()
    assert "got an address; download it first" in str(unsafe_perform_io(failed))
