"""Point-free from the data to the answer: every piece waits for what it works on."""

from collections.abc import Callable
from functools import partial
from operator import itemgetter
from pathlib import Path
from statistics import mean
from typing import TypeAlias

from returns.io import IOResult

from microfp import Value, backward, datasets, func, losses, nn, optim, schedules, streams, value
from microfp.curried import (
    add,
    apply_gradients,
    batches,
    divide,
    evaluate,
    fit,
    grad,
    greater,
    map_parameters,
    mul,
    one_hot,
    save,
    shuffle,
    sigmoid,
    split,
    square,
    sub,
    tanh,
    total,
    train,
    where,
    with_parameters,
)
from microfp.datasets import Dataset
from microfp.errors import FileError
from microfp.losses import Evaluation
from microfp.nn import MLP
from microfp.toolbox import Piped, bind, collect, last, pipe, take
from microfp.trainer import Run, Stepped, differentiate
from microfp.values import Scalar

Model: TypeAlias = MLP
Operation: TypeAlias = Callable[[Scalar], Value]

x, y = value(2.0, label="x"), value(-1.0, label="y")


def composed(*operations: Operation) -> Operation:
    def whole(a: Scalar) -> Value:
        result = value(0.0) + a
        for operation in operations:
            result = operation(result)
        return result

    return whole


squash = composed(mul(0.5), add(y), tanh, sub(0.25), divide(2.0), square)
slope: float = pipe(x, squash, backward, grad)(x)
slopes: list[float] = [func.grad(squash)(k / 4) for k in range(3)]
step_up: Value = pipe(x, greater(0.0), where(mul(2.0)(x), 0.0), sigmoid)
terms: list[Scalar] = [1.0, x, y]
sum_of_all: float = pipe(terms, total, add(1.0)).data

data = pipe(datasets.rings(60, classes=3, noise=0.05), shuffle(seed=3), one_hot(classes=3))
training, held_out = pipe(data, split(held_out=0.25, seed=1))
loss = losses.softmax_cross_entropy(l2=1e-4)
first: Dataset = pipe(training, batches(16), itemgetter(0))
counts: list[int] = pipe(training, batches(16, epoch=1), lambda parts: [len(it.ys) for it in parts])

model: Model = nn.mlp(2, [6, 3], activation="tanh", init="glorot", seed=8)
smaller = pipe(model, map_parameters(lambda p: p.data * 0.5))
zeros = pipe(model, with_parameters([0.0] * nn.parameter_count(model)))
measured: Evaluation[MLP] = pipe(smaller, evaluate(loss, first))
better = pipe(model, evaluate(loss, training), differentiate)
stepped = pipe(model, apply_gradients(better.gradients, 0.1))

optimizer = optim.adamw(schedules.cosine(0.05, 40), weight_decay=1e-3)
states = pipe(
    smaller,
    train(training, loss=loss, optimizer=optimizer, batch_size=16),
    streams.every(4),
    streams.take(5),
    collect,
)
end: Stepped[MLP] = pipe(
    stepped, train(training, loss=loss, optimizer=optimizer), partial(take, 3), last
)
run: Run[MLP] = pipe(zeros, fit(training, steps=6, loss=loss, optimizer=optimizer))
curve: list[float] = [metrics.loss for metrics in run.history]
average: float = pipe(states, lambda them: [it.metrics.loss for it in them], mean)


def answers(found: MLP) -> list[int]:
    scores = [[score.data for score in nn.forward_many(found, row)] for row in held_out.xs]
    return [max(range(3), key=row.__getitem__) for row in scores]


def reported(path: Path) -> IOResult[Path, FileError]:
    return pipe(end, save(path.with_suffix(".bak")))


predicted = Piped(run).to(lambda it: it.final_model).to(answers).to(set).get()
saved: IOResult[Path, FileError] = pipe(end, save("course.json"), bind(reported))
names: IOResult[str, FileError] = saved.map(lambda path: path.name.upper())
scored = [pipe(it, evaluate(loss, held_out)) for it in (model, smaller)]
shares: list[float] = [it.accuracy or 0.0 for it in scored]
