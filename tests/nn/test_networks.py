"""Neurons, layers and networks compute their formulas, and updates give new models."""

import math
import random
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyrsistent import pvector

from microfp import Record, Value, attr, backward, grad, value, values
from microfp.errors import ShapeError
from microfp.nn import (
    ACTIVATIONS,
    MLP,
    ActivationName,
    Layer,
    Neuron,
    apply_gradients,
    forward,
    forward_many,
    layer,
    mlp,
    neuron,
    parameters,
)
from microfp.tree import freeze
from microfp.values import Scalar

numbers = st.floats(-10, 10)
FUNCTIONS: dict[str, Callable[[float], float]] = {
    "relu": lambda a: max(a, 0.0),
    "tanh": math.tanh,
    "sigmoid": lambda a: 1 / (1 + math.exp(-a)),
    "softplus": lambda a: math.log(1 + math.exp(a)),
    "identity": lambda a: a,
    "elu": lambda a: a if a > 0 else math.exp(a) - 1,
    "gelu": lambda a: a * (1 + math.erf(a / math.sqrt(2))) / 2,
    "gelu_tanh": lambda a: a / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (a + 0.044715 * a**3))),
    "hardtanh": lambda a: max(-1.0, min(1.0, a)),
    "leaky_relu": lambda a: a if a > 0 else a / 100,
    "log_sigmoid": lambda a: -math.log(1 + math.exp(-a)) if a > -700 else a,
    "mish": lambda a: a * math.tanh(math.log(1 + math.exp(a))),
    "relu6": lambda a: min(max(a, 0.0), 6.0),
    "selu": lambda a: 1.0507009873554805 * (a if a > 0 else 1.6732632423543772 * (math.exp(a) - 1)),
    "silu": lambda a: a / (1 + math.exp(-a)),
    "softsign": lambda a: a / (1 + abs(a)),
}


def data(model: object) -> list[float]:
    return [p.data for p in parameters(model)]


# Neurons


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(
    rows=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=5),
    bias=numbers,
)
def test_a_neuron_is_the_activation_of_a_weighted_sum(
    name: ActivationName, rows: list[tuple[float, float]], bias: float
) -> None:
    weights, inputs = zip(*rows, strict=True)
    made = neuron(len(rows), weights=weights, bias=bias, activation=name)
    expected = FUNCTIONS[name](math.fsum((bias, *map(math.prod, rows))))
    assert made(inputs).data == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_every_activation_that_has_a_name_is_known_here() -> None:
    assert set(ACTIVATIONS) == set(FUNCTIONS)


def test_an_activation_of_ones_own_is_called_with_the_sum() -> None:
    squared = neuron(2, weights=[1.0, 2.0], bias=3.0, activation=lambda a: a * a)
    assert squared([10.0, 100.0]).data == 213.0**2


def test_the_gradients_of_a_neuron_are_its_inputs_and_its_weights() -> None:
    made = neuron(2, weights=[0.5, -2.0], bias=1.0, activation="identity")
    inputs = [value(3.0), value(5.0)]
    gradients = backward(made(inputs))
    assert [grad(w, gradients) for w in made.weights] == [3.0, 5.0]
    assert [grad(x, gradients) for x in inputs] == [0.5, -2.0]
    assert grad(made.bias, gradients) == 1.0


def test_a_silent_relu_passes_no_gradient() -> None:
    made = neuron(1, weights=[-1.0])
    gradients = backward(made([2.0]))
    assert [grad(p, gradients) for p in parameters(made)] == [0.0, 0.0]


def test_exact_weights_and_a_bias_may_be_values_with_labels() -> None:
    w, b = value(2.0, label="w"), value(1.0, label="b")
    made = neuron(1, weights=[w], bias=b)
    assert parameters(made) == (w, b)


def test_numpy_arrays_will_do_for_weights() -> None:
    made = layer(2, 2, weights=np.eye(2).tolist(), biases=np.array([1.0, 2.0]).tolist())
    assert data(made) == [1.0, 0.0, 1.0, 0.0, 1.0, 2.0]
    assert data(Neuron(weights=pvector(map(value, np.ones(2))), bias=value(0))) == [1.0, 1.0, 0.0]


# Initial weights


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_a_layer_draws_its_weights_neuron_by_neuron(n_in: int, n_out: int, seed: int) -> None:
    draw = random.Random(seed)
    made = layer(n_in, n_out, seed=seed)
    assert [[w.data for w in n.weights] for n in made.neurons] == [
        [draw.uniform(-1, 1) for _ in range(n_in)] for _ in range(n_out)
    ]
    assert [n.bias.data for n in made.neurons] == [0.0] * n_out


@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_a_neuron_is_a_layer_of_one_is_a_network_of_one(n_in: int, seed: int) -> None:
    one = data(neuron(n_in, seed=seed))
    assert one == data(layer(n_in, 1, seed=seed)) == data(mlp(n_in, [1], seed=seed))


def test_making_a_model_leaves_the_global_generator_alone() -> None:
    before = random.getstate()
    mlp(3, [4, 1], seed=5)
    assert random.getstate() == before


def test_seeds_make_the_difference() -> None:
    assert data(mlp(2, [3], seed=1)) == data(mlp(2, [3], seed=1))
    assert data(mlp(2, [3], seed=1)) != data(mlp(2, [3], seed=2))
    assert data(mlp(2, [3])) == data(mlp(2, [3], seed=1337))


def test_the_last_layer_alone_is_linear() -> None:
    made = mlp(2, [3, 4, 2], activation="tanh")
    assert [[n.activation for n in each.neurons] for each in made.layers] == [
        ["tanh"] * 3,
        ["tanh"] * 4,
        ["identity"] * 2,
    ]


def test_widths_may_be_any_sequence() -> None:
    assert data(mlp(2, (3, 1))) == data(mlp(2, pvector([3, 1]))) == data(mlp(2, [3, 1]))


# Forward


def test_a_network_feeds_each_layer_with_the_one_before() -> None:
    made = mlp(2, [3, 2], seed=4)
    first, second = made.layers
    outputs = made([0.5, -0.25])
    assert [y.data for y in outputs] == [y.data for y in second(first([0.5, -0.25]))]


@given(st.lists(numbers, min_size=6, max_size=6), st.tuples(numbers, numbers))
def test_a_network_is_products_of_matrices(weights: list[float], inputs: tuple[float, ...]) -> None:
    hidden = layer(2, 2, weights=[weights[:2], weights[2:4]], biases=[1.0, -1.0])
    last = layer(2, 1, weights=[weights[4:]], activation="identity")
    made = MLP(layers=pvector([hidden, last]))
    between = np.maximum(np.array(weights[:4]).reshape(2, 2) @ inputs + [1.0, -1.0], 0.0)
    assert forward(made, inputs).data == pytest.approx(
        float(between @ weights[4:]), rel=1e-9, abs=1e-9
    )


def test_forward_unwraps_one_output_and_forward_many_never() -> None:
    for made in (neuron(1), layer(1, 1), mlp(1, [1])):
        (only,) = forward_many(made, [2.0])
        assert only.data == forward(made, [2.0]).data
    assert len(forward_many(mlp(1, [3]), [2.0])) == 3


def test_a_model_of_ones_own_may_return_a_value_or_several() -> None:
    class Both(Record):
        w: Value = attr()

        def __call__(self, inputs: Sequence[Scalar]) -> tuple[Value, ...]:
            return tuple(self.w * x for x in inputs)

    made = Both(w=value(3.0))
    assert [y.data for y in forward_many(made, [1, 2.0, value(3.0)])] == [3.0, 6.0, 9.0]
    assert forward(made, [5.0]).data == 15.0
    assert forward(lambda inputs: values.lift(inputs[0]), [7.0]).data == 7.0


def test_inputs_may_be_numbers_of_numpy() -> None:
    made = neuron(2, weights=[1.0, 2.0], bias=0.0)
    row = np.array([3.0, 4.0])
    assert made(list(row)).data == 11.0


def test_a_model_of_two_outputs_is_too_many_for_forward() -> None:
    message = r"^forward: the model must have one output, got 2; use nn.outputs$"
    with pytest.raises(ShapeError, match=message):
        forward(layer(1, 2), [1.0])


# Updates


def test_apply_gradients_moves_each_parameter_against_its_gradient() -> None:
    made = neuron(2, weights=[1.0, -1.0], bias=0.5, activation="identity")
    moved = apply_gradients(made, backward(made([2.0, 3.0])), 0.1)
    assert data(moved) == pytest.approx([1.0 - 0.2, -1.0 - 0.3, 0.5 - 0.1])
    assert data(made) == [1.0, -1.0, 0.5]


def test_a_parameter_that_the_loss_does_not_see_stays() -> None:
    made = layer(1, 2, weights=[[1.0], [2.0]], activation="identity")
    moved = apply_gradients(made, backward(made.neurons[0]([1.0])), 1.0)
    assert data(moved) == [0.0, -1.0, 2.0, 0.0]


def test_an_update_keeps_labels_activations_and_classes() -> None:
    made = neuron(1, weights=[value(1.0, label="w")], bias=value(0.0, label="b"))
    moved = apply_gradients(made, backward(made([1.0])), 0.5)
    assert isinstance(moved, Neuron)
    assert [p.label for p in parameters(moved)] == ["w", "b"]
    assert moved.activation == made.activation


def test_a_rate_of_0_changes_no_number() -> None:
    made = mlp(2, [3, 1])
    assert data(apply_gradients(made, backward(forward(made, [1.0, 2.0])), 0)) == data(made)


def test_updated_parameters_are_leaves_without_a_past() -> None:
    made = mlp(2, [3, 1])
    moved = apply_gradients(made, backward(forward(made, [1.0, 2.0])), 0.1)
    assert {(p.op, p.parents) for p in parameters(moved)} == {("leaf", ())}


# What other libraries keep in a model


@pytest.mark.parametrize("model", [neuron(2), layer(2, 1), mlp(2, [1])])
@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("parameters", r"nn.parameters\(model\) is a function"),
        ("zero_grad", "there is nothing to reset"),
        ("fit", r"trainer.fit\(model, dataset\) is a function"),
    ],
)
def test_what_other_libraries_keep_in_a_model_is_pointed_at(
    model: object, name: str, advice: str
) -> None:
    with pytest.raises(AttributeError, match=f"has no attribute '{name}': .*{advice}"):
        getattr(model, name)


# What is shown


def swish(x: Value) -> Value:
    return x * values.sigmoid(x)


SHOWN: list[tuple[object, str]] = [
    (neuron(2, activation="tanh"), "Neuron(2 -> 1 tanh, 3 parameters)"),
    (layer(3, 2), "Layer(3 -> 2 relu, 8 parameters)"),
    (mlp(2, [16, 16, 1]), "MLP(2 -> 16 relu -> 16 relu -> 1, 337 parameters)"),
    (mlp(1, [1, 2], activation=swish), "MLP(1 -> 1 swish -> 2, 6 parameters)"),
    (mlp(50, [1_000, 1]), "MLP(50 -> 1,000 relu -> 1, 52,001 parameters)"),
    (
        freeze(mlp(2, [16, 16, 1]), lambda m: m.layers[0]),
        ("MLP(2 -> 16 relu -> 16 relu -> 1, 289 parameters)"),
    ),
    (
        Layer(neurons=pvector([neuron(2), neuron(3, activation="tanh")])),
        ("Layer(2/3 -> 2 relu/tanh, 7 parameters)"),
    ),
    (Layer(neurons=pvector()), "Layer(0, 0 parameters)"),
    (MLP(layers=pvector()), "MLP(0 parameters)"),
]


@pytest.mark.parametrize(("model", "line"), SHOWN, ids=[line for _, line in SHOWN])
def test_the_repr_of_a_network_is_its_shape_in_a_line(model: object, line: str) -> None:
    assert repr(model) == line


def test_an_activation_without_a_name_is_shown_by_its_type() -> None:
    assert repr(neuron(1, activation=partial(values.maximum, 0.0))) == (
        "Neuron(1 -> 1 partial, 2 parameters)"
    )


def test_a_record_of_ones_own_shows_its_fields_with_a_network_in_a_line() -> None:
    class Scaled(Record):
        net: MLP = attr()
        scale: Value = attr()

    assert repr(Scaled(net=mlp(2, [1]), scale=value(3.0))) == (
        "Scaled(net=MLP(2 -> 1, 3 parameters), scale=Value(data=3.0))"
    )


# Misuse


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: neuron(2)([1.0]), "neuron: inputs must be 2 numbers, got 1"),
        (lambda: mlp(2, [3, 1])([1.0] * 3), "neuron: inputs must be 2 numbers, got 3"),
        (lambda: neuron(2, weights=[1.0]), "neuron: weights must have length 2, got 1"),
        (lambda: layer(2, 2, biases=[1.0]), "layer: biases must have length 2, got 1"),
        (lambda: layer(2, 2, weights=[[1, 2]]), "layer: weights must have length 2, got 1"),
        (
            lambda: layer(2, 2, weights=[[1, 2], [3]]),
            "layer: weights[1] must have length 2, got 1",
        ),
        (lambda: mlp(2, []), "mlp: widths must name at least one layer, got none"),
    ],
)
def test_what_does_not_fit_is_said(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        make()
    assert str(caught.value) == message


def test_one_input_needs_no_brackets() -> None:
    model = mlp(1, [3, 1], seed=5)
    x = value(0.5)
    assert forward(model, x).data == forward(model, 0.5).data == forward(model, [0.5]).data
    assert forward(model, np.float64(0.5)).data == forward(model, 0.5).data
    assert len(forward_many(layer(1, 3), 2.0)) == 3
    with pytest.raises(ShapeError, match="inputs must be 2 numbers, got 1"):
        forward(mlp(2, [1]), 0.5)
