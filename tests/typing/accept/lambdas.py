"""Derivatives of lambdas, of functions of nodes, and along arguments that a program chooses."""

from collections.abc import Callable, Iterable
from typing import TypeVar, assert_type

from microfp import Record, Value, func, nn, sin, value
from microfp.func import grad, hvp, jacobian, jvp, linearize, value_and_grad, vjp
from microfp.values import Scalar

A = TypeVar("A")
Pair = tuple[float, float]
node = value(1.0)
chosen = len("a")


class Line(Record):
    slope: Value


line = Line(slope=node)


def cube(x: Value) -> Value:
    return x * x * x


def plane(x: Value, y: Value) -> Value:
    return 2.0 * x + 3.0 * y


def area(sides: Pair, scale: float) -> float:
    return sides[0] * sides[1] * scale


def product(x: float, y: float) -> float:
    return x * y


def cost(model: Line) -> Value:
    return model.slope * model.slope


# A lambda: what comes back follows from the point.
assert_type(jvp(lambda x: x * x, 3.0, 1.0), Pair)
assert_type(jvp(lambda x: sin(x), 3, 1), Pair)
assert_type(jvp(lambda x: sin(x) * x, node, 1.0), tuple[Value, Value])
assert_type(jvp(lambda x, y: sin(x) * y, (3.0, 1.0), (1.0, 0.0)), Pair)
assert_type(jvp(lambda p: p[0] * p[1], ((3.0, 1.0),), ((1.0, 0.0),)), Pair)
assert_type(jvp(lambda x: (x, x * x), 3.0, 1.0), tuple[Pair, Pair])
assert_type(hvp(lambda x: sin(x), 3.0, 1.0), float)
assert_type(hvp(lambda x, y: sin(x) * y, (3.0, 1.0), (1.0, 0.0)), Pair)
assert_type(hvp(lambda v: v[0] * v[1], ((3.0, 1.0),), ((1.0, 1.0),)), Pair)
assert_type(vjp(lambda x: sin(x), 3.0)[1](1.0), tuple[float])
assert_type(linearize(lambda x: sin(x), 3.0)[1](1.0), float)
assert_type(func.directional(lambda x: sin(x), 3.0, 1.0), float)
assert_type(jacobian(lambda x: x * x)(3.0), float)
assert_type(jacobian(lambda v: v[0] * v[1])((3.0, 1.0)), Pair)
assert_type(func.vmap(lambda x: sin(x))([3.0, 1.0]), tuple[Value, ...])

# A function of nodes takes a number, too.
assert_type(grad(cube)(3.0), float)
assert_type(grad(cube)(node), Value)
assert_type(grad(plane, 1)(3.0, 2.0), float)
assert_type(grad(plane, (0, 1))(3.0, 2.0), Pair)
assert_type(value_and_grad(cube)(3.0), Pair)
assert_type(jacobian(cube)(3.0), float)
assert_type(jvp(cube, 3.0, 1.0), Pair)
assert_type(hvp(plane, (3.0, 1.0), (1.0, 1.0)), Pair)
assert_type(vjp(plane, 3.0, 1.0)[1](1.0), Pair)
assert_type(linearize(cube, 3.0)[0], float)
assert_type(next(func.newton(cube, 1.0)).x, float)
assert_type(next(func.derivatives(cube, 1.0)), float)

# An argument that is known when the program runs: one of those of the arguments.
assert_type(grad(product, chosen)(1.0, 2.0), float)
assert_type(grad(product, -1)(1.0, 2.0), float)
assert_type(grad(product, [0, chosen])(1.0, 2.0), tuple[float, ...])
assert_type(grad(area, chosen)((1.0, 2.0), 3.0), Pair | float)
assert_type(value_and_grad(product, chosen)(1.0, 2.0), Pair)
assert_type(func.hessian(product, chosen)(1.0, 2.0), float)


def nested(x: Scalar) -> Scalar:
    return jvp(cube, x, 1.0)[1]


# The gradient of a model, handed on: `def` keeps its class for every checker.
def each(function: Callable[[A], A], things: Iterable[A]) -> list[A]:
    return [function(thing) for thing in things]


def slope_of(model: Line) -> Line:
    return grad(cost)(model)


assert_type(jvp(cost, line, line), Pair)
assert_type(each(slope_of, [line]), list[Line])
assert_type(nn.parameter_count(grad(cost)(line)), int)
