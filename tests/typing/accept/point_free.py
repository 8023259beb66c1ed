"""Pipelines of pieces that wait for their data, as readers of toolz and of `returns` write them."""

from collections.abc import Callable, Iterable
from functools import partial, reduce
from operator import attrgetter
from typing import TypeVar, assert_type

from returns.maybe import Maybe

from microfp import (
    Value,
    backward,
    curried,
    datasets,
    find_grad,
    func,
    grad,
    graph,
    losses,
    nn,
    optim,
    streams,
    tanh,
    total,
    trainer,
    tree,
    value,
)
from microfp.datasets import Dataset
from microfp.gradients import Gradients
from microfp.nn import MLP
from microfp.toolbox import Piped, accumulate, collect, iterate, last, pipe, sliding_window
from microfp.trainer import Stepped
from microfp.values import Scalar

A = TypeVar("A")
B = TypeVar("B")


def mapped(function: Callable[[A], B]) -> Callable[[Iterable[A]], list[B]]:
    return lambda items: [function(item) for item in items]


def kept(test: Callable[[A], bool]) -> Callable[[Iterable[A]], list[A]]:
    return lambda items: [item for item in items if test(item)]


def op_of(node: Value) -> str:
    return node.op


def loss_of(state: Stepped[MLP]) -> float:
    return state.metrics.loss


def is_low(number: float) -> bool:
    return number < 2.0


def fall(pair: tuple[float, ...]) -> float:
    return pair[1] - pair[0]


def doubled(number: float) -> float:
    return 2.0 * number


x, y = value(2.0, label="x"), value(-1.0, label="y")
score = pipe(
    x,
    curried.mul(3.0),
    curried.add(y),
    curried.pow(2),
    curried.sub(1.0),
    curried.divide(4.0),
    curried.maximum(0.0),
    curried.tanh,
    curried.mul(y),
    curried.exp,
    curried.log,
    curried.minimum(10.0),
    curried.relu,
)
assert_type(score, Value)
table = pipe(score, backward)
assert_type(table, Gradients)
assert_type(find_grad(x, table), Maybe[float])
assert_type(find_grad(x, table).map(curried.add(1.0)).map(lambda it: it.data).value_or(0.0), float)
assert_type(pipe(score, graph.topological_order, mapped(op_of)), list[str])


def weighed(weights: Iterable[Scalar], inputs: Iterable[Scalar]) -> Value:
    return total(w * i for w, i in zip(weights, inputs, strict=True))


neuron = partial(weighed, [0.5, value(0.25)])
assert_type(pipe([1.0, x], neuron, curried.sigmoid, backward, partial(grad, x)), float)
assert_type(reduce(lambda a, b: a * b, [x, y, score]), Value)
assert_type(pipe(2.0, func.grad(tanh)), float)
assert_type(pipe(2.0, func.grad(func.grad(curried.sin))), float)
assert_type(pipe(2.0, func.value_and_grad(curried.exp))[0], float)

data = datasets.moons(30)
model = nn.mlp(2, [4, 1], activation="softplus")
loss = losses.max_margin()


def standardized(examples: Dataset) -> Dataset:
    return datasets.standardize(examples)(examples)


def trained(examples: Dataset) -> Stepped[MLP]:
    return pipe(
        trainer.train(model, examples, loss=loss, optimizer=optim.rmsprop(0.01)),
        streams.until_converged(tolerance=1e-5),
        streams.take(20),
        last,
    )


final = pipe(data, partial(datasets.shuffle, seed=4), standardized, trained)
assert_type(final, Stepped[MLP])
assert_type(pipe(final, attrgetter("model"), tree.parameters, len), int)
steps = pipe(
    trainer.train(model, data),
    streams.every(2),
    streams.take(6),
    mapped(loss_of),
    kept(is_low),
    partial(sliding_window, 2),
    mapped(fall),
    mapped(doubled),
    mapped(abs),
    sorted,
    tuple,
)
assert_type(steps, tuple[float, ...])
descend = Piped(losses.evaluate_with(loss, data)).to(lambda f: f(model)).to(trainer.differentiate)
assert_type(descend.to(trainer.descend(0.1)).get(), MLP)
sums = accumulate(lambda total, term: total + term, [1.0, 2.0], 0.0)
assert_type(pipe(sums, collect), list[float])
assert_type(pipe(iterate(doubled, 1.0), streams.take(3), collect), list[float])
lines = pipe(tree.parameters(model), mapped(attrgetter("data")), len)
assert_type(lines, int)
