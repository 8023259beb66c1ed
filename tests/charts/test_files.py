"""Charts become files, and misuse is refused."""

import struct
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from returns.pipeline import is_successful

from microfp import charts
from tests.charts.drawings import CHARTS, DATA, MODEL, RUN, drawn


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_becomes_a_picture_and_a_drawing(name: str, tmp_path: Path) -> None:
    chart = drawn(name)
    picture, drawing = tmp_path / "chart.png", tmp_path / "chart.svg"
    assert is_successful(charts.save(chart, picture))
    assert is_successful(charts.save(chart, str(drawing)))
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    assert width > 600
    assert height > 300
    assert ET.parse(drawing).getroot().tag.endswith("svg")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["chart.png", "chart.svg"]


def test_a_theme_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="to_svg: theme must be one of light, dark, got 'sepia'"):
        charts.to_svg(charts.scatter(DATA), theme="sepia")  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ValueError, match="to_png: theme must be one of light, dark, got None"):
        charts.to_png(charts.scatter(DATA), theme=None)  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: charts.compare({}), "compare: runs must be at least one run, got {}"),
        (lambda: charts.scrubber(RUN, [], DATA), "scrubber: states must be at least one state"),
        (lambda: charts.save(charts.scatter(DATA), "a.pdf"), r"must be a name that ends in \.png"),
        (lambda: charts.boundary(MODEL, DATA, h=0.0), "boundary: h must be a finite number > 0"),
        (lambda: charts.to_png(charts.scatter(DATA), scale=-1.0), "to_png: scale must be"),
    ],
)
def test_misuse_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
