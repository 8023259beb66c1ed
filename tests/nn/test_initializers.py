"""Initialisers draw from the distributions they are named after, and freezing holds still."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microfp.nn import INITIALIZERS, InitializerName, layer, mlp, neuron, seeds
from microfp.tree import parameters

BOUNDS = {
    "micrograd": lambda n, m: 1.0,
    "glorot": lambda n, m: math.sqrt(6.0 / (n + m)),
    "he": lambda n, m: math.sqrt(6.0 / n),
    "uniform": lambda n, m: 1.0 / math.sqrt(n),
    "zeros": lambda n, m: 0.0,
}


VARIANCES = {
    "glorot_normal": lambda n, m: 2.0 / (n + m),
    "he_normal": lambda n, m: 2.0 / n,
    "normal": lambda n, m: 1.0 / n,
}


def numbers(model: object) -> list[float]:
    return [p.data for p in parameters(model)]


def test_every_initialiser_has_a_bound_here() -> None:
    assert set(BOUNDS) | set(VARIANCES) == set(INITIALIZERS)


@pytest.mark.parametrize("name", VARIANCES)
def test_normal_weights_have_their_variance(name: InitializerName) -> None:
    drawn = layer(100, 200, init=name, seed=5)
    weights = [w.data for neuron in drawn.neurons for w in neuron.weights]
    variance = VARIANCES[name](100, 200)
    assert abs(math.fsum(weights) / len(weights)) <= 0.05 * math.sqrt(variance)
    assert math.fsum(w * w for w in weights) / len(weights) == pytest.approx(variance, rel=0.05)
    fourth = math.fsum(w**4 for w in weights) / len(weights)
    assert fourth == pytest.approx(3.0 * variance**2, rel=0.15)


@pytest.mark.parametrize("name", BOUNDS)
def test_weights_are_uniform_within_their_bounds_and_biases_are_0(name: InitializerName) -> None:
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
    names = ", ".join([*INITIALIZERS, "orthogonal"])
    with pytest.raises(ValueError, match=f"mlp: init must be a function or one of {names}, got"):
        mlp(2, [1], init=init)  # type: ignore[arg-type]  # the mistake


@pytest.mark.parametrize(("n_in", "n_out"), [(6, 4), (4, 6), (5, 5), (1, 1), (40, 40)])
def test_orthogonal_weights_are_at_right_angles_and_have_length_1(n_in: int, n_out: int) -> None:
    drawn = layer(n_in, n_out, init="orthogonal", seed=3)
    rows = [[w.data for w in neuron.weights] for neuron in drawn.neurons]
    short = rows if n_out <= n_in else list(zip(*rows, strict=True))
    for i, a in enumerate(short):
        for j, b in enumerate(short):
            angle = math.fsum(x * y for x, y in zip(a, b, strict=True))
            assert angle == pytest.approx(float(i == j), abs=1e-14)


def test_orthogonal_weights_are_drawn_anew_for_each_layer_and_alike_for_a_seed() -> None:
    first, second, _ = mlp(4, [4, 4, 1], init="orthogonal", seed=9).layers
    assert numbers(first) != numbers(second)
    assert numbers(mlp(4, [4], init="orthogonal", seed=9).layers[0]) == numbers(first)


@given(seed=st.integers(0, 2**32 - 1), few=st.integers(1, 5), more=st.integers(0, 20))
def test_seeds_differ_and_begin_with_those_that_fewer_would_be(
    seed: int, few: int, more: int
) -> None:
    drawn = seeds(seed, few + more)
    assert len(set(drawn)) == few + more
    assert drawn[:few] == seeds(seed, few)
    assert all(0 <= other < 2**32 for other in drawn)


def test_no_seed_draws_other_weights_each_time() -> None:
    assert numbers(mlp(2, [8], seed=None)) != numbers(mlp(2, [8], seed=None))
    assert numbers(layer(2, 8, seed=None)) != numbers(layer(2, 8, seed=None))
    assert numbers(neuron(8, seed=None)) != numbers(neuron(8, seed=None))
    assert seeds(None, 4) != seeds(None, 4)
