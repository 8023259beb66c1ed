"""Lines and bars show the numbers that they are given."""

import pytest

from microfp import charts

CURVE = [(0.0, 0.0), (1.0, 1.0), (0.5, 2.0)]


def rows(chart: charts.Chart, layer: int = 0) -> list[dict[str, object]]:
    spec = chart.to_dict()
    name = spec["layer"][layer].get("data", spec.get("data", {})).get("name")
    found: list[dict[str, object]] = (
        spec["datasets"][name] if name else spec["layer"][layer]["data"]["values"]
    )
    return found


def test_a_line_joins_its_points_in_the_order_given() -> None:
    drawn = charts.lines({"there and back": CURVE})
    assert [(row["x"], row["y"]) for row in rows(drawn)] == CURVE
    assert drawn.to_dict()["layer"][0]["encoding"]["order"]["field"] == "place"


def test_lines_are_told_apart_by_colour_and_by_dashes() -> None:
    spec = charts.lines({"a": CURVE, "b": CURVE}).to_dict()["layer"][0]["encoding"]
    for channel in ("color", "strokeDash"):
        assert len({str(it) for it in spec[channel]["scale"]["range"]}) == 2


def test_the_point_of_now_is_marked() -> None:
    drawn = charts.lines({"a": CURVE}, here=(1, 1))
    assert rows(drawn, layer=1) == [{"x": 1.0, "y": 1.0}]


def test_a_gap_is_left_where_there_is_no_number() -> None:
    drawn = charts.lines({"a": [(0.0, 1.0), (1.0, float("inf")), (2.0, 1.0)]})
    assert [row["y"] for row in rows(drawn)] == [1.0, None, 1.0]


def test_bars_stand_in_the_order_given() -> None:
    spec = charts.bars({"z": 3.0, "a": 1.0}).to_dict()
    assert spec["layer"][0]["encoding"]["y"]["sort"] is None
    assert charts.to_svg(charts.bars({"z": 3.0, "a": 1.0})).startswith("<svg")


@pytest.mark.parametrize("draw", [charts.lines, charts.bars])
def test_nothing_to_draw_is_refused(draw: object) -> None:
    assert callable(draw)
    with pytest.raises(ValueError, match="at least one"):
        draw({})


def test_axes_may_be_logarithmic() -> None:
    powers = [(10.0**k, 10.0 ** (2 * k)) for k in range(4)]
    spec = charts.lines({"square": powers}, scales=("log", "linear")).to_dict()["layer"][0]
    assert spec["encoding"]["x"]["scale"]["type"] == "log"
    assert spec["encoding"]["y"]["scale"]["type"] == "linear"
    with pytest.raises(ValueError, match=r"lines: y must be numbers above 0 .* got 0\.0"):
        charts.lines({"zero": [(1.0, 0.0)]}, scales=("log", "log"))
    with pytest.raises(ValueError, match="scales must be two of 'linear' and 'log', got 'cube'"):
        charts.lines({"square": powers}, scales=("cube", "log"))  # type: ignore[arg-type]
