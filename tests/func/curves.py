"""What the tests of transforms share: ways to differentiate a curve, and random functions."""

import math
from collections.abc import Callable
from functools import reduce
from itertools import product
from typing import NamedTuple, TypeAlias

from hypothesis import strategies as st

from microfp import (
    Record,
    Value,
    absolute,
    attr,
    cos,
    exp,
    func,
    log,
    relu,
    sigmoid,
    sin,
    softplus,
    sqrt,
    tanh,
    total,
    value,
    where,
)
from microfp.values import Scalar

Curve: TypeAlias = Callable[[Scalar], Scalar]


def by_reverse(f: Curve) -> Curve:
    return func.grad(f)


def by_forward(f: Curve) -> Curve:
    return lambda x: func.directional(f, x, 1.0)


def by_linearizing(f: Curve) -> Curve:
    return lambda x: func.linearize(f, x)[1](1.0)


def by_pulling(f: Curve) -> Curve:
    def derivative(x: Scalar) -> Scalar:
        (slope,) = func.vjp(f, x)[1](1.0)
        assert isinstance(slope, Value | float)
        return slope

    return derivative


MODES = [by_reverse, by_forward, by_linearizing, by_pulling]


PAIRS = list(product(MODES, MODES))


class Line(Record):
    slope: Value = attr()
    offset: Value = attr()
    power: float = attr(default=2.0)


class Point(NamedTuple):
    x: Scalar
    y: Scalar


LINE = Line(slope=value(1.0), offset=value(2.0))


def number(x: object) -> float:
    """The number of a scalar, a value or a float."""
    assert isinstance(x, Value | float)
    return x.data if isinstance(x, Value) else x


def close(a: object, b: float, tolerance: float = 1e-12) -> bool:
    return abs(number(a) - b) <= tolerance * max(1.0, abs(b))


SMOOTH: list[Callable[[Scalar], Scalar]] = [
    sin,
    cos,
    tanh,
    sigmoid,
    softplus,
    relu,
    absolute,
    lambda a: exp(sin(a)),
    lambda a: log(a * a + 1.0),
    lambda a: sqrt(a * a + 1.0),
    lambda a: (a * a + 1.0) ** 1.5,
    lambda a: -a,
    lambda a: (a * a + 1.0) ** sin(a),
]


BINARY: list[Callable[[Scalar, Scalar], Scalar]] = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / (b * b + 1.0),
    lambda a, b: total([a, b, a]),
    lambda a, b: where(relu(a), a * b, b),
    lambda a, b: func.stop_gradient(a) * b,
]


Step: TypeAlias = tuple[int, int, int]


def built(steps: list[Step], inputs: tuple[Scalar, ...]) -> Scalar:
    """A graph that draws its operands from all that was computed before."""

    def grown(nodes: tuple[Scalar, ...], step: Step) -> tuple[Scalar, ...]:
        kind, i, j = step
        a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
        operations = len(SMOOTH) + len(BINARY)
        k = kind % operations
        made = SMOOTH[k](a) if k < len(SMOOTH) else BINARY[k - len(SMOOTH)](a, b)
        return (*nodes, tanh(made))

    return total(reduce(grown, steps, inputs)[len(inputs) :])


steps = st.lists(st.tuples(*[st.integers(0, 500)] * 3), min_size=1, max_size=12)


points = st.tuples(*[st.floats(-2.0, 2.0).map(lambda x: x + 0.1234567)] * 3)


cube = func.custom_derivative(lambda a: a**3, lambda a, y: (3.0 * a * a,), name="cube")


square = func.custom_derivative(lambda a: a * a, lambda a, y: (2.0 * a,), name="square")


hypot = func.custom_derivative(math.hypot, lambda a, b, y: (a / y, b / y), arity=2)
