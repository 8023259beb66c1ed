"""The demo also learns three classes and a curve, and draws them for a terminal."""

import json

import pytest

from microfp import datasets, nn
from microfp.charts import class_map, curve_map
from microfp.cli import main


@pytest.mark.parametrize(
    ("name", "steps", "drawn"),
    [("rings", 60, "digits are examples"), ("waves", 200, "*: predicted, o: an example")],
)
def test_the_demo_learns_more_than_two_classes(
    name: str, steps: int, drawn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--dataset", name, "--steps", str(steps)]) == 0
    said = capsys.readouterr().out
    assert drawn in said
    assert main(["demo", "--dataset", name, "--steps", str(steps), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    first, last = found["history"][0]["loss"], found["history"][-1]["loss"]
    assert last < 0.5 * first
    assert found["parameters"] == {"rings": 371, "waves": 321}[name]
    if name == "rings":
        assert found["final_accuracy"] > 0.9


def test_charts_of_two_classes_are_refused_for_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--dataset", "waves", "--png", "waves.png"]) != 0
    assert "where --report or --png is asked for, got 'waves'" in capsys.readouterr().err


def test_a_class_map_shows_the_largest_score() -> None:
    """Three scores: of the left, of the right, and one that is always least."""
    weights = [[-1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]
    model = nn.layer(2, 3, weights=weights, biases=[0.0, 0.0, -9.0], activation="identity")
    data = datasets.dataset([[-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], [0, 1, 2])
    rows = class_map(model, data, 21).splitlines()[1:-2]
    assert all(set(row[1:11]) <= {" ", "0", "2"} for row in rows)
    assert all(set(row[12:-1]) <= {".", "1"} for row in rows)
    marks = "".join(mark for row in rows for mark in row if mark.isdigit())
    assert sorted(marks) == ["0", "1", "2"]


def test_a_curve_stands_over_its_examples() -> None:
    line = nn.neuron(1, weights=[1.0], activation="identity")
    data = datasets.dataset([[0.0], [1.0], [0.5]], [0.0, 1.0, 0.0])
    rows = curve_map(line, data, 24).splitlines()[1:-2]
    stars = [row.index("*") for row in rows if "*" in row]
    assert stars == sorted(stars, reverse=True)
    assert sum(row.count("*") for row in rows) == 24
    assert sum(row.count("o") for row in rows) == 1  # the others lie under the line
