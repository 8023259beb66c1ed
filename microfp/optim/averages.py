"""Averages of parameters: kept beside a training, or steering it."""

import math
from collections.abc import Iterator, Sized

from pyrsistent import PVector

from microfp import ops
from microfp.base.binding import bind
from microfp.base.checks import (
    check_count,
    check_finite,
    check_like,
    check_non_negative,
    wrong_kind,
)
from microfp.base.elsewhere.leading import names_home
from microfp.optim.combining import chain
from microfp.optim.parts import check_decay
from microfp.optim.rules import Numbers, Optimizer, Rule, from_rule
from microfp.record import Record, attr
from microfp.schedules import Schedule

__all__ = [
    "EmaState",
    "LookaheadState",
    "ScheduleFreeState",
    "averaged_parameters",
    "ema",
    "lookahead",
    "schedule_free",
]

Pair = tuple[float, float]
Triple = tuple[float, float, float]


class EmaState(Record):
    """What `ema` remembers.

    >>> from pyrsistent import pvector
    >>> ema().init(pvector([2.0]))
    EmaState(count=0, averages=pvector([0.0]))
    """

    count: int = attr()
    """How many steps it has seen."""
    averages: PVector[float] = attr()
    """One average a parameter."""


@names_home
def ema(decay: float = 0.999) -> Optimizer:
    """Keep a running average of the parameters beside a training, which it does not change.

    average = decay * average + (1 - decay) * (parameter + update), from the parameters of the
    first step on. It is the last part of a chain; `averaged_parameters` reads it.

    Args:
        decay: How much of the average is kept, in [0, 1).

    Source: B. Polyak and A. Juditsky, Acceleration of stochastic approximation, 1992.

    >>> from microfp import datasets, nn, optim, tree, trainer
    >>> optimizer = optim.chain(optim.sgd(0.1), optim.ema(0.9))
    >>> state = next(trainer.train(nn.mlp(2, [1]), datasets.moons(4), optimizer=optimizer))
    >>> numbers = averaged_parameters(state.optimizer_state, tree.parameters(state.model))
    >>> tree.with_parameters(state.model, numbers)
    MLP(2 -> 1, 3 parameters)
    """
    rule = Rule(
        function=bind(_ema_rule, check_decay("ema", "decay", decay)),
        state=EmaState,
        initial=(0.0,),
        coefficients=_is_later,
    )
    return from_rule("ema", rule)


def _is_later(count: int) -> tuple[float]:
    """Whether there was a step before."""
    return (float(count > 0),)


def _ema_rule(
    kept: float, g: float, slots: tuple[float], p: float, later: tuple[float]
) -> tuple[float, tuple[float]]:
    moved = p + g
    return g, (ops.where(later[0], kept * slots[0] + (1.0 - kept) * moved, moved),)


class LookaheadState(Record):
    """What `lookahead` remembers.

    >>> from microfp.optim import sgd
    >>> from pyrsistent import pvector
    >>> lookahead(sgd(0.1)).init(pvector([2.0]))
    (EmptyState(), LookaheadState(count=0, slow=pvector([0.0])))
    """

    count: int = attr()
    """How many steps it has seen."""
    slow: PVector[float] = attr()
    """The slow parameters."""


@names_home
def lookahead(*optimizers: Optimizer, every: int = 5, alpha: float = 0.5) -> Optimizer:
    """Look some steps ahead, then go a part of the way.

    Every so many steps: slow = slow + alpha * (parameter - slow), and the parameter is slow.

    Args:
        *optimizers: What makes the fast steps, as in `chain`.
        every: How many fast steps there are to a slow one, at least 1.
        alpha: What part of the way is gone, finite and at least 0.

    Source: M. Zhang et al., Lookahead optimizer: k steps forward, 1 step back, 2019.

    >>> from microfp.optim import sgd
    >>> from pyrsistent import pvector
    >>> patient, p = lookahead(sgd(1.0), every=1), pvector([0.0])
    >>> patient.update(pvector([2.0]), patient.init(p), p, 0)[0]
    pvector([-1.0])
    """
    inner = chain(*optimizers)
    period = check_count("lookahead", "every", every, minimum=1)
    rule = Rule(
        function=bind(_lookahead_rule, check_non_negative("lookahead", "alpha", alpha)),
        state=LookaheadState,
        initial=(0.0,),
        coefficients=bind(_sync, period),
    )
    return chain(inner, from_rule("lookahead", rule))._replace(name=f"lookahead({inner.name})")


def _sync(period: int, count: int) -> Pair:
    """Whether there was a step before, and whether slow and fast meet in this one."""
    return float(count > 0), float((count + 1) % period == 0)


def _lookahead_rule(
    alpha: float, g: float, slots: tuple[float], p: float, when: Pair
) -> tuple[float, tuple[float]]:
    slow = ops.where(when[0], slots[0], p)
    way = p + g - slow
    met = slow + alpha * way
    return ops.where(when[1], g - (1.0 - alpha) * way, g), (ops.where(when[1], met, slow),)


class ScheduleFreeState(Record):
    """What `schedule_free` remembers.

    >>> from microfp.optim import sgd
    >>> from pyrsistent import pvector
    >>> memory = schedule_free(sgd(0.1)).init(pvector([2.0]))
    >>> isinstance(memory, tuple) and type(memory[1]).__name__
    'ScheduleFreeState'
    """

    count: int = attr()
    """How many steps it has seen."""
    fast: PVector[float] = attr()
    """The parameters that the optimiser inside moves."""
    weights: PVector[float] = attr()
    """The sum of the weights of the average, the same for each parameter."""
    averages: PVector[float] = attr()
    """The average: the parameters to predict with."""


@names_home
def schedule_free(*optimizers: Optimizer, beta: float = 0.9, power: float = 2.0) -> Optimizer:
    """Train without a schedule: gradients are taken between fast parameters and their average.

    fast = fast + update;  average = (1 - c) * average + c * fast
    parameter = beta * average + (1 - beta) * fast
    c is the weight of the step, rate ** power, over the sum of the weights so far.

    `averaged_parameters` reads the parameters to predict with.

    Args:
        *optimizers: What moves the fast parameters, as in `chain`; without momentum, with a
            learning rate that falls nowhere.
        beta: How near to the average gradients are taken, in [0, 1).
        power: How much a larger rate weighs more, finite.

    Source: A. Defazio et al., The road less scheduled, 2024.

    >>> from microfp.optim import sgd
    >>> from pyrsistent import pvector
    >>> free, p = schedule_free(sgd(1.0)), pvector([0.0])
    >>> free.update(pvector([2.0]), free.init(p), p, 0)[0]
    pvector([-2.0])
    """
    inner = chain(*optimizers)
    rule = Rule(
        function=bind(_free_rule, check_decay("schedule_free", "beta", beta)),
        state=ScheduleFreeState,
        initial=(0.0, 0.0, 0.0),
        coefficients=bind(
            _free_weight, inner.learning_rate, check_finite("schedule_free", "power", power)
        ),
    )
    free = chain(inner, from_rule("schedule_free", rule))
    return free._replace(name=f"schedule_free({inner.name})")


def _free_weight(rate: Schedule | None, power: float, count: int) -> Pair:
    """Whether there was a step before, and what this one weighs."""
    now = 1.0 if rate is None else rate(count)
    return float(count > 0), math.pow(now, power) if now else 0.0


def _free_rule(beta: float, g: float, slots: Triple, p: float, given: Pair) -> tuple[float, Triple]:
    later, weight = given
    fast, weights = ops.where(later, slots[0], p) + g, slots[1] + weight
    share = ops.where(weights, ops.divide(weight, ops.where(weights, weights, 1.0)), 0.0)
    average = (1.0 - share) * ops.where(later, slots[2], p) + share * fast
    return beta * average + (1.0 - beta) * fast - p, (fast, weights, average)


def averaged_parameters(optimizer_state: object, parameters: Sized) -> Numbers:
    """Read the averages of `ema` or `schedule_free` out of the state of an optimiser.

    Args:
        optimizer_state: Of a training, `state.optimizer_state`.
        parameters: Those of the model, as many as there must be averages.

    Returns:
        One average a parameter, in their order, for `tree.with_parameters`.

    Raises:
        TypeError: If there is no such state, or none yet for as many parameters.

    >>> from pyrsistent import pvector
    >>> averaging, p = ema(0.5), pvector([2.0])
    >>> _, state = averaging.update(pvector([1.0]), averaging.init(p), p, 0)
    >>> averaged_parameters(state, p)
    pvector([3.0])
    """
    check_like("averaged_parameters", "parameters", parameters, Sized, "a sequence")
    count = len(parameters)
    for found in _averages(optimizer_state):
        if found.count and len(found.averages) == count:
            return found.averages
    expected = f"one of ema or schedule_free, with {count} averages, after a step"
    raise wrong_kind("averaged_parameters", "optimizer_state", expected, optimizer_state)


def _averages(state: object) -> Iterator[EmaState | ScheduleFreeState]:
    if isinstance(state, EmaState | ScheduleFreeState):
        yield state
    elif isinstance(state, tuple):
        for part in state:
            yield from _averages(part)
