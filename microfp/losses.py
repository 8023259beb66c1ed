"""Losses as data: what one example costs, and what one parameter costs.

>>> from microfp import datasets, nn
>>> evaluation = evaluate(max_margin(alpha=1e-4), nn.mlp(2, [16, 16, 1]), datasets.moons())
>>> round(evaluation.total.data, 6), evaluation.accuracy
(0.895844, 0.5)
"""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from microfp.checks import check_kind, check_non_negative
from microfp.datasets import Dataset
from microfp.errors import DataError, ShapeError
from microfp.nn import Model, forward_many
from microfp.record import Record, attr
from microfp.tree import parameters
from microfp.values import Value, relu, total

M = TypeVar("M", bound=Model)
Scores = tuple[Value, ...]
"""The outputs of a model for one example."""


class Loss(Record):
    """What is to be made small: the mean over examples, plus a penalty per parameter.

    total = mean of example(scores, target) + sum of penalty(parameter)

    Since a loss says what belongs to one example and what to one parameter, whoever computes it
    knows what can be computed side by side.

    Attributes:
        name: What to call it.
        example: From the scores of one example and its target to its loss.
        penalty: From one parameter to what it costs, or None.
        is_correct: Whether scores, as numbers, predict the target; None where no example is
            simply right or wrong, as in regression.
        check_target: Raises a `DataError` for a target that the loss has no meaning for.

    >>> squared = Loss(name="squared", example=lambda scores, y: (scores[0] - y) ** 2)
    >>> squared.example((Value(data=3.0),), 1.0).data
    4.0
    """

    name: str = attr()
    example: Callable[[Scores, float], Value] = attr()
    penalty: Callable[[Value], Value] | None = attr(default=None)
    is_correct: Callable[[tuple[float, ...], float], bool] | None = attr(default=None)
    check_target: Callable[[float], None] | None = attr(default=None)


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
    >>> evaluate(max_margin(), nn.mlp(2, [1]), datasets.moons(4)).penalty.op
    'total'
    """

    model: M = attr()
    total: Value = attr()
    data: Value = attr()
    penalty: Value = attr()
    accuracy: float | None = attr()
    scores: tuple[Scores, ...] = attr()


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
    check_fits(loss, model, dataset)
    scores = tuple(forward_many(model, row) for row in dataset.xs)
    costs = map(loss.example, scores, dataset.ys)
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
    return lambda model: evaluate(loss, model, dataset)


def accuracy(loss: Loss, scores: tuple[Scores, ...], dataset: Dataset) -> float | None:
    """Return the share of examples that are predicted rightly, or None where that has no meaning.

    >>> from microfp import datasets, value
    >>> examples = datasets.dataset([[0.0], [3.0]], [-1.0, 1.0])
    >>> accuracy(max_margin(), ((value(-5.0),), (value(-5.0),)), examples)
    0.5
    """
    return share_correct(loss, (tuple(score.data for score in row) for row in scores), dataset)


def share_correct(
    loss: Loss, scores: Iterable[tuple[float, ...]], dataset: Dataset
) -> float | None:
    """Return the accuracy of scores that are plain numbers; see `accuracy`.

    >>> from microfp import datasets
    >>> examples = datasets.dataset([[0.0], [3.0]], [-1.0, 1.0])
    >>> share_correct(max_margin(), [(-5.0,), (5.0,)], examples)
    1.0
    """
    if loss.is_correct is None:
        return None
    return sum(map(loss.is_correct, scores, dataset.ys)) / len(dataset.ys)


def check_fits(loss: Loss, model: Model, dataset: Dataset) -> None:
    """Check that a model can be trained on a dataset by a loss.

    Raises:
        TypeError: If there is no loss or no dataset where one should be.
        ShapeError: If the model has no parameters.
        DataError: If a target has no meaning for the loss.

    >>> from microfp import datasets, nn
    >>> check_fits(max_margin(), nn.mlp(2, [1]), datasets.dataset([[0.0, 0.0]], [3.0]))
    Traceback (most recent call last):
    microfp.errors.DataError: max_margin: each label must be -1 or 1, got 3.0
    """
    check_kind("evaluate", "loss", loss, Loss)
    check_kind("evaluate", "dataset", dataset, Dataset)
    if not parameters(model):
        raise ShapeError(f"{loss.name}: the model must have parameters, got {model!r:.80}")
    check_targets(loss, dataset)


def check_targets(loss: Loss, dataset: Dataset) -> None:
    """Check that a loss has a meaning for every target of a dataset.

    Raises:
        DataError: If it has not.

    >>> from microfp import datasets
    >>> check_targets(max_margin(), datasets.moons(4))
    """
    if loss.check_target is not None:
        for target in dataset.ys:
            loss.check_target(target)


def max_margin(*, alpha: float = 1e-4) -> Loss:
    """The hinge loss of a support vector machine, with an L2 penalty.

    example = relu(1 - y * score),  penalty = alpha * p * p,  for y = -1 or 1.

    Args:
        alpha: The weight of the penalty, finite and at least 0.

    Source: C. Cortes and V. Vapnik, Support-vector networks, 1995; the loss of micrograd's demo.

    >>> max_margin().example((Value(data=0.25),), 1.0).data
    0.75
    """
    weight = check_non_negative("max_margin", "alpha", alpha)
    return Loss(
        name="max_margin",
        example=lambda scores, y: relu(1.0 - y * _single(scores)),
        penalty=(lambda p: weight * (p * p)) if weight else None,
        is_correct=lambda scores, y: (scores[0] > 0.0) == (y > 0.0),
        check_target=_check_sign,
    )


def _single(scores: Scores) -> Value:
    if len(scores) != 1:
        raise ShapeError(f"max_margin: the model must have one output, got {len(scores)}")
    return scores[0]


def _check_sign(target: float) -> None:
    if target not in (-1.0, 1.0):
        raise DataError(f"max_margin: each label must be -1 or 1, got {target!r}")
