"""The door of the package offers each of its names."""

from collections.abc import Callable

import pytest

from microfp import graph
from microfp.values import Value, value

X = value(3.0, label="x")
Y = value(4.0, label="y")


@pytest.mark.parametrize("name", graph.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(graph, name).__name__ == name


def test_the_algebra_and_the_text_are_reached_by_way_of_graph() -> None:
    area = X * Y
    again: Callable[..., Value] = graph.substitute
    assert again(area, {X: 1.0}).data == 4.0
    assert graph.simplify(area * 1.0) is area
    assert graph.free_variables(area) == (X, Y)
    assert graph.to_latex(area) == r"x \cdot y"
    assert "def f(x, y):" in graph.to_python(area)
