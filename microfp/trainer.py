"""Training: a pure function from one state to the next, folded, or streamed.

>>> from microfp import datasets, nn, toolbox
>>> model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
>>> states = train(model, data)
>>> [state.metrics.step for state in toolbox.take(3, states)]
[0, 1, 2]
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Generic, Literal, NamedTuple, Protocol, TypeAlias, TypeVar, get_args

from pyrsistent import PMap, PVector, pmap, pvector

from microfp.checks import check_count, check_kind, check_seed, wrong_value
from microfp.datasets import Dataset, batch
from microfp.errors import ShapeError, TraceError
from microfp.gradients import Gradients, backward, grad
from microfp.losses import (
    Evaluation,
    Loss,
    check_fits,
    check_targets,
    evaluate,
    evaluate_with,
    max_margin,
    share_correct,
)
from microfp.native.engine import bindings
from microfp.native.stepping import MOST_NODES, Plan, measure, plan_for
from microfp.native.stream import Steps, Stream, ahead, open_stream
from microfp.native.structure import Template
from microfp.native.structure import template as template_of
from microfp.nn import Model, apply_gradients
from microfp.ops import total
from microfp.optim import Numbers, Optimizer, sgd
from microfp.preparation import batch_numbers
from microfp.record import Deferred, Record, attr, pending
from microfp.schedules import micrograd_decay
from microfp.toolbox import iterate, pipe, take
from microfp.tree import parameters, remembering, with_parameters
from microfp.values import Value, value

M = TypeVar("M", bound=Model)

Backend: TypeAlias = Literal["auto", "eager", "python", "native"]
"""How a step is computed, never what it means.

`"eager"` walks the graph; `"python"` runs Python source that is generated from it, and gives the
same bits; `"native"` runs machine code; `"auto"` is `"python"` where loss and model can be traced
and `"eager"` where not.

>>> from microfp import datasets, nn
>>> backends: list[Backend] = ["eager", "python"]
>>> runs = [fit(nn.mlp(2, [1]), datasets.moons(4), steps=2, backend=it) for it in backends]
>>> runs[0].final_loss == runs[1].final_loss
True
"""


class Metrics(Record):
    """What was measured in one step, before its update.

    Attributes:
        step: The number of the step, from 0.
        loss: The total loss: data loss plus penalty.
        data_loss: The mean loss of the examples.
        penalty: The sum of the penalties of the parameters.
        accuracy: The share of examples predicted rightly, from 0 to 1, or None.
        learning_rate: The rate of the update that followed, or None.
        gradient_norm: The Euclidean norm of the gradient.

    >>> from microfp import datasets, nn
    >>> fit(nn.mlp(2, [1]), datasets.moons(4), steps=1).history[0].learning_rate
    1.0
    """

    step: int = attr()
    loss: float = attr()
    data_loss: float = attr()
    penalty: float = attr()
    accuracy: float | None = attr()
    learning_rate: float | None = attr()
    gradient_norm: float = attr()


class TrainState(Record, Generic[M]):
    """Where a training is: all that the next step depends on, and what the last one measured.

    Attributes:
        step: How many steps have been done.
        model: The model after them.
        optimizer_state: What the optimiser remembers.
        metrics: Of the last step; None before the first.

    >>> from microfp import nn
    >>> initial_state(nn.mlp(2, [1]), sgd(0.1))
    TrainState(step=0)
    """

    step: int = attr()
    model: M = attr(deferrable=True)
    optimizer_state: object = attr(deferrable=True)
    metrics: Metrics | None = attr()

    def __repr__(self) -> str:
        """Show the step and the last loss; a model would fill pages."""
        loss = "" if self.metrics is None else f", loss={self.metrics.loss!r}"
        return f"TrainState(step={self.step}{loss})"


class Differentiated(Record, Generic[M]):
    """An evaluation with the gradients of its total.

    Attributes:
        evaluation: What a loss says of a model and a dataset.
        gradients: The derivatives of its total, one entry a node.

    >>> from microfp import datasets, nn
    >>> evaluation = evaluate(max_margin(), nn.mlp(2, [1]), datasets.moons(4))
    >>> differentiate(evaluation).gradients[evaluation.total]
    1.0
    """

    evaluation: Evaluation[M] = attr()
    gradients: Gradients = attr()


class Run(Record, Generic[M]):
    """A finished training.

    Attributes:
        initial_model: The model before the first step.
        final_model: The model after the last one.
        history: The metrics of the steps that were logged, the last step always among them.
        final_loss: The loss of the last step, measured before its update; with mini-batches, that
            of its batch alone. `losses.evaluate` measures the final model on all examples.
        final_accuracy: The accuracy of the last step, on the same examples, or None.
        options: What the run was asked for, by name.

    >>> from microfp import datasets, nn
    >>> fit(nn.mlp(2, [1]), datasets.moons(4), steps=5, log_every=2).options["steps"]
    5
    """

    initial_model: M = attr()
    final_model: M = attr(deferrable=True)
    history: PVector[Metrics] = attr()
    final_loss: float = attr()
    final_accuracy: float | None = attr()
    options: PMap[str, object] = attr()

    def __repr__(self) -> str:
        """Show how it ended; two models and a history would fill pages."""
        end = f"final_loss={self.final_loss!r}, final_accuracy={self.final_accuracy!r}"
        return f"Run(steps={self.options.get('steps')!r}, {end})"

    def _repr_mimebundle_(self, **_asked: object) -> dict[str, str]:
        from microfp.display import run_bundle

        return run_bundle(self)


class Step(Protocol):
    """A pure function from one state of a training to the next.

    >>> from microfp import datasets, nn
    >>> step = make_step(max_margin(), sgd(0.1), datasets.moons(4))
    >>> step(initial_state(nn.mlp(2, [1]), sgd(0.1))).step
    1
    """

    def __call__(self, state: TrainState[M], /) -> TrainState[M]:
        """Return the state after one more step."""
        ...


def initial_state(model: M, optimizer: Optimizer) -> TrainState[M]:
    """Return the state before the first step.

    Raises:
        ShapeError: If the model has no parameters.

    >>> from microfp import nn
    >>> initial_state(nn.mlp(2, [1]), sgd(0.1)).metrics is None
    True
    """
    numbers = pvector(_numbers(model))
    if not numbers:
        raise ShapeError(f"train: the model must have parameters, got {model!r:.80}")
    return TrainState(step=0, model=model, optimizer_state=optimizer.init(numbers), metrics=None)


_numbers: Callable[[object], tuple[float, ...]] = remembering(
    lambda model: tuple([p.data for p in parameters(model)])
)


def differentiate(evaluation: Evaluation[M]) -> Differentiated[M]:
    """Add the gradients to an evaluation: a piece of a pipeline.

    >>> from microfp import datasets, nn
    >>> evaluation = evaluate(max_margin(), nn.mlp(2, [1]), datasets.moons(4))
    >>> len(differentiate(evaluation).gradients) > 3
    True
    """
    return Differentiated(evaluation=evaluation, gradients=backward(evaluation.total))


def descend(learning_rate: float) -> Callable[[Differentiated[M]], M]:
    """Take one step of plain gradient descent: the last piece of a pipeline of models.

    >>> from microfp import datasets, nn
    >>> from microfp.losses import evaluate_with
    >>> model, data = nn.mlp(2, [1]), datasets.moons(4)
    >>> better = pipe(model, evaluate_with(max_margin(), data), differentiate, descend(0.1))
    >>> type(better).__name__
    'MLP'
    """
    return lambda it: apply_gradients(it.evaluation.model, it.gradients, learning_rate)


def advance(
    optimizer: Optimizer, state: TrainState[M]
) -> Callable[[Differentiated[M]], TrainState[M]]:
    """Update the model of a state by an optimiser: the last piece of a pipeline of states.

    >>> from microfp import datasets, nn
    >>> from microfp.losses import evaluate_with
    >>> data, optimizer = datasets.moons(4), sgd(0.1)
    >>> state = initial_state(nn.mlp(2, [1]), optimizer)
    >>> pipe(
    ...     state.model,
    ...     evaluate_with(max_margin(), data),
    ...     differentiate,
    ...     advance(optimizer, state),
    ... ).step
    1
    """
    return lambda it: _advanced(optimizer, state, it)


def _advanced(optimizer: Optimizer, state: TrainState[M], it: Differentiated[M]) -> TrainState[M]:
    leaves = parameters(state.model)
    numbers = pvector([p.data for p in leaves])
    slopes = pvector([grad(p, it.gradients) for p in leaves])
    moved, after = _updated(optimizer, state, numbers, slopes)
    return TrainState(
        step=state.step + 1,
        model=with_parameters(state.model, moved),
        optimizer_state=after,
        metrics=_measured(it.evaluation, slopes, optimizer, state.step),
    )


def _updated(
    optimizer: Optimizer, state: TrainState[M], numbers: Numbers, slopes: Numbers
) -> tuple[list[float], object]:
    updates, after = optimizer.update(slopes, state.optimizer_state, numbers, state.step)
    return [number + update for number, update in zip(numbers, updates, strict=True)], after


def _measured(
    evaluation: Evaluation[M], slopes: Sequence[float], optimizer: Optimizer, step: int
) -> Metrics:
    return Metrics(
        step=step,
        loss=evaluation.total.data,
        data_loss=evaluation.data.data,
        penalty=evaluation.penalty.data,
        accuracy=evaluation.accuracy,
        learning_rate=_rate(optimizer, step),
        gradient_norm=_norm(slopes),
    )


def _rate(optimizer: Optimizer, step: int) -> float | None:
    rate = optimizer.learning_rate
    return None if rate is None else rate(step)


def _norm(slopes: Sequence[float]) -> float:
    return math.sqrt(total.forward(*[slope * slope for slope in slopes]))


def make_step(
    loss: Loss,
    optimizer: Optimizer,
    dataset: Dataset,
    *,
    batch_size: int | None = None,
    seed: int = 1337,
    backend: Backend = "auto",
) -> Step:
    """Make the function that training folds: evaluate, differentiate, update.

    Args:
        loss: What is to be made small.
        optimizer: How.
        dataset: The examples.
        batch_size: How many examples a step sees, at least 1; None, or more than there are, for
            all of them. See `batch`.
        seed: What the batches are drawn with.
        backend: How the step is computed; see `Backend`.

    Returns:
        A pure function from a state to the next state.

    Raises:
        CompileError: If a backend is asked for that is not there. The step raises a `TraceError`
            if it was asked for and loss or model cannot be traced.

    >>> from functools import reduce
    >>> from microfp import datasets, nn
    >>> data, optimizer = datasets.moons(20), sgd(0.1)
    >>> step = make_step(max_margin(), optimizer, data)
    >>> start = initial_state(nn.mlp(2, [4, 1]), optimizer)
    >>> reduce(lambda state, _: step(state), range(3), start).step
    3
    """
    check_kind("train", "loss", loss, Loss)
    check_kind("train", "optimizer", optimizer, Optimizer)
    check_kind("train", "dataset", dataset, Dataset)
    size = None if batch_size is None else check_count("train", "batch_size", batch_size, minimum=1)
    check_seed("train", "seed", seed)
    _check_backend(backend)
    if backend == "native":
        return _native_step(loss, optimizer, dataset, size, seed)

    def step(state: TrainState[M], /) -> TrainState[M]:
        examples = batch(dataset, size, seed=seed, step=state.step)
        most_nodes = MOST_NODES if backend == "auto" else None
        flat = None if backend == "eager" else _flattened(loss, state, examples, most_nodes)
        if isinstance(flat, TraceError) and backend != "auto":
            raise flat
        if flat is None or isinstance(flat, TraceError):
            return _eager_step(loss, optimizer, examples, state)
        return _python_step(loss, optimizer, examples, state, flat)

    return step


def _check_backend(backend: str) -> None:
    if backend not in get_args(Backend):
        raise wrong_value("train", "backend", f"one of {', '.join(get_args(Backend))}", backend)
    if backend == "native":
        bindings()


def chosen_backend(
    model: Model,
    dataset: Dataset,
    *,
    loss: Loss = max_margin(alpha=1e-4),
    backend: Backend = "auto",
) -> Backend:
    """Say which backend computes the steps: what `"auto"` stands for.

    >>> from microfp import datasets, nn
    >>> chosen_backend(nn.mlp(2, [1]), datasets.moons(4))
    'python'
    """
    if backend != "auto":
        return backend
    state: TrainState[Model] = TrainState.unchecked(0, model, (), None)
    return (
        "eager"
        if isinstance(_flattened(loss, state, dataset, MOST_NODES), TraceError)
        else "python"
    )


def _eager_step(
    loss: Loss, optimizer: Optimizer, examples: Dataset, state: TrainState[M]
) -> TrainState[M]:
    return pipe(
        state.model,
        evaluate_with(loss, examples),
        differentiate,
        advance(optimizer, state),
    )


class _Moved(Record):
    """A model that has not been built: a model of its structure, and its numbers."""

    template: Template = attr()
    numbers: tuple[float, ...] = attr(deferrable=True)

    def __call__(self) -> object:
        return with_parameters(self.template.model, self.numbers)


class _Flat(NamedTuple):
    """What a compiled step needs to know of a state: how to compute it, and from what."""

    plan: Plan
    template: Template
    numbers: tuple[float, ...]


def _flattened(
    loss: Loss, state: TrainState[M], examples: Dataset, most_nodes: int | None
) -> _Flat | TraceError:
    """Find the plan for a state, or the reason why there is none."""
    moved = pending(state, "model")
    if not isinstance(moved, _Moved):
        check_fits(loss, state.model, examples)
    if examples.further_ys:
        return TraceError(f"{loss.name}: examples have several targets, and one can be traced")
    try:
        known = moved if isinstance(moved, _Moved) else _read(state.model)
        plan = plan_for(loss, known.template, len(examples.xs[0]), most_nodes)
        _check_captured(plan.captured, state)
    except TraceError as error:
        return error
    check_targets(loss, examples, _output_count(plan))
    return _Flat(plan, known.template, known.numbers)


def _output_count(plan: Plan) -> int:
    """How many scores there are: the results besides them are the cost and the gradients."""
    return len(plan.example.outputs) - 1 - plan.parameter_count


def _check_captured(captured: frozenset[Value], state: TrainState[M]) -> None:
    """Check that what counts as a constant is none of the parameters that are to be trained."""
    if captured and not captured.isdisjoint(parameters(state.model)):
        raise TraceError("the model or the loss has closed over a parameter of the model")


def _read(model: Model) -> _Moved:
    return _Moved.unchecked(template_of(model), _numbers(model))


def _python_step(
    loss: Loss, optimizer: Optimizer, examples: Dataset, state: TrainState[M], flat: _Flat
) -> TrainState[M]:
    """The eager step on plain numbers; the model is built when somebody reads it."""
    measured = measure(flat.plan, flat.numbers, examples)
    slopes = pvector(measured.gradients)
    moved, after = _updated(optimizer, state, pvector(flat.numbers), slopes)
    numbers = tuple([x if type(x) is float else value(x).data for x in moved])
    metrics = Metrics(
        step=state.step,
        loss=measured.total,
        data_loss=measured.data,
        penalty=measured.penalty,
        accuracy=share_correct(loss, measured.scores, examples),
        learning_rate=_rate(optimizer, state.step),
        gradient_norm=_norm(measured.gradients),
    )
    model = Deferred(_Moved.unchecked(flat.template, numbers))
    return TrainState.unchecked(state.step + 1, model, after, metrics)


def _native_step(
    loss: Loss, optimizer: Optimizer, dataset: Dataset, size: int | None, seed: int
) -> Step:
    """The step in machine code; the data are copied once for each structure of models."""
    streams: dict[Template, Stream] = {}

    def step(state: TrainState[M], /) -> TrainState[M]:
        known = _known(loss, state, dataset)
        stream = streams.get(known.template)
        if stream is None:
            stream = streams[known.template] = _opened(
                loss, optimizer, dataset, size, seed, state, known.template
            )
        steps = ahead(stream, state.step, known.numbers, state.optimizer_state, 1)
        metrics = next(_native_metrics(optimizer, steps, state.step))
        return _native_state(known.template, steps, metrics)

    return step


class _Training(NamedTuple):
    """What is trained by, and on."""

    step: Step
    loss: Loss
    optimizer: Optimizer
    dataset: Dataset
    size: int | None
    seed: int


def _native_states(training: _Training, state: TrainState[M]) -> Iterator[TrainState[M]]:
    """The states after a state, computed more and more of them ahead."""
    _, loss, optimizer, dataset, size, seed = training
    known = _known(loss, state, dataset)
    stream = _opened(loss, optimizer, dataset, size, seed, state, known.template)
    count, numbers, optimizer_state, step = 1, known.numbers, state.optimizer_state, state.step
    while True:
        steps = ahead(stream, step, numbers, optimizer_state, count)
        for place, metrics in enumerate(_native_metrics(optimizer, steps, step)):
            yield _native_state(known.template, steps, metrics, place)
        count, step = min(2 * count, FURTHEST_AHEAD), step + steps.count
        numbers, optimizer_state = steps.numbers(steps.count - 1), steps.state(steps.count - 1)


def _native_fold(
    training: _Training, state: TrainState[M], count: int, log_every: int
) -> tuple[TrainState[M], PVector[Metrics]]:
    """The state after so many steps, and the metrics that are logged on the way."""
    if count == 0:
        return state, pvector()
    _, loss, optimizer, dataset, size, seed = training
    known = _known(loss, state, dataset)
    stream = _opened(loss, optimizer, dataset, size, seed, state, known.template)
    if not stream.checked:
        check_fits(loss, state.model, dataset)
    numbers, optimizer_state, step = known.numbers, state.optimizer_state, state.step
    history: list[Metrics] = []
    while True:
        steps = ahead(stream, step, numbers, optimizer_state, count - step)
        history += [
            metrics
            for metrics in _native_metrics(optimizer, steps, step)
            if metrics.step % log_every == 0 or metrics.step == count - 1
        ]
        step += steps.count
        if step == count:
            return _native_state(known.template, steps, history[-1]), pvector(history)
        numbers, optimizer_state = steps.numbers(steps.count - 1), steps.state(steps.count - 1)


FURTHEST_AHEAD = 64
"""How many steps are computed before anybody has asked for them, at most.

>>> FURTHEST_AHEAD
64
"""


def _known(loss: Loss, state: TrainState[M], dataset: Dataset) -> _Moved:
    """The structure and the numbers of the model in a state."""
    moved = pending(state, "model")
    if isinstance(moved, _Moved):
        return moved
    if not parameters(state.model):
        check_fits(loss, state.model, dataset)
    return _read(state.model)


def _opened(
    loss: Loss,
    optimizer: Optimizer,
    dataset: Dataset,
    size: int | None,
    seed: int,
    state: TrainState[M],
    template: Template,
) -> Stream:
    n = len(dataset.ys)

    def chosen(step: int) -> tuple[int, ...] | None:
        return None if size is None or size >= n else batch_numbers(n, size, seed=seed, step=step)

    stream = open_stream(loss, optimizer, template, dataset, chosen)
    _check_captured(stream.trainer.examples.captured, state)
    return stream


def _native_state(
    template: Template, steps: Steps, metrics: Metrics, place: int = -1
) -> TrainState[M]:
    """The state after one of some steps, the last by default."""
    moved = _Moved.unchecked(template, Deferred(lambda: steps.numbers(place)))
    after = Deferred(lambda: steps.state(place))
    return TrainState.unchecked(metrics.step + 1, Deferred(moved), after, metrics)


def _native_metrics(optimizer: Optimizer, steps: Steps, first: int) -> Iterator[Metrics]:
    """The metrics of some steps, one by one: the rate of a step is asked for when it is due."""
    loss, data, penalty, accuracy, norm = steps.measured
    numbers = range(first, first + steps.count)
    rates = (_rate(optimizer, step) for step in numbers)
    return map(_metrics, numbers, loss, data, penalty, accuracy, rates, norm)


_WRITERS = Metrics.writers()


def _metrics(*fields: object) -> Metrics:
    """Build metrics without checks: a folded training spends most of its time outside of them."""
    made = object.__new__(Metrics)
    for write, field in zip(_WRITERS, fields, strict=True):
        write(made, field)
    return made


def train(
    model: M,
    dataset: Dataset,
    *,
    loss: Loss = max_margin(alpha=1e-4),
    optimizer: Optimizer = sgd(micrograd_decay),
    batch_size: int | None = None,
    seed: int = 1337,
    backend: Backend = "auto",
) -> Iterator[TrainState[M]]:
    """Train without end: a lazy stream with the state after each step.

    It computes nothing before it is asked and keeps nothing that it has given out. Stop it with
    `take`, `takewhile` or a plain `break`. Its law, bit for bit:

    last(take(n, train(...))) = reduce(step, range(n), initial_state)

    Args:
        model: What to train, any record of values that can be called with inputs.
        dataset: The examples.
        loss: What is to be made small.
        optimizer: How.
        batch_size: How many examples a step sees; None for all of them.
        seed: What the batches are drawn with.
        backend: How a step is computed; see `make_step`.

    Raises:
        ShapeError, DataError, ValueError, TypeError: At once, for what cannot be trained.

    >>> from microfp import datasets, nn
    >>> stream = train(nn.mlp(2, [4, 1]), datasets.moons(20))
    >>> next(stream).step, next(stream).step
    (1, 2)
    """
    step = make_step(loss, optimizer, dataset, batch_size=batch_size, seed=seed, backend=backend)
    start = initial_state(model, optimizer)
    check_fits(loss, model, dataset)
    if backend == "native":
        training = _Training(step, loss, optimizer, dataset, batch_size, seed)
        return _native_states(training, start)
    states = iterate(step, start)
    next(states)
    return states


def fit(
    model: M,
    dataset: Dataset,
    *,
    steps: int = 100,
    log_every: int = 1,
    loss: Loss = max_margin(alpha=1e-4),
    optimizer: Optimizer = sgd(micrograd_decay),
    batch_size: int | None = None,
    seed: int = 1337,
    backend: Backend = "auto",
) -> Run[M]:
    """Train for a number of steps.

    Args:
        model: What to train.
        dataset: The examples.
        steps: How many steps, 0 or more.
        log_every: Keep the metrics of every so many steps; those of the last step always.
        loss: What is to be made small.
        optimizer: How.
        batch_size: How many examples a step sees; None for all of them.
        seed: What the batches are drawn with.
        backend: How a step is computed; see `make_step`.

    Returns:
        The models before and after, and the history.

    >>> from microfp import datasets, nn
    >>> run = fit(nn.mlp(2, [4, 1]), datasets.moons(20), steps=5, log_every=3)
    >>> [metrics.step for metrics in run.history]
    [0, 3, 4]
    """
    check_count("fit", "steps", steps)
    check_count("fit", "log_every", log_every, minimum=1)
    options = {
        "loss": loss,
        "optimizer": optimizer,
        "batch_size": batch_size,
        "seed": seed,
        "backend": backend,
    }
    step = make_step(loss, optimizer, dataset, batch_size=batch_size, seed=seed, backend=backend)
    start = initial_state(model, optimizer)
    if backend != "native" or steps == 0:  # which is checked where it is traced
        check_fits(loss, model, dataset)
    folded = _native_fold if backend == "native" else _fold
    training = _Training(step, loss, optimizer, dataset, batch_size, seed)
    final_state, history = folded(training, start, steps, log_every)
    final = history[-1] if history else _untrained(loss, model, dataset)
    held = pending(final_state, "model")
    return Run.unchecked(
        model,
        final_state.model if held is None else Deferred(held),
        history,
        final.loss,
        final.accuracy,
        pmap({"steps": steps, "log_every": log_every, **options}),
    )


def _fold(
    training: "_Training", start: TrainState[M], steps: int, log_every: int
) -> tuple[TrainState[M], PVector[Metrics]]:
    unstarted: tuple[TrainState[M], PVector[Metrics]] = (start, pvector())
    states = iterate(training.step, start)
    next(states)
    return reduce(
        lambda so_far, state: (state, _logged(so_far[1], state, log_every, steps - 1)),
        take(steps, states),
        unstarted,
    )


def _logged(
    history: PVector[Metrics], state: TrainState[M], log_every: int, last_step: int
) -> PVector[Metrics]:
    metrics = state.metrics
    if metrics is not None and (metrics.step % log_every == 0 or metrics.step == last_step):
        return history.append(metrics)
    return history


def _untrained(loss: Loss, model: M, dataset: Dataset) -> Metrics:
    """The metrics of a run of no steps."""
    it = differentiate(evaluate(loss, model, dataset))
    slopes = [grad(p, it.gradients) for p in parameters(model)]
    return _measured(it.evaluation, slopes, sgd(0.0), 0)
