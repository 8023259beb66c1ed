"""The loss of sequences: how surprised a model is by what comes next, position by position."""

from collections.abc import Callable
from itertools import takewhile

from microfp.base.binding import bind
from microfp.datasets import Row
from microfp.errors import DataError, ShapeError
from microfp.losses.loss import Loss, Scores
from microfp.losses.pieces import checked_penalty
from microfp.nn import is_absent, select
from microfp.values import Scalar, Value, logsumexp, total

__all__ = ["next_token"]


def next_token(*, l2: float = 0.0, l1: float = 0.0) -> Loss:
    """The cross-entropy of the next token, the mean over the positions of an example.

    position = log(exp(score[0]) + ... + exp(score[k - 1])) - score[y]

    A model gives k scores for each position, one after another; an example has a target for each
    position, the number of the token that comes next, or -1 where it has ended.

    Args:
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.

    >>> from microfp import datasets, nn
    >>> from microfp.losses import evaluate
    >>> flat = nn.layer(1, 4, weights=[[0.0]] * 4, activation="identity")
    >>> data = datasets.dataset([[1.0]], [[1.0, -1.0]])
    >>> round(evaluate(next_token(), flat, data).data.data, 6)
    0.693147
    """
    return Loss(
        name="next_token",
        example=bind(_mean_over_positions, _surprise),
        penalty=checked_penalty("next_token", l1=l1, l2=l2),
        check_target=_check_tokens,
        position=_surprise,
    )


def _surprise(scores: Scores, target: Scalar) -> Value:
    return logsumexp(scores) - select(target, scores)


def _mean_over_positions(
    cost: Callable[[Scores, Scalar], Value], scores: Scores, *targets: Scalar
) -> Value:
    size = len(scores) // len(targets)
    there = [target for target in targets if not is_absent(target)]
    parts = [scores[size * place : size * (place + 1)] for place in range(len(there))]
    costs = [cost(part, target) for part, target in zip(parts, there, strict=True)]
    return total(costs) * (1.0 / len(costs))


def _check_tokens(targets: Row, outputs: int) -> None:
    size, rest = divmod(outputs, len(targets))
    if rest or not size:
        expected = f"the same number of outputs for each of {len(targets)} positions"
        raise ShapeError(f"next_token: the model must have {expected}, got {outputs}")
    there = list(takewhile(lambda target: target >= 0.0, targets))
    if not there or any(target >= 0.0 for target in targets[len(there) :]):
        expected = "tokens, then -1 where the example has ended"
        raise DataError(f"next_token: targets must be {expected}, got {targets!r:.60}")
    for target in there:
        if not (target.is_integer() and target < size):
            expected = f"a token from 0 to {size - 1}"
            raise DataError(f"next_token: each target must be {expected}, got {target!r}")
