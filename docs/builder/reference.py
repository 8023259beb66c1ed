"""The reference: one page for each public topic, in rooms, from its source."""

import ast
import importlib
import inspect
import io
import pkgutil
import re
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from functools import cache
from graphlib import TopologicalSorter
from itertools import pairwise
from types import ModuleType
from typing import NamedTuple

import microfp
from docs.builder.house import tree_of
from microfp.cli import main
from microfp.ops import Primitive


class Room(NamedTuple):
    """Topics that belong together, from the band below to the band above."""

    title: str
    topics: tuple[str, ...]


ROOMS = (
    Room("Values and gradients", ("values", "gradients", "graph", "curried", "expressions", "ops")),
    Room("Functions and trees", ("func", "tree", "debug")),
    Room("Models and data", ("nn", "datasets", "gpt")),
    Room("Losses and optimisers", ("losses", "optim", "schedules")),
    Room("Training", ("trainer", "trainer.streams", "checkpoint", "export", "trainer.parallel")),
    Room(
        "From a file to predictions",
        ("experiments.configurations", "experiments", "experiments.predictors", "sklearn"),
    ),
    Room("Machine speed", ("native",)),
    Room("Looking", ("charts.plot_data", "charts", "charts.display", "explorer")),
    Room("Foundations", ("record", "toolbox", "errors", "laws")),
)
"""Every public topic, once, by its place in the package."""

PUBLIC = tuple(topic for room in ROOMS for topic in room.topics)

PRIVATE = ("base", "cli", "compiler")
"""Rooms without a page: what people need of them, `native` and the command line offer."""

INDEX = "reference/index.md"
COMMANDS = "reference/command-line.md"

INDEX_PAGE = """\
# Reference

What every name means, with types, shapes, units, errors and an example that runs. All of it is made
from the source.

## Rooms

Topics that belong together. Each page begins with what it is, and its entries show their source.

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
    """Return the names that a module offers, in the order of the source.

    They are those of `__all__` where it has one, and else the functions, classes and documented
    constants that it defines without a leading underscore. What a package gathers from its
    modules stands in their order, the one that needs no other first. A row of the table of
    primitives says itself what it is, and has no entry.
    """
    listed = getattr(module_of(module), "__all__", _defined(module))
    listed = [
        name for name in listed if not isinstance(getattr(module_of(module), name), Primitive)
    ]
    return tuple(sorted(listed, key=lambda name: _place(module, name)))


def _place(module: str, name: str) -> tuple[bool, int, int]:
    """Where a name stands: what the module itself or its parts define comes first."""
    home, spelt = origin(module, name)
    is_own = home == module or home.startswith(f"{module}.")
    order, defined = (module, *_sources(module)), _defined(home)
    part = order.index(home) if home in order else len(order)
    return not is_own, part, defined.index(spelt) if spelt in defined else 0


def entry(topic: str, name: str) -> str:
    """Return where the reference has a name of a topic: `microfp.trainer.fit`.

    What a package offers of a part with a page of its own has its entry there.
    """
    home, spelt = origin(topic, name)
    is_part = home in PUBLIC and home.startswith(f"{topic}.")
    return f"microfp.{home}.{spelt}" if is_part else f"microfp.{topic}.{name}"


def own_names(topic: str) -> tuple[str, ...]:
    """Return the names that have their entry on the page of a topic."""
    return tuple(n for n in public_names(topic) if entry(topic, n) == f"microfp.{topic}.{n}")


def home_of(name: str) -> str:
    """Return where the reference has a name of the facade, such as `microfp.values.relu`."""
    wanted = getattr(microfp, name)
    homes = (topic for topic in PUBLIC if name in own_names(topic))
    return next(f"microfp.{it}.{name}" for it in homes if getattr(module_of(it), name) is wanted)


def origin(module: str, name: str) -> tuple[str, str]:
    """Return the module that defines a name which another one may only pass on, and its name there.

    >>> origin("nn", "parameters")
    ('tree', 'parameters')
    """
    for source, found, spelt in _imports(module):
        if spelt == name or (found == "*" and name in public_names(source)):
            return origin(source, name if found == "*" else found)
    return module, name


@cache
def first_names() -> Mapping[str, str]:
    """Return the topics that moved, by their first names: `trainer.streams` for `streams`."""
    passed_on = {
        room: [
            source
            for source, found, _ in _imports(room)
            if found == "*" and not _within(source, room)
        ]
        for room in rooms()
    }
    return {room: sources[0] for room, sources in passed_on.items() if sources}


def _within(module: str, room: str) -> bool:
    """Whether a module is a part of a room, whose door passes on all that it offers."""
    return module.startswith(f"{room}.")


ENTRANCES = ("__main__", "mypy_plugin")
"""What is run or loaded by name alone: the command, and what mypy finds its way in by."""


def rooms() -> tuple[str, ...]:
    """Return what stands at the top of the package, without what nobody imports."""
    found = (it.name for it in pkgutil.iter_modules(microfp.__path__))
    return tuple(name for name in found if name not in ENTRANCES)


def topic_of(module: str) -> str | None:
    """Return the topic on whose page stands what a module defines; None if it is private."""
    module = first_names().get(module, module)
    if module in PUBLIC or not module:
        return module or None
    return topic_of(module.rpartition(".")[0])


def text_of(module: str, name: str) -> str:
    """Return what is said of a name: its docstring, or the text below a constant."""
    thing = getattr(module_of(module), name)
    if inspect.isclass(thing) or inspect.isroutine(thing):
        return inspect.getdoc(thing) or ""
    home, spelt = origin(module, name)
    for statement, following in pairwise(_statements(home)):
        if _name(statement) == spelt:
            return inspect.cleandoc(_text(following) or "")
    return ""


def module_of(name: str) -> ModuleType:
    """Return a module of the package by its path in there."""
    return importlib.import_module(f"microfp.{name}")


@cache
def _sources(module: str) -> tuple[str, ...]:
    """The modules that a module imports names from, each behind those that it imports itself."""
    named = {source for source, _, _ in _imports(module)} - {module}
    needs = {it: (named - {it}) & {source for source, _, _ in _imports(it)} for it in sorted(named)}
    return tuple(TopologicalSorter(needs).static_order())


@cache
def _imports(module: str) -> tuple[tuple[str, str, str], ...]:
    """What a module imports of others: from where, by which name, and what it calls it."""
    return tuple(
        (statement.module.removeprefix("microfp."), it.name, it.asname or it.name)
        for statement in _statements(module)
        if isinstance(statement, ast.ImportFrom) and statement.module is not None
        if statement.module.startswith("microfp.")
        for it in statement.names
    )


@cache
def _statements(module: str) -> list[ast.stmt]:
    """The statements of a module; of `if TYPE_CHECKING`, those that run."""
    body = tree_of(f"microfp.{module}").body
    return [s for outer in body for s in (outer.orelse if isinstance(outer, ast.If) else [outer])]


@cache
def _defined(module: str) -> tuple[str, ...]:
    """What a module defines for others, in the order of its source; once, however overloaded."""
    return tuple(dict.fromkeys(_spelt(_statements(module))))


def _spelt(statements: list[ast.stmt]) -> Iterator[str]:
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
    rooms = [{room.title: [{it.split(".")[-1]: _path(it)} for it in room.topics]} for room in ROOMS]
    return [INDEX, *rooms, {"Command line": COMMANDS}]


def pages() -> Mapping[str, str]:
    """Return the pages of the reference, in Markdown, by their paths in the docs."""
    of_topics = {_path(topic): _topic_page(topic) for topic in PUBLIC}
    return {INDEX: _index(), COMMANDS: _commands(), **of_topics}


def _path(topic: str) -> str:
    return f"reference/{topic}.md"


def _topic_page(topic: str) -> str:
    """The page of a topic, which mkdocstrings fills in."""
    members = "".join(f"        - {name}\n" for name in own_names(topic)) or "        []\n"
    title = f"# microfp.{topic} {{ #microfp.{topic} }}"
    first = next((name for name, place in first_names().items() if place == topic), None)
    title += f"\n\nAlso `microfp.{first}`, its first name." if first else ""
    return f"{title}\n\n::: microfp.{topic}\n    options:\n      members:\n{members}"


def _index() -> str:
    """The page of the package: its topics by rooms, and every name of the facade."""
    names = sorted(set(microfp.__all__) - {*PUBLIC, *first_names()}, key=str.lower)
    rows = (f"| [`{name}`][{home_of(name)}] | {_sentence(home_of(name))} |" for name in names)
    return INDEX_PAGE.format(rooms="\n".join(map(_room_section, ROOMS)), names="\n".join(rows))


def _room_section(room: Room) -> str:
    rows = (f"| [`{m}`]({m}.md) | {_first_sentence(module_of(m).__doc__)} |" for m in room.topics)
    return "\n".join(
        (f"### {room.title}\n", "| module | what lives there |", "|---|---|", *rows, "")
    )


def _sentence(path: str) -> str:
    module, _, name = path.removeprefix("microfp.").rpartition(".")
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
