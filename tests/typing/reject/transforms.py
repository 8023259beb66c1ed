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
