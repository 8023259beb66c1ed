"""Losses as data: what one example costs, and what one parameter costs.

>>> from microfp import datasets, nn
>>> evaluation = evaluate(max_margin(alpha=1e-4), nn.mlp(2, [16, 16, 1]), datasets.moons())
>>> round(evaluation.total.data, 6), evaluation.accuracy
(0.895844, 0.5)
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Generic, TypeAlias, TypeVar

from microfp import ops
from microfp.base.binding import bind, shown
from microfp.base.checks import check_kind, check_non_negative, check_positive
from microfp.base.ieee import by_ieee
from microfp.datasets import Dataset, Row
from microfp.errors import DataError, ShapeError
from microfp.nn import Model, forward_many
from microfp.record import Record, attr
from microfp.tree import parameters, without_parameters
from microfp.values import Scalar, Value, absolute, minimum, relu, softplus, total, where

__all__ = [
    "CLASSIFICATION",
    "REGRESSION",
    "Evaluation",
    "Loss",
    "Scores",
    "accuracy",
    "binary_cross_entropy",
    "check_fits",
    "check_targets",
    "evaluate",
    "evaluate_with",
    "huber",
    "max_margin",
    "mean_absolute_error",
    "mean_squared_error",
    "share_correct",
    "softmax_cross_entropy",
    "weighted",
]

A = TypeVar("A")
B = TypeVar("B")
M = TypeVar("M", bound=Model)

Scores: TypeAlias = tuple[Value, ...]
"""The outputs of a model for one example.

>>> from microfp import nn
>>> scores: Scores = nn.mlp(2, [4, 3])([1.0, 2.0])
>>> len(scores)
3
"""


class Loss(Record):
    """What is to be made small: the mean over examples, plus a penalty per parameter.

    total = mean of example(scores, *targets) + sum of penalty(parameter)

    Since a loss says what belongs to one example and what to one parameter, whoever computes it
    knows what can be computed side by side. `example` and `penalty` are written in arithmetic
    and in microfp's functions, never with an `if` on a value: see `where`.

    Attributes:
        name: What to call it.
        example: From the scores of one example and its target to its loss. The target is a
            number, or a value while a graph is traced. Where examples have several targets, they
            come one after another: `def example(scores, *targets)`.
        penalty: From one parameter to what it costs, or None.
        is_correct: From scores, as numbers, and the targets to whether they are predicted; None
            where no example is simply right or wrong, as in regression.
        check_target: From the targets of one example and the number of scores to nothing; raises
            a `DataError` for targets that the loss has no meaning for.

    >>> squared = Loss(name="squared", example=lambda scores, y: (scores[0] - y) ** 2)
    >>> squared.example((Value(data=3.0),), 1.0).data
    4.0
    >>> max_margin(alpha=1e-4)
    Loss(name='max_margin', penalty=ridge(0.0001, ...))
    """

    name: str = attr()
    example: Callable[[Scores, float], Value] = attr()
    penalty: Callable[[Value], Value] | None = attr(default=None)
    is_correct: Callable[[Row, float], bool] | None = attr(default=None)
    check_target: Callable[[Row, int], None] | None = attr(default=None)

    def __repr__(self) -> str:
        """Show its name and its penalty; the other functions say nothing to people."""
        penalty = "" if self.penalty is None else f", penalty={shown(self.penalty)}"
        return f"Loss(name={self.name!r}{penalty})"


class Evaluation(Record, Generic[M]):
    """A loss, evaluated: the value to differentiate, and what it is made of.

    Attributes:
        model: The model that was evaluated.
        total: `data + penalty`, the value that is to be differentiated.
        data: The mean loss of the examples.
        penalty: The sum of the penalties; 0.0 for a loss without one.
        accuracy: The share of examples predicted rightly, from 0 to 1, or None.
        scores: The outputs of the model, example by example.

    >>> from microfp import datasets, nn
    >>> line = nn.neuron(1, weights=[2.0], activation="identity")
    >>> evaluate(max_margin(alpha=0.5), line, datasets.dataset([[0.0]], [1.0]))
    Evaluation(total=3.0, data=1.0, penalty=2.0, accuracy=0.0)
    """

    model: M = attr()
    total: Value = attr()
    data: Value = attr()
    penalty: Value = attr()
    accuracy: float | None = attr()
    scores: tuple[Scores, ...] = attr()

    def __repr__(self) -> str:
        """Show the numbers; model and scores would fill pages."""
        parts = f"data={self.data.data!r}, penalty={self.penalty.data!r}"
        return f"Evaluation(total={self.total.data!r}, {parts}, accuracy={self.accuracy!r})"


def evaluate(loss: Loss, model: M, dataset: Dataset) -> Evaluation[M]:
    """Run a model over a dataset and compute the loss, as one graph.

    Args:
        loss: The loss.
        model: Any model with as many inputs as the dataset has columns.
        dataset: The examples.

    Raises:
        ShapeError: If model and dataset do not fit, or the model has no parameters.
        DataError: If a target has no meaning for the loss.

    >>> from microfp import datasets, nn
    >>> line = nn.neuron(1, weights=[2.0], activation="identity")
    >>> examples = datasets.dataset([[0.0], [3.0]], [-1.0, 1.0])
    >>> evaluate(max_margin(alpha=0.0), line, examples).data.data
    0.5
    """
    _check_kinds(loss, model, dataset)
    scores = tuple(forward_many(model, row) for row in dataset.xs)
    check_targets(loss, dataset, len(scores[0]))
    costs = (loss.example(row, *ys) for row, ys in zip(scores, dataset.targets, strict=True))
    data = total(costs) * (1.0 / len(scores))
    penalty = total(map(loss.penalty, parameters(model)) if loss.penalty else ())
    return Evaluation(
        model=model,
        total=data + penalty,
        data=data,
        penalty=penalty,
        accuracy=accuracy(loss, scores, dataset),
        scores=scores,
    )


def evaluate_with(loss: Loss, dataset: Dataset) -> Callable[[M], Evaluation[M]]:
    """Fix the loss and the data: a function from a model to its evaluation, for pipelines.

    >>> from microfp import datasets, nn
    >>> from microfp.toolbox import pipe
    >>> pipe(nn.mlp(2, [1]), evaluate_with(max_margin(), datasets.moons(4))).accuracy
    0.75
    """
    return bind(_evaluated, loss, dataset)


def _evaluated(loss: Loss, dataset: Dataset, model: M) -> Evaluation[M]:
    return evaluate(loss, model, dataset)


def accuracy(loss: Loss, scores: tuple[Scores, ...], dataset: Dataset) -> float | None:
    """Return the share of examples that are predicted rightly, or None where that has no meaning.

    >>> from microfp import datasets, value
    >>> examples = datasets.dataset([[0.0], [3.0]], [-1.0, 1.0])
    >>> accuracy(max_margin(), ((value(-5.0),), (value(-5.0),)), examples)
    0.5
    """
    return share_correct(loss, (tuple(score.data for score in row) for row in scores), dataset)


def share_correct(loss: Loss, scores: Iterable[Row], dataset: Dataset) -> float | None:
    """Return the accuracy of scores that are plain numbers; see `accuracy`.

    >>> from microfp import datasets
    >>> examples = datasets.dataset([[0.0], [3.0]], [-1.0, 1.0])
    >>> share_correct(max_margin(), [(-5.0,), (5.0,)], examples)
    1.0
    """
    if loss.is_correct is None:
        return None
    columns = zip(*dataset.targets, strict=True) if dataset.further_ys else (dataset.ys,)
    return by_ieee(_count, loss.is_correct, tuple(scores), *columns) / len(dataset.ys)


def _count(is_correct: Callable[..., bool], rows: Iterable[Row], *columns: Row) -> int:
    """How many rows are predicted rightly."""
    return sum(map(is_correct, rows, *columns))


def check_fits(loss: Loss, model: Model, dataset: Dataset) -> None:
    """Check that a model can be trained on a dataset by a loss; it is run on the first example.

    Raises:
        TypeError: If there is no loss or no dataset where one should be.
        ShapeError: If the model has no parameters, or model, loss and dataset do not fit.
        DataError: If a target has no meaning for the loss.

    >>> from microfp import datasets, nn
    >>> check_fits(max_margin(), nn.mlp(2, [1]), datasets.dataset([[0.0, 0.0]], [3.0]))
    Traceback (most recent call last):
    microfp.errors.DataError: max_margin: each label must be -1 or 1, got 3.0
    """
    _check_kinds(loss, model, dataset)
    scores = forward_many(model, dataset.xs[0])
    check_targets(loss, dataset, len(scores))


def _check_kinds(loss: Loss, model: Model, dataset: Dataset) -> None:
    check_kind("evaluate", "loss", loss, Loss, example="losses.max_margin()")
    check_kind("evaluate", "dataset", dataset, Dataset, example="datasets.dataset(xs, ys)")
    if not parameters(model):
        raise without_parameters(loss.name, model)


def check_targets(loss: Loss, dataset: Dataset, outputs: int) -> None:
    """Check that a loss has a meaning for every target of a dataset, and so many outputs.

    Raises:
        ShapeError: If there are more or fewer targets an example than the outputs need.
        DataError: If a target has no meaning.

    >>> from microfp import datasets
    >>> check_targets(max_margin(), datasets.moons(4), 1)
    """
    if loss.check_target is not None:
        for targets in dataset.targets:
            loss.check_target(targets, outputs)


def max_margin(*, alpha: float = 1e-4, l1: float = 0.0) -> Loss:
    """The hinge loss of a support vector machine, with an L2 penalty.

    example = relu(1 - y * score),  penalty = alpha * p * p,  for y = -1 or 1;
    for several outputs and as many targets, the mean over them.

    Args:
        alpha: The weight of the penalty, finite and at least 0.
        l1: The weight of a penalty |p| besides, finite and at least 0.

    Source: C. Cortes and V. Vapnik, Support-vector networks, 1995; the loss of micrograd's demo.

    >>> max_margin().example((Value(data=0.25),), 1.0).data
    0.75
    """
    return Loss(
        name="max_margin",
        example=bind(_mean_over_outputs, "max_margin", _hinge),
        penalty=_penalty(
            l1=check_non_negative("max_margin", "l1", l1),
            l2=check_non_negative("max_margin", "alpha", alpha),
        ),
        is_correct=_all_signs_match,
        check_target=_check_signs,
    )


def _hinge(score: Value, y: Scalar) -> Value:
    return relu(1.0 - y * score)


def mean_squared_error(*, l2: float = 0.0, l1: float = 0.0) -> Loss:
    """The mean of the squared errors, for regression.

    example = (score - y)²;  for several outputs and as many targets, the mean over them.

    Args:
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.

    >>> mean_squared_error().example((Value(data=3.0), Value(data=1.0)), 1.0, 1.0).data
    2.0
    """
    return _regression("mean_squared_error", _square, l1=l1, l2=l2)


def _square(error: Value) -> Value:
    return error * error


def mean_absolute_error(*, l2: float = 0.0, l1: float = 0.0) -> Loss:
    """The mean of the absolute errors, for regression with outliers.

    example = |score - y|;  for several outputs and as many targets, the mean over them.

    Args:
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.

    >>> mean_absolute_error().example((Value(data=3.0),), 5.0).data
    2.0
    """
    return _regression("mean_absolute_error", absolute, l1=l1, l2=l2)


def huber(*, delta: float = 1.0, l2: float = 0.0, l1: float = 0.0) -> Loss:
    """Squared for small errors, absolute for large ones.

    example = error² / 2 where |error| <= delta, else delta * (|error| - delta / 2);
    for several outputs and as many targets, the mean over them.

    Args:
        delta: Where the one goes over into the other, finite and above 0.
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.

    Source: P. Huber, Robust estimation of a location parameter, 1964.

    >>> huber().example((Value(data=3.0),), 0.0).data
    2.5
    """
    bent = bind(_bent, check_positive("huber", "delta", delta))
    return _regression("huber", bent, l1=l1, l2=l2)


def _bent(bend: float, error: Value) -> Value:
    size = absolute(error)
    bent = minimum(size, bend)
    return bent * (size - 0.5 * bent)


def binary_cross_entropy(*, l2: float = 0.0, l1: float = 0.0) -> Loss:
    """The cross-entropy of yes or no; the score is the logit of yes.

    example = -t * log(sigmoid(score)) - (1 - t) * log(1 - sigmoid(score))

    t is 1 for the label 1, and 0 for the labels -1 and 0; a label between 0 and 1 is itself a
    probability. For several outputs and as many targets, the mean over them.

    Args:
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.

    Source: C. Bishop, Pattern Recognition and Machine Learning, 2006, equation 4.90.

    >>> round(binary_cross_entropy().example((Value(data=0.0),), 1.0).data, 6)
    0.693147
    """
    return Loss(
        name="binary_cross_entropy",
        example=bind(_mean_over_outputs, "binary_cross_entropy", _yes_or_no),
        penalty=_checked_penalty("binary_cross_entropy", l1=l1, l2=l2),
        is_correct=_all_answers_match,
        check_target=_check_yes_or_no,
    )


def _yes_or_no(score: Value, y: Scalar) -> Value:
    yes = relu(y)
    return yes * softplus(-score) + (1.0 - yes) * softplus(score)


def softmax_cross_entropy(*, l2: float = 0.0, l1: float = 0.0) -> Loss:
    """The cross-entropy of one class among k, from k scores, the logits.

    example = log(exp(score[0]) + ... + exp(score[k - 1])) - score[y]

    The target y is the number of the class, from 0; or there are k targets, the probabilities of
    the classes, as `one_hot` makes them, and score[y] is the mean score by them.

    Args:
        l2: The weight of a penalty p * p, finite and at least 0.
        l1: The weight of a penalty |p|, finite and at least 0.

    Source: C. Bishop, Pattern Recognition and Machine Learning, 2006, equation 4.108.

    >>> scores = Value(data=1000.0), Value(data=0.0), Value(data=-1000.0)
    >>> [softmax_cross_entropy().example(scores, y).data for y in (0.0, 1.0, 2.0)]
    [0.0, 1000.0, 2000.0]
    """
    return Loss(
        name="softmax_cross_entropy",
        example=_class_cost,
        penalty=_checked_penalty("softmax_cross_entropy", l1=l1, l2=l2),
        is_correct=_is_largest,
        check_target=_check_class,
    )


def _class_cost(scores: Scores, *targets: Scalar) -> Value:
    if len(targets) == 1:
        # A condition of 0 is the one that is not met, and y - k is 0 for the class y alone.
        (y,) = targets
        chosen = total(where(y - float(k), 0.0, score) for k, score in enumerate(scores))
    else:
        chosen = total(score * y for score, y in _pairs("softmax_cross_entropy", scores, targets))
    return reduce(_log_add_exp, [score - chosen for score in scores])


def _log_add_exp(a: Value, b: Value) -> Value:
    """log(exp(a) + exp(b)), which does not overflow."""
    return a + softplus(b - a)


def weighted(loss: Loss) -> Loss:
    """Let each example count by a weight of its own: its last target.

    example = weight * loss.example(scores, *targets);  the mean is over examples, not weights.

    Args:
        loss: Of the targets before the last; its penalty stays as it is.

    Returns:
        A loss of examples with one more target, a number of at least 0.

    >>> weighted(mean_squared_error()).example((Value(data=3.0),), 1.0, 0.5).data
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


def _regression(name: str, cost: Callable[[Value], Value], *, l1: float, l2: float) -> Loss:
    return Loss(
        name=name,
        example=bind(_mean_over_outputs, name, bind(_of_error, cost)),
        penalty=_checked_penalty(name, l1=l1, l2=l2),
        check_target=bind(_check_pairs, name),
    )


def _of_error(cost: Callable[[Value], Value], score: Value, y: Scalar) -> Value:
    return cost(score - y)


def _mean_over_outputs(
    name: str, cost: Callable[[Value, Scalar], Value], scores: Scores, *targets: Scalar
) -> Value:
    """The cost of one score and its target; of several, the mean."""
    costs = [cost(score, y) for score, y in _pairs(name, scores, targets)]
    return costs[0] if len(costs) == 1 else total(costs) * (1.0 / len(costs))


def _pairs(name: str, a: Sequence[A], b: Sequence[B]) -> Iterator[tuple[A, B]]:
    _check_pairs(name, b, len(a))
    return zip(a, b, strict=True)


def _check_pairs(name: str, targets: Sequence[object], outputs: int) -> None:
    if len(targets) != outputs:
        expected = f"one output per target, {len(targets)}"
        raise ShapeError(f"{name}: the model must have {expected}, got {outputs}")


def _checked_penalty(name: str, *, l1: float, l2: float) -> Callable[[Value], Value] | None:
    return _penalty(l1=check_non_negative(name, "l1", l1), l2=check_non_negative(name, "l2", l2))


def _penalty(*, l1: float, l2: float) -> Callable[[Value], Value] | None:
    """What one parameter costs; None where that is nothing."""
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


def _all_signs_match(scores: Row, *targets: float) -> bool:
    if len(scores) == len(targets) == 1:  # the usual case, and the faster form
        return (scores[0] > 0.0) == (targets[0] > 0.0)
    return all((score > 0.0) == (y > 0.0) for score, y in zip(scores, targets, strict=True))


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
    _check_pairs("max_margin", targets, outputs)
    for y in targets:
        if y not in (-1.0, 1.0):
            raise DataError(f"max_margin: each label must be -1 or 1, got {y!r}{_relabelled(y)}")


def _relabelled(y: float) -> str:
    """What to do about the labels 0 and 1, the usual ones elsewhere."""
    return "; datasets.relabel(dataset, (-1, 1)) makes them so" if y == 0.0 else ""


def _check_yes_or_no(targets: Row, outputs: int) -> None:
    _check_pairs("binary_cross_entropy", targets, outputs)
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
        _check_pairs("softmax_cross_entropy", targets, outputs)
        if min(targets) < 0.0 or abs(sum(targets) - 1.0) > 1e-9:
            expected = "probabilities that add up to 1"
            raise DataError(f"softmax_cross_entropy: targets must be {expected}, got {targets!r}")
    elif not (targets[0].is_integer() and 0.0 <= targets[0] < outputs):
        expected = f"a class number below {outputs}, the number of outputs"
        raise DataError(f"softmax_cross_entropy: each label must be {expected}, got {targets[0]!r}")


CLASSIFICATION: Mapping[str, Callable[[float], Loss]] = {
    "binary_cross_entropy": lambda penalty: binary_cross_entropy(l2=penalty),
    "softmax_cross_entropy": lambda penalty: softmax_cross_entropy(l2=penalty),
    "max_margin": lambda penalty: max_margin(alpha=penalty),
}
"""The losses of classes, each from the weight of an L2 penalty.

>>> CLASSIFICATION["max_margin"](0.5).name
'max_margin'
"""

REGRESSION: Mapping[str, Callable[[float], Loss]] = {
    "mean_squared_error": lambda penalty: mean_squared_error(l2=penalty),
    "mean_absolute_error": lambda penalty: mean_absolute_error(l2=penalty),
    "huber": lambda penalty: huber(l2=penalty),
}
"""The losses of numbers, each from the weight of an L2 penalty.

>>> REGRESSION["huber"](0.0).penalty is None
True
"""
