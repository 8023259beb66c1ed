"""Adam and AdamW, and the part and the state that are theirs.

Names and defaults of options are torch.optim's.
"""

import math

from pyrsistent import PVector

from microfp import ops
from microfp.base.elsewhere.leading import names_home
from microfp.optim.descents import decayed, descent
from microfp.optim.moments import Betas, Pair, corrections, moments, scale_by_moments
from microfp.optim.rules import Descent, Optimizer, Rate
from microfp.record import Record, attr

__all__ = ["AdamState", "adam", "adamw", "root_scales", "scale_by_adam"]


class AdamState(Record):
    """What `scale_by_adam` remembers.

    >>> from pyrsistent import pvector
    >>> scale_by_adam().init(pvector([1.0]))
    AdamState(count=0, first_moments=pvector([0.0]), second_moments=pvector([0.0]))
    """

    count: int = attr()
    """How many gradients it has been given."""
    first_moments: PVector[float] = attr()
    """The running means of the gradients."""
    second_moments: PVector[float] = attr()
    """The running means of their squares."""


@names_home
def scale_by_adam(*, betas: Betas = (0.9, 0.999), eps: float = 1e-8) -> Optimizer:
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
    return scale_by_moments(
        "scale_by_adam",
        betas,
        eps,
        rule=_adam_rule,
        state=AdamState,
        initial=(0.0, 0.0),
        coefficients=root_scales,
    )


def root_scales(betas: Betas, count: int) -> Pair:
    """What the mean, and the root of the mean square, are multiplied by to be corrected.

    Numbers of a step, and not of a parameter: so nobody has to divide by them once for each.

    >>> root_scales((0.5, 0.75), 0)
    (2.0, 2.0)
    """
    mean, square = corrections(betas, count)
    return 1.0 / mean, 1.0 / math.sqrt(square)


def _adam_rule(
    betas: Betas, tiny: float, g: float, slots: Pair, p: float, scales: Pair
) -> tuple[float, Pair]:
    m, v = moments(betas, g, *slots)
    return ops.divide(m * scales[0], ops.sqrt(v) * scales[1] + tiny), (m, v)


@names_home
def adam(
    learning_rate: Rate = 0.001,
    *,
    betas: Betas = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> Descent:
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
    return descent("adam", learning_rate, *decayed(weight_decay), scaled)


@names_home
def adamw(
    learning_rate: Rate = 0.001,
    *,
    betas: Betas = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> Descent:
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
    return descent("adamw", learning_rate, scaled, *decayed(weight_decay))
