"""What a function does not take, its gradient does not take."""

import math

from microfp import Value, func, nn
from microfp.values import Scalar


def loss(model: nn.MLP) -> Value:
    return nn.forward(model, [1.0, 2.0])


def text(x: Scalar) -> str:
    return str(x)


func.grad(loss)(nn.neuron(2))  # reject
func.grad(loss)(nn.mlp(2, [1]), 1.0)  # reject
number: float = func.grad(loss)(nn.mlp(2, [1]))  # reject
func.grad(text)(1.0)  # reject
func.value_and_grad(loss, has_aux=True)  # reject
func.value_and_grad(loss)(nn.mlp(2, [1]))[0].data  # reject
func.vjp(loss, 1.0)  # reject
func.vjp(loss, nn.mlp(2, [1]), 1.0)  # reject
func.linearize(loss, nn.neuron(2))  # reject
func.linearize(loss, nn.mlp(2, [1]))[1](1.0)  # reject


def area(sides: tuple[float, float]) -> float:
    return sides[0] * sides[1]


func.hessian(loss)(nn.mlp(2, [1]))  # reject
func.hessian(area)(3.0)  # reject
func.hessian(area)((1.0, 2.0))[0].x  # reject
func.hessian(text)(1.0)  # reject
func.jacobian(area)("a")  # reject
func.jacobian(area)((1.0, 2.0)) + 1.0  # reject
func.jacrev(loss)(nn.neuron(2))  # reject
func.jacfwd("area")  # reject
rows: float = func.jacobian(area)((1.0, 2.0))  # reject
func.hvp(area, (1.0, 2.0), 3.0)  # reject


# Of what a lambda gives, as of what a function gives.


def nets(x: Scalar, one: nn.MLP, other: nn.MLP) -> Scalar:
    return x * loss(one) * loss(other)


net = nn.mlp(2, [1])
func.grad(lambda x: x * x)(3.0).upper()  # reject
func.grad(lambda x, y: x * y, argnums=1)(3.0, 2.0).upper()  # reject
func.grad(lambda x, y: x * y, argnums=(0, 1))(3.0, 2.0).data  # reject
func.grad(lambda x, y, z: x * y * z, argnums=2)(3.0, 2.0, 1.0).upper()  # reject
func.grad(func.grad(lambda x: x * x * x))(3.0).upper()  # reject
func.grad(lambda x: (x * x, "seen"), has_aux=True)(3.0)[0].upper()  # reject
func.value_and_grad(lambda x: x * x)(3.0)[0].upper()  # reject
func.value_and_grad(lambda x, y: x * y, argnums=1)(3.0, 2.0)[1].upper()  # reject
func.hessian(lambda v: v[0] * v[1])((1.0, 2.0))[0].upper()  # reject
func.hessian(lambda x, y: x * y * y, argnums=1)(3.0, 2.0).upper()  # reject
func.jacobian(lambda v: (v[0] * v[1], v[0]))((1.0, 2.0))[0].upper()  # reject
func.grad(nets, argnums=2)(3.0, net, net).weights  # reject
func.grad(nets, argnums=(1, 2))(3.0, net, net).layers  # reject
func.grad(nets, argnums=1)(3.0, 2.0, net)  # reject
func.hessian(nets, argnums=1)(3.0, net, net)  # reject
func.jacobian(nets, argnums=1)(3.0, net, net).upper()  # reject


def cell(carried: Scalar, x: float) -> tuple[Scalar, Scalar]:
    return carried + x, carried


func.scan(cell, 0.0, ["a"])  # reject
func.scan(cell, "a", [1.0])  # reject
func.scan(cell, 0.0)  # reject
func.scan(cell, 0.0, [1.0])[0].upper()  # reject
func.scan(lambda x, _: (2.0 * x, x), 1.0, length=3)[0].upper()  # reject
func.scan(lambda x, _: 2.0 * x, 1.0, length=3)  # reject
func.vmap(area)(3.0)  # reject
func.vmap(area)(["a"])  # reject
func.vmap(area)([(1.0, 2.0)])[0].upper()  # reject
func.custom_derivative(math.gamma, lambda x, y: (y * x,))("a")  # reject
func.custom_derivative(math.gamma, lambda x, y: (y * x,))(1.0, 2.0)  # reject
func.custom_derivative(math.atan2, 3.0)  # reject

# A direction is shaped like its point.
func.jvp(lambda a: a * a, 3.0, "1")  # reject
func.jvp(lambda a, b: a * b, (1.0, 2.0), 1.0)  # reject
func.directional(lambda a: a * a, 3.0, (1.0, 2.0))  # reject
func.hvp(lambda a: a * a, 3.0, "1")  # reject
func.jvp(lambda a: a * a, 3.0, 1.0)[0].data  # reject
func.vjp(lambda a: a * a, 3.0)[0].upper()  # reject
func.jacobian(lambda a: a * a)(3.0)[0]  # reject
