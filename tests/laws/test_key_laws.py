"""Laws: whatever a loss or an optimiser is made of, every backend computes that and no other.

What is compiled is found again by keys. Functions here are equal, and hash alike, and compute
different things: a plan that was kept for one of them must not be run for another.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyrsistent import PRecord, field

from microfp import absolute, datasets, divide, losses, nn, optim, sin, trainer, value
from microfp.datasets import Dataset
from microfp.losses import Loss
from microfp.optim import Optimizer, Rule
from microfp.record import Record, attr
from microfp.trainer import Backend, Run
from microfp.values import Scalar, Value

DATA = datasets.dataset([[0.5, -1.0], [2.0, 0.25], [-1.5, 1.0]], [1.0, -1.0, 0.5])
MODEL = nn.mlp(2, [2, 1], activation="tanh", seed=3)

Cost = Callable[[float, Value], Value]

COSTS: dict[str, Cost] = {
    "square": lambda k, error: k * error * error,
    "absolute": lambda k, error: k + absolute(error),
    "wave": lambda k, error: sin(k * error) + error * error,
    "signed": lambda k, error: divide(1.0, k) * 0.0 + error if k == 1.0 else error * k,
}


def record_of(cost: Cost) -> Callable[[float], Callable[..., Value]]:
    class Made(Record):
        k: float = attr()

        def __call__(self, scores: tuple[Value, ...], y: float) -> Value:
            return cost(self.k, scores[0] - y)

    return lambda k: Made(k=k)


def named_tuple_of(cost: Cost) -> Callable[[float], Callable[..., Value]]:
    class Made(NamedTuple):
        k: float

        def __call__(self, scores: tuple[Value, ...], y: float) -> Value:
            return cost(self.k, scores[0] - y)

    return Made  # type: ignore[return-value]  # mypy takes its call for a constructor's


def dataclass_of(cost: Cost) -> Callable[[float], Callable[..., Value]]:
    @dataclass(frozen=True)
    class Made:
        k: float

        def __eq__(self, other: object) -> bool:
            return getattr(other, "k", None) == self.k

        def __hash__(self) -> int:
            return hash(self.k)

        def __call__(self, scores: tuple[Value, ...], y: float) -> Value:
            return cost(self.k, scores[0] - y)

    return Made


def precord_of(cost: Cost) -> Callable[[float], Callable[..., Value]]:
    class Made(PRecord):  # type: ignore[type-arg]  # as pyrsistent documents it
        k: float = field()

        def __call__(self, scores: tuple[Value, ...], y: float) -> Value:
            return cost(self.k, scores[0] - y)

    return lambda k: Made(k=k)


def partial_of(cost: Cost) -> Callable[[float], Callable[..., Value]]:
    return lambda k: partial(_cost_of, record_of(cost)(k))


def method_of(cost: Cost) -> Callable[[float], Callable[..., Value]]:
    return lambda k: record_of(cost)(k).__call__  # type: ignore[operator]  # what a Callable has


def _cost_of(inner: Callable[..., Value], scores: tuple[Value, ...], y: float) -> Value:
    return inner(scores, y)


SHAPES = [record_of, named_tuple_of, dataclass_of, precord_of, partial_of, method_of]
FACTORIES = [(shape(cost), name) for name, cost in COSTS.items() for shape in SHAPES]


def trained(loss: Loss, backend: Backend, optimizer: Optimizer) -> Run[nn.MLP]:
    return trainer.fit(MODEL, DATA, steps=2, loss=loss, optimizer=optimizer, backend=backend)


def assert_all_backends_agree(loss: Loss, optimizer: Optimizer = optim.sgd(0.1)) -> None:
    eager = trained(loss, "eager", optimizer)
    for backend in ("auto", "python"):
        assert numbers(trained(loss, backend, optimizer)) == numbers(eager)
    assert numbers(trained(loss, "native", optimizer)) == pytest.approx(numbers(eager), abs=1e-12)


def numbers(run: Run[nn.MLP]) -> list[float]:
    losses_and_accuracies = [(m.loss, m.penalty, m.accuracy or 0.0) for m in run.history]
    return [*sum(losses_and_accuracies, ()), *(p.data for p in nn.parameters(run.final_model))]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(FACTORIES), st.sampled_from([0.5, 2.0, 0.0, -0.0]))
def test_the_loss_that_is_given_is_the_one_that_is_computed(
    factory: tuple[Callable[[float], Callable[..., Value]], str], k: float
) -> None:
    make, _ = factory
    assert_all_backends_agree(Loss(name="made", example=make(k)))


class Squares(Record):
    k: float = attr()

    def __call__(self, p: Value) -> Value:
        return self.k * p * p


class Sizes(Record):
    k: float = attr()

    def __call__(self, p: Value) -> Value:
        return self.k * absolute(p)


class Above(Record):
    k: float = attr()

    def __call__(self, scores: tuple[float, ...], _: float) -> bool:
        return scores[0] > self.k


class Below(Record):
    k: float = attr()

    def __call__(self, scores: tuple[float, ...], _: float) -> bool:
        return scores[0] < self.k


def squared(scores: tuple[Value, ...], y: float) -> Value:
    return (scores[0] - y) * (scores[0] - y)


def test_penalties_and_judges_of_equal_fields_are_told_apart() -> None:
    for penalty in (Squares(k=0.1), Sizes(k=0.1)):
        for judge in (Above(k=0.0), Below(k=0.0)):
            loss = Loss(name="judged", example=squared, penalty=penalty, is_correct=judge)
            assert_all_backends_agree(loss)


class HalfRule(Record):
    k: float = attr()

    def __call__(self, g: float, slots: object, *_: object) -> tuple[float, object]:
        return -self.k * g, slots


class ShrinkRule(Record):
    k: float = attr()

    def __call__(self, _: float, slots: object, p: float, *_more: object) -> tuple[float, object]:
        return -self.k * p, slots


def test_rules_of_equal_fields_are_told_apart() -> None:
    for function in (HalfRule(k=0.25), ShrinkRule(k=0.25)):
        rule = Rule(function=function)  # type: ignore[arg-type]  # one that remembers nothing
        assert_all_backends_agree(losses.mean_squared_error(), optim.from_rule("own", rule))


def still(g: object, state: object, p: object, step: int) -> tuple[object, object]:
    return optim.scale(0.0).update(g, (), p, step)[0], state  # type: ignore[arg-type]  # numbers


def growing(g: object, state: object, p: object, step: int) -> tuple[object, object]:
    return optim.scale(0.5).update(g, (), p, step)[0], state  # type: ignore[arg-type]  # numbers


@pytest.mark.parametrize("optimizer", [optim.sgd(0.1), optim.momentum(0.1), optim.adam(0.1)])
@pytest.mark.parametrize("update", [still, growing])
def test_an_update_that_is_replaced_is_the_one_that_is_made(
    optimizer: Optimizer, update: Callable[..., tuple[object, object]]
) -> None:
    mine = optimizer._replace(update=update)  # type: ignore[arg-type]  # of numbers
    loss = losses.mean_squared_error()
    assert_all_backends_agree(loss, mine)
    assert_all_backends_agree(loss, optim.chain(mine, optim.scale(2.0)))
    assert_all_backends_agree(loss, optim.masked([True] * 9, mine))
    assert_all_backends_agree(loss, optim.accumulate_gradients(mine, every=2))


class Sharp(Loss):
    """A loss that is another one by a method alone."""


def test_a_subclass_is_another_loss() -> None:
    class Doubled(Loss):
        @property
        def scale(self) -> float:
            return 2.0

    plain = Loss(name="one", example=squared)
    for loss in (plain, Doubled(name="one", example=squared), Sharp(name="one", example=squared)):
        assert_all_backends_agree(loss)


class Damped(Record):
    """A model whose numbers differ by the sign of a zero."""

    w: Value = attr()
    floor: float = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.w * inputs[0] + divide(1.0, divide(1.0, self.floor))


def test_models_that_differ_by_the_sign_of_a_zero_are_told_apart() -> None:
    data: Dataset = datasets.dataset([[-0.0]], [1.0])
    for floor in (0.0, -0.0):
        model = Damped(w=value(0.5), floor=floor)
        runs = [
            trainer.fit(model, data, steps=1, loss=losses.mean_squared_error(), backend=backend)
            for backend in ("eager", "auto", "python")
        ]
        assert {run.final_loss for run in runs} == {runs[0].final_loss}
