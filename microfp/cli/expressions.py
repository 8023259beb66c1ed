"""`microfp graph` and `microfp explore`: an expression, looked at."""

import sys
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from pathlib import Path
from reprlib import repr as short_repr

from returns.pipeline import is_successful
from returns.unsafe import unsafe_perform_io

from microfp import explorer, graph
from microfp.base import text
from microfp.base.files import reason, write_atomically
from microfp.cli.arguments import Commands, Parser, UsageError
from microfp.cli.printing import Document, encoded
from microfp.cli.progress import columns_of
from microfp.cli.standard import is_standard
from microfp.expressions import CONSTANTS, FUNCTIONS, expression, read_variables
from microfp.gradients import backward

__all__ = ["add_explore", "add_graph", "arranged", "explore_lines", "graph_lines"]

PAGE = "microfp-explorer.html"


def add_graph(commands: Commands) -> None:
    """Add the command to those of a parser."""
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
    command.set_defaults(answer=_graph)


def add_explore(commands: Commands) -> None:
    """Add the command to those of a parser."""
    command = commands.add_parser(
        "explore",
        help="step through the passes of an expression in a browser",
        description="Write a page that steps through the forward and the backward pass of an "
        "expression, and open it in a browser.",
        epilog=_GRAMMAR,
        allow_abbrev=False,
    )
    _add_expression(command)
    command.add_argument(
        "--output",
        metavar="FILE",
        default=PAGE,
        help=f"where the page is written; - prints it; default: {PAGE}",
    )
    command.add_argument("--no-open", action="store_true", help="write the page only")
    command.set_defaults(answer=partial(explore_lines, open_page=webbrowser.open))


_GRAMMAR = (
    f"An expression has numbers, names, + - * / % **, parentheses and the functions "
    f"{', '.join(FUNCTIONS)}. {' and '.join(CONSTANTS)} are the constants, unless they are given."
)


def _add_expression(command: Parser) -> None:
    command.add_argument("formula", metavar="EXPRESSION", help='such as "relu(x*w + b)"')
    command.add_argument(
        "variables", metavar="NAME=NUMBER", nargs="*", default=(), help="such as x=2"
    )


def arranged(arguments: Sequence[str]) -> list[str]:
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


# The graph of an expression.


def _graph(
    formula: str, variables: Sequence[str], *, dot: bool = False, json: bool = False
) -> Iterator[str]:
    return graph_lines(formula, variables, dot=dot, json=json, columns=columns_of(sys.stdout))


def graph_lines(
    formula: str,
    variables: Sequence[str],
    *,
    dot: bool = False,
    json: bool = False,
    columns: int | None = None,
) -> Iterator[str]:
    r"""Read an expression, differentiate it, and print its graph.

    Args:
        formula: The expression.
        variables: What its names stand for, each as `name=number`.
        dot: Print the DOT text only.
        json: Print nodes and edges as one JSON object only.
        columns: How many characters fit on a line; None for any number.

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
    drawing = Document(graph.to_dot(output, gradients))
    if dot:
        return iter([drawing])
    if json:
        return iter([Document(graph.to_json(output, gradients))])
    return iter([*_node_table(graph.nodes(output, gradients), columns).split("\n"), "", drawing])


def _node_table(rows: Sequence[graph.NodeGradRow], columns: int | None) -> str:
    cells = [
        (row["id"], row["formula"], row["op"], f"{row['data']:.6g}", f"{row['grad']:.6g}")
        for row in rows
    ]
    return text.table(("id", "formula", "op", "data", "grad"), cells, numbers=2, columns=columns)


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
    if is_standard(page):
        return iter([Document(explorer.to_html(graph_of_formula, title=formula.strip()))])
    _write_whole(page, explorer.to_html(graph_of_formula, title=formula.strip()))
    opened = not no_open and open_page(page.absolute().as_uri())
    return iter([f"wrote {page}{'' if opened else '; open it in a browser'}"])


def _write_whole(path: Path, page: str) -> None:
    """Write a file, or leave what was there."""
    if not path.name:
        raise UsageError(f"--output: must be the name of a file, got {str(path)!r}")
    written = write_atomically(path, encoded(page))
    if not is_successful(written):
        why = reason(unsafe_perform_io(written.failure()))
        raise UsageError(f"--output: cannot write {short_repr(str(path))}: {why}")
