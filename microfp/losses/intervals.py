"""How far measures may be trusted: 95 % intervals of what was measured on so many examples.

They hold for examples that are drawn independently of each other, and of the training.

>>> low, high = accuracy_interval(36, 38)
>>> round(low, 3), round(high, 3)
(0.827, 0.985)
"""

import math
from array import array
from collections.abc import Sequence
from itertools import repeat
from typing import NamedTuple

from microfp.base.checks import check_count, wrong_value
from microfp.base.numbers import mean, squares
from microfp.losses.metrics import check_pairs

__all__ = [
    "Interval",
    "accuracy_interval",
    "r_squared_interval",
    "root_mean_squared_error_interval",
]

DEVIATIONS = 1.959963984540054
"""Within so many deviations of its mean lies a normal number in 95 % of cases."""


class Interval(NamedTuple):
    """What a measure may be on other examples of the same kind, from the least to the most.

    >>> Interval(low=0.8, high=0.9).high
    0.9
    """

    low: float
    """The least."""
    high: float
    """The most."""


def accuracy_interval(right: int, count: int) -> Interval:
    """Between which accuracies the true one lies in 95 % of cases, by Wilson's score interval.

    (p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n), where p = right / count

    Args:
        right: How many examples were predicted rightly, from 0 to `count`.
        count: How many there were, 1 or more.

    Raises:
        ValueError: If a count is out of range.

    Source: E. Wilson, Probable inference, the law of succession, and statistical inference, 1927.

    >>> [round(end, 3) for end in accuracy_interval(10, 10)]
    [0.722, 1.0]
    """
    n = check_count("accuracy_interval", "count", count, minimum=1)
    if not 0 <= check_count("accuracy_interval", "right", right) <= n:
        raise wrong_value("accuracy_interval", "right", f"an int from 0 to {n}", right)
    p, z = right / n, DEVIATIONS
    middle, whole = p + z * z / (2 * n), 1.0 + z * z / n
    reach = z * math.sqrt(p * (1.0 - p) / n + (z / (2 * n)) ** 2)
    low, high = (middle - reach) / whole, (middle + reach) / whole
    return Interval(max(0.0, min(p, low)), min(1.0, max(p, high)))  # rounded, p is still within


def root_mean_squared_error_interval(
    targets: Sequence[float], predicted: Sequence[float]
) -> Interval:
    """Between which errors the true one lies in about 95 % of cases.

    It is the normal approximation of the logarithm, so that no end is below 0:
    log(mean of e²) ± z * deviation of (e² / mean of e²) / sqrt(n). Errors with a few that are much
    larger than the rest make it too narrow. From 0 to infinity for a single example.

    Raises:
        ShapeError: If there are not as many predictions as targets.

    >>> ends = root_mean_squared_error_interval([1.0, 2.0, 3.0, 4.0], [1.5, 1.0, 3.0, 4.5])
    >>> [round(end, 3) for end in ends]
    [0.348, 1.078]
    """
    check_pairs("root_mean_squared_error_interval", targets, predicted)
    middle = mean(squares(targets, predicted))
    if not middle:
        return Interval(0.0, 0.0)
    pairs = zip(targets, predicted, strict=True)
    factor = _factor(array("d", ((y - it) * (y - it) / middle for y, it in pairs)))
    return Interval(math.sqrt(middle / factor), math.sqrt(middle * factor))


def r_squared_interval(targets: Sequence[float], predicted: Sequence[float]) -> Interval:
    """Between which coefficients of determination the true one lies in about 95 % of cases.

    It is the normal approximation of log(1 - R²), whose deviation is that of the influence of
    each example on it, e² / mean of e² - d² / mean of d², over sqrt(n); e is the error of an
    example and d its distance from the mean target. So no end is above 1.

    Returns:
        Both ends; nan where the targets do not vary, and so R² has no meaning.

    Raises:
        ShapeError: If there are not as many predictions as targets.

    Source: F. Hampel, The influence curve and its role in robust estimation, 1974.

    >>> ends = r_squared_interval([1.0, 2.0, 3.0, 4.0], [1.5, 1.0, 3.0, 4.5])
    >>> [round(end, 2) for end in ends]
    [-0.59, 0.94]
    """
    check_pairs("r_squared_interval", targets, predicted)
    middle = mean(targets)
    left, spread = mean(squares(targets, predicted)), mean(squares(targets, repeat(middle)))
    if not spread:
        return Interval(math.nan, math.nan)
    if not left:
        return Interval(1.0, 1.0)
    pairs = zip(targets, predicted, strict=True)  # again, for they may be many to keep the squares
    shares = ((y - it) * (y - it) / left - (y - middle) * (y - middle) / spread for y, it in pairs)
    factor = _factor(array("d", shares))
    rest = left / spread
    return Interval(1.0 - rest * factor, 1.0 - rest / factor)


def _factor(influences: Sequence[float]) -> float:
    """By which a measure may be too small or too large, of the influences on its logarithm."""
    n = len(influences)
    if n == 1:
        return math.inf
    middle = mean(influences)
    variance = mean(squares(influences, repeat(middle))) * n / (n - 1)
    return _exp(DEVIATIONS * math.sqrt(variance / n))


def _exp(number: float) -> float:
    try:
        return math.exp(number)
    except OverflowError:
        return math.inf
