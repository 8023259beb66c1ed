"""A stream of training is lazy, and its memory does not grow with what was read from it."""

import gc
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import pytest

from microfp import Record, attr, value
from microfp.datasets import dataset, moons
from microfp.losses import Loss
from microfp.nn import mlp
from microfp.toolbox import accumulate, iterate, take
from microfp.trainer import TrainState, train
from microfp.values import Scalar, Value

DATA = moons(6, seed=1)


def counting_loss() -> tuple[Loss, Callable[[], int]]:
    """Least squares that counts how often it is asked for the cost of an example."""
    calls = list[float]()

    def example(scores: tuple[Value, ...], y: float) -> Value:
        calls.append(y)
        return (scores[0] - y) ** 2

    return Loss(name="counting", example=example), lambda: len(calls)


@pytest.mark.parametrize("batch_size", [None, 2])
def test_nothing_is_computed_before_it_is_asked_for(batch_size: int | None) -> None:
    loss, calls = counting_loss()
    a_step = batch_size or 6
    # Eager, where a cost computed is a call; other backends ask for a cost to learn its formula.
    stream = train(mlp(2, [1]), DATA, loss=loss, batch_size=batch_size, backend="eager")
    assert calls() == 0
    next(stream)
    assert calls() == a_step
    list(take(3, stream))
    assert calls() == 4 * a_step


def test_taking_from_a_stream_asks_for_no_more_than_was_taken() -> None:
    loss, calls = counting_loss()
    taken = take(2, train(mlp(2, [1]), DATA, loss=loss, backend="eager"))
    assert calls() == 0
    assert len(list(taken)) == 2
    assert calls() == 12


def test_a_stream_stopped_by_a_condition_computes_one_state_too_many_at_most() -> None:
    loss, calls = counting_loss()
    for state in train(mlp(2, [1]), DATA, loss=loss, backend="eager"):
        if state.step == 5:
            break
    assert calls() == 5 * 6


class Scaled(Record):
    """The least model that there is."""

    factor: Value = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.factor * inputs[0]


def tiny_stream(batch_size: int | None) -> Iterator[TrainState[Scaled]]:
    points = dataset([[0.5], [2.0]], [-1.0, 1.0])
    return train(Scaled(factor=value(0.5)), points, batch_size=batch_size)


def objects_after(stream: Iterator[object], states: int) -> int:
    """How many containers there are in the process once so many states were read."""
    deque(islice(stream, states), maxlen=0)
    gc.collect()
    return len(gc.get_objects())


def bytes_held_by(stream: Iterator[object], states: int) -> int:
    """What was allocated while so many states were read and is still held."""
    tracemalloc.start()
    try:
        deque(islice(stream, states), maxlen=0)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("batch_size", [None, 1])
def test_memory_is_flat_over_ten_thousand_states(batch_size: int | None) -> None:
    stream = tiny_stream(batch_size)
    after_1_000 = objects_after(stream, 1_000)
    after_10_000 = objects_after(stream, 9_000)
    assert after_10_000 - after_1_000 < 100
    # Numbers and texts are no containers, so bytes are counted too: a kept state holds 1 kB.
    assert bytes_held_by(stream, 500) < 50_000


def hoarded(stream: Iterator[object]) -> Iterator[object]:
    kept: list[object] = []
    for state in stream:
        kept.append(state)
        yield state


def test_a_stream_that_is_kept_would_be_noticed() -> None:
    hoarding = hoarded(tiny_stream(None))
    start = objects_after(hoarding, 10)
    assert objects_after(hoarding, 200) - start > 200
    assert bytes_held_by(hoarding, 500) > 250_000


def test_lazy_tools_hold_one_state_at_a_time() -> None:
    stream = iterate(lambda state: bytes([1]) * 10_000, b"")
    states = accumulate(lambda last, state: state, stream, b"")
    assert bytes_held_by(states, 1_000) < 50_000
