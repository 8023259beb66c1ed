"""A film of a training: a chart with a slider over the steps."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from microfp.base.checks import check_each, check_kind, wrong_value
from microfp.base.later import Later
from microfp.charts import plot_data
from microfp.charts.curves import curve, metric_rows
from microfp.charts.planes import (
    Extent,
    grid_spacing,
    line_layer,
    paper,
    points_layer,
    ranges_of,
    score_color,
    score_limit,
    size_of,
    spanned,
)
from microfp.charts.style import (
    FRAME_COLUMNS,
    HEIGHT,
    PADDING,
    WIDTH,
    Chart,
    Figure,
    by_ground,
    finished,
    ink,
    inline,
    needs_extra,
    steps_axis,
)
from microfp.datasets import Dataset
from microfp.nn import Model
from microfp.trainer import Run, TrainState

if TYPE_CHECKING:
    import altair as alt
else:
    alt = Later("altair")

__all__ = [
    "FIGURES",
    "scrubber",
]

M = TypeVar("M", bound=Model)


@needs_extra
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
    check_kind("scrubber", "run", run, Run, example="trainer.fit(model, dataset)")
    check_each("scrubber", "states", states, TrainState)
    return finished(_film_layers(run, states, dataset))


def _film_layers(
    run: Run[M], states: Sequence[TrainState[M]], dataset: Dataset
) -> "alt.HConcatChart":
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
    spacing = grid_spacing(points, FRAME_COLUMNS)
    frames: list[plot_data.FrameRow] = [
        {**frame, "until": _until(frame, states)}
        for frame in plot_data.boundary_frames(states, dataset, h=spacing, padding=PADDING)
    ]
    width, height = size_of(points)
    drawn: alt.LayerChart = (
        (
            _film_field(frames, now, ranges_of(points))
            + _film_line(frames, now)
            + points_layer(points)
        )
        .resolve_scale(color="independent", shape="independent", strokeDash="independent")
        .properties(width=width, height=height, title="Decision boundary", view=paper())
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
    scores = alt.Chart(inline([*map(_short, frames)])).transform_filter(now)
    squares = scores.transform_flatten(["scores"], ["score"]).transform_window(n="row_number()")
    color = score_color(score_limit([score for frame in frames for score in frame["scores"]]))
    drawn: alt.Chart = spanned(squares.transform_calculate(**corners).mark_rect())
    return drawn.encode(color=color)


def _film_line(frames: Sequence[plot_data.FrameRow], now: str) -> "alt.Chart":
    """The segments of all boundaries, each with the steps at which it is shown."""
    import altair as alt

    segments = [
        {"step": frame["step"], "until": frame["until"], **segment}
        for frame in frames
        for segment in frame["line"]
    ]
    return line_layer(alt.Chart(inline(segments)).transform_filter(now))


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

    rows = metric_rows(run, "loss")
    so_far = f"datum.step <= {step}"
    so_drawn = curve(rows, title="Loss so far", quantity="total loss", color=ink(), only=so_far)
    whole = (
        alt.Chart(inline(rows))
        .mark_line(color=by_ground("#CCCCCC", "#59616B"))
        .encode(x=steps_axis(), y="value:Q")
    )
    drawn: alt.LayerChart = (whole + so_drawn).properties(width=WIDTH * 3 // 4, height=HEIGHT)
    return drawn


FIGURES = (
    Figure(
        place=0,
        words="Move the slider to see the boundary after so many steps, and the loss so far.",
        draw=scrubber,
    ),
)
"""What the report shows of this file."""
