"""A configuration is data that is checked, and becomes the parts that it names."""

import pickle
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import pytest
from pyrsistent import pvector

from microfp import experiments, losses, nn, optim, schedules
from microfp.configurations import (
    LOSSES,
    OPTIMIZERS,
    RATES,
    SCHEDULES,
    Configuration,
    epoch_of,
    l2_of,
    loss_of,
    model_of,
    optimizer_of,
    schedule_of,
    steps_of,
)
from microfp.experiments import LossName
from microfp.nn import ActivationName, InitializerName
from microfp.optim import OptimizerName
from microfp.schedules import ScheduleName


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden": (0,)}, "hidden[0] must be an int >= 1, got 0"),
        ({"hidden": (2, -1)}, "hidden[1] must be an int >= 1, got -1"),
        ({"activation": "step"}, "activation must be one of relu, tanh, sigmoid"),
        ({"loss": "zero_one"}, "loss must be one of auto, binary_cross_entropy"),
        ({"optimizer": "newton"}, "optimizer must be one of sgd, momentum"),
        ({"schedule": "warp"}, "schedule must be one of constant, linear"),
        ({"backend": "gpu"}, "backend must be one of auto, eager, python, native"),
        ({"learning_rate": 0.0}, "learning_rate must be a finite number > 0, got 0.0"),
        ({"learning_rate": float("nan")}, "learning_rate must be a finite number > 0, got nan"),
        ({"warm_up": -1}, "warm_up must be an int >= 0, got -1"),
        ({"l2": -1.0}, "l2 must be a finite number >= 0, got -1.0"),
        ({"steps": -1}, "steps must be an int >= 0, got -1"),
        ({"batch_size": 0}, "batch_size must be an int >= 1, got 0"),
        ({"held_out": 1.0}, "held_out must be a share from 0 to below 1, got 1.0"),
        ({"held_out": -0.1}, "held_out must be a share from 0 to below 1, got -0.1"),
        ({"patience": 0}, "patience must be an int >= 1, got 0"),
        ({"seed": -1}, "seed must be an int from 0 to 4294967295, got -1"),
    ],
)
def test_a_value_out_of_range_is_named_when_made_and_when_changed(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match="Configuration: ") as made:
        Configuration(**change)
    with pytest.raises(ValueError, match="Configuration: ") as changed:
        Configuration().set(**change)
    assert str(made.value) == str(changed.value)
    assert str(made.value).startswith(f"Configuration: {message}")


@pytest.mark.parametrize(
    "change", [{"hidden": [16]}, {"steps": 1.5}, {"standardize": 1}, {"seed": "7"}]
)
def test_a_value_of_the_wrong_kind_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Configuration(**change)


def test_a_configuration_is_data() -> None:
    configuration = Configuration(hidden=(8, 4), loss="huber", seed=3)
    assert pickle.loads(pickle.dumps(configuration)) == configuration
    assert Configuration.create(dict(configuration.items())) == configuration


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_the_one_of_its_name_with_the_penalty(name: LossName) -> None:
    loss = loss_of(Configuration(loss=name, l2=0.5))
    assert loss.name == name
    assert loss.penalty is not None
    assert loss.penalty(nn.neuron(1, weights=[3.0]).weights[0]).data == 4.5
    assert loss_of(Configuration(loss=name, l2=0.0)).penalty is None
    assert callable(getattr(losses, name))


def test_auto_is_no_loss_without_data() -> None:
    with pytest.raises(ValueError, match="loss_of: loss must be one of"):
        loss_of(Configuration())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_is_the_one_of_its_name_with_the_rate(name: OptimizerName) -> None:
    configuration = Configuration(optimizer=name, schedule="constant", learning_rate=0.25)
    made, expected = optimizer_of(configuration), getattr(optim, name)(0.25)
    p, g = pvector([1.0, -2.0]), pvector([0.5, 0.25])
    assert made.update(g, made.init(p), p, 0)[0] == expected.update(g, expected.init(p), p, 0)[0]
    assert schedule_of(configuration.set(learning_rate=None))(7) == RATES[name]


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("steps", [0, 1, 2, 50])
def test_every_schedule_is_a_rate_at_every_step(name: ScheduleName, steps: int) -> None:
    rate = schedule_of(Configuration(schedule=name, steps=steps, learning_rate=0.5))
    assert all(0.0 <= rate(k) <= 0.5 for k in range(steps + 5))
    if steps >= 4 or name != "one_cycle":  # a shorter cycle never comes to its peak
        assert max(rate(k) for k in range(max(steps, 1))) == pytest.approx(0.5)


def test_a_warm_up_comes_first_and_the_schedule_still_ends_with_the_steps() -> None:
    rate = schedule_of(Configuration(schedule="linear", warm_up=4, steps=14, learning_rate=1.0))
    after = schedules.linear(1.0, 0.0, 10)
    assert [rate(k) for k in range(4)] == [0.0, 0.25, 0.5, 0.75]
    assert [rate(k + 4) for k in range(11)] == [after(k) for k in range(11)]


@pytest.mark.parametrize(("activation", "init"), [("relu", "he"), ("tanh", "glorot")])
def test_a_model_has_weights_that_suit_its_activation(
    activation: ActivationName, init: InitializerName
) -> None:
    model = model_of(Configuration(hidden=(3,), activation=activation, seed=5), 2, 4)
    expected = nn.mlp(2, [3, 4], activation=activation, init=init, seed=5)
    assert [p.data for p in nn.parameters(model)] == [p.data for p in nn.parameters(expected)]


def test_a_model_that_is_too_large_is_refused_before_it_is_made() -> None:
    with pytest.raises(ValueError, match="at most 1000000 parameters, not 1000001000001"):
        model_of(Configuration(hidden=(1_000_000,)), 1_000_000 - 1, 1)


@pytest.mark.parametrize(
    ("given", "examples", "steps"),
    [
        ({"steps": 7}, 1000, 7),
        ({"epochs": 3}, 100, 12),
        ({"epochs": 3, "batch_size": None}, 100, 3),
        ({"epochs": 0}, 100, 0),
        ({}, 10, 500),
        ({}, 320, 500),
        ({}, 3200, 50 * 100),
        ({}, 6400, 100 * 200),
        ({}, 64_000, 20 * 2000),
    ],
)
def test_steps_are_those_given_or_whole_epochs(
    given: dict[str, Any], examples: int, steps: int
) -> None:
    configuration = Configuration(**given)
    assert steps_of(configuration, examples) == steps
    assert steps % epoch_of(configuration, examples) == 0 or "steps" in given


def test_the_l2_of_all_examples_together_stays_what_it_is() -> None:
    usual = Configuration()
    counts = (200, 300, 5_000, 10**6)
    assert [n * l2_of(usual, n) for n in counts] == pytest.approx([2.0] * 4)
    assert l2_of(usual, 5) == l2_of(usual, 0) == 0.01
    squared = Configuration(loss="mean_squared_error")
    assert [l2_of(squared, n) for n in counts] == [2.0 * l2_of(usual, n) for n in counts]
    assert [l2_of(usual.set(l2=it), 10) for it in (0.0, 0.5)] == [0.0, 0.5]
    assert loss_of(Configuration(loss="huber")) == loss_of(
        Configuration(loss="huber", l2=l2_of(usual))
    )


def test_steps_and_epochs_are_not_given_together() -> None:
    with pytest.raises(ValueError, match="epochs must be None where steps are given, got 3"):
        Configuration(steps=1, epochs=3)
    with pytest.raises(ValueError, match="epochs must be an int >= 0, got -1"):
        Configuration(epochs=-1)


def test_the_weight_of_the_penalty_has_an_old_name_for_one_version() -> None:
    made: Callable[..., Configuration] = Configuration
    with pytest.warns(DeprecationWarning, match="Configuration: `penalty` is .* write `l2`"):
        old = made(penalty=0.5)
    assert old == Configuration(l2=0.5)
    change: Callable[..., Configuration] = Configuration().set
    for args, named in (((), {"penalty": 0.5}), (("penalty", 0.5), {})):
        with pytest.warns(DeprecationWarning, match="`penalty` is deprecated") as told:
            assert change(*args, **named) == old
        assert told[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="`penalty` is deprecated"):
        assert attrgetter("penalty")(old) == 0.5
    with (
        pytest.warns(DeprecationWarning, match="`penalty` is deprecated"),
        pytest.raises(TypeError, match="`penalty` and `l2` are one argument, got both"),
    ):
        made(penalty=0.5, l2=0.5)
    with pytest.warns(DeprecationWarning, match="`penalty_of` is deprecated, write `l2_of`"):
        assert experiments.penalty_of(old) == 0.5  # type: ignore[deprecated]  # that is meant
