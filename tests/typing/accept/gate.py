"""A model, a loss, an optimiser and a schedule of one's own, trained, saved and compared."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Protocol

from pyrsistent import PVector, pvector
from returns.io import IOResult

from microfp import (
    Record,
    Value,
    attr,
    checkpoint,
    datasets,
    laws,
    losses,
    nn,
    optim,
    schedules,
    sigmoid,
    softplus,
    streams,
    total,
    trainer,
    tree,
    value,
)
from microfp.errors import FileError
from microfp.losses import Loss
from microfp.ops import Operand, sign
from microfp.optim import Numbers, Optimizer, Rule, Slots
from microfp.schedules import Schedule
from microfp.toolbox import bind, collect, pipe
from microfp.trainer import TrainState
from microfp.values import Scalar


class Expert(Protocol):
    def __call__(self, inputs: Sequence[Scalar], /) -> Value | tuple[Value, ...]: ...


class Linear(Record):
    weights: PVector[Value] = attr()
    bias: Value = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return total(w * x for w, x in zip(self.weights, inputs, strict=True)) + self.bias


class Gate(Record):
    """Two experts, and how much the first of them is asked."""

    first: Linear = attr()
    second: Linear = attr()
    choice: Linear = attr()
    name: str = attr(default="gate", invariant=lambda n: (bool(n), "a gate has a name"))

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        share = sigmoid(self.choice(inputs))
        return share * self.first(inputs) + (1.0 - share) * self.second(inputs)

    @property
    def experts(self) -> tuple[Linear, Linear]:
        return self.first, self.second


def linear(random: Random, n_in: int) -> Linear:
    weights = pvector([value(random.gauss(0.0, 0.5)) for _ in range(n_in)])
    return Linear(weights=weights, bias=value(0.0))


def gate(n_in: int, *, seed: int = 0) -> Gate:
    random = Random(seed)
    return Gate(
        first=linear(random, n_in), second=linear(random, n_in), choice=linear(random, n_in)
    )


def cost(scores: tuple[Value, ...], y: float) -> Value:
    (score,) = scores
    return softplus(-y * score)


def right(scores: tuple[float, ...], y: float) -> bool:
    return scores[0] * y > 0.0


def logistic(*, l2: float = 0.0) -> Loss:
    return losses.own("logistic", cost, penalty=lambda p: l2 * p * p, is_correct=right)


class Speed(Record):
    last: PVector[float] = attr()
    steps: int = attr(default=0)


def begin(parameters: Numbers) -> Speed:
    return Speed(last=pvector([0.0] * len(parameters)))


def move(gradients: Numbers, state: Speed, parameters: Numbers, step: int) -> tuple[Numbers, Speed]:
    pairs = zip(state.last, gradients, strict=True)
    speed = pvector([0.9 * old - 0.1 * new for old, new in pairs])
    return speed, state.set(last=speed, steps=state.steps + 1)


def signed(gradient: Operand, slots: Slots, parameter: Operand, _: object) -> tuple[Operand, Slots]:
    return -0.01 * sign(gradient), slots


def sawtooth(high: float, period: int) -> Schedule:
    return lambda step: high * (1.0 - (step % period) / period)


heavy: Optimizer = optim.own("heavy", begin, move)
signs = optim.from_rule("signs", Rule(function=signed))
floored = schedules.at_least(sawtooth(0.1, 9), 0.01)
choices: dict[str, Optimizer] = {
    "heavy": heavy,
    "signs": signs,
    "saw": optim.sgd(sawtooth(0.5, 5)),
    "both": optim.chain(optim.clip(1.0), optim.momentum(floored)),
}
data = datasets.xor(40, noise=0.1, seed=3)
model, loss = gate(2, seed=1), logistic(l2=1e-4)


def ends() -> Iterator[tuple[str, TrainState[Gate]]]:
    for name, optimizer in choices.items():
        states = trainer.train(model, data, loss=loss, optimizer=optimizer, batch_size=10)
        yield name, pipe(states, streams.take(8), collect)[-1]


def saved(state: TrainState[Gate]) -> IOResult[Path, FileError]:
    return checkpoint.save(state, Path(f"{state.model.name}.json"))


def again(path: Path) -> IOResult[TrainState[Gate], FileError]:
    return checkpoint.load(path, model=Gate)


by_name = dict(ends())
speed = trainer.state_of(by_name["heavy"], Speed)
count: int = speed.steps + len(speed.last)
loaded = pipe(by_name["saw"], saved, bind(again))
outputs: IOResult[float, FileError] = loaded.map(lambda it: it.model([0.5, 0.5]).data)
frozen = tree.freeze(by_name["both"].model, lambda it: it.experts)
sizes: list[int] = [tree.parameter_count(it) for it in (model, frozen, frozen.choice)]
run = trainer.fit(frozen, data, loss=loss, steps=5, backend="python")
scores = losses.evaluate(loss, run.final_model, data).scores
margins: list[float] = [score.data for (score,) in scores]
renamed = run.final_model.set(name="trained", choice=model.choice)
experts: list[Expert] = [*renamed.experts, renamed, nn.neuron(2)]
summary: str = f"{renamed.name}: {run.final_loss:.3f}, {run.history[0].gradient_norm:.3f}"
laws.check(logistic(), examples=5)
