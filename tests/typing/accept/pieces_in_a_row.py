"""Curried pieces and steps of `Piped`: data, fit, thin, watch, fork, freeze, and go on."""

from collections.abc import Callable, Iterable, Iterator
from itertools import tee
from pathlib import Path
from typing import TypeAlias, assert_type

from returns.io import IOResult
from returns.result import Result

from microfp import (
    checkpoint,
    curried,
    datasets,
    losses,
    nn,
    optim,
    schedules,
    streams,
    trainer,
    tree,
)
from microfp.datasets import Dataset
from microfp.errors import FileError
from microfp.nn import MLP
from microfp.streams import AnyStage, Diverged, Stage
from microfp.toolbox import Piped, accumulate, bind, collect, known, last, or_raise, sliding_window
from microfp.trainer import Metrics, Run, Stepped, TrainState

States: TypeAlias = Iterator[Stepped[MLP]]

LOSS = losses.binary_cross_entropy(l2=1e-3, label_smoothing=0.05)
RATE = schedules.warm_up(schedules.cosine(0.05, 200), 20)
OPTIMIZER = optim.chain(optim.clip_by_global_norm(1.0), optim.adamw(RATE))


def halves(dataset: Dataset) -> tuple[Dataset, Dataset]:
    return Piped(dataset).to(curried.relabel([0.0, 1.0])).to(curried.split(held_out=0.5)).get()


def states(training: Dataset) -> States:
    train = curried.train(training, loss=LOSS, optimizer=OPTIMIZER, batch_size=8)
    return Piped(nn.mlp(2, [8, 1], activation="tanh")).to(train).get()


def watched(path: Path, held_out: Dataset) -> Callable[[States], list[Stepped[MLP]]]:
    stages: tuple[AnyStage, Stage, Stage] = (
        streams.early_stopping(LOSS, held_out, patience=5),
        streams.tee_to_csv(path),
        streams.until_converged(tolerance=1e-4),
    )

    def through(steps: States) -> list[Stepped[MLP]]:
        early, written, settled = stages
        piped = Piped(steps).to(early).to(written).to(settled)
        return piped.to(streams.take(30)).to(collect).get()

    return through


def measured(steps: Iterable[Stepped[MLP]]) -> list[Metrics]:
    return [state.metrics for state in steps]


def falls(metrics: Iterable[Metrics]) -> int:
    pairs = sliding_window(2, metrics)
    return sum(1 for before, after in pairs if after.loss < before.loss)


def smooth(metrics: Iterable[Metrics]) -> list[float]:
    def mix(mean: float, loss: float) -> float:
        return 0.9 * mean + 0.1 * loss

    return list(accumulate(mix, (it.loss for it in metrics), 1.0))


def fork(steps: States, held_out: Dataset) -> tuple[Stepped[MLP], Stepped[MLP]]:
    first, second = tee(steps)
    cost = streams.held_out_loss(LOSS, held_out)
    return min(first, key=cost), last(second)


def first_layer(model: MLP) -> nn.Layer:
    return model.layers[0]


def frozen(state: Stepped[MLP]) -> TrainState[MLP]:
    keep = curried.freeze(first_layer)
    model = Piped(state.model).to(tree.freeze).get()
    assert_type(model, MLP)
    assert_type(keep(state.model) == model, bool)
    return trainer.initial_state(state.model, OPTIMIZER)


def safe(training: Dataset) -> list[float]:
    found: list[float] = []
    attempts = streams.try_train(nn.mlp(2, [4, 1]), training, loss=LOSS, optimizer=OPTIMIZER)
    for result in streams.take(3)(attempts):
        assert_type(result, Result[Stepped[MLP], Diverged[MLP]])
        found.append(result.map(lambda state: state.metrics.loss).value_or(float("nan")))
    return found


def again(path: Path) -> IOResult[TrainState[MLP], FileError]:
    return checkpoint.load(path, model=MLP)


def saved(state: TrainState[MLP], path: Path) -> IOResult[TrainState[MLP], FileError]:
    return Piped(state).to(curried.save(path)).to(bind(again)).get()


training, held_out = halves(datasets.moons(60))
through = watched(Path("run.csv"), held_out)
history = through(states(training))
assert_type(falls(measured(history)), int)
assert_type(smooth(measured(history)), list[float])
best, end = fork(iter(history), held_out)
assert_type(best.metrics.loss + end.metrics.loss, float)
assert_type(frozen(best).step, int)
assert_type(safe(training), list[float])
read = or_raise(saved(best, Path("best.json")))
assert_type(read.model.layers[0].neurons[0].bias.data, float)
run = Piped(best.model).to(curried.fit(training, steps=5, loss=LOSS)).get()
assert_type(run, Run[MLP])
assert_type(100.0 * known(run.final_accuracy), float)
assert_type(run.evaluate(held_out).model, MLP)
