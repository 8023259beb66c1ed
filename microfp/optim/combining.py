"""Optimisers made of optimisers: one after another, by means over steps, on some parameters."""

from collections.abc import Sequence
from itertools import compress, repeat

from pyrsistent import PVector, pvector

from microfp import ops
from microfp.base.binding import bind
from microfp.base.checks import check_count, check_kind, wrong_kind
from microfp.errors import ShapeError
from microfp.optim.rules import Numbers, Optimizer, Rule, RuleUse, update_each
from microfp.record import Record, attr
from microfp.schedules import Schedule

__all__ = [
    "AccumulationState",
    "accumulate_gradients",
    "chain",
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
    parts = [optimizer.rules for optimizer in optimizers]
    return None if None in parts else tuple(rule for rules in parts for rule in rules or ())


class AccumulationState(Record):
    """What `accumulate_gradients` remembers.

    Attributes:
        count: How many gradients it has been given.
        mean: Of those since the last update.
        inner: The state of the optimiser that is given the means.

    >>> from microfp.optim import sgd
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
    where = "accumulate_gradients"
    if not isinstance(state, AccumulationState):
        raise wrong_kind(where, "the optimizer state", "an AccumulationState", state)
    place, is_last = _place_in_mean(size, state.count)
    means = (state.mean,)
    updates, (mean,) = update_each(_mean_rule, gradients, means, parameters, (place, is_last))
    after = state.set(count=state.count + 1, mean=mean)
    if not is_last:
        return updates, after
    updates, moved = inner.update(updates, state.inner, parameters, step // size)
    return updates, after.set(inner=moved)


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
