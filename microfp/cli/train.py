"""`microfp train`: from a CSV file to a trained predictor, its scores, and a file of it."""

import argparse
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NamedTuple, TypeAlias, get_args

from returns.io import IOResult
from returns.result import Failure, Result

from microfp.base.checks import LARGEST_SEED
from microfp.base.files import write_atomically
from microfp.base.json import to_json
from microfp.base.threads import Threads
from microfp.cli.arguments import (
    CommandError,
    Commands,
    Interrupted,
    Lines,
    UsageError,
    add_json,
    add_threads,
    by_threads,
    check_has_threads,
    check_writable,
    expected,
    layers,
    non_negative,
    one_of,
    page,
    positive,
    share,
    taken,
    target,
    whole,
)
from microfp.cli.blocks import give_large_blocks_back
from microfp.cli.data import Read, Source, add_source, examples_of, led, parted, read_source
from microfp.cli.metrics import metrics_heading, metrics_row
from microfp.cli.printing import Document, tell
from microfp.cli.progress import Track, columns_of, tracker
from microfp.cli.scores import score_lines, score_rows
from microfp.cli.standard import beside, check_standard, is_standard, read_by, written_by
from microfp.datasets import column_rows
from microfp.errors import FileError
from microfp.experiments import (
    Experiment,
    Outcome,
    Watched,
    computed_by,
    conclude,
    extend,
    fastest,
    limits_told,
    prepare,
    watch,
)
from microfp.experiments import report as page_of
from microfp.experiments.configurations import (
    AUTO,
    LOSSES,
    OPTIMIZERS,
    SCHEDULES,
    Configuration,
    epoch_of,
    l2_of,
    steps_of,
)
from microfp.experiments.predictors import Predictor, load_predictor, save_predictor
from microfp.nn import ACTIVATIONS, MLP, parameter_count
from microfp.trainer import Backend, Metrics
from microfp.trainer.streams import Diverged

__all__ = [
    "OPTIONS",
    "Option",
    "add_option",
    "add_scaling",
    "add_train",
    "source_lines",
    "train_lines",
]

MOST_NAMED = 10
ROWS = 20
"""About how many rows a table of steps has."""


# Options


class Option(NamedTuple):
    """An option that sets a field of a configuration."""

    meaning: str
    read: Callable[[str], object] = str
    choices: Sequence[str] | None = None
    default: str | None = None
    metavar: str | None = None


def _batch(text: str) -> int | None:
    if text == "all":
        return None
    try:
        return whole(1)(text)
    except argparse.ArgumentTypeError:
        raise expected("an int from 1 to 1000000, or the word all", text) from None


OPTIONS: Mapping[str, Option] = {
    "hidden": Option("widths of the hidden layers, or none", layers, default="16"),
    "activation": Option("of the hidden layers", choices=tuple(ACTIVATIONS), metavar="NAME"),
    "loss": Option(
        "what is made small", choices=(AUTO, *LOSSES), default="auto, which suits the targets"
    ),
    "optimizer": Option("how it is made small", choices=tuple(OPTIMIZERS)),
    "learning_rate": Option(
        "the largest rate", positive, default="one that suits the optimizer", metavar="RATE"
    ),
    "schedule": Option("how the rate goes on from there", choices=tuple(SCHEDULES)),
    "warm_up": Option("steps in which the rate rises from 0 at first", whole(0), metavar="STEPS"),
    "l2": Option(
        "weight of the L2 penalty",
        non_negative,
        default="2 / examples, at most 0.01; of the mean squared error, twice that",
        metavar="WEIGHT",
    ),
    "steps": Option(
        "how many steps of training", whole(0), default="the epochs that --epochs says"
    ),
    "epochs": Option(
        "how many times to see all examples, instead of --steps",
        whole(0),
        default="50, or as many more or fewer as suit the number of examples",
    ),
    "batch_size": Option("examples in a step, or all", _batch, metavar="SIZE"),
    "held_out": Option(
        "share of the examples that is kept out of the training, to measure on",
        share,
        metavar="SHARE",
    ),
    "patience": Option(
        "stop when the loss on a part of the training examples has not fallen for so many epochs, "
        "and keep the best model",
        whole(1),
        default="never stop early",
        metavar="EPOCHS",
    ),
    "seed": Option("of weights, splits and batches", whole(0, LARGEST_SEED)),
    "backend": Option(
        "how a step is computed", choices=get_args(Backend), default="auto, whatever is done first"
    ),
}
"""The options that set one field each of a configuration, by the name of the field."""

_ALIASES: Mapping[str, Sequence[str]] = {"batch_size": ("--batch",)}


class _Former(argparse.Action):
    """An option by the name that it had: it works as ever, and says what it is called now."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        tell(f"{parser.prog}: {option_string} is deprecated, write --{self.dest}")
        before = getattr(namespace, self.dest, [])
        setattr(namespace, self.dest, [*before, *values] if isinstance(values, list) else values)


def add_option(
    command: argparse.ArgumentParser, field: str, option: Option, **more: object
) -> None:
    """Add the option for a field; where it is not given, it leaves no trace."""
    default = str(Configuration()[field]) if option.default is None else option.default
    command.add_argument(
        f"--{field.replace('_', '-')}",
        *_ALIASES.get(field, ()),
        dest=field,
        type=option.read if option.read is not str else one_of(option.choices or ()),
        default=argparse.SUPPRESS,
        metavar=option.metavar or field.rpartition("_")[2].upper(),
        help=f"{option.meaning}{_choices(option)}; default: {default}",
        **more,  # type: ignore[arg-type]  # whatever argparse knows besides
    )
    for former in (old for old, new in Configuration.former_names.items() if new == field):
        command.add_argument(
            f"--{former}",
            dest=field,
            type=option.read,
            default=argparse.SUPPRESS,
            help=argparse.SUPPRESS,
            action=_Former,
            nargs=more.get("nargs"),  # type: ignore[arg-type]  # as for the option itself
        )


def _choices(option: Option) -> str:
    """The choices in the help, where lines may break between them."""
    return "" if option.choices is None else f": {', '.join(option.choices)}"


def add_train(commands: Commands) -> None:
    """Add the command to those of a parser."""
    command = commands.add_parser(
        "train",
        help="train on a CSV file, measure, and save what was learnt",
        description=_DESCRIPTION,
        epilog="--json: accuracies go from 0 to 1; a number that is not finite is a string.",
        allow_abbrev=False,
    )
    add_source(command)
    for field, option in OPTIONS.items():
        add_option(command, field, option)
    add_scaling(command)
    _add_models(command)
    add_json(command)
    add_threads(command)
    command.set_defaults(answer=_answer)


_DESCRIPTION = (
    "Train a network on the examples of a CSV file and measure it on examples that it has not "
    "seen. Text targets are classes; numbers are classes where they are few and whole, unless "
    "--loss says otherwise."
)


def _add_models(command: argparse.ArgumentParser) -> None:
    """Add the options of what is written, and of what is gone on with."""
    command.add_argument(
        "--save",
        type=target,
        metavar="MODEL.json",
        help="where to write what was learnt; - is standard output",
    )
    command.add_argument(
        "--resume",
        type=Path,
        metavar="MODEL.json",
        help="go on with what --save has written, for so many more steps or epochs, as it was "
        "begun",
    )
    command.add_argument(
        "--report",
        type=page,
        metavar="FILE.html",
        help="write a page with the scores, and what became of the columns",
    )


def add_scaling(command: argparse.ArgumentParser) -> None:
    """Add the option that leaves numbers as they are."""
    command.add_argument(
        "--no-standardize",
        dest="standardize",
        action="store_false",
        default=argparse.SUPPRESS,
        help="leave inputs and numbers to predict as they are; by default they are scaled to mean "
        "0 and deviation 1",
    )
    command.add_argument(
        "--unbounded",
        dest="bounded",
        action="store_false",
        default=argparse.SUPPRESS,
        help="let a network predict any number; by default one with hidden layers stays within "
        "the range of the training examples, and a tenth of it around",
    )


def _answer(  # one parameter an option that neither says how to read nor is a configuration's
    data: Path,
    *,
    target: str | None,
    save: Path | None,
    resume: Path | None,
    report: Path | None,
    json: bool,
    threads: Threads,
    **others: object,
) -> Lines:
    if {"steps", "epochs"} <= others.keys():
        raise UsageError("--epochs: cannot be given with --steps")
    written = (("--save", save), ("--report", report))
    check_standard([data, resume], written, json=json)
    reading, given = parted(others)
    give_large_blocks_back()
    begun = None if resume is None else read_by(load_predictor, resume)
    if begun is not None:
        _check_resumable(begun, target, given)
    make = partial(examples_of, target, reading, begun)
    experiment, read = _prepared(read_source(data, reading.form, make), begun, given)
    for option, path in written:
        if path is not None:
            check_writable(option, path, data)
    lines = train_lines(
        experiment,
        read.name,
        save=save,
        report=report,
        json=json,
        notes=read.notes,
        threads=threads,
        track=tracker(sys.stderr),
        clock=perf_counter,
    )
    return beside(lines if json else led(read.lines, lines), save, report)


def _prepared(
    source: Source, begun: Predictor | None, given: Mapping[str, object]
) -> tuple[Experiment, Read]:
    """The experiment, which keeps no dataset that is not scaled, and what was said of the file."""
    if begun is None:
        experiment = prepare(Configuration.create(given), source.dataset)
    else:
        experiment = extend(begun, source.dataset, **given)  # type: ignore[arg-type]  # steps or epochs
    return experiment, source.read


_SWITCHES = {"standardize": "no-standardize", "bounded": "unbounded"}


def _check_resumable(begun: Predictor, target: str | None, given: Mapping[str, object]) -> None:
    if target not in (None, begun.target):
        raise UsageError(f"--target: must be {begun.target!r} to resume, got {target!r}")
    for field in given:
        if field not in ("steps", "epochs"):
            option = _SWITCHES.get(field, field.replace("_", "-"))
            raise UsageError(f"--{option}: must stay as it was, with --resume")


# The training

_Result: TypeAlias = Result[Watched, Diverged[MLP]]
"""What a step of a training came to."""


def train_lines(
    experiment: Experiment,
    source: str,
    *,
    save: Path | None,
    json: bool,
    track: Track,
    clock: Callable[[], float],
    report: Path | None = None,
    notes: Sequence[str] = (),
    threads: Threads = 1,
) -> Lines:
    """Train, and say so line by line, while it runs.

    Args:
        experiment: What to train.
        source: Where the examples come from.
        save: Where to write the predictor, if anywhere.
        json: Whether to print one JSON object instead.
        track: Passes on the states, and shows meanwhile how many there have been.
        clock: The time in seconds.
        report: Where to write a page of scores and columns, if anywhere.
        notes: What there is to say of the examples.
        threads: How many threads compute a step.

    >>> from microfp import datasets
    >>> from microfp.cli.progress import untracked
    >>> lines = train_lines(
    ...     prepare(Configuration(), datasets.moons(40)),
    ...     "moons.csv",
    ...     save=None,
    ...     json=False,
    ...     track=untracked,
    ...     clock=lambda: 0.0,
    ... )
    >>> print(next(lines))
    moons.csv: 40 examples, 2 inputs; target: 2 classes, -1 and 1
    """
    check_has_threads(experiment.start.configuration.backend, threads)
    backend = fastest(experiment, threads=threads)
    results = watch(
        computed_by(experiment, backend), threads=threads
    )  # whatever cannot be trained raises here, before a line is out
    began = clock()

    def lines() -> Lines:
        tracked = track(results, _steps_left(experiment))
        yield from () if json else _heading(experiment, source, backend, threads)
        outcome = yield from _watched(experiment, tracked, save=save, json=json)
        seconds = clock() - began
        written, documents = written_by(partial(save_predictor, outcome.predictor), save)
        told_of = partial(_write_report, outcome, f"microfp: training on {source}", notes)
        reported, pages = written_by(told_of, report, ".html")
        if json:
            found = _found(outcome, backend, seconds, written) | {"threads": threads}
            yield Document(to_json({"data": source, "notes": notes, **found, "report": reported}))
        else:
            yield from _ending(experiment, outcome, seconds, written)
            yield from () if reported is None else (f"wrote {reported}",)
        yield from (*documents, *pages)

    return lines()


def _write_report(
    outcome: Outcome, title: str, notes: Sequence[str], path: Path
) -> IOResult[Path, FileError]:
    return write_atomically(path, page_of(outcome, title=title, notes=notes).encode())


def _watched(
    experiment: Experiment,
    results: Iterator[_Result],
    *,
    save: Path | None,
    json: bool,
) -> Generator[str, None, Outcome]:
    """Say step by step how it goes, unless in JSON, where that comes at the end; the outcome."""
    rows: list[Metrics] = []
    last: Watched | None = None
    try:
        for last in _unwrapped(results):
            if _is_shown(experiment, last.state.step):
                rows += [metrics for metrics in (last.state.metrics,) if metrics is not None]
                yield from () if json else (metrics_row(rows[-1], columns_of(sys.stdout)),)
    except KeyboardInterrupt:
        raise Interrupted(_interrupted(experiment, last, save)) from None
    return conclude(experiment, last, rows)


def _steps_left(experiment: Experiment) -> int:
    return max(steps_of(experiment.start.configuration) - experiment.start.state.step, 0)


def _unwrapped(results: Iterator[_Result]) -> Iterator[Watched]:
    for result in results:
        if isinstance(result, Failure):
            raise CommandError(f"{result.failure()}; a smaller --learning-rate may help")
        yield result.unwrap()


def _is_shown(experiment: Experiment, done: int) -> bool:
    """Whether the step that was done last has a row: every so many, and the last one."""
    first, total = experiment.start.state.step, steps_of(experiment.start.configuration)
    every = max(_steps_left(experiment) // ROWS, 1)
    return (done - 1 - first) % every == 0 or done == total


def _interrupted(experiment: Experiment, last: Watched | None, save: Path | None) -> str:
    """Save what there is where there is a place for it, and say how to go on."""
    state = experiment.start.state if last is None else last.state
    total = steps_of(experiment.start.configuration)
    told = f"interrupted after step {state.step} of {total}"
    if save is None or last is None or is_standard(save):
        return f"{told}; nothing was saved"
    path = taken(save_predictor(experiment.start.set(state=last.kept), save))
    left = total - last.kept.step
    return f"{told}; wrote {path}; go on with --resume {path} --steps {left}"


# What is said of it


def source_lines(experiment: Experiment, source: str) -> Lines:
    """Say what is learnt from what, in two lines.

    >>> from microfp import datasets
    >>> print(*source_lines(prepare(Configuration(), datasets.moons(40)), "moons.csv"), sep="; ")
    moons.csv: 40 examples, 2 inputs; target: 2 classes, -1 and 1; examples: 30 to train on, 10 \
held out
    """
    parts = {
        "to train on": experiment.training,
        "to stop by": experiment.validation,
        "held out": experiment.held_out,
    }
    sizes = {name: len(part.ys) for name, part in parts.items() if part is not None}
    inputs = _count(len(experiment.start.features), "input")
    yield f"{source}: {sum(sizes.values())} examples, {inputs}; {_target(experiment.start)}"
    yield f"examples: {', '.join(f'{size} {name}' for name, size in sizes.items())}"
    if experiment.start.split is None and experiment.held_out is not None:
        yield _BY_PLACE


_BY_PLACE = (
    "note: an older microfp began this training, and chose what is held out by its place in the "
    "file; if rows were added or moved since, some of it has been trained on"
)


def _heading(experiment: Experiment, source: str, backend: Backend, threads: Threads) -> Lines:
    start, configuration = experiment.start, experiment.start.configuration
    yield from source_lines(experiment, source)
    yield f"model: {_model(start)}, {parameter_count(start.model)} parameters"
    yield from limits_told(start)
    yield f"loss: {configuration.loss}, penalty {l2_of(configuration):.3g}"
    by = by_threads(backend, threads)
    yield f"optimizer: {configuration.optimizer}, {_batch_shown(experiment)}, backend {by}"
    yield f"steps: {_epochs(experiment)}"
    yield ""
    yield metrics_heading(columns_of(sys.stdout))


def _epochs(experiment: Experiment) -> str:
    steps = _steps_left(experiment)
    epoch = epoch_of(experiment.start.configuration, len(experiment.training.ys))
    seen = f"{steps / epoch:.3g}"
    return f"{steps}, {seen} epoch{'' if seen == '1' else 's'} of {_count(epoch, 'step')}"


def _model(start: Predictor) -> str:
    *hidden, outputs = [len(layer.neurons) for layer in start.model.layers]
    parts = [
        _count(len(start.features), "input"),
        *(f"{width} {start.configuration.activation}" for width in hidden),
        _count(outputs, "output"),
    ]
    return ", ".join(parts)


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def _target(start: Predictor) -> str:
    if not start.classes:
        return f"{start.target}: numbers"
    *others, last = start.classes
    names = (", ".join(others), last) if len(others) < MOST_NAMED else (others[0], "others")
    some = " and ".join(names)
    return f"{start.target}: {len(start.classes)} classes, {some}"


def _batch_shown(experiment: Experiment) -> str:
    size, n = experiment.start.configuration.batch_size, len(experiment.training.ys)
    return f"{n if size is None else min(size, n)} examples a step"


def _ending(experiment: Experiment, outcome: Outcome, seconds: float, written: str | None) -> Lines:
    done = outcome.steps - experiment.start.state.step
    kept = outcome.predictor.state.step
    yield ""
    yield from score_lines(outcome)
    yield ""
    best = "" if kept == outcome.steps else f"; kept the model of step {kept}"
    yield f"{_count(done, 'step')} in {seconds:.2f} s{best}"
    yield "not saved; see --save" if written is None else f"wrote {written}"


def _found(
    outcome: Outcome, backend: Backend, seconds: float, written: str | None
) -> dict[str, object]:
    """What there is to say in JSON, a line for each key."""
    predictor = outcome.predictor
    return {
        "target": predictor.target,
        "columns": () if predictor.schema is None else column_rows(predictor.schema),
        "features": predictor.features,
        "classes": predictor.classes,
        "bounds": predictor.bounds,
        "configuration": dict(predictor.configuration.items()),
        "parameters": parameter_count(predictor.model),
        "steps": outcome.steps,
        "kept_step": predictor.state.step,
        "backend": backend,
        "seconds": seconds,
        **score_rows(outcome),
        "saved": written,
        "history": [dict(metrics.items()) for metrics in outcome.history],
    }
