"""Charts as files: SVG and PNG, drawn without a network."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from returns.io import IOResult

from microfp.base.checks import check_path, check_positive, wrong_kind, wrong_value
from microfp.base.files import write_atomically
from microfp.base.text import escaped
from microfp.charts.style import THEMES, Chart, Theme, needs_extra
from microfp.errors import FileError

__all__ = [
    "grammar",
    "save",
    "specification",
    "to_png",
    "to_svg",
]


@needs_extra
def to_svg(chart: Chart, *, theme: Theme = "light") -> str:
    """Render a chart as SVG, without a network.

    Args:
        chart: The chart.
        theme: The page that it is for, `light` or `dark`.

    >>> from microfp.charts import scatter
    >>> from microfp import datasets
    >>> to_svg(scatter(datasets.moons(4)))[:4]
    '<svg'
    """
    import vl_convert

    colors = _colors("to_svg", theme)
    return vl_convert.vegalite_to_svg(specification(chart), vl_version=grammar(), config=colors)


@needs_extra
def to_png(chart: Chart, *, scale: float = 2.0, theme: Theme = "light") -> bytes:
    r"""Render a chart as PNG, without a network.

    Args:
        chart: The chart.
        scale: Pixels per unit of the chart, above 0: 2 for screens and slides, more for print.
        theme: The page that it is for, `light` or `dark`.

    >>> from microfp.charts import scatter
    >>> from microfp import datasets
    >>> to_png(scatter(datasets.moons(4)), scale=1.0)[1:4]
    b'PNG'
    """
    import vl_convert

    factor = check_positive("to_png", "scale", scale)
    colors = _colors("to_png", theme)
    return vl_convert.vegalite_to_png(
        specification(chart), vl_version=grammar(), scale=factor, config=colors
    )


def _colors(where: str, theme: Theme) -> dict[str, object]:
    if theme not in tuple(THEMES):
        raise wrong_value(where, "theme", f"one of {', '.join(THEMES)}", theme)
    return dict(THEMES[theme])


def specification(chart: Chart) -> dict[str, object]:
    """The chart in Vega-Lite, as JSON; what no picture can show of its texts is escaped.

    The program that draws gives up on a control character, and takes the process with it.

    >>> from microfp.charts import scatter
    >>> from microfp import datasets
    >>> "mark" in specification(scatter(datasets.moons(4)))
    True
    """
    if not hasattr(chart, "to_json"):
        raise wrong_kind("charts", "chart", "a chart, as functions of microfp.charts make", chart)
    found: dict[str, object] = json.loads(chart.to_json(indent=None), object_hook=_shown)
    return found


def _shown(part: dict[str, object]) -> dict[str, object]:
    return {str(_text_shown(key)): _text_shown(inner) for key, inner in part.items()}


def _text_shown(found: object) -> object:
    """A text without what cannot be drawn, also in a list; anything else as it is."""
    if isinstance(found, str):
        return escaped(found, keep="\n\t\xa0")
    if isinstance(found, list):
        return [*map(_text_shown, found)]
    return found


def grammar() -> str:
    """The version of Vega-Lite that Altair writes, as `6.4`."""
    import altair as alt

    return ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])


@needs_extra
def save(chart: Chart, path: str | Path, *, theme: Theme = "light") -> IOResult[Path, FileError]:
    """Write a chart to a file: PNG or SVG, by the end of its name.

    Args:
        chart: The chart.
        path: Where to; a file that is there is replaced in one instant, or not at all.
        theme: The page that it is for, `light` or `dark`.

    Returns:
        The path, or the error of the file system.

    Raises:
        ValueError: If the name ends otherwise, or there is no such theme.

    >>> from microfp.charts import scatter
    >>> from microfp import datasets
    >>> save(scatter(datasets.moons(4)), "/nowhere/moons.svg")
    <IOResult: <Failure: [Errno 2] No such file or directory: '/nowhere'>>
    """
    target = check_path("save", "path", path)
    kinds: Mapping[str, Callable[[], bytes]] = {
        ".png": lambda: to_png(chart, theme=theme),
        ".svg": lambda: to_svg(chart, theme=theme).encode(),
    }
    if target.suffix not in kinds:
        raise wrong_value("save", "path", "a name that ends in .png or .svg", str(path))
    return write_atomically(target, kinds[target.suffix]())
