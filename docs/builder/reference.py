"""The reference: one page for each public module, in rooms, from its source."""

import ast
import importlib
import inspect
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import NamedTuple

import microfp
from microfp.cli import main


class Room(NamedTuple):
    """Modules that belong together, from the layer below to the layer above."""

    title: str
    modules: tuple[str, ...]


ROOMS = (
    Room("Values and gradients", ("values", "gradients", "graph", "curried", "expressions", "ops")),
    Room("Functions and trees", ("func", "tree", "debug")),
    Room("Models and data", ("nn", "datasets")),
    Room("Losses and optimisers", ("losses", "optim", "schedules")),
    Room("Training", ("trainer", "streams", "checkpoint", "export", "parallel")),
    Room("From a file to predictions", ("configurations", "experiments", "predictors")),
    Room("Machine speed", ("native",)),
    Room("Looking", ("plot_data", "charts", "display", "explorer")),
    Room("Foundations", ("record", "toolbox", "errors")),
)
"""Every public module, once."""

PUBLIC = tuple(module for room in ROOMS for module in room.modules)

INTERNAL = {
    "algebra": "graph",
    "binding": None,
    "checks": None,
    "commands": None,
    "csv_data": "datasets",
    "duals": None,
    "examples": "datasets",
    "files": None,
    "layout": None,
    "preparation": "datasets",
    "printing": "graph",
    "random_state": None,
    "strict_json": None,
    "text": None,
}
"""Modules without a page, and the public module that offers what people need of them."""

INDEX = "reference/index.md"
COMMANDS = "reference/command-line.md"

INDEX_PAGE = """\
# Reference

What every name means, with types, shapes, units, errors and an example that runs. All of it is made
from the source.

## Rooms

Modules that belong together. Each begins with what it is, and its entries show their source.

{rooms}
## The package

What `from microfp import ...` gives, besides the modules.

| name | what it is |
|---|---|
{names}
"""

COMMANDS_PAGE = """\
# The command line

What each command says of itself. Whatever is wrong with its input, a command says in one line, and
exits with a code that is not 0.

"""


# What is public.


def public_names(module: str) -> tuple[str, ...]:
    """Return the names that a module offers, in the order of its source.

    They are those of `__all__` where it has one, and else the functions, classes and documented
    constants that it defines without a leading underscore.
    """
    defined = tuple(dict.fromkeys(_defined(_statements(module))))  # once, however overloaded
    listed = getattr(module_of(module), "__all__", defined)
    own = [name for name in defined if name in listed]
    return (*own, *(name for name in listed if name not in own))


def home_of(name: str) -> str:
    """Return where the reference has a name of the facade, such as `microfp.values.relu`."""
    wanted = getattr(microfp, name)
    homes = (module for module in PUBLIC if name in public_names(module))
    return next(f"microfp.{it}.{name}" for it in homes if getattr(module_of(it), name) is wanted)


def text_of(module: str, name: str) -> str:
    """Return what is said of a name: its docstring, or the text below a constant."""
    thing = getattr(module_of(module), name)
    if inspect.isclass(thing) or inspect.isroutine(thing):
        return inspect.getdoc(thing) or ""
    homes = (module, *(internal for internal, public in INTERNAL.items() if public == module))
    return next((text for home in homes if (text := _text_below(home, name))), "")


def _text_below(module: str, name: str) -> str:
    for statement, following in pairwise(_statements(module)):
        if _name(statement) == name:
            return inspect.cleandoc(_text(following) or "")
    return ""


def module_of(name: str) -> ModuleType:
    """Return a module of the package by the last part of its name."""
    return importlib.import_module(f"microfp.{name}")


@cache
def _statements(module: str) -> list[ast.stmt]:
    """The statements of a module; of `if TYPE_CHECKING`, those that run."""
    body = ast.parse(inspect.getsource(module_of(module))).body
    return [s for outer in body for s in (outer.orelse if isinstance(outer, ast.If) else [outer])]


def _defined(statements: list[ast.stmt]) -> Iterator[str]:
    """The public functions and classes, and the constants with a text below them."""
    for statement, following in zip(statements, [*statements[1:], None], strict=True):
        is_constant = isinstance(statement, ast.AnnAssign | ast.Assign)
        name = _name(statement)
        if name and not name.startswith("_") and not (is_constant and _text(following) is None):
            yield name


def _name(statement: ast.stmt) -> str | None:
    match statement:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
        case _:
            return None


def _text(statement: ast.stmt | None) -> str | None:
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
        case _:
            return None


# What becomes of it.


def nav() -> list[object]:
    """Return the part of the navigation that leads to the reference."""
    rooms = [{room.title: [{m: _path(m)} for m in room.modules]} for room in ROOMS]
    return [INDEX, *rooms, {"Command line": COMMANDS}]


def pages() -> Mapping[str, str]:
    """Return the pages of the reference, in Markdown, by their paths in the docs."""
    of_modules = {_path(module): _module_page(module) for module in PUBLIC}
    return {INDEX: _index(), COMMANDS: _commands(), **of_modules}


def _path(module: str) -> str:
    return f"reference/{module}.md"


def _module_page(module: str) -> str:
    """The page of a module, which mkdocstrings fills in."""
    members = "".join(f"        - {name}\n" for name in public_names(module))
    title = f"# microfp.{module} {{ #microfp.{module} }}"
    return f"{title}\n\n::: microfp.{module}\n    options:\n      members:\n{members}"


def _index() -> str:
    """The page of the package: its modules by rooms, and every name of the facade."""
    names = sorted(set(microfp.__all__) - set(PUBLIC), key=str.lower)
    rows = (f"| [`{name}`][{home_of(name)}] | {_sentence(home_of(name))} |" for name in names)
    return INDEX_PAGE.format(rooms="\n".join(map(_room_section, ROOMS)), names="\n".join(rows))


def _room_section(room: Room) -> str:
    rows = (f"| [`{m}`]({m}.md) | {_first_sentence(module_of(m).__doc__)} |" for m in room.modules)
    return "\n".join(
        (f"### {room.title}\n", "| module | what lives there |", "|---|---|", *rows, "")
    )


def _sentence(path: str) -> str:
    _, module, name = path.split(".")
    return _first_sentence(text_of(module, name))


def _first_sentence(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())


def _commands() -> str:
    """The page of the command line: what `--help` prints, for the command and each part of it."""
    commands = re.findall(r"^    (\w+)  ", _help(), re.MULTILINE)
    return COMMANDS_PAGE + "\n".join(
        f"## `{' '.join(('microfp', *command))}`\n\n```text\n{_help(*command)}```\n"
        for command in [(), *((name,) for name in commands)]
    )


def _help(*command: str) -> str:
    with redirect_stdout(io.StringIO()) as printed:
        main([*command, "--help"])
    return printed.getvalue()
