"""Losses of classes."""

from collections.abc import Callable, Mapping, Sequence
from typing import overload

from microfp import ops
from microfp.base.binding import bind
from microfp.base.checks import check_non_negative, wrong_value
from microfp.base.elsewhere.leading import names_home
from microfp.datasets import Row
from microfp.errors import DataError, ShapeError
from microfp.losses.loss import Loss, Scores
from microfp.losses.pieces import (
    check_pairs,
    checked_penalty,
    log_sum_exp,
    mean_over_outputs,
    pairs,
    penalty_of,
)
from microfp.values import Scalar, Value, exp, relu, softplus, total, where

__all__ = [
    "CLASSIFICATION",
    "binary_cross_entropy",
    "focal",
    "max_margin",
    "softmax_cross_entropy",
]


@overload
def max_margin(*, l2: float = 1e-4, l1: float = 0.0) -> Loss: ...
@overload
def max_margin(*, alpha: float = 1e-4, l1: float = 0.0) -> Loss: ...
@names_home
def max_margin(*, alpha: float = 1e-4, l2: float | None = None, l1: float = 0.0) -> Loss:
    """The hinge loss of a support vector machine, with an L2 penalty.

    example = relu(1 - y * score),  penalty = l2 * p * p,  for y = -1 or 1;
    for several outputs and as many targets, the mean over them.

    Args:
        alpha: What micrograd calls `l2`.
        l2: The weight of the penalty, finite and at least 0; None for 1e-4, or for `alpha`.
        l1: The weight of a penalty |p| besides, finite and at least 0.

    Source: C. Cortes and V. Vapnik, Support-vector networks, 1995; the loss of micrograd's demo.

    >>> max_margin().example((Value(data=0.25),), 1.0).data
    0.75
    """
    if l2 is not None and alpha != 1e-4:
        raise TypeError("max_margin: `alpha` and `l2` are one argument, got both")
    weight = ("alpha", alpha) if l2 is None else ("l2", l2)
    return Loss(
        name="max_margin",
        example=bind(mean_over_outputs, "max_margin", _hinge),
        penalty=penalty_of(
            l1=check_non_negative("max_margin", "l1", l1),
            l2=check_non_negative("max_margin", *weight),
        ),
        is_correct=_all_signs_match,
        check_target=_check_signs,
    )


def _hinge(score: Value, y: Scalar) -> Value:
    return relu(1.0 - y * score)


@names_home
def binary_cross_entropy(*, l2: float = 0.0, l1: float = 0.0, label_smoothing: float = 0.0) -> Loss:
    """The cross-entropy of yes or no; the score is the logit of yes.

    example = -t * log(sigmoid(score)) - (1 - t) * log(1 - sigmoid(score))

    t is 1 for the label 1, and 0 for the labels -1 and 0; a label between 0 and 1 is itself a
    probability. For several outputs and as many targets, the mean over them.

    Args:
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.
        label_smoothing: What share of each label is spread over yes and no, in [0, 1).

    Source: C. Bishop, Pattern Recognition and Machine Learning, 2006, equation 4.90.

    >>> round(binary_cross_entropy().example((Value(data=0.0),), 1.0).data, 6)
    0.693147
    """
    return Loss(
        name="binary_cross_entropy",
        example=bind(
            mean_over_outputs,
            "binary_cross_entropy",
            _smoothed_answer("binary_cross_entropy", label_smoothing),
        ),
        penalty=checked_penalty("binary_cross_entropy", l1=l1, l2=l2),
        is_correct=_all_answers_match,
        check_target=_check_yes_or_no,
    )


def _smoothed_answer(name: str, smoothing: float) -> Callable[[Value, Scalar], Value]:
    share = _check_share(name, smoothing)
    return bind(_nearly_yes_or_no, share) if share else _yes_or_no


def _check_share(name: str, smoothing: float) -> float:
    share = check_non_negative(name, "label_smoothing", smoothing)
    if share >= 1.0:
        raise wrong_value(name, "label_smoothing", "a number in [0, 1)", smoothing)
    return share


def _nearly_yes_or_no(share: float, score: Value, y: Scalar) -> Value:
    return _yes_or_no(score, (1.0 - share) * relu(y) + 0.5 * share)


def _yes_or_no(score: Value, y: Scalar) -> Value:
    yes = relu(y)
    return yes * softplus(-score) + (1.0 - yes) * softplus(score)


@names_home
def softmax_cross_entropy(
    *, l2: float = 0.0, l1: float = 0.0, label_smoothing: float = 0.0
) -> Loss:
    """The cross-entropy of one class among k, from k scores, the logits.

    example = log(exp(score[0]) + ... + exp(score[k - 1])) - score[y]

    The target y is the number of the class, from 0; or there are k targets, the probabilities of
    the classes, as `one_hot` makes them, and score[y] is the mean score by them. A score of -inf
    masks its class.

    Args:
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.
        label_smoothing: What share of each target is spread over all classes, in [0, 1).

    Source: C. Bishop, Pattern Recognition and Machine Learning, 2006, equation 4.108.

    >>> scores = Value(data=1000.0), Value(data=0.0), Value(data=-1000.0)
    >>> [softmax_cross_entropy().example(scores, y).data for y in (0.0, 1.0, 2.0)]
    [0.0, 1000.0, 2000.0]
    """
    share = _check_share("softmax_cross_entropy", label_smoothing)
    return Loss(
        name="softmax_cross_entropy",
        example=bind(_smoothed_class_cost, share) if share else _class_cost,
        penalty=checked_penalty("softmax_cross_entropy", l1=l1, l2=l2),
        is_correct=_is_largest,
        check_target=_check_class,
    )


def _class_cost(scores: Scores, *targets: Scalar) -> Value:
    chosen = _chosen(scores, *targets)
    beyond = [score - chosen for score in scores]
    if len(targets) == 1:
        # The class itself is 0 beyond itself, also where it is masked: what costs inf is not nan.
        beyond = [where(targets[0] - float(k), it, 0.0) for k, it in enumerate(beyond)]
    return log_sum_exp(beyond)


def _smoothed_class_cost(share: float, scores: Scores, *targets: Scalar) -> Value:
    mean = total(scores) * (1.0 / len(scores))
    chosen = (1.0 - share) * _chosen(scores, *targets) + share * mean
    return log_sum_exp([score - chosen for score in scores])


def _chosen(scores: Scores, *targets: Scalar) -> Value:
    """The score of the class; the mean score, where there are probabilities."""
    if len(targets) == 1:
        # A condition of 0 is the one that is not met, and y - k is 0 for the class y alone.
        (y,) = targets
        return total(where(y - float(k), 0.0, score) for k, score in enumerate(scores))
    both = pairs("softmax_cross_entropy", scores, targets)
    # A class that is masked, of the probability 0, adds nothing: 0 times -inf would be nan.
    return total(where(y, score * y, 0.0) for score, y in both)


def _all_signs_match(scores: Row, y: float, *further: float) -> bool:
    if len(scores) == 1 and not further:  # the usual case, and the faster form
        return (scores[0] > 0.0) == (y > 0.0)
    both = zip(scores, (y, *further), strict=True)
    return all((score > 0.0) == (target > 0.0) for score, target in both)


def _all_answers_match(scores: Row, *targets: float) -> bool:
    return _all_signs_match(scores, *(y - 0.5 for y in targets))


def _is_largest(scores: Row, *targets: float) -> bool:
    """Whether the largest score is that of the class: one number, or a probability each."""
    return _largest(scores) == (targets[0] if len(targets) == 1 else _largest(targets))


def _largest(numbers: Sequence[float]) -> float:
    """The place of the largest number, the first one of equals; without branches, to be traced."""
    place, best = 0.0, numbers[0]
    for k, number in enumerate(numbers[1:], 1):
        is_larger = number > best
        place, best = ops.where(is_larger, float(k), place), ops.where(is_larger, number, best)
    return place


def _check_signs(targets: Row, outputs: int) -> None:
    check_pairs("max_margin", targets, outputs)
    for y in targets:
        if y not in (-1.0, 1.0):
            raise DataError(f"max_margin: each label must be -1 or 1, got {y!r}{_relabelled(y)}")


def _relabelled(y: float) -> str:
    """What to do about the labels 0 and 1, the usual ones elsewhere."""
    return "; datasets.relabel(dataset, (-1, 1)) makes them so" if y == 0.0 else ""


def _check_yes_or_no(targets: Row, outputs: int) -> None:
    check_pairs("binary_cross_entropy", targets, outputs)
    for y in targets:
        if y != -1.0 and not 0.0 <= y <= 1.0:
            expected = "-1, 0 or 1, or a probability"
            raise DataError(f"binary_cross_entropy: each label must be {expected}, got {y!r}")


def _check_class(targets: Row, outputs: int) -> None:
    if outputs == 1:
        raise ShapeError(
            "softmax_cross_entropy: the model must have one output per class, got 1; "
            "see binary_cross_entropy"
        )
    if len(targets) > 1:
        check_pairs("softmax_cross_entropy", targets, outputs)
        if min(targets) < 0.0 or abs(sum(targets) - 1.0) > 1e-6:
            expected = "probabilities that add up to 1"
            raise DataError(f"softmax_cross_entropy: targets must be {expected}, got {targets!r}")
    elif not (targets[0].is_integer() and 0.0 <= targets[0] < outputs):
        expected = f"a class number below {outputs}, the number of outputs"
        raise DataError(f"softmax_cross_entropy: each label must be {expected}, got {targets[0]!r}")


@names_home
def focal(*, gamma: float = 2.0, l2: float = 0.0, l1: float = 0.0) -> Loss:
    """The cross-entropy of yes or no, in which what is easy counts for less.

    example = -(1 - p) ** gamma * log(p), where p is the probability that is given to the label

    The label is 1, or -1 or 0 for no. For several outputs and as many targets, the mean over them.

    Args:
        gamma: How much less, finite and at least 0; at 0 it is `binary_cross_entropy`.
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.

    Source: T.-Y. Lin et al., Focal loss for dense object detection, 2017.

    >>> round(focal().example((Value(data=0.0),), 1.0).data, 6)
    0.173287
    """
    power = check_non_negative("focal", "gamma", gamma)
    return Loss(
        name="focal",
        example=bind(mean_over_outputs, "focal", bind(_focal, power)),
        penalty=checked_penalty("focal", l1=l1, l2=l2),
        is_correct=_all_answers_match,
        check_target=_check_yes_or_no,
    )


def _focal(gamma: float, score: Value, y: Scalar) -> Value:
    """Both answers, each by its share: log(1 - sigmoid(z)) is -softplus(z)."""
    yes = relu(y)
    sure, unsure = softplus(-score), softplus(score)
    return yes * exp(-gamma * unsure) * sure + (1.0 - yes) * exp(-gamma * sure) * unsure


CLASSIFICATION: Mapping[str, Callable[[float], Loss]] = {
    "binary_cross_entropy": lambda penalty: binary_cross_entropy(l2=penalty),
    "softmax_cross_entropy": lambda penalty: softmax_cross_entropy(l2=penalty),
    "max_margin": lambda penalty: max_margin(alpha=penalty),
    "focal": lambda penalty: focal(l2=penalty),
}
"""The losses of classes, each from the weight of an L2 penalty.

>>> CLASSIFICATION["max_margin"](0.5).name
'max_margin'
"""
