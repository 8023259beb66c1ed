"""Runs examples as a prompt does: statement by statement, showing what each comes to.

The page's worker loads this module in Pyodide. What a page cannot have of the extras, it lends: a
widget is shown by the page itself, Graphviz draws a graph there, from its text, and Vega a chart.
Altair and what it needs are fetched when something asks for the first of them.
"""

import ast
import json
import sys
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from doctest import DocTestParser
from importlib import import_module, invalidate_caches
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from io import TextIOBase
from types import ModuleType

FILE = "<example>"
RICH = ("image/svg+xml", "text/html")
GRAPH, WIDGET = "text/vnd.graphviz", "application/vnd.anywidget"
CHART = "application/vnd.vegalite"
MOST_NODES = 60
"""How many nodes a graph has at most that is drawn without being asked for."""

Show = Callable[[str, str], object]
"""Takes a media type and what is to be shown."""


class Page:
    """What the examples of one page share: their names, as those of one module.

    Args:
        home: The path of what the examples are of, such as `microfp.func.grad`: they know all that
            its module knows, and what the examples of the module itself have made. Empty for
            examples that know nothing.
    """

    def __init__(self, home: str = "") -> None:
        self.module = ModuleType("__main__")
        if home:
            module = _module_of(home)
            vars(self.module).update(vars(module))
            for example in DocTestParser().get_examples(module.__doc__ or ""):
                self.run(example.source, lambda *_: None, goes_on=True)

    def run(self, source: str, show: Show, goes_on: bool) -> bool:  # noqa: FBT001 - JavaScript's
        """Run an example and show what it prints and comes to.

        Args:
            source: Statements.
            show: Called with all that is to be shown, in order.
            goes_on: Whether it is as at a prompt: the next statement has its turn after an error,
                and what an expression inside of a statement comes to is printed.

        Returns:
            False if it stopped at an error.
        """
        sys.modules["__main__"] = self.module
        printed = _Printed(show)
        with redirect_stdout(printed), redirect_stderr(printed):
            try:
                statements = ast.parse(source, FILE).body
            except SyntaxError as error:
                show("error", f"line {error.lineno}: SyntaxError: {error.msg}")
                return False
            done = (_run_one(it, self.module, show, goes_on) for it in statements)
            return all(is_done or goes_on for is_done in done)


def _module_of(path: str) -> ModuleType:
    """The module in which something stands."""
    try:
        return import_module(path)
    except ModuleNotFoundError:
        return _module_of(path.rpartition(".")[0])


class Lent:
    """Stands for `anywidget.AnyWidget`: a page needs its script, its style and what it holds."""

    _esm = _css = ""

    def __init__(self, **state: object) -> None:
        self.state = state

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class _Trait:
    """Stands for a trait, which says nothing to a page."""

    def tag(self, **_: object) -> "_Trait":
        return self


def lend_widgets() -> None:
    """Lend the modules that widgets are made with."""
    for name, member, lent in (
        ("anywidget", "AnyWidget", Lent),
        ("traitlets", "Unicode", _Trait),
    ):
        module = ModuleType(name)
        setattr(module, member, lent)
        sys.modules[name] = module


class Lender:
    """Fetches packages when something asks for the first of them: a finder of modules.

    Args:
        names: The packages.
        fetch: Puts them where modules are found.
    """

    def __init__(self, names: Collection[str], fetch: Callable[[], object]) -> None:
        self._names, self._fetch = frozenset(names), fetch

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - asked for by Python
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """Find a module that was fetched just now; None for any other."""
        if name not in self._names:
            return None
        sys.meta_path.remove(self)
        self._fetch()
        invalidate_caches()
        return find_spec(name)


def lend_packages(names: Collection[str], fetch: Callable[[], object]) -> None:
    """Fetch packages when something asks for the first of them."""
    sys.meta_path.insert(0, Lender(names, fetch))


class _Printed(TextIOBase):
    def __init__(self, show: Show) -> None:
        self._show = show

    def write(self, text: str) -> int:
        self._show("text/plain", text)
        return len(text)


def _run_one(
    statement: ast.stmt,
    module: ModuleType,
    show: Show,
    at_prompt: bool,  # noqa: FBT001 - passed on
) -> bool:
    """Run a statement, and show what it comes to, or its error: whatever that is."""
    try:
        result = _result_of(statement, vars(module), at_prompt=at_prompt)
    except BaseException as error:  # noqa: BLE001 - an example may raise anything
        show("error", told(error))
        return False
    if result is not None:
        show("text/plain", f"{result!r}\n")
        for kind, content in pictures(result):
            show(kind, content)
    return True


def _result_of(statement: ast.stmt, names: dict[str, object], *, at_prompt: bool) -> object:
    if isinstance(statement, ast.Expr):
        code = compile(ast.Expression(statement.value), FILE, "eval", dont_inherit=True)
        return eval(code, names)
    if at_prompt:
        exec(compile(ast.Interactive([statement]), FILE, "single", dont_inherit=True), names)
    else:
        exec(compile(ast.Module([statement], []), FILE, "exec", dont_inherit=True), names)
    return None


def pictures(result: object) -> list[tuple[str, str]]:
    """How a notebook would draw a result, where it can with what a page has.

    What cannot be drawn, such as a value that is being traced, has its text.
    """
    try:
        return list(_drawn(result))
    except Exception:  # noqa: BLE001 - whatever an object's own display raises
        return []


def _drawn(result: object) -> Iterator[tuple[str, str]]:
    if isinstance(result, Lent):
        parts = {"esm": result._esm, "css": result._css, "state": result.state}
        yield WIDGET, json.dumps(parts)
        return
    from microfp import Value, display, graph
    from microfp.graph.render import styled_dot

    if isinstance(result, display.Drawing):
        yield GRAPH, styled_dot(result.output, result.gradients)
    elif isinstance(result, Value):
        if result.parents and len(graph.nodes(result)) <= MOST_NODES:
            yield GRAPH, styled_dot(result)
    elif (chart := _chart(result)) is not None:
        yield CHART, chart
    else:
        bundle: dict[str, str] = getattr(result, "_repr_mimebundle_", dict)()
        yield from ((kind, bundle[kind]) for kind in RICH if kind in bundle)


def _chart(result: object) -> str | None:
    """A chart, or what a notebook shows as one, as JSON for Vega, in the colours of each theme."""
    from microfp import charts
    from microfp.charts.files import specification
    from microfp.charts.style import THEMES
    from microfp.datasets import Dataset
    from microfp.trainer import Run

    drawn: charts.Chart
    if isinstance(result, Run):
        drawn = charts.loss_curves(result)
    elif isinstance(result, Dataset) and len(result.xs[0]) == 2:
        drawn = charts.scatter(result)
    elif type(result).__module__.startswith("altair.vegalite"):
        drawn = result  # type: ignore[assignment] # its module says so
    else:
        return None
    return json.dumps({"spec": specification(drawn), "themes": dict(THEMES)})


def told(error: BaseException, file: str = FILE) -> str:
    """An error in its own words, with the line of the file at which it was raised."""
    lines = [it.lineno for it in traceback.extract_tb(error.__traceback__) if it.filename == file]
    where = f"line {lines[-1]}: " if lines else ""
    return where + "".join(traceback.format_exception_only(error)).strip()
