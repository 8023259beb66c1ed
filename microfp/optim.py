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

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple, TypeAlias

from pyrsistent import PVector, pvector

from microfp.checks import check_kind, check_non_negative
from microfp.schedules import Schedule, constant
from microfp.values import Scalar

Numbers: TypeAlias = PVector[float]
"""One number per parameter, in parameter order."""


class Rule(NamedTuple):
    """An update of one parameter that depends on no other: what an optimiser does, as scalars.

    It is written in ordinary arithmetic and in primitives, so it means something on floats and
    on nodes of a graph, and can be compiled.

    Attributes:
        initial: What is remembered for a parameter before the first step.
        scalar_count: How many numbers `scalars` gives.
        scalars: From the step to the numbers that change from step to step, such as the rate.
        update: From the gradient, what is remembered, the parameter and the scalars to the
            update and what is remembered next.

    >>> descent = Rule((), 1, lambda step: (-0.5,), lambda g, m, p, rate: (rate[0] * g, m))
    >>> elementwise("descent", descent).update(pvector([4.0]), (), pvector([1.0]), 0)
    (pvector([-2.0]), ())
    """

    initial: tuple[float, ...]
    scalar_count: int
    scalars: Callable[[int], tuple[float, ...]]
    update: Callable[
        [Scalar, tuple[Scalar, ...], Scalar, tuple[Scalar, ...]],
        tuple[Scalar, tuple[Scalar, ...]],
    ]


class Optimizer(NamedTuple):
    """A rule that turns gradients into updates.

    It is a named tuple and no record, for the sake of the established names: in a record,
    `update` is the method that pyrsistent gives every map.

    Attributes:
        name: What to call it.
        init: From the parameters to the first state.
        update: From gradients, state, parameters and step to updates and the next state.
        learning_rate: The rate at a step, for reports; None where there is no such thing.
        rule: The same for one parameter, where each parameter is updated on its own: what makes
            it possible to compile the update.

    >>> sgd(0.1).name
    'sgd'
    """

    name: str
    init: Callable[[Numbers], object]
    update: Callable[[Numbers, object, Numbers, int], tuple[Numbers, object]]
    learning_rate: Schedule | None = None
    rule: Rule | None = None


def elementwise(name: str, rule: Rule, learning_rate: Schedule | None = None) -> Optimizer:
    """Make an optimiser of a rule: each parameter is updated on its own.

    Its state is one sequence of numbers for each number that the rule remembers.

    Args:
        name: What to call it.
        rule: The update of one parameter.
        learning_rate: The rate at a step, for reports.

    >>> average = Rule((0.0,), 0, lambda step: (), lambda g, m, p, _: (-m[0], (0.5 * m[0] + g,)))
    >>> p = pvector([1.0, 2.0])
    >>> optimizer = elementwise("average", average)
    >>> optimizer.update(pvector([4.0, 6.0]), optimizer.init(p), p, 0)[1]
    (pvector([4.0, 6.0]),)
    """

    def init(parameters: Numbers) -> object:
        return tuple(pvector([number] * len(parameters)) for number in rule.initial)

    def update(
        gradients: Numbers, state: object, parameters: Numbers, step: int
    ) -> tuple[Numbers, object]:
        scalars, remembered = rule.scalars(step), _states(state)
        columns = zip(*remembered, strict=True) if remembered else ((),) * len(gradients)
        rows = [
            rule.update(g, column, p, scalars)
            for g, column, p in zip(gradients, columns, parameters, strict=True)
        ]
        after = zip(*(row for _, row in rows), strict=True)
        moved: Numbers = pvector([update for update, _ in rows])  # type: ignore[misc]  # of floats
        return moved, tuple(pvector(column) for column in after)

    return Optimizer(name, init, update, learning_rate, rule)


def identity() -> Optimizer:
    """Pass the gradients on as they are; the neutral element of `chain`.

    >>> from pyrsistent import pvector
    >>> identity().update(pvector([5.0]), (), pvector([1.0]), 0)
    (pvector([5.0]), ())
    """
    return elementwise("identity", Rule((), 0, lambda step: (), lambda g, state, p, _: (g, state)))


def scale_by_schedule(rate: Schedule) -> Optimizer:
    """Multiply by minus the learning rate: the last part of a descent.

    Args:
        rate: From the step to the learning rate, which must be finite and at least 0.

    >>> from pyrsistent import pvector
    >>> scale_by_schedule(lambda k: 0.5).update(pvector([4.0]), (), pvector([1.0]), 0)[0]
    pvector([-2.0])
    """

    @lru_cache(maxsize=1024)  # each step asks twice: for its update and for its metrics
    def checked(step: int) -> float:
        return check_non_negative("learning_rate", f"the rate at step {step}", rate(step))

    rule = Rule(
        initial=(),
        scalar_count=1,
        scalars=lambda step: (-checked(step),),
        update=lambda g, state, p, scalars: (scalars[0] * g, state),
    )
    return elementwise("scale_by_schedule", rule, checked)


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
        rule=_chained([optimizer.rule for optimizer in optimizers]),
    )


def _chained(rules: Sequence[Rule | None]) -> Rule | None:
    """The rule of a chain: each remembers its own numbers, and is given its own scalars."""
    known = [rule for rule in rules if rule is not None]
    if len(known) < len(rules):
        return None

    def update(
        g: Scalar, state: tuple[Scalar, ...], p: Scalar, scalars: tuple[Scalar, ...]
    ) -> tuple[Scalar, tuple[Scalar, ...]]:
        after: tuple[Scalar, ...] = ()
        for rule, own, given in zip(known, parts(state), given_parts(scalars), strict=True):
            g, remembered = rule.update(g, own, p, given)
            after += remembered
        return g, after

    def parts(state: tuple[Scalar, ...]) -> list[tuple[Scalar, ...]]:
        return _cut(state, [len(rule.initial) for rule in known])

    def given_parts(scalars: tuple[Scalar, ...]) -> list[tuple[Scalar, ...]]:
        return _cut(scalars, [rule.scalar_count for rule in known])

    return Rule(
        initial=tuple(number for rule in known for number in rule.initial),
        scalar_count=sum(rule.scalar_count for rule in known),
        scalars=lambda step: tuple(number for rule in known for number in rule.scalars(step)),
        update=update,
    )


def _cut(numbers: tuple[Scalar, ...], sizes: Sequence[int]) -> list[tuple[Scalar, ...]]:
    ends = list(accumulate(sizes))
    return [numbers[end - size : end] for end, size in zip(ends, sizes, strict=True)]


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
