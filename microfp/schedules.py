"""Schedules: the learning rate as a pure function of the step.

A schedule is any function from the number of steps done so far to a rate. Those made here keep
their last rate when their steps are over, and can be put one after another.

>>> [round(micrograd_decay(k), 3) for k in (0, 50, 100)]
[1.0, 0.55, 0.1]
>>> rate = warm_up(cosine(0.1, 90), 10)
>>> [round(rate(k), 3) for k in (0, 5, 10, 55, 100)]
[0.0, 0.05, 0.1, 0.05, 0.0]
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from itertools import pairwise
from typing import Literal, ParamSpec, TypeAlias

from microfp.base.binding import bind
from microfp.base.checks import (
    check_callable,
    check_count,
    check_kind,
    check_non_negative,
    check_positive,
    wrong_value,
)
from microfp.base.elsewhere.leading import names_home
from microfp.errors import ShapeError
from microfp.record import Record, attr, check_several

__all__ = [
    "SCHEDULES",
    "Plateau",
    "Schedule",
    "ScheduleName",
    "after_loss",
    "at_least",
    "constant",
    "cosine",
    "cosine_restarts",
    "cyclic",
    "exponential",
    "inverse_sqrt",
    "join",
    "linear",
    "micrograd_decay",
    "one_cycle",
    "plateau",
    "polynomial",
    "range_test",
    "step_decay",
    "warm_up",
]

Schedule: TypeAlias = Callable[[int], float]
"""From the number of steps done so far to the rate of the next one.

>>> falling: Schedule = lambda step: 1.0 / (step + 1)
>>> falling(3)
0.25
"""

P = ParamSpec("P")


def _from_step_0(name: str) -> Callable[[Callable[P, float]], Callable[P, float]]:
    """Let a rule, whose last argument is the step, refuse what is no number of steps done."""

    def counting(rule: Callable[P, float]) -> Callable[P, float]:
        @wraps(rule)
        def rate(*given: P.args, **named: P.kwargs) -> float:
            check_count(name, "step", (*given, *named.values())[-1])
            return rule(*given, **named)

        return rate

    return counting


def micrograd_decay(step: int) -> float:
    """Fall from 1.0 to 0.1 in 100 steps, as in micrograd's demo, and stay there.

    rate(k) = 1.0 - 0.9 * min(k, 100) / 100

    Raises:
        ValueError: If the step is below 0.

    >>> round(micrograd_decay(99), 3), micrograd_decay(200) == micrograd_decay(100)
    (0.109, True)
    """
    return 1.0 - 0.9 * min(check_count("micrograd_decay", "step", step), 100) / 100


@names_home
def constant(rate: float) -> Schedule:
    """Keep one rate.

    >>> constant(0.05)(1000)
    0.05
    """
    return bind(_constant, check_non_negative("constant", "rate", rate))


@_from_step_0("constant")
def _constant(rate: float, _step: int) -> float:
    return rate


@names_home
def linear(start: float, end: float, steps: int) -> Schedule:
    """Go from one rate to another in equal steps, and stay there.

    rate(k) = start + (end - start) * min(k, steps) / steps

    Args:
        start: The first rate, finite and at least 0.
        end: The last rate, finite and at least 0.
        steps: After how many steps it is reached, at least 1.

    >>> [linear(1.0, 0.5, 10)(k) for k in (0, 5, 10, 11)]
    [1.0, 0.75, 0.5, 0.5]
    """
    first = check_non_negative("linear", "start", start)
    last = check_non_negative("linear", "end", end)
    count = check_count("linear", "steps", steps, minimum=1)
    return bind(_linear, first, last, count)


@_from_step_0("linear")
def _linear(first: float, last: float, steps: int, step: int) -> float:
    return first + (last - first) * (step / steps) if step < steps else last


@names_home
def cosine(start: float, steps: int, *, end: float = 0.0) -> Schedule:
    """Go from one rate to another along half a cosine wave, and stay there.

    rate(k) = end + (start - end) * (1 + cos(pi * min(k, steps) / steps)) / 2

    Args:
        start: The first rate, finite and at least 0.
        steps: After how many steps the last rate is reached, at least 1.
        end: The last rate, finite and at least 0.

    Source: I. Loshchilov and F. Hutter, SGDR, 2017, equation 5.

    >>> [round(cosine(1.0, 10)(k), 3) for k in (0, 5, 10, 11)]
    [1.0, 0.5, 0.0, 0.0]
    """
    first = check_non_negative("cosine", "start", start)
    last = check_non_negative("cosine", "end", end)
    count = check_count("cosine", "steps", steps, minimum=1)
    return bind(_cosine, first, last, count)


@_from_step_0("cosine")
def _cosine(first: float, last: float, steps: int, step: int) -> float:
    return _along_cosine(first, last, min(step, steps) / steps)


def _along_cosine(first: float, last: float, share: float) -> float:
    return last + (first - last) * (1.0 + math.cos(math.pi * share)) / 2.0


@names_home
def exponential(start: float, factor: float) -> Schedule:
    """Multiply the rate by one factor at every step.

    rate(k) = start * factor ** k

    Args:
        start: The first rate, finite and at least 0.
        factor: Above 0 and at most 1.

    >>> exponential(8.0, 0.5)(3)
    1.0
    """
    return step_decay(start, every=1, factor=factor)


@names_home
def step_decay(start: float, *, every: int, factor: float = 0.1) -> Schedule:
    """Multiply the rate by one factor after every so many steps.

    rate(k) = start * factor ** (k // every)

    Args:
        start: The first rate, finite and at least 0.
        every: How many steps a rate is kept, at least 1.
        factor: Above 0 and at most 1.

    >>> [step_decay(8.0, every=10, factor=0.5)(k) for k in (0, 9, 10, 20)]
    [8.0, 8.0, 4.0, 2.0]
    """
    first = check_non_negative("step_decay", "start", start)
    length = check_count("step_decay", "every", every, minimum=1)
    shrink = check_positive("step_decay", "factor", factor)
    if shrink > 1.0:
        raise wrong_value("step_decay", "factor", "a number in (0, 1]", factor)
    return bind(_decayed, first, length, shrink)


@_from_step_0("step_decay")
def _decayed(first: float, every: int, factor: float, step: int) -> float:
    return first * math.pow(factor, step // every)


@names_home
def warm_up(schedule: Schedule, steps: int, *, start: float = 0.0) -> Schedule:
    """Rise in equal steps to the first rate of a schedule, then follow it from its beginning.

    Args:
        schedule: What to follow after the warm-up.
        steps: The length of the warm-up, at least 1.
        start: The first rate, finite and at least 0.

    Source: P. Goyal et al., Accurate, large minibatch SGD, 2017, section 2.2.

    >>> [warm_up(constant(1.0), 4)(k) for k in (0, 1, 4, 5)]
    [0.0, 0.25, 1.0, 1.0]
    """
    check_callable("warm_up", "schedule", schedule, "a schedule, such as constant(0.1)")
    check_count("warm_up", "steps", steps, minimum=1)
    check_non_negative("warm_up", "start", start)
    return join([linear(start, schedule(0), steps), schedule], [steps])


@names_home
def one_cycle(
    peak: float,
    steps: int,
    *,
    rising: float = 0.3,
    start_divisor: float = 25.0,
    end_divisor: float = 1e4,
) -> Schedule:
    """Rise along a cosine to a peak, then fall along a cosine far below the start.

    The rate starts at peak / start_divisor, is at its peak at step rising * steps - 1, and ends,
    at step steps - 1, at peak / start_divisor / end_divisor.

    Args:
        peak: The largest rate, finite and above 0.
        steps: The length of the cycle, at least 2.
        rising: The share of the cycle before the peak; in (0, 1), and at least 1 / steps long.
        start_divisor: How many times the first rate is below the peak, above 0.
        end_divisor: How many times the last rate is below the first, above 0.

    Source: L. Smith and N. Topin, Super-convergence, 2018; the cycle of torch's OneCycleLR.

    >>> [round(one_cycle(1.0, 101, rising=0.5)(k), 3) for k in (0, 25, 49, 50, 75, 100)]
    [0.04, 0.528, 1.0, 1.0, 0.492, 0.0]
    """
    top = check_positive("one_cycle", "peak", peak)
    count = check_count("one_cycle", "steps", steps, minimum=2)
    summit = check_positive("one_cycle", "rising", rising) * count - 1.0
    if not 0.0 < summit < count - 1:
        raise wrong_value("one_cycle", "rising", "a share between 1 / steps and 1", rising)
    first = top / check_positive("one_cycle", "start_divisor", start_divisor)
    last = first / check_positive("one_cycle", "end_divisor", end_divisor)
    return bind(_up_and_down, (first, top, last), summit, count - 1 - summit)


@_from_step_0("one_cycle")
def _up_and_down(
    rates: tuple[float, float, float], rising: float, falling: float, step: int
) -> float:
    first, top, last = rates
    if step <= rising:
        return _along_cosine(first, top, step / rising)
    return _along_cosine(top, last, min(step - rising, falling) / falling)


@names_home
def cosine_restarts(start: float, steps: int, *, growth: int = 1, end: float = 0.0) -> Schedule:
    """Go down along half a cosine wave, again and again from the first rate.

    rate(k) = end + (start - end) * (1 + cos(pi * done / length)) / 2, where `done` counts from the
    last restart; the first length is `steps`, and each is `growth` times the one before.

    Args:
        start: The first rate, finite and at least 0.
        steps: After how many steps it restarts first, at least 1.
        growth: How many times as long each wave is, at least 1.
        end: What a wave goes down to, finite and at least 0.

    Source: I. Loshchilov and F. Hutter, SGDR, 2017; torch's CosineAnnealingWarmRestarts.

    >>> [cosine_restarts(1.0, 2, growth=2)(k) for k in (0, 1, 2, 4, 6)]
    [1.0, 0.5, 1.0, 0.5, 1.0]
    """
    first = check_non_negative("cosine_restarts", "start", start)
    last = check_non_negative("cosine_restarts", "end", end)
    length = check_count("cosine_restarts", "steps", steps, minimum=1)
    times = check_count("cosine_restarts", "growth", growth, minimum=1)
    return bind(_restarting, (first, last), length, times)


@_from_step_0("cosine_restarts")
def _restarting(rates: tuple[float, float], length: int, growth: int, step: int) -> float:
    first, last = rates
    if growth == 1:
        return _along_cosine(first, last, step % length / length)
    while step >= length:
        step, length = step - length, length * growth
    return _along_cosine(first, last, step / length)


@names_home
def polynomial(start: float, end: float, steps: int, *, power: float = 1.0) -> Schedule:
    """Go from one rate to another along a power of the steps that are left, and stay there.

    rate(k) = end + (start - end) * (1 - min(k, steps) / steps) ** power

    Args:
        start: The first rate, finite and at least 0.
        end: The last rate, finite and at least 0.
        steps: After how many steps it is reached, at least 1.
        power: Finite and above 0; 1 is `linear`.

    Source: torch's PolynomialLR, optax.polynomial_schedule.

    >>> [polynomial(1.0, 0.0, 10, power=2.0)(k) for k in (0, 5, 10, 11)]
    [1.0, 0.25, 0.0, 0.0]
    """
    first = check_non_negative("polynomial", "start", start)
    last = check_non_negative("polynomial", "end", end)
    count = check_count("polynomial", "steps", steps, minimum=1)
    exponent = check_positive("polynomial", "power", power)
    return bind(_polynomial, (first, last), count, exponent)


@_from_step_0("polynomial")
def _polynomial(rates: tuple[float, float], steps: int, power: float, step: int) -> float:
    first, last = rates
    left = 1.0 - min(step, steps) / steps
    return last + (first - last) * math.pow(left, power)


@names_home
def cyclic(
    low: float, high: float, rising: int, falling: int | None = None, *, shrink: float = 1.0
) -> Schedule:
    """Rise and fall between two rates in equal steps, for ever.

    rate(k) = low + (high - low) * share * shrink ** cycle; the share goes from 0 to 1 and back

    Args:
        low: The smallest rate, finite and at least 0.
        high: The largest rate, finite and at least 0.
        rising: How many steps it rises, at least 1.
        falling: How many steps it falls, at least 1; None for as many.
        shrink: What each cycle's height is multiplied by, above 0 and at most 1.

    Source: L. Smith, Cyclical learning rates, 2017; torch's CyclicLR, whose `triangular2` shrinks
    by 0.5.

    >>> [cyclic(0.0, 1.0, 2, shrink=0.5)(k) for k in range(7)]
    [0.0, 0.5, 1.0, 0.5, 0.0, 0.25, 0.5]
    """
    bottom = check_non_negative("cyclic", "low", low)
    height = check_non_negative("cyclic", "high", high) - bottom
    up = check_count("cyclic", "rising", rising, minimum=1)
    down = up if falling is None else check_count("cyclic", "falling", falling, minimum=1)
    if check_positive("cyclic", "shrink", shrink) > 1.0:
        raise wrong_value("cyclic", "shrink", "a number in (0, 1]", shrink)
    return bind(_cyclic, (bottom, height), (up, down), shrink)


@_from_step_0("cyclic")
def _cyclic(
    rates: tuple[float, float], lengths: tuple[int, int], shrink: float, step: int
) -> float:
    (bottom, height), (up, down) = rates, lengths
    cycle, place = divmod(step, up + down)
    share = place / up if place <= up else (up + down - place) / down
    return bottom + height * share * math.pow(shrink, cycle)


def inverse_sqrt(start: float, steps: int) -> Schedule:
    """Fall with the root of the steps.

    rate(k) = start * sqrt(steps / (steps + k))

    Args:
        start: The first rate, finite and at least 0.
        steps: What the steps are measured by, at least 1; after three times as many the rate is
            half of what it was.

    Source: A. Vaswani et al., Attention is all you need, 2017, section 5.3, after its warm-up.

    >>> [inverse_sqrt(1.0, 10)(k) for k in (0, 30)]
    [1.0, 0.5]
    """
    first = check_non_negative("inverse_sqrt", "start", start)
    return bind(_by_root, first, check_count("inverse_sqrt", "steps", steps, minimum=1))


@_from_step_0("inverse_sqrt")
def _by_root(first: float, steps: int, step: int) -> float:
    return first * math.sqrt(steps / (steps + step))


def at_least(schedule: Schedule, floor: float) -> Schedule:
    """Let no rate of a schedule fall below a floor.

    rate(k) = max(schedule(k), floor)

    Args:
        schedule: Any.
        floor: Finite and at least 0.

    >>> [at_least(exponential(1.0, 0.5), 0.1)(k) for k in (0, 3, 100)]
    [1.0, 0.125, 0.1]
    """
    check_callable("at_least", "schedule", schedule, "a schedule, such as constant(0.1)")
    return bind(_at_least, schedule, check_non_negative("at_least", "floor", floor))


@_from_step_0("at_least")
def _at_least(schedule: Schedule, floor: float, step: int) -> float:
    return max(schedule(step), floor)


def range_test(start: float, end: float, steps: int) -> Schedule:
    """Grow by one factor at every step, to find where a loss begins to fall and where it bursts.

    rate(k) = start * (end / start) ** (min(k, steps) / steps)

    Args:
        start: The first rate, finite and above 0.
        end: The last rate, finite and above 0.
        steps: After how many steps it is reached, at least 1.

    Source: L. Smith, Cyclical learning rates, 2017, section 3.3.

    >>> [range_test(0.25, 4.0, 4)(k) for k in range(6)]
    [0.25, 0.5, 1.0, 2.0, 4.0, 4.0]
    """
    first = check_positive("range_test", "start", start)
    last = check_positive("range_test", "end", end)
    return bind(_growing, first, last, check_count("range_test", "steps", steps, minimum=1))


@_from_step_0("range_test")
def _growing(first: float, last: float, steps: int, step: int) -> float:
    return first * math.pow(last / first, step / steps) if step < steps else last


class Plateau(Record):
    """A rate that falls where the loss stands still: where it is now, and how it goes on.

    It is data: `after_loss` gives the next one.

    >>> plateau(0.5).rate
    0.5
    """

    rate: float = attr()
    """The rate now."""
    factor: float = attr()
    """What it is multiplied by."""
    patience: int = attr()
    """How many losses in a row may be no better."""
    threshold: float = attr()
    """By what share a loss must be smaller than the best one to be better."""
    cooldown: int = attr()
    """How many losses do not count after a fall."""
    minimum: float = attr()
    """Below which it does not fall."""
    best: float = attr(default=math.inf)
    """The smallest loss so far."""
    waiting: int = attr(default=0)
    """How many losses in a row have been no better."""
    cooling: int = attr(default=0)
    """How many losses still do not count."""


def plateau(  # noqa: D417 - the others are explained in `Plateau`
    rate: float,
    *,
    factor: float = 0.1,
    patience: int = 10,
    threshold: float = 1e-4,
    cooldown: int = 0,
    minimum: float = 0.0,
) -> Plateau:
    """Begin with a rate that is to fall where the loss stands still.

    Args:
        rate: The first rate, finite and at least 0; for the others see `Plateau`.

    Source: torch's ReduceLROnPlateau, names and defaults but for `minimum`, its `min_lr`.

    >>> from functools import reduce
    >>> reduce(after_loss, [1.0, 0.5, 0.5, 0.5], plateau(8.0, factor=0.5, patience=1)).rate
    4.0
    """
    shrink = check_positive("plateau", "factor", factor)
    if shrink >= 1.0:
        raise wrong_value("plateau", "factor", "a number in (0, 1)", factor)
    return Plateau(
        rate=check_non_negative("plateau", "rate", rate),
        factor=shrink,
        patience=check_count("plateau", "patience", patience),
        threshold=check_non_negative("plateau", "threshold", threshold),
        cooldown=check_count("plateau", "cooldown", cooldown),
        minimum=check_non_negative("plateau", "minimum", minimum),
    )


def after_loss(before: Plateau, loss: float) -> Plateau:
    """The rate after one more loss, as data.

    >>> after_loss(plateau(0.5), 3.0).best
    3.0
    """
    check_kind("after_loss", "before", before, Plateau)
    is_better = loss < before.best * (1.0 - before.threshold)
    waiting = 0 if is_better or before.cooling else before.waiting + 1
    falls = waiting > before.patience
    return before.set(
        rate=_fallen(before) if falls else before.rate,
        best=loss if is_better else before.best,
        waiting=0 if falls else waiting,
        cooling=before.cooldown if falls else max(before.cooling - 1, 0),
    )


def _fallen(before: Plateau) -> float:
    """The next lower rate; one that is hardly lower would only cost steps."""
    rate = max(before.rate * before.factor, before.minimum)
    return rate if before.rate - rate > 1e-8 else before.rate


def join(schedules: Sequence[Schedule], boundaries: Sequence[int]) -> Schedule:
    """Put schedules one after another; each counts its steps from its own beginning.

    Args:
        schedules: At least one.
        boundaries: At which steps the second, the third ... begin; increasing, each at least 1.

    Raises:
        ShapeError: If there is not one boundary fewer than schedules.
        ValueError: If the boundaries do not increase.

    >>> rate = join([constant(1.0), linear(0.5, 0.0, 10)], [100])
    >>> [rate(k) for k in (0, 99, 100, 105, 110)]
    [1.0, 1.0, 0.5, 0.25, 0.0]
    """
    check_several("join", "schedules", "a sequence of schedules", schedules)
    check_several("join", "boundaries", "a sequence of ints", boundaries)
    if not schedules or len(boundaries) != len(schedules) - 1:
        raise ShapeError(
            f"join: boundaries must be one fewer than schedules, {len(schedules)}, "
            f"got {len(boundaries)}"
        )
    begins = [0, *(check_count("join", "each of boundaries", b, minimum=1) for b in boundaries)]
    if any(a >= b for a, b in pairwise(begins)):
        raise wrong_value("join", "boundaries", "increasing steps", boundaries)
    return bind(_joined, tuple(schedules), tuple(begins))


@_from_step_0("join")
def _joined(parts: Sequence[Schedule], begins: Sequence[int], step: int) -> float:
    place = bisect_right(begins, step) - 1
    return parts[place](step - begins[place])


ScheduleName: TypeAlias = Literal[
    "constant",
    "linear",
    "cosine",
    "one_cycle",
    "cosine_restarts",
    "polynomial",
    "inverse_sqrt",
]
"""The name of a schedule.

>>> names: list[ScheduleName] = ["constant", "cosine"]
"""

SCHEDULES: Mapping[ScheduleName, Callable[[float, int], Schedule]] = {
    "constant": lambda rate, steps: constant(rate),
    "linear": lambda rate, steps: linear(rate, 0.0, steps),
    "cosine": cosine,
    "one_cycle": lambda rate, steps: one_cycle(rate, max(steps, 4)),
    "cosine_restarts": lambda rate, steps: cosine_restarts(rate, max(steps // 4, 1)),
    "polynomial": lambda rate, steps: polynomial(rate, 0.0, steps, power=2.0),
    "inverse_sqrt": lambda rate, steps: inverse_sqrt(rate, max(steps // 10, 1)),
}
"""The schedules that go by a name, each from its largest rate and its number of steps.

>>> SCHEDULES["linear"](1.0, 4)(2)
0.5
"""
