"""Plain rows for charts: lists of dicts that any plotting library, or a test, can read.

>>> from microfp import datasets
>>> dataset_points(datasets.moons(4, noise=0.0, shuffle=False))[0]
{'x': 1.0, 'y': 0.0, 'label': 'class -1', 'label_value': -1.0}
"""

import math
from typing import TypedDict, TypeVar

from microfp.checks import check_count, check_non_negative, check_positive
from microfp.datasets import Dataset
from microfp.native.scoring import scores
from microfp.nn import Model, forward
from microfp.schedules import Schedule
from microfp.trainer import Metrics, Run

M = TypeVar("M", bound=Model)


class PointRow(TypedDict):
    """One example of a two-dimensional dataset.

    >>> from microfp import datasets
    >>> dataset_points(datasets.dataset([[1, 2]], [1]))[0]["label"]
    'class 1'
    """

    x: float
    y: float
    label: str
    label_value: float


class HistoryRow(TypedDict):
    """The metrics of one step; accuracy also in percent.

    >>> from microfp import datasets, nn, trainer
    >>> run = trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=1)
    >>> training_history(run)[0]["accuracy_percent"]
    75.0
    """

    step: int
    loss: float
    data_loss: float
    penalty: float
    accuracy: float | None
    accuracy_percent: float | None
    learning_rate: float | None
    gradient_norm: float


class MetricRow(TypedDict):
    """One number of one step, in long form.

    >>> from microfp import datasets, nn, trainer
    >>> run = trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=1)
    >>> loss_history(run)[0]["metric"]
    'total loss'
    """

    step: int
    metric: str
    value: float


class RateRow(TypedDict):
    """The learning rate of one step.

    >>> from microfp.schedules import constant
    >>> schedule_rates(constant(0.5), 1)
    [{'step': 0, 'learning_rate': 0.5}]
    """

    step: int
    learning_rate: float


class BoundaryRow(TypedDict):
    """One point of a grid and what a model says of it.

    >>> from microfp import datasets, nn
    >>> right = nn.neuron(2, weights=[1.0, 0.0], activation="identity")
    >>> decision_boundary(right, datasets.moons(4))[-1]["predicted"]
    'class 1'
    """

    x: float
    y: float
    predicted: str
    predicted_value: float
    score: float


def dataset_points(dataset: Dataset) -> list[PointRow]:
    """Return a row per example of a two-dimensional dataset.

    Raises:
        ShapeError: If the dataset has not two columns.

    >>> from microfp import datasets
    >>> len(dataset_points(datasets.moons(10)))
    10
    """
    return [
        PointRow(x=p.x, y=p.y, label=_class_name(p.label), label_value=p.label)
        for p in dataset.points
    ]


def training_history(run: Run[M]) -> list[HistoryRow]:
    """Return a row per logged step with everything that was measured.

    >>> from microfp import datasets, nn, trainer
    >>> run = trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=2)
    >>> [row["step"] for row in training_history(run)]
    [0, 1]
    """
    return [_history_row(metrics) for metrics in run.history]


def _history_row(metrics: Metrics) -> HistoryRow:
    return HistoryRow(
        step=metrics.step,
        loss=metrics.loss,
        data_loss=metrics.data_loss,
        penalty=metrics.penalty,
        accuracy=metrics.accuracy,
        accuracy_percent=None if metrics.accuracy is None else 100.0 * metrics.accuracy,
        learning_rate=metrics.learning_rate,
        gradient_norm=metrics.gradient_norm,
    )


def loss_history(run: Run[M]) -> list[MetricRow]:
    """Return three rows per logged step: total loss, data loss and penalty.

    >>> from microfp import datasets, nn, trainer
    >>> run = trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=1)
    >>> [row["metric"] for row in loss_history(run)]
    ['total loss', 'data loss', 'penalty']
    """
    return [
        MetricRow(step=metrics.step, metric=name, value=number)
        for metrics in run.history
        for name, number in (
            ("total loss", metrics.loss),
            ("data loss", metrics.data_loss),
            ("penalty", metrics.penalty),
        )
    ]


def accuracy_history(run: Run[M]) -> list[MetricRow]:
    """Return a row per logged step with the accuracy in percent, where there is one.

    >>> from microfp import datasets, nn, trainer
    >>> run = trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=1)
    >>> accuracy_history(run)
    [{'step': 0, 'metric': 'accuracy', 'value': 75.0}]
    """
    return [
        MetricRow(step=metrics.step, metric="accuracy", value=100.0 * metrics.accuracy)
        for metrics in run.history
        if metrics.accuracy is not None
    ]


def schedule_rates(schedule: Schedule, steps: int) -> list[RateRow]:
    """Return a row per step with the learning rate that a schedule gives it.

    Args:
        schedule: A function from the step to the rate.
        steps: How many steps, 0 or more.

    >>> from microfp.schedules import linear
    >>> [row["learning_rate"] for row in schedule_rates(linear(1.0, 0.0, 2), 4)]
    [1.0, 0.5, 0.0, 0.0]
    """
    count = check_count("schedule_rates", "steps", steps)
    return [RateRow(step=step, learning_rate=schedule(step)) for step in range(count)]


def decision_boundary(
    model: Model, dataset: Dataset, *, h: float = 0.25, padding: float = 1.0
) -> list[BoundaryRow]:
    """Evaluate a model on a grid over a two-dimensional dataset.

    Args:
        model: A model with two inputs and one output.
        dataset: Its examples span the grid.
        h: The distance between neighbours in the grid, above 0.
        padding: How far the grid goes beyond the examples, 0 or more.

    Returns:
        A row per point, column by column from the left, each from the bottom up.

    >>> from microfp import datasets, nn
    >>> rows = decision_boundary(nn.mlp(2, [1]), datasets.moons(10), h=1.0)
    >>> rows[0]["predicted"] in {"class -1", "class 1"}
    True
    """
    spacing = check_positive("decision_boundary", "h", h)
    margin = check_non_negative("decision_boundary", "padding", padding)
    points = dataset.points
    columns = _grid([p.x for p in points], spacing, margin)
    rows = _grid([p.y for p in points], spacing, margin)
    grid = [(x, y) for x in columns for y in rows]
    forward(model, grid[0])  # says what is wrong with a model that has not one output
    return [
        _boundary_row(x, y, score)
        for (x, y), (score,) in zip(grid, scores(model, grid), strict=True)
    ]


def _grid(numbers: list[float], spacing: float, margin: float) -> list[float]:
    low, high = min(numbers) - margin, max(numbers) + margin
    return [low + i * spacing for i in range(math.floor((high - low) / spacing) + 1)]


def _boundary_row(x: float, y: float, score: float) -> BoundaryRow:
    predicted = 1.0 if score > 0.0 else -1.0
    return BoundaryRow(
        x=x,
        y=y,
        predicted=_class_name(predicted),
        predicted_value=predicted,
        score=score,
    )


def _class_name(label: float) -> str:
    return f"class {label:g}"
