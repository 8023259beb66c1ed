"""Second derivatives at work: Newton in the plane, least squares, and a sum over a graph."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias, assert_type

from pyrsistent import PVector, pvector

from microfp import Value, cos, debug, exp, func, graph, sin, total, value
from microfp.toolbox import iterate, last, take
from microfp.values import Scalar

Two: TypeAlias = tuple[float, float]


class Point(NamedTuple):
    x: float
    y: float


class Fit(NamedTuple):
    slope: float
    offset: float
    error: float


def bowl(p: Two) -> float:
    x, y = p
    return (x - 1.0) ** 2 + 10.0 * (y - x * x) ** 2


def wave(p: Point) -> Scalar:
    return sin(p.x) * cos(p.y)


def weighted(p: dict[str, float]) -> float:
    return p["a"] * p["a"] * p["b"]


def spread(xs: Sequence[Scalar]) -> Scalar:
    middle = total(xs) / len(xs)
    return total((x - middle) ** 2 for x in xs)


def residuals(p: Two) -> tuple[Scalar, ...]:
    slope, offset = p
    return tuple(slope * x + offset - y for x, y in ((0.0, 1.0), (1.0, 3.0), (2.0, 5.1)))


def damped(t: Scalar, rate: float) -> Scalar:
    return exp(-rate * t) * cos(t)


def newton_step(at: Two) -> Two:
    """The next point: solved by Cramer's rule, on floats."""
    (a, b), (c, d) = func.hessian(bowl)(at)
    _, (p, q) = func.value_and_grad(bowl)(at)
    scale = a * d - b * c
    return at[0] - (d * p - b * q) / scale, at[1] - (a * q - c * p) / scale


def lowest(start: Two, steps: int) -> Two:
    return last(take(steps, iterate(newton_step, start)))


def gauss_newton(start: Two) -> Fit:
    rows = func.jacobian(residuals)(start)
    left = math.fsum(row[0] * row[0] for row in rows)
    right = math.fsum(row[0] * row[1] for row in rows)
    return Fit(left, right, max(abs(row[0]) + abs(row[1]) for row in rows))


def slopes(at: float) -> Iterator[tuple[int, float]]:
    return enumerate(func.derivatives(lambda x: sin(x) * x, at))


def sharpest(functions: Mapping[str, Callable[[Scalar], Scalar]], at: float) -> str:
    return max(functions, key=lambda name: abs(func.hessian(functions[name])(at)))


def explained(x: Value, y: Value) -> list[str]:
    output = x * y + sin(x)
    ways = debug.paths(x, output)
    rows = graph.nodes(output)
    return [f"{way.weight:.2f}" for way in ways] + [row["op"] for row in rows]


assert_type(lowest((0.0, 0.0), 5), tuple[float, float])
assert_type(gauss_newton((1.0, 1.0)).error, float)
assert_type(func.hessian(weighted)({"a": 1.0, "b": 2.0})["a"]["b"], float)
assert_type(func.hessian(wave)(Point(1.0, 2.0))[0].y, float)
assert_type(func.hessian(spread)((1.0, 2.0, 4.0))[0][1], float)
assert_type(func.jacrev(damped)(1.0, 0.5), float)
assert_type(func.jacfwd(residuals)((1.0, 1.0))[0][1], float)
assert_type(func.grad(damped)(1.0, 0.5), float)
assert_type(func.hessian(damped)(1.0, 0.5), float)
assert_type(func.value_and_grad(weighted)({"a": 1.0})[1]["a"], float)
assert_type(func.hvp(weighted, {"a": 1.0}, {"a": 1.0})["a"], float)
assert_type(sharpest({"sin": sin, "exp": exp}, 1.0), str)
assert_type(dict(zip("abc", (s for _, s in slopes(1.0)), strict=False)), dict[str, float])
assert_type(explained(value(1.0), value(2.0)), list[str])
points: PVector[Two] = pvector([(0.0, 0.0), (1.0, 1.0)])
assert_type([lowest(point, 3)[0] for point in points], list[float])
