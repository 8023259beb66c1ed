"""Training: a pure function from one state to the next, folded, or streamed.

>>> from microfp import datasets, nn, toolbox
>>> model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
>>> states = train(model, data)
>>> [state.metrics.step for state in toolbox.take(3, states)]
[0, 1, 2]
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from itertools import repeat
from typing import Generic, Literal, NamedTuple, Protocol, TypeAlias, TypeVar, get_args

from pyrsistent import PMap, PVector, pmap, pvector

from microfp.base.checks import check_count, check_kind, check_seed, wrong_value
from microfp.base.showing import mimebundle
from microfp.compiler.native.run.ahead import Chooser, Steps, Stream, ahead, open_stream
from microfp.compiler.native.run.jit import bindings
from microfp.compiler.native.run.machine import check_native
from microfp.compiler.python.step import MOST_NODES, Plan, measure, plan_for
from microfp.compiler.python.update import Updated, update_for
from microfp.compiler.trace.structure import Template
from microfp.compiler.trace.structure import template as template_of
from microfp.datasets import (
    Dataset,
    batch,
)
from microfp.datasets.preparing import batch_numbers
from microfp.errors import CompileError, TraceError
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
from microfp.nn import (
    Model,
    apply_gradients,
)
from microfp.ops import total
from microfp.optim import (
    Numbers,
    Optimizer,
    sgd,
)
from microfp.record import Deferred, Record, attr, pending
from microfp.schedules import micrograd_decay
from microfp.toolbox import iterate, pipe, take
from microfp.tree import parameters, remembering, with_parameters, without_parameters
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

BACKENDS: tuple[str, ...] = get_args(Backend)


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
    options: PMap[str, object] = attr(deferrable=True)

    def __repr__(self) -> str:
        """Show how it ended; two models and a history would fill pages."""
        end = f"final_loss={self.final_loss!r}, final_accuracy={self.final_accuracy!r}"
        return f"Run(steps={self.options.get('steps')!r}, {end})"

    def _repr_mimebundle_(self, **_asked: object) -> dict[str, str]:
        return mimebundle(self)


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
    return TrainState.unchecked(0, model, _initial_memory(model, optimizer), None)


def _optimizer_state(model: Model, optimizer: Optimizer) -> object:
    numbers = pvector(_numbers(model))
    if not numbers:
        raise without_parameters("train", model)
    return optimizer.init(numbers)


_initial_memory: Callable[[Model, Optimizer], object] = remembering(_optimizer_state)

_check_fits: Callable[[Loss, Model, Dataset], None] = remembering(check_fits)
"""As `check_fits`, which runs the model, but once for the same three."""

_check_targets: Callable[[Loss, Dataset, int], None] = remembering(check_targets)

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
    return None if rate is None else float(rate(step))


def _norm(slopes: Sequence[float]) -> float:
    return math.sqrt(_squares(slopes))


def _squares(slopes: Sequence[float]) -> float:
    return total.forward(*[slope * slope for slope in slopes])


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
    check_kind("train", "loss", loss, Loss, example="losses.max_margin()")
    check_kind("train", "optimizer", optimizer, Optimizer, example="optim.sgd(0.1)")
    check_kind("train", "dataset", dataset, Dataset, example="datasets.dataset(xs, ys)")
    size = None if batch_size is None else check_count("train", "batch_size", batch_size, minimum=1)
    check_seed("train", "seed", seed)
    _check_backend(backend)
    if backend == "native":
        return _native_step(_Training(loss, optimizer, dataset, size, seed, backend))

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
    if backend not in BACKENDS:
        raise wrong_value("train", "backend", f"one of {', '.join(BACKENDS)}", backend)
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


WORTH_COMPILING = 15_000_000
"""From how much work on machine code is done sooner: steps times examples times parameters.

Loading llvmlite and compiling the demo take 0.14 s, and generated Python about 10 ns for each;
measured in whole processes, by the group `process` of the benchmarks.

>>> WORTH_COMPILING
15000000
"""


def fastest_backend(
    model: Model,
    dataset: Dataset,
    *,
    steps: int,
    loss: Loss = max_margin(alpha=1e-4),
    batch_size: int | None = None,
) -> Backend:
    """Say which backend is done first with a training, compiling included.

    Args:
        model: What is to be trained.
        dataset: The examples.
        steps: How many steps there will be.
        loss: What is to be made small.
        batch_size: How many examples a step sees; None for all of them.

    Returns:
        `"native"` where there is much to do and machine code can do it, else what `"auto"` stands
        for.

    >>> from microfp import datasets, nn
    >>> fastest_backend(nn.mlp(2, [1]), datasets.moons(4), steps=10)
    'python'
    """
    n = len(dataset.ys)
    work = steps * min(batch_size or n, n) * len(parameters(model))
    state: TrainState[Model] = TrainState.unchecked(0, model, (), None)
    flat = _flattened(loss, state, dataset, MOST_NODES)
    if isinstance(flat, TraceError):
        return "eager"
    return "native" if work >= WORTH_COMPILING and _is_compilable(flat.plan) else "python"


def _is_compilable(plan: Plan) -> bool:
    """Whether llvmlite is installed, and has something for every instruction."""
    try:
        check_native(plan.example)
        bindings()
    except CompileError:
        return False
    return True


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


def parameter_numbers(state: TrainState[M]) -> tuple[float, ...]:
    """Return the parameters of a state's model as numbers, in order, without building the model.

    >>> from microfp import datasets, nn
    >>> data, optimizer = datasets.moons(4), sgd(0.1)
    >>> state = next(train(nn.mlp(2, [1]), data, optimizer=optimizer))
    >>> parameter_numbers(state) == tuple(p.data for p in parameters(state.model))
    True
    """
    moved = pending(state, "model")
    return moved.numbers if isinstance(moved, _Moved) else _numbers(state.model)


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
        _check_fits(loss, state.model, examples)
    try:
        known = moved if isinstance(moved, _Moved) else _read(state.model)
        width, targets = len(examples.xs[0]), examples.target_count
        plan = _plan_for(loss, known.template, width, most_nodes, targets)
        _check_captured(plan.captured, state)
    except TraceError as error:
        return error
    _check_targets(loss, examples, _output_count(plan))
    return _Flat(plan, known.template, known.numbers)


_plan_for: Callable[[Loss, Template, int, int | None, int], Plan] = remembering(plan_for)


def _output_count(plan: Plan) -> int:
    """How many scores there are: the results besides them are the cost and the gradients."""
    return len(plan.example.outputs) - 1 - plan.parameter_count


def _check_captured(captured: frozenset[Value], state: TrainState[M]) -> None:
    """Check that what counts as a constant is none of the parameters that are to be trained."""
    if not captured:
        return
    closed_over = [i for i, p in enumerate(parameters(state.model)) if p in captured]
    if closed_over:
        raise TraceError(
            "the model or the loss has closed over a parameter of the model, number "
            f"{closed_over[0]}; read it from the model that is called, or use backend='eager'"
        )


def _read(model: Model) -> _Moved:
    return _Moved.unchecked(template_of(model), _numbers(model))


def _python_step(
    loss: Loss, optimizer: Optimizer, examples: Dataset, state: TrainState[M], flat: _Flat
) -> TrainState[M]:
    """The eager step on plain numbers; the model is built when somebody reads it."""
    measured = measure(flat.plan, flat.numbers, examples)
    after = _python_update(optimizer, state, flat.numbers, measured.gradients)
    metrics = Metrics.unchecked(
        state.step,
        measured.total,
        measured.data,
        measured.penalty,
        share_correct(loss, measured.scores, examples),
        _rate(optimizer, state.step),
        math.sqrt(after.squares),
    )
    model = Deferred(_Moved.unchecked(flat.template, after.numbers))
    return TrainState.unchecked(state.step + 1, model, after.state, metrics)


def _python_update(
    optimizer: Optimizer, state: TrainState[M], numbers: Sequence[float], slopes: Sequence[float]
) -> Updated:
    """The update by its generated loop, or as eager does it where there is none."""
    update = update_for(optimizer)
    if update is not None:
        return update(numbers, slopes, state.optimizer_state, state.step)
    moved, after = _updated(optimizer, state, pvector(numbers), pvector(slopes))
    plain = tuple([x if type(x) is float else value(x).data for x in moved])
    return Updated(plain, after, _squares(slopes))


class _Training(NamedTuple):
    """What is trained by, and on."""

    loss: Loss
    optimizer: Optimizer
    dataset: Dataset
    size: int | None
    seed: int
    backend: Backend


def _native_step(training: _Training) -> Step:
    """The step in machine code."""

    def step(state: TrainState[M], /) -> TrainState[M]:
        known, stream = _opened(training, state)
        steps = ahead(
            *(stream, _chooser(training), state.step, known.numbers, state.optimizer_state, 1),
            last_only=True,
        )
        return _native_state(known.template, steps, _native_metrics(steps, state.step)[0])

    return step


def _native_states(training: _Training, state: TrainState[M]) -> Iterator[TrainState[M]]:
    """The states after a state, computed more and more of them ahead."""
    known, stream = _opened(training, state)
    chosen, count = _chooser(training), 1
    numbers, optimizer_state, step = known.numbers, state.optimizer_state, state.step
    while True:
        steps = ahead(stream, chosen, step, numbers, optimizer_state, count)
        states: list[TrainState[M]] = _native_block(known.template, steps, step)
        while states:  # what was given out is kept nowhere
            yield states.pop()
        count, step = min(2 * count, FURTHEST_AHEAD), step + steps.count
        numbers, optimizer_state = steps.numbers(steps.count - 1), steps.state(steps.count - 1)


def _native_fold(
    training: _Training, state: TrainState[M], count: int, log_every: int
) -> tuple[TrainState[M], PVector[Metrics]]:
    """The state after so many steps, and the metrics that are logged on the way."""
    known, stream = _opened(training, state)
    if not stream.checked:
        _check_fits(training.loss, state.model, training.dataset)
    chosen, history = _chooser(training), []
    numbers, optimizer_state, step = known.numbers, state.optimizer_state, state.step
    while True:
        steps = ahead(stream, chosen, step, numbers, optimizer_state, count - step, last_only=True)
        history += _logged_metrics(steps, step, log_every, count - 1)
        step += steps.count
        if step == count:
            return _native_state(known.template, steps, history[-1]), pvector(history)
        numbers, optimizer_state = steps.numbers(steps.count - 1), steps.state(steps.count - 1)


FURTHEST_AHEAD = 64
"""How many steps are computed before anybody has asked for them, at most.

>>> FURTHEST_AHEAD
64
"""


def _opened(training: _Training, state: TrainState[M]) -> tuple[_Moved, Stream]:
    """The structure and the numbers of the model in a state, and its training, compiled."""
    loss, optimizer, dataset = training.loss, training.optimizer, training.dataset
    known = _known(loss, state, dataset)
    stream = open_stream(loss, optimizer, known.template, dataset)
    _check_captured(stream.trainer.examples.captured, state)
    return known, stream


def _known(loss: Loss, state: TrainState[M], dataset: Dataset) -> _Moved:
    moved = pending(state, "model")
    if isinstance(moved, _Moved):
        return moved
    if not parameters(state.model):
        _check_fits(loss, state.model, dataset)
    return _read(state.model)


def _chooser(training: _Training) -> Chooser:
    """From the step to the examples of its batch; None where every step sees all of them."""
    n, size, seed = len(training.dataset.ys), training.size, training.seed
    if size is None or size >= n:
        return None
    return lambda step: batch_numbers(n, size, seed=seed, step=step)


def _native_state(template: Template, steps: Steps, metrics: Metrics) -> TrainState[M]:
    """The state after the last of some steps."""
    moved = _Moved.unchecked(template, Deferred(partial(steps.numbers, steps.count - 1)))
    after = Deferred(partial(steps.state, steps.count - 1))
    return TrainState.unchecked(metrics.step + 1, Deferred(moved), after, metrics)


def _native_block(template: Template, steps: Steps, first: int) -> list[TrainState[M]]:
    """The states after each of some steps, the first of them last."""
    places = range(steps.count)
    numbers = map(Deferred, map(partial, repeat(steps.numbers), places))
    moved = _Moved.unchecked_many([template] * steps.count, list(numbers))
    states: list[TrainState[M]] = TrainState.unchecked_many(
        range(first + 1, first + 1 + steps.count),
        list(map(Deferred, moved)),
        list(map(Deferred, map(partial, repeat(steps.state), places))),
        _native_metrics(steps, first),
    )
    return states[::-1]


def _native_metrics(steps: Steps, first: int) -> list[Metrics]:
    """The metrics of some steps."""
    return Metrics.unchecked_many(range(first, first + steps.count), *steps.measured)


def _logged_metrics(steps: Steps, first: int, log_every: int, last: int) -> list[Metrics]:
    metrics = _native_metrics(steps, first)
    if log_every == 1:
        return metrics
    return [it for it in metrics if it.step % log_every == 0 or it.step == last]


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
    _check_fits(loss, model, dataset)
    if backend == "native":
        training = _Training(loss, optimizer, dataset, batch_size, seed, backend)
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
    steps = check_count("fit", "steps", steps)
    check_count("fit", "log_every", log_every, minimum=1)
    step = make_step(loss, optimizer, dataset, batch_size=batch_size, seed=seed, backend=backend)
    start = initial_state(model, optimizer)
    training = _Training(loss, optimizer, dataset, batch_size, seed, backend)
    if backend == "native" and steps:  # where what does not fit is found while it is traced
        final_state, history = _native_fold(training, start, steps, log_every)
    else:
        _check_fits(loss, model, dataset)
        final_state, history = _fold(step, start, steps, log_every)
    return _run(training, start, final_state, history, steps, log_every)


def _run(
    training: _Training,
    start: TrainState[M],
    end: TrainState[M],
    history: PVector[Metrics],
    steps: int,
    log_every: int,
) -> Run[M]:
    """What `fit` returns; the final model and the options are built when they are read."""
    final = history[-1] if history else _untrained(training.loss, start.model, training.dataset)
    held = pending(end, "model")
    return Run.unchecked(
        start.model,
        end.model if held is None else Deferred(held),
        history,
        final.loss,
        final.accuracy,
        Deferred(partial(_options, training, steps, log_every)),
    )


def _options(training: _Training, steps: int, log_every: int) -> PMap[str, object]:
    return pmap(
        {
            "steps": steps,
            "log_every": log_every,
            "loss": training.loss,
            "optimizer": training.optimizer,
            "batch_size": training.size,
            "seed": training.seed,
            "backend": training.backend,
        }
    )


def _fold(
    step: Step, start: TrainState[M], steps: int, log_every: int
) -> tuple[TrainState[M], PVector[Metrics]]:
    unstarted: tuple[TrainState[M], PVector[Metrics]] = (start, pvector())
    states = iterate(step, start)
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
