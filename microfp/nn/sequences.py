"""Pieces for models of sequences: lookups, linear maps, norms, attention, the block of a GPT.

Each of them is a pure function of one position; what a position has to know of those before it
is an argument, `Past`, and comes back longer by one.

>>> from microfp import value
>>> keys = [[value(1.0), value(0.0)], [value(0.0), value(1.0)]]
>>> [
...     round(weight.data, 3)
...     for (row,) in [attention_weights([value(9.0), value(0.0)], keys)]
...     for weight in row
... ]
[0.998, 0.002]
"""

from collections.abc import Callable, Sequence
from itertools import chain
from math import sqrt as square_root
from numbers import Real
from operator import attrgetter
from operator import mul as mul_floats
from random import Random
from typing import TypeAlias

from pyrsistent import PVector, pvector

from microfp.base.checks import (
    check_count,
    check_finite,
    check_kind,
    check_seed,
    check_size,
    wrong_kind,
    wrong_value,
)
from microfp.errors import ShapeError
from microfp.record import Record, attr, unchecked, unchecked_many
from microfp.values import (
    Scalar,
    Value,
    divide,
    equal,
    lift,
    mul,
    relu,
    softmax,
    sqrt,
    total,
    value,
    where,
)

__all__ = [
    "Block",
    "Matrix",
    "Past",
    "attention",
    "attention_weights",
    "block",
    "dot",
    "embedding",
    "is_absent",
    "linear",
    "rms_norm",
    "select",
]

Matrix: TypeAlias = PVector[PVector[Value]]
"""Rows of values.

>>> identity: Matrix = matrix_of([[1.0, 0.0], [0.0, 1.0]])
>>> [y.data for y in linear(identity, [2.0, 3.0])]
[2.0, 3.0]
"""

Vector: TypeAlias = Sequence[Scalar]


def is_absent(token: Scalar) -> bool:
    """Say whether a row of tokens has ended: a token below 0 fills it up to its width.

    While a model is traced as a sequence, every token is there; compiled code ends where the
    tokens do.

    >>> is_absent(-1.0), is_absent(0.0)
    (True, False)
    """
    own: bool | None = getattr(type(token), "__absent__", None)
    try:
        return bool(token < 0.0) if own is None else own  # type: ignore[operator]  # a Value refuses
    except TypeError:
        if isinstance(token, Value):
            raise
        raise wrong_kind("is_absent", "token", "a number", token) from None


def select(index: Scalar, values: Sequence[Scalar]) -> Value:
    """Look up one of several values by a number.

    A plain number chooses at once, and only what was chosen stands in the graph. A node stays in
    the graph, with all that it chooses among: the sum of values[k] where index equals k.

    Args:
        index: A whole number from 0 to one less than there are values.
        values: At least one number or Value.

    Raises:
        ValueError: If the index is no such number.

    >>> select(1.0, [value(2.0), value(3.0)]).data
    3.0
    >>> select(value(1.0), [2.0, 3.0]).op
    'total'
    >>> select(2.0, [2.0, 3.0])
    Traceback (most recent call last):
    ValueError: select: index must be a whole number from 0 to 1, got 2.0
    """
    _check_vector("select", "values", values)
    own: Callable[[Scalar, Sequence[Scalar]], Value] | None
    own = getattr(type(index), "__select__", None)
    if own is not None:
        traced: Value = own(index, values)
        return traced
    if isinstance(index, Value):
        if type(index) is Value:
            _place("select", index.data, len(values))
        return total([where(equal(index, float(k)), it, 0.0) for k, it in enumerate(values)])
    chosen = values[_place("select", index, len(values))]
    return chosen if isinstance(chosen, Value) else value(chosen)


def _place(where_: str, index: float, count: int) -> int:
    """An index as a place among so many."""
    if not isinstance(index, Real):
        raise wrong_kind(where_, "index", f"a whole number from 0 to {count - 1}", index)
    if not (0 <= index < count and int(index) == index):
        error = wrong_value(where_, "index", f"a whole number from 0 to {count - 1}", index)
        if is_absent(index):
            raise ValueError(f"{error}; it stands where a row has ended: see nn.is_absent")
        raise error
    return int(index)


def dot(a: Vector, b: Vector) -> Value:
    """The sum of products, a[0] * b[0] + a[1] * b[1] + ..., from left to right.

    Raises:
        ShapeError: If they are not of one length.

    >>> dot([1.0, 2.0], [3.0, 4.0]).data
    11.0
    """
    try:
        is_fitting = len(a) == len(b)
    except TypeError:  # only now, for speed
        raise wrong_kind("dot", "a and b", "sequences of numbers or Values", (a, b)) from None
    if not is_fitting:
        raise ShapeError(f"dot: both must have one length, got {len(a)} and {len(b)}")
    own: Callable[[Vector, Vector], Value] | None
    own = getattr(type(a[0]), "__dot__", None) if len(a) else None
    return total(_products(a, b)) if own is None else own(a, b)


def _check_vector(where_: str, name: str, given: object) -> None:
    if not isinstance(given, Sequence):
        raise wrong_kind(where_, name, "a sequence of numbers or Values, or of such", given)


def _products(a: Vector, b: Vector) -> list[Value]:
    """The products of numbers at equal places; those of nodes are made all at once, for speed."""
    if set(map(type, chain(a, b))) != {Value}:
        return [mul(x, y) for x, y in zip(a, b, strict=True)]
    pairs = list(zip(a, b, strict=True))
    numbers = list(map(mul_floats, map(_data_of, a), map(_data_of, b)))  # type: ignore[arg-type]  # see above
    none = [None] * len(pairs)
    return unchecked_many(Value, numbers, ["mul"] * len(pairs), pairs, none, none)


_data_of: Callable[[Value], float] = attrgetter("data")


def linear(weights: Sequence[Sequence[Scalar]], inputs: Vector) -> tuple[Value, ...]:
    """A linear map without bias: the product of a matrix and a vector.

    Args:
        weights: A row for each output, each as long as the inputs.
        inputs: Numbers or Values.

    Raises:
        ShapeError: If a row is of another length.

    >>> [y.data for y in linear([[1.0, 2.0], [3.0, 4.0]], [1.0, 10.0])]
    [21.0, 43.0]
    """
    _check_vector("linear", "inputs", inputs)
    _check_vector("linear", "weights", weights)
    own = getattr(type(inputs[0]), "__linear__", None) if len(inputs) else None
    if own is not None and all(len(row) == len(inputs) for row in weights):
        traced: tuple[Value, ...] = own(weights, inputs)
        return traced
    return tuple([dot(row, inputs) for row in weights])


def embedding(rows: Sequence[Sequence[Scalar]], index: Scalar) -> tuple[Value, ...]:
    """Look up a row by a number: what a token means, as a vector.

    Args:
        rows: One for each token, all of one length.
        index: The number of the token.

    Raises:
        ValueError: If there is no such row.

    >>> [x.data for x in embedding([[1.0, 2.0], [3.0, 4.0]], 1)]
    [3.0, 4.0]
    """
    _check_vector("embedding", "rows", rows)
    if not isinstance(index, Value):
        return tuple(map(lift, rows[_place("embedding", index, len(rows))]))
    own = getattr(type(index), "__embedding__", None)
    if own is not None:
        traced: tuple[Value, ...] = own(rows, index)
        return traced
    return tuple([select(index, column) for column in zip(*rows, strict=True)])


def rms_norm(inputs: Vector, *, epsilon: float = 1e-5) -> tuple[Value, ...]:
    """Scale a vector so that its mean square is 1: x / sqrt(mean of x * x + epsilon).

    Args:
        inputs: At least one number or Value.
        epsilon: What keeps a vector of zeros finite.

    Source: B. Zhang and R. Sennrich, Root mean square layer normalization, 2019; without a gain.

    >>> [round(x.data, 4) for x in rms_norm([3.0, -3.0])]
    [1.0, -1.0]
    """
    _check_vector("rms_norm", "inputs", inputs)
    scale = divide(1.0, sqrt(dot(inputs, inputs) * (1.0 / len(inputs)) + epsilon))
    return tuple([mul(x, scale) for x in inputs])


def attention_weights(
    query: Vector, keys: Sequence[Vector], *, heads: int = 1
) -> tuple[tuple[Value, ...], ...]:
    """How much a position attends to each of those that it sees, head by head.

    weights = softmax of query . key / sqrt(size of a head)

    Args:
        query: Of the position; each head reads its own part of it.
        keys: Of the positions that it sees, each as long as the query.
        heads: How many equal parts there are.

    Returns:
        For each head a row of weights that add up to 1.

    Raises:
        ShapeError: If the heads do not divide the query.

    >>> [[w.data for w in row] for row in attention_weights([1.0, 2.0], [[0.0, 0.0]] * 2, heads=2)]
    [[0.5, 0.5], [0.5, 0.5]]
    """
    _check_vector("attention_weights", "query", query)
    _check_vector("attention_weights", "keys", keys)
    for key in keys:
        _check_vector("attention_weights", "each of keys", key)
    return tuple(
        [_weights_of(query[part], [key[part] for key in keys]) for part in _parts(query, heads)]
    )


def _weights_of(query: Vector, keys: Sequence[Vector]) -> tuple[Value, ...]:
    scale = 1.0 / square_root(len(query))
    return softmax([dot(query, key) * scale for key in keys])


def _parts(vector: Vector, heads: int) -> list[slice]:
    """The part of each head."""
    _check_vector("attention", "query", vector)
    if len(vector) % check_count("attention", "heads", heads, minimum=1):
        raise ShapeError(f"attention: heads must divide the {len(vector)} numbers, got {heads}")
    size = len(vector) // heads
    return [slice(first, first + size) for first in range(0, len(vector), size)]


def attention(
    query: Vector, keys: Sequence[Vector], contents: Sequence[Vector], *, heads: int = 1
) -> tuple[Value, ...]:
    """What a position gathers from those that it sees: their contents, by its weights.

    A position that sees itself and those before it, and no later ones, is causal.

    Args:
        query: Of the position.
        keys: Of the positions that it sees.
        contents: Of the same positions; in papers, the values.
        heads: How many equal parts of the vectors are computed side by side.

    Returns:
        A vector as long as a content: the heads, one after another.

    Raises:
        ShapeError: If the heads do not divide the vectors.

    Source: A. Vaswani et al., Attention is all you need, 2017.

    >>> [y.data for y in attention([0.0], [[1.0], [2.0]], [[10.0], [20.0]])]
    [15.0]
    """
    _check_vector("attention", "contents", contents)
    for content in contents:
        _check_vector("attention", "each of contents", content)
    rows = attention_weights(query, keys, heads=heads)
    parts = zip(rows, _parts(contents[0], heads), strict=True)
    return tuple(chain.from_iterable(_gathered(row, contents, part) for row, part in parts))


def _gathered(
    weights: Sequence[Value], contents: Sequence[Vector], part: slice
) -> tuple[Value, ...]:
    columns = zip(*[content[part] for content in contents], strict=True)
    return tuple([dot(weights, column) for column in columns])


class Past(Record):
    """What a block remembers of the positions so far.

    >>> len(Past().key_rows)
    0
    """

    key_rows: tuple[tuple[Value, ...], ...] = attr(default=())
    """One vector a position."""
    content_rows: tuple[tuple[Value, ...], ...] = attr(default=())
    """One vector a position."""


NOTHING = Past()
"""What a block remembers before the first position."""


TENSOR_NAMES = {
    "query": "attn.q_proj.weight",
    "key": "attn.k_proj.weight",
    "content": "attn.v_proj.weight",
    "output": "attn.c_proj.weight",
    "widen": "mlp.c_fc.weight",
    "narrow": "mlp.c_proj.weight",
}
"""What the matrices of a block are called where models are exchanged."""


class Block(Record):
    """A block of a GPT: attention to what came before, then two layers, each added to its input.

    >>> outputs, past = block(4, heads=2)([1.0, 2.0, 3.0, 4.0])
    >>> len(outputs), len(past.key_rows)
    (4, 1)
    """

    heads: int = attr()
    """How many heads the attention has."""
    query: Matrix = attr()
    """From a normed input to what it asks for."""
    key: Matrix = attr()
    """From a normed input to what it is found by."""
    content: Matrix = attr()
    """From a normed input to what is gathered from it."""
    output: Matrix = attr()
    """From what was gathered to what is added."""
    widen: Matrix = attr()
    """The first of the two layers, four times as wide, before a relu."""
    narrow: Matrix = attr()
    """The second."""
    _tensor_names = TENSOR_NAMES

    def __call__(self, inputs: Vector, past: Past | None = None) -> tuple[tuple[Value, ...], Past]:
        """Compute the outputs of one position, and what the next one has to know."""
        normed, before = rms_norm(inputs), NOTHING if past is None else past
        now = unchecked(
            Past,
            (*before.key_rows, linear(self.key, normed)),
            (*before.content_rows, linear(self.content, normed)),
        )
        found = attention(
            linear(self.query, normed), now.key_rows, now.content_rows, heads=self.heads
        )
        middle = _added(linear(self.output, found), inputs)
        wide = [relu(x) for x in linear(self.widen, rms_norm(middle))]
        return _added(linear(self.narrow, wide), middle), now

    def weights(self, inputs: Vector, past: Past | None = None) -> tuple[tuple[Value, ...], ...]:
        """How much one position attends to each that it sees, head by head.

        >>> [[w.data for w in row] for row in block(4, heads=2).weights([1.0, 2.0, 3.0, 4.0])]
        [[1.0], [1.0]]
        """
        normed, before = rms_norm(inputs), NOTHING if past is None else past
        keys = (*before.key_rows, linear(self.key, normed))
        return attention_weights(linear(self.query, normed), keys, heads=self.heads)


def _added(a: Vector, b: Vector) -> tuple[Value, ...]:
    return tuple([x + y for x, y in zip(a, b, strict=True)])  # type: ignore[misc]  # one is a Value


def block(size: int, *, heads: int = 1, seed: int = 1337, deviation: float = 0.08) -> Block:
    """Make a block; its weights are drawn from a normal distribution around 0, matrix by matrix.

    Args:
        size: How many numbers go in and come out, at least 1.
        heads: How many heads the attention has; they divide the size.
        seed: What the weights are drawn with.
        deviation: The standard deviation of the weights.

    Raises:
        ValueError: If the heads do not divide the size.

    >>> from microfp.nn import parameter_count
    >>> parameter_count(block(4, heads=2))
    192
    """
    check_count("block", "size", size, minimum=1)
    check_size("block", "the number of its parameters", 12 * size * size)
    check_finite("block", "deviation", deviation)
    return drawn_block(Random(check_seed("block", "seed", seed)), size, heads, deviation)


def drawn_block(random: Random, size: int, heads: int, deviation: float) -> Block:
    """As `block`, from a generator that is private to the caller.

    >>> drawn_block(Random(1), 2, 1, 0.0).query[0][0].data
    0.0
    """
    check_kind("drawn_block", "random", random, Random)
    if size % check_count("block", "heads", heads, minimum=1):
        raise wrong_value("block", "heads", f"a divisor of the size, {size}", heads)
    shapes = [(size, size)] * 4 + [(4 * size, size), (size, 4 * size)]
    drawn = [drawn_matrix(random, *shape, deviation) for shape in shapes]
    return unchecked(Block, heads, *drawn)


def drawn_matrix(random: Random, n_out: int, n_in: int, deviation: float) -> Matrix:
    """A matrix of normal numbers, row by row, from a generator that is private to the caller.

    >>> len(drawn_matrix(Random(1), 2, 3, 0.08)[0])
    3
    """
    check_kind("drawn_matrix", "random", random, Random)
    check_count("drawn_matrix", "n_out", n_out)
    check_count("drawn_matrix", "n_in", n_in)
    check_finite("drawn_matrix", "deviation", deviation)
    return matrix_of([[random.gauss(0.0, deviation) for _ in range(n_in)] for _ in range(n_out)])


def matrix_of(rows: Sequence[Sequence[float]]) -> Matrix:
    """Rows of numbers as a matrix of leaves.

    >>> matrix_of([[1.0]])[0][0].data
    1.0
    """
    if not isinstance(rows, Sequence):
        raise wrong_kind("matrix", "rows", "rows of numbers", rows)
    return pvector([pvector(map(value, row)) for row in rows])
