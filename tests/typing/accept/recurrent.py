"""A recurrent net of one's own over sequences, by scan: loss, training, gradients, native code."""

from collections.abc import Iterator, Sequence
from math import sin
from random import Random
from typing import NamedTuple, Self, assert_type

from pyrsistent import PVector, pvector

from microfp import (
    Record,
    Value,
    attr,
    func,
    losses,
    native,
    nn,
    optim,
    schedules,
    square,
    streams,
    tanh,
    total,
    trainer,
    tree,
    value,
)
from microfp.datasets import Dataset, dataset
from microfp.losses import Evaluation, Loss
from microfp.optim import Optimizer
from microfp.schedules import Schedule
from microfp.toolbox import collect, last, pipe
from microfp.trainer import Run, Stepped
from microfp.values import Scalar

Hidden = tuple[Scalar, ...]


class Unit(Record):
    own: PVector[Value] = attr()
    input: Value = attr()
    bias: Value = attr()

    def next(self, hidden: Hidden, x: Scalar) -> Value:
        return tanh(nn.dot(self.own, hidden) + self.input * x + self.bias)


class Recurrent(Record):
    units: PVector[Unit] = attr()
    out: PVector[Value] = attr()

    @classmethod
    def drawn(cls, size: int, seed: int = 7) -> Self:
        draw = Random(seed)

        def weight(name: str) -> Value:
            return value(draw.gauss(0.0, 0.3), label=name)

        units = pvector(
            Unit(
                own=pvector(weight(f"h{i}.{j}") for j in range(size)),
                input=weight(f"x{i}"),
                bias=value(0.0, label=f"b{i}"),
            )
            for i in range(size)
        )
        return cls(units=units, out=pvector(weight(f"o{i}") for i in range(size)))

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        def step(hidden: Hidden, x: Scalar) -> tuple[Hidden, Scalar]:
            made = tuple(unit.next(hidden, x) for unit in self.units)
            return made, total(made)

        start: Hidden = (0.0,) * len(self.units)
        end, _ = func.scan(step, start, inputs)
        return nn.dot(self.out, end)


class Course(NamedTuple):
    best: Stepped[Recurrent]
    losses: tuple[float, ...]


def waves(count: int, length: int) -> Dataset:
    starts = [0.7 * k for k in range(count)]
    xs = [[sin(start + 0.3 * t) for t in range(length)] for start in starts]
    return dataset(xs, [sin(start + 0.3 * length) for start in starts], name="waves")


def robust(width: float) -> Loss:
    def cost(scores: tuple[Value, ...], target: float) -> Value:
        error = scores[0] - target
        return (square(error / width) + 1.0) ** 0.5 - 1.0

    return losses.own("robust", cost, penalty=lambda p: 1e-4 * p * p)


def rate(peak: float, steps: int) -> Schedule:
    return schedules.warm_up(schedules.cosine(peak, steps), steps // 10)


def careful(schedule: Schedule) -> Optimizer:
    return optim.chain(
        optim.clip_by_global_norm(1.0),
        optim.scale_by_adam(betas=(0.9, 0.99)),
        optim.scale_by_learning_rate(schedule),
    )


def course(model: Recurrent, data: Dataset, loss: Loss, steps: int) -> Course:
    states = trainer.train(
        model, data, loss=loss, optimizer=careful(rate(0.05, steps)), batch_size=2
    )
    kept = pipe(states, streams.every(2), streams.take(steps), collect)
    best = min(kept, key=lambda state: state.metrics.data_loss)
    return Course(best, tuple(state.metrics.loss for state in kept))


def forecast(model: Recurrent, seen: Sequence[float], count: int) -> Iterator[float]:
    window = list(seen)
    for _ in range(count):
        following = model(window).data
        yield following
        window = [*window[1:], following]


def sensitivity(model: Recurrent, seen: tuple[float, ...]) -> tuple[float, ...]:
    def answer(inputs: tuple[float, ...]) -> Value:
        return model(inputs)

    return func.grad(answer)(seen)


data, loss = waves(6, 5), robust(0.5)
model = Recurrent.drawn(3)
found = course(model, data, loss, 10)
assert_type(found.best.model.units[0].own[0].data, float)
run = trainer.fit(found.best.model, data, loss=loss, steps=5)
assert_type(run, Run[Recurrent])
assert_type(losses.evaluate(loss, run.final_model, data), Evaluation[Recurrent])
assert_type(list(forecast(run.final_model, [0.0, 0.3, 0.6], 3)), list[float])
assert_type(max(sensitivity(model, (0.0, 0.3))), float)
both = native.value_and_grad(lambda m: square(m([0.1, 0.2])), model)
assert_type(both(model)[1].units[0].bias.data, float)
halved = tree.map_parameters(lambda p: 0.5 * p.data, run.final_model)
assert_type(nn.forward(halved, [1.0, 2.0]), Value)
curvature = func.hvp(lambda m: square(m([0.1])), model, halved)
assert_type(curvature.out[0].data, float)
assert_type(last(streams.take(2)(trainer.train(halved, data, loss=loss))).metrics.loss, float)
