"""The house is what it was built as: few rooms, one door each, nothing large, all of it named."""

import ast
import importlib
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from docs.builder.house import PACKAGE, bands, contracts, modules, parts_of, rows, tree_of
from docs.builder.reference import first_names

MOST_ROOMS = 30
MOST_BANDS = 11
LONGEST_MODULE = 600
LONGEST_BODY = 40
USUAL_BODY = 5
NEARLY_ALWAYS = 25
"""In lines; the last is what at most one function in a hundred exceeds."""

SHELVES = ("microfp.base", "microfp.compiler")
"""Packages without a door: each of their modules is asked for by its name."""

FIRST_NAMES = {f"microfp.{first}": f"microfp.{place}" for first, place in first_names().items()}
PACKAGES = sorted(it for it in modules() if modules()[it].name == "__init__.py")


# Rooms and bands.


def test_the_rooms_are_few_and_stand_in_few_bands() -> None:
    rooms = [room for band in bands() for room in band]
    assert len(rooms) <= MOST_ROOMS
    assert len(bands()) <= MOST_BANDS


def test_the_highest_row_holds_entrances_and_first_names_alone() -> None:
    assert {f"microfp.{it}" for it in rows()[0]} == {
        "microfp.__main__",
        "microfp.mypy_plugin",
        *FIRST_NAMES,
    }


def test_the_contract_names_what_is_there() -> None:
    there = {it.split(".")[1] for it in modules() if "." in it}
    assert {room for row in rows() for room in row} == there


@pytest.mark.parametrize("contract", ["bands", "circles", "compiler"])
def test_a_contract_has_no_exceptions(contract: str) -> None:
    assert "ignore_imports" not in contracts()[contract]


# Doors.


class Import(NamedTuple):
    """One name that one module takes from another."""

    importer: str
    source: str
    name: str

    def __str__(self) -> str:
        return f"{self.importer}: from {self.source} import {self.name}"


def imports() -> Iterator[Import]:
    for importer in modules():
        for node in ast.walk(tree_of(importer)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("microfp"):
                yield from (Import(importer, str(node.module), it.name) for it in node.names)
            if isinstance(node, ast.Import):
                named = (it.name for it in node.names)
                yield from (Import(importer, it, "*") for it in named if it.startswith("microfp."))


def target(taken: Import) -> str:
    """The module that an import enters: that behind a name, if no door offers the name."""
    behind = f"{taken.source}.{taken.name}"
    offered = getattr(importlib.import_module(taken.source), "__all__", ())
    return behind if behind in modules() and taken.name not in offered else taken.source


def passed_by(taken: Import) -> list[str]:
    """The packages that an import enters from outside by another way than their door."""
    entered = target(taken)
    if entered in FIRST_NAMES.values():
        return []
    around = [it for it in PACKAGES if it != "microfp" and entered.startswith(f"{it}.")]
    return [
        it
        for it in around
        if not f"{taken.importer}.".startswith(f"{it}.") and not it.startswith(SHELVES)
    ]


def test_a_package_is_entered_by_its_door_alone() -> None:
    assert [str(taken) for taken in imports() if passed_by(taken)] == []


@pytest.mark.parametrize(
    ("taken", "passed"),
    [
        (Import("microfp.debug", "microfp.graph", "nodes"), []),
        (Import("microfp.debug", "microfp.graph.rows", "nodes"), ["microfp.graph"]),
        (Import("microfp.debug", "microfp.graph", "rows"), ["microfp.graph"]),
        (Import("microfp.graph.printing", "microfp.graph.rows", "nodes"), []),
        (Import("microfp.graph", "microfp.graph.rows", "nodes"), []),
        (Import("microfp.cli.train", "microfp.trainer.streams", "take"), []),
        (Import("microfp.cli.train", "microfp.trainer", "streams"), []),
        (Import("microfp.debug", "microfp.base.checks", "check_kind"), []),
    ],
)
def test_an_import_beside_the_door_would_be_found(taken: Import, passed: list[str]) -> None:
    assert passed_by(taken) == passed


@pytest.mark.parametrize("package", [it for it in PACKAGES if not it.startswith(SHELVES)])
def test_a_door_says_what_it_offers_and_defines_nothing(package: str) -> None:
    door = importlib.import_module(package)
    assert [name for name in door.__all__ if not hasattr(door, name)] == []
    defining = ast.FunctionDef | ast.ClassDef
    assert [it.name for it in tree_of(package).body if isinstance(it, defining)] == []


# Sizes.


class Body(NamedTuple):
    """A function, and the lines of its body without its docstring."""

    lines: int
    where: str


def bodies() -> list[Body]:
    return sorted(
        Body(_lines(node), f"{module}.{node.name}")
        for module in modules()
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    is_documented = ast.get_docstring(function) is not None
    body = function.body[1:] if is_documented else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_function_is_long() -> None:
    found = bodies()
    assert [it for it in found if it.lines > LONGEST_BODY] == []
    assert found[len(found) // 2].lines <= USUAL_BODY
    assert found[len(found) * 99 // 100].lines <= NEARLY_ALWAYS


def test_no_module_is_long() -> None:
    lengths = {it: len(path.read_text("utf-8").splitlines()) for it, path in modules().items()}
    assert {it: lines for it, lines in lengths.items() if lines > LONGEST_MODULE} == {}


# Names.


@pytest.mark.parametrize("module", modules())
def test_a_module_says_what_it_is_in_its_first_line(module: str) -> None:
    first, *_ = (ast.get_docstring(tree_of(module)) or "").split("\n")
    assert re.search(r"\w+ .*[.:]$", first)


def test_every_folder_of_python_is_a_package() -> None:
    folders = {path.parent for path in modules().values()}
    assert [str(it) for it in folders if not (it / "__init__.py").exists()] == []
    assert PACKAGE in folders


@pytest.mark.parametrize(("first", "place"), FIRST_NAMES.items())
def test_a_first_name_gives_the_same_objects(first: str, place: str) -> None:
    alias, module = vars(importlib.import_module(first)), vars(importlib.import_module(place))
    names = module["__all__"]
    assert names
    assert [name for name in names if alias[name] is not module[name]] == []


def test_a_package_tells_what_is_in_it() -> None:
    assert "streams" in parts_of("trainer")
    assert parts_of("tree") == []
