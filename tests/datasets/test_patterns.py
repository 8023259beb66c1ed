"""Patterns have the labels that their formulas give, and depend on their arguments alone."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp.datasets import Dataset, checkerboard, rings, waves, xor


@given(n=st.integers(1, 50))
def test_xor_is_the_exclusive_or(n: int) -> None:
    for (a, b), y in zip(xor(n).xs, xor(n).ys, strict=True):
        assert y == (1.0 if a + b == 1.0 else -1.0)
    assert xor(4).xs == ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))


@given(seed=st.integers(0, 1000), squares=st.integers(1, 8))
def test_neighbours_on_a_board_differ(seed: int, squares: int) -> None:
    board = checkerboard(60, squares=squares, seed=seed)
    for (x, y), label in zip(board.xs, board.ys, strict=True):
        column, row = (math.floor((z + 1.0) / 2.0 * squares) for z in (x, y))
        assert label == (-1.0) ** (column + row)


def test_rings_lie_on_their_radii() -> None:
    clean = rings(30, classes=5, noise=0.0)
    for row, label in zip(clean.xs, clean.ys, strict=True):
        assert math.hypot(*row) == pytest.approx(label + 1.0, rel=1e-12)
    assert set(clean.ys) == {0.0, 1.0, 2.0, 3.0, 4.0}


def test_waves_lie_on_their_curve() -> None:
    clean = waves(50, noise=0.0)
    for (x,), y in zip(clean.xs, clean.ys, strict=True):
        assert y == pytest.approx(math.sin(3.0 * x) + x / 2.0, rel=1e-12)
        assert -2.0 <= x <= 2.0


@pytest.mark.parametrize("make", [xor, rings, waves])
def test_noise_has_its_deviation(make: Callable[..., Dataset]) -> None:
    clean, noisy = make(2000, noise=0.0), make(2000, noise=0.25)
    if make is waves:
        errors = [
            y - math.sin(3.0 * x) - x / 2.0 for (x,), y in zip(noisy.xs, noisy.ys, strict=True)
        ]
    elif make is rings:
        errors = [math.hypot(*row) - y - 1.0 for row, y in zip(noisy.xs, noisy.ys, strict=True)]
    else:
        errors = [a[0] - b[0] for a, b in zip(noisy.xs, clean.xs, strict=True)]
    deviation = math.sqrt(sum(e * e for e in errors) / len(errors))
    assert deviation == pytest.approx(0.25, rel=0.1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: xor(0), "xor: n must be an int >= 1, got 0"),
        (lambda: checkerboard(squares=0), "checkerboard: squares must be an int >= 1"),
        (lambda: rings(2), "rings: n must be an int >= 3, got 2"),
        (lambda: waves(noise=-1.0), "waves: noise must be a finite number >= 0"),
    ],
)
def test_arguments_out_of_range_are_refused(make: Callable[[], Dataset], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
