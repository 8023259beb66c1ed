"""Optimisers as data: pairs of pure functions, in the manner of optax.

An optimiser turns gradients into updates, which are added to the parameters. What it has to
remember between steps is its state, which it is given and gives back.

>>> from pyrsistent import pvector
>>> optimizer = sgd(0.1)
>>> p = pvector([1.0])
>>> updates, state = optimizer.update(pvector([5.0]), optimizer.init(p), p, 0)
>>> list(updates)
[-0.5]
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from pyrsistent import PVector, pvector

from microfp.checks import check_kind, check_non_negative
from microfp.schedules import Schedule, constant

Numbers: TypeAlias = PVector[float]
"""One number per parameter, in parameter order."""


class Optimizer(NamedTuple):
    """A rule that turns gradients into updates.

    It is a named tuple and no record, for the sake of the established names: in a record,
    `update` is the method that pyrsistent gives every map.

    Attributes:
        name: What to call it.
        init: From the parameters to the first state.
        update: From gradients, state, parameters and step to updates and the next state.
        learning_rate: The rate at a step, for reports; None where there is no such thing.

    >>> sgd(0.1).name
    'sgd'
    """

    name: str
    init: Callable[[Numbers], object]
    update: Callable[[Numbers, object, Numbers, int], tuple[Numbers, object]]
    learning_rate: Schedule | None = None


def identity() -> Optimizer:
    """Pass the gradients on as they are; the neutral element of `chain`.

    >>> from pyrsistent import pvector
    >>> identity().update(pvector([5.0]), (), pvector([1.0]), 0)
    (pvector([5.0]), ())
    """
    return Optimizer(
        name="identity",
        init=lambda parameters: (),
        update=lambda gradients, state, parameters, step: (gradients, state),
    )


def scale_by_schedule(rate: Schedule) -> Optimizer:
    """Multiply by minus the learning rate: the last part of a descent.

    Args:
        rate: From the step to the learning rate, which must be finite and at least 0.

    >>> from pyrsistent import pvector
    >>> scale_by_schedule(lambda k: 0.5).update(pvector([4.0]), (), pvector([1.0]), 0)[0]
    pvector([-2.0])
    """

    def checked(step: int) -> float:
        return check_non_negative("learning_rate", f"the rate at step {step}", rate(step))

    def update(
        gradients: Numbers, state: object, parameters: Numbers, step: int
    ) -> tuple[Numbers, object]:
        factor = -checked(step)
        return pvector([factor * g for g in gradients]), state

    return Optimizer(
        name="scale_by_schedule", init=lambda parameters: (), update=update, learning_rate=checked
    )


def chain(*optimizers: Optimizer) -> Optimizer:
    """Compose optimisers: each is given the updates of the one before as its gradients.

    It is associative, and `identity()` is neutral.

    Raises:
        TypeError: If something else than an optimiser is given.

    >>> from pyrsistent import pvector
    >>> twice = chain(sgd(0.5), sgd(0.5))
    >>> p = pvector([1.0])
    >>> twice.update(pvector([4.0]), twice.init(p), p, 0)[0]
    pvector([1.0])
    """
    for given in optimizers:
        check_kind("chain", "each of optimizers", given, Optimizer)

    def update(
        gradients: Numbers, state: object, parameters: Numbers, step: int
    ) -> tuple[Numbers, object]:
        states: list[object] = []
        for optimizer, own in zip(optimizers, _states(state), strict=True):
            gradients, after = optimizer.update(gradients, own, parameters, step)
            states.append(after)
        return gradients, tuple(states)

    return Optimizer(
        name=" | ".join(optimizer.name for optimizer in optimizers),
        init=lambda parameters: tuple(optimizer.init(parameters) for optimizer in optimizers),
        update=update,
        learning_rate=next(
            (o.learning_rate for o in reversed(optimizers) if o.learning_rate), None
        ),
    )


def _states(state: object) -> tuple[object, ...]:
    assert isinstance(state, tuple)
    return state


def sgd(learning_rate: float | Schedule) -> Optimizer:
    """Gradient descent: update = -learning_rate * gradient.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.

    Source: H. Robbins and S. Monro, A stochastic approximation method, 1951.

    >>> from microfp.schedules import micrograd_decay
    >>> sgd(micrograd_decay).learning_rate(50)
    0.55
    """
    if not callable(learning_rate):
        return sgd(constant(check_non_negative("sgd", "learning_rate", learning_rate)))
    return scale_by_schedule(learning_rate)._replace(name="sgd")
