"""A GPT from a file of names: read, trained with a watchful eye, kept, sampled, sent elsewhere."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from math import exp, log
from pathlib import Path
from typing import NamedTuple, assert_type

from returns.io import IOResult

from microfp import Record, attr, datasets, gpt, losses, streams, trainer, tree
from microfp.errors import FileError
from microfp.gpt import GPT, Learnt, Start
from microfp.toolbox import Piped, bind, collect, known, last, or_raise, pipe
from microfp.trainer import Metrics, Stepped


class Settings(NamedTuple):
    layers: int = 1
    embedding: int = 8
    heads: int = 2
    context: int = 8
    steps: int = 20
    batch_size: int = 2


class Report(Record):
    settings: Settings = attr()
    perplexity: float = attr()
    curve: tuple[float, ...] = attr()
    written: tuple[str, ...] = attr(default=())
    surprises: Mapping[str, float] = attr(default_factory=dict[str, float])

    @property
    def is_better_than_chance(self) -> bool:
        return self.perplexity < 27.0


def clean(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(line.strip().lower() for line in lines if line.strip().isalpha())


def begin(settings: Settings) -> Callable[[Sequence[str]], Start]:
    def prepared(names: Sequence[str]) -> Start:
        return gpt.prepared(
            names,
            layers=settings.layers,
            embedding=settings.embedding,
            heads=settings.heads,
            context=settings.context,
        )

    return prepared


def falling(states: Iterable[Stepped[GPT]], by: float) -> Iterator[Stepped[GPT]]:
    """The states whose loss is below the one before, by so much."""
    for before, after in pairwise(states):
        if before.metrics.loss - after.metrics.loss > by:
            yield after


def course(start: Start, settings: Settings) -> Iterator[Stepped[GPT]]:
    return pipe(
        trainer.train(
            start.model,
            start.dataset,
            loss=losses.next_token(),
            optimizer=gpt.adam(steps=settings.steps),
            batch_size=settings.batch_size,
            backend="python",
        ),
        streams.take(settings.steps),
    )


def smoothed(losses_seen: Sequence[float], share: float) -> Iterator[float]:
    mean = losses_seen[0]
    for loss in losses_seen:
        mean += share * (loss - mean)
        yield mean


def surprise(model: GPT, start: Start) -> dict[str, float]:
    tokens = gpt.tokens(model, start.tokeniser, seed=5)
    return {f"{n}:{it.text}": -log(max(it.probabilities)) for n, it in enumerate(tokens)}


def study(start: Start, settings: Settings, path: Path) -> IOResult[Report, FileError]:
    states = collect(course(start, settings))
    end = states[-1]
    measured = gpt.held_out(end.model, start.dataset)
    curve = tuple(smoothed([state.metrics.loss for state in states], 0.1))
    found = Report(
        settings=settings,
        perplexity=exp(measured.nats),
        curve=curve,
        written=tuple(islice(gpt.samples(end.model, start.tokeniser, prompt="a"), 3)),
        surprises=surprise(end.model, start),
    )
    learnt = Learnt(
        state=end,
        tokeniser=start.tokeniser,
        steps=settings.steps,
        batch_size=settings.batch_size,
        seed=42,
    )
    return gpt.save(learnt, path).map(lambda _: found)


def going_on(learnt: Learnt, names: Sequence[str]) -> Metrics:
    again = gpt.prepared(names)
    more = streams.resume(learnt.state, again.dataset, loss=losses.next_token())
    return last(streams.take(2)(more)).metrics


def sent(learnt: Learnt) -> IOResult[Path, FileError]:
    return gpt.to_onnx(learnt.state.model, "kept.onnx")


settings = Settings(steps=10)
read = datasets.documents("names.txt").map(clean)
assert_type(read, IOResult[tuple[str, ...], FileError])
started = or_raise(read.map(begin(settings)))
report = or_raise(study(started, settings, Path("kept.json")))
assert_type(report.set(perplexity=1.0).is_better_than_chance, bool)
letters = Piped(report.written).to("".join).to(Counter).get()
assert_type(letters.most_common(1)[0][1], int)
kept = pipe(Path("kept.json"), gpt.load, bind(sent))
assert_type(kept, IOResult[Path, FileError])
metrics = going_on(or_raise(gpt.load("kept.json")), ["anna", "bob"])
assert_type(known(metrics.learning_rate) + metrics.loss, float)
best = min(falling(course(started, settings), 0.01), key=lambda state: state.metrics.loss)
assert_type(tree.parameters(best.model)[0].data, float)
