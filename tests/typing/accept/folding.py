"""A training as a fold over steps: begun, branched, measured, and looked at as a stream."""

from collections.abc import Iterator, Sequence
from functools import partial, reduce
from itertools import accumulate, islice, pairwise, takewhile
from typing import NamedTuple, assert_type

from pyrsistent import PVector, pvector

from microfp import backward, datasets, grad, losses, nn, optim, schedules, streams, trainer
from microfp.datasets import Dataset
from microfp.nn import MLP
from microfp.optim import Optimizer
from microfp.toolbox import collect, iterate, last, pipe, sliding_window, take
from microfp.trainer import Metrics, Step, Stepped, TrainState


class Branch(NamedTuple):
    name: str
    optimizer: Optimizer


class Kept(NamedTuple):
    state: Stepped[MLP]
    losses: tuple[float, ...]

    def after(self, state: Stepped[MLP]) -> "Kept":
        better = state if state.metrics.loss < self.state.metrics.loss else self.state
        return Kept(better, (*self.losses, state.metrics.loss))


data = datasets.moons(40, noise=0.1, seed=7)
seen, unseen = datasets.split(data)
model = nn.mlp(2, [8, 8, 1], activation="tanh", init="glorot", seed=3)
loss = losses.max_margin(alpha=1e-3)
optimizer = optim.momentum(schedules.cosine(0.5, 50), momentum=0.8)
assert_type(optimizer.learning_rate(10), float)

step: Step = trainer.make_step(loss, optimizer, seen, batch_size=8, seed=11)
start = trainer.initial_state(model, optimizer)
first = step(start)
assert_type(first.metrics.loss, float)
assert_type(first.metrics, Metrics)

tenth = reduce(lambda state, _: step(state), range(9), first)
assert_type(tenth, Stepped[MLP])
assert_type(tenth.metrics.gradient_norm, float)
anywhere = reduce(lambda state, _: step(state), range(0), start)
assert_type(anywhere.model, MLP)


def advanced(state: Stepped[MLP], _: int) -> Stepped[MLP]:
    return step(state)


scan = list(accumulate(range(5), advanced, initial=first))
assert_type(scan, list[Stepped[MLP]])
falls = [b.metrics.loss - a.metrics.loss for a, b in pairwise(scan)]
assert_type(max(falls), float)
kept = reduce(Kept.after, scan, Kept(first, ()))
assert_type(kept.state.metrics.step, int)


def branch(origin: Stepped[MLP], chosen: Branch) -> tuple[str, float]:
    begun = streams.with_optimizer(origin, chosen.optimizer)
    stream = streams.resume(begun, seen, loss=loss, optimizer=chosen.optimizer)
    return chosen.name, last(take(5, stream)).metrics.loss


branches = [Branch("adam", optim.adam(0.01)), Branch("lion", optim.lion(0.001))]
ends = dict(map(partial(branch, tenth), branches))
assert_type(ends, dict[str, float])
assert_type(min(ends, key=lambda name: ends[name]), str)

stream = iterate(step, first)
assert_type(next(islice(stream, 3, None)).model.layers, PVector[nn.Layer])
loud = takewhile(lambda state: state.metrics.gradient_norm > 0.1, trainer.train(model, seen))
windows = sliding_window(3, (state.metrics.loss for state in loud))
means = [sum(window) / len(window) for window in islice(windows, 10)]
assert_type(means, list[float])


def held_out(states: Iterator[Stepped[MLP]], examples: Dataset) -> Sequence[float]:
    return [losses.evaluate(loss, state.model, examples).data.data for state in states]


measured = held_out(take(5, trainer.train(model, seen, loss=loss)), unseen)
assert_type(measured, Sequence[float])
by_hand = pipe(
    model,
    losses.evaluate_with(loss, seen),
    trainer.differentiate,
    trainer.advance(start, optimizer),
    step,
    step,
    lambda state: state.metrics.loss,
    partial(round, ndigits=3),
)
rates = pvector([optimizer.learning_rate(k) for k in range(3)])
assert_type(rates, PVector[float])
evaluation = losses.evaluate(loss, tenth.model, unseen)
table = backward(evaluation.total)
slopes = [grad(p, table) for p in nn.parameters(tenth.model)]
assert_type(slopes, list[float])
collected = pipe(trainer.train(model, seen), streams.every(2), streams.take(3), collect)
assert_type(collected[0].model, MLP)
plain: TrainState[MLP] = collected[0]
