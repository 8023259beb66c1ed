"""States to save, ways to alter what was saved, and what came of it."""

import json
import math
import struct
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, TypeVar

from pyrsistent import PMap, PVector, pmap
from returns.io import IOResult
from returns.pipeline import is_successful
from returns.unsafe import unsafe_perform_io

from microfp import Record, Value, attr, datasets, nn, optim, value, values
from microfp.checkpoint import load, save, to_json
from microfp.errors import FileError
from microfp.nn import Model
from microfp.trainer import TrainState, initial_state, train
from microfp.values import Scalar

M = TypeVar("M", bound=Model)

MOONS = datasets.moons(20)

ROOT = Path(__file__).parents[2]


def bits(number: float) -> bytes:
    return struct.pack("<d", math.nan if math.isnan(number) else number)  # one nan is as another


def loaded(result: IOResult[TrainState[Model], FileError]) -> TrainState[Model]:
    return unsafe_perform_io(result.unwrap())


def complaint(result: IOResult[object, FileError]) -> str:
    error = unsafe_perform_io(result.failure())
    assert isinstance(error, FileError)
    return str(error)


def started(model: Model) -> TrainState[Model]:
    return initial_state(model, optim.adam(0.1))


def through_file(
    state: TrainState[M], path: Path, *known: Callable[..., object]
) -> TrainState[Model]:
    assert is_successful(save(state, path))
    return loaded(load(path, known=known))


def described(found: object) -> object:
    """All that a state is: types, bits of floats, and which values are the same one."""
    places: dict[Value, int] = {}

    def node(x: Value) -> object:
        if x in places:
            return ("seen", places[x])
        places[x] = len(places)
        return ("value", bits(x.data), x.op, x.label, x.parameter, [node(p) for p in x.parents])

    def walk(x: object) -> object:
        if isinstance(x, Value):
            return node(x)
        if isinstance(x, Record):
            return (type(x), [(name, walk(field)) for name, field in x.items()])
        if isinstance(x, PMap):
            return ("map", [(type(k), k, walk(x[k])) for k in sorted(x, key=repr)])
        if isinstance(x, PVector | tuple):
            kind = PVector if isinstance(x, PVector) else type(x)
            return (kind, [walk(item) for item in x])
        return bits(x) if isinstance(x, float) else (type(x), x)

    return walk(found)


class Pair(NamedTuple):
    left: Value
    right: float


class Odd(Record):
    """A model of everything that a record can hold."""

    weights: PMap[object, Value] = attr()
    pair: Pair = attr()
    note: str | None = attr(default=None)
    numbers: tuple[float, ...] = attr(default=())
    flag: bool = attr(default=False)
    activation: Callable[[Value], Value] = attr(default=values.tanh)
    deferred: object = attr(default=None)

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        return self.activation(self.weights["a"] * inputs[0] + self.pair.left * self.pair.right)


def doubled(a: Value) -> Value:
    return a + a


def odd(**changes: object) -> Odd:
    tied = value(0.1, label="tied")
    model = Odd(weights=pmap({"a": tied, 1: value(-0.0)}), pair=Pair(tied, 3.0))
    return model.update(changes)


class Layer(Record):
    """A type with the name of one of microfp's own."""


def function_called(name: str) -> Callable[[Value], Value]:
    def other(a: Value) -> Value:
        return a

    other.__name__ = name
    return other


def resealed(data: dict[str, object]) -> str:
    """A file whose digest is right whatever its author wrote into it."""
    plain = json.dumps([data["nodes"], data["state"]], sort_keys=True, separators=(",", ":"))
    return json.dumps({**data, "sha256": sha256(plain.encode()).hexdigest()})


GOOD = next(train(nn.mlp(2, [2, 1]), MOONS, optimizer=optim.adam(0.05)))

TEXT = to_json(GOOD)

NEURON = "state.TrainState.model.MLP.layers[0].Layer.neurons[0].Neuron"

ADAM = "state.TrainState.optimizer_state[0].AdamState"


def at(data: object, *way: str | int) -> object:
    for key in way:
        data = data[key]  # type: ignore[index]  # lists and dicts on the way
    return data


LAYERS = ("state", "TrainState", "model", "MLP", "layers")

FIRST = (*LAYERS, 0, "Layer", "neurons", 0, "Neuron")

MEMORY = ("state", "TrainState", "optimizer_state", "tuple", 0, "AdamState")


class Forged(NamedTuple):
    way: tuple[str | int, ...]
    content: object
    message: str


def forged_text(case: Forged) -> str:
    data = json.loads(TEXT)
    *way, last = case.way
    at(data, *way)[last] = case.content  # type: ignore[index]  # a list or a dict
    return resealed(data)
