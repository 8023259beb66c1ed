"""`microfp demo`: train a small network on points in the plane, and draw its boundary."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NamedTuple, TypeAlias, get_args

from pyrsistent import pvector
from returns.io import IOResult

from microfp import charts, datasets
from microfp.base.checks import LARGEST_SEED, check_finite, wrong_value
from microfp.base.files import write_atomically
from microfp.base.json import to_json
from microfp.base.text import percent, six_digits
from microfp.base.threads import Threads
from microfp.charts import boundary_map, boundary_spacing, class_map, curve_map
from microfp.charts.plot_data import dataset_points, decision_boundary
from microfp.cli.arguments import (
    Commands,
    Lines,
    Parser,
    add_json,
    add_threads,
    by_threads,
    check_has_threads,
    check_writable,
    layers,
    non_negative,
    one_of,
    page,
    positive,
    target,
    whole,
)
from microfp.cli.metrics import metrics_heading, metrics_row
from microfp.cli.printing import Document, tell
from microfp.cli.progress import Track, columns_of, tracker
from microfp.cli.standard import beside, check_standard, written_by
from microfp.datasets import Dataset
from microfp.errors import FileError
from microfp.losses import (
    Loss,
    evaluate,
    max_margin,
    mean_squared_error,
    softmax_cross_entropy,
)
from microfp.nn import MLP, mlp, parameter_count
from microfp.optim import Optimizer, Rate, sgd
from microfp.record import Record, attr
from microfp.schedules import micrograd_decay
from microfp.toolbox import take
from microfp.trainer import (
    Backend,
    Metrics,
    Run,
    TrainState,
    as_options,
    chosen_backend,
    fastest_backend,
    initial_state,
    train,
)

__all__ = ["DemoOptions", "add_demo", "demo_lines"]

States: TypeAlias = Iterator[TrainState[MLP]]
DATASETS: Mapping[str, Callable[..., Dataset]] = {
    "moons": datasets.moons,
    "spiral": datasets.spiral,
    "blobs": datasets.blobs,
    "circles": datasets.circles,
    "xor": partial(datasets.xor, noise=0.1),  # corners alone would be four points
    "checkerboard": datasets.checkerboard,
    "rings": datasets.rings,
    "waves": datasets.waves,
}


def _two_classes(model: MLP, dataset: Dataset, columns: int) -> str:
    """Draw where a model of one output predicts class 1."""
    points = dataset_points(dataset)
    spacing = boundary_spacing(points, columns=columns, padding=PADDING)
    return boundary_map(decision_boundary(model, dataset, h=spacing, padding=PADDING), points)


class _Task(NamedTuple):
    """How data are learned, and shown."""

    inputs: int = 2
    outputs: int = 1
    name: str = "max margin"
    loss: Callable[[float], Loss] = lambda alpha: max_margin(alpha=alpha)
    rate: Rate = micrograd_decay
    draw: Callable[[MLP, Dataset, int], str] = _two_classes


_TASKS: Mapping[str, _Task] = {
    "rings": _Task(
        outputs=3,
        name="softmax cross-entropy",
        loss=lambda alpha: softmax_cross_entropy(l2=alpha),
        draw=class_map,
    ),
    "waves": _Task(
        inputs=1,
        name="mean squared error",
        loss=lambda alpha: mean_squared_error(l2=alpha),
        rate=0.05,  # of squared errors, micrograd's rates would make it diverge
        draw=curve_map,
    ),
}
"""What is no learning of two classes in the plane."""


def _task(options: "DemoOptions") -> _Task:
    return _TASKS.get(options.dataset, _Task())


PADDING = 0.5
WIDTH = 60
FRAMES = 25


class DemoOptions(Record):
    """What `microfp demo` was asked for; `noise` and `learning_rate` are None for the usual ones.

    >>> DemoOptions().hidden
    (16, 16)
    """

    dataset: str = attr(default="moons")
    samples: int = attr(default=100)
    noise: float | None = attr(default=None)
    hidden: tuple[int, ...] = attr(default=(16, 16))
    steps: int = attr(default=100)
    learning_rate: float | None = attr(default=None)
    alpha: float = attr(default=1e-4)
    batch_size: int | None = attr(default=None)
    seed: int = attr(default=1337)
    backend: Backend = attr(default="auto")
    threads: Threads = attr(default=1)
    json: bool = attr(default=False)
    report: Path | None = attr(default=None)
    png: Path | None = attr(default=None)


def add_demo(commands: Commands) -> None:
    """Add the command to those of a parser."""
    demo = commands.add_parser(
        "demo",
        help="train a small network and draw its decision boundary",
        description="Train a small network by max-margin loss and gradient descent, a row a step.",
        epilog="--json: a number that is not finite is written as the string NaN, Infinity or "
        "-Infinity; accuracies go from 0 to 1.",
        allow_abbrev=False,
    )
    _add_training(demo)
    add_json(demo)
    option = demo.add_argument
    option("--report", type=page, metavar="FILE.html", help="write a page with every chart")
    option("--png", type=_picture, metavar="FILE.png", help="write one picture")
    demo.set_defaults(answer=_answer)


def _add_training(demo: Parser) -> None:
    """Add the options of what is trained on what."""
    option = partial(_add_option, demo, DemoOptions())
    option("dataset", "what to learn", choices=tuple(DATASETS))
    option("samples", "how many examples", type=whole(2))
    option(
        "noise", "standard deviation of the noise; default: the dataset's own", type=non_negative
    )
    option("hidden", "widths of the hidden layers, or none; default: 16,16", type=layers)
    option("steps", "how many steps of training", type=whole(0))
    option(
        "learning-rate", "a constant rate; default: micrograd's, from 1 down to 0.1", type=positive
    )
    option("alpha", "weight of the L2 penalty", type=non_negative, other=("--l2",))
    option("batch-size", "examples in a step; default: all of them", type=whole(1))
    option("seed", "of data, weights and batches", type=whole(0, LARGEST_SEED))
    option("backend", "how a step is computed; auto is the fastest", choices=get_args(Backend))
    add_threads(demo)


def _answer(**given: object) -> Lines:
    options = DemoOptions.create(given)
    written = (("--report", options.report), ("--png", options.png))
    check_standard((), written, json=options.json)
    for option, path in written:
        if path is not None:
            check_writable(option, path)
    track, columns = tracker(sys.stdout, sys.stderr), columns_of(sys.stdout)
    lines = demo_lines(options, track=track, clock=perf_counter, columns=columns)
    return beside(lines, options.report, options.png)


def _add_option(
    parser: Parser,
    usual: DemoOptions,
    name: str,
    meaning: str,
    *,
    type: Callable[[str], object] = str,
    choices: Sequence[str] | None = None,
    other: Sequence[str] = (),
) -> None:
    default = usual[name.replace("-", "_")]
    shown = f": {', '.join(choices)}" if choices else ""
    parser.add_argument(
        f"--{name}",
        *other,
        type=one_of(choices) if choices else type,
        default=default,
        metavar=name.rpartition("-")[2].upper(),
        help=meaning if "default:" in meaning else f"{meaning}{shown}; default: {default}",
    )


def _picture(text: str) -> Path:
    """Read where a picture is to be written."""
    return target(text, ".png")


class _Demo(Record):
    """A training that is about to begin."""

    options: DemoOptions = attr()
    dataset: Dataset = attr()
    model: MLP = attr()
    columns: int | None = attr(default=None)


def demo_lines(
    options: DemoOptions,
    *,
    track: Track,
    clock: Callable[[], float],
    columns: int | None = None,
) -> Iterator[str]:
    """Train, and say so line by line, while it runs.

    Args:
        options: What to train on what, and whether to answer in JSON.
        track: Passes on the states of the training, as many as there are steps.
        clock: The time in seconds.
        columns: How wide the picture may be at most; None for its usual width.

    Raises:
        ValueError: At once, for what cannot be trained.

    >>> lines = demo_lines(
    ...     DemoOptions(hidden=(4,), steps=2), track=lambda states, n: states, clock=lambda: 0.0
    ... )
    >>> print(next(lines))
    moons: 100 examples, noise 0.1, seed 1337
    """
    demo = _prepared(options, columns)
    lines = partial(_json_lines if options.json else _report_lines, clock=clock)
    if options.report or options.png:
        _check_charted(options)
        charts.check_extra()
        lines = partial(_drawn_lines, lines=lines)
    states = _training(demo)
    return lines(demo, track(take(options.steps, states), options.steps), states)


def _prepared(options: DemoOptions, columns: int | None) -> _Demo:
    noise = {} if options.noise is None else {"noise": options.noise}
    dataset = DATASETS[options.dataset](options.samples, seed=options.seed, **noise)
    task = _task(options)
    model = mlp(task.inputs, [*options.hidden, task.outputs], seed=options.seed)
    extents = (max(column) - min(column) for column in zip(*dataset.xs, strict=True))
    check_finite("demo", "the extent of the data", max(extents))
    check_has_threads(options.backend, options.threads)
    if options.backend == "auto":
        options = options.set(backend=_fastest(options, model, dataset))
    return _Demo(options=options, dataset=dataset, model=model, columns=columns)


def _check_charted(options: DemoOptions) -> None:
    """The charts of a report are of two classes in the plane."""
    if options.dataset in _TASKS:
        known = ", ".join(name for name in DATASETS if name not in _TASKS)
        expected = f"one of {known}, where --report or --png is asked for"
        raise wrong_value("demo", "--dataset", expected, options.dataset)


def _picture_width(columns: int | None) -> int:
    """How many characters stand between the sides of the frame, so that no line is broken."""
    return WIDTH if columns is None else max(2, min(WIDTH, columns - 2))


def _training(demo: _Demo) -> States:
    """The states of the training, without an end."""
    options = demo.options
    return train(
        demo.model,
        demo.dataset,
        loss=_task(options).loss(options.alpha),
        optimizer=_optimizer(options),
        batch_size=options.batch_size,
        seed=options.seed,
        backend=options.backend,
        threads=options.threads,
    )


def _optimizer(options: DemoOptions) -> Optimizer:
    rate = options.learning_rate
    return sgd(_task(options).rate if rate is None else rate)


def _fastest(options: DemoOptions, model: MLP, dataset: Dataset) -> Backend:
    """What `auto` stands for: the backend that is done first with so many steps."""
    return fastest_backend(
        model,
        dataset,
        steps=options.steps,
        loss=_task(options).loss(options.alpha),
        batch_size=options.batch_size,
        threads=options.threads,
    )


def _report_lines(
    demo: _Demo,
    states: States,
    after: States,  # noqa: ARG001 - JSON tells of it
    clock: Callable[[], float],
) -> Iterator[str]:
    yield from _heading(demo)
    start = clock()
    last = None
    for last in states:  # a plain loop: only the last state is kept, and its model read
        yield metrics_row(_present(last.metrics), demo.columns)
    model = demo.model if last is None else last.model
    seconds = clock() - start
    yield ""
    picture = _task(demo.options).draw(model, demo.dataset, _picture_width(demo.columns))
    yield from picture.split("\n")
    yield ""
    yield from _summary(demo, model, seconds)


def _drawn_lines(
    demo: _Demo, states: States, after: States, lines: "Callable[..., Iterator[str]]"
) -> Iterator[str]:
    """The lines of a demo, and once they are out, its charts in files."""
    history: list[Metrics] = []
    kept = [initial_state(demo.model, _optimizer(demo.options))]
    yield from lines(demo, _noted(demo, states, history, kept), after)
    run = _run_of(demo, kept, history, after)
    pages = (_write_report, demo.options.report, ".html")
    for write, path, suffix in (pages, (_write_picture, demo.options.png, ".png")):
        if path is not None:
            task = partial(write, run=run, kept=kept, dataset=demo.dataset)
            written, documents = written_by(task, path, suffix)
            told = f"wrote {written}"
            if demo.options.json:
                tell(told)
            else:
                yield told
            yield from documents


def _noted(
    demo: _Demo, states: States, history: list[Metrics], kept: list[TrainState[MLP]]
) -> States:
    """Pass on the states; note the metrics of all, and as many models as a film has frames."""
    steps = demo.options.steps
    frames = {round(i * steps / FRAMES) for i in range(FRAMES + 1)}
    for state in states:
        history.append(_present(state.metrics))
        if state.step in frames:
            kept.append(state)
        yield state


def _run_of(
    demo: _Demo, kept: Sequence[TrainState[MLP]], history: Sequence[Metrics], after: States
) -> Run[MLP]:
    final = history[-1] if history else _present(next(after).metrics)
    return Run(
        initial_model=demo.model,
        final_model=kept[-1].model,
        history=pvector(history),
        final_loss=final.loss,
        final_accuracy=final.accuracy,
        options=as_options({**demo.options, "loss": _task(demo.options).loss(demo.options.alpha)}),
    )


def _write_report(
    path: Path, run: Run[MLP], kept: Sequence[TrainState[MLP]], dataset: Dataset
) -> IOResult[Path, FileError]:
    title = f"microfp: training on {dataset.metadata['name']}"
    return write_atomically(path, charts.report(run, kept, dataset, title=title).encode())


def _write_picture(
    path: Path,
    run: Run[MLP],
    kept: Sequence[TrainState[MLP]],  # noqa: ARG001 - a report has them
    dataset: Dataset,
) -> IOResult[Path, FileError]:
    return charts.save(charts.summary(run, dataset), path)


def _json_lines(
    demo: _Demo, states: States, after: States, clock: Callable[[], float]
) -> Iterator[str]:
    start = clock()
    history = [_present(state.metrics) for state in states]
    seconds = clock() - start
    final = history[-1] if history else _present(next(after).metrics)
    found = {
        "parameters": parameter_count(demo.model),
        "steps": demo.options.steps,
        "final_loss": final.loss,
        "final_accuracy": final.accuracy,
        "backend": _backend_used(demo),
        "threads": demo.options.threads,
        "seconds": seconds,
        "history": [dict(metrics.items()) for metrics in history],
    }
    yield Document(to_json(found))


def _present(metrics: Metrics | None) -> Metrics:
    """The metrics of a state that a step has made: there always are some."""
    assert metrics is not None
    return metrics


def _backend_used(demo: _Demo) -> str:
    options = demo.options
    loss = _task(options).loss(options.alpha)
    return chosen_backend(demo.model, demo.dataset, loss=loss, backend=options.backend)


def _heading(demo: _Demo) -> Iterator[str]:
    options, about = demo.options, demo.dataset.metadata
    size, n = options.batch_size, len(demo.dataset.ys)
    batch = "" if size is None or size >= n else f", {size} in a step"
    task = _task(options)
    widths = ", ".join(map(str, (*options.hidden, task.outputs)))
    noise = f"noise {about['noise']}, seed {options.seed}"
    inputs = "1 input" if task.inputs == 1 else f"{task.inputs} inputs"
    yield f"{options.dataset}: {n} examples{batch}, {noise}"
    yield f"model: {inputs}, layers of {widths} neurons, {parameter_count(demo.model)} parameters"
    by = by_threads(_backend_used(demo), options.threads)
    yield f"loss: {task.name}, alpha {options.alpha:g}, backend {by}"
    yield ""
    yield metrics_heading(demo.columns)


def _summary(demo: _Demo, model: MLP, seconds: float) -> Lines:
    """How long it took, and what the model is worth that came out of it."""
    count = demo.options.steps
    steps = f"{count} step{'' if count == 1 else 's'}"
    yield (
        f"{parameter_count(demo.model)} parameters, {steps} in {seconds:.2f} s, "
        f"backend {by_threads(_backend_used(demo), demo.options.threads)}"
    )
    final = evaluate(_task(demo.options).loss(demo.options.alpha), model, demo.dataset)
    loss, accuracy = six_digits(final.total.data), percent(final.accuracy)
    yield f"after {steps}: loss {loss}, accuracy {accuracy}"
