"""`microfp sweep`: every combination of some options, side by side, and which one does best."""

import argparse
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from returns.io import IOResult
from returns.pipeline import is_successful
from returns.result import Result

from microfp.base import text
from microfp.base.json import to_json
from microfp.base.text import percent, six_digits
from microfp.base.threads import Threads
from microfp.cli.arguments import (
    CommandError,
    Commands,
    Interrupted,
    Lines,
    Parser,
    UsageError,
    add_json,
    add_threads,
    check_has_threads,
    check_writable,
    one_of,
    positive,
    target,
    whole,
)
from microfp.cli.blocks import give_large_blocks_back
from microfp.cli.data import add_source, led, parted, read_dataset, read_source
from microfp.cli.printing import Document
from microfp.cli.progress import Track, columns_of, tracker
from microfp.cli.scores import score_rows
from microfp.cli.standard import beside, check_standard, written_by
from microfp.cli.train import OPTIONS, Option, add_option, add_scaling, source_lines
from microfp.datasets import Dataset
from microfp.errors import FileError, MicrofpError
from microfp.experiments import Experiment, Outcome, compare, merit, prepare_all
from microfp.experiments.configurations import Configuration
from microfp.experiments.predictors import Score, save_predictor
from microfp.nn import parameter_count
from microfp.trainer.parallel import SweepFailure, end_with_parent

if TYPE_CHECKING:  # only what runs on several processes loads them
    from concurrent.futures import Executor

__all__ = ["add_sweep", "sweep_lines"]

Attempt = Result[Outcome, MicrofpError]

MOST_RUNS = 10_000
MOST_WORKERS = 256


def add_sweep(commands: Commands) -> None:
    """Add the command to those of a parser."""
    command = commands.add_parser(
        "sweep",
        help="train with every combination of some options, and compare",
        description=_DESCRIPTION,
        allow_abbrev=False,
    )
    add_source(command)
    for field, option in OPTIONS.items():
        add_option(
            command, field, option._replace(read=_several(option)), nargs="+", action="extend"
        )
    add_scaling(command)
    _add_course(command)
    add_json(command)
    command.set_defaults(answer=_answer)


def _several(option: Option) -> Callable[[str], object]:
    """Read one of several values; of some with commas between them, say how they stand."""

    def read(text: str) -> object:
        try:
            return option.read(text) if option.choices is None else one_of(option.choices)(text)
        except argparse.ArgumentTypeError as error:
            apart = f"; several values stand apart, as in {text.replace(',', ' ')}"
            raise argparse.ArgumentTypeError(f"{error}{apart if ',' in text else ''}") from None

    return read


_DESCRIPTION = (
    "Train as `microfp train` does, once for each combination of the options that are given "
    "several values, and compare what is held out. The best of many scores is a little too good: "
    "measure it again on other data."
)


def _add_course(command: Parser) -> None:
    """Add the options of how the sweep goes, and where its best goes."""
    command.add_argument(
        "--workers",
        type=whole(1, MOST_WORKERS),
        default=1,
        help="how many processes train at once; default: 1",
    )
    add_threads(command, ", where there is one worker; each worker has so many")
    command.add_argument(
        "--time-limit",
        type=positive,
        metavar="SECONDS",
        help="what a run may take before it counts as failed; default: as long as it wants",
    )
    command.add_argument(
        "--save",
        type=target,
        metavar="MODEL.json",
        help="where to write the best predictor; - prints it",
    )


def _answer(
    data: Path,
    *,
    target: str | None,
    workers: int,
    threads: Threads,
    time_limit: float | None,
    save: Path | None,
    json: bool,
    standardize: bool = True,
    bounded: bool = True,
    **others: object,
) -> Lines:
    if {"steps", "epochs"} <= others.keys():
        raise UsageError("--epochs: cannot be given with --steps")
    check_standard([data], [("--save", save)], json=json)
    reading, varying = parted(others)
    given = {field: list(values) for field, values in varying.items()}  # type: ignore[call-overload]  # lists, as they were read
    give_large_blocks_back()
    switches = {"standardize": [standardize], "bounded": [bounded]}
    configurations = combinations({**given, **switches})
    _check_threads(configurations, workers, threads)
    make = partial(read_dataset, target=target, reading=reading, command="sweep")
    dataset, read = read_source(data, reading.form, make)
    experiments = _prepared(configurations, dataset)
    if save is not None:
        check_writable("--save", save, data)
    lines = sweep_lines(
        experiments,
        [field for field, values in given.items() if len(values) > 1],
        source=read.name,
        workers=workers,
        threads=threads,
        time_limit=time_limit,
        save=save,
        json=json,
        track=tracker(sys.stderr),
    )
    return beside(lines if json else led(read.lines, lines), save)


def _prepared(configurations: Sequence[Configuration], dataset: Dataset) -> tuple[Experiment, ...]:
    if not all(configuration.held_out for configuration in configurations):
        raise UsageError("--held-out: must be above 0 in a sweep, which compares by it, got 0")
    return prepare_all(configurations, dataset)


def _check_threads(configurations: Sequence[Configuration], workers: int, threads: Threads) -> None:
    """Check that all runs have so many threads, and that they do not take each other's cores."""
    for configuration in configurations:
        check_has_threads(configuration.backend, threads)
    if threads == "all" and workers > 1:
        raise UsageError(f"--threads: must be a number where --workers is {workers}, got all")


def combinations(values: Mapping[str, Sequence[object]]) -> list[Configuration]:
    """Make a configuration of each combination of values, the last field changing fastest.

    Raises:
        UsageError: If they are too many.

    >>> [c.hidden for c in combinations({"hidden": [(8,), (4,)], "steps": [10]})]
    [(8,), (4,)]
    """
    rows = list(product(*values.values())) if _count(values) <= MOST_RUNS else []
    if not rows:
        raise UsageError(f"sweep: there must be at most {MOST_RUNS} runs, got {_count(values)}")
    return [Configuration.create(dict(zip(values, row, strict=True))) for row in rows]


def _count(values: Mapping[str, Sequence[object]]) -> int:
    count = 1
    for some in values.values():
        count *= len(some)
    return count


def sweep_lines(
    experiments: Sequence[Experiment],
    varied: Sequence[str],
    *,
    source: str,
    workers: int,
    save: Path | None,
    json: bool,
    track: Track,
    time_limit: float | None = None,
    threads: Threads = 1,
) -> Lines:
    r"""Train them all, and lay out what came of each, in order.

    Args:
        experiments: What to train.
        varied: The fields of the configurations that differ.
        source: Where the examples come from.
        workers: How many processes train at once.
        save: Where to write the best predictor, if anywhere.
        json: Whether to print one JSON object instead.
        track: Passes on the results, and shows meanwhile how many there have been.
        time_limit: How many seconds a run may take; None for as many as it wants.
        threads: How many threads compute a step in each process.

    >>> from microfp import datasets
    >>> from microfp.cli.progress import untracked
    >>> runs = prepare_all(combinations({"steps": [1, 2]}), datasets.moons(40))
    >>> more = {"source": "moons.csv", "workers": 1, "save": None, "json": False}
    >>> print(*list(sweep_lines(runs, ["steps"], track=untracked, **more))[:3], sep="\n")
    moons.csv: 40 examples, 2 inputs; target: 2 classes, -1 and 1
    examples: 30 to train on, 10 held out
    2 runs, 1 at a time
    """
    results: list[Attempt] = []
    perform_all = partial(compare, fast=True, threads=threads)
    try:
        with executor_of(workers) as executor:
            yield from () if json else _heading(experiments, source, workers, threads)
            with _interrupts_held_back():
                stream = perform_all(experiments, executor, time_limit=time_limit)
            results.extend(track(stream, len(experiments)))
    except KeyboardInterrupt:
        done, total = len(results), len(experiments)
        raise Interrupted(f"interrupted after {done} of {total} runs; nothing was saved") from None
    runs = [_Run(*pair) for pair in zip(experiments, results, strict=True)]
    yield from _ending(runs, varied, save=save, json=json)


class _Run(NamedTuple):
    """What was to be trained, and what came of it."""

    experiment: Experiment
    result: Attempt


def _ending(runs: Sequence[_Run], varied: Sequence[str], *, save: Path | None, json: bool) -> Lines:
    """Save the best, and say what came of all."""
    best = _best([run.result for run in runs])
    place = None if best is None else save
    written, documents = written_by(partial(_save, runs[best or 0]), place)
    if json:
        yield Document(to_json(_found(runs, best, written)))
    else:
        yield from _report(runs, varied, best, written)
    yield from documents
    if best is None:
        raise CommandError("sweep: every run failed")


def _save(run: _Run, path: Path) -> IOResult[Path, FileError]:
    return save_predictor(run.result.unwrap().predictor, path)


@contextmanager
def executor_of(workers: int) -> "Iterator[Executor | None]":
    """Processes, as many as are asked for; none for one worker, which is this process.

    An interrupt ends them all at once, and so does the end of this process, however it comes.

    >>> with executor_of(1) as executor:
    ...     executor is None
    True
    """
    if workers == 1:
        yield None
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import active_children, get_context

    context = get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=end_with_parent) as pool:
        try:
            yield pool
        except KeyboardInterrupt:
            for child in active_children():
                child.terminate()
            pool.shutdown(cancel_futures=True)  # it waits until they have ended
            raise


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """Start processes that do not hear Ctrl-C, which a terminal sends to them too.

    They inherit what is held back here; where systems have no such thing, they hear it.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# What is said of it


def _heading(
    experiments: Sequence[Experiment], source: str, workers: int, threads: Threads
) -> Lines:
    yield from source_lines(experiments[0], source)
    by = "" if threads == 1 else f", {threads} threads each"
    yield f"{len(experiments)} run{'s' * (len(experiments) > 1)}, {workers} at a time{by}"
    yield ""


def _best(results: Sequence[Attempt]) -> int | None:
    """The place of the best outcome, the first one of equals."""
    merits = {
        i: merit(attempt.unwrap()) for i, attempt in enumerate(results) if is_successful(attempt)
    }
    return max(merits, key=merits.__getitem__) if merits else None


def _report(
    runs: Sequence[_Run], varied: Sequence[str], best: int | None, written: str | None
) -> Lines:
    yield from _table(runs, varied).split("\n")
    yield ""
    for i, run in enumerate(runs, start=1):
        if not is_successful(run.result):
            yield f"run {i} failed: {_reason(run.result.failure())}"
    if best is not None:
        values = zip(varied, _values(runs[best], varied), strict=True)
        options = "".join(f" --{_option(field)} {value}" for field, value in values)
        yield f"best: run {best + 1}{',' if options else ''}{options}"
        yield "not saved; see --save" if written is None else f"wrote {written}"


def _reason(failure: MicrofpError) -> str:
    """Why a run failed, without the number that the library counts it by."""
    return failure.reason if isinstance(failure, SweepFailure) else str(failure)


def _table(runs: Sequence[_Run], varied: Sequence[str]) -> str:
    measure = "accuracy" if runs[0].experiment.start.classes else "R2"
    heading = ("run", *map(_option, varied), "parameters", "held-out loss", measure)
    rows = [(str(i), *_values(run, varied), *_cells(run)) for i, run in enumerate(runs, start=1)]
    return text.table(heading, rows, numbers=3, columns=columns_of(sys.stdout))


def _values(run: _Run, varied: Sequence[str]) -> tuple[str, ...]:
    return tuple(_shown(run.experiment.start.configuration[field]) for field in varied)


def _option(field: str) -> str:
    return field.replace("_", "-")


def _shown(found: object) -> str:
    """A value as it stands on a command line."""
    if isinstance(found, tuple):
        return ",".join(map(str, found)) or "none"
    return "all" if found is None else str(found)


def _cells(run: _Run) -> tuple[str, str, str]:
    count = str(parameter_count(run.experiment.start.model))
    held_out = _held_out(run)
    if held_out is None:
        return count, "failed", "-"
    if held_out.accuracy is not None:
        return count, six_digits(held_out.loss), percent(held_out.accuracy)
    return count, six_digits(held_out.loss), "-" if held_out.r2 is None else f"{held_out.r2:.3f}"


def _held_out(run: _Run) -> Score | None:
    return run.result.unwrap().held_out if is_successful(run.result) else None


def _found(runs: Sequence[_Run], best: int | None, written: str | None) -> dict[str, object]:
    return {
        "runs": [
            {
                "configuration": dict(run.experiment.start.configuration.items()),
                "parameters": parameter_count(run.experiment.start.model),
                **_outcome(run.result),
            }
            for run in runs
        ],
        "best": best,
        "saved": written,
    }


def _outcome(result: Attempt) -> dict[str, object]:
    if not is_successful(result):
        return {
            "steps": None,
            "training": None,
            "held_out": None,
            "error": _reason(result.failure()),
        }
    outcome = result.unwrap()
    rows = score_rows(outcome)
    return {
        "steps": outcome.steps,
        "training": rows["training"],
        "held_out": rows["held_out"],
        "error": None,
    }
