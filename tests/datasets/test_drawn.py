"""Drawn data equals scikit-learn's, obeys its geometry, and bad options are refused."""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import pmap
from sklearn.datasets import make_blobs, make_circles, make_moons

from microfp.datasets import Dataset, blobs, circles, moons, spiral
from microfp.errors import DataError, ShapeError
from tests.datasets.refusals import INF, NAN, refusal

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
    ("seed", "1337", TypeError, "an int from 0 to 4294967295, got '1337' (str)"),
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
