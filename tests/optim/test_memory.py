"""What an optimiser remembers is its own: of itself, and of so many parameters."""

from itertools import permutations

import pytest
from pyrsistent import pvector

from microfp import datasets, losses, nn, optim, streams, trainer, tree
from microfp.errors import ShapeError
from microfp.optim import Optimizer, applied_rules, check_memory
from microfp.trainer import Backend

BACKENDS: list[Backend] = ["auto", "eager", "python", "native"]

OPTIMIZERS: list[Optimizer] = [
    optim.momentum(0.1),
    optim.rmsprop(0.1),
    optim.adagrad(0.1),
    optim.adam(0.1),
    optim.lion(0.1),
    optim.sgd(0.1),
    optim.accumulate_gradients(optim.momentum(0.1), every=2),
]

DATA = datasets.moons(8)
MODEL = nn.mlp(2, [2, 1])
LOSS = losses.max_margin()


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_backend_goes_on_from_the_memory_of_another_optimiser(backend: Backend) -> None:
    for mine, other in permutations(OPTIMIZERS, 2):
        state = trainer.initial_state(MODEL, other)
        step = trainer.make_step(LOSS, mine, DATA, backend=backend)
        with pytest.raises(TypeError, match=r"the optimizer state must be .*, got "):
            step(state)
        with pytest.raises(TypeError, match=r"the optimizer state must be .*, got "):
            streams.resume(state, DATA, loss=LOSS, optimizer=mine, backend=backend)
        with pytest.raises(TypeError, match=r"the optimizer state must be .*, got "):
            streams.try_resume(state, DATA, loss=LOSS, optimizer=mine, backend=backend)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("optimizer", [o for o in OPTIMIZERS if o.name != "sgd"])
def test_momenta_never_shift_to_other_parameters(backend: Backend, optimizer: Optimizer) -> None:
    state = trainer.initial_state(MODEL, optimizer)
    frozen = state.set(model=tree.freeze(MODEL, lambda m: m.layers[0]))
    with pytest.raises(ShapeError, match="must be one number per parameter, 3, got 9"):
        trainer.make_step(LOSS, optimizer, DATA, backend=backend)(frozen)
    thawed = trainer.initial_state(frozen.model, optimizer).set(model=MODEL)
    with pytest.raises(ShapeError, match="must be one number per parameter, 9, got 3"):
        trainer.make_step(LOSS, optimizer, DATA, backend=backend)(thawed)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_gradients_are_as_many_as_parameters(optimizer: Optimizer) -> None:
    p = pvector([1.0])
    for gradients in (pvector([1.0, 2.0, 3.0]), pvector([])):
        with pytest.raises(ShapeError, match="gradients must be one number per parameter, 1, got"):
            optimizer.update(gradients, optimizer.init(p), p, 0)


def test_a_part_of_the_parameters_is_remembered_as_a_part() -> None:
    some = optim.masked([True, False, True], optim.momentum(0.1))
    state = some.init(pvector([1.0, 2.0, 3.0]))
    check_memory(some, state, 3)
    with pytest.raises(ShapeError, match="one number per parameter, 2, got 3"):
        check_memory(some, optim.momentum(0.1).init(pvector([1.0, 2.0, 3.0])), 3)
    with pytest.raises(ShapeError, match="where must have one bool per parameter, 4, got 3"):
        check_memory(some, state, 4)


def test_an_optimiser_of_ones_own_remembers_what_it_likes() -> None:
    own = Optimizer("own", init=lambda p: "nothing", update=lambda g, state, p, step: (g, state))
    check_memory(own, "something", 3)
    assert applied_rules(own) is None


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_rules_that_are_told_are_those_that_are_applied(optimizer: Optimizer) -> None:
    for made in (optimizer, optim.chain(optimizer, optimizer), optim.masked([True], optimizer)):
        assert made.rules is not None
        assert applied_rules(made) == made.rules
        assert applied_rules(made._replace(rules=None)) is None
