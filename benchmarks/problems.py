"""What is trained: the same numbers for microfp and for every peer."""

import csv
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from microfp import datasets, nn, schedules
from microfp.datasets.preparing import batch_numbers

PUBLISHED = Path(__file__).parent / "data" / "micrograd_demo.csv"
"""The losses that the notebook of micrograd's demo shows, step by step."""

Numbers: TypeAlias = tuple[float, ...]


@dataclass(frozen=True)
class Layer:
    """The weights of one layer: a row per neuron, and a bias per neuron."""

    weights: tuple[Numbers, ...]
    biases: Numbers


@dataclass(frozen=True)
class Problem:
    """A training: relu layers and a linear one, examples, a loss, a rate for each step.

    `hinge`: mean of relu(1 - target * score), sgd. `softmax`: mean cross-entropy of the class
    that target numbers, adam. Both add alpha * p * p for every parameter p. A step sees the
    examples of its batch, or all of them where `batches` is None.
    """

    model: nn.MLP
    dataset: datasets.Dataset
    loss: Literal["hinge", "softmax"]
    rates: Numbers
    alpha: float = 0.0
    batch_size: int | None = None

    @property
    def steps(self) -> int:
        return len(self.rates)

    @property
    def layers(self) -> tuple[Layer, ...]:
        return tuple(
            Layer(
                weights=tuple(tuple(w.data for w in n.weights) for n in layer.neurons),
                biases=tuple(n.bias.data for n in layer.neurons),
            )
            for layer in self.model.layers
        )

    @property
    def widths(self) -> tuple[int, ...]:
        layers = self.layers
        return len(layers[0].weights[0]), *(len(layer.biases) for layer in layers)

    @property
    def batches(self) -> tuple[tuple[int, ...], ...] | None:
        """The indices of the examples of each step, drawn as `trainer.batch` draws them."""
        if self.batch_size is None:
            return None
        n, size = len(self.dataset.xs), self.batch_size
        return tuple(batch_numbers(n, size, seed=SEED, step=k) for k in range(self.steps))


SEED = 1337


def demo() -> Problem:
    """The official demo of micrograd: 100 steps on two moons."""
    return moons(16, 100, 100)


def moons(hidden: int, n: int, steps: int) -> Problem:
    """The demo with other sizes: MLP(2, [hidden, hidden, 1]) on n examples."""
    return Problem(
        model=nn.mlp(2, [hidden, hidden, 1], seed=SEED),
        dataset=datasets.moons(n, noise=0.1, seed=SEED),
        loss="hinge",
        rates=tuple(schedules.micrograd_decay(k) for k in range(steps)),
        alpha=1e-4,
    )


def published_losses() -> Numbers:
    """The losses of the official demo, as published."""
    with PUBLISHED.open(encoding="utf-8", newline="") as file:
        return tuple(float(row["loss"]) for row in csv.DictReader(file))


def classes(
    rows: tuple[Numbers, ...], targets: Numbers, *, hidden: int, batch_size: int, steps: int
) -> Problem:
    """A classification by MLP(d, [hidden, k]), softmax cross-entropy and adam.

    Its weights are drawn as He et al. do: the uniform(-1, 1) of micrograd's demo suits neurons of
    few inputs, and from it nobody learns the digits in 20 epochs.
    """
    return Problem(
        model=nn.mlp(len(rows[0]), [hidden, 1 + int(max(targets))], init="he", seed=SEED),
        dataset=datasets.dataset(rows, targets),
        loss="softmax",
        rates=(3e-3,) * steps,
        batch_size=batch_size,
    )


def random_images(n: int) -> tuple[tuple[Numbers, ...], Numbers]:
    """Rows of 784 random numbers from 0 to 1, in 10 classes."""
    draw = random.Random(SEED)
    rows = tuple(tuple(draw.random() for _ in range(784)) for _ in range(n))
    return rows, tuple(float(i % 10) for i in range(n))


def grid(inputs: int, widths: tuple[int, ...], batch: int, steps: int) -> Problem:
    """A classification of random rows by a network of these widths: softmax, adam, mini-batches."""
    draw, n = random.Random(SEED), max(128, 4 * batch)
    rows = tuple(tuple(draw.random() for _ in range(inputs)) for _ in range(n))
    return Problem(
        model=nn.mlp(inputs, list(widths), init="he", seed=SEED),
        dataset=datasets.dataset(rows, [float(i % widths[-1]) for i in range(n)]),
        loss="softmax",
        rates=(1e-3,) * steps,
        batch_size=batch,
    )
