"""Optimisers to test, and what they do with given gradients."""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st
from pyrsistent import pvector

from microfp import backward, grad, optim, value
from microfp.optim import (
    Numbers,
    Optimizer,
    accumulate_gradients,
    add_decayed_weights,
    clip,
    clip_by_global_norm,
    identity,
    masked,
    scale,
    scale_by_adam,
    sgd,
    trace,
)
from microfp.values import Value, total

NAMED = (
    *(optim.sgd(0.1), optim.momentum(0.1), optim.nesterov(0.1), optim.adagrad(0.1)),
    *(optim.rmsprop(0.1), optim.adam(0.1), optim.adamw(0.1), optim.lion(0.1)),
    *(optim.nadam(0.1), optim.radam(0.1), optim.amsgrad(0.1), optim.adamax(0.1)),
    *(optim.adadelta(0.1), optim.lamb(0.1)),
)

PARTS = (
    *(clip(0.7), clip_by_global_norm(0.5), scale(-2.0), trace(0.5), scale_by_adam()),
    *(add_decayed_weights(0.1), accumulate_gradients(sgd(0.1), every=2), identity()),
    *(masked([True, False, True], trace(0.9)), *NAMED),
)

bounded = st.floats(-10.0, 10.0)

vectors = st.lists(bounded, min_size=3, max_size=3)


def fed(optimizer: Optimizer, gradients: Sequence[Sequence[float]]) -> list[list[float]]:
    """The updates for given gradients, of parameters that move by them."""
    x: Numbers = pvector([1.0] * len(gradients[0]))
    state, given_back = optimizer.init(x), []
    for step, slopes in enumerate(gradients):
        updates, state = optimizer.update(pvector(slopes), state, x, step)
        x = pvector([number + update for number, update in zip(x, updates, strict=True)])
        given_back.append(list(updates))
    return given_back


ONE = pvector([1.0])


def objective(problem: dict[str, Any]) -> Callable[[Sequence[Value]], Value]:
    if problem["kind"] == "rosenbrock":
        return lambda x: (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] ** 2) ** 2
    matrix, vector = problem["matrix"], problem["vector"]
    return lambda x: (
        total(
            0.5 * a * xi * xj
            for row, xi in zip(matrix, x, strict=True)
            for a, xj in zip(row, x, strict=True)
        )
        - total(c * xi for c, xi in zip(vector, x, strict=True))
    )


def gradients_of(f: Callable[[Sequence[Value]], Value], x: Numbers) -> Numbers:
    leaves = [value(number) for number in x]
    table = backward(f(leaves))
    return pvector([grad(leaf, table) for leaf in leaves])


def descend(
    optimizer: Optimizer, slopes: Callable[[Numbers], Numbers], start: Sequence[float], steps: int
) -> list[list[float]]:
    """The parameters after each step."""
    x: Numbers = pvector(start)
    state, visited = optimizer.init(x), []
    for step in range(steps):
        updates, state = optimizer.update(slopes(x), state, x, step)
        x = pvector([number + update for number, update in zip(x, updates, strict=True)])
        visited.append(list(x))
    return visited
