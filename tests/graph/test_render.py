"""A drawing shows all of a graph: in DOT text, as a picture, in networkx."""

import builtins
import re
from collections import Counter
from typing import Any

import pytest
from hypothesis import given

from microfp.gradients import backward
from microfp.graph import edges, nodes, to_dot, to_networkx, to_svg
from microfp.values import lift, value
from tests.expressions import Expression, expressions
from tests.graph.labelled import diamond, labelled

X = value(3.0, label="x")
Y = value(4.0, label="y")

BOX = re.compile(r'  (n\d+) \[label="((?:[^"\\]|\\.)*)"\];')
ARROW = re.compile(r"  (n\d+) -> (n\d+);")


def read_dot(text: str) -> tuple[dict[str, str], Counter[tuple[str, str]]]:
    """The boxes and arrows of a DOT text of which every line has to be understood."""
    first, rank, shape, *lines, last = text.split("\n")
    assert (first, rank, shape, last) == (
        "digraph microfp {",
        "  rankdir=LR;",
        "  node [shape=box];",
        "}",
    )
    boxes = {m[1]: m[2] for line in lines if (m := BOX.fullmatch(line))}
    arrows = Counter((m[1], m[2]) for line in lines if (m := ARROW.fullmatch(line)))
    assert len(boxes) + arrows.total() == len(lines)
    return boxes, arrows


def test_dot_has_a_box_a_node_and_an_arrow_an_operand() -> None:
    _, y = diamond()
    boxes, arrows = read_dot(to_dot(y))
    assert list(boxes) == [row["id"] for row in nodes(y)]
    assert arrows == Counter((edge["source"], edge["target"]) for edge in edges(y))


def test_dot_shows_label_operation_data_and_gradient() -> None:
    x = value(3.0, label="x")
    y = x * x
    boxes, _ = read_dot(to_dot(y, backward(y)))
    assert boxes == {"n0": r"x\ndata 3\ngrad 6", "n1": r"mul\ndata 9\ngrad 1"}


def test_dot_shows_a_gradient_of_0() -> None:
    assert r"grad 0" in to_dot(value(1.0), backward(value(2.0)))


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ('say "x"', r"say \"x\""),
        ("back\\slash", r"back\\slash"),
        ("two\nlines", r"two\nlines"),
        ('\\"', r"\\\""),
        ("{a|b} <c>", "{a|b} <c>"),
        ("größe", "größe"),
    ],
)
def test_any_label_stays_one_label_in_dot(label: str, shown: str) -> None:
    boxes, _ = read_dot(to_dot(value(1.0, label=label)))
    assert boxes == {"n0": shown + r"\ndata 1"}


@pytest.mark.parametrize(
    ("data", "shown"),
    [(float("nan"), "nan"), (float("-inf"), "-inf"), (1e-300, "1e-300"), (1 / 3, "0.333333")],
)
def test_dot_shows_any_number(data: float, shown: str) -> None:
    assert read_dot(to_dot(lift(data)))[0] == {"n0": f"data {shown}"}


def test_the_limit_of_a_picture_is_a_count_from_one() -> None:
    y = X * Y
    assert "mul" in to_svg(y, limit=1)
    with pytest.raises(ValueError, match=r"^to_svg: limit must be an int >= 1, got 0$"):
        to_svg(y, limit=0)


@given(expressions())
def test_the_networkx_graph_holds_the_rows(expression: Expression) -> None:
    output = labelled(expression)[0]
    gradients = backward(output)
    made = to_networkx(output, gradients)
    rows = [{"id": name, **data} for name, data in made.nodes(data=True)]
    assert tuple(rows) == nodes(output, gradients)
    found = [
        {"source": a, "target": b, "operand": operand, **data}
        for a, b, operand, data in made.edges(keys=True, data=True)
    ]
    order = ("source", "target", "operand")
    assert sorted(found, key=lambda e: [e[k] for k in order]) == sorted(
        edges(output), key=lambda e: (e["source"], e["target"], e["operand"])
    )


def test_without_networkx_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "networkx":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ImportError, match=r"to_networkx: .*pip install 'microfp\[networkx\]'"):
        to_networkx(X * Y)
