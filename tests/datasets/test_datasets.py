"""Drawn data equals scikit-learn's, obeys its geometry, and nothing malformed becomes a Dataset."""

import math
import pickle
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import PMap, PRecord, pmap
from sklearn.datasets import (
    make_blobs,
    make_circles,
    make_moons,
)

from microfp.datasets import Dataset, Point, blobs, circles, dataset, moons, spiral
from microfp.errors import DataError, MicrofpError, ShapeError

Draw = Callable[..., Dataset]
Array = npt.NDArray[np.float64]
DRAWN: tuple[Draw, ...] = (moons, circles, blobs, spiral)

SIZES = (2, 3, 4, 5, 17, 100, 1000)
SEEDS = (0, 1, 1337, 2**32 - 1)
CASES = tuple(product(SIZES, (0.0, 0.1, 2.5), SEEDS, (True, False)))

counts = st.integers(2, 60)
seeds = st.integers(0, 2**32 - 1)
noises = st.floats(0.0, 10.0)


def clean(draw: Draw, n: int, **options: object) -> Dataset:
    return draw(n, noise=0.0, shuffle=False, **options)


# Against scikit-learn


def curved_pairs() -> Iterable[tuple[Dataset, tuple[Array, Array]]]:
    """Our moons and circles, each beside scikit-learn's, for every case."""
    options: tuple[tuple[Draw, Callable[..., tuple[Array, Array]], dict[str, float]], ...] = (
        (moons, make_moons, {}),
        *((circles, make_circles, {"factor": factor}) for factor in (0.0, 0.5, 0.8)),
    )
    for (ours, theirs, more), (n, noise, seed, shuffle) in product(options, CASES):
        same = {"noise": noise, "shuffle": shuffle, **more}
        yield ours(n, seed=seed, **same), theirs(n, random_state=seed, **same)


def with_libm(function: Callable[[float], float]) -> Callable[[Array], Array]:
    return lambda angles: np.array([function(angle) for angle in angles.tolist()])


def test_moons_and_circles_equal_sklearns_bit_for_bit_where_cosines_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """numpy may round a cosine or a sine its own way; here it is given the C library's."""
    monkeypatch.setattr(np, "cos", with_libm(math.cos))
    monkeypatch.setattr(np, "sin", with_libm(math.sin))
    for ours, (xs, classes) in curved_pairs():
        assert np.array(ours.xs).tobytes() == xs.tobytes(), ours.metadata
        assert ours.ys == tuple(2.0 * classes - 1.0)


def test_moons_and_circles_equal_sklearns_within_one_ulp() -> None:
    """Of the larger of 1 and the coordinate: a cosine's last bit outlives a sum that cancels."""
    for ours, (xs, classes) in curved_pairs():
        distance = np.abs(np.array(ours.xs) - xs)
        assert (distance <= np.spacing(np.maximum(1.0, np.abs(xs)))).all(), ours.metadata
        assert ours.ys == tuple(2.0 * classes - 1.0)


@pytest.mark.parametrize(
    "centers",
    [
        ((-1.0, 0.0), (1.0, 0.0)),
        ((0.5,), (-0.25,)),
        ((1, 2, 3), (-4, 0.1, 1e6)),
        np.array([[0.0, 9.0], [0.1, -9.0]]),
    ],
    ids=["default", "1d", "3d", "array"],
)
def test_blobs_equal_sklearns_bit_for_bit(centers: npt.ArrayLike) -> None:
    for n, noise, seed, shuffle in CASES:
        ours = blobs(n, noise=noise, centers=np.asarray(centers), seed=seed, shuffle=shuffle)
        xs, classes = make_blobs(
            n, centers=centers, cluster_std=noise, random_state=seed, shuffle=shuffle
        )
        assert np.array(ours.xs).tobytes() == xs.tobytes(), ours.metadata
        assert ours.ys == tuple(2.0 * classes - 1.0)


def test_no_noise_is_the_same_as_sklearns_none() -> None:
    xs, _ = make_moons(10, noise=None, random_state=3)
    assert np.allclose(moons(10, noise=0.0, seed=3).xs, xs, rtol=0.0, atol=2**-52)


def test_the_defaults_are_those_of_the_official_demo() -> None:
    assert moons() == moons(100, noise=0.1, seed=1337, shuffle=True)


# Laws


@pytest.mark.parametrize("draw", DRAWN)
@given(n=counts, noise=noises, seed=seeds, shuffle=st.booleans())
def test_classes_are_balanced_and_labels_are_signs(
    draw: Draw, n: int, noise: float, seed: int, shuffle: bool
) -> None:
    data = draw(n, noise=noise, seed=seed, shuffle=shuffle)
    tally = Counter(data.ys)
    assert set(tally) == {-1.0, 1.0}
    assert abs(tally[-1.0] - tally[1.0]) == n % 2
    assert len(data.xs) == len(data.points) == n


@pytest.mark.parametrize("draw", DRAWN)
@given(n=counts, noise=noises, seed=seeds)
def test_the_same_call_gives_the_same_bits(draw: Draw, n: int, noise: float, seed: int) -> None:
    first, second = (draw(n, noise=noise, seed=seed) for _ in range(2))
    assert first == second
    assert repr(first.xs) == repr(second.xs)


@pytest.mark.parametrize("draw", DRAWN)
@given(n=counts, seed=seeds)
def test_shuffling_only_reorders_the_exact_points(draw: Draw, n: int, seed: int) -> None:
    shuffled = draw(n, noise=0.0, seed=seed)
    assert Counter(shuffled.points) == Counter(clean(draw, n).points)


@pytest.mark.parametrize("draw", DRAWN)
def test_unshuffled_points_come_class_by_class(draw: Draw) -> None:
    assert draw(20, shuffle=False).ys == (-1.0,) * 10 + (1.0,) * 10


@pytest.mark.parametrize("draw", DRAWN)
def test_another_seed_draws_other_points(draw: Draw) -> None:
    assert draw(20, seed=1).xs != draw(20, seed=2).xs


@pytest.mark.parametrize("draw", DRAWN)
def test_noise_moves_each_coordinate_by_its_standard_deviation(draw: Draw) -> None:
    exact, noisy = clean(draw, 2000).xs, draw(2000, noise=0.2, shuffle=False).xs
    moves = np.array(noisy) - np.array(exact)
    assert np.abs(moves.mean(axis=0)).max() < 0.02
    assert np.abs(moves.std(axis=0) - 0.2).max() < 0.02


def test_drawing_leaves_the_global_random_numbers_alone() -> None:
    before = random.getstate()
    for draw in DRAWN:
        draw(10)
    assert random.getstate() == before


# Geometry


@given(n=counts)
def test_moons_lie_on_half_circles(n: int) -> None:
    for p in clean(moons, n).points:
        middle = (0.0, 0.0) if p.label < 0 else (1.0, 0.5)
        assert math.dist((p.x, p.y), middle) == pytest.approx(1.0)
        assert p.label * (p.y - middle[1]) <= 1e-15


@given(n=counts, factor=st.floats(0.0, 1.0, exclude_max=True))
def test_circles_lie_on_their_radii(n: int, factor: float) -> None:
    for p in clean(circles, n, factor=factor).points:
        assert math.hypot(p.x, p.y) == pytest.approx(1.0 if p.label < 0 else factor)


@given(m=st.integers(1, 30), turns=st.floats(0.1, 5.0))
def test_spiral_arms_mirror_each_other_and_end_after_their_turns(m: int, turns: float) -> None:
    points = clean(spiral, 2 * m, turns=turns).points
    first, second = np.array([(p.x, p.y) for p in points]).reshape(2, m, 2)
    assert np.allclose(first, -second, atol=1e-13)
    assert np.allclose(np.hypot(*first.T), np.linspace(0.0, 1.0, m) if m > 1 else 0.0)
    end = (math.cos(2 * math.pi * turns), math.sin(2 * math.pi * turns))
    assert m == 1 or np.allclose(first[-1], end, atol=1e-12)


def test_a_spirals_angle_grows_with_its_radius() -> None:
    for p in clean(spiral, 200, turns=0.9).points[1:100]:
        angle = math.atan2(p.y, p.x) % (2 * math.pi)
        assert angle == pytest.approx(2 * math.pi * 0.9 * math.hypot(p.x, p.y))


def test_exact_blobs_sit_on_their_centers() -> None:
    data = clean(blobs, 4, centers=((1, 2), (3, 4)))
    assert data.xs == ((1.0, 2.0), (1.0, 2.0), (3.0, 4.0), (3.0, 4.0))


# Metadata and points


@pytest.mark.parametrize(
    ("draw", "more"),
    [
        (moons, {}),
        (circles, {"factor": 0.25}),
        (blobs, {"centers": ((0.0, 1.0), (2.0, 3.0))}),
        (spiral, {"turns": 2.0}),
    ],
)
def test_metadata_says_what_made_the_data(draw: Draw, more: dict[str, object]) -> None:
    asked = {"n": 7, "noise": 0.5, "seed": 9, "shuffle": False, **more}
    data = draw(**asked)
    assert data.metadata == pmap({"name": draw.__name__, **asked})
    made_again = draw(**{name: data.metadata[name] for name in asked})
    assert made_again == data


def test_points_pair_coordinates_with_labels() -> None:
    data = dataset([(1, 2), (3, 4)], [-1, 1])
    assert data.points == (Point(x=1.0, y=2.0, label=-1.0), Point(x=3.0, y=4.0, label=1.0))
    assert [dict(point) for point in data.points][1] == {"x": 3.0, "y": 4.0, "label": 1.0}


def test_points_need_two_columns() -> None:
    with pytest.raises(ShapeError, match=r"^Dataset.points: xs must have 2 columns, got 3$"):
        _ = dataset([(1, 2, 3)], [1]).points


# Datasets as values


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


# Bad input


def refusal(where: str, name: str, got: str = "") -> str:
    """The pattern of a message about the argument `name`; any value came where `got` is empty."""
    return f"^{where}: {re.escape(name)} must .*{re.escape(f', got {got}') + '$' if got else ''}"


NAN, INF = math.nan, math.inf
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


BAD_OPTIONS: tuple[tuple[str, object, type[Exception], str], ...] = (
    ("n", 1, ValueError, "an int >= 2, got 1"),
    ("n", -5, ValueError, "an int >= 2, got -5"),
    ("n", True, TypeError, "an int >= 2, got True (bool)"),
    ("n", 10.0, TypeError, "an int >= 2, got 10.0 (float)"),
    ("n", None, TypeError, "an int >= 2, got None (NoneType)"),
    ("noise", -0.1, ValueError, "a finite number >= 0, got -0.1"),
    ("noise", NAN, ValueError, "a finite number >= 0, got nan"),
    ("noise", INF, ValueError, "a finite number >= 0, got inf"),
    ("noise", None, TypeError, "a finite number >= 0, got None (NoneType)"),
    ("noise", "0.1", TypeError, "a finite number >= 0, got '0.1' (str)"),
    ("noise", False, TypeError, "a finite number >= 0, got False (bool)"),
    ("seed", -1, ValueError, "an int from 0 to 4294967295, got -1"),
    ("seed", 2**32, ValueError, "an int from 0 to 4294967295, got 4294967296"),
    ("seed", 1.0, TypeError, "an int from 0 to 4294967295, got 1.0 (float)"),
    ("seed", True, TypeError, "an int from 0 to 4294967295, got True (bool)"),
    ("seed", "7", TypeError, "an int from 0 to 4294967295, got '7' (str)"),
    ("seed", None, TypeError, "an int from 0 to 4294967295, got None (NoneType)"),
    ("shuffle", 1, TypeError, "True or False, got 1 (int)"),
    ("shuffle", None, TypeError, "True or False, got None (NoneType)"),
)

BAD_OWN_OPTIONS: tuple[tuple[Draw, str, object, type[Exception], str], ...] = (
    (circles, "factor", 1.0, ValueError, "a number in [0, 1), got 1.0"),
    (circles, "factor", -0.5, ValueError, "a number in [0, 1), got -0.5"),
    (circles, "factor", NAN, ValueError, "a finite number, got nan"),
    (circles, "factor", "0.5", TypeError, "a finite number, got '0.5' (str)"),
    (spiral, "turns", 0, ValueError, "a finite number > 0, got 0"),
    (spiral, "turns", -1.5, ValueError, "a finite number > 0, got -1.5"),
    (spiral, "turns", INF, ValueError, "a finite number > 0, got inf"),
    (spiral, "turns", None, TypeError, "a finite number > 0, got None (NoneType)"),
    (blobs, "centers", (), DataError, "rows, got none"),
    (blobs, "centers", ((0.0, 1.0),), ShapeError, "2 points, got 1"),
    (blobs, "centers", ((0.0,), (1.0,), (2.0,)), ShapeError, "2 points, got 3"),
    (blobs, "centers", 2, TypeError, "rows of numbers, got 2 (int)"),
    (blobs, "centers", None, TypeError, "rows of numbers, got None (NoneType)"),
)


@pytest.mark.parametrize(
    ("draw", "name", "wrong", "error", "message"),
    [(draw, *row) for draw in DRAWN for row in BAD_OPTIONS] + list(BAD_OWN_OPTIONS),
)
def test_a_bad_option_is_refused_by_name(
    draw: Draw, name: str, wrong: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        draw(**{name: wrong})
    assert str(caught.value) == f"{draw.__name__}: {name} must be {message}"


@pytest.mark.parametrize(
    ("centers", "error", "name"),
    [
        (((0.0, 1.0), (2.0,)), ShapeError, "centers[1]"),
        (((), ()), ShapeError, "centers[0]"),
        (((0.0, 1.0), (2.0, NAN)), DataError, "centers[1][1]"),
        (((0.0, 1.0), (2.0, "3")), TypeError, "centers[1][1]"),
        (((0.0, 1.0), 5.0), TypeError, "centers[1]"),
    ],
)
def test_a_bad_center_is_refused_by_its_place(
    centers: object, error: type[Exception], name: str
) -> None:
    draw: Draw = blobs
    with pytest.raises(error, match=refusal("blobs", name)):
        draw(centers=centers)


@pytest.mark.parametrize("draw", DRAWN)
def test_noise_that_overflows_is_refused(draw: Draw) -> None:
    with pytest.raises(DataError, match=r"must be a finite number, got -?inf"):
        draw(noise=1.7e308)


def test_turns_that_overflow_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^spiral: 2 [*] pi [*] turns must be a finite number"):
        spiral(turns=1e308)
