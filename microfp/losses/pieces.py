"""What losses are made of: means over outputs, and penalties of parameters."""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import TypeVar

from microfp import ops
from microfp.base.binding import bind
from microfp.base.checks import check_non_negative
from microfp.errors import ShapeError
from microfp.losses.loss import Scores
from microfp.values import Scalar, Value, absolute, lift, maximum, softplus, total, where

__all__ = [
    "check_pairs",
    "checked_penalty",
    "log_sum_exp",
    "mean_over_outputs",
    "pairs",
    "penalty_of",
]

A = TypeVar("A")
B = TypeVar("B")


def mean_over_outputs(
    name: str, cost: Callable[[Value, Scalar], Value], scores: Scores, *targets: Scalar
) -> Value:
    """The cost of one score and its target; of several, the mean.

    >>> from microfp.values import value
    >>> scores = value(1.0), value(2.0)
    >>> mean_over_outputs("mine", lambda score, y: score * y, scores, 2.0, 3.0).data
    4.0
    """
    costs = [cost(score, y) for score, y in pairs(name, scores, targets)]
    return costs[0] if len(costs) == 1 else total(costs) * (1.0 / len(costs))


def pairs(name: str, a: Sequence[A], b: Sequence[B]) -> Iterator[tuple[A, B]]:
    """Outputs and targets, side by side.

    >>> list(pairs("huber", [1.0, 2.0], [3.0, 4.0]))
    [(1.0, 3.0), (2.0, 4.0)]
    """
    check_pairs(name, b, len(a))
    return zip(a, b, strict=True)


def check_pairs(name: str, targets: Sequence[object], outputs: int) -> None:
    """Check that there is one output per target.

    Raises:
        ShapeError: If there are more or fewer.

    >>> check_pairs("huber", [1.0], 1)
    """
    if len(targets) != outputs:
        expected = f"one output per target, {len(targets)}"
        raise ShapeError(f"{name}: the model must have {expected}, got {outputs}")


def checked_penalty(name: str, *, l1: float, l2: float) -> Callable[[Value], Value] | None:
    """What one parameter costs, by weights that are checked first.

    Raises:
        TypeError, ValueError: If a weight is no finite number of at least 0.

    >>> checked_penalty("huber", l1=0.0, l2=0.0) is None
    True
    """
    return penalty_of(l1=check_non_negative(name, "l1", l1), l2=check_non_negative(name, "l2", l2))


def penalty_of(*, l1: float, l2: float) -> Callable[[Value], Value] | None:
    """What one parameter costs; None where that is nothing.

    >>> from microfp.values import value
    >>> (penalty_of(l1=1.0, l2=2.0) or absolute)(value(-3.0)).data
    21.0
    """
    if l1 and l2:
        return bind(_elastic, l1, l2)
    if l1:
        return bind(_lasso, l1)
    return bind(_ridge, l2) if l2 else None


def _ridge(l2: float, p: Value) -> Value:
    return l2 * (p * p)


def _lasso(l1: float, p: Value) -> Value:
    return l1 * absolute(p)


def _elastic(l1: float, l2: float, p: Value) -> Value:
    return _ridge(l2, p) + _lasso(l1, p)


def log_sum_exp(logits: Sequence[Value]) -> Value:
    """log(exp(logit[0]) + exp(logit[1]) + ...), which does not overflow; -inf adds nothing.

    >>> from microfp.values import value
    >>> log_sum_exp([value(float("-inf")), value(1000.0)]).data
    1000.0
    """
    return reduce(_log_add_exp, logits)


FARTHEST = 1e280
"""Logits that are farther apart than this, or infinite, are as good as their larger one.

It is as far as one can go and still prove that nothing overflows (`microfp.compiler.ir.bounds`):
only with that proof are the products of the whole network added with one rounding.
"""


def _log_add_exp(a: Value, b: Value) -> Value:
    """log(exp(a) + exp(b)), which does not overflow.

    Where the difference is infinite or nan the formula is computed of 0 and not taken, so that no
    nan comes back by its derivative.
    """
    difference = b - a
    is_near = lift(ops.positive(FARTHEST - absolute(difference)))
    near = a + softplus(where(is_near, difference, 0.0))
    return where(is_near, near, maximum(a, b))
