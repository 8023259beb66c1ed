"""Many experiments on the same examples: prepared once, performed side by side, compared.

>>> from microfp import datasets
>>> runs = prepare_all([Configuration(steps=n) for n in (1, 2)], datasets.moons(40))
>>> [result.unwrap().steps for result in compare(runs)]
[1, 2]
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from returns.result import Failure, Result, Success

from microfp.base.checks import check_each, check_kind, wrong_value
from microfp.base.later import Later
from microfp.base.threads import Threads, check_threads
from microfp.datasets import Dataset, Examples, as_dataset
from microfp.errors import MicrofpError
from microfp.experiments.configurations import AUTO, Configuration, loss_of, steps_of
from microfp.experiments.experiments import Outcome, again, perform, prepare
from microfp.experiments.predictors import Predictor
from microfp.experiments.watching import Experiment
from microfp.nn import MLP
from microfp.record import check_several
from microfp.trainer import Backend, fastest_backend
from microfp.trainer.parallel import Shared, SweepFailure, shared, sweep
from microfp.trainer.streams import Diverged

if TYPE_CHECKING:  # who has an executor has loaded it; `import microfp` need not
    from concurrent import futures
else:
    futures = Later("concurrent.futures")

__all__ = ["compare", "computed_by", "fastest", "merit", "prepare_all"]

_Performed: TypeAlias = Result[Outcome, Diverged[MLP]]

_Perform: TypeAlias = Callable[[Experiment], _Performed]


def prepare_all(
    configurations: Iterable[Configuration], dataset: Examples
) -> tuple[Experiment, ...]:
    """Prepare an experiment for each configuration; those that can share their examples.

    Configurations of one loss, seed, share held out, patience and scaling split and scale the
    examples alike, so that there is one copy for all of them.

    prepare_all(cs, data) == tuple(prepare(c, data) for c in cs)

    Args:
        configurations: What to train, and how.
        dataset: All examples, as `prepare` takes them.

    Raises:
        DataError: If the examples do not suit a configuration.
        ValueError: If a model would be too large, or a part of the split empty.

    >>> from microfp import datasets
    >>> a, b = prepare_all([Configuration(hidden=(n,)) for n in (4, 8)], datasets.moons(40))
    >>> a.training is b.training
    True
    """
    asked = check_each("prepare_all", "configurations", configurations, Configuration)
    data, known = as_dataset("prepare_all", dataset), dict[tuple[object, ...], Experiment]()
    found: list[Experiment] = []
    for configuration in asked:  # a plain loop: each looks at those before it
        key = _examples_of(configuration)
        first = known.get(key)
        made = prepare(configuration, data) if first is None else again(first, configuration)
        known.setdefault(key, made)
        found.append(made)
    return tuple(found)


def _examples_of(configuration: Configuration) -> tuple[object, ...]:
    """What decides how examples are split, labelled and scaled."""
    names = ("loss", "seed", "held_out", "standardize")
    return configuration.patience is None, *(configuration[name] for name in names)


# Backends


def fastest(experiment: Experiment, *, threads: Threads = 1) -> Backend:
    """Choose what computes the steps: of `auto` whatever is done first, compiling included.

    Args:
        experiment: What is to be trained.
        threads: How many threads there are to be; see `trainer.fastest_backend`.

    >>> from microfp import datasets
    >>> fastest(prepare(Configuration(backend="eager"), datasets.moons(40)))
    'eager'
    """
    check_kind("fastest", "experiment", experiment, Experiment)
    configuration = experiment.start.configuration
    if configuration.backend != AUTO:
        return configuration.backend
    return fastest_backend(
        experiment.start.model,
        experiment.training,
        steps=max(steps_of(configuration) - experiment.start.state.step, 0),
        loss=loss_of(configuration),
        batch_size=configuration.batch_size,
        threads=threads,
    )


def computed_by(experiment: Experiment, backend: Backend) -> Experiment:
    """Return the experiment with another backend.

    >>> from microfp import datasets
    >>> experiment = prepare(Configuration(), datasets.moons(40))
    >>> computed_by(experiment, "eager").start.configuration.backend
    'eager'
    """
    check_kind("computed_by", "experiment", experiment, Experiment)
    return experiment.set(start=_with_backend(experiment.start, backend))


def _with_backend(predictor: Predictor, backend: Backend) -> Predictor:
    return predictor.set(configuration=predictor.configuration.set(backend=backend))


# Side by side


def compare(
    experiments: Iterable[Experiment],
    executor: "futures.Executor | None" = None,
    *,
    time_limit: float | None = None,
    fast: bool = False,
    threads: Threads = 1,
) -> Iterator[Result[Outcome, MicrofpError]]:
    """Perform experiments side by side, as `parallel.sweep` does; the results come in order.

    Args:
        experiments: What to train.
        executor: Any `concurrent.futures.Executor`; None for one after another. Processes of this
            machine hold one copy each of examples that experiments share.
        time_limit: How many seconds each may take; None for as many as it wants.
        fast: Whether `auto` is what is done first, as on the command line, whose last bits may
            differ from those of Python.
        threads: How many threads compute a step of each, where its backend is native; they change
            no bit. Executor and threads multiply: two processes of two threads each keep four
            cores busy. With `fast`, more than one make `auto` native.

    Returns:
        A stream of outcomes; a `Failure` says where the numbers of its run diverged, or what
        became of its worker.

    >>> from microfp import datasets
    >>> runs = [prepare(Configuration(steps=n), datasets.moons(40)) for n in (1, 2)]
    >>> [result.unwrap().steps for result in compare(runs)]
    [1, 2]
    """
    check_several("compare", "experiments", "a sequence of experiments", experiments)
    wanted = check_threads("compare", threads)
    run: _Perform = partial(_perform_fast if fast else perform, threads=wanted)
    if executor is None or not _is_pool(executor):
        return map(_flat, sweep(experiments, run, executor, time_limit=time_limit))
    given, shelf = tuple(experiments), ExitStack()
    sent = _sent(given, shelf)
    results = sweep(sent, partial(_perform_sent, run), executor, time_limit=time_limit)
    return _until_the_end(shelf, map(_flat, map(partial(_given, given), results)))


def _perform_fast(experiment: Experiment, *, threads: Threads) -> _Performed:
    """Perform by what is done first; the file of the predictor says what was asked for."""
    asked = experiment.start.configuration.backend
    backend = fastest(experiment, threads=threads)
    return perform(computed_by(experiment, backend), threads=threads).map(
        lambda it: it.set(predictor=_with_backend(it.predictor, asked))
    )


def _is_pool(executor: "futures.Executor") -> bool:
    from concurrent.futures import ProcessPoolExecutor

    return isinstance(executor, ProcessPoolExecutor)


_Parts: TypeAlias = Mapping[str, Dataset | None]
"""The examples of an experiment: those to train on, to stop by, and held out."""


class _Sent(NamedTuple):
    """An experiment on its way to a process, its examples by their name."""

    start: Predictor
    parts: Shared[_Parts]


def _sent(experiments: Sequence[Experiment], shelf: ExitStack) -> list[_Sent]:
    """The experiments, with the examples of each kind laid down once, while the shelf stands."""
    shelved: dict[tuple[int, ...], Shared[_Parts]] = {}
    sent: list[_Sent] = []
    for experiment in experiments:  # a plain loop: each looks at those before it
        parts: _Parts = {
            "training": experiment.training,
            "validation": experiment.validation,
            "held_out": experiment.held_out,
        }
        key = tuple(map(id, parts.values()))
        if key not in shelved:
            shelved[key] = shelf.enter_context(shared(parts))
        sent.append(_Sent(experiment.start, shelved[key]))
    return sent


def _perform_sent(run: _Perform, sent: _Sent) -> _Performed:
    return run(Experiment.create({"start": sent.start, **sent.parts.value}))


def _given(
    experiments: Sequence[Experiment], result: Result[_Performed, SweepFailure[_Sent]]
) -> Result[_Performed, SweepFailure[Experiment]]:
    """A result with the experiment that was given, if it failed."""
    return result.alt(
        lambda it: SweepFailure(it.place, experiments[it.place], it.reason, is_lost=it.is_lost)
    )


def _until_the_end(
    shelf: ExitStack, results: Iterator[Result[Outcome, MicrofpError]]
) -> Iterator[Result[Outcome, MicrofpError]]:
    with shelf:
        yield from results


def _flat(
    result: Result[_Performed, SweepFailure[Experiment]],
) -> Result[Outcome, MicrofpError]:
    if isinstance(result, Failure):
        return Failure(result.failure())
    inner = result.unwrap()
    return Failure(inner.failure()) if isinstance(inner, Failure) else Success(inner.unwrap())


def merit(outcome: Outcome) -> tuple[float, float]:
    """What the better one of two outcomes has more of: accuracy, then less loss, held out.

    Raises:
        ValueError: If nothing was held out.

    >>> from microfp import datasets
    >>> from microfp.experiments import run
    >>> merit(run(Configuration(steps=3), datasets.moons(40)).unwrap())[0] <= 1.0
    True
    """
    check_kind("merit", "outcome", outcome, Outcome)
    score = outcome.held_out
    if score is None:
        raise wrong_value("merit", "outcome", "of an experiment that holds examples out", outcome)
    loss = math.inf if math.isnan(score.loss) else score.loss
    return (0.0 if score.accuracy is None else score.accuracy), -loss
