"""Transforms keep the types of arguments, as far as types can say."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, assert_type

from microfp import Value, func, nn, sin, value
from microfp.values import Scalar


def square(x: Scalar, scale: float = 1.0) -> Scalar:
    return x * x * scale


def loss(model: nn.MLP) -> Value:
    return nn.forward(model, [1.0, 2.0])


def pair(model: nn.MLP) -> tuple[Value, str]:
    return loss(model), "seen"


model = nn.mlp(2, [1])

assert_type(func.grad(square)(3.0, scale=2.0), float)
assert_type(func.grad(square)(value(3.0)), Value)
assert_type(func.value_and_grad(square)(3.0), tuple[float, float])
assert_type(func.grad(loss)(model), nn.MLP)
assert_type(func.value_and_grad(loss)(model), tuple[float, nn.MLP])
assert_type(func.grad(pair, has_aux=True)(model), tuple[nn.MLP, str])
assert_type(func.value_and_grad(pair, has_aux=True)(model), tuple[tuple[float, str], nn.MLP])
assert_type(func.grad(func.grad(square))(3.0), float)
assert_type(func.grad(func.grad(sin))(3.0), float)
assert_type(func.vjp(loss, model)[1](value(1.0)), tuple[nn.MLP])
assert_type(func.linearize(loss, model)[1](model), float)
assert_type(func.jvp(square, 3.0, 1.0), tuple[float, float])
assert_type(func.jvp(square, value(3.0), 1.0), tuple[Value, Value])
assert_type(func.directional(loss, model, model), float)
assert_type(func.vjp(loss, model)[0], float)
assert_type(func.vjp(pair, model, has_aux=True)[2], str)
assert_type(func.vjp(pair, model, has_aux=True)[1](value(1.0)), tuple[nn.MLP])
assert_type(func.linearize(loss, model)[0], float)
assert_type(bool(func.check_grads(square, 3.0)), bool)


# Matrices of derivatives, and derivatives along several arguments.


class Place(NamedTuple):
    x: float
    y: float


def area(sides: tuple[float, float]) -> float:
    return sides[0] * sides[1]


def product(xs: Sequence[Scalar]) -> Scalar:
    return xs[0] * xs[1]


def height(place: Place) -> float:
    return place.x * place.y


def weighted(table: dict[str, float]) -> float:
    return table["a"] * table["b"]


def turned(sides: tuple[float, float]) -> tuple[float, float]:
    return sides[1], sides[0]


def named(sides: tuple[float, float]) -> dict[str, float]:
    return {"area": sides[0] * sides[1]}


def noted(sides: tuple[float, float]) -> tuple[float, str]:
    return sides[0], "seen"


def times(x: Scalar, y: Scalar) -> Scalar:
    return x * y


def scaled(x: Scalar, model: nn.MLP) -> Scalar:
    return x * loss(model)


def both(x: Scalar, y: Scalar, z: Scalar) -> Scalar:
    return x * y * z


def nets(x: Scalar, one: nn.MLP, other: nn.MLP) -> Scalar:
    return x * loss(one) * loss(other)


def noted_nets(x: Scalar, one: nn.MLP) -> tuple[Scalar, str]:
    return x * loss(one), "seen"


def stretched(x: float, sides: tuple[float, float]) -> float:
    return x * sides[0] * sides[1]


def rows(x: float, sides: tuple[float, float]) -> tuple[float, ...]:
    return x * sides[0], sides[1]


def cube(x: float) -> float:
    return x * x * x


Two = tuple[float, float]
sides = (2.0, 5.0)
assert_type(func.hessian(square)(3.0), float)
assert_type(func.hessian(cube)(3.0), float)
assert_type(func.jacobian(cube)(3.0), float)
assert_type(func.hessian(area)(sides), tuple[Two, Two])
assert_type(func.hessian(product)((1.0, 2.0, 3.0)), tuple[tuple[float, ...], ...])
assert_type(func.hessian(height)(Place(2.0, 5.0)), tuple[Place, ...])
assert_type(func.hessian(weighted)({"a": 1.0, "b": 2.0}), dict[str, dict[str, float]])
assert_type(func.hessian(times, argnums=(0, 1))(2.0, 5.0), tuple[Two, Two])
assert_type(func.jacobian(square)(3.0, scale=2.0), float)
assert_type(func.jacobian(square)(value(3.0)), Value)
assert_type(func.jacobian(area)(sides), Two)
assert_type(func.jacobian(turned)(sides), Sequence[Two])
assert_type(func.jacfwd(turned)(sides), Sequence[Two])
assert_type(func.jacrev(named)(sides), Mapping[str, Two])
assert_type(func.jacobian(noted, has_aux=True)(sides), tuple[Two, str])
assert_type(func.jacobian(loss)(model), nn.MLP)
assert_type(func.jacobian(times, argnums=(0, 1))(2.0, 5.0), Two)
assert_type(func.value_and_grad(times, argnums=(0, 1))(2.0, 5.0), tuple[float, Two])
assert_type(func.value_and_grad(scaled, argnums=1)(2.0, model), tuple[float, nn.MLP])
assert_type(func.hvp(area, sides, sides), Two)
assert_type(func.hvp(times, sides, sides), Two)
func.jacobian(lambda v: (v[0] * v[1], v[0]))(sides)
func.hessian(lambda v: v[0] * v[1])(sides)

# Along any of the first three arguments.
Net = nn.MLP
assert_type(func.grad(times, argnums=1)(2.0, 5.0), float)
assert_type(func.grad(times, argnums=(1, 0))(2.0, 5.0), Two)
assert_type(func.grad(both, argnums=2)(2.0, 5.0, 1.0), float)
assert_type(func.grad(both, argnums=(0, 1, 2))(2.0, 5.0, 1.0), tuple[float, float, float])
assert_type(func.grad(nets, argnums=2)(2.0, model, model), Net)
assert_type(func.grad(nets, argnums=(1,))(2.0, model, model), tuple[Net])
assert_type(func.grad(nets, argnums=(1, 2))(2.0, model, model), tuple[Net, Net])
assert_type(func.grad(nets, argnums=(0, 2))(2.0, model, model), tuple[Scalar, Net])
assert_type(func.grad(nets, argnums=(0, 1, 2))(2.0, model, model), tuple[Scalar, Net, Net])
assert_type(func.grad(noted_nets, argnums=1, has_aux=True)(2.0, model), tuple[Net, str])
assert_type(func.value_and_grad(nets, argnums=2)(2.0, model, model), tuple[float, Net])
assert_type(func.hessian(stretched, argnums=1)(2.0, sides), tuple[Two, Two])
assert_type(func.hessian(times, argnums=1)(2.0, 5.0), float)
assert_type(func.jacobian(stretched, argnums=1)(2.0, sides), Two)
assert_type(func.jacobian(rows, argnums=1)(2.0, sides), Sequence[Two])
assert_type(func.jacfwd(rows, argnums=(0, 1))(2.0, sides), Sequence[tuple[float, Two]])
