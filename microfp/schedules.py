"""Schedules: the learning rate as a pure function of the step.

>>> [round(micrograd_decay(k), 3) for k in (0, 50, 100)]
[1.0, 0.55, 0.1]
"""

from collections.abc import Callable
from typing import TypeAlias

from microfp.checks import check_count, check_non_negative

Schedule: TypeAlias = Callable[[int], float]
"""From the number of steps done so far to the rate of the next one."""


def micrograd_decay(step: int) -> float:
    """Fall from 1.0 to 0.1 in 100 steps, as in micrograd's demo, and stay there.

    rate(k) = 1.0 - 0.9 * min(k, 100) / 100

    Raises:
        ValueError: If the step is below 0.

    >>> round(micrograd_decay(99), 3), micrograd_decay(200) == micrograd_decay(100)
    (0.109, True)
    """
    return 1.0 - 0.9 * min(check_count("micrograd_decay", "step", step), 100) / 100


def constant(rate: float) -> Schedule:
    """Keep one rate.

    >>> constant(0.05)(1000)
    0.05
    """
    checked = check_non_negative("constant", "rate", rate)
    return lambda step: checked
