"""Intervals of measures are scipy's, or those of a jackknife, and hold what they promise."""

import math
from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from microfp.errors import DataError, ShapeError
from microfp.losses import (
    Interval,
    accuracy_interval,
    r_squared,
    r_squared_interval,
    root_mean_squared_error,
    root_mean_squared_error_interval,
)

Measure = Callable[[Sequence[float], Sequence[float]], float]


@given(count=st.integers(1, 400), data=st.data())
def test_the_interval_of_an_accuracy_is_scipys(count: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, count))
    expected = binomtest(right, count).proportion_ci(0.95, method="wilson")
    found = accuracy_interval(right, count)
    assert found == pytest.approx((expected.low, expected.high), rel=1e-12, abs=1e-15)
    assert 0.0 <= found.low <= right / count <= found.high <= 1.0


def drawn(random: Random, count: int) -> tuple[list[float], list[float]]:
    """Targets, and predictions of them with an error of deviation 0.5: R2 is 0.8, the error 0.5."""
    predicted = [random.gauss(0.0, 1.0) for _ in range(count)]
    return [it + random.gauss(0.0, 0.5) for it in predicted], predicted


def jackknifed(measure: Measure, targets: list[float], predicted: list[float]) -> float:
    """The deviation of a measure by leaving out one example after another."""
    n = len(targets)
    without = [
        measure(targets[:i] + targets[i + 1 :], predicted[:i] + predicted[i + 1 :])
        for i in range(n)
    ]
    middle = math.fsum(without) / n
    return math.sqrt((n - 1) / n * math.fsum((it - middle) ** 2 for it in without))


@pytest.mark.parametrize(
    ("interval", "logarithm"),
    [
        (root_mean_squared_error_interval, lambda y, p: math.log(root_mean_squared_error(y, p))),
        (r_squared_interval, lambda y, p: math.log(1.0 - r_squared(y, p))),
    ],
)
def test_the_reach_of_an_interval_is_that_of_a_jackknife(
    interval: Callable[[Sequence[float], Sequence[float]], Interval], logarithm: Measure
) -> None:
    targets, predicted = drawn(Random(1), 200)
    ends = interval(targets, predicted)
    logs = [math.log(1.0 - it if interval is r_squared_interval else it) for it in ends]
    expected = 2.0 * 1.959963984540054 * jackknifed(logarithm, targets, predicted)
    assert abs(logs[1] - logs[0]) == pytest.approx(expected, rel=0.03)
    assert sum(logs) / 2.0 == pytest.approx(logarithm(targets, predicted), rel=1e-12)


def test_intervals_hold_the_true_measure_about_as_often_as_they_say() -> None:
    random, held = Random(2), {"R2": 0, "error": 0}
    for _ in range(300):
        targets, predicted = drawn(random, 60)
        low, high = r_squared_interval(targets, predicted)
        held["R2"] += low <= 0.8 <= high
        low, high = root_mean_squared_error_interval(targets, predicted)
        held["error"] += low <= 0.5 <= high
    assert all(0.9 <= count / 300 <= 0.99 for count in held.values()), held


def test_what_is_exact_has_no_reach_and_one_example_tells_nothing() -> None:
    assert root_mean_squared_error_interval([1.0, 2.0], [1.0, 2.0]) == (0.0, 0.0)
    assert r_squared_interval([1.0, 2.0], [1.0, 2.0]) == (1.0, 1.0)
    assert root_mean_squared_error_interval([1.0], [2.0]) == (0.0, math.inf)
    assert all(map(math.isnan, r_squared_interval([1.0, 1.0], [1.0, 2.0])))
    apart = r_squared_interval([0.0, 1e-9, 1.0], [0.0, 1.0, 1.0])
    assert apart.low <= r_squared([0.0, 1e-9, 1.0], [0.0, 1.0, 1.0]) <= apart.high < 1.0


def test_counts_and_lengths_are_checked() -> None:
    with pytest.raises(ValueError, match="right must be an int from 0 to 3, got 4"):
        accuracy_interval(4, 3)
    with pytest.raises(ValueError, match="count must be an int >= 1, got 0"):
        accuracy_interval(0, 0)
    for interval in (r_squared_interval, root_mean_squared_error_interval):
        with pytest.raises(ShapeError, match="one prediction per target, 2, got 1"):
            interval([1.0, 2.0], [1.0])
        with pytest.raises(DataError, match="at least one target, got none"):
            interval([], [])
