r"""The command `microfp`: arguments in, lines of text out.

What a command prints is an iterator of lines, made by pure functions of what it was asked for;
only `main` prints. Bad input is one line on stderr and exit code 2.

>>> main(["graph", "x * 2", "x=3", "--dot"])
digraph microfp {
  rankdir=LR;
  node [shape=box];
  n0 [label="x\ndata 3\ngrad 2"];
  n1 [label="data 2\ngrad 3"];
  n2 [label="mul\ndata 6\ngrad 1"];
  n0 -> n2;
  n1 -> n2;
}
0
"""

import argparse
import math
import os
import sys
import webbrowser
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial, reduce
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from reprlib import repr as short_repr
from time import perf_counter
from typing import NoReturn, TextIO, TypeAlias, get_args

from pyrsistent import pmap, pvector
from returns.io import IOResult
from returns.pipeline import is_successful
from returns.result import safe
from returns.unsafe import unsafe_perform_io

from microfp import __version__, charts, datasets, explorer, graph, text
from microfp.checks import LARGEST_SEED, check_finite
from microfp.datasets import Dataset
from microfp.errors import MicrofpError
from microfp.expressions import FUNCTIONS, expression, read_variables
from microfp.gradients import backward
from microfp.losses import max_margin
from microfp.nn import MLP, mlp, parameter_count
from microfp.optim import sgd
from microfp.plot_data import dataset_points, decision_boundary
from microfp.record import Record, attr
from microfp.schedules import micrograd_decay
from microfp.text import to_json
from microfp.toolbox import take
from microfp.trainer import (
    Backend,
    Metrics,
    Run,
    TrainState,
    chosen_backend,
    fastest_backend,
    initial_state,
    train,
)

__all__ = [
    "DemoOptions",
    "demo_lines",
    "explore_lines",
    "graph_lines",
    "main",
    "plain_bar",
    "to_json",
]

States: TypeAlias = Iterator[TrainState[MLP]]
Track: TypeAlias = Callable[[States, int], States]
"""Passes on so many states and shows meanwhile how many of them there have been."""

DATASETS: Mapping[str, Callable[..., Dataset]] = {
    "moons": datasets.moons,
    "spiral": datasets.spiral,
    "blobs": datasets.blobs,
    "circles": datasets.circles,
}

LARGEST_COUNT = 1_000_000
LONGEST_COMPLAINT = 500
PADDING = 0.5
FRAMES = 25
PAGE = "microfp-explorer.html"
INTERRUPTED, BAD_INPUT, CANNOT_WRITE, BROKEN_PIPE = 130, 2, 1, 141


class _UsageError(MicrofpError):
    """Arguments that are no command."""


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise _UsageError(message)


class DemoOptions(Record):
    """What `microfp demo` was asked for; `noise` is None for the dataset's own.

    >>> DemoOptions().hidden
    (16, 16)
    """

    dataset: str = attr(default="moons")
    samples: int = attr(default=100)
    noise: float | None = attr(default=None)
    hidden: tuple[int, ...] = attr(default=(16, 16))
    steps: int = attr(default=100)
    alpha: float = attr(default=1e-4)
    batch_size: int | None = attr(default=None)
    seed: int = attr(default=1337)
    backend: Backend = attr(default="auto")
    json: bool = attr(default=False)
    report: Path | None = attr(default=None)
    png: Path | None = attr(default=None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: What stands after the name of the command; None for those of the process.

    Returns:
        The exit code: 0; 2 for bad input, with one line on stderr; 130 after Ctrl-C; 141 where
        the reader of a pipe has gone; 1 where nothing can be written.

    >>> main(["graph", "max(x, 1)", "x=3"])  # doctest: +ELLIPSIS
    id  formula      op       data  grad
    n0  x            leaf        3     1
    n1  1.0          leaf        1     0
    n2  max(n0, n1)  maximum     3     1
    <BLANKLINE>
    digraph microfp {
    ...
    }
    0
    """
    try:
        code = _run(sys.argv[1:] if arguments is None else arguments)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _silence_stdout()
        return BROKEN_PIPE
    except MemoryError:
        _complain("out of memory")
        return BAD_INPUT
    except OSError as error:
        _silence_stdout()
        _complain(f"cannot write: {error.strerror}")
        return CANNOT_WRITE
    return code


def _run(arguments: Sequence[str]) -> int:
    try:
        lines = _lines(arguments, track=_tracker(), clock=perf_counter)
    except SystemExit:  # argparse has printed the help or the version
        return 0
    if not is_successful(lines):
        _complain(str(lines.failure()))
        return BAD_INPUT
    for line in lines.unwrap():
        print(_encodable(line, sys.stdout), flush=True)
    return 0


@safe(exceptions=(MicrofpError, ValueError, TypeError, ImportError, OverflowError))
def _lines(arguments: Sequence[str], *, track: Track, clock: Callable[[], float]) -> Iterator[str]:
    """What a command prints, line by line; whatever is wrong with its input is said at once."""
    given = vars(_parser().parse_args(_arranged(arguments)))
    command = given.pop("command")
    if command == "graph":
        return graph_lines(**given)
    if command == "explore":
        return explore_lines(**given, open_page=webbrowser.open)
    return demo_lines(DemoOptions(**given), track=track, clock=clock)


def _complain(message: str) -> None:
    """Print one line on stderr, whatever line breaks and control characters came in."""
    line = " ".join(f"microfp: {message}".split())
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    if len(shown) > LONGEST_COMPLAINT:
        shown = f"{shown[: LONGEST_COMPLAINT - 3]}..."
    if sys.stderr is not None:
        with suppress(OSError):  # there is nowhere left to say it
            print(_encodable(shown, sys.stderr), file=sys.stderr)


def _encodable(line: str, stream: TextIO | None) -> str:
    """The line with escapes for what the stream has no characters for."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return line.encode(encoding, "backslashreplace").decode(encoding)


def _silence_stdout() -> None:
    """Let the interpreter flush at its end without a word what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# Arguments.


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="microfp",
        description="Backpropagation as pure functions on persistent data.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"microfp {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_demo(commands)
    _add_graph(commands)
    _add_explore(commands)
    return parser


_EXAMPLES = """\
examples:
  microfp demo                                   train two moons, micrograd's demo
  microfp demo --dataset circles --hidden 8,8    other data, another network
  microfp demo --json > run.json                 every number of the run
  microfp demo --report run.html                 every chart of the run, on one page
  microfp graph "relu(x*w + b)" x=2 w=-3 b=7     the nodes and their gradients
  microfp graph "tanh(x) / x" x=0.5 --dot | dot -Tsvg > graph.svg
  microfp explore "relu(x*w + b)" x=2 w=-3 b=7   both passes, step by step
"""


def _add_demo(commands: "argparse._SubParsersAction[_Parser]") -> None:
    demo = commands.add_parser(
        "demo",
        help="train a small network and draw its decision boundary",
        description="Train a small network by max-margin loss and gradient descent, a row a step.",
        epilog=(
            "--json: a number that is not finite is written as the string NaN, Infinity or "
            "-Infinity; accuracies go from 0 to 1."
        ),
        allow_abbrev=False,
    )
    usual = DemoOptions()
    option = partial(_add_option, demo, usual)
    option("dataset", "what to learn", choices=tuple(DATASETS))
    option("samples", "how many examples", type=_whole(2))
    option("noise", "standard deviation of the noise; default: the dataset's own", type=_size)
    option("hidden", "widths of the hidden layers; default: 16,16", type=_widths)
    option("steps", "how many steps of training", type=_whole(0))
    option("alpha", "weight of the L2 penalty", type=_size)
    option("batch-size", "examples in a step; default: all of them", type=_whole(1))
    option("seed", "of data, weights and batches", type=_whole(0, LARGEST_SEED))
    option("backend", "how a step is computed; auto is the fastest", choices=get_args(Backend))
    demo.add_argument("--json", action="store_true", help="print one JSON object instead")
    demo.add_argument(
        "--report", type=_page, metavar="FILE.html", help="write a page with every chart"
    )
    demo.add_argument("--png", type=_picture, metavar="FILE.png", help="write one picture")


def _add_option(
    parser: argparse.ArgumentParser,
    usual: DemoOptions,
    name: str,
    meaning: str,
    *,
    type: Callable[[str], object] = str,
    choices: Sequence[str] | None = None,
) -> None:
    default = usual[name.replace("-", "_")]
    parser.add_argument(
        f"--{name}",
        type=type,
        choices=choices,
        default=default,
        metavar=None if choices else name.rpartition("-")[2].upper(),
        help=meaning if "default:" in meaning else f"{meaning}; default: {default}",
    )


def _add_graph(commands: "argparse._SubParsersAction[_Parser]") -> None:
    command = commands.add_parser(
        "graph",
        help="print the nodes of an expression, with gradients, and its DOT text",
        description="Print every node of an expression with its gradient, and the graph as DOT.",
        epilog=_GRAMMAR,
        allow_abbrev=False,
    )
    _add_expression(command)
    shape = command.add_mutually_exclusive_group()
    shape.add_argument("--dot", action="store_true", help="print the DOT text only")
    shape.add_argument("--json", action="store_true", help="print nodes and edges as JSON only")


def _add_explore(commands: "argparse._SubParsersAction[_Parser]") -> None:
    command = commands.add_parser(
        "explore",
        help="step through the passes of an expression in a browser",
        description=(
            "Write a page that steps through the forward and the backward pass of an expression, "
            "and open it in a browser."
        ),
        epilog=_GRAMMAR,
        allow_abbrev=False,
    )
    _add_expression(command)
    command.add_argument(
        "--output",
        metavar="FILE",
        default=PAGE,
        help=f"where the page is written; default: {PAGE}",
    )
    command.add_argument("--no-open", action="store_true", help="write the page only")


_GRAMMAR = (
    f"An expression has numbers, names, + - * / **, parentheses and the functions "
    f"{', '.join(FUNCTIONS)}."
)


def _add_expression(command: _Parser) -> None:
    command.add_argument("formula", metavar="EXPRESSION", help='such as "relu(x*w + b)"')
    command.add_argument(
        "variables", metavar="NAME=NUMBER", nargs="*", default=(), help="such as x=2"
    )


def _arranged(arguments: Sequence[str]) -> list[str]:
    """The arguments of a formula with the options last, and `-x` told from one by a blank."""
    if not arguments or arguments[0] not in ("graph", "explore"):
        return list(arguments)
    start: tuple[str, ...] = ()
    given = reduce(_with_argument, arguments[1:], start)
    options = [a for a in given if a.startswith("--") or a == "-h"]
    others = [a for a in given if a not in options]
    return [arguments[0], *(f" {a}" if a.startswith("-") else a for a in others), *options]


def _with_argument(before: tuple[str, ...], argument: str) -> tuple[str, ...]:
    """The arguments so far and the next one; what follows `--output` becomes part of it."""
    if before[-1:] == ("--output",):
        return (*before[:-1], f"--output={argument}")
    return (*before, argument)


def _whole(smallest: int, largest: int = LARGEST_COUNT) -> Callable[[str], int]:
    """A reader of an int in a range."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = smallest - 1
        if not smallest <= number <= largest:
            raise argparse.ArgumentTypeError(
                f"must be an int from {smallest} to {largest}, got {short_repr(text)}"
            )
        return number

    return read


def _page(text: str) -> Path:
    """Read where a page is to be written."""
    return _target(text, ".html")


def _picture(text: str) -> Path:
    """Read where a picture is to be written."""
    return _target(text, ".png")


def _target(text: str, suffix: str) -> Path:
    path = Path(text)
    if path.suffix != suffix:
        raise argparse.ArgumentTypeError(f"must end in {suffix}, got {short_repr(text)}")
    if not path.parent.is_dir() or path.is_dir():
        raise argparse.ArgumentTypeError(
            f"must be a file in a folder that exists, got {short_repr(text)}"
        )
    return path


def _size(text: str) -> float:
    """Read a finite number that is not negative."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0.0 <= number < math.inf:
        raise argparse.ArgumentTypeError(
            f"must be a finite number >= 0, got {short_repr(text)}"
        ) from None
    return number


def _widths(text: str) -> tuple[int, ...]:
    """Read the widths of layers, separated by commas."""
    try:
        widths = tuple(map(_whole(1), text.split(",")))
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(
            f"must be widths from 1 to {LARGEST_COUNT}, as in 16,16, got {short_repr(text)}"
        ) from None
    count = sum((fan_in + 1) * fan_out for fan_in, fan_out in pairwise((2, *widths, 1)))
    if count > LARGEST_COUNT:
        raise argparse.ArgumentTypeError(
            f"must make at most {LARGEST_COUNT} parameters, got {count} of {short_repr(text)}"
        )
    return widths


# The demo.


class _Demo(Record):
    """A training that is about to begin."""

    options: DemoOptions = attr()
    dataset: Dataset = attr()
    model: MLP = attr()
    spacing: float = attr()


def demo_lines(options: DemoOptions, *, track: Track, clock: Callable[[], float]) -> Iterator[str]:
    """Train, and say so line by line, while it runs.

    Args:
        options: What to train on what, and whether to answer in JSON.
        track: Passes on the states of the training, as many as there are steps.
        clock: The time in seconds.

    Raises:
        ValueError: At once, for what cannot be trained.

    >>> lines = demo_lines(
    ...     DemoOptions(hidden=(4,), steps=2), track=lambda states, n: states, clock=lambda: 0.0
    ... )
    >>> print(next(lines))
    moons: 100 examples, noise 0.1, seed 1337
    """
    noise = {} if options.noise is None else {"noise": options.noise}
    dataset = DATASETS[options.dataset](options.samples, seed=options.seed, **noise)
    model = mlp(2, [*options.hidden, 1], seed=options.seed)
    spacing = check_finite(
        "demo",
        "the extent of the data",
        text.boundary_spacing(dataset_points(dataset), padding=PADDING),
    )
    if options.backend == "auto":
        options = options.set(backend=_fastest(options, model, dataset))
    demo = _Demo(options=options, dataset=dataset, model=model, spacing=spacing)
    if options.report or options.png:
        charts.check_extra()
    states = train(
        model,
        dataset,
        loss=max_margin(alpha=options.alpha),
        batch_size=options.batch_size,
        seed=options.seed,
        backend=options.backend,
    )
    lines = _json_lines if options.json else _report_lines
    tracked = track(take(options.steps, states), options.steps)
    if not (options.report or options.png):
        return lines(demo, tracked, states, clock)
    return _drawn_lines(demo, tracked, states, partial(lines, clock=clock))


def _fastest(options: DemoOptions, model: MLP, dataset: Dataset) -> Backend:
    """What `auto` stands for: the backend that is done first with so many steps."""
    return fastest_backend(
        model,
        dataset,
        steps=options.steps,
        loss=max_margin(alpha=options.alpha),
        batch_size=options.batch_size,
    )


def _report_lines(
    demo: _Demo, states: States, after: States, clock: Callable[[], float]
) -> Iterator[str]:
    yield from _heading(demo)
    start = clock()
    last, metrics = None, None
    for last in states:  # a plain loop: only the last state is kept, and its model read
        metrics = last.metrics
        yield _metrics_row(_present(metrics))
    model = demo.model if last is None else last.model
    seconds = clock() - start
    yield ""
    points = dataset_points(demo.dataset)
    grid = decision_boundary(model, demo.dataset, h=demo.spacing, padding=PADDING)
    yield text.boundary_map(grid, points)
    yield ""
    yield _summary(demo, _present(metrics or next(after).metrics), seconds)


def _drawn_lines(
    demo: _Demo, states: States, after: States, lines: "Callable[..., Iterator[str]]"
) -> Iterator[str]:
    """The lines of a demo, and once they are out, its charts in files."""
    history: list[Metrics] = []
    kept = [initial_state(demo.model, sgd(micrograd_decay))]
    yield from lines(demo, _noted(demo, states, history, kept), after)
    run = _run_of(demo, kept, history, after)
    for write, path in ((_write_report, demo.options.report), (_write_picture, demo.options.png)):
        if path is not None:
            _raise_failure(write(path, run, kept, demo.dataset))


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
        options=pmap(dict(demo.options.items())),
    )


def _write_report(
    path: Path, run: Run[MLP], kept: Sequence[TrainState[MLP]], dataset: Dataset
) -> IOResult[Path, OSError]:
    title = f"microfp: training on {dataset.metadata['name']}"
    return charts.write_atomically(path, charts.report(run, kept, dataset, title=title).encode())


def _write_picture(
    path: Path, run: Run[MLP], _kept: Sequence[TrainState[MLP]], dataset: Dataset
) -> IOResult[Path, OSError]:
    return charts.save(charts.summary(run, dataset), path)


def _raise_failure(written: IOResult[Path, OSError]) -> None:
    """Hand what could not be written to `main`, which knows what to say of it."""
    if not is_successful(written):
        raise unsafe_perform_io(written.failure())


def _json_lines(
    demo: _Demo, states: States, after: States, clock: Callable[[], float]
) -> Iterator[str]:
    start = clock()
    history = [_present(state.metrics) for state in states]
    seconds = clock() - start
    final = history[-1] if history else _present(next(after).metrics)
    yield to_json(
        {
            "parameters": parameter_count(demo.model),
            "steps": demo.options.steps,
            "final_loss": final.loss,
            "final_accuracy": final.accuracy,
            "backend": _backend_used(demo),
            "seconds": seconds,
            "history": [dict(metrics.items()) for metrics in history],
        }
    )


def _present(metrics: Metrics | None) -> Metrics:
    """The metrics of a state that a step has made: there always are some."""
    assert metrics is not None
    return metrics


def _backend_used(demo: _Demo) -> str:
    options = demo.options
    loss = max_margin(alpha=options.alpha)
    return chosen_backend(demo.model, demo.dataset, loss=loss, backend=options.backend)


def _heading(demo: _Demo) -> Iterator[str]:
    options, about = demo.options, demo.dataset.metadata
    batch = "" if options.batch_size is None else f", {options.batch_size} in a step"
    widths = ", ".join(map(str, (*options.hidden, 1)))
    noise = f"noise {about['noise']}, seed {options.seed}"
    yield f"{options.dataset}: {about['n']} examples{batch}, {noise}"
    yield f"model: 2 inputs, layers of {widths} neurons, {parameter_count(demo.model)} parameters"
    yield f"loss: max margin, alpha {options.alpha:g}, backend {_backend_used(demo)}"
    yield ""
    yield "  step         loss    data loss      penalty   accuracy      rate"


def _metrics_row(it: Metrics) -> str:
    accuracy, rate = _percent(it.accuracy), _six_digits(it.learning_rate)
    numbers = (f"{_six_digits(x):>13}" for x in (it.loss, it.data_loss, it.penalty))
    return f"{it.step:>6}{''.join(numbers)}{accuracy:>11}{rate:>10}"


def _six_digits(number: float | None) -> str:
    return "-" if number is None else f"{number:#.6g}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100.0 * share:.1f} %"


def _summary(demo: _Demo, final: Metrics, seconds: float) -> str:
    count = demo.options.steps
    return (
        f"{parameter_count(demo.model)} parameters, {count} step{'' if count == 1 else 's'} "
        f"in {seconds:.2f} s, backend {_backend_used(demo)}\n"
        f"final loss {_six_digits(final.loss)}, accuracy {_percent(final.accuracy)}"
    )


# The graph of an expression.


def graph_lines(
    formula: str, variables: Sequence[str], *, dot: bool = False, json: bool = False
) -> Iterator[str]:
    r"""Read an expression, differentiate it, and print its graph.

    Args:
        formula: The expression.
        variables: What its names stand for, each as `name=number`.
        dot: Print the DOT text only.
        json: Print nodes and edges as one JSON object only.

    Raises:
        ExpressionError: At once, if formula and variables make no expression.

    >>> print(*graph_lines("x * x", ["x=3"]), sep="\n")  # doctest: +ELLIPSIS
    id  formula  op    data  grad
    n0  x        leaf     3     6
    n1  n0 * n0  mul      9     1
    <BLANKLINE>
    digraph microfp {
    ...
    """
    output = expression(formula, read_variables(variables))
    gradients = backward(output)
    drawing = graph.to_dot(output, gradients)
    if dot:
        return iter([drawing])
    if json:
        return iter([to_json(dict(graph.to_rows(output, gradients)))])
    return iter([_node_table(graph.nodes(output, gradients)), "", drawing])


def _node_table(rows: Sequence[graph.NodeRow]) -> str:
    cells = [
        (row["id"], row["formula"], row["op"], f"{row['data']:.6g}", f"{row['grad']:.6g}")
        for row in rows
    ]
    return text.table(("id", "formula", "op", "data", "grad"), cells, numbers=2)


# The page of an expression.


def explore_lines(
    formula: str,
    variables: Sequence[str],
    *,
    output: str,
    no_open: bool,
    open_page: Callable[[str], bool],
) -> Iterator[str]:
    """Read an expression, write its page, and open it.

    Args:
        formula: The expression.
        variables: What its names stand for, each as `name=number`.
        output: The file that the page is written to, as a whole or not at all.
        no_open: Whether the page is only written.
        open_page: Opens an address in a browser, and says whether it could.

    Raises:
        ExpressionError: At once, if formula and variables make no expression.
        MicrofpError: At once, if the file cannot be written.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     page = Path(folder) / "page.html"
    ...     lines = explore_lines(
    ...         "x * x", ["x=3"], output=str(page), no_open=True, open_page=lambda address: False
    ...     )
    ...     page.read_text(encoding="utf-8")[:15], len(list(lines))
    ('<!doctype html>', 1)
    """
    graph_of_formula = expression(formula, read_variables(variables))
    page = Path(output)
    _write_whole(page, explorer.to_html(graph_of_formula, title=formula.strip()))
    opened = not no_open and open_page(page.absolute().as_uri())
    return iter([f"wrote {page}{'' if opened else '; open it in a browser'}"])


def _write_whole(path: Path, page: str) -> None:
    """Write a file, or leave what was there."""
    if not path.name:
        raise _UsageError(f"--output: must be the name of a file, got {str(path)!r}")
    written = charts.write_atomically(path, page.encode())
    if not is_successful(written):
        error = unsafe_perform_io(written.failure())
        reason = error.strerror or error
        raise _UsageError(f"--output: cannot write {short_repr(str(path))}: {reason}")


# The bar of progress, on terminals only.


def _tracker() -> Track:
    """A bar where a person watches, nothing in a pipe."""
    if not all(stream is not None and stream.isatty() for stream in (sys.stdout, sys.stderr)):
        return lambda states, _total: states
    has_rich = find_spec("rich") is not None
    return _rich_bar if has_rich else partial(plain_bar, stream=sys.stderr)


def plain_bar(states: States, total: int, *, stream: TextIO) -> States:
    r"""Show a bar while a state is computed, and take it away before the state is passed on.

    So whoever prints about the state, on the same terminal, finds the line free.

    >>> from io import StringIO
    >>> stream = StringIO()
    >>> list(plain_bar(iter([]), 1, stream=stream))
    []
    >>> stream.getvalue().startswith("\r[....")
    True
    """
    for done in range(total):
        bar = text.progress_bar(done, total)
        print(f"\r{bar}", end="", file=stream, flush=True)
        try:
            state = next(states, None)
        finally:
            print(f"\r{' ' * len(bar)}\r", end="", file=stream, flush=True)
        if state is None:
            return
        yield state


def _rich_bar(states: States, total: int) -> States:
    from rich.progress import Progress

    with Progress(transient=True) as progress:  # what is printed meanwhile appears above it
        yield from progress.track(states, total=total, description="training")
