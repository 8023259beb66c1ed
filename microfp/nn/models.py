"""What every model can do: compute its outputs, and take a step of gradient descent."""

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Protocol, TypeVar, runtime_checkable

from pyrsistent import PMap

from microfp.base.checks import check_callable, check_non_negative, wrong_kind
from microfp.base.elsewhere.leading import names_home
from microfp.errors import ShapeError
from microfp.func import along
from microfp.gradients import Gradients, grad
from microfp.record import check_several
from microfp.tree import map_parameters, parameters, variables
from microfp.values import Scalar, Value

__all__ = ["Model", "apply_gradients", "forward", "forward_batch", "forward_many", "outputs"]

M = TypeVar("M")


@runtime_checkable
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


@names_home
def forward(model: Model, inputs: Sequence[Scalar] | Scalar) -> Value:
    """Run a model that has one output, and return it.

    Args:
        model: A neuron, a layer, an MLP, or any model of your own.
        inputs: Numbers, or values where their gradients are wanted too; of a model with one input,
            also the number itself.

    Raises:
        ShapeError: If the model has another number of outputs; see `outputs`.

    >>> from microfp.nn import neuron
    >>> forward(neuron(2, weights=[1.0, 2.0]), [3.0, 4.0]).data
    11.0
    >>> forward(neuron(1, weights=[2.0]), 3.0).data
    6.0
    """
    found = outputs(model, inputs)
    if len(found) != 1:
        raise ShapeError(
            f"forward: the model must have one output, got {len(found)}; use nn.outputs"
        )
    return found[0]


@names_home
def forward_batch(model: Model, rows: Iterable[Sequence[Scalar]]) -> tuple[Value, ...]:
    """Run a model that has one output on many examples, and return one output for each.

    Args:
        model: As for `forward`.
        rows: The inputs of the examples, such as the `xs` of a dataset.

    Raises:
        ShapeError: As `forward`.

    >>> from microfp.nn import neuron
    >>> [y.data for y in forward_batch(neuron(1, weights=[2.0]), [[1.0], [3.0]])]
    [2.0, 6.0]
    """
    check_several("forward_batch", "rows", "rows of numbers", rows)
    return tuple(forward(model, row) for row in rows)


@names_home
def outputs(model: Model, inputs: Sequence[Scalar] | Scalar) -> tuple[Value, ...]:
    """Run a model on one example, and return its outputs as a tuple, however many there are.

    Its first name was `forward_many`, which is still there.

    Raises:
        TypeError: If the model cannot be called, or returns something else than Values.

    >>> from microfp.nn import layer
    >>> [y.data for y in outputs(layer(1, 2, weights=[[1.0], [2.0]]), [3.0])]
    [3.0, 6.0]
    """
    check_callable("forward", "model", model, "a model that can be called with inputs")
    row, leaves = _row(inputs), variables(model)
    found = along(leaves, model, row) if leaves else model(row)
    if isinstance(found, Value):
        return (found,)
    check_several("forward", "what the model returns", "a Value, or several", found)
    return tuple(found)


forward_many = outputs
"""The first name of `outputs`."""


def _row(inputs: Sequence[Scalar] | Scalar) -> Sequence[Scalar]:
    """The inputs of a model, also where there is one, and it comes without brackets."""
    if isinstance(inputs, Value | Real):
        return (inputs,)
    return inputs  # type: ignore[return-value]  # a float is real


@names_home
def apply_gradients(model: M, gradients: Gradients, learning_rate: float) -> M:
    """Take one step of gradient descent: p - learning_rate * gradient of p, for each parameter p.

    Args:
        model: Any model.
        gradients: Of the loss, as `backward` gives them.
        learning_rate: The length of the step; finite and at least 0.

    Returns:
        The next model; labels stay, and the model that was given stays as it was.

    Raises:
        ValueError: If none of its parameters stands in the table, which then is that of another
            model: of the one before the last step, or of the one that this is a copy of.

    >>> from microfp import backward
    >>> from microfp.nn import neuron
    >>> n = neuron(1, weights=[3.0], activation="identity")
    >>> apply_gradients(n, backward(n([1.0])), 0.1).weights[0].data
    2.9
    """
    rate = check_non_negative("apply_gradients", "learning_rate", learning_rate)
    _check_own(model, gradients)
    return map_parameters(lambda p: p.data - rate * grad(p, gradients), model)


def _check_own(model: object, gradients: object) -> None:
    """Check that a table knows a parameter of the model, if the model has any."""
    if not isinstance(gradients, PMap) or isinstance(gradients, Value):
        raise wrong_kind(
            "apply_gradients", "gradients", "a table that backward has made", gradients
        )
    own = parameters(model)
    if own and not any(p in gradients for p in own):
        raise ValueError(
            "apply_gradients: gradients must be of a loss of this model, got a table without any "
            "of its parameters; each step, copy or pickle has parameters of its own, so evaluate "
            "the loss of the model that is given"
        )
