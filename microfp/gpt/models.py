"""A GPT as a record, how it begins, and how well it knows documents.

>>> gpt(27)
GPT(vocabulary=27, layers=1, embedding=16, heads=4, context=16, 4,192 parameters)
"""

from collections.abc import Iterable, Sequence
from math import log
from random import Random
from typing import TypeAlias

from pyrsistent import PVector, pvector

from microfp import optim
from microfp.base.binding import bind
from microfp.base.checks import (
    check_count,
    check_kind,
    check_positive,
    check_seed,
    wrong_kind,
    wrong_value,
)
from microfp.datasets import Characters, Dataset, characters, sequences
from microfp.errors import ShapeError
from microfp.losses import Loss, next_token
from microfp.nn import (
    Block,
    Matrix,
    Past,
    drawn_block,
    drawn_matrix,
    embedding,
    is_absent,
    linear,
    rms_norm,
)
from microfp.record import Record, attr, check_several, unchecked
from microfp.tree import parameter_count
from microfp.values import Scalar, Value, value

__all__ = [
    "GPT",
    "Heads",
    "HeldOut",
    "Seed",
    "Start",
    "adam",
    "generator",
    "gpt",
    "held_out",
    "prepared",
]

Seed: TypeAlias = int | tuple[object, ...]
"""What random numbers are drawn with: a number, or a state that `random.Random.getstate` gives.

>>> seeds: list[Seed] = [42, Random(42).getstate()]
"""


Heads: TypeAlias = tuple[tuple[Value, ...], ...]
"""The weights of attention of one position, head by head.

>>> heads: Heads = ((),)
"""

TENSOR_NAMES = {
    "tokens": "transformer.wte.weight",
    "positions": "transformer.wpe.weight",
    "head": "lm_head.weight",
    "blocks": "transformer.h",
}
"""What the parts of a model are called where models are exchanged."""


class GPT(Record):
    """A generative pre-trained transformer, as small as can be: no biases, no gains.

    Called with the tokens of a document, it gives the scores of what comes next, position after
    position: `vocabulary` of them for each; zeros for the positions of a row that has ended.

    >>> gpt(27)
    GPT(vocabulary=27, layers=1, embedding=16, heads=4, context=16, 4,192 parameters)
    >>> len(gpt(3, embedding=4, heads=2)([2.0, 0.0]))
    6
    """

    tokens: Matrix = attr()
    """The embedding of each token, a row each."""
    positions: Matrix = attr()
    """The embedding of each position."""
    head: Matrix = attr()
    """From the last outputs to scores, a row for each token."""
    blocks: PVector[Block] = attr()
    """Layers, each of attention and a small network."""
    _tensor_names = TENSOR_NAMES

    @property
    def vocabulary(self) -> int:
        """How many tokens it knows."""
        return len(self.tokens)

    @property
    def context(self) -> int:
        """How many positions it can see."""
        return len(self.positions)

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        """Compute the scores of all positions."""
        if len(inputs) > self.context:
            expected = f"at most {self.context} tokens, its context"
            raise ShapeError(f"GPT: inputs must be {expected}, got {len(inputs)}")
        scores, past = list[Value](), self.nothing
        for place, token in enumerate(inputs):  # a loop: each position knows those before
            if is_absent(token):
                return (*scores, *[value(0.0)] * (self.vocabulary * (len(inputs) - place)))
            found, past = self.next_scores(token, past)
            scores += found
        return tuple(scores)

    @property
    def nothing(self) -> "tuple[Past, ...]":
        """What it remembers before the first position."""
        return (Past(),) * len(self.blocks)

    def next_scores(
        self, token: Scalar, past: Sequence[Past]
    ) -> tuple[tuple[Value, ...], tuple[Past, ...]]:
        """Read one more token.

        Args:
            token: Its number.
            past: What each block remembers of those before it; `nothing` at first.

        Returns:
            The scores of what comes next, and what each block remembers then.

        >>> model = gpt(3, embedding=4, heads=2)
        >>> scores, past = model.next_scores(2.0, model.nothing)
        >>> len(scores), len(past[0].key_rows)
        (3, 1)
        """
        signal, after = self._first_signal(token, len(past[0].key_rows)), list[Past]()
        for block, before in zip(self.blocks, past, strict=True):  # a loop: through the layers
            signal, now = block(signal, before)
            after.append(now)
        return linear(self.head, signal), tuple(after)

    def attention(self, tokens: Sequence[Scalar]) -> tuple[tuple[Heads, ...], ...]:
        """How much each position attends to each that it sees: the weights, as nodes.

        Args:
            tokens: Of a document, at least one.

        Returns:
            For each position, for each layer, for each head, a row that adds up to 1.

        >>> weights = gpt(3, embedding=4, heads=2).attention([2.0, 0.0])
        >>> [[len(row) for row in position[0]] for position in weights]
        [[1, 1], [2, 2]]
        """
        past, found = list(self.nothing), list[tuple[Heads, ...]]()
        for place, token in enumerate(tokens):  # a loop: each position knows those before
            signal, rows = self._first_signal(token, place), list[Heads]()
            for layer, block in enumerate(self.blocks):
                rows.append(block.weights(signal, past[layer]))
                signal, past[layer] = block(signal, past[layer])
            found.append(tuple(rows))
        return tuple(found)

    def _first_signal(self, token: Scalar, place: int) -> tuple[Value, ...]:
        """What the first block is given: the sum of both embeddings, normed."""
        both = zip(embedding(self.tokens, token), self.positions[place], strict=True)
        return rms_norm([a + b for a, b in both])

    def __repr__(self) -> str:
        sizes = (
            f"vocabulary={self.vocabulary}, layers={len(self.blocks)}, "
            f"embedding={len(self.tokens[0])}, heads={self.blocks[0].heads}, "
            f"context={self.context}"
        )
        return f"GPT({sizes}, {parameter_count(self):,} parameters)"


def gpt(
    vocabulary: int,
    *,
    layers: int = 1,
    embedding: int = 16,
    heads: int = 4,
    context: int = 16,
    seed: Seed = 42,
) -> GPT:
    """Make a GPT, its weights drawn by `Random(seed).gauss(0, 0.08)`, matrix by matrix.

    Args:
        vocabulary: How many tokens there are, at least 2.
        layers: How many blocks, at least 1.
        embedding: How many numbers stand for a token, at least 1.
        heads: How many heads the attention of each block has; they divide the embedding.
        context: How many positions it can see, at least 1.
        seed: What the weights are drawn with.

    Raises:
        ValueError: If a size is out of its range.

    >>> parameter_count(gpt(27))
    4192
    >>> gpt(27, embedding=16, heads=3)
    Traceback (most recent call last):
    ValueError: gpt: heads must be a divisor of the embedding, 16, got 3
    """
    return _drawn(generator("gpt", seed), vocabulary, layers, embedding, heads, context)


def _drawn(
    random: Random, vocabulary: int, layers: int, embedding: int, heads: int, context: int
) -> GPT:
    check_count("gpt", "vocabulary", vocabulary, minimum=2)
    check_count("gpt", "layers", layers, minimum=1)
    check_count("gpt", "embedding", embedding, minimum=1)
    check_count("gpt", "context", context, minimum=1)
    if embedding % check_count("gpt", "heads", heads, minimum=1):
        raise wrong_value("gpt", "heads", f"a divisor of the embedding, {embedding}", heads)
    _check_size(vocabulary, layers, embedding, context)
    rows = [
        drawn_matrix(random, count, embedding, DEVIATION)
        for count in (vocabulary, context, vocabulary)
    ]
    blocks = [drawn_block(random, embedding, heads, DEVIATION) for _ in range(layers)]
    return unchecked(GPT, *rows, pvector(blocks))


def _check_size(vocabulary: int, layers: int, embedding: int, context: int) -> None:
    """Say how many parameters there would be before they take all the memory there is."""
    count = embedding * (2 * vocabulary + context + 12 * layers * embedding)
    if count > MOST_PARAMETERS:
        sizes = f"layers={layers}, embedding={embedding}, context={context}"
        raise ValueError(
            f"gpt: a model must have at most {MOST_PARAMETERS:,} parameters, got {count:,} "
            f"of {sizes} and {vocabulary} tokens"
        )


MOST_PARAMETERS = 1_000_000
"""How large a GPT may be: each parameter is a node, in each state of a training.

>>> gpt(27, embedding=100_000)  # doctest: +ELLIPSIS
Traceback (most recent call last):
ValueError: gpt: a model must have at most 1,000,000 parameters, got 120,007,000,000 of ...
"""

DEVIATION = 0.08
"""The standard deviation of the weights that are drawn."""


def generator(where: str, seed: Seed) -> Random:
    """A generator that nobody else has, from a number or from where another one stood.

    >>> generator("gpt", Random(1).getstate()).random() == Random(1).random()
    True
    """
    if not isinstance(seed, tuple):
        return Random(check_seed(where, "seed", seed))
    made = Random()
    try:
        made.setstate(seed)
    except (TypeError, ValueError):
        expected = "an int, or a state that random.Random.getstate gives"
        raise wrong_kind(where, "seed", expected, seed) from None
    return made


class Start(Record):
    """All that a training of a GPT begins with.

    >>> start = prepared(["ann", "bob"], embedding=4, heads=1)
    >>> len(start.dataset.xs), start.model.vocabulary
    (2, 5)
    """

    documents: tuple[str, ...] = attr()
    """In the order in which they are seen."""
    tokeniser: Characters = attr()
    """Of their characters."""
    dataset: Dataset = attr()
    """The documents as examples."""
    model: GPT = attr()
    """Before the first step."""
    seed: Seed = attr()
    """Where the generator stands that shuffled the documents and drew the weights; the samples of
    microgpt go on from there.
    """


def prepared(
    documents: Iterable[str],
    *,
    layers: int = 1,
    embedding: int = 16,
    heads: int = 4,
    context: int = 16,
    seed: int = 42,
) -> Start:
    """Shuffle documents, make their tokeniser, and draw a model: in the order of microgpt.

    Trained on `dataset` in its own order, by `next_token` and `adam`, the losses are microgpt's.

    Args:
        documents: At least one text.
        layers: As in `gpt`.
        embedding: As in `gpt`.
        heads: As in `gpt`.
        context: As in `gpt`.
        seed: What documents are shuffled and weights are drawn with, by one generator.

    Raises:
        DataError: If there is no document, or none with a character.

    >>> start = prepared(["ann", "bob"], embedding=4, heads=1)
    >>> start.documents, start.tokeniser
    (('bob', 'ann'), Characters('abno', vocabulary=5))
    """
    check_several("prepared", "documents", "documents, each a text", documents)
    tokeniser, random = characters(given := tuple(documents)), generator("prepared", seed)
    shuffled = list(given)
    random.shuffle(shuffled)
    model = _drawn(random, tokeniser.vocabulary, layers, embedding, heads, context)
    data = sequences(shuffled, tokeniser, context=context)
    return unchecked(Start, tuple(shuffled), tokeniser, data, model, random.getstate())


def adam(*, steps: int, learning_rate: float = 0.01) -> optim.Descent:
    """The optimiser of microgpt: Adam, and a rate that falls to 0 in a straight line.

    Args:
        steps: After how many steps the rate is 0, at least 1.
        learning_rate: Of the first step.

    >>> adam(steps=10).learning_rate(5)
    0.005
    """
    count = check_count("adam", "steps", steps, minimum=1)
    rate = bind(_falling, check_positive("adam", "learning_rate", learning_rate), count)
    return optim.adam(rate, betas=(0.85, 0.99), eps=1e-8)


def _falling(first: float, steps: int, step: int) -> float:
    return first * max(0.0, 1 - step / steps)


class HeldOut(Record):
    """How well a model knows documents that it has not seen.

    >>> HeldOut(nats=0.6931, bits=1.0).bits
    1.0
    """

    nats: float = attr()
    """The mean surprise of a document, over its positions: natural logarithms."""
    bits: float = attr()
    """Of a character or the end, the mean over all positions of all documents: base 2."""


def held_out(model: GPT, dataset: Dataset) -> HeldOut:
    """Measure a model on documents.

    Args:
        model: A GPT.
        dataset: What `datasets.sequences` makes of the documents.

    >>> start = prepared(["ann", "bob"], embedding=4, heads=1)
    >>> round(held_out(start.model, start.dataset).bits, 1)
    2.3
    """
    check_kind("held_out", "model", model, GPT)
    rows = zip(dataset.xs, dataset.targets, strict=True)
    costs = [_cost(model, next_token(), x, y) for x, y in rows]
    lengths = [sum(not is_absent(token) for token in row) for row in dataset.xs]
    whole = sum(cost * length for cost, length in zip(costs, lengths, strict=True))
    return HeldOut(nats=sum(costs) / len(costs), bits=whole / sum(lengths) / log(2.0))


def _cost(model: GPT, loss: Loss, x: Sequence[float], y: Sequence[float]) -> float:
    return loss.example(model(x), *y).data
