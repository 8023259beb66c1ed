"""A model, a loss and an optimiser of one's own, kept to the laws, and compared in a sweep."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import Generic, Protocol, TypeVar, assert_type

from pyrsistent import PVector, pvector
from returns.result import Failure, Result, Success

from microfp import (
    Record,
    Value,
    attr,
    datasets,
    greater,
    laws,
    losses,
    nn,
    optim,
    schedules,
    sigmoid,
    trainer,
    value,
    where,
)
from microfp.errors import MicrofpError
from microfp.losses import Loss
from microfp.nn import Model
from microfp.optim import Numbers, Optimizer
from microfp.trainer import Run, Stepped, TrainState
from microfp.trainer.parallel import SweepFailure, sweep
from microfp.values import Scalar

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class Gate(Record):
    weights: PVector[Value] = attr()
    bias: Value = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return sigmoid(nn.dot(self.weights, inputs) + self.bias)


class Mixture(Record):
    gate: Gate = attr()
    left: nn.MLP = attr()
    right: nn.MLP = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        share = self.gate(inputs)
        pairs = zip(self.left(inputs), self.right(inputs), strict=True)
        return tuple(share * a + (1.0 - share) * b for a, b in pairs)


class Velocity(Record):
    speeds: PVector[float] = attr()
    steps: int = attr(default=0)


class Judge(Protocol):
    def __call__(self, run: Run[Mixture], /) -> float: ...


class Ranked(Generic[T]):
    def __init__(self, things: Iterable[T], key: Callable[[T], float]) -> None:
        self.things = sorted(things, key=key)

    def best(self) -> T:
        return self.things[0]


def asymmetric(scores: Sequence[Value], y: float) -> Value:
    error = scores[0] - y
    return where(greater(error, 0.0), 2.0 * error * error, error * error)


def begin(parameters: Numbers) -> Velocity:
    return Velocity(speeds=pvector([0.0] * len(parameters)))


def move(
    gradients: Numbers, state: Velocity, _parameters: Numbers, step: int
) -> tuple[Numbers, Velocity]:
    rate = schedules.cosine(0.1, 100)(step)
    speeds = pvector([0.9 * v - rate * g for v, g in zip(state.speeds, gradients, strict=True)])
    return speeds, state.set(speeds=speeds, steps=state.steps + 1)


def mixture(seed: int) -> Mixture:
    first, second = nn.seeds(seed, 2)
    gate = Gate(weights=pvector([value(0.1), value(-0.1)]), bias=value(0.0))
    return Mixture(gate=gate, left=nn.mlp(2, [3, 1], seed=first), right=nn.mlp(2, [1], seed=second))


def broken(things: Iterable[Loss | Optimizer | Mixture]) -> Iterator[str]:
    for thing in things:
        for case in laws.of(thing):
            try:
                case.check()
            except laws.LawBroken as told:
                yield f"{case.law.name}: {told}"


def fitted(seed: int) -> Run[Mixture]:
    return trainer.fit(mixture(seed), DATA, steps=20, loss=LOSS, optimizer=OWN)


def fold(start: TrainState[M], step: trainer.Step, count: int) -> Stepped[M]:
    return reduce(lambda state, _: step(state), range(count - 1), step(start))


def judged(results: Iterable[Result[Run[Mixture], SweepFailure[int]]], judge: Judge) -> list[float]:
    found: list[float] = []
    for result in results:
        match result:
            case Success(run):
                found.append(judge(run))
            case Failure(failure):
                found.append(float(failure.configuration))
            case _:
                pass
    return found


LOSS = losses.own("asymmetric", asymmetric)
OWN = optim.own("own", begin, move)
DATA = datasets.moons(40)
start = trainer.initial_state(mixture(1), OWN)
end = fold(start, trainer.make_step(LOSS, OWN, DATA), 5)
assert_type(end.model.gate.bias.data, float)
assert_type(trainer.state_of(end, Velocity).steps, int)
assert_type(list(broken([LOSS, OWN, mixture(2)])), list[str])
losses_of_runs = judged(sweep([1, 2, 3], fitted), lambda run: run.evaluate(DATA).total.data)
assert_type(losses_of_runs, list[float])
best = Ranked([fitted(seed) for seed in (1, 2)], key=lambda run: run.final_loss).best()
assert_type(best.final_model.left.layers[0].neurons[0].bias, Value)
assert_type(best.history[-1].gradient_norm, float)
error: type[Exception] = MicrofpError
