"""States and runs say where they are, pickle, and know whether their numbers are finite."""

import math
import pickle

import pytest

from microfp import nn
from microfp.datasets import moons
from microfp.losses import evaluate, max_margin
from microfp.optim import AdamState, TraceState, adam, momentum, own, sgd
from microfp.toolbox import last, take
from microfp.trainer import fit, initial_state, make_step, train
from microfp.trainer.state import all_finite, state_of
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


def test_an_optimiser_that_begins_with_the_memory_of_another_is_refused() -> None:
    mixed = momentum(0.1)._replace(init=adam(0.1).init)
    with pytest.raises(TypeError, match="the optimizer state must be a TraceState, got AdamState"):
        initial_state(MODEL, mixed)


def test_what_an_optimiser_of_your_own_begins_with_is_made_for_each_training() -> None:
    counting = own("count", lambda p: [0], lambda g, n, p, step: (g, n))
    first, second = (initial_state(MODEL, counting).optimizer_state for _ in range(2))
    assert first == second
    assert first is not second  # a list could change


def test_trainings_of_one_model_begin_with_the_memory_of_their_own_optimiser() -> None:
    known = adam(0.1)
    first, other = initial_state(MODEL, known), initial_state(MODEL, momentum(0.1))
    assert state_of(first, AdamState).count == 0
    assert len(state_of(other, TraceState).trace) == len(parameters(MODEL))
    assert initial_state(MODEL, known).optimizer_state is first.optimizer_state
    smaller = initial_state(nn.mlp(2, [1]), known)
    assert len(state_of(smaller, AdamState).first_moments) == 3


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
