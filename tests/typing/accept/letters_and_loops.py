"""Sequences: a GPT of names that is watched while it learns, and a net that counts along a row."""

from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from pathlib import Path

from pyrsistent import PVector, pvector
from returns.io import IOResult

from microfp import (
    Record,
    Value,
    attr,
    charts,
    datasets,
    func,
    gpt,
    losses,
    nn,
    optim,
    streams,
    tanh,
    trainer,
    tree,
    value,
)
from microfp.errors import FileError
from microfp.gpt import GPT, HeldOut, Learnt, Start, Token
from microfp.toolbox import Piped, bind, collect, last
from microfp.trainer import Stepped
from microfp.values import Scalar


class Counter(Record):
    into: Value = attr()
    again: Value = attr()
    out: PVector[Value] = attr()

    def __call__(self, inputs: Sequence[Value | float]) -> tuple[Value, ...]:
        carry, _ = func.scan(self.turn, value(0.0), list(inputs))
        return tuple(carry * weight for weight in self.out)

    def turn(self, carry: Value, item: Scalar) -> tuple[Value, Value]:
        after = tanh(self.into * item + self.again * carry)
        return after, after


def counter() -> Counter:
    return Counter(into=value(0.5), again=value(0.9), out=pvector([value(1.0)]))


def rows() -> datasets.Dataset:
    xs = [[float(i >> k & 1) for k in range(4)] for i in range(16)]
    return datasets.dataset(xs, [sum(row) / 4.0 for row in xs], name="bits")


def counted(steps: int) -> Stepped[Counter]:
    states = trainer.train(
        counter(), rows(), loss=losses.mean_squared_error(), optimizer=optim.adam(0.05)
    )
    return last(islice(states, steps))


def begun(names: Sequence[str]) -> Start:
    return gpt.prepared(names, layers=1, embedding=8, heads=2, context=8, seed=7)


def learning(start: Start, steps: int) -> Iterator[Stepped[GPT]]:
    return trainer.train(
        start.model,
        start.dataset,
        loss=losses.next_token(),
        optimizer=gpt.adam(steps=steps),
        batch_size=4,
        seed=7,
        backend="native",
        threads="all",
    )


def watched(states: Iterator[Stepped[GPT]], path: Path) -> Stepped[GPT]:
    return (
        Piped(states)
        .to(streams.tee_to_jsonl(path, append=True))
        .to(streams.with_progress(100, description="names"))
        .to(streams.every(10))
        .to(streams.take(10))
        .to(last)
        .get()
    )


def low(states: Iterator[Stepped[GPT]], bound: float) -> list[float]:
    return [state.metrics.loss for state in takewhile(lambda it: it.metrics.loss > bound, states)]


def kept(state: Stepped[GPT], start: Start, path: Path) -> IOResult[Path, FileError]:
    learnt = Learnt(state=state, tokeniser=start.tokeniser, steps=100, batch_size=4, seed=7)
    return gpt.save(learnt, path)


def spoken(learnt: Learnt, count: int) -> list[str]:
    drawn = gpt.samples(learnt.state.model, learnt.tokeniser, temperature=0.7, seed=1)
    return collect(islice(drawn, count))


def surest(tokens: Iterator[Token]) -> Token:
    return max(islice(tokens, 20), key=lambda it: max(it.probabilities))


def judged(state: Stepped[GPT], texts: Sequence[str], start: Start) -> HeldOut:
    held_out = datasets.sequences(texts, start.tokeniser, context=start.model.context)
    return gpt.held_out(state.model, held_out)


def frozen(model: GPT) -> GPT:
    return tree.freeze(model, lambda it: it.tokens)


def main(folder: Path) -> None:
    start = begun(datasets.names()[:50])
    state = watched(learning(start, 100), folder / "log.jsonl")
    print(low(learning(start, 20), 2.0), judged(state, ["ada", "bob"], start).bits)
    saved = bind(gpt.load)(kept(state, start, folder / "names.json"))
    print(saved.map(lambda it: spoken(it, 5)).value_or([]))
    print(surest(gpt.tokens(state.model, start.tokeniser, prompt="a")).text)
    print(charts.attention_rows(state.model, start.tokeniser, "anna")[0])
    print(nn.parameter_count(frozen(state.model)), counted(30).metrics.loss)


if __name__ == "__main__":
    main(Path())
