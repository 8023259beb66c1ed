"""Plain rows for charts: lists of dicts that any plotting library, or a test, can read.

>>> from microfp import datasets
>>> dataset_points(datasets.moons(4, noise=0.0, shuffle=False))[0]
{'x': 1.0, 'y': 0.0, 'label': 'class -1', 'label_value': -1.0}
"""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypedDict, TypeVar

from microfp.base.checks import (
    check_callable,
    check_count,
    check_each,
    check_kind,
    check_non_negative,
    check_positive,
    check_size,
)
from microfp.compiler.python.scores import scores
from microfp.datasets import Examples, as_dataset
from microfp.nn import Model, forward, parameters
from microfp.record import check_several
from microfp.schedules import Schedule
from microfp.trainer import Metrics, Run, TrainState

__all__ = [
    "MOST_POINTS",
    "BinRow",
    "BoundaryRow",
    "FrameRow",
    "HistoryRow",
    "MetricRow",
    "PointRow",
    "RateRow",
    "SegmentRow",
    "accuracy_history",
    "boundary_frames",
    "dataset_points",
    "decision_boundary",
    "evenly",
    "loss_history",
    "parameter_histogram",
    "schedule_rates",
    "training_history",
    "zero_line",
]


M = TypeVar("M", bound=Model)


class PointRow(TypedDict):
    """One example of a two-dimensional dataset.

    >>> from microfp import datasets
    >>> dataset_points(datasets.dataset([[1, 2]], [1]))[0]["label"]
    'class 1'
    """

    x: float
    """The first input."""
    y: float
    """The second input."""
    label: str
    """The class in words, such as `class 1`."""
    label_value: float
    """The target as a number."""


class HistoryRow(TypedDict):
    """The metrics of one step; accuracy also in percent.

    >>> from microfp import datasets, nn, trainer
    >>> run = trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=1)
    >>> training_history(run)[0]["accuracy_percent"]
    75.0
    """

    step: int
    """The number of the step, from 0."""
    loss: float
    """The total loss: data loss plus penalty."""
    data_loss: float
    """The mean loss of the examples."""
    penalty: float
    """The sum of the penalties of the parameters."""
    accuracy: float | None
    """The share of examples predicted rightly, from 0 to 1, or None."""
    accuracy_percent: float | None
    """The same from 0 to 100, or None."""
    learning_rate: float | None
    """The rate of the update that followed, or None."""
    gradient_norm: float
    """The Euclidean norm of the gradient."""


class MetricRow(TypedDict):
    """One number of one step, in long form.

    >>> from microfp import datasets, nn, trainer
    >>> run = trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=1)
    >>> loss_history(run)[0]["metric"]
    'total loss'
    """

    step: int
    """The number of the step, from 0."""
    metric: str
    """What was measured, in words."""
    value: float
    """The number."""


class RateRow(TypedDict):
    """The learning rate of one step.

    >>> from microfp.schedules import constant
    >>> schedule_rates(constant(0.5), 1)
    [{'step': 0, 'learning_rate': 0.5}]
    """

    step: int
    """The number of the step, from 0."""
    learning_rate: float
    """The rate of its update."""


class BoundaryRow(TypedDict):
    """One point of a grid and what a model says of it.

    >>> from microfp import datasets, nn
    >>> right = nn.neuron(2, weights=[1.0, 0.0], activation="identity")
    >>> decision_boundary(right, datasets.moons(4))[-1]["predicted"]
    'class 1'
    """

    x: float
    """The first input."""
    y: float
    """The second input."""
    predicted: str
    """The class in words, such as `class 1`."""
    predicted_value: float
    """The class as a number."""
    score: float
    """The output of the model."""


class SegmentRow(TypedDict):
    """A straight piece of a line, from (x, y) to (x2, y2).

    >>> SegmentRow(x=0.0, y=0.0, x2=1.0, y2=0.5)["y2"]
    0.5
    """

    x: float
    """The first input where it starts."""
    y: float
    """The second input where it starts."""
    x2: float
    """The first input where it ends."""
    y2: float
    """The second input where it ends."""


class BinRow(TypedDict):
    """How many parameters lay from `low` up to `high` at one step.

    >>> from microfp import nn, optim, trainer
    >>> start = trainer.initial_state(nn.neuron(1, weights=[1.0]), optim.sgd(0.1))
    >>> sum(row["count"] for row in parameter_histogram([start]))
    2
    """

    step: int
    """The number of steps done when they were counted."""
    until: int
    """The next such number; a slider shows the row until then."""
    low: float
    """Where the bin begins."""
    high: float
    """Where it ends."""
    count: int
    """How many parameters lay in it."""


class FrameRow(TypedDict):
    """What a model said of a whole grid from one step until the next that was looked at.

    `scores` go column by column from the left, each from the bottom up, and `rows` is how many
    points there are in a column; `line` is where the score is 0.

    >>> from microfp import datasets, nn, toolbox, trainer
    >>> data = datasets.moons(10)
    >>> states = list(toolbox.take(1, trainer.train(nn.mlp(2, [1]), data)))
    >>> frame = boundary_frames(states, data, h=1.0)[0]
    >>> len(frame["scores"]) % frame["rows"]
    0
    """

    step: int
    """The number of steps done."""
    until: int
    """The next such number that was looked at."""
    scores: list[float]
    """The output of the model at every point of the grid."""
    rows: int
    """How many points a column has."""
    left: float
    """The first input of the first column."""
    bottom: float
    """The second input of the lowest point of each column."""
    h: float
    """The distance of neighbouring points."""
    line: list[SegmentRow]
    """The pieces of the line where the score is 0."""


def dataset_points(dataset: Examples) -> list[PointRow]:
    """Return a row per example of a two-dimensional dataset.

    Raises:
        ShapeError: If the dataset has not two columns.

    >>> from microfp import datasets
    >>> len(dataset_points(datasets.moons(10)))
    10
    """
    examples = as_dataset("dataset_points", dataset)
    return [
        PointRow(x=p.x, y=p.y, label=_class_name(p.label), label_value=p.label)
        for p in examples.points
    ]


def training_history(run: Run[M]) -> list[HistoryRow]:
    """Return a row per logged step with everything that was measured.

    >>> from microfp import datasets, nn, trainer
    >>> run = trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=2)
    >>> [row["step"] for row in training_history(run)]
    [0, 1]
    """
    return [_history_row(metrics) for metrics in _history("training_history", run)]


def _history(where: str, run: Run[M]) -> Sequence[Metrics]:
    return check_kind(where, "run", run, Run, example="what trainer.fit returns").history


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
        for metrics in _history("loss_history", run)
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
        for metrics in _history("accuracy_history", run)
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
    check_callable(
        "schedule_rates", "schedule", schedule, "a schedule, such as schedules.constant(0.1)"
    )
    count = check_size("schedule_rates", "steps", steps)
    return [RateRow(step=step, learning_rate=schedule(step)) for step in range(count)]


MOST_POINTS = 4_000_000
"""The most points of a grid: their rows fill a gigabyte.

>>> MOST_POINTS
4000000
"""


def decision_boundary(
    model: Model, dataset: Examples, *, h: float = 0.25, padding: float = 1.0
) -> list[BoundaryRow]:
    """Evaluate a model on a grid over a two-dimensional dataset.

    Args:
        model: A model with two inputs and one output.
        dataset: Its examples span the grid.
        h: The distance between neighbours in the grid, above 0.
        padding: How far the grid goes beyond the examples, 0 or more.

    Returns:
        A row per point, column by column from the left, each from the bottom up.

    Raises:
        ValueError: If `h` is not above 0, or so small that the grid has over `MOST_POINTS` points.

    >>> from microfp import datasets, nn
    >>> rows = decision_boundary(nn.mlp(2, [1]), datasets.moons(10), h=1.0)
    >>> rows[0]["predicted"] in {"class -1", "class 1"}
    True
    """
    spacing = check_positive("decision_boundary", "h", h)
    margin = check_non_negative("decision_boundary", "padding", padding)
    points = as_dataset("decision_boundary", dataset).points
    xs, ys = [p.x for p in points], [p.y for p in points]
    _check_grid("decision_boundary", h, _length(xs, spacing, margin) * _length(ys, spacing, margin))
    columns, rows = _grid(xs, spacing, margin), _grid(ys, spacing, margin)
    grid = [(x, y) for x in columns for y in rows]
    forward(model, grid[0])  # says what is wrong with a model that has not one output
    return [
        _boundary_row(x, y, score)
        for (x, y), (score,) in zip(grid, scores(model, grid), strict=True)
    ]


def _check_grid(where: str, h: float, size: float) -> None:
    if size > MOST_POINTS:
        expected = f"so large that the grid has at most {MOST_POINTS:,} points"
        raise ValueError(f"{where}: h must be {expected}, got {h!r}, for {size:.3g} of them")


def _length(numbers: list[float], spacing: float, margin: float) -> float:
    """How many points a row of the grid would have, which may be more than can be counted."""
    return (max(numbers) - min(numbers) + 2.0 * margin) / spacing + 1.0


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


def zero_line(rows: Sequence[BoundaryRow]) -> list[SegmentRow]:
    """Find where the score crosses 0, by linear interpolation between neighbours in the grid.

    Args:
        rows: A whole grid, in the order of `decision_boundary`.

    Returns:
        Straight pieces, each inside one triangle of the grid. After Lorensen and Cline,
        "Marching cubes" (SIGGRAPH 1987), with triangles, which leave no case ambiguous.

    >>> from microfp import datasets, nn
    >>> upright = nn.neuron(2, weights=[1.0, 0.0], activation="identity")
    >>> data = datasets.dataset([(-1.0, 0.0), (1.0, 1.0)], [-1, 1])
    >>> line = zero_line(decision_boundary(upright, data, h=2.0, padding=0.5))
    >>> {row["x"] for row in line}
    {0.0}
    """
    check_each("zero_line", "rows", rows, dict)
    height = sum(row["x"] == rows[0]["x"] for row in rows) if rows else 0
    columns = [rows[i : i + height] for i in range(0, len(rows), height)] if height else []
    return [
        segment
        for left, right in pairwise(columns)
        for (a, b), (c, d) in zip(pairwise(left), pairwise(right), strict=True)
        for triangle in ((a, b, d), (a, c, d))
        for segment in _crossing(triangle)
    ]


def _crossing(corners: Sequence[BoundaryRow]) -> list[SegmentRow]:
    """The piece of the zero line inside a triangle, if it passes there."""
    sides = [(corners[i], corners[j]) for i, j in ((0, 1), (1, 2), (0, 2))]
    ends = [_root(a, b) for a, b in sides if (a["score"] > 0.0) != (b["score"] > 0.0)]
    if len(ends) != 2 or not all(math.isfinite(number) for end in ends for number in end):
        return []
    (x, y), (x2, y2) = ends
    return [SegmentRow(x=x, y=y, x2=x2, y2=y2)] if ends[0] != ends[1] else []


def _root(a: BoundaryRow, b: BoundaryRow) -> tuple[float, float]:
    share = a["score"] / (a["score"] - b["score"])
    return a["x"] + share * (b["x"] - a["x"]), a["y"] + share * (b["y"] - a["y"])


def boundary_frames(
    states: Sequence[TrainState[M]], dataset: Examples, *, h: float = 0.25, padding: float = 1.0
) -> list[FrameRow]:
    """Evaluate the models of a training on one grid: the frames of a film of their boundaries.

    Args:
        states: Some states of a training, by rising step.
        dataset: Two-dimensional examples, which span the grid.
        h: The distance between neighbours in the grid, above 0.
        padding: How far the grid goes beyond the examples, 0 or more.

    >>> from microfp import datasets, nn, toolbox, trainer
    >>> data = datasets.moons(10)
    >>> states = list(toolbox.take(3, trainer.train(nn.mlp(2, [1]), data)))
    >>> [(row["step"], row["until"]) for row in boundary_frames(states, data, h=1.0)]
    [(1, 2), (2, 3), (3, 4)]
    """
    check_each("boundary_frames", "states", states, TrainState)
    return [
        _frame(state, until, decision_boundary(state.model, dataset, h=h, padding=padding), h)
        for state, until in zip(states, _ends(states), strict=True)
    ]


def _frame(state: TrainState[M], until: int, grid: list[BoundaryRow], h: float) -> FrameRow:
    return FrameRow(
        step=state.step,
        until=until,
        scores=[row["score"] for row in grid],
        rows=sum(row["x"] == grid[0]["x"] for row in grid),
        left=grid[0]["x"],
        bottom=grid[0]["y"],
        h=h,
        line=zero_line(grid),
    )


def _ends(states: Sequence[TrainState[M]]) -> list[int]:
    """For each state the step of the next one; the last stands for one step."""
    steps = [state.step for state in states]
    return [*steps[1:], steps[-1] + 1] if steps else []


def parameter_histogram(states: Sequence[TrainState[M]], *, bins: int = 40) -> list[BinRow]:
    """Count the parameters of each state in bins of equal width, the same for all states.

    Args:
        states: Some states of a training, by rising step.
        bins: How many bins span all finite parameters, at least 1.

    Returns:
        A row per state and bin that is not empty; parameters that are not finite are in none.

    >>> from microfp import nn, optim, trainer
    >>> start = trainer.initial_state(nn.neuron(2, weights=[-1.0, 1.0]), optim.sgd(0.1))
    >>> [(row["low"], row["high"], row["count"]) for row in parameter_histogram([start], bins=2)]
    [(-1.0, 0.0, 1), (0.0, 1.0, 2)]
    """
    check_each("parameter_histogram", "states", states, TrainState)
    check_size("parameter_histogram", "bins", bins, minimum=1)
    numbers = [list(filter(math.isfinite, _numbers(state))) for state in states]
    found = [number for row in numbers for number in row]
    if not found:
        return []
    edges = _edges(min(found), max(found), bins)
    return [
        BinRow(step=state.step, until=until, low=edges[i], high=edges[i + 1], count=count)
        for state, until, row in zip(states, _ends(states), numbers, strict=True)
        for i, count in sorted(Counter(_bins(row, edges)).items())
    ]


def _numbers(state: TrainState[M]) -> list[float]:
    return [parameter.data for parameter in parameters(state.model)]


def _edges(low: float, high: float, bins: int) -> list[float]:
    width = (high - low) / bins or 1.0
    return [low + i * width for i in range(bins + 1)]


def _bins(numbers: Sequence[float], edges: Sequence[float]) -> Iterator[int]:
    """The number of the bin of each; the last bin holds its upper edge too."""
    return (min(bisect_right(edges, number) - 1, len(edges) - 2) for number in numbers)


def evenly(states: Sequence[TrainState[M]], count: int) -> list[TrainState[M]]:
    """Choose some states at even distances, the first and the last among them.

    Args:
        states: By rising step.
        count: How many to choose at most, 2 or more.

    >>> from microfp import datasets, nn, toolbox, trainer
    >>> states = list(toolbox.take(9, trainer.train(nn.mlp(2, [1]), datasets.moons(4))))
    >>> [state.step for state in evenly(states, 3)]
    [1, 5, 9]
    """
    check_several("evenly", "states", "a sequence of states", states)
    check_count("evenly", "count", count, minimum=2)
    if len(states) <= count:
        return list(states)
    return [states[round(i * (len(states) - 1) / (count - 1))] for i in range(count)]


def _class_name(label: float) -> str:
    return f"class {label:g}"
