"""Charts of the plane: examples, and what a model says of every point between them."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from microfp.base.checks import check_positive
from microfp.base.elsewhere.leading import names_home
from microfp.base.later import Later
from microfp.charts import plot_data
from microfp.charts.plot_data import BoundaryRow, PointRow, SegmentRow
from microfp.charts.style import (
    BLACK,
    COLUMNS,
    PADDING,
    WIDTH,
    Chart,
    Figure,
    class_color,
    class_shape,
    finished,
    inline,
    needs_extra,
    number_tip,
    tint,
)
from microfp.charts.terminal import boundary_spacing
from microfp.datasets import Dataset, Examples, as_dataset
from microfp.nn import Model

if TYPE_CHECKING:
    import altair as alt
else:
    alt = Later("altair")

__all__ = [
    "FIGURES",
    "Extent",
    "boundary",
    "boundary_layers",
    "grid_spacing",
    "line_layer",
    "paper",
    "points_layer",
    "ranges_of",
    "scatter",
    "score_color",
    "score_limit",
    "size_of",
    "spanned",
]


@needs_extra
def scatter(dataset: Examples) -> Chart:
    """Draw the examples of two-dimensional data, a colour and a shape per class.

    Raises:
        ShapeError: If the data has not two columns.

    >>> from microfp import datasets
    >>> scatter(datasets.moons(4)).to_dict()["title"]
    'moons: 4 examples'
    """
    return finished(_scatter_layer(as_dataset("scatter", dataset)))


def _scatter_layer(dataset: Dataset) -> "alt.Chart":
    points = plot_data.dataset_points(dataset)
    width, height = size_of(points)
    name = dataset.metadata.get("name", "data")
    title = f"{name}: {len(points)} example{'' if len(points) == 1 else 's'}"
    return points_layer(points).properties(title=title, width=width, height=height)


def points_layer(points: Sequence[PointRow]) -> "alt.Chart":
    """The examples, each in the colour and the shape of its class."""
    import altair as alt

    color, shape = _classes(points)
    across, up = ranges_of(points)
    marks = alt.Chart(inline(points)).mark_point(
        filled=True, size=64, opacity=1, stroke="white", strokeWidth=1
    )
    drawn: alt.Chart = marks.encode(
        x=alt.X("x:Q", title="x, the first input", scale=_exactly(across)),
        y=alt.Y("y:Q", title="y, the second input", scale=_exactly(up)),
        color=color,
        shape=shape,
        tooltip=[
            alt.Tooltip("label:N", title="example"),
            *(number_tip("x", "x"), number_tip("y", "y")),
        ],
    )
    return drawn


def _classes(points: Sequence[PointRow]) -> "tuple[alt.Color, alt.Shape]":
    """The colour and the shape of each class, by its label."""
    import altair as alt

    classes = {row["label"]: row["label_value"] for row in points}
    names = sorted(classes, key=lambda name: classes[name])
    colors = alt.Scale(domain=names, range=[class_color(classes[name]) for name in names])
    shapes = alt.Scale(domain=names, range=[class_shape(classes[name]) for name in names])
    return (
        alt.Color("label:N", title="example", scale=colors),
        alt.Shape("label:N", title="example", scale=shapes),
    )


Extent: TypeAlias = tuple[float, float]


def ranges_of(points: Sequence[PointRow]) -> tuple[Extent, Extent]:
    """From where to where the axes go: the points and a margin around them.

    >>> ranges_of([PointRow(x=0.0, y=2.0, label="1", label_value=1.0)])
    ((-0.5, 0.5), (1.5, 2.5))
    """
    xs, ys = [row["x"] for row in points], [row["y"] for row in points]
    return (min(xs) - PADDING, max(xs) + PADDING), (min(ys) - PADDING, max(ys) + PADDING)


def _exactly(extent: Extent) -> "alt.Scale":
    import altair as alt

    return alt.Scale(domain=list(extent), nice=False, zero=False)


def size_of(points: Sequence[PointRow]) -> tuple[int, int]:
    """Width and height in pixels: both axes in one measure, unless that made a thin strip."""
    (left, right), (low, high) = ranges_of(points)
    height = WIDTH * (high - low) / (right - left)
    return WIDTH, round(min(max(height, 200.0), 480.0))


@names_home
@needs_extra
def boundary(model: Model, dataset: Examples, *, h: float | None = None) -> Chart:
    """Draw the score of a model as a field behind the examples, and the line where it is 0.

    Args:
        model: A model with two inputs and one output; it says class 1 where that is above 0.
        dataset: Two-dimensional examples.
        h: The distance between the points where the score is computed, above 0; by default
            there are 64 of them from left to right.

    >>> from microfp import datasets, nn
    >>> boundary(nn.mlp(2, [1]), datasets.moons(4), h=1.0).to_dict()["title"]
    'Decision boundary'
    """
    return finished(boundary_layers(model, as_dataset("boundary", dataset), h))


def boundary_layers(model: Model, dataset: Dataset, h: float | None = None) -> "alt.LayerChart":
    """The layers of `boundary`, for a chart that has more than them."""
    points = plot_data.dataset_points(dataset)
    spacing = grid_spacing(points, COLUMNS) if h is None else check_positive("boundary", "h", h)
    grid = plot_data.decision_boundary(model, dataset, h=spacing, padding=PADDING)
    width, height = size_of(points)
    drawn: alt.LayerChart = (
        (
            _field(grid, spacing, ranges_of(points))
            + _zero_line(plot_data.zero_line(grid))
            + points_layer(points)
        )
        .resolve_scale(color="independent", shape="independent", strokeDash="independent")
        .properties(title="Decision boundary", width=width, height=height, view=paper())
    )
    return drawn


def paper() -> "alt.ViewBackground":
    """White below a field, where its squares meet, on any ground."""
    import altair as alt

    return alt.ViewBackground(fill="white")


def grid_spacing(points: Sequence[PointRow], columns: int) -> float:
    """The distance between points of a grid of so many columns."""
    return boundary_spacing(points, columns=columns, lines=columns, padding=PADDING)


def score_limit(scores: Sequence[float]) -> float:
    """The score at which the colour is full: three quarters of the scores lie below."""
    sizes = [abs(score) for score in scores if math.isfinite(score)]
    return (sorted(sizes)[3 * len(sizes) // 4] if sizes else 0.0) or 1.0


def score_color(limit: float) -> "alt.Color":
    """The colours of scores: white at 0, those of the classes from the limit on."""
    import altair as alt

    colors = [tint(class_color(-1.0), 0.6), "#FFFFFF", tint(class_color(1.0), 0.6)]
    rounded = float(f"{limit:.2g}")
    scale = alt.Scale(domain=[-rounded, 0.0, rounded], range=colors, clamp=True, interpolate="rgb")
    legend = alt.Legend(
        title="score", format="~g", gradientLength=120, values=[-rounded, 0, rounded]
    )
    return alt.Color("score:Q", scale=scale, legend=legend)


def _field(grid: Sequence[BoundaryRow], h: float, ranges: tuple[Extent, Extent]) -> "alt.Chart":
    """The score as squares that overlap by a hair, since seams would show otherwise."""
    import altair as alt

    squares = alt.Chart(inline([_square(row, h, ranges) for row in grid]))
    color = score_color(score_limit([row["score"] for row in grid]))
    drawn: alt.Chart = spanned(squares.mark_rect(tooltip=False)).encode(color=color)
    return drawn


def spanned(marks: "alt.Chart") -> "alt.Chart":
    """Squares from corner to corner, or lines from end to end."""
    spanned: alt.Chart = marks.encode(x="x:Q", y="y:Q", x2="x2:Q", y2="y2:Q")
    return spanned


def _square(row: BoundaryRow, h: float, ranges: tuple[Extent, Extent]) -> dict[str, object]:
    (left, right), (low, high) = ranges
    return {
        "x": max(row["x"] - 0.5 * h, left),
        "x2": right if row["x"] + h > right else row["x"] + 0.55 * h,
        "y": max(row["y"] - 0.5 * h, low),
        "y2": high if row["y"] + h > high else row["y"] + 0.55 * h,
        "score": row["score"],
    }


def _zero_line(segments: Sequence[SegmentRow]) -> "alt.Chart":
    import altair as alt

    return line_layer(alt.Chart(inline(segments)))


def line_layer(chart: "alt.Chart") -> "alt.Chart":
    """The segments of a boundary as lines."""
    return spanned(chart.mark_rule(color=BLACK, strokeWidth=1.8, strokeCap="round"))


FIGURES = (
    Figure(
        place=3,
        words="The score of the trained model, which predicts class 1 where it is above 0.",
        draw=lambda run, states, dataset: boundary(run.final_model, dataset),
    ),
    Figure(
        place=4,
        words="The examples.",
        draw=lambda run, states, dataset: scatter(dataset),
    ),
)
"""What the report shows of this file."""
