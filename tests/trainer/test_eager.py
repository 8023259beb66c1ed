"""The eager step is a pipeline of evaluate, differentiate and advance."""

import gc

import pytest

from microfp import nn
from microfp.datasets import moons
from microfp.losses import evaluate_with, max_margin
from microfp.optim import sgd
from microfp.schedules import micrograd_decay
from microfp.toolbox import pipe
from microfp.trainer import Backend, advance, descend, differentiate, initial_state, make_step
from microfp.tree import parameters

DATA = moons(10, seed=3)
MODEL = nn.mlp(2, [3, 1], seed=5)


def data(model: object) -> list[float]:
    return [p.data for p in parameters(model)]


@pytest.mark.parametrize("backend", ["auto", "eager"])
def test_every_backend_gives_the_bits_of_the_pipeline(backend: Backend) -> None:
    optimizer = sgd(micrograd_decay)
    start = initial_state(MODEL, optimizer)
    by_step = make_step(max_margin(), optimizer, DATA, backend=backend)(start)
    by_pipe = pipe(
        start.model,
        evaluate_with(max_margin(), DATA),
        differentiate,
        advance(start, optimizer),
    )
    assert data(by_step.model) == data(by_pipe.model)
    assert by_step.metrics == by_pipe.metrics


def test_descend_is_the_step_of_plain_gradient_descent() -> None:
    moved = pipe(MODEL, evaluate_with(max_margin(), DATA), differentiate, descend(0.3))
    state = make_step(max_margin(), sgd(0.3), DATA)(initial_state(MODEL, sgd(0.3)))
    assert data(moved) == data(state.model)


def test_no_garbage_is_searched_for_inside_of_a_step() -> None:
    begun = list[str]()

    def note(phase: str, _info: object) -> None:
        begun.append(phase)

    eager = make_step(max_margin(), sgd(0.3), moons(200), backend="eager")
    start = initial_state(MODEL, sgd(0.3))
    eager(start)
    gc.collect()
    gc.callbacks.append(note)
    try:
        eager(start)
        inside = len(begun)
    finally:
        gc.callbacks.remove(note)
    assert (inside, gc.isenabled()) == (0, True)
