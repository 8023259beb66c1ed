"""What an optimiser remembers is its own: of itself, and of so many parameters."""

import json
from hashlib import sha256
from itertools import permutations

import pytest
from pyrsistent import pvector

from microfp import checkpoint, datasets, losses, nn, optim, streams, trainer, tree, value
from microfp.errors import CheckpointError, ShapeError
from microfp.nn import Model
from microfp.optim import Optimizer, applied_rules, check_memory
from microfp.trainer import Backend, TrainState
from microfp.values import Value
from tests.fuzz.alter import resealed

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


def exchanged(state: TrainState[nn.MLP]) -> TrainState[nn.MLP]:
    """A parameter thawed, and another frozen: there are as many as before."""
    thawed = tree.unfreeze(state.model)
    return state.set(model=tree.freeze(thawed, lambda m: m.layers[1].neurons[0].bias))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_memory_is_of_the_very_parameters_that_are_trained(
    backend: Backend, optimizer: Optimizer
) -> None:
    first = tree.freeze(MODEL, lambda m: m.layers[0].neurons[1].bias)
    states = streams.take(3)(
        trainer.train(first, DATA, loss=LOSS, optimizer=optimizer, backend=backend)
    )
    *_, state = states
    other = exchanged(state)
    assert tree.parameter_count(other.model) == tree.parameter_count(state.model)
    step = trainer.make_step(LOSS, optimizer, DATA, backend=backend)
    if optimizer.name == "sgd":  # which remembers nothing
        assert step(other).step == 4
        return
    expected = r"must be that of the parameters of the model, got that of others: some were frozen"
    for go_on in (streams.resume, streams.try_resume):
        with pytest.raises(ShapeError, match=expected):
            go_on(other, DATA, loss=LOSS, optimizer=optimizer, backend=backend)
    with pytest.raises(ShapeError, match=expected):
        step(other)
    with pytest.raises(CheckpointError, match=expected):
        checkpoint.to_json(other)
    assert step(streams.with_optimizer(other, optimizer)).step == 4
    back = state.set(model=tree.freeze(tree.unfreeze(state.model), first_bias))
    assert step(back).metrics == step(state).metrics


def first_bias(model: nn.MLP) -> Value:
    return model.layers[0].neurons[1].bias


@pytest.mark.parametrize("optimizer", [o for o in OPTIMIZERS if o.name != "sgd"])
def test_files_say_which_parameters_are_remembered_and_older_ones_need_not(
    optimizer: Optimizer,
) -> None:
    state = trainer.initial_state(tree.freeze(MODEL, first_bias), optimizer)
    data = json.loads(checkpoint.to_json(state))
    assert checkpoint.from_json(json.dumps(data)).memory_of == state.memory_of is not None
    fields = data["state"]["TrainState"]
    del fields["memory_of"]
    older = checkpoint.from_json(resealed(data))
    assert older.memory_of is None
    again = next(streams.resume(older, DATA, loss=LOSS, optimizer=optimizer))
    assert again.memory_of == state.memory_of
    fields["memory_of"] = trainer.initial_state(MODEL, optimizer).memory_of
    with pytest.raises(CheckpointError, match="must be that of the parameters of the model"):
        checkpoint.from_json(resealed(data))


def test_which_parameters_are_remembered_is_told_by_places_and_by_nothing_else() -> None:
    momentum = optim.momentum(0.1)

    def told(model: Model) -> str | None:
        return trainer.initial_state(model, momentum).memory_of

    named = tree.map_parameters(lambda p: value(p.data + 1.0, label="w"), MODEL)
    assert told(MODEL) == told(named) == told(nn.mlp(2, [2, 1], activation="tanh", seed=7))
    others = (nn.mlp(1, [2, 1, 1]), nn.mlp(2, [2, 1, 1]), tree.freeze(MODEL, first_bias))
    assert len({told(MODEL), *map(told, others)}) == 4
    lines = b"'weights': [0, 1]\n'bias': [2]"  # as files have it
    assert told(nn.neuron(2)) == sha256(lines).hexdigest()[:16]


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
