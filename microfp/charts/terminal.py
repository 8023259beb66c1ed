"""Pictures of text: a decision boundary for a terminal, a log or a mail, in plain ASCII.

>>> points = [PointRow(x=x, y=x / 2, label="", label_value=1.0) for x in (0.0, 58.0)]
>>> boundary_spacing(points)
1.0
"""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from microfp.base.checks import check_each, wrong_value
from microfp.charts.plot_data import BoundaryRow, PointRow

__all__ = ["boundary_map", "boundary_spacing"]

_SHADES = {(False, False): " ", (False, True): ".", (True, False): "'", (True, True): ":"}
"""A character shows two points of the grid, the upper one and the lower one: class 1 is dark."""


def boundary_spacing(
    points: Sequence[PointRow], *, columns: int = 60, lines: int = 24, padding: float = 0.5
) -> float:
    """Choose the spacing of a grid that `boundary_map` shows on so many columns and lines.

    Args:
        points: What the grid spans, at least one.
        columns: The most characters in a line, 2 or more.
        lines: The most lines, 1 or more; a line holds two rows of the grid.
        padding: How far the grid goes beyond the points, above 0.

    Returns:
        The `h` for `plot_data.decision_boundary`.

    >>> points = [PointRow(x=x, y=x / 2, label="", label_value=1.0) for x in (0.0, 58.0)]
    >>> boundary_spacing(points)
    1.0
    """
    check_each("boundary_spacing", "points", points, dict)
    width = _extent([p["x"] for p in points]) + 2.0 * padding
    height = _extent([p["y"] for p in points]) + 2.0 * padding
    return max(width / (columns - 1), height / (2 * lines - 1))


def _extent(numbers: Sequence[float]) -> float:
    return max(numbers) - min(numbers)


def boundary_map(grid: Sequence[BoundaryRow], points: Sequence[PointRow]) -> str:
    """Draw what a model predicts on a grid, with the examples over it.

    A character is half as wide as it is high, so it stands for two points of the grid, one above
    the other: `:` where both are of class 1, a blank where both are of class -1, `'` and `.`
    where the boundary passes between them. An example is `x` (class 1) or `o` (class -1), and
    `*` where both fall into one place.

    Args:
        grid: The rows of `plot_data.decision_boundary`.
        points: The rows of `plot_data.dataset_points`, inside the grid.

    Returns:
        The lines of the picture, framed, with the ranges of both axes and the legend.

    >>> from microfp import datasets, nn
    >>> from microfp.charts.plot_data import dataset_points, decision_boundary
    >>> model = nn.neuron(2, weights=[1.0, 1.0], activation="identity")
    >>> data = datasets.dataset([(-1.0, -1.0), (1.0, 1.0)], [-1, 1])
    >>> grid = decision_boundary(model, data, h=0.5, padding=1.0)
    >>> print(boundary_map(grid, dataset_points(data)))
    +---------+
    | ':::::::|
    |   '::x::|
    |     ':::|
    |  o    ':|
    |         |
    +---------+
    x from -2 to 2, y from -2 to 2
    x: class 1, o: class -1, the dotted region is predicted to be class 1
    """
    check_each("boundary_map", "grid", grid, dict)
    check_each("boundary_map", "points", points, dict)
    if not grid:
        raise wrong_value("boundary_map", "grid", "at least one row", grid)
    xs = sorted({row["x"] for row in grid})
    ys = sorted({row["y"] for row in grid}, reverse=True)
    dark = {(row["x"], row["y"]): row["predicted_value"] > 0.0 for row in grid}
    marks = _marks(points, xs, ys)
    pairs = zip_longest(ys[::2], ys[1::2], fillvalue=ys[-1])
    body = [
        "".join(
            marks.get((i, j), _SHADES[dark[x, upper], dark[x, lower]]) for i, x in enumerate(xs)
        )
        for j, (upper, lower) in enumerate(pairs)
    ]
    edge = f"+{'-' * len(xs)}+"
    return "\n".join([edge, *(f"|{line}|" for line in body), edge, _ranges(xs, ys), _LEGEND])


_LEGEND = "x: class 1, o: class -1, the dotted region is predicted to be class 1"


def _ranges(xs: Sequence[float], ys: Sequence[float]) -> str:
    return f"x from {xs[0]:.3g} to {xs[-1]:.3g}, y from {ys[-1]:.3g} to {ys[0]:.3g}"


def _marks(
    points: Sequence[PointRow], xs: Sequence[float], ys: Sequence[float]
) -> Mapping[tuple[int, int], str]:
    """The character of each place, column and line, where an example falls."""
    marks: dict[tuple[int, int], str] = {}
    for point in points:  # a plain loop: each place remembers what fell there before
        place = _nearest(point["x"], xs), _nearest(point["y"], ys) // 2
        mark = "x" if point["label_value"] > 0.0 else "o"
        marks[place] = mark if marks.get(place, mark) == mark else "*"
    return marks


def _nearest(number: float, evenly_spaced: Sequence[float]) -> int:
    first, last = evenly_spaced[0], evenly_spaced[-1]
    steps = len(evenly_spaced) - 1
    return min(round((number - first) / (last - first) * steps), steps) if steps else 0
