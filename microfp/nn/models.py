"""What every model can do: compute its outputs, and take a step of gradient descent."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from microfp.base.checks import check_callable, check_non_negative
from microfp.base.memo import remembering
from microfp.errors import ShapeError
from microfp.func import along
from microfp.gradients import Gradients, grad
from microfp.record import check_several
from microfp.tree import map_parameters, parameters
from microfp.values import Scalar, Value

__all__ = ["Model", "apply_gradients", "forward", "forward_many"]

M = TypeVar("M")


class Model(Protocol):
    """What can be trained: a record of values that can be called with inputs.

    >>> from microfp import Record, attr, value
    >>> class Scaled(Record):
    ...     scale: Value = attr()
    ...
    ...     def __call__(self, inputs: Sequence[Scalar]) -> Value:
    ...         return self.scale * inputs[0]
    >>> forward(Scaled(scale=value(3.0)), [2.0]).data
    6.0
    """

    def __call__(self, inputs: Sequence[Scalar], /) -> Value | tuple[Value, ...]:
        """Compute the outputs for one example."""
        ...


def forward(model: Model, inputs: Sequence[Scalar]) -> Value:
    """Run a model that has one output, and return it.

    Args:
        model: A neuron, a layer, an MLP, or any model of your own.
        inputs: Numbers, or values where their gradients are wanted too.

    Raises:
        ShapeError: If the model has another number of outputs; see `forward_many`.

    >>> from microfp.nn import neuron
    >>> forward(neuron(2, weights=[1.0, 2.0]), [3.0, 4.0]).data
    11.0
    """
    outputs = forward_many(model, inputs)
    if len(outputs) != 1:
        raise ShapeError(
            f"forward: the model must have one output, got {len(outputs)}; use forward_many"
        )
    return outputs[0]


def forward_many(model: Model, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
    """Run a model, and return its outputs as a tuple, however many there are.

    Raises:
        TypeError: If the model cannot be called, or returns something else than Values.

    >>> from microfp.nn import layer
    >>> [y.data for y in forward_many(layer(1, 2, weights=[[1.0], [2.0]]), [3.0])]
    [3.0, 6.0]
    """
    check_callable("forward", "model", model, "a model that can be called with inputs")
    variables = _variables(model)
    outputs = along(variables, model, inputs) if variables else model(inputs)
    if isinstance(outputs, Value):
        return (outputs,)
    check_several("forward", "what the model returns", "a Value, or several", outputs)
    return tuple(outputs)


_variables: Callable[[object], frozenset[Value]] = remembering(
    lambda model: frozenset(p for p in parameters(model) if type(p) is Value)
)
"""What `backward` can differentiate the outputs of a model along; none while it is traced."""


def apply_gradients(model: M, gradients: Gradients, learning_rate: float) -> M:
    """Take one step of gradient descent: p - learning_rate * gradient of p, for each parameter p.

    Args:
        model: Any model.
        gradients: Of the loss, as `backward` gives them.
        learning_rate: The length of the step; finite and at least 0.

    Returns:
        The next model; labels stay, and the model that was given stays as it was.

    >>> from microfp import backward
    >>> from microfp.nn import neuron
    >>> n = neuron(1, weights=[3.0], activation="identity")
    >>> apply_gradients(n, backward(n([1.0])), 0.1).weights[0].data
    2.9
    """
    rate = check_non_negative("apply_gradients", "learning_rate", learning_rate)
    return map_parameters(lambda p: p.data - rate * grad(p, gradients), model)
