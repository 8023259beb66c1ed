"""States and runs say where they are, pickle, and know whether their numbers are finite."""

import math
import pickle

import pytest

from microfp import nn
from microfp.datasets import moons
from microfp.losses import evaluate, max_margin
from microfp.optim import sgd
from microfp.toolbox import last, take
from microfp.trainer import fit, initial_state, make_step, train
from microfp.trainer.state import all_finite
from microfp.tree import parameters

DATA = moons(10, seed=3)
MODEL = nn.mlp(2, [3, 1], seed=5)


def data(model: object) -> list[float]:
    return [p.data for p in parameters(model)]


def test_before_the_first_step_nothing_was_measured() -> None:
    start = initial_state(MODEL, sgd(0.1))
    assert (start.step, start.model, start.metrics) == (0, MODEL, None)


def test_a_state_can_be_pickled_and_trained_on() -> None:
    step = make_step(max_margin(), sgd(0.1), DATA)
    state = step(initial_state(MODEL, sgd(0.1)))
    restored = pickle.loads(pickle.dumps(state))
    assert restored.metrics == state.metrics
    assert data(step(restored).model) == data(step(state).model)


def test_states_runs_and_evaluations_read_on_a_line_with_their_numbers() -> None:
    model, data = nn.mlp(2, [16, 16, 1]), moons(10)
    run = fit(model, data, steps=2)
    state = last(take(2, train(model, data)))
    evaluation = evaluate(max_margin(), model, data)
    final = run.history[-1]
    assert (
        repr(run) == f"Run(steps=2, final_loss={final.loss!r}, final_accuracy={final.accuracy!r})"
    )
    assert repr(state) == f"Stepped(step=2, loss={final.loss!r})"
    assert repr(evaluation).startswith(f"Evaluation(total={run.history[0].loss!r}, data=")
    assert len(repr(evaluation)) < 120


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", [0, 3, 6])
def test_one_number_that_is_not_finite_is_found_wherever_it_stands(place: int, bad: float) -> None:
    numbers = [1.0, -2.0, 3.0, 4.0, 5.0, 1e308, 1e308]
    assert all_finite(numbers)  # though their sum is not
    assert not all_finite([*numbers[:place], bad, *numbers[place + 1 :]])
    assert not all_finite([bad, -bad])
