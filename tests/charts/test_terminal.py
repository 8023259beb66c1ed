"""Pictures of text show what the rows say, and fit where they are printed."""

import pytest

from microfp.charts.terminal import boundary_map, boundary_spacing
from microfp.plot_data import BoundaryRow, PointRow


def grid_row(x: float, y: float, *, score: float) -> BoundaryRow:
    predicted = 1.0 if score > 0.0 else -1.0
    return BoundaryRow(x=x, y=y, predicted="", predicted_value=predicted, score=score)


def point(x: float, y: float, label: float) -> PointRow:
    return PointRow(x=x, y=y, label="", label_value=label)


def picture(grid: list[BoundaryRow], *points: PointRow) -> list[str]:
    lines = boundary_map(grid, points).splitlines()
    return [line[1:-1] for line in lines[1 : lines.index(lines[0], 1)]]


SQUARE = [grid_row(x, y, score=y - 1.5) for x in (0.0, 1.0, 2.0) for y in (0.0, 1.0, 2.0, 3.0)]


def test_up_is_up_and_class_1_is_dark() -> None:
    assert picture(SQUARE) == [":::", "   "]


def test_a_character_shows_two_rows_of_the_grid() -> None:
    above_2 = [grid_row(0.0, y, score=y - 2.5) for y in (0.0, 1.0, 2.0, 3.0)]
    below_2 = [grid_row(0.0, y, score=2.5 - y) for y in (0.0, 1.0, 2.0, 3.0)]
    assert (picture(above_2), picture(below_2)) == (["'", " "], [".", ":"])


def test_a_row_without_a_partner_is_whole() -> None:
    assert picture([grid_row(0.0, y, score=1.0) for y in (0.0, 1.0, 2.0)]) == [":", ":"]


def test_examples_stand_where_they_are() -> None:
    assert picture(SQUARE, point(0.1, 2.9, -1.0), point(1.9, 0.2, 1.0)) == ["o::", "  x"]


def test_two_classes_in_one_place_are_a_star() -> None:
    both = point(1.0, 0.0, -1.0), point(1.0, 0.1, 1.0)
    assert picture(SQUARE, *both, both[0]) == [":::", " * "]
    assert picture(SQUARE, both[1], both[1]) == [":::", " x "]


def test_a_point_beyond_the_last_grid_point_stays_inside_the_frame() -> None:
    assert picture(SQUARE, point(2.9, -0.9, 1.0)) == [":::", "  x"]


def test_a_grid_of_one_point_is_a_picture() -> None:
    assert picture([grid_row(1.0, 1.0, score=-1.0)], point(1.0, 1.0, 1.0)) == ["x"]


def test_the_ranges_of_both_axes_are_said() -> None:
    assert "x from 0 to 2, y from 0 to 3" in boundary_map(SQUARE, [])


def test_an_empty_grid_is_an_error() -> None:
    with pytest.raises(ValueError, match="boundary_map: grid must be at least one row, got"):
        boundary_map([], [])


@pytest.mark.parametrize("wide", [0.0, 0.1, 1.0, 30.0, 1e6])
def test_the_grid_fits_the_columns_and_the_lines(wide: float) -> None:
    h = boundary_spacing([point(0.0, 0.0, 1.0), point(wide, 1.0, 1.0)], columns=60, lines=20)
    assert (wide + 1.0) / h < 60.0
    assert (1.0 + 1.0) / h < 40.0
    assert max((wide + 1.0) / h - 59.0, (1.0 + 1.0) / h - 39.0) == pytest.approx(0.0, abs=1e-9)
