"""An optimiser and a schedule of one's own: a rule, a memory, a plateau, laws, and a comparison."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial, reduce
from itertools import accumulate, takewhile
from math import cos, pi, sqrt
from typing import assert_type

from pyrsistent import PVector, pvector

from microfp import (
    Record,
    attr,
    checkpoint,
    curried,
    datasets,
    laws,
    losses,
    nn,
    optim,
    schedules,
    streams,
    trainer,
)
from microfp.datasets import Dataset
from microfp.nn import MLP
from microfp.ops import Operand
from microfp.optim import AdamState, Numbers, Optimizer, Rule, Slots
from microfp.schedules import Plateau, Schedule
from microfp.toolbox import accumulate as running
from microfp.toolbox import iterate, known, last, or_raise, pipe, take
from microfp.trainer import Stepped, TrainState


class Velocity(Record):
    speeds: PVector[float] = attr()
    longest: float = attr(default=0.0)


class Damping(Record):
    before: PVector[float] = attr()


def restarts(peak: float, period: int) -> Schedule:
    return lambda step: 0.5 * peak * (1.0 + cos(pi * (step % period) / period))


def still(parameters: Numbers) -> Velocity:
    return Velocity(speeds=pvector([0.0] * len(parameters)))


def push(
    rate: Schedule, gradients: Numbers, state: Velocity, parameters: Numbers, step: int
) -> tuple[Numbers, Velocity]:
    pairs = zip(state.speeds, gradients, strict=True)
    speeds = pvector(0.9 * speed - rate(step) * slope for speed, slope in pairs)
    length = sqrt(sum(speed * speed for speed in speeds))
    return speeds, state.set(speeds=speeds, longest=max(state.longest, length))


def heavy(rate: Schedule) -> Optimizer:
    return optim.own("heavy", still, partial(push, rate), learning_rate=rate)


def damp(g: Operand, slots: Slots, p: Operand, rates: Slots) -> tuple[Operand, Slots]:
    (before,) = slots
    return -(0.7 * g + 0.3 * before) / (1.0 + p * p), (g,)


def damped(rate: float) -> Optimizer:
    rule = Rule(function=damp, state=Damping, initial=(0.0,))
    return optim.chain(optim.from_rule("damped", rule), optim.scale_by_learning_rate(rate))


def longest(state: TrainState[MLP]) -> float:
    return trainer.state_of(state, Velocity).longest


def lowering(before: Plateau, measured: Iterable[float]) -> Iterator[Plateau]:
    return accumulate(measured, schedules.after_loss, initial=before)


def race(
    optimizers: Mapping[str, Optimizer], data: Dataset, steps: int
) -> dict[str, tuple[float, ...]]:
    def seen(optimizer: Optimizer) -> tuple[float, ...]:
        states = trainer.train(nn.mlp(2, [4, 1]), data, optimizer=optimizer)
        return tuple(state.metrics.loss for state in streams.take(steps)(states))

    return {name: seen(optimizer) for name, optimizer in optimizers.items()}


def winner(courses: Mapping[str, tuple[float, ...]]) -> str:
    return min(courses, key=lambda name: courses[name][-1])


def until(good: float, states: Iterable[Stepped[MLP]]) -> list[Stepped[MLP]]:
    return list(takewhile(lambda state: state.metrics.loss > good, states))


def by_plateau(data: Dataset) -> Stepped[MLP]:
    states = trainer.reduce_on_plateau(
        nn.mlp(2, [4, 1]),
        data,
        plateau=schedules.plateau(0.5, factor=0.5, patience=3),
        optimizer=lambda rate: optim.momentum(rate, momentum=0.8),
    )
    return last(streams.take(8)(states))


data = datasets.moons(30)
optimizers = {"heavy": heavy(restarts(0.1, 10)), "damped": damped(0.1), "adam": optim.adam(0.01)}
for optimizer in optimizers.values():
    laws.check(optimizer)
courses = race(optimizers, data, 10)
assert_type(courses[winner(courses)][-1], float)
step = trainer.make_step(losses.max_margin(), optimizers["heavy"], data)
start = trainer.initial_state(nn.mlp(2, [4, 1]), optimizers["heavy"])
end = reduce(lambda state, _: step(state), range(5), step(start))
assert_type(end, Stepped[MLP])
assert_type(longest(end), float)
assert_type([state.metrics.loss for state in take(3, iterate(step, step(start)))], list[float])
rates = [it.rate for it in lowering(schedules.plateau(0.1), courses["adam"])]
assert_type(rates, list[float])
assert_type(known(by_plateau(data).metrics.learning_rate), float)
slow = until(0.5, trainer.train(nn.mlp(2, [4, 1]), data, optimizer=optimizers["adam"]))
moments = trainer.state_of(slow[-1], AdamState).first_moments
assert_type(moments, PVector[float])
sums = running(lambda a, b: a + b, courses["heavy"], 0.0)
assert_type(list(sums), list[float])
saved = pipe(end, curried.save("end.json"))
again = or_raise(checkpoint.load("end.json", model=MLP, known=[Velocity]))
assert_type(longest(again), float)
factories: list[Callable[[float], Optimizer]] = [damped, optim.sgd, optim.adam, optim.lion]
labels = ["w" if n % 2 else "b" for n in range(len(nn.parameters(nn.mlp(2, [1]))))]
several = optim.multi_transform({"w": factories[0](0.1), "b": factories[1](0.2)}, labels)
assert_type(pipe(nn.mlp(2, [1]), curried.fit(data, optimizer=several, steps=3)).final_loss, float)
