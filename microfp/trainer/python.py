"""The backend that runs generated Python: a step on plain numbers, in eager's bits.

>>> from microfp import datasets, losses, nn
>>> from microfp.trainer import eager
>>> loss, model, data = losses.max_margin(), nn.mlp(2, [4, 1]), datasets.moons(20)
>>> tuple(gradient(loss, model, data)) == tuple(eager.gradient(loss, model, data))
True
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from pyrsistent import pvector

from microfp.base.memo import remembering
from microfp.compiler.python.step import Plan, measure, plan_for
from microfp.compiler.python.update import Updated, update_for
from microfp.compiler.trace.structure import Template
from microfp.datasets import Dataset
from microfp.errors import TraceError
from microfp.losses import Loss, check_fits, check_targets, share_correct
from microfp.nn import Model
from microfp.optim import Optimizer
from microfp.record import unchecked
from microfp.trainer.backend import Folded, Training, check_begins, check_captured, folded
from microfp.trainer.eager import rate, squares, updated
from microfp.trainer.history import Metrics
from microfp.trainer.state import (
    Given,
    Kind,
    M,
    Stepped,
    TrainState,
    Unbuilt,
    kind_of,
    parameter_numbers,
    template_of,
    unbuilt,
    untrained,
)
from microfp.values import value


class Prepared(NamedTuple):
    """How the steps from all states of one structure are computed."""

    plan: Plan
    """Of the loss and its gradients."""
    kind: Kind
    """Of the models after these steps."""


def prepare(
    loss: Loss, state: TrainState[M], dataset: Dataset, most_nodes: int | None = None
) -> Prepared | TraceError:
    """Find out how steps from a state are computed, or the reason why they cannot be traced.

    Args:
        loss: The loss.
        state: The state, whose model is known to fit.
        dataset: The examples.
        most_nodes: How large the graph of one example may be; None for any size.
    """
    try:
        prepared = _planned(loss, template_of(state), dataset, most_nodes)
        check_captured(prepared.plan.captured, state)
    except TraceError as error:
        return error
    return prepared


def _planned(loss: Loss, template: Template, dataset: Dataset, most_nodes: int | None) -> Prepared:
    plan = plan_for(loss, template, len(dataset.xs[0]), most_nodes, dataset.target_count)
    return Prepared(plan, kind_of(template))


class _Opened(NamedTuple):
    """What single steps are prepared with, and whether all targets have a meaning."""

    prepared: Prepared
    checked: bool


def _open(loss: Loss, template: Template, dataset: Dataset, most_nodes: int | None) -> _Opened:
    prepared = _planned(loss, template, dataset, most_nodes)
    try:
        check_targets(loss, dataset, prepared.plan.score_count)
    except Exception:  # noqa: BLE001 - whatever it is, the step that meets the target raises it
        return _Opened(prepared, checked=False)
    return _Opened(prepared, checked=True)


_opened: Callable[[Loss, Template, Dataset, int | None], _Opened] = remembering(_open)


def attempt(
    training: Training, state: TrainState[M], most_nodes: int | None = None
) -> Stepped[M] | TraceError:
    """Take a step from any state, or say why it cannot be traced."""
    loss, examples = training.loss, training.examples(state.step)
    if unbuilt(state) is None:
        check_fits(loss, state.model, examples)
    try:
        prepared, checked = _opened(loss, template_of(state), training.dataset, most_nodes)
        check_captured(prepared.plan.captured, state)
    except TraceError as error:
        return error
    if not checked:
        check_targets(loss, examples, prepared.plan.score_count)
    return _next(training, prepared, state, examples)


def _next(
    training: Training, prepared: Prepared, state: TrainState[M], examples: Dataset
) -> Stepped[M]:
    """The eager step on plain numbers; the model is built when somebody reads it."""
    numbers = parameter_numbers(state)
    found = measure(prepared.plan, numbers, examples)
    after = _updated(training.optimizer, state, numbers, found.gradients)
    metrics = unchecked(
        Metrics,
        state.step,
        found.total,
        found.data,
        found.penalty,
        share_correct(training.loss, found.scores, examples),
        rate(training.optimizer, state.step),
        math.sqrt(after.squares),
    )
    given = Given(prepared.kind, after.numbers, after.state)
    model = Unbuilt(given, state.step + 1)
    return unchecked(Stepped, state.step + 1, model, after.state, metrics, state.memory_of)


def _updated(
    optimizer: Optimizer, state: TrainState[M], numbers: Sequence[float], slopes: Sequence[float]
) -> Updated:
    """The update by its generated loop, or as eager does it where there is none."""
    update = update_for(optimizer)
    if update is not None:
        return update(numbers, slopes, state.optimizer_state, state.step)
    found, after = updated(optimizer, state, pvector(numbers), pvector(slopes))
    plain = tuple([x if type(x) is float else value(x).data for x in found])
    return Updated(plain, after, squares(slopes))


def stream(training: Training, prepared: Prepared, state: TrainState[M]) -> Iterator[Stepped[M]]:
    """Yield the states after a state that is prepared, one when asked."""
    while True:
        state = _next(training, prepared, state, training.examples(state.step))
        yield state


def check(loss: Loss, model: Model, dataset: Dataset, /) -> None:
    """Check that a training can begin: the model is run on the first example."""
    check_begins(loss, model, dataset)


def step(training: Training, state: TrainState[M], /) -> Stepped[M]:
    """Return the state after one more step.

    Raises:
        TraceError: If loss or model cannot be traced.
    """
    after = attempt(training, state)
    if isinstance(after, TraceError):
        raise after
    return after


def states(training: Training, state: TrainState[M], /) -> Iterator[Stepped[M]]:
    """Yield the states after a state, one when asked; the first one raises as `step` does."""
    prepared = prepare(training.loss, state, training.dataset)
    if isinstance(prepared, TraceError):
        raise prepared
    yield from stream(training, prepared, state)


def fold(training: Training, state: TrainState[M], steps: int, log_every: int, /) -> Folded[M]:
    """Return the state after so many steps, and the metrics that are logged on the way."""
    return folded(training, state, states(training, state), steps, log_every)


def gradient(loss: Loss, model: Model, examples: Dataset, /) -> Sequence[float]:
    """Return the gradient of the loss on a batch, a number a parameter; it raises as `step`."""
    check_fits(loss, model, examples)
    prepared = prepare(loss, untrained(model), examples)
    if isinstance(prepared, TraceError):
        raise prepared
    return prepared_gradient(prepared, model, examples)


def prepared_gradient(prepared: Prepared, model: Model, examples: Dataset) -> Sequence[float]:
    """The gradient of a model whose structure is prepared."""
    return measure(prepared.plan, parameter_numbers(untrained(model)), examples).gradients
