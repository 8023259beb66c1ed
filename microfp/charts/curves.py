"""Charts of data, models and trainings, by Altair (the extra `[charts]`).

Each function is pure: a dataset, a model or a `Run` in, an Altair chart out, which marimo and
Jupyter show by themselves. `save` writes a chart to a file and needs no network.

A class has one colour and one shape in all of them, from the palette of Okabe and Ito, "Color
universal design" (2008), which people with any common colour vision can tell apart.

>>> from microfp import datasets, nn, trainer
>>> data = datasets.moons(10)
>>> run = trainer.fit(nn.mlp(2, [2, 1]), data, steps=3)
>>> save(loss_curves(run), "/nowhere/loss.png")
<IOResult: <Failure: [Errno 2] No such file or directory: '/nowhere'>>
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, ParamSpec, TypeAlias, TypeVar

from returns.io import IOResult

from microfp.base.checks import check_positive, wrong_value
from microfp.base.files import write_atomically
from microfp.charts import (
    plot_data,
)
from microfp.charts.plot_data import BoundaryRow, PointRow, SegmentRow
from microfp.charts.terminal import boundary_spacing
from microfp.datasets import (
    Dataset,
)
from microfp.nn import (
    Model,
    parameter_count,
)
from microfp.schedules import Schedule
from microfp.trainer import (
    Run,
    TrainState,
)

if TYPE_CHECKING:
    import altair as alt

__all__ = [
    "PALETTE",
    "Chart",
    "accuracy_curve",
    "boundary",
    "check_extra",
    "class_color",
    "compare",
    "gradient_norms",
    "learning_rate",
    "loss_curves",
    "parameter_histogram",
    "report",
    "save",
    "scatter",
    "schedule_curve",
    "scrubber",
    "summary",
    "to_png",
    "to_svg",
]

M = TypeVar("M", bound=Model)
P = ParamSpec("P")
R = TypeVar("R")

Chart: TypeAlias = (
    "alt.Chart | alt.LayerChart | alt.HConcatChart | alt.VConcatChart | alt.FacetChart"
)
"""Whatever Altair calls a chart.

>>> from microfp import datasets
>>> chart: Chart = scatter(datasets.moons(10))
>>> to_svg(chart)[:4]
'<svg'
"""

Rows: TypeAlias = Sequence[Mapping[str, object]]

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, RED, PINK = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"

PALETTE = (BLUE, RED, GREEN, PINK, SKY, ORANGE, BLACK, YELLOW)
"""The colours of series, in the order in which they are given out.

>>> PALETTE[:2]
('#0072B2', '#D55E00')
"""

SHAPES = ("circle", "triangle-up", "square", "diamond", "cross", "triangle-down")
WIDTH, HEIGHT = 400, 260
COLUMNS, FRAME_COLUMNS, PADDING = 64, 40, 0.5
MISSING = "charts: altair and vl-convert-python are needed: pip install 'microfp[charts]'"


def check_extra() -> None:
    """Raise unless the packages are there that charts are made with.

    Raises:
        ImportError: With the command that installs them.

    >>> check_extra()
    """
    if find_spec("altair") is None or find_spec("vl_convert") is None:
        raise ImportError(MISSING)


def _needs_extra(f: Callable[P, R]) -> Callable[P, R]:
    """The function, which says what to install where it finds the extra missing."""

    @wraps(f)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        check_extra()
        return f(*args, **kwargs)

    return call


# Colours.


def class_color(label: float) -> str:
    """The colour of a class: the same in every chart, whatever other classes there are.

    >>> class_color(-1.0), class_color(1.0)
    ('#E69F00', '#0072B2')
    """
    two_classes = {-1.0: ORANGE, 1.0: BLUE}
    others = (GREEN, BLUE, PINK, SKY, RED, BLACK, YELLOW, ORANGE)
    return two_classes.get(label) or others[round(label) % len(others)]


def _class_shape(label: float) -> str:
    two_classes = {-1.0: "circle", 1.0: "triangle-up"}
    return two_classes.get(label) or SHAPES[round(label) % len(SHAPES)]


def _tint(color: str, share: float) -> str:
    """A colour mixed with white."""
    channels = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 - share * (255 - channel)):02X}" for channel in channels)


# Pieces.


def _cells(row: Mapping[str, object]) -> dict[str, object]:
    return {key: _plain(found) for key, found in row.items()}


def _plain(found: object) -> object:
    """Rows as JSON has them: five digits are enough for the eye, and nan and inf are null."""
    if isinstance(found, float):
        return float(f"{found:.5g}") if math.isfinite(found) else None
    if isinstance(found, Mapping):
        return _cells(found)
    if isinstance(found, list | tuple):
        return [_plain(inner) for inner in found]
    return found


def _data(rows: Rows) -> "alt.InlineData":
    import altair as alt

    return alt.InlineData(values=[_cells(row) for row in rows])


def _steps(title: str = "step") -> "alt.X":
    import altair as alt

    axis = alt.Axis(format="d", tickMinStep=1, grid=False, labelFlush=False)
    return alt.X("step:Q", title=title, axis=axis, scale=alt.Scale(nice=False))


def _number(field: str, title: str) -> "alt.Tooltip":
    import altair as alt

    return alt.Tooltip(f"{field}:Q", title=title, format=".5g")


def _finished(chart: Chart) -> Chart:
    """The look that all charts share: letters that can be read, no frame; a theme has colours."""
    drawn: Chart = (
        chart.configure(font="system-ui, 'DejaVu Sans', sans-serif")
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=12, titleFontSize=13, titleFontWeight="normal", labelLimit=240
        )
        .configure_legend(labelFontSize=12, titleFontSize=12, labelLimit=240, symbolSize=80)
        .configure_title(fontSize=15, anchor="start", offset=10)
    )
    return drawn


# Themes. A page gives its colours of ground, letters and lines to a chart, which has none of its
# own: marimo and Jupyter do so for their themes. For files it is done here.

Theme: TypeAlias = Literal["light", "dark"]
"""What a picture is drawn for: a light page, or a dark one.

>>> theme: Theme = "dark"
>>> from microfp import datasets
>>> to_svg(scatter(datasets.moons(4)), theme=theme).count("#14171B")
1
"""


def _theme(ground: str, ink: str, grid: str, ticks: str) -> Mapping[str, object]:
    """The colours of a page, as a configuration of Vega-Lite."""
    letters = {"labelColor": ink, "titleColor": ink}
    return {
        "background": ground,
        "title": {"color": ink},
        "legend": letters,
        "axis": {**letters, "gridColor": grid, "domainColor": ticks, "tickColor": ticks},
    }


_THEMES: Mapping[Theme, Mapping[str, object]] = {
    "light": _theme("#FFFFFF", "#222222", "#E5E5E5", "#888888"),
    "dark": _theme("#14171B", "#E9EBEE", "#343B44", "#6A737E"),
}


def _by_ground(on_light: str, on_dark: str) -> "alt.ExprRef":
    """One of two colours, by the ground that a chart has come to stand on."""
    import altair as alt

    return alt.ExprRef(f"luminance(background) < 0.2 ? '{on_dark}' : '{on_light}'")


def _ink() -> "alt.ExprRef":
    return _by_ground(BLACK, "#E9EBEE")


def _curve(
    rows: Rows,
    *,
    title: str,
    quantity: str,
    color: "str | alt.ExprRef",
    percent: bool = False,
    only: str = "true",
) -> "alt.LayerChart":
    """One line over the steps; a pointer anywhere near finds the number."""
    import altair as alt

    scale = alt.Scale(domain=[0, 100]) if percent else alt.Undefined
    y = alt.Y("value:Q", title=quantity, scale=scale)
    tips = [alt.Tooltip("step:Q"), _number("value", quantity)]
    base = (
        alt.Chart(_data(rows), width=WIDTH, height=HEIGHT)
        .transform_filter(only)
        .encode(x=_steps(), y=y)
    )
    line = base.mark_line(color=color, strokeWidth=2, strokeJoin="round", point=len(rows) == 1)
    drawn: alt.LayerChart = line + base.mark_point(opacity=0, size=80).encode(tooltip=tips)
    return drawn.properties(title=title)


def _series(
    rows: Rows, names: Sequence[str], *, title: str, quantity: str, heading: str
) -> "alt.LayerChart":
    """Some lines over the steps, told apart by colour and by dashes."""
    import altair as alt

    color, dash = _told_apart(names, heading)
    base = alt.Chart(_data(rows), width=WIDTH, height=HEIGHT).encode(
        x=_steps(), y=alt.Y("value:Q", title=quantity), color=color
    )
    line = base.mark_line(strokeWidth=2, strokeJoin="round", point=len(rows) <= len(names))
    tips = [alt.Tooltip("step:Q"), alt.Tooltip("metric:N", title=heading), _number("value", "")]
    points = base.mark_point(opacity=0, size=80).encode(tooltip=tips)
    drawn: alt.LayerChart = line.encode(strokeDash=dash) + points
    return drawn.properties(title=title)


def _told_apart(names: Sequence[str], heading: str) -> "tuple[alt.Color, alt.StrokeDash]":
    """A colour and a pattern of dashes for each of some lines, over again if they run out."""
    import altair as alt

    chosen = (BLACK, SKY, PINK) if heading == "part" else PALETTE
    colors = [_ink() if color == BLACK else color for color in chosen]
    dashes = [[1, 0], [6, 3], [2, 2], [8, 3, 2, 3]]
    legend = alt.Legend(symbolType="stroke", symbolSize=300, symbolStrokeWidth=2)
    order = list(names)
    color, dash = (
        alt.Scale(domain=order, range=[forms[i % len(forms)] for i in range(len(order))])
        for forms in (colors, dashes)
    )
    return (
        alt.Color("metric:N", title=heading, scale=color, sort=order, legend=legend),
        alt.StrokeDash("metric:N", title=heading, scale=dash, sort=order, legend=legend),
    )


# Curves of a run.


@_needs_extra
def loss_curves(run: Run[M]) -> Chart:
    """Draw total loss, data loss and penalty over the steps.

    Args:
        run: A training; the metrics that it has logged are drawn.

    Raises:
        ImportError: Without the extra `[charts]`.

    >>> from microfp import datasets, nn, trainer
    >>> chart = loss_curves(trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=2))
    >>> chart.to_dict()["title"]
    'Loss'
    """
    return _finished(_loss_layers(run))


def _loss_layers(run: Run[M]) -> "alt.LayerChart":
    return _series(
        plot_data.loss_history(run),
        ["total loss", "data loss", "penalty"],
        title="Loss",
        quantity="loss",
        heading="part",
    )


@_needs_extra
def accuracy_curve(run: Run[M]) -> Chart:
    """Draw the accuracy in percent over the steps.

    >>> from microfp import datasets, nn, trainer
    >>> chart = accuracy_curve(trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=2))
    >>> chart.to_dict()["title"]
    'Accuracy'
    """
    return _finished(_accuracy_layers(run))


def _accuracy_layers(run: Run[M]) -> "alt.LayerChart":
    rows = plot_data.accuracy_history(run)
    return _curve(rows, title="Accuracy", quantity="accuracy in %", color=_ink(), percent=True)


@_needs_extra
def learning_rate(run: Run[M]) -> Chart:
    """Draw the learning rate over the steps.

    >>> from microfp import datasets, nn, trainer
    >>> chart = learning_rate(trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=2))
    >>> chart.to_dict()["title"]
    'Learning rate'
    """
    return _finished(_rate_layers(run))


def _rate_layers(run: Run[M]) -> "alt.LayerChart":
    rows = _metric(run, "learning_rate")
    return _curve(rows, title="Learning rate", quantity="learning rate", color=GREEN)


@_needs_extra
def schedule_curve(schedule: Schedule, steps: int) -> Chart:
    """Draw the learning rates that a schedule gives to so many steps.

    Args:
        schedule: A function from the step to the rate.
        steps: How many steps, 0 or more.

    >>> from microfp.schedules import micrograd_decay
    >>> schedule_curve(micrograd_decay, 100).to_dict()["title"]
    'Learning rate'
    """
    rates = plot_data.schedule_rates(schedule, steps)
    rows = [{"step": row["step"], "value": row["learning_rate"]} for row in rates]
    curve = _curve(rows, title="Learning rate", quantity="learning rate", color=GREEN)
    return _finished(curve)


@_needs_extra
def gradient_norms(run: Run[M]) -> Chart:
    """Draw the Euclidean norm of the gradient over the steps.

    >>> from microfp import datasets, nn, trainer
    >>> chart = gradient_norms(trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=2))
    >>> chart.to_dict()["title"]
    'Norm of the gradient'
    """
    return _finished(_norm_layers(run))


def _norm_layers(run: Run[M]) -> "alt.LayerChart":
    rows = _metric(run, "gradient_norm")
    return _curve(rows, title="Norm of the gradient", quantity="Euclidean norm", color=RED)


Metric: TypeAlias = Literal[
    "loss", "data_loss", "penalty", "accuracy_percent", "learning_rate", "gradient_norm"
]
"""The numbers of a step that can be drawn by name."""

_QUANTITIES: Mapping[Metric, str] = {
    "loss": "total loss",
    "data_loss": "data loss",
    "penalty": "penalty",
    "accuracy_percent": "accuracy in %",
    "learning_rate": "learning rate",
    "gradient_norm": "norm of the gradient",
}


def _metric(run: Run[M], metric: Metric) -> Rows:
    """One row per logged step that has the number."""
    return [
        {"step": row["step"], "value": row[metric]}
        for row in plot_data.training_history(run)
        if row[metric] is not None
    ]


@_needs_extra
def compare(runs: Mapping[str, Run[M]], *, metric: Metric = "loss", title: str = "Runs") -> Chart:
    """Draw one metric of several trainings in one chart.

    Args:
        runs: The trainings by the names they shall have in the legend, at least one.
        metric: What to draw.
        title: What stands above.

    Raises:
        ValueError: If there is no run, or no such metric.

    >>> from microfp import datasets, nn, trainer
    >>> run = trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=2)
    >>> compare({"one": run, "two": run}, title="Twins").to_dict()["title"]
    'Twins'
    """
    if not runs:
        raise wrong_value("compare", "runs", "at least one run", runs)
    if metric not in _QUANTITIES:
        raise wrong_value("compare", "metric", f"one of {', '.join(_QUANTITIES)}", metric)
    rows = [{**row, "metric": name} for name, run in runs.items() for row in _metric(run, metric)]
    drawn = _series(rows, list(runs), title=title, quantity=_QUANTITIES[metric], heading="run")
    return _finished(drawn)


# Data, and what a model says of it.


@_needs_extra
def scatter(dataset: Dataset) -> Chart:
    """Draw the examples of two-dimensional data, a colour and a shape per class.

    Raises:
        ShapeError: If the data has not two columns.

    >>> from microfp import datasets
    >>> scatter(datasets.moons(4)).to_dict()["title"]
    'moons: 4 examples'
    """
    return _finished(_scatter_layer(dataset))


def _scatter_layer(dataset: Dataset) -> "alt.Chart":
    points = plot_data.dataset_points(dataset)
    width, height = _size(points)
    name = dataset.metadata.get("name", "data")
    title = f"{name}: {len(points)} example{'' if len(points) == 1 else 's'}"
    return _points(points).properties(title=title, width=width, height=height)


def _points(points: Sequence[PointRow]) -> "alt.Chart":
    import altair as alt

    color, shape = _classes(points)
    across, up = _ranges(points)
    marks = alt.Chart(_data(points)).mark_point(
        filled=True, size=64, opacity=1, stroke="white", strokeWidth=1
    )
    drawn: alt.Chart = marks.encode(
        x=alt.X("x:Q", title="x, the first input", scale=_exactly(across)),
        y=alt.Y("y:Q", title="y, the second input", scale=_exactly(up)),
        color=color,
        shape=shape,
        tooltip=[alt.Tooltip("label:N", title="example"), _number("x", "x"), _number("y", "y")],
    )
    return drawn


def _classes(points: Sequence[PointRow]) -> "tuple[alt.Color, alt.Shape]":
    """The colour and the shape of each class, by its label."""
    import altair as alt

    classes = {row["label"]: row["label_value"] for row in points}
    names = sorted(classes, key=lambda name: classes[name])
    colors = alt.Scale(domain=names, range=[class_color(classes[name]) for name in names])
    shapes = alt.Scale(domain=names, range=[_class_shape(classes[name]) for name in names])
    return (
        alt.Color("label:N", title="example", scale=colors),
        alt.Shape("label:N", title="example", scale=shapes),
    )


Extent: TypeAlias = tuple[float, float]


def _ranges(points: Sequence[PointRow]) -> tuple[Extent, Extent]:
    xs, ys = [row["x"] for row in points], [row["y"] for row in points]
    return (min(xs) - PADDING, max(xs) + PADDING), (min(ys) - PADDING, max(ys) + PADDING)


def _exactly(extent: Extent) -> "alt.Scale":
    import altair as alt

    return alt.Scale(domain=list(extent), nice=False, zero=False)


def _size(points: Sequence[PointRow]) -> tuple[int, int]:
    """Width and height in pixels: both axes in one measure, unless that made a thin strip."""
    (left, right), (low, high) = _ranges(points)
    height = WIDTH * (high - low) / (right - left)
    return WIDTH, round(min(max(height, 200.0), 480.0))


@_needs_extra
def boundary(model: Model, dataset: Dataset, *, h: float | None = None) -> Chart:
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
    return _finished(_boundary_layers(model, dataset, h))


def _boundary_layers(model: Model, dataset: Dataset, h: float | None = None) -> "alt.LayerChart":
    points = plot_data.dataset_points(dataset)
    spacing = _spacing(points, COLUMNS) if h is None else check_positive("boundary", "h", h)
    grid = plot_data.decision_boundary(model, dataset, h=spacing, padding=PADDING)
    width, height = _size(points)
    drawn: alt.LayerChart = (
        (
            _field(grid, spacing, _ranges(points))
            + _line(plot_data.zero_line(grid))
            + _points(points)
        )
        .resolve_scale(color="independent", shape="independent", strokeDash="independent")
        .properties(title="Decision boundary", width=width, height=height, view=_paper())
    )
    return drawn


def _paper() -> "alt.ViewBackground":
    """White below a field, where its squares meet, on any ground."""
    import altair as alt

    return alt.ViewBackground(fill="white")


def _spacing(points: Sequence[PointRow], columns: int) -> float:
    return boundary_spacing(points, columns=columns, lines=columns, padding=PADDING)


def _limit(scores: Sequence[float]) -> float:
    """The score at which the colour is full: three quarters of the scores lie below."""
    sizes = [abs(score) for score in scores if math.isfinite(score)]
    return (sorted(sizes)[3 * len(sizes) // 4] if sizes else 0.0) or 1.0


def _score_color(limit: float) -> "alt.Color":
    import altair as alt

    colors = [_tint(class_color(-1.0), 0.6), "#FFFFFF", _tint(class_color(1.0), 0.6)]
    rounded = float(f"{limit:.2g}")
    scale = alt.Scale(domain=[-rounded, 0.0, rounded], range=colors, clamp=True, interpolate="rgb")
    legend = alt.Legend(
        title="score", format="~g", gradientLength=120, values=[-rounded, 0, rounded]
    )
    return alt.Color("score:Q", scale=scale, legend=legend)


def _field(grid: Sequence[BoundaryRow], h: float, ranges: tuple[Extent, Extent]) -> "alt.Chart":
    """The score as squares that overlap by a hair, since seams would show otherwise."""
    import altair as alt

    squares = alt.Chart(_data([_square(row, h, ranges) for row in grid]))
    color = _score_color(_limit([row["score"] for row in grid]))
    drawn: alt.Chart = _spanned(squares.mark_rect(tooltip=False)).encode(color=color)
    return drawn


def _spanned(marks: "alt.Chart") -> "alt.Chart":
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


def _line(segments: Sequence[SegmentRow]) -> "alt.Chart":
    import altair as alt

    return _drawn_line(alt.Chart(_data(segments)))


def _drawn_line(chart: "alt.Chart") -> "alt.Chart":
    return _spanned(chart.mark_rule(color=BLACK, strokeWidth=1.8, strokeCap="round"))


# The parameters.


@_needs_extra
def parameter_histogram(states: Sequence[TrainState[M]], *, bins: int = 40) -> Chart:
    """Draw how the parameters are distributed, from step to step.

    Args:
        states: Some states of a training, by rising step; see `plot_data.evenly`.
        bins: How many bins span all parameters.

    >>> from microfp import datasets, nn, toolbox, trainer
    >>> states = list(toolbox.take(3, trainer.train(nn.mlp(2, [1]), datasets.moons(4))))
    >>> parameter_histogram(states).to_dict()["title"]
    'Parameters'
    """
    return _finished(_histogram_layer(states, bins))


def _histogram_layer(states: Sequence[TrainState[M]], bins: int = 40) -> "alt.Chart":
    import altair as alt

    rows = plot_data.parameter_histogram(states, bins=bins)
    bars = alt.Chart(_data(rows), title="Parameters", width=WIDTH, height=HEIGHT).mark_rect()
    drawn: alt.Chart = bars.encode(
        x=_steps("steps done"),
        x2="until:Q",
        y=alt.Y("low:Q", title="value of the parameter", scale=alt.Scale(zero=False)),
        y2="high:Q",
        color=_count_color(),
        tooltip=_count_tips(),
    )
    return drawn


def _count_tips() -> "list[alt.Tooltip]":
    import altair as alt

    return [
        alt.Tooltip("step:Q", title="steps done"),
        *(_number("low", "from"), _number("high", "to")),
        alt.Tooltip("count:Q", title="how many"),
    ]


def _count_color() -> "alt.Color":
    import altair as alt

    few, many = _by_ground(_tint(GREEN, 0.12), "#0C3B30"), _by_ground("#00382A", "#C4F5E7")
    scale = alt.Scale(range=[few, GREEN, many])
    return alt.Color("count:Q", title="how many", scale=scale, legend=alt.Legend(tickMinStep=1))


# A film of the training.


@_needs_extra
def scrubber(run: Run[M], states: Sequence[TrainState[M]], dataset: Dataset) -> Chart:
    """Draw a training with a slider: boundary, examples and the loss so far at any step.

    Args:
        run: The training.
        states: Some of its states, by rising step, the first and the last among them: the
            boundaries to be seen. See `plot_data.evenly`.
        dataset: Two-dimensional examples.

    Raises:
        ValueError: If there is no state.

    >>> from microfp import datasets, nn, optim, toolbox, trainer
    >>> data, model = datasets.moons(4), nn.mlp(2, [1])
    >>> states = list(toolbox.take(2, trainer.train(model, data)))
    >>> chart = scrubber(trainer.fit(model, data, steps=2), states, data)
    >>> chart.to_dict()["params"][0]["bind"]["input"]
    'range'
    """
    return _finished(_film(run, states, dataset))


def _film(run: Run[M], states: Sequence[TrainState[M]], dataset: Dataset) -> "alt.HConcatChart":
    import altair as alt

    if not states:
        raise wrong_value("scrubber", "states", "at least one state", states)
    first, last = states[0].step, states[-1].step
    slider = alt.binding_range(min=first, max=max(last, first + 1), step=1, name="steps done ")
    step = alt.param(name="step", value=last, bind=slider)
    now = f"datum.step <= {step.name} && {step.name} < datum.until"
    drawn: alt.HConcatChart = (
        alt.hconcat(_film_boundary(states, dataset, now), _film_loss(run, step.name))
        .add_params(step)
        .resolve_scale(color="independent", shape="independent", strokeDash="independent")
        .properties(title="The training, step by step")
    )
    return drawn


def _film_boundary(states: Sequence[TrainState[M]], dataset: Dataset, now: str) -> "alt.LayerChart":
    """The fields and lines of all frames, of which the page shows the one of now."""
    points = plot_data.dataset_points(dataset)
    spacing = _spacing(points, FRAME_COLUMNS)
    frames: list[plot_data.FrameRow] = [
        {**frame, "until": _until(frame, states)}
        for frame in plot_data.boundary_frames(states, dataset, h=spacing, padding=PADDING)
    ]
    width, height = _size(points)
    drawn: alt.LayerChart = (
        (_film_field(frames, now, _ranges(points)) + _film_line(frames, now) + _points(points))
        .resolve_scale(color="independent", shape="independent", strokeDash="independent")
        .properties(width=width, height=height, title="Decision boundary", view=_paper())
    )
    return drawn


def _film_field(
    frames: Sequence[plot_data.FrameRow], now: str, ranges: tuple[Extent, Extent]
) -> "alt.Chart":
    """One row per frame holds the scores of its whole grid; the page unrolls the one it shows."""
    import altair as alt

    (left, right), (low, high) = ranges
    column, row = "floor((datum.n - 1) / datum.rows)", "((datum.n - 1) % datum.rows)"
    corners = {
        "x": f"max(datum.left + ({column} - 0.5) * datum.h, {left})",
        "x2": _upper("left", column, right),
        "y": f"max(datum.bottom + ({row} - 0.5) * datum.h, {low})",
        "y2": _upper("bottom", row, high),
    }
    scores = alt.Chart(_data([*map(_short, frames)])).transform_filter(now)
    squares = scores.transform_flatten(["scores"], ["score"]).transform_window(n="row_number()")
    color = _score_color(_limit([score for frame in frames for score in frame["scores"]]))
    drawn: alt.Chart = _spanned(squares.transform_calculate(**corners).mark_rect())
    return drawn.encode(color=color)


def _film_line(frames: Sequence[plot_data.FrameRow], now: str) -> "alt.Chart":
    """The segments of all boundaries, each with the steps at which it is shown."""
    import altair as alt

    segments = [
        {"step": frame["step"], "until": frame["until"], **segment}
        for frame in frames
        for segment in frame["line"]
    ]
    return _drawn_line(alt.Chart(_data(segments)).transform_filter(now))


def _upper(start: str, place: str, end: float) -> str:
    """Where a square ends: at the end of the axis, if it is the last one."""
    at = f"datum.{start} + {place} * datum.h"
    return f"{at} + datum.h > {end} ? {end} : {at} + 0.55 * datum.h"


def _short(frame: plot_data.FrameRow) -> dict[str, object]:
    """The field of a frame without its line, with scores of three digits."""
    scores = [float(f"{score:.3g}") for score in frame["scores"]]
    return {**{key: kept for key, kept in frame.items() if key != "line"}, "scores": scores}


def _until(frame: plot_data.FrameRow, states: Sequence[TrainState[M]]) -> int:
    """The end of a frame; the last one stays for good."""
    return frame["until"] + (frame["step"] == states[-1].step)


def _film_loss(run: Run[M], step: str) -> "alt.LayerChart":
    """The whole loss in grey, so that the axes stand still, and over it what has been so far."""
    import altair as alt

    rows = _metric(run, "loss")
    so_far = f"datum.step <= {step}"
    curve = _curve(rows, title="Loss so far", quantity="total loss", color=_ink(), only=so_far)
    whole = (
        alt.Chart(_data(rows))
        .mark_line(color=_by_ground("#CCCCCC", "#59616B"))
        .encode(x=_steps(), y="value:Q")
    )
    drawn: alt.LayerChart = (whole + curve).properties(width=WIDTH * 3 // 4, height=HEIGHT)
    return drawn


# Files and pages.


@_needs_extra
def to_svg(chart: Chart, *, theme: Theme = "light") -> str:
    """Render a chart as SVG, without a network.

    Args:
        chart: The chart.
        theme: The page that it is for, `light` or `dark`.

    >>> from microfp import datasets
    >>> to_svg(scatter(datasets.moons(4)))[:4]
    '<svg'
    """
    import vl_convert

    colors = _colors("to_svg", theme)
    return vl_convert.vegalite_to_svg(chart.to_json(), vl_version=_grammar(), config=colors)


@_needs_extra
def to_png(chart: Chart, *, scale: float = 2.0, theme: Theme = "light") -> bytes:
    r"""Render a chart as PNG, without a network.

    Args:
        chart: The chart.
        scale: Pixels per unit of the chart, above 0: 2 for screens and slides, more for print.
        theme: The page that it is for, `light` or `dark`.

    >>> from microfp import datasets
    >>> to_png(scatter(datasets.moons(4)), scale=1.0)[1:4]
    b'PNG'
    """
    import vl_convert

    factor = check_positive("to_png", "scale", scale)
    colors = _colors("to_png", theme)
    return vl_convert.vegalite_to_png(
        chart.to_json(), vl_version=_grammar(), scale=factor, config=colors
    )


def _colors(where: str, theme: Theme) -> dict[str, object]:
    if theme not in _THEMES:
        raise wrong_value(where, "theme", f"one of {', '.join(_THEMES)}", theme)
    return dict(_THEMES[theme])


def _grammar() -> str:
    """The version of Vega-Lite that Altair writes, as `6.4`."""
    import altair as alt

    return ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])


@_needs_extra
def save(chart: Chart, path: str | Path, *, theme: Theme = "light") -> IOResult[Path, OSError]:
    """Write a chart to a file: PNG or SVG, by the end of its name.

    Args:
        chart: The chart.
        path: Where to; a file that is there is replaced in one instant, or not at all.
        theme: The page that it is for, `light` or `dark`.

    Returns:
        The path, or the error of the file system.

    Raises:
        ValueError: If the name ends otherwise, or there is no such theme.

    >>> from microfp import datasets
    >>> save(scatter(datasets.moons(4)), "/nowhere/moons.svg")
    <IOResult: <Failure: [Errno 2] No such file or directory: '/nowhere'>>
    """
    target = Path(path)
    kinds: Mapping[str, Callable[[], bytes]] = {
        ".png": lambda: to_png(chart, theme=theme),
        ".svg": lambda: to_svg(chart, theme=theme).encode(),
    }
    if target.suffix not in kinds:
        raise wrong_value("save", "path", "a name that ends in .png or .svg", str(path))
    return write_atomically(target, kinds[target.suffix]())


@_needs_extra
def summary(run: Run[M], dataset: Dataset) -> Chart:
    """Draw a training in one picture: the boundary, the losses and the accuracy.

    >>> from microfp import datasets, nn, trainer
    >>> data = datasets.moons(4)
    >>> picture = summary(trainer.fit(nn.mlp(2, [1]), data, steps=2), data)
    >>> len(picture.to_dict()["hconcat"])
    2
    """
    import altair as alt

    curves = alt.vconcat(
        _loss_layers(run).properties(height=HEIGHT * 3 // 4),
        _accuracy_layers(run).properties(height=HEIGHT // 2),
    )
    drawn = alt.hconcat(_boundary_layers(run.final_model, dataset), curves)
    return _finished(
        drawn.resolve_scale(color="independent", shape="independent", strokeDash="independent")
    )


@_needs_extra
def report(
    run: Run[M], states: Sequence[TrainState[M]], dataset: Dataset, *, title: str = "microfp"
) -> str:
    """Write one HTML page with every chart of a training, which needs nothing but itself.

    Args:
        run: The training.
        states: Some of its states, by rising step; see `plot_data.evenly`.
        dataset: Two-dimensional examples.
        title: What stands above.

    Returns:
        The page, about 1 MB of it the program that draws the charts.

    >>> from microfp import datasets, nn, optim, toolbox, trainer
    >>> data, model = datasets.moons(4), nn.mlp(2, [1])
    >>> states = list(toolbox.take(2, trainer.train(model, data)))
    >>> page = report(trainer.fit(model, data, steps=2), states, data)
    >>> page.count("<figure "), "http://" in page.partition("<script")[0]
    (8, False)
    """
    figures = _figures(run, states, dataset)
    drawn = {f"chart-{i}": _described(chart, words) for i, (chart, words) in enumerate(figures)}
    return _PAGE.format(
        title=escape(title),
        summary=escape(_words(run)),
        figures="\n".join(
            _FIGURE.format(number=i, words=escape(words)) for i, (_, words) in enumerate(figures)
        ),
        specs=json.dumps(drawn, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c"),
        program=_program(),
    )


def _figures(
    run: Run[M], states: Sequence[TrainState[M]], dataset: Dataset
) -> list[tuple[Chart, str]]:
    """The charts of the report, one after the other, each with the words that say what it shows."""
    return [
        (
            scrubber(run, states, dataset),
            "Move the slider to see the boundary after so many steps, and the loss so far.",
        ),
        (loss_curves(run), "The total loss is the mean loss of the examples plus the penalty."),
        (accuracy_curve(run), "The share of examples predicted rightly, before each update."),
        (
            boundary(run.final_model, dataset),
            "The score of the trained model, which predicts class 1 where it is above 0.",
        ),
        (scatter(dataset), "The examples."),
        (learning_rate(run), "How far each update went along the gradient."),
        (gradient_norms(run), "How steep the loss was before each update."),
        (parameter_histogram(states), "How many parameters had which value after so many steps."),
    ]


def _described(chart: Chart, words: str) -> dict[str, object]:
    """The chart as JSON with a text for those who do not see it."""
    spec: dict[str, object] = json.loads(chart.to_json(indent=None))
    return {**spec, "description": words}


def _words(run: Run[M]) -> str:
    accuracy = run.final_accuracy
    percent = "" if accuracy is None else f", accuracy {100.0 * accuracy:.1f} %"
    count = parameter_count(run.final_model)
    return f"{count} parameters, final loss {run.final_loss:.6g}{percent}."


def _program() -> str:
    """Vega, Vega-Lite and what puts them into the page, as one text of JavaScript."""
    import vl_convert

    colors = f"const config = {json.dumps(_THEMES['light'])};"
    return vl_convert.javascript_bundle(colors + _DRAW, vl_version=_grammar()).replace(
        "</script", "<\\/script"
    )


_DRAW = """
const specs = JSON.parse(document.getElementById("specs").textContent);
for (const [id, spec] of Object.entries(specs)) {
  vegaEmbed("#" + id, spec, {actions: false, renderer: "canvas", config});
}
"""

_FIGURE = """\
<figure tabindex="0"><div id="chart-{number}"></div><figcaption>{words}</figcaption></figure>"""

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222; background: #f4f4f2; margin: 0 auto;
  padding: 1.5rem; max-width: 76rem; }}
h1 {{ margin: 0; font-size: 1.6rem; }}
main {{ display: flex; flex-wrap: wrap; gap: 1rem; }}
figure {{ background: #fff; border: 1px solid #ddd; border-radius: 8px; margin: 0; padding: 1rem;
  overflow-x: auto; flex: 1 1 35rem; min-width: 0; }}
figure:first-child {{ flex-basis: 100%; }}
figcaption {{ color: #444; max-width: 40rem; }}
.vega-bind {{ font-size: 1rem; padding: .5rem 0; }}
.vega-bind input {{ width: min(24rem, 60vw); vertical-align: middle; accent-color: #0072B2; }}
</style>
</head>
<body>
<header><h1>{title}</h1><p>{summary}</p></header>
<main>
{figures}
</main>
<script type="application/json" id="specs">{specs}</script>
<script type="module">{program}</script>
</body>
</html>
"""
