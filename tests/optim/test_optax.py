"""Optimisers that torch has not: every step is optax's."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyrsistent import pvector

from microfp import optim
from microfp.optim import Numbers, averaged_parameters
from tests.optim.steps import descend, gradients_of, objective

FOLDER = Path(__file__).parents[1] / "data"
RECORDED: dict[str, Any] = json.loads((FOLDER / "optax_optimizers.json").read_text("utf-8"))
PROBLEMS = json.loads((FOLDER / "torch_optimizers.json").read_text("utf-8"))["problems"]
RUNS = [pytest.param(it, id=f"{it['optimizer']} on {it['problem']}") for it in RECORDED["runs"]]


def far(mine: list[float], theirs: list[float]) -> float:
    pairs = zip(mine, theirs, strict=True)
    return max(abs(a - b) for a, b in pairs) / max(1.0, *map(abs, theirs))


@pytest.mark.parametrize("run", RUNS)
def test_every_step_is_optaxs(run: dict[str, Any]) -> None:
    # The name of a run is the expression that makes the optimiser.
    optimizer = eval(run["optimizer"], vars(optim))
    problem = PROBLEMS[run["problem"]]
    f = objective(problem)
    ours = descend(optimizer, lambda x: gradients_of(f, x), problem["start"], 200)
    for mine, theirs in zip(ours, run["trajectory"], strict=True):
        assert far(mine, theirs) <= 1e-10


@pytest.mark.parametrize("run", [run for run in RUNS if "schedule_free" in str(run.id)])
def test_the_average_is_optaxs(run: dict[str, Any]) -> None:
    optimizer = eval(run["optimizer"], vars(optim))
    problem = PROBLEMS[run["problem"]]
    f = objective(problem)
    x: Numbers = pvector(problem["start"])
    state = optimizer.init(x)
    for step, theirs in enumerate(run["averages"]):
        updates, state = optimizer.update(gradients_of(f, x), state, x, step)
        x = pvector([number + update for number, update in zip(x, updates, strict=True)])
        assert far(list(averaged_parameters(state, x)), theirs) <= 1e-9


def test_the_version_of_optax_is_known() -> None:
    assert RECORDED["version"] == "0.2.8"
