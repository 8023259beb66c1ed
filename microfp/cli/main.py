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
import sys
from collections.abc import Callable, Generator, Sequence
from reprlib import repr as short_repr

from returns.pipeline import is_successful
from returns.result import safe

from microfp import __version__
from microfp.base.startup import INTERRUPTED
from microfp.cli.arguments import Help, Interrupted, Lines, Parser, ShowVersion, UsageError
from microfp.cli.demo import DemoOptions, add_demo, demo_lines
from microfp.cli.expressions import add_explore, add_graph, arranged, explore_lines, graph_lines
from microfp.cli.gpt import add_gpt, add_sample
from microfp.cli.hints import COMMANDS, meant
from microfp.cli.lesson import add_lesson
from microfp.cli.predict import add_predict
from microfp.cli.printing import complain, put, put_help, silence_stdout
from microfp.cli.sweep import add_sweep
from microfp.cli.train import add_train
from microfp.errors import MicrofpError

__all__ = ["DemoOptions", "demo_lines", "explore_lines", "graph_lines", "main"]

BAD_INPUT, FAILED, BROKEN_PIPE = 2, 1, 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: What stands after the name of the command; None for those of the process.

    Returns:
        The exit code: 0; 2 for bad input, with one line on stderr; 130 after Ctrl-C; 141 where
        the reader of a pipe has gone; 1 where nothing can be written, or a training diverged.

    It is a table of ends, a row for each; so it is longer than other functions.

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
    except KeyboardInterrupt as interrupt:
        if isinstance(interrupt, Interrupted):
            complain(str(interrupt))
        return INTERRUPTED
    except BrokenPipeError:
        silence_stdout()
        return BROKEN_PIPE
    except MemoryError:
        complain("out of memory")
        return BAD_INPUT
    except OSError as error:
        silence_stdout()
        complain(f"cannot write: {error.strerror}")
        return FAILED
    return code


def _run(arguments: Sequence[str]) -> int:
    try:
        lines = _lines(arguments)
    except Help as asked:
        put_help(str(asked))
        return 0
    if not is_successful(lines):
        complain(str(lines.failure()))
        return BAD_INPUT
    try:
        _print(lines.unwrap())
    except MicrofpError as error:
        complain(str(error))
        return FAILED
    return 0


def _print(lines: Lines) -> None:
    """Print line by line; Ctrl-C while it prints is Ctrl-C in the work that the lines tell of."""
    try:
        for line in lines:
            put(line)
    except KeyboardInterrupt as interrupt:
        if isinstance(lines, Generator):
            lines.throw(interrupt)
        raise


@safe(exceptions=(MicrofpError, ValueError, TypeError, ImportError, OverflowError))
def _lines(arguments: Sequence[str]) -> Lines:
    """What a command prints, line by line; whatever is wrong with its input is said at once."""
    _check_command(arguments)
    given = vars(_parser().parse_args(arranged(arguments)))
    del given["command"]
    answer: Callable[..., Lines] = given.pop("answer")
    return answer(**given)


# Arguments.


def _check_command(arguments: Sequence[str]) -> None:
    """Check that what stands first is a command, where something does."""
    names = [row.__name__.removeprefix("add_") for row in _COMMANDS]
    first = arguments[0] if arguments else "-"
    if first.startswith("-") or first in names:
        return
    asked = _meant_command(first, names)
    raise UsageError(f"COMMAND: must be one of {', '.join(names)}, got {short_repr(first)}{asked}")


def _meant_command(first: str, names: Sequence[str]) -> str:
    """What may have been meant by a word where a command must stand."""
    if first.lstrip("-").lower() in ("help", "version"):
        return f"; did you mean --{first.lstrip('-').lower()}?"
    if first.lower().endswith((".csv", ".tsv")):
        return f"; did you mean train {short_repr(first)}?"
    if first.lower().endswith(".json"):
        return f"; did you mean predict {short_repr(first)} DATA.csv?"
    hint = meant(first, names, COMMANDS)
    return "; see microfp --help" if hint is None else f"; did you mean {hint}?"


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="microfp",
        description="Backpropagation as pure functions on persistent data.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=ShowVersion, version=f"microfp {__version__}\n")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in _COMMANDS:
        add(commands)
    return parser


_COMMANDS = (
    add_demo,
    add_graph,
    add_explore,
    add_train,
    add_predict,
    add_sweep,
    add_gpt,
    add_sample,
    add_lesson,
)

_EXAMPLES = """\
examples:
  microfp demo                                   train two moons, micrograd's demo
  microfp demo --dataset circles --hidden 8,8    other data, another network
  microfp demo --json > run.json                 every number of the run
  microfp demo --report run.html                 every chart of the run, on one page
  microfp graph "relu(x*w + b)" x=2 w=-3 b=7     the nodes and their gradients
  microfp graph "tanh(x) / x" x=0.5 --dot | dot -Tsvg > graph.svg
  microfp explore "relu(x*w + b)" x=2 w=-3 b=7   both passes, step by step
  microfp train iris.csv --target species --save model.json
  microfp predict model.json new.csv > predicted.csv
  microfp sweep iris.csv --target species --hidden 8 16,16 --learning-rate 0.01 0.1
  microfp gpt names.txt --save names.json        learn names, a GPT from scalars
  microfp sample names.json --temperature 0.8    draw more of them
  microfp lesson 1                               the course, in a browser
"""
