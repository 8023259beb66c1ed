"""Transforms keep the types of arguments, as far as types can say."""

from typing import assert_type

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
assert_type(func.value_and_grad(pair, has_aux=True)(model), tuple[tuple[Scalar, str], nn.MLP])
assert_type(func.grad(func.grad(square))(3.0), float)
assert_type(func.grad(func.grad(sin))(3.0), float)
assert_type(func.vjp(loss, model)[1](value(1.0)), tuple[nn.MLP])
assert_type(func.linearize(loss, model)[1](model), float)
assert_type(func.jvp(square, 3.0, 1.0), tuple[float, float])
assert_type(func.jvp(square, value(3.0), 1.0), tuple[Value, Value])
assert_type(func.directional(loss, model, model), float)
assert_type(func.vjp(loss, model)[0], float)
assert_type(func.linearize(loss, model)[0], float)
assert_type(bool(func.check_grads(square, 3.0)), bool)
