"""Initialisers draw from the distributions they are named after, and freezing holds still."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp import nn, optim, trainer, tree, value
from microfp.datasets import moons
from microfp.errors import ShapeError
from microfp.nn import INITIALIZERS, MLP, Neuron, layer, mlp, neuron
from microfp.optim import chain, masked
from microfp.toolbox import last, take
from microfp.tree import freeze, mask, parameter_count, parameters, unfreeze

BOUNDS = {
    "micrograd": lambda n, m: 1.0,
    "glorot": lambda n, m: math.sqrt(6.0 / (n + m)),
    "he": lambda n, m: math.sqrt(6.0 / n),
    "uniform": lambda n, m: 1.0 / math.sqrt(n),
    "zeros": lambda n, m: 0.0,
}


def numbers(model: object) -> list[float]:
    return [p.data for p in parameters(model)]


def test_every_initialiser_has_a_bound_here() -> None:
    assert set(BOUNDS) == set(INITIALIZERS)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_weights_are_uniform_within_their_bounds_and_biases_are_0(name: str) -> None:
    n, m = 30, 70
    drawn = layer(n, m, init=name, seed=5)
    weights = [w.data for neuron in drawn.neurons for w in neuron.weights]
    bound = BOUNDS[name](n, m)
    assert max(map(abs, weights)) <= bound
    mean = math.fsum(weights) / len(weights)
    variance = math.fsum(w * w for w in weights) / len(weights)
    assert abs(mean) <= 0.05 * bound
    assert variance == pytest.approx(bound**2 / 3.0, rel=0.05)
    assert {neuron.bias.data for neuron in drawn.neurons} == {0.0}


@given(seed=st.integers(0, 2**32 - 1))
def test_the_default_draws_micrograds_numbers(seed: int) -> None:
    random = Random(seed)
    expected = [random.uniform(-1.0, 1.0) for _ in range(2 * 3)]
    assert [w.data for n in layer(2, 3, seed=seed).neurons for w in n.weights] == expected


def test_an_own_initialiser_is_told_the_widths() -> None:
    model = mlp(2, [3, 1], init=lambda random, n_in, n_out: 10.0 * n_in + n_out)
    weights = [[w.data for n in layer.neurons for w in n.weights] for layer in model.layers]
    assert weights == [[23.0] * 6, [31.0] * 3]
    assert neuron(4, init="zeros").weights[0].data == 0.0


def test_the_same_seed_draws_the_same_weights() -> None:
    for name in INITIALIZERS:
        assert numbers(mlp(3, [4, 2], init=name, seed=9)) == numbers(
            mlp(3, [4, 2], init=name, seed=9)
        )


@pytest.mark.parametrize("init", ["xavier", 3])
def test_an_unknown_initialiser_is_refused(init: str) -> None:
    names = "micrograd, glorot, he, uniform, zeros"
    with pytest.raises(ValueError, match=f"mlp: init must be a function or one of {names}, got"):
        mlp(2, [1], init=init)


# Freezing and masks


def biases(model: MLP) -> object:
    return tuple(neuron.bias for layer in model.layers for neuron in layer.neurons)


def trained(model: MLP, **options: optim.Optimizer) -> MLP:
    return last(take(3, trainer.train(model, moons(8), **options))).model  # type: ignore[arg-type]  # an optimizer


def test_frozen_parameters_keep_their_numbers_and_the_others_move() -> None:
    model = mlp(2, [3, 1])
    frozen = freeze(model, lambda m: m.layers[0])
    after = trained(frozen)
    assert numbers(unfreeze(after).layers[0]) == numbers(model.layers[0])
    assert numbers(after.layers[1]) != numbers(model.layers[1])


def test_a_frozen_model_computes_what_it_computed() -> None:
    model = mlp(2, [3, 1])
    frozen = freeze(model)
    assert nn.forward(frozen, [0.3, -0.4]).data == nn.forward(model, [0.3, -0.4]).data
    assert parameter_count(frozen) == 0


def test_unfreeze_gives_the_model_back() -> None:
    model = mlp(2, [3, 1])
    assert unfreeze(freeze(model)) == model
    assert unfreeze(freeze(model, biases), biases) == model
    half = unfreeze(freeze(model), lambda m: m.layers[0])
    assert parameter_count(half) == parameter_count(model.layers[0])


def test_freezing_twice_is_freezing_once() -> None:
    model = mlp(2, [3, 1])
    once = freeze(model, lambda m: m.layers[0])
    assert freeze(once, lambda m: m.layers[0]) == once


def test_a_tied_parameter_is_frozen_wherever_it_stands() -> None:
    tied = value(0.5)
    model = neuron(2, weights=[tied, tied])
    frozen = freeze(model, lambda m: m.weights[0])
    assert parameter_count(frozen) == 1
    assert frozen.weights[0] is frozen.weights[1]


def test_a_mask_marks_the_parameters_that_it_points_at() -> None:
    model = mlp(2, [3, 1])
    assert mask(model, lambda m: m) == (True,) * parameter_count(model)
    marked = [p for p, chosen in zip(parameters(model), mask(model, biases), strict=True) if chosen]
    assert marked == list(parameters(biases(model)))


def test_weights_may_decay_without_biases() -> None:
    model = mlp(2, [2, 1])
    weights = tuple(not chosen for chosen in mask(model, biases))
    decay = chain(optim.scale(0.0), masked(weights, optim.add_decayed_weights(0.5)), optim.sgd(1.0))
    after = trained(model, optimizer=decay)
    expected = [n * 0.5**3 if w else n for n, w in zip(numbers(model), weights, strict=True)]
    assert numbers(after) == pytest.approx(expected, rel=1e-15)


@pytest.mark.parametrize("function", [mask, freeze, unfreeze])
def test_what_points_at_nothing_of_the_model_is_refused(function: type) -> None:
    name = function.__name__
    model: Neuron = neuron(2)
    with pytest.raises(ShapeError, match=f"{name}: where must point at values of the model, got n"):
        tree.__dict__[name](model, lambda m: m.activation)
    with pytest.raises(ShapeError, match=f"{name}: where must point at values of the model, got o"):
        tree.__dict__[name](model, lambda m: value(1.0))
