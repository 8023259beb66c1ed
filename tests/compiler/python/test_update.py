"""Tests of updates as generated loops: the bits of the optimiser that they stand for."""

import math

import pytest
from pyrsistent import pvector

from microfp import optim
from microfp.compiler.python.update import update_for
from microfp.optim import Optimizer

PLAIN = (
    optim.sgd(0.1),
    optim.sgd(lambda step: 0.1 / (step + 1)),
    optim.momentum(0.1, momentum=0.9),
    optim.nesterov(0.1, momentum=0.9),
    optim.adagrad(0.1),
    optim.rmsprop(0.1),
    optim.adam(0.1),
    optim.adamw(0.1),
    optim.lion(0.1),
    optim.chain(optim.clip(0.5), optim.add_decayed_weights(0.1), optim.sgd(0.1)),
)
OTHERS = (
    optim.chain(optim.clip_by_global_norm(1.0), optim.sgd(0.1)),
    optim.masked([True, False, True], optim.sgd(0.1)),
    optim.accumulate_gradients(optim.sgd(0.1), every=2),
)
NUMBERS = (1.5, -0.25, 0.0)
GRADIENTS = ((0.3, -2.0, 0.0), (-0.1, 7.0, 1e-300), (math.inf, 0.5, -0.0))


@pytest.mark.parametrize("optimizer", PLAIN, ids=[it.name for it in PLAIN])
def test_the_loop_gives_the_bits_and_the_state_of_the_optimizer(optimizer: Optimizer) -> None:
    loop = update_for(optimizer)
    assert loop is not None
    numbers: tuple[float, ...] = NUMBERS
    state = optimizer.init(pvector(NUMBERS))
    for step, gradients in enumerate(GRADIENTS):
        updates, expected = optimizer.update(pvector(gradients), state, pvector(numbers), step)
        found = loop(numbers, gradients, state, step)
        moved = [n + u for n, u in zip(numbers, updates, strict=True)]
        assert [n.hex() for n in found.numbers] == [n.hex() for n in moved]
        assert repr(found.state) == repr(expected)
        numbers, state = found.numbers, found.state


@pytest.mark.parametrize("optimizer", OTHERS, ids=[it.name for it in OTHERS])
def test_what_is_more_than_rules_for_each_parameter_has_no_loop(optimizer: Optimizer) -> None:
    assert update_for(optimizer) is None


def test_a_rule_that_looks_at_numbers_has_no_loop() -> None:
    def halved_if_large(g, slots, p, coefficients):  # type: ignore[no-untyped-def]  # a rule is any function
        return (0.5 * g if g > 1.0 else g), slots

    peeking = optim.from_rule("peeking", optim.Rule(function=halved_if_large))
    assert update_for(peeking) is None
