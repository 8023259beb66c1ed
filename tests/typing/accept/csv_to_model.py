"""From a file of numbers to a saved model, as one chain of containers of the library `returns`."""

from pathlib import Path
from typing import NamedTuple, assert_type

from returns.io import IOResult
from returns.result import Failure, Result, Success

from microfp import checkpoint, datasets, export, losses, nn, optim, streams, trainer
from microfp.datasets import Dataset, Standardization
from microfp.errors import DataError, FileError
from microfp.nn import MLP
from microfp.toolbox import Piped, bind, bind_result, collect, last, pipe
from microfp.trainer import Stepped, TrainState


class Prepared(NamedTuple):
    scale: Standardization
    training: Dataset
    held_out: Dataset


class Fitted(NamedTuple):
    state: Stepped[MLP]
    accuracy: float
    losses: tuple[float, ...]


def prepare(flats: Dataset) -> Prepared:
    scale = datasets.standardize(flats)
    training, held_out = datasets.split(scale(flats), held_out=0.25, seed=3)
    return Prepared(scale, training, held_out)


def enough(prepared: Prepared) -> Result[Prepared, FileError]:
    count = len(prepared.training.ys)
    if count < 10:
        return Failure(DataError(f"10 examples are needed, got {count}"))
    return Success(prepared)


def fit(prepared: Prepared) -> Result[Fitted, FileError]:
    loss, optimizer = losses.binary_cross_entropy(l2=1e-3), optim.adamw(0.05, weight_decay=0.01)
    model = nn.mlp(len(prepared.training.xs[0]), [8, 1], activation="tanh", init="glorot")
    results = streams.try_train(model, prepared.training, loss=loss, optimizer=optimizer)
    *_, final = streams.take(50)(results)
    return final.map(lambda state: judged(state, prepared)).alt(lambda diverged: diverged)


def judged(state: Stepped[MLP], prepared: Prepared) -> Fitted:
    loss = losses.binary_cross_entropy()
    evaluation = losses.evaluate(loss, state.model, prepared.held_out)
    return Fitted(state, evaluation.accuracy or 0.0, (state.metrics.loss, evaluation.data.data))


def saved(fitted: Fitted) -> IOResult[Path, FileError]:
    return checkpoint.save(fitted.state, Path("model.json"))


def loaded(path: Path) -> IOResult[TrainState[MLP], FileError]:
    return checkpoint.load(path.with_suffix(".json"), model=MLP)


def exported(path: Path) -> IOResult[Path, FileError]:
    def written(state: TrainState[MLP]) -> IOResult[Path, FileError]:
        return export.to_safetensors(state.model, path.with_suffix(".tensors"))

    return pipe(path, loaded, bind(written))


read = datasets.read_csv("flats.csv", "let")
assert_type(read, IOResult[Dataset, FileError])
assert_type(read.map(prepare), IOResult[Prepared, FileError])
assert_type(read.map(prepare).bind_result(fit), IOResult[Fitted, FileError])
whole = pipe(read.map(prepare), bind_result(enough), bind_result(fit), bind(saved), bind(exported))
assert_type(whole, IOResult[Path, FileError])

again = pipe(whole, bind(loaded))
assert_type(again, IOResult[TrainState[MLP], FileError])
scores = again.map(lambda state: nn.forward(state.model, [0.5, -0.5]).data)
assert_type(scores, IOResult[float, FileError])
told = scores.alt(lambda error: f"{type(error).__name__}: {error}")
assert_type(told, IOResult[float, str])

widths = again.map(lambda state: [len(layer.neurons) for layer in state.model.layers])
assert_type(widths, IOResult[list[int], FileError])
resumed = again.map(lambda state: last(streams.take(3)(streams.resume(state, datasets.moons(9)))))
assert_type(resumed.map(lambda state: state.metrics.loss), IOResult[float, FileError])
steps = (
    Piped(trainer.train(nn.mlp(2, [1]), datasets.moons(9)))
    .to(streams.every(2))
    .to(streams.take(5))
    .to(collect)
    .to(lambda states: [state.step for state in states])
    .get()
)
assert_type(steps, list[int])
