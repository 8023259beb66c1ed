"""Optimisers made of optimisers: one after another, by means over steps, on some parameters."""

from collections.abc import Callable, Sequence
from itertools import compress, repeat

from pyrsistent import PVector, pvector

from microfp import ops
from microfp.base.binding import bind, taken_apart
from microfp.base.checks import check_count, check_kind, wrong_kind
from microfp.errors import ShapeError
from microfp.optim.rules import (
    Numbers,
    Optimizer,
    Rule,
    RuleUse,
    apply_rule,
    check_memory_of_rule,
    check_vector,
    update_each,
)
from microfp.record import Record, attr, check_several
from microfp.schedules import Schedule

__all__ = [
    "AccumulationState",
    "accumulate_gradients",
    "applied_rules",
    "chain",
    "check_memory",
    "identity",
    "masked",
]


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

    >>> from microfp.optim import sgd
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
    parts = list(map(applied_rules, optimizers))
    return None if None in parts else tuple(rule for rules in parts for rule in rules or ())


class AccumulationState(Record):
    """What `accumulate_gradients` remembers.

    >>> from microfp.optim import sgd
    >>> from pyrsistent import pvector
    >>> isinstance(accumulate_gradients(sgd(0.1), every=2).init(pvector([1.0])), AccumulationState)
    True
    """

    count: int = attr()
    """How many gradients it has been given."""
    mean: PVector[float] = attr()
    """Of those since the last update."""
    inner: object = attr()
    """The state of the optimiser that is given the means."""


def accumulate_gradients(*optimizers: Optimizer, every: int) -> Optimizer:
    """Gather gradients over some steps, then update once by their mean: large batches in pieces.

    The steps in between have updates of 0.0, and the optimisers inside do not see them: their
    schedules count updates, not steps. Each gradient counts as much as the others, so their mean is
    that of all examples where each piece has as many: let `batch_size` divide the examples.

    Args:
        *optimizers: What turns the mean into an update, as in `chain`; with none, the mean.
        every: How many gradients make an update, at least 1.

    >>> from microfp.optim import sgd
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
        rules=_all_gathering(inner, size),
    )


def _all_gathering(optimizer: Optimizer, size: int) -> tuple[RuleUse, ...] | None:
    """The rule of the means, and then those that see them; None where these gather themselves."""
    inner = applied_rules(optimizer)
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
    return AccumulationState(
        count=0, mean=pvector([0.0] * len(parameters)), inner=inner.init(parameters)
    )


def _accumulate(
    inner: Optimizer,
    size: int,
    gradients: Numbers,
    state: object,
    parameters: Numbers,
    step: int,
) -> tuple[Numbers, object]:
    state = _accumulation(state, len(parameters))
    check_vector("accumulate_gradients", "gradients", gradients, len(parameters))
    place, is_last = _place_in_mean(size, state.count)
    means = (state.mean,)
    updates, (mean,) = update_each(_mean_rule, gradients, means, parameters, (place, is_last))
    after = state.set(count=state.count + 1, mean=mean)
    if not is_last:
        return updates, after
    updates, moved = inner.update(updates, state.inner, parameters, step // size)
    return updates, after.set(inner=moved)


def _accumulation(state: object, count: int) -> AccumulationState:
    where = "accumulate_gradients"
    if not isinstance(state, AccumulationState):
        raise wrong_kind(where, "the optimizer state", "an AccumulationState", state)
    check_vector(where, "mean of the optimizer state", state.mean, count)
    return state


def masked(where: Sequence[bool], *optimizers: Optimizer) -> Optimizer:
    """Apply optimisers to some of the parameters; the gradients of the others pass as they are.

    To hold parameters still, see `tree.freeze`, or mask the others with `scale(0.0)`.

    Args:
        where: One bool per parameter, in parameter order; `tree.mask` makes it of a model.
        *optimizers: What to apply where it is True, as in `chain`.

    Raises:
        ShapeError: If there are more or fewer bools than parameters.

    >>> from microfp.optim import add_decayed_weights
    >>> from pyrsistent import pvector
    >>> decay = masked([True, False], add_decayed_weights(0.5))
    >>> p = pvector([10.0, 10.0])
    >>> decay.update(pvector([1.0, 1.0]), decay.init(p), p, 0)[0]
    pvector([6.0, 1.0])
    """
    check_several("masked", "where", "a sequence of bools, one for each parameter", where)
    inner, chosen = chain(*optimizers), tuple(where)
    return Optimizer(
        name=f"masked({inner.name})",
        init=bind(_first_of_some, inner, chosen),
        update=bind(_apply_to_some, inner, chosen),
        learning_rate=inner.learning_rate,
        rules=_all_among(inner, chosen),
    )


def _all_among(inner: Optimizer, chosen: tuple[bool, ...]) -> tuple[RuleUse, ...] | None:
    rules = applied_rules(inner)
    return None if rules is None else tuple(_among(chosen, use) for use in rules)


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


# What an update is made of: it alone says what an optimiser does. One that is given another
# update, `optimizer._replace(update=mine)`, keeps its field `rules`, and applies none of them.


def applied_rules(optimizer: Optimizer) -> tuple[RuleUse, ...] | None:
    """The scalar rules that the update of an optimiser applies; None where it is more than that.

    >>> from microfp.optim import sgd
    >>> len(applied_rules(sgd(0.1)) or ())
    1
    >>> applied_rules(sgd(0.1)._replace(update=lambda g, state, p, step: (g, state))) is None
    True
    """
    check_kind("applied_rules", "optimizer", optimizer, Optimizer)
    function, given = taken_apart(optimizer.update)
    rules = next((rules for known, rules in _RULES if known is function), None)
    return None if rules is None or optimizer.rules is None else rules(*given)


_Rules = Callable[..., tuple[RuleUse, ...] | None]

_RULES: Sequence[tuple[object, _Rules]] = (
    (apply_rule, lambda name, rule: (RuleUse(rule),)),
    (_apply_all, _all_rules),
    (_accumulate, _all_gathering),
    (_apply_to_some, _all_among),
)
"""From each function that updates, and what it is bound to, to the rules that it applies."""


def check_memory(optimizer: Optimizer, memory: object, count: int) -> None:
    """Check that a state is what an optimiser remembers of so many parameters.

    Of an optimiser of your own, whose update is none of microfp's, any state will do.

    Raises:
        TypeError: If it is the state of another optimiser.
        ShapeError: If it is that of another model, which has more or fewer parameters.

    >>> from microfp.optim import momentum, sgd
    >>> from pyrsistent import pvector
    >>> state = momentum(0.1).init(pvector([1.0, 2.0]))
    >>> check_memory(momentum(0.1), state, 2)
    >>> check_memory(momentum(0.1), state, 3)
    Traceback (most recent call last):
    microfp.errors.ShapeError: trace: trace of the optimizer state must be one number per \
parameter, 3, got 2
    """
    check_kind("check_memory", "optimizer", optimizer, Optimizer)
    function, given = taken_apart(optimizer.update)
    check = next((check for known, check in _CHECKS if known is function), None)
    if check is not None:
        check(*given, memory, count)


def _check_all(optimizers: Sequence[Optimizer], state: object, count: int) -> None:
    for optimizer, own in zip(optimizers, _states(state, optimizers), strict=True):
        check_memory(optimizer, own, count)


def _check_gathered(inner: Optimizer, size: int, state: object, count: int) -> None:
    check_memory(inner, _accumulation(state, count).inner, count)


def _check_some(inner: Optimizer, chosen: Sequence[bool], state: object, count: int) -> None:
    check_memory(inner, state, len(_picked(chosen, pvector([0.0] * count))))


_CHECKS: Sequence[tuple[object, Callable[..., None]]] = (
    (apply_rule, check_memory_of_rule),
    (_apply_all, _check_all),
    (_accumulate, _check_gathered),
    (_apply_to_some, _check_some),
)
"""From each function that updates, and what it is bound to, to the check of what it remembers."""
