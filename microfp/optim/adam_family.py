"""Relatives of Adam: NAdam, RAdam, AMSGrad, AdaMax and AdaDelta.

Names and defaults of options are torch.optim's.
"""

import math

from pyrsistent import PVector

from microfp import ops
from microfp.base.binding import bind
from microfp.base.checks import check_non_negative
from microfp.base.elsewhere.leading import names_home
from microfp.optim.adam import root_scales
from microfp.optim.descents import decayed, descent
from microfp.optim.moments import Betas, Pair, corrections, moments, scale_by_moments
from microfp.optim.parts import check_decay
from microfp.optim.rules import Descent, Optimizer, Rate, Rule, from_rule
from microfp.record import Record, attr

__all__ = [
    "AdaDeltaState",
    "AdaMaxState",
    "AmsGradState",
    "NAdamState",
    "RAdamState",
    "adadelta",
    "adamax",
    "amsgrad",
    "nadam",
    "radam",
    "scale_by_adadelta",
    "scale_by_adamax",
    "scale_by_amsgrad",
    "scale_by_nadam",
    "scale_by_radam",
]

Triple = tuple[float, float, float]


class NAdamState(Record):
    """What `scale_by_nadam` remembers.

    >>> from pyrsistent import pvector
    >>> type(scale_by_nadam().init(pvector([1.0]))).__name__
    'NAdamState'
    """

    count: int = attr()
    """How many gradients it has been given."""
    first_moments: PVector[float] = attr()
    """The running means of the gradients."""
    second_moments: PVector[float] = attr()
    """The running means of their squares."""
    products: PVector[float] = attr()
    """The product of all momenta so far, the same for each parameter."""


@names_home
def scale_by_nadam(
    *, betas: Betas = (0.9, 0.999), eps: float = 1e-8, momentum_decay: float = 0.004
) -> Optimizer:
    """Adam with Nesterov's momentum, which grows from step to step.

    mu[t] = b1 * (1 - 0.96 ** (t * momentum_decay) / 2)
    update = (mu[t+1] * m / (1 - mu[1]...mu[t+1]) + (1 - mu[t]) * g / (1 - mu[1]...mu[t]))
             / (sqrt(v / (1 - b2 ** t)) + eps)

    Args:
        betas: b1 and b2, both in [0, 1).
        eps: What keeps the divisor from 0; finite and at least 0.
        momentum_decay: How fast the momentum grows; finite and at least 0.

    Source: T. Dozat, Incorporating Nesterov momentum into Adam, 2016.

    >>> from pyrsistent import pvector
    >>> scaled, p = scale_by_nadam(eps=0.0), pvector([1.0])
    >>> 0.0 < scaled.update(pvector([3.0]), scaled.init(p), p, 0)[0][0] < 2.0
    True
    """
    growth = check_non_negative("scale_by_nadam", "momentum_decay", momentum_decay)
    return scale_by_moments(
        "scale_by_nadam",
        betas,
        eps,
        rule=_nadam_rule,
        state=NAdamState,
        initial=(0.0, 0.0, 1.0),
        coefficients=bind(_nadam_momenta, growth),
    )


def _nadam_momenta(growth: float, betas: Betas, count: int) -> Triple:
    """The momentum of this step and of the next one, and the correction of the mean square."""
    steps = count + 1, count + 2
    now, then = (betas[0] * (1.0 - 0.5 * math.pow(0.96, t * growth)) for t in steps)
    return now, then, corrections(betas, count)[1]


def _nadam_rule(
    betas: Betas, tiny: float, g: float, slots: Triple, p: float, momenta: Triple
) -> tuple[float, Triple]:
    now, then, correction = momenta
    m, v = moments(betas, g, *slots[:2])
    product = slots[2] * now
    ahead = ops.divide(then, 1.0 - product * then) * m
    here = ops.divide(1.0 - now, 1.0 - product) * g
    root = ops.sqrt(ops.divide(v, correction)) + tiny
    return ops.divide(here + ahead, root), (m, v, product)


@names_home
def nadam(
    learning_rate: Rate = 0.002,
    *,
    betas: Betas = (0.9, 0.999),
    eps: float = 1e-8,
    momentum_decay: float = 0.004,
    weight_decay: float = 0.0,
) -> Descent:
    """NAdam; see `scale_by_nadam`.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        betas: How much of the mean and of the mean square is kept, both in [0, 1).
        eps: What keeps the divisor from 0, at least 0.
        momentum_decay: How fast the momentum grows, at least 0.
        weight_decay: How much of each parameter is added to its gradient, at least 0.

    >>> nadam().learning_rate(0)
    0.002
    """
    scaled = scale_by_nadam(betas=betas, eps=eps, momentum_decay=momentum_decay)
    return descent("nadam", learning_rate, *decayed(weight_decay), scaled)


class RAdamState(Record):
    """What `scale_by_radam` remembers; see `AdamState`.

    >>> from pyrsistent import pvector
    >>> type(scale_by_radam().init(pvector([1.0]))).__name__
    'RAdamState'
    """

    count: int = attr()
    """How many gradients it has been given."""
    first_moments: PVector[float] = attr()
    """The running means of the gradients."""
    second_moments: PVector[float] = attr()
    """The running means of their squares."""


@names_home
def scale_by_radam(*, betas: Betas = (0.9, 0.999), eps: float = 1e-8) -> Optimizer:
    """Adam that waits until its mean square can be trusted, and then trusts it by degrees.

    update = m / (1 - b1 ** t) * r * sqrt(1 - b2 ** t) / (sqrt(v) + eps)  where rho > 5
    update = m / (1 - b1 ** t)  before that, with rho = rho_inf - 2 * t * b2 ** t / (1 - b2 ** t),
    rho_inf = 2 / (1 - b2) - 1 and
    r² = (rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho)

    Args:
        betas: b1 and b2, both in [0, 1).
        eps: What keeps the divisor from 0; finite and at least 0.

    Source: L. Liu et al., On the variance of the adaptive learning rate and beyond, 2020.

    >>> from pyrsistent import pvector
    >>> scaled, p = scale_by_radam(), pvector([1.0])
    >>> [round(update, 6) for update in scaled.update(pvector([3.0]), scaled.init(p), p, 0)[0]]
    [3.0]
    """
    return scale_by_moments(
        "scale_by_radam",
        betas,
        eps,
        rule=_radam_rule,
        state=RAdamState,
        initial=(0.0, 0.0),
        coefficients=_radam_trust,
    )


def _radam_trust(betas: Betas, count: int) -> Pair:
    """The correction of the mean, and what the inverse root is multiplied by; 0 before that."""
    b2, t = betas[1], count + 1
    mean, correction = corrections(betas, count)
    most = 2.0 / (1.0 - b2) - 1.0
    length = most - 2.0 * t * math.pow(b2, t) / correction
    if length <= 5.0:
        return mean, 0.0
    square = (length - 4.0) * (length - 2.0) * most / ((most - 4.0) * (most - 2.0) * length)
    return mean, math.sqrt(square) * math.sqrt(correction)


def _radam_rule(
    betas: Betas, tiny: float, g: float, slots: Pair, p: float, trust: Pair
) -> tuple[float, Pair]:
    correction, factor = trust
    m, v = moments(betas, g, *slots)
    mean = ops.divide(m, correction)
    scaled = ops.divide(mean * factor, ops.sqrt(v) + tiny)
    return ops.where(factor, scaled, mean), (m, v)


@names_home
def radam(
    learning_rate: Rate = 0.001,
    *,
    betas: Betas = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> Descent:
    """RAdam; see `scale_by_radam`.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        betas: How much of the mean and of the mean square is kept, both in [0, 1).
        eps: What keeps the divisor from 0, at least 0.
        weight_decay: How much of each parameter is added to its gradient, at least 0.

    >>> radam().learning_rate(0)
    0.001
    """
    scaled = scale_by_radam(betas=betas, eps=eps)
    return descent("radam", learning_rate, *decayed(weight_decay), scaled)


class AmsGradState(Record):
    """What `scale_by_amsgrad` remembers.

    >>> from pyrsistent import pvector
    >>> type(scale_by_amsgrad().init(pvector([1.0]))).__name__
    'AmsGradState'
    """

    count: int = attr()
    """How many gradients it has been given."""
    first_moments: PVector[float] = attr()
    """The running means of the gradients."""
    second_moments: PVector[float] = attr()
    """The running means of their squares."""
    largest: PVector[float] = attr()
    """The largest of those so far."""


@names_home
def scale_by_amsgrad(*, betas: Betas = (0.9, 0.999), eps: float = 1e-8) -> Optimizer:
    """Adam whose steps never grow: it divides by the root of the largest mean square so far.

    largest = max(largest, v);  update = m / (1 - b1 ** t) / (sqrt(largest / (1 - b2 ** t)) + eps)

    Args:
        betas: b1 and b2, both in [0, 1).
        eps: What keeps the divisor from 0; finite and at least 0.

    Source: S. Reddi et al., On the convergence of Adam and beyond, 2018.

    >>> from pyrsistent import pvector
    >>> scaled, p = scale_by_amsgrad(eps=0.0), pvector([1.0])
    >>> [round(update, 6) for update in scaled.update(pvector([3.0]), scaled.init(p), p, 0)[0]]
    [1.0]
    """
    return scale_by_moments(
        "scale_by_amsgrad",
        betas,
        eps,
        rule=_amsgrad_rule,
        state=AmsGradState,
        initial=(0.0, 0.0, 0.0),
        coefficients=root_scales,
    )


def _amsgrad_rule(
    betas: Betas, tiny: float, g: float, slots: Triple, p: float, scales: Pair
) -> tuple[float, Triple]:
    m, v = moments(betas, g, *slots[:2])
    largest = ops.maximum(slots[2], v)
    return ops.divide(m * scales[0], ops.sqrt(largest) * scales[1] + tiny), (m, v, largest)


@names_home
def amsgrad(
    learning_rate: Rate = 0.001,
    *,
    betas: Betas = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> Descent:
    """AMSGrad, torch's `Adam(amsgrad=True)`; see `scale_by_amsgrad`.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        betas: How much of the mean and of the mean square is kept, both in [0, 1).
        eps: What keeps the divisor from 0, at least 0.
        weight_decay: How much of each parameter is added to its gradient, at least 0.

    >>> amsgrad().learning_rate(0)
    0.001
    """
    scaled = scale_by_amsgrad(betas=betas, eps=eps)
    return descent("amsgrad", learning_rate, *decayed(weight_decay), scaled)


class AdaMaxState(Record):
    """What `scale_by_adamax` remembers.

    >>> from pyrsistent import pvector
    >>> type(scale_by_adamax().init(pvector([1.0]))).__name__
    'AdaMaxState'
    """

    count: int = attr()
    """How many gradients it has been given."""
    first_moments: PVector[float] = attr()
    """The running means of the gradients."""
    norms: PVector[float] = attr()
    """The largest gradients, the older ones decayed."""


@names_home
def scale_by_adamax(*, betas: Betas = (0.9, 0.999), eps: float = 1e-8) -> Optimizer:
    """Adam by the infinity norm: divide by the largest gradient, the older ones decayed.

    u = max(b2 * u, |g| + eps);  update = m / (1 - b1 ** t) / u

    Args:
        betas: b1 and b2, both in [0, 1).
        eps: What keeps the divisor from 0; finite and at least 0.

    Source: D. Kingma and J. Ba, Adam: a method for stochastic optimization, 2015, algorithm 2.

    >>> from pyrsistent import pvector
    >>> scaled, p = scale_by_adamax(eps=0.0), pvector([1.0])
    >>> [round(update, 6) for update in scaled.update(pvector([3.0]), scaled.init(p), p, 0)[0]]
    [1.0]
    """
    return scale_by_moments(
        "scale_by_adamax",
        betas,
        eps,
        rule=_adamax_rule,
        state=AdaMaxState,
        initial=(0.0, 0.0),
        coefficients=corrections,
    )


def _adamax_rule(
    betas: Betas, tiny: float, g: float, slots: Pair, p: float, corrected: Pair
) -> tuple[float, Pair]:
    b1, b2 = betas
    m = b1 * slots[0] + (1.0 - b1) * g
    norm = ops.maximum(b2 * slots[1], ops.absolute(g) + tiny)
    return ops.divide(ops.divide(m, corrected[0]), norm), (m, norm)


@names_home
def adamax(
    learning_rate: Rate = 0.002,
    *,
    betas: Betas = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> Descent:
    """AdaMax; see `scale_by_adamax`.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        betas: How much of the mean and of the norm is kept, both in [0, 1).
        eps: What keeps the divisor from 0, at least 0.
        weight_decay: How much of each parameter is added to its gradient, at least 0.

    >>> adamax().learning_rate(0)
    0.002
    """
    scaled = scale_by_adamax(betas=betas, eps=eps)
    return descent("adamax", learning_rate, *decayed(weight_decay), scaled)


class AdaDeltaState(Record):
    """What `scale_by_adadelta` remembers.

    >>> from pyrsistent import pvector
    >>> type(scale_by_adadelta().init(pvector([1.0]))).__name__
    'AdaDeltaState'
    """

    squares: PVector[float] = attr()
    """The running means of the squares of the gradients."""
    steps: PVector[float] = attr()
    """The running means of the squares of the updates."""


@names_home
def scale_by_adadelta(*, rho: float = 0.9, eps: float = 1e-6) -> Optimizer:
    """Give the gradient the unit of the parameter, by the ratio of two running roots.

    v = rho * v + (1 - rho) * g²;  update = sqrt(u + eps) / sqrt(v + eps) * g
    u = rho * u + (1 - rho) * update²

    Args:
        rho: How much of both means is kept, in [0, 1).
        eps: What keeps the roots from 0; finite and at least 0.

    Source: M. Zeiler, ADADELTA: an adaptive learning rate method, 2012.

    >>> from pyrsistent import pvector
    >>> scaled, p = scale_by_adadelta(rho=0.0, eps=1.0), pvector([1.0])
    >>> scaled.update(pvector([0.75]), scaled.init(p), p, 0)[0]
    pvector([0.6000000000000001])
    """
    kept = check_decay("scale_by_adadelta", "rho", rho)
    tiny = check_non_negative("scale_by_adadelta", "eps", eps)
    rule = Rule(function=bind(_adadelta_rule, kept, tiny), state=AdaDeltaState, initial=(0.0, 0.0))
    return from_rule("scale_by_adadelta", rule)


def _adadelta_rule(
    kept: float, tiny: float, g: float, slots: Pair, p: float, _: object
) -> tuple[float, Pair]:
    v = kept * slots[0] + (1.0 - kept) * (g * g)
    update = ops.divide(ops.sqrt(slots[1] + tiny), ops.sqrt(v + tiny)) * g
    return update, (v, kept * slots[1] + (1.0 - kept) * (update * update))


@names_home
def adadelta(
    learning_rate: Rate = 1.0, *, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0.0
) -> Descent:
    """AdaDelta; see `scale_by_adadelta`.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        rho: How much of both means is kept, in [0, 1).
        eps: What keeps the roots from 0, at least 0.
        weight_decay: How much of each parameter is added to its gradient, at least 0.

    >>> adadelta().learning_rate(0)
    1.0
    """
    scaled = scale_by_adadelta(rho=rho, eps=eps)
    return descent("adadelta", learning_rate, *decayed(weight_decay), scaled)
