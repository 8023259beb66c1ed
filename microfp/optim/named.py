"""Optimisers as data: pairs of pure functions, in the manner of optax.

An optimiser turns gradients into updates, which are added to the parameters. What it has to
remember between steps is its state, which it is given and gives back. Every named optimiser is a
`chain` of parts, and so is one of your own:

>>> from pyrsistent import pvector
>>> optimizer = chain(clip_by_global_norm(1.0), scale_by_adam(), scale_by_learning_rate(0.1))
>>> p = pvector([1.0, 2.0])
>>> updates, state = optimizer.update(pvector([5.0, -5.0]), optimizer.init(p), p, 0)
>>> [round(update, 6) for update in updates]
[-0.1, 0.1]

A part that treats each parameter alone is a `Rule`: scalar arithmetic, written once, that is
lifted over the parameters here and that a compiler can run with one parameter a lane.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from itertools import compress, repeat
from typing import NamedTuple, TypeAlias

from pyrsistent import PVector, pvector

from microfp import ops
from microfp.base.binding import bind, memoized, shown
from microfp.base.checks import (
    check_count,
    check_finite,
    check_kind,
    check_non_negative,
    check_positive,
    wrong_kind,
    wrong_value,
)
from microfp.errors import ShapeError
from microfp.ops import Operand
from microfp.record import Record, attr
from microfp.schedules import Schedule, constant

Numbers: TypeAlias = PVector[float]
"""One number per parameter, in parameter order.

>>> gradients: Numbers = pvector([0.5, -1.0])
>>> scale(-2.0).update(gradients, identity().init(gradients), gradients, 0)[0]
pvector([-1.0, 2.0])
"""

Rate: TypeAlias = float | Schedule
"""A learning rate: a number, or a function of the step.

>>> rates: list[Rate] = [0.1, lambda step: 0.1 / (step + 1)]
>>> [sgd(rate).name for rate in rates]
['sgd', 'sgd']
"""

Slots: TypeAlias = tuple[Operand, ...]
"""What a rule remembers of one parameter.

>>> slots: Slots = (0.0, 1.0)
>>> len(slots)
2
"""


# Rules: what happens to one parameter in one step


class Reduction(Record):
    """A number that depends on all gradients, as two scalar functions around a sum.

    number = result(term(g0) + term(g1) + ...), added up in parameter order.

    Attributes:
        term: From the gradient of one parameter to what it adds.
        result: From the sum to the number.

    >>> norm = Reduction(term=lambda g: g * g, result=lambda total: ops.sqrt(total))
    >>> norm.result(sum(map(norm.term, [3.0, 4.0])))
    5.0
    """

    term: Callable[..., Operand] = attr()
    result: Callable[..., Operand] = attr()


class EmptyState(Record):
    """The state of a part that remembers nothing.

    >>> EmptyState()
    EmptyState()
    """


def _none(time: int) -> tuple[float, ...]:
    return ()


class Rule(Record):
    """What one parameter needs in one step, in arithmetic that also works on nodes of a graph.

    (update, slots) = function(gradient, slots, parameter, coefficients)

    Attributes:
        function: The scalar rule; where it divides or takes a root, by the primitives of `ops`.
        state: The record that holds the slots, one `PVector` a slot, in the order of its fields.
            If its first field is `count`, that holds how often the rule has been applied.
        initial: What each slot holds at first.
        coefficients: The numbers that depend on the time alone, such as the learning rate: a
            function of the count where the state has one, else of the step of the training.
        reduction: Where given, its number is one more coefficient, the last.

    >>> halve = Rule(function=lambda g, slots, p, coefficients: (0.5 * g, slots))
    >>> halve.function(4.0, (), 1.0, ())
    (2.0, ())
    """

    function: Callable[..., tuple[Operand, Slots]] = attr()
    state: type[Record] = attr(default=EmptyState)
    initial: tuple[float, ...] = attr(default=())
    coefficients: Callable[[int], tuple[float, ...]] = attr(default=_none)
    reduction: Reduction | None = attr(default=None)

    @property
    def is_counting(self) -> bool:
        """Whether the state counts how often the rule has been applied."""
        return self.state.field_names()[:1] == ("count",)


class RuleUse(NamedTuple):
    """How an optimiser uses a rule.

    Attributes:
        rule: The rule.
        where: Which parameters it is applied to, one bool each; the gradients of the others pass
            as they are, and are not remembered. None for all of them.
        every: It is applied in one step of so many, when the mean of `accumulate_gradients` is
            complete; in the others its update is 0.0, and it remembers what it did.

    >>> [use.every for use in accumulate_gradients(sgd(0.1), every=4).rules]
    [1, 4]
    """

    rule: Rule
    where: tuple[bool, ...] | None = None
    every: int = 1


class Optimizer(NamedTuple):
    """A function that turns gradients into updates, and the state it starts from.

    It is a named tuple and no record, for the sake of the established names: in a record,
    `update` is the method that pyrsistent gives every map.

    Attributes:
        name: What to call it.
        init: From the parameters to the first state.
        update: From gradients, state, parameters and step to updates and the next state.
        learning_rate: The rate at a step, for reports; None where there is no such thing.
        rules: The scalar rules that it applies one after another, for compilers; None where it
            is more than that. The records of its state, in order, are those of the rules; what
            `accumulate_gradients` holds in its own comes after it.

    >>> sgd(0.1)
    Optimizer(name='sgd', learning_rate=constant(0.1, ...))
    >>> len(adamw().rules)
    3
    """

    name: str
    init: Callable[[Numbers], object]
    update: Callable[[Numbers, object, Numbers, int], tuple[Numbers, object]]
    learning_rate: Schedule | None = None
    rules: tuple[RuleUse, ...] | None = None

    def __repr__(self) -> str:
        """Show its name and its rate; what it is composed of would fill pages."""
        given = _given_rate(self.learning_rate)
        rate = "" if given is None else f", learning_rate={shown(given)}"
        return f"Optimizer(name={self.name!r}{rate})"


def from_rule(name: str, rule: Rule, *, learning_rate: Schedule | None = None) -> Optimizer:
    """Lift a scalar rule over all parameters: the way to an optimiser of your own.

    Args:
        name: What to call it.
        rule: What happens to one parameter.
        learning_rate: What to report as the learning rate, if the rule has one.

    >>> from pyrsistent import pvector
    >>> signs = from_rule("signs", Rule(function=lambda g, slots, p, _: (ops.sign(g), slots)))
    >>> signs.update(pvector([-3.0, 2.0]), EmptyState(), pvector([0.0, 0.0]), 0)[0]
    pvector([-1.0, 1.0])
    """
    check_kind("from_rule", "rule", rule, Rule, example="Rule(function=...)")
    return Optimizer(
        name=name,
        init=bind(_first_memory, rule),
        update=bind(_apply_rule, name, rule),
        learning_rate=learning_rate,
        rules=(RuleUse(rule),),
    )


def _first_memory(rule: Rule, parameters: Numbers) -> object:
    counter = (0,) if rule.is_counting else ()
    vectors = (pvector([start] * len(parameters)) for start in rule.initial)
    return rule.state.unchecked(*counter, *vectors)


def _apply_rule(
    name: str, rule: Rule, gradients: Numbers, state: object, parameters: Numbers, step: int
) -> tuple[Numbers, object]:
    count, vectors = _memory(name, rule, state)
    time = step if count is None else count
    coefficients = (*rule.coefficients(time), *_reduced(rule.reduction, gradients))
    updates, after = _applied(rule.function, gradients, vectors, parameters, coefficients)
    counter = () if count is None else (count + 1,)
    return updates, rule.state.unchecked(*counter, *after) if counter or vectors else state


def _applied(
    function: Callable[..., tuple[Operand, Slots]],
    gradients: Numbers,
    vectors: tuple[Numbers, ...],
    parameters: Numbers,
    coefficients: tuple[Operand, ...],
) -> tuple[Numbers, list[Numbers]]:
    """A rule on each parameter: the updates, and what is remembered next, vector by vector."""
    slots = zip(*vectors, strict=True) if vectors else repeat(())
    applied = [
        function(g, remembered, p, coefficients)
        for g, p, remembered in zip(gradients, parameters, slots, strict=False)
    ]
    updates: Numbers = pvector([update for update, _ in applied])  # type: ignore[misc]  # floats
    columns = zip(*(kept for _, kept in applied), strict=True) if applied else vectors
    return updates, [pvector(column) for column in columns]


def _memory(name: str, rule: Rule, state: object) -> tuple[int | None, tuple[Numbers, ...]]:
    """The count of a state, if there is one, and its vectors."""
    if rule.state is EmptyState:
        return None, ()
    if not isinstance(state, rule.state):
        raise wrong_kind(name, "the optimizer state", f"a {rule.state.__name__}", state)
    fields = tuple(state.values())
    return (fields[0], fields[1:]) if rule.is_counting else (None, fields)  # type: ignore[return-value]  # as `init` and `update` make it


def _reduced(reduction: Reduction | None, gradients: Numbers) -> tuple[Operand, ...]:
    if reduction is None:
        return ()
    return (reduction.result(ops.total(*map(reduction.term, gradients))),)


# Composition


def identity() -> Optimizer:
    """Pass the gradients on as they are; the neutral element of `chain`.

    >>> from pyrsistent import pvector
    >>> identity().update(pvector([5.0]), (), pvector([1.0]), 0)
    (pvector([5.0]), ())
    """
    return chain()._replace(name="identity")


def chain(*optimizers: Optimizer) -> Optimizer:
    """Compose optimisers: each is given the updates of the one before as its gradients.

    It is associative, and `identity()` is neutral. Its state is the tuple of their states; a
    chain of one is that one.

    Raises:
        TypeError: If something else than an optimiser is given.

    >>> from pyrsistent import pvector
    >>> twice = chain(sgd(0.5), sgd(0.5))
    >>> p = pvector([1.0])
    >>> twice.update(pvector([4.0]), twice.init(p), p, 0)[0]
    pvector([1.0])
    """
    for given in optimizers:
        check_kind("chain", "each of optimizers", given, Optimizer, example="sgd(0.1)")
    if len(optimizers) == 1:
        return optimizers[0]

    return Optimizer(
        name=" | ".join(optimizer.name for optimizer in optimizers),
        init=bind(_first_states, optimizers),
        update=bind(_apply_all, optimizers),
        learning_rate=next(
            (o.learning_rate for o in reversed(optimizers) if o.learning_rate), None
        ),
        rules=_all_rules(optimizers),
    )


def _first_states(optimizers: Sequence[Optimizer], parameters: Numbers) -> object:
    return tuple(optimizer.init(parameters) for optimizer in optimizers)


def _apply_all(
    optimizers: Sequence[Optimizer],
    gradients: Numbers,
    state: object,
    parameters: Numbers,
    step: int,
) -> tuple[Numbers, object]:
    states: list[object] = []
    for optimizer, own in zip(optimizers, _states(state, optimizers), strict=True):
        gradients, after = optimizer.update(gradients, own, parameters, step)
        states.append(after)
    return gradients, tuple(states)


def _states(state: object, optimizers: Sequence[Optimizer]) -> tuple[object, ...]:
    if not isinstance(state, tuple) or len(state) != len(optimizers):
        raise wrong_kind("chain", "the optimizer state", f"{len(optimizers)} states", state)
    return state


def _all_rules(optimizers: Sequence[Optimizer]) -> tuple[RuleUse, ...] | None:
    parts = [optimizer.rules for optimizer in optimizers]
    return None if None in parts else tuple(rule for rules in parts for rule in rules or ())


class AccumulationState(Record):
    """What `accumulate_gradients` remembers.

    Attributes:
        count: How many gradients it has been given.
        mean: Of those since the last update.
        inner: The state of the optimiser that is given the means.

    >>> from pyrsistent import pvector
    >>> accumulate_gradients(sgd(0.1), every=2).init(pvector([1.0])).count
    0
    """

    count: int = attr()
    mean: PVector[float] = attr()
    inner: object = attr()


def accumulate_gradients(*optimizers: Optimizer, every: int) -> Optimizer:
    """Gather gradients over some steps, then update once by their mean: large batches in pieces.

    The steps in between have updates of 0.0, and the optimisers inside do not see them: their
    schedules count updates, not steps.

    Args:
        *optimizers: What turns the mean into an update, as in `chain`; with none, the mean.
        every: How many gradients make an update, at least 1.

    >>> from pyrsistent import pvector
    >>> patient, p = accumulate_gradients(sgd(1.0), every=2), pvector([0.0])
    >>> first, state = patient.update(pvector([2.0]), patient.init(p), p, 0)
    >>> second, state = patient.update(pvector([4.0]), state, p, 1)
    >>> first, second
    (pvector([0.0]), pvector([-3.0]))
    """
    inner = chain(*optimizers)
    size = check_count("accumulate_gradients", "every", every, minimum=1)
    rate = inner.learning_rate
    return Optimizer(
        name=f"accumulate_gradients({inner.name})",
        init=bind(_first_mean, inner),
        update=bind(_accumulate, inner, size),
        learning_rate=None if rate is None else bind(_once_every, rate, size),
        rules=_gathering(inner.rules, size),
    )


def _gathering(inner: tuple[RuleUse, ...] | None, size: int) -> tuple[RuleUse, ...] | None:
    """The rule of the means, and then those that see them; None where these gather themselves."""
    if inner is None or any(use.every > 1 or use.rule.state is AccumulationState for use in inner):
        return None
    coefficients = bind(_place_in_mean, size)
    mean = Rule(
        function=_mean_rule, state=AccumulationState, initial=(0.0,), coefficients=coefficients
    )
    return RuleUse(mean), *(use._replace(every=size) for use in inner)


def _place_in_mean(size: int, count: int) -> tuple[float, float]:
    """Which gradient of its mean comes now, from 1, and whether it is the last one."""
    place = count % size + 1
    return float(place), float(place == size)


def _mean_rule(
    g: float, slots: tuple[float], p: float, coefficients: tuple[float, float]
) -> tuple[float, tuple[float]]:
    """The mean when it is complete, and then a new one; before that, an update of 0.0."""
    place, is_last = coefficients
    mean = slots[0] + ops.divide(g - slots[0], place)
    return ops.where(is_last, mean, 0.0), (ops.where(is_last, 0.0, mean),)


def _once_every(rate: Schedule, size: int, step: int) -> float:
    return rate(step // size)


def _first_mean(inner: Optimizer, parameters: Numbers) -> object:
    return AccumulationState(count=0, mean=_zeros(parameters), inner=inner.init(parameters))


def _accumulate(
    inner: Optimizer,
    size: int,
    gradients: Numbers,
    state: object,
    parameters: Numbers,
    step: int,
) -> tuple[Numbers, object]:
    where = "accumulate_gradients"
    if not isinstance(state, AccumulationState):
        raise wrong_kind(where, "the optimizer state", "an AccumulationState", state)
    place, is_last = _place_in_mean(size, state.count)
    means = (state.mean,)
    updates, (mean,) = _applied(_mean_rule, gradients, means, parameters, (place, is_last))
    after = state.set(count=state.count + 1, mean=mean)
    if not is_last:
        return updates, after
    updates, moved = inner.update(updates, state.inner, parameters, step // size)
    return updates, after.set(inner=moved)


def _zeros(numbers: Numbers) -> Numbers:
    return pvector([0.0] * len(numbers))


def masked(where: Sequence[bool], *optimizers: Optimizer) -> Optimizer:
    """Apply optimisers to some of the parameters; the gradients of the others pass as they are.

    To hold parameters still, see `tree.freeze`, or mask the others with `scale(0.0)`.

    Args:
        where: One bool per parameter, in parameter order; `tree.mask` makes it of a model.
        *optimizers: What to apply where it is True, as in `chain`.

    Raises:
        ShapeError: If there are more or fewer bools than parameters.

    >>> from pyrsistent import pvector
    >>> decay = masked([True, False], add_decayed_weights(0.5))
    >>> p = pvector([10.0, 10.0])
    >>> decay.update(pvector([1.0, 1.0]), decay.init(p), p, 0)[0]
    pvector([6.0, 1.0])
    """
    inner, chosen = chain(*optimizers), tuple(where)
    return Optimizer(
        name=f"masked({inner.name})",
        init=bind(_first_of_some, inner, chosen),
        update=bind(_apply_to_some, inner, chosen),
        learning_rate=inner.learning_rate,
        rules=inner.rules and tuple(_among(chosen, use) for use in inner.rules),
    )


def _among(chosen: tuple[bool, ...], use: RuleUse) -> RuleUse:
    """The same use of a rule, of those parameters that are chosen."""
    inner = iter(use.where or repeat(True))  # noqa: FBT003 - what is repeated
    return use._replace(where=tuple([mine and next(inner, False) for mine in chosen]))


def _first_of_some(inner: Optimizer, chosen: Sequence[bool], parameters: Numbers) -> object:
    return inner.init(_picked(chosen, parameters))


def _apply_to_some(
    inner: Optimizer,
    chosen: Sequence[bool],
    gradients: Numbers,
    state: object,
    parameters: Numbers,
    step: int,
) -> tuple[Numbers, object]:
    picked, theirs = _picked(chosen, gradients), _picked(chosen, parameters)
    updates, after = inner.update(picked, state, theirs, step)
    ours = iter(updates)
    merged = [next(ours) if mine else g for mine, g in zip(chosen, gradients, strict=True)]
    return pvector(merged), after


def _picked(chosen: Sequence[bool], numbers: Numbers) -> Numbers:
    if len(numbers) != len(chosen):
        raise ShapeError(
            f"masked: where must have one bool per parameter, {len(numbers)}, got {len(chosen)}"
        )
    return pvector(compress(numbers, chosen))


# Parts


def scale(factor: float) -> Optimizer:
    """Multiply by a number.

    >>> from pyrsistent import pvector
    >>> scale(-0.5).update(pvector([4.0]), EmptyState(), pvector([1.0]), 0)[0]
    pvector([-2.0])
    """
    return _scaled("scale", bind(_same, check_finite("scale", "factor", factor)))


def _same(factor: float, step: int) -> float:
    return factor


def scale_by_schedule(factor: Schedule) -> Optimizer:
    """Multiply by a function of the step, whose values must be finite.

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

    >>> from pyrsistent import pvector
    >>> scale_by_learning_rate(0.5).update(pvector([4.0]), EmptyState(), pvector([1.0]), 0)[0]
    pvector([-2.0])
    """
    return _against("scale_by_learning_rate", learning_rate)


def _against(name: str, learning_rate: Rate) -> Optimizer:
    """The last part of the descent of that name."""
    if not callable(learning_rate):
        fixed = constant(check_non_negative(name, "learning_rate", learning_rate))
        return _against(name, fixed)

    rate = memoized(bind(_checked_rate, learning_rate))  # each step asks twice, see its metrics
    return _scaled(name, bind(_minus, rate))._replace(learning_rate=rate)


def _checked_rate(learning_rate: Schedule, step: int) -> float:
    return check_non_negative("learning_rate", f"the rate at step {step}", learning_rate(step))


def _given_rate(rate: Schedule | None) -> object:
    """The schedule that the user gave, of a rate that is checked and remembered besides."""
    checked: object = getattr(rate, "function", None)
    if isinstance(checked, partial) and checked.func is _checked_rate:
        (rate,) = checked.args
    return rate


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

    >>> from pyrsistent import pvector
    >>> add_decayed_weights(0.1).update(pvector([1.0]), EmptyState(), pvector([20.0]), 0)[0]
    pvector([3.0])
    """
    weight = check_non_negative("add_decayed_weights", "weight_decay", weight_decay)
    return from_rule("add_decayed_weights", Rule(function=bind(_decay_rule, weight)))


def _decay_rule(weight: float, g: float, slots: Slots, p: float, _: object) -> tuple[float, Slots]:
    return g + weight * p, slots


def clip(limit: float) -> Optimizer:
    """Clip each number to the range from -limit to limit; nan stays nan.

    >>> from pyrsistent import pvector
    >>> clip(1.0).update(pvector([-5.0, 0.5]), EmptyState(), pvector([0.0, 0.0]), 0)[0]
    pvector([-1.0, 0.5])
    """
    bound = check_positive("clip", "limit", limit)
    return from_rule("clip", Rule(function=bind(_clip_rule, bound)))


def _clip_rule(bound: float, g: float, slots: Slots, p: float, _: object) -> tuple[float, Slots]:
    return ops.maximum(-bound, ops.minimum(g, bound)), slots


def clip_by_global_norm(max_norm: float) -> Optimizer:
    """Shorten the gradient, as one vector, to a length; a shorter one stays as it is.

    update = gradient * min(1, max_norm / norm)

    Args:
        max_norm: The largest Euclidean norm, finite and above 0.

    Source: R. Pascanu et al., On the difficulty of training recurrent neural networks, 2013.

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

    Attributes:
        trace: One sum a parameter.

    >>> from pyrsistent import pvector
    >>> trace(0.9).init(pvector([1.0]))
    TraceState(trace=pvector([0.0]))
    """

    trace: PVector[float] = attr()


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
    kept = _check_decay("trace", "decay", decay)
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


def _check_decay(where: str, name: str, decay: float) -> float:
    checked = check_non_negative(where, name, decay)
    if checked >= 1.0:
        raise wrong_value(where, name, "a number in [0, 1)", decay)
    return checked


def _check_betas(where: str, betas: object) -> tuple[float, float]:
    if not isinstance(betas, tuple) or len(betas) != 2:
        raise wrong_kind(where, "betas", "a pair of numbers", betas)
    return _check_decay(where, "betas[0]", betas[0]), _check_decay(where, "betas[1]", betas[1])


class SumOfSquaresState(Record):
    """What `scale_by_rss` remembers: the sum of the squares of all gradients.

    Attributes:
        sum_of_squares: One sum a parameter.

    >>> from pyrsistent import pvector
    >>> scale_by_rss().init(pvector([1.0]))
    SumOfSquaresState(sum_of_squares=pvector([0.0]))
    """

    sum_of_squares: PVector[float] = attr()


def scale_by_rss(*, initial: float = 0.0, eps: float = 1e-10) -> Optimizer:
    """Divide by the root of the sum of the squares of all gradients so far.

    sum = sum + gradient²;  update = gradient / (sqrt(sum) + eps)

    Args:
        initial: What the sum starts from, finite and at least 0.
        eps: What keeps the divisor from 0; finite and at least 0.

    Source: J. Duchi et al., Adaptive subgradient methods, 2011.

    >>> from pyrsistent import pvector
    >>> scaled, p = scale_by_rss(initial=7.0, eps=0.0), pvector([1.0])
    >>> scaled.update(pvector([3.0]), scaled.init(p), p, 0)[0]
    pvector([0.75])
    """
    start = check_non_negative("scale_by_rss", "initial", initial)
    tiny = check_non_negative("scale_by_rss", "eps", eps)
    rule = Rule(function=bind(_rss_rule, tiny), state=SumOfSquaresState, initial=(start,))
    return from_rule("scale_by_rss", rule)


def _rss_rule(
    tiny: float, g: float, slots: tuple[float], p: float, _: object
) -> tuple[float, tuple[float]]:
    summed = slots[0] + g * g
    return ops.divide(g, ops.sqrt(summed) + tiny), (summed,)


class MeanSquareState(Record):
    """What `scale_by_rms` remembers: the running mean of the squares of the gradients.

    Attributes:
        mean_square: One mean a parameter.

    >>> from pyrsistent import pvector
    >>> scale_by_rms().init(pvector([1.0]))
    MeanSquareState(mean_square=pvector([0.0]))
    """

    mean_square: PVector[float] = attr()


def scale_by_rms(*, decay: float = 0.99, eps: float = 1e-8) -> Optimizer:
    """Divide by the root of a running mean of the squares of the gradients.

    mean = decay * mean + (1 - decay) * gradient²;  update = gradient / (sqrt(mean) + eps)

    Args:
        decay: In [0, 1).
        eps: What keeps the divisor from 0; finite and at least 0.

    Source: T. Tieleman and G. Hinton, Lecture 6.5: RMSProp, 2012.

    >>> from pyrsistent import pvector
    >>> scaled, p = scale_by_rms(decay=0.75, eps=0.0), pvector([1.0])
    >>> scaled.update(pvector([3.0]), scaled.init(p), p, 0)[0]
    pvector([2.0])
    """
    kept = _check_decay("scale_by_rms", "decay", decay)
    tiny = check_non_negative("scale_by_rms", "eps", eps)
    rule = Rule(function=bind(_rms_rule, kept, tiny), state=MeanSquareState, initial=(0.0,))
    return from_rule("scale_by_rms", rule)


def _rms_rule(
    kept: float, tiny: float, g: float, slots: tuple[float], p: float, _: object
) -> tuple[float, tuple[float]]:
    mean = kept * slots[0] + (1.0 - kept) * (g * g)
    return ops.divide(g, ops.sqrt(mean) + tiny), (mean,)


class AdamState(Record):
    """What `scale_by_adam` remembers.

    Attributes:
        count: How many gradients it has been given.
        first_moments: The running means of the gradients.
        second_moments: The running means of their squares.

    >>> from pyrsistent import pvector
    >>> scale_by_adam().init(pvector([1.0]))
    AdamState(count=0, first_moments=pvector([0.0]), second_moments=pvector([0.0]))
    """

    count: int = attr()
    first_moments: PVector[float] = attr()
    second_moments: PVector[float] = attr()


def scale_by_adam(*, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> Optimizer:
    """Divide the running mean of the gradients by the root of that of their squares.

    m = b1 * m + (1 - b1) * g;  v = b2 * v + (1 - b2) * g²
    update = (m / (1 - b1**t)) / (sqrt(v) / sqrt(1 - b2**t) + eps),  t = 1, 2, ...

    Args:
        betas: b1 and b2, both in [0, 1).
        eps: What keeps the divisor from 0; finite and at least 0.

    Source: D. Kingma and J. Ba, Adam: a method for stochastic optimization, 2015, algorithm 1.

    >>> from pyrsistent import pvector
    >>> scaled, p = scale_by_adam(eps=0.0), pvector([1.0])
    >>> [round(update, 6) for update in scaled.update(pvector([3.0]), scaled.init(p), p, 0)[0]]
    [1.0]
    """
    checked = _check_betas("scale_by_adam", betas)
    tiny = check_non_negative("scale_by_adam", "eps", eps)
    rule = Rule(
        function=bind(_adam_rule, checked, tiny),
        state=AdamState,
        initial=(0.0, 0.0),
        coefficients=bind(_adam_corrections, checked),
    )
    return from_rule("scale_by_adam", rule)


def _adam_corrections(betas: tuple[float, float], count: int) -> tuple[float, float]:
    (b1, b2), t = betas, count + 1
    return 1.0 - math.pow(b1, t), math.sqrt(1.0 - math.pow(b2, t))


def _adam_rule(
    betas: tuple[float, float],
    tiny: float,
    g: float,
    slots: tuple[float, float],
    p: float,
    corrections: tuple[float, float],
) -> tuple[float, tuple[float, float]]:
    b1, b2 = betas
    m = b1 * slots[0] + (1.0 - b1) * g
    v = b2 * slots[1] + (1.0 - b2) * (g * g)
    mean = ops.divide(m, corrections[0])
    root = ops.divide(ops.sqrt(v), corrections[1])
    return ops.divide(mean, root + tiny), (m, v)


class LionState(Record):
    """What `scale_by_lion` remembers: the running means of the gradients.

    Attributes:
        moments: One mean a parameter.

    >>> from pyrsistent import pvector
    >>> scale_by_lion().init(pvector([1.0]))
    LionState(moments=pvector([0.0]))
    """

    moments: PVector[float] = attr()


def scale_by_lion(*, betas: tuple[float, float] = (0.9, 0.99)) -> Optimizer:
    """Take the sign of a mixture of the gradient and its running mean.

    update = sign(b1 * m + (1 - b1) * g);  m = b2 * m + (1 - b2) * g

    Args:
        betas: b1 and b2, both in [0, 1).

    Source: X. Chen et al., Symbolic discovery of optimization algorithms, 2023, program 1.

    >>> from pyrsistent import pvector
    >>> signs, p = scale_by_lion(), pvector([0.0, 0.0])
    >>> signs.update(pvector([3.0, -0.1]), signs.init(p), p, 0)[0]
    pvector([1.0, -1.0])
    """
    rule = bind(_lion_rule, _check_betas("scale_by_lion", betas))
    return from_rule("scale_by_lion", Rule(function=rule, state=LionState, initial=(0.0,)))


def _lion_rule(
    betas: tuple[float, float], g: float, slots: tuple[float], p: float, _: object
) -> tuple[float, tuple[float]]:
    (b1, b2), m = betas, slots[0]
    return ops.sign(b1 * m + (1.0 - b1) * g), (b2 * m + (1.0 - b2) * g,)


# Named optimisers, each a chain of parts. Names and defaults of options are torch.optim's.


def _descent(name: str, learning_rate: Rate, *parts: Optimizer) -> Optimizer:
    return chain(*parts, _against(name, learning_rate))._replace(name=name)


def _decayed(weight_decay: float) -> tuple[Optimizer, ...]:
    """Weight decay, if there is any."""
    return (add_decayed_weights(weight_decay),) if weight_decay else ()


def sgd(learning_rate: Rate, *, weight_decay: float = 0.0) -> Optimizer:
    """Gradient descent: update = -learning_rate * gradient.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        weight_decay: How much of each parameter is added to its gradient, at least 0.

    Source: H. Robbins and S. Monro, A stochastic approximation method, 1951.

    >>> from microfp.schedules import micrograd_decay
    >>> sgd(micrograd_decay).learning_rate(50)
    0.55
    """
    return _descent("sgd", learning_rate, *_decayed(weight_decay))


def momentum(learning_rate: Rate, *, momentum: float = 0.9, weight_decay: float = 0.0) -> Optimizer:
    """Gradient descent with momentum; see `trace`.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        momentum: How much of the last direction is kept, in [0, 1).
        weight_decay: How much of each parameter is added to its gradient, at least 0.

    >>> momentum(0.1).name
    'momentum'
    """
    return _descent("momentum", learning_rate, *_decayed(weight_decay), trace(momentum))


def nesterov(learning_rate: Rate, *, momentum: float = 0.9, weight_decay: float = 0.0) -> Optimizer:
    """Gradient descent with Nesterov's momentum; see `trace`.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        momentum: How much of the last direction is kept, in [0, 1).
        weight_decay: How much of each parameter is added to its gradient, at least 0.

    >>> nesterov(0.1).name
    'nesterov'
    """
    ahead = trace(momentum, nesterov=True)
    return _descent("nesterov", learning_rate, *_decayed(weight_decay), ahead)


def adagrad(
    learning_rate: Rate = 0.01,
    *,
    initial: float = 0.0,
    eps: float = 1e-10,
    weight_decay: float = 0.0,
) -> Optimizer:
    """AdaGrad; see `scale_by_rss`.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        initial: What the sum of squares starts from, at least 0.
        eps: What keeps the divisor from 0, at least 0.
        weight_decay: How much of each parameter is added to its gradient, at least 0.

    >>> adagrad().learning_rate(0)
    0.01
    """
    scaled = scale_by_rss(initial=initial, eps=eps)
    return _descent("adagrad", learning_rate, *_decayed(weight_decay), scaled)


def rmsprop(
    learning_rate: Rate = 0.01,
    *,
    alpha: float = 0.99,
    eps: float = 1e-8,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
) -> Optimizer:
    """RMSProp; see `scale_by_rms`.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        alpha: How much of the mean square is kept, in [0, 1).
        eps: What keeps the divisor from 0, at least 0.
        momentum: How much of the last direction is kept, in [0, 1).
        weight_decay: How much of each parameter is added to its gradient, at least 0.

    >>> rmsprop().learning_rate(0)
    0.01
    """
    scaled = scale_by_rms(decay=alpha, eps=eps)
    heavy = (trace(momentum),) if momentum else ()
    return _descent("rmsprop", learning_rate, *_decayed(weight_decay), scaled, *heavy)


def adam(
    learning_rate: Rate = 0.001,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> Optimizer:
    """Adam; see `scale_by_adam`.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        betas: How much of the mean and of the mean square is kept, both in [0, 1).
        eps: What keeps the divisor from 0, at least 0.
        weight_decay: How much of each parameter is added to its gradient, at least 0.

    >>> adam().learning_rate(0)
    0.001
    """
    scaled = scale_by_adam(betas=betas, eps=eps)
    return _descent("adam", learning_rate, *_decayed(weight_decay), scaled)


def adamw(
    learning_rate: Rate = 0.001,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> Optimizer:
    """Adam with decoupled weight decay: the parameters decay, not the gradients.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        betas: How much of the mean and of the mean square is kept, both in [0, 1).
        eps: What keeps the divisor from 0, at least 0.
        weight_decay: What share of each parameter, times the learning rate, a step takes off.

    Source: I. Loshchilov and F. Hutter, Decoupled weight decay regularization, 2019.

    >>> adamw().name
    'adamw'
    """
    scaled = scale_by_adam(betas=betas, eps=eps)
    return _descent("adamw", learning_rate, scaled, *_decayed(weight_decay))


def lion(
    learning_rate: Rate = 1e-4,
    *,
    betas: tuple[float, float] = (0.9, 0.99),
    weight_decay: float = 0.0,
) -> Optimizer:
    """Lion, with decoupled weight decay; see `scale_by_lion`.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        betas: How the mean enters the update, and how much of it is kept; both in [0, 1).
        weight_decay: What share of each parameter, times the learning rate, a step takes off.

    >>> lion().learning_rate(0)
    0.0001
    """
    return _descent("lion", learning_rate, scale_by_lion(betas=betas), *_decayed(weight_decay))
