"""A study of a small GPT: how the held-out loss falls with the width, and what each writes."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple, assert_type

from returns.io import IOResult

from microfp import Record, attr, datasets, gpt, losses, streams, trainer
from microfp.datasets import Characters, Dataset
from microfp.errors import FileError
from microfp.gpt import GPT, HeldOut, Learnt, Start, Token
from microfp.toolbox import bind, collect, known, last, or_raise, pipe
from microfp.trainer import Metrics, Stepped


class Size(NamedTuple):
    embedding: int
    heads: int
    layers: int = 1


class Finding(Record):
    size: Size = attr()
    parameters: int = attr()
    nats: float = attr()
    curve: tuple[float, ...] = attr()
    sample: str = attr(default="")


def parts(documents: Sequence[str], share: float) -> tuple[Sequence[str], Sequence[str]]:
    cut = round(len(documents) * (1.0 - share))
    return documents[:cut], documents[cut:]


def begin(documents: Iterable[str], size: Size) -> Start:
    return gpt.prepared(
        documents, layers=size.layers, embedding=size.embedding, heads=size.heads, context=8
    )


def steps(start: Start, count: int) -> Iterator[Stepped[GPT]]:
    states = trainer.train(
        start.model,
        start.dataset,
        loss=losses.next_token(),
        optimizer=gpt.adam(steps=count, learning_rate=0.02),
        batch_size=1,
    )
    return streams.take(count)(states)


def rest_of(documents: Sequence[str], tokeniser: Characters) -> Dataset:
    known_letters = set(tokeniser.characters)
    usable = [name for name in documents if set(name) <= known_letters]
    return datasets.sequences(usable, tokeniser, context=8)


def study(names: Sequence[str], size: Size, count: int) -> Finding:
    training, rest = parts(names, 0.2)
    start = begin(training, size)
    history = pipe(steps(start, count), collect)
    end = history[-1]
    measured = gpt.held_out(end.model, rest_of(rest, start.tokeniser))
    assert_type(measured, HeldOut)
    return Finding(
        size=size,
        parameters=sum(1 for _ in trainer.parameter_numbers(end)),
        nats=measured.nats,
        curve=tuple(state.metrics.loss for state in history),
        sample=gpt.generate(end.model, start.tokeniser, seed=3),
    )


def improving(findings: Iterable[Finding]) -> list[Finding]:
    ordered = sorted(findings, key=lambda finding: finding.parameters)
    return [b for a, b in zip(ordered, ordered[1:], strict=False) if b.nats < a.nats]


def surest(model: GPT, tokeniser: Characters) -> Token:
    return max(gpt.tokens(model, tokeniser), key=lambda token: max(token.probabilities))


def kept(start: Start, state: Stepped[GPT], path: Path) -> IOResult[Learnt, FileError]:
    learnt = Learnt(state=state, tokeniser=start.tokeniser, steps=30, batch_size=1, seed=42)
    return pipe(gpt.save(learnt, path), bind(gpt.load))


def went_on(found: IOResult[Learnt, FileError], start: Start) -> Metrics:
    learnt = or_raise(found)
    more = streams.resume(
        learnt.state, start.dataset, loss=losses.next_token(), optimizer=gpt.adam(steps=60)
    )
    return last(streams.take(5)(more)).metrics


names = datasets.names()[:60]
findings = [study(names, Size(width, 2), 10) for width in (4, 8)]
better = improving(findings)
assert_type(better[0].size.embedding, int)
assert_type(better[0].set(sample="ann").curve, tuple[float, ...])
start = begin(names, Size(4, 2))
end = last(steps(start, 10))
written = list(islice(gpt.samples(end.model, start.tokeniser), 3))
assert_type(written, list[str])
assert_type(surest(end.model, start.tokeniser).text, str)
rate = known(went_on(kept(start, end, Path("m.json")), start).learning_rate, "the rate")
assert_type(rate, float)
