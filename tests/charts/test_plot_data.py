"""Rows for charts are plain, complete and in order."""

import json
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import datasets, nn, plot_data, trainer
from microfp.datasets import Dataset, dataset, moons
from microfp.errors import ShapeError
from microfp.losses import Loss
from microfp.nn import MLP, forward, mlp, neuron
from microfp.optim import identity
from microfp.plot_data import (
    accuracy_history,
    dataset_points,
    decision_boundary,
    loss_history,
    training_history,
)
from microfp.trainer import Run, fit
from tests.charts.drawings import SGD, STATES

DATA = moons(6, seed=2)
squared = Loss(name="squared", example=lambda scores, y: (scores[0] - y) ** 2)


@pytest.fixture(scope="module")
def run() -> Run[MLP]:
    return fit(mlp(2, [2, 1], seed=1), DATA, steps=5, log_every=2)


def test_a_point_has_its_coordinates_its_class_and_its_label() -> None:
    data = dataset([(1, 2), (3, 4), (5, 6)], [-1, 1, 2])
    assert dataset_points(data) == [
        {"x": 1.0, "y": 2.0, "label": "class -1", "label_value": -1.0},
        {"x": 3.0, "y": 4.0, "label": "class 1", "label_value": 1.0},
        {"x": 5.0, "y": 6.0, "label": "class 2", "label_value": 2.0},
    ]


def test_points_of_other_dimensions_have_no_place_in_a_plane() -> None:
    with pytest.raises(ShapeError, match="2 columns, got 1"):
        dataset_points(dataset([(1,)], [1]))
    with pytest.raises(ShapeError, match="2 columns, got 3"):
        decision_boundary(mlp(3, [1]), dataset([(1, 2, 3)], [1]))


def test_the_history_has_a_row_a_logged_step_with_all_of_its_metrics(run: Run[MLP]) -> None:
    rows = training_history(run)
    assert [row["step"] for row in rows] == [0, 2, 4]
    for row, metrics in zip(rows, run.history, strict=True):
        measured = dict(row)
        percent = measured.pop("accuracy_percent")
        assert measured == dict(metrics.items())
        assert metrics.accuracy is not None
        assert percent == 100 * metrics.accuracy


def test_losses_come_in_long_form(run: Run[MLP]) -> None:
    rows = loss_history(run)
    assert [(row["step"], row["metric"]) for row in rows] == [
        (step, name) for step in (0, 2, 4) for name in ("total loss", "data loss", "penalty")
    ]
    for total, data, penalty in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
        assert total["value"] == data["value"] + penalty["value"]


def test_accuracies_are_in_percent(run: Run[MLP]) -> None:
    assert [(row["step"], row["metric"], row["value"]) for row in accuracy_history(run)] == [
        (m.step, "accuracy", 100 * m.accuracy) for m in run.history if m.accuracy is not None
    ]


def test_where_nothing_is_right_or_wrong_there_is_no_accuracy() -> None:
    unrated = fit(mlp(2, [1]), DATA, steps=2, loss=squared, optimizer=identity())
    assert accuracy_history(unrated) == []
    assert [row["accuracy"] for row in training_history(unrated)] == [None, None]
    assert [row["accuracy_percent"] for row in training_history(unrated)] == [None, None]
    assert [row["learning_rate"] for row in training_history(unrated)] == [None, None]


def test_a_run_of_no_steps_has_no_rows() -> None:
    unstarted = fit(mlp(2, [1]), DATA, steps=0)
    assert training_history(unstarted) == []
    assert loss_history(unstarted) == []


def test_rows_are_json(run: Run[MLP]) -> None:
    for rows in (
        dataset_points(DATA),
        training_history(run),
        loss_history(run),
        accuracy_history(run),
        decision_boundary(run.final_model, DATA, h=1.0),
    ):
        assert json.loads(json.dumps(rows)) == rows


# The decision boundary


def square() -> Dataset:
    return dataset([(0, 0), (2, 1)], [-1, 1])


def test_the_grid_covers_the_data_and_its_padding() -> None:
    rows = decision_boundary(mlp(2, [1]), square(), h=0.5, padding=1.0)
    assert sorted({row["x"] for row in rows}) == [-1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert sorted({row["y"] for row in rows}) == [-1, -0.5, 0, 0.5, 1, 1.5, 2]
    assert len(rows) == 9 * 7


def test_the_grid_goes_from_left_to_right_and_from_the_bottom_up() -> None:
    rows = decision_boundary(mlp(2, [1]), square(), h=1.0, padding=0.0)
    assert [(row["x"], row["y"]) for row in rows] == [
        (0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1),
    ]  # fmt: skip


@given(h=st.floats(0.2, 5.0), padding=st.floats(0.0, 3.0))
def test_the_grid_stays_in_its_bounds_and_reaches_them_to_less_than_a_step(
    h: float, padding: float
) -> None:
    rows = decision_boundary(mlp(2, [1]), square(), h=h, padding=padding)
    for axis, low, high in (("x", 0.0, 2.0), ("y", 0.0, 1.0)):
        numbers = [row["x"] if axis == "x" else row["y"] for row in rows]
        assert min(numbers) == low - padding
        assert high + padding - h * (1 + 1e-9) < max(numbers) <= high + padding + 1e-9


def test_a_single_point_without_padding_is_a_grid_of_one() -> None:
    rows = decision_boundary(mlp(2, [1]), dataset([(1, 2)], [1]), padding=0.0)
    assert [(row["x"], row["y"]) for row in rows] == [(1.0, 2.0)]


def test_each_point_has_the_score_of_the_model_and_its_sign() -> None:
    model = neuron(2, weights=[1.0, 0.0], bias=-1.0, activation="identity")
    for row in decision_boundary(model, square(), h=0.5, padding=0.5):
        assert row["score"] == forward(model, (row["x"], row["y"])).data == row["x"] - 1.0
        assert row["predicted_value"] == (1.0 if row["x"] > 1.0 else -1.0)
        assert row["predicted"] == ("class 1" if row["x"] > 1.0 else "class -1")


def test_the_default_grid_has_steps_of_a_quarter() -> None:
    xs = sorted({row["x"] for row in decision_boundary(mlp(2, [1]), square())})
    assert all(math.isclose(b - a, 0.25) for a, b in pairwise(xs))


def test_parameters_that_are_not_finite_fall_into_no_bin() -> None:
    lost = trainer.initial_state(nn.neuron(1, weights=[float("nan")], bias=float("inf")), SGD)
    assert plot_data.parameter_histogram([lost]) == []


def circle_score(dataset: Dataset, radius: float, h: float) -> list[plot_data.BoundaryRow]:
    """A grid over data with the score x^2 + y^2 - radius^2."""
    grid = plot_data.decision_boundary(
        nn.neuron(2, weights=[0.0, 0.0], activation="identity"), dataset, h=h
    )
    return [{**row, "score": row["x"] ** 2 + row["y"] ** 2 - radius**2} for row in grid]


def test_the_zero_line_of_a_circle_is_that_circle() -> None:
    corners = datasets.dataset([(-1.0, -1.0), (1.0, 1.0)], [-1, 1])
    line = plot_data.zero_line(circle_score(corners, 1.0, 0.05))
    lengths = [((s["x2"] - s["x"]) ** 2 + (s["y2"] - s["y"]) ** 2) ** 0.5 for s in line]
    assert sum(lengths) == pytest.approx(2 * 3.141592653589793, rel=1e-2)
    for segment in line:
        assert segment["x"] ** 2 + segment["y"] ** 2 == pytest.approx(1.0, abs=5e-3)


def test_the_zero_line_has_no_loose_end_inside_the_grid() -> None:
    corners = datasets.dataset([(-1.0, -1.0), (1.0, 1.0)], [-1, 1])
    line = plot_data.zero_line(circle_score(corners, 1.137, 0.1))
    ends = [(round(it["x"], 9), round(it["y"], 9)) for it in line]
    ends += [(round(it["x2"], 9), round(it["y2"], 9)) for it in line]
    assert {ends.count(end) for end in ends} == {2}


def test_a_score_that_is_no_number_has_no_line() -> None:
    corners = datasets.dataset([(-1.0, -1.0), (1.0, 1.0)], [-1, 1])
    grid = circle_score(corners, 1.0, 0.5)
    assert plot_data.zero_line([{**row, "score": float("nan")} for row in grid]) == []
    assert plot_data.zero_line([]) == []


def test_every_parameter_falls_into_one_bin() -> None:
    rows = plot_data.parameter_histogram(STATES, bins=7)
    for state in STATES:
        numbers = [p.data for p in nn.parameters(state.model)]
        mine = [row for row in rows if row["step"] == state.step]
        assert sum(row["count"] for row in mine) == len(numbers)
        for row in mine:
            inside_bin = sum(row["low"] <= n < row["high"] for n in numbers)
            assert abs(inside_bin - row["count"]) <= 1  # the last edge belongs to the last bin


def test_states_are_chosen_at_even_distances() -> None:
    assert [state.step for state in plot_data.evenly(STATES, 3)] == [0, 2, 4]
    assert plot_data.evenly(STATES, 9) == STATES
