"""What the tests of both kinds of files share: a model of one's own, and what came of a result."""

from collections.abc import Sequence
from typing import TypeVar

from pyrsistent import PMap, PVector, pmap, pvector
from returns.io import IOResult
from returns.pipeline import is_successful
from returns.unsafe import unsafe_perform_io

import microfp
from microfp import Record, attr, nn, tree, value
from microfp.nn import Layer
from microfp.values import Scalar, Value

T = TypeVar("T")
E = TypeVar("E")


def unwrapped(result: IOResult[T, E]) -> T:
    return unsafe_perform_io(result.unwrap())


def complaint(result: IOResult[T, E]) -> str:
    assert not is_successful(result)
    return str(unsafe_perform_io(result.failure()))


def bits(model: object) -> list[str]:
    return [v.data.hex() for v in tree.values(model)]


class Block(Record):
    """A model that is none of microfp's own."""

    scale: Value = attr()
    offsets: PVector[Value] = attr()
    pair: tuple[Value, Layer] = attr()
    named: PMap[str, Value] = attr()
    note: str = attr(default="a constant")

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        first, layer = self.pair
        (hidden,) = layer([self.scale * x for x in inputs])
        return microfp.total([hidden * first, *self.offsets, *self.named.values()])


def block(start: float) -> Block:
    numbers = iter(range(100))

    def leaf() -> Value:
        return value(start + 0.37 * next(numbers))

    return Block(
        scale=leaf(),
        offsets=pvector([leaf(), leaf()]),
        pair=(leaf(), nn.layer(2, 1, weights=[[leaf(), leaf()]], activation="tanh")),
        named=pmap({"b": leaf(), "a": leaf()}),
    )
