"""The check finds wrong derivatives where they are, and no others."""

import math

import pytest
from hypothesis import given

from microfp import func, value
from microfp.values import Scalar
from tests.func.curves import SMOOTH, Line, Step, built, number, points, steps


def test_the_check_finds_a_wrong_rule_at_its_order() -> None:
    rule = func.custom_derivative(math.sin, lambda a, y: (math.cos(number(a)),), name="frozen")
    found = func.check_grads(lambda x, y: rule(x) * y, (1.0, 2.0), order=2)
    assert not found
    assert found.compared == 4
    assert [(row.order, row.place) for row in found.disagreements] == [(2, "primal 0")]
    assert func.check_grads(lambda x, y: rule(x) * y, (1.0, 2.0), order=1)


def test_the_check_names_places_inside_of_trees() -> None:
    wrong = func.custom_derivative(lambda a: a, lambda a, y: (2.0,), name="wrong")

    def f(line: Line, pair: tuple[Scalar, Scalar]) -> tuple[Scalar, Scalar]:
        return line.slope * pair[0], wrong(line.offset) + wrong(pair[1])

    line = Line(slope=value(3.0), offset=value(5.0))
    found = func.check_grads(f, (line, (1.0, 2.0)), order=1)
    assert [row.place for row in found.disagreements] == ["primal 0.offset", "primal 1[1]"]
    assert found.disagreements[0].forward == found.disagreements[0].reverse
    assert 2.0 * found.disagreements[0].central == pytest.approx(found.disagreements[0].forward)


def test_the_check_is_not_fooled_by_nan() -> None:
    nan = func.custom_derivative(lambda a: a, lambda a, y: (math.nan,), name="nan")
    assert not func.check_grads(nan, 1.0, order=1)


@given(steps, points)
def test_the_check_agrees_with_right_derivatives(
    made: list[Step], point: tuple[float, float, float]
) -> None:
    # Kinks are where a central difference is no derivative; and where a gradient stops, it is none.
    smooth = [(k % (len(SMOOTH) + 5), i, j) for k, i, j in made]
    without_kinks = [(0 if k in (5, 6) else k, i, j) for k, i, j in smooth]
    assert func.check_grads(lambda *xs: built(without_kinks, xs), point, tolerance=1e-5)
