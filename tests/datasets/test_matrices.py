"""Numbers that are kept as doubles are the tuple of the same numbers, however they are asked."""

import pickle
from copy import deepcopy
from mmap import mmap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import datasets, parallel
from microfp.datasets import Doubles, Matrix
from microfp.errors import DataError

numbers = st.lists(st.floats(allow_nan=False), max_size=20)


@given(numbers, st.integers(-25, 25), st.integers(-25, 25))
def test_doubles_are_a_tuple_of_the_same_numbers(cells: list[float], start: int, end: int) -> None:
    expected, found = tuple(cells), Doubles(cells)
    assert found == expected
    assert (len(found), tuple(found), hash(found)) == (len(expected), expected, hash(expected))
    assert found[start:end] == expected[start:end]
    assert found.at(range(len(cells))[::-1]) == expected[::-1]
    assert [found[place] for place in range(-len(cells), len(cells))] == cells * 2


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_doubles_come_back_from_any_pickle(protocol: int) -> None:
    cells = Doubles([0.1, -0.0, 1e300, 5e-324])
    found = pickle.loads(pickle.dumps(cells, protocol))
    assert found == cells
    assert deepcopy(found) == cells


def test_doubles_do_not_change() -> None:
    with pytest.raises(AttributeError, match="cannot be set"):
        Doubles([1.0])._cells = None  # type: ignore[assignment]  # what must be refused


def test_processes_look_into_one_copy_of_many_targets() -> None:
    with parallel.shared(Doubles(map(float, range(100)))) as ys:
        sent = pickle.loads(pickle.dumps(ys)).value
        assert sent == ys.value
        assert isinstance(sent._cells.obj, mmap)


def test_a_dataset_keeps_many_targets_as_doubles_and_few_of_them_as_a_tuple() -> None:
    n = 10_000
    whole = datasets.dataset(Matrix([map(float, range(n))]), Doubles(map(float, range(n))))
    assert isinstance(datasets.subset(whole, range(n // 2)).ys, Doubles)
    assert datasets.subset(whole, [3, 1]).ys == (3.0, 1.0)
    assert isinstance(datasets.subset(whole, [3, 1]).ys, tuple)
    assert whole == whole.set(ys=tuple(whole.ys))


def test_targets_that_are_no_finite_numbers_are_named_in_doubles_too() -> None:
    with pytest.raises(DataError, match=r"ys\[1\] must be a finite number, got inf"):
        datasets.dataset([[1.0], [2.0]], Doubles([1.0, float("inf")]))


cells = st.floats(-1e6, 1e6)
tables = st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8)


@given(tables)
def test_examples_side_by_side_are_the_same_examples(rows: list[tuple[float, ...]]) -> None:
    first, second, targets = zip(*rows, strict=True)
    xs, ys = datasets.side_by_side(Matrix([first, second]), Doubles(targets))
    assert xs == tuple((row[0], row[1]) for row in rows)
    assert ys == targets
    assert list(datasets.numbers_in_place(xs, ys) or ()) == [it for row in rows for it in row]
    assert xs[::-1] == tuple((row[0], row[1]) for row in rows[::-1])
    assert xs.at([0, 0]) == (rows[0][:2],) * 2


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_examples_stay_side_by_side_in_pickles(protocol: int) -> None:
    pair = datasets.side_by_side(Matrix([[1.0, 2.0], [3.0, 4.0]]), Doubles([5.0, 6.0]))
    xs, ys = pickle.loads(pickle.dumps(pair, protocol))
    assert (xs, ys) == pair
    numbers = datasets.numbers_in_place(xs, ys)
    assert numbers is not None
    assert numbers.tolist() == [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]


def test_inputs_beside_other_targets_are_in_no_one_place() -> None:
    xs, ys = datasets.side_by_side(Matrix([[1.0]]), Doubles([2.0]))
    assert datasets.numbers_in_place(xs, Doubles([2.0])) is None
    assert datasets.numbers_in_place(Matrix([[1.0]]), ys) is None
    with pytest.raises(ValueError, match="there must be 1 targets, got 2"):
        datasets.side_by_side(xs, Doubles([1.0, 2.0]))
