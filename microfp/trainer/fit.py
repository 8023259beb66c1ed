"""Training: the step as a function, the stream of its states, and the fold of them.

>>> from microfp import datasets, nn, toolbox
>>> model, data = nn.mlp(2, [4, 1]), datasets.moons(20)
>>> states = train(model, data)
>>> [state.metrics.step for state in toolbox.take(3, states)]
[0, 1, 2]
"""

import math
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

from pyrsistent import PVector

from microfp.base.binding import bind
from microfp.base.checks import check_count, check_kind
from microfp.base.elsewhere.leading import names_home
from microfp.base.memo import remembering
from microfp.base.threads import Threads
from microfp.datasets import Examples
from microfp.losses import Loss, evaluate, max_margin
from microfp.optim import Optimizer, sgd
from microfp.record import Deferred, pending, unchecked
from microfp.schedules import micrograd_decay
from microfp.trainer.backend import (
    Backend,
    Step,
    Training,
    check_state,
    checked_training,
)
from microfp.trainer.choice import going_on, runner_of
from microfp.trainer.history import Metrics
from microfp.trainer.state import M, Options, Run, Stepped, TrainState, as_options, initial_state

USUAL = sgd(micrograd_decay)
"""The default optimiser, that of the official demo."""

FEWEST = 30
"""After how many steps `fit` looks whether its default optimiser has come to anything."""


@names_home
def make_step(
    loss: Loss,
    optimizer: Optimizer,
    dataset: Examples,
    *,
    batch_size: int | None = None,
    seed: int | None = 1337,
    backend: Backend = "auto",
    threads: Threads = 1,
) -> Step:
    """Make the function that training folds: evaluate, differentiate, update.

    Args:
        loss: What is to be made small.
        optimizer: How.
        dataset: The examples, or a pair `(xs, ys)` of their rows and targets.
        batch_size: How many examples a step sees, at least 1; None, or more than there are, for
            all of them. See `batch`.
        seed: What the batches are drawn with; None for examples in their own order.
        backend: How the step is computed; see `Backend`.
        threads: How many threads of the native backend compute it, at least 1; or `"all"` for as
            many as there are cores. They change no bit. Small steps are computed by fewer.

    Returns:
        A pure function from a state to the next state; it pickles where what it is given does.

    Raises:
        ValueError: If threads are asked for with a backend that has none.
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
    training = checked_training(loss, optimizer, dataset, batch_size, seed, threads)
    runner_of(backend, training.threads)
    return bind(_stepped, training, backend)


def _stepped(training: Training, backend: Backend, state: TrainState[M], /) -> Stepped[M]:
    check_kind("step", "state", state, TrainState, example="initial_state(model, optimizer)")
    return runner_of(backend, training.threads).step(training, check_state(training, state))


@names_home
def train(
    model: M,
    dataset: Examples,
    *,
    loss: Loss = max_margin(alpha=1e-4),
    optimizer: Optimizer = sgd(micrograd_decay),
    batch_size: int | None = None,
    seed: int | None = 1337,
    backend: Backend = "auto",
    threads: Threads = 1,
) -> Iterator[Stepped[M]]:
    """Train without end: a lazy stream with the state after each step.

    It computes nothing before it is asked and keeps nothing that it has given out. Stop it with
    `take`, `takewhile` or a plain `break`. Its law, bit for bit:

    last(take(n, train(...))) = reduce(step, range(n), initial_state)

    Args:
        model: What to train, any record of values that can be called with inputs.
        dataset: The examples, or a pair `(xs, ys)` of their rows and targets.
        loss: What is to be made small.
        optimizer: How.
        batch_size: How many examples a step sees; None for all of them.
        seed: What the batches are drawn with; None for examples in their own order.
        backend: How a step is computed; see `make_step`.
        threads: How many threads compute it; see `make_step`.

    Raises:
        ShapeError, DataError, ValueError, TypeError: At once, for what cannot be trained.

    >>> from microfp import datasets, nn
    >>> stream = train(nn.mlp(2, [4, 1]), datasets.moons(20))
    >>> next(stream).step, next(stream).step
    (1, 2)
    """
    training = checked_training(loss, optimizer, dataset, batch_size, seed, threads)
    _, states = going_on(training, initial_state(model, optimizer), backend)
    return states


@names_home
def fit(
    model: M,
    dataset: Examples,
    *,
    steps: int = 100,
    log_every: int = 1,
    loss: Loss = max_margin(alpha=1e-4),
    optimizer: Optimizer = USUAL,
    batch_size: int | None = None,
    seed: int | None = 1337,
    backend: Backend = "auto",
    threads: Threads = 1,
) -> Run[M]:
    """Train for a number of steps.

    Args:
        model: What to train.
        dataset: The examples, or a pair `(xs, ys)` of their rows and targets.
        steps: How many steps, 0 or more.
        log_every: Keep the metrics of every so many steps; those of the last step always.
        loss: What is to be made small.
        optimizer: How.
        batch_size: How many examples a step sees; None for all of them.
        seed: What the batches are drawn with; None for examples in their own order.
        backend: How a step is computed; see `make_step`.
        threads: How many threads compute it; see `make_step`.

    Returns:
        The models before and after, and the history.

    Warns:
        UserWarning: If after 30 steps or more of the default optimiser, which is made for max
            margin on the two moons, the model is no better than one that always gives one answer.

    >>> from microfp import datasets, nn
    >>> run = fit(nn.mlp(2, [4, 1]), datasets.moons(20), steps=5, log_every=3)
    >>> [metrics.step for metrics in run.history]
    [0, 3, 4]
    """
    steps = check_count("fit", "steps", steps)
    check_count("fit", "log_every", log_every, minimum=1)
    training = checked_training(loss, optimizer, dataset, batch_size, seed, threads)
    runner = runner_of(backend, training.threads)
    start = initial_state(model, optimizer)
    end, history = runner.fold(training, start, steps, log_every)
    loss_and_accuracy = _last_measured(training, end)
    options = partial(_options, training, steps, log_every, backend)
    run: Run[M] = unchecked(
        Run, start.model, _model_of(end), history, *loss_and_accuracy, Deferred(options)
    )
    _warn_of_the_usual(training, steps, run)
    return run


def _last_measured(training: Training, end: TrainState[M]) -> tuple[float, float | None]:
    """The loss and the accuracy of the last step; of the model as it was where there is none."""
    if end.metrics is not None:
        return end.metrics.loss, end.metrics.accuracy
    found = evaluate(training.loss, end.model, training.dataset)
    return found.total.data, found.accuracy


def _warn_of_the_usual(training: Training, steps: int, run: Run[M]) -> None:
    """Say so where the default optimiser has come to nothing, which is no news of data or model."""
    if steps < FEWEST or not _is_usual(training.optimizer):
        return
    found = _idle(training, run.history)
    if found:
        warnings.warn(
            f"fit: after {steps} steps {found}; the default optimiser, "
            "sgd(micrograd_decay), begins with a rate of 1.0, which suits max_margin on the two "
            "moons: give one, such as optimizer=optim.adam(0.01), and see datasets.standardize",
            stacklevel=4,
        )


@remembering
def _is_usual(optimizer: Optimizer) -> bool:
    """Whether it is the default, or one like it: found once, since it takes as long as a fit."""
    return optimizer is USUAL or (optimizer.name == USUAL.name and optimizer == USUAL)


def _idle(training: Training, history: PVector[Metrics]) -> str:
    """In which way a training has come to nothing; empty where it has not."""
    if not math.isfinite(history[-1].loss):
        return f"the loss is {history[-1].loss!r}"
    last = (history[i] for i in range(max(len(history) - 10, 0), len(history)))
    shares = [it.accuracy for it in last if it.accuracy is not None]
    share = math.fsum(shares) / len(shares) if shares else 1.0
    if share < 1.0 and share <= _commonest(training.dataset.ys) < 1.0:
        return f"an accuracy of {shares[-1]:.0%} is no better than naming the commonest class"
    if not shares and history[-1].data_loss >= history[0].data_loss > 0.0:
        return f"the loss has not fallen, from {history[0].data_loss:g}"
    return ""


def _commonest(ys: Sequence[float]) -> float:
    """The share of the commonest target."""
    return max(Counter(ys).values()) / len(ys)


def _model_of(state: TrainState[M]) -> object:
    """The model of a state, for a field of another record; one that is not built stays so."""
    make = pending(state, "model")
    return state.model if make is None else Deferred(make)


def _options(training: Training, steps: int, log_every: int, backend: Backend) -> Options:
    return as_options(
        {
            "steps": steps,
            "log_every": log_every,
            "loss": training.loss,
            "optimizer": training.optimizer,
            "batch_size": training.batch_size,
            "seed": training.seed,
            "backend": backend,
            "threads": training.threads,
        }
    )
