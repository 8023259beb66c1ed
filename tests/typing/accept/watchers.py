"""One stream of states that is written down, drawn, stopped early, forked and looked into."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice, takewhile, tee
from math import isfinite
from pathlib import Path
from typing import NamedTuple, TypedDict

from returns.maybe import Maybe
from returns.result import Failure, Result, Success

from microfp import (
    datasets,
    debug,
    losses,
    nn,
    optim,
    plot_data,
    schedules,
    streams,
    trainer,
)
from microfp.datasets import Dataset
from microfp.debug import NonFinite, NonFiniteGradient
from microfp.nn import MLP
from microfp.streams import Diverged, Stage
from microfp.toolbox import collect, last, pipe
from microfp.trainer import Metrics, Run, Stepped, TrainState


class Row(TypedDict):
    step: int
    loss: float
    rate: float
    share: float


class Fork(NamedTuple):
    name: str
    states: list[Stepped[MLP]]

    def best(self) -> Stepped[MLP]:
        return min(self.states, key=lambda state: state.metrics.data_loss)


training, rest = datasets.split(datasets.spiral(80, noise=0.05, seed=2), held_out=0.4, seed=5)
watched, unseen = datasets.split(rest, held_out=0.5, seed=6)
loss = losses.max_margin(l2=1e-4)
falling = schedules.linear(0.3, 0.0, 60)
optimizer = optim.chain(optim.clip_by_global_norm(5.0), optim.nesterov(falling))
model = nn.mlp(2, [8, 1], seed=9)


def row(metrics: Metrics) -> Row:
    return {
        "step": metrics.step,
        "loss": metrics.loss,
        "rate": metrics.learning_rate or 0.0,
        "share": 0.0 if metrics.accuracy is None else metrics.accuracy,
    }


def quiet(states: Iterable[Stepped[MLP]], *, below: float) -> Iterator[Stepped[MLP]]:
    return takewhile(lambda state: state.metrics.gradient_norm > below, states)


def stages(folder: Path) -> tuple[Stage, Stage]:
    return streams.tee_to_csv(folder / "run.csv"), streams.tee_to_jsonl(folder / "run.jsonl")


def watch(folder: Path, data: Dataset) -> list[Stepped[MLP]]:
    csv, lines = stages(folder)
    return pipe(
        trainer.train(model, data, loss=loss, optimizer=optimizer, batch_size=20, seed=3),
        csv,
        lines,
        streams.with_progress(60, description="spiral"),
        streams.early_stopping(loss, watched, patience=15),
        streams.until_converged(tolerance=1e-5, patience=5),
        streams.every(2),
        streams.take(30),
        collect,
    )


states = watch(Path(), training)
rows: list[Row] = [row(state.metrics) for state in states]
highest: float = max((it["share"] for it in rows), default=0.0)
measure: Callable[[TrainState[MLP]], float] = streams.held_out_loss(loss, unseen)
kept = min(states, key=measure)


def fork(origin: Stepped[MLP], names: Mapping[str, float]) -> Iterator[Fork]:
    for name, rate in names.items():
        chosen = optim.adam(rate)
        begun = streams.with_optimizer(origin, chosen)
        stream = streams.resume(begun, training, loss=loss, optimizer=chosen)
        yield Fork(name, list(islice(quiet(stream, below=1e-3), 5)))


forks = list(fork(kept, {"slow": 0.001, "fast": 0.05}))
winner = min((it for it in forks if it.states), key=lambda it: it.best().metrics.loss)
left, right = tee(chain.from_iterable(it.states for it in forks))
next(right)
falls = [b.metrics.loss - a.metrics.loss for a, b in zip(left, right, strict=False)]


def careful(states: Iterator[Result[Stepped[MLP], Diverged[MLP]]]) -> Result[Stepped[MLP], str]:
    *_, end = streams.take(10)(states)
    return end.alt(lambda diverged: f"step {diverged.state.step}: {diverged}")


told = careful(streams.try_train(model, training, optimizer=optim.sgd(1e6)))
text: str = told.map(lambda state: f"{state.metrics.loss:.2f}").value_or("diverged")
match told:
    case Success(state):
        reached: int = state.step
    case Failure(why):
        reached = len(why)
    case _:
        reached = 0

evaluation = losses.evaluate(loss, winner.best().model, training)
born: Maybe[NonFinite] = debug.first_non_finite(evaluation.total)
where: str = born.map(lambda it: it.message).value_or("finite")
slopes: Maybe[NonFiniteGradient] = debug.first_non_finite_gradient(evaluation.total)
dead = [
    cause.message
    for neuron in winner.best().model.layers[0].neurons
    for cause in debug.why_zero(neuron.bias, evaluation.total).causes
]
plateau = trainer.reduce_on_plateau(model, training, optimizer=optim.sgd, loss=loss)
third: float = last(streams.take(3)(plateau)).metrics.loss
run: Run[MLP] = trainer.fit(winner.best().model, training, steps=4, loss=loss)
drawn = [point["value"] for point in plot_data.loss_history(run) if isfinite(point["value"])]
