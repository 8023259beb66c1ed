"""Every loss by every activation by every optimiser: the backends compute what eager computes."""

import math
from collections.abc import Iterator

import pytest

from microfp import datasets, losses, nn, optim, trainer
from microfp.datasets import Dataset
from microfp.losses import Loss
from microfp.nn import ACTIVATIONS, MLP, ActivationName
from microfp.optim import Optimizer
from microfp.schedules import cosine
from microfp.toolbox import take
from microfp.trainer import Backend, TrainState
from microfp.tree import parameters, with_parameters

STEPS = 4
ROWS = [[0.5, -1.0], [1.5, 0.25], [-0.75, 2.0], [0.125, 0.375], [-2.0, -0.5]]
NUMBERS = [0.5, -1.25, 2.0, 0.0, 0.75]
SIGNS = [1.0, -1.0, -1.0, 1.0, -1.0]
CLASSES = [0.0, 2.0, 1.0, 1.0, 0.0]
SHARES = [[1.0, 0.0, 0.0], [0.25, 0.5, 0.25], [0.0, 0.0, 1.0], [0.5, 0.5, 0.0], [0.0, 1.0, 0.0]]


def in_threes(column: list[float]) -> list[list[float]]:
    """Three targets an example: the column, and two turns of it."""
    return [list(row) for row in zip(column, column[1:] + column[:1], column[::-1], strict=True)]


EXAMPLES: dict[str, tuple[Loss, Dataset]] = {
    "max_margin": (losses.max_margin(), datasets.dataset(ROWS, SIGNS)),
    "max_margin of three": (losses.max_margin(), datasets.dataset(ROWS, in_threes(SIGNS))),
    "mean_squared_error": (losses.mean_squared_error(l2=0.01), datasets.dataset(ROWS, NUMBERS)),
    "mean_squared_error of three": (
        losses.mean_squared_error(),
        datasets.dataset(ROWS, in_threes(NUMBERS)),
    ),
    "mean_absolute_error": (losses.mean_absolute_error(l1=0.01), datasets.dataset(ROWS, NUMBERS)),
    "huber": (losses.huber(delta=0.5, l1=0.01, l2=0.02), datasets.dataset(ROWS, NUMBERS)),
    "huber of three": (losses.huber(delta=0.5), datasets.dataset(ROWS, in_threes(NUMBERS))),
    "binary_cross_entropy": (losses.binary_cross_entropy(), datasets.dataset(ROWS, SIGNS)),
    "binary_cross_entropy of three": (
        losses.binary_cross_entropy(l2=0.1),
        datasets.dataset(ROWS, in_threes([0.0, 1.0, 0.5, 0.25, 1.0])),
    ),
    "softmax_cross_entropy": (
        losses.softmax_cross_entropy(l2=0.01),
        datasets.dataset(ROWS, CLASSES),
    ),
    "quantile": (losses.quantile(q=0.25), datasets.dataset(ROWS, NUMBERS)),
    "log_cosh": (losses.log_cosh(), datasets.dataset(ROWS, NUMBERS)),
    "poisson": (losses.poisson(l2=0.1), datasets.dataset(ROWS, CLASSES)),
    "focal": (losses.focal(), datasets.dataset(ROWS, SIGNS)),
    "class_weighted": (
        losses.class_weighted(losses.max_margin(), {-1.0: 0.5, 1.0: 2.0}),
        datasets.dataset(ROWS, SIGNS),
    ),
    "weighted": (
        losses.weighted(losses.huber()),
        datasets.dataset(ROWS, [*zip(NUMBERS, [0.5, 2.0, 0.0, 1.0, 3.0], strict=True)]),
    ),
    "kl_divergence of shares": (losses.kl_divergence(), datasets.dataset(ROWS, SHARES)),
    "smoothed softmax_cross_entropy": (
        losses.softmax_cross_entropy(label_smoothing=0.1),
        datasets.dataset(ROWS, CLASSES),
    ),
    "softmax_cross_entropy of shares": (
        losses.softmax_cross_entropy(),
        datasets.dataset(ROWS, SHARES),
    ),
}

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": optim.sgd(0.1, weight_decay=0.01),
    "sgd, a schedule": optim.sgd(cosine(0.1, steps=STEPS)),
    "momentum": optim.momentum(0.05),
    "nesterov": optim.nesterov(0.05),
    "adagrad": optim.adagrad(0.05),
    "rmsprop": optim.rmsprop(0.01, momentum=0.5),
    "adam": optim.adam(0.01),
    "adamw": optim.adamw(0.01),
    "lion": optim.lion(0.01),
    "clipped": optim.chain(optim.clip_by_global_norm(0.1), optim.clip(0.05), optim.sgd(0.5)),
    "accumulated": optim.accumulate_gradients(optim.adam(0.05), every=2),
}


def outputs(name: str) -> int:
    return 3 if name.endswith((" of three", " of shares", "softmax_cross_entropy")) else 1


def optimizers(model: MLP) -> Iterator[Optimizer]:
    """All of them, and one with a mask for this model."""
    yield from OPTIMIZERS.values()
    yield optim.masked([i % 2 == 0 for i in range(len(parameters(model)))], optim.sgd(0.5))


def numbers(state: TrainState[MLP]) -> list[float]:
    """What was measured, and the parameters; None counts as nan."""
    assert state.metrics is not None
    measured = [math.nan if it is None else float(it) for it in dict(state.metrics).values()]  # type: ignore[arg-type]  # numbers
    return [*measured, *(p.data for p in parameters(state.model))]


def states(
    model: MLP, example: tuple[Loss, Dataset], optimizer: Optimizer, backend: Backend
) -> list[list[float]]:
    loss, data = example
    stream = trainer.train(model, data, loss=loss, optimizer=optimizer, backend=backend)
    return [numbers(state) for state in take(STEPS, stream)]


def same(found: float, expected: float, scale: float) -> bool:
    if not math.isfinite(expected):
        return str(found) == str(expected)
    return abs(found - expected) <= 1e-12 * max(abs(expected), scale)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_all_optimisers_train_alike_in_all_backends(name: str, activation: ActivationName) -> None:
    model = nn.mlp(2, [3, outputs(name)], activation=activation)
    for optimizer in optimizers(model):
        expected = states(model, EXAMPLES[name], optimizer, "eager")
        assert repr(states(model, EXAMPLES[name], optimizer, "python")) == repr(expected)
        found = states(model, EXAMPLES[name], optimizer, "native")
        for a, b in zip(found, expected, strict=True):
            assert all(same(x, y, 0.01) for x, y in zip(a, b, strict=True)), optimizer.name


@pytest.mark.parametrize("size", [1e80, 1e160, 1e300, math.inf, math.nan])
@pytest.mark.parametrize("name", EXAMPLES)
def test_nan_and_inf_stand_where_they_stand_in_eager(name: str, size: float) -> None:
    made = nn.mlp(2, [3, outputs(name)], activation="relu")
    model = with_parameters(made, [p.data * size for p in parameters(made)])
    for optimizer in (optim.sgd(0.1), optim.adam(0.1)):
        expected = states(model, EXAMPLES[name], optimizer, "eager")
        for backend in ("python", "native"):
            found = states(model, EXAMPLES[name], optimizer, backend)
            for a, b in zip(found, expected, strict=True):
                scale = max((abs(x) for x in b if math.isfinite(x)), default=0.0)
                assert all(same(x, y, scale) for x, y in zip(a, b, strict=True))
