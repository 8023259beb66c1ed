"""What Adam and its relatives are made of: running means, their corrections, checked options."""

import math
from collections.abc import Callable

from microfp.base.binding import bind
from microfp.base.checks import check_non_negative
from microfp.ops import Operand
from microfp.optim.descents import check_betas
from microfp.optim.rules import Optimizer, Rule, Slots, from_rule
from microfp.record import Record

__all__ = ["Betas", "Pair", "corrections", "moments", "scale_by_moments"]

Betas = tuple[float, float]
"""How much of the mean of the gradients is kept, and of that of their squares."""

Pair = tuple[float, float]
"""Two numbers."""


def scale_by_moments(
    where: str,
    betas: object,
    eps: object,
    *,
    rule: Callable[..., tuple[Operand, Slots]],
    state: type[Record],
    initial: tuple[float, ...],
    coefficients: Callable[..., tuple[float, ...]],
) -> Optimizer:
    """A part that divides one running mean by another, its options checked.

    Args:
        where: What the part is called.
        betas: How much is kept of each, both in [0, 1).
        eps: What keeps the divisor from 0; finite and at least 0.
        rule: The rule of one parameter, which is given betas and eps first.
        state: The record of what it remembers.
        initial: What it remembers of a parameter at first.
        coefficients: The numbers of a step, from betas and the count of gradients before it.

    Raises:
        TypeError, ValueError: If betas or eps are of another kind, or out of range.
    """
    checked, tiny = check_betas(where, betas), check_non_negative(where, "eps", eps)
    bound = bind(coefficients, checked)
    made = Rule(
        function=bind(rule, checked, tiny), state=state, initial=initial, coefficients=bound
    )
    return from_rule(where, made)


def moments(betas: Betas, g: float, m: float, v: float) -> Pair:
    """The running means of gradients and of their squares, with one gradient more.

    >>> moments((0.5, 0.75), 4.0, 2.0, 8.0)
    (3.0, 10.0)
    """
    b1, b2 = betas
    return b1 * m + (1.0 - b1) * g, b2 * v + (1.0 - b2) * (g * g)


def corrections(betas: Betas, count: int) -> Pair:
    """What the two means, which began at 0, hold of the weights of all gradients so far.

    >>> corrections((0.5, 0.75), 0)
    (0.5, 0.25)
    """
    b1, b2 = betas
    return 1.0 - math.pow(b1, count + 1), 1.0 - math.pow(b2, count + 1)
