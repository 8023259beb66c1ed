"""The look that all charts share: colours of classes and series, axes, letters, themes."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from importlib.util import find_spec
from typing import (
    TYPE_CHECKING,
    ForwardRef,
    Literal,
    NamedTuple,
    ParamSpec,
    Protocol,
    TypeAlias,
    TypeVar,
    Union,
)

from microfp.base.checks import check_finite
from microfp.base.later import Later
from microfp.datasets import Dataset
from microfp.nn import Model
from microfp.trainer import Run, TrainState

if TYPE_CHECKING:
    import altair as alt
else:
    alt = Later("altair")

__all__ = [
    "BLACK",
    "BLUE",
    "COLUMNS",
    "FRAME_COLUMNS",
    "GREEN",
    "HEIGHT",
    "MISSING",
    "ORANGE",
    "PADDING",
    "PALETTE",
    "PINK",
    "RED",
    "SHAPES",
    "SKY",
    "THEMES",
    "WIDTH",
    "YELLOW",
    "Chart",
    "Draw",
    "Figure",
    "Rows",
    "Theme",
    "adapted",
    "by_ground",
    "check_extra",
    "class_color",
    "class_shape",
    "finished",
    "ink",
    "inline",
    "needs_extra",
    "number_tip",
    "steps_axis",
    "tint",
    "told_apart",
]

M = TypeVar("M", bound=Model)
P = ParamSpec("P")
R = TypeVar("R")

Chart: TypeAlias = (
    "alt.Chart | alt.LayerChart | alt.HConcatChart | alt.VConcatChart | alt.FacetChart"
)
"""Whatever Altair calls a chart.

>>> from microfp.charts import scatter, to_svg
>>> from microfp import datasets
>>> chart: Chart = scatter(datasets.moons(10))
>>> to_svg(chart)[:4]
'<svg'
"""

if not TYPE_CHECKING:  # so that other modules, which know no `alt`, can resolve each of its names
    Chart = Union[tuple(ForwardRef(kind, module=__name__) for kind in Chart.split(" | "))]  # noqa: UP007 - of texts

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


def needs_extra(f: Callable[P, R]) -> Callable[P, R]:
    """The function, which says what to install where it finds the extra missing."""

    @wraps(f)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        check_extra()
        return f(*args, **kwargs)

    return call


def class_color(label: float) -> str:
    """The colour of a class: the same in every chart, whatever other classes there are.

    >>> class_color(-1.0), class_color(1.0)
    ('#E69F00', '#0072B2')
    """
    check_finite("class_color", "label", label)
    two_classes = {-1.0: ORANGE, 1.0: BLUE}
    others = (GREEN, BLUE, PINK, SKY, RED, BLACK, YELLOW, ORANGE)
    return two_classes.get(label) or others[round(label) % len(others)]


def class_shape(label: float) -> str:
    """The shape of a class: the same in every chart, whatever other classes there are.

    >>> class_shape(-1.0), class_shape(1.0)
    ('circle', 'triangle-up')
    """
    two_classes = {-1.0: "circle", 1.0: "triangle-up"}
    return two_classes.get(label) or SHAPES[round(label) % len(SHAPES)]


def tint(color: str, share: float) -> str:
    """A colour mixed with white."""
    channels = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 - share * (255 - channel)):02X}" for channel in channels)


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


def inline(rows: Rows) -> "alt.InlineData":
    """Rows as the data of a chart, inside of it."""
    import altair as alt

    return alt.InlineData(values=[_cells(row) for row in rows])


def steps_axis(title: str = "step") -> "alt.X":
    """The axis of steps: whole numbers, without a margin."""
    import altair as alt

    axis = alt.Axis(format="d", tickMinStep=1, grid=False, labelFlush=False)
    return alt.X("step:Q", title=title, axis=axis, scale=alt.Scale(nice=False))


DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])


def told_apart(
    field: str,
    names: Sequence[str],
    *,
    title: str | None,
    colors: "Sequence[str | alt.ExprRef]",
    legend: "alt.Legend | None",
) -> "tuple[alt.Color, alt.StrokeDash]":
    """A colour and a pattern of dashes for each of some lines, over again if they run out."""
    import altair as alt

    order = list(names)
    color, dash = (
        alt.Scale(domain=order, range=[forms[i % len(forms)] for i in range(len(order))])
        for forms in (colors, DASHES)
    )
    return (
        alt.Color(field, title=title, scale=color, sort=order, legend=legend),
        alt.StrokeDash(field, title=title, scale=dash, sort=order, legend=legend),
    )


def number_tip(field: str, title: str) -> "alt.Tooltip":
    """What a pointer finds out about a number."""
    import altair as alt

    return alt.Tooltip(f"{field}:Q", title=title, format=".5g")


def finished(chart: Chart) -> Chart:
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


Theme: TypeAlias = Literal["light", "dark"]
"""What a picture is drawn for: a light page, or a dark one.

>>> from microfp.charts import scatter, to_svg
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
        "header": letters,
        "axis": {**letters, "gridColor": grid, "domainColor": ticks, "tickColor": ticks},
    }


THEMES: Mapping[Theme, Mapping[str, object]] = {
    "light": _theme("#FFFFFF", "#222222", "#E5E5E5", "#888888"),
    "dark": _theme("#14171B", "#E9EBEE", "#343B44", "#6A737E"),
}


_LIGHT_HOSTS = (".light", '[data-jp-theme-light="true"]', ".vscode-light")
_DARK_HOSTS = (".dark", '[data-jp-theme-light="false"]', ".vscode-dark")


def adapted(svg: str) -> str:
    """A picture in the light theme that turns dark where the page around it is, or the system.

    Args:
        svg: A chart, drawn in the light theme.

    >>> adapted('<svg class="marks"><rect fill="#FFFFFF"/></svg>')[:46]
    '<svg class="microfp-chart marks"><style>.micro'
    """
    pairs = dict(zip(_colors_of("light"), _colors_of("dark"), strict=True)) | {BLACK: "#E9EBEE"}
    names = {color: f"--microfp-{i}" for i, color in enumerate(pairs)}
    light = ";".join(f"{name}:{color}" for color, name in names.items())
    dark = ";".join(f"{name}:{pairs[color]}" for color, name in names.items())
    own = ".microfp-chart"
    rules = [
        f"{own}{{{light}}}",
        f"@media(prefers-color-scheme:dark){{{own}{{{dark}}}}}",
        *(f"{host} {own}{{{light}}}" for host in _LIGHT_HOSTS),
        *(f"{host} {own}{{{dark}}}" for host in _DARK_HOSTS),
        *(
            f'{own} [{kind}="{color}"]{{{kind}:var({name})}}'
            for color, name in names.items()
            for kind in ("fill", "stroke")
        ),
    ]
    named = svg.replace('class="marks"', 'class="microfp-chart marks"', 1)
    head, bracket, rest = named.partition(">")
    return f"{head}{bracket}<style>{''.join(rules)}</style>{rest}"


def _colors_of(theme: Theme) -> list[str]:
    """The colours of a theme: ground, ink, grid and ticks."""
    it = THEMES[theme]
    axis = it["axis"]
    assert isinstance(axis, Mapping)
    return [str(it["background"]), *(str(axis[key]) for key in _AXIS_COLORS)]


_AXIS_COLORS = ("labelColor", "gridColor", "domainColor")


def by_ground(on_light: str, on_dark: str) -> "alt.ExprRef":
    """One of two colours, by the ground that a chart has come to stand on."""
    import altair as alt

    return alt.ExprRef(f"luminance(background) < 0.2 ? '{on_dark}' : '{on_light}'")


def ink() -> "alt.ExprRef":
    """The colour of lines that belong to no class: black on a light ground, pale on a dark one."""
    return by_ground(BLACK, "#E9EBEE")


class Draw(Protocol):
    """A function that draws a training, of which it needs all or a part."""

    def __call__(self, run: Run[M], states: Sequence[TrainState[M]], dataset: Dataset, /) -> Chart:
        """Return the chart."""
        ...


class Figure(NamedTuple):
    """A chart of the report; each file of charts lists its own in `FIGURES`."""

    place: int
    """Where it stands in the report: the figures are in rising order."""
    words: str
    """What it shows, in a sentence."""
    draw: Draw
    """What draws it."""
