"""Runs a notebook of marimo in the page: its cells, in the order of the names that they share.

A cell is a function from the names that it reads to the names that it makes. A control changes, or
a reader edits a cell, and what depends on it runs again. The worker of a notebook's page runs this
module in Pyodide, with `lent/marimo.py` in the place of marimo.
"""

import ast
import builtins
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dis import get_instructions
from inspect import cleandoc
from io import StringIO
from textwrap import dedent
from types import CodeType, ModuleType
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

from docs.builder.runner.session import pictures, told

Node: TypeAlias = Mapping[str, object]
"""Something to show: `kind`, a media type or `row`, `column`, `control`; `content`; see `lent`."""
Tell: TypeAlias = Callable[[int, str, str], object]
"""Takes the number of a cell, its state, and the nodes that it shows, as JSON."""

BUILTINS = frozenset(dir(builtins))
STOPPED = "not run: it was stopped before its end; change it, or press its Run cell"


class Cell(NamedTuple):
    """A cell of a notebook: its code, how it ends, and the line of the file where it begins."""

    code: str
    last: ast.expr | None
    is_hidden: bool = False
    first: int = 1


class Names(NamedTuple):
    """What a cell needs of other cells, and what it makes for them."""

    reads: frozenset[str]
    makes: frozenset[str]


@runtime_checkable
class Shown(Protocol):
    """What knows how a page shows it; `nodes_of` shows its parts."""

    def node(self, nodes_of: "Callable[[object], list[Node]]", /) -> Node:
        """Return the node."""
        ...


@runtime_checkable
class Control(Protocol):
    """What a reader can set."""

    value: object

    def set(self, said: object, /) -> None:
        """Take what the page says."""
        ...


# What a notebook is made of.


def cells_of(source: str) -> list[Cell]:
    """Return the cells of a notebook, in the order of the file.

    A cell is a function with a decorator; its code is the body without the `return` that marimo
    writes at its end. A function of its own is a cell as well, and is its code.
    """
    found = [s for s in ast.parse(source).body if getattr(s, "decorator_list", None)]
    return [_cell(source, node) for node in found if isinstance(node, ast.FunctionDef)]


def _cell(source: str, node: ast.FunctionDef) -> Cell:
    lines = source.splitlines()
    decorator = ast.unparse(node.decorator_list[0])
    if decorator.startswith("app.function"):
        return Cell("\n".join(lines[node.lineno - 1 : node.end_lineno]), None)
    *body, end = node.body
    if not isinstance(end, ast.Return):
        body = node.body
    if not body:
        return Cell("", None)
    last = body[-1].value if isinstance(body[-1], ast.Expr) else None
    code = dedent("\n".join(lines[body[0].lineno - 1 : body[-1].end_lineno]))
    return Cell(code, last, "hide_code=True" in decorator, body[0].lineno)


def text_of(last: ast.expr | None) -> str | None:
    """The text of a cell that ends in `mo.md` of a literal text."""
    match last:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="mo"), attr="md"),
            args=[ast.Constant(value=str(text))],
        ):
            return cleandoc(text)
        case _:
            return None


def names_of(code: str) -> Names:
    """What a cell reads and makes. A name that begins with an underscore stays in its cell.

    >>> names_of("y = f(x)")
    Names(reads=frozenset({'f', 'x'}), makes=frozenset({'y'}))
    """
    whole = compile(code, "<cell>", "exec", dont_inherit=True)
    made = frozenset(_named(whole, "STORE_NAME"))
    reads = frozenset(_read(whole)) - made - BUILTINS
    return Names(reads, frozenset(name for name in made if not name.startswith("_")))


def _read(code: CodeType) -> Iterator[str]:
    """The names that code, or a function in it, looks up among those of the module.

    The compiler knows: a class looks up its own names first, and all else says what is global.
    """
    own = frozenset(_named(code, "STORE_NAME"))
    yield from (name for name in _named(code, "LOAD_NAME") if name not in own)
    yield from _named(code, "LOAD_GLOBAL")
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _read(inner)


def _named(code: CodeType, operation: str) -> Iterator[str]:
    found = (str(it.argval) for it in get_instructions(code) if it.opname == operation)
    return (name for name in found if not name.startswith("__"))


def followers(cells: Sequence[Names], names: frozenset[str]) -> frozenset[int]:
    """The cells that depend on names, by their numbers.

    >>> sorted(followers([names_of("x = 1"), names_of("y = x"), names_of("y + 1")], {"x"}))
    [1, 2]
    """
    found: frozenset[int] = frozenset()
    while True:
        known = names.union(*(cells[i].makes for i in found))
        more = frozenset(i for i, it in enumerate(cells) if it.reads & known)
        if more == found:
            return found
        found = more


def in_order(cells: Sequence[Names], chosen: frozenset[int]) -> list[int]:
    """Some cells, each after those that make what it reads, else as they stand.

    Cells that wait for each other come last.
    """
    waiting, order = sorted(chosen), list[int]()
    while waiting:
        coming = frozenset[str]().union(*(cells[i].makes for i in waiting))
        ready = [i for i in waiting if not cells[i].reads & (coming - cells[i].makes)]
        order += ready[:1] or waiting
        waiting = [i for i in waiting if i not in order]
    return order


# A notebook that is running.


class Notebook:
    """The cells of a notebook, and what they have made so far.

    Args:
        source: The file, as marimo writes it.
        tell: Called with what becomes of each cell that runs.
    """

    def __init__(self, source: str, tell: Tell) -> None:
        self.codes = [_source_of(cell) for cell in cells_of(source)]
        self.names = [names_of(code) for code in self.codes]
        self.made: dict[str, object] = {}
        self._stopped: set[int] = set()
        self._tell = tell

    def run_all(self) -> None:
        """Run every cell."""
        self._run(frozenset(range(len(self.codes))))

    def edit(self, number: int, code: str) -> None:
        """Give a cell other code, and run it with all that depends on it."""
        before = self.names[number].makes
        if self.change(number, code):
            chosen = followers(self.names, before | self.names[number].makes) | {number}
            self._stopped -= chosen
            self._run(chosen)

    def change(self, number: int, code: str) -> bool:
        """Give a cell other code; False, and the cell says why, where that is no Python."""
        try:
            names = names_of(code)
        except SyntaxError as error:
            self._say(number, "failed", _error(f"line {error.lineno}: SyntaxError: {error.msg}"))
            return False
        for name in self.names[number].makes - names.makes:
            self.made.pop(name, None)
        self.codes[number], self.names[number] = code, names
        return True

    def leave(self, number: int) -> None:
        """Leave a cell out that was stopped, until it, or what it depends on, is edited."""
        self._stopped.add(number)

    def set(self, control: str, said: str) -> None:
        """Set a control to what the page says, as JSON, and run what depends on it."""
        named = {name: it for name, it in self.made.items() if str(id(it)) == control}
        for it in set(named.values()):
            assert isinstance(it, Control)
            it.set(json.loads(said))
        self._run(followers(self.names, frozenset(named)))

    def _run(self, chosen: frozenset[int]) -> None:
        order = in_order(self.names, chosen)
        for number in order:
            for name in self.names[number].makes:
                self.made.pop(name, None)
        for number in order:
            self._say(number, "running", [])
            self._say(number, *self._result(number))

    def _result(self, number: int) -> tuple[str, list[Node]]:
        """Run a cell: whether it is done, and what it shows."""
        reads, makes = self.names[number]
        if trouble := self._trouble(number):
            return "failed", _error(trouble)
        module = _module({name: self.made[name] for name in reads if name in self.made})
        file, printed = f"<cell {number}>", StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            try:
                shown = nodes_of(_last_of(self.codes[number], file, module))
                state = "done"
            except BaseException as error:  # noqa: BLE001 - a cell may raise anything
                shown, state = _error(told(error, file)), "failed"
        names = vars(module)
        if state == "done":
            self.made.update({name: names[name] for name in makes if name in names})
        text = printed.getvalue()
        return state, [*shown, *([{"kind": "text/plain", "content": text}] if text else [])]

    def _trouble(self, number: int) -> str:
        """Why a cell cannot run; empty where it can."""
        reads, makes = self.names[number]
        if number in self._stopped:
            return STOPPED
        for i, other in enumerate(self.names):
            if i != number and (twice := sorted(makes & other.makes)):
                return f"{twice[0]} is made by another cell too: a notebook makes each name once"
            if missing := sorted(reads & other.makes - set(self.made)):
                return f"not run: the cell that makes {missing[0]} failed, or waits for this one"
        return ""

    def _say(self, number: int, state: str, nodes: list[Node]) -> None:
        self._tell(number, state, json.dumps(nodes))


def _source_of(cell: Cell) -> str:
    return "" if text_of(cell.last) is not None else cell.code


def _module(names: Mapping[str, object]) -> ModuleType:
    """A module for a cell, which knows what the cell reads."""
    module = ModuleType("__main__")
    vars(module).update(names)
    sys.modules["__main__"] = module
    return module


def _last_of(code: str, file: str, module: ModuleType) -> object:
    """Run the code of a cell, and return what its last expression comes to."""
    statements, names = ast.parse(code, file).body, vars(module)
    last = statements.pop() if statements and isinstance(statements[-1], ast.Expr) else None
    exec(compile(ast.Module(statements, []), file, "exec", dont_inherit=True), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), file, "eval", dont_inherit=True), names)


def nodes_of(result: object) -> list[Node]:
    """What a page shows of a result: a picture or a table of it, or its text."""
    if result is None:
        return []
    if isinstance(result, Shown):
        return [result.node(nodes_of)]
    found: list[Node] = [{"kind": kind, "content": content} for kind, content in pictures(result)]
    return found or [{"kind": "text/plain", "content": f"{result!r}\n"}]


def _error(words: str) -> list[Node]:
    return [{"kind": "error", "content": words}]
