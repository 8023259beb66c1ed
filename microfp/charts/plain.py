"""Plain charts of numbers with names: lines through points, and bars.

They draw what is not a training: a function and its tangent, the way of a descent, some shares.

>>> chart = lines({"x*x": [(x, x * x) for x in range(-3, 4)]}, here=(2, 4))
>>> chart.to_dict()["title"]
'x*x'
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from microfp.base.checks import check_like, wrong_kind, wrong_value
from microfp.base.elsewhere.leading import names_home
from microfp.base.later import Later
from microfp.charts.style import (
    HEIGHT,
    PALETTE,
    RED,
    WIDTH,
    Chart,
    finished,
    ink,
    inline,
    needs_extra,
    number_tip,
    told_apart,
)

if TYPE_CHECKING:
    import altair as alt
else:
    alt = Later("altair")

__all__ = ["ScaleName", "bars", "lines"]

ScaleName: TypeAlias = Literal["linear", "log"]
"""How an axis goes: the same steps for the same differences, or for the same ratios.

>>> chart = lines({"x*x": [(1, 1), (10, 100)]}, scales=("log", "log"))
"""


@names_home
@needs_extra
def lines(
    series: Mapping[str, Iterable[tuple[float, float]]],
    *,
    here: tuple[float, float] | None = None,
    x: str = "x",
    y: str = "y",
    bounds: tuple[float, float] | None = None,
    scales: tuple[ScaleName, ScaleName] = ("linear", "linear"),
    title: str = "",
) -> Chart:
    """Draw lines through points, told apart by colour and dashes, and perhaps one point on them.

    The points of a line are joined in the order given, so a line may turn back, as a descent does.

    Args:
        series: The points (x, y) of each line, by its name; nan and inf leave gaps.
        here: A point to mark, such as where a slider stands.
        x: What the axis to the right measures.
        y: What the axis upwards measures.
        bounds: The least and the greatest y that is drawn; all of them without it.
        scales: How the axes go, to the right and upwards: `"linear"`, or `"log"` for numbers
            above 0.
        title: The words above it; the name of the only line, if there is one, without them.

    Raises:
        ImportError: Without the extra `[charts]`.
        ValueError: If there is no line, or a number that is not above 0 on a logarithmic axis.

    >>> slope = lines(
    ...     {"curve": [(0, 0), (1, 1), (2, 4)], "tangent": [(0, -1), (2, 3)]}, here=(1, 1)
    ... )
    >>> len(slope.to_dict()["layer"])
    2
    """
    if not isinstance(series, Mapping):
        raise wrong_kind("lines", "series", "a dict from names to points", series)
    if not series:
        raise wrong_value("lines", "series", "at least one line", series)
    for name, own in series.items():
        check_like("lines", f"series[{name!r}]", own, Iterable, "a sequence of points")
    points = [
        (name, i, float(a), float(b))
        for name, own in series.items()
        for i, (a, b) in enumerate(own)
    ]
    _check_scale("x", scales[0], [a for _, _, a, _ in points])
    _check_scale("y", scales[1], [b for _, _, _, b in points])
    rows = [{"line": name, "place": i, "x": a, "y": b} for name, i, a, b in points]
    across = alt.X("x:Q", title=x, scale=alt.Scale(type=scales[0], zero=False, nice=False))
    shown = {"domain": bounds} if bounds else {"zero": False}
    up = alt.Y("y:Q", title=y, scale=alt.Scale(type=scales[1], **shown))
    color, dash = _told_apart(tuple(series))
    drawn = (
        alt.Chart(inline(rows), width=WIDTH, height=HEIGHT)
        .mark_line(strokeWidth=2, strokeJoin="round", clip=True)
        .encode(
            x=across,
            y=up,
            order="place:O",
            color=color,
            strokeDash=dash,
            tooltip=[alt.Tooltip("line:N"), number_tip("x", x), number_tip("y", y)],
        )
    )
    words = title or (next(iter(series)) if len(series) == 1 else "")
    layers = [drawn] if here is None else [drawn, _mark(here, across, up)]
    return finished(alt.layer(*layers).properties(title=words))


def _check_scale(axis: str, kind: object, numbers: Sequence[float]) -> None:
    if kind not in get_args(ScaleName):
        raise wrong_value("lines", "scales", "two of 'linear' and 'log'", kind)
    lowest = min(numbers, default=1.0)
    if kind == "log" and lowest <= 0.0:
        raise wrong_value("lines", axis, "numbers above 0 on a logarithmic axis", lowest)


@names_home
@needs_extra
def bars(numbers: Mapping[str, float], *, quantity: str = "", title: str = "") -> Chart:
    """Draw a bar for each of some numbers with names, in the order given.

    Args:
        numbers: The length of each bar, by its name.
        quantity: What the bars measure.
        title: The words above it.

    Raises:
        ImportError: Without the extra `[charts]`.
        ValueError: If there is no number.

    >>> bars({"first": 0.25, "second": 0.75}, quantity="share").to_dict()["layer"][0]["mark"][
    ...     "type"
    ... ]
    'bar'
    """
    if not isinstance(numbers, Mapping):
        raise wrong_kind("bars", "numbers", "a dict from names to numbers", numbers)
    if not numbers:
        raise wrong_value("bars", "numbers", "at least one number", numbers)
    rows = [{"name": name, "number": float(number)} for name, number in numbers.items()]
    base = alt.Chart(inline(rows), width=WIDTH, height=36 * len(rows)).encode(
        x=alt.X("number:Q", title=quantity),
        y=alt.Y("name:N", title=None, sort=None),
        tooltip=[alt.Tooltip("name:N"), number_tip("number", quantity)],
    )
    told = base.mark_text(align="left", dx=4, fontSize=12, color=ink()).encode(
        text=alt.Text("number:Q", format=".4~g")
    )
    drawn = alt.layer(base.mark_bar(color=PALETTE[0], height=20), told)
    return finished(drawn.properties(title=title))


def _told_apart(names: Sequence[str]) -> "tuple[alt.Color, alt.StrokeDash]":
    """A colour and a pattern of dashes for each line; a line alone needs no legend."""
    legend = alt.Legend(symbolType="stroke", symbolSize=300) if len(names) > 1 else None
    return told_apart("line:N", names, title=None, colors=PALETTE, legend=legend)


def _mark(here: tuple[float, float], across: "alt.X", up: "alt.Y") -> "alt.Chart":
    """A point that stands out."""
    row = {"x": float(here[0]), "y": float(here[1])}
    point: alt.Chart = (
        alt.Chart(inline([row]))
        .mark_point(filled=True, size=110, color=RED, opacity=1)
        .encode(x=across, y=up, tooltip=[alt.Tooltip("x:Q"), alt.Tooltip("y:Q")])
    )
    return point
