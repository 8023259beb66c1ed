"""Losses in which some examples count for more: by a weight of their own, or of their class."""

from collections.abc import Callable, Mapping, Sequence

from microfp.base.binding import bind
from microfp.base.checks import check_finite, check_kind, check_non_negative, wrong_kind
from microfp.datasets import Row
from microfp.errors import DataError, ShapeError
from microfp.losses.loss import Loss, Scores
from microfp.values import Scalar, Value, total, where

__all__ = ["class_weighted", "weighted"]


def weighted(loss: Loss) -> Loss:
    """Let each example count by a weight of its own: its last target.

    example = weight * loss.example(scores, *targets);  the mean is over examples, not weights.

    Args:
        loss: Of the targets before the last; its penalty stays as it is.

    Returns:
        A loss of examples with one more target, a number of at least 0.

    >>> from microfp.losses import mean_squared_error
    >>> from microfp import datasets, nn
    >>> from microfp.losses import evaluate
    >>> still = nn.neuron(1, weights=[0.0], activation="identity")
    >>> evaluate(
    ...     weighted(mean_squared_error()), still, datasets.dataset([[0.0]], [[2.0, 0.5]])
    ... ).data.data
    2.0
    """
    check_kind("weighted", "loss", loss, Loss, example="losses.max_margin()")
    return Loss(
        name=f"weighted({loss.name})",
        example=bind(_times_weight, loss.example),
        penalty=loss.penalty,
        is_correct=loss.is_correct and bind(_but_weight, loss.is_correct),
        check_target=bind(_check_weight, loss),
    )


def _times_weight(example: Callable[..., Value], scores: Scores, *targets: Scalar) -> Value:
    return targets[-1] * example(scores, *targets[:-1])


def _but_weight(is_correct: Callable[..., bool], scores: Row, *targets: float) -> bool:
    return is_correct(scores, *targets[:-1])


def _check_weight(loss: Loss, targets: Row, outputs: int) -> None:
    if len(targets) < 2:
        raise ShapeError(f"weighted({loss.name}): each example must have a target and a weight")
    if not targets[-1] >= 0.0:
        raise DataError(
            f"weighted({loss.name}): each weight must be a number >= 0, got {targets[-1]!r}"
        )
    if loss.check_target is not None:
        loss.check_target(targets[:-1], outputs)


def class_weighted(loss: Loss, weights: Mapping[float, float] | Sequence[float]) -> Loss:
    """Let the examples of each class count by a weight.

    example = weights[y] * loss.example(scores, y);  the mean is over examples, not weights.

    Args:
        loss: Of one target an example, its class.
        weights: From each label to a number of at least 0; or such numbers for the classes 0, 1,
            2, ..., in order.

    Raises:
        TypeError: If the weights are neither.
        DataError: In the evaluation, if a label has no weight.

    >>> from microfp.losses import max_margin
    >>> rare = class_weighted(max_margin(), {-1.0: 1.0, 1.0: 4.0})
    >>> rare.example((Value(data=0.5),), 1.0).data
    2.0
    """
    check_kind("class_weighted", "loss", loss, Loss, example="losses.max_margin()")
    if not isinstance(weights, Mapping | Sequence):
        expected = "a mapping from labels to numbers, or a sequence of numbers"
        raise wrong_kind("class_weighted", "weights", expected, weights)
    by_label = weights if isinstance(weights, Mapping) else dict(enumerate(weights))
    table = tuple(
        (
            check_finite("class_weighted", "each label", label),
            check_non_negative("class_weighted", f"weights[{label!r}]", weight),
        )
        for label, weight in by_label.items()
    )
    return loss.set(
        name=f"class_weighted({loss.name})",
        example=bind(_times_class_weight, table, loss.example),
        check_target=bind(_check_label, table, loss),
    )


def _times_class_weight(
    table: tuple[tuple[float, float], ...],
    example: Callable[..., Value],
    scores: Scores,
    *targets: Scalar,
) -> Value:
    (y,) = targets
    # y - label is 0, a condition that is not met, for the label y alone.
    weight = total(where(y - label, 0.0, weight) for label, weight in table)
    return weight * example(scores, y)


def _check_label(
    table: tuple[tuple[float, float], ...], loss: Loss, targets: Row, outputs: int
) -> None:
    labels = [label for label, _ in table]
    if len(targets) != 1 or targets[0] not in labels:
        known = ", ".join(map(repr, labels))
        found = ", ".join(map(repr, targets))
        raise DataError(
            f"class_weighted({loss.name}): each label must be one of {known}, got {found}"
        )
    if loss.check_target is not None:
        loss.check_target(targets, outputs)
