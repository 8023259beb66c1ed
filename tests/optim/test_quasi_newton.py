"""L-BFGS finds minima, by curvature and by slopes alone."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyrsistent import pvector

from microfp import checkpoint, datasets, nn, trainer
from microfp.errors import ShapeError
from microfp.optim import Optimizer, lbfgs, sam, scale_by_lbfgs
from tests.optim.steps import descend, gradients_of, objective

PROBLEMS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "data" / "torch_optimizers.json").read_text("utf-8")
)["problems"]


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_line_search_ends_in_the_minimum(name: str) -> None:
    f = objective(PROBLEMS[name])
    visited = descend(lbfgs(), lambda x: gradients_of(f, x), PROBLEMS[name]["start"], 80)
    assert max(map(abs, gradients_of(f, pvector(visited[-1])))) <= 1e-10


def test_a_step_is_taken_where_the_slope_has_fallen_enough() -> None:
    """On x⁴ a step of 1 from 0.5 is too short at first, and doubled."""
    visited = descend(lbfgs(), lambda x: pvector([4.0 * x[0] ** 3]), [3.0], 60)
    assert abs(visited[-1][0]) < 1e-3
    assert visited[0][0] == pytest.approx(2.0)


def test_a_length_where_the_gradient_is_nan_is_too_long() -> None:
    def slopes(x: Any) -> Any:
        return pvector([1.0 - 1.0 / x[0] if x[0] > 0.0 else float("nan")])

    (*_, last) = descend(lbfgs(), slopes, [0.5], 40)
    assert last[0] == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize("optimizer", [lbfgs(), scale_by_lbfgs()])
def test_a_training_goes_on_from_a_file(optimizer: Optimizer, tmp_path: Path) -> None:
    model, data = nn.mlp(2, [2, 1], activation="tanh"), datasets.moons(8)
    states = trainer.train(model, data, optimizer=optimizer)
    state = [next(states) for _ in range(5)][-1]
    checkpoint.save(state, tmp_path / "state.json").unwrap()
    loaded: Any = checkpoint.load(tmp_path / "state.json").unwrap()
    again = trainer.streams.resume(loaded._inner_value, data, optimizer=optimizer)
    assert trainer.state.parameter_numbers(next(again)) == trainer.state.parameter_numbers(
        next(states)
    )


@pytest.mark.parametrize("optimizer", [lbfgs(), scale_by_lbfgs()])
def test_a_state_of_another_optimiser_is_refused(optimizer: Optimizer) -> None:
    with pytest.raises(TypeError, match="the optimizer state must be a"):
        optimizer.update(pvector([1.0]), (), pvector([1.0]), 0)


@pytest.mark.parametrize("optimizer", [lbfgs(), scale_by_lbfgs(), sam(lbfgs())])
def test_a_state_of_a_larger_model_is_refused(optimizer: Optimizer) -> None:
    state = optimizer.init(pvector([1.0, 2.0]))
    with pytest.raises(ShapeError, match="must be one number per parameter, 1, got 2"):
        optimizer.update(pvector([1.0]), state, pvector([1.0]), 0)
