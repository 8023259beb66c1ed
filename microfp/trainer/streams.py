"""Streams of training states: stopped, thinned, watched, written down, forked, and safe.

A training is a lazy stream of states. What is done with it is a stage: a function from a stream
to a stream, so that a whole run reads as one pipeline.

>>> from microfp import datasets, nn, trainer
>>> from microfp.toolbox import last, pipe
>>> states = trainer.train(nn.mlp(2, [4, 1]), datasets.moons(20))
>>> pipe(states, until_converged(tolerance=0.01, patience=3), take(50), every(10), last).step % 10
0
"""

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

from pyrsistent import pvector
from returns.result import Failure, Result, Success

from microfp import toolbox
from microfp.base.binding import bind
from microfp.base.checks import check_count, check_flag, check_kind, check_non_negative, check_path
from microfp.base.elsewhere.leading import names_home
from microfp.base.files import open_rows
from microfp.base.json import to_json
from microfp.base.progress import check_rich, rich_bar
from microfp.base.threads import Threads
from microfp.datasets import Examples
from microfp.debug import NonFinite, NonFiniteGradient, first_non_finite, first_non_finite_gradient
from microfp.errors import MicrofpError
from microfp.losses import Loss, evaluate, max_margin
from microfp.nn import Model
from microfp.optim import Optimizer, sgd
from microfp.schedules import micrograd_decay
from microfp.trainer.backend import (
    Backend,
    Runner,
    Training,
    checked_training,
)
from microfp.trainer.choice import going_on
from microfp.trainer.history import Metrics
from microfp.trainer.state import (
    AnyState,
    AnyStepped,
    M,
    Stepped,
    TrainState,
    initial_state,
    is_finite,
    memory_of,
    parameter_numbers,
)
from microfp.tree import parameters
from microfp.values import Value

__all__ = [
    "AnyStage",
    "Diverged",
    "Stage",
    "early_stopping",
    "every",
    "held_out_loss",
    "resume",
    "take",
    "tee_to_csv",
    "tee_to_jsonl",
    "try_resume",
    "try_train",
    "until_converged",
    "with_optimizer",
    "with_progress",
]


A = TypeVar("A")


@runtime_checkable
class Stage(Protocol):
    """A function from a stream of states to a stream of states of the same kind.

    Its states come out of steps, as those of `trainer.train` do, so it may read their metrics.

    >>> stages: list[Stage] = [every(2), until_converged()]
    """

    def __call__(self, states: Iterable[AnyStepped], /) -> Iterator[AnyStepped]:
        """Return the stream that comes out."""
        ...


@runtime_checkable
class AnyStage(Protocol):
    """A stage that asks for no metrics, and so takes states before their first step too.

    >>> stage: AnyStage = every(2)
    """

    def __call__(self, states: Iterable[AnyState], /) -> Iterator[AnyState]:
        """Return the stream that comes out."""
        ...


# Stops


@names_home
def take(n: int) -> Callable[[Iterable[A]], Iterator[A]]:
    """Stop after n states: `toolbox.take`, waiting for its stream.

    >>> list(take(2)("abc"))
    ['a', 'b']
    """
    count = check_count("take", "n", n)
    return bind(_first, count)


def _first(count: int, items: Iterable[A]) -> Iterator[A]:
    return toolbox.take(count, items)


@names_home
def until_converged(*, tolerance: float = 1e-6, patience: int = 10) -> Stage:
    """Stop once the loss has stood still for some steps, or is nan or infinite.

    A step stands still where |loss - loss of the step before| <= tolerance, or where the loss is no
    finite number: it hardly comes back. `try_train` ends at the first one, and says why.

    Args:
        tolerance: Finite and at least 0.
        patience: How many steps in a row have to stand still, at least 1.

    Returns:
        A stage; the last state that it yields is the one after those steps.

    >>> from microfp import datasets, nn, optim, trainer
    >>> states = trainer.train(nn.mlp(2, [1]), datasets.moons(4), optimizer=optim.sgd(0.0))
    >>> [state.step for state in until_converged(patience=3)(states)]
    [1, 2, 3, 4]
    """
    limit = check_non_negative("until_converged", "tolerance", tolerance)
    needed = check_count("until_converged", "patience", patience, minimum=1)
    return bind(_until_still, limit, needed)


def _until_still(
    limit: float, needed: int, states: Iterable[AnyStepped], /
) -> Iterator[AnyStepped]:
    before, still = math.inf, 0
    for state in states:
        yield state
        loss = state.metrics.loss
        stands = abs(loss - before) <= limit or not math.isfinite(loss)
        still = still + 1 if stands else 0
        if still >= needed:
            return
        before = loss


def held_out_loss(loss: Loss, held_out: Examples) -> Callable[[TrainState[M]], float]:
    """Measure states by the data loss on examples that they were not trained on.

    A loss of nan counts as infinite, so that no such state is the best one. The best state of a
    finite stream is `min(states, key=held_out_loss(loss, held_out))`.

    Args:
        loss: Its penalty does not count.
        held_out: The examples.

    >>> from microfp import datasets, losses, nn, trainer
    >>> training, rest = datasets.split(datasets.moons(20))
    >>> states = trainer.train(nn.mlp(2, [4, 1]), training)
    >>> best = min(take(20)(states), key=held_out_loss(losses.max_margin(), rest))
    >>> best.step > 1
    True
    """
    return bind(_held_out_loss, loss, held_out)


def _held_out_loss(loss: Loss, held_out: Examples, state: TrainState[M]) -> float:
    measured = evaluate(loss, state.model, held_out).data.data
    return math.inf if math.isnan(measured) else measured


@names_home
def early_stopping(loss: Loss, held_out: Examples, *, patience: int = 10) -> AnyStage:
    """Stop once the loss on held-out examples has not fallen for some states.

    Args:
        loss: Its penalty does not count.
        held_out: The examples.
        patience: How many states in a row must be no better than the best, at least 1. To
            measure more rarely, put `every` before.

    Returns:
        A stage; see `held_out_loss` for how to choose the best of its states.

    Source: L. Prechelt, Early stopping - but when?, 1998.

    >>> from microfp import datasets, losses, nn, optim, trainer
    >>> training, rest = datasets.split(datasets.moons(20))
    >>> states = trainer.train(nn.mlp(2, [4, 1]), training, optimizer=optim.sgd(0.0))
    >>> [state.step for state in early_stopping(losses.max_margin(), rest, patience=2)(states)]
    [1, 2, 3]
    """
    needed = check_count("early_stopping", "patience", patience, minimum=1)
    return bind(_until_worse, loss, held_out, needed)


def _until_worse(
    loss: Loss, held_out: Examples, needed: int, states: Iterable[AnyState], /
) -> Iterator[AnyState]:
    best, worse = math.inf, 0
    for state in states:
        yield state
        measured = _held_out_loss(loss, held_out, state)
        best, worse = (measured, 0) if measured < best else (best, worse + 1)
        if worse >= needed:
            return


# What is looked at


@names_home
def every(k: int) -> AnyStage:
    """Let through the states after each k-th step.

    Args:
        k: At least 1.

    >>> from microfp import datasets, nn, trainer
    >>> states = trainer.train(nn.mlp(2, [1]), datasets.moons(4))
    >>> [state.step for state in take(3)(every(10)(states))]
    [10, 20, 30]
    """
    return bind(_each, check_count("every", "k", k, minimum=1))


def _each(period: int, states: Iterable[AnyState], /) -> Iterator[AnyState]:
    return (state for state in states if state.step % period == 0)


@names_home
def with_progress(total: int | None = None, *, description: str = "training") -> Stage:
    """Show a progress bar on standard error, with the loss, while the states pass.

    Needs the extra `rich`.

    Args:
        total: How many steps there will be, if that is known.
        description: What stands before the bar.

    Raises:
        ImportError: If rich is missing.

    >>> from microfp import datasets, nn, trainer
    >>> states = take(3)(trainer.train(nn.mlp(2, [1]), datasets.moons(4)))
    >>> [state.step for state in with_progress(3)(states)]
    [1, 2, 3]
    """
    check_rich("with_progress")
    if total is not None:
        check_count("with_progress", "total", total)
    return bind(_with_progress, total, description)


def _with_progress(
    total: int | None, description: str, states: Iterable[AnyStepped], /
) -> Iterator[AnyStepped]:
    return rich_bar(states, total, description=description, note=_loss_note)


def _loss_note(state: Stepped[M]) -> str:
    return f"loss {state.metrics.loss:.6g}"


@names_home
def tee_to_csv(path: str | PathLike[str], *, append: bool = False) -> Stage:
    """Write the metrics of each state into a CSV file as it passes, a line a step.

    The first line names the columns. What there is none of is empty.

    Args:
        path: Where to write.
        append: Whether to go on below the rows of an earlier leg of the run, if there are any.

    Raises:
        TypeError: If `append` is no bool.
        OSError: In the stream, if the file cannot be written, is no plain file, or holds rows
            already though `append` is False; and where they are no rows of such a file.

    >>> import pathlib, tempfile
    >>> from microfp import datasets, nn, trainer
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "run.csv"
    >>> states = tee_to_csv(path)(trainer.train(nn.mlp(2, [1]), datasets.moons(4)))
    >>> _ = list(take(2)(states))
    >>> [line.split(",")[0] for line in path.read_text().splitlines()]
    ['step', '0', '1']
    """
    check_flag("tee_to_csv", "append", append)
    return bind(_tee_to_csv, _Rows(check_path("tee_to_csv", "path", path), append))


class _Rows(NamedTuple):
    """Where the rows of a run go, and whether those of an earlier leg may stand above them."""

    path: Path
    append: bool


def _tee_to_csv(rows: _Rows, states: Iterable[AnyStepped], /) -> Iterator[AnyStepped]:
    columns = ",".join(Metrics.field_names())
    with open_rows(rows.path, f"{columns}\n", append=rows.append) as file:
        writer = csv.writer(file, lineterminator="\n")
        for state in states:
            writer.writerow(state.metrics.values())
            yield state


def tee_to_jsonl(path: str | PathLike[str], *, append: bool = False) -> Stage:
    """Write the metrics of each state into a file of JSON lines as it passes.

    A number that is nan or infinite, which JSON has no word for, is the text
    "NaN", "Infinity" or "-Infinity", which `float` reads.

    Args:
        path: Where to write.
        append: Whether to go on below the rows of an earlier leg of the run, if there are any.

    Raises:
        TypeError: If `append` is no bool.
        OSError: In the stream, if the file cannot be written, is no plain file, or holds rows
            already though `append` is False.

    >>> import json, pathlib, tempfile
    >>> from microfp import datasets, nn, trainer
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "run.jsonl"
    >>> states = tee_to_jsonl(path)(trainer.train(nn.mlp(2, [1]), datasets.moons(4)))
    >>> _ = list(take(2)(states))
    >>> [json.loads(line)["step"] for line in path.read_text().splitlines()]
    [0, 1]
    """
    check_flag("tee_to_jsonl", "append", append)
    return bind(_tee_to_jsonl, _Rows(check_path("tee_to_jsonl", "path", path), append))


def _tee_to_jsonl(rows: _Rows, states: Iterable[AnyStepped], /) -> Iterator[AnyStepped]:
    with open_rows(rows.path, append=rows.append) as file:
        for state in states:
            file.write(to_json(dict(state.metrics.items())) + "\n")
            yield state


# Forks


@names_home
def resume(
    state: TrainState[M],
    dataset: Examples,
    *,
    loss: Loss = max_margin(alpha=1e-4),
    optimizer: Optimizer = sgd(micrograd_decay),
    batch_size: int | None = None,
    seed: int | None = 1337,
    backend: Backend = "auto",
    threads: Threads = 1,
) -> Iterator[Stepped[M]]:
    """Go on from any state of a training: a lazy stream with the states after it.

    With the options of that training it is the same run, bit for bit, batches included. A state
    is a value, so any number of streams can go on from one.

    Args:
        state: Where to begin, with a state of this optimiser; see `with_optimizer`.
        dataset: The examples, or a pair `(xs, ys)` of their rows and targets.
        loss: What is to be made small.
        optimizer: How.
        batch_size: How many examples a step sees; None for all of them.
        seed: What the batches are drawn with; None for examples in their own order.
        backend: How a step is computed; see `trainer.make_step`.
        threads: How many threads compute it; see `trainer.make_step`.

    >>> from microfp import datasets, nn, trainer
    >>> data = datasets.moons(20)
    >>> third = toolbox.last(take(3)(trainer.train(nn.mlp(2, [4, 1]), data)))
    >>> next(resume(third, data)).step
    4
    """
    training = checked_training(loss, optimizer, dataset, batch_size, seed, threads)
    _, states = going_on(training, state, backend)
    return states


def with_optimizer(state: AnyState, optimizer: Optimizer) -> AnyState:
    """Give a state to another optimiser, which begins with no memory: for forks.

    The number of the step stays, and with it the place in schedules and epochs.

    >>> from microfp import datasets, nn, optim, trainer
    >>> data = datasets.moons(20)
    >>> tenth = toolbox.last(take(10)(trainer.train(nn.mlp(2, [4, 1]), data)))
    >>> forks = [optim.adam(0.01), optim.momentum(0.01)]
    >>> [next(resume(with_optimizer(tenth, o), data, optimizer=o)).step for o in forks]
    [11, 11]
    """
    check_kind("with_optimizer", "state", state, TrainState)
    check_kind("with_optimizer", "optimizer", optimizer, Optimizer)
    numbers = pvector([p.data for p in parameters(state.model)])
    memory = optimizer.init(numbers)
    return state.set(optimizer_state=memory, memory_of=memory_of(memory, state.model))


# Streams that end where the numbers do


class Diverged(MicrofpError, Generic[M]):  # noqa: N818 - what has happened is its name
    """A training that came to a number that is nan or infinite.

    Attributes:
        state: The last good state; `state.step` is the number of the step that failed.
        cause: The node, or the term of a gradient, where the number was born; None where loss
            and gradient are finite and the update is not, and where only the order in which a
            backend adds has overflowed.

    >>> from microfp import datasets, nn
    >>> model = nn.neuron(1, weights=[1e200], activation="identity")
    >>> *_, failure = try_train(model, datasets.dataset([[1e200]], [1.0]), loss=max_margin())
    >>> print(failure.failure())
    train: step 0 diverged: n5 = n3 * n4 gave inf, from 1e+200 and 1e+200
    """

    def __init__(
        self, message: str, state: TrainState[M], cause: NonFinite | NonFiniteGradient | None
    ) -> None:
        super().__init__(message, state, cause)
        self.state = state
        self.cause = cause

    def __str__(self) -> str:
        """Return the message."""
        return str(self.args[0])


@names_home
def try_train(
    model: M,
    dataset: Examples,
    *,
    loss: Loss = max_margin(alpha=1e-4),
    optimizer: Optimizer = sgd(micrograd_decay),
    batch_size: int | None = None,
    seed: int | None = 1337,
    backend: Backend = "auto",
    threads: Threads = 1,
) -> Iterator[Result[Stepped[M], Diverged[M]]]:
    """Train as long as loss and parameters are finite: a lazy stream of results.

    Each `Success` holds the state after one more step, as `trainer.train` gives it. The first
    `Failure` is the last item: it holds the last good state, and says at which step, in which
    node and from which operands the first number was born that is nan or infinite.

    Args:
        model: What to train.
        dataset: The examples, or a pair `(xs, ys)` of their rows and targets.
        loss: What is to be made small.
        optimizer: How.
        batch_size: How many examples a step sees; None for all of them.
        seed: What the batches are drawn with; None for examples in their own order.
        backend: How a step is computed; see `trainer.make_step`.
        threads: How many threads compute it; see `trainer.make_step`.

    Raises:
        ShapeError, DataError, ValueError, TypeError: At once, for what cannot be trained.

    >>> from microfp import datasets, nn
    >>> results = try_train(nn.mlp(2, [4, 1]), datasets.moons(20))
    >>> [result.unwrap().step for result in take(3)(results)]
    [1, 2, 3]
    """
    start = initial_state(model, optimizer)
    return try_resume(
        start,
        dataset,
        loss=loss,
        optimizer=optimizer,
        batch_size=batch_size,
        seed=seed,
        backend=backend,
        threads=threads,
    )


@names_home
def try_resume(
    state: TrainState[M],
    dataset: Examples,
    *,
    loss: Loss = max_margin(alpha=1e-4),
    optimizer: Optimizer = sgd(micrograd_decay),
    batch_size: int | None = None,
    seed: int | None = 1337,
    backend: Backend = "auto",
    threads: Threads = 1,
) -> Iterator[Result[Stepped[M], Diverged[M]]]:
    """Go on from any state as long as loss and parameters are finite; see `try_train`.

    Args:
        state: Where to begin, with a state of this optimiser; see `with_optimizer`.
        dataset: The examples, or a pair `(xs, ys)` of their rows and targets.
        loss: What is to be made small.
        optimizer: How.
        batch_size: How many examples a step sees; None for all of them.
        seed: What the batches are drawn with; None for examples in their own order.
        backend: How a step is computed; see `trainer.make_step`.
        threads: How many threads compute it; see `trainer.make_step`.

    Raises:
        ShapeError, DataError, ValueError, TypeError: At once, for what cannot be trained.

    >>> from microfp import datasets, nn
    >>> data = datasets.moons(20)
    >>> third = toolbox.last(take(3)(try_train(nn.mlp(2, [4, 1]), data))).unwrap()
    >>> next(try_resume(third, data)).unwrap().step
    4
    """
    training = checked_training(loss, optimizer, dataset, batch_size, seed, threads)
    runner, states = going_on(training, state, backend)
    return _results(states, state, bind(_explained, runner, training))


def _results(
    states: Iterator[Stepped[M]],
    before: TrainState[M],
    explain: Callable[[TrainState[M], Stepped[M]], Diverged[M]],
) -> Iterator[Result[Stepped[M], Diverged[M]]]:
    for state in states:
        if not is_finite(state):
            yield Failure(explain(before, state))
            return
        yield Success(state)
        before = state


def _explained(
    runner: Runner, training: Training, before: TrainState[M], after: Stepped[M]
) -> Diverged[M]:
    """Why a step has diverged: found in the graph, or in what the backend itself has computed."""
    examples = training.examples(before.step)
    cause = _cause(evaluate(training.loss, before.model, examples).total)
    if cause is not None:
        told = str(cause)
    elif not math.isfinite(after.metrics.loss):
        told = f"the loss is {after.metrics.loss!r}, {_ORDER}"
    else:
        slopes = runner.gradient(training.loss, before.model, examples)
        told = _bad_update(before.model, slopes, parameter_numbers(after))
    return Diverged(f"train: step {before.step} diverged: {told}", before, cause)


_ORDER = "as this backend adds up, and finite in the order of backend='eager'"


def _cause(total: Value) -> NonFinite | NonFiniteGradient | None:
    if not math.isfinite(total.data):
        return first_non_finite(total).unwrap()
    return first_non_finite_gradient(total).value_or(None)


def _bad_update(model: Model, slopes: Sequence[float], moved: Sequence[float]) -> str:
    """What to say of the first parameter that an update has made nan or infinite."""
    rows = zip(parameters(model), slopes, moved, strict=True)
    place, (old, slope, new) = next(
        (i, row) for i, row in enumerate(rows) if not math.isfinite(row[-1])
    )
    name = old.label or f"parameters(model)[{place}]"
    if not math.isfinite(slope):
        return f"the gradient of {name} is {slope!r}, {_ORDER}"
    return f"the update of {name} gave {new!r}, from {old.data!r} and a finite gradient"
