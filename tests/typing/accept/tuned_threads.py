"""A study of threads and backends: how long, how far, and which run is kept."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from returns.io import IOResult

from microfp import checkpoint, datasets, losses, nn, optim, schedules, streams, trainer
from microfp.errors import FileError
from microfp.toolbox import bind, last, pipe
from microfp.trainer import Backend, Metrics, Run, Stepped, Threads

Way = tuple[Backend, Threads]
WAYS: Sequence[Way] = (("python", 1), ("native", 1), ("native", 2), ("native", "all"))


class Trial(NamedTuple):
    way: Way
    seconds: float
    run: Run[nn.MLP]

    @property
    def pace(self) -> float:
        return self.seconds / max(1, len(self.run.history))


def data() -> tuple[datasets.Dataset, datasets.Dataset]:
    whole = datasets.shuffle(datasets.spiral(200, noise=0.05), seed=3)
    return datasets.split(datasets.standardize(whole)(whole), held_out=0.2)


def rule(steps: int) -> optim.Optimizer:
    rate = schedules.warm_up(schedules.cosine(0.05, steps), steps // 10)
    return optim.chain(optim.clip_by_global_norm(1.0), optim.adamw(rate, weight_decay=1e-3))


def tried(way: Way, examples: datasets.Dataset, steps: int) -> Trial:
    backend, threads = way
    began = perf_counter()
    run = trainer.fit(
        nn.mlp(2, [16, 16, 1], activation="tanh"),
        examples,
        steps=steps,
        log_every=10,
        loss=losses.binary_cross_entropy(label_smoothing=0.01),
        optimizer=rule(steps),
        batch_size=32,
        backend=backend,
        threads=threads,
    )
    return Trial(way, perf_counter() - began, run)


def lowest(history: Sequence[Metrics]) -> Metrics:
    return min(history, key=lambda it: it.loss)


def row(trial: Trial) -> dict[str, str | float | int]:
    backend, threads = trial.way
    best = lowest(trial.run.history)
    return {
        "backend": backend,
        "threads": str(threads),
        "pace": trial.pace,
        "steps": trial.run.options["steps"],
        "seed": trial.run.options["seed"] or 0,
        "best_step": best.step,
        "best_loss": best.loss,
        "rate": best.learning_rate or 0.0,
    }


def agree(trials: Sequence[Trial], tolerance: float = 1e-9) -> bool:
    ends = [trial.run.final_loss for trial in trials]
    return max(ends) - min(ends) < tolerance


def on(state: Stepped[nn.MLP], examples: datasets.Dataset, steps: int) -> Stepped[nn.MLP]:
    step = trainer.make_step(losses.binary_cross_entropy(), rule(steps), examples, threads=2)
    return reduce(lambda it, _: step(it), range(steps), state)


def until_flat(examples: datasets.Dataset, held_out: datasets.Dataset) -> Stepped[nn.MLP]:
    loss = losses.binary_cross_entropy()
    states: Iterator[Stepped[nn.MLP]] = trainer.train(
        nn.mlp(2, [8, 1]), examples, loss=loss, optimizer=optim.adam(0.01), backend="native"
    )
    return pipe(states, streams.take(500), streams.early_stopping(loss, held_out, patience=5), last)


def kept(state: Stepped[nn.MLP], path: Path) -> IOResult[Path, FileError]:
    def read(saved: Path) -> IOResult[Path, FileError]:
        return checkpoint.load(saved, model=nn.MLP).map(lambda _: saved)

    return bind(read)(checkpoint.save(state, path))


def main(folder: Path) -> Mapping[str, float]:
    training, held_out = data()
    trials = [tried(way, training, 50) for way in WAYS]
    print(json.dumps([row(it) for it in trials], indent=2), agree(trials))
    state = on(until_flat(training, held_out), training, 20)
    print(kept(state, folder / "best.json").map(str).value_or("not kept"))
    score = losses.evaluate(losses.binary_cross_entropy(), state.model, held_out)
    return {"loss": score.total.data, "accuracy": score.accuracy or 0.0}


if __name__ == "__main__":
    print(main(Path()))
