"""A model, a loss, a rule and an optimiser of one's own, trained, saved and asked again."""

from collections.abc import Sequence
from pathlib import Path
from typing import assert_type

from pyrsistent import PVector, pvector
from returns.io import IOResult

from microfp import (
    Record,
    Value,
    absolute,
    attr,
    checkpoint,
    datasets,
    func,
    losses,
    nn,
    optim,
    relu,
    streams,
    tanh,
    trainer,
    tree,
    value,
)
from microfp.errors import FileError
from microfp.ops import Operand
from microfp.optim import Numbers, Slots
from microfp.toolbox import collect, last, pipe
from microfp.trainer import Stepped, TrainState
from microfp.values import Scalar


class Wave(Record):
    height: Value = attr()
    width: Value = attr()
    shift: Value = attr(default_factory=lambda: value(0.0))
    name: str = attr(default="wave")

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.height * tanh(self.width * inputs[0] + self.shift)


class Waves(Record):
    parts: PVector[Wave] = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        return tuple(part(inputs) for part in self.parts)


class Sums(Record):
    squares: PVector[float] = attr()
    count: int = attr(default=0)


class LastSigns(Record):
    signs: PVector[float] = attr()


def begin(parameters: Numbers) -> Sums:
    return Sums(squares=pvector([0.0] * len(parameters)))


def move(gradients: Numbers, state: Sums, parameters: Numbers, step: int) -> tuple[Numbers, Sums]:
    squares = pvector([s + g * g for s, g in zip(state.squares, gradients, strict=True)])
    updates = pvector([-0.1 * g / (1.0 + s) for s, g in zip(squares, gradients, strict=True)])
    return updates, state.set(squares=squares, count=state.count + 1)


def damp(
    gradient: Operand, slots: Slots, parameter: Operand, rates: Slots
) -> tuple[Operand, Slots]:
    (before,) = slots
    slope = gradient * (1.0 + 0.5 * before) - 0.01 * parameter
    return -slope / 2.0, (gradient,)


def outside(scores: tuple[Value, ...], low: float, high: float) -> Value:
    return relu(low - scores[0]) + relu(scores[0] - high)


wave = Wave(height=value(1.0), width=value(0.5))
points = datasets.dataset([[0.0], [1.0], [2.0]], [[0.0, 1.0], [0.5, 1.0], [0.9, 1.0]])
between = losses.own(
    "between", outside, is_correct=lambda scores, low, high: low <= scores[0] <= high
)
plain = losses.own("plain", lambda scores, y: absolute(scores[0] - y), penalty=lambda p: 0.1 * p)
counted = optim.own("counted", begin, move)
rule = optim.Rule(function=damp, state=LastSigns, initial=(0.0,))
damped = optim.chain(optim.from_rule("damped", rule), optim.scale_by_learning_rate(0.1))

states = pipe(
    trainer.train(wave, points, loss=between, optimizer=counted),
    streams.every(5),
    streams.take(10),
    collect,
)
assert_type(states, list[Stepped[Wave]])
losses_seen = [state.metrics.loss for state in states]
best = min(states, key=lambda state: state.metrics.loss)
remembered = trainer.state_of(best, Sums)
assert_type(remembered.squares, PVector[float])
assert_type(best.model.set(name="best").height.data, float)

run = trainer.fit(best.model, points, loss=between, optimizer=damped, steps=20)
assert_type(run.final_model.width, Value)
several = Waves(parts=pvector([run.final_model, wave]))
assert_type(nn.forward_many(several, [1.0]), tuple[Value, ...])
numbers = [p.data for p in tree.parameters(several)]
half = tree.map_parameters(lambda p: p.data / 2.0, several)
assert_type(half.parts[0].shift.data, float)


def height(model: Wave) -> Value:
    return model([1.0])


slope, found = func.grad(height)(wave), func.value_and_grad(height)(wave)[0]
assert_type(slope.height.data + found, float)
saved = checkpoint.save(last(states), Path("wave.json"))
loaded = checkpoint.load(Path("wave.json"), model=Wave)
assert_type(loaded, IOResult[TrainState[Wave], FileError])
assert_type(loaded.map(lambda state: state.model.height.data), IOResult[float, FileError])
copied = best.set(step=0, model=half.parts[1])
assert_type(copied.metrics.gradient_norm, float)
