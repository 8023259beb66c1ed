"""The named optimisers, each a chain of parts, beside the part and the state that are its own.

Names and defaults of options are torch.optim's. A new optimiser stands whole, here or beside its
family: the record of its state, whose name ends in `State`, by which checkpoints find it; its part
`scale_by_...`; its chain. Its rows in `OPTIMIZERS` and `RATES` are here: configurations find it.
"""

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias, overload

from pyrsistent import PVector

from microfp import ops
from microfp.base.binding import bind
from microfp.base.checks import check_non_negative
from microfp.base.elsewhere.leading import names_home
from microfp.base.renaming import deprecated, renamed
from microfp.optim.adam import adam, adamw
from microfp.optim.adam_family import adadelta, adamax, amsgrad, nadam, radam
from microfp.optim.descents import check_betas, decayed, descent
from microfp.optim.layerwise import lamb
from microfp.optim.parts import check_decay, trace
from microfp.optim.rules import Descent, Optimizer, Rate, Rule, from_rule
from microfp.record import Record, attr
from microfp.schedules import Schedule

__all__ = [
    "OPTIMIZERS",
    "RATES",
    "LionState",
    "MeanSquareState",
    "OptimizerName",
    "SumOfSquaresState",
    "adagrad",
    "lion",
    "momentum",
    "nesterov",
    "rmsprop",
    "scale_by_lion",
    "scale_by_rms",
    "scale_by_rss",
    "sgd",
]


@names_home
def sgd(learning_rate: Rate, *, weight_decay: float = 0.0) -> Descent:
    """Gradient descent: update = -learning_rate * gradient.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        weight_decay: How much of each parameter is added to its gradient, at least 0.

    Source: H. Robbins and S. Monro, A stochastic approximation method, 1951.

    >>> from microfp.schedules import micrograd_decay
    >>> sgd(micrograd_decay).learning_rate(50)
    0.55
    """
    return descent("sgd", learning_rate, *decayed(weight_decay))


@names_home
def momentum(learning_rate: Rate, *, momentum: float = 0.9, weight_decay: float = 0.0) -> Descent:
    """Gradient descent with momentum; see `trace`.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        momentum: How much of the last direction is kept, in [0, 1).
        weight_decay: How much of each parameter is added to its gradient, at least 0.

    >>> momentum(0.1).name
    'momentum'
    """
    return descent("momentum", learning_rate, *decayed(weight_decay), trace(momentum))


@names_home
def nesterov(learning_rate: Rate, *, momentum: float = 0.9, weight_decay: float = 0.0) -> Descent:
    """Gradient descent with Nesterov's momentum; see `trace`.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        momentum: How much of the last direction is kept, in [0, 1).
        weight_decay: How much of each parameter is added to its gradient, at least 0.

    >>> nesterov(0.1).name
    'nesterov'
    """
    ahead = trace(momentum, nesterov=True)
    return descent("nesterov", learning_rate, *decayed(weight_decay), ahead)


class SumOfSquaresState(Record):
    """What `scale_by_rss` remembers: the sum of the squares of all gradients.

    >>> from pyrsistent import pvector
    >>> scale_by_rss().init(pvector([1.0]))
    SumOfSquaresState(sum_of_squares=pvector([0.0]))
    """

    sum_of_squares: PVector[float] = attr()
    """One sum a parameter."""


@names_home
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


@names_home
def adagrad(
    learning_rate: Rate = 0.01,
    *,
    initial: float = 0.0,
    eps: float = 1e-10,
    weight_decay: float = 0.0,
) -> Descent:
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
    return descent("adagrad", learning_rate, *decayed(weight_decay), scaled)


class MeanSquareState(Record):
    """What `scale_by_rms` remembers: the running mean of the squares of the gradients.

    >>> from pyrsistent import pvector
    >>> scale_by_rms().init(pvector([1.0]))
    MeanSquareState(mean_square=pvector([0.0]))
    """

    mean_square: PVector[float] = attr()
    """One mean a parameter."""


@names_home
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
    kept = check_decay("scale_by_rms", "decay", decay)
    tiny = check_non_negative("scale_by_rms", "eps", eps)
    rule = Rule(function=bind(_rms_rule, kept, tiny), state=MeanSquareState, initial=(0.0,))
    return from_rule("scale_by_rms", rule)


def _rms_rule(
    kept: float, tiny: float, g: float, slots: tuple[float], p: float, _: object
) -> tuple[float, tuple[float]]:
    mean = kept * slots[0] + (1.0 - kept) * (g * g)
    return ops.divide(g, ops.sqrt(mean) + tiny), (mean,)


@overload
def rmsprop(
    learning_rate: Rate = 0.01,
    *,
    decay: float = 0.99,
    eps: float = 1e-8,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
) -> Descent: ...
@overload
@deprecated("`alpha` is called `decay`, as in `scale_by_rms`")
def rmsprop(
    learning_rate: Rate = 0.01,
    *,
    alpha: float,
    eps: float = 1e-8,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
) -> Descent: ...
@renamed(alpha="decay")
@names_home
def rmsprop(
    learning_rate: Rate = 0.01,
    *,
    decay: float = 0.99,
    eps: float = 1e-8,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
) -> Descent:
    """RMSProp; see `scale_by_rms`.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        decay: How much of the mean square is kept, in [0, 1).
        eps: What keeps the divisor from 0, at least 0.
        momentum: How much of the last direction is kept, in [0, 1).
        weight_decay: How much of each parameter is added to its gradient, at least 0.

    >>> rmsprop().learning_rate(0)
    0.01
    """
    scaled = scale_by_rms(decay=decay, eps=eps)
    heavy = (trace(momentum),) if momentum else ()
    return descent("rmsprop", learning_rate, *decayed(weight_decay), scaled, *heavy)


class LionState(Record):
    """What `scale_by_lion` remembers: the running means of the gradients.

    >>> from pyrsistent import pvector
    >>> scale_by_lion().init(pvector([1.0]))
    LionState(moments=pvector([0.0]))
    """

    moments: PVector[float] = attr()
    """One mean a parameter."""


@names_home
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
    rule = bind(_lion_rule, check_betas("scale_by_lion", betas))
    return from_rule("scale_by_lion", Rule(function=rule, state=LionState, initial=(0.0,)))


def _lion_rule(
    betas: tuple[float, float], g: float, slots: tuple[float], p: float, _: object
) -> tuple[float, tuple[float]]:
    (b1, b2), m = betas, slots[0]
    return ops.sign(b1 * m + (1.0 - b1) * g), (b2 * m + (1.0 - b2) * g,)


@names_home
def lion(
    learning_rate: Rate = 1e-4,
    *,
    betas: tuple[float, float] = (0.9, 0.99),
    weight_decay: float = 0.0,
) -> Descent:
    """Lion, with decoupled weight decay; see `scale_by_lion`.

    Args:
        learning_rate: A number, finite and at least 0, or a schedule.
        betas: How the mean enters the update, and how much of it is kept; both in [0, 1).
        weight_decay: What share of each parameter, times the learning rate, a step takes off.

    >>> lion().learning_rate(0)
    0.0001
    """
    return descent("lion", learning_rate, scale_by_lion(betas=betas), *decayed(weight_decay))


OptimizerName: TypeAlias = Literal[
    "sgd",
    "momentum",
    "nesterov",
    "adagrad",
    "rmsprop",
    "adam",
    "adamw",
    "lion",
    "nadam",
    "radam",
    "amsgrad",
    "adamax",
    "adadelta",
    "lamb",
]
"""The name of an optimiser.

>>> names: list[OptimizerName] = ["sgd", "adam"]
"""

OPTIMIZERS: Mapping[OptimizerName, Callable[[Schedule], Optimizer]] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adamw,
    "lion": lion,
    "nadam": nadam,
    "radam": radam,
    "amsgrad": amsgrad,
    "adamax": adamax,
    "adadelta": adadelta,
    "lamb": lamb,
}
"""The optimisers that go by a name, each from a schedule.

>>> OPTIMIZERS["adam"](lambda step: 0.1).name
'adam'
"""

RATES: Mapping[OptimizerName, float] = {
    "sgd": 0.1,
    "momentum": 0.02,
    "nesterov": 0.02,
    "adagrad": 0.05,
    "rmsprop": 0.005,
    "adam": 0.01,
    "adamw": 0.01,
    "lion": 0.002,
    "nadam": 0.01,
    "radam": 0.02,
    "amsgrad": 0.01,
    "adamax": 0.02,
    "adadelta": 1.0,
    "lamb": 0.02,
}
"""The learning rate of each optimiser where none is given, for data that are standardized.

>>> RATES["sgd"]
0.1
"""
