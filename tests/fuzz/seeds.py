"""Valid files to begin with: states under every optimiser, predictors of every kind, a GPT."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, TypeAlias

from pyrsistent import pvector
from returns.unsafe import unsafe_perform_io

from microfp import checkpoint, gpt, nn, optim, trainer, tree, value
from microfp.checkpoint.encode import encoded
from microfp.datasets import Dataset, dataset
from microfp.experiments import Configuration, run
from microfp.experiments.predictors import FORMAT, Predictor
from microfp.optim import Optimizer
from microfp.schedules import constant

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

POINTS = dataset([[0.5, -1.0], [1.0, 2.0], [-0.5, 0.25], [2.0, -2.0]], [1.0, -1.0, 1.0, -1.0])
CLASSES = dataset(
    [[float(i % 5), float(i % 3)] for i in range(30)], [float(i % 3) for i in range(30)]
)
LINE = dataset([[float(i), float(i % 4)] for i in range(24)], [2.0 * i + 1.0 for i in range(24)])


class Seed(NamedTuple):
    """A valid file, and the optimiser that its state belongs to; None for what is learnt."""

    data: Json
    optimizer: Optimizer | None

    @property
    def is_gpt(self) -> bool:
        """Whether it is what a GPT has learnt, and no predictor."""
        return isinstance(self.data, dict) and self.data["format"] == "microfp-gpt"


def optimizers() -> Mapping[str, Optimizer]:
    """Every optimiser that goes by a name, and those that are made of several."""
    named: dict[str, optim.Optimizer] = {
        name: make(constant(0.1)) for name, make in optim.OPTIMIZERS.items()
    }
    several = {
        "chain": optim.chain(optim.clip(1.0), optim.adam(0.1)),
        "accumulate": optim.accumulate_gradients(optim.momentum(0.1), every=2),
        "masked": optim.masked([True] * 4 + [False] * 5, optim.adam(0.1)),
    }
    return {**named, **several}


def models() -> Mapping[str, nn.Model]:
    """Models of every kind, with frozen, tied and computed values among them."""
    tied = value(0.5, label="tied")
    network = nn.mlp(2, [2, 1], seed=3)
    return {
        "mlp": network,
        "tanh": nn.mlp(2, [2, 1], activation="tanh"),
        "layer": nn.layer(2, 1),
        "neuron": nn.neuron(2, weights=[0.5, -0.5]),
        "frozen": network.set(layers=network.layers.set(0, tree.freeze(network.layers[0]))),
        "tied": nn.neuron(2).set(weights=pvector([tied, tied])),
        "computed": nn.neuron(2).set(weights=pvector([tied * 2.0, (tied + 1.0) ** 2.0])),
    }


def data_of(state: trainer.TrainState[nn.Model]) -> Json:
    """A state as the data of its file."""
    data: Json = json.loads(checkpoint.to_json(state))
    return data


def predictors() -> Mapping[str, Predictor]:
    """Predictors of two classes, of three, and of numbers."""
    kinds: Mapping[str, tuple[Configuration, Dataset]] = {
        "two": (Configuration(hidden=(2,), steps=2), POINTS_MANY),
        "margin": (Configuration(hidden=(2,), steps=2, loss="max_margin"), POINTS_MANY),
        "three": (Configuration(hidden=(2,), steps=2), CLASSES),
        "numbers": (Configuration(hidden=(2,), steps=2, optimizer="momentum"), LINE),
        "unscaled": (Configuration(hidden=(), steps=1, standardize=False, optimizer="sgd"), LINE),
    }
    return {name: run(*of).unwrap().predictor for name, of in kinds.items()}


POINTS_MANY = dataset([*POINTS.xs] * 5, [*POINTS.ys] * 5)


def learnt() -> Json:
    """What a small GPT has learnt, as the data of its file."""
    start = gpt.prepared(["ann", "bob"], embedding=4, heads=2, context=4)
    optimizer = gpt.adam(steps=3)
    state = trainer.initial_state(start.model, optimizer)
    about = gpt.Learnt(state=state, tokeniser=start.tokeniser, steps=3, batch_size=1, seed=42)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "gpt.json"
        unsafe_perform_io(gpt.save(about, path).unwrap())
        data: Json = json.loads(path.read_text(encoding="utf-8"))
    return data


def trained(model: nn.Model, optimizer: Optimizer) -> trainer.TrainState[nn.Model]:
    return next(trainer.train(model, POINTS, optimizer=optimizer))


@cache
def seeds() -> tuple[Seed, ...]:
    """All of them; made once."""
    network = models()["mlp"]
    states = [
        *(Seed(data_of(trained(network, o)), o) for o in optimizers().values()),
        *(Seed(data_of(trained(m, a)), a) for m in models().values() for a in [optim.adam(0.1)]),
    ]
    made = predictors().values()
    files = [*(json.loads(json.dumps(encoded(p, FORMAT))) for p in made), learnt()]
    return (*states, *(Seed(data, None) for data in files))
