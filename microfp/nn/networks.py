"""Neural networks of scalars: a neuron, a layer of neurons, a stack of layers.

>>> from microfp.nn import forward
>>> model = mlp(2, [16, 16, 1], seed=1337)
>>> parameter_count(model)
337
>>> forward(model, [0.5, -0.5]).op
'total'
"""

from collections.abc import Collection, Iterable, Sequence
from functools import reduce
from random import Random

from pyrsistent import PVector, pvector

from microfp import values
from microfp.base.checks import check_count, check_each, check_size, chosen_seed, wrong_kind
from microfp.base.collecting import uncollected
from microfp.base.elsewhere.leading import names_home
from microfp.base.showing import mimebundle
from microfp.errors import ShapeError
from microfp.nn.activations import (
    Activation,
    ActivationName,
    activation_name,
    activation_of,
    check_activation,
)
from microfp.nn.initializers import Initializer, InitializerName, drawing_of
from microfp.nn.results import Outputs
from microfp.record import Record, attr, check_several
from microfp.toolbox import sliding_window
from microfp.tree import leaves, parameter_count
from microfp.values import Scalar, Value, lift, total, value

__all__ = [
    "MLP",
    "Layer",
    "Neuron",
    "activations_of",
    "inputs_of",
    "layer",
    "layers_of",
    "mlp",
    "neuron",
]


class Neuron(Record):
    """A weighted sum of inputs plus a bias, through an activation.

    output = activation(bias + weights[0] * inputs[0] + weights[1] * inputs[1] + ...)

    >>> neuron(2, weights=[1.0, 2.0], bias=0.5)([3.0, 4.0]).data
    11.5
    >>> neuron(2)
    Neuron(2 -> 1 relu, 3 parameters)
    """

    weights: PVector[Value] = attr()
    """One value an input."""
    bias: Value = attr()
    """What is added to the weighted sum."""
    activation: ActivationName | Activation = attr(default="relu")
    """The name of an activation, or a function from a value to a value."""

    def __repr__(self) -> str:
        return _in_a_line(self)

    def _repr_mimebundle_(self, **_asked: object) -> dict[str, str]:
        return mimebundle(self)

    def __call__(self, inputs: Sequence[Scalar]) -> Value:
        """Compute the output for as many inputs as there are weights."""
        return _fire(self, _nodes(inputs))


class Layer(Record):
    """Neurons that see the same inputs.

    >>> [y.data for y in layer(1, 2, weights=[[1.0], [2.0]], biases=[0.0, 1.0])([3.0])]
    [3.0, 7.0]
    """

    neurons: PVector[Neuron] = attr()
    """One an output, each with as many weights as there are inputs."""

    def __repr__(self) -> str:
        return _in_a_line(self)

    def _repr_mimebundle_(self, **_asked: object) -> dict[str, str]:
        return mimebundle(self)

    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        """Compute one output per neuron."""
        nodes = _nodes(inputs)
        return Outputs([neuron(nodes) for neuron in self.neurons])


class MLP(Record):
    """A multi-layer perceptron: layers, each fed with the outputs of the one before.

    >>> mlp(2, [16, 16, 1])
    MLP(2 -> 16 relu -> 16 relu -> 1, 337 parameters)
    >>> [len(l.neurons) for l in mlp(2, [16, 16, 1]).layers]
    [16, 16, 1]
    """

    layers: PVector[Layer] = attr()
    """From the inputs to the outputs."""

    def __repr__(self) -> str:
        return _in_a_line(self)

    def _repr_mimebundle_(self, **_asked: object) -> dict[str, str]:
        return mimebundle(self)

    @names_home
    def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
        """Compute one output per neuron of the last layer."""
        return reduce(lambda signals, layer: layer(signals), self.layers, _nodes(inputs))


def layers_of(model: Neuron | Layer | MLP) -> Sequence[Sequence[Neuron]]:
    """The neurons of a network, layer by layer; a neuron by itself is a layer of one.

    >>> [len(neurons) for neurons in layers_of(mlp(2, [16, 16, 1]))]
    [16, 16, 1]
    """
    if isinstance(model, MLP):
        return [layer.neurons for layer in model.layers]
    return [model.neurons] if isinstance(model, Layer) else [[model]]


def inputs_of(neurons: Iterable[Neuron]) -> str:
    """How many inputs neurons take, in writing; they may differ in a layer of your own.

    >>> inputs_of([neuron(2), neuron(3), neuron(2)])
    '2/3'
    """
    each = check_each("inputs_of", "neurons", neurons, Neuron)
    return "/".join(dict.fromkeys(f"{len(neuron.weights):,}" for neuron in each))


def activations_of(neurons: Iterable[Neuron]) -> str:
    """The names of the activations of neurons, also of those that are functions.

    >>> activations_of([neuron(2), neuron(2, activation=values.tanh)])
    'relu/tanh'
    """
    each = check_each("activations_of", "neurons", neurons, Neuron)
    return "/".join(dict.fromkeys(activation_name(neuron.activation) for neuron in each))


def _in_a_line(model: Neuron | Layer | MLP) -> str:
    """A network as its shape, where a layer without activation is linear.

    All its numbers would fill pages; `parameters` has them.
    """
    layers = layers_of(model)
    widths = filter(None, [*map(inputs_of, layers[:1]), *map(_outputs_of, layers)])
    parts = filter(None, [" -> ".join(widths), f"{parameter_count(model):,} parameters"])
    return f"{type(model).__name__}({', '.join(parts)})"


def _outputs_of(neurons: Sequence[Neuron]) -> str:
    return f"{len(neurons):,} {activations_of(neurons)}".removesuffix(" identity").rstrip()


class _Nodes(tuple[Value, ...]):
    """Inputs that are nodes already: all neurons of a layer are given the same."""

    __slots__ = ()


def _nodes(inputs: Sequence[Scalar]) -> _Nodes:
    if type(inputs) is _Nodes:
        return inputs
    check_several("neuron", "inputs", "a sequence of numbers", inputs)
    return _Nodes([_input(i, x) for i, x in enumerate(inputs)])


def _input(i: int, x: Scalar) -> Value:
    try:
        return lift(x)
    except TypeError:
        wrong = wrong_kind("neuron", f"inputs[{i}]", "a number or a Value", x)
        many = isinstance(x, Iterable) and not isinstance(x, str)
        hint = "; of many examples, nn.forward_batch(model, rows) gives the outputs" if many else ""
        raise TypeError(f"{wrong}{hint}") from None


def _fire(neuron: Neuron, inputs: tuple[Value, ...]) -> Value:
    weights = neuron.weights
    if len(inputs) != len(weights):
        raise ShapeError(f"neuron: inputs must be {len(weights)} numbers, got {len(inputs)}")
    weighted = total((neuron.bias, *map(values.mul, weights, inputs)))
    return activation_of(neuron.activation)(weighted)


@names_home
def neuron(
    n_in: int,
    *,
    activation: ActivationName | Activation = "relu",
    weights: Sequence[Scalar] | None = None,
    bias: Scalar = 0.0,
    init: InitializerName | Initializer = "micrograd",
    seed: int | None = 1337,
) -> Neuron:
    """Make a neuron.

    Args:
        n_in: How many inputs it takes, at least 1.
        activation: A name in `ACTIVATIONS`, or a function from a value to a value.
        weights: Exact initial weights, `n_in` of them; else they are drawn.
        bias: The exact initial bias.
        init: How weights are drawn: a name in `INITIALIZERS`, `"orthogonal"`, or a function.
        seed: What the weights are drawn with; None for other weights each time.

    Raises:
        ShapeError: If there are not `n_in` weights.

    >>> [w.data for w in neuron(2, weights=[0.5, -0.5]).weights]
    [0.5, -0.5]
    """
    check_size("neuron", "n_in", n_in, minimum=1)
    check_activation("neuron", activation)
    random, draw = Random(chosen_seed("neuron", "seed", seed)), drawing_of("neuron", init)
    (row,) = draw(random, n_in, 1) if weights is None else [weights]
    _check_length("neuron", "weights", row, n_in)
    return _neuron(row, bias, activation)


@names_home
def layer(
    n_in: int,
    n_out: int,
    *,
    activation: ActivationName | Activation = "relu",
    weights: Sequence[Sequence[Scalar]] | None = None,
    biases: Sequence[Scalar] | None = None,
    init: InitializerName | Initializer = "micrograd",
    seed: int | None = 1337,
) -> Layer:
    """Make a layer of `n_out` neurons with `n_in` inputs each.

    Args:
        n_in: How many inputs, at least 1.
        n_out: How many neurons, at least 1.
        activation: A name in `ACTIVATIONS`, or a function from a value to a value.
        weights: Exact initial weights, one row of `n_in` per neuron; else they are drawn.
        biases: Exact initial biases, one per neuron; else 0.0.
        init: How weights are drawn: a name in `INITIALIZERS`, `"orthogonal"`, or a function.
        seed: What the weights are drawn with, neuron by neuron; None for others each time. Layers
            of one model need a seed each: see `seeds`.

    Raises:
        ShapeError: If weights or biases are not of these shapes.

    >>> len(layer(2, 3).neurons)
    3
    """
    check_count("layer", "n_in", n_in, minimum=1)
    check_count("layer", "n_out", n_out, minimum=1)
    check_size("layer", "the number of its parameters", (n_in + 1) * n_out)
    check_activation("layer", activation)
    random, draw = Random(chosen_seed("layer", "seed", seed)), drawing_of("layer", init)
    rows = draw(random, n_in, n_out) if weights is None else weights
    starts = [0.0] * n_out if biases is None else biases
    _check_length("layer", "weights", rows, n_out)
    _check_length("layer", "biases", starts, n_out)
    for i, row in enumerate(rows):
        _check_length("layer", f"weights[{i}]", row, n_in)
    return _layer(rows, starts, activation)


@names_home
def mlp(
    n_in: int,
    widths: Sequence[int],
    *,
    activation: ActivationName | Activation = "relu",
    init: InitializerName | Initializer = "micrograd",
    seed: int | None = 1337,
) -> MLP:
    """Make a multi-layer perceptron; its last layer is linear.

    Weights are drawn by `random.Random(seed)`, layer by layer and neuron by neuron, biases are
    0.0: by default the same numbers that micrograd draws after `random.seed(seed)`.

    Args:
        n_in: How many inputs, at least 1.
        widths: How many neurons in each layer, each at least 1.
        activation: Of all layers but the last: a name in `ACTIVATIONS` or a function.
        init: How weights are drawn: a name in `INITIALIZERS`, `"orthogonal"`, or a function.
        seed: What the weights are drawn with; None for other weights each time.

    Raises:
        TypeError: If a width is not an int.
        ValueError: If there is no layer, or one without a neuron or an input.

    >>> parameter_count(mlp(2, [16, 16, 1]))
    337
    """
    check_count("mlp", "n_in", n_in, minimum=1)
    _check_widths(widths)
    shapes = list(sliding_window(2, [n_in, *widths]))
    check_size("mlp", "the number of its parameters", sum((n + 1) * m for n, m in shapes))
    check_activation("mlp", activation)
    random, draw = Random(chosen_seed("mlp", "seed", seed)), drawing_of("mlp", init)
    activations = [activation] * (len(widths) - 1) + ["identity"]
    return MLP(
        layers=pvector(
            _layer(draw(random, n, m), [0.0] * m, activation)
            for (n, m), activation in zip(shapes, activations, strict=True)
        )
    )


@uncollected
def _layer(
    rows: Sequence[Sequence[Scalar]],
    biases: Sequence[Scalar],
    activation: ActivationName | Activation,
) -> Layer:
    return Layer(
        neurons=pvector(
            _neuron(row, bias, activation) for row, bias in zip(rows, biases, strict=True)
        )
    )


def _neuron(row: Sequence[Scalar], bias: Scalar, activation: ActivationName | Activation) -> Neuron:
    return Neuron(weights=_parameters(row), bias=_parameter(bias), activation=activation)


def _parameters(row: Sequence[Scalar]) -> PVector[Value]:
    """The weights of a neuron; those that were drawn are made all at once, for speed."""
    if set(map(type, row)) == {float}:
        return pvector(leaves(row))  # type: ignore[arg-type]  # floats
    return pvector(map(_parameter, row))


def _parameter(initial: Scalar) -> Value:
    return initial if isinstance(initial, Value) else value(initial)


def _check_widths(widths: Sequence[int]) -> None:
    if not isinstance(widths, Collection):
        raise wrong_kind("mlp", "widths", "a sequence of ints", widths)
    for i, width in enumerate(widths):
        check_count("mlp", f"widths[{i}]", width, minimum=1)
    if len(widths) == 0:
        raise ShapeError("mlp: widths must name at least one layer, got none")


def _check_length(where: str, name: str, given: Sequence[object], length: int) -> None:
    if not isinstance(given, Collection):  # numpy's arrays are no sequences, but will do
        raise wrong_kind(where, name, f"a sequence of length {length}", given)
    if len(given) != length:
        raise ShapeError(f"{where}: {name} must have length {length}, got {len(given)}")
