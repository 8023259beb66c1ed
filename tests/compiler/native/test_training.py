"""Tests of training in machine code: the states and metrics of eager, however it is run."""

import math
import subprocess
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from itertools import islice
from textwrap import dedent

import pytest
from pyrsistent import PRecord, pvector

from microfp import (
    Value,
    datasets,
    exp,
    log,
    losses,
    native,
    nn,
    optim,
    relu,
    sin,
    tanh,
    total,
    trainer,
    tree,
    values,
)
from microfp.compiler.native.run import executable
from microfp.compiler.native.run.examples import Examples
from microfp.compiler.native.run.executable import Form
from microfp.compiler.native.run.steps import run_steps
from microfp.compiler.native.run.trainer import Trainer, trainer_for
from microfp.compiler.trace.structure import Template, template
from microfp.compiler.trace.update_rules import rules_of
from microfp.errors import CompileError, DataError, TraceError
from microfp.losses import Loss
from microfp.nn import ACTIVATIONS, ActivationName
from microfp.ops import primitive
from microfp.optim import Numbers, Optimizer
from microfp.record import Record, attr
from microfp.schedules import micrograd_decay
from microfp.trainer import Backend, Run
from microfp.values import lift

FIELDS = ("loss", "data_loss", "penalty", "accuracy", "learning_rate", "gradient_norm")


def close(found: float | None, expected: float | None) -> bool:
    if found is None or expected is None or not math.isfinite(expected):
        return found is expected or str(found) == str(expected)
    return abs(found - expected) <= 1e-12 * abs(expected)


def assert_same_run(found: Run[nn.MLP], expected: Run[nn.MLP]) -> None:
    """Every metric to 1e-12, every parameter to 1e-12 of the largest."""
    assert len(found.history) == len(expected.history)
    for ours, theirs in zip(found.history, expected.history, strict=True):
        assert ours.step == theirs.step
        for field in FIELDS:
            assert close(getattr(ours, field), getattr(theirs, field)), (ours, theirs)
    numbers = [p.data for p in nn.parameters(found.final_model)]
    exact = [p.data for p in nn.parameters(expected.final_model)]
    scale = max(map(abs, exact))
    assert all(abs(a - b) <= 1e-12 * scale for a, b in zip(numbers, exact, strict=True))


def squared(scores: tuple[Value, ...], y: float) -> Value:
    return total((score - y) ** 2 for score in scores)


def hinge_of_sine(scores: tuple[Value, ...], y: float) -> Value:
    return relu(1.0 - y * sin(scores[0])) + exp(-abs(scores[0]))


LOSSES: dict[str, Loss] = {
    "max_margin": losses.max_margin(),
    "max_margin without penalty": losses.max_margin(alpha=0.0),
    "squared": Loss(name="squared", example=squared, penalty=lambda p: 0.01 * abs(p)),
    "logistic": Loss(
        name="logistic",
        example=lambda scores, y: values.softplus(-y * scores[0]),
        penalty=lambda p: 1e-3 * values.softplus(p),
        is_correct=lambda scores, y: scores[0] * y > 0.0,
    ),
    "hinge of a sine": Loss(
        name="hinge of a sine",
        example=hinge_of_sine,
        is_correct=lambda scores, y: (scores[0] >= 0.0) == (y == 1.0),
    ),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_loss_and_activation_trains_as_eager_does(
    loss: Loss, activation: ActivationName
) -> None:
    model, data = nn.mlp(2, [5, 3, 1], activation=activation), datasets.moons(27)
    optimizer = optim.sgd(0.05)

    def run(backend: Backend) -> Run[nn.MLP]:
        return trainer.fit(model, data, steps=6, loss=loss, optimizer=optimizer, backend=backend)

    assert_same_run(run("native"), run("eager"))


def norm_clipped() -> Optimizer:
    """An update that no parameter can make on its own."""

    def update(
        gradients: Numbers, state: object, parameters: Numbers, step: int
    ) -> tuple[Numbers, object]:
        norm = math.sqrt(math.fsum(g * g for g in gradients))
        return pvector([-0.1 * g / max(1.0, norm) for g in gradients]), state

    return Optimizer("clipped", lambda parameters: (), update)


MOMENTUM = optim.momentum(lambda step: 0.1 / (1 + step))

STILL = optim.scale(0.0)

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": optim.sgd(0.1),
    "a schedule": optim.sgd(micrograd_decay),
    "a chain": optim.chain(optim.sgd(0.5), optim.identity(), optim.sgd(lambda k: 0.3 / (k + 1))),
    "momentum": MOMENTUM,
    "momentum in a chain": optim.chain(MOMENTUM, optim.chain(MOMENTUM, optim.sgd(0.1))),
    "nesterov": optim.nesterov(0.05),
    "adagrad": optim.adagrad(0.05),
    "rmsprop": optim.rmsprop(0.01),
    "adam": optim.adam(0.01),
    "adamw": optim.adamw(0.01),
    "lion": optim.lion(0.01),
    "clipped values": optim.chain(optim.clip(0.01), optim.adam(lambda step: 0.1 / (step + 1))),
    "a clipped norm": optim.chain(optim.clip_by_global_norm(0.1), optim.adam(0.01)),
    "a norm clipped before and after": optim.chain(
        optim.clip_by_global_norm(0.2), optim.scale_by_adam(), optim.clip_by_global_norm(0.05)
    ),
    "a norm that is short enough": optim.chain(optim.clip_by_global_norm(1e6), optim.sgd(0.1)),
    "accumulated": optim.accumulate_gradients(optim.adam(0.1), every=2),
    "accumulated, a schedule": optim.accumulate_gradients(
        optim.clip(0.05), optim.sgd(lambda step: 0.1 / (1 + step)), every=4
    ),
    "means alone, then momentum": optim.chain(optim.accumulate_gradients(every=3), MOMENTUM),
    "accumulated under a clipped norm": optim.accumulate_gradients(
        optim.clip_by_global_norm(0.1), MOMENTUM, every=2
    ),
    "masked": optim.chain(
        optim.masked([i % 3 == 0 for i in range(17)], optim.add_decayed_weights(0.1)),
        optim.adam(0.05),
    ),
    "frozen": optim.chain(optim.adam(0.05), optim.masked([i < 12 for i in range(17)], STILL)),
    "masked momentum": optim.masked([i % 2 == 0 for i in range(17)], MOMENTUM, optim.scale(0.5)),
    "masked under a clipped norm": optim.chain(
        optim.masked([i % 2 == 0 for i in range(17)], optim.clip_by_global_norm(0.05)), MOMENTUM
    ),
    "masked and accumulated": optim.accumulate_gradients(
        optim.masked([i < 9 for i in range(17)], optim.adam(0.1)), optim.scale(-0.1), every=2
    ),
    "accumulated and masked": optim.chain(
        optim.masked([i < 9 for i in range(17)], optim.accumulate_gradients(MOMENTUM, every=3)),
        optim.scale(0.2),
    ),
    "no rule": norm_clipped(),
    "no rule in a chain": optim.chain(norm_clipped(), MOMENTUM),
}


@pytest.mark.parametrize("batch_size", [None, 7])
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_every_optimizer_trains_as_eager_does(optimizer: Optimizer, batch_size: int | None) -> None:
    model, data = nn.mlp(2, [4, 1], activation="tanh"), datasets.moons(23)

    def run(backend: Backend) -> Run[nn.MLP]:
        return trainer.fit(
            model, data, steps=9, optimizer=optimizer, batch_size=batch_size, backend=backend
        )

    assert_same_run(run("native"), run("eager"))


def flat(state: object) -> list[float]:
    """All numbers of the state of an optimiser, counts among them."""
    if isinstance(state, int | float):
        return [float(state)]
    fields = state.values() if isinstance(state, Record) else state
    assert isinstance(fields, Iterable)
    return [number for field in fields for number in flat(field)]


def state_after(optimizer: Optimizer, backend: Backend) -> object:
    states = trainer.train(
        nn.mlp(2, [4, 1]), datasets.moons(11), optimizer=optimizer, backend=backend
    )
    return next(islice(states, 6, None)).optimizer_state


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_the_state_of_every_optimizer_is_that_of_eager(optimizer: Optimizer) -> None:
    found, expected = state_after(optimizer, "native"), state_after(optimizer, "eager")
    assert type(found) is type(expected)
    for a, b in zip(flat(found), flat(expected), strict=True):
        assert abs(a - b) <= 1e-12 * max(1.0, abs(b))


def test_every_named_part_is_compiled() -> None:
    model = template(nn.mlp(2, [4, 1]))
    for name, optimizer in OPTIMIZERS.items():
        rules = rules_of(optimizer)
        assert (rules is None) == name.startswith("no rule")
        if rules is not None:
            trainer = trainer_for(losses.max_margin(), model, 2, rules)
            assert trainer.parameters.updated
            assert len(trainer.parameters.reductions) == name.count("norm") + name.count("before")


@pytest.mark.parametrize("n", range(1, 19))
def test_lanes_without_an_example_change_nothing(n: int) -> None:
    points = datasets.moons(18)
    data = datasets.dataset(points.xs[:n], points.ys[:n])

    def run(backend: Backend) -> Run[nn.MLP]:
        return trainer.fit(nn.mlp(2, [3, 1]), data, steps=3, backend=backend)

    assert_same_run(run("native"), run("eager"))


def test_lanes_without_an_example_are_inactive_where_zeros_would_not_be() -> None:
    model, data = nn.mlp(2, [5, 4, 1]), datasets.moons(13)
    loss = Loss(name="above one", example=lambda scores, y: relu(1.0 - scores[0]))
    native_run, eager_run = (
        trainer.fit(model, data, steps=3, loss=loss, backend=it) for it in BOTH
    )
    assert_same_run(native_run, eager_run)


def test_examples_beyond_one_chunk_are_all_summed() -> None:
    model, data = nn.mlp(2, [8, 8, 1]), datasets.moons(1500)

    def run(backend: Backend) -> Run[nn.MLP]:
        return trainer.fit(model, data, steps=2, backend=backend)

    assert_same_run(run("native"), run("python"))


def observed(states: Sequence[trainer.TrainState[nn.MLP]]) -> list[object]:
    return [
        (s.step, s.metrics, s.optimizer_state, [p.data for p in nn.parameters(s.model)])
        for s in states
    ]


@pytest.mark.parametrize("batch_size", [None, 6])
def test_streamed_folded_and_stepped_states_are_bit_identical(batch_size: int | None) -> None:
    model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
    step = trainer.make_step(
        losses.max_margin(), MOMENTUM, data, batch_size=batch_size, backend="native"
    )
    stepped = list(islice(iterated(step, trainer.initial_state(model, MOMENTUM)), 1, 150))
    streamed = list(
        islice(
            trainer.train(model, data, optimizer=MOMENTUM, batch_size=batch_size, backend="native"),
            149,
        )
    )
    folded = trainer.fit(
        model, data, steps=149, optimizer=MOMENTUM, batch_size=batch_size, backend="native"
    )
    assert observed(streamed) == observed(stepped)
    assert [s.metrics for s in streamed] == list(folded.history)
    assert observed(streamed)[-1] == (
        149,
        folded.history[-1],
        streamed[-1].optimizer_state,
        [p.data for p in nn.parameters(folded.final_model)],
    )
    resumed = reduce(lambda state, _: step(state), range(49), streamed[99])
    assert observed([resumed]) == observed(streamed[-1:])


@pytest.mark.parametrize(
    ("penalty", "optimizer"),
    [(lambda p: 1e-4 * log(p * p), optim.sgd(0.05)), (None, optim.adam(0.01, eps=0.0))],
    ids=["a penalty without bound at zero", "zero over zero in an update"],
)
def test_what_becomes_of_the_room_behind_the_parameters_changes_no_bit(
    penalty: Callable[[Value], Value] | None, optimizer: Optimizer
) -> None:
    data, loss = datasets.moons(40), losses.max_margin().set(penalty=penalty)
    layers = nn.mlp(2, [8, 8, 1], activation="tanh")
    count = nn.parameter_count(layers)
    assert count % 2 == 1  # no number of lanes divides it
    model = tree.with_parameters(layers, [0.1 + 0.4 * math.sin(i) ** 2 for i in range(count)])
    step = trainer.make_step(loss, optimizer, data, backend="native")
    stepped = list(islice(iterated(step, trainer.initial_state(model, optimizer)), 1, 7))
    folded = trainer.fit(model, data, steps=6, loss=loss, optimizer=optimizer, backend="native")
    assert list(folded.history) == [s.metrics for s in stepped]
    assert all(math.isfinite(m.loss) for m in folded.history)


def iterated(
    step: trainer.Step, state: trainer.TrainState[nn.MLP]
) -> Iterator[trainer.TrainState[nn.MLP]]:
    while True:
        yield state
        state = step(state)


def test_the_model_of_a_state_is_a_record_of_its_own_type() -> None:
    model = nn.mlp(2, [3, 1])
    state = next(trainer.train(model, datasets.moons(5), backend="native"))
    assert isinstance(state.model, nn.MLP)
    assert isinstance(state.model, PRecord)
    assert all(p.op == "leaf" for p in nn.parameters(state.model))


def test_a_run_of_no_steps_returns_the_model_it_was_given() -> None:
    model = nn.mlp(2, [3, 1])
    run = trainer.fit(model, datasets.moons(5), steps=0, backend="native")
    assert run.final_model is model
    assert len(run.history) == 0


def test_log_every_keeps_the_same_steps_as_eager() -> None:
    model, data = nn.mlp(2, [3, 1]), datasets.moons(10)

    def logged(backend: Backend) -> list[int]:
        run = trainer.fit(model, data, steps=8, log_every=3, backend=backend)
        return [m.step for m in run.history]

    assert logged("native") == logged("eager") == [0, 3, 6, 7]


def test_a_diverging_run_has_nan_in_the_same_steps_as_eager() -> None:
    model, data = nn.mlp(2, [3, 1], activation="identity"), datasets.moons(10)
    loss = LOSSES["squared"]

    def finite(backend: Backend) -> list[tuple[bool, ...]]:
        run = trainer.fit(
            model, data, steps=60, loss=loss, optimizer=optim.sgd(10.0), backend=backend
        )
        return [
            (math.isfinite(m.loss), math.isnan(m.loss), math.isnan(m.gradient_norm))
            for m in run.history
        ]

    found = finite("native")
    assert found == finite("eager")
    assert (False, True, True) in found


def test_numbers_that_might_overflow_are_computed_as_eager_does() -> None:
    data = datasets.moons(21)
    start = [p.data for p in nn.parameters(nn.mlp(2, [3, 2, 1]))]
    model = tree.with_parameters(nn.mlp(2, [3, 2, 1]), [1e12, *start[1:]])
    for steps in (1, 5):
        native_run, eager_run = (trainer.fit(model, data, steps=steps, backend=it) for it in BOTH)
        assert_same_run(native_run, eager_run)


BOTH: tuple[Backend, ...] = ("native", "eager")


def test_numbers_that_become_too_large_on_the_way_start_the_run_anew() -> None:
    model, data = nn.mlp(2, [3, 1], activation="identity"), datasets.moons(10)
    growing = optim.sgd(lambda step: 1e10 if step == 3 else 0.0)
    native_run, eager_run = (
        trainer.fit(model, data, steps=7, loss=LOSSES["squared"], optimizer=growing, backend=it)
        for it in BOTH
    )
    assert max(abs(p.data) for p in nn.parameters(eager_run.final_model)) > 1e9
    assert_same_run(native_run, eager_run)


def test_an_interrupt_while_code_for_large_numbers_is_compiled_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, data = nn.mlp(2, [5, 4, 1]), datasets.moons(21)
    trainer.fit(model, data, steps=1, backend="native")
    numbers = [1e12, *(p.data for p in nn.parameters(model))][:-1]
    large = tree.with_parameters(model, numbers)

    def interrupted(*_args: object, **_named: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(executable, "function_text", interrupted)
        with pytest.raises(KeyboardInterrupt):
            trainer.fit(large, data, steps=3, backend="native")
    native_run, eager_run = (trainer.fit(large, data, steps=3, backend=it) for it in BOTH)
    assert_same_run(native_run, eager_run)


def test_a_predicate_that_branches_is_asked_in_python() -> None:
    loss = Loss(
        name="argmax",
        example=lambda scores, y: total(s * s for s in scores) * y,
        is_correct=lambda scores, y: scores.index(max(scores)) == int(y),
    )
    data = datasets.dataset([[float(i), 1.0] for i in range(11)], [float(i % 3) for i in range(11)])
    model = nn.mlp(2, [4, 3])

    def accuracies(backend: Backend) -> list[float | None]:
        run = trainer.fit(
            model,
            data,
            steps=5,
            loss=loss,
            optimizer=optim.sgd(1e-3),
            batch_size=4,
            backend=backend,
        )
        return [m.accuracy for m in run.history]

    assert accuracies("native") == accuracies("eager")


def test_a_penalty_that_has_closed_over_a_parameter_is_refused() -> None:
    """Its gradient along that parameter is no term of the others' penalties."""
    model = nn.mlp(2, [2, 1])
    own = nn.parameters(model)[0]
    tied = Loss(name="tied", example=squared, penalty=lambda p: 0.1 * (p * own))
    with pytest.raises(TraceError, match="closed over a parameter"):
        trainer.fit(model, datasets.moons(4), steps=1, loss=tied, backend="native")


class CountState(Record):
    count: int = attr()


def test_a_rule_that_only_counts_does_so_on_every_backend() -> None:
    slower = optim.Rule(
        function=lambda g, slots, p, coefficients: (-coefficients[0] * g, slots),
        state=CountState,
        coefficients=lambda count: (0.1 / (count + 1),),
    )
    step_of = {
        backend: trainer.make_step(
            losses.max_margin(),
            optim.from_rule("slower", slower),
            datasets.moons(8),
            backend=backend,
        )
        for backend in ("eager", "python", "native")
    }
    start = trainer.initial_state(nn.mlp(2, [1]), optim.from_rule("slower", slower))
    ends = [reduce(lambda s, _: step(s), range(3), start) for step in step_of.values()]
    assert [end.optimizer_state for end in ends] == [CountState(count=3)] * 3


FORMS: tuple[Form, ...] = ("code", "bytecode")


def test_a_model_trains_as_bytecode_as_it_does_as_code() -> None:
    model, data = nn.mlp(2, [5, 1], activation="tanh"), datasets.moons(21)
    found = [
        trainer_for(losses.max_margin(), template(model), 2, rules_of(optim.sgd(0.1)), form)
        for form in FORMS
    ]
    assert [each.examples.executable.form for each in found] == ["code", "bytecode"]
    assert_same_steps(found, model, data)


def assert_same_steps(found: Sequence[Trainer], model: nn.MLP, data: datasets.Dataset) -> None:
    numbers = [p.data for p in nn.parameters(model)]
    blocks = [
        run_steps(each, Examples(data), [None, [3, 1, 2]], numbers, (), array("d", [-0.1] * 2))
        for each in found
    ]
    for a, b in zip(blocks[0].numbers(2), blocks[1].numbers(2), strict=True):
        assert abs(a - b) <= 1e-12


def test_weights_that_stand_in_two_places_are_one_parameter() -> None:
    shared = values.value(0.3)
    model = nn.layer(2, 2, weights=[[shared, 0.5], [-0.7, shared]], biases=[shared, 0.1])
    loss = LOSSES["squared"]
    data = datasets.moons(9)

    def trained(backend: Backend) -> list[float]:
        run = trainer.fit(
            model, data, steps=4, loss=loss, optimizer=optim.sgd(0.05), backend=backend
        )
        return [p.data for p in tree.parameters(run.final_model)]

    assert trained("native") == pytest.approx(trained("eager"), rel=1e-12)
    assert len(trained("native")) == 4


@pytest.mark.parametrize("width", [4, 40])
@pytest.mark.parametrize("backend", ["python", "native"])
def test_a_frozen_layer_keeps_its_numbers_while_the_others_train(
    backend: Backend, width: int
) -> None:
    model = tree.freeze(nn.mlp(2, [width, 3, 1]), lambda m: m.layers[0])
    data, optimizer = datasets.moons(13), optim.adam(0.05)

    def run(chosen: Backend) -> Run[nn.MLP]:
        return trainer.fit(model, data, steps=5, optimizer=optimizer, backend=chosen)

    found = run(backend)
    assert_same_run(found, run("eager"))
    assert found.final_model.layers[0] == model.layers[0]
    assert nn.parameter_count(found.final_model) == 3 * width + 7


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_model_with_a_wide_frozen_layer_has_loops(place: int) -> None:
    model = tree.freeze(nn.mlp(8, [32, 32, 10]), lambda m: m.layers[place])
    rules = rules_of(optim.sgd(0.1))
    found = trainer_for(losses.softmax_cross_entropy(), template(model), 8, rules)
    assert found.examples.executable.form == "code"


def test_models_frozen_at_other_numbers_are_other_structures() -> None:
    def frozen(weight: float) -> Template:
        return template(tree.freeze(nn.neuron(1, weights=[weight]), lambda m: m.weights))

    assert frozen(1.0) == frozen(1.0)
    assert frozen(1.0) != frozen(-1.0)
    assert frozen(0.0) != frozen(-0.0)


def test_a_parameter_that_is_not_used_keeps_its_gradient_of_zero() -> None:
    idle = losses.max_margin(alpha=0.0).set(example=lambda scores, y: scores[0] * 0.0 + lift(y))
    run = trainer.fit(
        nn.mlp(1, [1]), datasets.dataset([[1.0]], [1.0]), steps=2, loss=idle, backend="native"
    )
    assert [m.gradient_norm for m in run.history] == [0.0, 0.0]


def test_a_bad_target_is_reported_by_the_step_that_meets_it() -> None:
    data = datasets.dataset([[0.0], [1.0], [2.0]], [1.0, -1.0, 3.0])

    def steps_done(backend: Backend) -> int:
        step = trainer.make_step(
            losses.max_margin(), optim.sgd(0.1), data, batch_size=1, backend=backend
        )
        state = trainer.initial_state(nn.mlp(1, [1]), optim.sgd(0.1))
        for done in range(10):
            try:
                state = step(state)
            except DataError:
                return done
        return -1

    assert steps_done("native") == steps_done("eager") >= 0


def test_a_schedule_that_fails_later_fails_when_its_step_is_asked_for() -> None:
    def schedule(step: int) -> float:
        if step == 5:
            raise OSError("no rate")
        return 0.1

    states = trainer.train(
        nn.mlp(2, [1]), datasets.moons(4), optimizer=optim.sgd(schedule), backend="native"
    )
    assert [next(states).step for _ in range(5)] == [1, 2, 3, 4, 5]
    with pytest.raises(OSError, match="no rate"):
        next(states)


def test_a_primitive_of_ones_own_is_named() -> None:
    cube = primitive("cube", lambda a: a * a * a, lambda a, y: (3.0 * a * a,), "{0}^3")
    loss = Loss(name="cubed", example=lambda scores, y: lift(cube(scores[0] - y)))
    with pytest.raises(CompileError, match=r"%\d+ = cube, a primitive of your own"):
        trainer.fit(nn.mlp(2, [1]), datasets.moons(4), loss=loss, steps=1, backend="native")


def test_what_cannot_be_traced_is_reported() -> None:
    loss = Loss(name="peeking", example=lambda s, y: s[0] if s[0].data > 0 else -s[0])
    with pytest.raises(TraceError, match="`data` of a value"):
        trainer.fit(nn.mlp(2, [1]), datasets.moons(4), loss=loss, steps=1, backend="native")


def in_process(code: str) -> str:
    """What a program prints in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=True
    )
    return done.stdout


def test_two_processes_compute_the_same_bits() -> None:
    code = """
        from microfp import datasets, nn, trainer
        run = trainer.fit(nn.mlp(2, [16, 16, 1]), datasets.moons(100), steps=30, backend="native")
        print([m.loss.hex() for m in run.history])
        print([p.data.hex() for p in nn.parameters(run.final_model)])
    """
    assert in_process(code) == in_process(code)


def test_without_llvmlite_the_error_names_the_extra() -> None:
    code = """
        import sys
        sys.modules["llvmlite"] = None
        from microfp import datasets, nn, trainer
        from microfp.errors import CompileError
        model, data = nn.mlp(2, [1]), datasets.moons(4)
        print(trainer.fit(model, data, steps=1).history[0].step)
        try:
            trainer.train(model, data, backend="native")
        except CompileError as error:
            print(error)
    """
    assert in_process(code) == "0\nbackend 'native' needs llvmlite: pip install 'microfp[native]'\n"


def test_an_llvmlite_that_cannot_be_loaded_is_no_traceback_of_its_own() -> None:
    code = """
        import sys
        class Broken:
            def find_spec(self, name, *_):
                if name == "llvmlite":
                    raise OSError("no libllvmlite.so")
        sys.meta_path.insert(0, Broken())
        from microfp import native
        from microfp.errors import CompileError
        try:
            native.value_and_grad(lambda x: x * x, 1.0)
        except CompileError as error:
            print(error)
    """
    expected = "backend 'native' needs llvmlite, which cannot be loaded: no libllvmlite.so\n"
    assert in_process(code) == expected


def test_importing_microfp_loads_no_llvmlite() -> None:
    code = "import sys, microfp, microfp.native; print('llvmlite' in sys.modules)"
    assert in_process(code) == "False\n"


def test_predict_gives_the_scores_of_the_model() -> None:
    model = nn.mlp(2, [6, 3], activation="tanh")
    rows = [[0.1 * i, 1.0 - 0.2 * i] for i in range(19)]
    expected = [[s.data for s in nn.forward_many(model, row)] for row in rows]
    found = native.predict(model, rows)
    assert [list(row) for row in found] == [pytest.approx(row, rel=1e-12) for row in expected]
    assert native.predict(model, []) == ()


def test_gradients_have_the_shape_of_the_argument() -> None:
    nested = native.value_and_grad(lambda v: v[0] * tanh(v[1][0]), (1.0, [2.0, 3.0]))
    found, slope = nested((2.0, [0.0, 1.0]))
    assert found == 0.0
    assert str(slope) == "(0.0, (2.0, 0.0))"
    model = nn.neuron(2, activation="identity")
    _, gradient = native.value_and_grad(lambda m: m([3.0, 4.0]), model)(model)
    assert [p.data for p in nn.parameters(gradient)] == [3.0, 4.0, 1.0]
