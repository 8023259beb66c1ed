"""Charts over the steps of a training: losses, rates, norms, parameters."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from microfp.base.checks import check_kind, wrong_kind, wrong_value
from microfp.base.elsewhere.leading import names_home
from microfp.base.later import Later
from microfp.charts import plot_data
from microfp.charts.style import (
    BLACK,
    GREEN,
    HEIGHT,
    PALETTE,
    PINK,
    RED,
    SKY,
    WIDTH,
    Chart,
    Figure,
    Rows,
    by_ground,
    finished,
    ink,
    inline,
    needs_extra,
    number_tip,
    steps_axis,
    tint,
    told_apart,
)
from microfp.nn import Model
from microfp.schedules import Schedule
from microfp.trainer import Run, TrainState

if TYPE_CHECKING:
    import altair as alt
else:
    alt = Later("altair")

__all__ = [
    "FIGURES",
    "Metric",
    "accuracy_curve",
    "accuracy_layers",
    "compare",
    "curve",
    "gradient_norms",
    "learning_rate",
    "loss_curves",
    "loss_layers",
    "metric_rows",
    "parameter_histogram",
    "schedule_curve",
]

M = TypeVar("M", bound=Model)


def curve(
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
    tips = [alt.Tooltip("step:Q"), number_tip("value", quantity)]
    base = (
        alt.Chart(inline(rows), width=WIDTH, height=HEIGHT)
        .transform_filter(only)
        .encode(x=steps_axis(), y=y)
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
    base = alt.Chart(inline(rows), width=WIDTH, height=HEIGHT).encode(
        x=steps_axis(), y=alt.Y("value:Q", title=quantity), color=color
    )
    line = base.mark_line(strokeWidth=2, strokeJoin="round", point=len(rows) <= len(names))
    tips = [alt.Tooltip("step:Q"), alt.Tooltip("metric:N", title=heading), number_tip("value", "")]
    points = base.mark_point(opacity=0, size=80).encode(tooltip=tips)
    drawn: alt.LayerChart = line.encode(strokeDash=dash) + points
    return drawn.properties(title=title)


def _told_apart(names: Sequence[str], heading: str) -> "tuple[alt.Color, alt.StrokeDash]":
    """A colour and a pattern of dashes for each of some lines."""
    import altair as alt

    chosen = (BLACK, SKY, PINK) if heading == "part" else PALETTE
    colors = [ink() if color == BLACK else color for color in chosen]
    legend = alt.Legend(symbolType="stroke", symbolSize=300, symbolStrokeWidth=2)
    return told_apart("metric:N", names, title=heading, colors=colors, legend=legend)


@names_home
@needs_extra
def loss_curves(run: Run[M]) -> Chart:
    """Draw total loss, data loss and penalty over the steps; without a penalty, one line for all.

    Args:
        run: A training; the metrics that it has logged are drawn.

    Raises:
        ImportError: Without the extra `[charts]`.

    >>> from microfp import datasets, nn, trainer
    >>> chart = loss_curves(trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=2))
    >>> chart.to_dict()["title"]
    'Loss'
    """
    return finished(loss_layers(run))


def loss_layers(run: Run[M]) -> "alt.LayerChart":
    """The lines of `loss_curves`, for a chart that has more than them."""
    check_kind("loss_curves", "run", run, Run, example="trainer.fit(model, dataset)")
    parts = ["total loss", "data loss", "penalty"]
    if not any(metrics.penalty for metrics in run.history):
        parts = parts[:1]  # the data loss would lie on it
    return _series(
        [row for row in plot_data.loss_history(run) if row["metric"] in parts],
        parts,
        title="Loss",
        quantity="loss",
        heading="part",
    )


@needs_extra
def accuracy_curve(run: Run[M]) -> Chart:
    """Draw the accuracy in percent over the steps.

    >>> from microfp import datasets, nn, trainer
    >>> chart = accuracy_curve(trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=2))
    >>> chart.to_dict()["title"]
    'Accuracy'
    """
    return finished(accuracy_layers(run))


def accuracy_layers(run: Run[M]) -> "alt.LayerChart":
    """The line of `accuracy_curve`, for a chart that has more than that."""
    rows = plot_data.accuracy_history(run)
    return curve(rows, title="Accuracy", quantity="accuracy in %", color=ink(), percent=True)


@needs_extra
def learning_rate(run: Run[M]) -> Chart:
    """Draw the learning rate over the steps.

    >>> from microfp import datasets, nn, trainer
    >>> chart = learning_rate(trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=2))
    >>> chart.to_dict()["title"]
    'Learning rate'
    """
    return finished(_rate_layers(run))


def _rate_layers(run: Run[M]) -> "alt.LayerChart":
    rows = metric_rows(run, "learning_rate")
    return curve(rows, title="Learning rate", quantity="learning rate", color=GREEN)


@needs_extra
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
    return finished(curve(rows, title="Learning rate", quantity="learning rate", color=GREEN))


@needs_extra
def gradient_norms(run: Run[M]) -> Chart:
    """Draw the Euclidean norm of the gradient over the steps.

    >>> from microfp import datasets, nn, trainer
    >>> chart = gradient_norms(trainer.fit(nn.mlp(2, [1]), datasets.moons(4), steps=2))
    >>> chart.to_dict()["title"]
    'Norm of the gradient'
    """
    return finished(_norm_layers(run))


def _norm_layers(run: Run[M]) -> "alt.LayerChart":
    rows = metric_rows(run, "gradient_norm")
    return curve(rows, title="Norm of the gradient", quantity="Euclidean norm", color=RED)


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


def metric_rows(run: Run[M], metric: Metric) -> Rows:
    """One row per logged step that has the number."""
    return [
        {"step": row["step"], "value": row[metric]}
        for row in plot_data.training_history(run)
        if row[metric] is not None
    ]


@needs_extra
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
    if not isinstance(runs, Mapping):
        raise wrong_kind("compare", "runs", "a dict from names to runs", runs)
    if not runs:
        raise wrong_value("compare", "runs", "at least one run", runs)
    if metric not in _QUANTITIES:
        raise wrong_value("compare", "metric", f"one of {', '.join(_QUANTITIES)}", metric)
    rows = [
        {**row, "metric": name} for name, run in runs.items() for row in metric_rows(run, metric)
    ]
    drawn = _series(rows, list(runs), title=title, quantity=_QUANTITIES[metric], heading="run")
    return finished(drawn)


@needs_extra
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
    return finished(_histogram_layer(states, bins))


def _histogram_layer(states: Sequence[TrainState[M]], bins: int = 40) -> "alt.Chart":
    import altair as alt

    rows = plot_data.parameter_histogram(states, bins=bins)
    bars = alt.Chart(inline(rows), title="Parameters", width=WIDTH, height=HEIGHT).mark_rect()
    drawn: alt.Chart = bars.encode(
        x=steps_axis("steps done"),
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
        *(number_tip("low", "from"), number_tip("high", "to")),
        alt.Tooltip("count:Q", title="how many"),
    ]


def _count_color() -> "alt.Color":
    import altair as alt

    few, many = by_ground(tint(GREEN, 0.12), "#0C3B30"), by_ground("#00382A", "#C4F5E7")
    scale = alt.Scale(range=[few, GREEN, many])
    return alt.Color("count:Q", title="how many", scale=scale, legend=alt.Legend(tickMinStep=1))


FIGURES = (
    Figure(
        place=1,
        words="The total loss is the mean loss of the examples plus the penalty.",
        draw=lambda run, states, dataset: loss_curves(run),
    ),
    Figure(
        place=2,
        words="The share of examples predicted rightly, before each update.",
        draw=lambda run, states, dataset: accuracy_curve(run),
    ),
    Figure(
        place=5,
        words="How far each update went along the gradient.",
        draw=lambda run, states, dataset: learning_rate(run),
    ),
    Figure(
        place=6,
        words="How steep the loss was before each update.",
        draw=lambda run, states, dataset: gradient_norms(run),
    ),
    Figure(
        place=7,
        words="How many parameters had which value after so many steps.",
        draw=lambda run, states, dataset: parameter_histogram(states),
    ),
)
"""What the report shows of this file."""
