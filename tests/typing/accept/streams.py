"""Stages keep the kind of state that they get, and what comes out of a step has metrics."""

from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import takewhile
from pathlib import Path
from typing import assert_type

from returns.result import Result

from microfp import datasets, losses, nn, optim, streams, trainer
from microfp.nn import MLP
from microfp.streams import AnyStage, Stage
from microfp.toolbox import last, pipe, take
from microfp.trainer import Step, Stepped, TrainState

model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
optimizer, loss = optim.sgd(0.1), losses.max_margin()
start = trainer.initial_state(model, optimizer)
states = trainer.train(model, data, optimizer=optimizer)

assert_type(states, Iterator[Stepped[MLP]])
assert_type([state.metrics.loss for state in take(3, states)], list[float])
assert_type(last(streams.take(3)(states)).metrics.step, int)
assert_type(streams.every(2)(states), Iterator[Stepped[MLP]])
assert_type(streams.every(2)([start]), Iterator[TrainState[MLP]])
assert_type(streams.until_converged(patience=2)(states), Iterator[Stepped[MLP]])
assert_type(streams.early_stopping(loss, data)([start]), Iterator[TrainState[MLP]])
assert_type(streams.resume(start, data), Iterator[Stepped[MLP]])
assert_type(streams.try_train(model, data), Iterator[Result[Stepped[MLP], streams.Diverged[MLP]]])
assert_type(
    next(streams.try_resume(start, data)).map(lambda state: state.metrics.loss).value_or(0.0),
    float,
)
assert_type(streams.with_optimizer(start, optimizer), TrainState[MLP])
assert_type(streams.with_optimizer(next(states), optimizer), Stepped[MLP])
assert_type(
    pipe(
        states,
        streams.until_converged(tolerance=0.01),
        streams.take(50),
        streams.tee_to_csv(Path("run.csv")),
        streams.every(10),
        last,
    ).metrics.accuracy,
    float | None,
)
assert_type(
    [state.step for state in takewhile(lambda state: state.metrics.loss > 0.1, states)], list[int]
)

stages: list[Stage] = [streams.every(2), streams.until_converged(), streams.tee_to_jsonl("a")]
plain: list[AnyStage] = [streams.every(2), streams.early_stopping(loss, data)]
best = min(streams.take(9)(states), key=streams.held_out_loss(loss, data))
assert_type(best.metrics.loss, float)

step: Step = trainer.make_step(loss, optimizer, data)
assert_type(reduce(lambda state, _: step(state), range(3), step(start)).metrics.loss, float)


def step_of(state: TrainState[MLP]) -> int:
    return state.step


assert_type(list(map(step_of, states)), list[int])


def slow(states: Iterable[Stepped[MLP]]) -> Iterator[Stepped[MLP]]:
    return (state for state in states if state.metrics.gradient_norm < 1.0)


assert_type(pipe(states, slow, streams.take(2), next), Stepped[MLP])
