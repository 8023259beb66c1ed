"""What the scales and bounds of a predictor have to be.

>>> check_bounds((0.0, 1.0), classes=())
"""

import math
from collections.abc import Sequence

from microfp.base.checks import wrong_value
from microfp.datasets import Standardization

__all__ = ["check_bounds", "check_scale"]


def check_scale(name: str, scale: Standardization | None, columns: int) -> None:
    """Check that a scale, if there is one, is of so many columns and can be undone.

    Raises:
        ValueError: If not.

    >>> check_scale("inputs", Standardization(means=(0.0,), deviations=(0.0,)), columns=1)
    Traceback (most recent call last):
    ValueError: Predictor: inputs must be 1 finite means, and as many deviations above 0, got \
Standardizati...ations=(0.0,))
    """
    if scale is None:
        return
    numbers = (*scale.means, *scale.deviations)
    fits = len(scale.means) == len(scale.deviations) == columns
    if not fits or not all(map(math.isfinite, numbers)) or min(scale.deviations) <= 0.0:
        expected = f"{columns} finite means, and as many deviations above 0"
        raise wrong_value("Predictor", name, expected, scale)


def check_bounds(bounds: Sequence[float] | None, classes: Sequence[str]) -> None:
    """Check that bounds, if there are any, are of numbers, finite and in order.

    Raises:
        ValueError: If not.

    >>> check_bounds((1.0, 0.0), classes=())
    Traceback (most recent call last):
    ValueError: Predictor: bounds must be two finite numbers in order, where numbers are \
predicted, got (1.0, 0.0)
    """
    if bounds is None:
        return
    pair = len(bounds) == 2 and -math.inf < bounds[0] <= bounds[1] < math.inf
    if classes or not pair:
        expected = "two finite numbers in order, where numbers are predicted"
        raise wrong_value("Predictor", "bounds", expected, bounds)
