"""Pictures of text of what a model has learned: classes in the plane, a curve.

>>> from microfp import datasets, nn
>>> print(curve_map(nn.neuron(1, weights=[1.0], activation="identity"), datasets.waves(9), 24)[:26])
+------------------------+
"""

from collections.abc import Mapping, Sequence

from microfp.base.checks import check_count, check_kind
from microfp.compiler.python.scores import scores
from microfp.datasets import Dataset
from microfp.errors import ShapeError
from microfp.nn import Model

__all__ = ["class_map", "curve_map"]

LINES = 24
SHADES = " .:=%#"


def class_map(model: Model, dataset: Dataset, columns: int) -> str:
    """Draw which class has the largest score, with the examples as digits over it.

    Args:
        model: A model with two inputs and a score for each class.
        dataset: Two-dimensional examples, with the labels 0, 1, 2, ...
        columns: How many characters a line has.

    Returns:
        The lines of the picture, framed, with the legend.

    >>> from microfp import datasets, nn
    >>> picture = class_map(nn.layer(2, 3), datasets.rings(6, noise=0.0), 30)
    >>> sorted({mark for mark in picture.rpartition("+")[0] if mark.isdigit()})
    ['0', '1', '2']
    """
    check_kind("class_map", "dataset", dataset, Dataset)
    check_count("class_map", "columns", columns, minimum=1)
    across, up = (_axis([row[i] for row in dataset.xs], n) for i, n in ((0, columns), (1, LINES)))
    grid = [(x, y) for y in reversed(up) for x in across]
    predicted = [row.index(max(row)) for row in map(list, scores(model, grid))]
    marks = {
        (LINES - 1 - _nearest(y, up), _nearest(x, across)): f"{label:.0f}"[-1]
        for (x, y), label in zip(dataset.xs, dataset.ys, strict=True)
    }
    shades = [SHADES[best % len(SHADES)] for best in predicted]
    kinds = sorted({int(label) for label in dataset.ys})
    legend = ", ".join(f"{SHADES[kind % len(SHADES)]!r} class {kind}" for kind in kinds)
    return _framed(shades, marks, columns, f"predicted: {legend}; digits are examples")


def curve_map(model: Model, dataset: Dataset, columns: int) -> str:
    """Draw a function of one number as a line of stars, over the examples.

    Args:
        model: A model with one input and one output.
        dataset: Examples of one column.
        columns: How many characters a line has.

    Returns:
        The lines of the picture, framed, with the legend.

    >>> from microfp import datasets, nn
    >>> "*: predicted" in curve_map(nn.neuron(1), datasets.waves(5), 30)
    True
    """
    check_kind("curve_map", "dataset", dataset, Dataset)
    check_count("curve_map", "columns", columns, minimum=1)
    if len(dataset.xs[0]) != 1:
        raise ShapeError(f"curve_map: dataset must have one column, got {len(dataset.xs[0])}")
    across = _axis([x for (x,) in dataset.xs], columns)
    line = [y for (y,) in scores(model, [(x,) for x in across])]
    up = _axis([*dataset.ys, *line], LINES)
    examples = {
        (LINES - 1 - _nearest(y, up), _nearest(x, across)): "o"
        for (x,), y in zip(dataset.xs, dataset.ys, strict=True)
    }
    stars = {(LINES - 1 - _nearest(y, up), i): "*" for i, y in enumerate(line)}
    legend = f"y from {up[0]:.3g} to {up[-1]:.3g}; *: predicted, o: an example"
    return _framed([" "] * columns * LINES, {**examples, **stars}, columns, legend)


def _axis(numbers: Sequence[float], count: int) -> list[float]:
    """So many places from the least to the largest number, and a little beyond."""
    low, high = min(numbers) - 0.1, max(numbers) + 0.1
    return [low + (high - low) * i / (count - 1) for i in range(count)]


def _nearest(number: float, places: Sequence[float]) -> int:
    share = (number - places[0]) / (places[-1] - places[0])
    return max(0, min(round(share * (len(places) - 1)), len(places) - 1))


def _framed(
    cells: Sequence[str], marks: Mapping[tuple[int, int], str], columns: int, legend: str
) -> str:
    rows = [
        "".join(marks.get((line, i), cells[line * columns + i]) for i in range(columns))
        for line in range(LINES)
    ]
    edge = f"+{'-' * columns}+"
    return "\n".join([edge, *(f"|{row}|" for row in rows), edge, legend])
