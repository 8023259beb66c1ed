"""The parts that optimisers share: scaling, clipping, the decay of weights, momentum."""

from typing import overload

from pyrsistent import PVector

from microfp import ops
from microfp.base.binding import bind
from microfp.base.checks import check_finite, check_non_negative, check_positive, wrong_value
from microfp.base.renaming import deprecated, renamed
from microfp.optim.rules import Optimizer, Rate, Reduction, Rule, Slots, checked_rate, from_rule
from microfp.record import Record, attr
from microfp.schedules import Schedule, constant

__all__ = [
    "TraceState",
    "add_decayed_weights",
    "against",
    "check_decay",
    "clip",
    "clip_by_global_norm",
    "scale",
    "scale_by_learning_rate",
    "scale_by_schedule",
    "trace",
]


def scale(factor: float) -> Optimizer:
    """Multiply by a number.

    >>> from microfp.optim import EmptyState
    >>> from pyrsistent import pvector
    >>> scale(-0.5).update(pvector([4.0]), EmptyState(), pvector([1.0]), 0)[0]
    pvector([-2.0])
    """
    return _scaled("scale", bind(_same, check_finite("scale", "factor", factor)))


def _same(factor: float, step: int) -> float:
    return factor


def scale_by_schedule(factor: Schedule) -> Optimizer:
    """Multiply by a function of the step, whose values must be finite.

    >>> from microfp.optim import EmptyState
    >>> from pyrsistent import pvector
    >>> scale_by_schedule(lambda k: 1.0 / (k + 1)).update(
    ...     pvector([4.0]), EmptyState(), pvector([1.0]), 1
    ... )[0]
    pvector([2.0])
    """
    return _scaled("scale_by_schedule", bind(_finite_factor, factor))


def _finite_factor(factor: Schedule, step: int) -> float:
    return check_finite("scale_by_schedule", f"the factor at step {step}", factor(step))


def scale_by_learning_rate(learning_rate: Rate) -> Optimizer:
    """Multiply by minus the learning rate: the last part of a descent.

    Args:
        learning_rate: A number, or a function of the step; finite and at least 0.

    >>> from microfp.optim import EmptyState
    >>> from pyrsistent import pvector
    >>> scale_by_learning_rate(0.5).update(pvector([4.0]), EmptyState(), pvector([1.0]), 0)[0]
    pvector([-2.0])
    """
    return against("scale_by_learning_rate", learning_rate)


def against(name: str, learning_rate: Rate) -> Optimizer:
    """Multiply by minus the learning rate, in the name of a descent that this is the last part of.

    Args:
        name: The descent, which the message about a wrong rate names.
        learning_rate: As in `scale_by_learning_rate`.

    >>> against("sgd", -1.0)
    Traceback (most recent call last):
    ValueError: sgd: learning_rate must be a finite number >= 0, got -1.0
    """
    if not callable(learning_rate):
        fixed = constant(check_non_negative(name, "learning_rate", learning_rate))
        return against(name, fixed)

    rate = checked_rate(learning_rate)
    return _scaled(name, bind(_minus, rate))._replace(learning_rate=rate)


def _minus(rate: Schedule, step: int) -> float:
    return -rate(step)


def _scaled(name: str, factor: Schedule) -> Optimizer:
    return from_rule(name, Rule(function=_scale_rule, coefficients=bind(_alone, factor)))


def _alone(factor: Schedule, step: int) -> tuple[float]:
    return (factor(step),)


def _scale_rule(
    g: float, slots: Slots, p: float, coefficients: tuple[float]
) -> tuple[float, Slots]:
    return coefficients[0] * g, slots


def add_decayed_weights(weight_decay: float) -> Optimizer:
    """Add a multiple of each parameter to its gradient: decay towards 0.

    update = gradient + weight_decay * parameter

    Args:
        weight_decay: Finite and at least 0.

    Source: A. Krogh and J. Hertz, A simple weight decay can improve generalization, 1991.

    >>> from microfp.optim import EmptyState
    >>> from pyrsistent import pvector
    >>> add_decayed_weights(0.1).update(pvector([1.0]), EmptyState(), pvector([20.0]), 0)[0]
    pvector([3.0])
    """
    weight = check_non_negative("add_decayed_weights", "weight_decay", weight_decay)
    return from_rule("add_decayed_weights", Rule(function=bind(_decay_rule, weight)))


def _decay_rule(weight: float, g: float, slots: Slots, p: float, _: object) -> tuple[float, Slots]:
    return g + weight * p, slots


@overload
def clip(max_delta: float) -> Optimizer: ...
@overload
@deprecated("`limit` is called `max_delta`")
def clip(*, limit: float) -> Optimizer: ...
@renamed(limit="max_delta")
def clip(max_delta: float) -> Optimizer:
    """Clip each number to the range from -max_delta to max_delta; nan stays nan.

    Args:
        max_delta: The largest size of a number, finite and above 0.

    >>> from microfp.optim import EmptyState
    >>> from pyrsistent import pvector
    >>> clip(1.0).update(pvector([-5.0, 0.5]), EmptyState(), pvector([0.0, 0.0]), 0)[0]
    pvector([-1.0, 0.5])
    """
    bound = check_positive("clip", "max_delta", max_delta)
    return from_rule("clip", Rule(function=bind(_clip_rule, bound)))


def _clip_rule(bound: float, g: float, slots: Slots, p: float, _: object) -> tuple[float, Slots]:
    return ops.maximum(-bound, ops.minimum(g, bound)), slots


def clip_by_global_norm(max_norm: float) -> Optimizer:
    """Shorten the gradient, as one vector, to a length; a shorter one stays as it is.

    update = gradient * min(1, max_norm / norm)

    Args:
        max_norm: The largest Euclidean norm, finite and above 0.

    Source: R. Pascanu et al., On the difficulty of training recurrent neural networks, 2013.

    >>> from microfp.optim import EmptyState
    >>> from pyrsistent import pvector
    >>> p = pvector([0.0, 0.0])
    >>> clip_by_global_norm(1.0).update(pvector([3.0, 4.0]), EmptyState(), p, 0)[0]
    pvector([0.6000000000000001, 0.8])
    """
    longest = check_positive("clip_by_global_norm", "max_norm", max_norm)
    shortening = Reduction(term=_square, result=bind(_shortening, longest))
    return from_rule("clip_by_global_norm", Rule(function=_scale_rule, reduction=shortening))


def _square(g: float) -> float:
    return g * g


def _shortening(longest: float, squares: float) -> float:
    return ops.minimum(1.0, ops.divide(longest, ops.sqrt(squares)))


class TraceState(Record):
    """What `trace` remembers: the decaying sum of gradients.

    >>> from pyrsistent import pvector
    >>> trace(0.9).init(pvector([1.0]))
    TraceState(trace=pvector([0.0]))
    """

    trace: PVector[float] = attr()
    """One sum a parameter."""


def trace(decay: float, *, nesterov: bool = False) -> Optimizer:
    """Add up gradients, the older ones decayed: momentum.

    trace = gradient + decay * trace;  update = trace,  or gradient + decay * trace for Nesterov.

    Args:
        decay: In [0, 1).
        nesterov: Whether to look one step ahead.

    Source: I. Sutskever et al., On the importance of initialization and momentum, 2013.

    >>> from pyrsistent import pvector
    >>> heavy, p = trace(0.5), pvector([0.0])
    >>> _, state = heavy.update(pvector([2.0]), heavy.init(p), p, 0)
    >>> heavy.update(pvector([2.0]), state, p, 1)[0]
    pvector([3.0])
    """
    kept = check_decay("trace", "decay", decay)
    rule = bind(_nesterov_rule if nesterov else _trace_rule, kept)
    return from_rule("trace", Rule(function=rule, state=TraceState, initial=(0.0,)))


def _trace_rule(
    kept: float, g: float, slots: tuple[float], p: float, _: object
) -> tuple[float, tuple[float]]:
    summed = g + kept * slots[0]
    return summed, (summed,)


def _nesterov_rule(
    kept: float, g: float, slots: tuple[float], p: float, _: object
) -> tuple[float, tuple[float]]:
    summed = g + kept * slots[0]
    return g + kept * summed, (summed,)


def check_decay(where: str, name: str, decay: float) -> float:
    """How much of a running sum or mean is kept: a number in [0, 1).

    Raises:
        TypeError, ValueError: If it is none; see `base.checks`.

    >>> check_decay("trace", "decay", 1.0)
    Traceback (most recent call last):
    ValueError: trace: decay must be a number in [0, 1), got 1.0
    """
    checked = check_non_negative(where, name, decay)
    if checked >= 1.0:
        raise wrong_value(where, name, "a number in [0, 1)", decay)
    return checked
