"""Models of sequences that users build of the pieces: every backend gives what eager gives."""

from collections.abc import Callable, Sequence
from random import Random

import pytest
from pyrsistent import pvector

from microfp import datasets, gelu, nn, optim, trainer, value
from microfp.errors import TraceError
from microfp.losses import next_token
from microfp.nn import Block, Matrix, Past, attention, block, embedding, linear, rms_norm
from microfp.record import Record, attr
from microfp.trainer import Backend
from microfp.values import Scalar, Value, mean, tanh

VOCABULARY, CONTEXT, SIZE = 5, 7, 4
DATA = datasets.sequences(
    ["abca", "d", "bddca", "acbdabc", "cc", "abcdabcdabcd"],
    datasets.characters(["abcd"]),
    context=CONTEXT,
)

Row = tuple[Value, ...]
Step = Callable[[Scalar, int], Row]


def drawn(random: Random, rows: int, columns: int) -> Matrix:
    numbers = [[random.gauss(0.0, 0.5) for _ in range(columns)] for _ in range(rows)]
    return pvector([pvector([value(x) for x in row]) for row in numbers])


def scores_of(inputs: Sequence[Scalar], step: Step) -> Row:
    """The scores of all positions, from those of one."""
    scores = list[Value]()
    for place, token in enumerate(inputs):
        if nn.is_absent(token):
            return (*scores, *[value(0.0)] * (VOCABULARY * (len(inputs) - place)))
        scores += step(token, place)
    return tuple(scores)


class Bigram(Record):
    """A table: what comes next depends on the last token alone."""

    table: Matrix = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Row:
        return scores_of(inputs, lambda token, _: embedding(self.table, token))


class Attending(Record):
    """Attention, with sizes of its own."""

    table: Matrix = attr()
    query: Matrix = attr()
    key: Matrix = attr()
    content: Matrix = attr()
    head: Matrix = attr()
    heads: int = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Row:
        keys, contents = list[Row](), list[Row]()

        def step(token: Scalar, _: int) -> Row:
            found = embedding(self.table, token)
            keys.append(linear(self.key, found))
            contents.append(linear(self.content, found))
            query = linear(self.query, found)
            gathered = attention(query, tuple(keys), tuple(contents), heads=self.heads)
            return linear(self.head, gathered)

        return scores_of(inputs, step)


class Crossing(Record):
    """Attention to a memory that is learnt, and not to other positions."""

    table: Matrix = attr()
    memory: Matrix = attr()
    head: Matrix = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Row:
        def step(token: Scalar, _: int) -> Row:
            query = embedding(self.table, token)
            return linear(self.head, attention(query, self.memory, self.memory, heads=2))

        return scores_of(inputs, step)


class Blocky(Record):
    """A block without a norm before it, and embeddings that are the head, too."""

    table: Matrix = attr()
    places: Matrix = attr()
    block: Block = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Row:
        past = [Past()]

        def step(token: Scalar, place: int) -> Row:
            both = zip(embedding(self.table, token), self.places[place], strict=True)
            signal, past[0] = self.block([a + b for a, b in both], past[0])
            return linear(self.table, nn.layer_norm(signal))

        return scores_of(inputs, step)


class Averaging(Record):
    """A small network over the mean of all embeddings so far."""

    table: Matrix = attr()
    widen: Matrix = attr()
    head: Matrix = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Row:
        seen = list[Row]()

        def step(token: Scalar, _: int) -> Row:
            seen.append(embedding(self.table, token))
            middle = [mean(column) for column in zip(*seen, strict=True)]
            return linear(self.head, [gelu(x) for x in linear(self.widen, rms_norm(middle))])

        return scores_of(inputs, step)


class Counting(Record):
    """A token as a number, and the number of its position, in arithmetic."""

    table: Matrix = attr()
    head: Matrix = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Row:
        def step(token: Scalar, place: int) -> Row:
            found = embedding(self.table, token)
            return linear(self.head, [x * token * 0.1 + float(place) for x in found])

        return scores_of(inputs, step)


class Recurrent(Record):
    """A state that goes from position to position: what one does depends on all before it."""

    table: Matrix = attr()
    state: Matrix = attr()
    head: Matrix = attr()

    def __call__(self, inputs: Sequence[Scalar]) -> Row:
        state: list[Row] = [tuple([value(0.0)] * SIZE)]

        def step(token: Scalar, _: int) -> Row:
            both = zip(embedding(self.table, token), linear(self.state, state[0]), strict=True)
            state[0] = tuple([tanh(a + b) for a, b in both])
            return linear(self.head, state[0])

        return scores_of(inputs, step)


def attending(random: Random, between: int, heads: int) -> Attending:
    return Attending(
        table=drawn(random, VOCABULARY, SIZE),
        query=drawn(random, between, SIZE),
        key=drawn(random, between, SIZE),
        content=drawn(random, between, SIZE),
        head=drawn(random, VOCABULARY, between),
        heads=heads,
    )


def models() -> dict[str, nn.Model]:
    random = Random(3)
    table = drawn(random, VOCABULARY, SIZE)
    head = drawn(random, VOCABULARY, SIZE)
    return {
        "bigram": Bigram(table=drawn(random, VOCABULARY, VOCABULARY)),
        "one head": attending(random, SIZE, 1),
        "heads of one number": attending(random, SIZE, SIZE),
        "three heads of two": attending(random, 6, 3),
        "wider than lanes": attending(random, 18, 2),
        "cross attention": Crossing(table=table, memory=drawn(random, 3, SIZE), head=head),
        "a block": Blocky(
            table=table,
            places=drawn(random, CONTEXT, SIZE),
            block=block(SIZE, heads=2, seed=1, deviation=0.5),
        ),
        "a mean": Averaging(table=table, widen=drawn(random, 6, SIZE), head=drawn(random, 5, 6)),
        "arithmetic": Counting(table=table, head=head),
    }


def numbers(model: nn.Model, backend: Backend) -> list[float]:
    run = trainer.fit(
        model,
        DATA,
        loss=next_token(l2=1e-3),
        optimizer=optim.adam(0.05),
        steps=5,
        batch_size=4,
        seed=7,
        backend=backend,
    )
    losses = [metrics.loss for metrics in run.history]
    return losses + [p.data for p in nn.parameters(run.final_model)]


@pytest.mark.parametrize("backend", ["python", "native"])
@pytest.mark.parametrize("name", models())
def test_a_model_of_the_pieces_learns_as_by_eager(name: str, backend: Backend) -> None:
    model = models()[name]
    assert numbers(model, backend) == pytest.approx(numbers(model, "eager"), rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("backend", ["python", "native"])
def test_what_goes_on_from_state_to_state_is_left_to_eager(backend: Backend) -> None:
    random = Random(3)
    model = Recurrent(
        table=drawn(random, VOCABULARY, SIZE),
        state=drawn(random, SIZE, SIZE),
        head=drawn(random, VOCABULARY, SIZE),
    )
    assert numbers(model, "auto") == numbers(model, "eager")
    with pytest.raises(TraceError, match="backend='eager' runs any"):
        numbers(model, backend)
