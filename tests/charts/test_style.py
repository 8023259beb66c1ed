"""All charts share one look, on light ground and on dark, and say the same each time."""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from xml.etree import ElementTree as ET

import pytest
import vl_convert

from microfp import charts, datasets, gpt
from microfp.charts import Chart
from tests.charts.drawings import CHARTS, DATA, RUN, drawn, encodings


@pytest.mark.parametrize("name", CHARTS)
def test_every_axis_has_a_title(name: str) -> None:
    titles = re.findall(r"[XY]-axis titled '([^']*)'", axes(name))
    assert titles
    assert "" not in titles


def axes(name: str) -> str:
    """What the drawing says of its axes to those who do not see it."""
    root = ET.fromstring(svg_of(name, "light"))
    return "\n".join(it.get("aria-label", "") for it in root.iter())


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_the_same_in_every_process_and_call(name: str) -> None:
    assert CHARTS[name]().to_json() == drawn(name).to_json()


def test_a_class_has_one_colour_and_one_shape_in_all_charts() -> None:
    one_class = datasets.subset(DATA, [i for i, y in enumerate(DATA.ys) if y > 0])
    found = {
        (channel, label, look)
        for chart in (charts.scatter(one_class), *map(drawn, CHARTS))
        for encoding in encodings(chart)
        for channel in ("color", "shape")
        if encoding.get(channel, {}).get("field") == "label"
        for label, look in scale_of(encoding[channel]).items()
    }
    assert found == {
        ("color", "class -1", "#E69F00"),
        ("color", "class 1", "#0072B2"),
        ("shape", "class -1", "circle"),
        ("shape", "class 1", "triangle-up"),
    }


def scale_of(channel: Mapping[str, object]) -> dict[str, str]:
    scale = channel["scale"]
    assert isinstance(scale, Mapping)
    return dict(zip(scale["domain"], scale["range"], strict=True))


GROUNDS: Mapping[charts.Theme, str] = {"light": "#FFFFFF", "dark": "#14171B"}

INKED = ("loss", "accuracy", "scrubber", "summary", "seven runs")


def brightness(color: str) -> float:
    """The relative luminance of WCAG 2.2."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    low, high = sorted((brightness(a), brightness(b)))
    return (high + 0.05) / (low + 0.05)


def painted(svg: str) -> Iterator[tuple[str, str, str]]:
    """The role, the kind and the colour of everything that is painted, as `#RRGGBB`."""
    for group in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}g"):
        for it in group:
            for kind in ("fill", "stroke"):
                if (color := it.get(kind, "")).startswith("#"):
                    yield (
                        group.get("class", ""),
                        kind,
                        f"#{color[1:] * (2 if len(color) == 4 else 1)}",
                    )


GPT, TOKENISER = gpt.gpt(3, embedding=4, heads=2), datasets.characters(["ab"])

LETTERED: Mapping[str, Callable[[], Chart]] = {
    **CHARTS,
    "attention": lambda: charts.attention_map(GPT, TOKENISER, "ab"),
    "characters": lambda: charts.next_characters([gpt.Token(0, "a", (0.5, 0.3, 0.2))], TOKENISER),
}


FURTHER: Mapping[str, Callable[[], Chart]] = {
    "seven runs": lambda: charts.compare({f"run {i}": RUN for i in range(7)}),
}


@cache
def svg_of(name: str, theme: charts.Theme) -> str:
    """The drawing of a chart, which is drawn once for all that is looked for in it."""
    made = drawn(name) if name in CHARTS else {**LETTERED, **FURTHER}[name]()
    return charts.to_svg(made, theme=theme)


@pytest.mark.parametrize("theme", GROUNDS)
@pytest.mark.parametrize("name", LETTERED)
def test_letters_can_be_read_on_the_ground_of_their_theme(name: str, theme: charts.Theme) -> None:
    svg = svg_of(name, theme)
    letters = [color for role, _, color in painted(svg) if "mark-text" in role]
    assert len(letters) > 5
    assert min(contrast(color, GROUNDS[theme]) for color in letters) >= 4.5
    assert f'fill="{GROUNDS[theme]}"' in svg


@pytest.mark.parametrize("theme", GROUNDS)
@pytest.mark.parametrize("name", INKED)
def test_a_line_of_ink_stands_out_from_the_ground_of_its_theme(
    name: str, theme: charts.Theme
) -> None:
    svg = svg_of(name, theme)
    lines = [
        color for role, kind, color in painted(svg) if "mark-line" in role and kind == "stroke"
    ]
    assert lines
    assert max(contrast(color, GROUNDS[theme]) for color in lines) >= 15.0  # black, or nearly white


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_takes_its_ground_and_letters_from_the_page_that_shows_it(name: str) -> None:
    # Vega's own dark theme, which marimo hands to every chart on a dark page.
    svg = vl_convert.vegalite_to_svg(drawn(name).to_json(), theme="dark")
    assert 'fill="#333"' in svg
    letters = {color for role, _, color in painted(svg) if "mark-text" in role}
    assert letters == {"#ffffff"}
