"""A loss as data, and what it costs a model on a dataset.

>>> from microfp import datasets, nn
>>> from microfp.losses import max_margin
>>> evaluation = evaluate(max_margin(alpha=1e-4), nn.mlp(2, [16, 16, 1]), datasets.moons())
>>> round(evaluation.total.data, 6), evaluation.accuracy
(0.895844, 0.5)
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar, overload

from returns.pipeline import is_successful
from returns.result import safe

from microfp.base.binding import bind, shown
from microfp.base.checks import check_each, check_kind
from microfp.base.elsewhere.leading import names_home
from microfp.base.ieee import by_ieee
from microfp.datasets import ABSENT, Dataset, Examples, Row, as_dataset
from microfp.nn import Model
from microfp.nn import outputs as outputs_of
from microfp.record import Deferred, Record, attr, unchecked
from microfp.tree import parameters, without_parameters
from microfp.values import Value, total

__all__ = [
    "Evaluation",
    "Loss",
    "Scores",
    "accuracy",
    "check_fits",
    "check_targets",
    "evaluate",
    "evaluate_with",
    "own",
    "share_correct",
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

    >>> squared = Loss(name="squared", example=lambda scores, y: (scores[0] - y) ** 2)
    >>> squared.example((Value(data=3.0),), 1.0).data
    4.0
    >>> max_margin(alpha=1e-4)
    Loss(name='max_margin', penalty=ridge(0.0001, ...))
    """

    name: str = attr()
    """What to call it."""
    example: Callable[[Scores, float], Value] = attr()
    """From the scores of one example and its target to its loss. The target is a
    number, or a value while a graph is traced. Where examples have several targets, they
    come one after another: `def example(scores, *targets)`.
    """
    penalty: Callable[[Value], Value] | None = attr(default=None)
    """From one parameter to what it costs, or None."""
    is_correct: Callable[[Row, float], bool] | None = attr(default=None)
    """From scores, as numbers, and the targets to whether they are predicted; None
    where no example is simply right or wrong, as in regression.
    """
    check_target: Callable[[Row, int], None] | None = attr(default=None)
    """From the targets of one example and the number of scores to nothing; raises
    a `DataError` for targets that the loss has no meaning for.
    """
    position: Callable[[Scores, float], Value] | None = attr(default=None)
    """Where an example is a sequence, and costs the mean over its positions: from the
    scores of one position and its target to its loss; else None.
    """

    if not TYPE_CHECKING:  # a checker knows that it is no function

        def __call__(self, *_scores, **_named):
            """Say what is called instead."""
            raise TypeError(
                f"{self.name}: a loss is data, and no function of scores; write "
                "losses.evaluate(loss, model, dataset).total; one example costs "
                "loss.example(scores, y)"
            )

    def __repr__(self) -> str:
        """Show its name and its penalty; the other functions say nothing to people."""
        penalty = "" if self.penalty is None else f", penalty={shown(self.penalty)}"
        return f"Loss(name={self.name!r}{penalty})"


@overload
def own(
    name: str,
    example: Callable[[Scores, float], Value],
    *,
    penalty: Callable[[Value], Value] | None = ...,
    is_correct: Callable[[Row, float], bool] | None = ...,
) -> Loss: ...
@overload
def own(
    name: str,
    example: Callable[[Scores, float, float], Value],
    *,
    penalty: Callable[[Value], Value] | None = ...,
    is_correct: Callable[[Row, float, float], bool] | None = ...,
) -> Loss: ...
@overload
def own(
    name: str,
    example: Callable[[Scores, float, float, float], Value],
    *,
    penalty: Callable[[Value], Value] | None = ...,
    is_correct: Callable[[Row, float, float, float], bool] | None = ...,
) -> Loss: ...
def own(
    name: str,
    example: Callable[..., Value],
    *,
    penalty: Callable[[Value], Value] | None = None,
    is_correct: Callable[..., bool] | None = None,
) -> Loss:
    """Make a loss of one's own, for examples of one, two or three targets.

    For more of them, a function takes them all: `def example(scores, *targets)`.

    Args:
        name: What to call it.
        example: From the scores of one example and its targets to its loss.
        penalty: From one parameter to what it costs, or None.
        is_correct: From scores, as numbers, and the same targets to whether they are predicted.

    >>> gap = own("gap", lambda scores, low, high: (scores[0] - (high - low)) ** 2)
    >>> gap.name
    'gap'
    """
    return Loss(name=name, example=example, penalty=penalty, is_correct=is_correct)


class Evaluation(Record, Generic[M]):
    """A loss, evaluated: the value to differentiate, and what it is made of.

    >>> from microfp import datasets, nn
    >>> line = nn.neuron(1, weights=[2.0], activation="identity")
    >>> evaluate(max_margin(alpha=0.5), line, datasets.dataset([[0.0]], [1.0]))
    Evaluation(total=3.0, data=1.0, penalty=2.0, accuracy=0.0)
    """

    model: M = attr()
    """The model that was evaluated."""
    total: Value = attr()
    """`data + penalty`, the value that is to be differentiated."""
    data: Value = attr()
    """The mean loss of the examples."""
    penalty: Value = attr()
    """The sum of the penalties; 0.0 for a loss without one."""
    accuracy: float | None = attr(deferrable=True)
    """The share of examples predicted rightly, from 0 to 1, or None; counted when it is read."""
    scores: tuple[Scores, ...] = attr()
    """The outputs of the model, example by example."""

    def __repr__(self) -> str:
        """Show the numbers; model and scores would fill pages."""
        parts = f"data={self.data.data!r}, penalty={self.penalty.data!r}"
        return f"Evaluation(total={self.total.data!r}, {parts}, accuracy={self.accuracy!r})"


@names_home
def evaluate(loss: Loss, model: M, dataset: Examples) -> Evaluation[M]:
    """Run a model over a dataset and compute the loss, as one graph.

    Args:
        loss: The loss.
        model: Any model with as many inputs as the dataset has columns.
        dataset: The examples, or a pair `(xs, ys)` of their rows and targets.

    Raises:
        ShapeError: If model and dataset do not fit, or the model has no parameters.
        DataError: If a target has no meaning for the loss.

    >>> from microfp import datasets, nn
    >>> line = nn.neuron(1, weights=[2.0], activation="identity")
    >>> examples = datasets.dataset([[0.0], [3.0]], [-1.0, 1.0])
    >>> evaluate(max_margin(alpha=0.0), line, examples).data.data
    0.5
    """
    examples = _checked(loss, model, dataset)
    scores = tuple(outputs_of(model, row) for row in examples.xs)
    for score in scores[0]:
        check_kind("evaluate", "an output of the model", score, Value)
    check_targets(loss, examples, len(scores[0]))
    costs = (loss.example(row, *ys) for row, ys in zip(scores, examples.targets, strict=True))
    data = total(costs) * (1.0 / len(scores))
    penalty = total(map(loss.penalty, parameters(model)) if loss.penalty else ())
    # Read later, or never: where the scores have no numbers yet, the total can still be compiled.
    judged = Deferred(bind(accuracy, loss, scores, examples))
    return unchecked(Evaluation, model, data + penalty, data, penalty, judged, scores)


def evaluate_with(loss: Loss, dataset: Examples) -> Callable[[M], Evaluation[M]]:
    """Fix the loss and the data: a function from a model to its evaluation, for pipelines.

    >>> from microfp import datasets, nn
    >>> from microfp.toolbox import pipe
    >>> pipe(nn.mlp(2, [1]), evaluate_with(max_margin(), datasets.moons(4))).accuracy
    0.75
    """
    return bind(_evaluated, loss, dataset)


def _evaluated(loss: Loss, dataset: Examples, model: M) -> Evaluation[M]:
    return evaluate(loss, model, dataset)


@names_home
def accuracy(loss: Loss, scores: tuple[Scores, ...], dataset: Dataset) -> float | None:
    """Return the share of examples that are predicted rightly, or None where that has no meaning.

    >>> from microfp import datasets, value
    >>> examples = datasets.dataset([[0.0], [3.0]], [-1.0, 1.0])
    >>> accuracy(max_margin(), ((value(-5.0),), (value(-5.0),)), examples)
    0.5
    """
    for row in check_each("accuracy", "scores", scores, object):
        check_each("accuracy", "each of scores", row, Value)
    return share_correct(loss, (tuple(score.data for score in row) for row in scores), dataset)


def share_correct(loss: Loss, scores: Iterable[Row], dataset: Dataset) -> float | None:
    """Return the accuracy of scores that are plain numbers; see `accuracy`.

    >>> from microfp import datasets
    >>> examples = datasets.dataset([[0.0], [3.0]], [-1.0, 1.0])
    >>> share_correct(max_margin(), [(-5.0,), (5.0,)], examples)
    1.0
    """
    check_kind("accuracy", "loss", loss, Loss, example="max_margin()")
    check_kind("accuracy", "dataset", dataset, Dataset)
    if loss.is_correct is None:
        return None
    columns = zip(*dataset.targets, strict=True) if dataset.further_ys else (dataset.ys,)
    try:
        right = by_ieee(_count, loss.is_correct, tuple(scores), *columns)
    except TypeError:
        check_each("share_correct", "scores", scores, tuple)  # only now, for speed
        raise
    return right / len(dataset.ys)


def _count(is_correct: Callable[..., bool], rows: Iterable[Row], *columns: Row) -> int:
    """How many rows are predicted rightly."""
    return sum(map(is_correct, rows, *columns))


def check_fits(loss: Loss, model: Model, dataset: Examples) -> None:
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
    examples = _checked(loss, model, dataset)
    check_targets(loss, examples, len(_first_scores(loss, model, examples.xs[0])))


def _first_scores(loss: Loss, model: Model, row: Row) -> Scores:
    """The outputs for the first example; of a sequence, its first position is enough.

    The graph of a whole document may have millions of nodes. A model that cannot read a row that
    has ended is given the whole of it.
    """
    if loss.position is not None:
        short = safe(outputs_of)(model, (row[0], *[ABSENT] * (len(row) - 1)))
        if is_successful(short):
            return short.unwrap()
    return outputs_of(model, row)


def _checked(loss: Loss, model: Model, dataset: Examples) -> Dataset:
    check_kind("evaluate", "loss", loss, Loss, example="losses.max_margin()")
    examples = as_dataset("evaluate", dataset)
    if not parameters(model):
        raise without_parameters(loss.name, model)
    return examples


def check_targets(loss: Loss, dataset: Dataset, outputs: int) -> None:
    """Check that a loss has a meaning for every target of a dataset, and so many outputs.

    Raises:
        ShapeError: If there are more or fewer targets an example than the outputs need.
        DataError: If a target has no meaning.

    >>> from microfp import datasets
    >>> check_targets(max_margin(), datasets.moons(4), 1)
    """
    check_kind("check_targets", "dataset", dataset, Dataset)
    check_kind("check_targets", "loss", loss, Loss, example="max_margin()")
    if loss.check_target is not None:
        several = dataset.targets if dataset.further_ys else ((y,) for y in dataset.ys)
        for targets in several:
            loss.check_target(targets, outputs)
