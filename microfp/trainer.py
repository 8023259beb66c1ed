"""Training: a pure function from one state to the next, folded, or streamed.

>>> from microfp import datasets, nn, toolbox
>>> model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
>>> states = train(model, data)
>>> [state.metrics.step for state in toolbox.take(3, states)]
[0, 1, 2]
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, reduce
from random import Random
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar

from pyrsistent import PMap, PVector, pmap, pvector

from microfp.checks import check_count, check_kind, check_seed, wrong_value
from microfp.datasets import Dataset, subset
from microfp.errors import ShapeError
from microfp.gradients import Gradients, backward, grad
from microfp.losses import Evaluation, Loss, check_fits, evaluate, evaluate_with, max_margin
from microfp.nn import Model, apply_gradients
from microfp.ops import total
from microfp.optim import Optimizer, sgd
from microfp.record import Record, attr
from microfp.schedules import micrograd_decay
from microfp.toolbox import iterate, pipe, take
from microfp.tree import parameters, with_parameters

M = TypeVar("M", bound=Model)

Backend: TypeAlias = Literal["auto", "eager"]
"""How a step is computed, never what it means."""


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
    >>> initial_state(nn.mlp(2, [1]), sgd(0.1)).step
    0
    """

    step: int = attr()
    model: M = attr()
    optimizer_state: object = attr()
    metrics: Metrics | None = attr()


class Differentiated(Record, Generic[M]):
    """An evaluation with the gradients of its total.

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
        final_loss: The loss of the last step, measured before its update.
        final_accuracy: The accuracy of the last step, or None.
        options: What the run was asked for, by name.

    >>> from microfp import datasets, nn
    >>> fit(nn.mlp(2, [1]), datasets.moons(4), steps=5, log_every=2).options["steps"]
    5
    """

    initial_model: M = attr()
    final_model: M = attr()
    history: PVector[Metrics] = attr()
    final_loss: float = attr()
    final_accuracy: float | None = attr()
    options: PMap[str, object] = attr()

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
    numbers = pvector([p.data for p in parameters(model)])
    if not numbers:
        raise ShapeError(f"train: the model must have parameters, got {model!r:.80}")
    return TrainState(step=0, model=model, optimizer_state=optimizer.init(numbers), metrics=None)


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
    updates, after = optimizer.update(slopes, state.optimizer_state, numbers, state.step)
    moved = [number + update for number, update in zip(numbers, updates, strict=True)]
    return TrainState(
        step=state.step + 1,
        model=with_parameters(state.model, moved),
        optimizer_state=after,
        metrics=_measured(it.evaluation, slopes, optimizer, state.step),
    )


def _measured(
    evaluation: Evaluation[M], slopes: Sequence[float], optimizer: Optimizer, step: int
) -> Metrics:
    rate = optimizer.learning_rate
    return Metrics(
        step=step,
        loss=evaluation.total.data,
        data_loss=evaluation.data.data,
        penalty=evaluation.penalty.data,
        accuracy=evaluation.accuracy,
        learning_rate=None if rate is None else rate(step),
        gradient_norm=math.sqrt(total(*(slope * slope for slope in slopes))),
    )


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
        backend: How the step is computed: `"eager"` walks the graph, `"auto"` chooses the
            fastest way that gives the same bits.

    Returns:
        A pure function from a state to the next state.

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
    if backend not in ("auto", "eager"):
        raise wrong_value("train", "backend", "'auto' or 'eager'", backend)

    def step(state: TrainState[M], /) -> TrainState[M]:
        return pipe(
            state.model,
            evaluate_with(loss, batch(dataset, size, seed=seed, step=state.step)),
            differentiate,
            advance(optimizer, state),
        )

    return step


def batch(dataset: Dataset, size: int | None, *, seed: int, step: int) -> Dataset:
    """Choose the examples of one step; the choice depends on seed and step alone.

    The examples are shuffled anew for each epoch and dealt out in order, so that an epoch of
    ceil(n / size) steps sees each of them once; its last batch may be smaller.

    Args:
        dataset: All n examples.
        size: How many a batch holds; None, or n or more, for all of them in their own order.
        seed: What the examples are shuffled with.
        step: The number of the step, from 0.

    Raises:
        ValueError: If the size is below 1, the step below 0 or the seed out of range.

    >>> from microfp import datasets
    >>> data = datasets.moons(10)
    >>> [len(batch(data, 4, seed=1, step=k).xs) for k in range(4)]
    [4, 4, 2, 4]
    """
    n = len(dataset.xs)
    if size is None or check_count("batch", "size", size, minimum=1) >= n:
        return dataset
    check_seed("batch", "seed", seed)
    epoch, place = divmod(check_count("batch", "step", step), math.ceil(n / size))
    return subset(dataset, _shuffled(n, seed, epoch)[place * size : (place + 1) * size])


@lru_cache(maxsize=16)
def _shuffled(n: int, seed: int, epoch: int) -> tuple[int, ...]:
    return tuple(Random(f"{seed} {epoch}").sample(range(n), n))


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
        ShapeError, DataError, ValueError, TypeError: At once, for what cannot be trained; the
            first step says where inputs or outputs of the model do not fit.

    >>> from microfp import datasets, nn
    >>> stream = train(nn.mlp(2, [4, 1]), datasets.moons(20))
    >>> next(stream).step, next(stream).step
    (1, 2)
    """
    step = make_step(loss, optimizer, dataset, batch_size=batch_size, seed=seed, backend=backend)
    start = initial_state(model, optimizer)
    check_fits(loss, model, dataset)
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
    states = train(
        model,
        dataset,
        loss=loss,
        optimizer=optimizer,
        batch_size=batch_size,
        seed=seed,
        backend=backend,
    )
    last_step = steps - 1
    unstarted: tuple[M, PVector[Metrics]] = (model, pvector())
    final_model, history = reduce(
        lambda so_far, state: (state.model, _logged(so_far[1], state, log_every, last_step)),
        take(steps, states),
        unstarted,
    )
    final = history[-1] if history else _untrained(loss, model, dataset)
    return Run(
        initial_model=model,
        final_model=final_model,
        history=history,
        final_loss=final.loss,
        final_accuracy=final.accuracy,
        options=pmap({"steps": steps, "log_every": log_every, **options}),
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
