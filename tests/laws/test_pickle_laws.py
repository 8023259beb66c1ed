"""Laws of pickles: what configures a run goes to another process and means the same there.

loads(dumps(c)) = c, and computes the same bits, for every named loss, optimiser, part, schedule
and stage; and so does a finished run.
"""

import pickle
from collections.abc import Callable, Mapping
from inspect import getmembers, isfunction, signature
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import pytest
from pyrsistent import pvector

from microfp import datasets, gpt, losses, nn, optim, schedules, trainer
from microfp.compiler.native.run.trainer import trainer_for
from microfp.compiler.python.step import plan_for
from microfp.compiler.trace.structure import template
from microfp.compiler.trace.update_rules import rules_of
from microfp.gradients import backward, grad
from microfp.losses import Loss, evaluate
from microfp.optim import Descent, Numbers, Optimizer, Slots
from microfp.schedules import Schedule
from microfp.trainer import streams
from microfp.trainer.streams import AnyStage, Stage

DATA = datasets.moons(12, seed=3)
MODEL = nn.mlp(2, [3, 1], seed=5)
CLASSES = datasets.relabel(DATA, (0, 1))
EXAMPLES = {
    "softmax_cross_entropy": CLASSES,
    "poisson": CLASSES,
    "kl_divergence": datasets.dataset(DATA.xs, [((1 + y) / 2, (1 - y) / 2) for y in DATA.ys]),
    "weighted": datasets.dataset(DATA.xs, [(y, 2.0 + y) for y in DATA.ys]),
}
T = TypeVar("T")

LOSSES: Mapping[str, list[Loss]] = {
    "max_margin": [losses.max_margin(), losses.max_margin(alpha=0.0, l1=0.5)],
    "mean_squared_error": [losses.mean_squared_error(l2=0.1), losses.mean_squared_error()],
    "mean_absolute_error": [losses.mean_absolute_error(l2=0.1, l1=0.2)],
    "huber": [losses.huber(delta=0.5, l1=0.1)],
    "binary_cross_entropy": [losses.binary_cross_entropy(l2=0.1)],
    "softmax_cross_entropy": [losses.softmax_cross_entropy(l2=0.1)],
    "quantile": [losses.quantile(q=0.3)],
    "log_cosh": [losses.log_cosh()],
    "poisson": [losses.poisson()],
    "gaussian": [losses.gaussian()],
    "kl_divergence": [losses.kl_divergence(l2=0.1)],
    "focal": [losses.focal(gamma=1.5)],
    "class_weighted": [losses.class_weighted(losses.huber(), {-1.0: 0.5, 1.0: 2.0})],
    "weighted": [losses.weighted(losses.huber(l1=0.1))],
}

SCHEDULES: Mapping[str, Schedule] = {
    "micrograd_decay": schedules.micrograd_decay,
    "constant": schedules.constant(0.1),
    "linear": schedules.linear(0.5, 0.1, 10),
    "cosine": schedules.cosine(0.5, 10, end=0.1),
    "exponential": schedules.exponential(0.5, 0.9),
    "step_decay": schedules.step_decay(0.5, every=3),
    "warm_up": schedules.warm_up(schedules.cosine(0.5, 10), 4),
    "one_cycle": schedules.one_cycle(0.5, 15),
    "cosine_restarts": schedules.cosine_restarts(0.5, 3, growth=2),
    "polynomial": schedules.polynomial(0.5, 0.1, 9, power=2.0),
    "cyclic": schedules.cyclic(0.1, 0.5, 3, 2, shrink=0.5),
    "inverse_sqrt": schedules.inverse_sqrt(0.5, 3),
    "at_least": schedules.at_least(schedules.exponential(0.5, 0.5), 0.1),
    "range_test": schedules.range_test(0.01, 1.0, 9),
    "join": schedules.join([schedules.constant(0.1), schedules.linear(0.5, 0.1, 7)], [6]),
}


def halved(g: float, slots: Slots, p: float, _: object) -> tuple[float, Slots]:
    return 0.5 * g, slots


OPTIMIZERS: Mapping[str, Optimizer] = {
    "from_rule": optim.from_rule("halve", optim.Rule(function=halved)),
    "identity": optim.identity(),
    "chain": optim.chain(optim.clip(1.0), optim.sgd(0.1)),
    "accumulate_gradients": optim.accumulate_gradients(optim.adam(0.1), every=2),
    "masked": optim.masked([True, False, True], optim.momentum(0.1)),
    "scale": optim.scale(-0.1),
    "scale_by_schedule": optim.scale_by_schedule(schedules.cosine(1.0, 9)),
    "scale_by_learning_rate": optim.scale_by_learning_rate(schedules.micrograd_decay),
    "add_decayed_weights": optim.add_decayed_weights(0.1),
    "clip": optim.clip(0.5),
    "clip_by_global_norm": optim.clip_by_global_norm(0.5),
    "trace": optim.trace(0.9, nesterov=True),
    "scale_by_rss": optim.scale_by_rss(),
    "scale_by_rms": optim.scale_by_rms(),
    "scale_by_adam": optim.scale_by_adam(),
    "scale_by_lion": optim.scale_by_lion(),
    "sgd": optim.sgd(schedules.micrograd_decay, weight_decay=0.1),
    "momentum": optim.momentum(0.1),
    "nesterov": optim.nesterov(0.1),
    "adagrad": optim.adagrad(0.1),
    "rmsprop": optim.rmsprop(0.1, momentum=0.5),
    "adam": optim.adam(schedules.constant(0.1)),
    "adamw": optim.adamw(0.1),
    "lion": optim.lion(0.1),
    "nadam": optim.nadam(0.1),
    "radam": optim.radam(0.1),
    "amsgrad": optim.amsgrad(0.1),
    "adamax": optim.adamax(0.1),
    "adadelta": optim.adadelta(0.5),
    "lamb": optim.lamb(0.1),
    "lbfgs": optim.lbfgs(memory=2),
    "scale_by_nadam": optim.scale_by_nadam(),
    "scale_by_radam": optim.scale_by_radam(),
    "scale_by_amsgrad": optim.scale_by_amsgrad(),
    "scale_by_adamax": optim.scale_by_adamax(),
    "scale_by_adadelta": optim.scale_by_adadelta(),
    "scale_by_lbfgs": optim.scale_by_lbfgs(),
    "trust_ratio": optim.trust_ratio(),
    "centralize": optim.centralize(),
    "multi_transform": optim.multi_transform(
        {"a": optim.sgd(0.1), "b": optim.adam(0.1)}, ["a", "b", "a"]
    ),
    "ema": optim.ema(0.5),
    "lookahead": optim.lookahead(optim.adam(0.1), every=2),
    "schedule_free": optim.schedule_free(optim.sgd(0.1)),
    "sam": optim.sam(optim.sgd(0.1)),
    "skip_not_finite": optim.skip_not_finite(optim.adam(0.1)),
    "gradient_noise": optim.gradient_noise(0.1, seed=3),
}

# Stages that show or write what passes are held below.
STAGES: Mapping[str, Stage] = {
    "until_converged": streams.until_converged(tolerance=0.2, patience=2),
    "early_stopping": streams.early_stopping(losses.max_margin(), DATA, patience=2),
    "every": streams.every(3),
}


def again(it: T) -> T:
    """The same, as another process would have it."""
    copy: T = pickle.loads(pickle.dumps(it))
    return copy


def named(module: ModuleType, result: object) -> set[str]:
    """The public functions of a module that are annotated to return something."""
    return {
        name
        for name, function in getmembers(module, isfunction)
        if function.__module__.startswith(module.__name__)
        and not name.startswith("_")
        and signature(function).return_annotation == result
    }


def test_none_that_has_a_name_is_left_out() -> None:
    assert named(losses, Loss) - {"own", "next_token"} == set(LOSSES)
    assert named(schedules, Schedule) == set(SCHEDULES) - {"micrograd_decay"}
    assert named(optim, Optimizer) | named(optim, Descent) == set(OPTIMIZERS) | {"own"}
    writers = {"tee_to_csv", "tee_to_jsonl", "with_progress"}
    assert named(streams, Stage) | named(streams, AnyStage) == set(STAGES) | writers


def bits(numbers: object) -> list[str]:
    assert isinstance(numbers, list | tuple)
    return [number.hex() for number in numbers]


def costs(loss: Loss) -> list[str]:
    """The loss of a small model and its gradients, in every bit."""
    two_outputs = loss.name in ("softmax_cross_entropy", "gaussian", "kl_divergence")
    model = nn.mlp(2, [3, 2], seed=5) if two_outputs else MODEL
    result = evaluate(loss, model, EXAMPLES.get(loss.name.partition("(")[0], DATA))
    table = backward(result.total)
    return bits([result.total.data, *(grad(p, table) for p in nn.parameters(model))])


@pytest.mark.parametrize("loss", [loss for group in LOSSES.values() for loss in group])
def test_a_pickled_loss_is_the_same_loss(loss: Loss) -> None:
    copy = again(loss)
    assert copy == loss
    assert costs(copy) == costs(loss)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_pickled_schedule_is_the_same_schedule(name: str) -> None:
    schedule = SCHEDULES[name]
    copy = again(schedule)
    assert copy == schedule
    assert bits([copy(k) for k in range(20)]) == bits([schedule(k) for k in range(20)])


GRADIENTS = [pvector([0.5 * k, -1.0, 0.25 - k]) for k in range(6)]


def way(optimizer: Optimizer) -> list[list[str]]:
    """The updates that an optimiser makes of some gradients, in every bit."""
    parameters = pvector([1.0, -2.0, 0.5])
    state, updates = optimizer.init(parameters), list[Numbers]()
    for step, gradients in enumerate(GRADIENTS):
        update, state = optimizer.update(gradients, state, parameters, step)
        updates.append(update)
    return [bits(list(update)) for update in updates]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_pickled_optimizer_is_the_same_optimizer(name: str) -> None:
    optimizer = OPTIMIZERS[name]
    copy = again(optimizer)
    assert copy == optimizer
    assert way(copy) == way(optimizer)
    if optimizer.learning_rate is not None and copy.learning_rate is not None:
        assert copy.learning_rate(4) == optimizer.learning_rate(4)


def steps(stage: Stage) -> list[int]:
    states = trainer.train(MODEL, DATA, optimizer=optim.sgd(0.5))
    return [state.step for state in islice(stage(states), 12)]


@pytest.mark.parametrize("name", STAGES)
def test_a_pickled_stage_is_the_same_stage(name: str) -> None:
    stage = STAGES[name]
    assert again(stage) == stage
    assert steps(again(stage)) == steps(stage)


@pytest.mark.parametrize("tee", [streams.tee_to_csv, streams.tee_to_jsonl])
def test_a_pickled_stage_writes_the_same_file(tee: Callable[[Path], Stage], tmp_path: Path) -> None:
    def written(stage: Stage) -> bytes:
        assert steps(stage) == list(range(1, 13))
        content = (tmp_path / "run").read_bytes()
        (tmp_path / "run").unlink()
        return content

    stage = tee(tmp_path / "run")
    assert written(stage) == written(again(stage))


def test_a_pickled_progress_bar_lets_the_same_states_through() -> None:
    assert steps(again(streams.with_progress(12))) == list(range(1, 13))


@pytest.mark.parametrize("backend", ["eager", "python", "native"])
def test_pickled_options_give_the_same_run_and_a_run_can_be_pickled(
    backend: trainer.Backend,
) -> None:
    loss, optimizer = losses.max_margin(alpha=0.01), optim.adam(schedules.cosine(0.1, 5))
    run = trainer.fit(MODEL, DATA, steps=5, loss=loss, optimizer=optimizer, backend=backend)
    options = again(run.options)
    assert options == run.options
    other = trainer.fit(
        again(MODEL),
        again(DATA),
        steps=5,
        loss=again(loss),
        optimizer=again(optimizer),
        backend=backend,
    )
    assert other.history == run.history == again(run).history
    final = [[p.data for p in nn.parameters(r.final_model)] for r in (run, other, again(run))]
    assert final[0] == final[1] == final[2]


def test_a_pickled_loss_of_sequences_is_the_same_loss() -> None:
    start = gpt.prepared(["anna", "nan"], embedding=4, heads=2, context=4)
    loss = losses.next_token()
    both = [evaluate(it, start.model, start.dataset).total.data for it in (loss, again(loss))]
    assert again(loss) == loss
    assert both[0] == both[1]


def test_a_pickled_loss_is_not_compiled_again() -> None:
    loss, model = losses.huber(l1=0.1), template(MODEL)
    assert plan_for(again(loss), model, 2) is plan_for(loss, model, 2)


def test_a_pickled_training_is_not_compiled_again() -> None:
    loss, optimizer, model = losses.max_margin(), optim.adamw(0.1), template(MODEL)
    rules = rules_of(optimizer)
    assert rules == rules_of(again(optimizer)) is not None
    assert trainer_for(again(loss), model, 2, again(rules)) is trainer_for(loss, model, 2, rules)
