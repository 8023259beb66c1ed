"""Streams that stop early, write what passes, show it, and fork."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, islice, tee
from pathlib import Path
from typing import TypeVar, assert_type

from pyrsistent import PMap, PVector, pmap, pvector
from returns.result import Failure, Result, Success

from microfp import (
    Record,
    attr,
    datasets,
    losses,
    nn,
    optim,
    parallel,
    schedules,
    streams,
    trainer,
)
from microfp.nn import MLP
from microfp.plot_data import FrameRow, boundary_frames, loss_history
from microfp.streams import Diverged, Stage
from microfp.toolbox import collect, last, pipe, take
from microfp.trainer import Metrics, Stepped

S = TypeVar("S", bound=Stepped[nn.Model])
data = datasets.blobs(60, seed=2)
training, held_out = datasets.split(data, held_out=0.3)
loss = losses.max_margin()
model = nn.mlp(2, [6, 1], init="he")
folder = Path("runs")


class Summary(Record):
    name: str = attr()
    best: float = attr()
    steps: int = attr(default=0)
    losses: PVector[float] = attr(default_factory=lambda: pvector(list[float]()))


def quiet(states: Iterable[S]) -> Iterator[S]:
    for state in states:
        if state.metrics.gradient_norm < 100.0:
            yield state


def summary(name: str, states: Iterable[Stepped[MLP]]) -> Summary:
    seen = [state.metrics for state in states]
    found = Summary(name=name, best=min(metrics.loss for metrics in seen))
    return found.set(steps=len(seen), losses=pvector([metrics.loss for metrics in seen]))


stops: Mapping[str, Stage] = {
    "converged": streams.until_converged(tolerance=1e-4, patience=3),
    "early": streams.early_stopping(loss, held_out, patience=5),
    "quiet": quiet,
    "logged": streams.tee_to_csv(folder / "run.csv"),
}


def run(stop: Stage, optimizer: optim.Optimizer) -> list[Stepped[MLP]]:
    return pipe(
        trainer.train(model, training, loss=loss, optimizer=optimizer, batch_size=10),
        stop,
        streams.tee_to_jsonl(folder / "run.jsonl"),
        streams.every(2),
        quiet,
        streams.take(40),
        collect,
    )


summaries = [summary(name, run(stop, optim.sgd(0.1))) for name, stop in stops.items()]
assert_type(summaries, list[Summary])
assert_type(max(summaries, key=lambda it: it.steps).losses, PVector[float])

watched, kept = tee(trainer.train(model, training))
shown = pipe(watched, streams.with_progress(10), streams.take(10))
assert_type(next(shown).metrics, Metrics)
fork = last(take(5, kept))
rates = [schedules.constant(0.1), schedules.cosine(0.5, 20), schedules.linear(0.5, 0.0, 20)]


def forked(origin: Stepped[MLP], rate: schedules.Schedule) -> Iterator[Stepped[MLP]]:
    optimizer = optim.momentum(rate)
    begun = streams.with_optimizer(origin, optimizer)
    return streams.resume(begun, training, optimizer=optimizer)


forks = [islice(forked(fork, rate), 4) for rate in rates]
ends = [last(states).metrics.loss for states in forks]
assert_type(ends, list[float])
joined = chain.from_iterable(islice(forked(fork, rate), 2) for rate in rates)
assert_type([state.model for state in joined], list[MLP])


def told(result: Result[Stepped[MLP], Diverged[MLP]]) -> str:
    match result:
        case Success(state):
            return f"step {state.step}"
        case Failure(diverged):
            return f"diverged after {diverged.state.step}"
        case _:
            return "nothing"


safe = streams.try_resume(fork, training, optimizer=optim.sgd(1e3))
texts = list(map(told, streams.take(20)(safe)))
assert_type(texts, list[str])


def final_loss(rate: float) -> float:
    return ends[0] * rate


swept = parallel.sweep([0.1, 0.2], final_loss)
assert_type([result.value_or(0.0) for result in swept], list[float])
pictures = boundary_frames(run(quiet, optim.adam(0.01)), training)
assert_type(pictures, list[FrameRow])
history = trainer.fit(model, training, steps=5)
assert_type([row["value"] for row in loss_history(history)], list[float])
by_name: PMap[str, Summary] = pmap({it.name: it for it in summaries})
assert_type(by_name["early"].best, float)
each = map(partial(summary, "fork"), [forked(fork, rate) for rate in rates])
assert_type(next(each).set(name="first"), Summary)
