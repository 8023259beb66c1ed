"""Datasets hold the numbers they were given, and nothing malformed becomes one."""

import pickle
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PMap, PRecord, pmap

from microfp.datasets import Dataset, Point, dataset, moons
from microfp.errors import DataError, MicrofpError, ShapeError
from tests.datasets.refusals import INF, NAN, refusal

Draw = Callable[..., Dataset]


def test_points_pair_coordinates_with_labels() -> None:
    data = dataset([(1, 2), (3, 4)], [-1, 1])
    assert data.points == (Point(x=1.0, y=2.0, label=-1.0), Point(x=3.0, y=4.0, label=1.0))
    assert [dict(point) for point in data.points][1] == {"x": 3.0, "y": 4.0, "label": 1.0}


def test_points_need_two_columns() -> None:
    with pytest.raises(ShapeError, match=r"^Dataset.points: xs must have 2 columns, got 3$"):
        _ = dataset([(1, 2, 3)], [1]).points


@given(
    st.integers(1, 4).flatmap(
        lambda d: st.lists(
            st.tuples(st.tuples(*[st.floats(-1e300, 1e300)] * d), st.floats(-1e9, 1e9)), min_size=1
        )
    )
)
def test_a_dataset_holds_the_numbers_it_was_given(
    examples: list[tuple[tuple[float, ...], float]],
) -> None:
    xs, ys = zip(*examples, strict=True)
    data = dataset(xs, ys, name="given", metadata={"source": "here"})
    assert (data.xs, data.ys) == (xs, ys)
    assert data.metadata == pmap({"source": "here", "name": "given", "n": len(xs)})
    assert dataset(data.xs, data.ys, name="given", metadata=data.metadata) == data
    assert pickle.loads(pickle.dumps(data)) == data


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64])
def test_numpy_arrays_become_tuples_of_plain_floats(
    kind: type[np.float64 | np.float32 | np.int64],
) -> None:
    data = dataset(np.array([[1, 2], [3, 4]], dtype=kind), np.array([0, 1], dtype=kind))
    assert (data.xs, data.ys) == (((1.0, 2.0), (3.0, 4.0)), (0.0, 1.0))
    assert {type(number) for row in (*data.xs, data.ys) for number in row} == {float}


def test_rows_and_targets_may_come_from_iterators() -> None:
    data = dataset((map(float, range(3)) for _ in range(2)), iter([0, 1]))
    assert data.xs == ((0.0, 1.0, 2.0),) * 2


def test_a_dataset_is_a_record_that_cannot_be_changed() -> None:
    data = moons(4)
    assert isinstance(data, PRecord)
    assert isinstance(data.metadata, PMap)
    with pytest.raises(AttributeError):
        data.__setattr__("xs", ())
    assert data.set(ys=(1.0,) * 4).ys == (1.0,) * 4
    assert set(data.ys) == {-1.0, 1.0}


def test_the_repr_of_a_dataset_is_short() -> None:
    assert repr(moons(1000)) == "Dataset(name='moons', n=1000, d=2)"
    assert repr(Dataset(xs=((1.0,),), ys=(1.0,))) == "Dataset(name='', n=1, d=1)"


ROWS, LABELS = ((0.0, 1.0), (2.0, 3.0)), (-1.0, 1.0)


# xs, ys, the error, the argument that its message names, what it says that came
BAD_DATA: tuple[tuple[object, object, type[Exception], str, str], ...] = (
    ((), (), DataError, "xs", "none"),
    (ROWS, (1.0,), ShapeError, "ys", "1"),
    (ROWS, (), ShapeError, "ys", "0"),
    (((0.0, 1.0), (2.0,)), LABELS, ShapeError, "xs[1]", "1"),
    (((), ()), LABELS, ShapeError, "xs[0]", "none"),
    (((0.0, 1.0), (NAN, 3.0)), LABELS, DataError, "xs[1][0]", "nan"),
    (((0.0, INF), (2.0, 3.0)), LABELS, DataError, "xs[0][1]", "inf"),
    (ROWS, (1.0, -INF), DataError, "ys[1]", "-inf"),
    (((0.0, True), (2.0, 3.0)), LABELS, TypeError, "xs[0][1]", "True (bool)"),
    (((0.0, 1.0), (2.0, "3")), LABELS, TypeError, "xs[1][1]", "'3' (str)"),
    (((0.0, None), (2.0, 3.0)), LABELS, TypeError, "xs[0][1]", "None (NoneType)"),
    ((1.0, 2.0), LABELS, TypeError, "xs[0]", "1.0 (float)"),
    (ROWS, (1.0, None), TypeError, "ys[1]", "None (NoneType)"),
    (ROWS, (1.0, (2.0,)), TypeError, "ys[1]", "(2.0,) (tuple)"),
)


@pytest.mark.parametrize(("xs", "ys", "error", "name", "got"), BAD_DATA)
@pytest.mark.parametrize("make", [dataset, lambda xs, ys: Dataset(xs=xs, ys=ys), moons(2).set])
def test_malformed_data_is_refused_however_a_dataset_is_made(
    make: Draw, xs: object, ys: object, error: type[Exception], name: str, got: str
) -> None:
    with pytest.raises(error, match=refusal("dataset", name, got)) as caught:
        make(xs=xs, ys=ys)
    assert isinstance(caught.value, TypeError | MicrofpError)


BAD_CONVERSIONS: tuple[tuple[dict[str, object], type[Exception], str, str], ...] = (
    ({"xs": None}, TypeError, "xs", "None (NoneType)"),
    ({"xs": 3}, TypeError, "xs", "3 (int)"),
    ({"xs": "12"}, TypeError, "xs[0][0]", "'1' (str)"),
    ({"xs": {(0.0, 1.0), (2.0, 3.0)}}, TypeError, "xs", ""),
    ({"xs": [{0.0, 1.0}, {2.0, 3.0}]}, TypeError, "xs[0]", "{0.0, 1.0} (set)"),
    ({"xs": [(0, 1), (2, 10**400)]}, DataError, "xs[1][1]", ""),
    ({"xs": [(0, 1), (2, 3j)]}, TypeError, "xs[1][1]", "3j (complex)"),
    ({"xs": np.array([1.0, 2.0])}, TypeError, "xs[0]", ""),
    ({"ys": 1.0}, TypeError, "ys", "1.0 (float)"),
    ({"ys": {0: 1.0}}, TypeError, "ys", "{0: 1.0} (dict)"),
    ({"name": 7}, TypeError, "name", "7 (int)"),
    ({"metadata": None}, TypeError, "metadata", "None (NoneType)"),
)


@pytest.mark.parametrize(("wrong", "error", "name", "got"), BAD_CONVERSIONS)
def test_what_cannot_be_read_as_rows_and_targets_is_refused(
    wrong: Mapping[str, object], error: type[Exception], name: str, got: str
) -> None:
    make: Draw = dataset
    with pytest.raises(error, match=refusal("dataset", name, got)):
        make(**{"xs": ROWS, "ys": LABELS, **wrong})


def test_integers_are_floats_to_the_function_and_not_to_the_record() -> None:
    assert dataset([(1, 2)], [1]).xs == ((1.0, 2.0),)
    with pytest.raises(TypeError, match=refusal("dataset", "xs[0][0]", "1 (int)")):
        Dataset(xs=((1, 2),), ys=(1.0,))
    with pytest.raises(TypeError, match=refusal("dataset", "xs[0]", "[1.0] (list)")):
        Dataset(xs=([1.0],), ys=(1.0,))  # type: ignore[arg-type]  # the misuse under test


def test_the_classes_are_those_that_the_metadata_name() -> None:
    assert dataset(ROWS, LABELS).classes == ()
    named = dataset(ROWS, LABELS, metadata={"classes": ("red", "blue")})
    assert named.classes == ("red", "blue")
    assert dataset(ROWS, LABELS, metadata={"classes": 3}).classes == ()
