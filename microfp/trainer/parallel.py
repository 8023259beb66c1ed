"""Many runs at once, over any executor: threads, processes, the workers of a cluster.

>>> from concurrent.futures import ThreadPoolExecutor
>>> from microfp import datasets, nn, optim, trainer
>>> data = datasets.moons(20)
>>> def final_loss(rate: float) -> float:
...     return trainer.fit(nn.mlp(2, [4, 1]), data, steps=5, optimizer=optim.sgd(rate)).final_loss
>>> with ThreadPoolExecutor() as executor:
...     results = list(sweep([0.1, 0.2, -0.3], final_loss, executor))
>>> [round(result.unwrap(), 3) for result in results[:2]]
[0.876, 0.697]
>>> print(str(results[2].failure()).partition(", in ")[0])
sweep: configuration 2 failed: ValueError: sgd: learning_rate must be a finite number >= 0, got -0.3

What is run is a function, so where it runs changes nothing: results come in the order of the
configurations, and are those of a plain loop, bit for bit.
"""

import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial, reduce
from numbers import Real
from typing import TYPE_CHECKING, Generic, TypeVar

from pyrsistent import PMap, pmap
from returns.result import Failure, Result, Success

from microfp.base.binding import bind
from microfp.base.checks import check_kind, check_positive, wrong_kind
from microfp.base.later import Later
from microfp.compiler.trace.fits import check_fits_by_kinds
from microfp.datasets import Dataset
from microfp.errors import DataError, MicrofpError
from microfp.gradients import Gradients, backward, grad
from microfp.losses import Loss, check_fits
from microfp.nn import Model
from microfp.record import check_several
from microfp.trainer.attempts import (
    Attempt,
    Pack,
    Parcel,
    Raised,
    Task,
    attempt,
    by_reference,
    by_value,
    said,
)
from microfp.trainer.backend import Backend
from microfp.trainer.choice import runner_of
from microfp.trainer.shared import Shared, shared
from microfp.tree import parameters
from microfp.values import Value, total

if TYPE_CHECKING:  # who has an executor has loaded it; `import microfp` need not
    from concurrent import futures
    from concurrent.futures import Future
    from multiprocessing.process import BaseProcess as ParentProcess
else:
    futures = Later("concurrent.futures")

__all__ = [
    "NO_GRADIENTS",
    "Shared",
    "SweepFailure",
    "add_gradients",
    "best",
    "end_with_parent",
    "gradient_map_reduce",
    "shared",
    "sweep",
]

A = TypeVar("A")
C = TypeVar("C")
E = TypeVar("E")
R = TypeVar("R")


class SweepFailure(MicrofpError, Generic[C]):  # noqa: N818 - what has happened is its name
    """A configuration that has no result, and why.

    Attributes:
        place: The number of the configuration, from 0.
        configuration: The configuration itself, so that it can be run again.
        reason: The last line of the traceback, and the line of code that it comes from; or what
            became of its worker.
        is_lost: Whether it never came to an end: its worker was killed, it could not be sent
            there and back, or its time was over. If not, the run itself raised an error.
        what: What a message calls the configuration: a shard is one too.

    >>> (failure,) = sweep(["three"], float)
    >>> print(failure.failure().reason)
    ValueError: could not convert string to float: 'three'
    """

    def __init__(
        self,
        place: int,
        configuration: C,
        reason: str,
        *,
        is_lost: bool = False,
        what: str = "sweep: configuration",
    ) -> None:
        super().__init__(place, configuration, reason)
        self.what = what
        self.place = place
        self.configuration = configuration
        self.reason = reason
        self.is_lost = is_lost

    def __str__(self) -> str:
        """Say which configuration failed, and why."""
        verb = "was lost" if self.is_lost else "failed"
        return f"{self.what} {self.place} {verb}: {self.reason}"


def best(results: Iterable[Result[A, object]], *, cost: Callable[[A], float] | None = None) -> int:
    """Find the result that costs least: its place, and that of its configuration, from 0.

    A cost of nan counts as infinite, where `min` takes a run that came to nan for the best if it
    stands first. Failures are passed over.

    Args:
        results: What `sweep` has given.
        cost: From a result to a number; None where the results are numbers themselves.

    Raises:
        ValueError: If all have failed, or there are none.

    >>> from math import sqrt
    >>> losses = sweep([0.3, 1e308, -0.1, 0.1], lambda rate: sqrt(rate) + rate * 10 - rate * 10)
    >>> best(losses)
    3
    """
    check_several("best", "results", "results, as sweep gives", results)
    costs = {
        i: _cost(it.unwrap() if cost is None else cost(it.unwrap()))
        for i, it in enumerate(results)
        if isinstance(it, Success)
    }
    if not costs:
        raise ValueError("best: results must hold a Success, got none")
    return min(costs, key=costs.__getitem__)


def _cost(number: object) -> float:
    if not isinstance(number, Real) or isinstance(number, bool):
        raise wrong_kind("best", "each cost", "a number, which cost=... makes of a result", number)
    return math.inf if math.isnan(number) else float(number)


def sweep(
    configurations: Iterable[C],
    run: Callable[[C], R],
    executor: "futures.Executor | None" = None,
    *,
    time_limit: float | None = None,
) -> Iterator[Result[R, SweepFailure[C]]]:
    """Run a function on many configurations; the results come in their order.

    sweep(cs, run, executor) = (Success(run(c)) for c in cs), whatever the executor

    Args:
        configurations: A finite number of them, of any kind.
        run: A pure function of a configuration. For processes, it has to stand in a module, and
            what it takes and gives has to pickle; microfp's models, data, losses, optimisers and
            runs do.
        executor: Any `concurrent.futures.Executor`: threads, processes, `Client.get_executor()`
            of Dask. It is given everything at once, and stays open. None for a lazy loop in this
            thread.
        time_limit: How many seconds a run may take, from where it begins; None for as many as it
            wants. A run that takes longer is a `Failure`. It is told to end, which code that is
            not Python may not hear, and its worker goes on with the next.

    Returns:
        A stream of results, each as soon as it is there and those before it are. What raises an
        error, cannot be sent there and back, or is lost with a worker that was killed, is a
        `Failure` in its place, and stops nothing else. When a process of a pool is killed, the
        pool breaks, and all that it has not finished is lost. Dask starts another worker and tries
        again what the killed one had, until several workers have died of it. A stream that is
        closed before its end cancels what has not begun.

    Raises:
        TypeError: If `run` cannot be called, or `executor` is none.
        ValueError: If `time_limit` is not above 0.

    >>> [result.value_or(None) for result in sweep([4.0, -1.0, 9.0], lambda x: x**0.5 // 1.0)]
    [2.0, None, 3.0]
    """
    if not callable(run):
        raise wrong_kind("sweep", "run", "a function", run)
    limit = None if time_limit is None else check_positive("sweep", "time_limit", time_limit)
    numbered = enumerate(configurations)
    if executor is None:
        return (_outcome(i, c, attempt(run, c, limit, here=True)) for i, c in numbered)
    from concurrent.futures import Executor

    check_kind("sweep", "executor", executor, Executor)
    task = partial(Task, run, limit=limit, pack=_pack_for(executor))
    return _in_order(deque((i, c, _submitted(executor, i, task(c))) for i, c in numbered))


def _submitted(
    executor: "futures.Executor", place: int, task: "Task[C, R]"
) -> "Future[Attempt[R | Parcel[R]]]":
    """The future of one configuration; of one that cannot be given away, one that has failed."""
    from concurrent.futures import BrokenExecutor, Future

    try:
        return executor.submit(_made, place, task)
    except Exception as error:
        if isinstance(error, RuntimeError) and not isinstance(error, BrokenExecutor):
            raise  # the executor was shut down
        failed: Future[Attempt[R | Parcel[R]]] = Future()
        failed.set_exception(_origin(error))
        return failed


def _made(_place: int, task: "Callable[[], Attempt[R | Parcel[R]]]") -> "Attempt[R | Parcel[R]]":
    """What a worker does. The place keeps equal configurations apart where calls are remembered."""
    return task()


def _pack_for(executor: "futures.Executor") -> Pack:
    """How a kind of executor pickles."""
    from concurrent.futures import ProcessPoolExecutor

    return by_reference if isinstance(executor, ProcessPoolExecutor) else by_value


def _origin(error: BaseException) -> BaseException:
    """The error that led to another one, and to this one in the end."""
    return error if error.__cause__ is None else _origin(error.__cause__)


def _in_order(
    pending: "deque[tuple[int, C, Future[Attempt[R | Parcel[R]]]]]",
) -> Iterator[Result[R, SweepFailure[C]]]:
    try:
        while pending:
            place, configuration, future = pending.popleft()
            yield _outcome(place, configuration, _awaited(future))
    finally:
        for _, _, future in pending:
            future.cancel()


def _awaited(future: "Future[Attempt[R | Parcel[R]]]") -> Attempt[R]:
    from concurrent.futures import CancelledError

    try:
        error = future.exception()
    except CancelledError as cancelled:
        error = cancelled
    if error is not None:
        return Failure(Raised(_fate(error), is_lost=True))
    return future.result().bind(_opened)


def _opened(result: R | Parcel[R]) -> Attempt[R]:
    return result.opened() if isinstance(result, Parcel) else Success(result)


def _outcome(place: int, configuration: C, made: Attempt[R]) -> Result[R, SweepFailure[C]]:
    return made.alt(lambda it: SweepFailure(place, configuration, it.reason, is_lost=it.is_lost))


def _fate(error: BaseException) -> str:
    """What became of a configuration that was given to an executor, and gave no outcome."""
    from concurrent.futures import BrokenExecutor

    if isinstance(error, BrokenExecutor):
        return (
            "a worker was killed, this one's or another one's, and the pool broke before this was "
            f"done; run it again in a new pool ({said(error)})"
        )
    return said(error)


# Workers


def end_with_parent() -> None:
    """Let this process end as soon as the one that started it has ended, however that was.

    A process that is killed says nothing to those that it has started; they would wait for it,
    idle, for ever. It is for the `initializer` of a pool, and does nothing in a process that no
    pool has started.

    >>> from concurrent.futures import ProcessPoolExecutor
    >>> pool = ProcessPoolExecutor(2, initializer=end_with_parent)
    >>> pool.shutdown()
    """
    from multiprocessing import parent_process
    from threading import Thread

    parent = parent_process()
    if parent is not None:
        Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: "ParentProcess") -> None:
    parent.join()  # by a pipe that closes with it, so on every system
    os._exit(1)


# Gradients


NO_GRADIENTS: Gradients = pmap()
"""The table without entries, the neutral element of `add_gradients`.

>>> from microfp import backward, value
>>> gradients = backward(value(2.0))
>>> add_gradients(NO_GRADIENTS, gradients) == gradients
True
"""


def add_gradients(a: Gradients, b: Gradients) -> Gradients:
    """Add two tables of gradients, entry by entry; a node that one of them lacks counts as 0.

    Tables are a commutative monoid: `NO_GRADIENTS` is neutral, and the order of two tables makes
    no difference, bit for bit. Sums of floats are rounded, so it is associative up to rounding,
    and exactly where no sum is rounded; which is why `gradient_map_reduce` adds in a fixed order.

    Args:
        a: As `backward` gives it.
        b: Another one, of the same nodes or of others.

    Raises:
        TypeError: If one of them is no table.

    >>> from microfp import backward, value
    >>> x, y = value(3.0), value(4.0)
    >>> both = add_gradients(backward(x * y), backward(x * x))
    >>> both[x], both[y]
    (10.0, 3.0)
    """
    _check_table("a", a)
    _check_table("b", b)
    return pmap({**a, **{x: a[x] + slope if x in a else slope for x, slope in b.items()}})


def _check_table(name: str, table: object) -> None:
    if not isinstance(table, PMap) or isinstance(table, Value):  # a node is a map of its fields
        raise wrong_kind("add_gradients", name, "a table that backward has made", table)


def gradient_map_reduce(
    loss: Loss,
    model: Model,
    shards: Iterable[Dataset],
    executor: "futures.Executor | None" = None,
    *,
    backend: Backend = "auto",
) -> Result[Gradients, SweepFailure[Dataset]]:
    """Compute the gradient of a loss over data in pieces, each where there is a worker for it.

    gradient = sum over shards of (n of the shard / n of all) * (gradient of the shard's mean loss)
               + gradient of the penalty

    It is the gradient of the loss of all examples: their mean, and the penalty once. The shards
    are added in their order, so the result is the same bit for bit whatever the executor. It
    differs from that of one large batch by the rounding of sums; for a single shard and a loss
    without a penalty, in no bit.

    Args:
        loss: The loss.
        model: The model.
        shards: The pieces of the data, one after another.
        executor: As in `sweep`.
        backend: How a shard's gradient is computed; see `trainer.Backend`.

    Returns:
        The table of the model's parameters, for `nn.apply_gradients`; or the failure of the first
        shard that has none.

    Raises:
        DataError: If there is no shard, or a target has no meaning for the loss.
        ShapeError: If a shard does not fit the model.

    >>> from microfp import datasets, losses, nn
    >>> data, model = datasets.moons(20), nn.mlp(2, [4, 1])
    >>> shards = datasets.batches(data, 8)
    >>> gradients = gradient_map_reduce(losses.max_margin(), model, shards).unwrap()
    >>> len(gradients) == nn.parameter_count(model)
    True
    """
    check_several("gradient_map_reduce", "shards", "a sequence of datasets", shards)
    pieces = tuple(shards)
    if not pieces:
        raise DataError("gradient_map_reduce: shards must be at least one dataset, got none")
    check = check_fits_by_kinds if backend == "native" else check_fits
    for piece in pieces:
        check(loss, model, piece)
    without_penalty = loss.set(penalty=None)
    slopes = sweep(pieces, bind(_shard_gradient, without_penalty, model, backend), executor)
    sizes = tuple(len(piece.xs) for piece in pieces)
    return _collected(slopes).map(bind(_whole_gradient, loss, model, sizes)).alt(_of_shard)


def _shard_gradient(
    loss: Loss, model: Model, backend: Backend, shard: Dataset
) -> tuple[float, ...]:
    """The gradient on a shard, a number a parameter: nodes would be others in another process."""
    return tuple(runner_of(backend).gradient(loss, model, shard))


def _whole_gradient(
    loss: Loss, model: Model, sizes: Sequence[int], slopes: Sequence[Sequence[float]]
) -> Gradients:
    shares = [n / sum(sizes) for n in sizes]
    tables = (_table(model, row, share) for row, share in zip(slopes, shares, strict=True))
    return add_gradients(reduce(add_gradients, tables, NO_GRADIENTS), _penalty_table(loss, model))


def _table(model: Model, slopes: Sequence[float], share: float) -> Gradients:
    return pmap({p: share * g for p, g in zip(parameters(model), slopes, strict=True)})


def _penalty_table(loss: Loss, model: Model) -> Gradients:
    if loss.penalty is None:
        return NO_GRADIENTS
    gradients = backward(total(map(loss.penalty, parameters(model))))
    return pmap({p: grad(p, gradients) for p in parameters(model)})


def _collected(results: Iterable[Result[A, E]]) -> Result[tuple[A, ...], E]:
    """All that succeeded, or the first failure."""
    none: Result[tuple[A, ...], E] = Success(())
    return reduce(
        lambda so_far, result: so_far.bind(lambda some: result.map(lambda one: (*some, one))),
        results,
        none,
    )


def _of_shard(failure: SweepFailure[Dataset]) -> SweepFailure[Dataset]:
    place, shard, reason = failure.place, failure.configuration, failure.reason
    what = "gradient_map_reduce: shard"
    return SweepFailure(place, shard, reason, is_lost=failure.is_lost, what=what)
