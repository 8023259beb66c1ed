"""Columns that keep each different cell once: seen through them is the text that was given."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp.datasets.coded import CodedRows, coded, columns_of

TABLE: tuple[tuple[str, ...], ...] = (
    ("1", "x", ""),
    ("2", "x", "a"),
    ("1", "y", "a"),
    ("3", "x", "a"),
)


def rows() -> CodedRows:
    return CodedRows(columns_of(TABLE))


@given(st.lists(st.text(max_size=2)))
def test_a_column_says_what_it_was_given_and_counts_it(cells: list[str]) -> None:
    column = coded(cells)
    assert list(column.cells()) == cells
    assert list(column.texts) == list(dict.fromkeys(cells))
    assert column.counts() == tuple(cells.count(text) for text in column.texts)


def test_rows_are_those_of_the_table_however_they_are_asked_for() -> None:
    assert tuple(rows()) == TABLE
    assert tuple(rows()[place] for place in range(-4, 4)) == TABLE * 2
    assert len(rows()) == 4
    with pytest.raises(IndexError):
        rows()[4]


@pytest.mark.parametrize("part", [slice(1, 3), slice(None, None, -2), slice(9, None), slice(0)])
def test_a_part_of_rows_is_that_part_of_the_table(part: slice) -> None:
    assert tuple(rows()[part]) == TABLE[part]
    assert isinstance(rows()[part], CodedRows)


def test_rows_are_chosen_one_by_one() -> None:
    assert tuple(rows().where([True, False, False, True])) == (TABLE[0], TABLE[3])
    assert len(rows().where([False] * 4)) == 0


def test_rows_are_equal_to_any_sequence_of_the_same_rows_and_have_its_hash() -> None:
    assert rows() == TABLE
    assert rows() == list(TABLE)
    assert rows() != TABLE[:3]
    assert rows() != (*TABLE[:3], ("3", "x", "b"))
    assert hash(rows()) == hash(TABLE)


@pytest.mark.parametrize("other", ["1x2x", 4, None])
def test_rows_are_not_equal_to_what_has_no_rows(other: object) -> None:
    assert rows() != other
    assert rows().__eq__(other) is NotImplemented


def test_no_columns_have_no_rows() -> None:
    assert list(CodedRows(())) == []
    assert len(CodedRows(())) == 0


def test_rows_do_not_change_and_can_be_copied() -> None:
    with pytest.raises(AttributeError, match="CodedRows: columns cannot be set"):
        rows().columns = ()
    for same in (copy.deepcopy(rows()), pickle.loads(pickle.dumps(rows()))):
        assert (tuple(same), repr(same)) == (TABLE, "CodedRows(n=4, columns=3)")


def test_columns_of_coded_rows_are_not_made_again() -> None:
    assert columns_of(found := rows()) is found.columns
