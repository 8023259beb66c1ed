"""What a neuron does with its weighted sum, by name or as a function."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from microfp import values
from microfp.base.checks import wrong_value
from microfp.values import Value

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "ActivationName",
    "activation_name",
    "activation_of",
    "check_activation",
]

Activation: TypeAlias = Callable[[Value], Value]
"""What a neuron does with its weighted sum.

>>> leaky: Activation = lambda a: values.maximum(a, 0.01 * a)
>>> from microfp.nn import neuron
>>> neuron(1, weights=[-1.0], activation=leaky)([2.0]).data
-0.02
"""


ActivationName: TypeAlias = Literal[
    "relu",
    "tanh",
    "sigmoid",
    "softplus",
    "identity",
    "elu",
    "gelu",
    "gelu_tanh",
    "hardtanh",
    "leaky_relu",
    "log_sigmoid",
    "mish",
    "relu6",
    "selu",
    "silu",
    "softsign",
]
"""The name of an activation.

>>> names: list[ActivationName] = ["relu", "tanh"]
"""


ACTIVATIONS: dict[ActivationName, Activation] = {
    "relu": values.relu,
    "tanh": values.tanh,
    "sigmoid": values.sigmoid,
    "softplus": values.softplus,
    "identity": lambda a: a,
    "elu": values.elu,
    "gelu": values.gelu,
    "gelu_tanh": values.gelu_tanh,
    "hardtanh": values.hardtanh,
    "leaky_relu": values.leaky_relu,
    "log_sigmoid": values.log_sigmoid,
    "mish": values.mish,
    "relu6": values.relu6,
    "selu": values.selu,
    "silu": values.silu,
    "softsign": values.softsign,
}
"""The activations that go by a name.

>>> list(ACTIVATIONS)[:5]
['relu', 'tanh', 'sigmoid', 'softplus', 'identity']
"""


def activation_of(activation: ActivationName | Activation) -> Activation:
    """The function of an activation.

    >>> activation_of("relu")(values.value(-2.0)).data
    0.0
    """
    return ACTIVATIONS[activation] if isinstance(activation, str) else activation


def check_activation(where: str, activation: ActivationName | Activation) -> None:
    """Check that an activation is a function, or the name of one.

    Args:
        where: The function that was called.
        activation: What came.

    Raises:
        ValueError: If it is neither.

    >>> from microfp.nn import neuron
    >>> neuron(1, activation="step")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: neuron: activation must be a function or one of relu, tanh, ..., got 'step'
    """
    is_name = isinstance(activation, str) and activation in ACTIVATIONS
    if not callable(activation) and not is_name:
        from microfp.base.elsewhere.names import meant_choice

        names = ", ".join(ACTIVATIONS)
        wrong = wrong_value(where, "activation", f"a function or one of {names}", activation)
        raise ValueError(f"{wrong}{meant_choice(activation, ACTIVATIONS)}")


def activation_name(activation: ActivationName | Activation) -> str:
    """What an activation is called, also one that is a function.

    >>> activation_name("relu"), activation_name(values.tanh)
    ('relu', 'tanh')
    """
    if isinstance(activation, str):
        return activation
    name: str = getattr(activation, "__name__", type(activation).__name__)
    return name
