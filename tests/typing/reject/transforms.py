"""What a function does not take, its gradient does not take."""

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
